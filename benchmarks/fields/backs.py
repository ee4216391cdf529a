"""Backs of food packs: what the law asks to be told, in the order and form of one printer.

Sources of the forms: GB 7718-2011 (what a label states), GB 28050-2011 (tables.py).
Enters: an invented food. Leaves: a sheet with its facts, and the truth of what was printed.
"""

import random

from fields import printed, words
from fields.invent import Food, later
from fields.packs import Look, look
from fields.sheet import Sheet, Style
from fields.tables import nutrition
from fields.truth import Truth

BILINGUAL = {"配料": "Ingredients", "配料表": "Ingredients", "净含量": "Net Content", "保质期": "Shelf Life",
             "生产日期": "Production Date", "贮存条件": "Storage", "产地": "Origin", "原产地": "Origin",
             "品名": "Product", "产品名称": "Product Name", "品牌": "Brand", "生产商": "Manufacturer",
             "地址": "Address",
             "制造商": "Manufacturer", "保质期至": "Best Before", "储存方法": "Storage"}  # fmt: skip


def back(food: Food, rng: random.Random, truth: Truth, *, full: bool) -> Sheet:
    """The side that the law asks for. `full` ones tell more."""
    size = rng.choice([22, 24, 26, 28, 30])
    style = look(rng, size)
    if rng.random() < 0.5:
        style.paper, style.ink = (
            rng.choice(["#ffffff", "#fbfaf5", "#f3efe4"]),
            rng.choice(["#1c1c1c", "#222a44", "#3b2a20"]),
        )
        style.body = style.body.but(colour=style.ink)
    writer = Writer(food, rng, truth, style)
    return writer.columns() if rng.random() < 0.5 else writer.stacked()


class Writer:
    """Writes a back. Each method writes one part below `y` and returns the y below it."""

    def __init__(self, food: Food, rng: random.Random, truth: Truth, look: Look) -> None:
        self.food, self.rng, self.truth, self.look = food, rng, truth, look
        self.sep = rng.choice(["：", "：", ":", ": ", " ", "】"])
        self.english = food.imported
        self.sheet = Sheet((10, 10), look.paper)
        self.bold = rng.random() < 0.5
        self.leading = rng.uniform(1.3, 1.65)
        self.bilingual = not food.imported and rng.random() < 0.15
        self.joint = rng.choice([" ", "/"])
        self.tab = rng.random() < 0.25  # labels in one column, values in another
        self.ruled = self.tab and rng.random() < 0.6

    def stacked(self) -> Sheet:
        """Everything in one column, the bars at the foot."""
        width = self.rng.randint(900, 1100)
        self.sheet = Sheet((width, 2600), self.look.paper)
        y = self.head(46, width)
        parts = self.parts()
        table = self.rng.randrange(1, len(parts))
        for number, part in enumerate(parts):
            if number == table:
                y = self.table(50, y + 14, width - 100) + 18
            y = part(50, y, width - 100)
        y = self.bars(70, y + 30)
        self.slogan(width)
        return self._cut(y + 50)

    def columns(self) -> Sheet:
        """Words on one side, the table and the bars on the other."""
        width = self.rng.randint(1300, 1500)
        self.sheet = Sheet((width, 2600), self.look.paper)
        left, right = 50, round(width * self.rng.uniform(0.54, 0.6))
        top = self.head(46, right - 30)
        y = top
        for part in self.parts():
            y = part(left, y, right - left - 50)
        other = self.table(right, 60, width - right - 50)
        other = self.bars(right + 40, other + 40)
        self.slogan(width)
        return self._cut(max(y, other) + 50)

    def head(self, y: float, width: float) -> float:
        """The name, large or behind its label; a brand that nobody knows behind its label as well."""
        food, rng = self.food, self.rng
        name = food.name_en.title() if self.english else food.name
        self.truth.tell("name", name)
        if rng.random() < 0.45:
            style = Style(round(self.look.body.size_px * 2), self.look.ink, self.look.title, "arial bold")
            self.sheet.write((50, y), name, self.sheet.fit(name, style, width - 100), "name")
            y += style.size_px * 1.5
        else:
            label = rng.choice(
                ["Product name", "Name"] if self.english else ["品名", "产品名称", "食品名称", "名称", "品 名"]
            )
            y = self.line(50, y, label, name, "name", width - 100)
        known = food.brand not in words.UNLISTED
        if not known or rng.random() < 0.4:
            label = rng.choice(["Brand", "BRAND"] if self.english else ["品牌", "商标", "品 牌"])
            y = self.line(50, y, label, food.brand, "brand", width - 100)
            self.truth.tell("brand", food.brand)
        return y

    def parts(self) -> list:
        rng = self.rng
        parts = [self.ingredients, self.contents, self.dates, self.storage, self.maker, self.papers]
        if rng.random() < 0.5:
            rng.shuffle(parts)
        return parts

    def line(self, x: float, y: float, label: str, value: str, field: str | None, width: float) -> float:
        """A label and its value: on one line, in two columns, or one below the other."""
        style = self.look.body
        strong = (
            style.but(font={"song": "song bold", "kai": "kai bold"}.get(style.font, "hei bold")) if self.bold else style
        )
        step = style.size_px * self.leading
        if self.tab:
            tab = style.size_px * (9 if self.english else 7)
            place = self.sheet.place()
            self.sheet.write((x, y), label, strong, field, "label", place)
            lines = self.sheet._broken(value, style, width - tab, 0)
            for row, words_ in enumerate(lines):
                self.sheet.write((x + tab, y + row * step), words_, style, field, "value", place)
            below = y + step * len(lines)
            if self.ruled:
                rule = (style.size_px * (self.leading - 1)) / 2
                self.sheet.draw.line((x, below - rule, x + width, below - rule), fill=self.look.ink, width=1)
            return below
        opening = "【" if self.sep == "】" else ""
        return self.sheet.paragraph(
            (x, y), f"{opening}{label}{self.sep}", value, style, width, field, strong, self.leading
        )

    def named(self, label: str) -> str:
        """The label, in both languages on packs that do so throughout."""
        return f"{label}{self.joint}{BILINGUAL[label]}" if self.bilingual and label in BILINGUAL else label

    def ingredients(self, x: float, y: float, width: float) -> float:
        food, rng = self.food, self.rng
        joint = ", " if self.english else rng.choice(["、", "、", "，", "、"])
        label = rng.choice(
            ["Ingredients", "INGREDIENTS"] if self.english else ["配料", "配料表", "配料", "原料", "配 料"]
        )
        end = rng.choice(["", "。"]) if not self.english else "."
        y = self.line(x, y, label, joint.join(food.ingredients) + end, "ingredients", width)
        self.truth.tell("ingredients", list(food.ingredients))
        if not food.allergens or rng.random() < 0.35:
            self.truth.free.add("allergens")  # the ingredients tell them to who knows what contains what
            return y
        self.truth.tell("allergens", list(food.allergens))
        if self.english:
            return self.line(x, y, rng.choice(["Contains", "Allergens"]), ", ".join(food.allergens), "allergens", width)
        label = rng.choice(["过敏原信息", "致敏物质提示", "过敏原提示", "致敏原信息", "食物过敏提示"])
        value = rng.choice(["含有{}", "本产品含有{}", "含有{}制品", "含{}"]).format(
            rng.choice(["、", "和", "、"]).join(food.allergens)
        )
        if "和" in value and len(food.allergens) > 2:
            value = value.replace("和", "、")
        return self.line(x, y, label, value, "allergens", width)

    def contents(self, x: float, y: float, width: float) -> float:
        food, rng = self.food, self.rng
        if rng.random() < 0.25:
            return y
        label = rng.choice(["Net weight", "Net content"] if self.english else ["净含量", "净含量", "规格", "净 含 量"])
        self.truth.tell("net_content", f"{food.amount * food.count:.10g} {food.unit}")
        return self.line(x, y, label, printed.amount(rng, food.amount, food.unit, food.count, self.english),
                         "net_content", width)  # fmt: skip

    def dates(self, x: float, y: float, width: float) -> float:
        food, rng, truth = self.food, self.rng, self.truth
        how = rng.choice(["made", "made", "both", "best", "elsewhere"])
        if how in ("made", "both", "elsewhere") and rng.random() < 0.9:
            label = "Shelf life" if self.english else rng.choice(["保质期", "保质期", "保 质 期"])
            y = self.line(x, y, label, printed.span(rng, food.months, food.days, self.english), "shelf_life", width)
            truth.tell("shelf_life", f"{food.days} day" if food.days else f"{food.months} month")
        if how in ("made", "both"):
            label = rng.choice(["Production date", "MFG"] if self.english else ["生产日期", "生产日期", "制造日期"])
            y = self.day(x, y, label, "production_date", food.made, width)
            truth.also["best_before"] = [later(food.made, food.months, food.days + k).isoformat() for k in (0, -1)]
        if how in ("both", "best"):
            label = rng.choice(
                ["Best before", "EXP", "BEST BEFORE"] if self.english else ["保质期至", "此日期前最佳", "有效期至"]
            )
            y = self.day(x, y, label, "best_before", food.best_before, width)
        if how == "elsewhere":
            label = "Best before" if self.english else rng.choice(["生产日期", "生产日期(年/月/日)"])
            y = self.line(
                x,
                y,
                label,
                "see lid" if self.english else rng.choice(["见包装封口处", "见瓶盖", "见喷码", "标于包装"]),
                None,
                width,
            )
        return y

    def day(self, x: float, y: float, label: str, field: str, day, width: float) -> float:
        self.truth.tell(field, day.isoformat())
        if self.tab or self.rng.random() < 0.7:
            return self.line(x, y, label, printed.date(self.rng, day, self.english), field, width)
        size, place = self.look.body.size_px, self.sheet.place()
        wide = self.sheet.write((x, y), label + self.sep.strip("】"), self.look.body, field, "label", place)
        words_ = printed.stamp(self.rng, day) + self.rng.choice(["", "", " A2", "  08:31 B1", " L3"])
        self.sheet.dots((x + wide + 14, y - 2), words_, round(size * 1.1), "#1d1d25", field, place)
        return y + size * self.leading * 1.2

    def storage(self, x: float, y: float, width: float) -> float:
        label = self.rng.choice(
            ["Storage", "STORAGE"] if self.english else ["贮存条件", "储存方法", "保存方法", "贮存方法", "储藏条件"]
        )
        self.truth.tell("storage", self.food.storage)
        y = self.line(x, y, label, self.food.storage, "storage", width)
        if self.rng.random() < 0.6:
            label = "Directions" if self.english else self.rng.choice(["食用方法", "食用提示", "温馨提示"])
            value = "Ready to eat. Shake before use." if self.english else self.rng.choice(
                ["开袋即食", "直接食用或搭配牛奶食用", "每日1-2包，幼儿请在家长看护下食用",
                 "取本品15克加150毫升热水冲调"])  # fmt: skip
            y = self.line(x, y, label, value, None, width)
        return y

    def maker(self, x: float, y: float, width: float) -> float:
        food, rng = self.food, self.rng
        label = rng.choice(["Manufacturer", "Produced by", "Manufactured by"] if self.english else
                           ["生产商", "制造商", "生产企业", "生产者", "生产厂家", "生产者名称"])  # fmt: skip
        self.truth.tell("producer", food.producer, f"{food.producer} {food.address}")
        y = self.line(x, y, label, food.producer, "producer", width)
        if self.english:
            if rng.random() < 0.7:
                self.truth.tell("origin", food.origin)
                y = self.line(
                    x, y, rng.choice(["Country of origin", "Origin", "Product of"]), food.origin, "origin", width
                )
            return self.line(x, y, "Web", "www.taste-daily.example", None, width) if rng.random() < 0.4 else y
        y = self.line(x, y, rng.choice(["地址", "生产地址", "厂址"]), food.address, None, width)
        if rng.random() < 0.8:
            self.truth.tell("origin", food.origin)
            y = self.line(x, y, rng.choice(["产地", "产地", "原产地"]), food.origin, "origin", width)
        else:
            self.truth.free.add("origin")  # the address tells it to who wants to know
        phone = f"400-{rng.randint(100, 999)}-{rng.randint(1000, 9999)}"
        y = self.line(x, y, rng.choice(["服务热线", "电话", "客服热线", "联系电话"]), phone, None, width)
        if rng.random() < 0.35:
            y = self.line(
                x,
                y,
                rng.choice(["经销商", "总经销"]),
                rng.choice(["上海", "北京", "广州"]) + "优选贸易有限公司",
                None,
                width,
            )
        return self.line(x, y, "网址", "www.meiwei-life.example", None, width) if rng.random() < 0.3 else y

    def papers(self, x: float, y: float, width: float) -> float:
        food, rng = self.food, self.rng
        if self.english:
            return y
        label = rng.choice(["产品标准代号", "执行标准", "产品标准号", "产品执行标准", "标准代号"])
        self.truth.tell("standard", food.standard)
        y = self.line(x, y, label, food.standard, "standard", width)
        label = rng.choice(["食品生产许可证编号", "生产许可证编号", "生产许可证号", "食品生产许可证"])
        self.truth.tell("licence", food.licence)
        return self.line(x, y, label, food.licence, "licence", width)

    def bars(self, x: float, y: float) -> float:
        module = self.rng.choice([2, 3, 3])
        if self.rng.random() < 0.12:
            return y
        self.sheet.barcode((x + 30, y), self.food.barcode, module, self.rng.randint(60, 120))
        self.truth.tell("barcode", self.food.barcode)
        beside = x + 60 + 105 * module
        if self.rng.random() < 0.5 and beside + 140 < self.sheet.width:
            _matrix(self.sheet, (beside, y), 5, self.rng)
        return y + 150

    def slogan(self, width: int) -> None:
        """Something written up the side, as flaps have it."""
        if self.rng.random() < 0.35:
            words_ = self.rng.choice(["请勿食用干燥剂", "沿虚线撕开", "可回收物 PLEASE RECYCLE", "生产批号 L20250317A"])
            side = Sheet((420, 34), self.look.paper)
            side.write((4, 4), words_, self.look.body.sized(22))
            self.sheet.lay(side, (width - 42, 300), 1)

    def table(self, x: float, y: float, width: float) -> float:
        return nutrition(self, x, y, width)

    def _cut(self, height: float) -> Sheet:
        self.sheet.image = self.sheet.image.crop((0, 0, self.sheet.width, round(height)))
        self.sheet.height = round(height)
        return self.sheet


def _matrix(sheet: Sheet, at: tuple[float, float], module: int, rng: random.Random) -> None:
    """What looks like a QR code and holds nothing."""
    x, y = at
    sheet.draw.rectangle((x - 8, y - 8, x + 25 * module + 8, y + 25 * module + 8), fill="white")
    for row in range(25):
        for column in range(25):
            corner = min(row, 24 - row) < 7 and min(column, 24 - column) < 7 and not (row > 17 and column > 17)
            dark = rng.random() < 0.5
            if corner:
                r, c = min(row, 24 - row), min(column, 24 - column)
                dark = max(abs(r - 3), abs(c - 3)) in (0, 1, 3)
            if dark:
                left, top = x + column * module, y + row * module
                sheet.draw.rectangle((left, top, left + module - 1, top + module - 1), fill="#111111")
