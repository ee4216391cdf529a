"""What names mean here: taxonomy, brands, synonyms, places; loaded once and handed to whoever needs them."""

from dataclasses import dataclass, field
from pathlib import Path

from tujian.places import Places
from tujian.rules.brands import Brands
from tujian.rules.controlled import Nearest, Synonyms
from tujian.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Knowledge:
    taxonomy: Taxonomy
    brands: Brands
    synonyms: Synonyms
    nearest: Nearest | None = None
    places: Places = field(default_factory=Places)

    @classmethod
    def load(cls, home: Path | None = None, nearest: Nearest | None = None) -> "Knowledge":
        """The shipped names, with the user's `brands.txt` and `synonyms.txt` in `home` above them.

        `nearest` finds the value that means what a word means; without it only names and synonyms count.
        """
        own_brands, own_synonyms = (home / name if home else None for name in ("brands.txt", "synonyms.txt"))
        return cls(Taxonomy.load(None), Brands.load(own_brands), Synonyms.load(own_synonyms), nearest)

    @property
    def version(self) -> str:
        """Identity of all names: part of what a stored answer depends on."""
        return f"{self.taxonomy.version} {self.brands.version} {self.synonyms.version}"
