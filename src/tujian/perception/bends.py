"""Lines printed round bottles, cups and cans: how far a region is bent, and the bow straightened.

Enters: a region with its outline, BGR pixels. Leaves: (48, w, 3) BGR lines. Does not know: letters.

A ring seen from above or below is a piece of an ellipse; over the part of it that can be read a parabola lies within
a tenth of a line's height of it, so a parabola is what is fitted.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from tujian.perception.letters import HEIGHT_PX, MOST_WIDTH_PX
from tujian.perception.text_regions import GROWTH, Pixels, Points, Region

BENT = 0.5  # sagitta / thickness of the core from which a straight cut loses the ends of the line
MOST_BENT = 0.5  # sagitta / length: more is no line but a ring or a blob
LEAST_SHAPE = 4.0  # length / thickness; shorter blobs have no direction to bend
MASK_LINE_PX = 12  # thickness at which the outline is drawn to be measured
MOST_MASK_PX = 2000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Bow:
    """y = a x² + b x + c in the frame of `origin`, `along`, `across` (unit vectors), from x1 to x2; all in pixels."""

    origin: Floats
    along: Floats
    across: Floats
    curve: tuple[float, float, float]
    x1: float
    x2: float
    thickness: float

    def at(self, x: Floats) -> Floats:
        """Points (n, 2) of the picture."""
        a, b, c = self.curve
        return self.origin + x[:, None] * self.along + (a * x**2 + b * x + c)[:, None] * self.across

    def across_at(self, x: Floats) -> Floats:
        """Unit vectors (n, 2) across the line."""
        a, b, _ = self.curve
        slope = 2 * a * x + b
        return (self.across - slope[:, None] * self.along) / np.sqrt(1 + slope**2)[:, None]


def bow_of(region: Region, quad: Points) -> Bow | None:
    """The bow that `region` lies along, its text running from the first to the second corner of `quad`.

    None when it is straight, too short to tell, or no single line.
    """
    along, across = _unit(quad[1] - quad[0]), _unit(quad[3] - quad[0])
    origin = region.outline.mean(axis=0).astype(np.float64)
    x, y = (region.outline - origin) @ along, (region.outline - origin) @ across
    middles, thickness = _middles(x, y)
    length = float(x.max() - x.min())
    if len(middles) < 8 or length < LEAST_SHAPE * thickness:
        return None
    curve = np.polyfit(middles[:, 0], middles[:, 1], 2)
    sagitta = abs(float(curve[0])) * (length / 2) ** 2
    off = float(np.abs(np.polyval(curve, middles[:, 0]) - middles[:, 1]).mean())
    if not BENT * thickness <= sagitta <= MOST_BENT * length or off > 0.25 * thickness:
        return None
    growth = cv2.contourArea(region.outline) * GROWTH / max(cv2.arcLength(region.outline, True), 1e-6)
    a, b, c = (float(v) for v in curve)
    reach = (float(x.min()) - growth, float(x.max()) + growth)
    return Bow(origin, along, across, (a, b, c), *reach, thickness + 2 * growth)


def straightened(bgr: Pixels, bow: Bow) -> Pixels:
    """The strip along `bow`, as thick as the line, laid straight."""
    dense = np.linspace(bow.x1, bow.x2, 512)
    way = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(bow.at(dense), axis=0), axis=1))))
    width = min(max(8, round(HEIGHT_PX * way[-1] / bow.thickness)), MOST_WIDTH_PX)
    x = np.interp(np.linspace(0, way[-1], width), way, dense)
    offsets = (np.arange(HEIGHT_PX) + 0.5) / HEIGHT_PX - 0.5
    grid = bow.at(x)[None] + (offsets * bow.thickness)[:, None, None] * bow.across_at(x)[None]
    grid = grid.astype(np.float32)
    cut = cv2.remap(bgr, grid[..., 0], grid[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


def _middles(x: Floats, y: Floats) -> tuple[Floats, float]:
    """Middle of the blob in each column (n, 2), and its median thickness; both in pixels of the picture."""
    area = cv2.contourArea(np.stack((x, y), 1).astype(np.float32))
    length = max(float(x.max() - x.min()), 1.0)
    scale = min(MASK_LINE_PX * length / max(area, 1.0), MOST_MASK_PX / length)
    points = np.stack((x - x.min(), y - y.min()), 1) * scale
    columns, rows = (int(v) + 1 for v in points.max(axis=0))
    mask = np.zeros((rows, columns), np.uint8)
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], (1,))
    filled = mask.sum(axis=0)
    inside = np.flatnonzero(filled)
    middle = (mask * np.arange(rows)[:, None]).sum(axis=0)[inside] / filled[inside]
    both = np.stack((inside / scale + x.min(), middle / scale + y.min()), 1)
    edge = len(both) // 20  # the round ends say nothing about the middle
    return both[edge : len(both) - edge], float(np.median(filled[inside])) / scale


def _unit(vector: npt.NDArray[np.float32]) -> Floats:
    return (vector / max(float(np.linalg.norm(vector)), 1e-6)).astype(np.float64)
