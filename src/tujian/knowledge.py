"""What names mean here: taxonomy, brands, synonyms, places; handed to whoever needs them, read again when changed."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tujian.category_list import FILES, load_categories
from tujian.errors import BadSettings
from tujian.learned_files import Named, load_all
from tujian.logs import note
from tujian.perception.labels import Guess, Labels
from tujian.places import Places
from tujian.rules.brands import Brands
from tujian.rules.controlled import Nearest, Synonyms
from tujian.taxonomy import Category, Taxonomy

OWN = ("brands.txt", "synonyms.txt")
LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Knowledge:
    taxonomy: Taxonomy
    brands: Brands
    synonyms: Synonyms
    nearest: Nearest | None = None
    places: Places = field(default_factory=Places)
    learned: tuple[Named, ...] = ()

    @classmethod
    def load(cls, home: Path | None = None, nearest: Nearest | None = None) -> "Knowledge":
        """The shipped names, with the user's `brands.txt` and `synonyms.txt` in `home` above them, what was learnt,
        and the user's `categories.tsv` or `.csv` in the place of the shipped list.

        `nearest` finds the value that means what a word means; without it only names and synonyms count.
        """
        own_brands, own_synonyms = (home / name if home else None for name in OWN)
        return cls(
            load_categories(home),
            Brands.load(own_brands),
            Synonyms.load(own_synonyms),
            nearest,
            learned=load_all(home) if home else (),
        )

    def guessed(self, labels: Labels) -> list[tuple[Category, Guess]]:
        """What the classifier's guesses are in this list of categories; those that it has no word for are left out."""
        found = [(self.taxonomy.meaning(guess.id), guess) for guess in labels.top3]
        return [(category, guess) for category, guess in found if category is not None]

    @property
    def version(self) -> str:
        """Identity of all names: part of what a stored answer depends on."""
        learned = "".join(f" {one.name} {one.version}" for one in self.learned)
        return f"{self.taxonomy.version} {self.brands.version} {self.synonyms.version}{learned}"


class Knowing:
    """The names of now: read again once somebody changed a file of the user's own, `tujian taxonomy import` say.

    A file that cannot be read changes nothing: what was known before stays, and the log says why.
    """

    def __init__(self, home: Path, nearest: Nearest, clock: Callable[[], float] = time.monotonic) -> None:
        self._home, self._nearest, self._clock = home, nearest, clock
        self._reading, self._looked_s = threading.Lock(), clock()
        self._stamps = _stamps(home)
        self._known = Knowledge.load(home, nearest)

    @property
    def now(self) -> Knowledge:
        """Looks at the files once a second at most: a few microseconds each."""
        if self._clock() - self._looked_s >= LOOK_EVERY_S and self._reading.acquire(blocking=False):
            try:
                self._looked_s, stamps = self._clock(), _stamps(self._home)
                if stamps != self._stamps:
                    self._stamps = stamps
                    self._known = Knowledge.load(self._home, self._nearest)
                    note("names_read", f"own names were read again: {self._known.version}")
            except BadSettings as error:
                note("names_unread", str(error), level=logging.WARNING)
            finally:
                self._reading.release()
        return self._known


def _stamps(home: Path) -> tuple[tuple[int, int, int] | None, ...]:
    """What changes when a file does; None where there is none."""
    found: list[tuple[int, int, int] | None] = []
    for name in (*FILES, *OWN):
        try:
            facts = (home / name).stat()
            found.append((facts.st_mtime_ns, facts.st_size, facts.st_ino))
        except OSError:
            found.append(None)
    return tuple(found)
