"""Which fields a question asks for: 多少钱 is the price.

Enters: the words of a question. Leaves: names of fields, of `data/words/aspects.txt`. Does not know: items.
"""

from collections.abc import Iterable
from functools import cache
from importlib import resources


def fields_asked(words: Iterable[str]) -> list[str]:
    """Names of the fields that the words ask for, each once.

    >>> fields_asked(["牛奶", "价格"])
    ['price']
    """
    return list(dict.fromkeys(name for word in words for name in _fields().get(word, ())))


@cache
def _fields() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in (resources.files("tujian") / "data/words/aspects.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            fields, words = line.split(":")
            for word in words.split():
                found[word] = (*found.get(word, ()), *fields.split(","))
    return found
