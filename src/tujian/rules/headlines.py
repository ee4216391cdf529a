"""What a poster says loudest, what it praises, and whom it names. req: B9

Enters: lines. Leaves: readings. The headline is the largest lettering that is no price and no offer. Selling points are
a guess by layout: short lines of one letter height, at least two of them, that are nothing else that was found.
Does not know: a poster from a pack; which of two equally large lines was meant first.
"""

import re
from collections.abc import Iterator, Sequence

from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.brands import largest_lettering, letter_height
from tujian.rules.layout import value_beside
from tujian.rules.periods import find_periods
from tujian.rules.prices import is_price_label, price_keys
from tujian.rules.promotions import offers_in

_AUDIENCE = re.compile(
    r"(?:适[合用宜]|目标|推荐)\s*(?:人群|对象|年龄|肤质)\s*[:：]?\s*(?P<who>[^\s:：,，。;；]{2,16})?"
    r"|\bsuitable for\s*(?P<whom>[\w ]{3,30})",
    re.I,
)
_SMALL_PRINT = re.compile(
    r"[:：]|解释权|详情|咨询|扫码|二维码|电话|热线|地址|门店|仅供参考|先到先得|有限公司|活动时间|时间[:：]|有效期|www\.|https?:|\.com|@|"
    r"^品牌|limited offer|hot sale|new arrival|terms|©|原价|到手价|\d{3,4}-\d{3,}",
    re.I,
)
_SPLIT = re.compile(r"\s*[|｜·•✓✔●■◆★/、，,]\s*|\s{2,}")
_POINT = re.compile(r"[一-鿿].*[一-鿿]|^[A-Z]{2,5}\d{1,3}\+?$")  # 可收纳, UPF50+
_MARK = re.compile(r"\s*[✓✔√·•●■◆★]")
_BULLET = re.compile(r"^[\W_]+|[^\w+%℃]+$")
POINT_LETTERS = range(3, 19)  # a word is a label, a sentence is copy
ALIKE_HEIGHT = 0.18  # OCR's boxes of one font differ by a sixth
SURE_READ = 0.85  # lines over one another are read as words that nobody wrote
POINT_SHARE = 0.7  # a choice: by layout alone


def find_headline(lines: Sequence[TextLine]) -> list[Reading]:
    """The largest lettering; none on a picture without words."""
    words = [line for line in lines if not price_keys(line.text) and not _is_offer(line.text)]
    loudest = largest_lettering(words)
    return [Reading(loudest.text, loudest.text, loudest, loudest.text, "headline/1", share=0.9)] if loudest else []


def find_selling_points(lines: Sequence[TextLine]) -> list[Reading]:
    """The largest group of short lines in one letter height that are no headline, offer, price or small print.

    None on a picture that offers nothing at a price: it is no poster, and its lines may be anything.
    """
    if not any(offers_in(line.text) or price_keys(line.text) for line in lines):
        return []
    headline = {id(reading.line) for reading in find_headline(lines)}
    top = max((reading.line.box_1000.y1 for reading in find_headline(lines)), default=0)
    below = [line for line in lines if line.box_1000.y1 >= top and id(line) not in headline]
    free = [line for line in below if line.confidence >= SURE_READ and not _is_something_else(line)]
    points = [(line, point) for line in free for point in _points_of(line.text)]
    groups = [[one for one in points if _is_as_high(one[0], line)] for line in free]
    best = max(map(_bulleted, groups), key=len, default=[])
    if len(best) < 2:
        return []
    return [
        Reading(point, point, line, line.text, "layout/1", share=POINT_SHARE, inferred=True) for line, point in best
    ]


def find_audiences(lines: Sequence[TextLine]) -> list[Reading]:
    """Whom it names, behind its label."""
    found = []
    for line in lines:
        match = _AUDIENCE.search(line.text)
        if match is None:
            continue
        who = match["who"] or match["whom"]
        beside = None if who else value_beside(line, lines)
        if who or beside:
            where = beside or line
            found.append(
                Reading((who or where.text).strip(), (who or where.text).strip(), where, where.text, "audience/1")
            )
    return found


def _bulleted(group: list[tuple[TextLine, str]]) -> list[tuple[TextLine, str]]:
    """Those from the first bullet on, where there are bullets: the line above is what they praise."""
    marked = [line.box_1000.y1 for line, _ in group if _MARK.match(line.text)]
    return [one for one in group if one[0].box_1000.y1 >= min(marked)] if len(marked) >= 2 else group


def _points_of(text: str) -> Iterator[str]:
    words = text.split()
    parts = words if len(words) > 1 and all(_POINT.search(word) for word in words) else _SPLIT.split(text)
    for part in parts:
        point = _BULLET.sub("", part)
        if len(re.sub(r"\W", "", point)) in POINT_LETTERS and re.search(r"[^\W\d]", point):
            yield point


def _is_something_else(line: TextLine) -> bool:
    text = line.text
    other = _SMALL_PRINT.search(text) or offers_in(text) or price_keys(text) or find_periods([line])
    return bool(other) or is_price_label(text)


def _is_offer(text: str) -> bool:
    """Whether a line states an offer with its numbers; 清仓特卖 alone is a headline."""
    return any(key not in ("limited", "delivery") for _, key in offers_in(text))


def _is_as_high(line: TextLine, other: TextLine) -> bool:
    one, two = letter_height(line), letter_height(other)
    return abs(one - two) <= ALIKE_HEIGHT * max(one, two)
