"""What is not wanted: 不要, 除了…以外, not, without. 无糖 and stainless are no negations (`whole` in query.toml).

Enters: an even sentence and the place of a part. Leaves: the place of the part with what refuses it, or None; and
whether a part is refused in words that nobody here knows: then it is surely not asked for.
"""

import re
from functools import cache

from tujian.sentence import any_of, wording

JOINT = re.compile(r"\s{0,2}的?(?:和|或者?|、|/|跟|与|or|and|nor)\s{0,2}")  # what is refused goes on behind it
_ASKS = r"(?!(?<=(.))[不没]\1)"  # 要不要, 有没有: a question refuses nothing
_OTHER = r"(?<![特分类区级性个沉淹出埋])(?!别的|不[错同止限锈粘过仅但管论知大小高低少多超到])"  # 特别, 不错, 不超过
_DOUBTED = re.compile(
    rf"{_ASKS}{_OTHER}[不没别](?:(?!的)[一-鿿]){{1,4}}$|(?:n't|(?<![a-z])(?:not|nor|never))\s(?:[a-z]+\s){{0,2}}$"
)


def doubted(text: str, start: int, since: int = 0) -> bool:
    """Whether something ahead of a part may refuse it; what is refused up to `since` is known.

    >>> doubted("不太喜欢黑色", 4), doubted("要不要黑色", 3), doubted("不错的黑色", 3)
    (True, False, False)
    """
    return _DOUBTED.search(text, max(since, start - 12), start) is not None


def refused(text: str, start: int, end: int, *, is_wide: bool = False) -> tuple[int, int] | None:
    """Where the refusal begins and ends. `is_wide`: only by words that also refuse things: not 不含, without.

    >>> refused("不要黑色的双肩包", 2, 4), refused("黑色的双肩包", 0, 2), refused("红色除外", 0, 2)
    ((0, 4), None, (0, 4))
    """
    ahead = _ahead(is_wide).search(text, max(0, start - 24), start + 1)  # with what the part begins with: 在不在杭州
    behind = _behind().match(text, end)
    if not (ahead or behind):
        return None
    return ahead.start() if ahead else start, behind.end() if behind else end


@cache
def _ahead(is_wide: bool) -> re.Pattern[str]:
    words = wording()["not"]
    listed = words["wide_zh"] + words["wide_en"] if is_wide else words["zh"] + words["en"]
    then = r"[\s-]{0,2}(?:(?:任何|穿|买|是|有|拍|any|the|a|an|in|from|by|wearing|taken in)\s{0,2})?(?=(?s:.)\Z)"
    return re.compile(rf"{_ASKS}(?<![沉淹出埋]){any_of(listed)}{then}")


@cache
def _behind() -> re.Pattern[str]:
    return re.compile("的?" + any_of(wording()["not"]["behind"]) + r"(?:的|(?![一-鿿]))")
