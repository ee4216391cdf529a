"""Brands that are known by name and stand on the picture.

Enters: lines, and `data/words/brands.txt` with the user's own `TUJIAN_HOME/brands.txt` above it.
Leaves: readings for known names; for packs of unknown brands the largest lettering as a mere candidate.
Does not know: logos without letters.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from tujian.folding import fold
from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.settings import read_own

SHORTEST = 3  # folded letters; shorter names are only taken when they are the whole line


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
        """Known brands on the picture, the one in the largest letters first."""
        found = [reading for line in lines for reading in self._in_line(line)]
        return sorted(found, key=lambda reading: -letter_height(reading.line))

    def key_of(self, name: str) -> str:
        """The comparable form: every spelling of a known brand has the same."""
        return fold(self._by_key.get(fold(name), name))

    def _in_line(self, line: TextLine) -> list[Reading]:
        hits = {self._by_key[spelling] for spelling in self._spellings_in(line.text)}
        return [Reading(name, fold(name), line, line.text, "brand-list/1") for name in sorted(hits)]

    def _spellings_in(self, text: str) -> Iterator[str]:
        """Spellings that are the line, one of its words, or, in Chinese, a part of it: short ones its beginning."""
        key = fold(text)
        if key in self._by_key:
            yield key
        yield from self._latin.intersection(_runs(text))
        for spelling in self._chinese:
            if spelling in key and (len(spelling) >= SHORTEST or key.startswith(spelling)):
                yield spelling


def letter_height(line: TextLine) -> float:
    """Height of the letters in pixels of the original: the quad's side that runs across the line."""
    (x1, y1), (x4, y4) = line.quad_px[0], line.quad_px[3]
    return ((x1 - x4) ** 2 + (y1 - y4) ** 2) ** 0.5


def largest_lettering(lines: Sequence[TextLine]) -> TextLine | None:
    """The line in the largest letters that could be a name; None when there is none."""
    names = [line for line in lines if sum(c.isalpha() for c in line.text) >= 3 and line.confidence >= 0.8]
    return max(names, key=letter_height, default=None)


def _runs(text: str) -> list[str]:
    """Folded words and pairs and triples of neighbouring words."""
    words = [fold(word) for word in text.replace("-", " ").split()]
    return ["".join(words[i : i + n]) for n in (1, 2, 3) for i in range(len(words) - n + 1)]


def _is_chinese(text: str) -> bool:
    return all("\u4e00" <= c <= "\u9fff" for c in text)
