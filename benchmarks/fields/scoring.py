"""When a field's value is right, and whether its evidence lies where the words stand.

Enters: a value as a record holds it, and the truth. Leaves: a mark from 0 to 1. Does not know where values come from.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from rapidfuzz import fuzz

from fields.sheet import Mark
from fields.truth import Truth
from tujian.folding import fold
from tujian.rules.brands import Brands
from tujian.rules.dates import date_key, shelf_key
from tujian.rules.measures import measure_keys

ALIKE = 90  # two wrong letters in a name of ten are too many, one misread stroke is not
ALIKE_ITEM = 85  # items of a list are shorter
RIGHT = 0.9  # F1 from which a list counts as right
GOOD_IOU = 0.5
GRID = 1000
NUTRIENTS = ("energy", "protein", "fat", "carbohydrate", "sugars", "sodium", "salt")
LISTS = ("ingredients", "allergens", "selling_points", "promotion", "material", "size", "colours")
_NUTRIENT_UNITS = {"千焦": "kj", "千卡": "kcal", "大卡": "kcal", "克": "g", "毫克": "mg", "cal": "kcal"}


def score(name: str, value: Any, truth: Truth) -> float:
    """How right `value` is for a field that the picture tells: 0 or 1, for lists F1."""
    wanted = [truth.values[name]] if name in truth.values else []
    answers = [*wanted, *truth.also.get(name, [])]
    return max((_score(name, value, answer) for answer in answers), default=0.0)


def _score(name: str, value: Any, answer: Any) -> float:
    if name in LISTS:
        return f1(items(name, value), items(name, answer), _same_item(name))
    if isinstance(value, list):
        value = "、".join(map(str, value))
    return float(_COMPARERS.get(name, _alike)(str(value), str(answer)))


def f1(found: Sequence[str], wanted: Sequence[str], same: Callable[[str, str], bool]) -> float:
    """Twice the pairs over all items; each item pairs once."""
    left, hits = list(found), 0
    for item in wanted:
        match = next((other for other in left if same(other, item)), None)
        if match is not None:
            left.remove(match)
            hits += 1
    return 2 * hits / (len(found) + len(wanted)) if found or wanted else 1.0


def items(name: str, value: Any) -> list[str]:
    parts = value if isinstance(value, list) else re.split(r"[、，,；;\n]|\s{2,}", str(value))
    if name == "material":
        return [f"{share:g} {fold(fibre)}" for part in parts for share, fibre in _fibres(str(part))]
    if name == "size":
        return [word for part in parts for word in re.findall(r"[A-Z0-9./-]+", str(part).upper())]
    return [str(part) for part in parts if str(part).strip()]


def _fibres(text: str) -> list[tuple[float, str]]:
    """Shares and fibres, whichever of the two is written first; a part's name (面料) may stand before them."""
    if text.rstrip().endswith(("%", "％")):
        pairs = [(s, f) for f, s in re.findall(r"([\u4e00-\u9fff]+)\s*(\d+(?:\.\d+)?)\s*[%％]", text)]
    else:
        pairs = re.findall(r"(\d+(?:\.\d+)?)\s*[%％]\s*([\u4e00-\u9fff]+)", text)
    return [(float(share), fibre) for share, fibre in pairs]


def _same_item(name: str) -> Callable[[str, str], bool]:
    if name in ("material", "size"):
        return lambda one, other: one == other
    if name == "colours":
        return lambda one, other: fold(one).removesuffix("色") == fold(other).removesuffix("色")
    if name == "allergens":
        return lambda one, other: fuzz.partial_ratio(fold(one), fold(other)) >= ALIKE_ITEM
    return lambda one, other: fuzz.ratio(fold(one), fold(other)) >= ALIKE_ITEM


def _alike(value: str, answer: str) -> bool:
    return fuzz.ratio(fold(value), fold(answer)) >= ALIKE


def _key(keys: Callable[[str], Any]) -> Callable[[str, str], bool]:
    def same(value: str, answer: str) -> bool:
        one, other = keys(value), keys(answer)
        first = one[0] if isinstance(one, list) and one else one
        return bool(first) and first == (other[0] if isinstance(other, list) and other else other)

    return same


def _amount(text: str) -> str:
    """The first number with its unit: "1865千焦(kJ)" → "1865 kj"."""
    match = re.search(r"(\d+(?:[.,]\d+)?)\s*([a-zA-Z]+|[\u4e00-\u9fff]{1,2})?", text)
    if match is None:
        return ""
    unit = (match[2] or "").lower()
    return f"{float(match[1].replace(',', '.')):g} {_NUTRIENT_UNITS.get(unit, unit)}"


def _price(text: str) -> str:
    """The number of a price in yuan; other currencies are not drawn."""
    match = re.search(r"\d[\d,]*(?:\.\d+)?", text)
    return f"{float(match[0].replace(',', '')):.2f}" if match else ""


def _brand(value: str, answer: str) -> bool:
    one, other = (_brands().key_of(name) for name in (value, answer))
    return one == other or fuzz.ratio(one, other) >= ALIKE


@cache
def _brands() -> Brands:
    """The shipped list: either spelling of a known brand is right."""
    return Brands.load()


def _shelf(text: str) -> str | None:
    months = re.fullmatch(r"(\d+) (month|day)", text)
    return text if months else shelf_key(text)


def _standard(value: str, answer: str) -> bool:
    one, other = (re.sub(r"[^0-9A-Z.-]", "", text.upper().replace("—", "-")) for text in (value, answer))
    return one == other


def _origin(value: str, answer: str) -> bool:
    one, other = fold(value).removeprefix("中国"), fold(answer).removeprefix("中国")
    return one == other or fold(value) == fold(answer) or (bool(other) and other in one and len(one) <= len(other) + 4)


def _period(value: str, answer: str) -> bool:
    one, other = ([int(n) for n in re.findall(r"\d+", text) if int(n) < 100] for text in (value, answer))
    return bool(one) and one == other


def _letter(value: str, answer: str) -> bool:
    one, other = (re.search(r"(?<![A-Za-z])([ABC])(?![A-Za-z])", text) for text in (value, answer))
    return bool(one and other) and one[1] == other[1]


_folded = lambda value, answer: fold(value) == fold(answer)  # noqa: E731
_COMPARERS: dict[str, Callable[[str, str], bool]] = {
    "brand": _brand,
    "net_content": _key(measure_keys),
    "nutrition_basis": _key(measure_keys),
    "price": _key(_price),
    "original_price": _key(_price),
    "production_date": _key(date_key),
    "best_before": _key(date_key),
    "shelf_life": _key(_shelf),
    "standard": _standard,
    "origin": _origin,
    "period": _period,
    "safety_class": _letter,
    "barcode": _folded,
    "licence": _folded,
    "style_number": _folded,
    **{name: _key(_amount) for name in NUTRIENTS},
}


@dataclass(frozen=True)
class Region:
    """Boxes on the 0-1000 grid, at one place of the picture."""

    boxes: tuple[tuple[float, float, float, float], ...]

    @property
    def around(self) -> "Region":
        """The one box that holds them all."""
        x1, y1, x2, y2 = zip(*self.boxes, strict=True)
        return Region(((min(x1), min(y1), max(x2), max(y2)),))


def places_of(name: str, marks: Sequence[Mark], size_px: tuple[int, int]) -> list[Region]:
    """Where the field stands: at each place its value alone, its value with its label, and all places together."""
    own = [mark for mark in marks if mark.field == name]
    regions = []
    for place in {mark.place for mark in own}:
        here = [mark for mark in own if mark.place == place]
        for marks_ in ([m for m in here if m.role == "value"], here):
            if marks_:
                regions.append(Region(tuple(_box(mark, size_px) for mark in marks_)))
    for marks_ in ([m for m in own if m.role == "value"], own):
        if marks_:
            regions.append(Region(tuple(_box(mark, size_px) for mark in marks_)))
    return regions


def best_iou(evidence: Sequence[tuple[float, ...]], places: Sequence[Region]) -> float:
    """The best overlap of a piece of evidence, or of all of it, with a place."""
    if not evidence or not places:
        return 0.0
    told = [Region((tuple(box),)) for box in evidence]  # pyright: ignore[reportArgumentType]
    if len(evidence) > 1:
        told.append(Region(tuple(map(tuple, evidence))))  # pyright: ignore[reportArgumentType]
    return max(max(iou(one, place), iou(one.around, place.around)) for one in told for place in places)


def iou(one: Region, other: Region) -> float:
    """Overlap of two sets of boxes as areas.

    >>> iou(Region(((0, 0, 10, 10),)), Region(((0, 0, 10, 5), (0, 5, 10, 20))))
    0.5
    """
    if len(one.boxes) == len(other.boxes) == 1:
        return _iou_of_boxes(one.boxes[0], other.boxes[0])
    first, second = _raster(one), _raster(other)
    union = np.count_nonzero(first | second)
    return float(np.count_nonzero(first & second) / union) if union else 0.0


def _iou_of_boxes(a, b) -> float:
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    if across <= 0 or down <= 0:
        return 0.0
    shared = across * down
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def _raster(region: Region) -> np.ndarray:
    grid = np.zeros((GRID, GRID), bool)
    for x1, y1, x2, y2 in region.boxes:
        grid[round(y1) : round(y2), round(x1) : round(x2)] = True
    return grid


def _box(mark: Mark, size_px: tuple[int, int]) -> tuple[float, float, float, float]:
    xs = [min(GRID, max(0, x * GRID / size_px[0])) for x, _ in mark.quad]
    ys = [min(GRID, max(0, y * GRID / size_px[1])) for _, y in mark.quad]
    return min(xs), min(ys), max(xs), max(ys)
