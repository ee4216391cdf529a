"""Rows as CSV or XLSX for somebody who opens them in a spreadsheet: text that would be run as a formula is defused.

Enters: rows of text, which may be made while they are written. Leaves: bytes. Does not know what the rows say.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from tujian.errors import BadInput
from tujian.sheets import LONGEST_CELL, defused

BOM = b"\xef\xbb\xbf"  # without it Excel takes UTF-8 for the system's own code page
MOST_SHOWN = 1_048_575  # rows below the headings that a spreadsheet program shows


def csv_rows(rows: Iterable[Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8") -> Iterator[bytes]:
    """Rows as CSV (RFC 4180), defused, a piece a row."""
    line = io.StringIO(newline="")
    writer = csv.writer(line, delimiter=delimiter, lineterminator="\r\n")
    for row in rows:
        writer.writerow([defused(cell) for cell in row])
        yield line.getvalue().encode(encoding)
        line.seek(0)
        line.truncate()


def write_book(
    rows: Iterable[Sequence[str]],
    out: Path | IO[bytes],
    title: str,
    *,
    most_rows: int = MOST_SHOWN,
    cut: Callable[[Sequence[str]], None] = lambda _: None,
) -> int:
    """A workbook of one sheet, the headings first; every cell is text, so that no code loses its zeros. `cut` is told
    of each row that has more in a cell than a cell holds. Returns how many rows, with the headings. Raises OSError, and
    BadInput for more than `most_rows` below the headings."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    count = 0
    with ExitStack() as unsaved:
        unsaved.callback(_drop, sheet)
        for count, row in enumerate(rows, 1):
            if count - 1 > most_rows:
                raise _too_many(most_rows)
            cells = []
            for text in row:
                written = ILLEGAL_CHARACTERS_RE.sub("\ufffd", defused(text))
                if len(written) > LONGEST_CELL:
                    cut(row)
                cell = WriteOnlyCell(sheet, written[:LONGEST_CELL])
                cell.data_type, cell.number_format = "s", "@"
                cells.append(cell)
            sheet.append(cells)
        unsaved.pop_all()
    book.save(out)
    return count


def _drop(sheet: Any) -> None:  # noqa: ANN401 - openpyxl's
    """Its temporary file goes; openpyxl keeps it until the process ends."""
    sheet.close()
    sheet._writer.cleanup()


def _too_many(most_rows: int) -> BadInput:
    return BadInput(
        zh=(f"行数超过 {most_rows:,}，XLSX 放不下。", "请改写成 CSV：--to csv，或把 --out 的文件名改成 .csv。"),
        en=(
            f"More than {most_rows:,} rows are too many for XLSX.",
            "Write CSV: --to csv, or --out NAME.csv.",
        ),
    )
