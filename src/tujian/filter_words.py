"""A filter as it is written in an address or kept, and how it reads aloud: price:..200, 价格 ≤ 200.

Enters: filters, or what somebody wrote or filled into a form. Leaves: the other. Does not know: sentences, SQL.
"""

import math
import re
from collections.abc import Callable

from tujian.errors import BadInput
from tujian.filters import Filter
from tujian.folding import printable
from tujian.rules.colour_words import base_colour, base_names
from tujian.taxonomy import Taxonomy

LONGEST = 200  # characters of a value
NUMBERS = ("price", "people")  # fields whose single value is a number
NAMES = {
    "price": ("价格", "price"), "people": ("人数", "people"), "date": ("时间", "date"), "colour": ("颜色", "colour"),
    "category": ("品类", "category"), "brand": ("品牌", "brand"), "place": ("地点", "place"), "kind": ("类型", "kind"),
}  # fmt: skip
FURTHER = {"category_guess": ("可能的品类", "possible category")}  # fields that nobody writes out
KINDS = {"photo": ("照片", "photos"), "product": ("商品", "products")}
_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")


def read_filter(written: str) -> Filter:
    """Raises BadInput.

    >>> read_filter("price:100..200"), read_filter("colour:!black").op, read_filter("date:2024..").value
    (Filter(field='price', op='between', value=(100.0, 200.0)), 'not', '2024-01-01')
    """
    field, colon, value = written.partition(":")
    value = printable(value).strip()
    if not colon or not re.fullmatch(r"[a-z_]{1,64}", field) or not value or len(value) > LONGEST:
        raise _no_filter(written)
    if value[0] in "!=":
        said = value[1:].strip()
        if not said:
            raise _no_filter(written)
        return Filter(field, "not" if value[0] == "!" else "is", _single(field, said, written))
    low, dots, high = value.partition("..")
    is_range = bool(dots) and (field in (*NUMBERS, "date") or all(_is_number(end) for end in (low, high) if end))
    return (
        _range(field, low.strip(), high.strip(), written)
        if is_range
        else Filter(field, "is", _single(field, value, written))
    )


def write_filter(asked: Filter) -> str:
    """
    >>> write_filter(Filter("price", "under", 200.0)), write_filter(Filter("brand", "is", "!3..5"))
    ('price:..200', 'brand:=!3..5')
    """
    match asked.op, asked.value:
        case "between", (low, high):
            return f"{asked.field}:{_plain(low)}..{_plain(high)}"
        case (("under" | "until"), most):
            return f"{asked.field}:..{_plain(most)}"
        case (("over" | "since"), least):
            return f"{asked.field}:{_plain(least)}.."
        case "not", value:
            return f"{asked.field}:!{_plain(value)}"
    value = _plain(asked.value)
    looks_else = value[:1] in "!=" or ".." in value
    return f"{asked.field}:{'=' if looks_else else ''}{value}"


def filled_in(field: str, value: str, low: str, high: str, *, is_not: bool) -> Filter:
    """What somebody filled into a form: a value, or the ends of a range. Raises BadInput.

    >>> filled_in("price", "", "", "150", is_not=False)
    Filter(field='price', op='under', value=150.0)
    """
    if low.strip() or high.strip():
        return _range(field, low.strip(), high.strip(), f"{field}:{low}..{high}")
    return read_filter(f"{field}:{'!' if is_not else '='}{value}")


def read_aloud(asked: Filter, taxonomy: Taxonomy) -> tuple[str, str]:
    """In Chinese and in English.

    >>> read_aloud(Filter("colour", "not", "black"), Taxonomy.shipped())
    ('颜色 不是 黑色', 'colour is not black')
    """
    zh, en = (NAMES | FURTHER).get(asked.field, (asked.field, asked.field))
    match asked.op, asked.value:
        case "between", (low, high) if asked.field == "date":
            return (f"{zh} {low}", f"on {low}") if low == high else (f"{zh} {low} 至 {high}", f"{low} to {high}")
        case "between", (low, high):
            return f"{zh} {_plain(low)}–{_plain(high)}", f"{en} {_plain(low)}–{_plain(high)}"
        case (("until" | "under"), day) if asked.field == "date":
            return f"{zh} {day} 及以前", f"until {day}"
        case (("since" | "over"), day) if asked.field == "date":
            return f"{zh} {day} 起", f"from {day}"
        case ("under" | "over") as op, number:
            sign = "≤" if op == "under" else "≥"
            return f"{zh} {sign} {_plain(number)}", f"{en} {sign} {_plain(number)}"
    value_zh, value_en = _value_aloud(asked, taxonomy)
    if asked.field == "kind":
        no = asked.op == "not"
        return f"{zh} {'不是 ' if no else ''}{value_zh}", f"{'not ' if no else ''}{value_en}"
    if asked.op == "not":
        return f"{zh} 不是 {value_zh}", f"{en} is not {value_en}"
    return f"{zh} {value_zh}", f"{en} {value_en}"


def _value_aloud(asked: Filter, taxonomy: Taxonomy) -> tuple[str, str]:
    value = _plain(asked.value)
    if asked.field == "colour" and (base := base_colour(value)):
        return base_names()[base], base
    if asked.field in ("category", "category_guess") and value in taxonomy:
        return taxonomy.get(value).zh, taxonomy.get(value).en
    return KINDS.get(value, (value, value)) if asked.field == "kind" else (value, value)


def _range(field: str, low: str, high: str, written: str) -> Filter:
    is_date = field == "date"
    read: Callable[[str, bool], str | float] = _day if is_date else _number
    try:
        ends = [read(low, False) if low else None, read(high, True) if high else None]
    except ValueError as error:
        raise _no_filter(written) from error
    match ends:
        case [None, None]:
            raise _no_filter(written)
        case [None, most]:
            return Filter(field, "until" if is_date else "under", most)
        case [least, None]:
            return Filter(field, "since" if is_date else "over", least)
    if ends[0] > ends[1]:  # pyright: ignore[reportOperatorIssue]  # both are days, or both numbers
        ends.reverse()
    return Filter(field, "between", tuple(ends))


def _single(field: str, said: str, written: str) -> object:
    try:
        if field == "date" and not _DATE.fullmatch(said):
            raise ValueError(said)
        return _number(said) if field in NUMBERS else said
    except ValueError as error:
        raise _no_filter(written) from error


def _number(said: str, _: bool = False) -> float:
    number = float(said)
    if not math.isfinite(number):
        raise ValueError(said)
    return number


def _is_number(said: str) -> bool:
    return re.fullmatch(r"\s*-?\d{1,15}(?:\.\d{1,6})?\s*", said) is not None


def _day(said: str, is_last: bool = False) -> str:
    """A day; of a month or a year its first or last one."""
    if not _DATE.fullmatch(said):
        raise ValueError(said)
    return said + ("-12-31" if is_last else "-01-01")[len(said) - 4 :]


def _plain(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _no_filter(written: str) -> BadInput:
    shown = printable(written)[:60]
    return BadInput(
        zh=(f"{shown!r} 不是筛选条件。", "例如 price:..200、colour:!black、date:2024-06-01..2024-08-31。"),
        en=(f"{shown!r} is no filter.", "For instance price:..200, colour:!black, date:2024-06-01..2024-08-31."),
    )
