"""What is not wanted: 不要, 除了…以外, not, without. 无糖 and stainless are no negations (`whole` in query.toml).

Enters: an even sentence and the place of a part. Leaves: the place of the part with what refuses it, or None.
"""

import re
from functools import cache

from tujian.sentence import any_of, wording


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
    return re.compile(
        "(?<!有)" + any_of(listed) + r"\s{0,2}(?:(?:任何|穿|买|是|有|any|the|a|an|in|from|by|wearing)\s{0,2})?$"
    )


@cache
def _behind() -> re.Pattern[str]:
    return re.compile("的?" + any_of(wording()["not"]["behind"]) + r"(?:的|(?![一-鿿]))")
