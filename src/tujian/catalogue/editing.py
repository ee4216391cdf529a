"""`edit`, `undo`, `hide`, `show`: what a person does. # req: B11, E4, F1

Enters: an item, checked values. Leaves: rows. An undo takes back the last act of a person that still stands: a
person's earlier value comes back as it was; where a machine's stood, what the machines say now comes back.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import PurePath

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
from tujian.catalogue.indexing import shown_by
from tujian.catalogue.nouns import EVERYTHING, Also, Chosen, name_taken, nothing_to_undo
from tujian.catalogue.reviewing import drop_concerns, drop_sensitive, keep_concerns
from tujian.database import Database
from tujian.describe import UNKNOWN
from tujian.records import FieldValue, Record
from tujian.schema import field_history, items
from tujian.tasks import Tasks

OWN = "item."
TITLES = ("title", "name")
TAKEN_BACK = dt.timedelta(minutes=15)  # so long who hid something may show it again without seeing it


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
    title = _title(connection, item, moves, with_moves(before, moves), latest_records(connection, item_id))
    apply(connection, database, item_id, by, moves, own_moves, title=title)
    drop_concerns(connection, item_id, values)
    return item["version"]


def undo_last(
    connection: sa.Connection,
    database: Database,
    item_id: str,
    by: By,
    also: Also,
    tasks: Tasks,
    version: int | None = None,
) -> int:
    """Takes back a person's last act on the item; returns its new version. Raises NotFound, LostUpdate, BadInput."""
    item = lock_item(connection, item_id, by, also, version)
    lines = _last_act(connection, item_id)
    before = values_of(connection, item_id)
    spoken = latest_records(connection, item_id)
    said = strongest(spoken)
    fields = [line for line in lines if not line.field.startswith(OWN)]
    moves = [
        Move(line.field, before.get(line.field), stood_before(line, said, before.get(line.field))) for line in fields
    ]
    own = [_own_back(line, spoken) for line in lines if line.field.startswith(OWN)]
    for move in own:
        if move.column == "external_id" and move.new:
            _check_name(connection, item_id, str(move.new))
    visibility_by = next((move.new_source for move in own if move.column == "visibility"), item["visibility_by"])
    write_down(connection, by, "undo", item_id, change=lines[0].change)
    after, change = with_moves(before, moves), lines[0].change
    title = _title(connection, item, moves, after, spoken)
    apply(connection, database, item_id, by, moves, own, undoes=change, title=title, visibility_by=visibility_by)
    keep_concerns(connection, database, item_id, spoken, after, tasks, visibility_by == PERSON)
    return item["version"]


def set_visibility(
    connection: sa.Connection, database: Database, item_id: str, visibility: Chosen, by: By, also: Also
) -> int:
    """Hides or shows an item; a person's choice, which no later finding changes. Who may not see it may show it only if
    they hid it a moment ago. Returns the new version. Raises NotFound."""
    item = lock_item(connection, item_id, by, EVERYTHING if _hid_just_now(connection, item_id, by) else also)
    own = [OwnMove("visibility", item["visibility"], visibility, PERSON, item["visibility_by"])]
    write_down(connection, by, "show" if visibility == "shown" else "hide", item_id, visibility=visibility)
    apply(connection, database, item_id, by, (), own, visibility_by=PERSON)
    drop_sensitive(connection, item_id)
    return item["version"]


def _title(
    connection: sa.Connection,
    item: sa.RowMapping,
    moves: Sequence[Move],
    after: Mapping[str, Held],
    spoken: Mapping[int, Record],
) -> str:
    """What an item is called; one whose name is gone as the last record says, or as its first picture is called."""
    if not any(move.field in TITLES and move.new is None for move in moves):
        return title_of(after, item["title"])
    said = [spoken[number].title for number in sorted(spoken) if spoken[number].title not in UNKNOWN.values()]
    names, _ = shown_by(connection, item["id"])
    called = PurePath(names[0]).stem if names else item["title"]
    return title_of(after, said[-1] if said else called)


def _hid_just_now(connection: sa.Connection, item_id: str, by: By) -> bool:
    told = field_history.c.item_id == item_id, field_history.c.field == f"{OWN}visibility"
    last = sa.select(field_history).where(*told).order_by(field_history.c.change.desc()).limit(1)
    line = connection.execute(last).one_or_none()
    if line is None or line.old != "shown" or line.who != by.who or line.new_source != PERSON:
        return False
    return dt.datetime.fromisoformat(by.made_at) - dt.datetime.fromisoformat(line.made_at) < TAKEN_BACK


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
