"""Embeds the names of the shipped categories, which `finding/background.py` measures questions against.

    python train/background.py

Run it when the embedder or the shipped taxonomy changes; a search makes them itself until then, in some seconds.
"""

from pathlib import Path

import numpy as np

from tujian.finding.background import names
from tujian.perception.vectors import default_embedder
from tujian.taxonomy import Taxonomy

TO = Path(__file__).parents[1] / "src/tujian/data/models/background.npz"


def main() -> None:
    embedder = default_embedder()
    vectors = np.stack(embedder.passages(names())).astype(np.float16)
    np.savez_compressed(TO, vectors=vectors, embedder=embedder.name, version=Taxonomy.load().version)
    print(f"{len(vectors)} vectors, {TO.stat().st_size} bytes")


if __name__ == "__main__":
    main()
