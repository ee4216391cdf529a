"""A job that brings a row of a sheet: its pictures are opened or fetched, and become an item, or part of one. req: C1

Enters: a row of a batch. Leaves: an item with the values that the sheet tells, the job that looks at it, and the row's
outcome, in one transaction. A row belongs to the item of its external id or SKU; without either, to the item that shows
its picture. A sheet's values are a person's, but what somebody corrected by hand since stays.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from tujian.batches import Batches
from tujian.bringing.columns import MOST_PICTURES, RowItem
from tujian.bringing.named import Named, not_sent
from tujian.bringing.nouns import unreadable
from tujian.bringing.seen import item_that_shows
from tujian.catalogue import Catalogue, FileAt, Incoming, RowAt
from tujian.catalogue.adding import end_row
from tujian.catalogue.changing import PERSON, values_of
from tujian.catalogue.nouns import EVERYTHING, Kind
from tujian.errors import AlreadyThere, BadEdit, FetchFailed, FetchRefused, NotFound, TujianError, UnreadablePicture
from tujian.folding import printable
from tujian.house import House, Shot
from tujian.jobs import MOST_TRIES, Claimed, told
from tujian.looking import Look, look_jobs
from tujian.pictures import too_many_bytes
from tujian.records import FieldValue
from tujian.schema import batch_rows, item_pictures, items
from tujian.sheet_pictures import Part, read_part

KIND = "row"
BY_SHEET = "sheet:"
ADDRESSES = ("http://", "https://")
FINAL = (UnreadablePicture, FetchRefused, NotFound, AlreadyThere, BadEdit)

_ROW = sa.select(batch_rows.c.row).where(
    batch_rows.c.batch_id == sa.bindparam("batch"), batch_rows.c.number == sa.bindparam("at")
)
_BY_ID = sa.select(items.c.id).where(items.c.external_id == sa.bindparam("name"))
_BY_SKU = sa.select(items.c.id).where(items.c.sku == sa.bindparam("name")).limit(sa.literal_column("2"))

Keep = Callable[[sa.Connection], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RowJob:
    """What a job says of its row. `who` is the sheet; `task` None: the item is not looked at. `keeps`: its pictures are
    kept on the shelf, since their folder goes away. `book` is a workbook that has pictures in it."""

    number: int
    print: str
    folder: str
    who: str
    kind: Kind
    task: str | None
    lang: Any
    keeps: bool = False
    book: str | None = None

    def payload(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in RowJob.__slots__}


@lru_cache(maxsize=8)
def _named(folder: str, batch_id: str) -> Named:
    """One index of names a batch."""
    return Named(Path(folder))


def bring_row(house: House, catalogue: Catalogue, batches: Batches, claimed: Claimed, stopped: threading.Event) -> Keep:
    """Opens the row's pictures, and returns what keeps them. Raises what is wrong with it, once noted."""
    job, batch_id = RowJob(**claimed.payload), claimed.batch_id or ""
    row = _read(catalogue, batch_id, job)
    if row is None:  # the sheet was changed since: another job has the row as it is now
        return lambda _: {"item": None}
    try:
        _check_there(catalogue, row)
        opened, notes = _open_all(house, catalogue, row, job, batch_id)
    except TujianError as error:
        if isinstance(error, FINAL) or claimed.tries >= MOST_TRIES:
            _fail(catalogue, batch_id, job.number, error)
        raise

    def keep(connection: sa.Connection) -> dict[str, Any]:
        try:
            with connection.begin_nested():
                item_id, is_fresh = _keep(connection, catalogue, row, opened, job, batch_id)
        except FINAL as error:
            end_row(connection, RowAt(batch_id, job.number), "failed", None, told(error))
            return {"item": None}
        if job.task is not None and is_fresh:
            shown = sa.select(item_pictures.c.sha256).where(item_pictures.c.item_id == item_id)
            ordered = connection.scalars(shown.order_by(item_pictures.c.place)).all()
            look = Look(job.task, job.lang, batch_id=batch_id)
            batches.jobs.put(look_jobs({item_id: ordered}, look), within=connection)
        end_row(connection, RowAt(batch_id, job.number), "done", item_id, notes[0] if notes else None)
        return {"item": item_id}

    return keep


def _read(catalogue: Catalogue, batch_id: str, job: RowJob) -> RowItem | None:
    with catalogue.database.read() as connection:
        facts = connection.scalar(_ROW, {"batch": batch_id, "at": job.number})
    row = None if facts is None else RowItem(**facts)
    return row if row is not None and row.print == job.print else None


def _check_there(catalogue: Catalogue, row: RowItem) -> None:
    """Raises NotFound for a row without pictures that is about no item."""
    if not row.pictures and not row.inside:
        with catalogue.database.read() as connection:
            if _known(connection, row, "") is None:
                raise no_such_item(row)


def _open_all(
    house: House, catalogue: Catalogue, row: RowItem, job: RowJob, batch_id: str
) -> tuple[list[Incoming], list[Mapping[str, Any]]]:
    """The row's pictures, and what is wrong with some of them. Raises what is wrong when none could be opened."""
    opened: list[Incoming] = []
    notes, first = list(row.notes), None
    inside = [lambda told=told: _open_inside(house, told, job) for told in row.inside]
    named = [lambda name=name: _open(house, catalogue, name, job, batch_id) for name in row.pictures]
    for open_one in (*named, *inside)[:MOST_PICTURES]:
        try:
            opened.append(open_one())
        except (UnreadablePicture, FetchRefused, FetchFailed) as error:
            notes.append(told(error))
            first = first or error
    if first is not None and not opened:
        raise first
    return opened, notes


def _open(house: House, catalogue: Catalogue, name: str, job: RowJob, batch_id: str) -> Incoming:
    if name[:8].lower().startswith(ADDRESSES):
        called = unquote(urlsplit(name).path.rpartition("/")[2])[:100] or name[:100]
        content, picture = house.open(Shot(name, called))
        return Incoming(replace(picture, pixels=None), content)  # pyright: ignore[reportArgumentType]
    named = _named(job.folder, batch_id)
    if job.keeps and not named.places(name):
        raise not_sent(name)
    path = named.find(name)
    place = named.folder / path
    try:
        facts = place.stat()
    except OSError as error:
        raise unreadable(path, error.strerror or str(error)) from error
    content, picture = house.open(Shot(place, path))
    if job.keeps:
        return Incoming(replace(picture, pixels=None), content)  # pyright: ignore[reportArgumentType]
    file = FileAt(_source(catalogue, str(named.folder)), path, facts.st_size, facts.st_mtime_ns)
    return Incoming(replace(picture, pixels=None), file=file)  # pyright: ignore[reportArgumentType]


def _keep(
    connection: sa.Connection,
    catalogue: Catalogue,
    row: RowItem,
    opened: Sequence[Incoming],
    job: RowJob,
    batch_id: str,
) -> tuple[str, bool]:
    """The item that has the row now, and whether it should be looked at."""
    main = opened[0].picture.sha256 if opened else ""
    by: dict[str, Any] = {"who": job.who, "batch_id": batch_id, "within": connection}
    catalogue.database.alone_with(connection, f"row:{row.external_id or row.sku or main}")
    item_id = _known(connection, row, main)
    if item_id is None:
        if not opened:
            raise no_such_item(row)
        own = {"external_id": row.external_id, "sku": row.sku, "variant_group": row.group}
        return catalogue.add(opened, kind=job.kind, values=row.values, **own, **by).id, True
    mine = sa.select(item_pictures.c.sha256).where(item_pictures.c.item_id == item_id)
    shown = set(connection.scalars(mine))
    fresh = [one for one in opened if one.picture.sha256 not in shown]
    if fresh:
        catalogue.append_pictures(item_id, fresh, **by)
    changes = _news(connection, item_id, row)
    if changes:
        catalogue.edit(item_id, changes, also=EVERYTHING, **by)
    records_count = connection.scalar(sa.select(items.c.records_count).where(items.c.id == item_id))
    return item_id, bool(fresh) or not records_count


def _known(connection: sa.Connection, row: RowItem, main: str) -> str | None:
    """The item that the row is about. A SKU that several items have is nobody's."""
    if row.external_id:
        return connection.scalar(_BY_ID, {"name": row.external_id})
    if row.sku:
        found = connection.scalars(_BY_SKU, {"name": row.sku}).all()
        return found[0] if len(found) == 1 else None
    return item_that_shows(connection, main)


def _news(connection: sa.Connection, item_id: str, row: RowItem) -> dict[str, FieldValue]:
    """What the sheet tells otherwise than the item has it; what a person set by hand is left."""
    now = values_of(connection, item_id)
    by_hand = {name for name, held in now.items() if held.source == PERSON and not held.who.startswith(BY_SHEET)}
    news = {
        name: value
        for name, value in row.values.items()
        if name not in by_hand and (name not in now or (now[name].value, now[name].source) != (value, PERSON))
    }
    return {**news, **_own_news(connection, item_id, row)}


def _own_news(connection: sa.Connection, item_id: str, row: RowItem) -> dict[str, FieldValue]:
    """The item's own names that it does not have yet."""
    item = connection.execute(sa.select(items).where(items.c.id == item_id)).one()
    told_ = {"sku": (item.sku, row.sku), "variant_group": (item.variant_group, row.group)}
    return {f"item.{name}": new for name, (old, new) in told_.items() if new and not old}


def _fail(catalogue: Catalogue, batch_id: str, number: int, error: TujianError) -> None:
    with catalogue.database.write() as connection:
        end_row(connection, RowAt(batch_id, number), "failed", None, told(error))


def _open_inside(house: House, part_told: str, job: RowJob) -> Incoming:
    """A picture of the workbook itself: its bytes are kept, for nobody else has them."""
    part, book = Part.read_back(part_told), Path(job.book or "")
    content = read_part(book, part)
    if content is None:
        raise _book_changed(book.name, part.name)
    if len(content) > house.max_bytes:
        raise too_many_bytes(len(content), house.max_bytes)
    _, picture = house.open(Shot(content, f"{book.name}/{part.name.rpartition('/')[2]}"))
    return Incoming(replace(picture, pixels=None), content)  # pyright: ignore[reportArgumentType]


@lru_cache(maxsize=8)
def _source(catalogue: Catalogue, folder: str) -> str:
    return catalogue.source("folder", folder)


def _book_changed(book: str, part: str) -> UnreadablePicture:
    shown = printable(f"{book}: {part}")[:100]
    return UnreadablePicture(
        zh=(f"表格里的图片不见了或换过了（{shown}）。", "表格改过之后，请再导入一次。"),
        en=(f"A picture in the workbook is gone or another one ({shown}).", "Import the workbook again as it is now."),
    )


def no_such_item(row: RowItem) -> NotFound:
    shown = printable(row.external_id or row.sku or "")[:60]
    return NotFound(
        zh=(f"目录里没有编号 {shown!r} 的条目，这一行也没有图片。", "请填上图片的路径或网址。"),
        en=(f"No item has the id {shown!r}, and the row has no picture.", "Give its picture's path or address."),
    )
