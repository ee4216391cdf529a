"""Does learning from examples earn its place against the nearest class mean?

    python benchmarks/learn.py --pictures DIR --strangers DIR [--kind grocery --label class --most 20]

Each DIR has `manifest.jsonl` (path, kind, labels) and the pictures. Every class with five or more pictures is taught,
`--most` of each at most. Both are asked about pictures that neither saw: the same five folds, the same vectors. Then
what was learnt is asked about strangers, pictures of other kinds: a class stated for one of them is false. Ends in
one JSON line.
"""

import argparse
import json
import time
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from told import tell

from tujian.learning import FOLDS, LEAST_PICTURES, learn, runs
from tujian.perception.labels import Labeller, unit

STRANGERS = ("clothing", "product", "grocery", "album")  # kinds of photos in the labelled set


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--kind", default="grocery")
    parser.add_argument("--label", default="class")
    parser.add_argument("--most", type=int, default=20)
    parser.add_argument("--strangers", type=Path, required=True)
    asked = parser.parse_args()
    taught = choose(read(asked.pictures), asked.kind, asked.label, asked.most)
    strangers = [row for row in read(asked.strangers) if row["kind"] in STRANGERS and row["kind"] != asked.kind]
    labeller = Labeller()
    vectors = look(labeller, asked.pictures, taught)
    names = [str(row["labels"][asked.label]) for row in taught]
    begun = time.perf_counter()
    learned = learn(vectors, names)
    fit_s = time.perf_counter() - begun
    guesses = [learned.guess(vector) for vector in look(labeller, asked.strangers, strangers)]
    tell(
        kind=asked.kind,
        label=asked.label,
        most=asked.most,
        classes=len(learned.classes),
        pictures=len(names),
        nearest_mean=round(nearest_mean(vectors, names), 3),
        learnt=round(learned.overall.share, 3),
        interval=[round(end, 3) for end in learned.overall.interval()],
        stated=round(learned.stated.count / len(names), 3),
        stated_right=round(learned.stated.share, 3),
        strangers=len(guesses),
        strangers_stated=sum(bool(guess and guess.sure) for guess in guesses),
        penalty=learned.penalty,
        fit_s=round(fit_s, 1),
        per_class={name: [s.right, s.count] for name, s in zip(learned.classes, learned.per_class, strict=True)},
    )


def read(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]


def choose(rows: list[dict], kind: str, label: str, most: int) -> list[dict]:
    of_kind = [row for row in rows if row["kind"] == kind]
    total = Counter(row["labels"][label] for row in of_kind)
    met: Counter = Counter()
    chosen = []
    for row in of_kind:
        name = row["labels"][label]
        met[name] += 1
        if total[name] >= LEAST_PICTURES and met[name] <= most:
            chosen.append(row)
    return chosen


def look(labeller: Labeller, folder: Path, rows: list[dict]) -> np.ndarray:
    vectors = []
    for row in rows:
        with Image.open(folder / row["path"]) as picture:
            pixels = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
        vectors.append(labeller.label(pixels).vector.astype(np.float32))
    return np.array(vectors, np.float32)


def nearest_mean(vectors: np.ndarray, names: list[str]) -> float:
    """The baseline: the class whose mean of seen vectors is nearest; share right on the same folds."""
    classes = sorted(set(names))
    truths = np.array([classes.index(name) for name in names])
    folds = runs(truths, FOLDS)
    right = np.zeros(len(truths), bool)
    for fold in range(FOLDS):
        seen = folds != fold
        means = unit(np.stack([vectors[seen & (truths == k)].mean(0) for k in range(len(classes))]))
        right[~seen] = (vectors[~seen] @ means.T).argmax(1) == truths[~seen]
    return float(right.mean())


if __name__ == "__main__":
    main()
