"""Spreadsheets as rows of text, read a row at a time: CSV and TSV, XLSX, JSON Lines.

Enters: a file of unknown kind and encoding. Leaves: its headings, and rows that may be walked again and again. What the
whole file cannot be is said before the first row; what is wrong with one row comes with that row.
Does not know what columns mean (`columns.py`). Formulas are never run: the value that was stored is read.
"""

import csv
import datetime as dt
import io
import json
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from tujian.errors import BadInput
from tujian.folding import fold, printable
from tujian.sheet_pictures import Part, is_shown, pictures_in
from tujian.sheet_troubles import (
    Limits,
    broken_csv,
    damaged,
    no_headings,
    no_object,
    no_text,
    old_excel,
    too_large,
    too_wide,
    unreadable,
)

MOST_BYTES = 1_000_000_000
MOST_ROWS = 2_000_000  # of text; a spreadsheet program shows half of it
MOST_BOOK_ROWS = 200_000  # of XLSX, which takes 50 µs a row and column
TEXT, BOOK = Limits(MOST_ROWS, MOST_BYTES), Limits(MOST_BOOK_ROWS, MOST_BYTES, csv_rows=MOST_ROWS)
MOST_UNPACKED_BYTES, MOST_STRINGS_BYTES = 400_000_000, 100_000_000  # of XLSX: openpyxl keeps all shared strings
MOST_COLUMNS = 500
LONGEST_CELL = 32_767  # Excel's own limit
TOP = 20  # rows among which the headings are looked for
LEAST_AGAIN = 2  # cells of a row that are headings, for the row to be one of headings
FORMULAS = ("=", "+", "-", "@", "|", "%", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?%?")
SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+?\d{1,2}", re.I)  # what Excel makes of a long number
_KEPT_AS_TEXT = re.compile(r'=\s*"([^"]*)"|\'(\d+)')
NO_ZIP = (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError, RuntimeError)
MISREAD = (*NO_ZIP, KeyError, TypeError, IndexError, AttributeError)  # openpyxl on damaged XML
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is what the user's program calls it; there are as many `cells` as headings. `inside` are pictures that
    lie in the row itself."""

    number: int
    cells: Sequence[str]
    trouble: BadInput | None = None
    inside: Sequence[Part] = ()


class Sheet(Protocol):
    """A table whose rows are read anew each time."""

    headings: Sequence[str]
    count: int  # rows, at most
    has_pictures: bool  # in its rows themselves

    def __iter__(self) -> Iterator[Row]: ...


def open_sheet(path: Path, known: Collection[str]) -> Sheet:
    """The table in a file; the row that names most of the `known` headings (`heading_key`) is the heading row.

    Raises BadInput for what is no spreadsheet, is too large, damaged, or has no headings.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise unreadable(path, error) from error
    if size > MOST_BYTES:
        raise too_large(TEXT)
    if head[:4] == b"PK\x03\x04":
        return Book(path, known)
    if head[:4] == b"\xd0\xcf\x11\xe0":
        raise old_excel()
    encoding = encoding_of(path)
    if head.decode(encoding, "replace").lstrip("\ufeff \t\r\n").startswith("{"):
        return Objects(path, encoding)
    return Lines(path, encoding, known)


def heading_key(text: str) -> str:
    """A heading as it is compared: what stands in brackets, and stars, do not count.

    >>> heading_key("*颜色（必填）"), heading_key("Image Src")
    ('颜色', 'imagesrc')
    """
    return fold(re.sub(r"[(（\[【][^)）\]】]*[)）\]】]", "", text))


def find_headings(rows: Sequence[Sequence[str]], known: Collection[str]) -> int | None:
    """The index of the row that names most columns; None where no row names any."""
    names = set(known)
    hits = [len({key for cell in row if (key := heading_key(cell)) in names}) for row in rows[:TOP]]
    best = max(hits, default=0)
    return hits.index(best) if best else None


def first_row(rows: Sequence[Sequence[str]], at: int, known: Collection[str]) -> int:
    """The index of the first row below the headings `at`. Some sheets have them in a second language, too: of the
    columns that are known, most have a known heading there."""
    names = set(known)
    places = [place for place, cell in enumerate(rows[at]) if heading_key(cell) in names]
    below = rows[at + 1] if at + 1 < len(rows) else ()
    again = sum(heading_key(below[place]) in names for place in places if place < len(below))
    return at + 2 if again >= LEAST_AGAIN and again * 2 > len(places) else at + 1


def encoding_of(path: Path) -> str:
    """The encoding of all of a text file. GB 18030 holds all of GBK and of Unicode. Raises BadInput."""
    with path.open("rb") as file:
        head = file.read(4096)
    tried = [name for mark, name in MARKS if head.startswith(mark)]
    if not tried and 0 in head:  # no text has zeros, but UTF-16 without its mark: of ASCII, every other byte
        tried = ["utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"]
    for name in tried or ("utf-8", "gb18030"):
        try:
            with path.open(encoding=name) as text:
                if all("\0" not in piece for piece in iter(lambda: text.read(1_000_000), "")):
                    return name
        except UnicodeError:
            continue
    raise no_text()


def delimiter_of(sample: str) -> str:
    """Comma, tab or semicolon: whichever divides most of the first rows, of equals the one that they have more of.
    Cells may hold lists: headings seldom do.

    >>> delimiter_of("sku,tags\\r\\nA,a; b; c; d\\r\\nB,e; f; g\\r\\n")
    ','
    """

    def divides(one: str) -> tuple[int, int]:
        rows = islice(csv.reader(io.StringIO(sample, newline=""), delimiter=one), TOP)
        widths = [len(row) for row in rows if len(row) > 1]
        return len(widths), sum(widths)

    return max(",\t;", key=divides)


class Lines:
    """A CSV or TSV file."""

    has_pictures = False

    def __init__(self, path: Path, encoding: str, known: Collection[str]) -> None:
        self._path, self._encoding = path, encoding
        with path.open(encoding=encoding, newline="") as file:
            self._delimiter = delimiter_of(file.read(20_000))
        top = [row for _, row in islice(self._rows(), TOP)]
        at = find_headings(top, known)
        if at is None:
            raise no_headings(next((row for row in top if any(row)), []))
        self._first = first_row(top, at, known)
        self.headings: Sequence[str] = [cleaned(cell) for cell in top[at]][:MOST_COLUMNS]
        self.count = sum(1 for _ in self._rows()) - self._first
        if self.count > MOST_ROWS:
            raise too_large(TEXT)

    def __iter__(self) -> Iterator[Row]:
        for number, cells in islice(self._rows(), self._first, None):
            if any(cells):
                yield fitted(number, cells, len(self.headings))

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Rows by the number of the row, not of the line: a cell may hold several lines."""
        try:
            with self._path.open(encoding=self._encoding, newline="") as file:
                yield from enumerate(csv.reader(file, delimiter=self._delimiter), 1)
        except csv.Error as error:
            raise broken_csv(error) from error
        except OSError as error:
            raise unreadable(self._path, error) from error


class Objects:
    """JSON Lines: an object a line. Its headings are all names that any line has."""

    has_pictures = False

    def __init__(self, path: Path, encoding: str) -> None:
        self._path, self._encoding = path, encoding
        names: dict[str, None] = {}
        self.count = 0
        for _, told in self._objects():
            self.count += 1
            if isinstance(told, dict) and len(names) < MOST_COLUMNS:
                names.update(dict.fromkeys(told))
        if self.count > MOST_ROWS:
            raise too_large(TEXT)
        self._names = list(names)[:MOST_COLUMNS]
        self.headings: Sequence[str] = [cleaned(name) for name in self._names]

    def __iter__(self) -> Iterator[Row]:
        for number, told in self._objects():
            if isinstance(told, dict):
                yield Row(number, [text_of(told.get(name)) for name in self._names])
            else:
                yield Row(number, [""] * len(self._names), no_object(told))

    def _objects(self) -> Iterator[tuple[int, Any]]:
        """Each line's object, or what is wrong with it."""
        with self._path.open(encoding=self._encoding) as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    yield number, spread(json.loads(line.lstrip("\ufeff")))
                except (ValueError, RecursionError) as error:
                    yield number, str(error)


def spread(told: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """An item as `tujian export` writes it, its values and the names of its pictures flat; anything else as it is."""
    if not isinstance(told, dict) or not {"values", "pictures", "records_count"} <= told.keys():
        return told
    values = told["values"] if isinstance(told["values"], dict) else {}
    pictures = told["pictures"] if isinstance(told["pictures"], list) else []
    flat = {name: _inner(now, "value", "value") for name, now in values.items()}
    own = {name: told.get(name) for name in ("external_id", "sku", "variant_group")}
    return {**flat, **own, "pictures": [_inner(picture, "name") for picture in pictures]}


def _inner(told: Any, *names: str) -> Any:  # noqa: ANN401
    for name in names:
        told = told.get(name) if isinstance(told, dict) else None
    return told


class Book:
    """An XLSX file: the first of its sheets that has headings."""

    def __init__(self, path: Path, known: Collection[str]) -> None:
        self._path = path
        check_book(path)
        with _opened(path) as book:
            self._name, self._first, self.headings = self._find(book, known)
            self.count = min(MOST_BOOK_ROWS, book[self._name].max_row or MOST_BOOK_ROWS) - self._first
        self._inside = pictures_in(path, self._name)
        self.has_pictures = any(number > self._first for number in self._inside)

    def __iter__(self) -> Iterator[Row]:
        with _opened(self._path) as book:
            inside = book[self._name].iter_rows(min_row=self._first + 1, max_col=MOST_COLUMNS, values_only=True)
            for number, values in enumerate(inside, self._first + 1):
                parts = self._inside.get(number, ())
                cells = ["" if is_shown(text := text_of(value), bool(parts)) else text for value in values]
                if any(cells) or parts:
                    yield replace(fitted(number, cells, len(self.headings)), inside=parts)

    def _find(self, book: Any, known: Collection[str]) -> tuple[str, int, Sequence[str]]:  # noqa: ANN401 - openpyxl's
        first: list[str] = []
        for sheet in book.worksheets:
            rows = sheet.iter_rows(max_row=TOP, max_col=MOST_COLUMNS, values_only=True)
            top = [[text_of(value) for value in row] for row in rows]
            at = find_headings(top, known)
            if at is not None:
                headings = top[at]
                while headings and not headings[-1]:
                    headings.pop()
                return sheet.title, first_row(top, at, known), headings
            first = first or next((row for row in top if any(row)), [])
        raise no_headings(first)


def check_book(path: Path, limits: Limits = BOOK) -> None:
    """Raises BadInput for what is no workbook, has too many rows or would unpack to too much."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {one.filename: one.file_size for one in archive.infolist()}
            if not any(name.startswith("xl/") for name in sizes):
                raise damaged("no xl/")
            if sum(sizes.values()) > MOST_UNPACKED_BYTES or sizes.get("xl/sharedStrings.xml", 0) > MOST_STRINGS_BYTES:
                raise too_large(limits)
            for name in sizes:
                if name.startswith("xl/worksheets/") and _rows_in(archive, name) > limits.rows + TOP:
                    raise too_large(limits)
    except NO_ZIP as error:
        raise damaged(error) from error


def _rows_in(archive: zipfile.ZipFile, name: str) -> int:
    """How many rows a sheet's XML begins; 0.3 s for a million."""
    count, tail = 0, b""
    with archive.open(name) as file:
        while piece := file.read(1 << 20):
            count += (tail + piece).count(b"<row")
            tail = piece[-3:]
    return count


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The workbook, for reading a row at a time. Whatever openpyxl meets in a damaged one is told as BadInput."""
    from xml.etree.ElementTree import ParseError

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    book = None
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        yield book
    except (InvalidFileException, ParseError, *MISREAD) as error:
        raise damaged(error) from error
    finally:
        if book is not None:
            book.close()


def fitted(number: int, cells: Sequence[str], width: int) -> Row:
    """A row of exactly `width` cells, not defused; what stands beyond the last heading is a trouble of this row."""
    kept = [as_text(cleaned(undefused(cell))) for cell in cells[:width]]
    return Row(number, kept + [""] * (width - len(kept)), too_wide(width) if any(cells[width:]) else None)


def as_text(cell: str) -> str:
    """A cell without what marks its number as text, for a program that would drop its zeros.

    >>> as_text('="00123"'), as_text("'6901234567892"), as_text("'tis")
    ('00123', '6901234567892', "'tis")
    """
    marked = _KEPT_AS_TEXT.fullmatch(cell)
    return cell if marked is None else (marked[1] or marked[2] or "").strip()


def cleaned(text: str) -> str:
    return printable(text).strip()[:LONGEST_CELL]


def text_of(value: object) -> str:
    """A cell as text: 6901234567892.0 is a barcode, a day without a time a date, a list its words by lines."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return (value.date() if value.time() == dt.time() else value).isoformat()
    if isinstance(value, list):
        return "\n".join(text_of(one) for one in value)
    if isinstance(value, dict):
        return cleaned(json.dumps(value, ensure_ascii=False))
    return cleaned(str(value))


def is_live(text: str) -> bool:
    """Whether a spreadsheet would run `text`, or a program behind it (OWASP, "CSV Injection").

    >>> [is_live(text) for text in ("=1+1", "-5", "@SUM(A1)", "红色", "  =cmd|' /C calc'!A0")]
    [True, False, True, False, True]
    """
    bare = text.lstrip(" \u3000")
    return bare.startswith(FORMULAS) and not NUMBER.fullmatch(bare)


def defused(text: str) -> str:
    """`text` that no spreadsheet runs: an apostrophe goes before what is live."""
    return f"'{text}" if is_live(text) else text


def undefused(text: str) -> str:
    """What `defused` was given.

    >>> undefused(defused("=1+1")), undefused("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text.startswith("'") and is_live(text[1:]) else text
