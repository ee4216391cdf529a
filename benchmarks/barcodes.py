"""How many of ZXing's labelled pictures are read, beside zxing-cpp with its defaults?

Run: python benchmarks/barcodes.py SHARED

SHARED is the folder with data/manifest.jsonl. Ends with one JSON line.
"""

import json
import platform
import re
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
import zxingcpp
from PIL import Image

from tujian.perception.barcodes import read_barcodes

PHOTOS = ("clothing", "product", "grocery", "object_cutout")


def open_rgb(path):
    picture = Image.open(path).convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB"))


def bare(text):
    return re.sub(r"[()\x00-\x1f\s]|<GS>", "", text).lstrip("0")


def ours(pixels):
    return [code.text for code in read_barcodes(pixels, (pixels.shape[1], pixels.shape[0])) if code.valid is not False]


def defaults(pixels):
    return [symbol.text for symbol in zxingcpp.read_barcodes(pixels)]


def measure(read, pictures):
    right, wrong, false, ms, photo_ms = 0, [], [], [], []
    for row, pixels in pictures:
        began = time.process_time()
        found = {bare(text) for text in read(pixels)}
        (photo_ms if row["kind"] in PHOTOS else ms).append(round((time.process_time() - began) * 1000, 2))
        labels = row["labels"]
        if row["kind"] in PHOTOS or labels["format"] is None:
            false += [row["path"]] if found else []
        elif any(bare(each) in found for each in labels.get("accept") or [labels["value"]]):
            right += 1
        elif found:
            wrong.append(row["path"])
    return {"right": right, "misread": wrong, "false_alarms": false, "photo_ms_median": float(np.median(photo_ms)),
            "ms": ms, "photo_ms": photo_ms}  # fmt: skip


def main(shared):
    cv2.setNumThreads(1)
    manifest = [json.loads(row) for row in (shared / "data/manifest.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in manifest if row["kind"] == "barcode"]
    rows += [row for row in manifest if row["kind"] in PHOTOS][::4]
    pictures = [(row, open_rgb(shared / "data" / row["path"])) for row in rows]
    results = {"ours": measure(ours, pictures), "baseline": measure(defaults, pictures)}
    total = sum(row["kind"] == "barcode" and row["labels"]["format"] is not None for row in rows)
    for name, result in results.items():
        print(f"{name}: {result['right']} of {total} read, {len(result['misread'])} misread, "
              f"{len(result['false_alarms'])} false alarms, {result['photo_ms_median']} ms on photos")  # fmt: skip
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    line = {
        "command": "python benchmarks/barcodes.py SHARED",
        "commit": commit,
        "machine": platform.platform(),
        "versions": {"zxing-cpp": version("zxing-cpp"), "opencv": cv2.__version__},
        "of": total,
        "photos": sum(row["kind"] != "barcode" for row in rows),
    }
    print(json.dumps(line | results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
