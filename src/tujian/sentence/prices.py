"""How much it may cost: 200元以下, 100到300元, under $50, between 100 and 200 yuan.

Enters: an even sentence. Leaves: Marks. A number counts by its currency, or by what compares it (over 300) where no
other unit follows. Currencies are not converted. Both ends are included.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tujian.filters import Filter
from tujian.sentence import Mark, any_of, wording
from tujian.sentence.numerals import CHINESE, number_in

AROUND = 0.2  # a choice: 200元左右 is 160 to 240
_END = r"(?=\s{0,3}(?:$|[,，.。;；!?！？、)的]|(?:and|for|with|in|from|but|or|since|last)(?![a-z])))"  # no unit follows
_NUMBER = r"(?<![\d.,a-z])(?:\d{1,3}(?:,\d{3}){1,2}|\d{1,9})(?:\.\d{1,2})?(?:[万千百k](?![a-z]))?(?![\d.]*\d|,\d{3})"


_UNITLESS = re.compile(_END)
_YEARS = re.compile(r"(?:19[5-9]|20\d)\d (?:19[5-9]|20\d)\d")  # between 2019 and 2021


class _Grammar(NamedTuple):
    between: re.Pattern[str]
    ahead: re.Pattern[str]
    behind: re.Pattern[str]
    not_ahead: re.Pattern[str]
    not_behind: re.Pattern[str]
    opened: re.Pattern[str]
    counts_ahead: re.Pattern[str]
    counts_behind: re.Pattern[str]


def find_prices(text: str) -> list[Mark]:
    """
    >>> [m.zh for m in find_prices("200元以下的鞋")], [m.en for m in find_prices("shoes between 100 and 200 yuan")]
    (['价格 ≤ 200'], ['price 100–200'])
    """
    marks: list[Mark] = []
    for mark in sorted(_found(text), key=lambda one: (one.start, -one.end)):
        if not marks or mark.start >= marks[-1].end:
            marks.append(mark)
    return marks


def _found(text: str) -> Iterator[Mark]:
    grammar = _grammar()
    for match in grammar.between.finditer(text):
        low, high = number_in(match["a"]), number_in(match["b"])
        has_unit = any(match[name] for name in ("sign1", "sign2", "unit1", "unit2"))
        if low is None or high is None or low > high or not _is_price(text, match):
            continue
        if has_unit or (
            match["opens"] and not _YEARS.fullmatch(f"{low:g} {high:g}") and _UNITLESS.match(text, match.end())
        ):
            yield _mark(text, match, Filter("price", "between", (low, high)))
    for pattern in (grammar.ahead, grammar.behind):
        for match in pattern.finditer(text):
            got = match.groupdict()
            amount = number_in(got["a"])
            if amount is None or not _is_price(text, match):
                continue
            if got.get("around"):
                near = (round(amount * (1 - AROUND), 2), round(amount * (1 + AROUND), 2))
                yield _mark(text, match, Filter("price", "between", near))
            else:
                yield _mark(text, match, Filter("price", "over" if got["over"] else "under", amount))


def _mark(text: str, match: re.Match[str], asked: Filter) -> Mark:
    opened = _grammar().opened.search(text, max(0, match.start() - 12), match.start())
    start = opened.start() if opened else match.start()
    match asked.op, asked.value:
        case "between", (float() as low, float() as high):
            return Mark(start, match.end(), asked, f"价格 {low:g}–{high:g}", f"price {low:g}–{high:g}")
        case op, value:
            sign = "≤" if op == "under" else "≥"
            return Mark(start, match.end(), asked, f"价格 {sign} {value:g}", f"price {sign} {value:g}")
    raise AssertionError(asked)


def _is_price(text: str, match: re.Match[str]) -> bool:
    """满200减50, 50元以下优惠券: money that nothing costs."""
    grammar, got = _grammar(), match.groupdict()
    begun = max(0, match.start() - 12)
    has_currency = any(got.get(name) for name in ("sign", "sign1", "sign2", "unit", "unit1", "unit2"))
    if not has_currency:
        behind = grammar.counts_behind.match(text, match.end())
        if behind or grammar.counts_ahead.search(text, begun, match.start()):
            return False
    ahead = grammar.not_ahead.search(text, begun, match.start())
    return not ahead and not grammar.not_behind.match(text, match.end())


@cache
def _grammar() -> _Grammar:
    words = wording()["price"]
    sign, unit = any_of(words["sign"]), any_of(words["unit"])
    number = rf"(?:{_NUMBER}|{CHINESE})"
    under, over = any_of(words["under"]), any_of(words["over"])
    one, two = (
        rf"(?:(?P<sign{n}>{sign})\s?)?(?P<{name}>{number})(?:\s?(?P<unit{n}>{unit}))?"
        for n, name in ((1, "a"), (2, "b"))
    )
    return _Grammar(
        re.compile(rf"(?P<opens>(?<![a-z])between\s{{1,2}}|(?:价格|价钱|售价|单价)在?\s?)?{one}\s?(?:-|–|—|~|～|到|至|to|(?:(?<=\s)and))\s?{two}(?:之间)?(?!\s?[年月号日])"),
        re.compile(rf"(?:(?P<under>{under})|(?P<over>{over}))\s{{0,2}}(?:(?P<sign>{sign})\s?)?(?P<a>{number})(?:\s?(?P<unit>{unit})|(?(sign)|(?:(?<=[\d])|(?<=[百千万])){_END}))"),
        re.compile(
            rf"(?:(?P<sign>{sign})\s?)?(?P<a>{number})\s?(?:(?P<unit>{unit})的?\s?)?"
            rf"(?:(?P<under>{any_of(words['under_behind'])}|(?<=[元块钱])内)|(?P<over>{any_of(words['over_behind'])})|(?P<around>(?<=[元块钱]){any_of(words['around_behind'])}))"
        ),
        re.compile(any_of(words["not_after"]) + r"[\s:：]{0,2}(?:(?:over|under)\s)?$"),
        re.compile(r"\s{0,2}(?:的)?" + any_of(words["not_before"])),
        re.compile(any_of(words["label"]) + r"[\s:：]{0,2}(?:在|is|from)?\s?$"),
        re.compile(any_of(words["counted"]) + r"[\s:：]{0,2}[在为]?(?:(?:over|under|in)\s)?$"),
        re.compile(r"\s{0,2}的?" + any_of(words["counted"])),
    )  # fmt: skip
