"""Invents products: the facts of a pack, a garment or an offer, and the forms in which they may be printed.

Enters: a random source. Leaves: facts with their canonical values. Does not know where they are printed.
"""

import datetime as dt
import random
from dataclasses import dataclass, field

from fields import words

TODAY = dt.date(2026, 3, 1)  # pictures must not change from day to day


@dataclass
class Food:
    """A packed food. Everything in canonical form; `imported` ones are labelled in English."""

    brand: str
    listed: bool
    name: str
    name_en: str
    kind: str
    amount: float
    unit: str
    count: int
    barcode: str
    made: dt.date
    months: int
    days: int
    ingredients: tuple[str, ...]
    allergens: tuple[str, ...]
    nutrition: dict[str, float]
    basis: tuple[float, str]
    storage: str
    producer: str
    address: str
    origin: str
    licence: str
    standard: str
    price: float
    imported: bool

    @property
    def best_before(self) -> dt.date:
        return later(self.made, self.months, self.days)


@dataclass
class Garment:
    brand: str
    listed: bool
    name: str
    colour: str
    material: list[tuple[str, list[tuple[float, str]]]]
    size: tuple[str, str]
    style_number: str
    standard: str
    safety_class: str
    price: float
    barcode: str
    producer: str
    address: str
    origin: str
    extra: dict[str, str] = field(default_factory=dict)


@dataclass
class Offer:
    brand: str
    listed: bool
    headline: str
    product: str
    selling_points: tuple[str, ...]
    promotion: tuple[str, ...]
    price: float
    original_price: float | None
    unit: str
    period: tuple[dt.date, dt.date] | None


def later(day: dt.date, months: int, days: int) -> dt.date:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    last = (dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(1)).day
    return dt.date(year, month, min(day.day, last)) + dt.timedelta(days)


def ean13(rng: random.Random, prefix: str) -> str:
    digits = prefix + "".join(str(rng.randrange(10)) for _ in range(12 - len(prefix)))
    odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
    return digits + str((10 - (odd + 3 * even) % 10) % 10)


def licence(rng: random.Random) -> str:
    """SC and 14 digits, the last by ISO 7064 MOD 11,10, as real ones have it (GB/T 17710)."""
    digits = str(rng.choice([101, 103, 104, 105, 106, 107, 108, 111, 114, 124]))
    digits += "".join(str(rng.randrange(10)) for _ in range(10))
    product = 10
    for digit in map(int, digits):
        product = ((product + digit) % 10 or 10) * 2 % 11
    return f"SC{digits}{(11 - product) % 10}"


def food(rng: random.Random, imported: bool | None = None) -> Food:
    imported = rng.random() < 0.22 if imported is None else imported
    known = [f for f in words.FOODS if not imported or f[3] in words.INGREDIENTS_EN]
    name, name_en, unit, kind, ranges = rng.choice(known)
    listed = rng.random() < 0.5
    names = words.LISTED_FOOD if listed else words.UNLISTED[:16] + words.UNLISTED[22:]
    if imported:
        names = tuple(n for n in names if n.isascii() or n == "Nestlé")
    place, street = rng.choice(words.PLACES)
    pool = (words.INGREDIENTS_EN if imported else words.INGREDIENTS)[kind]
    least = min(len(pool), 5)
    taken = sorted(rng.sample(range(len(pool)), rng.randint(least, len(pool))))
    country = rng.choice(words.FOREIGN)
    sizes = (60, 85, 90, 108, 120, 150, 168, 180, 200, 235, 250, 300, 318, 330, 400, 450, 500, 750, 1000, 1500, 2000)
    days = rng.choice([0, 0, 0, 21, 45, 180])
    per = (100.0, unit) if rng.random() < 0.8 else (float(rng.choice([25, 30, 40, 200, 250])), unit)
    return Food(
        brand=rng.choice(names), listed=listed, name=name, name_en=name_en, kind=kind,
        amount=rng.choice(sizes), unit=unit, count=rng.choice([1, 1, 1, 1, 1, 4, 6, 10, 12]),
        barcode=ean13(rng, rng.choice(["690", "692", "693", "695", "697"]) if not imported else
                      rng.choice(["300", "400", "500", "731", "800", "941"])),
        made=TODAY - dt.timedelta(rng.randrange(10, 400)), months=0 if days else rng.choice([6, 8, 9, 10, 12, 15, 18,
            24]),
        days=days, ingredients=tuple(pool[i] for i in taken),
        allergens=(words.ALLERGENS_EN if imported else words.ALLERGENS).get(kind, ()),
        nutrition=_nutrition(rng, ranges, per[0]), basis=per,
        storage=rng.choice(words.STORAGE_EN if imported else words.STORAGE),
        producer=country[2] if imported else _company(rng, place), address=f"{place}{street}{rng.randint(1, 988)}号",
        origin=country[1] if imported else place, licence=licence(rng),
        standard=_standard(rng, words.STANDARDS[kind]), price=_price(rng, 4, 90), imported=imported,
    )  # fmt: skip


def garment(rng: random.Random) -> Garment:
    listed = rng.random() < 0.5
    name, short = rng.choice(words.GARMENTS)
    place, street = rng.choice(words.PLACES)
    return Garment(
        brand=rng.choice(words.LISTED_DRESS if listed else words.UNLISTED[16:]), listed=listed, name=name,
        colour=rng.choice(words.COLOURS), material=_material(rng), size=_size(rng, short),
        style_number=_style_number(rng),
        standard=rng.choice(words.GARMENT_STANDARDS), safety_class=rng.choice("ABBBCC"),
        price=rng.choice([79, 99, 129, 159, 199, 239, 299, 359, 459, 599, 899, 1299, 1899]) + rng.choice([0, 0, 0.9]),
        barcode=ean13(rng, rng.choice(["690", "692", "694", "697"])),
        producer=place.split("省")[-1].removesuffix("市") + rng.choice(words.COMPANY_NAMES)
        + rng.choice(["服饰有限公司", "服装有限公司", "时装(集团)有限公司", "针织有限公司"]),
        address=f"{place}{street}{rng.randint(1, 988)}号", origin=rng.choice([place, "中国"]),
    )  # fmt: skip


def offer(rng: random.Random) -> Offer:
    product, points = rng.choice(words.POSTER_GOODS)
    listed = rng.random() < 0.5
    price = _price(rng, 9, 900)
    begin = TODAY + dt.timedelta(rng.randrange(0, 280))
    rebates = (f"满{rng.choice([99, 199, 299, 300])}减{rng.choice([20, 30, 50, 60])}", "第二件半价", "买一送一",
               "买二赠一",
               f"全场{rng.choice(['5', '6.8', '7', '8', '8.5'])}折起", "前100名送赠品", "包邮到家", "限时秒杀",
               "第2件0元",
               f"领券立减{rng.choice([10, 15, 20, 30])}元", f"加{rng.choice([1, 9.9, 10])}元换购")  # fmt: skip
    return Offer(
        brand=rng.choice(words.LISTED_POSTER if listed else words.UNLISTED), listed=listed,
        headline=rng.choice(words.HEADLINES),
        product=product, selling_points=tuple(rng.sample(points, rng.randint(2, 4))),
        promotion=tuple(rng.sample(rebates, rng.randint(1, 2))), price=price,
        original_price=round(price * rng.choice([1.25, 1.5, 1.8, 2])) if rng.random() < 0.65 else None,
        unit=rng.choice(["", "", "/盒", "/件", "/杯"]),
        period=(begin, begin + dt.timedelta(rng.randrange(2, 25))) if rng.random() < 0.8 else None,
    )  # fmt: skip


def _company(rng: random.Random, place: str) -> str:
    town = place.split("省")[-1].removesuffix("市")
    return (
        rng.choice([town, place.removesuffix("市") if "省" not in place else place])
        + rng.choice(words.COMPANY_NAMES)
        + rng.choice(words.COMPANY_KINDS)
    )


def _standard(rng: random.Random, number: str) -> str:
    return number if rng.random() < 0.35 or number.startswith("Q/") else f"{number}-{rng.randint(2007, 2023)}"


def _price(rng: random.Random, least: int, most: int) -> float:
    return rng.randint(least, most) + rng.choice([0, 0.5, 0.8, 0.9, 0.9, 0.99])


def _nutrition(rng: random.Random, ranges: tuple[int, ...], per: float) -> dict[str, float]:
    """Values as printed for `per` g or ml; energy in kJ, sodium in mg, the others in g."""
    names = ("energy", "protein", "fat", "carbohydrate", "sugars", "sodium")
    values = {}
    for index, name in enumerate(names):
        value = rng.uniform(*ranges[2 * index : 2 * index + 2]) * per / 100
        values[name] = round(value) if name in ("energy", "sodium") else round(value, 1)
    values["sugars"] = min(values["sugars"], values["carbohydrate"])
    values["salt"] = round(values["sodium"] * 2.5 / 1000, 2)
    return values


def _material(rng: random.Random) -> list[tuple[str, list[tuple[float, str]]]]:
    parts = (
        [""] if rng.random() < 0.65 else rng.choice([["面料", "里料"], ["大身", "罗纹"], ["面料", "里料", "填充物"]])
    )
    material = []
    for part in parts:
        if part == "填充物":
            material.append((part, [(100.0, "白鸭绒")]))
            continue
        count = rng.choice([1, 2, 2, 2, 3])
        fibres = rng.sample(words.FIBRES, count)
        shares: list[float] = {1: [100.0], 2: [], 3: []}[count]
        if count == 2:
            small = rng.choice([5, 8, 12, 20, 35, 40, 4.5])
            shares = [100 - small, small]
        elif count == 3:
            one, two = rng.choice([(30, 5), (20, 3), (35.5, 4.5), (28, 12)])
            shares = [100 - one - two, one, two]
        material.append((part, list(zip(map(float, shares), fibres, strict=True))))
    return material


def _style_number(rng: random.Random) -> str:
    letters = f"{rng.choice('ABCDGKLMW')}{rng.randint(10, 29)}{rng.choice('SXDQ')}{rng.randint(1000, 9999)}"
    mixed = f"{rng.randint(1, 9)}{rng.choice('ACDF')}{rng.randint(10000, 99999)}-{rng.randint(1, 9)}"
    return rng.choice([letters, mixed, str(rng.randint(10000000, 99999999)),
                       f"TX{rng.randint(100, 999)}-{rng.randint(10, 99)}"])  # fmt: skip


def _size(rng: random.Random, short: str) -> tuple[str, str]:
    letter, height = rng.choice([("S", 160), ("M", 165), ("L", 170), ("XL", 175), ("XXL", 180)])
    girth = (
        rng.choice([80, 84, 88, 92, 96]) if "裤" not in short and "裙" not in short else rng.choice([64, 68, 72, 76])
    )
    return f"{height}/{girth}{rng.choice('AAAB')}", letter
