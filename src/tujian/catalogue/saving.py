"""`save`: a record becomes a new version of an item; current values and history follow in the same transaction.

Enters: an item, a record. Leaves: rows. The last record of each task speaks; for each field the strongest voice is
heard (`reconcile.standing`), and a person above all. # req: F1, F8
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from tujian.catalogue.adding import keep_vector
from tujian.catalogue.changing import (
    DEFAULT,
    PERSON,
    RULE,
    By,
    Move,
    OwnMove,
    apply,
    latest_records,
    lock_item,
    moved,
    stated,
    strongest,
    title_of,
    values_of,
    with_moves,
)
from tujian.catalogue.indexing import About, likeliest, shown_by
from tujian.catalogue.nouns import EVERYTHING, PictureVector, Saved
from tujian.catalogue.packing import pack
from tujian.catalogue.reviewing import keep_concerns
from tujian.database import Database
from tujian.describe import UNKNOWN
from tujian.records import Record
from tujian.schema import item_pictures, records
from tujian.tasks import Tasks

APPEND = sa.insert(records)


def save_record(
    connection: sa.Connection,
    database: Database,
    item_id: str,
    record: Record,
    by: By,
    vectors: Mapping[str, PictureVector],
    tasks: Tasks,
    seen: Sequence[str] = (),
) -> Saved:
    """`seen` are the pictures that were looked at, none: those that it shows. Raises NotFound when the item was
    forgotten meanwhile."""
    item = lock_item(connection, item_id, by, EVERYTHING, more_records=1)
    number = item["records_count"]
    about = {"item_id": item_id, "number": number, "task": record.task, "recipe": record.recipe, "record": pack(record)}
    connection.execute(APPEND, {**about, "who": by.who, "batch_id": by.batch_id, "made_at": by.made_at})
    for sha256, vector in vectors.items():
        keep_vector(connection, sha256, vector)
    before = values_of(connection, item_id)
    spoken = latest_records(connection, item_id, but=record.task) if number > 1 else {}
    spoken = {**spoken, number: record}
    moves = moved(before, strongest(spoken))
    own = _locked_up(item, record)
    after = with_moves(before, moves)
    kept = item["title"] if record.title in UNKNOWN.values() else record.title  # a file's name says more than that
    title = title_of(after, kept)
    names, taken_at = shown_by(connection, item_id)
    named = (title, item["sku"], item["external_id"], item["made_at"], taken_at)
    about = About(*named, names, stated(after), _guess(record))
    visibility_by = RULE if own else item["visibility_by"]
    is_awaited = item["visibility"] == "pending" and _shows(connection, item_id, seen)
    visibility = own[0].new if own else "shown" if is_awaited else item["visibility"]
    now = {"visibility": visibility, "visibility_by": visibility_by}  # that it is shown now is no news: nobody decided
    apply(connection, database, item_id, by, moves, own, about=about, title=title, **now)
    keep_concerns(connection, database, item_id, spoken, after, tasks, visibility_by == PERSON)
    return Saved(id=item_id, number=number, version=item["version"], changed=_changed(moves))


def _shows(connection: sa.Connection, item_id: str, seen: Sequence[str]) -> bool:
    """Whether the item begins with these pictures: one that took the place of another may not be shown unseen."""
    shown = sa.select(item_pictures.c.sha256).where(item_pictures.c.item_id == item_id).order_by(item_pictures.c.place)
    return set(connection.scalars(shown.limit(len(seen)))) <= set(seen) if seen else True


def _guess(record: Record) -> str | None:
    category = record.fields.get("category")
    return likeliest((one.id, one.confidence) for one in category.top3 or ()) if category else None


def _locked_up(item: sa.RowMapping, record: Record) -> list[OwnMove]:
    """Sensitive findings put an item behind the lock, unless a person has decided otherwise. # req: E9"""
    if not record.sensitive or item["visibility"] not in ("shown", "pending") or item["visibility_by"] == PERSON:
        return []
    return [OwnMove("visibility", item["visibility"], "sensitive", RULE, DEFAULT)]


def _changed(moves: list[Move]) -> list[str]:
    return sorted(move.field for move in moves if move.is_news)
