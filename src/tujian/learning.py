"""Learning from examples: a user's own classes, fitted on picture vectors, with a score that is not flattered.

Enters: unit vectors of pictures (`perception/labels.py`) and the class of each. Leaves: a `Learned`, which guesses the
class of a vector and says how sure it is. It does not know pictures, files, or what a class means.

Logistic regression in numpy, the same every time. Every number it tells of itself was measured on pictures that the
fit in question had not seen: five folds, each a run of a class's pictures, so that near-copies that lie side by
side in a folder fall into one fold.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tujian.perception.labels import log_odds, logistic, softmax

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

LEAST_PICTURES = 5  # of a class: one a fold
LEAST_CLASSES = 2
FOLDS = 5
PENALTIES = (1e-3, 1e-4, 3e-5, 1e-5, 3e-6)  # L2; the held-out log loss picks one
CONSTANT = 0.3  # as long as a centred vector's largest component, so that it does not set the curvature
STEPS = 60  # of accelerated gradient descent a penalty, each starting where the one before ended
SURE_PRECISION = 0.95  # of guesses on held-out pictures, from the surest down to where a guess may stand
USUAL_SHARE = 0.95  # of held-out pictures lie as near to an example; what lies farther is of no class that was taught
NONE_OF_THESE = ("其他", "其它", "other", "none")  # a class of this name teaches what to keep silent about


@dataclass(frozen=True, slots=True)
class Score:
    """So many of `count` held-out pictures named rightly."""

    right: int
    count: int

    @property
    def share(self) -> float:
        return self.right / self.count if self.count else 0.0

    def interval(self) -> tuple[float, float]:
        """95 % interval by Wilson (1927).

        >>> [round(end, 3) for end in Score(18, 20).interval()]
        [0.699, 0.972]
        """
        z = 1.96
        middle, spread = self.share + z * z / (2 * self.count), z * self._deviation(z)
        return tuple(max(0.0, min(1.0, (middle + sign * spread) / (1 + z * z / self.count))) for sign in (-1, 1))  # pyright: ignore[reportReturnType]

    def _deviation(self, z: float) -> float:
        share, count = self.share, self.count
        return (share * (1 - share) / count + z * z / (4 * count * count)) ** 0.5


@dataclass(frozen=True, slots=True)
class Guessed:
    """The likeliest class, how likely it is right, and whether that may be stated."""

    name: str
    confidence: float
    sure: bool


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What was learnt. Shapes: K classes, N examples.

    `calibration` is the slope and constant that turn log-odds into confidence, `sure_at` the confidence from which a
    guess stands (above 1: none does), `usual_from` the cosine to the nearest example below which a picture is strange.
    """

    classes: tuple[str, ...]
    weights: Floats
    """(256, K)"""
    bias: Floats
    """(K,)"""
    examples: Floats
    """(N, 256)"""
    calibration: tuple[float, float]
    sure_at: float
    usual_from: float
    penalty: float
    per_class: tuple[Score, ...]
    stated: Score
    """Of the held-out guesses that would have been stated."""

    @property
    def overall(self) -> Score:
        return Score(sum(s.right for s in self.per_class), sum(s.count for s in self.per_class))

    def guess(self, vector: npt.NDArray[np.floating]) -> Guessed | None:
        """The class of a picture; None where it looks like nothing that was taught, or like a class of none."""
        seen = vector.astype(np.float32)
        if float((self.examples @ seen).max()) < self.usual_from:
            return None
        odds = softmax(seen @ self.weights + self.bias)
        best = int(odds.argmax())
        if self.classes[best].casefold() in NONE_OF_THESE:
            return None
        confidence = _confidence(float(odds[best]), self.calibration)
        return Guessed(self.classes[best], round(confidence, 4), confidence >= self.sure_at)


def learn(vectors: Floats, names: Sequence[str]) -> Learned:
    """Fits on `vectors`, (N, 256), whose classes are `names`; each class needs LEAST_PICTURES."""
    classes = tuple(sorted(set(names)))
    truths = np.array([classes.index(name) for name in names])
    folds = runs(truths, FOLDS)
    held_out = cross_validate(vectors, truths, folds)
    losses = [float(-np.log(odds[np.arange(len(truths)), truths] + 1e-9).mean()) for odds in held_out]
    best = int(np.argmin(losses))
    odds = held_out[best]
    right = odds.argmax(1) == truths
    calibration = calibrate(odds.max(1), right)
    confidences = np.array([_confidence(float(p), calibration) for p in odds.max(1)])
    sure_at, stated = _threshold(confidences, right)
    *_, (weights, bias) = fit_along(vectors, truths, PENALTIES[: best + 1])
    return Learned(
        classes=classes,
        weights=weights,
        bias=bias,
        examples=vectors,
        calibration=calibration,
        sure_at=sure_at,
        usual_from=_usual_from(vectors, folds),
        penalty=PENALTIES[best],
        per_class=tuple(Score(int(right[truths == k].sum()), int((truths == k).sum())) for k in range(len(classes))),
        stated=stated,
    )


def runs(truths: Numbers, count: int) -> Numbers:
    """The fold of each picture: every class cut into `count` consecutive runs.

    >>> runs(np.array([0, 1, 0, 1, 0]), 2).tolist()
    [0, 0, 0, 1, 1]
    """
    folds = np.zeros(len(truths), np.int64)
    for one in np.unique(truths):
        at = np.flatnonzero(truths == one)
        folds[at] = np.arange(len(at)) * count // len(at)
    return folds


def cross_validate(vectors: Floats, truths: Numbers, folds: Numbers) -> list[Floats]:
    """Odds for held-out pictures, (N, K), for each penalty."""
    held_out = [np.zeros((len(truths), int(truths.max()) + 1), np.float32) for _ in PENALTIES]
    for fold in np.unique(folds):
        seen, asked = folds != fold, folds == fold
        for odds, (weights, bias) in zip(held_out, fit_along(vectors[seen], truths[seen], PENALTIES), strict=True):
            odds[asked] = softmax(vectors[asked] @ weights + bias)
    return held_out


def fit_along(vectors: Floats, truths: Numbers, penalties: Sequence[float]) -> list[tuple[Floats, Floats]]:
    """Softmax regression for each penalty, strongest first: weights (256, K) and bias (K,).

    Nesterov's gradient descent, its step from the largest curvature: no line search, nothing drawn by chance. Vectors
    are centred first: what all of them share would add to the curvature, and make the steps short.
    """
    count, classes = len(vectors), int(truths.max()) + 1
    wanted = np.eye(classes, dtype=np.float32)[truths]
    mean = vectors.mean(0)
    constant = np.full((count, 1), CONSTANT, np.float32)  # the bias is the weight of it
    padded = np.hstack([vectors - mean, constant])
    curvature = float(np.linalg.norm(padded, 2)) ** 2 / (2 * count)
    fitted = np.zeros((padded.shape[1], classes), np.float32)
    found = []
    for penalty in penalties:
        ahead, momentum = fitted, 1.0
        for _ in range(STEPS):
            slope = padded.T @ (softmax(padded @ ahead) - wanted) / count + penalty * ahead
            stepped = ahead - slope / (curvature + penalty)
            following = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
            ahead = stepped + (momentum - 1) / following * (stepped - fitted)
            fitted, momentum = stepped, following
        weights = fitted[:-1].astype(np.float32)
        found.append((weights, (CONSTANT * fitted[-1] - mean @ weights).astype(np.float32)))
    return found


def calibrate(best_odds: Floats, right: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and constant of a logistic curve from log-odds to being right, with Platt's smoothed targets (1999).

    The smoothing keeps a few pictures, all named rightly, from making it certain.
    """
    hits = int(right.sum())
    targets = np.where(right, (hits + 1) / (hits + 2), 1 / (len(right) - hits + 2))
    inputs = np.stack([[log_odds(float(p)) for p in best_odds], np.ones(len(right))])
    curve = np.array([1.0, 0.0])
    for _ in range(50):  # Newton's method; two unknowns
        said = 1 / (1 + np.exp(-curve @ inputs))
        slope = inputs @ (said - targets) + 1e-3 * (curve - (1.0, 0.0))
        bend = (inputs * (said * (1 - said))) @ inputs.T + 1e-3 * np.eye(2)
        curve = curve - np.clip(np.linalg.solve(bend, slope), -1, 1)
    return max(0.0, float(curve[0])), float(curve[1])


def _confidence(odds: float, calibration: tuple[float, float]) -> float:
    return logistic(calibration[0] * log_odds(odds) + calibration[1])


def _threshold(confidences: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> tuple[float, Score]:
    """The confidence down to which SURE_PRECISION of held-out guesses are right, and the score of those above it."""
    order = np.argsort(-confidences, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precision >= SURE_PRECISION)
    if not len(enough):
        return 1.01, Score(0, 0)
    sure_at = float(confidences[order[enough[-1]]])
    stated = confidences >= sure_at
    return sure_at, Score(int(right[stated].sum()), int(stated.sum()))


def _usual_from(vectors: Floats, folds: Numbers) -> float:
    """The cosine to the nearest example of other folds that USUAL_SHARE of the pictures reach."""
    alike = vectors @ vectors.T
    alike[folds[:, None] == folds[None, :]] = -1
    return float(np.quantile(alike.max(1), 1 - USUAL_SHARE))
