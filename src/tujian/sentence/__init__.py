"""A sentence's parts: times, prices, people, colours, things, names. Each module finds one sort of part.

Enters: a sentence made even (`even`): simplified, lower case, half width, every character at its place. Leaves: Marks.
Does not know: which of two marks that overlap wins (`query.py`).
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tujian.filters import Filter
from tujian.folding import unify

LATIN_AHEAD, LATIN_BEHIND = r"(?<![a-z0-9])", r"(?![a-z0-9])"


@dataclass(frozen=True, slots=True)
class Mark:
    """What the characters from `start` to `end` ask for, read aloud in both languages. `stays`: it also stays a word;
    `also` are words to look for besides. Without a filter it only keeps others from reading it."""

    start: int
    end: int
    filter: Filter | None = None
    zh: str = ""
    en: str = ""
    stays: bool = False
    also: str = ""


@cache
def wording() -> dict[str, Any]:
    """`data/words/query.toml`."""
    return tomllib.loads(files("tujian").joinpath("data/words/query.toml").read_text("utf-8"))


def even(sentence: str) -> str:
    """The sentence in the form that is read; as long as it was.

    >>> even("２００元以下的紅色 DRESS")
    '200元以下的红色 dress'
    """
    return "".join(_one(c) for c in sentence)


def any_of(words: Iterable[str]) -> str:
    """A pattern for one of these words, longest first; Latin ones whole.

    >>> re.findall(any_of(["red", "红"]), "reduced red 红")
    ['red', '红']
    """
    ordered = sorted(words, key=len, reverse=True)
    return "(?:" + "|".join(map(_whole, ordered)) + ")"


def whole_words() -> Iterator[re.Pattern[str]]:
    """Words that stay as they are written."""
    words, but = wording()["whole"], wording()["whole_but"]
    but = "".join(f"(?!{re.escape(one)})" for one in but)
    yield re.compile(rf"(?<!品牌){but}{any_of(words)}(?!品?牌(?![子照匾]))")  # 小米牌 is no grain


def _whole(word: str) -> str:
    ahead = LATIN_AHEAD if word[0].isascii() and word[0].isalnum() else ""
    behind = LATIN_BEHIND if word[-1].isascii() and word[-1].isalnum() else ""
    return ahead + re.escape(word).replace(r"\ ", r"\s{1,3}") + behind


def _one(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    unified = unify(character)
    return unified if len(unified) == 1 else character
