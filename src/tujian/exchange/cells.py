"""Cells of a table that somebody opens in a spreadsheet: text that would be run as a formula is defused.

Enters: rows of text. Leaves: CSV bytes, and defused text. Source: OWASP, "CSV Injection"; the rule of defusedcsv: text
that begins with = + - @ | %, a tab or a line end gets an apostrophe before it, unless it is a plain number.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

STARTS = ("=", "+", "-", "@", "|", "%", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?%?")
BOM = b"\xef\xbb\xbf"  # without it Excel takes UTF-8 for the system's own code page


def is_live(text: str) -> bool:
    """Whether a spreadsheet would run `text`, or a program behind it.

    >>> [is_live(text) for text in ("=1+1", "-5", "@SUM(A1)", "红色", "  =cmd|' /C calc'!A0")]
    [True, False, True, False, True]
    """
    bare = text.lstrip(" \u3000")
    return bare.startswith(STARTS) and not _NUMBER.fullmatch(bare)


def defused(text: str) -> str:
    """`text` that no spreadsheet runs."""
    return f"'{text}" if is_live(text) else text


def undefused(text: str) -> str:
    """What `defused` was given.

    >>> undefused(defused("=1+1")), undefused("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text.startswith("'") and is_live(text[1:]) else text


def csv_rows(rows: Iterable[Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8") -> Iterator[bytes]:
    """Rows as CSV (RFC 4180), defused, a piece a row."""
    line = io.StringIO(newline="")
    writer = csv.writer(line, delimiter=delimiter, lineterminator="\r\n")
    for row in rows:
        writer.writerow([defused(cell) for cell in row])
        yield line.getvalue().encode(encoding)
        line.seek(0)
        line.truncate()
