"""An order: what is to become of a parcel or a folder, as a job that a worker does. req: C1, C7

Enters: a parcel or a folder, what its columns mean, how it is to be brought. Leaves: a batch with the job in it, at
once; the worker unpacks, queues rows, opens pictures. Sent again after a break it goes on where it was.
"""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tujian.batches import Batches
from tujian.bringing import Bringing
from tujian.bringing.batch import ImportBatch
from tujian.bringing.folders import Folder
from tujian.bringing.nouns import Source, Told, Wanted
from tujian.bringing.opened import ParcelSource, unpack
from tujian.bringing.parcels import Parcel, Sent
from tujian.bringing.tables import Queueing, Table
from tujian.catalogue import Catalogue
from tujian.database import Database
from tujian.errors import BadInput, Busy, Stopped, TujianError
from tujian.folding import printable
from tujian.house import House
from tujian.jobs import PRIORITY, Claimed, NewJob
from tujian.looking import Look
from tujian.schema import batches as batch_table
from tujian.schema import jobs

KIND = "order"
LOOK_S = 0.5  # between looks whether it is still wanted
MOST_ROOT = 400  # characters of a folder's path in a name

Keep = Callable[[sa.Connection], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Order:
    """Either the number of a `parcel` or a `folder`; `columns` are field by heading, of a sheet."""

    wanted: Wanted
    parcel: str = ""
    folder: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


def place_order(house: House, catalogue: Catalogue, batches: Batches, order: Order) -> str:
    """The id of the batch. Raises BadInput for a sheet or a folder that cannot be brought, NotFound, StoreFailed."""
    if order.folder:
        source: Source = Folder(Path(order.folder))
        told = {"called": source.root[-MOST_ROOT:], "folder": source.root}
        return _queue(catalogue, batches, order, source.kind, source.root, told)
    parcel = Parcel(house.settings.home_dir, order.parcel)
    told: dict[str, Any] = {"called": called(parcel), "parcel": parcel.number}
    if parcel.sheet is None:
        source = ParcelSource(parcel)
        told["files"] = len(parcel.files)
        return _queue(catalogue, batches, order, source.kind, source.root, told)
    table = Table.opened(parcel.path(parcel.sheet), order.columns, house.tasks)
    told |= {"print": parcel.sheet.sha256, "rows": table.sheet.count}
    return _queue(catalogue, batches, order, "sheet", sheet_root(house, parcel.sheet), told)


def sheet_root(house: House, sheet: Sent) -> str:
    """What a sheet that was sent is known by: the same name is the same sheet in another state."""
    return str(house.settings.home_dir / "imports" / sheet.name)


def called(parcel: Parcel) -> str:
    """What a parcel is called: by its sheet, or by its first file."""
    return (parcel.sheet or parcel.files[0]).name if parcel.files else ""


def _queue(catalogue: Catalogue, batches: Batches, order: Order, kind: str, root: str, told: Mapping[str, Any]) -> str:
    look = order.wanted.look
    batch = ImportBatch(batches, catalogue.database, catalogue.source(kind, root), root, order.wanted, told)
    payload = {"parcel": order.parcel, "folder": order.folder, "columns": dict(order.columns)}
    payload |= {"who": order.wanted.who, "kind": order.wanted.kind}
    payload |= {"task": look.task, "lang": look.lang, "trial": look.trial} if look else {"task": None}
    with catalogue.database.write(durable=True) as connection:
        batch_id = batch.begun(connection)
        key = f"{KIND}:{batch_id}:{uuid.uuid4().hex[:8]}"
        batches.jobs.put([NewJob(KIND, key, payload, PRIORITY["high"], batch_id)], within=connection)
    return batch_id


def fill_order(
    house: House, catalogue: Catalogue, batches: Batches, claimed: Claimed, stopped: threading.Event
) -> Keep:
    """Brings it. Raises BadInput, NotFound, StoreFailed; Stopped, and it goes on where it was, or is cancelled."""
    told, step = claimed.payload, watched(catalogue.database, claimed, stopped)
    look = Look(told["task"], told["lang"], trial=told["trial"]) if told["task"] else None
    step("")  # before the batch is gone on with: somebody may have paused it
    wanted = Wanted(told["who"], told["kind"], look, batch_id=claimed.batch_id)
    try:
        done = _bring(house, catalogue, batches, told, wanted, step)
    except (Busy, Stopped):
        raise
    except TujianError:
        batches.close(claimed.batch_id or "")  # or it would never end, were this the last try
        raise
    return lambda _: {"counts": dict(done.counts), "reasons": dict(done.reasons)}


def watched(database: Database, claimed: Claimed, stopped: threading.Event) -> Callable[[str], None]:
    """What to call after each thing done: it raises Stopped once the worker stops, or the batch is paused or gone."""
    mine = sa.select(batch_table.c.is_paused, jobs.c.state).join(jobs, jobs.c.batch_id == batch_table.c.id)
    mine = mine.where(jobs.c.id == claimed.id)
    looked_s = 0.0

    def step(_: str) -> None:
        nonlocal looked_s
        if stopped.is_set():
            raise Stopped
        if time.monotonic() - looked_s > LOOK_S:
            looked_s = time.monotonic()
            with database.read() as connection:
                now = connection.execute(mine).one_or_none()
            if now is None or now.is_paused or now.state != "doing":
                raise Stopped

    return step


def _bring(
    house: House,
    catalogue: Catalogue,
    batches: Batches,
    told: Mapping[str, Any],
    wanted: Wanted,
    step: Callable[[str], None],
) -> Told:
    if told["folder"]:
        return Bringing(house, catalogue, batches, Folder(allowed_folder(house, told["folder"])), wanted).run(step)
    parcel = Parcel(house.settings.home_dir, told["parcel"])
    if parcel.sheet is None:
        return Bringing(house, catalogue, batches, ParcelSource(parcel), wanted).run(step)
    pictures = unpack(parcel, house.max_bytes, step)
    has_own = any(one.is_picture or one.kind == "archive" for one in parcel.files)
    folder = pictures if has_own else house.settings.pictures_root or pictures
    table = Table.opened(parcel.path(parcel.sheet), told["columns"], house.tasks)
    root, keeps = sheet_root(house, parcel.sheet), folder == pictures
    return Queueing(catalogue, batches, table, wanted, folder, root, keeps_pictures=keeps).run(step)


def allowed_folder(house: House, text: str) -> Path:
    """A folder of the server's machine, below `pictures_root`. Raises BadInput for any other. # req: B2"""
    root, told = house.settings.pictures_root, text.replace("\0", "").strip()
    if root is not None and told:
        path = (root / told).resolve()
        if path.is_relative_to(root.resolve()) and path.is_dir():
            return path
    shown, where = printable(text)[:120], printable(str(root)) if root else "TUJIAN_PICTURES_ROOT"
    raise BadInput(
        zh=(f"打不开文件夹 {shown!r}。", f"请写 {where} 里面的文件夹；别处的不会打开。"),
        en=(f"The folder {shown!r} cannot be opened.", f"Name one inside {where}; others are not opened."),
    )


def at_work(catalogue: Catalogue) -> set[str]:
    """The numbers of parcels whose batch has not ended."""
    open_ = sa.select(batch_table.c.options).where(batch_table.c.ended_at.is_(None))
    with catalogue.database.read() as connection:
        return {options["parcel"] for options in connection.scalars(open_) if "parcel" in options}
