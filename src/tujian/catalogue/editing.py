"""`edit`, `undo`, `hide`, `show`: what a person does. # req: B11, E4, F1

Enters: an item, checked values. Leaves: rows. An undo takes back the last act of a person that still stands: a
person's earlier value comes back as it was; where a machine's stood, what the machines say now comes back.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from tujian.catalogue.changing import (
    PERSON,
    RULE,
    By,
    Held,
    Move,
    OwnMove,
    apply,
    by_person,
    latest_records,
    lock_item,
    strongest,
    title_of,
    values_of,
    with_moves,
    write_down,
)
from tujian.catalogue.nouns import EVERYTHING, Also, Chosen, name_taken, nothing_to_undo
from tujian.database import Database
from tujian.records import FieldValue, Record
from tujian.schema import field_history, items

OWN = "item."


def edit_item(
    connection: sa.Connection,
    database: Database,
    item_id: str,
    values: Mapping[str, tuple[FieldValue, str | None]],
    own: Mapping[str, str | None],
    by: By,
    also: Also,
    version: int | None,
) -> int:
    """Sets fields and the item's own columns; returns its new version. Raises NotFound, LostUpdate, AlreadyThere."""
    item = lock_item(connection, item_id, by, also, version)
    before = values_of(connection, item_id)
    moves = [Move(name, before.get(name), by_person(value, unit, by.who)) for name, (value, unit) in values.items()]
    if own.get("external_id"):
        _check_name(connection, item_id, str(own["external_id"]))
    own_moves = [OwnMove(column, item[column], value, old_source=PERSON) for column, value in own.items()]
    write_down(connection, by, "edit", item_id, fields=sorted([*values, *own]))
    title = title_of(with_moves(before, moves), item["title"])
    apply(connection, database, item_id, by, moves, own_moves, title=title)
    return item["version"]


def undo_last(connection: sa.Connection, database: Database, item_id: str, by: By, also: Also) -> int:
    """Takes back a person's last act on the item; returns its new version. Raises NotFound, BadInput."""
    item = lock_item(connection, item_id, by, also)
    lines = _last_act(connection, item_id)
    before = values_of(connection, item_id)
    spoken = latest_records(connection, item_id)
    said = strongest(spoken)
    fields = [line for line in lines if not line.field.startswith(OWN)]
    moves = [
        Move(line.field, before.get(line.field), stood_before(line, said, before.get(line.field))) for line in fields
    ]
    own = [_own_back(line, spoken) for line in lines if line.field.startswith(OWN)]
    visibility_by = next((move.new_source for move in own if move.column == "visibility"), item["visibility_by"])
    write_down(connection, by, "undo", item_id, change=lines[0].change)
    title = title_of(with_moves(before, moves), item["title"])
    change = lines[0].change
    apply(connection, database, item_id, by, moves, own, undoes=change, title=title, visibility_by=visibility_by)
    return item["version"]


def set_visibility(connection: sa.Connection, database: Database, item_id: str, visibility: Chosen, by: By) -> int:
    """Hides or shows an item; a person's choice, which no later finding changes. Returns the new version."""
    item = lock_item(connection, item_id, by, EVERYTHING)
    own = [OwnMove("visibility", item["visibility"], visibility, PERSON, item["visibility_by"])]
    write_down(connection, by, "show" if visibility == "shown" else "hide", item_id, visibility=visibility)
    apply(connection, database, item_id, by, (), own, visibility_by=PERSON)
    return item["version"]


def _check_name(connection: sa.Connection, item_id: str, external_id: str) -> None:
    others = sa.select(items.c.id).where(items.c.external_id == external_id, items.c.id != item_id)
    if connection.scalar(others):
        raise name_taken(external_id)


def _last_act(connection: sa.Connection, item_id: str) -> Sequence[sa.Row]:
    own = field_history.c.item_id == item_id
    taken_back = sa.select(field_history.c.undoes).where(own, field_history.c.undoes.is_not(None))
    standing = sa.and_(
        own,
        field_history.c.new_source == PERSON,
        field_history.c.undoes.is_(None),
        field_history.c.change.not_in(taken_back),
    )
    last = sa.select(sa.func.max(field_history.c.change)).where(standing).scalar_subquery()
    lines = connection.execute(sa.select(field_history).where(own, field_history.c.change == last)).all()
    if not lines:
        raise nothing_to_undo()
    return lines


def _own_back(line: sa.Row, spoken: Mapping[int, Record]) -> OwnMove:
    """A column as it was; whether an item may be seen that no person decided on, what was found since decides."""
    column, old, source = line.field.removeprefix(OWN), line.old, line.old_source
    if column == "visibility" and source != PERSON:
        if any(record.sensitive for record in spoken.values()):
            old, source = "sensitive", RULE
        elif old == "pending" and spoken:
            old = "shown"
    return OwnMove(column, line.new, old, source, PERSON)


def stood_before(line: sa.Row, said: Mapping[str, Held], now: Held | None) -> Held | None:
    """What stands once `line` is taken back."""
    if line.old_source == PERSON:
        return by_person(line.old, now and now.unit, line.who)
    return said.get(line.field)
