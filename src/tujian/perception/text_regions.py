"""Where text stands: the detector's map of probabilities becomes regions, each with its corners and its outline.

Enters: BGR pixels. Leaves: regions in pixels of what entered. Does not know: what is written there.

The detector is PP-OCRv6 small, a differentiable binarisation network (Liao et al., AAAI 2020): it marks the core of
each line, which is then grown by area x ratio / perimeter to the line's full size. The outline is kept beside the
corners because a line printed round a bottle is a bow, and its corners alone do not say so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float32]

CORE = 0.3  # probability from which a pixel is text; this and the next three as PaddleOCR publishes them
LEAST_SCORE = 0.5  # mean probability within the corners
HOLLOW = 0.6  # of its corners' area, a core's own: below it it may be a bow, whose corners hold more than text
GROWTH = 1.6
LEAST_CORE_PX = 3
MOST_REGIONS = 1000
CELL_PX = 32  # the network halves its input five times


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """One stretch of text: `quad` (4, 2) clockwise from the left upper corner, `outline` (n, 2) of its core."""

    quad: Points
    outline: Points
    score: float  # the detector's mean probability within it

    @property
    def sides_px(self) -> tuple[float, float]:
        """Length along the first corner's edge, and across it."""
        return _length(self.quad[0], self.quad[1]), _length(self.quad[0], self.quad[3])

    def scaled(self, factor: float) -> "Region":
        return Region(self.quad * np.float32(factor), self.outline * np.float32(factor), self.score)


def find_regions(bgr: Pixels, network: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]) -> list[Region]:
    """Regions of `bgr`, from the top. `network` maps (1, 3, h, w) in -1..1 to probabilities (1, 1, h, w)."""
    height, width = bgr.shape[:2]
    cells = (max(1, round(width / CELL_PX)) * CELL_PX, max(1, round(height / CELL_PX)) * CELL_PX)
    fitted = cv2.resize(bgr, cells) if cells != (width, height) else bgr
    blob = np.ascontiguousarray((fitted.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None])
    probability = np.asarray(network(blob), np.float32)[0, 0]
    stretch = np.array((width / cells[0], height / cells[1]), np.float32)
    found = [region for outline in _cores(probability) if (region := _region(outline, probability, stretch))]
    return sorted(found, key=lambda region: (float(region.quad[0, 1]), float(region.quad[0, 0])))


def _cores(probability: npt.NDArray[np.float32]) -> Sequence[npt.NDArray[np.int32]]:
    core = cv2.dilate((probability > CORE).astype(np.uint8), np.ones((2, 2), np.uint8))
    outlines, _ = cv2.findContours(core, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    return [np.asarray(outline, np.int32) for outline in outlines[:MOST_REGIONS]]


def _region(outline: npt.NDArray[np.int32], probability: npt.NDArray[np.float32], stretch: Points) -> Region | None:
    """The grown rectangle around `outline`, or None when it is too small or too unlikely to be text."""
    middle, (width, height), angle = cv2.minAreaRect(outline)
    if min(width, height) < LEAST_CORE_PX:
        return None
    score = _mean_within(probability, np.asarray(cv2.boxPoints((middle, (width, height), angle)), np.float32))
    if cv2.contourArea(outline) < HOLLOW * width * height:
        score = max(score, _mean_within(probability, outline[:, 0].astype(np.float32)))
    if score < LEAST_SCORE:
        return None
    growth = width * height * GROWTH / (2 * (width + height))
    grown = np.asarray(cv2.boxPoints((middle, (width + 2 * growth, height + 2 * growth), angle)), np.float32)
    rows, columns = probability.shape
    quad = np.clip(_clockwise(grown) * stretch, 0, np.array((columns, rows)) * stretch - 1)
    region = Region(quad.astype(np.float32), (outline[:, 0] * stretch).astype(np.float32), score)
    return region if min(region.sides_px) > LEAST_CORE_PX else None


def _mean_within(probability: npt.NDArray[np.float32], corners: npt.NDArray[np.float32]) -> float:
    rows, columns = probability.shape
    x1, y1 = np.clip(np.floor(corners.min(0)).astype(int), 0, (columns - 1, rows - 1))
    x2, y2 = np.clip(np.ceil(corners.max(0)).astype(int), 0, (columns - 1, rows - 1))
    mask = np.zeros((y2 - y1 + 1, x2 - x1 + 1), np.uint8)
    cv2.fillPoly(mask, [(corners - (x1, y1)).astype(np.int32)], (1,))
    return float(cv2.mean(probability[y1 : y2 + 1, x1 : x2 + 1], mask)[0])


def _clockwise(corners: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The left two from the top, then the right two: a line at up to some 80 degrees begins at its own first corner."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    (top_left, bottom_left), (top_right, bottom_right) = (
        side[np.argsort(side[:, 1], kind="stable")] for side in (by_x[:2], by_x[2:])
    )
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)


def _length(one: Points, other: Points) -> float:
    return float(np.linalg.norm(one - other))
