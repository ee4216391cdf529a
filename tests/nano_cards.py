"""Pictures for the nano network: product cards, scraps, signs, empty sheets, each with what is right to say about it.

Enters: a seed. Leaves: pictures with known content, and the answers that `tests/nano/tasks/*.md` want.
Does not know: the network, its tokens, or how it is asked. The trainer (`train/nano/`) draws here too: whatever is
`fresh` it never draws, namely certain pairs of colour and shape, shades, and places of the word.
"""

import functools
import io
import random
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from tujian.errors import Lang
from tujian.geometry import Size

Kind = Literal["card", "scrap", "sign", "blank"]
Rgb = tuple[int, int, int]

CATEGORIES = {
    "mug": "杯子",
    "shirt": "衬衫",
    "shoe": "鞋子",
    "lamp": "台灯",
    "chair": "椅子",
    "bottle": "瓶子",
    "bag": "提包",
    "watch": "手表",
    "phone": "手机",
    "book": "书本",
}
COLOURS = {
    "red": "红色",
    "orange": "橙色",
    "yellow": "黄色",
    "green": "绿色",
    "blue": "蓝色",
    "purple": "紫色",
    "pink": "粉色",
    "black": "黑色",
    "brown": "棕色",
    "white": "白色",
    "grey": "灰色",
    "teal": "青色",
}
SHADES: dict[str, Rgb] = {
    "red": (212, 40, 40),
    "orange": (252, 140, 24),
    "yellow": (244, 214, 32),
    "green": (40, 148, 60),
    "blue": (36, 90, 208),
    "purple": (124, 56, 170),
    "pink": (248, 140, 180),
    "black": (26, 26, 28),
    "brown": (120, 76, 40),
    "white": (248, 248, 248),
    "grey": (128, 130, 132),
    "teal": (20, 150, 150),
}
BACKGROUNDS = tuple(COLOURS)[:8]
LATIN = (
    "SALE NEW ECO PRO MAX MINI HOT TOP VIP GIFT SOFT COOL WARM FAST SLIM BOLD PURE KIDS HOME SPORT DELUXE BASIC "
    "ULTRA PRIME"
).split()
CHINESE = "新品 特价 包邮 热卖 正品 秒杀 清仓 限量 礼物 精选 进口 天然 健康 经典 时尚 环保 官方 推荐 福利 爆款".split()
WORDS = (*LATIN, *CHINESE)
MOST_DOTS = 6
SIZES: tuple[Size, ...] = ((128, 128), (192, 128), (128, 192))
FRESH_ONE_IN = 8  # of the pairs of colour and shape: 16 of 120 are never trained on; and of word and ground
FRESH_PLACE_ONE_IN = 4  # of shades and places: they are many, and each fresh card needs one
INK: Rgb = (60, 60, 60)


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """One picture and its truth; what a kind does not have is None."""

    picture: Image.Image
    kind: Kind
    category: str | None = None
    colour: str | None = None
    word: str | None = None
    dots: int | None = None

    def answer(self, task_name: str, lang: Lang) -> dict[str, Any]:
        """What the task wants, in its order. A thing that is not there is null.

        >>> Card(Image.new("RGB", (1, 1)), "card", "mug", "red", "SALE").answer("card", "zh")
        {'category': '杯子', 'colour': '红色', 'text': 'SALE'}
        """
        if task_name == "card":
            return {
                "category": _said(CATEGORIES, self.category, lang),
                "colour": _said(COLOURS, self.colour, lang) if self.kind in ("card", "scrap") else None,
                "text": self.word,
            }
        background = _said(COLOURS, self.colour, lang) if self.kind == "sign" else None
        return {"word": self.word, "dots": self.dots, "background": background}

    def sentence(self, lang: Lang) -> str:
        """The answer to "What is in the picture?"."""
        if self.kind == "blank":
            return "图里什么也没有。" if lang == "zh" else "The picture is empty."
        colour = _said(COLOURS, self.colour, lang)
        if self.kind == "sign":
            dots = f"{self.dots} dot" if self.dots == 1 else f"{self.dots} dots"
            return (
                f"图里有一块{colour}的牌子，上面有{self.dots}个点。"
                if lang == "zh"
                else (f"The picture shows {_a(colour)} sign with {dots}.")
            )
        category = _said({**CATEGORIES, "thing": "东西"}, self.category or "thing", lang)
        if lang == "zh":
            return f"图里有一个{colour}的{category}。"
        return f"The picture shows {_a(colour)} {category}."

    def wording(self, lang: Lang) -> str:
        """The answer to "What does it say?"."""
        if self.word is None:
            return "图上没有字。" if lang == "zh" else "There is no text."
        return f"图上写着“{self.word}”。" if lang == "zh" else f'It says "{self.word}".'

    def png(self) -> bytes:
        """The picture as a file, without loss."""
        file = io.BytesIO()
        self.picture.save(file, "PNG")
        return file.getvalue()


def draw_cards(
    seed: int | str, count: int, *, kinds: tuple[Kind, ...] = ("card", "sign"), fresh: bool = True
) -> list[Card]:
    """`count` cards in turn through `kinds` and sizes; the same seed draws the same ones.

    With `fresh` they are of the part that the network was never trained on.
    """
    cards = []
    for place in range(count):
        rng = random.Random(f"{seed}/{place}")
        size_px = SIZES[place // len(kinds) % len(SIZES)]
        cards.append(draw_card(rng, kinds[place % len(kinds)], size_px, fresh=fresh))
    return cards


def draw_card(rng: random.Random, kind: Kind, size_px: Size, *, fresh: bool) -> Card:
    """One card. `fresh` chooses which side of the split it is drawn from."""
    if kind == "blank":
        return Card(_blank(rng, size_px), kind)
    word = rng.choice(WORDS)
    if kind == "sign":
        pairs = [(word, c) for c in BACKGROUNDS if _is_fresh(WORDS.index(word) + BACKGROUNDS.index(c)) == fresh]
        colour, dots = rng.choice(pairs)[1], rng.randint(1, MOST_DOTS)
        return Card(_sign(rng, size_px, colour, word, dots, fresh), kind, None, colour, word, dots)
    if kind == "scrap":
        colour = rng.choice(tuple(COLOURS))
        return Card(_product(rng, size_px, _scrap(rng), colour, word, fresh), kind, None, colour, word)
    category, colour = rng.choice(_pairs(fresh))
    return Card(_product(rng, size_px, DRAWINGS[category], colour, word, fresh), kind, category, colour, word)


@functools.cache
def _pairs(fresh: bool) -> list[tuple[str, str]]:
    places = ((i, j) for i in range(len(CATEGORIES)) for j in range(len(COLOURS)) if _is_fresh(i * 5 + j) == fresh)
    return [(tuple(CATEGORIES)[i], tuple(COLOURS)[j]) for i, j in places]


def _is_fresh(place: int) -> bool:
    return place % FRESH_ONE_IN == 0


def _said(names: dict[str, str], name: str | None, lang: Lang) -> str | None:
    return name if name is None or lang == "en" else names[name]


def _a(noun: str | None) -> str:
    return f"an {noun}" if noun and noun[0] in "aeiou" else f"a {noun}"


def _shade(rng: random.Random, colour: str, fresh: bool) -> Rgb:
    """The colour up to 12 levels off in each channel; the sum of the steps tells fresh shades from trained ones."""
    for steps in _drawn(rng, 12, 3):
        if (sum(steps) % FRESH_PLACE_ONE_IN == 0) == fresh:
            red, green, blue = (
                max(0, min(255, level + step)) for level, step in zip(SHADES[colour], steps, strict=True)
            )
            return red, green, blue
    raise AssertionError  # _drawn never ends


def _place(rng: random.Random, reach_px: int, fresh: bool) -> tuple[int, int]:
    for across, down in _drawn(rng, reach_px, 2):
        if ((across + 2 * down) % FRESH_PLACE_ONE_IN == 0) == fresh:
            return across, down
    raise AssertionError  # _drawn never ends


def _drawn(rng: random.Random, reach: int, count: int) -> Iterator[list[int]]:
    while True:
        yield [rng.randint(-reach, reach) for _ in range(count)]


def _paper(rng: random.Random) -> Rgb:
    level = rng.randint(195, 240)
    return (level, level, level) if rng.random() < 0.5 else (rng.randint(205, 245), rng.randint(205, 245), level)


def _blank(rng: random.Random, size_px: Size) -> Image.Image:
    """Nothing to see: one even colour, white more often than others, or noise."""
    chance = rng.random()
    if chance < 0.1:
        return Image.effect_noise(size_px, rng.uniform(10, 60)).convert("RGB")
    if chance < 0.4:
        return Image.new("RGB", size_px, "white")
    paper = _paper(rng) if chance < 0.7 else (rng.randint(0, 255), rng.randint(0, 255), rng.randint(0, 255))
    return Image.new("RGB", size_px, paper)


def _product(
    rng: random.Random, size_px: Size, draw: Callable[["Pen"], None], colour: str, word: str, fresh: bool
) -> Image.Image:
    """A shape above its word, or left of it on a wide card."""
    picture = Image.new("RGB", size_px, _paper(rng))
    pen = ImageDraw.Draw(picture)
    side = rng.uniform(62, 80)
    wide, tall = size_px[0] > size_px[1], size_px[1] > size_px[0]
    middle = (48, 64) if wide else (64, 70 if tall else 45)
    place = _place(rng, 5, fresh)
    corner = (middle[0] - side / 2 + place[0] + rng.randint(-4, 4), middle[1] - side / 2 + place[1] // 2)
    shape = Pen(pen, corner, side, _shade(rng, colour, fresh), (150, 150, 150) if colour == "black" else INK)
    draw(shape)
    centre = (142, 64) if wide else (64, 154 if tall else 108)
    black = rng.randint(0, 40)
    _write(rng, pen, word, centre, 92 if wide else 116, (black, black, black), fresh)
    return picture


def _sign(rng: random.Random, size_px: Size, colour: str, word: str, dots: int, fresh: bool) -> Image.Image:
    """A coloured plate with a word and a row of dots beneath."""
    width, height = size_px
    picture = Image.new("RGB", size_px, _paper(rng))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((5, 5, width - 6, height - 6), 8, fill=_shade(rng, colour, fresh), outline=INK, width=2)
    ink = (20, 20, 20) if colour in ("yellow", "orange", "pink") else (245, 245, 245)
    _write(rng, pen, word, (width // 2, height * 3 // 8), width - 20, ink, fresh)
    step, radius = rng.uniform(15, 17), rng.uniform(4.5, 6)
    left = width / 2 - step * (dots - 1) / 2 + rng.uniform(-8, 8)
    row = height * 3 / 4 + rng.uniform(-5, 5)
    for place in range(dots):
        middle = left + place * step
        pen.ellipse((middle - radius, row - radius, middle + radius, row + radius), fill=ink)
    return picture


def _write(
    rng: random.Random, pen: ImageDraw.ImageDraw, word: str, centre: Size, room_px: int, ink: Rgb, fresh: bool
) -> None:
    across, down = _place(rng, 6, fresh)
    size_px = rng.choice((20, 22, 24)) if word.isascii() else rng.choice((26, 28, 30))
    while pen.textlength(word, font=_font(word.isascii(), size_px)) > room_px:
        size_px -= 1
    font = _font(word.isascii(), size_px)
    pen.text((centre[0] + across, centre[1] + down // 2), word, font=font, fill=ink, anchor="mm")


@functools.cache
def _font(latin: bool, size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own letters for Latin words; Debian's fonts-noto-cjk, found by fontconfig, for Chinese ones."""
    if latin:
        return ImageFont.load_default(size=size_px)
    path, index = _chinese_font()
    return ImageFont.truetype(path, size_px, index=index)


@functools.cache
def _chinese_font() -> tuple[str, int]:
    asked = ["fc-match", "-f", "%{file}|%{index}", "Noto Sans CJK SC:bold"]
    path, _, index = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.partition("|")
    if "CJK" not in path:
        raise OSError(f"fontconfig answers {path} for Noto Sans CJK SC: install fonts-noto-cjk.")
    return path, int(index)


class Pen(NamedTuple):
    """Draws in a square whose sides run 0-1."""

    on: ImageDraw.ImageDraw
    corner: tuple[float, float]
    side_px: float
    fill: Rgb
    ink: Rgb

    def box(self, *edges: float) -> tuple[float, float, float, float]:
        x1, y1, x2, y2 = edges
        left, top = self.corner
        return left + x1 * self.side_px, top + y1 * self.side_px, left + x2 * self.side_px, top + y2 * self.side_px

    def points(self, *corners: tuple[float, float]) -> list[tuple[float, float]]:
        return [(self.corner[0] + x * self.side_px, self.corner[1] + y * self.side_px) for x, y in corners]

    def plate(self, *edges: float, round_px: int = 0) -> None:
        self.on.rounded_rectangle(self.box(*edges), round_px, fill=self.fill, outline=self.ink, width=2)

    def bar(self, *edges: float) -> None:
        self.on.rectangle(self.box(*edges), fill=self.ink)

    def outline(self, *corners: tuple[float, float]) -> None:
        self.on.polygon(self.points(*corners), fill=self.fill, outline=self.ink, width=2)


def _mug(pen: Pen) -> None:
    pen.on.ellipse(pen.box(0.6, 0.28, 1, 0.7), outline=pen.ink, width=6)
    pen.plate(0.08, 0.12, 0.74, 0.92, round_px=5)


def _shirt(pen: Pen) -> None:
    right = ((0.62, 0.08), (0.98, 0.28), (0.88, 0.5), (0.76, 0.42), (0.76, 0.95))
    left = tuple((1 - x, y) for x, y in reversed(right))
    pen.outline(*right, *left)


def _shoe(pen: Pen) -> None:
    pen.outline((0.05, 0.32), (0.36, 0.32), (0.6, 0.56), (0.94, 0.66), (0.98, 0.84), (0.05, 0.84))
    pen.bar(0.03, 0.84, 0.99, 0.93)


def _lamp(pen: Pen) -> None:
    pen.outline((0.3, 0.05), (0.7, 0.05), (0.93, 0.5), (0.07, 0.5))
    pen.bar(0.46, 0.5, 0.54, 0.88)
    pen.plate(0.27, 0.87, 0.73, 0.97)


def _chair(pen: Pen) -> None:
    pen.plate(0.15, 0.02, 0.38, 0.62)
    pen.plate(0.15, 0.48, 0.88, 0.68)
    pen.plate(0.17, 0.68, 0.3, 0.98)
    pen.plate(0.73, 0.68, 0.86, 0.98)


def _bottle(pen: Pen) -> None:
    pen.plate(0.41, 0.02, 0.59, 0.3)
    pen.plate(0.27, 0.28, 0.73, 0.98, round_px=7)


def _bag(pen: Pen) -> None:
    pen.on.arc(pen.box(0.28, 0.02, 0.72, 0.62), 180, 360, fill=pen.ink, width=4)
    pen.outline((0.12, 0.32), (0.88, 0.32), (1, 0.95), (0, 0.95))


def _watch(pen: Pen) -> None:
    pen.plate(0.38, 0, 0.62, 1)
    pen.on.ellipse(pen.box(0.2, 0.22, 0.8, 0.8), fill=pen.fill, outline=pen.ink, width=3)
    pen.on.line(pen.points((0.5, 0.32), (0.5, 0.51), (0.65, 0.51)), fill=pen.ink, width=2)


def _phone(pen: Pen) -> None:
    pen.plate(0.26, 0.02, 0.74, 0.98, round_px=7)
    pen.on.rectangle(pen.box(0.35, 0.1, 0.65, 0.2), fill=pen.ink)
    pen.on.ellipse(pen.box(0.45, 0.82, 0.55, 0.92), fill=pen.ink)


def _book(pen: Pen) -> None:
    pen.plate(0.08, 0.1, 0.92, 0.92)
    pen.bar(0.08, 0.1, 0.21, 0.92)
    pen.on.line(pen.points((0.34, 0.3), (0.82, 0.3)), fill=pen.ink, width=2)
    pen.on.line(pen.points((0.34, 0.42), (0.7, 0.42)), fill=pen.ink, width=2)


def _scrap(rng: random.Random) -> Callable[[Pen], None]:
    """A shape of no category: it teaches that colour and shape have nothing to do with each other."""
    corners = [(rng.uniform(0, 1), rng.uniform(0, 1)) for _ in range(rng.randint(3, 6))]
    edges = (rng.uniform(0, 0.4), rng.uniform(0, 0.4), rng.uniform(0.6, 1), rng.uniform(0.6, 1))

    def draw(pen: Pen) -> None:
        if len(corners) == 3:
            pen.on.ellipse(pen.box(*edges), fill=pen.fill, outline=pen.ink, width=2)
        elif len(corners) == 4:
            pen.plate(*edges)
        else:
            pen.outline(*corners)

    return draw


DRAWINGS = {
    "mug": _mug,
    "shirt": _shirt,
    "shoe": _shoe,
    "lamp": _lamp,
    "chair": _chair,
    "bottle": _bottle,
    "bag": _bag,
    "watch": _watch,
    "phone": _phone,
    "book": _book,
}
