"""What names mean here: taxonomy, brands, synonyms, places; loaded once and handed to whoever needs them."""

from dataclasses import dataclass, field
from pathlib import Path

from tujian.category_list import load_categories
from tujian.learned_files import Named, load_all
from tujian.perception.labels import Guess, Labels
from tujian.places import Places
from tujian.rules.brands import Brands
from tujian.rules.controlled import Nearest, Synonyms
from tujian.taxonomy import Category, Taxonomy


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
        own_brands, own_synonyms = (home / name if home else None for name in ("brands.txt", "synonyms.txt"))
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
