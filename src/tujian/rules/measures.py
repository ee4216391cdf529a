"""Net content and price as printed. req: B10

Sources: GB 7718-2011 4.1.5 (net content: 净含量 with number and legal unit), OIML R 87 (e-mark packages).
Does not know: which of two pack sizes on a shelf is meant. A labelled amount wins; without one, an amount that stands
alone on its line counts, unless it stands in a nutrition row or several different ones make a table.
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
_AMOUNT = re.compile(
    rf"(?<![\d.,])(\d{{1,4}}(?:[.,]\d{{1,3}})?)\s*({_UNIT})(?![a-z0-9])(?:\s*[x×*]\s*(\d{{1,3}})(?!\d))?", re.I
)
_LABEL = re.compile(
    r"[净凈淨]\s*含\s*量|[净凈淨]\s*重|[净凈淨]\s*容\s*量|规\s*格|net\s*(?:wt|weight|content|vol)|内容量", re.I
)
_NUTRITION = re.compile(
    r"(?:每|per|/|pro|je)\s*100\s*(?:g|ml|克|毫升)|100\s*(?:g|ml|克|毫升)\s*[)）]|kcal|kj|千焦|能量|energi|蛋白质|脂肪|"
    r"碳水|钠|糖|protein|\bfat\b|carbo|sodium|sugar|salt|fibre",
    re.I,
)
_PROPERTY = re.compile(r"重量|毛重|尺寸|weight|size", re.I)
TINY = ("mg", "毫克")  # nobody sells by the milligram: such an amount is a nutrient or a dose
UNLABELLED_SHARE = 0.7  # a choice: an amount without a label may be anything, so labelled ones must outrank it
MOST_SIZES = 2  # different unlabelled amounts on one picture, from three on they are a table
_PRICE = re.compile(
    r"(?:(?P<sign>[¥￥$€£]|RMB|CNY|USD|EUR)\s*(?P<a>\d{1,6}(?:[.,]\d{1,2})?))|(?P<b>\d{1,6}(?:\.\d{1,2})?)\s*(?P<unit>元)",
    re.I,
)
CURRENCIES = {"¥": "CNY", "￥": "CNY", "RMB": "CNY", "CNY": "CNY", "元": "CNY", "$": "USD", "USD": "USD", "€": "EUR",
              "EUR": "EUR", "£": "GBP"}  # fmt: skip


def find_net_content(lines: Sequence[TextLine]) -> list[Reading]:
    """Net contents, labelled ones first; amounts in nutrition rows are none."""
    labelled = [reading for line in lines if _LABEL.search(line.text) for reading in _behind_label(line, lines)]
    alone = [
        reading
        for line in lines
        if not _LABEL.search(line.text) and not _is_of_a_table(line, lines)
        for reading in _standing_alone(line)
    ]
    return labelled + (alone if len({reading.key for reading in alone}) <= MOST_SIZES else [])


def _behind_label(label: TextLine, lines: Sequence[TextLine]) -> list[Reading]:
    own = [_net(match, label) for match in _AMOUNT.finditer(label.text)]
    beside = None if own else value_beside(label, lines)
    return own or ([_net(match, beside) for match in _AMOUNT.finditer(beside.text)] if beside else [])


def _standing_alone(line: TextLine) -> list[Reading]:
    matches = _AMOUNT.finditer(line.text)
    return [
        replace(_net(match, line), share=UNLABELLED_SHARE)
        for match in matches
        if len(match[0]) >= 0.5 * len(line.text.strip()) and match[2].lower() not in TINY
    ]


def _is_of_a_table(line: TextLine, lines: Sequence[TextLine]) -> bool:
    """Whether a nutrient or another property stands on the line or next to it."""
    if _NUTRITION.search(line.text):
        return True
    return any(_NUTRITION.search(other.text) or _PROPERTY.search(other.text) for other in near(line, lines))


def find_prices(lines: Sequence[TextLine]) -> list[Reading]:
    """Prices with a currency sign or 元."""
    return [_price(match, line) for line in lines for match in _PRICE.finditer(line.text)]


def measure_key(text: str) -> str | None:
    """The comparable form of an amount such as "1 litre" or "250毫升"; None when there is no amount.

    >>> measure_key("1 litre") == measure_key("1000 ml")
    True
    """
    match = _AMOUNT.search(text)
    return _key(match) if match else None


def price_key(text: str) -> str | None:
    """The comparable form of a price; None when there is no price."""
    match = _PRICE.search(text)
    return _price_parts(match)[2] if match else None


def _net(match: re.Match[str], line: TextLine) -> Reading:
    symbol = UNITS[match[2].lower()][0]
    count = f" × {match[3]}" if match[3] else ""
    return Reading(f"{_number(match[1]):g} {symbol}{count}", _key(match), line, line.text, "net-content/1", symbol)


def _key(match: re.Match[str]) -> str:
    _, factor, base = UNITS[match[2].lower()]
    return f"{_number(match[1]) * factor * int(match[3] or 1):.4g} {base}"


def _price(match: re.Match[str], line: TextLine) -> Reading:
    amount, currency, key = _price_parts(match)
    return Reading(f"{amount:.2f} {currency}", key, line, line.text, "price/1", currency)


def _price_parts(match: re.Match[str]) -> tuple[float, str, str]:
    amount = _number(match["a"] or match["b"])
    currency = CURRENCIES[(match["sign"] or match["unit"]).upper()]
    return amount, currency, f"{amount:.2f} {currency}"


def _number(printed: str) -> float:
    return float(printed.replace(",", "."))
