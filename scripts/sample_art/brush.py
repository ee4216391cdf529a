"""A sheet to draw on: letters, soft shapes, gradients, fruit and barcodes.

Enters: words, colours, places in the sheet's own pixels. Leaves: an RGBA picture.
Does not know: cameras, tables and shadows (`stage.py`), what is on a pack (`food.py`, `goods.py`).
"""

import math
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import zxingcpp
from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter, ImageFont

Point = tuple[float, float]
Floats = npt.NDArray[np.float64]
STYLES = {
    "sans": "Noto Sans CJK SC",
    "bold": "Noto Sans CJK SC:bold",
    "serif": "Noto Serif CJK SC",
    "serif bold": "Noto Serif CJK SC:bold",
}  # Debian's fonts-noto-cjk (OFL-1.1): the letters are drawn, the fonts are not shipped
EAN_MODULES = 95  # GS1 General Specifications 5.2.1.2: width of an EAN-13 without its quiet zones


class Lettering:
    """Fonts by style, and what is written with them, in order.

    `own` is one font file used for every style; without it fontconfig finds them. The run of number `left_out` is
    not written: what differs then from the whole picture is where it stands.
    """

    def __init__(self, own: Path | None = None, left_out: int | None = None) -> None:
        self._own, self._left_out = own, left_out
        self.written: list[str] = []

    def leaves_out(self, words: str) -> bool:
        """Notes `words` as written next; whether they are to be left out."""
        self.written.append(words)
        return len(self.written) - 1 == self._left_out

    @cache  # noqa: B019 - one Lettering lives as long as the script
    def font(self, size_px: int, style: str) -> ImageFont.FreeTypeFont:
        """The font of `style` (a key of STYLES) at `size_px`. Raises OSError when there is none."""
        path, index = (str(self._own), 0) if self._own else _match(STYLES[style])
        return ImageFont.truetype(path, size_px, index=index)


def _match(pattern: str) -> tuple[str, int]:
    found = subprocess.run(["fc-match", "-f", "%{file}|%{index}", pattern], capture_output=True, text=True, check=True)
    path, index = found.stdout.split("|")
    if "CJK" not in path:
        raise OSError(f"fontconfig answers {path} for {pattern}: install fonts-noto-cjk or give --font.")
    return path, int(index)


class Sheet:
    """A surface of `size_px` in `colour` (any CSS colour, or RGBA), to draw on in its own pixels."""

    def __init__(self, size_px: tuple[int, int], colour: str, lettering: Lettering) -> None:
        self.image = Image.new("RGBA", size_px, colour)
        self.lettering = lettering
        self.width, self.height = size_px

    @property
    def draw(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image)

    def write(
        self, at: Point, words: str, size_px: int, colour: str, style: str = "sans", anchor: str = "lm", gap_px: int = 0
    ) -> float:
        """Writes one line, `gap_px` between its letters; the width in pixels. `anchor` as Pillow's, first l, m or r."""
        font = self.lettering.font(size_px, style)
        width = sum(font.getlength(c) for c in words) + gap_px * (len(words) - 1) if gap_px else font.getlength(words)
        if self.lettering.leaves_out(words):
            return width
        if not gap_px:
            self.draw.text(at, words, fill=colour, font=font, anchor=anchor)
            return width
        x = at[0] - {"l": 0.0, "m": width / 2, "r": width}[anchor[0]]
        for letter in words:
            self.draw.text((x, at[1]), letter, fill=colour, font=font, anchor="l" + anchor[1])
            x += font.getlength(letter) + gap_px
        return width

    def wash(self, box: tuple[int, int, int, int], top: str, bottom: str, mask: Image.Image | None = None) -> None:
        """A gradient from `top` to `bottom` in `box`, within `mask` (L, the box's size) if there is one."""
        patch = gradient((box[2] - box[0], box[3] - box[1]), top, bottom)
        self.image.paste(patch, box[:2], mask)

    def rounded(
        self, box: Sequence[float], radius: float, fill: str | None, outline: str | None = None, width: int = 1
    ) -> None:
        self.draw.rounded_rectangle(box, radius, fill, outline, width)

    def shape(self, points: Sequence[Point], top: str, bottom: str | None = None) -> None:
        """A polygon in one colour, or in a gradient over its height."""
        mask = polygon_mask(self.image.size, points)
        box = mask.getbbox()
        if box:
            self.wash(box, top, bottom or top, mask.crop(box))

    def glow(self, at: Point, radius: float, colour: str, strength: float = 1.0) -> None:
        """Light that fades out at `radius`."""
        ys, xs = np.mgrid[0 : self.height, 0 : self.width]
        distance = np.hypot(xs - at[0], ys - at[1]) / radius
        alpha = np.clip(1 - distance, 0, 1) ** 2 * 255 * strength
        light = Image.new("RGBA", self.image.size, colour)
        light.putalpha(ImageChops.multiply(Image.fromarray(alpha.astype(np.uint8)), self.image.getchannel("A")))
        self.image.alpha_composite(light)

    def lay(self, other: Image.Image, at: Point, turn_degrees: float = 0.0) -> None:
        """Lays `other` with its middle at `at`, turned anticlockwise."""
        turned = other.rotate(turn_degrees, Image.Resampling.BICUBIC, expand=True) if turn_degrees else other
        layer = Image.new("RGBA", self.image.size)
        layer.paste(turned, (round(at[0] - turned.width / 2), round(at[1] - turned.height / 2)))
        self.image.alpha_composite(layer)

    def barcode(self, at: Point, digits: str, module_px: int, height_px: int) -> None:
        """An EAN-13 on white with its digits below, the top left of its bars at `at`."""
        x, y = round(at[0]), round(at[1])
        quiet, below = 11 * module_px, 9 * module_px  # GS1: 11 modules left, 7 right
        width = EAN_MODULES * module_px
        self.rounded(
            (x - quiet, y - quiet // 2, x + width + quiet, y + height_px + below + quiet // 2), 3 * module_px, "white"
        )
        if not self.lettering.leaves_out(digits):
            self.image.paste(ean_bars(digits, module_px, height_px), (x, y))
        size_px = 10 * module_px
        middle = y + height_px + below / 2 + module_px
        self.write((x - 1.5 * module_px, middle), digits[0], size_px, "#111", anchor="rm")
        self.write((x + 25 * module_px, middle), digits[1:7], size_px, "#111", anchor="mm", gap_px=module_px // 2)
        self.write((x + 71 * module_px, middle), digits[7:], size_px, "#111", anchor="mm", gap_px=module_px // 2)


def ean_bars(digits: str, module_px: int, height_px: int) -> Image.Image:
    """The bars of a valid EAN-13, each module `module_px` wide. zxing-cpp refuses a wrong check digit."""
    code = zxingcpp.create_barcode(digits, zxingcpp.BarcodeFormat.EAN13)
    pixels = np.array(code.to_image(scale=1, add_hrt=False, add_quiet_zones=False), np.uint8)
    row = Image.fromarray(pixels[:1])
    return row.resize((row.width * module_px, height_px), Image.Resampling.NEAREST).convert("RGBA")


def gradient(size_px: tuple[int, int], top: str, bottom: str) -> Image.Image:
    """From `top` to `bottom`, RGBA."""
    first, last = (np.array(ImageColor.getcolor(c, "RGBA"), float) for c in (top, bottom))
    share = np.linspace(0, 1, max(1, size_px[1]))[:, None]
    column = (first + (last - first) * share).round().astype(np.uint8)[:, None]
    return Image.fromarray(np.repeat(column, max(1, size_px[0]), axis=1))


def polygon_mask(size_px: tuple[int, int], points: Sequence[Point]) -> Image.Image:
    mask = Image.new("L", size_px)
    ImageDraw.Draw(mask).polygon([(float(x), float(y)) for x, y in points], fill=255)
    return mask


def curve(points: Sequence[Point], steps: int = 24, closed: bool = True) -> list[Point]:
    """A smooth line through `points` (Catmull-Rom spline)."""
    count = len(points)
    at = (lambda i: points[i % count]) if closed else (lambda i: points[min(max(i, 0), count - 1)])
    line: list[Point] = []
    for i in range(count if closed else count - 1):
        p0, p1, p2, p3 = (np.array(at(i + k), float) for k in (-1, 0, 1, 2))
        for t in np.linspace(0, 1, steps, endpoint=False):
            x, y = 0.5 * (
                2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
            )
            line.append((float(x), float(y)))
    return line if closed else [*line, points[-1]]


def oval(centre: Point, across: float, down: float, steps: int = 96) -> list[Point]:
    return [
        (centre[0] + across * math.cos(a), centre[1] + down * math.sin(a)) for a in np.linspace(0, 2 * math.pi, steps)
    ]


def lower_half(centre: Point, across: float, down: float) -> list[Point]:
    """The near rim of a round thing, from its left to its right."""
    return [(centre[0] - across * math.cos(a), centre[1] + down * math.sin(a)) for a in np.linspace(0, math.pi, 48)]


def leaf(
    sheet: Sheet, root: Point, tip: Point, breadth: float, colours: tuple[str, str], vein: str | None = None
) -> None:
    """A leaf from `root` to `tip`, `breadth` of its length wide."""
    (x1, y1), (x2, y2) = root, tip
    dx, dy = x2 - x1, y2 - y1
    side = [(0.0, 0.0), (0.25, 0.75), (0.55, 1.0), (0.85, 0.5), (1.0, 0.0), (0.85, -0.5), (0.55, -1.0), (0.25, -0.75)]
    points = [(x1 + t * dx - s * breadth / 2 * dy, y1 + t * dy + s * breadth / 2 * dx) for t, s in side]
    sheet.shape(curve(points), *colours)
    if vein:
        sheet.draw.line([root, (x1 + 0.9 * dx, y1 + 0.9 * dy)], fill=vein, width=max(2, round(math.hypot(dx, dy) / 60)))


def ball(size_px: int, outline: Sequence[Point], light: str, middle: str, dark: str) -> Image.Image:
    """A round thing lit from the upper left; `outline` in -1..1 around its middle."""
    ys, xs = np.mgrid[-1 : 1 : size_px * 1j, -1 : 1 : size_px * 1j]  # pyright: ignore[reportArgumentType]
    distance = np.clip(np.hypot(xs + 0.34, ys + 0.38) / 1.45, 0, 1)
    stops = [np.array(ImageColor.getrgb(c), float) for c in (light, middle, dark)]
    inner = np.clip(distance / 0.5, 0, 1)[..., None]
    outer = np.clip((distance - 0.5) / 0.5, 0, 1)[..., None]
    pixels = stops[0] + (stops[1] - stops[0]) * inner + (stops[2] - stops[1]) * outer
    image = Image.fromarray(pixels.round().astype(np.uint8)).convert("RGBA")
    half = size_px / 2
    image.putalpha(polygon_mask(image.size, [(half + x * half, half + y * half) for x, y in outline]))
    return image


def apple(
    size_px: int, lettering: Lettering, light: str = "#f6a26b", middle: str = "#d4372c", dark: str = "#8d1420"
) -> Image.Image:
    """An apple with stem, leaf and a soft highlight."""
    sheet = Sheet((size_px, size_px), "#0000", lettering)
    fruit = ball(round(size_px * 0.84), _apple_outline(), light, middle, dark)
    sheet.lay(fruit, (size_px * 0.5, size_px * 0.57))
    shine = Image.new("RGBA", sheet.image.size, "#fff0")
    ImageDraw.Draw(shine).ellipse([size_px * 0.24, size_px * 0.34, size_px * 0.38, size_px * 0.52], fill="#ffffffb0")
    sheet.image.alpha_composite(shine.filter(ImageFilter.GaussianBlur(size_px * 0.03)))
    stem = [(size_px * 0.5, size_px * 0.3), (size_px * 0.51, size_px * 0.2), (size_px * 0.55, size_px * 0.1)]
    sheet.draw.line(curve(stem, closed=False), fill="#5b3a21", width=max(3, size_px // 36), joint="curve")
    leaf(
        sheet, (size_px * 0.52, size_px * 0.2), (size_px * 0.82, size_px * 0.06), 0.5, ("#7dbb4f", "#3f7f35"), "#3a7330"
    )
    return sheet.image


def _apple_outline() -> list[Point]:
    """A circle with a dimple above and below, narrower at the foot."""
    line = []
    for a in np.linspace(0, 2 * math.pi, 180):
        x, y = math.cos(a), math.sin(a)
        radius = (
            0.97
            - 0.17 * math.exp(-(((a - 1.5 * math.pi) / 0.32) ** 2))
            - 0.07 * math.exp(-(((a - 0.5 * math.pi) / 0.25) ** 2))
        )
        line.append((radius * x * (1 - 0.13 * max(0.0, y)), radius * y * 0.96))
    return line
