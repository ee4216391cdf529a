"""What is not wanted: 不要, 除了…以外, not, without. 无糖 and stainless are no negations (`whole` in query.toml).

Enters: an even sentence and the place of a part. Leaves: the place of the part with what refuses it, or None; and
whether a part is refused in words that nobody here knows: then it is surely not asked for.
"""

import re
from functools import cache

from tujian.sentence import any_of, wording

JOINT = re.compile(r"\s{0,2}的?(?:和|或者?|、|/|跟|与|or|and|nor)\s{0,2}")  # what is refused goes on behind it
_DOUBTED = re.compile(
    r"(?P<before>[一-鿿]?)(?P<no>[不没别])(?P<what>[一-鿿])[一-鿿]{0,3}$"
    r"|(?:n't|(?<![a-z])(?:not|nor|never))\s(?:[a-z]+\s){0,2}$"
)
_HARMLESS = "错同止限锈粘过仅但管论知大小高低少多超到"  # 不错, 不超过


def doubted(text: str, start: int) -> bool:
    """Whether something ahead of a part may refuse it.

    >>> doubted("不太喜欢黑色", 4), doubted("要不要黑色", 3), doubted("不错的黑色", 3)
    (True, False, False)
    """
    found = _DOUBTED.search(text, max(0, start - 12), start)
    if found is None or not found["no"]:
        return found is not None
    is_asked = found["before"] == found["what"]  # 要不要
    is_other = found["no"] == "别" and (found["what"] == "的" or found["before"] in tuple("特分类区级性个"))
    return not (is_asked or is_other or found["what"] in _HARMLESS or found["before"] in tuple("沉淹出埋"))


def refused(text: str, start: int, end: int, *, is_wide: bool = False) -> tuple[int, int] | None:
    """Where the refusal begins and ends. `is_wide`: only by words that also refuse things: not 不含, without.

    >>> refused("不要黑色的双肩包", 2, 4), refused("黑色的双肩包", 0, 2), refused("红色除外", 0, 2)
    ((0, 4), None, (0, 4))
    """
    ahead = _ahead(is_wide).search(text, max(0, start - 24), start)
    behind = _behind().match(text, end)
    if not (ahead or behind):
        return None
    return ahead.start() if ahead else start, behind.end() if behind else end


@cache
def _ahead(is_wide: bool) -> re.Pattern[str]:
    words = wording()["not"]
    listed = words["wide_zh"] + words["wide_en"] if is_wide else words["zh"] + words["en"]
    plain = [word for word in listed if word[0] not in "不没"]
    asked = [f"(?<!{word[1]}){word}" for word in listed if word[0] in "不没" and len(word) > 1]  # 要不要 is a question
    alone = [f"(?<![有沉淹出埋]){word}(?![是要有能])" for word in listed if word in ("不", "没")]
    words = "|".join([*sorted(asked, key=len, reverse=True), *alone, any_of(plain)])
    then = r"[\s-]{0,2}(?:(?:任何|穿|买|是|有|拍|any|the|a|an|in|from|by|wearing|taken in)\s{0,2})?$"
    return re.compile(f"(?:{words}){then}")


@cache
def _behind() -> re.Pattern[str]:
    return re.compile("的?" + any_of(wording()["not"]["behind"]) + r"(?:的|(?![一-鿿]))")
