"""What is asked of the catalogue: one item, lists, what changed, history.

Enters: what is wanted and what who asks may see besides what is shown (`also`). Leaves: nouns. Changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from tujian.catalogue.nouns import (
    Also,
    Changes,
    FieldChange,
    FieldNow,
    Item,
    ItemHead,
    ItemPicture,
    Kind,
    Page,
    ShownPicture,
    from_cursor,
    no_such_item,
    no_such_record,
    to_cursor,
)
from tujian.catalogue.packing import unpack, unpack_vector
from tujian.database import Database
from tujian.records import Evidence, Record, Value, Verdict
from tujian.schema import field_history, files, forgotten, item_pictures, item_values, items, pictures, records, sources

SHORTEST_PREFIX = 6  # characters of an id that may stand for it
# statements that every job asks are built once: building one takes SQLAlchemy longer than running it takes SQLite
_SHOWN = (
    sa.select(item_pictures.c.sha256, item_pictures.c.name, pictures.c.embedder)
    .join_from(item_pictures, pictures, item_pictures.c.sha256 == pictures.c.sha256)
    .where(item_pictures.c.item_id == sa.bindparam("item"))
    .order_by(item_pictures.c.place)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_IS_KEPT = sa.select(pictures.c.is_kept).where(pictures.c.sha256 == sa.bindparam("sha256"))
_LIES = (
    sa.select(sources.c.root, files.c.path)
    .join_from(files, sources, files.c.source_id == sources.c.id)
    .where(files.c.sha256 == sa.bindparam("sha256"), files.c.gone_at.is_(None))
)
HEAD_NAMES = [name for name in ItemHead.model_fields if not name.startswith("cover")]


def heads() -> sa.Select[Any]:
    """Items as they are listed."""
    main = sa.and_(item_pictures.c.item_id == items.c.id, item_pictures.c.place == 0)
    with_cover = items.outerjoin(item_pictures, main).outerjoin(pictures, pictures.c.sha256 == item_pictures.c.sha256)
    return sa.select(
        *(items.c[name] for name in HEAD_NAMES),
        item_pictures.c.sha256.label("cover"),
        pictures.c.width_px.label("cover_width_px"),
        pictures.c.height_px.label("cover_height_px"),
    ).select_from(with_cover)


def may_see(also: Also) -> sa.ColumnElement[bool]:
    return items.c.visibility.in_(["shown", *also]) if also else items.c.visibility == "shown"


def get_item(connection: sa.Connection, item_id: str, also: Also) -> Item:
    """Raises NotFound."""
    wanted = heads().add_columns(items.c.records_count).where(items.c.id == item_id, may_see(also))
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise no_such_item(item_id)
    return Item(
        **row,
        pictures=_pictures(connection, item_id),
        values=_values(connection, item_id),
    )


def list_items(connection: sa.Connection, after: str, limit: int, kind: Kind | None, also: Also) -> Page:
    """The newest first. What is added meanwhile stands before the cursor, so pages neither repeat nor skip."""
    wanted = heads().where(may_see(also)).order_by(items.c.made_at.desc(), items.c.id.desc()).limit(limit + 1)
    if kind is not None:
        wanted = wanted.where(items.c.kind == kind)
    if after:
        wanted = wanted.where(sa.tuple_(items.c.made_at, items.c.id) < tuple(map(str, from_cursor(after))))
    found = [ItemHead(**row) for row in connection.execute(wanted).mappings()]
    last = found[limit - 1] if len(found) > limit else None
    return Page(items=found[:limit], next=to_cursor(last.made_at, last.id) if last else None)


def list_changes(connection: sa.Connection, since: int, limit: int, also: Also) -> Changes:
    """What changed after the change `since`, at most `limit` of it."""
    of_items = sa.select(items.c.change, items.c.id, may_see(also).label("is_seen")).where(items.c.change > since)
    gone = sa.select(forgotten.c.change, forgotten.c.item_id, sa.false()).where(forgotten.c.change > since)
    both = sa.union_all(of_items, gone).order_by("change").limit(limit + 1)
    rows = connection.execute(both).all()
    told = rows[:limit]
    seen = [row.id for row in told if row.is_seen]
    by_id = {head.id: head for head in _heads_of(connection, seen)}
    return Changes(
        items=[by_id[item_id] for item_id in seen],
        gone=[row.id for row in told if not row.is_seen],
        last=told[-1].change if told else since,
        more=len(rows) > limit,
    )


def history_of(connection: sa.Connection, item_id: str, field: str | None, also: Also) -> list[FieldChange]:
    """Every change of an item's fields, the newest first. Raises NotFound."""
    _check_seen(connection, item_id, also)
    own = field_history.c.item_id == item_id
    wanted = sa.select(field_history).where(own).order_by(field_history.c.id.desc())
    if field is not None:
        wanted = wanted.where(field_history.c.field == field)
    rows = connection.execute(wanted).mappings()
    return [_change(row) for row in rows]


def read_record(connection: sa.Connection, item_id: str, number: int, also: Also) -> Record:
    """One version of an item's record. Raises NotFound."""
    _check_seen(connection, item_id, also)
    own = sa.and_(records.c.item_id == item_id, records.c.number == number)
    packed = connection.scalar(sa.select(records.c.record).where(own))
    if packed is None:
        raise no_such_record(number)
    return unpack(packed)


def find_id(connection: sa.Connection, text: str, also: Also) -> str | None:
    """The item called `text`: by its external id, its id, the beginning of its id, or its sku, if only one has it."""
    named = [items.c.external_id == text, items.c.id == text, items.c.sku == text]
    if _is_prefix(text):
        named.append(items.c.id.startswith(text))
    for way in named:
        found = connection.scalars(sa.select(items.c.id).where(way, may_see(also)).limit(2)).all()
        if len(found) == 1:
            return found[0]
    return None


def is_shown(connection: sa.Connection, sha256: str, also: Also) -> bool:
    """Whether an item that may be seen shows this picture."""
    shown = sa.select(items.c.id).join(item_pictures, item_pictures.c.item_id == items.c.id)
    return connection.scalar(shown.where(item_pictures.c.sha256 == sha256, may_see(also)).limit(1)) is not None


def where_it_lies(connection: sa.Connection, sha256: str) -> tuple[bool, list[tuple[str, str]]] | None:
    """Whether the shelf keeps a picture, and the (root, path) of files that have it; None for an unknown one."""
    is_kept = connection.scalar(_IS_KEPT, {"sha256": sha256})
    if is_kept is None:
        return None
    return is_kept, [(row.root, row.path) for row in connection.execute(_LIES, {"sha256": sha256})]


def pictures_by_item(
    connection: sa.Connection, database: Database, item_ids: Sequence[str] | None, also: Also
) -> dict[str, tuple[str, ...]]:
    """The pictures' sha256s by item, in order."""
    wanted = (
        sa.select(items.c.id, item_pictures.c.sha256)
        .join_from(items, item_pictures, items.c.id == item_pictures.c.item_id)
        .where(may_see(also))
        .order_by(items.c.made_at, items.c.id, item_pictures.c.place)
    )
    if item_ids is not None:
        wanted = wanted.where(database.is_one_of(items.c.id, item_ids))
    found: dict[str, tuple[str, ...]] = {}
    for item_id, sha256 in connection.execute(wanted):
        found[item_id] = (*found.get(item_id, ()), sha256)
    return found


def shown_pictures(connection: sa.Connection, item_id: str, most: int) -> list[ShownPicture]:
    """An item's first pictures, in order. Raises NotFound when there are none."""
    found = [ShownPicture(*row) for row in connection.execute(_SHOWN, {"item": item_id, "most": most})]
    if not found:
        raise no_such_item(item_id)
    return found


def vector_of(connection: sa.Connection, sha256: str, embedder: str) -> npt.NDArray[np.float32] | None:
    """How a picture looks to this embedder; None when it has not seen it."""
    own = sa.and_(pictures.c.sha256 == sha256, pictures.c.embedder == embedder)
    packed = connection.scalar(sa.select(pictures.c.vector).where(own))
    return None if packed is None else unpack_vector(packed)


def _is_prefix(text: str) -> bool:
    return len(text) >= SHORTEST_PREFIX and all(c in "0123456789abcdef" for c in text)


def _heads_of(connection: sa.Connection, ids: Sequence[str]) -> list[ItemHead]:
    return [ItemHead(**row) for row in connection.execute(heads().where(items.c.id.in_(ids))).mappings()]


def _check_seen(connection: sa.Connection, item_id: str, also: Also) -> None:
    if connection.scalar(sa.select(items.c.id).where(items.c.id == item_id, may_see(also))) is None:
        raise no_such_item(item_id)


def _pictures(connection: sa.Connection, item_id: str) -> list[ItemPicture]:
    shown = (
        sa.select(item_pictures.c.name, pictures)
        .join_from(item_pictures, pictures, item_pictures.c.sha256 == pictures.c.sha256)
        .where(item_pictures.c.item_id == item_id)
        .order_by(item_pictures.c.place)
    )
    return [_picture(row) for row in connection.execute(shown)]


def _picture(row: sa.Row) -> ItemPicture:
    return ItemPicture(
        sha256=row.sha256,
        name=row.name,
        format=row.format,
        size_px=(row.width_px, row.height_px),
        bytes_count=row.bytes_count,
        taken_at=row.taken_at,
        gps=None if row.latitude is None else (row.latitude, row.longitude),
        camera=row.camera,
    )


def _values(connection: sa.Connection, item_id: str) -> dict[str, FieldNow]:
    """Current values in the order of their fields' names; a machine's with the evidence of the record it is from, a
    person's on a person's word."""
    held = connection.execute(sa.select(item_values).where(item_values.c.item_id == item_id)).mappings().all()
    told = _told(connection, item_id, {row["record_number"] for row in held if row["record_number"] is not None})
    return {row["field"]: _now(row, told) for row in sorted(held, key=itemgetter("field"))}


def _now(row: sa.RowMapping, told: Mapping[int, Record]) -> FieldNow:
    number = row["record_number"]
    value = _by_person(row) if number is None else told[number].fields[row["field"]]
    facts: dict[str, Any] = {name: row[name] for name in ("source", "who", "changed_at")}
    return FieldNow(value=value, record=number, **facts)


def _by_person(row: sa.RowMapping) -> Value:
    said = Evidence(source="person", by=row["who"])
    return Value(value=row["value"], unit=row["unit"], verdict=Verdict.HUMAN, evidence=[said])


def _told(connection: sa.Connection, item_id: str, numbers: Iterable[int]) -> Mapping[int, Record]:
    own = sa.and_(records.c.item_id == item_id, records.c.number.in_(list(numbers)))
    return {row.number: unpack(row.record) for row in connection.execute(sa.select(records).where(own))}


def _change(row: sa.RowMapping) -> FieldChange:
    facts: dict[str, Any] = {name: row[name] for name in row if name not in ("id", "item_id", "batch_id")}
    return FieldChange(**facts, batch=row["batch_id"])
