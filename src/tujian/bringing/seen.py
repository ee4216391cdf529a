"""What is known of a source's files: the table `files`, compared with what is there now.

Enters: a source's id. Leaves: what was where, and which item shows a picture. Gone files are marked, never forgotten.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from tujian.bringing.nouns import Entry
from tujian.catalogue import FileAt
from tujian.database import Database
from tujian.schema import batch_rows, batches, files, item_pictures, items, pictures, sources

AT_ONCE = 500
_SHOWS = (
    sa.select(item_pictures.c.item_id)
    .where(item_pictures.c.sha256 == sa.bindparam("sha256"))
    .order_by(item_pictures.c.item_id)
    .limit(sa.literal_column("1"))
)

_HAS_COME = sa.select(files.c.sha256).where(
    files.c.source_id == sa.bindparam("source"),
    files.c.path == sa.bindparam("path"),
    files.c.sha256 == sa.bindparam("sha256"),
    files.c.gone_at.is_(None),
)


@dataclass(frozen=True, slots=True)
class Known:
    """A file as it was last seen."""

    bytes_count: int
    stamp: int
    sha256: str
    is_gone: bool

    def is_like(self, entry: Entry) -> bool:
        return not self.is_gone and (self.bytes_count, self.stamp) == (entry.bytes_count, entry.stamp)


def find_source(database: Database, root: str) -> str | None:
    """The id of a source that was brought before."""
    with database.read() as connection:
        return connection.scalar(sa.select(sources.c.id).where(sources.c.root == root))


def known_files(database: Database, source_id: str) -> dict[str, Known]:
    mine = sa.select(files).where(files.c.source_id == source_id)
    with database.read() as connection:
        rows = connection.execute(mine).all()
    return {row.path: Known(row.bytes_count, row.mtime_ns, row.sha256, row.gone_at is not None) for row in rows}


def item_that_shows(connection: sa.Connection, sha256: str) -> str | None:
    """The item that shows a picture with these bytes."""
    return connection.scalar(_SHOWS, {"sha256": sha256})


def item_of_file(connection: sa.Connection, sha256: str, file: FileAt) -> str | None:
    """The item whose picture is this file and nothing else: no other file has the bytes, and the item came from this
    source, or its picture only lies in files. What somebody gave stays theirs, though a file once was the same."""
    other = sa.or_(files.c.source_id != file.source_id, files.c.path != file.path)
    elsewhere = sa.exists().where(files.c.sha256 == sha256, files.c.gone_at.is_(None), other)
    of_source = items.c.batch_id.in_(sa.select(batches.c.id).where(batches.c.source_id == file.source_id))
    shown = sa.select(items.c.id).join_from(items, item_pictures, item_pictures.c.item_id == items.c.id)
    shown = shown.join(pictures, pictures.c.sha256 == item_pictures.c.sha256)
    own = shown.where(pictures.c.sha256 == sha256, ~elsewhere, sa.or_(of_source, ~pictures.c.is_kept))
    return connection.scalar(own.order_by(items.c.id).limit(1))


def unseen_items(database: Database, source_id: str, batch_id: str | None) -> list[str]:
    """Items of a folder, an archive or a sheet that nobody has looked at, because they came without or looking failed;
    those of the batch that goes on are queued already."""
    lying = sa.select(item_pictures.c.item_id).join(files, files.c.sha256 == item_pictures.c.sha256)
    lying = lying.where(files.c.source_id == source_id, files.c.gone_at.is_(None))
    told = sa.select(batch_rows.c.item_id).join(batches, batches.c.id == batch_rows.c.batch_id)
    told = told.where(batches.c.source_id == source_id, batch_rows.c.item_id.is_not(None))
    unseen = sa.or_(items.c.records_count == 0, items.c.visibility == "pending")
    mine = sa.and_(unseen, items.c.batch_id.is_distinct_from(batch_id))
    asked = sa.select(items.c.id).where(mine, items.c.id.in_(lying.union(told)))
    with database.read() as connection:
        return list(connection.scalars(asked.order_by(items.c.made_at, items.c.id)))


def has_come(connection: sa.Connection, file: FileAt, sha256: str) -> bool:
    """Whether the very file was brought meanwhile, by another process."""
    asked = {"source": file.source_id, "path": file.path, "sha256": sha256}
    return connection.scalar(_HAS_COME, asked) is not None


def mark_gone(database: Database, source_id: str, paths: Iterable[str], now: str) -> None:
    """They are not there any more; their items stay."""
    gone = list(paths)
    for at in range(0, len(gone), AT_ONCE):
        mine = sa.and_(files.c.source_id == source_id, files.c.path.in_(gone[at : at + AT_ONCE]))
        with database.write() as connection:
            connection.execute(sa.update(files).where(mine).values(gone_at=now))
