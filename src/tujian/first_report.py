"""A first report on a family's folder: photos by year and place, doubles and their room, papers. req: E3, E5, E9

Enters: a folder, a house to look with. Leaves: counts and lists. Nothing is moved, kept or sent anywhere.
Does not know: people, events. A photo without a date of its camera's counts by the date in its name, else under no
year.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tujian.bringing.folders import Folder
from tujian.bringing.nouns import Passed
from tujian.errors import Lang, TujianError
from tujian.folding import printable
from tujian.house import House, Shot
from tujian.recent import Looked
from tujian.rules.sensitive import Sensitive, find_sensitive
from tujian.sniffing import HEAD_BYTES, PICTURE_KINDS, sniff

READ_BYTES = 1 << 20
AHEAD = 64  # files queued together


@dataclass(slots=True)
class FirstReport:
    """`copies` are files by the first with the same bytes; `papers` by kind. Paths are below `folder`."""

    folder: Path
    photos: int = 0
    other_files: int = 0
    bytes_count: int = 0
    by_year: Counter[str] = field(default_factory=Counter)
    by_place: Counter[str] = field(default_factory=Counter)
    copies: dict[str, list[str]] = field(default_factory=dict)
    copies_bytes: int = 0
    papers: dict[str, list[str]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "folder": printable(str(self.folder)),
            "photos": self.photos,
            "other_files": self.other_files,
            "bytes": self.bytes_count,
            "by_year": dict(sorted(self.by_year.items())),
            "by_place": dict(self.by_place.most_common()),
            "copies": self.copies,
            "copies_bytes": self.copies_bytes,
            "papers": self.papers,
            "unreadable": self.unreadable,
        }


def report_on(folder: Path, house: House, step: Callable[[int], Callable[[], None]] | None = None) -> FirstReport:
    """Looks at every picture in `folder` once; the same bytes are looked at once. What an import leaves out is left out
    here too. Raises BadInput for what is no folder."""
    report = FirstReport(folder)
    firsts: dict[str, str] = {}
    singles: list[Path] = []
    for found in Folder(folder):
        if isinstance(found, Passed):
            if found.error is not None:
                report.unreadable[found.path] = found.error.say(house.settings.lang).message
            continue
        name, path = found.path, folder / found.path
        try:
            is_picture, sha256, size = _identity(path)
        except OSError as error:
            report.unreadable[name] = error.strerror or str(error)
            continue
        if not is_picture:
            report.other_files += 1
            continue
        report.photos, report.bytes_count = report.photos + 1, report.bytes_count + size
        if sha256 in firsts:
            report.copies.setdefault(firsts[sha256], []).append(name)
            report.copies_bytes += size
        else:
            firsts[sha256] = name
            singles.append(path)
    done = step(len(singles)) if step else lambda: None
    for path, look in _looked(singles, house):
        _count(report, printable(path.relative_to(folder).as_posix()), look, house)
        done()
    return report


def _count(report: FirstReport, name: str, look: Looked | TujianError, house: House) -> None:
    lang = house.settings.lang
    if isinstance(look, TujianError):
        report.unreadable[name] = printable(look.say(lang).message)
        return
    times = 1 + len(report.copies.get(name, ()))
    report.by_year[_year(look, lang)] += times
    if look.picture.gps is not None:
        place = house.knowledge.places.find(*look.picture.gps)
        report.by_place[place.name(lang) if place else _unknown(lang)] += times
    else:
        report.by_place[_unknown(lang)] += times
    for paper in find_sensitive([line.text for line in look.percepts.text_lines]):
        report.papers.setdefault(paper.kind, []).append(name)
        report.reasons[paper.kind] = _reason(paper, lang)


def _reason(paper: Sensitive, lang: Lang) -> str:
    return paper.reason_zh if lang == "zh" else paper.reason_en


def _year(look: Looked, lang: Lang) -> str:
    named = look.picture.named_at
    time = look.picture.taken_at or (named.iso if named else "")
    return time[:4] or _unknown(lang)


def _unknown(lang: Lang) -> str:
    return "不详" if lang == "zh" else "unknown"


def _identity(path: Path) -> tuple[bool, str, int]:
    """Whether it is a picture, the sha256 of its bytes, how many they are."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if sniff(head) not in PICTURE_KINDS:
            return False, "", 0
        digest, size = hashlib.sha256(head), len(head)
        while content := file.read(READ_BYTES):
            digest.update(content)
            size += len(content)
    return True, digest.hexdigest(), size


def _looked(paths: Sequence[Path], house: House) -> Iterator[tuple[Path, Looked | TujianError]]:
    """What is seen on each, in order, a few looked at together."""

    def look(path: Path) -> Looked | TujianError:
        try:
            return house.look(Shot(path))
        except TujianError as error:
            return error

    with ThreadPoolExecutor(house.settings.workers, thread_name_prefix="report") as pool:
        for start in range(0, len(paths), AHEAD):
            some = paths[start : start + AHEAD]
            yield from zip(some, pool.map(look, some), strict=True)
