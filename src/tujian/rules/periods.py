"""When an offer holds: the days printed on a poster. req: B9

Enters: lines. Leaves: readings, the value as printed, the key as first and last day (--06-01/--06-18 without a year,
ISO 8601-1:2019 5.2.2.2 for the days). Does not know: which year is meant where none is printed.
"""

import re
from collections.abc import Sequence

from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.layout import value_beside

_YEAR = r"(?:(?P<y{n}>20\d{{2}})\s*[-./年]\s*)?"
_DAY = r"(?P<m{n}>1[0-2]|0?[1-9])\s*(?:[-./]|月)\s*(?P<d{n}>3[01]|[12]\d|0?[1-9])\s*[日号]?"
_CLOCK = r"(?:\s*\(?周?[一二三四五六日]?\)?\s*\d{1,2}[:：]\d{2})?"
# a long dash is often read as 一 or ー
_TO = r"\s*(?:[-–—~～至到一ー]+|to)\s*"


def _one(number: int) -> str:
    return r"(?<![\d.])" + (_YEAR + _DAY).format(n=number) + r"(?![\d%])" + _CLOCK


_SPAN = re.compile(_one(1) + _TO + _one(2).replace(r"(?<![\d.])", ""), re.I)
_SAME_MONTH = re.compile(
    r"(?P<m1>1[0-2]|0?[1-9])月(?P<d1>3[01]|[12]\d|0?[1-9])[日号]?" + _TO + r"(?P<d2>3[01]|[12]\d|0?[1-9])[日号]"
)
_UNTIL = re.compile(
    r"(?:即日起\s*(?:至|到|[-–—~～]+)?|截止?(?:至|到|日期)?|until|ends?(?: on)?|through)\s*[:：]?\s*" + _one(1), re.I
)
_LABEL = re.compile(
    r"(?:活动|促销|优惠|抢购|预售|有效|特惠|开售|开抢|使用)\s*(?:时间|日期|期限|期间|时段|期)|时间\s*[:：]"
    r"|\bvalid\b|offer (?:ends|valid)",
    re.I,
)
_SINGLE = re.compile(_one(1), re.I)
UNLABELLED_SHARE = 0.9  # a choice: a span of days that nothing names


def find_periods(lines: Sequence[TextLine]) -> list[Reading]:
    """Spans of days, spans with one end, and single days behind a label; labelled ones first."""
    found = [reading for line in lines for reading in _in_line(line, lines)]
    return sorted(found, key=lambda reading: -reading.share)


def _in_line(line: TextLine, lines: Sequence[TextLine]) -> list[Reading]:
    label = _LABEL.search(line.text)
    for pattern in (_SPAN, _SAME_MONTH, _UNTIL):
        matches = [match for match in pattern.finditer(line.text) if label or _is_of_days(match, line.text)]
        if matches:
            return [_reading(match, line, 1.0 if label else UNLABELLED_SHARE) for match in matches]
    if label is None:
        return []
    match = _SINGLE.search(line.text, label.end())
    beside = None if match else value_beside(line, lines)
    if beside is not None and not (_SPAN.search(beside.text) or _UNTIL.search(beside.text)):
        match, line = _SINGLE.search(beside.text), beside
    return [_reading(match, line, 1.0)] if match else []


def _is_of_days(match: re.Match[str], text: str) -> bool:
    """Whether numbers that nothing names are days: 6.1-6.18 could also be a weight, a width or a discount."""
    if re.search(r"[月年日号]|20\d\d|[:：]\d\d", match[0]) or match.re is _UNTIL:
        return True
    return len(match[0].strip()) >= 0.8 * len(text.strip()) and not re.search(r"折|%|\d$\s*[a-z]", text, re.I)


def _reading(match: re.Match[str], line: TextLine, share: float) -> Reading:
    parts = match.groupdict()
    first = _day(parts.get("y1"), parts["m1"], parts["d1"])
    key = first
    if parts.get("d2"):
        key = f"{first}/{_day(parts.get('y2') or parts.get('y1'), parts.get('m2') or parts['m1'], parts['d2'])}"
    elif match.re is _UNTIL:
        key = f"../{first}"
    return Reading(match[0].strip(), key, line, line.text, "period/1", share=share)


def _day(year: str | None, month: str, day: str) -> str:
    return f"{year or '-'}-{int(month):02d}-{int(day):02d}"
