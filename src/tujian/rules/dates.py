"""Dates and shelf life as printed on packs. req: B10

Sources: GB 7718-2011 4.1.7 and GB 7718-2025 (生产日期, 保质期; order year month day), ISO 8601, DIN 1355 (day first,
with dots), Regulation (EU) 1169/2011 Annex X (day, month, year; "best before end" with month and year), Civil Code of
the PRC Art. 201-202 (a term of months ends on the day of the same number, or on the month's last; the first day does
not count).
Does not know: 03/04/2026, which reads differently in two countries: such a date is left alone unless DD/MM stands
beside it. A year of two digits counts only behind a label, and only where it can mean one day.
"""

import calendar
import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.labels import Labelled, labelled, parts_of

Order = Literal["dmy", "mdy", "ymd"]
RECKONED = "best-before-reckoned/1"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
YEARS = range(2010, 2050)  # in which a year of two digits may lie: what is on sale was not made in 2001
SLACK_DAYS = 1  # packs count the day of production in, or not
_SEP = r"\s{0,2}[-./,:·—]\s{0,2}"
_END = r"(?!\d)(?!-\d)"
_YMD = re.compile(
    r"(?<!\d)(?<!\d-)(?P<year>20\d{2})(?:\s{0,2}[-./,·—年]\s{0,2}|\s{1,2}|)(?P<month>\d{1,2})"
    rf"(?:\s{{0,2}}[-./,·—月]\s{{0,2}}|\s{{1,2}})(?P<day>\d{{1,2}}){_END}\s?日?"
)
_COMPACT = re.compile(rf"(?<!\d)(?<!\d-)(?P<year>20\d{{2}})[-./年]?(?P<month>\d{{2}})(?P<day>\d{{2}}){_END}")
_DMY = re.compile(rf"(?<![\d.])(?P<day>\d{{1,2}})\s?[.]\s?(?P<month>\d{{1,2}})\s?[.]\s?(?P<year>20\d{{2}}){_END}")
_NAME = rf"(?P<month>(?:{'|'.join(MONTHS)})[a-z]{{0,6}})"
_NAMED_DMY = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ .-]{{0,2}}{_NAME}[ .,-]{{0,2}}(?P<year>20\d{{2}})(?!\d)", re.I
)
_NAMED_MDY = re.compile(
    rf"\b{_NAME}[ .-]{{0,2}}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ ,]{{1,2}}(?P<year>20\d{{2}})(?!\d)", re.I
)
_EITHER = re.compile(rf"(?<![\d/-])(?P<a>\d{{1,2}})[/-](?P<b>\d{{1,2}})[/-](?P<year>20\d{{2}}){_END}")
_MONTHS_ONLY = (
    re.compile(
        r"(?<![\d./-])(?P<year>20\d{2})\s{0,2}(?:[-./]|年)\s{0,2}(?P<month>\d{1,2})(?![\d])\s?月?(?!\s?[-./]?\d)"
    ),
    re.compile(r"(?<![\d./-])(?P<month>\d{1,2})\s?[-./]\s?(?P<year>20\d{2})(?![\d])"),
    re.compile(rf"\b{_NAME}[ .,-]{{0,2}}(?P<year>20\d{{2}})(?!\d)", re.I),
)
_SHORT = re.compile(rf"(?<![\d.])(?P<a>\d{{2}})({_SEP}|)(?P<b>\d{{2}})\2(?P<c>\d{{2}})(?![\d.])")
_LOOKALIKE = re.compile(r"(?<![A-Za-z])[\dOoQIl|]{1,8}(?![A-Za-z])")
_BY = re.compile(r"前\s?(?:食用|饮用|使用|服用|喝完|吃完)")
_HINTS: tuple[tuple[re.Pattern[str], Order], ...] = (
    (re.compile(r"\bD{1,2}\s?[-/. ]?\s?M{1,3}\b|日\s?[/.-]?\s?月\s?[/.-]?\s?年", re.I), "dmy"),
    (re.compile(r"\bM{1,3}\s?[-/. ]\s?D{1,2}\b|月\s?[/.-]?\s?日\s?[/.-]?\s?年", re.I), "mdy"),
    (re.compile(r"\bY{2,4}\s?[-/. ]?\s?M{1,2}|年\s?[/.-]?\s?月\s?[/.-]?\s?日", re.I), "ymd"),
)
_ONLY_HINT = re.compile(r"[\s()（）/.\-:：YMD年月日]{0,24}", re.I)
_BETWEEN = re.compile(r"[/|、,，;；~至]|\s{2,}")  # also parts 2026/05/01, which then is no date: such pairs stay unread
_NUMERAL = "一二三四五六七八九"
_COUNT = r"(?P<count>\d{1,4}|[一二两三四五六七八九十]{1,3}|半)"
_SPAN = re.compile(
    rf"{_COUNT}\s{{0,2}}(?P<unit>个\s?[月目用]|個\s?月|月|年|天|日|周|days?\b|months?\b|years?\b|weeks?\b)(?P<half>半)?",
    re.I,
)
_OPENED = re.compile(
    r"(?<!未)开[封启盖袋瓶罐]\S{0,6}$|打开\S{0,4}$|after\s+(?:first\s+)?opening\W{0,3}$|拆封\S{0,4}$", re.I
)
_UNITS = {"月": "month", "年": "year", "天": "day", "日": "day", "周": "week", "day": "day", "month": "month",
          "year": "year", "week": "week", "个": "month", "個": "month"}  # fmt: skip
_SHOWN = {"month": "个月", "year": "年", "day": "天", "week": "周"}
MOST_MONTHS, MOST_DAYS = 240, 3660  # longer ones are misread: honey and salt are printed with ten years at most


def find_production_dates(lines: Sequence[TextLine]) -> list[Reading]:
    """Dates that a label calls the day of production."""
    return _dates("production_date", lines, "production-date/2")


def find_best_before(lines: Sequence[TextLine]) -> list[Reading]:
    """Dates that a label calls the last day; without one, the day reckoned from production and shelf life."""
    read = _dates("best_before", lines, "best-before/2")
    behind_shelf = [one for one in labelled("shelf_life", lines) if not list(_spans(one.value))]
    read += [reading for one in behind_shelf for reading in _read(one, "best-before/2")]
    read += [
        Reading(day, day, line, line.text, "best-before/2")
        for line in lines
        if not any(reading.line is line for reading in read)
        and (by := _BY.search(line.text[:200]))
        and (day := date_key(line.text[: by.start()]))
    ]
    return read or _reckoned(lines)


def find_shelf_lives(lines: Sequence[TextLine]) -> list[Reading]:
    """How long the product keeps, as printed; how long after opening is another thing."""
    return [
        Reading(*_span(match), found.line, found.line.text, "shelf-life/2", more=found.more)
        for found in labelled("shelf_life", lines)
        for match in _spans(found.value)
    ]


def date_key(text: str, order: Order | None = None) -> str | None:
    """The first date in `text` as YYYY-MM-DD, or YYYY-MM where no day is printed; None when there is none.

    `order` is what the pack says beside it: DD/MM/YYYY.

    >>> date_key("2026年5月1日"), date_key("30 September 2027"), date_key("03/04/2026"), date_key("EXP 05/2027")
    ('2026-05-01', '2027-09-30', None, '2027-05')
    >>> date_key("03/04/2026", "dmy")
    '2026-04-03'
    """
    text = _digits(text)
    days = (_day(int(m["year"]), _month(m["month"]), int(m["day"])) for m in _full(text))
    either = (_either(match, order) for match in _EITHER.finditer(text))
    months = (
        f"{match['year']}-{_month(match['month']):02d}"
        for pattern in _MONTHS_ONLY
        for match in pattern.finditer(text)
        if 1 <= _month(match["month"]) <= 12
    )
    found = next((day for day in days if day), None) or next((day for day in either if day), None)
    if found or any(True for _ in _full(text)) or _EITHER.search(text):  # 2026-02-31 is no February
        return found
    return next(months, None)


def shelf_key(text: str) -> str | None:
    """The comparable form of a shelf life; None when there is none.

    >>> shelf_key("二十四个月"), shelf_key("2年"), shelf_key("一年半"), shelf_key("half a year")
    ('24 month', '24 month', '18 month', None)
    """
    match = next(_spans(text), None)
    return _span(match)[1] if match else None


def last_day(made: str, shelf: str) -> str | None:
    """The last day of a shelf life that begins on `made` (YYYY-MM-DD); `shelf` is a key of `shelf_key`.

    >>> last_day("2026-05-01", "9 month"), last_day("2026-08-31", "6 month"), last_day("2026-05-01", "7 day")
    ('2027-02-01', '2027-02-28', '2026-05-08')
    """
    try:
        begun = dt.date.fromisoformat(made)
    except ValueError:  # only the month is printed
        return None
    count, unit = shelf.split()
    if unit == "day":
        return (begun + dt.timedelta(days=int(count))).isoformat()
    year, month = divmod(begun.year * 12 + begun.month - 1 + int(count), 12)
    return dt.date(year, month + 1, min(begun.day, calendar.monthrange(year, month + 1)[1])).isoformat()


def misfit(made: str, shelf: str, best: str) -> str | None:
    """The day on which the shelf life ends when it is not the `best` before printed; None where they fit."""
    reckoned = last_day(made, shelf)
    if reckoned is None or reckoned.startswith(best):
        return None
    try:
        apart = abs((dt.date.fromisoformat(reckoned) - dt.date.fromisoformat(best)).days)
    except ValueError:  # the pack prints a month alone, and not this one
        return reckoned if len(best) == len("2027-05") else None
    return reckoned if apart > SLACK_DAYS else None


def _dates(name: str, lines: Sequence[TextLine], rule: str) -> list[Reading]:
    pairs = [pair for line in lines for pair in _pairs(line)]
    paired = [Reading(day, day, line, line.text, rule) for line, kind, day in pairs if kind == name]
    taken = {id(line) for line, _, _ in pairs}
    alone = [one for one in labelled(name, lines) if id(one.line) not in taken]
    return paired + [reading for one in alone for reading in _read(one, rule)]


def _pairs(line: TextLine) -> Iterator[tuple[TextLine, str, str]]:
    """生产日期/保质期至：20260501/20270501: two labels, then their two dates in the same order."""
    for one, other in pairwise(parts_of(line.text)):
        if {one.name, other.name} == {"production_date", "best_before"} and not one.value:
            days = [day for piece in _BETWEEN.split(other.value) if (day := date_key(piece))]
            if len(days) == 2:
                yield line, one.name, days[0]
                yield line, other.name, days[1]


def _read(found: Labelled, rule: str) -> list[Reading]:
    order: Order | None = next((way for hint, way in _HINTS if hint.search(found.label + found.value)), None)
    text = " ".join([found.value, *(line.text for line in found.more)])
    day = date_key(text, order) or _short(text, order, is_chinese=not found.label.isascii())
    return [Reading(day, day, found.line, found.line.text, rule, more=found.more)] if day else []


def _reckoned(lines: Sequence[TextLine]) -> list[Reading]:
    made, shelf = find_production_dates(lines), find_shelf_lives(lines)
    if len({one.key for one in made}) != 1 or len({one.key for one in shelf}) != 1:
        return []
    day = last_day(made[0].key, shelf[0].key)
    quote = f"{made[0].value} + {shelf[0].value}"
    more = () if shelf[0].line is made[0].line else (shelf[0].line,)
    return [Reading(day, day, made[0].line, quote, RECKONED, more=more, inferred=True)] if day else []


def _full(text: str) -> Iterator[re.Match[str]]:
    return (match for pattern in (_YMD, _COMPACT, _DMY, _NAMED_DMY, _NAMED_MDY) for match in pattern.finditer(text))


def _either(match: re.Match[str], order: Order | None) -> str | None:
    """25/12/2026 can only be read one way; 03/04/2026 needs to be told."""
    a, b, year = int(match["a"]), int(match["b"]), int(match["year"])
    if order is None:
        order = "dmy" if a > 12 >= b or a == b else "mdy" if b > 12 >= a else None
    return {"dmy": _day(year, b, a), "mdy": _day(year, a, b)}.get(order or "")


def _short(text: str, order: Order | None, *, is_chinese: bool) -> str | None:
    """26.05.01 and 260501 behind a label: year first behind a Chinese one, else only where one reading is a day of our
    time."""
    match = _SHORT.search(_digits(text))
    if match is None:
        return None
    a, b, c = (int(match[name]) for name in "abc")
    readings: dict[Order, str | None] = {
        "ymd": _day(2000 + a, b, c), "dmy": _day(2000 + c, b, a), "mdy": _day(2000 + c, a, b)
    }  # fmt: skip
    possible = {way: day for way, day in readings.items() if day and int(day[:4]) in YEARS}
    if order or is_chinese:
        return possible.get(order or "ymd")
    return next(iter(possible.values())) if len(set(possible.values())) == 1 else None


def _digits(text: str) -> str:
    """Half width, and in runs of digits O for 0 and l for 1 mended: 2O26.O5.01."""
    plain = unicodedata.normalize("NFKC", text)
    return _LOOKALIKE.sub(lambda run: _mended(run[0]), plain)


def _mended(run: str) -> str:
    if not any(c.isdigit() for c in run):
        return run
    return run.translate(str.maketrans("OoQIl|", "000111"))


def _month(printed: str) -> int:
    return int(printed) if printed.isdigit() else MONTHS.index(printed[:3].lower()) + 1


def _day(year: int, month: int, day: int) -> str | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:  # 31 June
        return None


def _spans(text: str) -> Iterator[re.Match[str]]:
    """The spans of time in a text; dates and times after opening are none."""
    text = _digits(text)
    for match in _SPAN.finditer(text):
        before = text[max(0, match.start() - 20) : match.start()]
        is_date = match["unit"] in ("月", "年", "日") and re.search(r"[年月./-]\s?$", before)
        months, unit = _counted(match)
        is_long = months > (MOST_DAYS if unit == "day" else MOST_MONTHS)
        if not (_OPENED.search(before) or is_date or is_long or months == 0):
            yield match


def _counted(match: re.Match[str]) -> tuple[int, str]:
    """Months, or days for what is counted in days and weeks."""
    unit, half = _unit(match), 0.5 if match["half"] else 0
    count = _number(match["count"]) + half
    if unit in ("day", "week"):
        return round(count * (7 if unit == "week" else 1)), "day"
    return round(count * (12 if unit == "year" else 1)), "month"


def _span(match: re.Match[str]) -> tuple[str, str]:
    count, unit = _counted(match)
    printed = _number(match["count"]) + (0.5 if match["half"] else 0)
    shown = f"{printed:g} {_SHOWN[_unit(match)]}" if printed == int(printed) else f"{count} {_SHOWN[unit]}"
    return shown, f"{count} {unit}"


def _unit(match: re.Match[str]) -> str:
    printed = match["unit"].lower()
    return _UNITS.get(printed[0]) or _UNITS[printed.rstrip("s")]


def _number(printed: str) -> float:
    """12, 十二, 二十四, 半."""
    if printed.isdigit():
        return int(printed)
    if printed == "半":
        return 0.5
    tens, ten, ones = printed.replace("两", "二").partition("十")
    if not ten:
        return _NUMERAL.find(tens[-1:]) + 1
    return 10 * (_NUMERAL.find(tens) + 1 if tens else 1) + (_NUMERAL.find(ones) + 1 if ones else 0)
