"""How times are written, in Chinese and English: the patterns that `times.py` reads.

Enters: `data/words/query.toml`. Leaves: patterns by what reads them. Does not know: today.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from tujian.rules.dates import MONTHS
from tujian.sentence import LATIN_AHEAD, LATIN_BEHIND, any_of, wording
from tujian.sentence.numerals import CHINESE, ENGLISH

_YEAR = r"(?P<year>(?:19|20)\d{2}|[一二][〇零九][〇零一二三四五六七八九]{2})"
_SHORT_YEAR = r"(?P<year>(?<!\d)\d{2})"  # with a month, a season or a feast behind it only: 10年 is also ten years
_BARE_YEAR = rf"(?P<year>{LATIN_AHEAD}(?:19[5-9]\d|20\d\d){LATIN_BEHIND})"
_MONTH = r"(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_DAY = r"(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})"
_TO_DAY = r"(?:\s?[-~到至]\s?(?P<until>\d{1,2})[日号])?"
_THIRD = r"(?P<third>上旬|中旬|下旬|初|底|末)"
_NAME = rf"{LATIN_AHEAD}(?P<name>(?:{'|'.join(MONTHS)})[a-z]{{0,6}})\.?"
_NTH = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_N = rf"(?P<n>\d{{1,3}}|{CHINESE}|半|{ENGLISH})"
_UNIT = r"(?P<unit>天|日|周(?![边年期岁])|星期|礼拜|个?月|年|days?|weeks?|months?|years?)"
_WEEK = r"(?P<week>周(?![边年期岁转围])|星期|礼拜|weekend|week)(?P<day>[一二三四五六日天末])?"
_WEEKDAY = "(?P<weekday>monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_SEASON = "(?P<season>spring|summer|autumn|fall|winter|christmas)"
# what makes a mere number a year, and a mere may or march a month
_LED = "(?:" + "|".join(
    f"(?<={word} )" for word in ("in", "since", "from", "before", "after", "during", "until", "between", "and", "to")
) + ")"  # fmt: skip


@cache
def time_patterns() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    """`calendar` years, seasons, feasts, months and days; `season` the last one; `day` and `week` from today; `rolling`
    so long until today; `ago`."""
    words = wording()
    last = rf"(?P<which>last|this)\s{{1,2}}{_SEASON.replace('|christmas', '')}"
    which = r"(?P<which>上上|上|这|本|last|this)(?:一|\s{0,2})个?"
    return {
        "calendar": _compiled((*_chinese(), *_english(), f"(?P<rel>{any_of(filter(str.isascii, words['years']))})")),
        "season": _compiled((LATIN_AHEAD + last + LATIN_BEHIND,)),
        "day": _compiled((f"(?P<name>{any_of(words['days'])})(?!头条)",)),
        "week": _compiled((rf"{which}(?:(?P<month>月(?![饼球亮])|month){_THIRD}?|{_WEEK})(?![a-z])",)),
        "weekday": _compiled((rf"{LATIN_AHEAD}last\s{_WEEKDAY}{LATIN_BEHIND}",)),
        "rolling": _compiled(
            (
                rf"(?:最近的?|近|过去的?|这)\s?{_N}\s?个?{_UNIT}(?:以来|来|之内|以内|内|里)?",
                rf"{LATIN_AHEAD}(?:last|past)\s{{1,2}}(?:{_N}\s{{1,2}})?{_UNIT}{LATIN_BEHIND}",
            )
        ),
        "ago": _compiled((rf"(?<![\d.]){_N}\s?{_UNIT}(?:之前|以前|前(?!后)|\s?ago{LATIN_BEHIND})",)),
    }


def _compiled(patterns: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, patterns))


def _chinese() -> tuple[str, ...]:
    words = wording()
    season = f"(?P<season>{any_of(words['seasons'])})"
    feast = f"(?P<feast>{any_of([*words['feasts'], '春节', '过年'])})"
    year = rf"(?:{_YEAR}\s?年(?![代历货画糕轮夜会检报薪])|(?P<rel>{any_of(_chinese_only(words['years']))}))"
    day = rf"{_DAY}(?:[日号]{_TO_DAY}|(?=$|[\s,，。的拍]))"
    part = rf"(?:的?(?:{season}|{feast}|{_MONTH}月份?(?:{day}|{_THIRD})?))"
    alone = r"(?=份|[的拍在底初,，。以之到至\d]|\s|$)份?"
    short = r"(?P<month>1[0-2]|0?[1-9])(?:[-./](?P<day>3[01]|[12]\d|0?[1-9]))?"
    return (
        rf"(?<!\d){year}\s?{part}?(?!\d)",
        rf"{_SHORT_YEAR}年{part}(?!\d)",
        rf"(?<![\d个第.点年]){_MONTH}月(?:{_DAY}[日号]{_TO_DAY}|{alone})(?![龄饼经嫂子])",
        rf"(?<![\d-]){_YEAR}[-./]{short}(?![\d.-])",
        rf"{_BARE_YEAR}(?=\s?(?:-|到|至)\s?(?:19[5-9]\d|20\d\d)年)",
    )


def _english() -> tuple[str, ...]:
    relative = r"(?P<rel>last\syear|this\syear)"
    not_money = r"(?!\s?(?:元|yuan|piece|pieces|dollars|rmb|and\s\d))"
    return (
        rf"{_NAME}\s{{1,2}}{_NTH}{LATIN_BEHIND}(?:,?\s{{1,2}}{_BARE_YEAR})?",
        rf"{LATIN_AHEAD}{_NTH}\s{{1,2}}(?:of\s)?{_NAME}{LATIN_BEHIND}(?:,?\s{{1,2}}{_BARE_YEAR})?",
        rf"{_NAME},?\s{{1,2}}(?:of\s)?{_BARE_YEAR}",
        rf"{_LED}{_NAME}{LATIN_BEHIND}",
        rf"{LATIN_AHEAD}{_SEASON},?\s{{1,2}}(?:of\s{{1,2}})?(?:{_BARE_YEAR}|{relative})",
        rf"{_BARE_YEAR}\s{{1,2}}{_SEASON}",
        rf"{_LED}{_BARE_YEAR}{not_money}",
        rf"{_BARE_YEAR}(?=\s(?:to|and|-)\s(?:19[5-9]\d|20\d\d){LATIN_BEHIND}{not_money})",
    )


def _chinese_only(words: Iterable[str]) -> list[str]:
    return [word for word in words if not word.isascii()]
