"""`add`: pictures with their facts become an item. Same bytes are kept once, whoever shows them. # req: D7

Enters: pictures, what an item is called, perhaps what somebody knows about it. Leaves: rows. Does not know: content,
which lies on the shelf before this begins, so that no row ever names a file that is not there.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import Any

import sqlalchemy as sa

from tujian.catalogue.changing import (
    DEFAULT,
    PERSON,
    RULE,
    By,
    Held,
    Move,
    apply,
    by_person,
    lock_item,
    stated,
    title_of,
    write_down,
)
from tujian.catalogue.indexing import About
from tujian.catalogue.nouns import (
    EVERYTHING,
    FileAt,
    Incoming,
    Kind,
    PictureVector,
    RowAt,
    Visibility,
    name_taken,
)
from tujian.database import Database
from tujian.folding import printable
from tujian.records import FieldValue
from tujian.schema import batch_rows, files, item_pictures, items, pictures

InsertInto = Callable[[sa.Table], Any]

# statements are built once: building one takes SQLAlchemy longer than running it takes SQLite
_SHOWN = sa.insert(item_pictures)
_VECTOR = (
    sa.update(pictures)
    .where(pictures.c.sha256 == sa.bindparam("shown"))
    .values(embedder=sa.bindparam("embedder"), vector=sa.bindparam("vector"))
)
_END_ROW = (
    sa.update(batch_rows)
    .where(batch_rows.c.batch_id == sa.bindparam("batch"), batch_rows.c.number == sa.bindparam("at"))
    .values(state=sa.bindparam("now"), item_id=sa.bindparam("item"), trouble=sa.bindparam("why"))
)


@cache
def _new_item(insert_into: InsertInto) -> sa.Insert:
    return insert_into(items).on_conflict_do_nothing(index_elements=["external_id"]).returning(items.c.id)


@cache
def _kept_picture(insert_into: InsertInto) -> sa.Insert:
    insert = insert_into(pictures)
    kept = {"is_kept": sa.or_(pictures.c.is_kept, insert.excluded.is_kept)}
    return insert.on_conflict_do_update(index_elements=["sha256"], set_=kept)


@cache
def _kept_file(insert_into: InsertInto) -> sa.Insert:
    insert = insert_into(files)
    names = ("bytes_count", "mtime_ns", "sha256", "seen_at", "gone_at")
    facts = {name: insert.excluded[name] for name in names}
    return insert.on_conflict_do_update(index_elements=["source_id", "path"], set_=facts)


@dataclass(frozen=True, slots=True)
class NewItem:
    """What is to be added, checked."""

    pictures: Sequence[Incoming]
    kind: Kind = "product"
    external_id: str | None = None
    sku: str | None = None
    variant_group: str | None = None
    visibility: Visibility = "shown"
    values: Mapping[str, tuple[FieldValue, str | None]] = ()  # pyright: ignore[reportAssignmentType] - field: value, unit


def add_item(connection: sa.Connection, database: Database, new: NewItem, by: By, row: RowAt | None) -> str:
    """Writes it down and returns its id. Raises AlreadyThere when the external id is taken."""
    item_id = uuid.uuid4().hex
    moves = [Move(name, None, by_person(value, unit, by.who)) for name, (value, unit) in new.values.items()]
    for incoming in new.pictures:
        keep_picture(connection, database, incoming, by.made_at)
    values: dict[str, Held] = {move.field: move.new for move in moves if move.new}
    named = new.pictures[0].picture.path if new.pictures else ""
    title = title_of(values, printable(PurePath(named).stem))
    _insert(connection, database, item_id, new, by, title)
    shown = [
        {"item_id": item_id, "place": place, "sha256": one.picture.sha256, "name": printable(one.picture.path)}
        for place, one in enumerate(new.pictures)
    ]
    if shown:
        connection.execute(_SHOWN, shown)
    if row is not None:
        end_row(connection, row, "done", item_id)
    write_down(connection, by, "add", item_id, pictures=len(new.pictures), batch=by.batch_id)
    taken_at = next((one.picture.taken_at for one in new.pictures if one.picture.taken_at), None)
    names = [row["name"] for row in shown]
    own = (title, new.sku, new.external_id, by.made_at, taken_at)
    apply(connection, database, item_id, by, moves, about=About(*own, names, stated(values), guess=None, is_new=True))
    return item_id


def _insert(connection: sa.Connection, database: Database, item_id: str, new: NewItem, by: By, title: str) -> None:
    own = {"kind": new.kind, "external_id": new.external_id, "sku": new.sku, "variant_group": new.variant_group}
    fixed = {
        "title": title,
        "visibility": new.visibility,
        "visibility_by": RULE if new.visibility == "sensitive" else DEFAULT,
        "version": 1,
        "records_count": 0,
        "batch_id": by.batch_id,
    }
    times = {"made_at": by.made_at, "changed_at": by.made_at}
    # until its number is known: unlike any number, and unlike any other item's
    unnumbered = {"change": -1 - (uuid.UUID(item_id).int >> 66)}
    added = connection.scalar(_new_item(database.insert), {"id": item_id, **own, **fixed, **times, **unnumbered})
    if added is None:
        raise name_taken(new.external_id or "")


def append_pictures(
    connection: sa.Connection, database: Database, item_id: str, incoming: Sequence[Incoming], by: By
) -> int:
    """The item shows these too, after those it has; returns how many are new to it. Raises NotFound."""
    lock_item(connection, item_id, by, EVERYTHING)
    there = connection.execute(sa.select(item_pictures).where(item_pictures.c.item_id == item_id)).all()
    shown, place = {row.sha256 for row in there}, max((row.place for row in there), default=-1)
    fresh = list({one.picture.sha256: one for one in incoming if one.picture.sha256 not in shown}.values())
    for at, one in enumerate(fresh, place + 1):
        keep_picture(connection, database, one, by.made_at)
        facts = {"sha256": one.picture.sha256, "name": printable(one.picture.path)}
        connection.execute(sa.insert(item_pictures).values(item_id=item_id, place=at, **facts))
    if fresh:
        write_down(connection, by, "append", item_id, pictures=len(fresh), batch=by.batch_id)
    apply(connection, database, item_id, by)
    return len(fresh)


def end_row(
    connection: sa.Connection, row: RowAt, state: str, item_id: str | None, trouble: Mapping[str, Any] | None = None
) -> None:
    """What became of a row of an import."""
    told = {"batch": row.batch_id, "at": row.number, "now": state, "item": item_id, "why": trouble}
    connection.execute(_END_ROW, told)


def replace_picture(
    connection: sa.Connection,
    database: Database,
    item_id: str,
    old_sha256: str,
    incoming: Incoming,
    by: By,
    *,
    waits: bool,
) -> None:
    """The item shows another picture in the place of one, and `waits` until it is looked at. Raises NotFound."""
    item = lock_item(connection, item_id, by, EVERYTHING)
    keep_picture(connection, database, incoming, by.made_at)
    shown = {"sha256": incoming.picture.sha256, "name": printable(incoming.picture.path)}
    there = sa.and_(item_pictures.c.item_id == item_id, item_pictures.c.sha256 == old_sha256)
    connection.execute(sa.update(item_pictures).where(there).values(shown))
    write_down(connection, by, "replace", item_id, old=old_sha256, new=incoming.picture.sha256, batch=by.batch_id)
    is_open = item["visibility"] == "shown" and item["visibility_by"] != PERSON
    apply(connection, database, item_id, by, visibility="pending" if waits and is_open else item["visibility"])


def keep_picture(connection: sa.Connection, database: Database, incoming: Incoming, made_at: str) -> None:
    """The picture's facts, once; where it lies, if it stays in its place."""
    connection.execute(_kept_picture(database.insert), _facts(incoming, made_at))
    if incoming.vector is not None:
        keep_vector(connection, incoming.picture.sha256, incoming.vector)
    if incoming.file is not None:
        place_file(connection, database, incoming.file, incoming.picture.sha256, made_at)


def keep_vector(connection: sa.Connection, sha256: str, vector: PictureVector) -> None:
    connection.execute(_VECTOR, {"shown": sha256, "embedder": vector.embedder, "vector": vector.vector})


def _facts(incoming: Incoming, made_at: str) -> dict[str, Any]:
    picture = incoming.picture
    (width_px, height_px), (latitude, longitude) = picture.size_px, picture.gps or (None, None)
    return {
        "sha256": picture.sha256,
        "md5": picture.md5,
        "dhash": picture.dhash,
        "format": picture.format,
        "width_px": width_px,
        "height_px": height_px,
        "bytes_count": picture.bytes_count,
        "taken_at": picture.taken_at,
        "latitude": latitude,
        "longitude": longitude,
        "camera": picture.camera and printable(picture.camera),
        "notes": list(picture.notes),
        "is_kept": incoming.content is not None,
        "made_at": made_at,
    }


def place_file(connection: sa.Connection, database: Database, file: FileAt, sha256: str, seen_at: str) -> None:
    """The file lies there, with this content."""
    facts = {"bytes_count": file.bytes_count, "mtime_ns": file.mtime_ns, "sha256": sha256, "seen_at": seen_at}
    where = {"source_id": file.source_id, "path": file.path, "gone_at": None}
    connection.execute(_kept_file(database.insert), {**where, **facts})
