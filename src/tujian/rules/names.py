"""What the product is called: behind its label, else from the letters that the law wants prominent.

Enters: Percepts, the taxonomy and the brands. Leaves: Readings. A name without a label is inferred, never read: large
letters that name a kind of goods, or, where the brand is known or the side is full of labels, the largest of the
others. All else is a hint.
Source: GB 7718-2011 4.1.2 (the name stands clearly at a prominent place), Regulation (EU) 1169/2011 Art. 13 and 17.
Does not know: which of two large lines is a slogan.
"""

import re
from collections.abc import Sequence

from tujian.folding import fold
from tujian.perception import Percepts
from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.brands import Brands
from tujian.rules.category_words import find_category
from tujian.rules.labels import labelled, opens_with_label
from tujian.rules.layout import letter_height
from tujian.rules.measures import measure_keys
from tujian.taxonomy import Taxonomy

RULE = "name/1"
PROMINENT = "prominent-name/1"
LONGEST = 40  # characters; longer ones are sentences
LONGEST_PROMINENT = 24
SURE = 0.8  # of recognition: below it the largest letters are no name but a drawing
SHARE = 0.7  # as for amounts without a label
MANY_LABELS = 3  # lines with labels, from which a side is the one that the law asks for: its heading is the name
LARGER = 1.2  # times the next largest lettering, from which it is the name and not one of several claims
_ELSEWHERE = re.compile(r"^见|见(?:包装|正面|标签)|\bsee\b", re.I)
_NO_NAME = re.compile(
    r"[%％¥￥$€]|\d{3,}|^\W*(?:new|sale|since)\b|营养成分|nutrition|有限公司|公司$|地址|www\.|促销|新品|限时|抢购", re.I
)


def find_names(percepts: Percepts, taxonomy: Taxonomy, brands: Brands) -> list[Reading]:
    """The labelled name, else the prominent one, else the largest lettering as a hint."""
    lines = percepts.text_lines
    found = [_reading(one.value, one.line, RULE) for one in labelled("name", lines) if _is_name(one.value)]
    if found:
        return found
    branded = brands.find(lines)
    taken, called = {id(one.line) for one in branded}, {one.key for one in branded}
    others = [x for x in lines if id(x) not in taken and brands.key_of(x.text) not in called and _could_be_name(x)]
    can_tell = bool(branded) or sum(map(opens_with_label, lines)) >= MANY_LABELS
    line = _naming_goods(percepts, taxonomy) or (_standing_out(others) if can_tell else None)
    if line is not None:
        return [_reading(line.text.strip(), line, PROMINENT, inferred=True)]
    largest = max(others, key=letter_height, default=None)
    return [_reading(largest.text, largest, RULE, hint=True)] if largest else []


def _naming_goods(percepts: Percepts, taxonomy: Taxonomy) -> TextLine | None:
    """The large line that names a kind of goods: 纯牛奶, 黄油曲奇饼干."""
    named = find_category(percepts, taxonomy)
    return named.line if named and _could_be_name(named.line) and not opens_with_label(named.line) else None


def _standing_out(others: Sequence[TextLine]) -> TextLine | None:
    """The largest line where it is clearly larger than what else is not the brand."""
    tallest = sorted(others, key=letter_height, reverse=True)[:2]
    if not tallest or (len(tallest) > 1 and letter_height(tallest[0]) < LARGER * letter_height(tallest[1])):
        return None
    return tallest[0]


def _is_name(value: str) -> bool:
    return 2 <= len(value) <= LONGEST and any(c.isalpha() for c in value) and not _ELSEWHERE.search(value)


def _could_be_name(line: TextLine) -> bool:
    letters = sum(c.isalpha() for c in line.text)
    is_short = letters >= 2 and len(line.text) <= LONGEST_PROMINENT
    return line.confidence >= SURE and is_short and not _NO_NAME.search(line.text) and not measure_keys(line.text)


def _reading(value: str, line: TextLine, rule: str, *, inferred: bool = False, hint: bool = False) -> Reading:
    share = SHARE if inferred else 1.0
    return Reading(value, fold(value), line, line.text, rule, share=share, inferred=inferred, candidate_only=hint)
