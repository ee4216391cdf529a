"""The one write path: whatever changes an item changes its values, their history and its number together.

Enters: a transaction, an item, who acts and why. Leaves: rows. An act locks its item first and takes its number from
the row of numbers last, so no two acts wait for each other in a ring, and numbers are committed in their order: who
asks `changed_since` misses nothing.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from tujian.catalogue.indexing import About, Stated, index_item
from tujian.catalogue.nouns import Also, key_taken, lost_update, no_such_item
from tujian.catalogue.packing import unpack
from tujian.database import Database
from tujian.folding import printable
from tujian.reconcile import standing
from tujian.records import FieldValue, Record, Value, Verdict
from tujian.schema import audit, counters, field_history, item_values, items, records, requests

PERSON, RULE, DEFAULT = "person", "rule", "default"


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, when and why; `batch_id` when many acts belong together."""

    who: str
    made_at: str
    why: str = ""
    batch_id: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A row of `item_values` without its item and field."""

    value: FieldValue
    value_id: str | None
    unit: str | None
    verdict: str
    confidence: float | None
    source: str
    standing: int
    record_number: int | None
    who: str


@dataclass(frozen=True, slots=True)
class Move:
    """A field's value before and after an act; None where there was none."""

    field: str
    old: Held | None
    new: Held | None

    @property
    def is_news(self) -> bool:
        """Whether value or source changed; another record's evidence for the same value is no news."""
        return _told(self.old) != _told(self.new)


@dataclass(frozen=True, slots=True)
class OwnMove:
    """An item's own column before and after an act, with who was behind each."""

    column: str
    old: str | None
    new: str | None
    new_source: str = PERSON
    old_source: str = DEFAULT


# statements are built once: building one takes SQLAlchemy longer than running it takes SQLite
_BUMP = (
    sa.update(items)
    .where(items.c.id == sa.bindparam("item"), items.c.visibility.in_(sa.bindparam("seen", expanding=True)))
    .values(
        version=items.c.version + 1,
        records_count=items.c.records_count + sa.bindparam("more_records"),
        changed_at=sa.bindparam("now"),
    )
    .returning(*items.c)
)
_NEXT_CHANGE = (
    sa.update(counters)
    .where(counters.c.name == sa.literal_column("'change'"))
    .values(value=counters.c.value + 1)
    .returning(counters.c.value)
)
_WRITE_ITEM = sa.update(items).where(items.c.id == sa.bindparam("item"))
_WRITE_HISTORY = sa.insert(field_history)
_AUDIT = sa.insert(audit)
_VALUES = sa.select(item_values).where(item_values.c.item_id == sa.bindparam("item"))


@cache
def _upsert_values(insert_into: Callable[[sa.Table], Any]) -> sa.Insert:
    insert = insert_into(item_values)
    names = [*Held.__slots__, "changed_at"]
    kept = {name: insert.excluded[name] for name in names}
    return insert.on_conflict_do_update(index_elements=["item_id", "field"], set_=kept)


def lock_item(
    connection: sa.Connection, item_id: str, by: By, also: Also, version: int | None = None, more_records: int = 0
) -> sa.RowMapping:
    """The item's row, its version counted up already. Raises NotFound, LostUpdate."""
    asked = {"item": item_id, "seen": ["shown", *also], "more_records": more_records, "now": by.made_at}
    row = connection.execute(_BUMP, asked).mappings().one_or_none()
    if row is None:
        raise no_such_item(item_id)
    if version is not None and row["version"] - 1 != version:
        raise lost_update(version, row["version"] - 1)
    return row


def lock_items(connection: sa.Connection, item_ids: Collection[str]) -> None:
    """All that one transaction will change, in one order, before its first act takes the counter: whoever holds one of
    them and waits for the counter would wait for us as we for them. On SQLite one writes at a time anyway."""
    if connection.dialect.name != "sqlite":
        asked = sa.select(items.c.id).where(items.c.id.in_(list(item_ids))).order_by(items.c.id)
        connection.execute(asked.with_for_update())


def next_change(connection: sa.Connection) -> int:
    """The next number; whoever else wants one waits until this transaction ends."""
    return connection.execute(_NEXT_CHANGE).scalar_one()


def apply(
    connection: sa.Connection,
    database: Database,
    item_id: str,
    by: By,
    moves: Sequence[Move] = (),
    own: Sequence[OwnMove] = (),
    *,
    undoes: int | None = None,
    about: About | None = None,
    **columns: object,
) -> int:
    """Ends an act: current values, history, the item's row, what it is found by. Returns the act's number."""
    _keep_values(connection, database, item_id, by, moves)
    change = next_change(connection)
    told = [_line(move.field, move.old, move.new) for move in moves if move.is_news]
    told += [_own_line(move) for move in own]
    act = {"item_id": item_id, "change": change, "who": by.who, "why": printable(by.why), "batch_id": by.batch_id}
    if told:
        lines = [{**line, **act, "undoes": undoes, "made_at": by.made_at} for line in told]
        connection.execute(_WRITE_HISTORY, lines)
    own_columns = {move.column: move.new for move in own}
    connection.execute(_WRITE_ITEM, {"item": item_id, "change": change, **own_columns, **columns})
    index_item(connection, database, item_id, about)
    return change


def values_of(connection: sa.Connection, item_id: str) -> dict[str, Held]:
    """Current values by field."""
    rows = connection.execute(_VALUES, {"item": item_id}).mappings()
    return {row["field"]: Held(**{name: row[name] for name in Held.__slots__}) for row in rows}


def stated(values: Mapping[str, Held]) -> list[Stated]:
    """What of the values an item is found by."""
    return [Stated(field, held.value, held.value_id) for field, held in values.items()]


def latest_records(connection: sa.Connection, item_id: str, but: str = "") -> dict[int, Record]:
    """The last record of each task but one, by number: these speak, earlier ones are history."""
    last = (
        sa.select(sa.func.max(records.c.number))
        .where(records.c.item_id == item_id, records.c.task != but)
        .group_by(records.c.task)
    )
    wanted = sa.select(records.c.number, records.c.record).where(
        records.c.item_id == item_id, records.c.number.in_(last)
    )
    return {row.number: unpack(row.record) for row in connection.execute(wanted)}


def strongest(spoken: Mapping[int, Record]) -> dict[str, Held]:
    """For each field the value of the highest standing among records; of equal ones the newer."""
    best: dict[str, Held] = {}
    for number in sorted(spoken):
        for field, value in spoken[number].fields.items():
            if value.value is None:
                continue
            held = held_of(value, number, speaker(spoken[number]))
            if field not in best or held.standing <= best[field].standing:
                best[field] = held
    return best


def moved(before: Mapping[str, Held], after: Mapping[str, Held]) -> list[Move]:
    """What must move so that what no person set is as `after` has it. A model never overwrites a person. # req: F1"""
    free = [name for name in {**before, **after} if name not in before or before[name].source != PERSON]
    moves = [Move(name, before.get(name), after.get(name)) for name in free]
    return [move for move in moves if move.old != move.new]


def held_of(value: Value, number: int, who: str) -> Held:
    source = value.evidence[0].source if value.evidence else RULE
    return Held(
        value.value, value.id, value.unit, str(value.verdict), value.confidence, source, standing(value), number, who
    )


def by_person(value: FieldValue, unit: str | None, who: str) -> Held:
    return Held(value, None, unit, str(Verdict.HUMAN), None, PERSON, 0, None, who)


def speaker(record: Record) -> str:
    """Who made a record: the model that was asked, or perception."""
    return record.engine.model[:200] if record.engine else "perception"


def title_of(values: Mapping[str, Held], otherwise: str) -> str:
    """An item's title in lists: its `title` or `name`, else what the record made of it."""
    for field in ("title", "name"):
        if field in values and isinstance(values[field].value, str):
            return str(values[field].value)
    return otherwise


def with_moves(values: Mapping[str, Held], moves: Iterable[Move]) -> dict[str, Held]:
    after = dict(values)
    for move in moves:
        if move.new is None:
            after.pop(move.field, None)
        else:
            after[move.field] = move.new
    return after


def write_down(connection: sa.Connection, by: By, verb: str, about: str, **facts: object) -> None:
    """A line of the audit."""
    row = {"who": by.who, "verb": verb, "about": about, "facts": facts, "made_at": by.made_at}
    connection.execute(_AUDIT, row)


def fingerprint(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def answered_before(connection: sa.Connection, database: Database, key: str | None, print_: str, now: str) -> Any:  # noqa: ANN401
    """What was answered under `key`, or None: then the key is taken now. Raises AlreadyThere for another request."""
    if key is None:
        return None
    row = {"key": key[:200], "fingerprint": print_, "answer": {}, "made_at": now}
    taken = database.insert(requests).values(row).on_conflict_do_nothing().returning(requests.c.key)
    if connection.scalar(taken) is not None:
        return None
    known = connection.execute(sa.select(requests).where(requests.c.key == key[:200])).one()
    if known.fingerprint != print_:
        raise key_taken()
    return known.answer


def answer(connection: sa.Connection, key: str | None, facts: dict[str, Any]) -> None:
    if key is not None:
        connection.execute(sa.update(requests).where(requests.c.key == key[:200]).values(answer=facts))


def _keep_values(connection: sa.Connection, database: Database, item_id: str, by: By, moves: Sequence[Move]) -> None:
    kept = [move for move in moves if move.new is not None]
    if kept:
        rows = [
            {"item_id": item_id, "field": move.field, "changed_at": by.made_at, **_columns(move.new)} for move in kept
        ]
        connection.execute(_upsert_values(database.insert), rows)
    gone = [move.field for move in moves if move.new is None]
    if gone:
        own = sa.and_(item_values.c.item_id == item_id, item_values.c.field.in_(gone))
        connection.execute(sa.delete(item_values).where(own))


def _columns(held: Held | None) -> dict[str, Any]:
    assert held is not None
    return {name: getattr(held, name) for name in Held.__slots__}


def _told(held: Held | None) -> tuple[object, object] | None:
    return None if held is None else (held.value, held.source)


def _line(field: str, old: Held | None, new: Held | None) -> dict[str, Any]:
    return {
        "field": field,
        "old": old and old.value,
        "old_source": old and old.source,
        "new": new and new.value,
        "new_source": new and new.source,
    }


def _own_line(move: OwnMove) -> dict[str, Any]:
    sources = {"old_source": move.old_source, "new_source": move.new_source}
    return {"field": f"item.{move.column}", "old": move.old, "new": move.new, **sources}


def again(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {**facts, "again": True}
