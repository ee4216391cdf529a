"""What names mean here: the taxonomy and the brands, loaded once and handed to whoever needs them."""

from dataclasses import dataclass
from pathlib import Path

from tujian.rules.brands import Brands
from tujian.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Knowledge:
    taxonomy: Taxonomy
    brands: Brands

    @classmethod
    def load(cls, home: Path | None = None) -> "Knowledge":
        """The shipped names, with the user's `brands.txt` in `home` above them."""
        return cls(Taxonomy.load(None), Brands.load(home / "brands.txt" if home else None))

    @property
    def version(self) -> str:
        """Identity of all names: part of what a stored answer depends on."""
        return f"{self.taxonomy.version} {self.brands.version}"
