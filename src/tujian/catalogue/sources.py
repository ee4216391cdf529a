"""Sources: folders, sheets and archives that pictures come from, each once by its root.

Enters: a root. Leaves: its id. Does not know what lies there.
"""

import uuid

import sqlalchemy as sa

from tujian.database import Database
from tujian.schema import sources


def keep_source(
    connection: sa.Connection, database: Database, kind: str, root: str, is_read_only: bool, now: str
) -> str:
    row = {"id": uuid.uuid4().hex, "kind": kind, "root": root, "is_read_only": is_read_only, "made_at": now}
    insert = database.insert(sources).values(**row, seen_at=now)
    seen = insert.on_conflict_do_update(index_elements=["root"], set_={"seen_at": now})
    return connection.execute(seen.returning(sources.c.id)).scalar_one()
