"""What a picture shows, as taxonomy ids with a calibrated confidence, and the picture's vector.

Enters: upright RGB pixels. Leaves: three best guesses, whether the first is sure enough to stand, a 256-d unit vector.
Not known here: words, barcodes, what a task asks for; who reads the vector.

Two readers share one EfficientNet-Lite2. A small head knows the ids it was trained on (clothes, groceries): one set of
weights for pictures taken somewhere, one for goods on a shop's white ground. The backbone's own 1,000 ImageNet classes,
mapped to ids by `data/taxonomy/imagenet.tsv`, know a little of everything else.
Each ImageNet class hands its share to one of them: classes common in the training pictures speak for the head, classes
that never occurred there speak for themselves. How the weights came about: `train/category.py`, docs/model-card.md.
"""

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from tujian.errors import BrokenInstall
from tujian.perception.views import Pixels, View, look
from tujian.taxonomy import Taxonomy

Floats = npt.NDArray[np.float32]

_DATA = Path(__file__).parent.parent / "data"
BACKBONE_FILE = _DATA / "models" / "efficientnet-lite2-int8.onnx"
HEAD_FILE = _DATA / "models" / "category.npz"
CLASSES_FILE = _DATA / "taxonomy" / "imagenet.tsv"
SCENES_FILE = _DATA / "taxonomy" / "scenes.tsv"

FEATURES = 1280  # its penultimate layer
IMAGENET_CLASSES = 1000
VECTOR_SIZE = 256
NEIGHBOURS = 10  # pictures asked how usual this one is; a plain choice, others were not tried
FOREIGN_SHARE = 0.3  # prior that the head never saw its like; chosen on the development set: docs/model-card.md
DEEPEN_AT = 0.5  # a guess goes one level deeper while one child holds at least half of its mass
_WIDE_SHELVES = ("aa-1", "aa-2", "fb-2", "hb-3")  # clothes, accessories, food, care: their children are shelves


@dataclass(frozen=True, slots=True)
class Guess:
    """A taxonomy id and how likely it (or something below it) is right, 0-1."""

    id: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Labels:
    """Best guesses first; `sure` says whether the first may be stated; `vector` has 256 float16, length 1.

    `kinds`: the share of the backbone's own odds that speaks for a kind of photo (pet, food, landscape …).
    """

    top3: tuple[Guess, ...]
    sure: bool
    vector: npt.NDArray[np.float16]
    kinds: Mapping[str, float] = field(default_factory=dict)


class Reading(NamedTuple):
    """What the backbone says of one view: its features and its ImageNet odds."""

    features: Floats
    """(1280,), length 1."""
    odds: Floats
    """(1000,), sums to 1."""
    on_white: bool


class Mass(NamedTuple):
    """How much speaks for each id, (ids,) each; `total` sums to 1, `own` is the head's part of it."""

    total: Floats
    own: Floats


class Head(NamedTuple):
    """Everything `train/category.py` learns. Shapes: T trained ids, N training pictures."""

    ids: tuple[str, ...]
    weights: Floats
    """(2, T, 1280): for pictures taken somewhere, and for goods on a white ground."""
    bias: Floats
    """(2, T)"""
    usual: Floats
    """(1000,): how often each ImageNet class speaks up in training pictures; sums to 1."""
    mean: Floats
    """(1280,)"""
    axes: Floats
    """(1280, 256): principal axes of the training features."""
    known: Floats
    """(N, 256): vectors of training pictures."""
    calibration: Floats
    """(3,): factors of log-odds of mass and of the head's part, and the constant, in a logistic curve."""
    familiar: Floats
    """(2,): the typicality that nine of ten held-out pictures reach, and half their quartile range."""
    told: Floats
    """(2,): slope and constant that turn the log-odds of the faded curve into what is told: docs/model-card.md."""
    sure_at: float
    """Confidence from which a guess stands."""

    @classmethod
    def load(cls, path: Path = HEAD_FILE) -> "Head":
        """Raises BrokenInstall when the file is missing."""
        _require(path)
        with np.load(path) as stored:
            learnt = {name: stored[name] for name in stored.files}
        ids = tuple(str(i) for i in learnt.pop("ids"))
        sure_at = float(learnt.pop("sure_at"))
        learnt["known"] = unit(learnt["known"].astype(np.float32))  # stored as int8 of one scale for all
        return cls(ids=ids, sure_at=sure_at, **{name: v.astype(np.float32) for name, v in learnt.items()})


class Backbone:
    """EfficientNet-Lite2, int8, on onnxruntime. Loads on construction; `read` is thread-safe."""

    def __init__(self, threads: int = 1) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # spinning starves other workers
        # without VNNI, products of 8 bits overflow their 16-bit sums: 2.4 of 100 guesses were lost; 7 ms, there alone
        options.add_session_config_entry("session.x64quantprecision", "1")
        model = str(_require(BACKBONE_FILE))
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def read(self, view: View) -> Reading:
        """Features and ImageNet odds of one view."""
        # (x - 127) / 128: the Lite models' own scaling (tensorflow/tpu)
        feed = {"x": cv2.dnn.blobFromImage(view.pixels, 1 / 128, mean=(127, 127, 127))}
        features, logits = (np.asarray(out, np.float32)[0] for out in self._session.run(["feat", "logits"], feed))
        return Reading(unit(np.sqrt(np.maximum(features, 0))), softmax(logits), view.on_white)


class Scorer:
    """Turns readings into mass per taxonomy id. Knows the head, the class map, and how ids nest; no pictures."""

    def __init__(self, head: Head, classes: Mapping[int, str], taxonomy: Taxonomy) -> None:
        self.head = head
        self.ids = sorted({*classes.values(), *head.ids})
        self.shelves = sorted({shelf(i) for i in self.ids})
        self._rank = class_prior(classes)
        self._to_id = _one_hot([(k, self.ids.index(i)) for k, i in classes.items()], (IMAGENET_CLASSES, len(self.ids)))
        self._head_to_id = _one_hot(
            [(t, self.ids.index(i)) for t, i in enumerate(head.ids)], (len(head.ids), len(self.ids))
        )
        self._to_shelf = _one_hot(
            [(n, self.shelves.index(shelf(i))) for n, i in enumerate(self.ids)], (len(self.ids), len(self.shelves))
        )
        self._children = _children(self.ids, taxonomy)
        named = {*self._children, *itertools.chain(*self._children.values()), *self.shelves}
        self._below = {a: [n for n, i in enumerate(self.ids) if i == a or i.startswith(a + "-")] for a in named}

    def mass(self, reading: Reading) -> Mass:
        """The head's odds and the ImageNet classes' odds, each for the part of the picture it can speak for."""
        mapped = reading.odds * self._rank
        mapped = mapped / mapped.sum()
        foreign = mapped * foreignness(self._rank, self.head.usual)
        ground = int(reading.on_white)
        heard = softmax(self.head.weights[ground] @ reading.features + self.head.bias[ground])
        own = (1 - foreign.sum()) * (heard @ self._head_to_id)
        return Mass(foreign @ self._to_id + own, own)

    def shelf_mass(self, mass: Floats) -> Floats:
        """(shelves,): mass of everything on each shelf."""
        return mass @ self._to_shelf

    def vector(self, reading: Reading) -> Floats:
        """(256,), length 1."""
        return unit(np.asarray((reading.features - self.head.mean) @ self.head.axes, np.float32))

    def typicality(self, vector: Floats) -> float:
        """Mean cosine to the ten nearest training pictures: near 1 is the kind of picture the head was trained on."""
        return float(np.partition(self.head.known @ vector, -NEIGHBOURS)[-NEIGHBOURS:].mean())

    def grounds(self, mass: Mass, best: int, typicality: float) -> Floats:
        """(3,) of a shelf: log-odds of its mass, the head's part of that mass 0-1, and the picture's typicality."""
        total, own = float(self.shelf_mass(mass.total)[best]), float(self.shelf_mass(mass.own)[best])
        return np.array([log_odds(total), own / max(total, 1e-6), typicality], np.float32)

    def confidence(self, grounds: Floats) -> float:
        """How likely a guess is right: a curve learnt on held-out pictures, less where the head talks of the unusual.

        The head stays sure of itself on pictures unlike any it has seen, so its part of the mass counts in full only
        on pictures as usual as nine of ten held-out ones, and fades below. The fade keeps the order of what is right,
        not the share: a last curve puts that straight.
        """
        odds, part, typicality = (float(g) for g in grounds)
        by_odds, by_part, constant = (float(c) for c in self.head.calibration)
        floor, width = (float(f) for f in self.head.familiar)
        faded = logistic(by_odds * odds + by_part * part + constant) * (
            1 - part * (1 - logistic((typicality - floor) / width))
        )
        slope, lift = (float(t) for t in self.head.told)
        return logistic(slope * log_odds(faded) + lift)

    def deepen(self, shelf_id: str, mass: Floats) -> str:
        """From a shelf down to the deepest id that still holds at least half of its parent's mass."""
        here = shelf_id
        while children := self._children.get(here, ()):
            best = max(children, key=lambda child: self._under(child, mass))
            if self._under(best, mass) < DEEPEN_AT * self._under(here, mass):
                break
            here = best
        return here

    def _under(self, ancestor: str, mass: Floats) -> float:
        return float(mass[self._below[ancestor]].sum())


class Labeller:
    """Names pictures. Thread-safe; construction loads the models.

    `name` is the model's name and 8 hex digits over its weights, map and taxonomy.
    """

    name: str

    def __init__(self, threads: int = 1) -> None:
        taxonomy = Taxonomy.load()
        self._backbone = Backbone(threads)
        self._scorer = Scorer(Head.load(), read_classes(), taxonomy)
        self._kinds = read_kinds()
        self.name = f"efficientnet-lite2-int8+category {_identity(taxonomy)}"

    def label(self, pixels: Pixels) -> Labels:
        """Guesses and vector for upright RGB (height, width, 3), any size; 12 ms median on one core."""
        reading = self._backbone.read(look(pixels))
        vector = self._scorer.vector(reading)
        top3 = self._guesses(self._scorer.mass(reading), self._scorer.typicality(vector))
        sure = top3[0].confidence >= self._scorer.head.sure_at
        kinds = {kind: round(float(reading.odds[classes].sum()), 4) for kind, classes in self._kinds.items()}
        return Labels(top3, sure, vector.astype(np.float16), kinds)

    def _guesses(self, mass: Mass, typicality: float) -> tuple[Guess, ...]:
        """The three heaviest shelves, deepened. The second and third share what the first leaves, by their mass."""
        by_shelf = self._scorer.shelf_mass(mass.total)
        order = np.argsort(-by_shelf, kind="stable")[:3]
        first = self._scorer.confidence(self._scorer.grounds(mass, int(order[0]), typicality))
        left = (1 - first) / max(1 - float(by_shelf[order[0]]), 1e-6)
        shares = [first] + [min(first, float(by_shelf[n]) * left) for n in order[1:]]
        shelves = [self._scorer.shelves[n] for n in order]
        return tuple(
            Guess(self._scorer.deepen(s, mass.total), round(c, 4)) for s, c in zip(shelves, shares, strict=True)
        )


def shelf(category_id: str) -> str:
    """The level on which guesses compete: what a shop would give one shelf.

    >>> shelf("aa-1-13-8"), shelf("lb-1"), shelf("fb-2-10-7-1"), shelf("fb-1-10-3")
    ('aa-1-13', 'lb-1', 'fb-2-10', 'fb-1')
    """
    parts = category_id.split("-")
    return "-".join(parts[: 3 if "-".join(parts[:2]) in _WIDE_SHELVES else 2])


def unit(rows: Floats) -> Floats:
    """Rows (or one vector) scaled to length 1; a zero row stays zero."""
    return (rows / (np.linalg.norm(rows, axis=-1, keepdims=True) + 1e-9)).astype(np.float32)


def softmax(logits: Floats) -> Floats:
    raised = np.exp(logits - logits.max(-1, keepdims=True))
    return (raised / raised.sum(-1, keepdims=True)).astype(np.float32)


def logistic(score: float) -> float:
    return float(1 / (1 + np.exp(-score)))


def log_odds(share: float) -> float:
    """ln(p / (1 - p)), held within ±9.2 (p of 0.0001 to 0.9999)."""
    held = min(max(share, 1e-4), 1 - 1e-4)
    return float(np.log(held / (1 - held)))


def class_prior(classes: Mapping[int, str]) -> Floats:
    """(1000,): every id alike, shared among its classes; 398 animals are one id, no 398 goods. Unmapped: 0."""
    ids = list(classes.values())
    prior = np.zeros(IMAGENET_CLASSES, np.float32)
    for index, category_id in classes.items():
        prior[index] = 1 / ids.count(category_id) / len(set(ids))
    return prior


def foreignness(prior: Floats, usual: Floats) -> Floats:
    """(1000,): the posterior that an ImageNet class was raised by something the head never saw (Bayes)."""
    unseen = FOREIGN_SHARE * prior
    return (unseen / (unseen + (1 - FOREIGN_SHARE) * usual + 1e-12)).astype(np.float32)  # 1e-12: unmapped is 0/0


def read_classes(path: Path = CLASSES_FILE) -> dict[int, str]:
    """ImageNet class index → taxonomy id. Raises BrokenInstall when the map is missing."""
    lines = _require(path).read_text(encoding="utf-8").splitlines()
    cells = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {int(index): category_id for index, _, category_id in cells}


def read_kinds(path: Path = SCENES_FILE) -> dict[str, npt.NDArray[np.int64]]:
    """Kind of photo → the ImageNet classes that speak for it. Raises BrokenInstall when the map is missing."""
    found: dict[str, list[int]] = {}
    for line in _require(path).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            first, last, kind, _ = line.split("\t")
            found.setdefault(kind, []).extend(range(int(first), int(last) + 1))
    return {kind: np.array(classes) for kind, classes in found.items()}


def _children(ids: Sequence[str], taxonomy: Taxonomy) -> dict[str, tuple[str, ...]]:
    """Each id's children among the ids that can be guessed, and the levels between them that the taxonomy names."""
    found: dict[str, dict[str, None]] = {}
    for category_id in ids:
        line = [step.id for step in taxonomy.lineage(category_id)]
        for parent, child in itertools.pairwise(line):
            found.setdefault(parent, {})[child] = None
    return {parent: tuple(children) for parent, children in found.items()}


def _one_hot(pairs: Sequence[tuple[int, int]], shape: tuple[int, int]) -> Floats:
    matrix = np.zeros(shape, np.float32)
    for row, column in pairs:
        matrix[row, column] = 1
    return matrix


def vector_identity() -> str:
    """12 hex digits over all that a picture's vector comes from: vectors of another identity are not comparable."""
    digest = hashlib.sha256(_require(BACKBONE_FILE).read_bytes())
    with np.load(_require(HEAD_FILE)) as stored:
        digest.update(stored["mean"].tobytes())
        digest.update(stored["axes"].tobytes())
    return digest.hexdigest()[:12]


def _identity(taxonomy: Taxonomy) -> str:
    digest = hashlib.sha256(taxonomy.version.encode())
    for path in (BACKBONE_FILE, HEAD_FILE, CLASSES_FILE, SCENES_FILE):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def _require(path: Path) -> Path:
    if not path.is_file():
        raise BrokenInstall(
            zh=(f"缺少模型文件 {path.name}。", "请重新安装图鉴。"),
            en=(f"The model file {path.name} is missing.", "Install Tujian again."),
        )
    return path
