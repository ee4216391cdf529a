"""What goods are called besides: a name in a text is followed by the other names of the same thing, in both languages.

Enters: text. Leaves: names of `data/words/goods.txt`. Does not know: items, searches.
"""

import re
from functools import cache
from importlib import resources

from tujian.folding import unify


def also_called(text: str) -> list[str]:
    """All names of the things that a text names, each once; of names that overlap the longest counts.

    >>> also_called("水晶红酒杯")
    ['酒杯', '红酒杯', 'wine glass']
    """
    pattern, groups = _names()
    return list(dict.fromkeys(name for found in pattern.findall(unify(text)) for name in groups[found]))


@cache
def _names() -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    groups: dict[str, tuple[str, ...]] = {}
    for line in (resources.files("tujian") / "data/words/goods.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            names = tuple(line.split(","))
            for name in names:
                known = unify(name)
                groups[known] = (*groups.get(known, ()), *names)
    by_length = sorted(groups, key=len, reverse=True)
    pattern = "|".join(rf"\b{re.escape(name)}\b" if name.isascii() else re.escape(name) for name in by_length)
    return re.compile(pattern), groups
