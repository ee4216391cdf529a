"""The letters within a box: a detector's boxes are wider than the words they hold.

Enters: upright pixels and a box around a line. Leaves: the part of it that holds ink. Does not know what it says.

PP-OCR's detector finds the core of a line and grows it back (unclip 1.6, DB, Liao et al. 2020, eq. 10): on small print
the box reaches half a letter beyond the words on every side. For reading that is right, for showing a place it is not.
"""

import cv2
import numpy as np
import numpy.typing as npt

from tujian.geometry import Box1000

Pixels = npt.NDArray[np.uint8]

FAINTEST = 18  # levels of 255 by which ink differs from its ground; below it there is nothing to go by
INK = 0.4  # share of the strongest difference from which a pixel is ink
MOST_ABOVE, MOST_BESIDE = 0.4, 0.8  # of the box's height: what the detector can have added on one side
RULE = 0.9  # share of the width from which a flat piece of ink is the line of a table
ENOUGH_PX = 40  # height at which a line is looked at
MARGIN = 0.08  # of the box's height, left around the ink


def ink_box(pixels: Pixels, box: Box1000) -> Box1000:
    """`box` without its empty edges; `pixels` is (h, w, 3), upright, of any size."""
    height, width = pixels.shape[:2]
    x1, x2 = box.x1 * width // 1000, -(-box.x2 * width // 1000)
    y1, y2 = box.y1 * height // 1000, -(-box.y2 * height // 1000)
    crop = pixels[y1:y2, x1:x2]
    if min(crop.shape[:2]) < 4:
        return box
    high, wide = crop.shape[:2]
    shrunk = min(1.0, ENOUGH_PX / high)
    if shrunk < 1:
        crop = np.asarray(cv2.resize(crop, None, fx=shrunk, fy=shrunk, interpolation=cv2.INTER_AREA), np.uint8)
    pieces = _pieces(crop) / shrunk
    if not len(pieces):
        return box
    margin = round(MARGIN * high)
    aside, above = round(min(MOST_BESIDE * high, 0.3 * wide)), round(MOST_ABOVE * high)
    left, top = (round(float(edge)) - margin for edge in pieces[:, :2].min(0))
    right, bottom = (round(float(edge)) + margin for edge in pieces[:, 2:].max(0))
    left, top = min(max(0, left), aside), min(max(0, top), above)
    right, bottom = max(min(wide, right), wide - aside), max(min(high, bottom), high - above)
    return Box1000(
        max(box.x1, round((x1 + left) * 1000 / width)),
        max(box.y1, round((y1 + top) * 1000 / height)),
        min(box.x2, round((x1 + right) * 1000 / width)),
        min(box.y2, round((y1 + bottom) * 1000 / height)),
    )


def _pieces(crop: Pixels) -> npt.NDArray[np.float64]:
    """Left, top, right, bottom of each piece of ink that belongs to the line: not what is cut off by an edge of the
    box, which is of the neighbours, nor the lines of a table."""
    smooth = cv2.blur(crop, (3, 3)).astype(np.int16)
    pixels = smooth.reshape(-1, 3)
    ground = np.median(pixels[:: 1 + len(pixels) // 2000], axis=0).astype(np.int16)  # the colour of most pixels
    apart = np.abs(smooth - ground).max(axis=2)
    strongest = float(np.partition(apart.ravel(), -(apart.size // 50 + 1))[-(apart.size // 50 + 1)])
    if strongest < FAINTEST:
        return np.zeros((0, 4))
    _, _, stats, _ = cv2.connectedComponentsWithStats((apart >= INK * strongest).astype(np.uint8))
    x, y, w, h = (stats[1:, column] for column in range(4))
    high, wide = crop.shape[:2]
    is_inside = (x > 0) & (y > 0) & (x + w < wide) & (y + h < high)
    is_in_the_middle = (y < 2 * high / 3) & (y + h > high / 3)
    is_rule = ((w > RULE * wide) & (h < high / 3)) | ((h > RULE * high) & (w < high / 6))
    kept = (is_inside | is_in_the_middle) & ~is_rule
    return np.stack([x, y, x + w, y + h], axis=1)[kept].astype(np.float64)
