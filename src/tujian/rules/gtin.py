"""Trade item numbers printed as digits, found in text lines and checked. req: B10

Enters: text lines. Leaves: Readings whose `valid` is the verdict on the check digit. A number that is misprinted or
misread is kept and flagged: 5051234567890 should end in 5.
Does not know: bars (`perception/barcodes.py`), nor whether GS1 ever gave a number to anybody.

Source: GS1 General Specifications, 7.9 (check digit, in `perception/gs1.py`) and 4.14 (digits printed below the bars).
"""

import re
from collections.abc import Iterator, Sequence

from tujian.geometry import Box1000
from tujian.perception.gs1 import check_digit, corrected, is_gtin_like, is_valid, to_gtin14
from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.layout import row

__all__ = ["check_digit", "corrected", "find_in_lines", "is_gtin_like", "is_valid", "to_gtin14"]

RULE = "gtin/1"
_NUMBER = re.compile(r"(?<![\w.,:/-])\d(?:[ \u3000]{0,2}\d){7,13}(?![\w.,:/-])", re.ASCII)
_DIGITS_ONLY = re.compile(r"[\d\s>\u3000]+")  # ">" closes the quiet zone in printed EAN numbers
_FIRST_GROUP = re.compile(r"\s?\d\s{0,3}\d{6}\s?", re.ASCII)
_SECOND_GROUP = re.compile(r"\d{6}\s?>?", re.ASCII)
_LABEL = re.compile(r"条码|条形码|\bEAN\b|\bUPC\b|\bGTIN\b|\bJAN\b|bar\s?code", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


def find_in_lines(lines: Sequence[TextLine]) -> list[Reading]:
    """Trade item numbers in `lines`, each with its verdict.

    A wrong check digit is reported only where nothing but such a number can be meant: 13 digits alone on a line, or
    behind a word such as 条码. All other numbers must have a right one; a date of eight digits is none. The
    groups below the bars, 6 901234 and 567892, are one number where they stand side by side and the check digit is
    right.
    """
    return [reading for line in lines for reading in (*_in_line(line), *_in_groups(line, lines))]


def _in_groups(line: TextLine, lines: Sequence[TextLine]) -> Iterator[Reading]:
    """The number that begins with this line, whose second group was read as a line of its own."""
    first = re.sub(r"\s", "", line.text)
    if not _FIRST_GROUP.fullmatch(line.text):
        return
    for other in row(line, lines)[:1]:
        digits = first + re.sub(r"[\s>]", "", other.text)
        if _SECOND_GROUP.fullmatch(other.text.strip()) and is_valid(digits):
            whole = _joined(line, other)
            yield Reading(digits, digits, whole, whole.text, RULE, valid=True)


def _joined(line: TextLine, other: TextLine) -> TextLine:
    """Two lines of one row as one, so that its place is that of all its digits."""
    (left, _, _, low_left), (_, right, low_right, _) = line.quad_px, other.quad_px
    (x1, y1, x2, y2), (x3, y3, x4, y4) = line.box_1000, other.box_1000
    box = Box1000(min(x1, x3), min(y1, y3), max(x2, x4), max(y2, y4))
    sure = min(line.confidence, other.confidence)
    return TextLine(f"{line.text} {other.text}", sure, (left, right, low_right, low_left), box)


def _in_line(line: TextLine) -> list[Reading]:
    numbers = list(_numbers(line.text))
    if not numbers:
        return []
    is_labelled, is_alone = bool(_LABEL.search(line.text)), bool(_DIGITS_ONLY.fullmatch(line.text))
    return [
        Reading(digits, digits, line, quote, RULE, valid=is_valid(digits))
        for quote, digits in numbers
        if is_valid(digits) or is_labelled or (len(digits) == 13 and is_alone)
    ]


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    """Runs of digits of the right length: as printed, and without the blanks."""
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"\s", "", match.group())
        if is_gtin_like(digits) and not _DATE.fullmatch(digits):
            yield match.group(), digits
