"""Does taking away background and skin name catalogue colours better than plain k-means?

Run: python benchmarks/colours.py SHARED
Both name their clusters by the same controlled list. SHARED is the folder with data/manifest.jsonl.
Ends with one JSON line.
"""

import json
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tujian.perception.colours import find_colours, name_colour, palette

NEAR = {frozenset(pair.split()) for pair in ("Blue Green", "Red Orange", "Orange Yellow", "Blue Purple", "Red Purple",
                                             "Gray Black", "Gray White")}  # fmt: skip


def ours(pixels):
    return find_colours(pixels)[0].en


def plain(pixels):
    """The largest of five k-means clusters of the whole picture, in Lab, seeded."""
    small = cv2.resize(pixels, (96, 96), interpolation=cv2.INTER_AREA)
    points = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float32)
    cv2.setRNGSeed(0)
    _, labels, means = cv2.kmeans(points, 5, None, (3, 12, 0.5), 1, cv2.KMEANS_PP_CENTERS)
    mean = means[np.bincount(labels.ravel()).argmax()].round().astype(np.uint8)
    rgb = cv2.cvtColor(mean[None, None], cv2.COLOR_LAB2RGB)[0, 0]
    return name_colour((int(rgb[0]), int(rgb[1]), int(rgb[2]))).en


def measure(find, pictures):
    bases = {name.en: name.base.title() for name in palette().names}
    first, near, ms = 0, 0, []
    for label, pixels in pictures:
        began = time.process_time()
        base = bases[find(pixels)]
        ms.append(round((time.process_time() - began) * 1000, 2))
        first += base == label
        near += base == label or frozenset((base, label)) in NEAR
    n = len(pictures)
    return {"first": round(first / n, 3), "near": round(near / n, 3), "ms_median": float(np.median(ms)), "ms": ms}


def main(shared):
    cv2.setNumThreads(1)
    manifest = [json.loads(row) for row in (shared / "data/manifest.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in manifest if row["kind"] == "product" and row["labels"].get("color")]
    pictures = [
        (row["labels"]["color"], np.asarray(Image.open(shared / "data" / row["path"]).convert("RGB"))) for row in rows
    ]
    results = {"ours": measure(ours, pictures), "baseline": measure(plain, pictures)}
    for name, result in results.items():
        print(f"{name}: first {result['first']}, near {result['near']}, {result['ms_median']} ms, {len(rows)} pictures")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    line = {
        "command": "python benchmarks/colours.py SHARED",
        "commit": commit,
        "machine": platform.platform(),
        "versions": {"opencv": cv2.__version__, "numpy": version("numpy")},
        "n": len(rows),
    }
    print(json.dumps(line | results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
