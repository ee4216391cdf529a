"""Health check of a shop's spreadsheet (目录体检): rows and pictures in, marks out. req: F2

Enters: a table, the folder of its pictures, a house to look with. Leaves: marks, each on a cell with its reason, and
where there is one a proposed value with its evidence. Nothing is changed and nothing is kept.
Does not know: how a table is stored (`check_sheet.py`), what is wrong with one row (`check_row.py`).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from tujian.check_row import Checking, Columns, check_row, find_columns, headings_known
from tujian.check_sheet import Kind, Mark, Row, Table, read_table
from tujian.errors import TujianError
from tujian.folding import fold, printable
from tujian.house import House, Shot
from tujian.perception.colours import oklab_of
from tujian.perception.gs1 import is_valid, to_gtin14
from tujian.recent import Looked
from tujian.sheet_troubles import no_headings

MOST_PICTURES = 5  # of one row that are looked at
MOST_FILES = 200_000  # of a folder whose names are known
AHEAD = 4  # rows queued a thread
ADDRESSES = ("http://", "https://")
# the same picture stored again at another size or quality: most bits of 64 that differ, least cosine. A variant in
# another colour lies as near, so its main colour must be the same too: 0.02 of OKLab is the least difference one sees.
SAME = ((1, 0.965), (4, 0.985))
SAME_COLOUR = 0.02
_SEPARATORS = re.compile(r"[;；|\n,，]+")

Step = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """The table and every mark, by row."""

    table: Table
    columns: Columns
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class _Main:
    """What is kept of a row's main picture to compare it with others'."""

    sha256: str
    dhash: int
    vector: np.ndarray
    colour: np.ndarray  # OKLab of the largest


def check_table(path: Path, folder: Path | None, house: House, step: Callable[[int], Step] | None = None) -> Checked:
    """Checks a spreadsheet. `step` is told how many rows there are and gives what to call after each.

    Raises BadInput for a file that is no spreadsheet or has no headings that are known.
    """
    table = read_table(path, list(headings_known(house.tasks)))
    columns = find_columns(table.headings, house.tasks)
    if not columns.fields and not columns.roles:
        raise no_headings(table.headings)
    asked = list(columns.fields.values())
    product = house.tasks.get("product")
    task = product.model_copy(update={"fields": asked or product.fields, "items": []})
    checking = Checking(columns, task, house.knowledge, house.settings.lang)
    files = Files(folder or path.parent)
    done = step(len(table.rows)) if step else lambda: None
    marks: list[Mark] = []
    mains: dict[int, _Main] = {}
    for place, (found, main) in enumerate(_each(table.rows, checking, files, house)):
        marks += found
        if main is not None:
            mains[place] = main
        done()
    return Checked(table, columns, [*marks, *_duplicates(table.rows, mains, checking)])


class Files:
    """The pictures of a folder by name. Only what lies in it can be named, wherever a cell points."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_name: dict[str, Path] = {}
        self._by_stem: dict[str, list[Path]] = defaultdict(list)
        inside = (path for path in folder.rglob("*") if not path.name.startswith("."))
        for path in sorted(islice(inside, MOST_FILES)):
            if path.is_file():
                self._by_name.setdefault(path.name.casefold(), path)
                self._by_name[path.relative_to(folder).as_posix().casefold()] = path
                self._by_stem[path.stem.casefold()].append(path)

    def find(self, name: str) -> Path | None:
        """By its path below the folder, else by its name alone; C:\\shop\\a.jpg is a.jpg."""
        key = name.replace("\\", "/").casefold().strip()
        short = key.rpartition("/")[2]
        stems = self._by_stem.get(short, [])
        return self._by_name.get(key) or self._by_name.get(short) or (stems[0] if stems else None)

    def named_after(self, code: str) -> list[Path]:
        """Files called like an article's number: 123.jpg, 123_2.jpg, 123-back.jpg."""
        key = code.casefold().strip()
        if not key:
            return []
        more = [p for n in range(1, MOST_PICTURES) for mark in "_- " for p in self._by_stem.get(f"{key}{mark}{n}", [])]
        return [*self._by_stem.get(key, []), *more]


def _each(
    rows: Sequence[Row], check: Checking, files: Files, house: House
) -> Iterator[tuple[list[Mark], _Main | None]]:
    """Every row's marks, in order, a few rows looked at together."""
    threads = house.settings.workers
    with ThreadPoolExecutor(threads, thread_name_prefix="check") as pool:
        waiting: list[Future[tuple[list[Mark], _Main | None]]] = []
        for place, row in enumerate(rows):
            waiting.append(pool.submit(_row, place, row, check, files, house))
            if len(waiting) >= threads * AHEAD:
                yield waiting.pop(0).result()
        for one in waiting:
            yield one.result()


def _row(place: int, row: Row, check: Checking, files: Files, house: House) -> tuple[list[Mark], _Main | None]:
    if not any(row.cells) and not row.pictures and not row.formulas:
        return [], None
    looks: list[Looked] = []
    marks: list[Mark] = []
    shots, missing = _shots(place, row, check, files)
    marks += missing
    for column, shot in shots[:MOST_PICTURES]:
        try:
            looks.append(house.look(shot))
        except TujianError as error:
            said = error.say(check.lang)
            reason = check.words(
                f"图片打不开：{said.message}{said.remedy}", f"cannot be opened: {said.message} {said.remedy}"
            )
            marks.append(Mark(place, column, Kind.NO_PICTURE, printable(reason), None, shot.name))
    return [*marks, *check_row(place, row, looks, check)], _main(looks[0]) if looks else None


def _main(look: Looked) -> _Main:
    vector = look.percepts.picture_vector.astype(np.float32)
    largest = look.percepts.colours[0].hex if look.percepts.colours else "#000000"
    return _Main(look.picture.sha256, int(look.picture.dhash, 16), vector, oklab_of(largest))


def _shots(place: int, row: Row, check: Checking, files: Files) -> tuple[list[tuple[int, Shot]], list[Mark]]:
    """The row's pictures, each with its column, and a mark for each that is not there."""
    columns = check.columns.roles.get("picture", ())
    found: list[tuple[int, Shot]] = []
    marks: list[Mark] = []
    for column in columns:
        for name in _parts(row.cells[column], files):
            path = name if name.startswith(ADDRESSES) else files.find(name)
            if path is None:
                reason = check.words(f"找不到图片 {name[:80]}", f"there is no picture {name[:80]}")
                marks.append(Mark(place, column, Kind.NO_PICTURE, reason, None, name[:200]))
            else:
                found.append((column, Shot(path, name)))
    here = check.columns.place
    found += [(here, Shot(content, f"{row.number}")) for content in row.pictures]
    if not found and not marks:
        found = [(here, Shot(path, path.name)) for path in _called_like(row, check, files)]
        if not found and columns:
            reason = check.words("没有主图", "there is no main picture")
            marks.append(Mark(place, here, Kind.NO_PICTURE, reason))
    return found, marks


def _called_like(row: Row, check: Checking, files: Files) -> list[Path]:
    codes = [check.columns.first("sku"), check.columns.of_field("barcode")]
    return next((paths for c in codes if c is not None and (paths := files.named_after(row.cells[c]))), [])


def _parts(cell: str, files: Files) -> list[str]:
    """The names in a cell; a name may itself hold a comma."""
    if not cell or files.find(cell) is not None or (cell.startswith(ADDRESSES) and not re.search(r"\s|[;|；]", cell)):
        return [cell] if cell else []
    return [part.strip() for part in _SEPARATORS.split(cell) if part.strip()]


def _duplicates(rows: Sequence[Row], mains: dict[int, _Main], check: Checking) -> Iterator[Mark]:
    """The later of two rows that give the same number, or show the same picture as another product."""
    marked: set[int] = set()
    for name, column in (("SKU", check.columns.first("sku")), ("条码", check.columns.of_field("barcode"))):
        if column is not None:
            for place, first in _same_codes(rows, column):
                marked.add(place)
                number = rows[first].number
                reason = check.words(
                    f"{name}与第 {number} 行重复", f"the same {'SKU' if name == 'SKU' else 'barcode'} as row {number}"
                )
                yield Mark(place, column, Kind.DUPLICATE, reason, None, rows[first].cells[column])
    for place, first, is_exact in _same_pictures(mains):
        if place in marked or _are_variants(rows[place], rows[first], check.columns):
            continue
        number = rows[first].number
        same = check.words(
            "同一张图片" if is_exact else "几乎相同的图片",
            "the same picture" if is_exact else "nearly the same picture",
        )
        reason = check.words(f"与第 {number} 行是{same}", f"{same} as row {number}")
        yield Mark(place, check.columns.place, Kind.DUPLICATE, reason, None, f"{number}")


def _same_codes(rows: Sequence[Row], column: int) -> Iterator[tuple[int, int]]:
    """(row, earlier row) where both give one code."""
    seen: dict[str, int] = {}
    for place, row in enumerate(rows):
        code = fold(row.cells[column])
        code = to_gtin14(code) if is_valid(code) else code
        if code:
            if code in seen:
                yield place, seen[code]
            seen.setdefault(code, place)


def _same_pictures(mains: dict[int, _Main]) -> Iterator[tuple[int, int, bool]]:
    """(row, earlier row, whether byte by byte) where both show one picture."""
    places = list(mains)
    if not places:
        return
    vectors = np.stack([mains[place].vector for place in places])
    by_sha256: dict[str, int] = {}
    for number, place in enumerate(places):
        main = mains[place]
        if main.sha256 in by_sha256:
            yield place, by_sha256[main.sha256], True
            continue
        by_sha256[main.sha256] = place
        cosines = vectors[:number] @ main.vector
        near = np.flatnonzero(cosines >= min(least for _, least in SAME))
        same = (places[n] for n in near if _is_same(main, mains[places[n]], float(cosines[n])))
        first = next(same, None)
        if first is not None:
            yield place, first, False


def _is_same(one: _Main, other: _Main, cosine: float) -> bool:
    bits = (one.dhash ^ other.dhash).bit_count()
    is_alike = any(bits <= most and cosine >= least for most, least in SAME)
    return is_alike and float(np.linalg.norm(one.colour - other.colour)) <= SAME_COLOUR


def _are_variants(row: Row, other: Row, columns: Columns) -> bool:
    """Whether two rows with one picture are variants of one product: one group or title, and numbers of their own."""

    def same(*roles: str) -> bool:
        column = columns.first(*roles)
        return column is not None and bool(row.cells[column]) and row.cells[column] == other.cells[column]

    sku = columns.first("sku")
    own_numbers = sku is not None and bool(row.cells[sku]) and row.cells[sku] != other.cells[sku]
    return same("group") or (same("title") and own_numbers)
