"""Lines for whoever watches the server: what happened, never what a picture says. req: A16

Enters: events with facts. Leaves: one line each on stderr, as JSON or for the eye; each with the id of the request it
belongs to. Does not know: routes, pictures. Whoever notes an event names its facts; text that was read, answers, keys,
addresses and file names are none. Of other libraries' lines only the fixed part is shown, of errors only their type and
where they arose: messages quote what they stumbled over.
"""

import datetime as dt
import json
import logging
import re
import sys
import traceback
import uuid
from contextvars import ContextVar
from typing import IO, Any, Literal

from tujian.folding import printable

Form = Literal["text", "json"]
OURS = "tujian"
MOST_WORDS = 300  # characters of a message
MOST_FRAMES = 12  # of a traceback, the innermost
SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # goes back in a header and into lines: nothing else may

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The request that is being answered here; copied along into its threads."""


def note(event: str, words: str = "", /, *, level: int = logging.INFO, **facts: object) -> None:
    """Writes an event down. `words` are for people and hold nothing that came from a picture or a client."""
    logging.getLogger(OURS).log(level, words or event, extra={"event": event, "facts": facts})


def note_fault(error: BaseException, **facts: object) -> None:
    """Writes down an error that nobody expected: its type and where it arose."""
    note("fault", level=logging.ERROR, **{**facts, **_fault_facts(error)})


def id_for(given: str | None) -> str:
    """The id that a client gave, if it is a sane one, or a new one.

    >>> id_for("order-17.3"), len(id_for("a\\r\\nSet-Cookie: x")), len(id_for(None))
    ('order-17.3', 32, 32)
    """
    return given if given and SANE_ID.fullmatch(given) else uuid.uuid4().hex


def open_log(form: Form, stream: IO[str] | None = None) -> None:
    """From now on lines go to `stream` (stderr): JSON tells every event, text only what went wrong."""
    lines = logging.StreamHandler(stream or sys.stderr)
    lines.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(handlers=[lines], level=logging.WARNING, force=True)
    logging.getLogger(OURS).setLevel(logging.INFO if form == "json" else logging.WARNING)


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_facts(record), ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """Time, level, event, message, then name=value."""

    def format(self, record: logging.LogRecord) -> str:
        facts = _facts(record)
        shown = [facts.pop(name) for name in ("time", "level", "event")] + [facts.pop("message", "")]
        pairs = [f"{name}={value}" for name, value in facts.items()]
        return " ".join(printable(part).replace("\n", " ") for part in [*shown, *pairs] if part)


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    event = getattr(record, "event", None)
    when = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
    facts = {"time": when, "level": record.levelname.lower(), "event": event or f"library {record.name}"}
    words = str(record.msg)[:MOST_WORDS]  # without its arguments: another library's may quote a picture or a key
    if words != event:
        facts["message"] = words
    if request_id.get():
        facts["request_id"] = request_id.get()
    if record.exc_info and record.exc_info[1] is not None:
        facts |= _fault_facts(record.exc_info[1])
    return facts | getattr(record, "facts", {})


def _fault_facts(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    where = [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": type(error).__name__, "where": where}
