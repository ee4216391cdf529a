"""Which colour, and which not: 白色运动鞋, 不要黑色的, 藏青, light blue, no red.

Enters: an even sentence, and whether it speaks of photos. Leaves: Marks of base colours.
A colour that is worn (穿红衣服), or a photo's, is rarely kept as a fact: it stays words, with its base name besides. Of
several colours (红色或白色, 白色背景的红色杯子) none is a filter, nor one that something may refuse.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise

from tujian.filters import Filter
from tujian.rules.colour_words import base_colour, base_names
from tujian.sentence import Mark, any_of, wording
from tujian.sentence.negation import JOINT, doubted, refused

_LIST = re.compile(rf"(?:{JOINT.pattern}|\s{{0,2}},\s{{0,2}})?")  # 不要红色黑色


def find_colours(text: str, *, is_photo: bool) -> Iterator[Mark]:
    """
    >>> [m.zh for m in find_colours("不要黑色的双肩包", is_photo=False)]
    ['颜色 不是 黑色']
    """
    matches = [match for match in _pattern().finditer(text) if _base(match["name"])]
    refusals = _refusals(text, matches)
    wanted = {_base(match["name"]) for match in matches if match not in refusals}
    ends = {match: before.end() for before, match in pairwise(matches) if before in refusals}
    for match in matches:
        base = str(_base(match["name"]))
        if no := refusals.get(match):
            asked = Filter("colour", "not", base)
            yield Mark(no[0], no[1], asked, f"颜色 不是 {base_names()[base]}", f"colour is not {base}")
            continue
        is_doubted = doubted(text, match.start(), ends.get(match, 0)) or _may_follow(text, match, refusals)
        is_soft = is_photo or len(wanted) > 1 or is_doubted
        if is_soft:
            if base_names()[base] not in text and not match["name"].isascii():
                yield Mark(match.start(), match.end(), stays=True, also=base_names()[base])
            continue
        is_base = match["name"] in (base, base_names()[base], base_names()[base][:1], "grey")
        asked = Filter("colour", "is", base)
        yield Mark(match.start(), match.end(), asked, f"颜色 {base_names()[base]}", f"colour {base}", stays=not is_base)


def _refusals(text: str, matches: Sequence[re.Match[str]]) -> dict[re.Match[str], tuple[int, int]]:
    """Where each colour that is not wanted is refused; what is listed behind one is refused, too."""
    found: dict[re.Match[str], tuple[int, int]] = {}
    last: re.Match[str] | None = None
    for match in matches:
        no = refused(text, match.start(), match.end())
        if no is None and last and _goes_on(text[last.end() : match.start()], match["name"]):
            no = match.span()
        if no is not None:
            found[match], last = no, match
    return found


def _goes_on(between: str, name: str) -> bool:
    """Whether a refusal goes on to the next colour: by a word that joins them, in Chinese also by nothing at all."""
    return bool(JOINT.fullmatch(between)) or (not between and not name.isascii())


def _may_follow(text: str, match: re.Match[str], refusals: Mapping[re.Match[str], tuple[int, int]]) -> bool:
    """Whether a colour may belong to what was refused before it: "not red, white dress"."""
    return any(_LIST.fullmatch(text, one.end(), match.start()) for one in refusals)


def _base(name: str) -> str | None:
    """藏青 is the list's 藏青色, a blue."""
    return base_colour(name if name.isascii() or name.endswith("色") else f"{name}色")


def is_worn(text: str) -> bool:
    """Whether somebody wears a colour: then a picture of somebody is meant.

    >>> is_worn("海边穿红衣服"), is_worn("a woman in a red dress"), is_worn("shoes in white")
    (True, True, False)
    """
    return any(_worn().search(text, max(0, m.start() - 14), m.start()) for m in _pattern().finditer(text))


@cache
def _worn() -> re.Pattern[str]:
    return re.compile(
        any_of(wording()["colour"]["worn"]) + r"(?:了|a|an|the)?\s{0,2}(?:条|件|双|顶|身|一[条件双顶身])?$"
    )


@cache
def _pattern() -> re.Pattern[str]:
    words = wording()["colour"]
    before = any_of(words["zh_before"])
    chinese = (
        rf"{any_of(words['zh_alone'])}色?|{before}?[{words['zh_base']}]色(?![彩情])|{before}[{words['zh_base']}]"
        rf"|[{words['zh_base']}](?={any_of(words['garments'])})"
    )
    english = rf"(?:{any_of(words['en_before'])}\s)?{any_of(words['en'])}(?!-)"
    english += rf"|{any_of(['orange'])}(?=\s{any_of(words['en_goods'])})"  # else it is a fruit
    return re.compile(rf"(?P<name>{chinese}|{english})")
