"""Barcodes in a picture, with their place and whether the check digit is right.

Enters: an upright RGB working copy and the size of the upright original. Leaves: `Barcode`s, each once, in reading
order. It does not know what a number stands for, and does not ask anybody.

One plain look comes first. Harder looks (contrast, enlargement) follow only where the picture asks for them: the
reader met bars whose check digit failed, or much of the picture is high-contrast stripes. Where looks disagree about
one place, the text read most often stands.

Format names, as zxing-cpp 3.1 gives them: EAN-13, EAN-8, UPC-A, UPC-E, Code 39, Code 93, Code 128, ITF, Codabar,
Pharmazentralnummer, DataBar Omni, DataBar Stacked, DataBar Limited, DataBar Expanded, DataBar Expanded Stacked,
QR Code, Micro QR Code, rMQR Code, Data Matrix, Aztec, PDF417, Compact PDF417, MicroPDF417, MaxiCode, DX Film Edge.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from tujian.geometry import Box1000, Quad, Size, quad_box_1000
from tujian.perception.bars import whole_bars
from tujian.perception.gs1 import is_valid

if TYPE_CHECKING:
    import zxingcpp

Grey = NDArray[np.uint8]

RETAIL = ("EAN-13", "EAN-8", "UPC-A", "UPC-E")
MATRIX = ("QR Code", "Data Matrix", "Aztec", "PDF417", "MaxiCode")  # symbologies with error correction of their own
LARGEST_VIEW_PX = 1600  # longest side of an enlarged look: 25 ms of reading; small pictures are those that need it
STRIPES_SIDE_PX = 256
STRIPED_PART = 0.08  # of the picture: 6 % of 314 photographs have that, and 12 of the 14 barcodes missed at first
NARROW_PX = 150  # a retail symbol has 95 modules; below 1.6 px each a dim one was read with two digits lost
SMALL_PX = 640  # up to this side a look costs 4 ms, so fewer stripes are worth one
SMALL_STRIPED_PART = 0.015
CONTROL_PICTURES = {0x2400 + code: code for code in range(32)}  # zxing prints ␝ for GS; a scanner sends GS itself


@dataclass(frozen=True, slots=True)
class Barcode:
    """One symbol. `valid` is the verdict on the check digit, None where the symbology has none that GS1 defines.

    `text` is what a scanner would send; GS1 element strings carry their application identifiers in brackets.
    UPC-A and UPC-E give the 12 digits they stand for. `quad_px` lies on the upright original, `box_1000` around it.
    """

    format: str
    text: str
    valid: bool | None
    box_1000: Box1000
    quad_px: Quad


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one look gave for one place; corners in pixels of the working copy."""

    format: str
    text: str
    is_sound: bool  # the reader's own verdict: check digits and error correction agree
    is_linear: bool
    corners: NDArray[np.float64]


def read_barcodes(pixels: NDArray[np.uint8], size_px: Size) -> tuple[Barcode, ...]:
    """All barcodes in `pixels` (h, w, 3; RGB), which shows the upright original of `size_px`.

    A retail code whose check digit is wrong in the print itself comes back with `valid=False`, if it was read alike
    twice and nothing sound was read there.
    """
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    readings = _look(grey, 1.0)
    readings += _look_harder(readings, grey)
    chosen = [_elect(group) for group in _by_place(readings)]
    scale = size_px[0] / pixels.shape[1]
    found = [_barcode(_whole(reading, grey), scale, size_px) for reading in chosen if reading is not None]
    return tuple(sorted(found, key=lambda code: (code.box_1000.y1, code.box_1000.x1)))


def _look(grey: Grey, enlarged: float, bars_only: bool = False) -> list[_Reading]:
    """One pass of the reader; linear codes with a wrong check digit come too, marked as unsound."""
    import zxingcpp

    wanted = zxingcpp.BarcodeFormat.AllLinear if bars_only else zxingcpp.BarcodeFormat.All
    formats = zxingcpp.BarcodeFormats(wanted)
    found = zxingcpp.read_barcodes(np.ascontiguousarray(grey), formats=formats, return_errors=True)
    readings = [_reading(symbol, enlarged) for symbol in found]
    return [reading for reading in readings if reading.text and (reading.is_sound or reading.is_linear)]


def _reading(symbol: "zxingcpp.Barcode", enlarged: float) -> _Reading:
    place = symbol.position
    corners = np.array([(p.x, p.y) for p in (place.top_left, place.top_right, place.bottom_right, place.bottom_left)])
    is_linear = str(symbol.symbology) not in MATRIX
    name, text = _plain_name(str(symbol.format), symbol.text.translate(CONTROL_PICTURES))
    return _Reading(name, text, symbol.valid, is_linear, corners / enlarged)


def _plain_name(name: str, text: str) -> tuple[str, str]:
    """UPC-A by its own name: zxing 3 calls it EAN-13 with a leading zero, which is the same symbol."""
    if name == "EAN-13" and len(text) == 13 and text.startswith("0"):
        return "UPC-A", text[1:]
    if name == "UPC-E" and len(text) == 13:
        return name, text[1:]
    return name, text


def _views(readings: Sequence[_Reading], grey: Grey) -> tuple[tuple[float, Callable[[Grey], Grey]], ...]:
    """Enlargement and filter of further looks, in the order in which they pay; none where all is well."""
    doubtful = any(not reading.is_sound or _is_narrow(reading) for reading in readings)
    if readings and not doubtful:
        return ()
    striped, longest_px = striped_part(grey), max(grey.shape)
    if doubtful or striped > STRIPED_PART:
        enlarged = ((3.0, _with_contrast), (2.0, _with_contrast), (3.0, np.ascontiguousarray))
        return ((1.0, _with_contrast), *(view for view in enlarged if longest_px * view[0] <= LARGEST_VIEW_PX))
    return ((1.0, _with_contrast),) if longest_px <= SMALL_PX and striped > SMALL_STRIPED_PART else ()


def _is_narrow(reading: _Reading) -> bool:
    return reading.format in RETAIL and bool(np.ptp(reading.corners, axis=0).max() < NARROW_PX)


def striped_part(grey: Grey) -> float:
    """Part of the picture (0-1) that is parallel, close, high-contrast stripes, as bars are even when blurred.

    By the structure tensor (J. Bigün, G. H. Granlund, 1987) in windows of 6 % of the longest side. An edge that stands
    alone is no stripe: its signed gradients add up, those of stripes cancel.
    """
    small = _shrink(grey)
    across, down = cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1)
    window = max(9, round(max(small.shape) * 0.06) | 1)
    xx, yy, xy, x, y, size = (
        cv2.boxFilter(field, -1, (window, window))
        for field in (across * across, down * down, across * down, across, down, np.abs(across) + np.abs(down))
    )
    energy = xx + yy
    direction = (xx - yy) ** 2 + 4 * xy * xy > (0.75 * energy) ** 2
    alternating = x * x + y * y < (0.2 * size) ** 2
    return float((direction & alternating & (energy > 140**2)).mean())  # Sobel units: half of black on white


def _shrink(grey: Grey) -> Grey:
    scale = STRIPES_SIDE_PX / max(grey.shape)
    if scale >= 1:
        return grey
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _look_harder(readings: Sequence[_Reading], grey: Grey) -> list[_Reading]:
    """Further looks for bars (no second look ever found a matrix code), until two looks agree on a sound text."""
    further: list[_Reading] = []
    for factor, view in _views(readings, grey):
        further += _look(view(_enlarge(grey, factor)), factor, bars_only=True)
        votes = Counter(reading.text for reading in (*readings, *further) if reading.is_sound)
        if votes and max(votes.values()) > 1:
            break
    return further


def _with_contrast(grey: Grey) -> Grey:
    return np.asarray(cv2.createCLAHE(2.0, (4, 4)).apply(grey), np.uint8)


def _enlarge(grey: Grey, factor: float) -> Grey:
    if factor == 1:
        return grey
    return np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8)


def _by_place(readings: Sequence[_Reading]) -> list[list[_Reading]]:
    """Readings that lie on one another, whatever they say."""
    groups: list[list[_Reading]] = []
    for reading in readings:
        home = next((group for group in groups if _same_place(group[0], reading)), None)
        if home is None:
            groups.append([reading])
        else:
            home.append(reading)
    return groups


def _same_place(one: _Reading, other: _Reading) -> bool:
    gap = np.abs(one.corners.mean(0) - other.corners.mean(0)).max()
    reach = max(np.ptp(one.corners, axis=0).max(), np.ptp(other.corners, axis=0).max())
    return bool(gap <= reach / 2)


def _elect(group: Sequence[_Reading]) -> _Reading | None:
    """The reading that stands: most often read among the sound; else a retail code read alike twice; else none.

    Where sound looks at bars disagree and none has a second vote, nothing stands: a wrong number is worse than none.
    """
    sound = [reading for reading in group if reading.is_sound]
    votes = Counter(reading.text for reading in sound or group)
    text, count = votes.most_common(1)[0]
    winner = next(reading for reading in sound or group if reading.text == text)
    if not sound:
        return winner if count > 1 and winner.format in RETAIL else None
    return winner if count > 1 or len(votes) == 1 or not winner.is_linear else None


def _whole(reading: _Reading, grey: Grey) -> _Reading:
    """With the corners of the whole symbol: zxing gives those of the rows of a linear one that it read."""
    return replace(reading, corners=whole_bars(grey, reading.corners)) if reading.is_linear else reading


def _barcode(reading: _Reading, scale: float, size_px: Size) -> Barcode:
    quad = tuple((float(x), float(y)) for x, y in reading.corners * scale)
    return Barcode(reading.format, reading.text, _verdict(reading), quad_box_1000(quad, size_px), quad)


def _verdict(reading: _Reading) -> bool | None:
    """The check digit by GS1's rule where the symbol carries a trade item number; None for everything else."""
    digits = reading.text
    if reading.text.startswith("(01)"):
        digits = reading.text[4:18]
    elif reading.format not in RETAIL and not (reading.format.startswith("ITF") and len(digits) == 14):
        return None
    return is_valid(digits)
