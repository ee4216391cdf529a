"""Dates and shelf life as printed on packs. req: B10

Sources: GB 7718-2011 4.1.7 (生产日期, 保质期; order year month day), ISO 8601.
Does not know: 03/04/2026, which reads differently in two countries: such a date is left alone.
"""

import datetime as dt
import re
from collections.abc import Sequence

from tujian.perception.text import TextLine
from tujian.rules import Reading, value_beside

_YMD = re.compile(
    r"(?<!\d)(?<!\d-)(?P<year>20\d{2})\s*(?:[-./年]\s*)?(?P<month>\d{1,2})\s*(?:[-./月]\s*)?(?P<day>\d{1,2})(?!\d)(?!-\d)\s*日?"
)
_DMY = re.compile(r"(?<!\d)(?P<day>\d{1,2})[.](?P<month>\d{1,2})[.](?P<year>20\d{2})(?!\d)")  # day first (DIN 1355)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = rf"(?P<month>(?:{'|'.join(MONTHS)})[a-z]*)"
_NAMED_DMY = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ .-]*{_NAME}[ .,-]*(?P<year>20\d{{2}})(?!\d)", re.I
)
_NAMED_MDY = re.compile(rf"\b{_NAME}[ .-]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ ,]+(?P<year>20\d{{2}})(?!\d)", re.I)
_MADE = re.compile(
    r"生产日期|制造日期|生産日|製造|出厂日期|\bM[FG][GD]\b|manufactur|produc(?:ed|tion)\s*(?:on|date)?", re.I
)
_BEST = re.compile(
    r"保质期至|保质期到|有效期至|有效期到|此日期前|赏味期限|賞味期限|消費期限|best\s*before|\bBBE?\b|\bEXP\b|use\s*by|expir",
    re.I,
)
_SHELF = re.compile(r"(?:保\s*质\s*期|shelf\s*life)[^\d]{0,8}(\d{1,3})\s*(个?月|年|天|日|days?|months?|years?)", re.I)
_SPAN = {"个月": "month", "月": "month", "年": "year", "天": "day", "日": "day"}


def find_production_dates(lines: Sequence[TextLine]) -> list[Reading]:
    """Dates that a label calls the day of production."""
    return _labelled(lines, _MADE, _BEST, "production-date/1")


def find_best_before(lines: Sequence[TextLine]) -> list[Reading]:
    """Dates that a label calls the last day."""
    return _labelled(lines, _BEST, _MADE, "best-before/1")


def find_shelf_lives(lines: Sequence[TextLine]) -> list[Reading]:
    """How long the product keeps, as printed."""
    found = ((line, match) for line in lines for match in _SHELF.finditer(line.text))
    return [Reading(_shelf(m)[0], _shelf(m)[1], line, line.text, "shelf-life/1") for line, m in found]


def date_key(text: str) -> str | None:
    """The first date in `text` as YYYY-MM-DD; None when there is none.

    >>> date_key("2026年5月1日"), date_key("30 September 2027"), date_key("03/04/2026")
    ('2026-05-01', '2027-09-30', None)
    """
    for pattern in (_YMD, _DMY, _NAMED_DMY, _NAMED_MDY):
        for match in pattern.finditer(text):
            day = _day(int(match["year"]), _month(match["month"]), int(match["day"]))
            if day:
                return day
    return None


def shelf_key(text: str) -> str | None:
    """The comparable form of a shelf life; None when there is none."""
    match = re.search(r"(\d{1,3})\s*(个?月|年|天|日|days?|months?|years?)", text, re.I)
    return _shelf(match)[1] if match else None


def _labelled(lines: Sequence[TextLine], label: re.Pattern[str], other: re.Pattern[str], rule: str) -> list[Reading]:
    """Dates behind a label on its line, to its right, or just below it."""
    readings = []
    for line in lines:
        match = label.search(line.text)
        if match is None:
            continue
        day = date_key(line.text[match.end() :])
        if day:
            readings.append(Reading(day, day, line, line.text, rule))
            continue
        beside = value_beside(line, lines)
        if beside and not other.search(beside.text) and (day := date_key(beside.text)):
            readings.append(Reading(day, day, beside, beside.text, rule))
    return readings


def _month(printed: str) -> int:
    return int(printed) if printed.isdigit() else MONTHS.index(printed[:3].lower()) + 1


def _day(year: int, month: int, day: int) -> str | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:  # 31 June
        return None


def _shelf(match: re.Match[str]) -> tuple[str, str]:
    unit = match[2].lower().rstrip("s")
    unit = _SPAN.get(unit, unit)
    shown = {"month": "个月", "year": "年", "day": "天"}[unit]
    months = int(match[1]) * 12 if unit == "year" else int(match[1])
    return f"{match[1]} {shown}", f"{months} {'day' if unit == 'day' else 'month'}"
