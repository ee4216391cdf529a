"""Small copies for steps that look at no more than that. Places found on them scale back by the sides' ratio."""

import cv2
import numpy as np
from numpy.typing import NDArray

LEAST_PX = 3  # of a side, so that strips keep something to look at


def shrink(pixels: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """(h, w) or (h, w, 3) with its longest side at most `side_px`, averaged over areas; small ones as they are."""
    height, width = pixels.shape[:2]
    scale = side_px / max(height, width)
    if scale >= 1:
        return pixels
    size_px = (max(LEAST_PX, round(width * scale)), max(LEAST_PX, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size_px, interpolation=cv2.INTER_AREA), np.uint8)
