"""Garments photographed at home, cut out and shown as a shop would: on white, and worn by a drawn figure.

Enters: training pictures and their clothing label. Leaves: pictures for the weights that judge white grounds.
Not known here: the taxonomy, the backbone. Why: nobody wears the garments of the training pictures, shop models do.
All sizes, shares and odds below were drawn by eye until the figures looked plausible, and not tuned further.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Colour = npt.NDArray[np.float64]

TOPS = ("dress", "longsleeve", "outwear", "shirt", "t-shirt")
BOTTOMS = ("pants", "shorts", "skirt")
BARE_ARMS = ("dress", "t-shirt")
SKINS = ((241, 205, 178), (233, 187, 160), (224, 172, 135), (198, 134, 92), (141, 85, 54), (92, 56, 38))
HAIRS = ((15, 12, 12), (30, 22, 18), (60, 40, 28), (120, 80, 45), (150, 60, 30), (205, 170, 110))
WIDTH, HEIGHT = 480, 600  # px of the canvas; the proportions of a catalogue picture
PROBE_PX = 256  # garments are cut out at this size
APART = 3.0  # standard deviations from every colour of the border: garment
BOTTOM_HEIGHT_PX = {"pants": (380, 430), "shorts": (150, 210), "skirt": (170, 260)}


class CutOut(NamedTuple):
    """A garment without its ground."""

    pixels: Pixels
    """(height, width, 3)"""
    cover: Floats
    """(height, width): 1 garment, 0 ground."""


def cut_out(pixels: Pixels) -> CutOut | None:
    """The garment on a fairly plain ground; None where ground and garment cannot be told apart (about 3 in 10)."""
    scale = PROBE_PX / max(pixels.shape[:2])
    small = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    mask = _largest(_unlike_border(small))
    if mask is None or not _is_one_garment(mask):
        return None
    x, y, width, height = cv2.boundingRect(mask)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1)
    window = np.s_[y : y + height, x : x + width]
    return CutOut(small[window], np.asarray(soft[window], np.float32))


def on_white(garment: CutOut) -> Pixels:
    """The garment alone on a white ground, with a margin."""
    margin = int(max(garment.cover.shape) * 0.08)
    height, width = (side + 2 * margin for side in garment.cover.shape)
    canvas = np.full((height, width, 3), 255, np.float32)
    _paste(canvas, garment, margin, margin, (width - 2 * margin, height - 2 * margin))
    return canvas.astype(np.uint8)


def worn(garment: CutOut, label: str, wardrobe: Mapping[str, Sequence[CutOut]], random: np.random.Generator) -> Pixels:
    """A drawn figure on white that wears the garment, some seen from near; the rest of its clothes from `wardrobe`."""
    canvas = np.full((HEIGHT, WIDTH, 3), 255, np.float32)
    middle = WIDTH // 2 + int(random.normal() * 10)
    dress = _dress_top if label in TOPS else _dress_bottom
    y, width, height = dress(canvas, garment, label, wardrobe, middle, random)
    lit = np.where((canvas < 250).any(2, keepdims=True), np.clip(canvas * random.uniform(0.85, 1.25), 0, 255), canvas)
    if label in TOPS:
        lit = lit[: int(y + height * random.uniform(1.0, 1.3))]
    if random.random() < (0.3 if label in TOPS else 0.15):
        side = int(width * random.uniform(0.7, 1.05))
        top, left = max(0, int(y - height * random.uniform(0.05, 0.35))), max(0, int(middle - side / 2))
        lit = lit[top : top + int(side * 1.25), left : left + side]
    return np.ascontiguousarray(lit.astype(np.uint8))


def _unlike_border(pixels: Pixels) -> Pixels:
    """1 where the colour is far from the four commonest of the border (k-means in CIELAB), else 0."""
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
    edge = max(3, int(0.04 * min(lab.shape[:2])))
    strips = (lab[:edge], lab[-edge:], lab[:, :edge], lab[:, -edge:])
    border = np.concatenate([s.reshape(-1, 3) for s in strips])
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1.0)
    _, member, centres = cv2.kmeans(border, 4, np.empty(0), stop, 1, cv2.KMEANS_PP_CENTERS)
    far = np.full(lab.shape[:2], np.inf)
    for n, centre in enumerate(centres):
        near = border[member[:, 0] == n]
        if len(near) > 0.08 * len(border):
            far = np.minimum(far, np.linalg.norm(lab - centre, axis=2) / max(6, near.std(0).mean()))
    return (far > APART).astype(np.uint8)


def _largest(mask: Pixels) -> Pixels | None:
    """The largest connected part with its holes filled."""
    clean = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    clean = cv2.morphologyEx(clean, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    outlines, _ = cv2.findContours(clean, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    largest = max(outlines, key=cv2.contourArea)
    return np.asarray(cv2.drawContours(np.zeros_like(clean), [largest], -1, 1, -1), np.uint8)


def _is_one_garment(mask: Pixels) -> bool:
    """Neither a scrap nor the whole picture, not cut by the border, and compact."""
    edge = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    _, _, width, height = cv2.boundingRect(mask)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    compact = mask.sum() / cv2.contourArea(cv2.convexHull(outlines[0]))
    filled = mask.sum() / (width * height)
    large = 0.12 < mask.mean() < 0.8 and width > 50 and height > 60
    return bool(large and edge.mean() <= 0.12 and filled >= 0.35 and compact > 0.72)


def _dress_top(
    canvas: Floats,
    garment: CutOut,
    label: str,
    wardrobe: Mapping[str, Sequence[CutOut]],
    middle: int,
    random: np.random.Generator,
) -> tuple[int, int, int]:
    """Head, arms, something below, then the garment; its top, width and height."""
    skin, hair = _people(random)
    height = int(random.uniform(330, 400) if label == "dress" else random.uniform(250, 300))
    width = _worn_width(garment, height, random.uniform(0.7, 0.95), (130, 330))
    top = int(random.uniform(130, 170))
    bare = label in BARE_ARMS or random.random() < 0.1
    reach = random.uniform(0, 0.35)
    for side in (-1, 1):
        shoulder = middle + side * width * 0.38
        if bare:
            hand = (shoulder + side * width * reach / 2, top + height * 0.7)
            _limb(canvas, (shoulder, top + 0.15 * height), hand, width * 0.13, skin)
        else:
            _oval(canvas, (middle + side * width * 0.47, top + height * 0.9), (width * 0.07, width * 0.07), skin)
        if label == "dress":
            _limb(canvas, (middle + side * width * 0.12, top + height * 0.9), (middle, HEIGHT), width * 0.14, skin)
    if label != "dress":
        below = _pick(wardrobe["pants" if random.random() < 0.75 else "shorts"], random)
        wide = int(width * random.uniform(0.5, 0.7))
        tall = int(wide * below.cover.shape[0] / below.cover.shape[1])
        _paste(canvas, below, middle - wide // 2, top + height - 35, (wide, tall))
    _head(canvas, (middle, top + 8), min(width, 240), skin, hair, random)
    _paste(canvas, garment, middle - width // 2, top, (width, height))
    return top, width, height


def _dress_bottom(
    canvas: Floats,
    garment: CutOut,
    label: str,
    wardrobe: Mapping[str, Sequence[CutOut]],
    middle: int,
    random: np.random.Generator,
) -> tuple[int, int, int]:
    """Legs, shoes, a waist or a T-shirt, then the garment; its top, width and height."""
    skin, _ = _people(random)
    height = int(random.uniform(*BOTTOM_HEIGHT_PX[label]))
    width = _worn_width(garment, height, random.uniform(0.75, 1), (110, 230))
    top = int(random.uniform(40, 110))
    floor = top + height + (0 if label == "pants" else int(random.uniform(150, 260)))
    shoe = np.array((240.0, 240, 240) if random.random() < 0.5 else (40.0, 40, 45))
    has_arms = random.random() < 0.6
    for side in (-1, 1):
        knee, foot = (middle + side * width * 0.24, top + height * 0.6), (middle + side * width * 0.2, floor - 15)
        if label != "pants":
            _limb(canvas, knee, foot, width * 0.2, skin)
        _oval(canvas, (knee[0], floor), (width * 0.16, 14), shoe)
        if has_arms:
            _limb(
                canvas, (middle + side * width * 0.6, 0), (middle + side * width * 0.55, top + 60), width * 0.13, skin
            )
    if random.random() < 0.5:
        canvas[: top + 20, int(middle - width * 0.3) : int(middle + width * 0.3)] = skin
    else:
        wide = int(width * random.uniform(1.1, 1.4))
        above = _pick(wardrobe["t-shirt"], random)
        _paste(canvas, above, middle - wide // 2, top + 35 - int(wide * 1.1), (wide, int(wide * 1.1)))
    _paste(canvas, garment, middle - width // 2, top, (width, height))
    return top, width, height


def _head(
    canvas: Floats, neck: tuple[float, float], width: float, skin: Colour, hair: Colour, random: np.random.Generator
) -> None:
    """Hair long or short, a face or the back of a head, for shoulders of this width."""
    half_width, half_height = width * 0.16 * random.uniform(0.85, 1.1), width * 0.22 * random.uniform(0.85, 1.1)
    x, y = neck[0], neck[1] - half_height * 0.75
    if random.random() < 0.5:
        _oval(canvas, (x, y + half_height * 0.1), (half_width * 1.3, half_height * 1.25), hair)
    _limb(canvas, (x, y), (x, neck[1] + width * 0.03), half_width * 1.1, skin * 0.92)
    _oval(canvas, (x, y - half_height * 0.25), (half_width * 1.05, half_height * 0.95), hair)
    if random.random() < 0.2:
        return
    _oval(canvas, (x, y), (half_width * 0.88, half_height * 0.9), skin)
    for side in (-1, 1):
        _oval(canvas, (x + side * half_width * 0.35, y), (half_width * 0.14, half_height * 0.06), hair * 0.5)
    _oval(canvas, (x, y + half_height * 0.45), (half_width * 0.3, half_height * 0.08), skin * [0.75, 0.5, 0.5])


def _people(random: np.random.Generator) -> tuple[Colour, Colour]:
    """A colour of skin, in some light, and one of hair."""
    skin = np.array(SKINS[random.integers(len(SKINS))], float) * random.uniform(0.93, 1.05)
    return np.minimum(skin, 255), np.array(HAIRS[random.integers(len(HAIRS))], float)


def _worn_width(garment: CutOut, height: int, narrower: float, limits: tuple[int, int]) -> int:
    """Laid flat a garment is wider than on a body."""
    flat = garment.cover.shape[1] / garment.cover.shape[0] * height
    return int(np.clip(flat * narrower, *limits))


def _pick(garments: Sequence[CutOut], random: np.random.Generator) -> CutOut:
    return garments[random.integers(len(garments))]


def _paste(canvas: Floats, garment: CutOut, x: int, y: int, size: tuple[int, int]) -> None:
    """Lay the garment on the canvas at this size; what sticks out is lost."""
    how = cv2.INTER_AREA if size[1] < garment.cover.shape[0] else cv2.INTER_LINEAR
    pixels = np.asarray(cv2.resize(garment.pixels, size, interpolation=how), np.float32)
    cover = np.asarray(cv2.resize(garment.cover, size), np.float32)[..., None]
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + size[0], canvas.shape[1]), min(y + size[1], canvas.shape[0])
    if right <= left or bottom <= top:
        return
    shown = np.s_[top - y : bottom - y, left - x : right - x]
    under = canvas[top:bottom, left:right]
    canvas[top:bottom, left:right] = under * (1 - cover[shown]) + pixels[shown] * cover[shown]


def _limb(canvas: Floats, start: tuple[float, float], end: tuple[float, float], width: float, colour: Colour) -> None:
    ends = ((int(start[0]), int(start[1])), (int(end[0]), int(end[1])))
    cv2.line(canvas, *ends, colour.tolist(), max(1, int(width)), cv2.LINE_AA)


def _oval(canvas: Floats, centre: tuple[float, float], radii: tuple[float, float], colour: Colour) -> None:
    middle, axes = (int(centre[0]), int(centre[1])), (max(1, int(radii[0])), max(1, int(radii[1])))
    cv2.ellipse(canvas, middle, axes, 0, 0, 360, colour.tolist(), -1, cv2.LINE_AA)
