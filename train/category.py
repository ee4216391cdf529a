"""Train the category head and say how good it is. Deterministic, one thread, about four minutes.

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
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from figures import BOTTOMS, TOPS, CutOut, cut_out, on_white, worn
from PIL import Image, ImageOps
from sklearn.linear_model import LogisticRegression

from tujian.perception.labels import (
    FOREIGN_SHARE,
    HEAD_FILE,
    VECTOR_SIZE,
    Backbone,
    Floats,
    Head,
    Reading,
    Scorer,
    class_prior,
    log_odds,
    read_classes,
    shelf,
    unit,
)
from tujian.perception.views import Pixels, View, look
from tujian.taxonomy import Taxonomy, is_under

Doubles = npt.NDArray[np.float64]

PENALTY_C = 6.0  # inverse L2 strength; cross-validation: 2 is 1.5 points of clothing worse
WHITE_PENALTY_C = 0.2  # the same on white grounds, where shops show much unseen; products: 0.1 like 0.2, 1 loses 5
SHOWN_WEIGHT = 2.0  # of a picture shown as shops do, against one at home; 1 and 4 were within 2 points
FIGURES = 2  # drawn figures that wear each garment
SEED = 3  # of the drawing
FOLDS = 5
SURE_PRECISION = 0.95  # what users are promised of a stated category
SURE_FOREIGN = 0.2  # of pictures of unseen kinds under that promise; 0.3 stated 0.42 of the development set, 0.2 0.48
CLOTHING = {
    "dress": "aa-1-4", "hat": "aa-2-17", "longsleeve": "aa-1-13-14", "outwear": "aa-1-10", "pants": "aa-1-12",
    "shirt": "aa-1-13-7", "shoes": "aa-8", "shorts": "aa-1-14", "skirt": "aa-1-15", "t-shirt": "aa-1-13-8",
}  # fmt: skip


class Sample(NamedTuple):
    """One picture: its source, the id it shows, and the readings of it, its mirror image, and it as a shop shows it."""

    kind: str
    truth: str
    reading: Reading
    mirrored: Reading
    shown: tuple[Reading, ...]


class Judged(NamedTuple):
    """One held-out guess: its grounds, (3,), and whether it was right."""

    grounds: Floats
    right: bool


def main() -> None:
    """Train, write, print one JSON line."""
    asked = _arguments()
    cv2.setNumThreads(1)
    started_s = time.monotonic()
    taxonomy = Taxonomy.load()
    samples = read_samples(asked.train_dir, taxonomy)
    held_out, shown = cross_validate(samples, taxonomy)
    foreign = leave_one_source_out(samples, taxonomy)
    head = calibrate(learn(samples), [*chain(*held_out.values())], [*chain(*foreign.values())])
    write(head, asked.out)
    shipped = Scorer(Head.load(asked.out), read_classes(), taxonomy)
    scores = {
        "pictures": len(samples),
        "in_domain": {kind: summary(judged, shipped) for kind, judged in held_out.items()},
        "leave_one_source_out": {kind: summary(judged, shipped) for kind, judged in foreign.items()},
        "as_shops_show_them": summary(shown, shipped),
        "sure_at": head.sure_at,
        "calibration": [round(float(v), 3) for v in head.calibration],
        "bytes": asked.out.stat().st_size,
        "seconds": round(time.monotonic() - started_s),
    }
    print(json.dumps(scores))


def read_samples(train_dir: Path, taxonomy: Taxonomy) -> list[Sample]:
    """Every picture of the manifest, read by the backbone as it is, mirrored, and as a shop would show it."""
    backbone = Backbone()
    rows = [json.loads(line) for line in (train_dir / "manifest.jsonl").read_text().splitlines()]
    garments = cut_garments(train_dir, rows)
    random = np.random.default_rng(SEED)
    samples = []
    for row in rows:
        seen = look(open_pixels(train_dir / row["path"]))
        mirror = View(np.ascontiguousarray(seen.pixels[:, ::-1]), seen.on_white)
        shown = tuple(backbone.read(look(p)) for p in shop_pictures(row, garments, random))
        truth = true_id(row["kind"], row["labels"], taxonomy)
        samples.append(Sample(row["kind"], truth, backbone.read(seen), backbone.read(mirror), shown))
    return samples


def cut_garments(train_dir: Path, rows: list[dict]) -> dict[str, dict[str, CutOut]]:
    """Label → path → garment, for each piece of clothing that can be told from its ground."""
    garments: dict[str, dict[str, CutOut]] = {label: {} for label in CLOTHING}
    for row in (r for r in rows if r["kind"] == "clothing"):
        if garment := cut_out(open_pixels(train_dir / row["path"])):
            garments[row["labels"]["category"]][row["path"]] = garment
    return garments


def shop_pictures(row: dict, garments: dict[str, dict[str, CutOut]], random: np.random.Generator) -> Iterator[Pixels]:
    """The garment on white, and worn by drawn figures; nothing for what could not be cut out, or is no garment."""
    label = row["labels"].get("category", "")
    garment = garments.get(label, {}).get(row["path"])
    if garment is None:
        return
    yield on_white(garment)
    if label in (*TOPS, *BOTTOMS):
        wardrobe = {name: list(pieces.values()) for name, pieces in garments.items()}
        for _ in range(FIGURES):
            yield worn(garment, label, wardrobe, random)


def open_pixels(path: Path) -> Pixels:
    with Image.open(path) as picture:
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


def true_id(kind: str, labels: dict[str, str], taxonomy: Taxonomy) -> str:
    """The taxonomy id of a label; grocery classes are found by their name."""
    if kind == "clothing":
        return CLOTHING[labels["category"]]
    return taxonomy.find(labels["coarse_class"].replace("-", " ")).id


def learn(samples: list[Sample]) -> Head:
    """Two logistic regressions, the classes' marginal, and the picture space; not yet calibrated."""
    whole = np.stack([s.reading.features for s in samples])
    at_home = np.concatenate([whole, np.stack([s.mirrored.features for s in samples])])
    truths = [s.truth for s in samples] * 2
    shown = [(r.features, s.truth) for s in samples for r in s.shown]
    everywhere = np.concatenate([at_home, np.stack([features for features, _ in shown])]) if shown else at_home
    weights = np.repeat([1, SHOWN_WEIGHT], [len(at_home), len(shown)])
    home = LogisticRegression(C=PENALTY_C, max_iter=300, tol=1e-3).fit(at_home, truths)
    white = LogisticRegression(C=WHITE_PENALTY_C, max_iter=300, tol=1e-3).fit(
        everywhere, truths + [truth for _, truth in shown], sample_weight=weights
    )
    mean, axes = principal_axes(whole)
    odds = np.stack([s.reading.odds for s in samples]) * class_prior(read_classes())
    usual = (odds / odds.sum(1, keepdims=True)).mean(0)
    return Head(
        ids=tuple(str(c) for c in home.classes_),
        weights=np.stack([home.coef_, white.coef_]).astype(np.float32),
        bias=np.stack([home.intercept_, white.intercept_]).astype(np.float32),
        usual=usual.astype(np.float32),
        mean=mean,
        axes=axes,
        known=unit((whole - mean) @ axes),
        calibration=np.array([1, 0, 0], np.float32),
        familiar=np.array([0, 1], np.float32),
        told=np.array([1, 0], np.float32),
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


def cross_validate(samples: list[Sample], taxonomy: Taxonomy) -> tuple[dict[str, list[Judged]], list[Judged]]:
    """Held-out guesses by kind, and those on cut-outs and drawn figures.

    Folds are runs of the manifest, so near-copies of one pack share a fold. The other clothes of a figure may be
    of any fold.
    """
    folds = _folds([s.truth for s in samples])
    judged: dict[str, list[Judged]] = {}
    shown: list[Judged] = []
    for fold in range(FOLDS):
        scorer = Scorer(learn([s for s, f in zip(samples, folds, strict=True) if f != fold]), read_classes(), taxonomy)
        for sample in (s for s, f in zip(samples, folds, strict=True) if f == fold):
            judged.setdefault(sample.kind, []).append(judge(scorer, sample.truth, sample.reading))
            shown += [judge(scorer, sample.truth, reading) for reading in sample.shown]
    return judged, shown


def leave_one_source_out(samples: list[Sample], taxonomy: Taxonomy) -> dict[str, list[Judged]]:
    """Guesses for each kind by a head that never saw that kind."""
    judged = {}
    for kind in sorted({s.kind for s in samples}):
        scorer = Scorer(learn([s for s in samples if s.kind != kind]), read_classes(), taxonomy)
        judged[kind] = [judge(scorer, s.truth, s.reading) for s in samples if s.kind == kind]
    return judged


def judge(scorer: Scorer, truth: str, reading: Reading) -> Judged:
    """One guess against its label, on the level where guesses compete."""
    mass = scorer.mass(reading)
    best = int(scorer.shelf_mass(mass.total).argmax())
    typicality = scorer.typicality(scorer.vector(reading))
    right = is_under(shelf(truth), scorer.shelves[best]) or is_under(scorer.shelves[best], shelf(truth))
    return Judged(scorer.grounds(mass, best, typicality), right)


def calibrate(head: Head, known: list[Judged], foreign: list[Judged]) -> Head:
    """Fit the confidence curve and the threshold on held-out guesses, of kinds seen and unseen.

    Unseen kinds weigh FOREIGN_SHARE in the curve, as they do in the mixing itself, and SURE_FOREIGN in the threshold.
    """
    judged = known + foreign
    weights, promised = (
        np.repeat([(1 - share) / len(known), share / len(foreign)], [len(known), len(foreign)])
        for share in (FOREIGN_SHARE, SURE_FOREIGN)
    )
    grounds, right = np.stack([j.grounds for j in judged]), np.array([j.right for j in judged])
    curve = LogisticRegression(C=1e3).fit(grounds[:, :2], right, sample_weight=weights * len(judged))
    low, quarter, three_quarters = np.quantile([j.grounds[2] for j in known], [0.1, 0.25, 0.75])
    fitted = head._replace(
        calibration=np.array([*curve.coef_[0], curve.intercept_[0]], np.float32),
        familiar=np.array([low, (three_quarters - quarter) / 2], np.float32),
    )
    scorer = Scorer(fitted, read_classes(), Taxonomy.load())
    faded = np.array([[log_odds(scorer.confidence(g))] for g in grounds])
    last = LogisticRegression(C=1e3).fit(faded, right, sample_weight=weights * len(judged))
    fitted = fitted._replace(told=np.array([last.coef_[0, 0], last.intercept_[0]], np.float32))
    scorer = Scorer(fitted, read_classes(), Taxonomy.load())
    confidence = np.array([scorer.confidence(g) for g in grounds])
    return fitted._replace(sure_at=_threshold(confidence, right, promised))


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
        "told": head.told,
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
