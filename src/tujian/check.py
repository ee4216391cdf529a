"""Health check of a shop's spreadsheet (目录体检): rows and pictures in, marks out. req: F2

Enters: a table, the folder of its pictures, a house to look with. Leaves: marks, each on a cell with its reason, and
where there is one a proposed value with its evidence. Nothing is changed and nothing is kept.
Does not know: how a table is stored (`check_sheet.py`), what is wrong with one row (`check_row.py`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tujian.bringing.columns import Columns, known_headings, names_in
from tujian.bringing.named import Named, two_called
from tujian.bringing.shopify import continued_rows
from tujian.check_row import Checking, check_row, columns_to_check
from tujian.check_sheet import Kind, Mark, Row, Table, read_table
from tujian.errors import Lang, TujianError
from tujian.folding import fold, printable, unify
from tujian.house import House, Shot
from tujian.lanes import when_free
from tujian.perception.colours import oklab_of
from tujian.perception.gs1 import is_valid, to_gtin14
from tujian.recent import Looked
from tujian.sheet_troubles import no_headings
from tujian.sheets import heading_key

MOST_PICTURES = 5  # of one row that are looked at
AHEAD = 4  # rows queued a thread
ADDRESSES = ("http://", "https://")
# the same picture stored again at another size or quality: most bits of 64 that differ, least cosine. A variant in
# another colour lies as near, so its main colour must be the same too: 0.02 of OKLab is the least difference one sees.
SAME = ((1, 0.965), (4, 0.985))
SAME_COLOUR = 0.02

Step = Callable[[], None]
Kept = Callable[[Sequence[str]], Sequence[Shot]]


@dataclass(frozen=True, slots=True)
class Checked:
    """The table and every mark, by row."""

    table: Table
    columns: Columns
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Main:
    """What is kept of a row's main picture to compare it with others'. `vector` has length 1."""

    sha256: str
    dhash: int
    vector: np.ndarray
    colour: np.ndarray  # OKLab of the largest


@dataclass(frozen=True, slots=True)
class RowChecked:
    """What is wrong with a row by itself, and its main picture."""

    marks: Sequence[Mark] = ()
    main: Main | None = None


Seen = Callable[[int, Sequence[Looked], RowChecked], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody says beside the sheet: field by heading, the language of reasons. `seen` is shown each row with its
    looks, by any thread; `done` are rows by their place that were checked before; `kept` gives pictures that lie
    elsewhere under a row's numbers, where the row has none itself."""

    given: Mapping[str, str] = field(default_factory=dict)
    lang: Lang | None = None
    seen: Seen | None = None
    kept: Kept | None = None
    done: Mapping[int, RowChecked] = field(default_factory=dict)


def check_table(
    path: Path,
    folder: Path | None,
    house: House,
    step: Callable[[int], Step] | None = None,
    asked: Asked | None = None,
) -> Checked:
    """Checks a spreadsheet. `step` is told how many rows there are and gives what to call after each.

    Raises BadInput for a file that is no spreadsheet or has no headings that are known.
    """
    wish = asked or Asked()
    known = {*known_headings(house.tasks), *map(heading_key, wish.given)}
    table = read_table(path, list(known))
    columns = columns_to_check(table.headings, house.tasks, wish.given)
    if not columns.fields and columns.at("picture", "sku", "group", "title") is None:
        raise no_headings(table.headings)
    fields = list(columns.fields.values())
    product = house.tasks.get("product")
    task = product.model_copy(update={"fields": fields or product.fields, "items": []})
    continued = continued_rows((row.cells for row in table.rows), table.headings)
    checking = Checking(columns, task, house.knowledge, wish.lang or house.settings.lang, continued)
    files = Named(folder or path.parent)
    done = step(len(table.rows)) if step else lambda: None
    marks: list[Mark] = []
    mains: dict[int, Main] = {}
    for place, row in enumerate(_each(table.rows, checking, files, house, wish)):
        marks += row.marks
        if row.main is not None:
            mains[place] = row.main
        done()
    return Checked(table, columns, [*marks, *_duplicates(table.rows, mains, checking)])


def _each(rows: Sequence[Row], check: Checking, files: Named, house: House, asked: Asked) -> Iterator[RowChecked]:
    """Every row, in order, a few looked at together."""
    threads = house.settings.workers
    with ThreadPoolExecutor(threads, thread_name_prefix="check") as pool:
        waiting: list[Future[RowChecked]] = []
        try:
            for place, row in enumerate(rows):
                waiting.append(pool.submit(_row, place, row, check, files, house, asked))
                if len(waiting) >= threads * AHEAD:
                    yield waiting.pop(0).result()
            for one in waiting:
                yield one.result()
        finally:
            for one in waiting:
                one.cancel()


def _row(place: int, row: Row, check: Checking, files: Named, house: House, asked: Asked) -> RowChecked:
    if place in asked.done:
        return asked.done[place]
    if not any(row.cells) and not row.pictures and not row.formulas:
        return RowChecked()
    looks: list[Looked] = []
    marks: list[Mark] = []
    shots, missing = _shots(place, row, check, files)
    if not shots and asked.kept is not None:
        shots = [(check.place, shot) for shot in asked.kept(_numbers(row, check))]
        missing = [] if shots else missing
    marks += missing
    for column, shot in shots[:MOST_PICTURES]:
        try:
            looks.append(when_free(lambda shot=shot: house.look(shot)))
        except TujianError as error:
            said = error.say(check.lang)
            reason = check.words(
                f"图片打不开：{said.message}{said.remedy}", f"cannot be opened: {said.message} {said.remedy}"
            )
            marks.append(Mark(place, column, Kind.NO_PICTURE, printable(reason), None, shot.name))
    marks += check_row(place, row, looks, check)
    checked = RowChecked(marks, _main_of(looks[0]) if looks else None)
    if asked.seen is not None:
        asked.seen(place, looks, checked)
    return checked


def _main_of(look: Looked) -> Main:
    vector = look.percepts.picture_vector.astype(np.float32)
    largest = look.percepts.colours[0].hex if look.percepts.colours else "#000000"
    return Main(look.picture.sha256, int(look.picture.dhash, 16), vector, oklab_of(largest))


def _shots(place: int, row: Row, check: Checking, files: Named) -> tuple[list[tuple[int, Shot]], list[Mark]]:
    """The row's pictures, each with its column, and a mark for each that is not there."""
    found: list[tuple[int, Shot]] = []
    marks: list[Mark] = []
    for column in check.columns.pictures:
        for name in _parts(row.cells[column], files):
            places = _places(name, files)
            if len(places) == 1:
                found.append((column, Shot(places[0], name)))
            else:
                reason = _not_found(name, files, check)
                marks.append(Mark(place, column, Kind.NO_PICTURE, reason, None, name[:200]))
    found += [(check.place, Shot(content, f"{row.number}")) for content in row.pictures]
    if not found and not marks:
        found = [(check.place, Shot(files.folder / path, path)) for path in _called_like(row, check, files)]
        if not found and check.columns.pictures and place not in check.continued:
            reason = check.words("没有主图", "there is no main picture")
            marks.append(Mark(place, check.place, Kind.NO_PICTURE, reason))
    return found, marks


def _places(name: str, files: Named) -> Sequence[Path | str]:
    """Where the picture may lie: at its address, or in so many places of the folder."""
    if name[:8].lower().startswith(ADDRESSES):
        return [name]
    return [files.folder / path for path in files.places(name)]


def _not_found(name: str, files: Named, check: Checking) -> str:
    places = files.places(name)
    if not places:
        return check.words(f"找不到图片 {name[:80]}", f"there is no picture {name[:80]}")
    said = two_called(name, places).say(check.lang)
    return check.words(f"{said.message}{said.remedy}", f"{said.message} {said.remedy}")


def _called_like(row: Row, check: Checking, files: Named) -> list[str]:
    return next((paths for code in _numbers(row, check) if (paths := files.named_after(code))), [])


def _numbers(row: Row, check: Checking) -> list[str]:
    """What the row is numbered by."""
    places = (check.columns.at(name) for name in ("external_id", "sku", "barcode"))
    return [row.cells[place] for place in places if place is not None and row.cells[place]]


def _parts(cell: str, files: Named) -> list[str]:
    """The names in a cell; a name may itself hold a comma."""
    return [cell] if files.has(cell) else names_in(cell)


def _duplicates(rows: Sequence[Row], mains: dict[int, Main], check: Checking) -> Iterator[Mark]:
    """The later of two rows that give the same number, or show the same picture as another product."""
    marked: set[int] = set()
    for name, column in (("SKU", check.columns.at("sku")), ("条码", check.columns.at("barcode"))):
        if column is not None:
            for place, first in _same_codes(rows, column, of_barcodes=name != "SKU"):
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
        yield Mark(place, check.place, Kind.DUPLICATE, reason, None, f"{number}")


def _same_codes(rows: Sequence[Row], column: int, *, of_barcodes: bool = False) -> Iterator[tuple[int, int]]:
    """(row, earlier row) where both give one code. Only in a barcode do marks not count: A1-11 is not A11-1."""
    seen: dict[str, int] = {}
    for place, row in enumerate(rows):
        code = unify(row.cells[column]).strip()
        digits = fold(code) if of_barcodes else code
        code = to_gtin14(digits) if is_valid(digits) else code
        if code:
            if code in seen:
                yield place, seen[code]
            seen.setdefault(code, place)


def _same_pictures(mains: dict[int, Main]) -> Iterator[tuple[int, int, bool]]:
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


def _is_same(one: Main, other: Main, cosine: float) -> bool:
    bits = (one.dhash ^ other.dhash).bit_count()
    is_alike = any(bits <= most and cosine >= least for most, least in SAME)
    return is_alike and float(np.linalg.norm(one.colour - other.colour)) <= SAME_COLOUR


def _are_variants(row: Row, other: Row, columns: Columns) -> bool:
    """Whether two rows with one picture are variants of one product: one group or title, and numbers of their own."""

    def same(*roles: str) -> bool:
        column = columns.at(*roles)
        return column is not None and bool(row.cells[column]) and row.cells[column] == other.cells[column]

    sku = columns.at("sku")
    own_numbers = sku is not None and bool(row.cells[sku]) and row.cells[sku] != other.cells[sku]
    return same("group") or (same("title") and own_numbers)
