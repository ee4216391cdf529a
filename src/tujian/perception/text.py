"""Text on a picture: RapidOCR's PP-OCRv6 small, with a quicker detector and a second look where it pays.

Enters: upright RGB pixels. Leaves: lines in reading order, each with its corners on the original, and the places where
text stands that could not be read. Does not know: languages (`scripts.py` says which scripts it cannot read), fields,
barcodes.

The detector is RapidOCR's, its convolutions in 8 bits (train/quantise_text.py). Small pictures are enlarged
before detection: of 93 brands on packs photographed at 348 px, 34 are readable at once and 53 enlarged
(docs/decisions.md).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tujian.geometry import Box1000, Quad, Size, quad_box_1000
from tujian.perception.belief import believed, is_unread
from tujian.perception.cells import missed_cells
from tujian.perception.letters import LetterReader, Network
from tujian.perception.looks import Looker, Seen
from tujian.perception.reading_order import reading_order
from tujian.perception.text_regions import Pixels, Region, find_regions

if TYPE_CHECKING:
    import onnxruntime

DETECTION_AREA_PX = 480_000  # a 348 px shop photo doubled; the detector's time grows with the area
DETECTION_SIDE_PX = 960  # beyond it receipts gain nothing and shop photos get slow (notes/perception.md)
SMALL_PRINT_SIDE_PX = 1600  # second look for documents whose letters came out below SMALL_LETTER_PX
SMALL_LETTER_PX = 13
MOST_ENLARGED = 2.0
MOST_LINES = 400


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line as read. `quad_px` on the upright original, clockwise from the text's own top left."""

    text: str
    confidence: float
    quad_px: Quad
    box_1000: Box1000


@dataclass(frozen=True, slots=True)
class Unread:
    """A place where text stands, large and clear enough, that could not be read."""

    quad_px: Quad
    box_1000: Box1000


@dataclass(frozen=True, slots=True)
class TextSeen:
    """What a picture says: `lines` in reading order, and where it says what the reader does not know."""

    lines: tuple[TextLine, ...]
    unread: tuple[Unread, ...]


class TextReader:
    """Finds and reads lines; safe to call from several threads."""

    def __init__(self, threads: int = 1) -> None:
        detector = _load(files("tujian").joinpath("data/models/text_det_int8.onnx"), threads)
        recogniser = _load(files("rapidocr").joinpath("models/PP-OCRv6_rec_small.onnx"), threads)
        listed = recogniser.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._find = _network(detector)
        self._looker = Looker(LetterReader(_network(recogniser), ["", *listed, " "]))
        self.name = f"rapidocr {version('rapidocr')} PP-OCRv6-small det-int8 looks/2"

    def read(self, pixels: Pixels, size_px: Size) -> TextSeen:
        """What (h, w, 3) RGB pixels say; `size_px` is the upright original's size."""
        bgr = np.ascontiguousarray(pixels[..., ::-1])
        seen = self._looker.look(bgr, self._regions(bgr))
        seen += self._looker.look_for(bgr, missed_cells(seen))
        lines, unread, seen_px = [], [], (bgr.shape[1], bgr.shape[0])
        for one in seen:
            place = _place(one, size_px[0] / pixels.shape[1], size_px)
            letters = believed(one, seen_px)
            if letters is not None:
                lines.append(TextLine(letters.text, round(letters.confidence, 3), *place))
            if is_unread(one, seen_px):
                unread.append(Unread(*place))
        return TextSeen(reading_order(lines), tuple(unread))

    def _regions(self, bgr: Pixels) -> list[Region]:
        height, width = bgr.shape[:2]
        scale = detection_scale(width, height)
        regions = self._detect(bgr, scale)
        if scale < 1 and len(regions) >= 3 and _letter_height(regions) * scale < SMALL_LETTER_PX:
            regions = self._detect(bgr, min(1.0, SMALL_PRINT_SIDE_PX / max(width, height)))
        return regions[:MOST_LINES]

    def _detect(self, bgr: Pixels, scale: float) -> list[Region]:
        """Regions on `bgr`, found on a copy `scale` times as large."""
        copy = bgr
        if scale != 1:
            way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            size_px = (max(1, round(bgr.shape[1] * scale)), max(1, round(bgr.shape[0] * scale)))
            copy = np.asarray(cv2.resize(bgr, size_px, interpolation=way), np.uint8)
        return [region.scaled(1 / scale) for region in find_regions(_padded(copy), self._find)]


def beside(unread: Sequence[Unread], boxes: Sequence[Box1000]) -> tuple[Unread, ...]:
    """Those that do not lie on any of `boxes`: the bars of a barcode look like text to the detector."""
    return tuple(one for one in unread if not any(one.box_1000.meets(box) for box in boxes))


def detection_scale(width_px: int, height_px: int) -> float:
    """How much larger the copy is on which text is looked for: small pictures grow, large ones shrink.

    >>> detection_scale(348, 348) > 1.9, detection_scale(1600, 1200)
    (True, 0.6)
    """
    grow = math.sqrt(DETECTION_AREA_PX / (width_px * height_px))
    return min(max(1.0, min(grow, MOST_ENLARGED)), DETECTION_SIDE_PX / max(width_px, height_px))


def _load(model: Traversable, threads: int) -> "onnxruntime.InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.enable_cpu_mem_arena = True  # without it a fifth of the time is page faults
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def _network(session: "onnxruntime.InferenceSession") -> Network:
    name = session.get_inputs()[0].name
    return lambda blob: np.asarray(session.run(None, {name: blob})[0])


def _place(seen: Seen, to_original: float, size_px: Size) -> tuple[Quad, Box1000]:
    quad_px = tuple((round(float(x), 1), round(float(y), 1)) for x, y in seen.quad * to_original)
    return quad_px, quad_box_1000(quad_px, size_px)


def _letter_height(regions: Sequence[Region]) -> float:
    """Median of the regions' shorter sides."""
    return float(np.median([min(region.sides_px) for region in regions]))


def _padded(bgr: Pixels, least_px: int = 64) -> Pixels:
    """A margin right and below for strips: the detector needs some height to see a line."""
    height, width = bgr.shape[:2]
    down, right = max(0, least_px - height), max(0, least_px - width)
    if not (down or right):
        return bgr
    return np.asarray(cv2.copyMakeBorder(bgr, 0, down, 0, right, cv2.BORDER_REPLICATE), np.uint8)
