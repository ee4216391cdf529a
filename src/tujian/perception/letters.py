"""A line that was cut out becomes letters: PP-OCRv6 small's recogniser, and how sure it is of each.

Enters: a line as (48, w, 3) BGR. Leaves: Letters. Does not know: where the line stood or which way it was turned.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tujian.perception.text_regions import Pixels

HEIGHT_PX = 48  # what the network was trained on
LEAST_WIDTH_PX = 96
MOST_WIDTH_PX = 48 * 80  # a line of eighty squares; longer ones are squeezed into it

EMPTY = 0.5  # letters per square, below it a line has holes; wide-set Latin has .8 and more
HOLES_SURE = 0.9  # from here on even a line with holes is what it says: wide-set capitals
GREEK_WORD = re.compile(r"[α-ω]{3}")  # no accents in the network's list (scripts.py): hardly such a word is whole

Network = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Letters:
    """What stands on a line. `sure` 0..1 is per letter of `text`."""

    text: str = ""
    sure: tuple[float, ...] = ()
    squares: float = 0.0  # length of the line in heights: a Chinese character is about one

    @property
    def confidence(self) -> float:
        """Mean over the letters; 0 where there are none, however surely the network saw nothing."""
        return sum(self.sure) / len(self.sure) if any(c.isalnum() for c in self.text) else 0.0

    @property
    def fill(self) -> float:
        """Letters read per square. Chinese has about one, Latin two; a script that is not known leaves gaps."""
        return sum(not c.isspace() for c in self.text) / self.squares if self.squares else 0.0

    @property
    def has_holes(self) -> bool:
        """Whether the line stays empty where text was found, or its words have lost their accented letters."""
        is_empty = self.confidence < HOLES_SURE and (self.fill < EMPTY or "  " in self.text)
        return is_empty or GREEK_WORD.search(self.text) is not None

    def part(self, start: int, end: int) -> "Letters":
        """The letters from `start` to `end` of the text; the line stays as long as it was."""
        cut = slice(start, end)
        return Letters(self.text[cut], self.sure[cut], self.squares)


class LetterReader:
    """The recogniser. `characters` are the network's classes in order: blank, the list, the space."""

    def __init__(self, network: Network, characters: Sequence[str]) -> None:
        self._network, self._characters = network, characters

    def read(self, line: Pixels) -> Letters:
        """The letters of a (48, w, 3) line; classes that repeat are one letter (CTC, Graves et al., ICML 2006)."""
        width = line.shape[1]
        blob = np.zeros((1, 3, HEIGHT_PX, max(width, LEAST_WIDTH_PX)), np.float32)
        blob[0, :, :, :width] = (line.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)
        answers = np.asarray(self._network(blob))[0]
        best = answers.argmax(axis=1)
        begins = np.flatnonzero((best != 0) & np.concatenate(([True], best[1:] != best[:-1])))
        letters = "".join(self._characters[int(best[place])] for place in begins)
        kept = slice(len(letters) - len(letters.lstrip()), len(letters.rstrip()))
        sure = tuple(round(float(answers[place, best[place]]), 4) for place in begins)
        return Letters(letters[kept], sure[kept], width / HEIGHT_PX)
