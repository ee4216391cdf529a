"""Brands and places that the catalogue knows: ALPRO 燕麦奶, 苹果牌手机, 在杭州, in Hangzhou.

Enters: an even sentence and names. Leaves: Marks. A place counts behind 在, 于, in, at; a brand that is also an
ordinary word (苹果) counts beside 牌, 品牌, brand, by.
"""

import re
from collections.abc import Collection, Iterator, Mapping

from tujian.filters import Filter
from tujian.sentence import LATIN_AHEAD, LATIN_BEHIND, Mark, even
from tujian.sentence.negation import refused

LONGEST_NAME = 40
SHORTEST = 2
_BEFORE_PLACE = re.compile(rf"[在于]|{LATIN_AHEAD}(?:in|at)\s{{1,3}}(?:the\s)?")
_CHINESE_BEFORE = re.compile(r"(?:品牌(?:是|为|[:：])?\s?|(?<![a-z])(?:brand|by)\s{1,2})$")
_BEHIND = re.compile(r"(?:品牌|牌(?!子|照|匾)(?:的)?|\sbrand(?![a-z]))")
_TOWN = re.compile(r"[市省县]")


def find_brands(text: str, brands: Collection[str], ordinary: Collection[str]) -> Iterator[Mark]:
    """Marks of brands; `ordinary` are even names that are words as well."""
    known = _by_form(brands)
    for start, end in _named(text, known):
        name = known[text[start:end]]
        before, behind = _CHINESE_BEFORE.search(text, max(0, start - 10), start), _BEHIND.match(text, end)
        if text[start:end] in ordinary and not (before or behind):
            continue
        start, end = before.start() if before else start, behind.end() if behind else end
        no = refused(text, start, end)
        if no:
            yield Mark(*no, Filter("brand", "not", name), f"品牌 不是 {name}", f"brand is not {name}")
        else:
            yield Mark(start, end, Filter("brand", "is", name), f"品牌 {name}", f"brand {name}")


def find_places(text: str, places: Collection[str]) -> Iterator[Mark]:
    """
    >>> [m.zh for m in find_places("2024年在杭州市拍的猫", {"杭州", "中国"})], list(find_places("杭州的猫", {"杭州"}))
    (['地点 杭州'], [])
    """
    known = _by_form(places)
    if not known:
        return
    for match in _BEFORE_PLACE.finditer(text):
        end = _longest(text, match.end(), known)
        if end:
            name = known[text[match.end() : end]]
            town = _TOWN.match(text, end)
            asked = Filter("place", "is", name)
            yield Mark(match.start(), town.end() if town else end, asked, f"地点 {name}", f"place {name}")


def _by_form(names: Collection[str]) -> Mapping[str, str]:
    return {form: name for name in names if SHORTEST <= len(form := even(name).strip()) <= LONGEST_NAME}


def _named(text: str, known: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """Where a known name stands, the longest first at each place."""
    openings, start = {name[:SHORTEST] for name in known}, 0
    while start < len(text):
        end = _longest(text, start, known) if text[start : start + SHORTEST] in openings else None
        if end:
            yield start, end
        start = end or start + 1


def _longest(text: str, start: int, known: Mapping[str, str]) -> int | None:
    ends = range(min(len(text), start + LONGEST_NAME), start + SHORTEST - 1, -1)
    return next((end for end in ends if text[start:end] in known and _is_whole(text, start, end)), None)


def _is_whole(text: str, start: int, end: int) -> bool:
    """A Latin name is no part of a longer word."""
    ahead = re.compile(LATIN_AHEAD).match(text, start) if text[start].isascii() else True
    behind = re.compile(LATIN_BEHIND).match(text, end) if text[end - 1].isascii() else True
    return bool(ahead and behind)
