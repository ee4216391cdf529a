"""Papers that nobody should see by chance: found by what is written on them.

Enters: the lines that OCR read, in reading order. Leaves: `Sensitive` findings, each kind once, with the reason in
Chinese and English; the reason never repeats the number itself. It does not know the picture, so a passport whose
machine-readable lines and headings were not read goes unseen. Numbers count only with their check digit right; words
of the papers' forms may have a sign misread.

Sources: GB 11643-1999 (resident identity number), ISO/IEC 7812-1 (card numbers: Luhn digit, issuer prefixes),
ICAO Doc 9303 parts 3-6 (machine-readable zone), ISO 13616-1 (IBAN), GA 36-2018 (plates of motor vehicles),
GA 482-2012 (driving licences).
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Literal

from rapidfuzz import fuzz

Kind = Literal[
    "id_card", "bank_card", "passport", "driving_licence", "iban", "invoice", "receipt", "medical", "licence_plate"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sensitive:
    """One reason to lock a picture away."""

    kind: Kind
    reason_zh: str
    reason_en: str


REASONS: dict[Kind, tuple[str, str]] = {
    "id_card": ("有居民身份证的号码或字样", "a Chinese resident identity number, or the words of the card"),
    "bank_card": ("有校验正确的银行卡号或卡面字样", "a payment card number with the right check digit, or its words"),
    "passport": ("有护照或旅行证件的机读码或字样", "the machine-readable lines or words of a travel document"),
    "driving_licence": ("有驾驶证或行驶证的字样", "the words of a driving or vehicle licence"),
    "iban": ("有校验正确的国际银行账号", "a bank account number (IBAN) with the right check digits"),
    "invoice": ("有发票或账单的字样", "the words of an invoice or bill"),
    "receipt": ("有购物小票的字样", "the words of a shop receipt"),
    "medical": ("有病历或检验报告的字样", "the words of a medical report"),
    "licence_plate": ("有车牌号", "a licence plate"),
}

ID_NUMBER = re.compile(r"(?<!\d)(\d{17}[\dXx])(?!\d)")
CARD_NUMBER = re.compile(r"(?<![\dA-Za-z])(\d{15,19})(?!\d)")
# Issuer prefix and length: UnionPay, Visa, Mastercard (two ranges), American Express, JCB, Discover
CARD_SHAPES = re.compile(
    r"62\d{14,17}|4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|5\d\d)\d{12}"
)
MRZ_HEAD = re.compile(r"P[A-Z<][A-Z<]{3}[A-Z]+<+[A-Z<]{12,}")
# a country's O may be read as 0
MRZ_PASSPORT = re.compile(r"([A-Z0-9<]{9})(\d)[A-Z0<]{3}(\d{6})(\d)[MFX<](\d{6})(\d)")
MRZ_CARD = re.compile(r"(\d{6})(\d)[MFX<](\d{6})(\d)[A-Z0<]{3}")
MRZ_LETTERS = re.compile(r"[A-Z|][A-Z|<]*")
MRZ_FILLED = "<<<<<<"  # how the third line of a card ends: nothing else is filled up like this
IBAN_START = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}[A-Z0-9]{4,}")
PLATE_NUMBER = re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Z0-9]{5,8}")
MRZ_SIGNS = str.maketrans(
    {"‹": "<", "≤": "<", "〈": "<", "《": "«", "＜": "<", "(": "<", "{": "<"}
)  # as OCR reads fillers
DIGIT_GROUP = re.compile(r"\d{3,8}[Xx]?")
LONG_WORD, ALIKE = 4, 75
# the dot stands on Chinese plates alone: with it a province, or one sign, may be missing
PLATE_WITH_DOT = re.compile(r"[^\W\d_]?[A-HJ-NP-Z]\s?[·•・]\s?(?=(?:[A-Z]*\d){2})[A-HJ-NP-Z0-9]{4,6}")
PLATE_LINES = 8  # a plate seen near carries its state, a slogan, stickers and little else


@cache
def _words() -> dict[str, Any]:
    """`data/words/papers.toml`, read at the first call."""
    return tomllib.loads(files("tujian").joinpath("data/words/papers.toml").read_text("utf-8"))


def find_sensitive(lines: Sequence[str]) -> tuple[Sensitive, ...]:
    """Every kind of sensitive paper that `lines` speak of, the most personal first.

    >>> [found.kind for found in find_sensitive(["姓名 张三", "公民身份号码 11010519491231002X"])]
    ['id_card']
    >>> find_sensitive(["纯牛奶", "净含量 250mL", "6901234567892"])
    ()
    """
    rules: dict[Kind, Callable[[Sequence[str]], bool]] = {
        "id_card": has_id_card,
        "bank_card": lambda lines: has_card_number(lines) or _has_words(lines, "bank_card"),
        "passport": lambda lines: has_machine_readable_zone(lines) or _has_words(lines, "passport"),
        "driving_licence": lambda lines: _has_words(lines, "driving_licence"),
        "iban": has_iban,
        "invoice": lambda lines: _has_words(lines, "invoice"),
        "receipt": lambda lines: _has_words(lines, "receipt"),
        "medical": lambda lines: _has_words(lines, "medical"),
        "licence_plate": has_licence_plate,
    }
    return tuple(Sensitive(kind, *REASONS[kind]) for kind, holds in rules.items() if holds(lines))


def has_id_card(lines: Sequence[str]) -> bool:
    """A number that GB 11643 allows, or three of the words printed on the card, two when one is the card's own."""
    text = "".join(lines).replace(" ", "")
    card = _words()["id_card"]
    met = sum(_stands_in(word, text) for word in card["words"])
    if met >= card["least"] or (met == card["least"] - 1 and any(_stands_in(word, text) for word in card["own"])):
        return True
    return any(is_id_number(found) for line in _numbers(lines) for found in ID_NUMBER.findall(line))


def is_id_number(text: str) -> bool:
    """Chinese resident identity number: province, birthday, and the check character (ISO 7064 MOD 11-2).

    >>> is_id_number("11010519491231002X"), is_id_number("110105194912310021"), is_id_number("11010519491331002X")
    (True, False, False)
    """
    if (
        not re.fullmatch(r"\d{17}[\dXx]", text)
        or text[:2] not in _words()["id_card"]["provinces"]
        or not _is_birthday(text[6:14])
    ):
        return False
    weighed = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(text[:17]))
    return "10X98765432"[weighed % 11] == text[17].upper()


def has_card_number(lines: Sequence[str]) -> bool:
    """A payment card number: an issuer's prefix and length, and the Luhn digit."""
    numbers = (found for line in _numbers(lines) for found in CARD_NUMBER.findall(line))
    return any(CARD_SHAPES.fullmatch(number) and is_luhn(number) for number in numbers)


def is_luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn digit of those before it.

    >>> is_luhn("4111111111111111"), is_luhn("4111111111111112")
    (True, False)
    """
    doubled = (sum(divmod(2 * int(d), 10)) if place % 2 else int(d) for place, d in enumerate(reversed(digits)))
    return sum(doubled) % 10 == 0


def has_machine_readable_zone(lines: Sequence[str]) -> bool:
    """A first line "P<…", or a second line (passport or card) with two check digits right."""
    for line in _compact(lines):
        zone = line.upper().translate(MRZ_SIGNS).replace("«", "<<")
        if (MRZ_HEAD.search(zone) and zone.count("<") >= 5) or _is_line_of_names(zone):
            return True
        for shape in (MRZ_PASSPORT, MRZ_CARD):
            match = shape.search(zone)
            if match and _right_fields(match.groups()) >= 2:
                return True
    return False


def _is_line_of_names(zone: str) -> bool:
    """NAME<<GIVEN<<<<<<<<: letters and fillers only, two fillers between the names, filled up to the end."""
    is_filled = zone.endswith(MRZ_FILLED) and "<<" in zone[1 : -len(MRZ_FILLED)]
    return is_filled and MRZ_LETTERS.fullmatch(zone) is not None


def _right_fields(groups: Sequence[str]) -> int:
    """How many of the pairs (field, check digit) agree."""
    return sum(mrz_check_digit(field) == int(digit) for field, digit in zip(groups[::2], groups[1::2], strict=True))


def mrz_check_digit(field: str) -> int:
    """Check digit of a field of a machine-readable zone, weights 7, 3, 1 (ICAO 9303-3, 4.9).

    >>> mrz_check_digit("L898902C3"), mrz_check_digit("740812")
    (6, 2)
    """
    values = (0 if sign == "<" else int(sign, 36) for sign in field)
    return sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10


def has_iban(lines: Sequence[str]) -> bool:
    """An account number of the right length for its country, with the right check digits."""
    compact = [re.sub("^IBAN:?", "", line) for line in _compact(lines)]
    starts = [match.group() for line in compact for match in IBAN_START.finditer(line)]
    tails = [line for line in compact if line.isdigit()]  # the rest may be read as a line of its own
    split = (start + tail.removeprefix(lap) for start in starts for tail in tails for lap in ("", start[-1]))
    return any(is_iban(start[: _words()["iban"].get(start[:2], 0)]) for start in starts) or any(map(is_iban, split))


def is_iban(text: str) -> bool:
    """Whether `text`, without spaces, is an IBAN: known country, its length, remainder 1 by 97.

    >>> is_iban("GB82WEST12345698765432"), is_iban("GB82WEST12345698765433"), is_iban("")
    (True, False, False)
    """
    if len(text) != _words()["iban"].get(text[:2], -1):
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def has_licence_plate(lines: Sequence[str]) -> bool:
    """A Chinese plate on one or two lines, or a US plate: few lines, one a state, one short letters with digits."""
    bare = [re.sub(r"[\s·•.,:：・\-]", "", line).upper() for line in lines]
    plate = _words()["licence_plate"]
    if len(lines) <= PLATE_LINES and any(PLATE_WITH_DOT.fullmatch(line.strip().upper()) for line in lines):
        return True
    halves = (one + other for one, other in pairwise(bare) if len(one) == 2)
    if any(re.fullmatch(plate["chinese"], line) for line in [*bare, *halves]):
        return True
    if len(lines) > PLATE_LINES or not any(line.lower() in plate["states"] for line in bare):
        return False
    return any(PLATE_NUMBER.fullmatch(line) for line in bare)


def _has_words(lines: Sequence[str], paper: Kind) -> bool:
    text, wanted = "\n".join(lines), _words()[paper]
    return sum(bool(re.search(pattern, text, re.IGNORECASE)) for pattern in wanted["patterns"]) >= wanted["least"]


def _stands_in(word: str, text: str) -> bool:
    """Whether `word` is printed there; long ones may have one sign in four misread."""
    if word in text:
        return True
    return len(word) >= LONG_WORD and fuzz.partial_ratio(word, text) >= ALIKE


def _numbers(lines: Sequence[str]) -> Iterator[str]:
    """Lines without blanks, and neighbouring groups of digits put together: a card's number is printed in fours."""
    compact = list(_compact(lines))
    yield from compact
    run = ""
    for line in [*compact, ""]:
        if DIGIT_GROUP.fullmatch(line):
            run += line
        else:
            yield run
            run = ""


def _compact(lines: Sequence[str]) -> Iterator[str]:
    """Each line without the blanks and hyphens that group a number's digits."""
    return (re.sub(r"[\s\-\u3000]", "", line) for line in lines)


def _is_birthday(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return born.year >= 1900
