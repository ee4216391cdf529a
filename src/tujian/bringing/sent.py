"""Sheets and ZIPs that were sent to the server: kept under the state folder, then brought as any other.

Enters: content, a name. Leaves: a file in TUJIAN_HOME/imports; for a ZIP the job that brings it, for a sheet its rows'
jobs. A sheet that was sent names addresses, or files below `pictures_root`; nothing else on this machine.
"""

import hashlib
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tujian.batches import Batches
from tujian.bringing import Bringing
from tujian.bringing.archives import Archive
from tujian.bringing.batch import ImportBatch
from tujian.bringing.nouns import Told, Wanted
from tujian.bringing.tables import Queueing, Table
from tujian.catalogue import Catalogue
from tujian.errors import BadInput, Busy, Stopped, TujianError
from tujian.folding import printable
from tujian.house import House
from tujian.jobs import PRIORITY, Claimed, NewJob
from tujian.looking import Look
from tujian.shelf import told_unwritten, write_whole

KIND = "archive"
FOLDER = "imports"  # in TUJIAN_HOME
UNSAFE = re.compile(r"[^\w.-]+")
LONGEST_NAME = 100

Keep = Callable[[sa.Connection], dict[str, Any]]


def keep_sent(home: Path, content: bytes, name: str) -> Path:
    """The file as it is kept, never replaced by another. Raises BadInput without content, StoreFull, StoreDown."""
    if not content:
        raise BadInput(
            zh=("没有收到文件，或文件是空的。", "请在 file 里上传 CSV、XLSX、JSONL 或 ZIP。"),
            en=("No file came, or it is empty.", "Upload a CSV, XLSX, JSONL or ZIP as `file`."),
        )
    short = UNSAFE.sub("_", printable(name).replace("\\", "/").rpartition("/")[2]).lstrip(".")[-LONGEST_NAME:]
    place = home / FOLDER / hashlib.sha256(content).hexdigest()[:16] / (short or "sheet")
    with _told():
        write_whole(place, content)
    return place


def _told() -> AbstractContextManager[None]:
    return told_unwritten("这份文件", "file", FOLDER)


def queue_archive(house: House, catalogue: Catalogue, batches: Batches, path: Path, wanted: Wanted) -> Told:
    """The job that brings a ZIP, or with a dry run what it would bring. Raises BadInput when it is none."""
    archive = Archive(path)
    if wanted.is_dry:
        return Bringing(house, catalogue, batches, archive, wanted).run()
    source_id = catalogue.source(archive.kind, archive.root)
    batch, look = ImportBatch(batches, catalogue.database, source_id, archive.root, wanted), wanted.look
    payload = {"path": str(path), "who": wanted.who, "kind": wanted.kind}
    payload |= {"task": look.task, "lang": look.lang, "trial": look.trial} if look else {"task": None}
    with catalogue.database.write(durable=True) as connection:
        batch_id = batch.begun(connection)
        key = f"{KIND}:{batch_id}:{uuid.uuid4().hex[:8]}"  # sent again, it may be another ZIP
        batches.jobs.put([NewJob(KIND, key, payload, PRIORITY["high"], batch_id)], within=connection)
    return Told(batch_id=batch_id)


def queue_table(
    house: House, catalogue: Catalogue, batches: Batches, path: Path, given: Mapping[str, str], wanted: Wanted
) -> tuple[Table, Told]:
    """A sheet's rows, queued or, with a dry run, counted. Raises BadInput, BadEdit, StoreFailed."""
    table = Table.opened(path, given, house.tasks)
    none = path.parents[1] / "none"  # an empty folder: such a sheet names no file of the server's own
    with _told():
        none.mkdir(exist_ok=True, mode=0o700)
    root = str(path.parents[1] / path.name)  # the same name is the same sheet in another state
    return table, Queueing(catalogue, batches, table, wanted, house.settings.pictures_root or none, root).run()


def bring_archive(
    house: House, catalogue: Catalogue, batches: Batches, claimed: Claimed, stopped: threading.Event
) -> Keep:
    """Brings a ZIP that was sent. Raises BadInput, StoreFailed; Stopped, and it goes on where it was."""

    def step(_: str) -> None:
        if stopped.is_set():
            raise Stopped

    told = claimed.payload
    look = Look(told["task"], told["lang"], trial=told["trial"]) if told["task"] else None
    wanted = Wanted(told["who"], told["kind"], look, batch_id=claimed.batch_id)
    try:
        done = Bringing(house, catalogue, batches, Archive(Path(told["path"])), wanted).run(step)
    except (Busy, Stopped):
        raise
    except TujianError:
        batches.close(claimed.batch_id or "")  # or it would never end, were this the last try
        raise
    return lambda _: {"counts": dict(done.counts)}
