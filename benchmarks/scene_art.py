"""Draws scenes of several packs on white, on a table or on shelves, with clutter, and says where each pack stands.

Enters: a seed and the project's own sample pictures. Leaves: an RGB picture and the boxes of its packs as seen.
Does not know: how regions are found. Half of the packs are cut out of the samples by the outlines below (thousandths of
the sample's sides, set by eye), half are plain boxes, bottles and bags in other colours. Same seed, same picture.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SAMPLES = Path(__file__).parents[1] / "src/tujian/data/samples"
OUTLINES = {
    "biscuits": [(157, 91), (783, 91), (769, 450), (771, 625), (160, 625)],
    "book": [(49, 147), (508, 119), (541, 845), (81, 866)],
    "headphones": [(142, 91), (299, 73), (856, 101), (831, 808), (726, 915), (165, 794)],
    "honey": [(277, 169), (500, 153), (723, 169), (723, 278), (706, 290), (764, 343), (766, 865), (734, 893),
              (263, 893), (233, 865), (233, 343), (293, 290), (277, 278)],
    "juice": [(218, 107), (568, 114), (568, 174), (633, 283), (629, 875), (497, 965), (148, 919), (132, 304),
              (218, 155)],
    "milk-front": [(80, 182), (212, 142), (697, 152), (690, 822), (544, 957), (105, 878)],
    "milk-side": [(165, 87), (673, 73), (870, 133), (854, 936), (343, 982), (181, 857)],
    "shampoo": [(295, 147), (441, 128), (529, 133), (529, 166), (494, 170), (494, 231), (541, 231), (545, 305),
                (657, 374), (659, 873), (626, 913), (325, 913), (295, 873), (297, 374), (411, 300), (415, 231),
                (459, 226), (459, 175), (313, 175)],
    "shirt": [(154, 227), (258, 146), (379, 116), (470, 134), (562, 116), (688, 146), (780, 220), (880, 406),
              (727, 452), (703, 410), (700, 508), (892, 522), (927, 564), (894, 942), (618, 919), (622, 889),
              (235, 889), (249, 390), (212, 452), (66, 406)],
    "tea": [(65, 211), (353, 176), (675, 204), (666, 796), (406, 919), (88, 831)],
}  # fmt: skip
WORDS = ("ORVIK", "Sunhollow", "BERRY MIX", "Calm & Co", "NATURAL", "Extra fine", "DAILY CARE", "Roasted", "500 ml",
         "NET 250 g", "Lumeno", "FRESH", "Original", "Zesty", "KETTLE")  # fmt: skip
GROUNDS = ("white", "table", "shelf")


@dataclass(frozen=True)
class Scene:
    """A picture, its ground, and the boxes (x1, y1, x2, y2 in pixels) of what can be seen of each pack."""

    picture: Image.Image
    ground: str
    boxes: list[tuple[int, int, int, int]]


def draw_scene(seed: int, packs: int | None = None) -> Scene:
    """The scene of this seed: two to six packs, or as many as `packs` says."""
    rng = np.random.default_rng(seed)
    ground = GROUNDS[seed % len(GROUNDS)]
    size_px = (int(rng.integers(900, 1400)), int(rng.integers(700, 1100)))
    count = packs or int(rng.integers(2, 7))
    picture, feet = _ground(ground, size_px, count, rng)
    if rng.random() < 0.4:  # huddled: neighbours touch or hide a part of each other
        middle, near = float(np.mean([f[0] for f in feet])), rng.uniform(0.5, 0.8)
        feet = [(middle + (x - middle) * near, y, room, height) for x, y, room, height in feet]
    cuts = [_pack(rng) for _ in range(count)]
    masks: list[np.ndarray] = []
    _clutter(picture, ground, rng)
    for (x, y, room, height), cut in zip(feet, cuts, strict=True):
        _stand(picture, cut, (x, y, room, height), ground, rng, masks)
    boxes = [box for mask in masks if (box := Image.fromarray(mask).getbbox()) and mask.mean() > 0.002]
    return Scene(_photographed(picture, rng), ground, boxes)


def _ground(kind: str, size_px: tuple[int, int], count: int, rng: np.random.Generator):
    """The empty ground, and for each pack its place: middle x, foot y, width and height there is room for."""
    width, height = size_px
    if kind == "shelf":
        return _shelves(size_px, count, rng)
    picture = Image.new("RGB", size_px, "white") if kind == "white" else _table(size_px, rng)
    columns = count if count <= 3 else (count + 1) // 2
    rows = -(-count // columns)
    crowd = rng.uniform(0.75, 1.1)  # of the room: above 1 neighbours overlap
    feet = []
    for place in range(count):
        row, column = divmod(place, columns)
        in_row = columns if row < rows - 1 else count - columns * (rows - 1)
        x = width * (column + 0.5 + rng.uniform(-0.06, 0.06)) / in_row
        y = height * (row + 1) / rows - height * rng.uniform(0.03, 0.07)
        feet.append((x, y, width / in_row * crowd, height / rows * rng.uniform(0.72, 0.88)))
    return picture, feet


def _table(size_px: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A wall and a table, or only a table, with light from one side and now and then a grain of wood."""
    width, height = size_px
    light = rng.uniform(0.82, 1.0, 3) * np.array([240, 232, 222])
    top, foot = light, light * rng.uniform(0.6, 0.9)
    ys, xs = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    field = top + (foot - top) * ys[..., None]
    if rng.random() < 0.5:
        line = rng.uniform(0.3, 0.6)
        field = np.where((ys > line)[..., None], field * rng.uniform(0.7, 0.9), field)
    if rng.random() < 0.4:
        grain = np.sin(ys * rng.uniform(60, 160) + 3 * np.sin(xs * rng.uniform(2, 6))) * rng.uniform(1, 5)
        field = field + grain[..., None]
    field = field * (1 - rng.uniform(0, 0.25) * xs[..., None])
    return Image.fromarray(np.clip(field, 0, 255).astype(np.uint8))


def _shelves(size_px: tuple[int, int], count: int, rng: np.random.Generator):
    """One or two boards before a wall, price cards at their front."""
    width, height = size_px
    wall = np.full((height, width, 3), rng.uniform(0.5, 1.0, 3) * 60 + rng.uniform(40, 170), np.float64)
    rows = 1 if count <= 3 else 2
    picture = Image.fromarray(np.clip(wall, 0, 255).astype(np.uint8))
    pen, feet = ImageDraw.Draw(picture), []
    board = tuple(int(v) for v in rng.uniform(120, 230, 3))
    for row in range(rows):
        in_row = [p for p in range(count) if p % rows == row]
        y = round(height * (row + 1) / rows - height * 0.1)
        pen.rectangle((0, y, width, y + height * 0.055), fill=board)
        crowd = rng.uniform(0.8, 1.0)
        for column, _ in enumerate(in_row):
            x = width * (column + 0.5 + rng.uniform(-0.04, 0.04)) / len(in_row)
            feet.append((x, y, width / len(in_row) * crowd, height / rows * rng.uniform(0.6, 0.78)))
            if rng.random() < 0.6:
                pen.rectangle((x - 40, y + 6, x + 40, y + height * 0.05), fill="#f6f3e8")
                pen.text((x - 30, y + 10), f"{rng.integers(2, 99)}.90", fill="#c22", font=ImageFont.load_default(22))
    return picture, feet


def _clutter(picture: Image.Image, ground: str, rng: np.random.Generator) -> None:
    """Small things that are no products: leaves, coasters, crumbs, a cable."""
    pen = ImageDraw.Draw(picture)
    width, height = picture.size
    for _ in range(int(rng.integers(0, 5)) if ground != "white" else int(rng.integers(0, 2))):
        x, y, r = rng.uniform(0, width), rng.uniform(height * 0.2, height), rng.uniform(8, 38)
        colour = tuple(int(v) for v in rng.uniform(40, 220, 3))
        pen.ellipse((x - r, y - r * rng.uniform(0.3, 1), x + r, y + r * rng.uniform(0.3, 1)), fill=colour)
    if ground == "table" and rng.random() < 0.3:
        xs = np.linspace(0, width, 60)
        ys = height * rng.uniform(0.5, 0.95) + np.sin(xs / rng.uniform(60, 160)) * 30
        pen.line(list(zip(xs, ys, strict=True)), fill="#333", width=int(rng.integers(3, 9)))


def _pack(rng: np.random.Generator) -> Image.Image:
    """A pack as RGBA on nothing."""
    if rng.random() < 0.5:
        return _sample(str(rng.choice(list(OUTLINES))))
    return _plain_pack(rng)


def _sample(name: str) -> Image.Image:
    with Image.open(SAMPLES / f"{name}.jpg") as opened:
        picture = opened.convert("RGBA")
    mask = Image.new("L", picture.size)
    outline = [(x * picture.width / 1000, y * picture.height / 1000) for x, y in OUTLINES[name]]
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    picture.putalpha(mask.filter(ImageFilter.GaussianBlur(1)))
    return picture.crop(mask.getbbox())


def _plain_pack(rng: np.random.Generator) -> Image.Image:
    """A box, bottle or bag in one colour with a panel, a picture and some words."""
    width, height = 400, int(rng.integers(400, 800))
    sheet = Image.new("RGBA", (width, height))
    pen = ImageDraw.Draw(sheet)
    main, panel, ink = (tuple(int(v) for v in rng.uniform(low, high, 3)) for low, high in
                        ((20, 250), (120, 255), (0, 90)))  # fmt: skip
    kind = rng.choice(["box", "bottle", "bag"])
    if kind == "bottle":
        pen.rectangle((150, 0, 250, height // 5), fill=ink)
        pen.rounded_rectangle((40, height // 7, 360, height - 1), 60, fill=main)
    else:
        pen.rounded_rectangle((0, 0, width - 1, height - 1), 0 if kind == "box" else 40, fill=main)
    pen.rectangle((70, height * 0.35, 330, height * 0.75), fill=panel)
    x, y, r = rng.uniform(120, 280), height * 0.66, rng.uniform(20, 50)
    pen.ellipse((x - r, y - r, x + r, y + r), fill=tuple(int(v) for v in rng.uniform(60, 230, 3)))
    for row, word in enumerate(rng.choice(WORDS, 3, replace=False)):
        size = 52 - 12 * row
        pen.text(
            (200, height * (0.4 + 0.11 * row)), str(word), fill=ink, font=ImageFont.load_default(size), anchor="mm"
        )
    return sheet


def _stand(picture: Image.Image, cut: Image.Image, place, ground: str, rng: np.random.Generator, masks: list) -> None:
    """Puts a pack into the picture with its shadow; what it hides of those before is taken off their masks."""
    x, y, room, height = place
    scale = min(room / cut.width, height / cut.height) * rng.uniform(0.85, 1.0)
    cut = cut.resize((max(8, round(cut.width * scale)), max(8, round(cut.height * scale))), Image.Resampling.LANCZOS)
    if ground != "shelf" and rng.random() < 0.4:
        cut = cut.rotate(rng.uniform(-12, 12), Image.Resampling.BICUBIC, expand=True)
    left, top = round(x - cut.width / 2), round(y - cut.height)
    alpha = Image.new("L", picture.size)
    alpha.paste(cut.getchannel("A"), (left, top))
    if ground != "white" or rng.random() < 0.3:
        shadow = Image.new("L", picture.size)
        shadow.paste(cut.getchannel("A").point([v * 2 // 5 for v in range(256)]), (left + 14, top + 12))
        picture.paste("#15110d", mask=shadow.filter(ImageFilter.GaussianBlur(16)))
    layer = Image.new("RGB", picture.size)
    layer.paste(cut.convert("RGB"), (left, top))
    picture.paste(layer, mask=alpha)
    there = np.asarray(alpha) > 127
    for mask in masks:
        mask &= ~there
    masks.append(there)


def _photographed(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A little blur, noise, and another light."""
    soft = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.2)))
    pixels = np.asarray(soft, np.float32) * rng.uniform(0.85, 1.0)
    pixels += rng.normal(0, rng.uniform(0, 4), pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
