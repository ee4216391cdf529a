"""What values a field has over all items, and several of them made one. req: B11, C4

Enters: a field, values as they stand, the value that they become. Leaves: counts, and items with a new version and a
line of history each: an act of a person on every item, which `undo` takes back on that item as any other, and `unmerge`
on all. Does not know: which values mean the same; a person says so.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

import sqlalchemy as sa

from tujian.catalogue.changing import (
    PERSON,
    By,
    Move,
    apply,
    by_person,
    latest_records,
    lock_item,
    lock_items,
    strongest,
    title_of,
    values_of,
    with_moves,
    write_down,
)
from tujian.catalogue.editing import stood_before
from tujian.catalogue.indexing import fact_text
from tujian.catalogue.nouns import MOST_LISTED, Also, Merged, Unmerged, ValueCount, no_such_merge
from tujian.catalogue.reading import may_see
from tujian.catalogue.reviewing import drop_concerns, keep_concerns
from tujian.database import Database
from tujian.errors import NotFound
from tujian.records import FieldValue
from tujian.schema import field_history, item_facts, item_values, items
from tujian.tasks import Tasks

AT_ONCE = 100  # items a transaction: others write in between
WHY = "merged: "  # how its line in a history begins
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


def merge_all(
    database: Database,
    ids: Sequence[str],
    field: str,
    old: Collection[str],
    into: FieldValue,
    by: By,
    also: Also,
) -> Merged:
    """On these items, some at a time, so that others may write in between."""
    numbers: list[int] = []
    for begun in range(0, len(ids), AT_ONCE):
        with database.write(durable=True) as connection:
            lock_items(connection, ids[begun : begun + AT_ONCE])
            still = having(connection, field, old, also, ids[begun : begun + AT_ONCE])
            numbers += [merge_on(connection, database, one, field, old, into, by, also) for one in still]
    done = [number for number in numbers if number]
    return Merged(
        field=field, into=into, items=len(done), is_trial=False, batch=by.batch_id, number=min(done, default=None)
    )


def unmerge_all(database: Database, number: int, by: By, also: Also, tasks: Tasks) -> Unmerged:
    """Raises NotFound when `number` is no merge."""
    with database.read() as connection:
        lines = lines_of(connection, number)
    by, ends = replace(by, batch_id=lines[0].batch_id), dict[str, str]()
    for begun in range(0, len(lines), AT_ONCE):
        with database.write(durable=True) as connection:
            lock_items(connection, [line.item_id for line in lines[begun : begun + AT_ONCE]])
            for line in lines[begun : begun + AT_ONCE]:
                with suppress(NotFound):  # forgotten since, or hidden from who asks
                    ends[line.item_id] = unmerge_on(connection, database, line, by, also, tasks)
    return unmerged(number, lines[0].field, ends)


def merge_on(
    connection: sa.Connection,
    database: Database,
    item_id: str,
    field: str,
    values: Collection[str],
    into: FieldValue,
    by: By,
    also: Also,
) -> int:
    """The item's value becomes `into` where it is one of `values`; the change's number, 0 if not. Raises NotFound."""
    item = lock_item(connection, item_id, by, also)
    before = values_of(connection, item_id)
    held = before.get(field)
    if held is None or not set(_words(held.value)) & set(values):
        return 0  # somebody changed it meanwhile
    moves = [Move(field, held, by_person(_merged(held.value, values, into), held.unit, by.who))]
    write_down(connection, by, "merge", item_id, field=field, into=into)
    drop_concerns(connection, item_id, [field])
    return apply(connection, database, item_id, by, moves, title=title_of(with_moves(before, moves), item["title"]))


def lines_of(connection: sa.Connection, number: int) -> Sequence[sa.Row[Any]]:
    """What a merge wrote into histories, a line for each item. Raises NotFound when it is none."""
    first = sa.select(field_history.c.batch_id).where(
        field_history.c.change == number, field_history.c.why.startswith(WHY, autoescape=True)
    )
    batch_id = connection.scalar(first)
    if batch_id is None:
        raise no_such_merge(number)
    own = sa.and_(field_history.c.batch_id == batch_id, field_history.c.undoes.is_(None))
    return connection.execute(sa.select(field_history).where(own).order_by(field_history.c.id)).all()


def unmerge_on(
    connection: sa.Connection, database: Database, line: sa.Row[Any], by: By, also: Also, tasks: Tasks
) -> Literal["back", "changed", "again"]:
    """The item says again what it said before the merge, unless the field was touched since. Raises NotFound."""
    since = _touched(connection, line)  # asked before the item is locked, which counts its version up
    if since:
        return "again" if line.change in since else "changed"
    item = lock_item(connection, line.item_id, by, also)
    if _touched(connection, line):
        return "changed"
    before = values_of(connection, line.item_id)
    held, spoken = before.get(line.field), latest_records(connection, line.item_id)
    moves = [Move(line.field, held, stood_before(line, strongest(spoken), held))]
    write_down(connection, by, "unmerge", line.item_id, field=line.field, change=line.change)
    after = with_moves(before, moves)
    apply(connection, database, line.item_id, by, moves, undoes=line.change, title=title_of(after, item["title"]))
    keep_concerns(connection, database, line.item_id, spoken, after, tasks, item["visibility_by"] == PERSON)
    return "back"


def unmerged(number: int, field: str, ends: Mapping[str, str]) -> Unmerged:
    """What came of a merge that was taken back, by item."""
    left = [item_id for item_id, end in ends.items() if end == "changed"]
    back, again = (list(ends.values()).count(end) for end in ("back", "again"))
    told = {"left": left[:MOST_LISTED], "left_count": len(left), "again": again}
    return Unmerged(number=number, field=field, items=back, **told)


def _touched(connection: sa.Connection, line: sa.Row[Any]) -> Sequence[int | None]:
    """What acts on the same field came after a line, by what they took back."""
    own = sa.and_(field_history.c.item_id == line.item_id, field_history.c.field == line.field)
    return connection.scalars(sa.select(field_history.c.undoes).where(own, field_history.c.id > line.id)).all()


def _merged(value: FieldValue, values: Collection[str], into: FieldValue) -> FieldValue:
    if not isinstance(value, list):
        return into
    return list(dict.fromkeys(str(into) if word in values else word for word in value))


def _words(value: object) -> Iterable[str]:
    if value is None:
        return ()
    return map(str, value) if isinstance(value, list) else (str(value),)
