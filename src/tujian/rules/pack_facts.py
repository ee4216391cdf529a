"""What the law asks of a pack: storage, producer, origin, licence, standard, batch. req: B10

Enters: text lines. Leaves: Readings. Sources: GB 7718-2011 4.1 and GB 7718-2025 (what a label states),
食品生产许可管理办法 (2020) Art. 29 (SC and 14 digits: 3 of category, 6 of place, 4 of sequence, 1 check digit),
announcement 198 of 2015 of the food administration (check digit by GB/T 17710, ISO 7064 MOD 11,10), 标准化法 Art. 2
(kinds of standards: GB, industry, local DB, group T/, company Q/).
Does not know: whether a company exists, and which of two companies really made the thing; it goes by the label's word.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from tujian.folding import fold
from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.labels import Labelled, labelled, opens_with_label

LONGEST_COMPANY, LONGEST_PLACE = 80, 40  # characters; longer ones are sentences
LONGEST_LINE = 400
UNLABELLED_SHARE = 0.7  # as for amounts without a label
SECOND_SHARE = 0.85  # who had it made stands behind who made it
_ELSEWHERE = re.compile(r"^见|见(?:包装|瓶|盒|袋|罐|喷码|封口)|\bsee\b|标于|印于", re.I)
_KEEP = re.compile(
    r"^\W{0,3}(?:请?(?:置|放|存|储|贮|保存|存放|放置|储存|贮存)于?.{0,8}(?:阴凉|干燥|通风|避光|冷藏|常温)|(?:请|需|须)?(?:冷藏|冷冻|常温|避光|密封)"
    r"(?:保存|贮存|储存|存放)|(?:请|需)?冷藏\s?[（(]?-?\d|阴凉.{0,6}(?:处|保存|贮存)|避免(?:阳光|日光|高温)|"
    r"store\s+(?:in|at|below|under)|keep\s+(?:refrigerated|frozen|in\s+a\s+cool|cool|dry|chilled|away\s+from)|refrigerate\s)",
    re.I,
)
_MADE_IN = re.compile(
    r"\b(?:made\s*in|product\s+of|produce\s+of|produced\s+in|fabriqué\s+en|hergestellt\s+in)\s*:?\s*"
    r"(?P<place>(?-i:[A-Z])[\w .'-]{2,30})",
    re.I,
)
_MADE_IN_CHINA = re.compile(
    r"^\W{0,3}(?P<place>中国|日本|韩国|德国|法国|美国|泰国|越南|意大利|澳大利亚|新西兰)制造\W{0,3}$"
)
_FROM = re.compile(
    r"^\W{0,3}原?产[地国]\s{0,3}(?P<place>(?:中国|[\u4e00-\u9fff]{2,3}省|内蒙古|广西|西藏|宁夏|新疆|北京|上海|天津|重庆)[\u4e00-\u9fff]{0,20})"
)
_LICENCE = re.compile(r"(?<![A-Za-z])[S5][CG]\s?[:：]?\s?(?P<digits>(?:[\dOoIl]\s?){14})(?![\d])")
_OTHER_LICENCE = re.compile(r"[A-Z\u4e00-\u9fff].{0,4}\d{6}", re.I)  # QS4400 0601 0001, 粤妆20160123
_STANDARD = re.compile(
    r"(?<![A-Za-z])(?P<kind>(?:GB|QB|SB|NY|LS|GH|FZ|HG|JB|YY|SN|SC|BB|HJ|CY|DB\s?\d{2,6}|DBS\s?\d{2}|WS)(?:\s?/\s?[TZ])?|GB\s?[71]|"
    r"T\s?/\s?[A-Z]{2,8}|Q\s?/\s?[A-Z0-9]{2,12})[\s.]{0,2}(?P<number>\d{1,6}(?:\.\d{1,3})?\s?S?)"
    r"(?:\s?[-—–－]\s?(?P<year>(?:19|20)\d{2}|\d{4}))?",
    re.I,
)
_BATCH = re.compile(r"[A-Z0-9][A-Z0-9/.-]{2,24}(?:\s[A-Z0-9]{1,8})?", re.I)


def find_storage(lines: Sequence[TextLine]) -> list[Reading]:
    """How to keep it: behind a label, else a sentence that can mean nothing else."""
    found = [one for one in labelled("storage", lines, whole=True) if len(fold(one.value)) >= 2]
    if found:
        return [_reading(one, _clean(one.value), "storage/1") for one in found]
    said = [line for line in lines if _KEEP.search(line.text[:LONGEST_LINE]) and not opens_with_label(line)]
    return [replace(_reading(Labelled("", line.text, line), line.text.strip(), "storage/1"), share=UNLABELLED_SHARE)
            for line in said]  # fmt: skip


def find_producers(lines: Sequence[TextLine]) -> list[Reading]:
    """Who made it, then who made it for another, then who had it made."""
    ranked = (("producer", 1.0), ("contractor", 0.95), ("commissioner", SECOND_SHARE))
    return [
        replace(reading, share=share)
        for name, share in ranked
        for reading in _short(labelled(name, lines), LONGEST_COMPANY, "producer/1")
    ]


def find_origins(lines: Sequence[TextLine]) -> list[Reading]:
    """Where it comes from: 产地：…, 产地福建省…, Made in …"""
    named = [one for one in labelled("origin", lines) if not one.value[:1].islower()]  # made in small batches
    here, abroad = ([one for one in named if one.label.isascii() is latin] for latin in (False, True))
    found = _short(here, LONGEST_PLACE, "origin/1")
    share = UNLABELLED_SHARE if found else 1.0  # 产地：中国 is told again as MADE IN CHINA
    found += [replace(one, share=share) for one in _short(abroad, LONGEST_PLACE, "origin/1")]
    made_in = [
        Reading(match["place"].strip(" .-"), fold(match["place"]), line, line.text, "origin/1", share=UNLABELLED_SHARE)
        for line in lines
        for match in (way.search(line.text[:LONGEST_LINE]) for way in (_FROM, _MADE_IN, _MADE_IN_CHINA))
        if match and not any(line is one.line for one in found)
    ]
    return found + made_in


def find_licences(lines: Sequence[TextLine]) -> list[Reading]:
    """SC and 14 digits anywhere, with the verdict on the check digit; other numbers behind their label."""
    found = []
    for line in lines:
        for match in _LICENCE.finditer(unicodedata.normalize("NFKC", line.text[:LONGEST_LINE]).upper()):
            digits = re.sub(r"\s", "", match["digits"]).translate(str.maketrans("OIL", "011"))
            found.append(Reading(f"SC{digits}", digits, line, line.text, "licence/1", valid=is_licence(digits)))
    if found:
        return found
    values = [one for one in labelled("licence", lines) if _OTHER_LICENCE.search(one.value)]
    return [_reading(one, one.value, "licence/1") for one in values]


def is_licence(digits: str) -> bool:
    """Whether 14 digits are a food licence: 1 or 2 in front, and the check digit by ISO 7064 MOD 11,10.

    >>> is_licence("11834020305037"), is_licence("11834020305038")
    (True, False)
    """
    if not re.fullmatch(r"[12]\d{13}", digits):
        return False
    product = 10
    for digit in map(int, digits[:-1]):
        product = ((product + digit) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def find_standards(lines: Sequence[TextLine]) -> list[Reading]:
    """The standard that the goods are made by, behind its label; else one that stands alone on its line."""
    found = [(one.line, match) for one in labelled("standard", lines) if (match := _STANDARD.search(_half(one.value)))]
    readings = [_standard(line, match) for line, match in found]
    if readings:
        return readings
    alone = [(line, match) for line in lines if (match := _STANDARD.fullmatch(_half(line.text).strip(" :.")))]
    return [replace(_standard(line, match), share=UNLABELLED_SHARE) for line, match in alone if "/" in match["kind"]]


def find_batches(lines: Sequence[TextLine]) -> list[Reading]:
    """Batch numbers behind their label."""
    found = [(one, match) for one in labelled("batch", lines) if (match := _BATCH.match(_half(one.value)))]
    return [
        _reading(one, match[0], "batch/1")
        for one, match in found
        if any(c.isdigit() for c in match[0]) and not _ELSEWHERE.search(one.value)
    ]


def _short(found: Sequence[Labelled], longest: int, rule: str) -> list[Reading]:
    values = [(one, _clean(one.value)) for one in found]
    return [
        _reading(one, value, rule)
        for one, value in values
        if 2 <= len(value) <= longest and any(c.isalpha() for c in value) and not _ELSEWHERE.search(value)
    ]


def _reading(found: Labelled, value: str, rule: str) -> Reading:
    return Reading(value, fold(value), found.line, found.line.text, rule, more=found.more)


def _clean(value: str) -> str:
    """Without the full stop and the bracket that belongs to the label."""
    return value.strip().rstrip("。.;；").strip()


def _standard(line: TextLine, match: re.Match[str]) -> Reading:
    kind = re.sub(r"\s", "", match["kind"]).upper()
    number = re.sub(r"\s", "", match["number"]).upper()
    value = f"{kind} {number}" + (f"-{match['year']}" if match["year"] else "")
    return Reading(value, fold(value), line, line.text, "standard/1")


def _half(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:LONGEST_LINE])
