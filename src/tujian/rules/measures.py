"""Net content and price as printed. req: B10

Sources: GB 7718-2011 4.1.5 (net content: 净含量 with number and legal unit), OIML R 87 (e-mark packages).
Does not know: which of two pack sizes on a shelf is meant. A labelled amount wins; without one, an amount that stands
alone on its line counts, unless it stands in a nutrition row or several different ones make a table. 1,500 is taken
as one thousand five hundred, 1,5 and 0,250 as decimals: that is how labels here print them.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from tujian.perception.text import TextLine
from tujian.rules import Reading, near, value_beside

# unit as printed → (symbol shown, factor, base): equal amounts share a key
UNITS: dict[str, tuple[str, float, str]] = {
    "mg": ("mg", 0.001, "g"), "毫克": ("mg", 0.001, "g"),
    "g": ("g", 1, "g"), "克": ("g", 1, "g"), "gram": ("g", 1, "g"), "grams": ("g", 1, "g"),
    "kg": ("kg", 1000, "g"), "千克": ("kg", 1000, "g"), "公斤": ("kg", 1000, "g"), "斤": ("斤", 500, "g"),
    "ml": ("ml", 1, "ml"), "毫升": ("ml", 1, "ml"), "cl": ("cl", 10, "ml"), "dl": ("dl", 100, "ml"),
    "l": ("L", 1000, "ml"), "升": ("L", 1000, "ml"), "liter": ("L", 1000, "ml"), "litre": ("L", 1000, "ml"),
    "liters": ("L", 1000, "ml"), "litres": ("L", 1000, "ml"), "oz": ("oz", 28.3495, "g"),
    "fl oz": ("fl oz", 29.5735, "ml"),
}  # fmt: skip
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_NUMBER = r"(?<![\d.,])(?:[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,6}(?:[.,]\d{1,3})?)(?![\d.,]*\d)"
_TIMES = r"[x×*]"
_AMOUNT = re.compile(
    rf"(?:(?<!\d)(?P<before>\d{{1,3}})\s*{_TIMES}\s*)?(?P<number>{_NUMBER})\s*(?P<unit>{_UNIT})(?![a-z0-9])"
    rf"(?:\s*{_TIMES}\s*(?P<after>\d{{1,3}})(?!\d))?",
    re.I,
)
_LABEL = re.compile(r"[净凈淨]\s*(?:含\s*量|重|容\s*量)|规\s*格|net\s*(?:wt|weight|content|vol)|内容量", re.I)
_NUTRITION = re.compile(
    r"(?:每|per|/|pro|je)\s*100\s*(?:g|ml|克|毫升)|100\s*(?:g|ml|克|毫升)\s*[)）]|kcal|kj|千焦|能量|energi|蛋白质|脂肪|"
    r"碳水|钠|糖|protein|\bfat\b|carbo|sodium|sugar|salt|fibre",
    re.I,
)
_PROPERTY = re.compile(r"重量|毛重|尺寸|weight|size", re.I)
TINY = ("mg", "毫克")  # nobody sells by the milligram: such an amount is a nutrient or a dose
MOST_SIZES = 2  # different unlabelled amounts on one picture, from three on they are a table
UNLABELLED_SHARE = 0.7  # a choice: an amount without a label may be anything, so labelled ones must outrank it
CURRENCIES = {"¥": "CNY", "￥": "CNY", "RMB": "CNY", "CNY": "CNY", "元": "CNY", "$": "USD", "USD": "USD", "€": "EUR",
              "EUR": "EUR", "£": "GBP"}  # fmt: skip
_PRICE = re.compile(
    rf"(?P<sign>[¥￥$€£]|RMB|CNY|USD|EUR)\s*(?P<a>{_NUMBER})|(?P<b>{_NUMBER})\s*(?P<unit>元)(?!\s*[券红代])", re.I
)
_REBATE = re.compile(r"[满减返省送领抵][^\d¥￥$€£]{0,2}$")  # 满300减50元 is a promotion, no price


def find_net_content(lines: Sequence[TextLine]) -> list[Reading]:
    """Net contents, labelled ones first; amounts in nutrition rows are none."""
    labelled = [reading for line in lines if _LABEL.search(line.text) for reading in _behind_label(line, lines)]
    alone = [
        reading
        for line in lines
        if not _LABEL.search(line.text) and (found := _standing_alone(line)) and not _is_of_a_table(line, lines)
        for reading in found
    ]
    return labelled + (alone if len({reading.key for reading in alone}) <= MOST_SIZES else [])


def find_prices(lines: Sequence[TextLine]) -> list[Reading]:
    """Prices with a currency sign or 元; rebates and vouchers are none."""
    return [_price(match, line) for line in lines for match in _prices(line.text)]


def measure_keys(text: str) -> list[str]:
    """The comparable forms of the amounts in `text`: number in the base unit, and the base unit.

    >>> measure_keys("1 litre") == measure_keys("1,000毫升"), measure_keys("12x250ml")
    (True, ['3000 ml'])
    """
    return [_key(match) for match in _AMOUNT.finditer(text)]


def price_keys(text: str) -> list[str]:
    """The comparable forms of the prices in `text`.

    >>> price_keys("¥1,299.00"), price_keys("满300减50元")
    (['1299.00 CNY'], [])
    """
    return [_price_parts(match)[2] for match in _prices(text)]


def _behind_label(label: TextLine, lines: Sequence[TextLine]) -> list[Reading]:
    own = [_net(match, label) for match in _AMOUNT.finditer(label.text)]
    beside = None if own else value_beside(label, lines)
    return own or ([_net(match, beside) for match in _AMOUNT.finditer(beside.text)] if beside else [])


def _standing_alone(line: TextLine) -> list[Reading]:
    matches = _AMOUNT.finditer(line.text)
    return [
        replace(_net(match, line), share=UNLABELLED_SHARE)
        for match in matches
        if len(match[0]) >= 0.5 * len(line.text.strip()) and match["unit"].lower() not in TINY
    ]


def _is_of_a_table(line: TextLine, lines: Sequence[TextLine]) -> bool:
    """Whether a nutrient or another property stands on the line or next to it."""
    if _NUTRITION.search(line.text):
        return True
    return any(_NUTRITION.search(other.text) or _PROPERTY.search(other.text) for other in near(line, lines))


def _net(match: re.Match[str], line: TextLine) -> Reading:
    symbol = UNITS[match["unit"].lower()][0]
    count = match["before"] or match["after"]
    times = f" × {count}" if count else ""
    return Reading(
        f"{_value(match['number']):.10g} {symbol}{times}", _key(match), line, line.text, "net-content/1", symbol
    )


def _key(match: re.Match[str]) -> str:
    _, factor, base = UNITS[match["unit"].lower()]
    count = int(match["before"] or 1) * int(match["after"] or 1)
    return f"{_value(match['number']) * factor * count:.6g} {base}"


def _prices(text: str) -> list[re.Match[str]]:
    return [
        match for match in _PRICE.finditer(text) if not _REBATE.search(text[max(0, match.start() - 3) : match.start()])
    ]


def _price(match: re.Match[str], line: TextLine) -> Reading:
    amount, currency, key = _price_parts(match)
    return Reading(f"{amount:.2f} {currency}", key, line, line.text, "price/1", currency)


def _price_parts(match: re.Match[str]) -> tuple[float, str, str]:
    amount = _value(match["a"] or match["b"])
    currency = CURRENCIES[(match["sign"] or match["unit"]).upper()]
    return amount, currency, f"{amount:.2f} {currency}"


def _value(printed: str) -> float:
    """1,299.00 → 1299.0; 3,50 → 3.5; 0,250 → 0.25."""
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", printed):
        return float(printed.replace(",", ""))
    return float(printed.replace(",", "."))
