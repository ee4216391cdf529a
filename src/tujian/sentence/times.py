"""When: 去年, 2024年夏天, 5月1日, 近三天, since 2020, before March 2024.

Enters: an even sentence and today. Leaves: one Mark of a span of days. Seasons are meteorological, feasts need a year,
a month without a year is the last one that has begun. 03/04/2026 is left alone: it reads differently in two countries.
"""

import calendar
import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from tujian.filters import Filter
from tujian.rules.dates import MONTHS
from tujian.sentence import Mark, any_of, wording
from tujian.sentence.numerals import number_in
from tujian.sentence.time_words import time_patterns

FIRST_YEAR = 1900
_MONTH_NAMES = frozenset(name.lower() for name in (*calendar.month_name, *calendar.month_abbr, "sept") if name)
_BEFORE = re.compile(
    r"(?:从|自从|自|since|from|after|before|until|till|截至|截止到?|in|during|on|between)\s{0,2}(?:the\s)?$"
)
_BEHIND = re.compile(
    r"\s?(?:(?P<since>以后|之后|以来|至今|起(?![床司子泡])|后(?![面背院台备天])|onwards?|or later)"
    r"|(?P<until>以前|之前|为止|前(?![面台后院门])|or earlier))"
)
_TO = re.compile(r"\s{0,2}(?:-|–|—|~|～|到|至|to|and|until)\s{0,2}")
_AND = re.compile(r"\s{0,2}(?:和|或|、|,|or|and)\s{0,2}")
_UNSAID = {"from", "从", "in", "during", "on", "between", "自"}


Days = tuple[dt.date, dt.date]


class Span(NamedTuple):
    start: int
    end: int
    first: dt.date
    last: dt.date
    has_year: bool = True


def find_times(text: str, today: dt.date) -> list[Mark]:
    """The time that a sentence speaks of; where it names several, what spans them when they are joined, else the first.

    >>> [m.zh for m in find_times("2024年夏天", dt.date(2026, 11, 26))]
    ['时间 2024-06-01 至 2024-08-31']
    """
    spans = [span for span in _apart(list(_spans(text, today))) if not _is_of_goods(text, span)]
    if not spans:
        return []
    first = spans[0]
    for other in spans[1:]:
        between = text[first.end : other.start]
        if not (_TO.fullmatch(between) or _AND.fullmatch(between)):
            break
        first = _joined(first, other)
    return [_mark(text, first)]


def _joined(one: Span, other: Span) -> Span:
    """What spans both; in 2024年5月1日到5月7日 and "May and July 2024" the year that is said counts for both."""
    if one.has_year and not other.has_year:
        other = _in_year(other, one.first.year)
    elif other.has_year and not one.has_year:
        one = _in_year(one, other.first.year)
    has_year = one.has_year or other.has_year
    return Span(one.start, other.end, min(one.first, other.first), max(one.last, other.last), has_year)


def _in_year(span: Span, year: int) -> Span:
    if (span.first.month, span.first.day) == (2, 29) or span.first.year != span.last.year:
        return span
    last_day = calendar.monthrange(year, span.last.month)[1]
    is_end = span.last.day == calendar.monthrange(span.last.year, span.last.month)[1]
    last = dt.date(year, span.last.month, last_day if is_end else min(span.last.day, last_day))
    return span._replace(first=span.first.replace(year=year), last=last)


def _mark(text: str, span: Span) -> Mark:
    before, behind = _BEFORE.search(text, max(0, span.start - 16), span.start), _BEHIND.match(text, span.end)
    word = before[0].split()[0] if before else ""
    start, end = before.start() if before else span.start, behind.end() if behind else span.end
    first, last = span.first.isoformat(), span.last.isoformat()
    if word.startswith(("before",)) or (behind and behind["until"] and behind["until"] != "为止"):
        day = (span.first - dt.timedelta(days=1)).isoformat()
        return _read(start, end, Filter("date", "until", day))
    if word.startswith(("until", "till", "截")) or (behind and behind["until"]):
        return _read(start, end, Filter("date", "until", last))
    if word == "after":
        return _read(start, end, Filter("date", "since", (span.last + dt.timedelta(days=1)).isoformat()))
    if word in ("since", "自从") or (behind and behind["since"]):
        return _read(start, end, Filter("date", "since", first))
    return _read(start if word in _UNSAID else span.start, end, Filter("date", "between", (first, last)))


def _read(start: int, end: int, asked: Filter) -> Mark:
    match asked.op, asked.value:
        case "since", day:
            return Mark(start, end, asked, f"时间 {day} 起", f"from {day}")
        case "until", day:
            return Mark(start, end, asked, f"时间 {day} 及以前", f"until {day}")
        case _, (first, last) if first == last:
            return Mark(start, end, asked, f"时间 {first}", f"on {first}")
        case _, (first, last):
            return Mark(start, end, asked, f"时间 {first} 至 {last}", f"{first} to {last}")
    raise AssertionError(asked)


def _is_of_goods(text: str, span: Span) -> bool:
    """2024年新款, 保质期到2025年5月: a time that belongs to the thing itself."""
    named, dated = _guards()
    behind = _BEHIND.match(text, span.end)
    if behind and named.match(text, behind.end()):  # 2025年5月之前过期的
        return True
    return bool(named.match(text, span.end) or dated.search(text, max(0, span.start - 20), span.start))


@cache
def _guards() -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = wording()["time"]
    named = re.compile(r"(?:[年季的]?\s?)" + any_of(words["not_behind"]))
    return named, re.compile(any_of(words["not_ahead"]) + r"[\s:：]{0,2}(?:before\s)?$")


def _apart(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _spans(text: str, today: dt.date) -> Iterator[Span]:
    for sort, patterns in time_patterns().items():
        for match in (match for pattern in patterns for match in pattern.finditer(text)):
            found = _READERS[sort](match, today)
            if found and found[0].year >= FIRST_YEAR and found[0] <= today:
                got = match.groupdict()
                is_dated = sort != "calendar" or bool(got.get("year") or got.get("rel"))
                yield Span(match.start(), match.end(), *found, is_dated)


def _of_year(match: re.Match[str], today: dt.date) -> Days | None:
    """A year, or a season, feast, month or day of it; without a year the last one that has begun."""
    got, words = match.groupdict(), wording()
    year = _year(got, today)
    season = got.get("season")
    if season == "christmas" or got.get("feast"):
        return _feast(got.get("feast") or str(season), year or today.year)
    if season and year:
        return _months(year, *words["seasons"][season])
    month = _month(got)
    if month is None:
        return (dt.date(year, 1, 1), dt.date(year, 12, 31)) if year and not got.get("name") else None
    if got.get("day"):
        begun = _day(year, month, int(number_in(got["day"]) or 0), today)
        ended = _day(begun[0].year, month, int(got["until"]), today) if begun and got.get("until") else begun
        return (begun[0], ended[1]) if begun and ended and begun[0] <= ended[1] else None
    year = year or (today.year if month <= today.month else today.year - 1)
    return _third(*_months(year, month, month), got.get("third"))


def _year(got: dict[str, str | None], today: dt.date) -> int | None:
    if rel := got.get("rel"):
        return today.year - wording()["years"][" ".join(rel.split())]
    printed = got.get("year")
    year = int(number_in(printed.replace("零", "〇")) or 0) if printed else None
    if year is None or year >= FIRST_YEAR or len(printed or "") > 2:
        return year
    return year + (2000 if 2000 + year <= today.year else 1900)  # 24年5月


def _month(got: dict[str, str | None]) -> int | None:
    if name := got.get("name"):
        return MONTHS.index(name[:3]) + 1 if name in _MONTH_NAMES else None
    return int(number_in(got["month"] or "") or 0) if got.get("month") else None


def _day(year: int | None, month: int, day: int, today: dt.date) -> Days | None:
    for one in (year,) if year else range(today.year, today.year - 5, -1):  # 29 February comes every fourth year
        try:
            found = dt.date(one, month, day)
        except ValueError:
            continue
        if year or found <= today:
            return found, found
    return None


def _feast(name: str, year: int) -> Days | None:
    if name in ("春节", "过年"):
        new_year = next((d for d in wording()["time"]["spring_festival"] if d.startswith(str(year))), None)
        begun = dt.date.fromisoformat(new_year) if new_year else None
        return (begun - dt.timedelta(days=1), begun + dt.timedelta(days=6)) if begun else None
    month, day, last_month, last_day = wording()["feasts"][name]
    return dt.date(year, month, day), dt.date(year, last_month, last_day)


def _months(year: int, first: int, last: int) -> Days:
    end = year + (last < first)
    return dt.date(year, first, 1), dt.date(end, last, calendar.monthrange(end, last)[1])


def _third(first: dt.date, last: dt.date, which: str | None) -> Days:
    if which in ("初", "上旬"):
        return first, first.replace(day=10)
    if which == "中旬":
        return first.replace(day=11), first.replace(day=20)
    return (first.replace(day=21), last) if which else (first, last)


def _last_season(match: re.Match[str], today: dt.date) -> Days:
    months = wording()["seasons"][match["season"]]
    if match["which"] == "this":
        return _months(today.year, *months)
    years = (today.year, today.year - 1, today.year - 2)
    return next(span for year in years if (span := _months(year, *months))[1] < today)


def _of_day(match: re.Match[str], today: dt.date) -> Days:
    day = today - dt.timedelta(days=wording()["days"][" ".join(match["name"].split())])
    return day, day


def _of_week(match: re.Match[str], today: dt.date) -> Days:
    back = {"上上": 2, "上": 1, "last": 1}.get(match["which"], 0)
    if match["month"]:
        number = today.year * 12 + today.month - 1 - back
        return _third(*_months(number // 12, number % 12 + 1, number % 12 + 1), match["third"])
    monday = today - dt.timedelta(days=today.weekday() + 7 * back)
    if match["day"] == "末" or match["week"] == "weekend":
        return monday + dt.timedelta(days=5), monday + dt.timedelta(days=6)
    if match["day"]:
        day = monday + dt.timedelta(days="一二三四五六日".index(match["day"].replace("天", "日")))
        return day, day
    return monday, monday + dt.timedelta(days=6)


def _weekday(match: re.Match[str], today: dt.date) -> Days:
    wanted = [name.lower() for name in calendar.day_name].index(match["weekday"])
    day = today - dt.timedelta(days=(today.weekday() - wanted - 1) % 7 + 1)
    return day, day


def _rolling(match: re.Match[str], today: dt.date) -> Days | None:
    first = _back(match, today)
    return (first, today) if first else None


def _ago(match: re.Match[str], today: dt.date) -> Days | None:
    """As coarse as it is said: a day, a week, a month, a year."""
    day = _back(match, today)
    unit = match["unit"]
    if day is None or unit[:3] in ("天", "日", "day"):
        return (day, day) if day else None
    is_month, is_year = "月" in unit or unit.startswith("month"), "年" in unit or unit.startswith("year")
    is_half = match["n"] == "半"  # half a year ago was a month, half a month ago a week
    if (is_month and not is_half) or (is_year and is_half):
        return _months(day.year, day.month, day.month)
    if is_year:
        return dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)
    monday = day - dt.timedelta(days=day.weekday())
    return monday, monday + dt.timedelta(days=6)


def _back(match: re.Match[str], today: dt.date) -> dt.date | None:
    printed, unit = match["n"], match["unit"]
    count = 0.5 if printed == "半" else number_in(printed) if printed else 1.0
    if not count:
        return None
    if "月" in unit or unit.startswith("month") or "年" in unit or unit.startswith("year"):
        is_year = "年" in unit or unit.startswith("year")
        if printed == "半" and not is_year:
            return today - dt.timedelta(days=15)
        number = today.year * 12 + today.month - 1 - int(count * (12 if is_year else 1))
        if number < FIRST_YEAR * 12:
            return None
        year, month = number // 12, number % 12 + 1
        return dt.date(year, month, min(today.day, calendar.monthrange(year, month)[1]))
    is_day = unit[:3] in ("天", "日", "day")
    return today - dt.timedelta(days=int(count * (1 if is_day else 7)))


_READERS: Mapping[str, Callable[[re.Match[str], dt.date], Days | None]] = {
    "calendar": _of_year, "season": _last_season, "day": _of_day, "week": _of_week, "weekday": _weekday,
    "rolling": _rolling, "ago": _ago,
}  # fmt: skip
