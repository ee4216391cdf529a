"""Posters of offers: one headline, a product, its points, a mechanic, a price, a period.

Enters: an invented offer. Leaves: a sheet and the truth of what was printed.
"""

import random

from fields import printed
from fields.invent import Offer
from fields.packs import LOGOS
from fields.sheet import Sheet, Style, blob
from fields.truth import Truth

SCENES = (("#e8403a", "#7c0f1c", "#fff2d0", "#ffd34d"), ("#f7e9d2", "#eac48b", "#5a2d12", "#c8442b"),
          ("#123f7a", "#071d3d", "#eaf4ff", "#ffcf3f"), ("#ffdce5", "#f49ab4", "#7d1f45", "#d61f5b"),
          ("#d9f0e3", "#86c9a4", "#144a33", "#e2572b"), ("#fff7c9", "#ffc93c", "#6b2c05", "#d7263d"),
          ("#2b2140", "#100a1e", "#f3e6ff", "#ff7ac6"), ("#ffffff", "#e6ebf2", "#1f2937", "#e11d48"))  # fmt: skip
SMALL = ("活动最终解释权归商家所有", "详情请咨询门店", "扫码了解更多", "咨询电话 400-820-1177",
         "www.hello-shop.example",
         "数量有限 先到先得", "图片仅供参考，请以实物为准", "全国门店通用", "LIMITED OFFER", "HOT SALE",
         "NEW ARRIVAL")  # fmt: skip
PRICE_LABELS = ("到手价", "活动价", "限时价", "仅需", "特价", "券后", "抢购价", "")
OLD_LABELS = ("原价", "日常价", "门市价", "吊牌价", "原价：")


class Poster:
    """Writes one poster from top to foot."""

    def __init__(self, offer: Offer, rng: random.Random, truth: Truth, stretch: float = 1.0) -> None:
        self.offer, self.rng, self.truth = offer, rng, truth
        self.top, self.foot, self.ink, self.accent = rng.choice(SCENES)
        size = rng.choice([(1080, 1440), (1080, 1920), (1200, 1200), (1440, 1080), (1000, 1500)])
        size = (size[0], round(size[1] * stretch))
        self.sheet, self.overflows = Sheet(size, self.top), False
        self.sheet.wash((0, 0, *size), self.top, self.foot)
        self.body = rng.choice(["hei", "hei medium", "kai", "hei demilight"])
        self.loud = rng.choice(["hei black", "slant", "song black", "hei bold"])
        self.side = rng.choice(["m", "m", "l"])
        self.x = size[0] / 2 if self.side == "m" else 80

    def draw(self) -> Sheet:
        height = self.sheet.height
        self._scene()
        y = self._brand(0.035 * height)
        y = self._headline(y + 0.03 * height)
        y = self._product(y + 0.01 * height)
        y = self._points(y + 0.02 * height)
        y = self._promotion(max(y + 0.03 * height, 0.48 * height))
        y = self._price(y + 0.03 * height)
        self._period(max(y + 0.02 * height, 0.86 * height))
        return self.sheet

    def _scene(self) -> None:
        rng, sheet = self.rng, self.sheet
        for _ in range(rng.randint(2, 6)):
            at = (rng.uniform(0, sheet.width), rng.uniform(0, sheet.height))
            sheet.tint(
                blob((sheet.width, sheet.height), at, rng.uniform(80, 420), rng), self.accent, rng.uniform(0.06, 0.3)
            )
        for _ in range(rng.randint(0, 5)):
            at = (rng.uniform(0.6, 1) * sheet.width, rng.uniform(0.3, 0.7) * sheet.height)
            r = rng.uniform(40, 130)
            sheet.oval(at, r, r * rng.uniform(0.8, 1.2), "#fdf6ea", self.accent)

    def _write(self, y: float, text: str, style: Style, field: str | None = None, place: int | None = None) -> float:
        style = self.sheet.fit(text, style, self.sheet.width - 140)
        self.sheet.write((self.x, y), text, style, field, "value", place, self.side)
        return y + style.size_px * 1.25

    def _brand(self, y: float) -> float:
        offer, rng = self.offer, self.rng
        style = Style(
            rng.randint(40, 64), self.ink, rng.choice(["hei black", "song bold"]), rng.choice(LOGOS), rng.choice([0, 5])
        )
        self.truth.tell("brand", offer.brand)
        if offer.listed:
            return self._write(y, offer.brand, style, "brand")
        place, small = self.sheet.place(), style.sized(40)
        label = rng.choice(["品牌：", "品牌:"])
        x = 60
        x += self.sheet.write((x, y), label, small, "brand", "label", place)
        self.sheet.write((x, y), offer.brand, small, "brand", "value", place)
        return y + 60

    def _headline(self, y: float) -> float:
        rng = self.rng
        style = Style(
            rng.randint(120, 190),
            self.accent if rng.random() < 0.5 else self.ink,
            self.loud,
            "lato black",
            rng.choice([0, 0, 8]),
        )
        self.truth.tell("headline", self.offer.headline)
        fitted = self.sheet.fit(self.offer.headline, style, self.sheet.width - 140)
        if rng.random() < 0.4:
            self.sheet.write((self.x + 5, y + 5), self.offer.headline, fitted.but(colour=self.foot), anchor=self.side)
        return self._write(y, self.offer.headline, style, "headline")

    def _product(self, y: float) -> float:
        style = Style(self.rng.randint(52, 76), self.ink, self.loud)
        self.truth.also["name"] = [self.offer.product]
        return self._write(y, self.offer.product, style)

    def _points(self, y: float) -> float:
        rng, points = self.rng, self.offer.selling_points
        self.truth.tell("selling_points", list(points))
        style = Style(rng.randint(34, 46), self.ink, self.body, "roboto")
        how = rng.choice(["lines", "row", "pills"])
        bullet = rng.choice(["", "✓ ", "· ", "● "]) if how == "lines" else ""
        if how == "lines":
            for point in points:
                y = self._write(y, bullet + point, style, "selling_points") + 8
            return y
        joint = rng.choice([" | ", " · ", "  "])
        widths = [self.sheet.width_of(p, style) for p in points]
        gap = self.sheet.width_of(joint, style) if how == "row" else 60
        while sum(widths) + gap * (len(points) - 1) > self.sheet.width - 120:
            style = style.but(size_px=style.size_px - 1)
            widths = [self.sheet.width_of(p, style) for p in points]
            gap = self.sheet.width_of(joint, style) if how == "row" else 60
        x = (self.sheet.width - sum(widths) - gap * (len(points) - 1)) / 2 if self.side == "m" else 80
        for number, (point, width) in enumerate(zip(points, widths, strict=True)):
            if how == "pills":
                self.sheet.draw.rounded_rectangle(
                    (x - 20, y - 8, x + width + 20, y + style.size_px + 14), 24, outline=self.ink, width=3
                )
            elif number:
                self.sheet.write((x - gap, y), joint, style)
            self.sheet.write((x, y), point, style, "selling_points")
            x += width + gap
        return y + style.size_px * 1.6

    def _promotion(self, y: float) -> float:
        rng = self.rng
        self.truth.tell("promotion", list(self.offer.promotion))
        for text in self.offer.promotion:
            style = Style(rng.randint(64, 100), self.foot if self._is_light() else "#ffffff", self.loud, "lato black")
            style = self.sheet.fit(text, style, self.sheet.width - 240)
            wide = self.sheet.width_of(text, style)
            left = self.x - wide / 2 if self.side == "m" else self.x
            if rng.random() < 0.7:
                self.sheet.draw.rounded_rectangle((left - 36, y - 14, left + wide + 36, y + style.size_px + 22),
                                                  rng.choice([8, 40]), self.accent)  # fmt: skip
                style = style.but(colour="#ffffff" if _luma(self.accent) < 150 else "#3a1405")
            else:
                style = style.but(colour=self.ink)
            self.sheet.write((left, y), text, style, "promotion")
            y += style.size_px * 1.6
        return y

    def _price(self, y: float) -> float:
        offer, rng = self.offer, self.rng
        self.truth.tell("price", f"{offer.price:.2f} CNY")
        label = rng.choice(PRICE_LABELS)
        sign = rng.choice(["¥", "￥", ""])
        number = printed.number(offer.price) if rng.random() < 0.7 else f"{offer.price:.2f}"
        tail = ("" if sign else "元") + offer.unit
        small, large = (
            Style(46, self.ink, "hei bold", "arial bold"),
            Style(rng.randint(110, 170), self.ink, "hei black", "lato black"),
        )
        place = self.sheet.place()
        widths = (
            self.sheet.width_of(label, small)
            + self.sheet.width_of(sign, small)
            + self.sheet.width_of(number, large)
            + self.sheet.width_of(tail or " ", small)
        )
        x = self.x - widths / 2 if self.side == "m" else self.x
        low = y + large.size_px - 66
        if label:
            x += self.sheet.write((x, low), label, small, "price", "label", place) + 8
        if sign:
            x += self.sheet.write((x, low), sign, small, "price", "value", place)
        x += self.sheet.write((x, y), number, large, "price", "value", place)
        if tail:
            x += self.sheet.write((x, low), tail, small, "price", "value", place)
        if offer.original_price:
            y = self._old_price(y + large.size_px * 1.15)
            return y
        return y + large.size_px * 1.2

    def _old_price(self, y: float) -> float:
        rng, old = self.rng, self.offer.original_price or 0
        style, place = Style(rng.randint(34, 44), self.ink, self.body, "arial"), self.sheet.place()
        label, value = (
            rng.choice(OLD_LABELS),
            rng.choice([f"¥{printed.number(old)}", f"{printed.number(old)}元", f"￥{old:.2f}"]),
        )
        self.truth.tell("original_price", f"{old:.2f} CNY")
        wide = self.sheet.width_of(label, style) + self.sheet.width_of(value, style) + 6
        x = self.x - wide / 2 if self.side == "m" else self.x
        begun = x
        x += self.sheet.write((x, y), label, style, "original_price", "label", place) + 6
        x += self.sheet.write((x, y), value, style, "original_price", "value", place)
        if rng.random() < 0.4:
            self.sheet.draw.line((begun, y + style.size_px * 0.62, x, y + style.size_px * 0.62), fill=self.ink, width=2)
        return y + style.size_px * 1.5

    def _period(self, y: float) -> None:
        rng, sheet = self.rng, self.sheet
        style = Style(rng.randint(30, 40), self.ink, self.body, "roboto")
        self.overflows = y > sheet.height - 130
        y = min(y, sheet.height - 130)
        if self.offer.period:
            label, text = rng.choice(["活动时间：", "活动时间:", "活动日期 ", "", "时间："]), self._dates()
            self.truth.tell("period", text)
            place = sheet.place()
            wide = sheet.width_of(label + text, style)
            x = self.x - wide / 2 if self.side == "m" else self.x
            if label:
                x += sheet.write((x, y), label, style, "period", "label", place)
            sheet.write((x, y), text, style, "period", "value", place)
            y += style.size_px * 1.5
        small = style.sized(24)
        for text in rng.sample(SMALL, rng.randint(1, 2)):
            if y < sheet.height - 36:
                self._write(y, text, small)
                y += 34

    def _dates(self) -> str:
        begin, end = self.offer.period  # pyright: ignore[reportGeneralTypeIssues]
        return self.rng.choice([
            f"{begin.month}月{begin.day}日-{end.month}月{end.day}日", f"{begin:%Y.%m.%d}-{end:%Y.%m.%d}",
            f"{begin.month}.{begin.day}-{end.month}.{end.day}",
            f"{begin.month}月{begin.day}日至{end.month}月{end.day}日",
            f"即日起至{end.month}月{end.day}日", f"{begin:%m.%d} - {end:%m.%d}",
            f"{begin.year}年{begin.month}月{begin.day}日—{end.month}月{end.day}日",
        ])  # fmt: skip

    def _is_light(self) -> bool:
        return _luma(self.top) > 150


def poster(offer: Offer, rng: random.Random, truth: Truth) -> Sheet:
    """The poster of an offer, on a longer sheet where a short one would be printed over itself."""
    state = rng.getstate()
    for stretch in (1.0, 1.25, 1.6):
        rng.setstate(state)
        drawn = Poster(offer, rng, truth, stretch)
        sheet = drawn.draw()
        if not drawn.overflows:
            break
    return sheet


def _luma(colour: str) -> float:
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.3 * r + 0.59 * g + 0.11 * b
