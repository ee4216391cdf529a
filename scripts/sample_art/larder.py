"""Biscuits with a price card, a jar of honey whose number is misprinted, and a tin of tea. Brands are invented."""

import math

import numpy as np
from PIL import Image, ImageFilter

from sample_art.brush import Lettering, Sheet, ball, curve, leaf, lower_half, oval
from sample_art.shown import Shown
from sample_art.stage import Block, Camera, Stage, fainter, puff, wrap

BISCUITS = Shown(
    brand="麦垄知味",
    name="黄油曲奇饼干",
    net_content="180 g",
    prices=("12.90 CNY",),
    must_contain=("麦垄知味", "黄油曲奇饼干", "BUTTER COOKIES", "净含量", "第二件半价", "¥12.90"),
)
HONEY = Shown(
    brand="槐野",
    name="洋槐蜂蜜",
    net_content="500 g",
    printed_code="5051234567890",  # its check digit should be 5
    shelf_life="18 个月",
    must_contain=("槐野", "洋槐蜂蜜", "ACACIA HONEY", "净含量", "保质期"),
)
TEA = Shown(
    brand="Fernmere & Daughters",
    name="English Breakfast Tea",
    net_content="125 g",
    barcode="9520678904062",
    best_before="2027-09-30",
    must_contain=("FERNMERE", "ENGLISH", "BREAKFAST", "50 TEA BAGS", "NET WT", "BEST BEFORE"),
)


def biscuits(lettering: Lettering) -> Image.Image:
    """A foil bag lying on the table, a shelf card before it."""
    stage = Stage((1920, 2240))
    stage.ground("#f4e6cf", "#dfc59e")
    stage.drop(_bag(lettering), (900, 1010), 44, 0.42)
    for at, size_px in (((1640, 1560), 300), ((1500, 1780), 330)):
        stage.drop(_cookie(size_px, lettering), at, 14, 0.5)
    card = _price_card(lettering).rotate(4, Image.Resampling.BICUBIC, expand=True)
    stage.drop(card, (640, 1960), 16, 0.4)
    return stage.finish()


def _bag(lettering: Lettering) -> Image.Image:
    sheet = Sheet((1240, 1640), "#b4472f", lettering)
    sheet.wash((0, 0, 1240, 1640), "#c2553a", "#a23a28")
    sheet.shape(oval((620, 1700), 900, 760), "#f6d9a0", "#eec27e")
    sheet.write((620, 232), BISCUITS.brand, 132, "#fff4dc", "serif bold", "mm", 18)
    sheet.write((620, 346), "MAILONG", 52, "#ffdca6", "bold", "mm", 10)
    sheet.rounded((150, 428, 1090, 632), 30, "#fff4dc")
    sheet.write((620, 528), BISCUITS.name, 132, "#8a2d1d", "bold", "mm", 8)
    sheet.write((620, 706), "BUTTER COOKIES", 74, "#fff4dc", "bold", "mm", 12)
    sheet.write((620, 800), "酥松一口 · 烘烤出炉", 54, "#ffdca6", "sans", "mm")
    for x, y, size_px in ((330, 1240, 420), (900, 1250, 410), (620, 1170, 500)):
        _laid_cookie(sheet, (x, y), size_px)
    _wheat(sheet, (120, 1490), -0.5)
    _wheat(sheet, (1120, 1490), 0.5)
    sheet.write((620, 1500), "净含量：180g", 64, "#8a2d1d", "bold", "mm")
    soft = puff(
        sheet.image, 0.34, ((0.2, 0.07, 1.2), (0.78, 0.06, 1.9), (0.86, 0.94, 1.3), (0.14, 0.93, 1.8), (0.5, 0.95, 1.5))
    )
    return _sealed(soft)


def _sealed(bag: Image.Image) -> Image.Image:
    """Cuts the bag's outline: crimped seals above and below with their teeth, sides drawn in a little."""
    width, height = bag.size
    pixels = np.array(bag, np.float32)
    for top in (34, height - 94):
        band = np.sin(np.arange(60) / 60 * 8 * math.pi) * 0.09 + 1.04
        pixels[top : top + 60, :, :3] *= band[:, None, None]
    sealed = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    teeth = [(x, 26 if i % 2 else 8) for i, x in enumerate(range(20, width - 19, 20))]
    right = [(width - 20 - 16 * math.sin(math.pi * t), 20 + (height - 40) * t) for t in np.linspace(0, 1, 40)]
    left = [(20 + 16 * math.sin(math.pi * t), height - 20 - (height - 40) * t) for t in np.linspace(0, 1, 40)]
    foot = [(x, height - 8 - (18 if i % 2 else 0)) for i, x in enumerate(range(width - 20, 19, -20))]
    outline = Sheet(bag.size, "#0000", Lettering())
    outline.shape([*teeth, *right, *foot, *left], "#fff")
    sealed.putalpha(outline.image.getchannel("A"))
    return sealed


def _cookie(size_px: int, lettering: Lettering) -> Image.Image:
    sheet = Sheet((size_px, size_px), "#0000", lettering)
    rim = [(0.97 - 0.035 * math.cos(a * 22), a) for a in np.linspace(0, 2 * math.pi, 400)]
    sheet.lay(
        ball(size_px, [(r * math.cos(a), r * math.sin(a)) for r, a in rim], "#f7d595", "#e2ab5c", "#b06f2b"),
        (size_px / 2, size_px / 2),
    )
    inner = ball(round(size_px * 0.8), oval((0, 0), 0.98, 0.98), "#fbe0a8", "#ecbb70", "#cf9143")
    sheet.lay(inner, (size_px / 2, size_px / 2))
    for ring, count in ((0.2, 6), (0.31, 12)):
        for k in range(count):
            a = 2 * math.pi * k / count
            at = (size_px * (0.5 + ring * math.cos(a)), size_px * (0.5 + ring * math.sin(a)))
            sheet.shape(oval(at, size_px * 0.014, size_px * 0.014), "#9a5f25")
    return sheet.image


def _laid_cookie(sheet: Sheet, at: tuple[float, float], size_px: int) -> None:
    cookie = _cookie(size_px, sheet.lettering)
    shadow = Image.new("RGBA", sheet.image.size, "#5a2410")
    mask = Image.new("L", sheet.image.size)
    mask.paste(
        fainter(cookie, 0.5),
        (round(at[0] - size_px / 2 + 14), round(at[1] - size_px / 2 + 22)),
    )
    shadow.putalpha(mask.filter(ImageFilter.GaussianBlur(18)))
    sheet.image.alpha_composite(shadow)
    sheet.lay(cookie, at)


def _wheat(sheet: Sheet, foot: tuple[float, float], lean: float) -> None:
    x, y = foot
    tip = (x - lean * 120, y - 420)
    sheet.draw.line([foot, tip], fill="#c98b3a", width=7)
    for k in range(9):
        t = 0.3 + 0.08 * k
        px, py = x + (tip[0] - x) * t, y + (tip[1] - y) * t
        for way in (-1, 1):
            leaf(sheet, (px, py), (px + way * 46, py - 62), 0.5, ("#f2c66d", "#d99c45"))


def _price_card(lettering: Lettering) -> Image.Image:
    sheet = Sheet((860, 400), "#0000", lettering)
    sheet.rounded((0, 0, 860, 400), 24, "#fffdf6")
    sheet.rounded((0, 0, 860, 96), 24, "#d22f27")
    sheet.draw.rectangle([0, 60, 860, 96], fill="#d22f27")
    sheet.write((430, 50), "第二件半价", 62, "white", "bold", "mm", 12)
    sheet.write((50, 172), f"{BISCUITS.brand} {BISCUITS.name}", 48, "#333")
    sheet.write((50, 300), "¥12.90", 150, "#d22f27", "bold")
    sheet.write((812, 330), "元/袋 180g", 44, "#333", "sans", "rm")
    return sheet.image


def honey(lettering: Lettering) -> Image.Image:
    """A jar from the front, its label around the glass; the number below the torn-off bars is wrong."""
    stage = Stage((1840, 2240))
    stage.room(("#f3e3bf", "#fbf4e2"), ("#d9b98a", "#b98d58"), 0.72)
    foot, left, right = 1960, 430, 1410
    stage.shade(oval((1120, foot - 20), 620, 100), 60, 0.4)
    stage.shade(oval((930, foot + 4), 480, 62), 16, 0.55)
    lights = ((0, 0.62), (0.1, 0.95), (0.2, 1.22), (0.28, 1.05), (0.55, 1.0), (0.85, 0.82), (0.95, 0.66), (1, 0.8))
    stage.image.alpha_composite(wrap(_honey_glass(lettering, right - left, 1360), 46, lights), (left, foot - 1360))
    flat = ((0, 0.7), (0.12, 0.94), (0.24, 1.04), (0.6, 1.0), (1, 0.68))
    stage.image.alpha_composite(wrap(_honey_label(lettering, right - left), 46, flat), (left, foot - 1120))
    lid = Sheet((820, 236), "#b98a3a", lettering)
    lid.wash((0, 0, 820, 236), "#d9ab55", "#a87729")
    for x in range(6, 820, 18):
        lid.draw.line([(x, 20), (x, 214)], fill="#9a6c24", width=4)
    steel = ((0, 0.6), (0.15, 1.0), (0.25, 1.35), (0.36, 1.02), (0.7, 0.95), (1, 0.55))
    turned = wrap(lid.image, 34, steel)
    stage.image.alpha_composite(turned, (510, foot - 1580))
    cap = Sheet((820, 80), "#0000", lettering)
    cap.shape(oval((410, 40), 409, 36), "#ecc877", "#c79746")
    stage.image.alpha_composite(cap.image, (510, foot - 1580 - 38))
    return stage.finish()


def _honey_glass(lettering: Lettering, width: int, height: int) -> Image.Image:
    sheet = Sheet((width, height), "#0000", lettering)
    shoulder = [
        (150, 0),
        (142, 46),
        (92, 92),
        (24, 146),
        (2, 210),
        (0, 300),
        (0, height - 160),
        (10, height - 70),
        (40, height - 20),
        (90, height),
    ]
    side = curve(shoulder, closed=False)
    sheet.shape([*side, *[(width - x, y) for x, y in reversed(side)]], "#f3b23f", "#c9741a")
    sheet.glow((width * 0.3, height * 0.3), width * 0.8, "#ffe08a", 0.6)
    return sheet.image


def _honey_label(lettering: Lettering, width: int) -> Image.Image:
    sheet = Sheet((width, 960), "#fffaf0", lettering)
    sheet.wash((0, 0, width, 960), "#fffdf7", "#fbf0d8")
    for y in (0, 936):
        sheet.draw.rectangle([0, y, width, y + 24], fill="#c98a2b")
    middle = width / 2
    sheet.write((middle, 140), HONEY.brand, 150, "#6b4214", "serif bold", "mm", 40)
    sheet.write((middle, 252), "LOCUSTMOOR", 50, "#6b4214", "bold", "mm", 6)
    sheet.write((middle, 384), HONEY.name, 118, "#a45a12", "bold", "mm", 8)
    sheet.write((middle, 486), "ACACIA HONEY", 56, "#a45a12", "bold", "mm", 6)
    _blossom(sheet, (middle - 260, 140))
    _blossom(sheet, (middle + 260, 140))
    sheet.draw.line([(170, 556), (width - 170, 556)], fill="#c98a2b", width=4)
    sheet.write((middle, 622), "净含量：500克", 62, "#3b2a14", "bold", "mm")
    sheet.write((middle, 708), "保质期：18个月", 50, "#3b2a14", "sans", "mm")
    sheet.rounded((middle - 270, 762, middle + 270, 908), 8, "white", "#d8cdb8", 3)
    sheet.write((middle, 836), HONEY.printed_code, 58, "#111", "sans", "mm", 4)
    return sheet.image


def _blossom(sheet: Sheet, at: tuple[float, float]) -> None:
    for k in range(6):
        a = math.pi * k / 3
        leaf(sheet, at, (at[0] + 62 * math.cos(a), at[1] + 62 * math.sin(a)), 0.62, ("#ffffff", "#f2dfae"), "#e2b65a")
    sheet.shape(oval(at, 14, 14), "#d9952d")


def tea(lettering: Lettering) -> Image.Image:
    """A tea tin in English only, with a cup."""
    stage = Stage((2000, 2000), Camera(20, 58, 6.6, 5600, (1000, 1040)))
    stage.room(("#dfe3d6", "#f0ede0"), ("#cdb79a", "#a98c68"), 0.62)
    tin = Block(9, 13.2, 9, 38, x_cm=-2.6)
    stage.cast([p for side in ("front", "right", "left") for p in tin.face(side)])
    top = Sheet((600, 600), "#1f4a3d", lettering)
    top.wash((0, 0, 600, 600), "#2b5f4f", "#3a7563")
    top.rounded((50, 50, 550, 550), 60, None, "#c9a24f", 10)
    stage.put_face(top.image, tin.face("top"))
    stage.put_face(_tea_side(lettering).image, tin.face("right"), (0.84, 0.72))
    stage.put_face(_tea_front(lettering).image, tin.face("front"), (1.04, 0.96))
    _cup(stage, (5.6, 5.4), lettering)
    return stage.finish()


def _tea_front(lettering: Lettering) -> Sheet:
    sheet = Sheet((960, 1408), "#1f4a3d", lettering)
    sheet.wash((0, 0, 960, 1408), "#265747", "#163a2f")
    for k in range(9):
        y = 1340 - k * 62
        reach = 250 - k * 21
        for way, root in ((-1, 0), (1, 960)):
            leaf(sheet, (root, y), (root - way * reach, y - 130), 0.22, ("#4f8c6d", "#2f6a52"))
    sheet.rounded((34, 34, 926, 1374), 24, None, "#c9a24f", 6)
    sheet.write((480, 190), "FERNMERE", 120, "#f3e7c6", "serif bold", "mm", 6)
    sheet.write((480, 296), "& DAUGHTERS", 56, "#d9bd78", "serif", "mm", 14)
    sheet.rounded((130, 400, 830, 930), 30, "#f6efdc")
    sheet.rounded((150, 420, 810, 910), 20, None, "#c9a24f", 4)
    sheet.write((480, 530), "ENGLISH", 96, "#1f4a3d", "serif bold", "mm", 8)
    sheet.write((480, 668), "BREAKFAST", 88, "#1f4a3d", "serif bold", "mm", 3)
    sheet.write((480, 800), "BLACK TEA", 70, "#9a6a1f", "sans", "mm", 14)
    sheet.write((480, 1096), "50 TEA BAGS", 74, "#f3e7c6", "bold", "mm", 4)
    sheet.write((480, 1206), "NET WT 125g", 64, "#f3e7c6", "sans", "mm", 2)
    return sheet


def _tea_side(lettering: Lettering) -> Sheet:
    sheet = Sheet((960, 1408), "#f6efdc", lettering)
    sheet.wash((0, 0, 960, 1408), "#f9f4e4", "#eadfc2")
    sheet.wash((0, 0, 960, 120), "#265747", "#1f4a3d")
    for index, words in enumerate(("Bring fresh water", "to the boil. Steep", "3 to 5 minutes.")):
        sheet.write((90, 250 + index * 100), words, 68, "#1f4a3d", "serif")
    sheet.write((90, 640), "BEST BEFORE", 92, "#1f4a3d", "bold")
    sheet.write((90, 750), "30.09.2027", 92, "#1f4a3d", "bold")
    sheet.barcode((170, 880), TEA.barcode, 7, 340)
    return sheet


def _cup(stage: Stage, at_cm: tuple[float, float], lettering: Lettering) -> None:
    ((x, y),) = stage.camera.project([(at_cm[0], 0, at_cm[1])])
    stage.shade(oval((x + 90, y + 6), 330, 90), 34, 0.4)
    sheet = Sheet((760, 460), "#0000", lettering)
    sheet.shape(oval((350, 350), 300, 84), "#fffdf8", "#d8cfbf")
    sheet.shape(oval((350, 342), 210, 54), "#e2d9c9", "#f7f2e8")
    sheet.draw.arc([500, 130, 690, 290], -120, 130, fill="#efe8da", width=26)
    bowl = [(140, 90), (152, 200), (210, 300), (270, 340), (430, 340), (490, 300), (548, 200), (560, 90)]
    sheet.shape(curve(bowl, closed=False), "#fffefa", "#d9cfbd")
    sheet.shape(oval((350, 90), 210, 56), "#fffdf8", "#e9e0d0")
    sheet.shape(oval((350, 96), 190, 46), "#7c3a16", "#b5662a")
    sheet.shape([*lower_half((350, 96), 188, 44), *reversed(lower_half((350, 84), 188, 44))], "#c77c3c80", "#c77c3c20")
    layer = Image.new("RGBA", stage.image.size)
    layer.paste(sheet.image, (round(x - 350), round(y - 360)))
    stage.image.alpha_composite(layer)
