"""A sheet's rows are queued: each that was not brought before becomes a row of the batch and the job that brings it.

Enters: a sheet, what its columns mean. Leaves: jobs, in large transactions, and counts. Nothing is opened or fetched
here: `rows.py` does. A row is told apart by what it says: the same sheet again queues nothing, a changed row is brought
again, and so is one that failed. # req: C1, C7
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tujian.batches import Batches
from tujian.bringing.batch import ImportBatch
from tujian.bringing.columns import Columns, RowItem, find_columns, known_headings, row_item
from tujian.bringing.nouns import Told, Wanted
from tujian.bringing.overtaken import Overtaken
from tujian.bringing.rows import BY_SHEET, KIND, RowJob
from tujian.bringing.seen import find_source, unseen_items
from tujian.bringing.shopify import is_shopify, shopify_items
from tujian.catalogue import Catalogue
from tujian.errors import BadInput
from tujian.folding import printable
from tujian.jobs import PRIORITY, WAITS_FOR_A_WORD, NewJob
from tujian.schema import jobs
from tujian.sheets import Sheet, heading_key, open_sheet
from tujian.tasks import Tasks

AT_ONCE = 2_000  # rows a transaction
PREVIEW = 5  # rows of a dry run


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose columns are understood."""

    path: Path
    sheet: Sheet
    columns: Columns

    @classmethod
    def opened(cls, path: Path, given: Mapping[str, str], tasks: Tasks) -> "Table":
        """Raises BadInput for what is no sheet, and for columns that are not there or mean nothing."""
        known = {*known_headings(tasks), *map(heading_key, given)}
        sheet = open_sheet(path, known)
        columns = find_columns(sheet.headings, given, tasks, has_pictures=sheet.has_pictures)
        return cls(path.resolve(), sheet, columns)

    def __iter__(self) -> Iterator[tuple[int, RowItem | BadInput]]:
        """Items by the number of their row, or what is wrong with it."""
        if is_shopify(self.sheet.headings):
            yield from shopify_items(self.sheet, self.sheet.headings, self.columns)
            return
        for row in self.sheet:
            try:
                yield row.number, row_item(row, self.columns)
            except BadInput as error:
                yield row.number, error

    def preview(self) -> list[tuple[int, RowItem | BadInput]]:
        return list(islice(self, PREVIEW))


def _batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:  # itertools has it from 3.12
    taken = iter(rows)
    while some := list(islice(taken, size)):
        yield some


class Queueing:
    """One go through one table. `pictures` is the folder that paths are relative to, the sheet's own by default; `root`
    is what the sheet is known by, its path by default. `keeps_pictures`: they do not stay where they are."""

    def __init__(
        self,
        catalogue: Catalogue,
        batches: Batches,
        table: Table,
        wanted: Wanted,
        pictures: Path | None = None,
        root: str | None = None,
        *,
        keeps_pictures: bool = False,
    ) -> None:
        self._catalogue, self._database, self._batches = catalogue, catalogue.database, batches
        self._table, self._wanted = table, wanted
        root = root or str(table.path)
        known = find_source(self._database, root) if wanted.is_dry else catalogue.source("sheet", root)
        self._source_id = known or ""
        with table.path.open("rb") as file:
            print_ = hashlib.file_digest(file, "sha256").hexdigest()  # row numbers hold for this file only
        self._batch = ImportBatch(batches, self._database, self._source_id, root, wanted, {"print": print_})
        self._folder = str((pictures or table.path.parent).resolve())
        self._keeps_pictures = keeps_pictures
        self._who = f"{BY_SHEET}{printable(table.path.name)[:150]}"
        self._queued = 0
        self._overtaken: Overtaken | None = None
        self.told = Told(batch_id=self._batch.id)

    def run(self, step: Callable[[str], None] = lambda _: None) -> Told:
        """All of it. Raises BadInput when the sheet cannot be read on, StoreFailed, Stopped when it was cancelled; what
        was queued until then stays queued, or is cancelled, too."""
        waits = self._wanted.look is not None and self._wanted.look.trial is not None
        if not self._wanted.is_dry:
            self.told.older = self._batch.close_older()
            for batch_id in [*self.told.older, self._batch.id]:
                if batch_id is not None and not waits:
                    self._batches.resume(batch_id, who=self._wanted.who)
        self._overtaken = Overtaken(self._database, self._source_id, self._table)
        for some in _batched(self._table, AT_ONCE):
            step(str(some[-1][0]))
            self._queue(some)
        if not self._wanted.is_dry:
            if self._wanted.look is not None:
                self._batch.look_at_unseen(
                    self._catalogue, unseen_items(self._database, self._source_id, self._batch.id), self._wanted.look
                )
            self._batch.close()
        self.told.batch_id = self._batch.id
        return self.told

    def _queue(self, some: Sequence[tuple[int, RowItem | BadInput]]) -> None:
        good = {number: row for number, row in some if isinstance(row, RowItem)}
        bad = {number: row for number, row in some if isinstance(row, BadInput)}
        prints = {number: row.print for number, row in good.items()}
        keys = {number: f"{KIND}:{self._source_id}:{print_}" for number, print_ in prints.items()}
        known = self._known(list(keys.values()))
        once: dict[str, int] = {}
        for number, row in good.items():
            key = keys[number]
            if key in known and self._overtaken and (batch_id := self._overtaken.by(row)):
                key = f"{key}:{batch_id}"
            if key in once or key in known:  # the same row twice, or brought or queued before
                self.told.add("unchanged", str(number))
            else:
                once[key] = number
        for number, error in bad.items():
            self.told.fail(str(number), error)
        self.told.counts["queued"] += len(once)
        if self._wanted.is_dry or not (once or bad):
            return
        with self._database.write(durable=True) as connection:
            batch_id = self._batch.begun(connection)
            self._batch.put_rows(connection, {number: good[number].facts() for number in once.values()}, bad)
            queued = [self._job(number, prints[number], key, batch_id) for key, number in once.items()]
            self._batches.jobs.put(queued, within=connection)

    def _known(self, keys: Sequence[str]) -> set[str]:
        """Those that have a job, but for jobs that died or were cancelled."""
        found: set[str] = set()
        with self._database.read() as connection:
            for at in range(0, len(keys), 500):
                there = jobs.c.key.in_(keys[at : at + 500]), jobs.c.state.not_in(["dead", "cancelled"])
                found.update(connection.scalars(sa.select(jobs.c.key).where(*there)))
        return found

    def _job(self, number: int, print_: str, key: str, batch_id: str) -> NewJob:
        look, wanted = self._wanted.look, self._wanted
        task, lang = (look.task, look.lang) if look else (None, "zh")
        book = str(self._table.path) if self._table.sheet.has_pictures else None
        told = RowJob(number, print_, self._folder, self._who, wanted.kind, task, lang, self._keeps_pictures, book)
        waits = look is not None and look.trial is not None and self._queued >= look.trial
        self._queued += 1
        due_s = WAITS_FOR_A_WORD if waits else 0.0
        return NewJob(KIND, key, told.payload(), PRIORITY["normal"], batch_id, due_s)
