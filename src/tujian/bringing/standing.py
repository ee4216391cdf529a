"""How an import stands: what is being done, what came, what went wrong and what to do about it. req: C1, C7

Enters: the number of a batch. Leaves: counts of now, the time left, rows that failed. Does not know how it is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tujian.batches import Batches, Progress
from tujian.bringing.batch import KIND as IMPORT
from tujian.bringing.batch import Tally, failed_rows, tally
from tujian.bringing.orders import KIND as ORDER
from tujian.catalogue.reading import may_see
from tujian.database import Database
from tujian.errors import Lang, NotFound, Said
from tujian.jobs import WAITS_FOR_A_WORD
from tujian.schema import batch_rows, batches, items, jobs

RECENT = 8
MOST_FAILED = 200


@dataclass(frozen=True, slots=True)
class Failed:
    """A row or file that was not brought, or was brought and not recognised."""

    name: str
    said: Said
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """`told` is what was ordered (`orders.place_order`), `waiting` the jobs that a trial left for later. `order_state`
    is the order's own job: while it is open, not all rows are known yet. `counts` are what it found at its end."""

    progress: Progress
    tally: Tally
    told: Mapping[str, Any]
    waiting: int = 0
    order_state: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    trouble: Said | None = None
    failed: Sequence[Failed] = ()
    cover: int = 0  # items that can be seen

    @property
    def is_open(self) -> bool:
        """Whether something may still change by itself."""
        return self.progress.state in ("running", "outside_hours") and self.progress.ended_at is None

    @property
    def is_bringing(self) -> bool:
        return self.order_state in ("todo", "doing")

    @property
    def total(self) -> int:
        """Rows or files that are to be brought, as far as that is known."""
        known = sum(self.tally.rows.values())
        if self.told.get("rows"):
            return known if not self.is_bringing else max(known, int(self.told["rows"]))
        return max(known, int(self.told.get("files", 0))) if self.is_bringing else known

    @property
    def brought(self) -> int:
        return sum(count for state, count in self.tally.rows.items() if state != "todo")

    @property
    def failed_count(self) -> int:
        return self.tally.rows["failed"] + self.tally.looks["dead"]


def standing(database: Database, ledger: Batches, batch_id: str, lang: Lang) -> Standing:
    """Raises NotFound."""
    with database.read() as connection:
        told = connection.scalar(sa.select(batches.c.options).where(batches.c.id == batch_id, batches.c.kind == IMPORT))
        mine = sa.and_(jobs.c.batch_id == batch_id, jobs.c.kind == ORDER)
        order = connection.execute(sa.select(jobs).where(mine).order_by(jobs.c.id.desc()).limit(1)).one_or_none()
        waits = sa.and_(jobs.c.batch_id == batch_id, jobs.c.state == "todo", jobs.c.due_s >= WAITS_FOR_A_WORD)
        waiting = connection.scalar(sa.select(sa.func.count()).where(waits)) or 0
        came = sa.select(sa.func.count()).where(items.c.batch_id == batch_id, may_see(()))
        cover = connection.scalar(came) or 0
    if told is None:
        raise no_such_import()
    trouble = order.trouble if order is not None and order.state == "dead" else None
    result = order.result if order is not None else None
    return Standing(
        ledger.progress(batch_id, lang),
        tally(database, batch_id),
        told,
        waiting,
        order.state if order is not None else "",
        result.get("counts", {}) if result else {},
        Said(*trouble[lang]) if trouble else None,
        _failed(database, batch_id, lang),
        cover,
    )


def _failed(database: Database, batch_id: str, lang: Lang) -> list[Failed]:
    failed = [
        Failed(row.name, Said(*row.trouble[lang]))
        for row in failed_rows(database, batch_id, MOST_FAILED)
        if row.trouble
    ]
    dead = sa.select(jobs.c.payload, jobs.c.trouble)
    dead = dead.where(jobs.c.batch_id == batch_id, jobs.c.kind == "look", jobs.c.state == "dead").limit(MOST_FAILED)
    with database.read() as connection:
        lost = {payload["item"]: trouble for payload, trouble in connection.execute(dead)}
        rows = sa.select(batch_rows.c.name, batch_rows.c.item_id).where(
            batch_rows.c.batch_id == batch_id, batch_rows.c.item_id.in_(list(lost))
        )
        names = {item_id: name for name, item_id in connection.execute(rows)}
    return [
        *failed,
        *(Failed(names.get(item_id, ""), Said(*trouble[lang]), item_id) for item_id, trouble in lost.items()),
    ]


@dataclass(frozen=True, slots=True)
class Recent:
    """One of the last imports: how far it is, what was ordered, its rows by state."""

    progress: Progress
    told: Mapping[str, Any]
    rows: Mapping[str, int]


def recent_imports(database: Database, ledger: Batches, lang: Lang) -> list[Recent]:
    """The newest first."""
    asked = sa.select(batches.c.id, batches.c.options).where(batches.c.kind == IMPORT)
    with database.read() as connection:
        rows = connection.execute(asked.order_by(batches.c.made_at.desc()).limit(RECENT)).all()
        counted = sa.select(batch_rows.c.batch_id, batch_rows.c.state, sa.func.count())
        mine = counted.where(batch_rows.c.batch_id.in_([row.id for row in rows]))
        by_batch: dict[str, dict[str, int]] = {}
        for batch_id, state, count in connection.execute(mine.group_by(batch_rows.c.batch_id, batch_rows.c.state)):
            by_batch.setdefault(batch_id, {})[state] = count
    return [Recent(ledger.progress(row.id, lang), row.options, by_batch.get(row.id, {})) for row in rows]


def no_such_import() -> NotFound:
    return NotFound(
        zh=("没有这次导入。", "请在“导入”页的最近列表里找。"),
        en=("There is no such import.", "Look for it in the list of recent ones on the page Import."),
    )
