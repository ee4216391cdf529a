"""What values a field has over all items, and several of them made one. req: B11, C4

Enters: a field, values as they stand, the value that they become. Leaves: counts, and items with a new version and a
line of history each: an act of a person on every item, which `undo` takes back on that item as any other. Does not
know: which values mean the same; a person says so.
"""

from collections import Counter
from collections.abc import Collection, Iterable

import sqlalchemy as sa

from tujian.catalogue.changing import By, Move, apply, by_person, lock_item, title_of, values_of, with_moves, write_down
from tujian.catalogue.indexing import fact_text
from tujian.catalogue.nouns import Also, ValueCount
from tujian.catalogue.reading import may_see
from tujian.database import Database
from tujian.records import FieldValue
from tujian.schema import item_facts, item_values, items

AT_ONCE = 100  # items a transaction: others write in between
MOST_COUNTED = 10_000  # distinct values told


def count_values(connection: sa.Connection, field: str, also: Also) -> list[ValueCount]:
    """Every value of a field and how many items have it, the most first; a list counts with each of its words."""
    wanted = (
        sa.select(item_values.c.value)
        .join_from(item_values, items, items.c.id == item_values.c.item_id)
        .where(item_values.c.field == field, may_see(also))
    )
    counts = Counter(word for value in connection.scalars(wanted) for word in set(_words(value)))
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [ValueCount(value=word, count=count) for word, count in ranked[:MOST_COUNTED]]


def having(
    connection: sa.Connection, field: str, values: Collection[str], also: Also, among: Collection[str] | None = None
) -> list[str]:
    """Items (all, or those of `among`) that have one of the values, spelled exactly so, the oldest first."""
    facts = {fact_text(value) for value in values}
    may_have = sa.exists().where(
        item_facts.c.item_id == items.c.id, item_facts.c.name == field, item_facts.c.text.in_(facts)
    )
    wanted = (
        sa.select(items.c.id, item_values.c.value)
        .join_from(items, item_values, items.c.id == item_values.c.item_id)
        .where(item_values.c.field == field, may_see(also), may_have)
        .order_by(items.c.made_at, items.c.id)
    )
    if among is not None:
        wanted = wanted.where(items.c.id.in_(among))
    return [row.id for row in connection.execute(wanted) if set(_words(row.value)) & set(values)]


def merge_on(
    connection: sa.Connection,
    database: Database,
    item_id: str,
    field: str,
    values: Collection[str],
    into: FieldValue,
    by: By,
    also: Also,
) -> bool:
    """The item's value becomes `into` where it is one of `values`; says whether it still was. Raises NotFound."""
    item = lock_item(connection, item_id, by, also)
    before = values_of(connection, item_id)
    held = before.get(field)
    if held is None or not set(_words(held.value)) & set(values):
        return False  # somebody changed it meanwhile
    moves = [Move(field, held, by_person(_merged(held.value, values, into), held.unit, by.who))]
    write_down(connection, by, "merge", item_id, field=field, into=into)
    apply(connection, database, item_id, by, moves, title=title_of(with_moves(before, moves), item["title"]))
    return True


def _merged(value: FieldValue, values: Collection[str], into: FieldValue) -> FieldValue:
    if not isinstance(value, list):
        return into
    return list(dict.fromkeys(str(into) if word in values else word for word in value))


def _words(value: object) -> Iterable[str]:
    if value is None:
        return ()
    return map(str, value) if isinstance(value, list) else (str(value),)
