"""The table, the light and the camera: sheets become things that stand or lie somewhere.

Enters: sheets and where they stand, in centimetres. Leaves: an RGB picture with shadows.
Does not know: what is drawn on the sheets.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor, ImageDraw, ImageFilter

from sample_art.brush import Point, gradient, polygon_mask

Floats = npt.NDArray[np.float64]
LIGHT = (0.55, -1.0, -0.35)  # from the upper left and the front; shadows fall to the right and back
EXPOSURE = 0.965  # paper photographs below 250: what is brighter counts as glare (perception/quality.py, BURNT_OUT)
BEND = 0.8  # of the cylinder's radius that a sheet covers: up to the rim, letters would shrink to nothing


@dataclass(frozen=True)
class Camera:
    """A pinhole above the table (y = 0), looking at (0, `aim_cm`, 0). x runs right, y up, z towards the camera."""

    height_cm: float
    distance_cm: float
    aim_cm: float
    focal_px: float
    middle_px: Point

    def project(self, points_cm: Sequence[Sequence[float]]) -> list[Point]:
        pitch = math.atan2(self.height_cm - self.aim_cm, self.distance_cm)
        flat = []
        for x, y, z in points_cm:
            up, away = y - self.height_cm, self.distance_cm - z
            depth = away * math.cos(pitch) - up * math.sin(pitch)
            rise = away * math.sin(pitch) + up * math.cos(pitch)
            flat.append(
                (self.middle_px[0] + self.focal_px * x / depth, self.middle_px[1] - self.focal_px * rise / depth)
            )
        return flat


@dataclass(frozen=True)
class Block:
    """A box standing at (`x_cm`, 0, `z_cm`), turned by `yaw_degrees` (positive: its right side comes into view)."""

    width_cm: float
    height_cm: float
    depth_cm: float
    yaw_degrees: float
    x_cm: float = 0.0
    z_cm: float = 0.0

    def at(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """A point given in halves of width and depth (-1..1) and in whole heights (0..1), in the room."""
        a = math.radians(-self.yaw_degrees)
        px, pz = x * self.width_cm / 2, z * self.depth_cm / 2
        turned = px * math.cos(a) + pz * math.sin(a), -px * math.sin(a) + pz * math.cos(a)
        return self.x_cm + turned[0], y * self.height_cm, self.z_cm + turned[1]

    def face(self, side: str) -> list[tuple[float, float, float]]:
        """Corners of a side, clockwise from its own top left, as seen from outside."""
        corners = {
            "front": [(-1, 1, 1), (1, 1, 1), (1, 0, 1), (-1, 0, 1)],
            "right": [(1, 1, 1), (1, 1, -1), (1, 0, -1), (1, 0, 1)],
            "left": [(-1, 1, -1), (-1, 1, 1), (-1, 0, 1), (-1, 0, -1)],
            "top": [(-1, 1, -1), (1, 1, -1), (1, 1, 1), (-1, 1, 1)],
        }
        return [self.at(*corner) for corner in corners[side]]


class Stage:
    """A picture in the making, `size_px` as drawn: twice the final size, for smooth edges."""

    def __init__(self, size_px: tuple[int, int], camera: Camera | None = None) -> None:
        self.image = Image.new("RGBA", size_px)
        self.camera = camera or Camera(0, 1, 0, 1, (0, 0))

    def room(self, wall: tuple[str, str], table: tuple[str, str], horizon: float) -> None:
        """Wall and table with a soft line between them and light from the upper left."""
        width, height = self.image.size
        line = round(height * horizon)
        self.image.paste(gradient((width, line), *wall), (0, 0))
        self.image.paste(gradient((width, height - line), *table), (0, line))
        self.image = self.image.filter(ImageFilter.GaussianBlur(height / 130))
        self._light()

    def ground(self, light: str, dark: str) -> None:
        """A plain table seen from above."""
        self.image.paste(gradient(self.image.size, light, dark), (0, 0))
        self._light()

    def _light(self) -> None:
        width, height = self.image.size
        ys, xs = np.mgrid[0:1:180j, 0:1:180j]  # pyright: ignore[reportArgumentType]
        distance = np.hypot(xs - 0.32, (ys - 0.25) * 0.9)
        lift = (1.05 - 0.2 * np.clip(distance, 0, 1) ** 1.6).astype(np.float32)
        field = Image.fromarray(lift).resize((width, height), Image.Resampling.BICUBIC)  # mode F: 8 bits would band
        pixels = np.asarray(self.image.convert("RGB"), np.float32) * np.asarray(field)[..., None]
        self.image = Image.fromarray(np.clip(pixels, 0, 255).round().astype(np.uint8)).convert("RGBA")

    def shade(self, points: Sequence[Point], blur_px: float, strength: float, colour: str = "#1c1410") -> None:
        """A blurred dark polygon."""
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).polygon(points, fill=round(255 * strength))
        shadow = Image.new("RGBA", self.image.size, colour)
        shadow.putalpha(mask.filter(ImageFilter.GaussianBlur(blur_px)))
        self.image.alpha_composite(shadow)

    def cast(self, points_cm: Sequence[Sequence[float]], strength: float = 0.34) -> None:
        """The shadow of a thing with these corners on the table: wide and faint, close and dark at its foot."""
        fallen = [(x - y * LIGHT[0] / LIGHT[1], 0.0, z - y * LIGHT[2] / LIGHT[1]) for x, y, z in points_cm]
        foot = [p for p in points_cm if p[1] < 0.01]
        scale = self.image.height / 100
        self.shade(hull(self.camera.project(fallen)), 2.6 * scale, strength * 0.75)
        low = [
            (x - min(y, 2.0) * LIGHT[0] / LIGHT[1], 0.0, z - min(y, 2.0) * LIGHT[2] / LIGHT[1]) for x, y, z in points_cm
        ]
        self.shade(hull(self.camera.project(low)), 0.9 * scale, strength)
        self.shade(hull(self.camera.project(foot)), 0.45 * scale, strength * 1.6)

    def put(self, sheet: Image.Image, corners_px: Sequence[Point], light: tuple[float, float] = (1.0, 1.0)) -> None:
        """`sheet` in perspective, its corners (clockwise from the top left) there; `light` left and right."""
        lit = lighten(sheet, *light)
        width = max(math.dist(corners_px[0], corners_px[1]), math.dist(corners_px[3], corners_px[2]))
        height = max(math.dist(corners_px[0], corners_px[3]), math.dist(corners_px[1], corners_px[2]))
        size_px = (max(1, min(lit.width, round(width))), max(1, min(lit.height, round(height))))
        if size_px != lit.size:  # a smaller copy first: PERSPECTIVE looks at 4 x 4 pixels only
            lit = lit.resize(size_px, Image.Resampling.LANCZOS)
        framed = Image.new("RGBA", (lit.width + 4, lit.height + 4))
        framed.paste(lit, (2, 2))
        inner = [(2, 2), (2 + lit.width, 2), (2 + lit.width, 2 + lit.height), (2, 2 + lit.height)]
        factors = homography(corners_px, inner)
        warped = framed.transform(self.image.size, Image.Transform.PERSPECTIVE, factors, Image.Resampling.BICUBIC)
        self.image.alpha_composite(warped)

    def put_face(
        self, sheet: Image.Image, corners_cm: Sequence[Sequence[float]], light: tuple[float, float] = (1.0, 1.0)
    ) -> None:
        self.put(sheet, self.camera.project(corners_cm), light)

    def fill(self, points_cm: Sequence[Sequence[float]], top: str, bottom: str) -> None:
        """A flat side without anything on it, in a gradient over its height."""
        mask = polygon_mask(self.image.size, self.camera.project(points_cm))
        box = mask.getbbox()
        if box:
            self.image.paste(gradient((box[2] - box[0], box[3] - box[1]), top, bottom), box[:2], mask.crop(box))

    def drop(self, sheet: Image.Image, at: Point, lift_px: float = 24, strength: float = 0.35) -> None:
        """`sheet` lying on the table with its middle at `at`, its shadow to the lower right."""
        left, top = round(at[0] - sheet.width / 2), round(at[1] - sheet.height / 2)
        for factor, part in ((1.0, 0.75), (0.25, 0.7)):
            mask = Image.new("L", self.image.size)
            mask.paste(
                fainter(sheet, strength * part), (round(left + lift_px * factor), round(top + lift_px * factor * 1.2))
            )
            shadow = Image.new("RGBA", self.image.size, "#1c1410")
            shadow.putalpha(mask.filter(ImageFilter.GaussianBlur(lift_px * factor)))
            self.image.alpha_composite(shadow)
        layer = Image.new("RGBA", self.image.size)
        layer.paste(sheet, (left, top))
        self.image.alpha_composite(layer)

    def finish(self) -> Image.Image:
        """The picture at its final size, RGB."""
        half = (self.image.width // 2, self.image.height // 2)
        exposed = self.image.convert("RGB").point([round(level * EXPOSURE) for level in range(256)] * 3)
        return exposed.resize(half, Image.Resampling.LANCZOS)


def fainter(sheet: Image.Image, share: float) -> Image.Image:
    """How much of each pixel of `sheet` is there, times `share`: the mask of its shadow."""
    return sheet.getchannel("A").point([round(level * share) for level in range(256)])


def lighten(sheet: Image.Image, left: float, right: float) -> Image.Image:
    """`sheet` with its light changing evenly from `left` to `right`."""
    if (left, right) == (1.0, 1.0):
        return sheet
    pixels = np.array(sheet, np.float32)
    pixels[..., :3] *= np.linspace(left, right, sheet.width, dtype=np.float32)[None, :, None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def wrap(sheet: Image.Image, bulge_px: float, lights: Sequence[tuple[float, float]]) -> Image.Image:
    """`sheet` around an upright cylinder seen a little from above: columns crowd at the edges and its foot curves.

    `lights` are (place 0..1, brightness) from left to right.
    """
    across = np.linspace(-1, 1, sheet.width)
    source = (np.arcsin(across * BEND) / math.asin(BEND) + 1) / 2 * (sheet.width - 1)
    bright = np.interp((across + 1) / 2, [p for p, _ in lights], [b for _, b in lights])
    pixels = np.array(sheet, np.float32)[:, np.round(source).astype(int)]
    pixels[..., :3] *= bright[None, :, None]
    rows = np.arange(sheet.height + math.ceil(bulge_px))[:, None] - bulge_px * np.sqrt(1 - (across * 0.9) ** 2)[None]
    inside = (rows >= 0) & (rows <= sheet.height - 1)
    bent = pixels[np.clip(np.round(rows), 0, sheet.height - 1).astype(int), np.arange(sheet.width)[None]]
    bent[..., 3] *= inside
    return Image.fromarray(np.clip(bent, 0, 255).astype(np.uint8))


def puff(sheet: Image.Image, depth: float, creases: Sequence[tuple[float, float, float]] = ()) -> Image.Image:
    """`sheet` as soft foil: bright in its upper left, dark at its edges; `creases` are (x, y, angle) in 0..1."""
    ys, xs = np.mgrid[-1 : 1 : sheet.height * 1j, -1 : 1 : sheet.width * 1j]  # pyright: ignore[reportArgumentType]
    shade = 1 + depth * (0.35 - 0.9 * np.abs(xs) ** 3.2 - 0.45 * np.abs(ys) ** 5 - 0.25 * xs - 0.1 * ys)
    shade += depth * 0.55 * np.exp(-(((xs + 0.55) / 0.16) ** 2)) * (1 - np.abs(ys) ** 2)
    for x, y, angle in creases:
        along = (xs - (2 * x - 1)) * math.cos(angle) + (ys - (2 * y - 1)) * math.sin(angle)
        away = -(xs - (2 * x - 1)) * math.sin(angle) + (ys - (2 * y - 1)) * math.cos(angle)
        shade += depth * 0.5 * np.exp(-((along / 0.35) ** 2)) * -np.tanh(away / 0.03) * np.exp(-((away / 0.08) ** 2))
    pixels = np.array(sheet, np.float32)
    pixels[..., :3] *= shade[..., None].astype(np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def homography(to: Sequence[Point], of: Sequence[Point]) -> tuple[float, ...]:
    """The eight factors with which Pillow finds, for a point of quadrilateral `to`, its point in `of`."""
    rows, values = [], []
    for (x, y), (u, v) in zip(to, of, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(float(f) for f in np.linalg.solve(np.array(rows, float), np.array(values, float)))


def hull(points: Sequence[Point]) -> list[Point]:
    """The convex outline of `points` (Andrew's monotone chain)."""
    ordered = sorted(set(points))

    def half(row: list[Point]) -> list[Point]:
        line: list[Point] = []
        for p in row:
            while len(line) > 1 and _turn(line[-2], line[-1], p) <= 0:
                line.pop()
            line.append(p)
        return line[:-1]

    return half(ordered) + half(ordered[::-1])


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def mix(first: str, second: str, share: float) -> str:
    """`first` with `share` (0..1) of `second`, as #rrggbb."""
    a, b = (ImageColor.getrgb(c)[:3] for c in (first, second))
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a, b, strict=True))
