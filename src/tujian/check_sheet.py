"""A shop's own spreadsheet: read for the health check, and given back with marked cells. req: F2

Enters: an XLSX or CSV file (UTF-8, UTF-16, GB 18030). Leaves: a table of text, and the same file with marks: in XLSX
filled cells with comments and one more sheet; in CSV two more columns. The user's other cells, styles and sheets stay
as they are, WPS's cell pictures too; what else openpyxl does not know (drawn shapes, form controls) does not come
through.
Does not know: what is wrong with a row (`check.py`). Formulas are never run: the value that was stored is read.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from tujian.errors import BadInput, Lang
from tujian.folding import printable
from tujian.geometry import Box1000
from tujian.sheet_pictures import is_shown, pictures_in, put_back, read_part
from tujian.sheet_troubles import Limits, broken_csv, damaged, no_headings, old_excel, too_large, unreadable
from tujian.sheets import (
    MISREAD,
    MOST_COLUMNS,
    TOP,
    as_text,
    check_book,
    defused,
    delimiter_of,
    encoding_of,
    find_headings,
    first_row,
    text_of,
)

LIMITS = Limits(rows=50_000, bytes_count=100_000_000)  # openpyxl holds all of a workbook that it gives back
SIGN = "【图鉴 Tujian】"  # opens our part of a comment
FILLS = {"fault": "FFFFC7CE", "doubt": "FFFFEB9C", "proposal": "FFDDEBF7"}
RUNS = re.compile(r"\s*(?:[=＝]|[+\-@＋－＠].*[(|!])", re.S)
STARTS_PROGRAM = re.compile(
    r"\||\b(?:cmd|powershell|mshta|DDE|HYPERLINK|WEBSERVICE|IMPORT\w+|CALL|REGISTER\.ID)\b", re.I
)
SHEET_NAME = {"zh": "体检", "en": "Check"}
COLUMNS: dict[Lang, tuple[str, ...]] = {
    "zh": ("行", "列", "现在的值", "问题", "原因", "建议值", "依据"),
    "en": ("Row", "Column", "Value now", "Kind", "Reason", "Proposed", "Evidence"),
}
ADDED = {"zh": ("体检", "体检原因"), "en": ("Check", "Check reasons")}


class Kind(StrEnum):
    """What is wrong with a cell."""

    COLOUR = "colour"
    CHECK_DIGIT = "check_digit"
    BARCODE = "barcode"
    NET_CONTENT = "net_content"
    BRAND = "brand"
    FACT = "fact"
    NO_PICTURE = "no_picture"
    POOR_PICTURE = "poor_picture"
    DUPLICATE = "duplicate"
    ADVERT = "advert"
    EMPTY = "empty"
    FORMULA = "formula"


KIND_WORDS: dict[Kind, tuple[str, str]] = {
    Kind.COLOUR: ("颜色不符", "colour differs"), Kind.CHECK_DIGIT: ("校验位错误", "check digit"),
    Kind.BARCODE: ("条码不符", "barcode differs"), Kind.NET_CONTENT: ("净含量不符", "net content differs"),
    Kind.BRAND: ("品牌不符", "brand differs"), Kind.FACT: ("与图片不符", "differs from the picture"),
    Kind.NO_PICTURE: ("缺图", "no picture"), Kind.POOR_PICTURE: ("图片质量", "poor picture"),
    Kind.DUPLICATE: ("重复", "duplicate"), Kind.ADVERT: ("广告法用语", "advertising word"),
    Kind.EMPTY: ("空缺", "empty"), Kind.FORMULA: ("公式", "formula"),
}  # fmt: skip
LEVELS = {Kind.EMPTY: "proposal", Kind.ADVERT: "doubt", Kind.POOR_PICTURE: "doubt", Kind.DUPLICATE: "doubt"}


@dataclass(frozen=True, slots=True)
class Mark:
    """One finding: `row` is an index of `Table.rows`, `column` of `Table.headings`; `reason` is in the user's words;
    `box_1000` is where it was seen on the `picture`th of the row's pictures that could be opened."""

    row: int
    column: int
    kind: Kind
    reason: str
    proposal: str | None = None
    evidence: str = ""
    box_1000: Box1000 | None = None
    picture: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is what the user's program calls the row; `pictures` are files that lie in its cells."""

    number: int
    cells: Sequence[str]
    pictures: Sequence[bytes] = ()
    formulas: Mapping[int, str] = field(default_factory=dict)


class Table(Protocol):
    """A spreadsheet as text, and a way to give it back."""

    headings: Sequence[str]
    rows: Sequence[Row]

    def save(self, out: Path, marks: Sequence[Mark], lang: Lang) -> None: ...


def read_table(path: Path, known: Sequence[str]) -> Table:
    """The table in a file; `known` are folded headings, by which the heading row is found. Raises BadInput."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise unreadable(path, error) from error
    if size > LIMITS.bytes_count:
        raise too_large(LIMITS)
    if head == b"PK\x03\x04":
        return Book(path, known)
    if head == b"\xd0\xcf\x11\xe0":
        raise old_excel()
    return Lines(path, known)


class Lines:
    """A CSV file; it is given back in its own encoding, with its own delimiter."""

    def __init__(self, path: Path, known: Sequence[str]) -> None:
        read_as = encoding_of(path)
        self._encoding = "utf-8-sig" if read_as == "utf-8" else read_as
        text = path.read_bytes().decode(read_as)
        self._delimiter = delimiter_of(text[:20_000])
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter))
        except csv.Error as error:
            raise broken_csv(error) from error
        at = find_headings(rows, known)
        if at is None:
            raise no_headings(next((row for row in rows if any(row)), []))
        if len(rows) - at - 1 > LIMITS.rows:
            raise too_large(LIMITS)
        self._all, self._at, self._first = rows, at, first_row(rows, at, known)
        self.headings: Sequence[str] = [printable(cell).strip() for cell in rows[at]][:MOST_COLUMNS]
        self.rows: Sequence[Row] = [
            self._row(number, row) for number, row in enumerate(rows[self._first :], self._first + 1)
        ]

    def _row(self, number: int, row: Sequence[str]) -> Row:
        cells = [as_text(printable(cell).strip()) for cell in row[: len(self.headings)]]
        cells += [""] * (len(self.headings) - len(cells))
        live = {place: cell for place, cell in enumerate(cells) if RUNS.match(cell)}
        return Row(number, ["" if place in live else cell for place, cell in enumerate(cells)], formulas=live)

    def save(self, out: Path, marks: Sequence[Mark], lang: Lang) -> None:
        """The same rows with two more columns: which cells, and why. What a spreadsheet would run is defused."""
        by_row: dict[int, list[Mark]] = {}
        for mark in marks:
            by_row.setdefault(mark.row, []).append(mark)
        width = max(len(row) for row in self._all)
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self._delimiter, lineterminator="\r\n")
        for place, row in enumerate(self._all):
            own = [f"'{cell}" if _runs(cell) else cell for cell in row] + [""] * (width - len(row))
            found = by_row.get(place - self._first, []) if place >= self._first else []
            told = (
                ADDED[lang] if place == self._at else (self._names(found, lang), _reasons(found, self.headings, lang))
            )
            writer.writerow([*own, *(map(defused, told) if place >= self._at else ("", ""))])
        out.write_bytes(text.getvalue().encode(self._encoding, "replace"))

    def _names(self, found: Sequence[Mark], lang: Lang) -> str:
        place = 0 if lang == "zh" else 1
        return "; ".join(dict.fromkeys(KIND_WORDS[mark.kind][place] for mark in found))


def _runs(cell: str) -> bool:
    """Whether a spreadsheet would run the cell: what only keeps a number as text is given back as it was."""
    return RUNS.match(as_text(cell.strip())) is not None


class Book:
    """An XLSX file, opened with all that is in it so that it can be given back."""

    def __init__(self, path: Path, known: Sequence[str]) -> None:
        self._path = path
        check_book(path, LIMITS)
        self._book = _open(path)
        for sheet in self._book.worksheets:
            if sheet.max_row > LIMITS.rows + TOP:
                raise too_large(LIMITS)
        tops = [_top(sheet) for sheet in self._book.worksheets]
        found = zip(self._book.worksheets, (find_headings(top, known) for top in tops), strict=True)
        sheet, at = next(((sheet, at) for sheet, at in found if at is not None), (None, 0))
        if sheet is None:
            raise no_headings(next((row for top in tops for row in top if any(row)), []))
        self._sheet, self._at = sheet, at + 1  # openpyxl counts from 1
        first = first_row(tops[self._book.worksheets.index(sheet)], at, known) + 1
        self.headings: Sequence[str] = [text_of(cell.value) for cell in self._sheet[self._at]][:MOST_COLUMNS]
        self._stored: Any = None
        # not openpyxl's own: reading them closes what they are written from
        pictures = {
            number: [content for part in parts if (content := read_part(path, part)) is not None]
            for number, parts in pictures_in(path, sheet.title).items()
        }
        self.rows: Sequence[Row] = [
            self._row(number, cells, pictures.get(number, ()))
            for number, cells in enumerate(self._sheet.iter_rows(min_row=first, max_col=len(self.headings)), first)
        ]

    def _row(self, number: int, cells: Sequence[Any], pictures: Sequence[bytes]) -> Row:
        formulas = {place: _formula(cell.value) for place, cell in enumerate(cells) if cell.data_type == "f"}
        texts = [
            self._value(cell) if place in formulas else as_text(text_of(cell.value)) for place, cell in enumerate(cells)
        ]
        shown = {place for place, text in enumerate(texts) if is_shown(text, bool(pictures))}
        shown |= {place for place, formula in formulas.items() if is_shown(formula)}
        texts = ["" if place in shown else text for place, text in enumerate(texts)]
        return Row(number, texts, pictures, {p: f for p, f in formulas.items() if STARTS_PROGRAM.search(f)})

    def _value(self, cell: Any) -> str:  # noqa: ANN401 - openpyxl's cells have no common type
        """What the user's program stored beside a formula."""
        if self._stored is None:
            self._stored = _open(self._path, data_only=True)[self._sheet.title]
        return text_of(self._stored[cell.coordinate].value)

    def save(self, out: Path, marks: Sequence[Mark], lang: Lang) -> None:
        """The same workbook: marked cells are filled and carry a comment; the reasons stand on a sheet of their own."""
        by_cell: dict[tuple[int, int], list[Mark]] = {}
        for mark in marks:
            by_cell.setdefault((self.rows[mark.row].number, mark.column + 1), []).append(mark)
        self._clear()
        for (number, column), found in by_cell.items():
            self._mark(self._sheet.cell(number, column), found)
        self._list(marks, lang)
        try:
            self._book.save(out)
            put_back(self._path, out)  # WPS's cell pictures: openpyxl does not know them
        except (ValueError, TypeError, KeyError) as error:  # parts of the user's file that openpyxl cannot write again
            raise BadInput(
                zh=(f"这个表格里有无法原样写回的内容：{error}。", "请另存一份只含数据的 .xlsx，或用 CSV。"),
                en=(f"The workbook holds something that cannot be written again: {error}.", "Save its data alone."),
            ) from error

    def _mark(self, cell: Any, found: Sequence[Mark]) -> None:  # noqa: ANN401
        from openpyxl.cell.cell import MergedCell
        from openpyxl.comments import Comment
        from openpyxl.styles import PatternFill

        if isinstance(cell, MergedCell):
            return  # the sheet of reasons has it
        level = min((LEVELS.get(mark.kind, "fault") for mark in found), key=list(FILLS).index)
        cell.fill = PatternFill("solid", fgColor=FILLS[level])
        said = "\n".join(mark.reason for mark in found)
        before = f"{cell.comment.text}\n\n" if cell.comment else ""
        cell.comment = Comment(_safe(f"{before}{SIGN}\n{said}")[:2000], "Tujian", width=320, height=110)

    def _clear(self) -> None:
        """Takes away the marks of an earlier check; what its owner wrote into a comment stays."""
        from openpyxl.comments import Comment
        from openpyxl.styles import PatternFill

        for cell in (cell for row in self._sheet.iter_rows() for cell in row if cell.comment):
            own, sign, _ = cell.comment.text.partition(SIGN)
            if sign:
                cell.comment = Comment(own.rstrip(), cell.comment.author) if own.strip() else None
                cell.fill = PatternFill() if cell.fill.fgColor.rgb in FILLS.values() else cell.fill

    def _list(self, marks: Sequence[Mark], lang: Lang) -> None:
        from openpyxl.styles import Font
        from openpyxl.utils import get_column_letter

        name = SHEET_NAME[lang]
        if name in self._book.sheetnames and [c.value for c in self._book[name][1]] == list(COLUMNS[lang]):
            del self._book[name]  # ours, from the time before
        sheet = self._book.create_sheet(name)
        sheet.append(COLUMNS[lang])
        for mark in sorted(marks, key=lambda one: (one.row, one.column)):
            row, place = self.rows[mark.row], 0 if lang == "zh" else 1
            now = row.formulas.get(mark.column) or row.cells[mark.column]
            told = (KIND_WORDS[mark.kind][place], mark.reason, mark.proposal or "", mark.evidence)
            texts = (self.headings[mark.column] or get_column_letter(mark.column + 1), now, *told)
            sheet.append([row.number, *(_safe(defused(text)) for text in texts)])
        for place, width in enumerate((6, 14, 28, 14, 70, 24, 40)):
            sheet.column_dimensions["ABCDEFG"[place]].width = width
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"


def _reasons(found: Sequence[Mark], headings: Sequence[str], lang: Lang) -> str:
    colon = "：" if lang == "zh" else ": "
    return "; ".join(f"{headings[mark.column]}{colon}{mark.reason}" for mark in found)


def _open(path: Path, **more: bool) -> Any:  # noqa: ANN401
    from xml.etree.ElementTree import ParseError

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with path.open("rb") as file:
            return load_workbook(file, keep_vba=path.suffix.lower() == ".xlsm", rich_text=False, **more)
    except (InvalidFileException, ParseError, *MISREAD) as error:
        raise damaged(error) from error


def _top(sheet: Any) -> list[list[str]]:  # noqa: ANN401
    """The first rows; no more than there are, for openpyxl makes the cells that it is asked for."""
    rows = sheet.iter_rows(max_row=min(TOP, sheet.max_row), max_col=min(MOST_COLUMNS, sheet.max_column))
    return [[text_of(cell.value) for cell in row] for row in rows]


def _formula(value: object) -> str:
    return printable(str(getattr(value, "text", value)))


def _safe(text: str) -> str:
    """Without what an XML file cannot hold."""
    return "".join(c if c >= " " or c in "\n\t" else "\ufffd" for c in printable(text))


def kinds_of(marks: Sequence[Mark]) -> Iterator[tuple[Kind, int]]:
    """How many marks of each kind, in the order of `Kind`."""
    return ((kind, count) for kind in Kind if (count := sum(mark.kind is kind for mark in marks)))
