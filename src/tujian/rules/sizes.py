"""Sizes as printed: 165/88A, XL, EU 42, 30×40 cm. req: C3

Sources: GB/T 1335.1-1335.3 (号型: height / chest or waist in cm, body type Y, A, B, C; children without a type),
ISO 9407 (shoe length in millimetres). Letters and bare numbers are sizes only behind a label, beside a 号型, or in a
row of their own: a lone M on a picture is a letter.
Does not know: which size a person needs.
"""

import re
from collections.abc import Iterator, Sequence

from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.layout import value_beside

_LETTER = r"(?:[2-6]?X{1,5}[LS]|[SML]|\d{1,2}T|均码|均碼|ONE\s?SIZE|FREE\s?SIZE)"
_LETTERS = re.compile(rf"(?<![A-Za-z0-9]){_LETTER}(?![A-Za-z0-9])", re.I)
_BODY = re.compile(
    r"(?<!\d)(?P<height>1[0-9]\d|[5-9]\d)\s*/\s*(?P<girth>1[0-3]\d|[4-9]\d)\s*(?P<type>[ABCY](?=[SMLX]{1,4}(?![A-Za-z])|[^A-Za-z]|$))?"
)
_LABEL = re.compile(r"号型|尺\s*码|尺\s*寸|规\s*格|鞋\s*[码号]|\bsize\b|サイズ", re.I)
_SHOE = re.compile(
    r"(?<![A-Za-z])(?P<system>EUR?|US|UK|CHN?|JPN?|CM|MM|FR)\s*[:：]?\s*(?P<number>\d{1,3}(?:[.½]\d?)?)(?![\d/%])", re.I
)
_SYSTEMS = {"EUR": "EU", "CHN": "CN", "CH": "CN", "JPN": "JP"}
_SHOE_NUMBER = re.compile(
    r"(?<!\d)(?:2[0-9][05]|3[3-9](?:\.5)?|4[0-8](?:\.5)?|1[0-9]\d)(?:\s*码|\s*\(\d(?:\.5)?\)|(?![\d./]))"
)
_DIMENSIONS = re.compile(
    r"(?<![\d.])(\d{1,4}(?:\.\d)?)\s*(cm|mm|m|厘米|毫米)?\s*[x×*✕X]\s*(\d{1,4}(?:\.\d)?)\s*(?:cm|mm|m|厘米|毫米)?"
    r"(?:\s*[x×*✕X]\s*(\d{1,4}(?:\.\d)?)\s*)?\s*(cm|mm|m(?![lLgG])|厘米|毫米)",
    re.I,
)
_UNITS = {"厘米": "cm", "毫米": "mm"}


def find_sizes(lines: Sequence[TextLine]) -> list[Reading]:
    """Every size once, in reading order."""
    found: dict[str, Reading] = {}
    for line in lines:
        for value, key in _in_line(line, lines):
            found.setdefault(key, Reading(value, key, line, line.text, "sizes/1"))
    return list(found.values())


def _in_line(line: TextLine, lines: Sequence[TextLine]) -> Iterator[tuple[str, str]]:
    text = line.text
    labelled = _LABEL.search(text) is not None or _is_beside_label(line, lines)
    bodies = [match for match in _BODY.finditer(text) if match["type"] or labelled]
    for match in bodies:
        value = f"{match['height']}/{match['girth']}{(match['type'] or '').upper()}"
        yield value, value
    if labelled or bodies or _is_row_of_letters(text):
        for match in _LETTERS.finditer(_BODY.sub(" ", text)):
            value = re.sub(r"\s+", " ", match[0].upper())
            yield value, _letter_key(value)
    systems = [(_SYSTEMS.get(m["system"].upper(), m["system"].upper()), m["number"]) for m in _SHOE.finditer(text)]
    if labelled or len(systems) >= 2:  # "US 8" alone may be an address; a row of systems is a shoe box
        for system, number in systems:
            yield f"{system} {number}", f"{system} {number}"
    if labelled and not bodies and not systems and re.search(r"鞋|尺\s*码|size", text, re.I):
        for match in _SHOE_NUMBER.finditer(text):
            yield match[0].strip(), re.sub(r"\D*$", "", match[0].replace("码", ""))
    for match in _DIMENSIONS.finditer(text):
        yield _dimensions(match)


def _dimensions(match: re.Match[str]) -> tuple[str, str]:
    unit = _UNITS.get(match[5], match[5].lower())
    sides = [f"{float(side):g}" for side in (match[1], match[3], match[4]) if side]
    factor = {"mm": 1, "cm": 10, "m": 1000}[unit]
    key = "×".join(f"{float(side) * factor:g}" for side in sides)
    return f"{'×'.join(sides)} {unit}", f"{key} mm"


def _letter_key(value: str) -> str:
    """XXL and 2XL are one size; 均码 and ONE SIZE too.

    >>> _letter_key("XXXL"), _letter_key("2XL"), _letter_key("XL"), _letter_key("FREE SIZE")
    ('3XL', '2XL', 'XL', 'ONE')
    """
    if re.search(r"均|SIZE", value):
        return "ONE"
    crosses = re.fullmatch(r"(X{2,})([LS])", value)
    return f"{len(crosses[1])}X{crosses[2]}" if crosses else value


def _is_row_of_letters(text: str) -> bool:
    """Whether a line is nothing but sizes, and more than one: S M L XL."""
    return len(_LETTERS.findall(text)) >= 2 and not re.sub(r"[\s/,，、|·-]", "", _LETTERS.sub("", text))


def _is_beside_label(line: TextLine, lines: Sequence[TextLine]) -> bool:
    return any(
        value_beside(other, lines) is line
        for other in lines
        if other is not line
        and _LABEL.search(other.text)
        and len(other.text.strip()) <= 12
        and not re.search(r"\d", other.text)
    )
