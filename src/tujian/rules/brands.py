"""Brands that are known by name and stand on the picture, and those that the pack itself calls its brand.

Enters: lines, and `data/words/brands.txt` with the user's own `TUJIAN_HOME/brands.txt` above it.
Leaves: readings for known names, for what stands behind 品牌 or Brand, and for large lettering with ® or ™; for packs
of unknown brands the largest lettering as a mere candidate.
Does not know: logos without letters.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from tujian.folding import fold
from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.labels import labelled
from tujian.rules.layout import below, letter_height
from tujian.settings import read_own

SHORTEST = 3  # folded letters; shorter names are only taken when they are the whole line
SHORTEST_MENDED = 5  # letters from which digits may be read as the letters they look like
STACKED_SHARE = 0.9  # a name put together from lines above each other
MENDED_SHARE = 0.8  # a name read with digits for letters
LONGEST_SHORT = 16  # letters of a line that a name of two characters may open
LARGE = 0.45  # of the tallest letters: ® also stands behind cultures and cartons in the small print
LONGEST_NAME = 30
LONGEST_LINE = 400  # characters of one line looked at
LEAST_STACKED = 6  # letters of a name that is put together: shorter pieces meet by chance
MOST_STACKED = 3  # lines over which a short name is broken
LOOKALIKES = str.maketrans({"0": "o", "1": "l", "5": "s", "8": "b", "9": "g", "|": "l", "$": "s", "i": "l"})
_MARKED = re.compile(r"(?P<name>[^®™©]{2,30}?)\s?[®™]")


class Brands:
    """Known names, folded for comparison."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_key: dict[str, str] = {}
        self._ordinary: set[str] = set()
        for name in names:
            spellings = [part.strip() for part in name.split("|") if fold(part)]
            if not spellings:  # "=" or "|" alone: a name without letters would stand on every line
                continue
            first = spellings[0].lstrip("=")
            self._by_key |= {fold(spelling): first for spelling in spellings}
            self._ordinary |= {fold(spelling) for spelling in spellings if spelling.startswith("=")}
        plain = [spelling for spelling in self._by_key if spelling not in self._ordinary]
        self._chinese = [spelling for spelling in plain if _is_chinese(spelling)]
        self._latin = {s for s in plain if not _is_chinese(s) and len(s) >= SHORTEST}
        self._shapes = {_shape(s): s for s in sorted(self._latin) if len(s) >= SHORTEST_MENDED}
        self._openings = frozenset(s[:n] for s in self._by_key if len(s) >= LEAST_STACKED for n in range(2, len(s)))
        self.version = hashlib.sha256(repr(self._by_key).encode()).hexdigest()[:12]

    @classmethod
    def load(cls, own: Path | None = None) -> "Brands":
        """The shipped list and the user's.

        One brand a line, other spellings behind `|`; `=` before a spelling that is also an ordinary word: it counts
        only where it fills its line. `#` opens a comment.
        """
        text = files("tujian").joinpath("data/words/brands.txt").read_text("utf-8")
        text += "\n" + (read_own(own) if own else "")
        return cls(line for line in text.splitlines() if line.strip() and not line.startswith("#"))

    def find(self, lines: Sequence[TextLine]) -> list[Reading]:
        """Brands on the picture: those that it calls so, then known ones, large and repeated ones first."""
        known = [reading for line in lines for reading in self._in_line(line)]
        known = known or [reading for line in lines for reading in self._stacked(line, lines)]
        called = [replace(one, value=self._name(one.value), key=self.key_of(str(one.value))) for one in said(lines)]
        return called + _by_prominence(known)

    def key_of(self, name: str) -> str:
        """The comparable form: every spelling of a known brand has the same."""
        return fold(self._by_key.get(fold(name), name))

    def _in_line(self, line: TextLine) -> list[Reading]:
        hits = {self._by_key[spelling]: 1.0 for spelling in self._spellings_in(line.text)}
        if not hits:
            hits = {self._by_key[spelling]: MENDED_SHARE for spelling in self._misread_in(line.text)}
        return [
            Reading(name, fold(name), line, line.text, "brand-list/2", share=share)
            for name, share in sorted(hits.items())
        ]

    def _stacked(self, line: TextLine, lines: Sequence[TextLine]) -> Iterator[Reading]:
        """A name broken over lines above each other: GOD / MOR / GON."""
        stack = [line]
        while len(stack) < MOST_STACKED and fold("".join(one.text for one in stack)) in self._openings:
            under = below(stack[-1], lines)
            if under is None or any(under is one for one in stack):
                return
            stack.append(under)
            name = self._by_key.get(fold("".join(one.text for one in stack)))
            if name is not None:
                quote = " ".join(one.text for one in stack)
                yield Reading(name, fold(name), line, quote, "brand-list/2", share=STACKED_SHARE, more=tuple(stack[1:]))

    def _name(self, name: str | list[str]) -> str:
        """A known brand under its first name, another as it is printed."""
        return self._by_key.get(fold(str(name)), str(name))

    def _spellings_in(self, text: str) -> Iterator[str]:
        """Spellings that are the line, one of its words, or, in Chinese, a part of it: short ones its beginning."""
        key = fold(text)
        if key in self._by_key:
            yield key
        yield from self._latin.intersection(_runs(text))
        for spelling in self._chinese:
            opens = key.startswith(spelling) and len(key) <= LONGEST_SHORT  # 三星电视, but not 三星堆の文化財…
            if spelling in key and (len(spelling) >= SHORTEST or opens):
                yield spelling

    def _misread_in(self, text: str) -> Iterator[str]:
        """Latin spellings among the words with digits for letters: YO991."""
        for run in _runs(text):
            if len(run) >= SHORTEST_MENDED and any(c.isdigit() for c in run) and not run.isdigit():
                spelling = self._shapes.get(_shape(run))
                if spelling is not None and sum(a.isdigit() != b.isdigit() for a, b in zip(run, spelling, strict=True)):
                    yield spelling


def _by_prominence(known: Sequence[Reading]) -> list[Reading]:
    """The largest and most repeated name first; the others keep less of their confidence."""
    times = Counter(reading.key for reading in known)
    weights = {id(one): letter_height(one.line) * times[one.key] for one in known}
    most = max(weights.values(), default=1.0)
    found = sorted(known, key=lambda one: -weights[id(one)])
    return [replace(one, share=one.share * (0.5 + 0.5 * weights[id(one)] / most)) for one in found]


def said(lines: Sequence[TextLine]) -> list[Reading]:
    """What the pack calls its brand: behind a label, or large with ® or ™ beside it."""
    named = [
        Reading(one.value, fold(one.value), one.line, one.line.text, "brand-label/1")
        for one in labelled("brand", lines)
        if 1 < len(one.value) <= LONGEST_NAME and any(c.isalpha() for c in one.value)
    ]
    tallest = max((letter_height(line) for line in lines), default=0.0)
    marked = [(line, match) for line in lines if (match := _MARKED.match(line.text[: LONGEST_NAME + 10]))]
    return named + [
        Reading(match["name"].strip(), fold(match["name"]), line, line.text, "brand-mark/1")
        for line, match in marked
        if letter_height(line) >= LARGE * tallest and sum(c.isalpha() for c in match["name"]) >= 2
    ]


def largest_lettering(lines: Sequence[TextLine]) -> TextLine | None:
    """The line in the largest letters that could be a name; None when there is none."""
    names = [line for line in lines if sum(c.isalpha() for c in line.text) >= 3 and line.confidence >= 0.8]
    return max(names, key=letter_height, default=None)


def _shape(word: str) -> str:
    """The word as it looks: digits as the letters they resemble, letters without their marks."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    return bare.translate(LOOKALIKES)


def _runs(text: str) -> list[str]:
    """Folded words and pairs and triples of neighbouring words."""
    words = [fold(word) for word in text[:LONGEST_LINE].replace("-", " ").split()]
    return ["".join(words[i : i + n]) for n in (1, 2, 3) for i in range(len(words) - n + 1)]


def _is_chinese(text: str) -> bool:
    return all("\u4e00" <= c <= "\u9fff" for c in text)
