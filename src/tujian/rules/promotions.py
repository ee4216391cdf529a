"""Promotion mechanics as printed: 第二件半价, 满300减50, buy one get one free. req: B9

Enters: lines. Leaves: readings, the value as printed, the key in one notation whatever the language: "2nd*0.5",
"300-50", "1+1", "2pc*0.8". Forms as shops print them; none of them is a price.
Does not know: which goods an offer holds for.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.labels import LONGEST_LINE

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "半": 0.5}
_N = r"(?:\d{1,5}(?:\.\d{1,2})?|[一二两三四五六七八九十])"
_MONEY = r"[¥￥$£€]?\s*"
_PIECE = r"\s*[件个盒瓶双套条支包份袋只杯]"


@dataclass(frozen=True, slots=True)
class _Form:
    """How one kind of offer is printed, and its key made of the groups."""

    pattern: re.Pattern[str]
    key: Callable[[re.Match[str]], str]


def _form(pattern: str, key: Callable[[re.Match[str]], str]) -> _Form:
    return _Form(re.compile(pattern, re.I), key)


def _amount(printed: str) -> str:
    """A count or an amount, written in digits or as one Chinese numeral."""
    return f"{_DIGITS[printed]:g}" if printed in _DIGITS else f"{float(printed):g}"


def _share(printed: str) -> str:
    """What remains to be paid of 1: 8折 → 0.8, 75折 → 0.75, 半价 and 对折 → 0.5."""
    if printed in ("半", "半价", "对", "五"):
        return "0.5"
    amount = float(_amount(printed))
    return f"{amount / (100 if amount >= 10 else 10):g}"


# more special forms first: what one of them took, a later one does not take again
_FORMS = (
    _form(rf"第({_N}){_PIECE}(?:再|立|享){{0,4}}(?:(半)价|({_N})折)",
          lambda m: f"{_amount(m[1])}nd*{_share(m[2] or m[3])}"),
    _form(rf"第({_N}){_PIECE}(?:仅需|只要|只需|仅){{0,4}}(?:{_MONEY}({_N})元|[¥￥]\s*({_N})|(免费|免单))",
          lambda m: f"{_amount(m[1])}nd={'0' if m[4] else _amount(m[2] or m[3])}"),
    _form(rf"(?:每)?[满滿]\s*{_MONEY}({_N})\s*元?\s*(?:即|可|立|再|直|享)*[减減]\s*{_MONEY}({_N})\s*元?(?:上不封顶)?",
          lambda m: f"{_amount(m[1])}-{_amount(m[2])}"),
    _form(rf"(?:每)?[满滿]\s*({_N}){_PIECE}\s*(?:即|可|立|享|打){{0,4}}({_N})折",
          lambda m: f"{_amount(m[1])}pc*{_share(m[2])}"),
    _form(rf"[满滿]\s*{_MONEY}({_N})\s*元?\s*(?:即|可|享|打){{0,4}}({_N})折",
          lambda m: f"{_amount(m[1])}*{_share(m[2])}"),
    _form(rf"[满滿]\s*{_MONEY}({_N})\s*(?:元|件)?\s*(?:即|可|享|全国)*包邮", lambda m: f"{_amount(m[1])}+delivery"),
    _form(rf"[满滿]\s*{_MONEY}({_N})\s*(?:元|件)?\s*(?:即|可|加|立)*[送赠][^\s,，;；。!！]{{0,12}}",
          lambda m: f"{_amount(m[1])}+gift"),
    _form(rf"[买購购]\s*({_N})\s*[件盒瓶箱包袋]?\s*(?:即|再|立)*[送赠得]\s*({_N})(?!\d*元)[件盒瓶箱包袋]?",
          lambda m: f"{_amount(m[1])}+{_amount(m[2])}"),
    _form(rf"({_N}){_PIECE}\s*(?:打|享|及以上){{0,4}}\s*({_N})折", lambda m: f"{_amount(m[1])}pc*{_share(m[2])}"),
    _form(rf"(?:任选|任意)?\s*({_N}){_PIECE}\s*(?:共|仅|只要|仅需){{0,4}}\s*(?:{_MONEY}({_N})\s*元|[¥￥]\s*({_N}))(?!/)",
          lambda m: f"{_amount(m[1])}pc={_amount(m[2] or m[3])}"),
    _form(rf"(?:{_MONEY})({_N})\s*元\s*(?:任选|任意|选)?\s*([两二三四五六七八九十2-9]|10){_PIECE}",
          lambda m: f"{_amount(m[2])}pc={_amount(m[1])}"),
    _form(rf"(?:全场|全店|新品|低至|折后|会员|限时|直降|享|打){{0,3}}\s*(?<!\d)({_N}|对)\s*折(?![叠扣页])"
          r"\s*(?:起|封顶|优惠|特惠|抢购|以下)?",
          lambda m: f"*{_share(m[1])}"),
    _form(r"(?:全场|限时)?半价(?:抢购|优惠|秒杀)?", lambda m: "*0.5"),
    _form(rf"(?:下单|领券|券后|限时|再|最高){{0,3}}(?:立减|直降|立省|再减|直减)\s*{_MONEY}({_N})\s*元?",
          lambda m: f"-{_amount(m[1])}"),
    _form(rf"(?:领|抢|送)?\s*{_MONEY}({_N})\s*元?\s*(?:无门槛|优惠|满减|现金|新人|代金){{0,4}}(?:券|红包)",
          lambda m: f"voucher{_amount(m[1])}"),
    _form(rf"加\s*{_MONEY}({_N})\s*元?\s*(?:即可|可)?\s*(?:换购|多一件|得)", lambda m: f"add{_amount(m[1])}"),
    _form(rf"前\s*({_N})\s*[名位件单](?:[^\s,，。]{{0,8}})", lambda m: f"first{_amount(m[1])}"),
    _form(r"(?:全场|全国|下单)?包邮(?:到家)?", lambda m: "delivery"),
    _form(r"(?:下单|购买|进店|到店|拍下)(?:即|立|就)?[送赠](?!货|达)[^\s,，;；。!！]{1,12}", lambda m: "gift"),
    _form(r"(?:限时|限量)(?:秒杀|抢购|特惠|特价|优惠|折扣|促销|供应|直降|开抢|发售|\d{1,3}小时|\d{1,3}天|[三五七]天)"
          r"|(?:疯狂|整点|今日)?秒杀",
          lambda m: "limited"),
    # English
    _form(r"buy\s+(\d+|one|two|three)\s*,?\s+get\s+(\d+|one|two|three)(?:\s+free)?|\bbogo\b",
          lambda m: f"{_english(m[1])}+{_english(m[2])}" if m[1] else "1+1"),
    _form(r"\b(?:(2)\s+for\s+(1)|(3)\s+for\s+([12])|([4-6])\s+for\s+([1-3]))(?![\d.%])",
          lambda m: "{1}+{0}".format(*_bought(m))),
    _form(r"(?:any\s+)?(?<!\d)(\d{1,3})\s+for\s+(?:only\s+)?[£$€¥]\s*(\d+(?:\.\d{1,2})?)",
          lambda m: f"{m[1]}pc={_amount(m[2])}"),
    _form(r"(?:up\s+to\s+|extra\s+)?(\d{1,2})\s*%\s*off", lambda m: f"*{(100 - int(m[1])) / 100:g}"),
    _form(r"(?:\bsave|[£$€]?(?<!\w)off)\s+[£$€¥]\s*(\d+(?:\.\d{1,2})?)|[£$€]\s*(\d+(?:\.\d{1,2})?)\s+off\b",
          lambda m: f"-{_amount(m[1] or m[2])}"),
    _form(r"\bsave\s+(\d{1,2})\s*%", lambda m: f"*{(100 - int(m[1])) / 100:g}"),
    _form(r"\bhalf[\s-]price\b", lambda m: "*0.5"),
    _form(r"\bfree\s+(?:delivery|shipping)(?:\s+over\s+[£$€]\s*\d+)?", lambda m: "delivery"),
    _form(r"\bfree\s+gift\b", lambda m: "gift"),
    _form(r"\b(?:limited\s+time(?:\s+offer)?|flash\s+sale|clearance(?:\s+sale)?|today\s+only|while\s+stocks\s+last)\b",
          lambda m: "limited"),
)  # fmt: skip


def find_promotions(lines: Sequence[TextLine]) -> list[Reading]:
    """Every offer once, in reading order."""
    found: dict[str, Reading] = {}
    for line in lines:
        for value, key in offers_in(line.text):
            found.setdefault(key, Reading(value, key, line, line.text, "promotion/1"))
    return list(found.values())


def offers_in(text: str) -> list[tuple[str, str]]:
    """Each offer in `text` as printed, with its key, from the left.

    >>> offers_in("满300减50，2件8折")
    [('满300减50', '300-50'), ('2件8折', '2pc*0.8')]
    """
    free, found = re.sub(r"\s+", " ", text[:LONGEST_LINE]), []  # blanks in a row cost time and say nothing
    for form in _FORMS:
        for match in form.pattern.finditer(free):
            found.append((match.start(), match[0].strip(), form.key(match)))
        free = form.pattern.sub(lambda match: "\n" * len(match[0]), free)
    return [(value, key) for _, value, key in sorted(found)]


def _bought(match: re.Match[str]) -> tuple[int, int]:
    """3 for 2: one is free, two are paid for."""
    taken, paid = (int(group) for group in match.groups() if group)
    return taken - paid, paid


def _english(printed: str) -> int:
    return {"one": 1, "two": 2, "three": 3}.get(printed.lower()) or int(printed)
