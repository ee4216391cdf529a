"""A milk carton, its front and its side, and an apple-juice carton. Brands are invented.

Barcodes start with 952, which GS1 keeps for demonstrations (GS1 prefix list): no product has them.
"""

from dataclasses import replace

from PIL import Image, ImageFilter

from sample_art.brush import Lettering, Sheet, apple, curve, leaf, lower_half, oval
from sample_art.shown import Shown
from sample_art.stage import Block, Camera, Stage, mix

MILK = Shown(
    brand="山野牧场",
    name="纯牛奶",
    net_content="250 ml",
    must_contain=("山野牧场", "HILLFOLD", "纯牛奶", "净含量", "生牛乳", "高山牧场"),
)
MILK_SIDE = Shown(
    brand="山野牧场",
    name="纯牛奶",
    net_content="250 ml",
    barcode="9520123450014",
    production_date="2026-05-18",
    shelf_life="6 个月",
    must_contain=("营养成分表", "能量", "蛋白质", "脂肪", "碳水化合物", "配料", "生牛乳", "保质期", "生产日期"),
)
JUICE = Shown(
    brand="果屿里",
    name="苹果汁",
    net_content="1 L",
    must_contain=("果屿里", "ORCHALEE", "苹果汁", "APPLE JUICE", "冷压榨", "净含量"),
)
JUICE_BLURRED = replace(JUICE, net_content="", must_contain=("果屿里", "苹果汁", "APPLE JUICE"))
INK, SKY, GRASS = "#14325c", "#cfe6f5", "#5d9c59"
NUTRITION = (
    ("能量", "273 kJ", "3%"),
    ("蛋白质", "3.6 g", "6%"),
    ("脂肪", "3.8 g", "6%"),
    ("碳水化合物", "4.8 g", "2%"),
    ("钠", "58 mg", "3%"),
    ("钙", "120 mg", "15%"),
)


def milk_front(lettering: Lettering) -> Image.Image:
    """The carton from the front, a straw's height above the table, its side in half shadow."""
    stage = Stage((2000, 2000), Camera(19, 46, 5.2, 6500, (960, 1010)))
    stage.room(("#d5e3ea", "#f1efe6"), ("#e9dcc6", "#cdb691"), 0.6)
    _glass(stage, (5.6, -3.2), lettering)
    carton = Block(7, 10.4, 5.6, 24, x_cm=-1.2, z_cm=0.6)
    stage.cast([p for side in ("front", "right", "left") for p in carton.face(side)])
    _carton(stage, carton, _milk_face(lettering), _milk_side_face(lettering), (1.02, 0.97), (0.86, 0.74))
    return stage.finish()


def milk_side(lettering: Lettering) -> Image.Image:
    """The same carton, turned: the table of nutrients, the dates and the barcode."""
    stage = Stage((1840, 2240), Camera(16, 48, 5.3, 8350, (955, 1105)))
    stage.room(("#d5e3ea", "#f1efe6"), ("#e9dcc6", "#cdb691"), 0.64)
    carton = Block(7, 10.4, 5.6, 72, x_cm=-0.2)
    stage.cast([p for side in ("front", "right") for p in carton.face(side)])
    _carton(stage, carton, _milk_face(lettering), _milk_side_face(lettering), (0.82, 0.9), (1.02, 0.98))
    return stage.finish()


def _glass(stage: Stage, at_cm: tuple[float, float], lettering: Lettering) -> None:
    """A tumbler of milk behind the carton."""
    (x, y), (_, rim) = stage.camera.project([(at_cm[0], 0, at_cm[1]), (at_cm[0], 7.6, at_cm[1])])
    stage.shade(oval((x + 120, y - 30), 250, 70), 40, 0.3)
    stage.shade(oval((x + 10, y), 170, 44), 14, 0.45)
    glass = Sheet((400, round(y - rim) + 120), "#fff0", lettering)
    foot, wide, narrow = glass.height - 50, 196, 158
    level = 190
    body = [(200 - wide, 60), *lower_half((200, foot), narrow, 40), (200 + wide, 60)]
    glass.shape([*body, *reversed(lower_half((200, 60), wide, 46))], "#eaf3f780", "#dfeaf0b0")
    milk = [(200 - wide + 16, level), *lower_half((200, foot - 16), narrow - 12, 36), (200 + wide - 16, level)]
    glass.shape([*milk, *reversed(lower_half((200, level), wide - 16, 44))], "#fffefb", "#f1f0ea")
    glass.shape(oval((200, level), wide - 15, 44), "#ffffff", "#f3f2ec")
    glass.draw.ellipse([200 - wide, 14, 200 + wide, 106], outline="#ffffffd0", width=7)
    glass.shape([(52, 130), (84, 134), (102, foot - 60), (80, foot - 70)], "#ffffffc0", "#ffffff50")
    stage.put(glass.image, [(x - 200, rim - 60), (x + 200, rim - 60), (x + 200, y + 60), (x - 200, y + 60)], (1.0, 0.9))


def _carton(
    stage: Stage,
    carton: Block,
    front: Sheet,
    side: Sheet,
    front_light: tuple[float, float],
    side_light: tuple[float, float],
) -> None:
    top = Sheet((700, 560), "#f7fafc", front.lettering)
    top.wash((0, 0, 700, 560), "#e3edf4", "#fdfeff")
    top.wash((0, 262, 700, 298), "#c9d7e1", "#eef4f8")  # the seam of the folded film
    top.shape(oval((560, 150), 42, 42), "#9fb4c3", "#d7e2ea")  # where the straw goes in
    top.write((330, 430), "HILLFOLD", 74, "#14325c", "sans", "mm", 26)
    stage.put_face(top.image, carton.face("top"))
    stage.put_face(side.image, carton.face("right"), side_light)
    stage.put_face(front.image, carton.face("front"), front_light)


def _milk_face(lettering: Lettering) -> Sheet:
    sheet = Sheet((940, 1396), "#fdfefe", lettering)
    sheet.wash((0, 0, 940, 1000), "#ffffff", SKY)
    _hills(sheet, 860)
    _seal(sheet, (470, 128))
    sheet.write((470, 262), MILK.brand, 104, INK, "serif bold", "mm", 14)
    sheet.write((470, 352), "HILLFOLD", 54, INK, "bold", "mm", 10)
    sheet.write((470, 542), MILK.name, 236, INK, "bold", "mm", 10)
    sheet.write((470, 706), "PURE MILK", 58, INK, "sans", "mm", 16)
    for at, (large, small) in zip(
        (170, 470, 770), (("3.6g", "每100ml蛋白质"), ("120mg", "每100ml钙"), ("0", "添加糖")), strict=True
    ):
        sheet.rounded((at - 138, 1102, at + 138, 1236), 67, "#fffffff0")
        sheet.write((at, 1148), large, 54, "#2d6a4a", "bold", "mm")
        sheet.write((at, 1204), small, 31, INK, "sans", "mm")
    sheet.write((56, 1326), "高山牧场 生牛乳", 44, "white", "bold")
    sheet.write((884, 1326), "净含量：250ml", 50, "white", "bold", "rm")
    return sheet


def _seal(sheet: Sheet, at: tuple[float, float]) -> None:
    x, y = at
    sheet.shape(oval(at, 74, 74), INK)
    sheet.shape([(x - 52, y + 34), (x - 12, y - 30), (x + 8, y), (x + 22, y - 18), (x + 54, y + 34)], "white")
    sheet.shape(oval((x + 30, y - 36), 12, 12), "#f4b860")


def _hills(sheet: Sheet, top: int) -> None:
    """Ranges from the far blue to the near green, a farm and its trees."""
    width, foot = sheet.width, sheet.height
    sheet.glow((690, top - 20), 300, "#ffe6b0", 0.9)
    sheet.shape(oval((690, top + 10), 66, 66), "#fbd27c")
    ranges = (
        ("#a9c9dd", "#d3e6ee", [(0, 70), (150, -30), (300, 50), (480, -70), (640, 40), (800, -20), (940, 60)]),
        ("#83b6a9", "#b9d8c2", [(0, 150), (200, 70), (420, 160), (650, 80), (940, 160)]),
        ("#8cc27a", "#6dac62", [(0, 210), (260, 150), (540, 230), (760, 170), (940, 220)]),
        (GRASS, "#2f7048", [(0, 290), (300, 250), (600, 330), (940, 260)]),
    )
    for index, (light, dark, ridge) in enumerate(ranges):
        line = curve(
            [(-200, top + ridge[0][1]), *((x, top + y) for x, y in ridge), (width + 200, top + ridge[-1][1])],
            closed=False,
        )
        sheet.shape([*line, (width, foot), (0, foot)], light, dark)
        if index == 2:
            _farm(sheet, 210, top + 170)
    for x, y, size in ((620, 205, 34), (690, 190, 26), (840, 205, 38), (790, 220, 24)):
        sheet.shape(oval((x, top + y), size * 0.62, size), "#4f8f55", "#2d6a45")


def _farm(sheet: Sheet, x: float, y: float) -> None:
    sheet.shape([(x, y), (x + 110, y), (x + 110, y - 66), (x, y - 66)], "#fbf7ee", "#e9e1d0")
    sheet.shape([(x - 12, y - 62), (x + 26, y - 112), (x + 84, y - 112), (x + 122, y - 62)], "#c4573f", "#a84632")
    sheet.shape([(x + 40, y), (x + 70, y), (x + 70, y - 40), (x + 40, y - 40)], "#8a3b2c")
    sheet.shape([(x + 136, y), (x + 176, y), (x + 176, y - 110), (x + 136, y - 110)], "#dbe4e8", "#b7c4cb")
    sheet.shape(oval((x + 156, y - 110), 20, 16), "#b9473a")


def _milk_side_face(lettering: Lettering) -> Sheet:
    sheet = Sheet((1008, 1872), "#fbfdfe", lettering)
    sheet.wash((0, 0, 1008, 1872), "#ffffff", "#eaf4fa")
    sheet.wash((0, 0, 1008, 196), INK, mix(INK, "#2d6a9a", 0.5))
    sheet.write((504, 98), f"{MILK_SIDE.brand} {MILK_SIDE.name}", 84, "white", "serif bold", "mm")
    _nutrition(sheet, 70, 250, 868)
    rows = (
        ("产品类型", "全脂灭菌纯牛乳"),
        ("配料", "生牛乳"),
        ("净含量", "250ml"),
        ("贮存条件", "常温避光，开启后冷藏"),
        ("生产日期", "2026年05月18日"),
        ("保质期", "6个月"),
    )
    for index, (label, words) in enumerate(rows):
        sheet.write((78, 1006 + index * 68), f"{label}：{words}", 45, INK, "sans")
    sheet.barcode((330, 1450), MILK_SIDE.barcode, 6, 250)
    sheet.write((90, 1530), "过敏原", 38, INK, "bold")
    sheet.write((90, 1584), "含乳", 38, INK)
    _recycling(sheet, (130, 1706))
    return sheet


def _nutrition(sheet: Sheet, x: int, y: int, width: int) -> None:
    """The table of GB 28050-2011: nutrient, per 100 ml, share of the reference value."""
    row = 76
    sheet.rounded((x, y, x + width, y + row * 8 + 30), 14, "white", INK, 4)
    sheet.write((x + width / 2, y + 46), "营养成分表", 56, INK, "bold", "mm", 12)
    stops = (x + 36, x + width - 300, x + width - 36)
    for index, cells in enumerate((("项目", "每100ml", "NRV%"), *NUTRITION)):
        middle = y + 30 + row * (index + 1) + row / 2
        sheet.draw.line([(x, middle - row / 2), (x + width, middle - row / 2)], fill=INK, width=4 if index < 2 else 2)
        style = "sans" if index else "bold"
        for stop, cell, anchor in zip(stops, cells, ("lm", "rm", "rm"), strict=True):
            sheet.write((stop, middle), cell, 46, INK, style, anchor)


def _recycling(sheet: Sheet, at: tuple[float, float]) -> None:
    x, y = at
    sheet.shape(oval(at, 56, 56), "#3f8f63")
    leaf(sheet, (x - 26, y + 28), (x + 30, y - 32), 0.62, ("#ffffff", "#e5f4ea"), "#3f8f63")


def juice(lettering: Lettering) -> Image.Image:
    """A gable-top carton of juice with two apples beside it."""
    stage = Stage((1840, 2240), Camera(28, 74, 11.2, 6150, (900, 1150)))
    stage.room(("#f6e3cf", "#fbf3e4"), ("#e9cfae", "#d2ab80"), 0.68)
    _juice_carton(stage, Block(8.6, 17.2, 8, 24, x_cm=-2.2), lettering)
    for x, z, size_px, tint in ((7.6, -1.4, 430, "#c3452f"), (5.9, 4.6, 520, "#d4372c")):
        _standing_apple(stage, (x, z), size_px, tint, lettering)
    return stage.finish()


def juice_blurred(lettering: Lettering) -> Image.Image:
    """The same carton taken in a hurry: tilted, and out of focus."""
    picture = juice(lettering)
    turned = picture.rotate(8, Image.Resampling.BICUBIC, expand=False, fillcolor=(236, 214, 184))
    width, height = turned.size
    cut = turned.crop((round(width * 0.09), round(height * 0.08), round(width * 0.91), round(height * 0.92)))
    return cut.resize((820, 1000), Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(2.2))


def _standing_apple(stage: Stage, at_cm: tuple[float, float], size_px: int, tint: str, lettering: Lettering) -> None:
    x, z = at_cm
    ((px, py),) = stage.camera.project([(x, 0, z)])
    stage.shade(oval((px + size_px * 0.16, py - size_px * 0.02), size_px * 0.46, size_px * 0.1), 34, 0.4)
    stage.shade(oval((px + size_px * 0.03, py - size_px * 0.01), size_px * 0.25, size_px * 0.05), 12, 0.6)
    fruit = apple(size_px, lettering, middle=tint)
    layer = Image.new("RGBA", stage.image.size)
    layer.paste(fruit, (round(px - size_px / 2), round(py - size_px * 0.95)))
    stage.image.alpha_composite(layer)


def _juice_carton(stage: Stage, carton: Block, lettering: Lettering) -> None:
    front, side = _juice_face(lettering), _juice_side(lettering)
    roof = replace(carton, height_cm=carton.height_cm + 3.6)
    ridge = [roof.at(x, 1, z) for x in (-1, 1) for z in (-0.02, 0.02)]
    corners = [p for s in ("front", "right", "left") for p in carton.face(s)]
    stage.cast([*corners, *ridge], 0.3)
    low, high = carton, roof
    stage.put_face(side.image, carton.face("right"), (0.82, 0.7))
    gable = [high.at(1, 1, 0), low.at(1, 1, -1), low.at(1, 1, 1)]
    stage.fill(gable, "#22592f", "#2c6c39")
    stage.fill([high.at(1, 1, 0), low.at(1, 1, 0), low.at(1, 1, 1)], "#276534", "#327a40")  # the fold in its middle
    slope = Sheet((900, 480), "#3d8d47", lettering)
    slope.wash((0, 0, 900, 480), "#4fa356", "#3f8f49")
    slope.write((450, 300), "100% 果汁", 104, "#fffdf2", "bold", "mm", 8)
    stage.put_face(slope.image, [high.at(-1, 1, 0), high.at(1, 1, 0), low.at(1, 1, 1), low.at(-1, 1, 1)], (1.04, 0.99))
    stage.put_face(front.image, carton.face("front"), (1.02, 0.97))
    fin = replace(roof, height_cm=roof.height_cm + 1.5)
    edge = Sheet((900, 160), "#e8f0e2", lettering)
    edge.wash((0, 0, 900, 160), "#f7faf2", "#d5e2cd")
    stage.put_face(edge.image, [fin.at(-1, 1, 0), fin.at(1, 1, 0), roof.at(1, 1, 0), roof.at(-1, 1, 0)], (1.0, 0.94))


def _juice_face(lettering: Lettering) -> Sheet:
    sheet = Sheet((900, 1800), "#fffdf4", lettering)
    sheet.wash((0, 0, 900, 1800), "#fffef8", "#fdf3d3")
    sheet.glow((450, 1170), 620, "#ffd766", 0.75)
    sheet.write((450, 190), JUICE.brand, 150, "#2f7d3e", "serif bold", "mm", 18)
    sheet.write((450, 312), "ORCHALEE", 70, "#2f7d3e", "bold", "mm", 8)
    sheet.draw.line([(290, 382), (610, 382)], fill="#e0a93c", width=5)
    sheet.write((450, 524), JUICE.name, 190, "#b32a22", "bold", "mm", 12)
    sheet.write((450, 668), "APPLE JUICE", 78, "#b32a22", "bold", "mm", 8)
    sheet.write((450, 772), "冷压榨 · 非浓缩还原", 54, "#5a4a2c", "sans", "mm")
    sheet.lay(apple(430, lettering, middle="#c9402f"), (650, 1180), -14)
    sheet.lay(apple(560, lettering), (340, 1250), 6)
    sheet.shape(
        [
            *curve([(-200, 1560), (0, 1530), (280, 1500), (560, 1560), (1100, 1490)], closed=False),
            (900, 1800),
            (0, 1800),
        ],
        "#3f8f49",
        "#2a6f38",
    )
    sheet.write((60, 1640), "COLD PRESSED", 52, "#fffdf2", "bold")
    sheet.write((60, 1716), "NOT FROM CONCENTRATE", 36, "#fffdf2")
    sheet.write((846, 1664), "净含量 1L", 72, "#fffdf2", "bold", "rm")
    return sheet


def _juice_side(lettering: Lettering) -> Sheet:
    sheet = Sheet((836, 1800), "#3f8f49", lettering)
    sheet.wash((0, 0, 836, 1800), "#459a50", "#2a6f38")
    sheet.write((418, 220), "配料：苹果汁", 84, "#fffdf2", "bold", "mm")
    sheet.write((418, 350), "冷藏 2～6℃", 76, "#fffdf2", "sans", "mm")
    sheet.write((418, 468), "开启后三日内饮完", 76, "#fffdf2", "sans", "mm")
    for index in range(6):
        x, y = 190 + (index % 2) * 240, 1560 - index * 150
        leaf(sheet, (418, y + 110), (x + 100, y - 60), 0.42, ("#8fcf78", "#5fae5c"), "#3f8f49")
    return sheet
