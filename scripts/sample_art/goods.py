"""Shampoo, a T-shirt with its hang tag, a book, headphones and a poster. Brands, title and author are invented."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from sample_art.brush import Lettering, Sheet, ball, curve, leaf, oval, polygon_mask
from sample_art.shown import Shown
from sample_art.stage import Block, Camera, Stage, fainter, wrap

SHAMPOO = Shown(
    brand="沐屿岚",
    name="氨基酸洗发水",
    net_content="400 ml",
    must_contain=("沐屿岚", "MOYULAN", "氨基酸洗发水", "迷迭香", "净含量", "400ml"),
)
SHIRT = Shown(
    brand="棉屿集",
    name="圆领短袖T恤",
    prices=("89.00 CNY",),
    must_contain=("棉屿集", "短袖T恤", "95%棉", "5%氨纶", "175/92A", "¥89.00"),
)
BOOK = Shown(
    brand="青榆出版社",
    name="雨季标本",
    barcode="9787999999423",  # group 7, a publisher's number from the part that is not given out
    prices=("58.00 CNY",),
    must_contain=("雨季标本", "沈砚河", "青榆出版社", "定价"),
)
HEADPHONES = Shown(
    brand="SHOREHUM",
    name="头戴式无线耳机",
    must_contain=("SHOREHUM", "SH-720", "头戴式无线耳机", "主动降噪", "40小时续航"),
)
POSTER = Shown(
    brand="檐下集",
    name="夏日市集",
    prices=("99.00 CNY",),
    must_contain=("限时抢购", "全场5折起", "满199减50", "6月15日", "檐下集"),
)


def shampoo(lettering: Lettering) -> Image.Image:
    """A pump bottle before a tiled wall's colour, rosemary beside it."""
    stage = Stage((1760, 2240))
    stage.room(("#cfe0da", "#eaf1ec"), ("#f0ede6", "#d3cdc0"), 0.76)
    foot, left, right = 2020, 520, 1160
    stage.shade(oval((1010, foot - 24), 470, 80), 56, 0.34)
    stage.shade(oval((850, foot), 312, 40), 14, 0.5)
    _pump(stage, (left + right) / 2, foot - 1400)
    lights = ((0, 0.66), (0.08, 0.9), (0.16, 1.16), (0.26, 1.04), (0.6, 1.0), (0.86, 0.8), (0.95, 0.7), (1, 0.86))
    bottle = wrap(_bottle(lettering, right - left, 1400), 26, lights)
    stage.image.alpha_composite(bottle, (left, foot - 1400))
    sprig = Sheet(stage.image.size, "#0000", lettering)
    _rosemary(sprig, (1240, 2080), (1560, 1560))
    _rosemary(sprig, (1290, 2110), (1680, 1780))
    shadow = Image.new("RGBA", stage.image.size, "#1c1410")
    shadow.putalpha(fainter(sprig.image, 0.25).filter(ImageFilter.GaussianBlur(16)))
    stage.image.alpha_composite(shadow, (0, 0))
    stage.image.alpha_composite(sprig.image)
    return stage.finish()


def _bottle(lettering: Lettering, width: int, height: int) -> Image.Image:
    sheet = Sheet((width, height), "#0000", lettering)
    shoulder = [
        (220, 0),
        (200, 50),
        (70, 120),
        (4, 250),
        (0, 400),
        (0, height - 150),
        (8, height - 60),
        (36, height - 16),
        (84, height),
    ]
    side = curve(shoulder, closed=False)
    sheet.shape([*side, *[(width - x, y) for x, y in reversed(side)]], "#2f6f66", "#1d4f49")
    middle = width / 2
    sheet.rounded((70, 330, width - 70, 1290), 20, "#f7f5ec")
    sheet.write((middle, 440), SHAMPOO.brand, 108, "#1d4f49", "serif bold", "mm", 16)
    sheet.write((middle, 530), "MOYULAN", 48, "#1d4f49", "bold", "mm", 5)
    _rosemary(sheet, (middle - 40, 800), (middle + 50, 590))
    sheet.write((middle, 880), SHAMPOO.name, 70, "#222", "bold", "mm")
    sheet.write((middle, 960), "AMINO ACID SHAMPOO", 36, "#222", "sans", "mm")
    sheet.write((middle, 1046), "迷迭香 · 清爽控油", 46, "#46635d", "sans", "mm")
    sheet.draw.line([(150, 1106), (width - 150, 1106)], fill="#9db3ab", width=3)
    sheet.write((middle, 1190), "净含量：400ml", 58, "#1d4f49", "bold", "mm")
    return sheet.image


def _pump(stage: Stage, x: float, top: float) -> None:
    parts = (
        ((-108, -110, 108, 40), "#f2efe6", 18),
        ((-34, -250, 34, -100), "#e4e0d4", 8),
        ((-92, -330, 92, -240), "#f5f2ea", 26),
    )
    for (x1, y1, x2, y2), colour, radius in parts:
        sheet = Sheet((x2 - x1, y2 - y1), "#0000", Lettering())
        sheet.rounded((0, 0, x2 - x1 - 1, y2 - y1 - 1), radius, colour)
        lit = wrap(sheet.image, 0, ((0, 0.62), (0.2, 1.0), (0.32, 1.06), (0.7, 0.92), (1, 0.6)))
        stage.image.alpha_composite(lit, (round(x + x1), round(top + y1)))
    spout = Sheet((300, 120), "#0000", Lettering())
    spout.shape(
        curve([(300, 20), (150, 18), (40, 40), (12, 92), (52, 98), (80, 74), (170, 66), (300, 76)]),
        "#f7f4ec",
        "#cfc9bb",
    )
    stage.image.alpha_composite(spout.image, (round(x - 330), round(top - 326)))


def _rosemary(sheet: Sheet, root: tuple[float, float], tip: tuple[float, float]) -> None:
    length = math.dist(root, tip)
    ux, uy = (tip[0] - root[0]) / length, (tip[1] - root[1]) / length
    sheet.draw.line([root, tip], fill="#6d5a3c", width=max(4, round(length / 70)))
    for k in range(13):
        t = 0.12 + k * 0.07
        px, py = root[0] + ux * length * t, root[1] + uy * length * t
        reach = length * 0.2 * (1.15 - 0.6 * t)
        for way in (-1, 1):
            end = (px + (ux * 0.75 - way * uy * 0.75) * reach, py + (uy * 0.75 + way * ux * 0.75) * reach)
            leaf(sheet, (px, py), end, 0.24, ("#6fa37f", "#3c7352"))


def shirt(lettering: Lettering) -> Image.Image:
    """A white T-shirt lying flat, a paper tag on a string."""
    stage = Stage((2080, 2160))
    stage.ground("#d9c7ae", "#c0a987")
    stage.drop(_shirt(lettering), (980, 1060), 30, 0.5)
    string = curve([(1010, 330), (1240, 520), (1420, 800), (1570, 1190)], closed=False)
    ImageDraw.Draw(stage.image).line(string, fill="#8c6f4a", width=6, joint="curve")
    tag = _hang_tag(lettering).rotate(-5, Image.Resampling.BICUBIC, expand=True)
    stage.drop(tag, (1610, 1560), 18, 0.5)
    return stage.finish()


def _shirt(lettering: Lettering) -> Image.Image:
    sheet = Sheet((1800, 1880), "#0000", lettering)
    right = [
        (1060, 130),
        (1220, 150),
        (1420, 240),
        (1600, 420),
        (1740, 720),
        (1700, 770),
        (1480, 850),
        (1420, 830),
        (1370, 700),
    ]
    body = [(1360, 900), (1370, 1300), (1390, 1760), (1380, 1800)]
    half = [*curve(right, 12, closed=False), *curve(body, 12, closed=False)]
    outline = [*half, *[(1800 - x, y) for x, y in reversed(half)]]
    sheet.shape(outline, "#fbfaf6", "#eceae3")
    _folds(sheet)
    for way in (-1, 1):
        sheet.draw.line([(900 + way * 590, 838), (900 + way * 836, 738)], fill="#d8d4c9", width=4)
        sheet.draw.line(
            curve([(900 + way * 560, 290), (900 + way * 506, 470), (900 + way * 500, 690)], closed=False),
            fill="#dedacf",
            width=4,
        )
    for y in (1746, 1758):
        sheet.draw.line([(404, y), (1396, y)], fill="#d8d4c9", width=3)
    sheet.shape(oval((900, 110), 190, 190), "#efece4", "#e4e0d6")  # ribbed collar, then the back's inside
    sheet.draw.arc([900 - 190, 110 - 190, 900 + 190, 110 + 190], 0, 180, fill="#d3cec2", width=5)
    sheet.shape(oval((900, 100), 152, 148), "#bdb7a9", "#d9d4c8")
    sheet.shape([(690, 0), (1110, 0), *oval((900, 92), 210, 58)[:49]], "#e9e5dc", "#efece4")
    sheet.rounded((856, 158, 944, 206), 6, "#2d4a63")
    _print(sheet)
    cut = polygon_mask(sheet.image.size, outline)
    sheet.image.putalpha(cut)
    return sheet.image


def _folds(sheet: Sheet) -> None:
    """Soft creases from the armpits and over the body."""
    layer = Image.new("RGBA", sheet.image.size)
    draw = ImageDraw.Draw(layer)
    creases = (
        ((1390, 720), (1250, 900), (1160, 1180)),
        ((410, 720), (540, 900), (620, 1150)),
        ((430, 1330), (640, 1500), (900, 1560)),
        ((1370, 1300), (1220, 1520), (1000, 1660)),
        ((1420, 640), (1480, 480), (1480, 340)),
        ((380, 640), (320, 480), (320, 340)),
    )
    for points in creases:
        line = curve(points, closed=False)
        for k, (x, y) in enumerate(line):  # thick in the middle, fading to both ends
            reach = 6 + 26 * math.sin(math.pi * k / (len(line) - 1))
            draw.ellipse([x - reach, y - reach, x + reach, y + reach], fill="#c4c0b448")
        for k, (x, y) in enumerate(line):
            reach = 4 + 18 * math.sin(math.pi * k / (len(line) - 1))
            draw.ellipse([x + 26 - reach, y - reach, x + 26 + reach, y + reach], fill="#ffffff80")
    sheet.image.alpha_composite(layer.filter(ImageFilter.GaussianBlur(26)))


def _print(sheet: Sheet) -> None:
    sheet.shape(oval((900, 640), 118, 118), "#e9a23b", "#d9623a")
    for light, dark, ridge in (
        ("#5d8fa8", "#3f6c88", [(610, 840), (720, 690), (800, 760), (930, 610), (1060, 770), (1130, 700), (1190, 840)]),
        ("#2d4a63", "#1f354a", [(580, 860), (700, 770), (820, 830), (980, 730), (1110, 820), (1220, 860)]),
    ):
        sheet.shape([*ridge, (1220, 880), (580, 880)], light, dark)
    sheet.write((900, 950), "SLOW SHORE", 78, "#1f354a", "bold", "mm", 18)


def _hang_tag(lettering: Lettering) -> Image.Image:
    sheet = Sheet((580, 900), "#0000", lettering)
    sheet.shape([(90, 0), (490, 0), (580, 90), (580, 900), (0, 900), (0, 90)], "#fffdf6", "#f3ecdc")
    sheet.shape(oval((290, 70), 26, 26), "#b99c72")
    sheet.write((290, 186), SHIRT.brand, 92, "#2d4a63", "serif bold", "mm", 10)
    sheet.draw.line([(60, 262), (520, 262)], fill="#c9bfa8", width=3)
    rows = (f"品名：{SHIRT.name}", "面料：95%棉 5%氨纶", "号型：175/92A", "颜色：本白", "安全类别：B类")
    for index, words in enumerate(rows):
        sheet.write((52, 326 + index * 76), words, 48, "#333")
    sheet.write((290, 794), "¥89.00", 110, "#b8402a", "bold", "mm")
    return sheet.image


def book(lettering: Lettering) -> Image.Image:
    """A paperback twice: its front, and its back with ISBN and price."""
    stage = Stage((2200, 2000))
    stage.ground("#cfd8d2", "#aebbb3")
    back = _thick(_back_cover(lettering)).rotate(-5, Image.Resampling.BICUBIC, expand=True)
    stage.drop(back, (1560, 1020), 34, 0.5)
    front = _thick(_front_cover(lettering)).rotate(3, Image.Resampling.BICUBIC, expand=True)
    stage.drop(front, (650, 990), 40, 0.55)
    return stage.finish()


def _thick(cover: Image.Image) -> Image.Image:
    """The cover with the edges of its pages to the right and below."""
    edge = 18
    pile = Image.new("RGBA", (cover.width + edge, cover.height + edge))
    for k in range(edge, 0, -1):
        tone = 226 if k % 3 else 196
        ImageDraw.Draw(pile).rectangle(
            [k, k, cover.width + k - 1, cover.height + k - 1], fill=(tone, tone - 6, tone - 20, 255)
        )
    pile.paste(cover, (0, 0))
    spine = Image.new("RGBA", (60, cover.height))
    for x in range(60):
        dark = round(70 * math.exp(-(((x - 34) / 8) ** 2)))
        ImageDraw.Draw(spine).line([(x, 0), (x, cover.height)], fill=(0, 0, 0, dark))
    pile.alpha_composite(spine)
    return pile


def _front_cover(lettering: Lettering) -> Image.Image:
    sheet = Sheet((1000, 1440), "#24424a", lettering)
    sheet.wash((0, 0, 1000, 1440), "#1f3b45", "#3b6a66")
    generator = np.random.default_rng(7)  # the rain's places, the same each time
    rain = Image.new("RGBA", sheet.image.size)
    for x, y, length in zip(
        generator.integers(0, 1000, 150), generator.integers(0, 1440, 150), generator.integers(30, 90, 150), strict=True
    ):
        ImageDraw.Draw(rain).line([(x, y), (x - length * 0.18, y + length)], fill="#cfe3df38", width=3)
    sheet.image.alpha_composite(rain)
    for tip, breadth in (
        ((330, 640), 0.34),
        ((700, 700), 0.36),
        ((500, 520), 0.3),
        ((250, 880), 0.34),
        ((770, 930), 0.34),
    ):
        leaf(sheet, (510, 1210), tip, breadth, ("#e7c873", "#a9823b"), "#7d5f2a")
    sheet.write((500, 226), BOOK.name, 176, "#f6efdc", "serif bold", "mm", 26)
    sheet.write((500, 362), "SPECIMENS OF A RAINY SEASON", 40, "#dcd2b6", "serif", "mm", 5)
    sheet.write((500, 448), "沈砚河 著", 62, "#f6efdc", "serif", "mm", 8)
    sheet.write((500, 1340), BOOK.brand, 54, "#f6efdc", "sans", "mm", 10)
    return sheet.image


def _back_cover(lettering: Lettering) -> Image.Image:
    sheet = Sheet((980, 1410), "#f3ecd9", lettering)
    sheet.wash((0, 0, 980, 1410), "#f7f1e1", "#e9dfc6")
    sheet.draw.rectangle([0, 0, 980, 150], fill="#24424a")
    for index, words in enumerate(
        ("梅雨下了四十天，他把每一天", "夹进一本旧书：一片叶，一张票，", "一句没有寄出的话。")
    ):
        sheet.write((90, 290 + index * 92), words, 58, "#2b3b3f", "serif")
    leaf(sheet, (240, 850), (720, 620), 0.3, ("#d9bd78", "#a9823b"), "#7d5f2a")
    sheet.write((330, 960), "ISBN 978-7-999999-42-3", 46, "#111", "sans")
    sheet.barcode((380, 1030), BOOK.barcode, 5, 170)
    sheet.write((330, 1340), "定价：58.00元", 52, "#111", "sans")
    return sheet.image


def headphones(lettering: Lettering) -> Image.Image:
    """The box that wireless headphones come in."""
    stage = Stage((2080, 2080), Camera(26, 66, 9.4, 5150, (1030, 1010)))
    stage.room(("#d8d6e2", "#efedf2"), ("#c9c3cf", "#a39cab"), 0.64)
    box = Block(17.5, 20, 7.6, 28)
    stage.cast([p for side in ("front", "right", "left") for p in box.face(side)])
    top = Sheet((700, 340), "#2b2f45", lettering)
    top.wash((0, 0, 700, 340), "#343955", "#454b6d")
    stage.put_face(top.image, box.face("top"))
    stage.put_face(_headphones_side(lettering).image, box.face("right"), (0.82, 0.66))
    stage.put_face(_headphones_front(lettering).image, box.face("front"), (1.04, 0.94))
    return stage.finish()


def _headphones_front(lettering: Lettering) -> Sheet:
    sheet = Sheet((1300, 1486), "#eceaf0", lettering)
    sheet.wash((0, 0, 1300, 1486), "#f6f5f8", "#d9d6e3")
    sheet.glow((650, 760), 640, "#ffffff", 0.9)
    sheet.write((80, 136), HEADPHONES.brand, 108, "#23273d", "bold", "lm", 10)
    sheet.write((1220, 136), "SH-720", 84, "#c2512f", "bold", "rm")
    _headphones(sheet, (650, 700))
    sheet.write((80, 1214), HEADPHONES.name, 96, "#23273d", "bold")
    sheet.write((80, 1320), "Wireless Over-Ear Headphones", 56, "#4a4f6b")
    for x, words in ((80, "主动降噪"), (410, "40小时续航"), (800, "蓝牙5.3")):
        sheet.write((x, 1410), words, 56, "#c2512f", "bold")
    return sheet


def _headphones(sheet: Sheet, at: tuple[float, float]) -> None:
    x, y = at
    for radius, colour, width in ((400, "#23273d", 62), (388, "#3d4263", 30), (396, "#5b618a", 8)):
        sheet.draw.arc([x - radius, y - 420, x + radius, y - 420 + 2 * radius], 192, 348, fill=colour, width=width)
    for way in (-1, 1):
        cx = x + way * 352
        sheet.shape(
            [(cx - 26, y - 130), (cx + 26, y - 130), (cx + 22, y + 20), (cx - 22, y + 20)], "#9ea3bd", "#6a6f90"
        )
        pad = ball(400, oval((0, 0), 0.44, 0.86), "#4a4f70", "#262a40", "#12141f")
        sheet.lay(pad, (cx - way * 52, y + 170), -way * 7)
        cup = ball(400, oval((0, 0), 0.52, 0.9), "#8389b5", "#3b4062", "#1b1e30")
        sheet.lay(cup, (cx + way * 16, y + 170), -way * 7)
        ring = ball(190, oval((0, 0), 0.6, 0.95), "#f0a27f", "#c2512f", "#7d2f18")
        sheet.lay(ring, (cx + way * 26, y + 170), -way * 7)
        cover = ball(150, oval((0, 0), 0.6, 0.95), "#6a7099", "#34395a", "#1b1e30")
        sheet.lay(cover, (cx + way * 28, y + 170), -way * 7)


def _headphones_side(lettering: Lettering) -> Sheet:
    sheet = Sheet((565, 1486), "#2b2f45", lettering)
    sheet.wash((0, 0, 565, 1486), "#343955", "#23273d")
    sheet.write((282, 240), HEADPHONES.brand, 76, "#f3f1f6", "bold", "mm", 4)
    for index, (label, words) in enumerate(
        (("型号", "SH-720"), ("频响", "20Hz-20kHz"), ("充电", "USB-C"), ("重量", "258g"))
    ):
        sheet.write((70, 520 + index * 150), label, 66, "#b9bdd6", "sans")
        sheet.write((70, 590 + index * 150), words, 62, "#f3f1f6", "bold")
    return sheet


def poster(lettering: Lettering) -> Image.Image:
    """A sale's poster pinned to a wall, seen a little from the side."""
    stage = Stage((1840, 2280))
    stage.ground("#e9e4da", "#cfc8ba")
    corners = [(240, 200), (1590, 260), (1600, 2040), (250, 2110)]
    stage.shade([(x + 36, y + 44) for x, y in corners], 40, 0.34)
    stage.shade([(x + 8, y + 10) for x, y in corners], 10, 0.3)
    stage.put(_poster_sheet(lettering).image, corners, (1.02, 0.95))
    for x, y in ((290, 250), (1545, 306)):
        stage.shade(oval((x + 10, y + 14), 26, 26), 8, 0.5)
        pin = ball(56, oval((0, 0), 0.95, 0.95), "#ffffff", "#d7d2c6", "#8b8577")
        stage.image.alpha_composite(pin, (x - 28, y - 28))
    return stage.finish()


def _poster_sheet(lettering: Lettering) -> Sheet:
    sheet = Sheet((1340, 1880), "#e4572e", lettering)
    sheet.wash((0, 0, 1340, 1880), "#f2763f", "#cf3a2a")
    for k in range(24):
        a, b = 2 * math.pi * k / 24, 2 * math.pi * (k + 0.5) / 24
        ray = [
            (670, 640),
            (670 + 2200 * math.cos(a), 640 + 2200 * math.sin(a)),
            (670 + 2200 * math.cos(b), 640 + 2200 * math.sin(b)),
        ]
        layer = Image.new("RGBA", sheet.image.size)
        ImageDraw.Draw(layer).polygon(ray, fill="#ffd98a22")
        sheet.image.alpha_composite(layer)
    sheet.write((670, 150), f"{POSTER.brand} · {POSTER.name}", 74, "#fff4dc", "serif bold", "mm", 10)
    sheet.write((676, 400), "限时抢购", 270, "#8c1d14", "bold", "mm", 12)
    sheet.write((670, 392), "限时抢购", 270, "#fffaf0", "bold", "mm", 12)
    sheet.rounded((170, 600, 1170, 830), 115, "#ffd25e")
    sheet.write((670, 712), "全场5折起", 158, "#a3241a", "bold", "mm", 10)
    sheet.write((670, 950), "满199减50", 124, "#fff4dc", "bold", "mm", 8)
    for x, words, price in ((130, "帆布包", "¥99.00"),):
        sheet.rounded((x, 1080, x + 1080, 1500), 40, "#fff4dc")
        sheet.write((x + 90, 1200), words, 92, "#6b2318", "bold")
        sheet.write((x + 90, 1360), price, 170, "#cf3a2a", "bold")
        _tote(sheet, (x + 870, 1300))
    sheet.write((670, 1620), "6月15日—6月18日", 100, "#ffe9b8", "bold", "mm", 4)
    sheet.write((670, 1750), "每人限购两件 售完即止", 58, "#fff4dc", "sans", "mm", 4)
    return sheet


def _tote(sheet: Sheet, at: tuple[float, float]) -> None:
    x, y = at
    sheet.draw.arc([x - 70, y - 180, x + 70, y + 40], 180, 360, fill="#b88a4a", width=18)
    sheet.shape([(x - 130, y - 76), (x + 130, y - 76), (x + 116, y + 150), (x - 116, y + 150)], "#efd9ac", "#d6b376")
    leaf(sheet, (x - 30, y + 110), (x + 40, y - 40), 0.5, ("#6a9a68", "#3f7350"), "#2f5b3f")
