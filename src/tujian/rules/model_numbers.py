"""Model and article numbers: behind their label; in large lettering as a hint.

Enters: text lines. Leaves: Readings. Does not know: which of the tokens with letters and digits on a box is the model:
WH-720 may be, USB-C 3.0 is not; without a label they are candidates and nothing more.
"""

import re
import unicodedata
from collections.abc import Sequence

from tujian.folding import fold
from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.labels import labelled
from tujian.rules.layout import letter_height

RULE = "model-number/1"
LONGEST_LINE = 200
LARGE = 0.35  # of the tallest letters: models stand beside the name, part numbers in the small print
MOST_HINTS = 3
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9/.+#_-]{1,29}(?:\s[A-Z0-9][A-Za-z0-9+-]{0,11}){0,2}(?![A-Za-z0-9])")
_TOKEN = re.compile(r"(?<![\w-])(?=[A-Z-]{0,8}\d)(?=[\d-]{0,8}[A-Z])[A-Z0-9]{1,8}(?:-[A-Z0-9]{1,8}){0,3}(?![\w-])")
_NO_MODEL = re.compile(
    r"\d+(?:G|KG|ML|L|W|V|A|HZ|KHZ|MAH|MM|CM|M|X|D|K|GB|TB|H|P|PCS|OZ)|[1-9]G|USB\w*|IPX?\d+|WIFI\d?|MP[34]|H26[45]|[A-E]\d?|"
    r"GB\d+|T\d{1,2}|SC\d+|100PCT|B\d{1,2}|\d{1,3}[A-Z]?",
)


def find_model_numbers(lines: Sequence[TextLine]) -> list[Reading]:
    """Behind a label, else the largest tokens that mix capitals and digits."""
    found = [
        Reading(match[0], fold(match[0]), one.line, one.line.text, RULE)
        for one in labelled("model_number", lines)
        if (match := _VALUE.match(unicodedata.normalize("NFKC", one.value[:LONGEST_LINE])))
        and any(c.isdigit() for c in match[0])
    ]
    return found or _hints(lines)


def _hints(lines: Sequence[TextLine]) -> list[Reading]:
    tallest = max((letter_height(line) for line in lines), default=0.0)
    large = sorted((x for x in lines if letter_height(x) >= LARGE * tallest), key=letter_height, reverse=True)
    tokens = [(line, match[0]) for line in large for match in _TOKEN.finditer(line.text[:LONGEST_LINE])]
    named = {token: line for line, token in reversed(tokens) if len(token) >= 4 and not _NO_MODEL.fullmatch(token)}
    return [
        Reading(token, fold(token), line, line.text, RULE, candidate_only=True)
        for token, line in sorted(named.items(), key=lambda pair: -letter_height(pair[1]))[:MOST_HINTS]
    ]
