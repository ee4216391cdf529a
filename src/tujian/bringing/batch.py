"""The batch of an import: begun with the first row that needs it, gone on with as long as it has not ended.

Enters: a source, rows and what became of them. Leaves: rows of `batch_rows`. Who imports the same source again goes on
with the same batch, and a file that failed before has its row once.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import sqlalchemy as sa

from tujian.batches import Batches, NewBatch
from tujian.bringing.nouns import Wanted
from tujian.catalogue import Catalogue
from tujian.catalogue.nouns import EVERYTHING
from tujian.database import Database
from tujian.errors import Stopped, TujianError
from tujian.jobs import hold_open, told
from tujian.looking import Look, look_jobs
from tujian.schema import batch_rows, batches, items, jobs

KIND = "import"
AT_ONCE = 500  # ids in one question


@cache
def _kept(insert_into: Callable[[sa.Table], Any]) -> sa.Insert:
    """A row of a batch, in the place of what was said of it before."""
    insert = insert_into(batch_rows)
    kept = {name: insert.excluded[name] for name in ("state", "row", "item_id", "trouble")}
    return insert.on_conflict_do_update(index_elements=["batch_id", "number"], set_=kept)


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a batch: rows by state, how many items they made, looks by state."""

    rows: Counter[str]
    new: int
    looks: Counter[str]


def tally(database: Database, batch_id: str) -> Tally:
    """Counts of now."""
    rows, looks = batch_rows.c.batch_id == batch_id, sa.and_(jobs.c.batch_id == batch_id, jobs.c.kind == "look")
    by_state = sa.select(batch_rows.c.state, sa.func.count()).where(rows).group_by(batch_rows.c.state)
    new = sa.select(sa.func.count(items.c.id.distinct())).where(
        rows, items.c.id == batch_rows.c.item_id, items.c.batch_id == batch_id
    )
    looked = sa.select(jobs.c.state, sa.func.count()).where(looks).group_by(jobs.c.state)
    with database.read() as connection:
        counted = [Counter(dict(iter(connection.execute(query)))) for query in (by_state, looked)]
        return Tally(counted[0], connection.scalar(new) or 0, counted[1])


def failed_rows(database: Database, batch_id: str, most: int) -> list[sa.Row]:
    """The first rows that failed."""
    failed = sa.select(batch_rows).where(batch_rows.c.batch_id == batch_id, batch_rows.c.state == "failed")
    with database.read() as connection:
        return list(connection.execute(failed.order_by(batch_rows.c.number).limit(most)))


class ImportBatch:
    """Rows by name."""

    def __init__(
        self,
        batches_: Batches,
        database: Database,
        source_id: str,
        name: str,
        wanted: Wanted,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._batches, self._database, self._ordered = batches_, database, wanted.batch_id is not None
        told = {"kind": wanted.kind, "task": wanted.look.task if wanted.look else None, **(options or {})}
        self._new = NewBatch(KIND, wanted.who, name, told, source_id=source_id, is_whole=False)
        unended, print_ = self._unended(source_id), told.get("print")
        of_source = next((batch.id for batch in unended if batch.options.get("print") == print_), None)
        self.id = wanted.batch_id or of_source
        self._older: list[str] = [batch.id for batch in unended if batch.id != self.id]
        self._numbers, self._is_begun = self._rows_there(), False

    def begun(self, within: sa.Connection | None = None) -> str:
        """The batch's id; it begins now if it has not. Raises Stopped when it was cancelled; `within` a transaction it
        cannot be until that ends."""
        if self.id is not None and self._is_begun:
            if within is not None:
                hold_open(within, [self.id])
            return self.id
        with self._database.write(within, durable=True) as connection:
            if self.id is None or not self._batches.reopen(self.id, connection):
                if self._ordered:
                    raise Stopped
                self.id, self._numbers = self._batches.begin(self._new, within=connection), {}
        self._is_begun = True
        return self.id

    def note(
        self,
        connection: sa.Connection,
        name: str,
        state: str,
        *,
        item_id: str | None = None,
        error: TujianError | None = None,
        row: Mapping[str, Any] | None = None,
    ) -> None:
        """What became of the row called `name`."""
        number = self._numbers.setdefault(name, len(self._numbers) + 1)
        facts = {"state": state, "item_id": item_id, "row": row, "trouble": told(error) if error else None}
        batch_id = self.begun(connection)
        connection.execute(
            _kept(self._database.insert), {"batch_id": batch_id, "number": number, "name": name, **facts}
        )

    def note_all(self, rows: Iterable[tuple[str, str, TujianError | None, str | None]]) -> None:
        """(name, state, error, reason) of many."""
        facts = [
            {
                "number": self._numbers.setdefault(name, len(self._numbers) + 1),
                "name": name,
                "state": state,
                "row": {"reason": reason} if reason else None,
                "trouble": told(error) if error else None,
            }
            for name, state, error, reason in rows
        ]
        with self._database.write() as connection:
            self._put(connection, facts)

    def put_rows(
        self,
        connection: sa.Connection,
        rows: Mapping[int, Mapping[str, Any]],
        bad: Mapping[int, TujianError],
    ) -> None:
        """Rows of a sheet by their number: those to be brought, and those that cannot be."""
        facts: list[dict[str, Any]] = [
            {"number": n, "name": str(n), "state": "todo", "row": row, "trouble": None} for n, row in rows.items()
        ]
        facts += [
            {"number": n, "name": str(n), "state": "failed", "row": None, "trouble": told(error)}
            for n, error in bad.items()
        ]
        self._put(connection, facts)

    def _put(self, connection: sa.Connection, facts: Sequence[Mapping[str, Any]]) -> None:
        """Rows that have no item yet, or will have none."""
        batch_id = self.begun(connection)
        if facts:
            connection.execute(
                _kept(self._database.insert), [{"batch_id": batch_id, "item_id": None, **one} for one in facts]
            )

    def look_at_unseen(self, catalogue: Catalogue, item_ids: Sequence[str], look: Look) -> None:
        """Jobs for items that nobody has looked at; those that wait or are done stay as they are."""
        for at in range(0, len(item_ids), AT_ONCE):
            shown = catalogue.pictures_of(item_ids[at : at + AT_ONCE], also=EVERYTHING)
            left = look.trial if look.trial is None else max(0, look.trial - at)
            self._batches.jobs.put(look_jobs(shown, replace(look, batch_id=self.begun(), trial=left)))

    def close(self) -> None:
        """All is queued."""
        if self.id is not None:
            self._batches.close(self.id)
            self._batches.look_after()

    def close_older(self) -> list[str]:
        """Batches of the source as it was before are queued as far as they will be; those that go on."""
        for batch_id in self._older:
            self._batches.close(batch_id)
        return self._older

    def _unended(self, source_id: str) -> list[sa.Row]:
        mine = sa.and_(batches.c.kind == KIND, batches.c.source_id == source_id, batches.c.ended_at.is_(None))
        with self._database.read() as connection:
            return list(connection.execute(sa.select(batches).where(mine).order_by(batches.c.made_at.desc())))

    def _rows_there(self) -> dict[str, int]:
        if self.id is None:
            return {}
        mine = sa.select(batch_rows.c.name, batch_rows.c.number).where(batch_rows.c.batch_id == self.id)
        with self._database.read() as connection:
            return {row.name: row.number for row in connection.execute(mine)}
