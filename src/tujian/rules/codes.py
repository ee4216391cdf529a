"""Trade item numbers printed as digits, for packs whose bars cannot be read.

Enters: lines. Leaves: readings with their check digit's verdict. A number with a wrong check digit is kept and
flagged: it was misread or misprinted, and only a person can tell which. req: B10
"""

import re
from collections.abc import Sequence

from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.gtin import is_valid

_LABEL = re.compile(r"条\s*形?\s*码|商品码|bar\s*code|\b(?:EAN|UPC|GTIN)\b", re.I)
_DIGITS = re.compile(r"(?<![\d.])(\d(?:[ -]?\d){11,13})(?![\d.])")


def find_printed_codes(lines: Sequence[TextLine]) -> list[Reading]:
    """12 to 14 digits that are labelled as a code, fill their line, or carry a right check digit; right ones first."""
    readings = [reading for line in lines for reading in _in_line(line)]
    return sorted(readings, key=lambda reading: not reading.valid)


def _in_line(line: TextLine) -> list[Reading]:
    labelled = _LABEL.search(line.text) is not None
    readings = []
    for match in _DIGITS.finditer(line.text):
        digits = re.sub(r"\D", "", match[1])
        fills = len(match[0]) >= 0.9 * len(line.text.strip()) and len(digits) == 13
        if labelled or fills or (len(digits) == 13 and is_valid(digits)):
            readings.append(Reading(digits, digits, line, line.text, "printed-code/1", valid=is_valid(digits)))
    return readings
