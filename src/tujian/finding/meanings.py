"""Vectors of items in memory: of what is written about them, and of how their pictures look.

Enters: rows of `item_vectors` and `pictures`. Leaves: cosines with a query. Exact: one product with every vector, 24 ms
for 100,000 of 384 numbers (notes/scale.md). Kept up with the database by number, so a search reads only what is new.
Does not know: who may see what; what was forgotten is dropped by who asks.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from tujian.database import Database
from tujian.schema import item_pictures, item_texts, item_vectors, items, pictures

Vector = npt.NDArray[np.float32]
Embed = Callable[[str], tuple[str, Vector]]
"""The embedder's id and the unit vector of a text to be found."""

AT_ONCE = 64  # passages embedded before a search goes on: some 10 ms each


SHORT = 256  # numbers of a vector's short form, by which the nearest are looked for first


class Matrix:
    """Vectors by item; a later one of the same key takes the earlier one's place. Threads share it under a lock."""

    def __init__(self) -> None:
        self._owners: list[str] = []
        self._places: dict[tuple[str, str], int] = {}
        self._of: dict[str, list[int]] = {}
        self._rows: Vector = np.zeros((0, 0), np.float32)
        self._count = 0

    def put(self, key: tuple[str, str], vector: Vector) -> None:
        """`key` is the item and which of its vectors."""
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = self._count
            self._owners.append(key[0])
            self._of.setdefault(key[0], []).append(place)
            self._count += 1
            if self._count > len(self._rows):
                grown = np.zeros((max(1024, 2 * len(self._rows)), vector.shape[0]), np.float32)
                grown[: len(self._rows)] = self._rows if len(self._rows) else 0
                self._rows = grown
        self._rows[place] = vector

    def nearest(self, query: Vector, most: int, among: Collection[str] | None = None) -> dict[str, float]:
        """Items by cosine, the nearest first, all or those `among`; an item of several pictures by its nearest one."""
        if not self._count or self._rows.shape[1] != query.shape[0]:
            return {}
        if among is None:
            places, cosines = None, self._rows[: self._count] @ query
        else:
            places = np.array([place for item_id in among for place in self._of.get(item_id, ())], np.intp)
            cosines = self._rows[places] @ query
        wide = min(len(cosines), 2 * most)
        best = np.argpartition(-cosines, wide - 1)[:wide] if wide else np.zeros(0, np.intp)
        found: dict[str, float] = {}
        for at in best[np.argsort(-cosines[best])]:
            place = at if places is None else places[at]
            found.setdefault(self._owners[place], float(cosines[at]))
        return dict(list(found.items())[:most])

    def __len__(self) -> int:
        return self._count


class Meanings:
    """Matrices of one database."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._texts, self._text_number, self._embedder = Matrix(), 0, ""
        self._looks, self._change, self._looker = Matrix(), -1, ""

    def by_meaning(
        self, embedder: str, query: Vector, most: int, among: Collection[str] | None = None
    ) -> dict[str, float]:
        """Items whose passages mean what the query does."""
        with self._lock:
            self._read_texts(embedder)
            return self._texts.nearest(query, most, among)

    def by_look(
        self, embedder: str, query: Vector, most: int, among: Collection[str] | None = None
    ) -> dict[str, float]:
        """Items with a picture that looks so: the nearest in short, then twice as many as are wanted compared whole."""
        with self._lock:
            self._read_looks(embedder)
            near = self._looks.nearest(_short(query), 2 * most, among)
        shown = (
            sa.select(item_pictures.c.item_id, pictures.c.vector)
            .join_from(item_pictures, pictures, pictures.c.sha256 == item_pictures.c.sha256)
            .where(item_pictures.c.item_id.in_(near), pictures.c.embedder == embedder)
        )
        with self._database.read() as connection:
            rows = connection.execute(shown).all()
        if not rows:
            return {}
        owners = [row.item_id for row in rows]
        cosines = np.stack([_unpacked(row.vector) for row in rows]) @ query
        found: dict[str, float] = {}
        for at in np.argsort(-cosines):
            found.setdefault(owners[at], float(cosines[at]))
        return dict(list(found.items())[:most])

    def _read_texts(self, embedder: str) -> None:
        if embedder != self._embedder:
            self._texts, self._text_number, self._embedder = Matrix(), 0, embedder
        wanted = (
            sa.select(item_vectors.c.number, item_vectors.c.item_id, item_vectors.c.vector)
            .where(item_vectors.c.number > self._text_number, item_vectors.c.embedder == embedder)
            .order_by(item_vectors.c.number)
        )
        with self._database.read() as connection:
            for number, item_id, packed in connection.execute(wanted):
                self._texts.put((item_id, ""), _unpacked(packed))
                self._text_number = number

    def _read_looks(self, embedder: str) -> None:
        if embedder != self._looker:
            self._looks, self._change, self._looker = Matrix(), -1, embedder
        wanted = (
            sa.select(items.c.change, items.c.id, pictures.c.sha256, pictures.c.vector)
            .join_from(items, item_pictures, items.c.id == item_pictures.c.item_id)
            .join(pictures, pictures.c.sha256 == item_pictures.c.sha256)
            .where(items.c.change > self._change, pictures.c.embedder == embedder)
            .order_by(items.c.change)
        )
        with self._database.read() as connection:
            for change, item_id, sha256, packed in connection.execute(wanted):
                self._looks.put((item_id, sha256), _short(_unpacked(packed)))
                self._change = change


def embed_stale(database: Database, embed: Embed, embedder: str, most: int = AT_ONCE) -> int:
    """Makes the vectors of passages that have none, or an old one, the newest items first. Returns how many."""
    fresh = sa.and_(
        item_vectors.c.item_id == item_texts.c.item_id,
        item_vectors.c.digest == item_texts.c.digest,
        item_vectors.c.embedder == embedder,
    )
    stale = (
        sa.select(item_texts.c.item_id, item_texts.c.passage, item_texts.c.digest)
        .where(~sa.exists().where(fresh))
        .order_by(item_texts.c.number.desc())
        .limit(most)
    )
    with database.read() as connection:
        rows = connection.execute(stale).all()
    made = [_row(row, embed) for row in rows]
    if made:
        with database.write() as connection:
            ids = [row["item_id"] for row in made]
            connection.execute(sa.delete(item_vectors).where(item_vectors.c.item_id.in_(ids)))
            alive = set(connection.scalars(sa.select(item_texts.c.item_id).where(item_texts.c.item_id.in_(ids))))
            kept = [row for row in made if row["item_id"] in alive]
            if kept:
                connection.execute(sa.insert(item_vectors), kept)
    return len(made)


def mean_of(vectors: Sequence[Vector]) -> Vector:
    """The unit vector in the middle of several."""
    together = np.sum(vectors, axis=0, dtype=np.float32)
    return np.asarray(together / max(float(np.linalg.norm(together)), 1e-9), np.float32)


def _row(row: sa.Row[Any, Any, Any], embed: Embed) -> dict[str, Any]:
    name, vector = embed(row.passage)
    return {
        "item_id": row.item_id,
        "embedder": name,
        "digest": row.digest,
        "vector": vector.astype(np.float16).tobytes(),
    }


def _short(vector: Vector) -> Vector:
    """The vector along SHORT random directions at right angles, made of length 1: cosines keep within some hundredths.

    Johnson and Lindenstrauss (1984). The directions are the same on every machine.
    """
    short = _directions(len(vector)) @ vector if len(vector) > SHORT else vector
    return np.asarray(short / max(float(np.linalg.norm(short)), 1e-9), np.float32)


@cache
def _directions(numbers: int) -> Vector:
    drawn = np.random.default_rng(1984).normal(size=(numbers, SHORT))
    return np.ascontiguousarray(np.linalg.qr(drawn)[0].T, np.float32)


def _unpacked(packed: bytes) -> Vector:
    return np.frombuffer(packed, np.float16).astype(np.float32)
