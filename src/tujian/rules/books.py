"""What a book's cover and imprint say: ISBN, author, publisher, edition. req: C3

Enters: text lines. Leaves: Readings; an ISBN's `valid` is the verdict on its check digit.
Sources: ISO 2108 (ISBN; ten digits: weights 10 to 1 modulo 11; thirteen: EAN-13 with prefix 978 or 979), GB/T
12450-2001 (title page: 著, 编著, 主编, 译 behind the names), GB/T 12451-2001 (图书在版编目).
Does not know: authors whose name stands alone on a cover.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from tujian.folding import fold
from tujian.perception.gs1 import is_valid
from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.labels import labelled

LONGEST_LINE = 200
BARE_SHARE = 0.7  # an ISBN without its letters: the digits below the bars
_ISBN = re.compile(r"[I1l][S5][B8]N(?:\s?-?\s?1[03])?\s?[:：]?\s{0,3}(?P<digits>(?:[\dXx][\s-]{0,2}){10,13})", re.I)
_BARE = re.compile(r"(?<![\d-])9[\s-]?7[\s-]?[89](?:[\s-]{0,2}\d){10}(?![\d-])")
_WROTE = r"(?:编著|主编|编写|著|编|撰文?|原著|文\s?/\s?图)"
_AUTHOR = re.compile(rf"^(?P<names>[^:：,。!！?？]{{2,30}}?)\s{{0,3}}[/◎○·|]?\s?{_WROTE}(?:\s|$|[|/;；])")
_BY = re.compile(r"^(?:written\s+)?by\s+(?P<names>[A-Z][\w.'-]*(?:\s+[A-Z][\w.'-]*){1,3})$", re.I)
_HOUSE = re.compile(r"(?P<name>[\u4e00-\u9fff·]{2,16}(?:出版社|出版公司|出版集团|出版有限公司|书局|书店出版社|印书馆))")
_PRESS = re.compile(r"^(?P<name>(?:[A-Z][\w&.'-]*\s+){1,4}(?:Press|Publishers?|Publishing|Books))$")
_EDITION = re.compile(
    r"(?P<chinese>(?:20\d{2}年\d{1,2}月)?\s?第\s?[\d一二三四五六七八九十]{1,3}\s?版(?!权)|修订版|增订本|典藏版|插图版|珍藏版|最新版)|"
    r"(?P<latin>\b(?:\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|revised|new|international)\s+edition\b)",
    re.I,
)


def find_isbns(lines: Sequence[TextLine]) -> list[Reading]:
    """ISBNs behind their letters, and 13 digits that begin with 978 or 979 and are right."""
    found = []
    for line in lines:
        text = unicodedata.normalize("NFKC", line.text[:LONGEST_LINE]).replace("—", "-")
        for match in _ISBN.finditer(text):
            digits = _whole(re.sub(r"[\s-]", "", match["digits"]).upper())
            found.append(Reading(digits, digits, line, line.text, "isbn/1", valid=is_isbn(digits)))
        bare = [re.sub(r"[\s-]", "", match[0]) for match in _BARE.finditer(text) if not _ISBN.search(text)]
        found += [
            Reading(digits, digits, line, line.text, "isbn/1", valid=True, share=BARE_SHARE)
            for digits in bare
            if is_isbn(digits)
        ]
    return found


def is_isbn(digits: str) -> bool:
    """Ten or thirteen digits with the right check digit.

    >>> is_isbn("0306406152"), is_isbn("9780306406157"), is_isbn("080442957X"), is_isbn("9780306406158")
    (True, True, True, False)
    """
    if re.fullmatch(r"\d{9}[\dX]", digits):
        return sum((10 - place) * (10 if d == "X" else int(d)) for place, d in enumerate(digits)) % 11 == 0
    return digits[:3] in ("978", "979") and len(digits) == 13 and is_valid(digits) is True


def find_authors(lines: Sequence[TextLine]) -> list[Reading]:
    """Who wrote it: behind 作者 or Author, before 著, behind by."""
    named = [(one.line, one.value) for one in labelled("author", lines)]
    wrote = [(line, match) for line in lines for pattern in (_AUTHOR, _BY) if (match := pattern.search(_half(line)))]
    found = named or [(line, match["names"]) for line, match in wrote]
    return [
        Reading(_name(name), fold(_name(name)), line, line.text, "author/1")
        for line, name in found
        if 2 <= len(_name(name)) <= 40 and not any(c.isdigit() for c in name)
    ]


def find_publishers(lines: Sequence[TextLine]) -> list[Reading]:
    """The house: behind 出版 or Publisher, or a name that ends in 出版社 or Press."""
    named = [(one.line, one.value.strip(" .。")) for one in labelled("publisher", lines)]
    houses = [(line, m["name"]) for line in lines for p in (_HOUSE, _PRESS) if (m := p.search(_half(line)))]
    found = [(line, name) for line, name in named if 2 <= len(name) <= 60] or houses
    return [Reading(name, fold(name), line, line.text, "publisher/1") for line, name in found]


def find_editions(lines: Sequence[TextLine]) -> list[Reading]:
    """第2版, Second edition."""
    found = [(line, match) for line in lines if (match := _EDITION.search(_half(line)))]
    readings = [Reading(m[0].strip(), fold(m[0]), line, line.text, "edition/1") for line, m in found]
    return [replace(reading, share=1.0 if any(c.isdigit() for c in reading.key) else 0.9) for reading in readings]


def _whole(digits: str) -> str:
    """Ten or thirteen digits: what stands behind them (a price code of five) is cut off."""
    return digits[:13] if digits.startswith(("978", "979")) else digits[:10]


def _name(name: str) -> str:
    return re.sub(rf"\s?{_WROTE}$", "", name.strip(" .,，。:：|/◎○"))


def _half(line: TextLine) -> str:
    return unicodedata.normalize("NFKC", line.text[:LONGEST_LINE]).strip()
