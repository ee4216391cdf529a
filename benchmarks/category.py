"""How often is the category right, and does the trained head earn its place?

    python benchmarks/category.py --shared DIR [--limit N]

Reads every clothing, grocery and product picture under DIR/data, twice from one backbone run: with the head, and by the
ImageNet map alone (the baseline). Right means: the id lies under a branch that the project's scorer accepts
(DIR/tools/score.py, read, not copied). Ends in one JSON line. Nothing is learnt from these pictures.
"""

import argparse
import ast
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

from tujian.perception.labels import Backbone, Labeller, read_classes
from tujian.perception.views import look
from tujian.taxonomy import is_under

KINDS = ("clothing", "grocery", "product")


def main() -> None:
    parser = argparse.ArgumentParser(description="Score categories on labelled pictures.")
    parser.add_argument("--shared", type=Path, required=True, help="folder with data/ and tools/score.py")
    parser.add_argument("--limit", type=int, default=0, help="pictures of each kind (0: all)")
    asked = parser.parse_args()
    rows = labelled(asked.shared / "data", asked.limit)
    accepted = accepted_branches(asked.shared / "tools" / "score.py")
    labeller, bare = Labeller(), BareMap()
    raw = [judge(row, asked.shared / "data", accepted, labeller, bare) for row in rows]
    report = {kind: summary([r for r in raw if r["kind"] == kind]) for kind in KINDS} | {"all": summary(raw)}
    print(json.dumps({**circumstances(), "model": labeller.name, **report, "raw": raw}, ensure_ascii=False))


class BareMap:
    """The baseline: the backbone's ImageNet classes through our map, nothing trained."""

    def __init__(self) -> None:
        self._backbone, self._classes = Backbone(), read_classes()

    def best(self, pixels: np.ndarray) -> str:
        odds = self._backbone.read(look(pixels)).odds
        by_id: dict[str, float] = {}
        for index, category_id in self._classes.items():
            by_id[category_id] = by_id.get(category_id, 0.0) + float(odds[index])
        return max(by_id, key=lambda i: by_id[i])


def labelled(folder: Path, limit: int) -> list[dict]:
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    wanted = []
    for kind in KINDS:
        of_kind = [row for row in rows if row["kind"] == kind]
        wanted += of_kind[:limit] if limit else of_kind
    return wanted


def accepted_branches(scorer_file: Path) -> dict[str, dict[str, str] | str]:
    """The tables CLOTHING, PRODUCT and DAIRY of the project's scorer, read as literals; it is never run."""
    tables = {}
    for node in ast.parse(scorer_file.read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id in ("CLOTHING", "PRODUCT", "DAIRY"):
            tables[node.targets[0].id] = ast.literal_eval(node.value)
    return tables


def branches(row: dict, accepted: dict) -> list[str]:
    labels = row["labels"]
    if row["kind"] == "clothing":
        return accepted["CLOTHING"][labels["category"]].split()
    if row["kind"] == "product":
        return accepted["PRODUCT"][labels["category"]].split()
    if not labels["packaged"]:
        return ["fb-2-10"]
    return ["fb-1"] if labels["coarse_class"] == "Juice" else accepted["DAIRY"].split()


def judge(row: dict, folder: Path, accepted: dict, labeller: Labeller, bare: BareMap) -> dict:
    with Image.open(folder / row["path"]) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    started_s = time.perf_counter()
    labels = labeller.label(pixels)
    took_ms = (time.perf_counter() - started_s) * 1000
    right = branches(row, accepted)
    return {
        "path": row["path"],
        "kind": row["kind"],
        "id": labels.top3[0].id,
        "confidence": labels.top3[0].confidence,
        "right": any(is_under(labels.top3[0].id, b) for b in right),
        "in_top3": any(is_under(g.id, b) for g in labels.top3 for b in right),
        "sure": labels.sure,
        "baseline_right": any(is_under(bare.best(pixels), b) for b in right),
        "ms": round(took_ms, 1),
    }


def summary(raw: list[dict]) -> dict:
    sure = [r["right"] for r in raw if r["sure"]]
    return {
        "n": len(raw),
        "right": share([r["right"] for r in raw]),
        "baseline_right": share([r["baseline_right"] for r in raw]),
        "top3": share([r["in_top3"] for r in raw]),
        "coverage": round(len(sure) / len(raw), 3),
        "precision": share(sure) if sure else None,
        "coverage_at_95": coverage_at(raw, 0.95),
        "ms_median": round(float(np.median([r["ms"] for r in raw])), 1),
    }


def coverage_at(raw: list[dict], precision: float) -> float:
    """The largest share of pictures, most confident first, that is still this often right."""
    right, largest = 0, 0
    for taken, r in enumerate(sorted(raw, key=lambda r: -r["confidence"]), 1):
        right += r["right"]
        largest = taken if right / taken >= precision else largest
    return round(largest / len(raw), 3)


def share(answers: list[bool]) -> float:
    return round(float(np.mean(answers)), 3)


def circumstances() -> dict:
    here = Path(__file__).parent
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=False)
    packages = ("numpy", "onnxruntime", "pillow")
    return {
        "command": " ".join(["python", "benchmarks/category.py", *(a for a in sys.argv[1:] if not a.startswith("/"))]),
        "commit": commit.stdout.strip(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {name: version(name) for name in packages},
    }


if __name__ == "__main__":
    main()
