"""What somebody looks for, as they say it: a sentence, pictures, filters; the same from every edge.

Enters: the parts of a search, today's date. Leaves: how the sentence was understood, what was found.
Does not know: HTTP, pages, printing.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tujian.catalogue.nouns import Also
from tujian.familiar import understood_in
from tujian.filters import Filter
from tujian.finding import Found, Query, Search
from tujian.house import House, Shot
from tujian.query import Understood


@dataclass(frozen=True, slots=True)
class Sought:
    """`dropped` are parts of the sentence that shall be no filters; a `is_plain` text is words only."""

    text: str = ""
    shots: Sequence[Shot] = ()
    filters: Sequence[Filter] = ()
    strictness: float = 0.5
    limit: int = 30
    after: str = ""
    also: Also = ()
    dropped: Sequence[str] = ()
    is_plain: bool = False

    @property
    def is_nothing(self) -> bool:
        return not self.text.strip() and not self.shots and not self.filters


def understood(house: House, sought: Sought, today: dt.date) -> Understood:
    """How the sentence is meant, before anything of it is dropped. Raises StoreFailed."""
    if sought.is_plain:
        return Understood(words=sought.text)
    return understood_in(house.database, sought.text, today, house.knowledge.taxonomy, sought.also)


def seek(house: House, search: Search, sought: Sought, read: Understood) -> Found:
    """Hits. Raises BadInput, UnreadablePicture and what else `House.look` raises, StoreFailed."""
    parts = [sought.text[chip.start : chip.end] for chip in read.chips]
    meant = tuple(one for one, part in zip(read.filters, parts, strict=True) if part not in sought.dropped)
    words = read.words if read.words or meant else sought.text  # all that was said is dropped: then it was words
    looks = tuple(house.look(shot, "normal").percepts.picture_vector.astype(np.float32) for shot in sought.shots)
    query = Query(
        words, tuple(sought.filters), meant, looks, sought.strictness, sought.limit, sought.after, tuple(sought.also)
    )
    found = search.find(query, house.perception.versions["category"] if looks else "")
    return found if sought.is_plain else found.model_copy(update={"understood": read})
