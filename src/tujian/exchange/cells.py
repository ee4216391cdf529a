"""Rows as CSV for somebody who opens it in a spreadsheet: text that would be run as a formula is defused.

Enters: rows of text. Leaves: CSV bytes.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from tujian.sheets import defused

BOM = b"\xef\xbb\xbf"  # without it Excel takes UTF-8 for the system's own code page


def csv_rows(rows: Iterable[Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8") -> Iterator[bytes]:
    """Rows as CSV (RFC 4180), defused, a piece a row."""
    line = io.StringIO(newline="")
    writer = csv.writer(line, delimiter=delimiter, lineterminator="\r\n")
    for row in rows:
        writer.writerow([defused(cell) for cell in row])
        yield line.getvalue().encode(encoding)
        line.seek(0)
        line.truncate()
