"""The base colour in a colour's name, in Chinese or English: 藏青色 and "navy blue" are both blue. req: C4

Enters: a name, from the controlled list or from a model. Leaves: a base colour's English word, or None.
"""

import re
from collections.abc import Mapping
from functools import cache

from tujian.perception.colours import palette

# the last such character or word in a name is its noun: 蓝灰色 is a grey, 灰蓝色 a blue
_CHINESE = {
    "黑": "black", "白": "white", "灰": "gray", "银": "gray", "红": "red", "绯": "red", "粉": "red", "橙": "orange",
    "橘": "orange", "黄": "yellow", "金": "yellow", "绿": "green", "青": "green", "蓝": "blue", "靛": "blue",
    "紫": "purple", "棕": "brown", "褐": "brown", "咖": "brown", "驼": "brown", "卡其": "brown", "米": "brown",
    "杏": "brown",
}  # fmt: skip
_ENGLISH = {
    "grey": "gray", "silver": "gray", "charcoal": "gray", "navy": "blue", "azure": "blue", "teal": "green",
    "olive": "green", "mint": "green", "lime": "green", "coral": "orange", "violet": "purple", "lavender": "purple",
    "burgundy": "red", "maroon": "red", "crimson": "red", "rose": "red", "pink": "red", "ivory": "white",
    "cream": "white", "gold": "yellow", "mustard": "yellow", "tan": "brown", "camel": "brown", "khaki": "brown",
    "beige": "brown",
} | {base: base for base in _CHINESE.values()}  # fmt: skip

# base colours that people call by each other's name: a dark blue is a black, a heather blue a grey
_NEIGHBOURS = [{"black", "blue"}, {"blue", "green"}, {"blue", "purple"}, {"gray", "blue"}, {"gray", "green"},
               {"gray", "black"}, {"gray", "white"}, {"red", "orange"}, {"red", "purple"}, {"orange", "yellow"},
               {"orange", "brown"}, {"yellow", "green"}]  # fmt: skip


def are_neighbours(base: str | None, other: str | None) -> bool:
    return {base, other} in _NEIGHBOURS


def base_colour(name: str) -> str | None:
    """The base colour that `name` ends on.

    >>> base_colour("藏青色"), base_colour("经典蓝"), base_colour("navy"), base_colour("条纹")
    ('blue', 'blue', 'blue', None)
    """
    known = next((n.base for n in palette().names if name.strip().lower() in (n.zh, n.en.lower())), None)
    if known:
        return known
    hits = [(name.rfind(word), base) for word, base in _CHINESE.items() if word in name]
    if hits:
        return max(hits)[1]
    words = [_ENGLISH[word] for word in re.findall(r"[a-z]+", name.lower()) if word in _ENGLISH]
    return words[-1] if words else None


@cache
def base_names() -> Mapping[str, str]:
    """Base colours, and how they are called in Chinese."""
    return {name.base: name.zh for name in palette().names if name.en == name.base}


def palette_rows(said: str) -> set[int]:
    """Rows of the palette that `said` may mean: the very name, else all names of every base colour it speaks of.

    >>> len(palette_rows("红")) > 3, palette_rows("条纹"), len(palette_rows("黑白拼色"))
    (True, set(), 3)
    """
    names = palette().names
    key = said.strip().lower()
    exact = {row for row, name in enumerate(names) if key in (name.zh, name.zh.removesuffix("色"), name.en)}
    if exact and key not in _ENGLISH and key.removesuffix("色") not in _CHINESE:
        return exact
    bases = {base for word, base in _CHINESE.items() if word in key}
    bases |= {_ENGLISH[word] for word in re.findall(r"[a-z]+", key) if word in _ENGLISH}
    return {row for row, name in enumerate(names) if name.base in bases}
