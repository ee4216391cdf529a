"""A sheet that remembers what was written on it, and where.

Enters: words with the name of the field they tell. Leaves: an RGB picture and marks. Does not know cameras.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import zxingcpp
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from fields.lettering import font

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]
Role = Literal["label", "value"]


@dataclass(frozen=True)
class Mark:
    """Words of a field in one run. Runs with the same `place` stand together; a field may be told at several places."""

    field: str
    role: Role
    place: int
    quad: Quad


@dataclass(frozen=True)
class Style:
    """How a run is written: `latin` is the font for words without Chinese characters."""

    size_px: int
    colour: str = "#222222"
    font: str = "hei"
    latin: str | None = None
    gap_px: int = 0

    def sized(self, size_px: float) -> "Style":
        return replace(self, size_px=round(size_px))

    def but(self, **other: object) -> "Style":
        return replace(self, **other)  # pyright: ignore[reportArgumentType]


class Sheet:
    """A surface of `size_px` to write on, in its own pixels."""

    def __init__(self, size_px: tuple[int, int], colour: str) -> None:
        self.image = Image.new("RGB", size_px, colour)
        self.width, self.height = size_px
        self.marks: list[Mark] = []
        self._places = 0

    @property
    def draw(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image)

    def place(self) -> int:
        """A number for the next place where a field is told."""
        self._places += 1
        return self._places

    def write(
        self,
        at: Point,
        words: str,
        style: Style,
        field: str | None = None,
        role: Role = "value",
        place: int | None = None,
        anchor: str = "l",
    ) -> float:
        """Writes one line with its top at `at[1]`; anchor l, m or r. The width it takes."""
        face = self._face(words, style)
        width = self.width_of(words, style)
        x, y = at[0] - {"l": 0.0, "m": width / 2, "r": width}[anchor], at[1]
        if style.gap_px:
            left = x
            for letter in words:
                self.draw.text((left, y + style.size_px / 2), letter, style.colour, face, "lm")
                left += face.getlength(letter) + style.gap_px
        else:
            self.draw.text((x, y + style.size_px / 2), words, style.colour, face, "lm")
        if field:
            place = self.place() if place is None else place
            box = ((x, y), (x + width, y), (x + width, y + style.size_px), (x, y + style.size_px))
            self.marks.append(Mark(field, role, place, box))
        return width

    def width_of(self, words: str, style: Style) -> float:
        face = self._face(words, style)
        return (
            sum(face.getlength(c) for c in words) + style.gap_px * (len(words) - 1)
            if style.gap_px
            else (face.getlength(words))
        )

    def fit(self, words: str, style: Style, width: float) -> Style:
        """The style, made smaller until `words` fit."""
        while style.size_px > 12 and self.width_of(words, style) > width:
            style = style.but(size_px=style.size_px - 1, gap_px=max(0, style.gap_px - 1))
        return style

    def paragraph(
        self,
        at: Point,
        label: str,
        words: str,
        style: Style,
        width: float,
        field: str | None = None,
        label_style: Style | None = None,
        leading: float = 1.35,
    ) -> float:
        """A label and a text that runs over lines of `width`; the y below it."""
        place = self.place()
        x, y = at
        if label:
            x += self.write(at, label, label_style or style, field, "label", place)
        for line in self._broken(words, style, width, x - at[0]):
            if line:
                self.write((x, y), line, style, field, "value", place)
            x, y = at[0], y + style.size_px * leading
        return y

    def _broken(self, words: str, style: Style, width: float, first_taken: float) -> list[str]:
        lines, line, room = [], "", width - first_taken
        for piece in _pieces(words):
            if line and self.width_of(line + piece.rstrip(), style) > room:
                lines.append(line.rstrip())
                line, room = "", width
            elif not line and not lines and self.width_of(piece.rstrip(), style) > room:
                lines.append("")  # not even one word beside the label
                room = width
            line += piece
        return [*lines, line.rstrip()]

    def dots(self, at: Point, words: str, height_px: int, colour: str, field: str | None, place: int | None) -> float:
        """A line as an ink jet prints it: dots on a raster of 9 rows."""
        face = font("mono bold", 9)
        raster = Image.new("1", (round(face.getlength(words)) + 1, 11))
        ImageDraw.Draw(raster).text((0, 0), words, fill=1, font=face)
        step, radius = height_px / 9, height_px / 9 * 0.56
        for x in range(raster.width):
            for y in range(raster.height):
                if raster.getpixel((x, y)):
                    cx, cy = at[0] + x * step, at[1] + y * step
                    self.draw.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=colour)
        width = raster.width * step
        if field:
            (x, y), bottom = at, at[1] + height_px * 1.15
            quad = ((x, y), (x + width, y), (x + width, bottom), (x, bottom))
            self.marks.append(Mark(field, "value", self.place() if place is None else place, quad))
        return width

    def lay(self, other: "Sheet", at: Point, turn: int = 0) -> None:
        """Lays another sheet with its top left at `at`, turned by `turn` quarter turns anticlockwise."""
        image = other.image
        for _ in range(turn % 4):
            image = image.transpose(Image.Transpose.ROTATE_90)
        self.image.paste(image, (round(at[0]), round(at[1])))
        self._places += 1
        base = self._places
        for mark in other.marks:
            quad = mark.quad
            width = other.width
            for quarter in range(turn % 4):
                width = other.width if quarter % 2 == 0 else other.height
                quad = tuple((y, width - x) for x, y in quad)
            moved = tuple((x + at[0], y + at[1]) for x, y in quad)
            self.marks.append(replace(mark, place=base + mark.place, quad=moved))  # pyright: ignore
        self._places += other._places

    def wash(self, box: Sequence[float], top: str, bottom: str, mask: Image.Image | None = None) -> None:
        """A vertical gradient in `box`."""
        x1, y1, x2, y2 = map(round, box)
        size = (max(1, x2 - x1), max(1, y2 - y1))
        self.image.paste(gradient(size, top, bottom), (x1, y1), mask)

    def oval(self, at: Point, across: float, down: float, light: str, dark: str, turn: float = 0.0) -> None:
        """A lit oval: fruit, nuts, a bowl."""
        size = (max(2, round(across * 2)), max(2, round(down * 2)))
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).ellipse((0, 0, size[0] - 1, size[1] - 1), fill=255)
        patch = gradient(size, light, dark)
        if turn:
            mask, patch = mask.rotate(turn, expand=True), patch.rotate(turn, expand=True)
        self.image.paste(patch, (round(at[0] - patch.width / 2), round(at[1] - patch.height / 2)), mask)

    def soften(self, box: Sequence[int], radius_px: float) -> None:
        part = self.image.crop(tuple(box)).filter(ImageFilter.GaussianBlur(radius_px))  # pyright: ignore
        self.image.paste(part, (box[0], box[1]))

    def tint(self, mask: Image.Image, colour: str, strength: float) -> None:
        """Lays `colour` where `mask` (L, the sheet's size) is bright."""
        self.image.paste(Image.new("RGB", self.image.size, colour), (0, 0), mask.point(lambda v: int(v * strength)))

    def barcode(self, at: Point, digits: str, module_px: int, height_px: int, field: str | None = "barcode") -> None:
        """An EAN-13 on white with its digits below."""
        x, y = round(at[0]), round(at[1])
        bars = ean_bars(digits, module_px, height_px)
        below = 9 * module_px
        self.draw.rectangle((x - 11 * module_px, y - 5 * module_px, x + bars.width + 8 * module_px,
                             y + height_px + below + 3 * module_px), fill="white")  # fmt: skip
        self.image.paste(bars, (x, y))
        style = Style(9 * module_px, "#111111", "arial", gap_px=module_px // 2)
        place = self.place()
        top = y + height_px + module_px
        for left, part in ((-9, digits[0]), (4, digits[1:7]), (50, digits[7:])):
            self.write((x + left * module_px, top), part, style)
        if field:
            box = (x, y, x + bars.width, y + height_px)
            digit_box = (x - 9 * module_px, top, x + 93 * module_px, top + below)
            self.marks.append(Mark(field, "value", place, _rectangle(*box)))
            self.marks.append(Mark(field, "label", place, _rectangle(*digit_box)))

    def _face(self, words: str, style: Style):
        is_latin = style.latin and not any(ord(c) >= 0x2E80 for c in words)
        return font(style.latin if is_latin and style.latin else style.font, style.size_px)


def _rectangle(x1: float, y1: float, x2: float, y2: float) -> Quad:
    return (x1, y1), (x2, y1), (x2, y2), (x1, y2)


def _pieces(words: str) -> list[str]:
    """Where a line may break: behind each Chinese character and each blank, never before punctuation."""
    pieces: list[str] = []
    for letter in words:
        joins = pieces and (letter in "，。、；：）)》%,.;: " or (_is_word(letter) and _is_word(pieces[-1][-1])))
        if joins or (pieces and pieces[-1][-1] in "（(《"):
            pieces[-1] += letter
        else:
            pieces.append(letter)
    return pieces


def _is_word(letter: str) -> bool:
    return ord(letter) < 0x2E80 and letter not in " ,，"


def gradient(size_px: tuple[int, int], top: str, bottom: str) -> Image.Image:
    column = Image.linear_gradient("L").resize(size_px)
    return Image.composite(Image.new("RGB", size_px, bottom), Image.new("RGB", size_px, top), column)


def ean_bars(digits: str, module_px: int, height_px: int) -> Image.Image:
    """The bars of a valid EAN-13. zxing-cpp refuses a wrong check digit."""
    code = zxingcpp.create_barcode(digits, zxingcpp.BarcodeFormat.EAN13)
    whole = Image.fromarray(code.to_image(scale=1, add_hrt=False, add_quiet_zones=False))
    row = whole.crop((0, 0, whole.width, 1)).convert("RGB")
    return row.resize((row.width * module_px, height_px), Image.Resampling.NEAREST)


def blob(size_px: tuple[int, int], at: Point, radius: float, rng, wobble: float = 0.2) -> Image.Image:
    """A mask of a smooth irregular patch."""
    phases = [rng.uniform(0, 6.28) for _ in range(3)]
    points = []
    for step in range(90):
        angle = step / 90 * 2 * math.pi
        r = radius * (1 + wobble * sum(math.sin((k + 2) * angle + phases[k]) / (k + 1.5) for k in range(3)))
        points.append((at[0] + r * math.cos(angle), at[1] + r * math.sin(angle)))
    mask = Image.new("L", size_px)
    ImageDraw.Draw(mask).polygon(points, fill=255)
    return ImageChops.multiply(mask, Image.new("L", size_px, 255))
