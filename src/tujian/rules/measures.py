"""Net content as printed, and amounts of all kinds. req: B10

Sources: GB 7718-2011 4.1.5 (net content: 净含量 with number and legal unit), OIML R 87 (e-mark packages).
Does not know: which of two pack sizes on a shelf is meant. A labelled amount wins; without one, an amount that stands
alone on its line counts, unless it stands in a nutrition row or several different ones make a table. 1,500 is taken
as one thousand five hundred, 1,5 and 0,250 as decimals: that is how labels here print them.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.labels import Labelled, labelled
from tujian.rules.layout import near

# unit as printed → (symbol shown, factor, base): equal amounts share a key
UNITS: dict[str, tuple[str, float, str]] = {
    "mg": ("mg", 0.001, "g"), "毫克": ("mg", 0.001, "g"), "µg": ("µg", 1e-6, "g"), "μg": ("µg", 1e-6, "g"),
    "微克": ("µg", 1e-6, "g"),
    "g": ("g", 1, "g"), "克": ("g", 1, "g"), "gram": ("g", 1, "g"), "grams": ("g", 1, "g"),
    "kg": ("kg", 1000, "g"), "千克": ("kg", 1000, "g"), "公斤": ("kg", 1000, "g"), "斤": ("斤", 500, "g"),
    "市斤": ("斤", 500, "g"), "两": ("两", 50, "g"),
    "ml": ("ml", 1, "ml"), "毫升": ("ml", 1, "ml"), "cl": ("cl", 10, "ml"), "dl": ("dl", 100, "ml"),
    "m1": ("ml", 1, "ml"),  # what recognition makes of ml
    "l": ("L", 1000, "ml"), "升": ("L", 1000, "ml"), "公升": ("L", 1000, "ml"), "liter": ("L", 1000, "ml"),
    "litre": ("L", 1000, "ml"), "liters": ("L", 1000, "ml"), "litres": ("L", 1000, "ml"),
    "oz": ("oz", 28.3495, "g"), "lb": ("lb", 453.592, "g"), "lbs": ("lb", 453.592, "g"),
    "fl oz": ("fl oz", 29.5735, "ml"), "fl. oz": ("fl oz", 29.5735, "ml"), "fl.oz": ("fl oz", 29.5735, "ml"),
}  # fmt: skip
ENERGY: dict[str, tuple[str, float, str]] = {
    "kj": ("kJ", 1, "kJ"), "千焦": ("kJ", 1, "kJ"), "千焦耳": ("kJ", 1, "kJ"), "kcal": ("kcal", 1, "kcal"),
    "千卡": ("kcal", 1, "kcal"), "大卡": ("kcal", 1, "kcal"),
}  # fmt: skip
PIECES: dict[str, tuple[str, float, str]] = {
    piece: (piece, 1, "pieces")
    for piece in (
        *"片包支枚粒颗只袋盒瓶罐条抽张卷个对双件块贴杯听本",
        "bags", "tea bags", "teabags", "pcs", "pieces", "tablets", "capsules", "sheets", "rolls", "sachets", "sticks",
        "pads", "wipes", "pack", "packs", "count", "ct",
    )
}  # fmt: skip
ALL_UNITS = UNITS | ENERGY | PIECES
IMPERIAL = ("oz", "lb", "fl oz")
NUMBER = r"(?<![\d.,])(?:[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,6}(?:[.,]\d{1,3})?)(?![\d.,]*\d)"
_TIMES = r"[x×*X]"
_PIECE = "|".join(sorted(map(re.escape, PIECES), key=len, reverse=True))


def _amounts(units: Iterable[str]) -> re.Pattern[str]:
    """A pattern for a number with one of these units, perhaps times how many: 2×250ml, 20g×12袋, 12袋×20g."""
    unit = "|".join(sorted(map(re.escape, units), key=len, reverse=True))
    return re.compile(
        rf"(?:(?<![\d.])(?P<before>\d{{1,3}})\s?(?:{_PIECE})?\s?{_TIMES}\s?)?(?P<number>{NUMBER})\s{{0,2}}"
        rf"(?P<unit>{unit})(?![a-wyz0-9]|x(?!\s?\d))(?:\s?[/每]?\s?(?:{_PIECE})?\s?{_TIMES}\s?(?P<after>\d{{1,3}})(?!\d))?",
        re.I,
    )


_AMOUNT, _ANY, _COUNTED = _amounts(UNITS), _amounts(ALL_UNITS), _amounts(PIECES)
_DRAINED = re.compile(r"(?:固形物|沥干物|固体物|drained)[^\d]{0,16}$", re.I)  # what is left without the brine
_READ_AS_LETTER = re.compile(
    r"(?<=\d)[Oo]{1,3}(?=\d|\s?(?:g|kg|ml|l|克|千克|毫升|升)(?![a-z]))|(?<![A-Za-z\d])[lI](?=\d)"
)
_NUTRITION = re.compile(
    r"(?:每|per|/|pro|je)\s*100\s*(?:g|ml|克|毫升)|100\s*(?:g|ml|克|毫升)\s*[)）]|kcal|kj|千焦|能量|energi|蛋白质|脂肪|"
    r"碳水|钠|糖|protein|\bfat\b|carbo|sodium|sugar|salt|fibre",
    re.I,
)
LONGEST_ALONE = 60  # characters: an amount that fills half of its line
_PROPERTY = re.compile(r"重量|毛重|尺寸|weight|size", re.I)
TINY = ("mg", "毫克", "µg", "μg", "微克")  # nobody sells by the milligram: such an amount is a nutrient or a dose
MOST_SIZES = 2  # different unlabelled amounts on one picture, from three on they are a table
UNLABELLED_SHARE = 0.7  # a choice: an amount without a label may be anything, so labelled ones must outrank it


def find_net_content(lines: Sequence[TextLine]) -> list[Reading]:
    """Net contents, labelled ones first, then pack sizes; amounts in nutrition rows are none."""
    said = [found for name in ("net_content", "specification") for found in labelled(name, lines)]
    behind = [reading for found in said for reading in _behind_label(found)]
    taken = {id(found.line) for found in said}
    alone = [
        reading
        for line in lines
        if id(line) not in taken and (found := _standing_alone(line)) and not _is_of_a_table(line, lines)
        for reading in found
    ]
    return behind + (alone if len({reading.key for reading in alone}) <= MOST_SIZES else [])


def measure_keys(text: str) -> list[str]:
    """The comparable forms of the amounts in `text`: number in the base unit, and the base unit.

    >>> measure_keys("1 litre") == measure_keys("1,000毫升"), measure_keys("12x250ml"), measure_keys("273 kJ / 65 kcal")
    (True, ['3000 ml'], ['273 kJ', '65 kcal'])
    """
    return [_key(match) for match in _ANY.finditer(plain(text))]


def amount_key(number: float, unit: str) -> str:
    """The comparable form of a number with one of ALL_UNITS.

    >>> amount_key(58, "mg") == measure_keys("0.058 g")[0]
    True
    """
    _, factor, base = ALL_UNITS[unit.lower()]
    return f"{number * factor:.6g} {base}"


def plain(text: str) -> str:
    """Half width, and in amounts O for 0 and l for 1 mended: 25Oml, l00g."""
    return _READ_AS_LETTER.sub(
        lambda run: "1" if run[0] in "lI" else "0" * len(run[0]), unicodedata.normalize("NFKC", text)
    )


def _behind_label(found: Labelled) -> list[Reading]:
    """Weights and volumes behind the label, metric ones first; how many pieces only where neither is printed."""
    text = plain(found.value)
    matches = list(_AMOUNT.finditer(text)) or list(_COUNTED.finditer(text))
    kept = [match for match in matches if not _DRAINED.search(text[: match.start()][-24:])]
    kept.sort(key=lambda match: ALL_UNITS[match["unit"].lower()][0] in IMPERIAL)
    return [_net(match, found.line) for match in kept]


def _standing_alone(line: TextLine) -> list[Reading]:
    text = plain(line.text[:LONGEST_ALONE])
    return [
        replace(_net(match, line), share=UNLABELLED_SHARE)
        for match in _AMOUNT.finditer(text)
        if len(match[0]) >= 0.5 * len(line.text.strip()) and match["unit"].lower() not in (*TINY, "两")
    ]


def _is_of_a_table(line: TextLine, lines: Sequence[TextLine]) -> bool:
    """Whether a nutrient or another property stands on the line or next to it."""
    if _NUTRITION.search(line.text):
        return True
    return any(_NUTRITION.search(other.text) or _PROPERTY.search(other.text) for other in near(line, lines))


def _net(match: re.Match[str], line: TextLine) -> Reading:
    symbol = ALL_UNITS[match["unit"].lower()][0]
    count = match["before"] or match["after"]
    times = f" × {count}" if count else ""
    return Reading(
        f"{number_of(match['number']):.10g} {symbol}{times}", _key(match), line, line.text, "net-content/2", symbol
    )


def _key(match: re.Match[str]) -> str:
    count = int(match["before"] or 1) * int(match["after"] or 1)
    return amount_key(number_of(match["number"]) * count, match["unit"])


def number_of(printed: str) -> float:
    """The number that digits with a comma or a point stand for.

    >>> number_of("1,299.00"), number_of("3,50"), number_of("0,250")
    (1299.0, 3.5, 0.25)
    """
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", printed):
        return float(printed.replace(",", ""))
    return float(printed.replace(",", "."))
