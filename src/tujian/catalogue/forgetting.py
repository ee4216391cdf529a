"""`forget`: an item goes with all that was known about it; its pictures go unless another item shows them.

Enters: an item. Leaves: fewer rows, and the pictures nobody uses any more. Its content is taken off the shelf in a
transaction of its own, alone with the picture's name, so that an `add` of the same bytes either is seen or comes after.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from tujian.catalogue.changing import By, next_change, write_down
from tujian.catalogue.nouns import Also, no_such_item
from tujian.catalogue.reading import may_see
from tujian.database import Database
from tujian.schema import (
    field_history,
    forgotten,
    item_facts,
    item_pictures,
    item_texts,
    item_values,
    item_vectors,
    items,
    pictures,
    records,
    reviews,
)
from tujian.shelf import Shelf


def forget_item(connection: sa.Connection, item_id: str, by: By, also: Also) -> list[str]:
    """Deletes it and returns the pictures that nobody shows any more. Raises NotFound."""
    shown = connection.scalars(sa.select(item_pictures.c.sha256).where(item_pictures.c.item_id == item_id)).all()
    if not connection.execute(sa.delete(items).where(items.c.id == item_id, may_see(also))).rowcount:
        raise no_such_item(item_id)
    for table in (item_pictures, item_values, records, field_history, item_texts, item_facts, item_vectors, reviews):
        connection.execute(sa.delete(table).where(table.c.item_id == item_id))
    write_down(connection, by, "forget", item_id, pictures=len(shown))
    row = {"item_id": item_id, "change": next_change(connection), "made_at": by.made_at}
    connection.execute(sa.insert(forgotten).values(row))
    return _unused(connection, shown)


def drop_pictures(database: Database, shelf: Shelf, sha256s: Sequence[str]) -> None:
    """Takes off the shelf what nobody shows."""
    for sha256 in sha256s:
        with database.write() as connection:
            database.alone_with(connection, sha256)
            if _unused(connection, [sha256]):
                connection.execute(sa.delete(pictures).where(pictures.c.sha256 == sha256))
                shelf.drop(sha256)


def _unused(connection: sa.Connection, sha256s: Sequence[str]) -> list[str]:
    used = set(connection.scalars(sa.select(item_pictures.c.sha256).where(item_pictures.c.sha256.in_(list(sha256s)))))
    return [sha256 for sha256 in dict.fromkeys(sha256s) if sha256 not in used]
