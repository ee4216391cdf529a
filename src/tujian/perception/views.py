"""The part of a picture that the labeller sees: without its plain ground, in its own proportions, of one area.

Enters: upright RGB pixels. Leaves: a View. Not known here: networks, ids.
"""

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

AREA_PX = 260 * 260  # EfficientNet-Lite2's own input is this large (tensorflow/tpu, efficientnet/lite)
CELL_PX = 16  # sides are multiples of it; a choice, the backbone takes any
LONGEST = 2.2  # times the short side: a standing person fits; one try, the ends of longer pictures are cut off
TRIM_TOLERANCE = 24  # of 255: a choice by eye, room for JPEG rings; others were not tried
TRIM_BORDER_SHARE = 0.6  # of the border must be one colour before the ground is cut away
TRIM_PROBE_PX = 256  # the ground is looked for on a thumbnail of about this size
WHITE_FROM = (
    225  # of 255, each channel: by eye; 1 of 393 clothes and groceries at home is that white, 146 of 169 products
)
WHITE_BORDER_SHARE = 0.4  # of the border, its median being white: close-ups fill the rest


class View(NamedTuple):
    """(height, width, 3) of about 260 x 260 px in area, and whether the goods are on a shop's white ground."""

    pixels: Pixels
    on_white: bool


def look(pixels: Pixels) -> View:
    """The whole picture without its plain ground, of the area the backbone was made for, in its own proportions.

    A shop's cut-out loses its white margin, a garment's length stays in sight, nothing is squashed (but for sides
    rounded to 16 px), no pixel is spent on padding. Sides are at most 2.2 to 1.
    """
    subject = _within(trim(pixels))
    height, width = subject.shape[:2]
    shrink = (AREA_PX / (height * width)) ** 0.5
    size = [max(1, round(side * shrink / CELL_PX)) * CELL_PX for side in (width, height)]
    how = cv2.INTER_AREA if shrink < 1 else cv2.INTER_LINEAR
    return View(np.asarray(cv2.resize(subject, size, interpolation=how), np.uint8), is_on_white(pixels))


def is_on_white(pixels: Pixels) -> bool:
    """Whether the border is white enough, and enough of it, for a shop's picture.

    >>> is_on_white(np.full((9, 9, 3), 255, np.uint8)), is_on_white(np.zeros((9, 9, 3), np.uint8))
    (True, False)
    """
    return bool(_ground(pixels).min() > WHITE_FROM and 1 - _edge(_differs(pixels)[0]).mean() >= WHITE_BORDER_SHARE)


def trim(pixels: Pixels) -> Pixels:
    """The picture without its plain ground; the picture itself where the border is not of one colour."""
    differs, step = _differs(pixels)
    rows, columns = np.flatnonzero(differs.mean(1) > 0.01), np.flatnonzero(differs.mean(0) > 0.01)  # 1 %: specks
    if 1 - _edge(differs).mean() < TRIM_BORDER_SHARE or min(len(rows), len(columns)) < 8:  # 8 of ~256: nothing there
        return pixels
    top, bottom, left, right = rows[0] * step, (rows[-1] + 1) * step, columns[0] * step, (columns[-1] + 1) * step
    return pixels[top:bottom, left:right]


def _ground(pixels: Pixels) -> npt.NDArray[np.int16]:
    """The median colour of the border."""
    return np.median(_edge(pixels), axis=0).astype(np.int16)


def _edge(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate([rows[0], rows[-1], rows[:, 0], rows[:, -1]])


def _differs(pixels: Pixels) -> tuple[npt.NDArray[np.bool_], int]:
    """Where any channel is further from the ground than rings of JPEG are, in each n-th row and column; and n."""
    step, ground = max(1, max(pixels.shape[:2]) // TRIM_PROBE_PX), _ground(pixels)
    probe = np.ascontiguousarray(pixels[::step, ::step])
    low, high = ((ground + by).astype(np.float64) for by in (-TRIM_TOLERANCE, TRIM_TOLERANCE))
    return np.asarray(cv2.inRange(probe, low, high)) == 0, step


def _within(pixels: Pixels) -> Pixels:
    """The middle of a picture whose long side is over LONGEST times its short side."""
    height, width = pixels.shape[:2]
    tall, wide = min(height, int(width * LONGEST)), min(width, int(height * LONGEST))
    top, left = (height - tall) // 2, (width - wide) // 2
    return pixels[top : top + tall, left : left + wide]
