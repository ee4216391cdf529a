"""What somebody looks for, as they say it: a sentence, pictures, filters; the same from every edge.

Enters: the parts of a search, today's date. Leaves: how the sentence was understood, what was found.
Does not know: HTTP, pages, printing.
"""

import datetime as dt
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from tujian.catalogue import Catalogue
from tujian.catalogue.nouns import Also
from tujian.errors import Lang
from tujian.familiar import known_names, understood_in
from tujian.filters import Filter
from tujian.finding import Found, Query, Search
from tujian.finding.meanings import Vector
from tujian.house import House
from tujian.likeness import look_of_item, parse_region
from tujian.proposing import Ground, Proposal, propose
from tujian.query import Understood
from tujian.saved_searches import Question


@dataclass(frozen=True, slots=True)
class Sought:
    """`looks` are of pictures, their regions or an item (`likeness.py`). `filters` take the place of what the sentence
    says of their fields. `dropped` are parts of the sentence that shall be no filters; a `is_plain` text is words only;
    items `without` are no hits."""

    text: str = ""
    looks: Sequence[Vector] = ()
    filters: Sequence[Filter] = ()
    strictness: float = 0.5
    limit: int = 30
    after: str = ""
    also: Also = ()
    dropped: Sequence[str] = ()
    is_plain: bool = False
    without: Sequence[str] = ()

    @property
    def is_nothing(self) -> bool:
        return not self.text.strip() and not self.looks and not self.filters


def sought_of(
    house: House,
    catalogue: Catalogue,
    asked: Question,
    *,
    looks: Sequence[Vector] = (),
    limit: int = 30,
    after: str = "",
    also: Also = (),
) -> Sought:
    """A question as pages and saved searches have it. Raises NotFound for its item, and as `look_of_item`."""
    without: tuple[str, ...] = ()
    if asked.like:
        item = catalogue.get(asked.like, also=also)
        part = parse_region(asked.region)
        looks, without = (*looks, look_of_item(house, catalogue, item, asked.picture, part)), (item.id,)
    return Sought(
        asked.text, looks, asked.read, asked.strictness, limit, after, also, asked.dropped, asked.plain, without
    )


def understood(house: House, sought: Sought, today: dt.date) -> Understood:
    """How the sentence is meant, before anything of it is dropped. Raises StoreFailed."""
    if sought.is_plain:
        return Understood(words=sought.text)
    return understood_in(house.database, sought.text, today, house.knowledge.taxonomy, sought.also)


def proposals_for(
    house: House,
    sought: Sought,
    read: Understood,
    today: dt.date,
    lang: Lang,
    stopped: threading.Event | None = None,
) -> list[Proposal]:
    """What the attached model reads in the sentence besides. Raises NoEngine, EngineError, Busy, StoreFailed."""
    ground = Ground(house.knowledge.taxonomy, known_names(house.database, sought.also))
    return propose(sought.text, read, ground, today, lang, partial(house.ask, stopped=stopped))


def seek(house: House, search: Search, sought: Sought, read: Understood) -> Found:
    """Hits. Raises BadInput, StoreFailed."""
    parts = [sought.text[chip.start : chip.end] for chip in read.chips]
    said = {one.field for one in sought.filters}
    kept = [one for one, part in zip(read.filters, parts, strict=True) if part not in sought.dropped]
    meant = tuple(one for one in kept if one.field not in said)
    words = read.words if read.words or kept else sought.text  # all that was said is dropped: then it was words
    query = Query(
        words,
        tuple(sought.filters),
        meant,
        tuple(sought.looks),
        sought.strictness,
        sought.limit,
        sought.after,
        tuple(sought.also),
        without=tuple(sought.without),
    )
    found = search.find(query, house.perception.versions["category"] if sought.looks else "")
    return found if sought.is_plain else found.model_copy(update={"understood": read})
