"""The brands and places that a catalogue knows, so that a sentence may name them.

Enters: the database. Leaves: names as they are written there. Does not know: items, sentences' other parts.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa

from tujian.catalogue.nouns import Also, Visibility
from tujian.catalogue.reading import may_see
from tujian.database import Database
from tujian.query import Understood, understand
from tujian.schema import counters, item_facts, item_values, items
from tujian.sentence import even
from tujian.taxonomy import Taxonomy

MOST_NAMES = 4_000  # of each
CATALOGUES_KEPT = 4  # by what may be seen of them
_NEAR = ("附近", "near ")  # places.py writes them for what is not far from a town


@dataclass(frozen=True, slots=True)
class Known:
    brands: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()

    def brand(self, said: str) -> str | None:
        """As the catalogue writes it, or None where it has no such brand."""
        return next((name for name in self.brands if even(name) == even(said)), None)

    def place(self, said: str) -> str | None:
        """As the catalogue writes it; 杭州市 is its 杭州. None where nothing is from there."""
        forms = {even(said), even(said).rstrip("市省县")}
        return next((name for name in self.places if even(name) in forms), None)


def known_names(database: Database, also: Also = ()) -> Known:
    """Brands, and every level of the places (杭州, 浙江, 中国), of items that who asks may see, MOST_NAMES each."""
    with database.read() as connection:
        change = connection.scalar(sa.select(counters.c.value).where(counters.c.name == "change"))
    return _known(database, frozenset(also), change)


@lru_cache(CATALOGUES_KEPT)
def _known(database: Database, also: frozenset[Visibility], _: int | None) -> Known:
    """Read once for each change of the catalogue."""
    with database.read() as connection:
        brands = _values(connection, "brand", also)
        places = [part for value in _values(connection, "place", also) for part in value.split(",")]
    return Known(frozenset(brands), frozenset(filter(None, map(_town, places))))


def understood_in(
    database: Database, sentence: str, today: dt.date, taxonomy: Taxonomy | None = None, also: Also = ()
) -> Understood:
    """`understand` with the names of a catalogue, and the categories that its items are sorted into."""
    if not any(c.isalnum() for c in sentence):
        return Understood()
    known = known_names(database, also)
    return understand(sentence, today=today, brands=known.brands, places=known.places, taxonomy=taxonomy)


def as_written(database: Database, field: str, texts: Sequence[str], also: Also = ()) -> dict[str, str]:
    """Facts as an item that who asks may see writes them: facts keep them folded."""
    if not texts:
        return {}
    one_each = (
        sa.select(item_facts.c.text, sa.func.min(item_facts.c.item_id).label("item_id"))
        .join(items, items.c.id == item_facts.c.item_id)
        .where(item_facts.c.name == field, item_facts.c.text.in_(texts), may_see(also))
        .group_by(item_facts.c.text)
        .subquery()
    )
    wanted = sa.select(one_each.c.text, item_values.c.value).where(
        item_values.c.item_id == one_each.c.item_id, item_values.c.field == field
    )
    with database.read() as connection:
        return {text: value for text, value in connection.execute(wanted) if isinstance(value, str)}


def _values(connection: sa.Connection, field: str, also: Also) -> list[str]:
    """The different values of a field as one of their items writes them: facts keep them folded, 杭州浙江中国."""
    different = (
        sa.select(sa.func.min(item_facts.c.item_id).label("item_id"))
        .join(items, items.c.id == item_facts.c.item_id)
        .where(item_facts.c.name == field, may_see(also))
        .group_by(item_facts.c.text)
        .limit(MOST_NAMES)
        .subquery()
    )
    rows = sa.select(item_values.c.value).where(
        item_values.c.item_id == different.c.item_id, item_values.c.field == field
    )
    return [value for value in connection.scalars(rows) if isinstance(value, str)]


def _town(name: str) -> str:
    return name.strip().removesuffix(_NEAR[0]).removeprefix(_NEAR[1])
