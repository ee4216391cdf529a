"""What waits for a person's eyes, kept in step with values and records; and in which order it is looked at. req: F1, F2

Enters: a transaction in which an item changed; which reason and page somebody asks for. Leaves: rows of `reviews`.
A field's concern goes when a person sets the field, and comes back when that is taken back. A concern about the item
itself is decided, and stays so while its main picture stays. Does not know: pages, what a reason is called.
"""

import datetime as dt
import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from tujian.catalogue.changing import PERSON, By, Held, write_down
from tujian.catalogue.nouns import Also, from_cursor, no_such_item
from tujian.catalogue.reading import may_see
from tujian.concerns import REASONS, STEP, WHOLE, Concern, Reason, concerns_of
from tujian.database import Database
from tujian.records import Record
from tujian.schema import item_pictures, item_values, items, reviews
from tujian.tasks import Tasks

SAMPLED = 20  # values a day that are looked at though nothing speaks against them
_ORDER = (reviews.c.weight, reviews.c.item_id, reviews.c.field, reviews.c.reason)
_COLUMNS = (*_ORDER, reviews.c.record_number)


def keep_concerns(
    connection: sa.Connection,
    database: Database,
    item_id: str,
    spoken: Mapping[int, Record],
    values: Mapping[str, Held],
    tasks: Tasks,
    is_chosen: bool,
) -> None:
    """The item's concerns as its last records have them. `is_chosen`: a person decided who may see it."""
    by_name = {task.name: task for task in tasks}
    picture = spoken[max(spoken)].picture.sha256 if spoken else ""
    old = sa.or_(reviews.c.decided_at.is_(None), reviews.c.picture != picture)
    connection.execute(sa.delete(reviews).where(reviews.c.item_id == item_id, old))
    found = {
        (one.field, one.reason): {**_row(one, number), "item_id": item_id, "picture": picture}
        for number in sorted(spoken)
        for one in concerns_of(spoken[number], by_name.get(spoken[number].task))
        if _stands(one, number, values, is_chosen)
    }
    if found:
        connection.execute(database.insert(reviews).on_conflict_do_nothing(), list(found.values()))


def drop_concerns(connection: sa.Connection, item_id: str, fields: Collection[str]) -> None:
    """A person has said what they are."""
    if fields:
        connection.execute(sa.delete(reviews).where(reviews.c.item_id == item_id, reviews.c.field.in_(list(fields))))


def drop_sensitive(connection: sa.Connection, item_id: str) -> None:
    """A person has said who may see the item."""
    own = sa.and_(reviews.c.item_id == item_id, reviews.c.reason == "sensitive")
    connection.execute(sa.delete(reviews).where(own))


def decide(connection: sa.Connection, item_id: str, reason: Reason, by: By, also: Also, *, is_decided: bool) -> None:
    """A person has looked at what is about the whole item; or takes that back. Raises NotFound."""
    own = sa.and_(reviews.c.item_id == item_id, reviews.c.field == WHOLE, reviews.c.reason == reason)
    seen = sa.exists().where(items.c.id == reviews.c.item_id, may_see(also))
    said = {"decided_at": by.made_at, "decided_by": by.who} if is_decided else {"decided_at": None, "decided_by": None}
    if not connection.execute(sa.update(reviews).where(own, seen).values(said)).rowcount:
        raise no_such_item(item_id)
    write_down(connection, by, "reviewed" if is_decided else "review again", item_id, reason=reason)


def count_concerns(connection: sa.Connection, also: Also) -> dict[Reason, int]:
    """How much waits, by reason; of what is sensitive everybody may know how much there is."""
    counted = (
        sa.select(reviews.c.reason, sa.func.count())
        .join_from(reviews, items, items.c.id == reviews.c.item_id)
        .where(reviews.c.decided_at.is_(None), sa.or_(may_see(also), reviews.c.reason == "sensitive"))
        .group_by(reviews.c.reason)
    )
    counts: dict[str, int] = {reason: count for reason, count in connection.execute(counted)}
    return {reason: counts[reason] for reason in REASONS if reason in counts}


def count_waiting(connection: sa.Connection, most: int) -> int:
    """How much waits of what everybody may see, up to `most`."""
    waits = (
        sa.select(reviews.c.item_id)
        .join_from(reviews, items, items.c.id == reviews.c.item_id)
        .where(reviews.c.decided_at.is_(None), may_see(()), reviews.c.reason != "sensitive")
        .limit(most)
    )
    return connection.scalar(sa.select(sa.func.count()).select_from(waits.subquery())) or 0


def queue(
    connection: sa.Connection, reason: Reason | None, after: str, limit: int, also: Also
) -> Sequence[sa.RowMapping]:
    """What waits, the worst first, after a cursor of weight, item, field, reason. Raises BadInput for a wrong one."""
    wanted = (
        sa.select(*_COLUMNS)
        .join_from(reviews, items, items.c.id == reviews.c.item_id)
        .where(reviews.c.decided_at.is_(None), may_see(also))
    )
    if reason is not None:
        wanted = wanted.where(reviews.c.reason == reason)
    if after:
        weight, *rest = from_cursor(after, 4)
        wanted = wanted.where(sa.tuple_(*_ORDER) > (weight if isinstance(weight, int) else -1, *map(str, rest)))
    return connection.execute(wanted.order_by(*_ORDER).limit(limit)).mappings().all()


def draw(connection: sa.Connection, day: dt.date, also: Also) -> list[str]:
    """The items of the day's random sample, by lot."""
    ids = connection.scalars(sa.select(items.c.id).where(may_see(also), items.c.records_count > 0)).all()
    return sorted(ids, key=lambda item_id: _lot(day, item_id))[:SAMPLED]


def sampled(connection: sa.Connection, day: dt.date, drawn: Sequence[str], also: Also) -> list[dict[str, Any]]:
    """A value of each item that was drawn, whatever is thought of it, but for those that a person has set since."""
    told = (
        sa.select(item_values.c.item_id, item_values.c.field, item_values.c.source, item_values.c.record_number)
        .join_from(item_values, items, items.c.id == item_values.c.item_id)
        .where(item_values.c.item_id.in_(drawn), may_see(also))
    )
    by_item: dict[str, list[sa.Row[Any, Any, Any, Any]]] = {}
    for row in connection.execute(told):
        by_item.setdefault(row.item_id, []).append(row)
    chosen = [min(by_item[one], key=lambda row: _lot(day, row.field)) for one in drawn if one in by_item]
    return [
        {"weight": weight, "item_id": row.item_id, "field": row.field, "reason": "sample",
         "record_number": row.record_number}
        for weight, row in enumerate(chosen, REASONS.index("sample") * STEP)
        if row.source != PERSON
    ]  # fmt: skip


def main_pictures(connection: sa.Connection, item_ids: Collection[str]) -> dict[str, str]:
    """The sha256 of each item's main picture."""
    shown = sa.select(item_pictures.c.item_id, item_pictures.c.sha256)
    main = shown.where(item_pictures.c.place == 0, item_pictures.c.item_id.in_(list(item_ids)))
    return {item_id: sha256 for item_id, sha256 in connection.execute(main)}


def _stands(one: Concern, number: int, values: Mapping[str, Held], is_chosen: bool) -> bool:
    """Whether it is about the value that stands now: that of another record, or a person's, is no concern of this."""
    if one.field == WHOLE:
        return not (one.reason == "sensitive" and is_chosen)
    held = values.get(one.field)
    return held is None or (held.source != PERSON and held.record_number == number)


def _row(one: Concern, number: int) -> dict[str, Any]:
    return {"field": one.field, "reason": one.reason, "weight": one.weight, "record_number": number}


def _lot(day: dt.date, name: str) -> bytes:
    return hashlib.blake2b(f"{day} {name}".encode(), digest_size=8).digest()
