"""Cuts a region out of a picture so that its text lies straight: turned or slanted.

Enters: BGR pixels and corners. Leaves: (48, w, 3) BGR lines. Does not know: letters.
"""

import cv2
import numpy as np

from tujian.perception.letters import HEIGHT_PX, MOST_WIDTH_PX
from tujian.perception.text_regions import Pixels, Points

LEAST_WIDTH_PX = 8
# of the height, cut off above and below: of 97 strings and 93 brands 89 and 50 are read with .00, 91 and 52 with .04,
# 91 and 53 with .06, 90 and 50 with as much more
TIGHTER = 0.05

GAP_PX = 60  # of a line 48 px high: a gap that wide ends its first words
INK, FAINTEST = 0.4, 24  # the share of the strongest level that is ink, and the least that the strongest must be


def straight(bgr: Pixels, quad: Points) -> Pixels:
    """The quadrilateral as a line that begins at its first corner."""
    across = (quad[3] - quad[0] + quad[2] - quad[1]) / 2 * TIGHTER
    tight = quad + np.array([across, across, -across, -across], np.float32)
    width, height = sides(tight)
    return _cut_out(bgr, tight, round(HEIGHT_PX * width / max(height, 1.0)), HEIGHT_PX)


def to_its_ink(quad: Points, line: Pixels) -> Points | None:
    """The part of `quad` that holds the first words of `line`, (48, w, 3) cut from it; None for an empty one."""
    grey = line[12:36].mean(axis=2)  # where no rule of the table runs
    apart = np.abs(grey - np.median(grey)).max(axis=0)
    if apart.max() < FAINTEST:
        return None
    inked = np.flatnonzero(apart >= INK * apart.max())
    wide = np.flatnonzero(np.diff(inked) > GAP_PX)
    first, last = float(inked[0]), float(inked[wide[0]] if len(wide) else inked[-1])
    begun, ended = ((edge + margin) / line.shape[1] for edge, margin in ((first, -8), (last, 9)))
    begun, ended = max(0.0, begun), min(1.0, ended)
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    parts = [quad[0] + top * begun, quad[0] + top * ended, quad[3] + bottom * ended, quad[3] + bottom * begun]
    return np.array(parts, np.float32)


def turned(quad: Points, quarters: int) -> Points:
    """The same corners, beginning at the one where text turned anticlockwise by so many quarters begins."""
    return np.roll(quad, -quarters, axis=0)


def upside_down(line: Pixels) -> Pixels:
    return np.ascontiguousarray(line[::-1, ::-1])


def sides(quad: Points) -> tuple[float, float]:
    """Width and height: the longer of each two opposite sides."""
    top, right, bottom, left = (float(np.linalg.norm(quad[i] - quad[(i + 1) % 4])) for i in range(4))
    return max(top, bottom), max(left, right)


def _cut_out(bgr: Pixels, quad: Points, width_px: int, height_px: int) -> Pixels:
    """The quad at its own size, then at this one: cut at once to 48 px, large letters are read less surely."""
    width, height = (max(1, round(side)) for side in sides(quad))
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(np.ascontiguousarray(quad, np.float32), target)
    cut = cv2.warpPerspective(bgr, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(cut, (min(max(width_px, LEAST_WIDTH_PX), MOST_WIDTH_PX), height_px)), np.uint8)
