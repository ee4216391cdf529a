"""Draws the project's sample pictures: packs of brands that do not exist, with what is printed on them.

    python scripts/draw_samples.py [--out DIR] [--font FILE] [--only NAME …]

Enters: nothing but fonts (Debian's fonts-noto-cjk, found by fontconfig). Leaves: JPEGs, index.json (what the page
offers), truth.json (what a test expects to be read) and, with --places, places.json (where it stands). The same fonts
and Pillow give the same bytes: nothing here is left to chance.
"""

import argparse
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image, ImageChops
from sample_art import dairy, goods, larder
from sample_art.brush import Lettering
from sample_art.shown import Shown

FOLDER = Path(__file__).parents[1] / "src/tujian/data/samples"
FACTS = (
    "brand",
    "name",
    "net_content",
    "barcode",
    "printed_code",
    "production_date",
    "best_before",
    "shelf_life",
    "prices",
)
SEEN = 0.25  # share of the greatest difference from which a pixel belongs to the letters; less is their blur
QUALITY = 88  # JPEG; below it the small print of the nutrition table rings


@dataclass(frozen=True)
class Sample:
    """One picture: what it is called, what it shows, and who draws it."""

    name: str
    title_zh: str
    title_en: str
    shown: Shown
    draw: Callable[[Lettering], Image.Image]

    @property
    def file(self) -> str:
        return f"{self.name}.jpg"


# the page offers the first three
SAMPLES = (
    Sample(
        "milk-side",
        "牛奶，侧面：营养、日期、条码",
        "Milk, side: nutrients, dates, barcode",
        dairy.MILK_SIDE,
        dairy.milk_side,
    ),
    Sample("juice", "苹果汁，中英文", "Apple juice, two languages", dairy.JUICE, dairy.juice),
    Sample("biscuits", "曲奇饼干和价签", "Biscuits with a price card", larder.BISCUITS, larder.biscuits),
    Sample("milk-front", "牛奶，正面", "Milk, front", dairy.MILK, dairy.milk_front),
    Sample("shampoo", "洗发水", "Shampoo", goods.SHAMPOO, goods.shampoo),
    Sample("shirt", "T恤和吊牌", "T-shirt with its tag", goods.SHIRT, goods.shirt),
    Sample("book", "书，正面和背面", "Book, front and back", goods.BOOK, goods.book),
    Sample("headphones", "头戴式耳机", "Headphones", goods.HEADPHONES, goods.headphones),
    Sample("poster", "促销海报", "Poster of a sale", goods.POSTER, goods.poster),
    Sample("honey", "蜂蜜，校验位印错", "Honey, its check digit misprinted", larder.HONEY, larder.honey),
    Sample("tea", "英文茶罐", "Tea tin, English only", larder.TEA, larder.tea),
    Sample("juice-blurred", "苹果汁，拍虚了", "Apple juice, out of focus", dairy.JUICE_BLURRED, dairy.juice_blurred),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draws the project's sample pictures.")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for the pictures")
    parser.add_argument("--font", type=Path, help="one font file for all letters, instead of fonts-noto-cjk")
    parser.add_argument("--only", nargs="*", default=[], help="names of the pictures to draw (default: all)")
    parser.add_argument("--places", action="store_true", help="write places.json too (minutes)")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES:
        if not chosen.only or sample.name in chosen.only:
            picture = sample.draw(Lettering(chosen.font))
            picture.save(chosen.out / sample.file, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    _write(
        chosen.out / "index.json", [{"file": s.file, "title_zh": s.title_zh, "title_en": s.title_en} for s in SAMPLES]
    )
    _write(chosen.out / "truth.json", {s.file: asdict(s.shown) for s in SAMPLES})
    if chosen.places:
        places = {s.file: places_of(s, chosen.font) for s in SAMPLES}
        (chosen.out / "places.json").write_text(json.dumps(places) + "\n", "utf-8")


def places_of(sample: Sample, font: Path | None) -> dict[str, list[list[int]]]:
    """Where each fact stands, 0-1000 of the picture: what changes when the run that tells it is left out."""
    lettering = Lettering(font)
    whole = sample.draw(lettering)
    facts = {fact: getattr(sample.shown, fact) for fact in FACTS if getattr(sample.shown, fact)}
    places: dict[str, list[list[int]]] = {fact: [] for fact in facts}
    for number, words in enumerate(lettering.written):
        told = [fact for fact, value in facts.items() if _tells(words, fact, value)]
        if not told:
            continue
        without = sample.draw(Lettering(font, left_out=number))
        box = _differing(whole, without)
        for fact in told if box else []:
            places[fact].append(list(box or ()))
    return {fact: boxes for fact, boxes in places.items() if boxes}


def _tells(words: str, fact: str, value: str | tuple[str, ...]) -> bool:
    """Whether a run of letters holds the fact: as it is, or as its numbers."""
    if isinstance(value, tuple):
        return any(_tells(words, fact, one.split()[0]) for one in value)
    numbers = [int(n) for n in re.findall(r"\d+", value)]
    if fact in ("net_content", "shelf_life", "production_date", "best_before"):
        there = {int(n) for n in re.findall(r"\d+", words)}
        return set(numbers) <= there and not re.search(r"每|%", words) and (fact != "shelf_life" or "月" in words)
    return value.replace(" ", "").lower() in words.replace(" ", "").lower()


def _differing(one: Image.Image, other: Image.Image) -> tuple[int, int, int, int] | None:
    difference = ImageChops.difference(one, other).convert("L")
    limit = difference.getextrema()[1] * SEEN  # pyright: ignore[reportOperatorIssue]
    box = difference.point(lambda level: 255 if level > limit else 0).getbbox()
    if box is None or limit < 4:
        return None
    wide, high = one.size
    x1, y1, x2, y2 = box
    return round(x1 * 1000 / wide), round(y1 * 1000 / high), round(x2 * 1000 / wide), round(y2 * 1000 / high)


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
