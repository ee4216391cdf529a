"""Train the category head and say how good it is. Deterministic, one thread, two to four minutes.

    python train/category.py --train-dir DIR [--out category.npz]

Enters: a folder with `manifest.jsonl` (path, kind, labels) and its pictures. Leaves: the npz that
`tujian.perception.labels` ships, and one JSON line of scores: in-domain by cross-validation, leave-one-source-out
(train on clothes, ask about groceries, and the other way round).
Not known here: the taxonomy's names. No pixel reaches the output.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy: BLAS reads it once
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import time
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps
from sklearn.linear_model import LogisticRegression

from tujian.perception.labels import (
    FOREIGN_SHARE,
    HEAD_FILE,
    VECTOR_SIZE,
    Backbone,
    Floats,
    Head,
    Pixels,
    Reading,
    Scorer,
    class_prior,
    read_classes,
    shelf,
    unit,
    views,
)
from tujian.taxonomy import Taxonomy, is_under

Doubles = npt.NDArray[np.float64]

PENALTY_C = 1.0  # inverse L2 strength; development set: 30 gains 2 points in-domain, loses 14 on products
FOLDS = 5
SURE_PRECISION = 0.95  # what users are promised of a stated category
CLOTHING = {
    "dress": "aa-1-4", "hat": "aa-2-17", "longsleeve": "aa-1-13-14", "outwear": "aa-1-10", "pants": "aa-1-12",
    "shirt": "aa-1-13-7", "shoes": "aa-8", "shorts": "aa-1-14", "skirt": "aa-1-15", "t-shirt": "aa-1-13-8",
}  # fmt: skip


class Sample(NamedTuple):
    """One picture: its source, the id it shows, and the readings of it and of its mirror image."""

    kind: str
    truth: str
    reading: Reading
    mirrored: Reading


class Judged(NamedTuple):
    """One held-out guess: its grounds, (3,), and whether it was right."""

    grounds: Floats
    right: bool


def main() -> None:
    """Train, write, print one JSON line."""
    asked = _arguments()
    started_s = time.monotonic()
    taxonomy = Taxonomy.load()
    samples = read_samples(asked.train_dir, taxonomy)
    held_out = cross_validate(samples, taxonomy)
    foreign = leave_one_source_out(samples, taxonomy)
    head = calibrate(learn(samples), [*chain(*held_out.values())], [*chain(*foreign.values())])
    write(head, asked.out)
    shipped = Scorer(Head.load(asked.out), read_classes(), taxonomy)
    scores = {
        "pictures": len(samples),
        "in_domain": {kind: summary(judged, shipped) for kind, judged in held_out.items()},
        "leave_one_source_out": {kind: summary(judged, shipped) for kind, judged in foreign.items()},
        "sure_at": head.sure_at,
        "calibration": [round(float(v), 3) for v in head.calibration],
        "bytes": asked.out.stat().st_size,
        "seconds": round(time.monotonic() - started_s),
    }
    print(json.dumps(scores))


def read_samples(train_dir: Path, taxonomy: Taxonomy) -> list[Sample]:
    """Every picture of the manifest, read twice by the backbone (as it is, and mirrored)."""
    backbone = Backbone()
    rows = [json.loads(line) for line in (train_dir / "manifest.jsonl").read_text().splitlines()]
    samples = []
    for row in rows:
        seen = views(open_pixels(train_dir / row["path"]))
        mirror = np.ascontiguousarray(seen[:, :, ::-1])
        truth = true_id(row["kind"], row["labels"], taxonomy)
        samples.append(Sample(row["kind"], truth, backbone.read(seen), backbone.read(mirror)))
    return samples


def open_pixels(path: Path) -> Pixels:
    with Image.open(path) as picture:
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


def true_id(kind: str, labels: dict[str, str], taxonomy: Taxonomy) -> str:
    """The taxonomy id of a label; grocery classes are found by their name."""
    if kind == "clothing":
        return CLOTHING[labels["category"]]
    return taxonomy.find(labels["coarse_class"].replace("-", " ")).id


def learn(samples: list[Sample]) -> Head:
    """Logistic regression on the views' features, the classes' marginal, and the picture space; not yet calibrated."""
    rows = np.concatenate([np.concatenate([s.reading.features, s.mirrored.features]) for s in samples])
    per_sample = rows.shape[0] // len(samples)
    truths = np.repeat([s.truth for s in samples], per_sample)
    model = LogisticRegression(C=PENALTY_C, max_iter=300, tol=1e-3).fit(rows, truths)
    whole = np.stack([s.reading.features.mean(0) for s in samples])
    mean, axes = principal_axes(whole)
    odds = np.stack([s.reading.odds for s in samples]) * class_prior(read_classes())
    usual = (odds / odds.sum(1, keepdims=True)).mean(0)
    return Head(
        ids=tuple(str(c) for c in model.classes_),
        weights=model.coef_.astype(np.float32),
        bias=model.intercept_.astype(np.float32),
        usual=usual.astype(np.float32),
        mean=mean,
        axes=axes,
        known=unit((whole - mean) @ axes),
        calibration=np.array([1, 0, 0], np.float32),
        familiar=np.array([0, 1], np.float32),
        sure_at=1.0,
    )


def principal_axes(features: Floats) -> tuple[Floats, Floats]:
    """Mean (1280,) and the 256 leading eigenvectors (1280, 256) of the covariance; signs fixed."""
    mean = features.mean(0)
    centred = (features - mean).astype(np.float64)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors[:, ::-1][:, :VECTOR_SIZE]
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(VECTOR_SIZE)])
    return mean.astype(np.float32), axes.astype(np.float32)


def cross_validate(samples: list[Sample], taxonomy: Taxonomy) -> dict[str, list[Judged]]:
    """Held-out guesses by kind. Folds are runs of the manifest, so near-copies of one pack share a fold."""
    folds = _folds([s.truth for s in samples])
    judged: dict[str, list[Judged]] = {}
    for fold in range(FOLDS):
        scorer = Scorer(learn([s for s, f in zip(samples, folds, strict=True) if f != fold]), read_classes(), taxonomy)
        for sample in (s for s, f in zip(samples, folds, strict=True) if f == fold):
            judged.setdefault(sample.kind, []).append(judge(scorer, sample))
    return judged


def leave_one_source_out(samples: list[Sample], taxonomy: Taxonomy) -> dict[str, list[Judged]]:
    """Guesses for each kind by a head that never saw that kind."""
    judged = {}
    for kind in sorted({s.kind for s in samples}):
        scorer = Scorer(learn([s for s in samples if s.kind != kind]), read_classes(), taxonomy)
        judged[kind] = [judge(scorer, s) for s in samples if s.kind == kind]
    return judged


def judge(scorer: Scorer, sample: Sample) -> Judged:
    """One guess against its label, on the level where guesses compete."""
    mass = scorer.mass(sample.reading)
    best = int(scorer.shelf_mass(mass.total).argmax())
    typicality = scorer.typicality(scorer.vector(sample.reading))
    right = is_under(shelf(sample.truth), scorer.shelves[best]) or is_under(scorer.shelves[best], shelf(sample.truth))
    return Judged(scorer.grounds(mass, best, typicality), right)


def calibrate(head: Head, known: list[Judged], foreign: list[Judged]) -> Head:
    """Fit the confidence curve and the threshold on held-out guesses, of kinds seen and unseen.

    Unseen kinds weigh FOREIGN_SHARE, as they do in the mixing itself.
    """
    judged = known + foreign
    weights = np.repeat([(1 - FOREIGN_SHARE) / len(known), FOREIGN_SHARE / len(foreign)], [len(known), len(foreign)])
    grounds, right = np.stack([j.grounds for j in judged]), np.array([j.right for j in judged])
    curve = LogisticRegression(C=1e3).fit(grounds[:, :2], right, sample_weight=weights * len(judged))
    low, quarter, three_quarters = np.quantile([j.grounds[2] for j in known], [0.1, 0.25, 0.75])
    fitted = head._replace(
        calibration=np.array([*curve.coef_[0], curve.intercept_[0]], np.float32),
        familiar=np.array([low, (three_quarters - quarter) / 2], np.float32),
    )
    scorer = Scorer(fitted, read_classes(), Taxonomy.load())
    confidence = np.array([scorer.confidence(g) for g in grounds])
    return fitted._replace(sure_at=_threshold(confidence, right, weights))


def _threshold(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64]
) -> float:
    """The lowest confidence above which SURE_PRECISION of the weighted guesses are right."""
    order = np.argsort(-confidence)
    precision = np.cumsum((weights * right)[order]) / np.cumsum(weights[order])
    return round(float(confidence[order][np.flatnonzero(precision >= SURE_PRECISION)[-1]]), 4)


def write(head: Head, out: Path) -> None:
    """The npz that ships: float16, vectors int8, no pickles."""
    small = {n: getattr(head, n).astype(np.float16) for n in ("weights", "bias", "mean", "axes")}
    known = np.round(head.known * (127 / np.abs(head.known).max())).astype(np.int8)
    exact = {
        "usual": head.usual,
        "calibration": head.calibration,
        "familiar": head.familiar,
        "sure_at": np.float32(head.sure_at),
    }
    np.savez_compressed(out, ids=np.array(head.ids), known=known, **small, **exact)


def summary(judged: list[Judged], scorer: Scorer) -> dict[str, float]:
    """Share right; precision and coverage of what would be stated."""
    sure = [j.right for j in judged if scorer.confidence(j.grounds) >= scorer.head.sure_at]
    return {
        "n": len(judged),
        "right": round(float(np.mean([j.right for j in judged])), 3),
        "coverage": round(len(sure) / len(judged), 3),
        "precision": round(float(np.mean(sure)), 3) if sure else 1.0,
    }


def _folds(truths: list[str]) -> list[int]:
    """Each class cut into FOLDS consecutive runs."""
    total = {t: truths.count(t) for t in set(truths)}
    met: dict[str, int] = {}
    folds = []
    for truth in truths:
        met[truth] = met.get(truth, 0) + 1
        folds.append((met[truth] - 1) * FOLDS // total[truth])
    return folds


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the category head and say how good it is.")
    parser.add_argument("--train-dir", type=Path, required=True, help="folder with manifest.jsonl and pictures")
    parser.add_argument("--out", type=Path, default=HEAD_FILE, help="npz to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
