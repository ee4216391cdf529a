"""What the pages of importing, checking and exporting share: words for sizes, times and faults; a job as it is shown.

Enters: what was asked of the ledger and of parcels. Leaves: nouns that templates draw. Does not know requests.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tujian.batches import Progress
from tujian.bringing.parcels import Parcel
from tujian.errors import Lang, Said
from tujian.sniffing import refuse
from tujian.web.render import Words, read_words

MOST_REFUSED = 30


@dataclass(frozen=True, slots=True)
class Fault:
    """A row or file, what is wrong with it and what to do."""

    name: str
    said: Said


@dataclass(frozen=True, slots=True)
class Summary:
    """What came, in words, and the files that are of no use."""

    parts: Sequence[str]
    refused: Sequence[Fault]


@dataclass(frozen=True, slots=True)
class Job:
    """One job of a check or an export. `result` is empty before it ended well."""

    id: str
    name: str
    title: str
    is_open: bool
    done: int = 0
    total: int = 0
    trouble: Said | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    size: str = ""

    def told(self, name: str, title: str, size: str) -> "Job":
        """The same under another name and title, with the size of its file."""
        return replace(self, name=name, title=title, size=size)


def summary_of(parcel: Parcel, lang: Lang, rows: int | None = None) -> Summary:
    """`rows` of its sheet, where that could be read."""
    words, files, sheet = read_words(lang), parcel.files, parcel.sheet
    pictures, archives = sum(one.is_picture for one in files), sum(one.kind == "archive" for one in files)
    parts = (
        [words["sent_sheet"].format(name=sheet.name, rows=f"{rows:,}" if rows is not None else "?")] if sheet else []
    )
    parts += [words["sent_pictures"].format(count=f"{pictures:,}")] if pictures else []
    parts += [words["sent_archives"].format(count=archives)] if archives else []
    second = Said(words["sent_second_sheet"], words["sent_second_sheet_do"])
    refused = [Fault(one.name, second) for one in files if one.kind == "sheet" and one is not sheet]
    known = ("sheet", "archive")
    others = [one for one in files if not one.is_picture and one.kind not in known]
    refused += [Fault(one.name, refuse(one.kind or None).say(lang)) for one in others]
    parts += [words["sent_others"].format(count=len(refused))] if refused else []
    return Summary(parts, refused[:MOST_REFUSED])


def job_of(
    progress: Progress, told: Mapping[str, Any], result: Mapping[str, Any], names: tuple[str, str, str], lang: Lang
) -> Job:
    """A job whose title is one of three words: while it runs, when it ended, when it went wrong."""
    words = read_words(lang)
    dead = progress.troubles[0] if progress.troubles else None
    is_open = bool(progress.counts["todo"] + progress.counts["doing"])
    title = names[0] if is_open else names[1] if result else names[2]
    return Job(
        progress.id,
        progress.name,
        words[title],
        is_open,
        int(told.get("done", 0)),
        int(told.get("total", 0)),
        Said(dead.message, dead.remedy) if dead else None,
        result,
    )


def time_words(seconds: float, words: Words) -> str:
    """About how long.

    >>> time_words(95, {"job_minutes": "{n} min"})
    '2 min'
    """
    if seconds < 90:
        return words["job_seconds"].format(n=max(1, round(seconds)))
    if seconds < 5400:
        return words["job_minutes"].format(n=round(seconds / 60))
    return words["job_hours"].format(n=f"{seconds / 3600:.1f}")


def size_words(bytes_count: int) -> str:
    """
    >>> size_words(1_500_000), size_words(900)
    ('1.5 MB', '0.9 kB')
    """
    return f"{bytes_count / 1e6:.1f} MB" if bytes_count >= 1e6 else f"{bytes_count / 1e3:.1f} kB"


def when_words(iso: str) -> str:
    """A moment in this machine's time.

    >>> len(when_words("2026-01-02T03:04:05+00:00"))
    16
    """
    return dt.datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")
