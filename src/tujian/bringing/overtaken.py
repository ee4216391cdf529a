"""Rows that were brought once and said otherwise since: a price that was 10, then 12, is brought when it is 10. req: C7

Enters: a sheet's source. Leaves: whether the last thing that the source said of a row's item is something else. Items
are told apart by external id or SKU; where several rows of the sheet are about one, none of them is overtaken.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from tujian.bringing.columns import RowItem
from tujian.database import Database
from tujian.schema import batch_rows, batches


class Overtaken:
    """Of one go through a sheet. Nothing is read where only one batch ever came from it."""

    def __init__(self, database: Database, source_id: str, rows: Iterable[tuple[int, object]]) -> None:
        self._last: dict[str, tuple[str, dict[str, Any]]] = {}
        own = batches.c.source_id == source_id
        told = sa.select(batch_rows.c.batch_id, batch_rows.c.row).join(batches, batches.c.id == batch_rows.c.batch_id)
        done = told.where(own, batch_rows.c.state == "done", batch_rows.c.row.is_not(None))
        with database.read() as connection:
            count = connection.scalar(sa.select(sa.func.count()).select_from(batches).where(own)) or 0
            if count < 2:
                return
            for batch_id, row in connection.execute(done.order_by(batches.c.made_at, batch_rows.c.number)):
                if "pictures" in row and (name := row["external_id"] or row["sku"]):
                    self._last[name] = batch_id, row
        several = Counter(_name(row) for _, row in rows if isinstance(row, RowItem))
        self._last = {name: last for name, last in self._last.items() if several[name] == 1}

    def by(self, row: RowItem) -> str | None:
        """The batch that said otherwise of the row's item last; None where nothing did."""
        batch_id, last = self._last.get(_name(row), ("", None))
        return batch_id if last is not None and RowItem(**last).print != row.print else None


def _name(row: RowItem) -> str:
    return row.external_id or row.sku or ""
