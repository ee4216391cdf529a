"""Rows of a nutrition table, and whether its figures can be true. req: B8, B10

Enters: text lines; the cells of a row may be lines of their own. Leaves: for each nutrient a Reading with its unit, the
amount of food that the figures are about, and doubts about figures that cannot all be right.
Sources: GB 28050-2011 (order and names of rows; energy factors 17 kJ per g of protein and carbohydrate, 37 of fat, 8
of fibre, and labelled energy at most 120 % of the true one), Regulation (EU) 1169/2011 Annexes XIV and XV (the same
factors, salt = sodium x 2.5), 21 CFR 101.9 (Nutrition Facts: Calories are kcal). 1 kcal = 4.184 kJ.
Does not know: percentages of a reference value, which are left out; figures without a unit, which may be anything.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.layout import row
from tujian.rules.measures import ALL_UNITS, amount_key, number_of, plain

RULE = "nutrition/1"
KJ_PER_KCAL = 4.184
KJ_PER_G = {"protein": 17, "fat": 37, "carbohydrate": 17, "fibre": 8}
TOLERANCE = 0.2  # GB 28050-2011, table 3: energy and fat at most 120 % of what is labelled
LEAST_KJ = 17  # GB 28050-2011, table 1: energy up to 17 kJ per 100 g may be labelled as 0
KCAL_TOLERANCE = 0.05  # both are rounded: 65 kcal is 272 kJ, 1 kcal is 4 kJ
ROUNDING_G = 0.6  # figures are printed with one digit behind the point or none
SALT_PER_SODIUM = 2.5  # Regulation (EU) 1169/2011, Annex I
LONGEST_LINE = 400  # characters of one line looked at
MOST_ROWS = 4  # of one nutrient: 100 g, a portion, and once more in another language

NAMES: dict[str, str] = {
    "energy": r"能[量置]|[热熱]量|energy|energi|énergie|energie|brennwert|valor\s?energ[ée]tico|calories",
    "protein": r"蛋[白自][质质貭贡質]|protein(?:er)?|protéines|eiweiß|eiweiss|proteínas",
    "saturated_fat": r"饱和脂肪酸?|飽和脂肪酸?|(?:of\s?which\s?)?(?:saturated\s?fat(?:ty\s?acids)?|saturates)|"
    r"sat\.?\s?fat|varav\s?mättat\s?fett|gesättigte\s?fettsäuren",
    "fat": r"(?<!饱和)(?<!飽和)(?<!反式)(?<!不饱和)总?脂肪(?!酸)|"
    r"(?<!saturated )(?<!trans )(?<!low )(?:total\s?)?fat(?!ty|\s?free)|fett(?!s)|matières\s?grasses|grasas",
    "carbohydrate": r"碳水化.{0,1}物|(?:total\s?)?carbohydrates?|total\s?carb\.?|kohlenhydrate|kolhydrat(?:er)?|"
    r"glucides|hidratos\s?de\s?carbono",
    "sugars": r"(?<![\u4e00-\u9fff])[一]?(?:其中)?糖类?(?![\u4e00-\u9fff])|(?:of\s?which\s?)?(?:total\s?)?sugars?|"
    r"varav\s?sockerarter|davon\s?zucker",
    "fibre": r"膳食[纤纖]维|膳食纤維|(?:dietary\s?)?fib(?:re|er)|ballaststoffe",
    "salt": r"食盐(?!相)|(?<![\u4e00-\u9fff])盐(?![\u4e00-\u9fff])|salt(?!ed)|salz",
    "sodium": r"[钠鈉](?![\u4e00-\u9fff])|sodium|natrium",
}
_UNITS = {"energy": ("kJ", "kcal")}
_UNIT = r"千焦耳?|[kK][jJ]|千卡|大卡|[kK][cC]al|毫克|微克|克|[mM][gG]|[µμ][gG]|[gG](?![a-zA-Z])"
_NUMBER = r"(?<![\d.,])\d{1,5}(?:[.,]\d{1,3})?"
_FIGURE = re.compile(rf"(?P<less>[<＜≤]\s?)?(?P<number>{_NUMBER})\s{{0,2}}(?:(?P<unit>{_UNIT})|(?P<share>%))?")
_OPEN = r"^[\s\-—–－_·•*|.,:：(（]*"
_IN_BRACKETS = re.compile(rf"^\s?[(（/]\s?(?P<unit>{_UNIT})(?:\s?/\s?(?:{_UNIT}))?\s?[)）]?")
_NAME_ENDS = re.compile(r"[^、，,;；。]{0,24}")  # brackets, a unit, another language; a list goes on
_AFTER_LABEL = re.compile(r"^[\s:：.\-—–_/|]{0,8}(?:[(（][^()（）]{0,16}[)）])?[\s:：.\-—–_|]{0,8}")
_BASIS = re.compile(
    r"(?:每|per|pro|je|/)\s{0,2}(?P<number>\d{1,4}(?:\.\d)?)\s{0,2}(?P<unit>克|毫升|g|ml)(?![a-z])|"
    r"(?:每份|每餐份|per\s?(?:serving|portion)|(?:每份)?食用份量|份量|serving\s?size).{0,16}?"
    r"(?:(?<=[^\d.])(?P<portion>\d{1,4}(?:\.\d)?)\s{0,2}(?P<portion_unit>克|毫升|g|ml)(?![a-z]))",
    re.I,
)
_SERVING = re.compile(r"每份|per\s?(?:serving|portion)|amount\s?per\s?serving", re.I)
_TABLE = re.compile(
    r"营养|NRV|nutrition|" + "|".join(NAMES[name] for name in ("energy", "protein", "carbohydrate")), re.I
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why the figures cannot all be right."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class _Figure:
    """One number in a row, with its unit when one is printed beside it."""

    number: float
    unit: str | None
    less: bool
    line: TextLine


def reader_of(nutrient: str) -> Callable[[Sequence[TextLine]], list[Reading]]:
    """The rule that reads the row of this nutrient."""
    label = re.compile(NAMES[nutrient], re.I)

    def find(lines: Sequence[TextLine]) -> list[Reading]:
        return [reading for hit in _labels(label, lines) for reading in _of_row(nutrient, *hit, lines)]

    return find


def find_basis(lines: Sequence[TextLine]) -> list[Reading]:
    """The amount that the figures are about: 100 g, 100 ml, or a portion; from lines near a table's words."""
    if not any(_TABLE.search(line.text[:LONGEST_LINE]) for line in lines):
        return []
    found = [(line, match) for line in lines for match in _BASIS.finditer(plain(line.text[:LONGEST_LINE]))]
    readings = [_basis(line, match) for line, match in found]
    if not readings:
        said = [line for line in lines if _SERVING.search(line.text[:LONGEST_LINE])]
        return [Reading("每份", "serving", line, line.text, RULE) for line in said[:1]]
    return sorted(readings, key=lambda reading: not reading.key.startswith("100 "))


def doubts(figures: Mapping[str, str], basis: str | None = None) -> list[Doubt]:
    """What cannot be right about figures such as {"energy": "273 kJ", "fat": "3.8 g"}, as the record holds them.

    >>> doubts({"energy": "273 kJ", "protein": "3.6 g", "fat": "3.8 g", "carbohydrate": "4.8 g"}, "100 ml")
    []
    >>> doubts({"energy": "273 kJ", "protein": "36 g", "fat": "3.8 g", "carbohydrate": "4.8 g"})[0].en[:43]
    'Energy 273 kJ does not fit protein, fat and'
    """
    grams = {name: amount for name, text in figures.items() if (amount := _grams(text)) is not None}
    return [*_energy_doubts(figures.get("energy"), grams), *_part_doubts(grams), *_sum_doubts(grams, basis)]


def _labels(label: re.Pattern[str], lines: Sequence[TextLine]) -> Iterator[tuple[TextLine, int, bool]]:
    """Lines with this nutrient's name, where the name ends, and whether it is the head of a row."""
    hits = [(line, match) for line in lines for match in label.finditer(line.text[:LONGEST_LINE])]
    named = [(line, m, bool(re.fullmatch(_OPEN, line.text[: m.start()]))) for line, m in hits]
    kept = [(line, m.end(), head) for line, m, head in named if head or _stands_free(line.text, m)]
    yield from sorted(kept, key=lambda one: not one[2])[:MOST_ROWS]


def _stands_free(text: str, match: re.Match[str]) -> bool:
    """Whether the name begins a word: 能量273kJ、蛋白质3.6g is a table in one line, 高蛋白质 is a claim."""
    before = text[match.start() - 1]
    return not (before.isalpha() or "\u4e00" <= before <= "\u9fff")


def _of_row(nutrient: str, line: TextLine, end: int, is_head: bool, lines: Sequence[TextLine]) -> list[Reading]:
    rest = line.text[end:LONGEST_LINE]
    named = _IN_BRACKETS.match(rest)
    figures = list(_inline(rest, line))
    if not figures and is_head and _NAME_ENDS.fullmatch(rest):
        cells = row(line, lines)
        figures = [figure for cell in cells if not _names_a_nutrient(cell) for figure in _figures(cell.text, cell)]
    unit = named["unit"] if named else "kcal" if line.text[:end].lower().endswith("calories") else None
    found = _readings(nutrient, figures, unit)
    return [one if one.line is line else replace(one, more=(line,)) for one in found]


def _inline(rest: str, line: TextLine) -> Iterator[_Figure]:
    """Figures that follow a name on its own line at once, up to the next name."""
    gap = _AFTER_LABEL.match(rest)
    begun = gap.end() if gap else 0
    if not re.match(r"[<＜≤\dOo]", rest[begun : begun + 1] or "-"):
        return
    following = _TABLE_NAMES.search(rest, begun)
    yield from _figures(rest[begun : following.start() if following else len(rest)], line)


def _figures(text: str, line: TextLine) -> Iterator[_Figure]:
    """Numbers with a unit or none; percentages are left out."""
    text = re.sub(r"(?<![A-Za-z\d.])[Oo](?=\s?(?:m?g|克|毫克|k[Jj]|千焦))", "0", plain(text[:LONGEST_LINE]))
    for match in _FIGURE.finditer(text):
        if not match["share"]:
            yield _Figure(number_of(match["number"]), match["unit"], bool(match["less"]), line)


def _readings(nutrient: str, figures: Sequence[_Figure], named: str | None) -> list[Reading]:
    """The first figure in a unit that the nutrient is measured in; for energy also the one in the other unit."""
    readings: dict[str, Reading] = {}
    for figure in figures:
        printed = figure.unit or named
        if printed is None:
            continue
        symbol = ALL_UNITS[printed.lower()][0]
        if (symbol in ("kJ", "kcal")) != (nutrient == "energy") or not _is_possible(nutrient, figure.number, symbol):
            continue
        value = f"{'<' if figure.less else ''}{figure.number:.10g} {symbol}"
        key = amount_key(figure.number, symbol)
        group = symbol if nutrient == "energy" else "mass"
        readings.setdefault(group, Reading(value, key, figure.line, figure.line.text, RULE, symbol))
    return sorted(readings.values(), key=lambda reading: reading.unit == "kcal")


def _is_possible(nutrient: str, number: float, symbol: str) -> bool:
    """No 100 g hold more than 100 g of anything or 3,700 kJ; portions are smaller than a kilogram."""
    if nutrient == "energy":
        return number <= (37_000 if symbol == "kJ" else 9_000)
    return number * ALL_UNITS[symbol.lower()][1] <= 1000


def _names_a_nutrient(cell: TextLine) -> bool:
    return _TABLE_NAMES.match(re.sub(_OPEN, "", cell.text[:LONGEST_LINE])) is not None


def _basis(line: TextLine, match: re.Match[str]) -> Reading:
    number, unit = (match["number"], match["unit"]) if match["number"] else (match["portion"], match["portion_unit"])
    symbol = ALL_UNITS[unit.lower()][0]
    return Reading(f"{float(number):g} {symbol}", amount_key(float(number), symbol), line, line.text, RULE, symbol)


def _grams(text: str) -> float | None:
    match = re.match(r"<?\s?([\d.]+)\s?(g|mg|µg)$", text.strip())
    return float(match[1]) * ALL_UNITS[match[2]][1] if match else None


def _energy_doubts(energy: str | None, grams: Mapping[str, float]) -> list[Doubt]:
    """Energy against what protein, fat and carbohydrate give."""
    match = re.match(r"<?\s?([\d.]+)\s?(kJ|kcal)$", (energy or "").strip())
    if match is None or not {"protein", "fat", "carbohydrate"} <= grams.keys():
        return []
    labelled_kj = float(match[1]) * (KJ_PER_KCAL if match[2] == "kcal" else 1)
    reckoned_kj = sum(factor * grams.get(name, 0) for name, factor in KJ_PER_G.items())
    if abs(labelled_kj - reckoned_kj) <= TOLERANCE * max(labelled_kj, reckoned_kj) + LEAST_KJ:
        return []
    return [
        Doubt(
            f"能量 {energy} 与蛋白质、脂肪、碳水化合物算出的约 {reckoned_kj:.0f} kJ 不符，可能读错或印错"
            "（含酒精或糖醇的食品除外）",
            f"Energy {energy} does not fit protein, fat and carbohydrate, which give about {reckoned_kj:.0f} kJ: "
            "misread or misprinted, unless it holds alcohol or polyols",
        )
    ]


def _part_doubts(grams: Mapping[str, float]) -> list[Doubt]:
    """A part larger than its whole, salt that is not its sodium."""
    parts = [("saturated_fat", "fat", "饱和脂肪多于脂肪", "more saturated fat than fat"),
             ("sugars", "carbohydrate", "糖多于碳水化合物", "more sugars than carbohydrate")]  # fmt: skip
    found = [
        Doubt(f"{zh}，可能读错", f"{en[0].upper()}{en[1:]}: misread")
        for part, whole, zh, en in parts
        if part in grams and whole in grams and grams[part] > grams[whole] + ROUNDING_G
    ]
    if "salt" in grams and "sodium" in grams:
        salt = SALT_PER_SODIUM * grams["sodium"]
        if abs(salt - grams["salt"]) > TOLERANCE * max(salt, grams["salt"]) + 0.02:
            found.append(Doubt("盐与钠对不上（盐 = 钠 × 2.5）", "Salt does not fit sodium (salt = sodium x 2.5)"))
    return found


def _sum_doubts(grams: Mapping[str, float], basis: str | None) -> list[Doubt]:
    """More in 100 g than 100 g."""
    together = sum(grams.get(name, 0) for name in ("protein", "fat", "carbohydrate"))
    if basis != "100 g" or together <= 100 + ROUNDING_G:
        return []
    return [
        Doubt(
            f"每100克里的营养素合计 {together:.0f} 克，可能读错",
            f"Nutrients of 100 g add up to {together:.0f} g: misread",
        )
    ]


_TABLE_NAMES = re.compile("|".join(NAMES.values()) + "|反式|trans", re.I)
