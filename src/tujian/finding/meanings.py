"""Vectors of items in memory: of what is written about them, and of how their pictures look.

Enters: rows of `item_vectors` and `pictures`. Leaves: cosines with a query: of all, or where there are many of those
that their short forms bring (`coarse.py`). Kept up with the database by number, so a search reads only what is new.
Does not know: who may see what; what was forgotten is dropped by who asks.
"""

import threading
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from tujian.catalogue.packing import pack_vector, unpack_vector
from tujian.database import Database
from tujian.finding.coarse import Coarse
from tujian.perception.vectors import TextEmbedder
from tujian.schema import counters, item_pictures, item_texts, item_vectors, items, pictures

Vector = npt.NDArray[np.float32]

# statements of every search are built once: building one takes SQLAlchemy longer than running it takes SQLite
_NEW_TEXTS = (
    sa.select(item_vectors.c.number, item_vectors.c.item_id, item_vectors.c.vector)
    .where(item_vectors.c.number > sa.bindparam("since"), item_vectors.c.embedder == sa.bindparam("embedder"))
    .order_by(item_vectors.c.number)
)
_LOOKED_AT = sa.and_(pictures.c.sha256 == item_pictures.c.sha256, pictures.c.embedder == sa.bindparam("embedder"))
_NEW_LOOKS = (
    sa.select(items.c.change, items.c.id, pictures.c.sha256, pictures.c.vector)
    .join_from(items, item_pictures, items.c.id == item_pictures.c.item_id, isouter=True)
    .join(pictures, _LOOKED_AT, isouter=True)
    .where(items.c.change > sa.bindparam("since"))
    .order_by(items.c.change)
)
AT_ONCE = 64  # passages embedded before a search goes on: some 10 ms each


class Matrix:
    """Vectors by item and which of its vectors it is; a later one of the same takes the earlier one's place."""

    def __init__(self) -> None:
        self._keys: list[tuple[str, str]] = []
        self._places: dict[str, dict[str, int]] = {}
        self._rows: Vector = np.zeros((0, 0), np.float32)
        self._coarse = Coarse()

    def put(self, item_id: str, which: str, vector: Vector) -> None:
        places = self._places.setdefault(item_id, {})
        if which not in places:
            places[which] = len(self._keys)
            self._keys.append((item_id, which))
            if len(self._keys) > len(self._rows):
                grown = np.zeros((max(1024, 2 * len(self._rows)), vector.shape[0]), np.float32)
                grown[: len(self._rows)] = self._rows if len(self._rows) else 0
                self._rows = grown
        self._rows[places[which]] = vector
        self._coarse.change(places[which])

    def drop(self, item_id: str) -> None:
        """All vectors of an item; the last ones take their places."""
        for which, place in self._places.pop(item_id, {}).items():
            last = self._keys.pop()
            if last != (item_id, which):
                self._keys[place] = last
                self._rows[place] = self._rows[len(self._keys)]
                self._coarse.change(place)
                self._places.get(last[0], {})[last[1]] = place
        self._coarse.shrink(len(self._keys))

    def nearest(self, query: Vector, most: int, among: Collection[str] | None = None) -> dict[str, float]:
        """Items by cosine, the nearest first, all or those `among`; an item of several pictures by its nearest one."""
        if not self._keys or self._rows.shape[1] != query.shape[0]:
            return {}
        rows = self._rows[: len(self._keys)]
        several = 2 if len(self._places) < len(self._keys) else 1  # items have one vector each, or some have more
        if among is None:
            places = self._coarse.nearest(rows, query, several * most)
        else:
            places = np.array([at for one in among for at in self._places.get(one, {}).values()], np.intp)
        cosines = rows @ query if places is None else rows[places] @ query
        wide = min(len(cosines), several * most)
        best = np.argpartition(-cosines, wide - 1)[:wide] if wide else np.zeros(0, np.intp)
        found: dict[str, float] = {}
        for at in best[np.argsort(-cosines[best])]:
            found.setdefault(self._keys[at if places is None else places[at]][0], float(cosines[at]))
        return dict(list(found.items())[:most])


class Meanings:
    """Matrices of one database."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._texts, self._text_number, self._embedder = Matrix(), 0, ""
        self._looks, self._change, self._looker = Matrix(), -1, ""

    def by_meaning(
        self,
        connection: sa.Connection,
        embedder: str,
        query: Vector,
        most: int,
        among: Collection[str] | None = None,
    ) -> dict[str, float]:
        """Items whose passages mean what the query does."""
        with self._lock:
            self._read_texts(connection, embedder)
            return self._texts.nearest(query, most, among)

    def by_look(
        self,
        connection: sa.Connection,
        embedder: str,
        query: Vector,
        most: int,
        among: Collection[str] | None = None,
    ) -> dict[str, float]:
        """Items with a picture that looks so."""
        with self._lock:
            self._read_looks(connection, embedder)
            return self._looks.nearest(query, most, among)

    def warm(self, connection: sa.Connection, embedder: str, looker: str) -> None:
        """Reads all vectors, which the first search or plate would wait for: half a second for 10,000 items."""
        with self._lock:
            self._read_texts(connection, embedder)
            self._read_looks(connection, looker)

    def _read_texts(self, connection: sa.Connection, embedder: str) -> None:
        if embedder != self._embedder:
            self._texts, self._text_number, self._embedder = Matrix(), 0, embedder
        asked = {"since": self._text_number, "embedder": embedder}
        for number, item_id, packed in connection.execute(_NEW_TEXTS, asked):
            self._texts.put(item_id, "", unpack_vector(packed))
            self._text_number = number

    def _read_looks(self, connection: sa.Connection, embedder: str) -> None:
        """Items that changed show what they show now, and nothing of before."""
        if embedder != self._looker:
            self._looks, self._change, self._looker = Matrix(), -1, embedder
        asked = {"since": self._change, "embedder": embedder}
        for change, item_id, sha256, packed in connection.execute(_NEW_LOOKS, asked):
            if change != self._change:
                self._looks.drop(item_id)
            if packed is not None:
                self._looks.put(item_id, sha256, unpack_vector(packed))
            self._change = change


def others_left(connection: sa.Connection, embedder: str, most: int = 0) -> bool:
    """Whether more than `most` vectors of other embedders are kept: meanings are then being made anew, and half of them
    compare with nothing. Two ranges of one index, so that the many of this embedder are not gone through."""
    count = 0
    for range_ in (item_vectors.c.embedder < embedder, item_vectors.c.embedder > embedder):
        some = sa.select(item_vectors.c.number).where(range_).limit(most + 1)
        count += len(connection.scalars(some).all())
    return count > most


def embed_stale(
    database: Database, embedder: TextEmbedder, most: int = AT_ONCE, numbers: tuple[int, int] | None = None
) -> int:
    """Makes the vectors of passages that have none, or an old one, the newest items first; of all, or of those with
    `numbers` from the first up to the second. Returns how many. Raises EngineError, StoreFailed."""
    fresh = sa.and_(
        item_vectors.c.item_id == item_texts.c.item_id,
        item_vectors.c.digest == item_texts.c.digest,
        item_vectors.c.embedder == embedder.name,
    )
    stale = (
        sa.select(item_texts.c.item_id, item_texts.c.passage, item_texts.c.digest)
        .where(~sa.exists().where(fresh))
        .order_by(item_texts.c.number.desc())
        .limit(most)
    )
    if numbers is not None:
        stale = stale.where(item_texts.c.number >= numbers[0], item_texts.c.number < numbers[1])
    with database.read() as connection:
        rows = connection.execute(stale).all()
    if rows:
        vectors = embedder.passages([row.passage for row in rows])
        _keep(database, [_row(row, embedder.name, one) for row, one in zip(rows, vectors, strict=True)])
    return len(rows)


def _keep(database: Database, made: Sequence[dict[str, Any]]) -> None:
    with database.write() as connection:
        ids = [row["item_id"] for row in made]
        connection.execute(sa.delete(item_vectors).where(item_vectors.c.item_id.in_(ids)))
        alive = set(connection.scalars(sa.select(item_texts.c.item_id).where(item_texts.c.item_id.in_(ids))))
        kept = [row for row in made if row["item_id"] in alive]
        if kept:
            # whoever else wants numbers waits until this transaction ends: they are seen in their order
            taken = sa.update(counters).where(counters.c.name == "vector")
            more = taken.values(value=counters.c.value + len(kept)).returning(counters.c.value)
            last = connection.execute(more).scalar_one()
            numbered = [row | {"number": last - place} for place, row in enumerate(kept)]
            connection.execute(sa.insert(item_vectors), numbered)


def mean_of(vectors: Sequence[Vector]) -> Vector:
    """The unit vector in the middle of several."""
    together = np.sum(vectors, axis=0, dtype=np.float32)
    return np.asarray(together / max(float(np.linalg.norm(together)), 1e-9), np.float32)


def _row(row: sa.Row[Any, Any, Any], embedder: str, vector: Vector) -> dict[str, Any]:
    return {"item_id": row.item_id, "embedder": embedder, "digest": row.digest, "vector": pack_vector(vector)}
