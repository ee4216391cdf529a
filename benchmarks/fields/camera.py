"""Takes the picture: sheets bent and set on a table, lit, out of reach of a steady hand, and kept as JPEG.

Enters: sheets with marks. Leaves: JPEG bytes and the marks where they lie on the picture.
"""

import io
import random
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from fields.sheet import Mark, Quad, Sheet

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Taken:
    """A picture as kept, and what stands where on it, in pixels."""

    jpeg: bytes
    size_px: tuple[int, int]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Bend:
    """A sheet around an upright cylinder: `angle` (radians) seen to each side, `sag` of the sheet's height."""

    angle: float = 0.0
    sag: float = 0.0

    def forward(self, points: Floats, size: tuple[int, int]) -> Floats:
        if not self.angle:
            return points
        width, height = size
        u = points[:, 0] / width * 2 - 1
        x = np.sin(u * self.angle) / np.sin(self.angle)
        y = points[:, 1] - self.sag * height * (1 - np.cos(u * self.angle))
        return np.stack([(x + 1) / 2 * width, y], 1).astype(np.float32)

    def image(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        if not self.angle:
            return pixels
        height, width = pixels.shape[:2]
        xs = np.linspace(-1, 1, width) * np.sin(self.angle)
        u = np.arcsin(xs) / self.angle
        source_x = np.repeat(((u + 1) / 2 * width)[None].astype(np.float32), height, 0)
        lift = self.sag * height * (1 - np.cos(u * self.angle))
        source_y = (np.arange(height)[:, None] + lift[None]).astype(np.float32)
        return cv2.remap(pixels, source_x, source_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


@dataclass(frozen=True)
class Set:
    """A sheet and the four corners it takes on the picture, clockwise from its own top left."""

    sheet: Sheet
    corners: Quad
    bend: Bend = Bend()
    shade: float = 0.35  # darkness of the shadow beside it
    rounded: float = 0.0  # corner radius, share of the sheet's width


def photograph(size_px: tuple[int, int], ground: Image.Image, sets: list[Set], rng: random.Random) -> Taken:
    """All sheets on `ground` under one light."""
    canvas = np.asarray(ground.resize(size_px).convert("RGB"), np.float32)
    marks: list[Mark] = []
    for one in sets:
        canvas, moved = _put(canvas, one, rng)
        marks += [replace(mark, place=mark.place + 1000 * len(marks)) for mark in moved]
    canvas = _light(canvas, rng)
    return Taken(_keep(canvas, rng), size_px, tuple(marks))


def _put(canvas: Floats, one: Set, rng: random.Random) -> tuple[Floats, list[Mark]]:
    sheet = one.sheet
    size = (sheet.width, sheet.height)
    pixels = one.bend.image(np.asarray(sheet.image))
    start = np.array([(0, 0), (size[0], 0), size, (0, size[1])], np.float32)
    matrix = cv2.getPerspectiveTransform(start, np.array(one.corners, np.float32))
    height, width = canvas.shape[:2]
    flags = cv2.INTER_AREA if max(size) > 2 * max(width, height) else cv2.INTER_LINEAR
    shrunk, smaller = _shrink(pixels, matrix, size, one.corners)
    warped = cv2.warpPerspective(shrunk, smaller, (width, height), flags=flags).astype(np.float32)
    mask = cv2.warpPerspective(_mask(shrunk.shape[:2], one), smaller, (width, height)).astype(np.float32)[..., None]
    mask /= 255
    shadow = cv2.GaussianBlur(np.roll(mask[..., 0], (round(height * 0.012), round(width * 0.008)), (0, 1)), (0, 0), 14)
    canvas = canvas * (1 - one.shade * shadow[..., None])
    bright = 1.0
    if one.bend.angle:  # a round pack is darker at its sides
        across = np.cos(np.linspace(-1, 1, shrunk.shape[1]) * one.bend.angle * 0.9).astype(np.float32)
        column = np.repeat(across[None], shrunk.shape[0], 0)
        bright = cv2.warpPerspective(column, smaller, (width, height), borderValue=1.0)[..., None]
        bright = 0.55 + 0.45 * bright
    canvas = canvas * (1 - mask) + warped * bright * mask
    return canvas, [replace(m, quad=_moved(m.quad, one.bend, size, matrix)) for m in sheet.marks]


def _shrink(pixels, matrix, size, corners):
    """The sheet at about the resolution it will have, so that small print is averaged and not skipped."""
    wide = np.hypot(corners[1][0] - corners[0][0], corners[1][1] - corners[0][1])
    factor = min(1.0, float(wide) / size[0] * 1.15)
    if factor > 0.95:
        return pixels, matrix
    smaller = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    fx, fy = smaller.shape[1] / size[0], smaller.shape[0] / size[1]
    return smaller, matrix @ np.diag([1 / fx, 1 / fy, 1])


def _mask(shape: tuple[int, int], one: Set) -> npt.NDArray[np.uint8]:
    height, width = shape
    mask = np.zeros(shape, np.uint8)
    radius = round(one.rounded * width)
    cv2.rectangle(mask, (radius, 0), (width - radius, height), 255, -1)
    cv2.rectangle(mask, (0, radius), (width, height - radius), 255, -1)
    for x in (radius, width - radius):
        for y in (radius, height - radius):
            cv2.circle(mask, (x, y), radius, 255, -1)
    return mask


def _moved(quad: Quad, bend: Bend, size: tuple[int, int], matrix) -> Quad:
    points = bend.forward(np.array(quad, np.float32), size)
    placed = cv2.perspectiveTransform(points[None], matrix)[0]
    return tuple((float(x), float(y)) for x, y in placed)  # pyright: ignore[reportReturnType]


def _light(canvas: Floats, rng: random.Random) -> Floats:
    """Light from one side, sometimes a hand's shadow or a glare, and a warm or cool tone."""
    height, width = canvas.shape[:2]
    ys, xs = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)  # pyright: ignore
    angle, fall = rng.uniform(0, 6.28), rng.uniform(0.0, 0.35)
    field = 1 - fall * (0.5 + 0.5 * ((xs - 0.5) * np.cos(angle) + (ys - 0.5) * np.sin(angle)) * 2)
    if rng.random() < 0.35:
        edge = (xs - rng.uniform(0.2, 0.9)) * np.cos(angle + 1) + (ys - rng.uniform(0.2, 0.9)) * np.sin(angle + 1)
        field *= 1 - rng.uniform(0.15, 0.45) / (1 + np.exp(-edge * rng.uniform(8, 30)))
    canvas = canvas * field[..., None]
    if rng.random() < 0.35:
        cx, cy, r = rng.uniform(0.1, 0.9), rng.uniform(0.05, 0.95), rng.uniform(0.06, 0.2)
        spot = np.exp(-(((xs - cx) ** 2 + ((ys - cy) * height / width) ** 2) / r**2)) * rng.uniform(0.25, 0.75)
        canvas = canvas + (255 - canvas) * spot[..., None]
    wanted = rng.uniform(105, 165)  # a phone meters the whole and brings it to a middle grey
    canvas = canvas * np.clip(wanted / max(1.0, float(canvas.mean())), 0.75, 1.6)
    warmth = rng.uniform(-0.06, 0.06)
    return canvas * np.array([1 + warmth, 1, 1 - warmth], np.float32)


def _keep(canvas: Floats, rng: random.Random) -> bytes:
    """Lens blur, sensor noise and JPEG."""
    blur = rng.choice([0, 0, 0.5, 0.7, 0.9, 1.1])
    if blur:
        canvas = cv2.GaussianBlur(canvas, (0, 0), blur)
    noise = np.random.default_rng(rng.randrange(1 << 30)).normal(0, rng.uniform(0.5, 6), canvas.shape)
    pixels = np.clip(canvas + noise, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=rng.randint(62, 93), subsampling=rng.choice([0, 2]))
    return out.getvalue()


def ground(size_px: tuple[int, int], rng: random.Random) -> Image.Image:
    """A table, a cloth, a shelf or a wall."""
    width, height = size_px
    kind = rng.choice(["wood", "cloth", "plain", "plain", "shelf"])
    base = np.array(rng.choice([(196, 164, 124), (120, 92, 70), (228, 226, 220), (90, 96, 104), (205, 212, 218),
                                (232, 220, 204), (52, 54, 60), (150, 170, 160)]), np.float32)  # fmt: skip
    noise = np.random.default_rng(rng.randrange(1 << 30))
    rough = noise.normal(0, 1, (height // 4, width // 4)).astype(np.float32)
    if kind == "wood":
        rough = cv2.GaussianBlur(rough, (0, 0), sigmaX=60, sigmaY=1.2) * 90
    elif kind == "cloth":
        rough = cv2.GaussianBlur(rough, (0, 0), 1) * 12 + 6 * np.sin(np.arange(width // 4) * 1.4)[None]
    else:
        rough = cv2.GaussianBlur(rough, (0, 0), 40) * 60
    pixels = base + cv2.resize(rough, (width, height))[..., None]
    if kind == "shelf":
        pixels[round(height * rng.uniform(0.8, 0.95)) :] *= 0.7
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def corners_of(box: tuple[float, float, float, float], rng: random.Random, turn_degrees: float, lean: float) -> Quad:
    """The corners of a sheet that fills `box`, turned a little and seen a little from the side."""
    x1, y1, x2, y2 = box
    cx, cy, w, h = (x1 + x2) / 2, (y1 + y2) / 2, (x2 - x1) / 2, (y2 - y1) / 2
    a = np.deg2rad(turn_degrees)
    quad = []
    for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        x, y = sx * w * (1 + rng.uniform(-lean, lean)), sy * h * (1 + rng.uniform(-lean, lean))
        quad.append((cx + x * np.cos(a) - y * np.sin(a), cy + x * np.sin(a) + y * np.cos(a)))
    return tuple((float(x), float(y)) for x, y in quad)  # pyright: ignore[reportReturnType]
