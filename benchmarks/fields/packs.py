"""Fronts of food packs, and the card on the shelf.

Enters: an invented food. Leaves: sheets with its facts, and the truth of what was printed.
"""

import random
from dataclasses import dataclass

from fields import printed, words
from fields.invent import Food
from fields.sheet import Sheet, Style, blob
from fields.truth import Truth

PALETTES = (("#f4e3c3", "#b3502d", "#3a2417"), ("#ffffff", "#2f6fb0", "#123a66"), ("#e4f1dc", "#3f8f4f", "#1d4426"),
            ("#fbe4e6", "#d0435c", "#5e1422"), ("#2c2a33", "#d8b36a", "#f5ead2"), ("#fdf3d0", "#e08a1e", "#5a3108"),
            ("#dff0f4", "#1d8a99", "#0d4750"), ("#f2ecff", "#6c4fb3", "#2f2058"), ("#c8292f", "#f6d27a", "#fff3d8"),
            ("#f6f4ef", "#8a8478", "#2e2b26"))  # fmt: skip
BODIES = ("hei", "hei", "hei demilight", "hei medium", "song", "kai", "hei light")
TITLES = ("hei black", "hei bold", "song black", "song bold", "kai bold", "slant")
LOGOS = ("lato black", "serif bold", "serif italic", "roboto bold", "arial bold")
LATIN = ("arial", "roboto", "lato", "narrow", None)


@dataclass
class Look:
    """One pack's colours and hands."""

    paper: str
    strong: str
    ink: str
    title: str
    logo: str
    body: Style


def look(rng: random.Random, size_px: int) -> Look:
    paper, strong, ink = rng.choice(PALETTES)
    body = Style(size_px, ink, rng.choice(BODIES), rng.choice(LATIN))
    return Look(paper, strong, ink, rng.choice(TITLES), rng.choice(LOGOS), body)


def front(food: Food, rng: random.Random, truth: Truth) -> Sheet:
    """The side a shop shows: brand, name, claims, net content."""
    style = look(rng, 30)
    width, height = 1000, rng.choice([1150, 1300, 1420, 1600])
    sheet = Sheet((width, height), style.paper)
    sheet.wash((0, 0, width, height), style.paper, _mix(style.paper, style.strong, rng.uniform(0, 0.35)))
    if rng.random() < 0.4:  # the sealed edge of a bag
        for x in range(0, width, 10):
            sheet.draw.line((x, 0, x, 34), fill=_mix(style.paper, "#000000", 0.25), width=3)
            sheet.draw.line((x, height - 22, x, height), fill=_mix(style.paper, "#000000", 0.25), width=3)
    _art(sheet, style, rng, (0.18, 0.52 if rng.random() < 0.5 else 0.6))
    y = _logo(sheet, food, style, rng, truth)
    y = _title(sheet, food, style, rng, truth, y)
    if y > 0:
        _claims(sheet, style, rng, y)
    _foot(sheet, food, style, rng, truth)
    return sheet


def _logo(sheet: Sheet, food: Food, look: Look, rng: random.Random, truth: Truth) -> float:
    size = rng.randint(64, 110)
    style = Style(size, look.strong, rng.choice(["hei black", "song black", "kai bold"]), look.logo,
                  rng.choice([0, 0, 6]))  # fmt: skip
    style = sheet.fit(food.brand, style, sheet.width * 0.6)
    at = rng.choice([(sheet.width / 2, "m"), (60, "l")])
    y = rng.randint(50, 90)
    if rng.random() < 0.3:
        box = sheet.width_of(food.brand, style) / 2 + 40
        sheet.draw.rounded_rectangle((sheet.width / 2 - box, y - 16, sheet.width / 2 + box, y + style.size_px + 22), 30,
                                     look.strong)  # fmt: skip
        style, at = style.but(colour=look.paper), (sheet.width / 2, "m")
    sheet.write((at[0], y), food.brand, style, "brand", anchor=at[1])
    truth.tell("brand", food.brand)
    return y + style.size_px + 20


def _title(sheet: Sheet, food: Food, look: Look, rng: random.Random, truth: Truth, y: float) -> float:
    name = food.name_en.title() if food.imported else food.name
    style = Style(rng.randint(96, 150), look.ink, look.title, rng.choice(["lato black", "arial bold", "serif bold"]))
    truth.tell("name", name)
    if not food.imported and len(name) <= 7 and rng.random() < 0.2:  # written downward
        x, size = sheet.width * rng.choice([0.1, 0.78]), min(110, round(sheet.height * 0.6 / len(name)))
        place = sheet.place()
        for row, letter in enumerate(name):
            sheet.write((x, y + 40 + row * size * 1.08), letter, style.sized(size), "name", "value", place)
        return -1
    style = sheet.fit(name, style, sheet.width * 0.86)
    y += rng.randint(10, 60)
    sheet.write((sheet.width / 2, y), name, style, "name", anchor="m")
    y += style.size_px + 24
    if not food.imported and rng.random() < 0.6:
        small = Style(rng.randint(26, 40), look.ink, "hei", rng.choice(["lato", "arial", "roboto"]), rng.choice([0, 4]))
        sheet.write((sheet.width / 2, y), food.name_en, sheet.fit(food.name_en, small, 800), anchor="m")
        y += 70
    return y


def _claims(sheet: Sheet, look: Look, rng: random.Random, y: float) -> None:
    claims = rng.sample(words.SLOGANS, rng.randint(1, 4))
    for number, claim in enumerate(claims):
        style = Style(rng.randint(26, 44), look.ink, rng.choice(BODIES), "roboto")
        if rng.random() < 0.5:
            x, top = rng.choice([60, 620]), y + 20 + number * 90
            wide = sheet.width_of(claim, style)
            sheet.draw.rounded_rectangle((x - 18, top - 10, x + wide + 18, top + style.size_px + 14), 24, look.strong)
            sheet.write((x, top), claim, style.but(colour=look.paper))
        else:
            sheet.write((rng.randint(60, 560), y + 20 + number * 90), claim, style)


def _art(sheet: Sheet, look: Look, rng: random.Random, centre: tuple[float, float]) -> None:
    """Soft patches, and a heap of something round."""
    size = (sheet.width, sheet.height)
    for _ in range(rng.randint(1, 3)):
        at = (rng.uniform(0, sheet.width), rng.uniform(0.4, 1) * sheet.height)
        sheet.tint(blob(size, at, rng.uniform(180, 420), rng), look.strong, rng.uniform(0.15, 0.5))
    light, dark = rng.choice([("#f7c873", "#b06a20"), ("#e2584c", "#7e1a1e"), ("#8fc76a", "#3c7a2f"),
                              ("#6a79c9", "#2b2f6e"), ("#d9b48a", "#7a4e2a"), ("#fffaf0", "#d6c7a8")])  # fmt: skip
    for _ in range(rng.randint(5, 14)):
        at = (sheet.width * rng.uniform(0.15, 0.85), sheet.height * rng.uniform(centre[1], 0.85))
        radius = rng.uniform(40, 95)
        sheet.oval(at, radius, radius * rng.uniform(0.6, 1), light, dark, rng.uniform(0, 90))


def _foot(sheet: Sheet, food: Food, look: Look, rng: random.Random, truth: Truth) -> None:
    style = Style(rng.randint(30, 46), look.ink, rng.choice(BODIES), rng.choice(LATIN))
    y = sheet.height - style.size_px - rng.randint(30, 60)
    label, gap = rng.choice(NET_LABELS_EN if food.imported else NET_LABELS)
    amount = printed.amount(rng, food.amount, food.unit, food.count, food.imported)
    truth.tell("net_content", f"{food.amount * food.count:.10g} {food.unit}")
    x = rng.choice([60, sheet.width - 80 - sheet.width_of(label + amount, style)])
    sheet.draw.rectangle((x - 14, y - 10, x + sheet.width_of(label + amount, style) + gap + 14, y + style.size_px + 14),
                         fill=look.paper)  # fmt: skip
    place = sheet.place()
    if label:
        x += sheet.write((x, y), label, style, "net_content", "label", place) + gap
    sheet.write((x, y), amount, style, "net_content", "value", place)
    if not food.listed:
        small, words_ = style.sized(26), rng.choice(BRAND_LABELS_EN if food.imported else BRAND_LABELS)
        place, x = sheet.place(), 60 if x > sheet.width / 2 else 640
        width = sheet.width_of(words_ + food.brand, small)
        sheet.draw.rectangle((x - 10, y - 66, x + width + 10, y - 24), fill=look.paper)
        x += sheet.write((x, y - 60), words_, small, "brand", "label", place)
        sheet.write((x, y - 60), food.brand, small, "brand", "value", place)


NET_LABELS = (("净含量：", 0), ("净含量:", 0), ("净含量", 10), ("净含量：", 6), ("规格：", 0), ("净含量/NET WT.：", 0),
              ("NET WT. ", 0), ("净含量(NET CONTENT): ", 0), ("净 含 量：", 0), ("淨含量：", 0))  # fmt: skip
NET_LABELS_EN = (("Net Wt. ", 0), ("NET WEIGHT: ", 0), ("", 0), ("Net content: ", 0), ("e ", 0))
BRAND_LABELS = ("品牌：", "品牌:", "品 牌：", "商标：", "品牌/Brand：")
BRAND_LABELS_EN = ("Brand: ", "BRAND: ", "Brand：")


def price_card(food: Food, rng: random.Random, truth: Truth) -> Sheet:
    """A shelf's card: name, size, price."""
    sheet = Sheet((rng.randint(620, 760), rng.randint(230, 300)), rng.choice(["#ffffff", "#fff6cf", "#ffe14d"]))
    sheet.draw.rectangle((0, 0, sheet.width, 44), fill=rng.choice(["#d6262b", "#1f6f43", "#1d4fa3", "#f08a00"]))
    sheet.write(
        (20, 8),
        rng.choice(["特价商品", "商品标价签", "会员价", "SPECIAL OFFER", "今日推荐"]),
        Style(28, "#ffffff", "hei bold"),
    )
    small = Style(28, "#1c1c1c", "hei", "arial")
    name = food.name_en.title() if food.imported else food.name
    sheet.write((20, 60), name, sheet.fit(name, small.sized(36), 560), "name")
    sheet.write((20, 120), rng.choice(["计价单位：袋", "计价单位：件", "单位：盒"]), small)
    sheet.write((20, 164), f"编码 {rng.randint(100000, 999999)}", small)
    value = rng.choice([f"¥{food.price:.2f}", f"￥{printed.number(food.price)}", f"{food.price:.2f}元"])
    large = Style(96, "#c8161d", "hei black", "arial bold")
    label, place = rng.choice(["零售价：", "价格：", "", "特价"]), sheet.place()
    x = sheet.width - 30 - sheet.width_of(value, large)
    if label and x - sheet.width_of(label, small) > 240:
        sheet.write((x - sheet.width_of(label, small) - 8, 178), label, small, "price", "label", place)
    sheet.write((x, 120), value, large, "price", "value", place)
    truth.tell("name", name)
    truth.tell("price", f"{food.price:.2f} CNY")
    return sheet


def _mix(one: str, other: str, share: float) -> str:
    a, b = (tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in (one, other))
    return "#{:02x}{:02x}{:02x}".format(*(round(p + (q - p) * share) for p, q in zip(a, b, strict=True)))
