"""Brands and places that the catalogue knows: ALPRO 燕麦奶, 苹果牌手机, 在杭州, in Hangzhou.

Enters: an even sentence and names. Leaves: Marks. A place counts behind 在, 于, in, at, where the sentence goes on as
behind a place, which 在日本料理店 does not; a brand that is also an ordinary word (苹果) beside 牌, 品牌, brand, by.
Of several that are wanted none is a filter; what is refused goes on over 和 and 或.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from tujian.filters import Filter
from tujian.sentence import LATIN_AHEAD, LATIN_BEHIND, Mark, even
from tujian.sentence.negation import JOINT, doubted, refused

LONGEST_NAME = 40
SHORTEST = 2
_BEFORE_PLACE = re.compile(rf"在|(?<![关由对等用适属出基至])于|{LATIN_AHEAD}(?:in|at)\s{{1,3}}(?:the\s)?")
# how a sentence goes on behind a Chinese place
_ON = re.compile(r"(?:[市省县区]|旅游|旅行)?(?=$|[^一-鿿]|[的拍照玩旅游和或跟与时那里吃住过度买穿看见])")
_CHINESE_BEFORE = re.compile(r"(?:品牌(?:是|为|[:：])?\s?|(?<![a-z])(?:brand|by)\s{1,2})$")
_BEHIND = re.compile(r"(?:品牌|牌(?!子|照|匾)(?:的)?|\sbrand(?![a-z]))")
_TOWN = re.compile(r"[市省县区]")


def find_brands(text: str, brands: Collection[str], ordinary: Collection[str]) -> Iterator[Mark]:
    """Marks of brands; `ordinary` are even names that are words as well."""
    known = _by_form(brands)
    found: list[tuple[int, int, str]] = []
    for start, end in _named(text, known):
        before, behind = _CHINESE_BEFORE.search(text, max(0, start - 10), start), _BEHIND.match(text, end)
        if text[start:end] in ordinary and not (before or behind):
            continue
        found.append((before.start() if before else start, behind.end() if behind else end, known[text[start:end]]))
    yield from _marks(text, found, "brand", "品牌")


def find_places(text: str, places: Collection[str]) -> Iterator[Mark]:
    """
    >>> [m.zh for m in find_places("2024年在杭州市拍的猫", {"杭州", "中国"})], list(find_places("杭州的猫", {"杭州"}))
    (['地点 杭州'], [])
    """
    known = _by_form(places)
    if not known:
        return
    found: list[tuple[int, int, str]] = []
    for match in _BEFORE_PLACE.finditer(text):
        end = _longest(text, match.end(), known)
        if end and (text[end - 1].isascii() or _ON.match(text, end)):
            town = _TOWN.match(text, end)
            found.append((match.start(), town.end() if town else end, known[text[match.end() : end]]))
            joint = JOINT.match(text, found[-1][1])
            if joint and (end := _longest(text, joint.end(), known)):  # 在杭州和上海
                found.append((joint.end(), end, known[text[joint.end() : end]]))
    yield from _marks(text, found, "place", "地点")


def _marks(text: str, found: Sequence[tuple[int, int, str]], field: str, zh: str) -> Iterator[Mark]:
    wanted: list[tuple[int, int, str]] = []
    last = -1  # where what was refused last ends
    for start, end, name in found:
        no = refused(text, start, end)
        if no is None and last >= 0 and JOINT.fullmatch(text, last, start):
            no = (start, end)
        if no is not None:
            last = end
            yield Mark(*no, Filter(field, "not", name), f"{zh} 不是 {name}", f"{field} is not {name}")
        elif not doubted(text, start):
            wanted.append((start, end, name))
    if len({name for _, _, name in wanted}) == 1:
        for start, end, name in wanted:
            yield Mark(start, end, Filter(field, "is", name), f"{zh} {name}", f"{field} {name}")


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
