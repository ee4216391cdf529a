"""The batch of an import: begun with the first row that needs it, gone on with as long as it has not ended.

Enters: a source, rows and what became of them. Leaves: rows of `batch_rows`. Who imports the same source again goes on
with the same batch, and a file that failed before has its row once.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from tujian.batches import Batches, NewBatch
from tujian.database import Database
from tujian.errors import TujianError
from tujian.jobs import told
from tujian.schema import batch_rows, batches

KIND = "import"


class ImportBatch:
    """Rows by name."""

    def __init__(
        self, batches_: Batches, database: Database, source_id: str, name: str, who: str, options: Mapping[str, Any]
    ) -> None:
        self._batches, self._database = batches_, database
        self._new = NewBatch(KIND, who, name, dict(options), source_id=source_id, is_whole=False)
        self.id = self._unended(source_id)
        self._numbers = self._rows_there()

    def begun(self, within: sa.Connection | None = None) -> str:
        """The batch's id; it begins now if it has not."""
        if self.id is None:
            self.id = self._batches.begin(self._new, within=within)
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
        insert = self._database.insert(batch_rows)
        insert = insert.values(batch_id=self.begun(connection), number=number, name=name, **facts)
        kept = insert.on_conflict_do_update(index_elements=["batch_id", "number"], set_=facts)
        connection.execute(kept)

    def note_all(self, rows: Iterable[tuple[str, str, TujianError | None, str | None]]) -> None:
        """(name, state, error, reason) of many."""
        with self._database.write() as connection:
            for name, state, error, reason in rows:
                self.note(connection, name, state, error=error, row={"reason": reason} if reason else None)

    def close(self) -> None:
        """All is queued."""
        if self.id is not None:
            self._batches.close(self.id)
            self._batches.look_after()

    def _unended(self, source_id: str) -> str | None:
        mine = sa.and_(batches.c.kind == KIND, batches.c.source_id == source_id, batches.c.ended_at.is_(None))
        with self._database.read() as connection:
            return connection.scalar(sa.select(batches.c.id).where(mine).order_by(batches.c.made_at.desc()).limit(1))

    def _rows_there(self) -> dict[str, int]:
        if self.id is None:
            return {}
        mine = sa.select(batch_rows.c.name, batch_rows.c.number).where(batch_rows.c.batch_id == self.id)
        with self._database.read() as connection:
            return {row.name: row.number for row in connection.execute(mine)}
