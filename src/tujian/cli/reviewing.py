"""`tujian review`: how much waits for a person's eyes, and which items. req: F2

Enters: settings, perhaps a reason. Leaves: counts, or items and fields, on standard output.
"""

import datetime as dt

from tujian.catalogue import Catalogue
from tujian.catalogue.nouns import Also
from tujian.concerns import REASONS, Reason
from tujian.errors import BadInput
from tujian.folding import printable
from tujian.reviews import Queue, Reviews
from tujian.settings import Settings
from tujian.web.render import read_words


def run(settings: Settings, name: str | None, limit: int, also: Also, *, as_json: bool) -> int:
    """Prints counts, or the queue of one reason. Raises BadInput for a reason that is none, StoreFailed."""
    reason = _reason(name)
    catalogue = Catalogue.opened(settings)
    queue = Reviews(catalogue).queue(reason, limit=limit, also=also, day=dt.date.today())
    catalogue.database.close()
    if as_json:
        print(queue.model_dump_json())
    else:
        print("\n".join(_counts(queue, settings) if reason is None else _cases(queue)))
    return 0


def _counts(queue: Queue, settings: Settings) -> list[str]:
    words = read_words(settings.lang)
    return [f"{count:>7,}  {words[f'reason_{reason}']}" for reason, count in queue.counts.items()] or [
        words["review_none"]
    ]


def _cases(queue: Queue) -> list[str]:
    return [printable(f"{one.item[:12]}  {one.field}".rstrip()) for one in queue.cases]


def _reason(name: str | None) -> Reason | None:
    found = dict(zip(REASONS, REASONS, strict=True)).get(name or "")  # pyright: ignore[reportArgumentType, reportCallIssue]
    if name is not None and found is None:
        raise BadInput(
            zh=(f"没有 {printable(name)[:40]!r} 这个原因。", f"可以是：{'、'.join(REASONS)}。"),
            en=(f"There is no reason {printable(name)[:40]!r}.", f"It may be: {', '.join(REASONS)}."),
        )
    return found
