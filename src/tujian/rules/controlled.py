"""A model's word as one of a field's controlled values: itself, a synonym, or what clearly means the same. req: C4

Enters: a word and the values allowed. Leaves: the value and how it was found; None keeps the word as it is.
Does not know: who said the word, what becomes of one that fits nowhere (`reconcile.py` shows it as not controlled).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from tujian.errors import BadSettings
from tujian.folding import fold
from tujian.settings import read_own
from tujian.tasks import Words

How = Literal["exact", "synonym", "meaning"]
Nearest = Callable[[str, Sequence[str]], str | None]
"""The value that means nearly the same as a word, or None when none clearly does."""


@dataclass(frozen=True, slots=True)
class Mapped:
    value: str
    how: How


class Synonyms:
    """Other words for values, from `data/words/synonyms.txt` and a file of the user's. Raises BadSettings."""

    def __init__(self, lines: Sequence[str], name: str) -> None:
        self._value_of: dict[str, str] = {}
        self.version = f"synonyms {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:12]}"
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            value, colon, words = line.partition(":")
            if not colon:
                raise _malformed(name, number)
            for word in filter(fold, words.split(",")):
                self._value_of.setdefault(fold(word), fold(value))

    @classmethod
    def load(cls, own: Path | None = None) -> "Synonyms":
        shipped = files("tujian").joinpath("data/words/synonyms.txt").read_text("utf-8").splitlines()
        return cls([*(read_own(own).splitlines() if own else ()), *shipped], own.name if own else "synonyms.txt")

    def value_of(self, word: str) -> str | None:
        """The value, folded, that `word` is another word for."""
        return self._value_of.get(fold(word))


def map_value(word: str, values: Sequence[Words], synonyms: Synonyms, nearest: Nearest | None = None) -> Mapped | None:
    """The controlled value that `word` stands for, in the word's own language where both fit.

    >>> one = [Words(zh="连帽", en="hooded")]
    >>> map_value("Hoodie", one, Synonyms(["hooded: hoodie"], "doctest"))
    Mapped(value='hooded', how='synonym')
    """
    by_key = {fold(name): name for words in values for name in (words.zh, words.en)}
    if fold(word) in by_key:
        return Mapped(by_key[fold(word)], "exact")
    synonym = synonyms.value_of(word)
    if synonym in by_key:
        return Mapped(by_key[synonym], "synonym")
    is_chinese = any("\u4e00" <= c <= "\u9fff" for c in word)
    near = nearest(word, [words.zh if is_chinese else words.en for words in values]) if nearest else None
    return Mapped(near, "meaning") if near else None


def _malformed(name: str, number: int) -> BadSettings:
    return BadSettings(
        zh=(f"{name} 第 {number} 行没有冒号。", "每行写成“值: 别的说法, 别的说法”。"),
        en=(f"{name}, line {number}: no colon.", "Write 'value: word, word' on each line."),
    )
