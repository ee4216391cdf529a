"""The catalogue: pictures, items and records kept, and every value with its history. req: A12, B11, C2, D7, E4, E9, F1

Enters: pictures with their facts, records, what a person edits. Leaves: items, lists, changes, history.
Does not know: how records are made, HTTP, pages, formats of exchange, search.

What a verb returned is kept: it survives the end of the process (`database.py`); what a person brought or edited is
synced to the disk. A verb either does all of what it says or nothing. With `within` it is a part of a transaction of
the caller's, such as the end of a job. Hidden and sensitive items are nowhere unless `also` asks for them.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext

import sqlalchemy as sa

from tujian.answers import utc_now
from tujian.catalogue import reading
from tujian.catalogue.adding import NewItem, add_item, append_pictures, replace_picture
from tujian.catalogue.changing import By, again, answer, answered_before, fingerprint, speaker
from tujian.catalogue.editing import edit_item, set_visibility, undo_last
from tujian.catalogue.forgetting import drop_pictures, forget_item
from tujian.catalogue.merging import WHY, count_values, having, merge_all, unmerge_all
from tujian.catalogue.nouns import (
    EVERYTHING,
    OWN_FIELDS,
    Added,
    Also,
    Changes,
    Chosen,
    Difference,
    FieldChange,
    FileAt,
    Incoming,
    Item,
    ItemHead,
    Kind,
    Merged,
    Page,
    PictureVector,
    RowAt,
    Saved,
    ShownPicture,
    Unmerged,
    ValueCount,
    Visibility,
    no_such_item,
)
from tujian.catalogue.saving import save_record
from tujian.catalogue.sources import keep_source
from tujian.database import Database, open_database
from tujian.errors import BadEdit
from tujian.fields import LISTS, check_value, find_field
from tujian.folding import printable
from tujian.records import FieldValue, Record
from tujian.schema import items, records
from tujian.settings import Settings
from tujian.shelf import Shelf, picture_is_gone, read_in_place
from tujian.tasks import Tasks

__all__ = [
    "Added", "Catalogue", "Changes", "Difference", "FieldChange", "FileAt", "Incoming", "Item", "ItemHead", "Merged",
    "Page", "PictureVector", "RowAt", "Saved", "ShownPicture", "Unmerged", "ValueCount",
]  # fmt: skip

LONGEST_NAME = 200
FIRST: dict[Kind, Sequence[str]] = {"product": ("product", "describe"), "photo": ("album",)}  # whose fields are meant


class Catalogue:
    """A few verbs over one database and one shelf. Threads and processes share them."""

    def __init__(
        self, database: Database, shelf: Shelf, tasks: Tasks, clock: Callable[[], dt.datetime] = utc_now
    ) -> None:
        self.database, self._shelf, self._tasks, self._clock = database, shelf, tasks, clock

    @classmethod
    def opened(cls, settings: Settings, database: Database | None = None, tasks: Tasks | None = None) -> "Catalogue":
        """The catalogue that the settings name. Raises BadSettings, BrokenInstall, BadTask."""
        tasks = tasks or Tasks.load(settings.home_dir / "tasks")
        return cls(database or open_database(settings.database_place), Shelf(settings.home_dir / "pictures"), tasks)

    # what changes it

    def add(
        self,
        pictures: Sequence[Incoming],
        *,
        who: str,
        kind: Kind = "product",
        external_id: str | None = None,
        sku: str | None = None,
        variant_group: str | None = None,
        values: Mapping[str, object] | None = None,
        visibility: Visibility = "shown",
        batch_id: str | None = None,
        row: RowAt | None = None,
        key: str | None = None,
        within: sa.Connection | None = None,
    ) -> Added:
        """Pictures, the main one first, become an item; `values` are a person's. # req: C1

        A `pending` one is shown once a record is saved that finds nothing sensitive. # req: E9
        Raises BadEdit for values, AlreadyThere when the external id or the idempotency `key` is taken, StoreFailed.
        """
        names = (_name(external_id), _name(sku), _name(variant_group))
        new = NewItem(pictures, kind, *names, visibility, self._checked(values or {}, FIRST[kind]))
        by, asked = self._by(who, "", batch_id), _print_of(new)
        for one in pictures:
            self._keep(one)
        with self.database.write(within, durable=True) as connection:
            known = answered_before(connection, self.database, key, asked, by.made_at)
            if known is not None:
                return Added(**again(known))
            self._keep_again(connection, pictures)
            added = Added(id=add_item(connection, self.database, new, by, row), version=1)
            answer(connection, key, added.model_dump())
        return added

    def save(
        self,
        item_id: str,
        record: Record,
        *,
        who: str | None = None,
        vectors: Mapping[str, PictureVector] | None = None,
        batch_id: str | None = None,
        key: str | None = None,
        seen: Sequence[str] = (),
        within: sa.Connection | None = None,
    ) -> Saved:
        """A record becomes the item's next version; current values follow, but never over a person's. # req: F1, F8

        What waited is shown now, if it still shows the `seen` sha256s. Raises NotFound, AlreadyThere, StoreFailed.
        """
        by, asked = self._by(who or speaker(record), "", batch_id), fingerprint("save", item_id, record.recipe)
        with self.database.write(within) as connection:
            known = answered_before(connection, self.database, key, asked, by.made_at)
            if known is not None:
                return Saved(**again(known))
            saved = save_record(connection, self.database, item_id, record, by, vectors or {}, self._tasks, seen)
            answer(connection, key, saved.model_dump())
        return saved

    def append_pictures(
        self,
        item_id: str,
        incoming: Sequence[Incoming],
        *,
        who: str,
        batch_id: str | None = None,
        within: sa.Connection | None = None,
    ) -> int:
        """The item shows these too; returns how many are new to it. Raises NotFound, StoreFailed."""
        for one in incoming:
            self._keep(one)
        with self.database.write(within, durable=True) as connection:
            self._keep_again(connection, incoming)
            return append_pictures(connection, self.database, item_id, incoming, self._by(who, "", batch_id))

    def replace_picture(
        self,
        item_id: str,
        old_sha256: str,
        incoming: Incoming,
        *,
        who: str,
        waits: bool = False,
        batch_id: str | None = None,
        within: sa.Connection | None = None,
    ) -> None:
        """The file that an item shows has other content, and `waits` for a look. Raises NotFound, StoreFailed."""
        self._keep(incoming)
        with self.database.write(within, durable=True) as connection:
            self._keep_again(connection, [incoming])
            by = self._by(who, "", batch_id)
            replace_picture(connection, self.database, item_id, old_sha256, incoming, by, waits=waits)

    def edit(
        self,
        item_id: str,
        changes: Mapping[str, object],
        *,
        who: str,
        version: int | None = None,
        why: str = "",
        batch_id: str | None = None,
        also: Also = (),
        within: sa.Connection | None = None,
    ) -> int:
        """A person sets fields, or the item's own (`item.sku` …); None says that there is none. Returns the version.

        With `version`, the one that was read, somebody else's change since then is not overwritten: LostUpdate.
        Raises NotFound, BadEdit, AlreadyThere, StoreFailed.
        """
        own = {name.removeprefix("item."): _own(name, value) for name, value in changes.items() if name in OWN_FIELDS}
        fields = {name: value for name, value in changes.items() if name not in OWN_FIELDS}
        values = self._checked(fields, self._tasks_of(item_id, within) if fields else ())
        by = self._by(who, why, batch_id)
        with self.database.write(within, durable=True) as connection:
            return edit_item(connection, self.database, item_id, values, own, by, also, version)

    def merge_values(
        self, field: str, values: Collection[str], into: object, *, who: str, also: Also = (), is_trial: bool = False
    ) -> Merged:
        """On every item, `values` of a field become `into`: a person's act, on each item all of it or nothing.

        Broken off half-way, the same call does the rest. Raises BadEdit, StoreFailed. # req: C4
        """
        told = find_field(self._tasks, field)
        checked = check_value(told, [into] if told.type in LISTS else into)
        one = checked[0] if isinstance(checked, list) else checked
        old = {printable(value).strip() for value in values} - {str(one), ""}
        with self.database.read() as connection:
            ids = having(connection, field, old, also) if old else []
        by = self._by(who, f"{WHY}{', '.join(sorted(old))[:500]} → {one}", uuid.uuid4().hex)
        if is_trial or not ids:
            return Merged(field=field, into=one, items=len(ids), is_trial=is_trial, batch=None)
        return merge_all(self.database, ids, field, old, one, by, also)

    def unmerge(self, number: int, *, who: str, also: Also = ()) -> Unmerged:
        """Takes a whole merge back, item by item; where somebody changed the field since, that stays and is told.

        Broken off half-way, the same call does the rest. Raises NotFound, StoreFailed. # req: B11, C4
        """
        return unmerge_all(self.database, number, self._by(who, f"merge {number} taken back"), also, self._tasks)

    def undo(
        self,
        item_id: str,
        *,
        who: str,
        version: int | None = None,
        also: Also = (),
        within: sa.Connection | None = None,
    ) -> int:
        """Takes back a person's last act on the item, of `version` if given. Raises NotFound, LostUpdate, BadInput."""
        with self.database.write(within, durable=True) as connection:
            return undo_last(connection, self.database, item_id, self._by(who, "undo"), also, self._tasks, version)

    def hide(self, item_id: str, *, who: str, why: str = "") -> int:
        """The item is nowhere unless asked for. Raises NotFound, StoreFailed. # req: C10"""
        return self.set_visibility(item_id, "hidden", who=who, why=why, also=EVERYTHING)

    def show(self, item_id: str, *, who: str, why: str = "") -> int:
        """The item is seen again, whatever later findings say. Raises NotFound, StoreFailed. # req: E9"""
        return self.set_visibility(item_id, "shown", who=who, why=why, also=EVERYTHING)

    def set_visibility(
        self,
        item_id: str,
        visibility: Chosen,
        *,
        who: str,
        why: str = "",
        also: Also = (),
        within: sa.Connection | None = None,
    ) -> int:
        """A person's choice, also of what they hid a moment ago. Returns the new version. Raises NotFound."""
        with self.database.write(within, durable=True) as connection:
            return set_visibility(connection, self.database, item_id, visibility, self._by(who, why), also)

    def forget(self, item_id: str, *, who: str, also: Also = ()) -> None:
        """The item goes with its records and history; pictures stay while others show them. Raises NotFound."""
        with self.database.write(durable=True) as connection:
            unused = forget_item(connection, item_id, self._by(who), also)
        drop_pictures(self.database, self._shelf, unused)

    def source(self, kind: str, root: str, *, is_read_only: bool = True) -> str:
        """The id of a folder, sheet or archive that pictures come from; the same root is the same source."""
        with self.database.write(durable=True) as connection:
            return keep_source(connection, self.database, kind, printable(root), is_read_only, self._now())

    # what is asked of it

    def get(self, item_id: str, *, also: Also = ()) -> Item:
        """The item with its values, their evidence, its pictures. Raises NotFound."""
        with self.database.read() as connection:
            return reading.get_item(connection, item_id, also)

    def find_id(self, text: str, *, also: Also = ()) -> str:
        """The id of the item with this external id, id, beginning of its id, or sku. Raises NotFound."""
        with self.database.read() as connection:
            found = reading.find_id(connection, text, also)
        if found is None:
            raise no_such_item(text)
        return found

    def list(self, *, after: str = "", limit: int = 50, kind: Kind | None = None, also: Also = ()) -> Page:
        """Items, the newest first; `after` is a page's `next`. Raises BadInput for a wrong one."""
        with self.database.read() as connection:
            return reading.list_items(connection, after, limit, kind, also)

    def changed_since(self, change: int, *, limit: int = 100, also: Also = ()) -> Changes:
        """What changed after `change`, the oldest first: nothing is missed, the last change of an item counts."""
        with self.database.read() as connection:
            return reading.list_changes(connection, change, limit, also)

    def history(self, item_id: str, field: str | None = None, *, also: Also = ()) -> Sequence[FieldChange]:
        """Who changed what, when and why, the newest first. Raises NotFound."""
        with self.database.read() as connection:
            return reading.history_of(connection, item_id, field, also)

    def record(self, item_id: str, number: int, *, also: Also = ()) -> Record:
        """A version of the item's record. Raises NotFound."""
        with self.database.read() as connection:
            return reading.read_record(connection, item_id, number, also)

    def diff(self, item_id: str, older: int, newer: int, *, also: Also = ()) -> Sequence[Difference]:
        """The fields that two versions of the record tell differently. Raises NotFound."""
        before, after = (self.record(item_id, number, also=also).fields for number in (older, newer))
        both = {name: (_value(before, name), _value(after, name)) for name in {**before, **after}}
        return [Difference(field=name, old=old, new=new) for name, (old, new) in both.items() if old != new]

    def content(self, sha256: str) -> bytes:
        """A picture's bytes, from the shelf or from where it lies. Raises NotFound."""
        with self.database.read() as connection:
            place = reading.where_it_lies(connection, sha256)
        if place is None:
            raise picture_is_gone(sha256)
        is_kept, there = place
        return self._shelf.read(sha256) if is_kept else read_in_place(sha256, there)

    def values_of(self, field: str, *, also: Also = ()) -> Sequence[ValueCount]:
        """What a field says over all items, the most frequent first. Raises BadEdit for a field that is none."""
        find_field(self._tasks, field)
        with self.database.read() as connection:
            return count_values(connection, field, also)

    def pictures_of(self, item_ids: Sequence[str] | None, *, also: Also = ()) -> dict[str, tuple[str, ...]]:
        """The pictures' sha256s by item, of these items or of all, the oldest item first."""
        with self.database.read() as connection:
            return reading.pictures_by_item(connection, self.database, item_ids, also)

    def shown(self, item_id: str, most: int) -> Sequence[ShownPicture]:
        """The first pictures of an item, whoever may see it. Raises NotFound when it is gone, or shows none."""
        with self.database.read() as connection:
            return reading.shown_pictures(connection, item_id, most)

    def _checked(
        self, values: Mapping[str, object], first: Sequence[str] = ()
    ) -> dict[str, tuple[FieldValue, str | None]]:
        fields = {name: find_field(self._tasks, name, first) for name in values}
        return {name: (check_value(field, values[name]), field.unit) for name, field in fields.items()}

    def _tasks_of(self, item_id: str, within: sa.Connection | None) -> Sequence[str]:
        """Tasks of the item's records, the newest first, and of its kind: whose fields are meant before all others."""
        said = sa.select(records.c.task).where(records.c.item_id == item_id).order_by(records.c.number.desc())
        kind = sa.select(items.c.kind).where(items.c.id == item_id)
        with self.database.read() if within is None else nullcontext(within) as connection:
            return [*connection.scalars(said), *FIRST.get(connection.scalar(kind), ())]  # pyright: ignore[reportArgumentType, reportCallIssue]

    def _keep(self, incoming: Incoming) -> None:
        if incoming.content is not None:
            self._shelf.put(incoming.picture.sha256, incoming.content)

    def _keep_again(self, connection: sa.Connection, incoming: Sequence[Incoming]) -> None:
        """Somebody may have forgotten the last item with the same bytes between `_keep` and this transaction."""
        for sha256 in sorted({one.picture.sha256 for one in incoming}):
            self.database.alone_with(connection, sha256)
        for one in incoming:
            self._keep(one)

    def _by(self, who: str, why: str = "", batch_id: str | None = None) -> By:
        return By(printable(who)[:LONGEST_NAME], self._now(), why, batch_id)

    def _now(self) -> str:
        return self._clock().isoformat(timespec="microseconds")


def _print_of(new: NewItem) -> str:
    shown = [one.picture.sha256 for one in new.pictures]
    return fingerprint("add", shown, new.kind, new.external_id, new.sku, new.variant_group, dict(new.values))


def _value(fields: Mapping[str, object], name: str) -> FieldValue:
    return getattr(fields.get(name), "value", None)


def _name(text: str | None) -> str | None:
    """An external id, sku or group as it is kept. Raises BadEdit when it is too long."""
    text = printable(text).strip() if text else ""
    if len(text) > LONGEST_NAME:
        raise BadEdit(
            zh=(f"编号 {text[:40]!r}… 有 {len(text)} 字，最多 {LONGEST_NAME}。", "请缩短。"),
            en=(f"The id {text[:40]!r}… has {len(text)} characters; {LONGEST_NAME} at most.", "Shorten it."),
        )
    return text or None


def _own(name: str, value: object) -> str | None:
    is_kind = name == "item.kind"
    if (is_kind and value not in ("product", "photo")) or (value is not None and not isinstance(value, str)):
        raise BadEdit(
            zh=(f"{name} 不能是 {value!r}。", "item.kind 是 product 或 photo；其余写文字或 null。"),
            en=(f"{name} cannot be {value!r}.", "item.kind is product or photo; the others are text or null."),
        )
    return _name(value if isinstance(value, str) else None)
