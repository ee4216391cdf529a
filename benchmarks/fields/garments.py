"""Hang tags and wash labels of clothing.

Sources of the forms: GB/T 5296.4-2012 (what a garment's label says), GB 18401-2010 (safety classes A, B, C).
Enters: an invented garment. Leaves: sheets and the truth of what was printed.
"""

import random

from fields import printed, words
from fields.invent import Garment
from fields.packs import BODIES, LATIN, LOGOS
from fields.sheet import Sheet, Style
from fields.truth import Truth

TAGS = ("#ffffff", "#f7f4ec", "#f3f3f3", "#e9e2d3", "#262626", "#1f2a44", "#fffdf7")


def tag(garment: Garment, rng: random.Random, truth: Truth, *, whole: bool) -> Sheet:
    """A hang tag. `whole` ones tell all there is; others leave material and class to the wash label."""
    width = rng.randint(620, 760)
    paper = rng.choice(TAGS)
    ink = "#f2efe6" if paper in ("#262626", "#1f2a44") else rng.choice(["#1a1a1a", "#333333", "#2b2b44"])
    style = Style(rng.choice([26, 28, 30, 32]), ink, rng.choice(BODIES), rng.choice(LATIN))
    sheet = Sheet((width, 2200), paper)
    hole = Style(10, ink)
    sheet.draw.ellipse((width / 2 - 22, 34, width / 2 + 22, 78), fill="#6f6a62", outline=hole.colour, width=4)
    y = _logo(sheet, garment, style, rng, truth, 120)
    writer = _Lines(sheet, style, rng, 50, width - 100)
    rows = _identity(garment, rng, truth)
    if whole:
        rows += _composition(garment, rng, truth) + _norms(garment, rng, truth)
    rows += _maker(garment, rng, truth) if rng.random() < 0.7 else []
    middle = rows[1:]
    if rng.random() < 0.4:
        rng.shuffle(middle)
    for row in [rows[0], *middle]:
        y = writer.row(y, *row)
    if rng.random() < 0.75:
        sheet.barcode((90, y + 30), garment.barcode, 3, rng.randint(60, 100))
        truth.tell("barcode", garment.barcode)
        y += 170
    if rng.random() < 0.8:
        y = _price(sheet, garment, style, rng, truth, y + 24, width)
    return _cut(sheet, y + 50)


def wash_label(garment: Garment, rng: random.Random, truth: Truth) -> Sheet:
    """The narrow sewn-in label: fibres, size, class, how to wash."""
    width = rng.randint(430, 560)
    sheet = Sheet((width, 1900), rng.choice(["#fdfdfb", "#f4f2ee", "#ececec", "#2a2a2a"]))
    ink = "#f0f0f0" if sheet.image.getpixel((0, 0))[0] < 90 else "#202020"  # pyright: ignore
    style = Style(rng.choice([24, 26, 28]), ink, rng.choice(BODIES), rng.choice(LATIN))
    writer = _Lines(sheet, style, rng, 34, width - 68)
    y: float = 60
    rows = _composition(garment, rng, truth)
    rows += _norms(garment, rng, truth) if rng.random() < 0.7 else []
    if rng.random() < 0.5:
        rows.insert(0, _size_row(garment, rng, truth))
    for row in rows:
        y = writer.row(y, *row)
    y = _symbols(sheet, rng, ink, y + 20)
    for care in rng.sample(words.CARE, rng.randint(2, 5)):
        sheet.write((34, y), care, style.sized(style.size_px - 2))
        y += style.size_px * 1.4
    if rng.random() < 0.5:
        sheet.write((34, y + 10), "MADE IN CHINA", style.but(latin="arial"))
        y += 50
    return _cut(sheet, y + 50)


class _Lines:
    """Rows of label and value: with one form of separator, beside or below each other."""

    def __init__(self, sheet: Sheet, style: Style, rng: random.Random, x: float, width: float) -> None:
        self.sheet, self.style, self.rng, self.x, self.width = sheet, style, rng, x, width
        self.sep = rng.choice(["：", "：", ":", ": ", "  "])
        self.tab = rng.random() < 0.3
        self.leading = rng.uniform(1.35, 1.7)

    def row(self, y: float, field: str | None, label: str, values: list[str]) -> float:
        style, step = self.style, self.style.size_px * self.leading
        if len(values) == 1 and not self.tab and label:
            return self.sheet.paragraph(
                (self.x, y), label + self.sep, values[0], style, self.width, field, None, self.leading
            )
        place, x = self.sheet.place(), self.x
        if label:
            wide = self.sheet.write((x, y), label + (self.sep if not self.tab else ""), style, field, "label", place)
            x += max(wide + style.size_px * 0.4, style.size_px * 5) if self.tab else wide
        if x > self.x + 0.5 * self.width:
            x, y = self.x + style.size_px, y + step
        for value in values:
            for line in self.sheet._broken(value, style, self.x + self.width - x, 0):
                self.sheet.write((x, y), line, style, field, "value", place)
                y += step
        return y


def _logo(sheet: Sheet, garment: Garment, style: Style, rng: random.Random, truth: Truth, y: float) -> float:
    logo = Style(rng.randint(60, 92), style.colour, rng.choice(["hei black", "song bold", "hei medium"]),
                 rng.choice(LOGOS), rng.choice([0, 8]))  # fmt: skip
    logo = sheet.fit(garment.brand, logo, sheet.width - 140)
    sheet.write((sheet.width / 2, y), garment.brand, logo, "brand", anchor="m")
    truth.tell("brand", garment.brand)
    y += logo.size_px + 30
    if rng.random() < 0.4:
        small = style.but(size_px=20, latin="lato", gap_px=4)
        sheet.write(
            (sheet.width / 2, y), rng.choice(["SINCE 2004", "ORIGINAL DESIGN", "WEAR YOUR DAY"]), small, anchor="m"
        )
        y += 44
    sheet.draw.line((50, y, sheet.width - 50, y), fill=style.colour, width=2)
    return y + 30


def _identity(garment: Garment, rng: random.Random, truth: Truth) -> list[tuple]:
    rows: list[tuple] = [("name", rng.choice(["品名", "产品名称", "名称", "品 名"]), [garment.name])]
    truth.tell("name", garment.name)
    if not garment.listed:
        rows.append(("brand", rng.choice(["品牌", "商标", "品 牌"]), [garment.brand]))
    rows.append(("style_number", rng.choice(["款号", "货号", "款号", "款式编号", "货 号"]), [garment.style_number]))
    truth.tell("style_number", garment.style_number)
    rows.append(
        ("colours", rng.choice(["颜色", "色号", "颜色", "花色", "颜 色"]), [_coded(garment.colour, rows[-1][1], rng)])
    )
    truth.tell("colours", [garment.colour])
    return [*rows, _size_row(garment, rng, truth)]


def _coded(colour: str, label: str, rng: random.Random) -> str:
    return f"{colour} {rng.randint(10, 99)}#" if rng.random() < 0.15 else colour


def _size_row(garment: Garment, rng: random.Random, truth: Truth) -> tuple:
    number, letter = garment.size
    shown, told = rng.choice([(f"{number}({letter})", [number, letter]), (number, [number]), (f"{number} {letter}",
        [number, letter]),
                              (letter, [letter]), (f"{letter} {number}", [letter, number])])  # fmt: skip
    held = truth.values.get("size", [])
    truth.tell("size", list(dict.fromkeys([*held, *told])))
    return ("size", rng.choice(["号型", "规格", "尺码", "号 型", "SIZE", "号型规格"]), [shown])


def _composition(garment: Garment, rng: random.Random, truth: Truth) -> list[tuple]:
    """Fibres with their shares, a line a part: 面料 95%棉 5%氨纶."""
    rows, told = [], []
    form = rng.choice(["{0}%{1}", "{0}% {1}", "{1}{0}%", "{1} {0}%", "{0}%{1}"])
    joint = rng.choice([" ", "  ", "、", "，", None])
    english = rng.random() < 0.2
    for part, fibres in garment.material:
        shown = [form.format(printed.number(share), _fibre(fibre, english)) for share, fibre in fibres]
        told += [f"{printed.number(share)}% {fibre}" for share, fibre in fibres]
        label = part or rng.choice(["成分", "面料成分", "纤维成分", "面料", "成份", "材质成分"])
        rows.append(("material", label, shown if joint is None else [joint.join(shown)]))
    truth.tell("material", told)
    return rows


def _fibre(fibre: str, english: bool) -> str:
    return f"{fibre} {words.FIBRES_EN[fibre]}" if english and fibre in words.FIBRES_EN else fibre


def _norms(garment: Garment, rng: random.Random, truth: Truth) -> list[tuple]:
    truth.tell("standard", garment.standard)
    truth.tell("safety_class", f"{garment.safety_class}类")
    letter = garment.safety_class
    value = rng.choice([f"GB 18401-2010 {letter}类", f"{letter}类", f"GB 18401-2010 {letter}类 {words.CLASSES[letter]}",
                        f"符合GB18401-2010 {letter}类", f"{letter}类（{words.CLASSES[letter]}）"])  # fmt: skip
    rows: list[tuple] = [
        ("standard", rng.choice(["执行标准", "产品标准", "执行标准", "标准号"]), [garment.standard]),
        ("safety_class", rng.choice(["安全技术类别", "安全类别", "安全技术要求", "产品安全类别"]), [value]),
    ]
    rows.append((None, "等级", [rng.choice(["合格品", "一等品", "优等品"])]))
    if rng.random() < 0.6:
        rows.append((None, "检验员", [f"{rng.randint(1, 60):02d}"]))
    return rows


def _maker(garment: Garment, rng: random.Random, truth: Truth) -> list[tuple]:
    truth.tell("producer", garment.producer, f"{garment.producer} {garment.address}")
    rows: list[tuple] = [("producer", rng.choice(["制造商", "生产商", "生产企业", "制造单位"]), [garment.producer]),
                         (None, "地址", [garment.address])]  # fmt: skip
    if rng.random() < 0.6:
        rows.append(("origin", "产地", [garment.origin]))
        truth.tell("origin", garment.origin)
    else:
        truth.free.add("origin")
    if rng.random() < 0.5:
        rows.append((None, "电话", [f"400-{rng.randint(100, 999)}-{rng.randint(1000, 9999)}"]))
    return rows


def _price(
    sheet: Sheet, garment: Garment, style: Style, rng: random.Random, truth: Truth, y: float, width: int
) -> float:
    label = rng.choice(["吊牌价：", "零售价：", "全国统一零售价：", "统一零售价 ", "建议零售价：", "RETAIL PRICE "])
    value = rng.choice([f"¥{garment.price:.2f}", f"￥{printed.number(garment.price)}", f"¥ {garment.price:.2f}",
                        f"{garment.price:.2f}元", f"RMB {garment.price:.2f}"])  # fmt: skip
    truth.tell("price", f"{garment.price:.2f} CNY")
    place = sheet.place()
    wide = sheet.write((50, y + 8), label, style, "price", "label", place)
    large = style.but(size_px=round(style.size_px * 1.5), font="hei bold", latin="arial bold")
    if 50 + wide + sheet.width_of(value, large) > width - 30:
        y, wide = y + style.size_px * 1.4, 0
    sheet.write((56 + wide, y), value, large, "price", "value", place)
    return y + large.size_px * 1.4


def _symbols(sheet: Sheet, rng: random.Random, ink: str, y: float) -> float:
    """Care symbols: a tub, a triangle, an iron, a circle, a square (GB/T 8685)."""
    size, x = 46, 40
    for kind in rng.sample(["tub", "triangle", "circle", "square", "iron"], 4):
        box = (x, y, x + size, y + size)
        if kind == "tub":
            sheet.draw.line([(x, y), (x + 6, y + size), (x + size - 6, y + size), (x + size, y)], fill=ink, width=3)
        elif kind == "triangle":
            sheet.draw.polygon([(x + size / 2, y), (x + size, y + size), (x, y + size)], outline=ink, width=3)
        elif kind == "circle":
            sheet.draw.ellipse(box, outline=ink, width=3)
        elif kind == "square":
            sheet.draw.rectangle(box, outline=ink, width=3)
        else:
            sheet.draw.polygon(
                [(x, y + size), (x + 12, y + 16), (x + size, y + 16), (x + size, y + size)], outline=ink, width=3
            )
        if rng.random() < 0.4:
            sheet.draw.line([(x, y), (x + size, y + size)], fill=ink, width=3)
        x += size + 26
    return y + size + 26


def _cut(sheet: Sheet, height: float) -> Sheet:
    sheet.image = sheet.image.crop((0, 0, sheet.width, round(height)))
    sheet.height = round(height)
    return sheet
