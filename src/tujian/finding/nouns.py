"""What is asked of a search, and what it answers."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from tujian.catalogue.nouns import Also, ItemHead
from tujian.filters import Filter
from tujian.query import Understood
from tujian.records import Strict

Way = Literal["words", "meaning", "looks"]
Meaning = Literal["ready", "rebuilding", "away"]
WAYS: tuple[Way, ...] = ("words", "meaning", "looks")


@dataclass(frozen=True, slots=True)
class Query:
    """`text` by words and meaning; `looks` are unit vectors of pictures; `strictness` 0-1: below it nothing counts."""

    text: str = ""
    filters: tuple[Filter, ...] = ()
    meant: tuple[Filter, ...] = ()  # what a sentence was understood as: unlike `filters`, spares what is not known
    looks: tuple[npt.NDArray[np.float32], ...] = ()
    strictness: float = 0.5
    limit: int = 30
    after: str = ""
    also: Also = field(default=())
    ways: tuple[Way, ...] = WAYS
    without: tuple[str, ...] = ()  # ids of items that are no hits


class Hit(Strict):
    item: ItemHead
    score: float = Field(description="0-1: the strongest of its reasons")
    why: dict[str, float] = Field(description="words, meaning, looks: how well each fits, 0-1")


class Facet(Strict):
    value: str
    name: str
    count: int


class Found(Strict):
    """Hits, the best first; none when nothing fits well enough."""

    hits: list[Hit]
    facets: dict[str, list[Facet]]
    total: int = Field(description="hits in all, as far as they were ranked; of a filtered list 1,000 at most")
    next: str | None = None
    meaning: Meaning = Field(
        default="ready",
        description="rebuilding: the embedder was changed, so words and looks alone found; away: its server is down",
    )
    understood: Understood | None = Field(default=None, description="what of the text became filters")
