"""Numbers in words: 一百二十, 两百五, 1.5万, three.

Enters: what a sentence writes. Leaves: a number, or None. Does not know: of what.
"""

import re

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_ENGLISH = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
CHINESE = "[零〇一二两三四五六七八九十百千万]{1,9}"
ENGLISH = "|".join(_ENGLISH)
_PLAIN = re.compile(r"\d{1,9}(?:\.\d{1,2})?")
_FACTORS = {"万": 10_000, "千": 1000, "百": 100, "k": 1000}


def number_in(printed: str) -> float | None:
    """
    >>> [number_in(x) for x in ("1,299", "1.5万", "一百二十", "两百五", "二〇二四", "百", "three", "红")]
    [1299.0, 15000.0, 120.0, 250.0, 2024.0, 100.0, 3.0, None]
    """
    text = printed.replace(",", "").replace(" ", "")
    if text in _ENGLISH:
        return float(_ENGLISH.index(text) + 1)
    factor = _FACTORS.get(text[-1:], 1) if text[:1].isdigit() else 1
    plain = text[:-1] if factor > 1 else text
    if _PLAIN.fullmatch(plain):
        return float(plain) * factor
    return _chinese(text) if text and all(c in _DIGITS or c in _UNITS or c == "万" for c in text) else None


def _chinese(text: str) -> float:
    if all(c in _DIGITS for c in text):
        return float("".join(str(_DIGITS[c]) for c in text))
    total = section = digit = 0
    for c in text:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c == "万":
            total, section, digit = total + (section + digit or 1) * 10_000, 0, 0
        else:
            section, digit = section + (digit or 1) * _UNITS[c], 0
    if digit and len(text) > 1 and text[-2] in "百千":  # 两百五 is 250
        digit *= _UNITS[text[-2]] // 10
    return float(total + section + digit)
