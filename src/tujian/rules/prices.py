"""Prices as printed: what is to be paid, what it cost before, what a kilogram costs. req: B9, B10

Enters: lines. Leaves: readings such as "39.90 CNY". A number is a price by a currency beside it or a label before it
(到手价 39.9). Rebates, vouchers and deposits are none; 元/斤 is a unit price and says so.
Does not know: which of several goods in one picture a price belongs to.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.layout import value_beside
from tujian.rules.measures import NUMBER, UNITS, number_of
from tujian.rules.promotions import offers_in

CURRENCIES = {"¥": "CNY", "￥": "CNY", "RMB": "CNY", "CNY": "CNY", "元": "CNY", "块": "CNY", "$": "USD", "USD": "USD",
              "US$": "USD", "HK$": "HKD", "€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP"}  # fmt: skip
_SIGN = r"HK\$|US\$|[¥￥$€£]|RMB|CNY|USD|EUR|GBP"
_WEIGHT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_PRICE = re.compile(
    rf"(?:(?P<sign>{_SIGN})\s*[:：]?\s*(?P<a>{NUMBER})\s*元?|(?P<b>{NUMBER})\s*(?P<unit>元|块|€|EUR|USD|RMB)(?!\s*[券红代]))"
    rf"(?:\s*(?:/|每|per\s)\s*(?P<count>\d{{1,4}})?\s*(?P<weight>{_WEIGHT})(?![a-z]))?(?P<from>\s*起(?!订))?",
    re.I,
)
_BARE = re.compile(
    rf"^\W{{0,2}}(?P<b>{NUMBER})\s*(?P<yuan>元|(?=/[件盒瓶袋个杯份双套]))?(?:/[件盒瓶袋个杯份双套])?(?P<from>\s*起)?\s*$"
)
_THOUSANDS = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{1,2})?"
_ALONE = re.compile(  # three decimals are none: 1.299 € may be a thousand; four with zeros are a database's
    rf"(?P<sign>(?i:{_SIGN}))?\s*(?P<amount>{_THOUSANDS}|\d+(?:\.\d{{1,2}}0{{2,}}|[.,]\d{{1,2}})?)"
    rf"\s*(?P<currency>[A-Z]{{3}}|(?i:{_SIGN})|元|块)?"
    rf"(?:\s*/\s*[件盒瓶袋个杯份双套])?(?:\s*起)?"
)
STRAY = " /;；:"  # read behind large digits where the unit's line begins
_LAST_NUMBER = re.compile(rf"(?P<b>{NUMBER})(?P<yuan>)(?P<from>)\s*$")
_UNIT_FIRST = re.compile(r"\s*(?:元|/?[件盒瓶袋个杯份双套]\s*$)")  # "/杯" after a number says that it is a price
_SIGN_LAST = re.compile(rf"(?:{_SIGN})\s*$", re.I)
Kind = Literal["current", "listed", "original", "none"]
# what the words before a price make of it; the last one before it counts
_LABELS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "none",
        re.compile(
            r"[满滿减省返送领抵券]|立减|直降|定金|订金|押金|尾款|运费|邮费|优惠(?!价)|红包|补贴|\bsave\b|\boff\b|\bover\b|"
            r"voucher|coupon|deposit|shipping|delivery",
            re.I,
        ),
    ),
    ("original", re.compile(r"原\s*价|划线价|日常价|门市价|平时价|\bwas\b|\bregular\b", re.I)),
    ("listed", re.compile(r"吊牌价|市场价|专柜价|参考价|(?:建议|统一|全国)*零售价|\brrp\b|\bmsrp\b|list price", re.I)),
    (
        "current",
        re.compile(
            r"(?:到手|现|券后|活动|秒杀|促销|特|会员|优惠|折后|惊爆|抢购|预售|直播|新人|拼团|团购|售|卖|单|限时|惊喜|首发|福利|狂欢|一口)\s*价"
            r"|券后|(?:仅需|只需|仅售|只要|低至)|\bnow\b|\bsale\b|\bonly\b|our price|价\s*格",
            re.I,
        ),
    ),
)
_REACH = 8  # characters between a label and its price: "到手价仅需 ￥", "RRP:"
UNIT_PRICE_SHARE = 0.8  # a choice: what a kilogram costs is the price only where nothing else is


class Amount(NamedTuple):
    """`digits` with a decimal point and nothing else; `currency` an ISO 4217 code, "" where none is said."""

    digits: str
    currency: str


@dataclass(frozen=True, slots=True)
class _Price:
    kind: Kind
    reading: Reading
    amount: float


def find_prices(lines: Sequence[TextLine]) -> list[Reading]:
    """What is to be paid: labelled prices first, then those without a label, then unit prices."""
    found = list(_priced(lines))
    current = [one for one in found if one.kind == "current"]
    whole = [one for one in current if not _is_unit_price(one.reading)]
    lowest = min((one.amount for one in whole), default=None)
    misses = any(_lone_label(line.text) == "current" for line in lines)  # what is to be paid is there and unread
    listed = [one for one in found if one.kind == "listed" and lowest is None and not misses]
    ordered = [*whole, *listed, *(one for one in current if _is_unit_price(one.reading))]
    return sorted((one.reading for one in ordered), key=lambda reading: -reading.share)


def find_original_prices(lines: Sequence[TextLine]) -> list[Reading]:
    """What it cost before; a list price counts where a lower one is to be paid."""
    found = list(_priced(lines))
    lowest = min((one.amount for one in found if one.kind == "current"), default=None)
    return [
        one.reading
        for one in found
        if one.kind == "original" or (one.kind == "listed" and lowest is not None and lowest < one.amount)
    ]


def price_keys(text: str) -> list[str]:
    """The comparable forms of the prices in `text`; the currency, and for unit prices the amount, at the end.

    >>> price_keys("¥1,299.00"), price_keys("满300减50元"), price_keys("12.8元/斤")
    (['1299.00 CNY'], [], ['12.80 CNY/500g'])
    """
    return [_parts(match)[1] for match in _PRICE.finditer(text) if _kind_before(text[: match.start()]) != "none"]


def one_price(text: str) -> Amount | None:
    """The price that a person, a sheet or a rule wrote into a field, where it is one amount and nothing else.

    None for a range, a unit price, two prices, words.

    >>> one_price("1,299.00 CNY")
    Amount(digits='1299.00', currency='CNY')
    >>> one_price("￥199"), one_price("99-199"), one_price("12.80 CNY/500g")
    (Amount(digits='199', currency='CNY'), None, None)
    """
    found = _ALONE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    amount, said = found["amount"], (found["currency"] or found["sign"] or "").upper()  # $20 AUD: the code knows better
    return Amount(
        amount.replace(",", "" if re.fullmatch(_THOUSANDS, amount) else "."),
        CURRENCIES.get(said, said),
    )


def is_price_label(text: str) -> bool:
    """Whether a line is nothing but the label of a price.

    >>> is_price_label("活动价 ¥"), is_price_label("活动时间")
    (True, False)
    """
    return _lone_label(text) is not None


def _priced(lines: Sequence[TextLine]) -> Iterator[_Price]:
    """Every price with its kind: by the words before it on its line, else by a label beside or above it."""
    below: dict[int, Kind] = {
        id(value_beside(line, lines)): kind
        for line in lines
        if (kind := _lone_label(line.text)) and not any(map(_is_number, _touching(line, lines)))
    }
    for line in lines:
        text = _without_offers(line.text)
        matches = list(_PRICE.finditer(text))
        for match in matches:
            kind = _kind_before(text[: match.start()]) or _kind_left(line, lines) or below.get(id(line))
            yield _price(match, line, kind or "current", labelled=kind is not None)
        if not matches and (bare := _BARE.match(_after_label(text).rstrip(STRAY)) or _before_unit(text, line, lines)):
            yield from _bare_price(bare, line, lines, below.get(id(line)))


def _before_unit(text: str, line: TextLine, lines: Sequence[TextLine]) -> re.Match[str] | None:
    """A number that ends its line where the line to the right begins with a unit, whatever the words before it say."""
    number = _LAST_NUMBER.search(text)
    right = _right_of(line, lines) if number else None
    return number if right is not None and _UNIT_FIRST.match(right.text) else None


def _bare_price(
    match: re.Match[str], line: TextLine, lines: Sequence[TextLine], below: Kind | None
) -> Iterator[_Price]:
    """A number whose currency or label is a line of its own, as large digits on posters are."""
    left, right = _left_of(line, lines), _right_of(line, lines)
    sign = _SIGN_LAST.search(left.text) if left else None
    labelled = _after_label(line.text) != line.text
    kind = (_kind_before(line.text) if labelled else None) or _kind_left(line, lines) or below
    has_unit = match["yuan"] is not None or (right is not None and _UNIT_FIRST.match(right.text) is not None)
    if kind or sign or has_unit:
        yield _price(match, line, kind or "current", labelled=kind is not None, sign=sign[0] if sign else "元")


def _price(match: re.Match[str], line: TextLine, kind: Kind, *, labelled: bool, sign: str = "元") -> _Price:
    groups = match.groupdict()
    amount, key = _parts(match, sign)
    currency = key.split()[1]
    starting = (groups.get("from") or "").strip()
    value = f"{amount:.2f} {currency}" + (f" {starting}" if starting else "")
    share = 1.0 if labelled else 0.95  # a choice: only the order matters
    share *= UNIT_PRICE_SHARE if "/" in currency else 1.0
    return _Price(kind, Reading(value, key, line, line.text, "price/1", currency, share=share), amount)


def _parts(match: re.Match[str], sign: str = "元") -> tuple[float, str]:
    groups = match.groupdict()
    amount = number_of(groups.get("a") or groups["b"])
    currency = CURRENCIES[(groups.get("sign") or groups.get("unit") or sign).upper()]
    if groups.get("weight"):
        _, factor, base = UNITS[groups["weight"].lower()]
        currency += f"/{int(groups['count'] or 1) * factor:g}{base}"
    return amount, f"{amount:.2f} {currency}"


def _is_unit_price(reading: Reading) -> bool:
    return "/" in (reading.unit or "")


def _kind_before(text: str) -> Kind | None:
    """What the last label says that ends within reach of the text's end; None without one."""
    tail = text[-24:]
    last, found = 0, None
    for kind, label in _LABELS:
        end = max((match.end() for match in label.finditer(tail)), default=0)
        if end > last:
            last, found = end, kind
    return found if not re.search(r"\d", tail[last:]) and len(tail) - last <= _REACH else None


def _lone_label(text: str) -> Kind | None:
    """The kind a line speaks of that is nothing but a label: its price stands beside or below it."""
    is_short = len(text.strip()) <= _REACH and not re.search(r"\d", text)
    kind = _kind_before(_SIGN_LAST.sub("", text)) if is_short else None
    return None if kind == "none" else kind


def _kind_left(line: TextLine, lines: Sequence[TextLine]) -> Kind | None:
    left = _left_of(line, lines)
    return _lone_label(left.text) if left else None


def _left_of(line: TextLine, lines: Sequence[TextLine]) -> TextLine | None:
    """The line that ends where `line` begins."""
    before = [other for other in _touching(line, lines) if other.box_1000.x1 < line.box_1000.x1]
    return max(before, key=lambda other: other.box_1000.x2, default=None)


def _right_of(line: TextLine, lines: Sequence[TextLine]) -> TextLine | None:
    after = [other for other in _touching(line, lines) if other.box_1000.x1 > line.box_1000.x1]
    return min(after, key=lambda other: other.box_1000.x1, default=None)


def _touching(line: TextLine, lines: Sequence[TextLine]) -> list[TextLine]:
    """Lines next to `line`, at half of the smaller's height at least, whatever their letters' size."""
    return [other for other in lines if other is not line and _touches(line, other)]


def _touches(one: TextLine, other: TextLine) -> bool:
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = one.box_1000, other.box_1000
    smaller = min(ay2 - ay1, by2 - by1)
    shared, gap = min(ay2, by2) - max(ay1, by1), max(ax1, bx1) - min(ax2, bx2)
    return shared >= 0.5 * smaller and -smaller <= gap <= 1.5 * smaller


def _is_number(line: TextLine) -> bool:
    return _BARE.match(line.text) is not None or _PRICE.search(line.text) is not None


def _without_offers(text: str) -> str:
    """The text with blanks for offers: 第2件0元 is no price."""
    for value, _ in offers_in(text):
        text = text.replace(value, " " * len(value)) if re.search(r"\d", value) else text
    return text


def _after_label(text: str) -> str:
    """What stands behind a current, listed or original price's label that opens the line; else the line."""
    for _, label in _LABELS[1:]:
        match = label.match(text.strip())
        if match:
            return text.strip()[match.end() :].lstrip(":： ")
    return text
