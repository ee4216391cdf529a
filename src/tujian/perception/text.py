"""Text on a picture: RapidOCR's PP-OCRv6 small, with a quicker detector and a second look where it pays.

Enters: upright RGB pixels. Leaves: lines in reading order, each with its corners on the original.
Does not know: languages (`scripts.py` says which scripts it cannot read), fields, barcodes.

The detector is RapidOCR's, its convolutions in 8 bits (train/quantise_text.py). Small pictures are enlarged
before detection: of 93 brands on packs photographed at 348 px, 34 are readable at once and 53 enlarged
(docs/decisions.md).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tujian.geometry import Box1000, Quad, Size, quad_box_1000

Pixels = npt.NDArray[np.uint8]

DETECTION_AREA_PX = 480_000  # a 348 px shop photo doubled; the detector's time grows with the area
DETECTION_SIDE_PX = 960  # beyond it receipts gain nothing and shop photos get slow (notes/perception.md)
SMALL_PRINT_SIDE_PX = 1600  # second look for documents whose letters came out below SMALL_LETTER_PX
SMALL_LETTER_PX = 13
MOST_ENLARGED = 2.0
SURE = 0.85  # below it a line is read once more upside down (and both ways, when it stands upright)
KEEP = 0.60
KEEP_SHORT = 0.88  # one or two characters: cloth and foliage are read as single letters with .5-.8
TALL = 1.5  # height / width from which a line is taken as standing, as RapidOCR does
MOST_LINES = 400


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line as read. `quad_px` on the upright original, clockwise from the text's own top left."""

    text: str
    confidence: float
    quad_px: Quad
    box_1000: Box1000


class TextReader:
    """Finds and reads lines; safe to call from several threads."""

    def __init__(self, threads: int = 1) -> None:
        from rapidocr import RapidOCR
        from rapidocr.ch_ppocr_rec import TextRecInput

        detector = files("tujian").joinpath("data/models/text_det_int8.onnx")
        engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Det.model_path": str(detector),
                "Det.limit_type": "max",
                "Det.limit_side_len": SMALL_PRINT_SIDE_PX,
                "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,  # without it a fifth of the time is page faults
                "Rec.rec_batch_num": 1,  # a batch is padded to its widest line and gains nothing on a CPU
                "Rec.rec_img_shape": [3, 48, 96],
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )
        engine(np.full((64, 64, 3), 255, np.uint8))  # RapidOCR loads its detector at the first call
        engine(np.full((48, 96, 3), 255, np.uint8), use_det=False)  # and its recogniser
        self._detector: Any = engine.text_det
        self._recogniser: Any = engine.text_rec
        self._input = TextRecInput
        self.name = f"rapidocr {version('rapidocr')} PP-OCRv6-small det-int8"

    def read(self, pixels: Pixels, size_px: Size) -> tuple[TextLine, ...]:
        """Lines of (h, w, 3) RGB pixels in reading order; `size_px` is the upright original's size."""
        bgr = np.ascontiguousarray(pixels[..., ::-1])
        scale = detection_scale(pixels.shape[1], pixels.shape[0])
        quads = self._detect(bgr, scale)
        side = max(pixels.shape[:2])
        if scale < 1 and len(quads) >= 3 and _letter_height(quads) * scale < SMALL_LETTER_PX:
            quads = self._detect(bgr, min(1.0, SMALL_PRINT_SIDE_PX / side))
        to_original = size_px[0] / pixels.shape[1]
        lines = [self._line(bgr, quad, to_original, size_px) for quad in quads[:MOST_LINES]]
        return reading_order([line for line in lines if believable(line)])

    def _detect(self, bgr: Pixels, scale: float) -> list[npt.NDArray[np.float32]]:
        """Corners on `bgr`, each (4, 2), found on a copy `scale` times as large."""
        copy = bgr
        if scale != 1:
            way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            copy = np.asarray(cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=way), np.uint8)
        padded = _padded(copy)
        found = self._detector(padded).boxes
        return [] if found is None else [np.asarray(quad, np.float32) / scale for quad in found]

    def _line(self, bgr: Pixels, quad: npt.NDArray[np.float32], to_original: float, size_px: Size) -> TextLine:
        text, confidence, turned = self._read_crop(cut_out(bgr, quad))
        corners = np.roll(quad, -turned, axis=0) * to_original
        quad_px = tuple((round(float(x), 1), round(float(y), 1)) for x, y in corners)
        return TextLine(text, round(confidence, 3), quad_px, quad_box_1000(quad_px, size_px))

    def _read_crop(self, crop: Pixels) -> tuple[str, float, int]:
        """Text, confidence and the quarter turns (clockwise corners) after which the line reads best."""
        standing = crop.shape[0] >= TALL * crop.shape[1]
        tries = [(np.rot90(crop, 1), 1), (np.rot90(crop, 3), 3)] if standing else [(crop, 0), (np.rot90(crop, 2), 2)]
        best = ("", 0.0, 0)
        for turned_crop, turns in tries:
            text, confidence = self._recognise(np.ascontiguousarray(turned_crop))
            if confidence > best[1]:
                best = (text, confidence, turns)
            if confidence >= SURE:
                break
        return best

    def _recognise(self, crop: Pixels) -> tuple[str, float]:
        read = self._recogniser(self._input(img=[crop]))
        return read.txts[0].strip(), float(read.scores[0])


def detection_scale(width_px: int, height_px: int) -> float:
    """How much larger the copy is on which text is looked for: small pictures grow, large ones shrink.

    >>> detection_scale(348, 348) > 1.9, detection_scale(1600, 1200)
    (True, 0.6)
    """
    grow = math.sqrt(DETECTION_AREA_PX / (width_px * height_px))
    return min(max(1.0, min(grow, MOST_ENLARGED)), DETECTION_SIDE_PX / max(width_px, height_px))


def cut_out(bgr: Pixels, quad: npt.NDArray[np.float32]) -> Pixels:
    """The quadrilateral straightened to an upright rectangle, its sides as long as the quad's longer ones."""
    width = max(1, round(float(max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2])))))
    height = max(1, round(float(max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2])))))
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(np.ascontiguousarray(quad, np.float32), corners)
    cut = cv2.warpPerspective(bgr, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


def believable(line: TextLine) -> bool:
    """Whether a line was read rather than imagined: short ones must be surer."""
    letters = [c for c in line.text if c.isalnum()]
    if not letters or line.confidence < KEEP:
        return False
    if len(letters) == 1:
        return line.confidence >= KEEP_SHORT and ("\u4e00" <= letters[0] <= "\u9fff" or line.confidence >= 0.97)
    return len(letters) > 3 or line.confidence >= KEEP_SHORT or any("\u4e00" <= c <= "\u9fff" for c in letters)


def reading_order(lines: Sequence[TextLine]) -> tuple[TextLine, ...]:
    """Rows from the top, each from the left; a line joins a row when their middles are within half its height."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda one: one.box_1000.y1 + one.box_1000.y2):
        middle, height = _middle(line), line.box_1000.y2 - line.box_1000.y1
        if rows and abs(_middle(rows[-1][0]) - middle) <= 0.5 * min(height, _height(rows[-1][0])):
            rows[-1].append(line)
        else:
            rows.append([line])
    return tuple(line for row in rows for line in sorted(row, key=lambda one: one.box_1000.x1))


def _middle(line: TextLine) -> float:
    return (line.box_1000.y1 + line.box_1000.y2) / 2


def _height(line: TextLine) -> int:
    return line.box_1000.y2 - line.box_1000.y1


def _letter_height(quads: Sequence[npt.NDArray[np.float32]]) -> float:
    """Median of the quads' shorter sides."""
    shorter = [min(np.linalg.norm(q[0] - q[1]), np.linalg.norm(q[0] - q[3])) for q in quads]
    return float(np.median(shorter))


def _padded(bgr: Pixels, least_px: int = 64) -> Pixels:
    """A white margin right and below for strips: the detector needs some height to see a line."""
    height, width = bgr.shape[:2]
    down, right = max(0, least_px - height), max(0, least_px - width)
    if not (down or right):
        return bgr
    return np.asarray(cv2.copyMakeBorder(bgr, 0, down, 0, right, cv2.BORDER_REPLICATE), np.uint8)
