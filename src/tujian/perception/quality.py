"""What is wrong with the picture itself, said before anything is read off it.

Enters: an upright RGB working copy, the size of the upright original, and, once text was read, the heights of its
lines. Leaves: `Flaw`s, the gravest first. It does not know what the picture shows: a black thing that fills the frame
may look dark to it, a picture blurred on purpose is blurred, and glare on a thing before studio white goes unseen.

Each limit stands where normal shop pictures end and spoilt copies of them begin; the figures are beside it.
"""

from collections.abc import Sequence
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from tujian.errors import Lang, Said
from tujian.geometry import Size
from tujian.perception.shrinking import shrink

Grey = NDArray[np.uint8]


class Flaw(StrEnum):
    """What a person should mend by taking the picture again."""

    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    DARK = "dark"
    GLARE = "glare"
    TEXT_TOO_SMALL = "text_too_small"


SMALLEST_SIDE_PX = 160  # short side; 400 normal shop pictures start at 328, the classifier was trained on 224-260
SHARPNESS_SIDE_PX = 384
LEAST_SHARPNESS = 0.2  # 360 normal pictures: 0.28 and more; blurred by 0.6 % of the side: 0.18 and less
DARKEST_WHITE = 75  # 8-bit level of the brightest 5 %. Normal: 103 and more; a quarter of the light: 63 and less
GLARE_SIDE_PX = 256
GLARE_PART = 0.01  # of the picture in one burnt-out spot: 1 of 300 normal pictures has that
BURNT_OUT = 250  # 8-bit level of the darkest channel
WHITE_BORDER_PART = 0.1  # from there on a white spot may be the studio's paper
SMALLEST_TEXT_PX = 10  # six pages, 9 px a line: .60 of the strings found; 11 px: .88; 7 px: .27


def assess(pixels: NDArray[np.uint8], size_px: Size, text_heights_px: Sequence[float] = ()) -> tuple[Flaw, ...]:
    """Flaws of `pixels` (h, w, 3; RGB), which shows the upright original of `size_px`.

    `text_heights_px` are line heights in pixels of the upright original, as many as were read.
    """
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    small = shrink(grey, SHARPNESS_SIDE_PX)
    found = {
        Flaw.TOO_SMALL: min(size_px) < SMALLEST_SIDE_PX,
        Flaw.DARK: np.percentile(small[::2, ::2], 95) < DARKEST_WHITE,
        Flaw.BLURRED: sharpness(small) < LEAST_SHARPNESS,
        Flaw.GLARE: largest_glare(pixels) > GLARE_PART,
        Flaw.TEXT_TOO_SMALL: bool(text_heights_px) and float(np.median(text_heights_px)) < SMALLEST_TEXT_PX,
    }
    return tuple(flaw for flaw, is_so in found.items() if is_so)


def sharpness(grey: Grey) -> float:
    """How much of the strongest edges a slight blur takes away (0-1): little, where they were blurred before.

    After F. Crété et al., "The blur effect", SPIE 2007, on the strongest fiftieth of the edges only, so that plain
    backgrounds do not count. A picture without any edge counts as sharp: there is nothing to be blurred.
    """
    if min(grey.shape) < 8:
        return 1.0
    edges = _edges(grey)
    limit = np.partition(edges.ravel()[::3], -max(1, edges.size // 150))[-max(1, edges.size // 150)]
    if limit < 4:  # less than sensor noise
        return 1.0
    strong = edges >= limit
    softer = _edges(np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.2), np.uint8))
    return float(1 - softer[strong].mean() / edges[strong].mean())


def _edges(grey: Grey) -> NDArray[np.uint16]:
    """Differences to the next pixel but one, across plus down."""
    across = cv2.absdiff(grey[1:-1, 2:], grey[1:-1, :-2])
    down = cv2.absdiff(grey[2:, 1:-1], grey[:-2, 1:-1])
    return np.add(across, down, dtype=np.uint16)


def largest_glare(pixels: NDArray[np.uint8]) -> float:
    """Part of the picture (0-1) in its largest burnt-out spot off the border; 0 before a white background."""
    step = max(1, round(max(pixels.shape[:2]) / GLARE_SIDE_PX))  # spots are large: skipping pixels loses none
    small = np.ascontiguousarray(pixels[::step, ::step])
    burnt = np.asarray(cv2.inRange(small, (BURNT_OUT,) * 3, (255,) * 3)) > 0
    border = np.concatenate([burnt[0], burnt[-1], burnt[:, 0], burnt[:, -1]])
    if border.mean() > WHITE_BORDER_PART or not burnt.any():
        return 0.0
    return _largest_inside(burnt)


def _largest_inside(burnt: NDArray[np.bool_]) -> float:
    """Part of the picture (0-1) in the largest spot that keeps off its border."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(burnt.astype(np.uint8), connectivity=4)
    left, top, width, height, area = stats[1:].T
    inside = (left > 0) & (top > 0) & (left + width < burnt.shape[1]) & (top + height < burnt.shape[0])
    return float(area[inside].max(initial=0) / burnt.size)


_WORDS: dict[Flaw, tuple[Said, Said]] = {
    Flaw.TOO_SMALL: (
        Said("图片太小", f"请使用短边不少于 {SMALLEST_SIDE_PX} 像素的原图"),
        Said("The picture is too small", f"Use the original, {SMALLEST_SIDE_PX} px or more on its short side"),
    ),
    Flaw.BLURRED: (
        Said("图片模糊", "请对焦后重拍，手持时靠稳一些"),
        Said("The picture is blurred", "Focus, hold the camera still and take it again"),
    ),
    Flaw.DARK: (
        Said("画面太暗", "请开灯或到窗边重拍"),
        Said("The picture is too dark", "Turn on a light or move to a window and take it again"),
    ),
    Flaw.GLARE: (
        Said("有反光，部分内容看不见", "请换个角度或遮住光源后补拍"),
        Said("Glare hides a part", "Tilt the thing or shade the light and take it again"),
    ),
    Flaw.TEXT_TOO_SMALL: (
        Said("字太小", "请靠近文字补拍一张"),
        Said("The text is too small", "Take one more picture closer to the text"),
    ),
}


def say(flaw: Flaw, lang: Lang) -> Said:
    """What is wrong and what to do, in `lang`.

    >>> say(Flaw.TEXT_TOO_SMALL, "zh")
    Said(message='字太小', remedy='请靠近文字补拍一张')
    """
    zh, en = _WORDS[flaw]
    return zh if lang == "zh" else en
