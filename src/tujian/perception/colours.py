"""The colours of the thing in the picture, by controlled names.

Enters: an upright RGB picture. Leaves: at most five `Colour`s, the biggest first. The background is taken away as
far as it can be told from the picture's border, skin counts little, the middle counts more than the rim.
It does not know what the thing is, where one garment ends and the next begins, or what colour the light had.

Names live in `data/words/colours.csv` (zh, en, base, reference colours). All distances are taken in OKLab
(B. Ottosson, "A perceptual color space for image processing", 2020), where hue stays put when lightness changes.
The same pixels always give the same answer, in any thread: nothing here is random.
"""

import csv
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from tujian.perception.shrinking import shrink

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

SIDE_PX = 96  # longest side looked at; 64 loses straps and stripes, 160 changes no first colour but costs 3 x
CLUSTERS = 8
MAX_ROUNDS = 12  # k-means has settled by then on all pictures tried
CELL = 0.02  # of OKLab: about the least difference the eye sees. Points so close are clustered as one
MOST_COLOURS = 5
LEAST_SHARE = 0.06  # smaller ones are trimmings, logos and seams

PLAIN, PLAIN_CHROMA, PLAIN_GAP = ("black", "gray", "white"), 0.02, 0.04  # of `gap`; 149 labelled products

SKIN_WEIGHT = np.float32(0.05)  # .0-.25 all give the same near-colour score within .01
SKIN_SLOPES = (0.51, 1.9)  # b / a: hues of 27-62 degrees
MOST_SKIN = 0.75  # of the thing; with a model there is always cloth

_RGB_TO_LMS = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]], np.float32)  # fmt: skip  # Ottosson 2020
_LMS_TO_LAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]], np.float32)  # fmt: skip  # Ottosson 2020


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour of the thing: controlled names, its mean as `#rrggbb`, its part of what was looked at (0-1)."""

    zh: str
    en: str
    hex: str
    share: float


@dataclass(frozen=True, slots=True)
class ColourName:
    """One row of the controlled list; `base` is one of ten plain English colour words."""

    zh: str
    en: str
    base: str


@dataclass(frozen=True, slots=True)
class Palette:
    """The controlled names and where each of their reference colours lies in OKLab; `owner[i]` is a row of `names`."""

    names: tuple[ColourName, ...]
    references: Floats
    owner: NDArray[np.intp]

    def nearest(self, lab: Floats) -> int:
        """Index of the name for one OKLab colour."""
        return int(self.owner[np.argmin(_distances(lab, self.references))])

    def gap(self, rgb_hex: str, rows: Collection[int]) -> float:
        """How much farther `#rrggbb` lies from the names in `rows` than from its own: 0 it is one of them.

        What is grey of its own is no dark brown, however near that lies.
        """
        lab = oklab_of(rgb_hex)
        distances = np.sqrt(_distances(lab, self.references))
        mine = np.isin(self.owner, list(rows))
        is_plain = np.hypot(lab[1], lab[2]) < PLAIN_CHROMA
        is_coloured = not any(self.names[row].base in PLAIN for row in rows)
        more = PLAIN_GAP if is_plain and is_coloured else 0.0
        return float(distances[mine].min(initial=np.inf) - distances.min()) + more


@cache
def palette() -> Palette:
    """The controlled colour names, read from `data/words/colours.csv` at the first call."""
    text = files("tujian").joinpath("data/words/colours.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    hexes = [row["references"].split() for row in rows]
    rgb = np.array([[int(h[i : i + 2], 16) for i in (1, 3, 5)] for group in hexes for h in group], np.uint8)
    owner = np.repeat(np.arange(len(rows)), [len(group) for group in hexes])
    names = tuple(ColourName(row["zh"], row["en"], row["base"]) for row in rows)
    return Palette(names, to_oklab(rgb), owner)


def name_colour(rgb: tuple[int, int, int]) -> ColourName:
    """The controlled name of one colour.

    >>> name_colour((20, 30, 70)).zh
    '藏青色'
    >>> name_colour((250, 250, 250)).en
    'white'
    """
    names = palette()
    return names.names[names.nearest(to_oklab(np.array(rgb, np.uint8)))]


def to_oklab(rgb: Pixels) -> Floats:
    """OKLab of 8-bit sRGB, any shape ending in 3: lightness 0-1, then a (green-red) and b (blue-yellow), about ±0.3."""
    lms = _linear_table()[rgb] @ _RGB_TO_LMS.T
    return np.cbrt(lms) @ _LMS_TO_LAB.T


def oklab_of(rgb_hex: str) -> Floats:
    """OKLab of `#rrggbb`."""
    return to_oklab(np.array([int(rgb_hex[i : i + 2], 16) for i in (1, 3, 5)], np.uint8))


def find_colours(pixels: Pixels) -> tuple[Colour, ...]:
    """Up to five colours of the thing in `pixels` (h, w, 3; RGB), the biggest first; their shares sum to at most 1."""
    lab = to_oklab(shrink(pixels, SIDE_PX))
    weight = _weights(lab)
    means, shares = _cluster(lab.reshape(-1, 3), weight.ravel())
    return _named(means, shares)


@cache
def _linear_table() -> Floats:
    """sRGB to linear light, IEC 61966-2-1."""
    s = np.arange(256, dtype=np.float32) / 255
    return np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _weights(lab: Floats) -> Floats:
    """How much each pixel speaks for the thing, (h, w): not background, little skin, the middle first."""
    weight = _centre(*lab.shape[:2]) * ~find_background(lab)
    skin = _is_skin(lab)
    if (weight * skin).sum() > MOST_SKIN * weight.sum():  # leather and wood: where all is skin, nothing is
        return weight
    return weight * np.where(skin, SKIN_WEIGHT, np.float32(1))


def _centre(height: int, width: int) -> Floats:
    """A bell over the picture. The thing sits a little above the middle in shop pictures."""
    y = (np.arange(height, dtype=np.float32) + 0.5) / height
    x = (np.arange(width, dtype=np.float32) + 0.5) / width
    return np.exp(-(((y - 0.48) / 0.40) ** 2))[:, None] * np.exp(-(((x - 0.5) / 0.33) ** 2))[None, :]


def _is_skin(lab: Floats) -> Mask:
    """Lightness, chroma and hue in the 5-95 % range of cheeks and noses: 84 faces of kinds face, product, album."""
    chroma, slope = np.hypot(lab[..., 1], lab[..., 2]), lab[..., 2] / np.maximum(lab[..., 1], 1e-4)
    hue = (slope > SKIN_SLOPES[0]) & (slope < SKIN_SLOPES[1])
    return hue & (lab[..., 0] > 0.38) & (lab[..., 0] < 0.92) & (chroma > 0.042) & (chroma < 0.112)


def find_background(lab: Floats) -> Mask:
    """Pixels (h, w) that look like the border's plain colours and hang together with the border."""
    alike, same = np.zeros((2, *lab.shape[:2]), bool)
    for mean, spread in _plain_border_colours(_border(lab)):
        gap = np.sqrt(((lab - mean) ** 2).sum(-1))
        near = gap < np.clip(2.5 * spread, 0.018, 0.06)
        if _is_studio(mean) or _middle(near).mean() < 0.5:  # else a close-up: the thing reaches the border
            alike |= near
            same |= (gap < 0.008) & (lab[..., 0] > 0.985)  # bare studio white shut in between legs or arms
    _, regions = cv2.connectedComponents(alike.astype(np.uint8), connectivity=4)
    touching = np.unique(np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]]))
    background = np.isin(regions, touching[touching > 0]) | same
    return cv2.dilate(background.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)  # the mixed rim too


def _is_studio(lab: Floats) -> Mask:
    """White or nearly: the paper of shop photographs."""
    return (lab[..., 0] > 0.95) & (np.hypot(lab[..., 1], lab[..., 2]) < 0.02)


def _middle(field: NDArray) -> NDArray:
    height, width = field.shape[:2]
    return field[height // 3 : height - height // 3, width // 3 : width - width // 3]


def _border(field: NDArray, width: int = 3) -> NDArray:
    """Top and sides of a picture; things often stand on the lower edge."""
    parts = (field[:width], field[:, :width], field[:, -width:])
    return np.concatenate([part.reshape(-1, field.shape[-1]) for part in parts])


def _plain_border_colours(border: Floats) -> list[tuple[Floats, float]]:
    """Mean and spread of the border's background colours: studio white if there is some, else what rules the border."""
    means, shares, labels = _kmeans(border, alike := np.ones(len(border), np.float32), alike, 3)
    studio = _is_studio(means) & (shares > 0.08)
    chosen = studio if studio.any() else shares > 0.5
    return [(means[i], _spread(border[labels == i], means[i])) for i in np.flatnonzero(chosen)]


def _spread(points: Floats, mean: Floats) -> float:
    return float(np.sqrt(((points - mean) ** 2).sum(-1).mean()))


def _cluster(points: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted means of `points` (n, 3) and their shares; all points count alike where no weight is left."""
    seen = weights > 0.02
    if seen.sum() < 16:
        seen, weights = np.ones(len(points), bool), np.ones(len(points), np.float32)
    means, shares, _ = _kmeans(*_gather(points[seen], weights[seen]), CLUSTERS)
    return means, shares


def _gather(points: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Points of one cell become their mean: (m, 3), its weight, and the mean weight of the points in it.

    A picture fills a tenth as many cells as it has points, and k-means takes that much less time.
    """
    number = np.rint(points / CELL) @ np.array([64 * 64, 64, 1], np.float32) + (32 * 64 + 32)  # a, b: within ±0.4
    cells = number.astype(np.intp)
    counts = np.bincount(cells)
    filled = np.flatnonzero(counts)
    order = np.zeros(len(counts), np.intp)
    order[filled] = np.arange(len(filled))
    place = order[cells]
    mass = np.bincount(place, weights)
    sums = np.stack([np.bincount(place, weights * points[:, i]) for i in range(3)], -1)
    means, mean_weight = sums / mass[:, None], mass / counts[filled]
    return means.astype(np.float32), mass.astype(np.float32), mean_weight.astype(np.float32)


def _kmeans(points: Floats, weights: Floats, urgency: Floats, clusters: int) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Lloyd's algorithm from a fixed start: the mean first, then always the worst-served point, by its urgency."""
    means = _start(points, weights, urgency, clusters)
    mass, labels = np.zeros(len(means)), np.full(len(points), -1, np.intp)
    for _ in range(MAX_ROUNDS):
        previous, labels = labels, _nearest(points, means)
        mass = np.bincount(labels, weights, len(means))
        sums = np.stack([np.bincount(labels, weights * points[:, i], len(means)) for i in range(3)], -1)
        means = np.where(mass[:, None] > 0, sums / np.maximum(mass, 1e-9)[:, None], means).astype(np.float32)
        if (labels == previous).all():
            break
    return means, (mass / mass.sum()).astype(np.float32), labels


def _start(points: Floats, weights: Floats, urgency: Floats, clusters: int) -> Floats:
    chosen = [np.average(points, 0, weights)]
    gap = ((points - chosen[0]) ** 2).sum(-1)
    while len(chosen) < clusters and gap.max() > 1e-6:
        chosen.append(points[np.argmax(gap * urgency)])
        gap = np.minimum(gap, ((points - chosen[-1]) ** 2).sum(-1))
    return np.array(chosen, np.float32)


def _nearest(points: Floats, means: Floats) -> NDArray[np.intp]:
    return np.argmin((means**2).sum(-1) - 2 * (points @ means.T), -1)


def _distances(lab: Floats, references: Floats) -> Floats:
    """How unlike one colour is to each reference: hue weighs most, lightness least, as people name colours."""
    chroma, others = np.hypot(lab[1], lab[2]), np.hypot(references[:, 1], references[:, 2])
    hue2 = np.maximum(((references[:, 1:] - lab[1:]) ** 2).sum(-1) - (others - chroma) ** 2, 0)
    return 0.45 * (references[:, 0] - lab[0]) ** 2 + (others - chroma) ** 2 + 2.5 * hue2


def _named(means: Floats, shares: Floats) -> tuple[Colour, ...]:
    """Clusters of one name become one colour, its hex the weighted mean."""
    names = palette()
    owners = np.array([names.nearest(mean) for mean in means])
    colours: list[Colour] = []
    for owner in np.unique(owners[shares > 0]):
        mine = (owners == owner) & (shares > 0)
        share = float(shares[mine].sum())
        mean = np.average(means[mine], 0, shares[mine])
        colours.append(Colour(names.names[owner].zh, names.names[owner].en, _hex(mean), round(share, 3)))
    colours.sort(key=lambda colour: -colour.share)
    return tuple(colour for colour in colours if colour.share >= LEAST_SHARE)[:MOST_COLOURS]


@cache
def _ways_back() -> tuple[Floats, Floats]:
    return np.linalg.inv(_LMS_TO_LAB), np.linalg.inv(_RGB_TO_LMS)


def _hex(lab: Floats) -> str:
    lab_to_lms, lms_to_rgb = _ways_back()
    linear = (lab @ lab_to_lms.T) ** 3 @ lms_to_rgb.T
    linear = np.clip(linear, 0, 1)
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#{:02x}{:02x}{:02x}".format(*(int(value) for value in np.round(srgb * 255)))
