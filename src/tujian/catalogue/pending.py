"""Items that wait to be looked at, and so are not shown: how many, and which will not be looked at by themselves.

Enters: a database, perhaps an import's batch. Leaves: counts and names. Somebody's photos may be papers that nobody
else should see; until a look has ended nobody knows. A look that failed for good leaves its item waiting: importing
again tries again, and a person may show it unseen. req: E9
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tujian.database import Database
from tujian.schema import PENDING, batch_rows, item_pictures, items, jobs

OPEN = ("todo", "doing")


@dataclass(frozen=True, slots=True)
class Stuck:
    """An item that no job will look at; `trouble` as a job has it: {type, zh, en}; None: the job was cancelled."""

    id: str
    name: str
    trouble: Mapping[str, Any] | None


def count_pending(database: Database, batch_id: str | None = None) -> int:
    """How many wait, of all or of those that a batch brought."""
    counted = sa.select(sa.func.count()).select_from(items).where(PENDING)
    if batch_id is not None:
        counted = counted.where(items.c.id.in_(_brought(batch_id)))
    with database.read() as connection:
        return connection.scalar(counted) or 0


def stuck_items(database: Database, batch_id: str | None = None) -> Sequence[Stuck]:
    """Those that no job will look at any more, the oldest first."""
    main = sa.and_(item_pictures.c.item_id == items.c.id, item_pictures.c.place == 0)
    waiting = sa.select(items.c.id, item_pictures.c.name).outerjoin_from(items, item_pictures, main).where(PENDING)
    if batch_id is not None:
        waiting = waiting.where(items.c.id.in_(_brought(batch_id)))
    looks = sa.select(jobs.c.payload, jobs.c.state, jobs.c.trouble).where(jobs.c.kind == "look", jobs.c.state != "done")
    with database.read() as connection:
        rows = connection.execute(waiting.order_by(items.c.made_at, items.c.id)).all()
        if not rows:
            return []
        queued: set[str] = set()
        troubles: dict[str, Mapping[str, Any]] = {}
        for payload, state, trouble in connection.execute(looks.order_by(jobs.c.id)):
            if state in OPEN:
                queued.add(payload["item"])
            elif trouble is not None:
                troubles[payload["item"]] = trouble
    return [Stuck(row.id, row.name or "", troubles.get(row.id)) for row in rows if row.id not in queued]


def _brought(batch_id: str) -> sa.Select[Any]:
    return sa.select(batch_rows.c.item_id).where(batch_rows.c.batch_id == batch_id, batch_rows.c.item_id.is_not(None))
