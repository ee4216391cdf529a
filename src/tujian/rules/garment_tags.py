"""What else stands on a garment's tag: style number, colour, standard, safety class, care. req: C3

Enters: lines. Leaves: readings. Each thing needs its label or its own unmistakable form.
Sources: GB/T 5296.4-2012 (what a garment must declare), GB 18401-2010 and GB 31701-2015 (safety classes A, B, C),
GB/T 20000 (how standards are numbered), GB/T 8685-2008 (care; `data/words/care.toml`).
Does not know: care symbols, only words.
"""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files

from tujian.perception.text import TextLine
from tujian.rules import Reading, value_beside

_STYLE = re.compile(
    r"款\s*号|货\s*号|款式(?:编号|号)|商品编号|\bstyle\s*(?:no\b|number|code|#)?|\bart(?:icle)?\.?\s*(?:no\b|nr\b|#)|\bitem\s*(?:no\b|#)",
    re.I,
)
_STYLE_NUMBER = re.compile(r"(?<![A-Za-z0-9])(?=[A-Z0-9/-]*\d)[A-Z0-9][A-Z0-9/-]{2,19}(?![A-Za-z0-9])", re.I)
_NAME = re.compile(r"[品产]\s*品?\s*名(?:\s*称)?(?=\s*[:：]|\s*$|\s)|商品名称|^\s*名\s*称(?=\s*[:：]|\s*$)", re.I)
_COLOUR = re.compile(r"颜\s*色|花\s*色|色\s*号|色\s*别|\bcolou?r\b", re.I)
_COLOUR_NAME = re.compile(r"[一-鿿]{1,8}(?:[/+、][一-鿿]{1,8})*|[A-Za-z]{3,}(?: [A-Za-z]{3,}){0,2}")
_STANDARD_LABEL = re.compile(r"(?:执行|产品|检验|生产)*\s*标\s*准(?:\s*(?:号|代号|编号))?|\bstandard\b", re.I)
_STANDARD = re.compile(
    r"(?:(?:GB|FZ|QB|SN|HG|JIS|DB\d\d)\s*/?\s*T?|[QT]\s*/\s*[A-Z0-9]{2,8})\s*\d{3,6}(?:\.\d{1,2})?(?:\s*[-–—]\s*(?:19|20)\d\d)?",
    re.I,
)
_SAFETY_STANDARDS = re.compile(r"GB\s*(?:18401|31701|5296)")
_SAFETY_LABEL = re.compile(
    r"安全(?:技术)?\s*(?:要求)?\s*(?:类别|类型|等级|级别)|安全技术要求|GB\s*(?:18401|31701)|\bsafety class\b", re.I
)
_SAFETY_CLASS = re.compile(
    r"GB\s*(?:18401|31701)\s*-\s*20\d\d\s*([ABC])(?![A-Za-z0-9])|(?<![A-Za-z0-9])(?:CLASS\s*)?([ABC])\s*类|\bclass\s*([ABC])\b",
    re.I,
)
_SAFETY_MEANING = re.compile(r"婴幼儿|直接接触皮肤")
_BEHIND = re.compile(r"^[\s:：.,、#]*")


def find_style_numbers(lines: Sequence[TextLine]) -> list[Reading]:
    """Style or article numbers behind their label."""
    return _labelled(lines, _STYLE, _style_number, "style-number/1")


def find_names(lines: Sequence[TextLine]) -> list[Reading]:
    """What the tag calls the garment, behind 品名."""
    return _labelled(lines, _NAME, _name, "tag-name/1")


def find_printed_colours(lines: Sequence[TextLine]) -> list[Reading]:
    """The colour's name behind its label, word for word: 经典藏青."""
    return _labelled(lines, _COLOUR, _colour_name, "printed-colour/1")


def find_standards(lines: Sequence[TextLine]) -> list[Reading]:
    """The product standard: behind its label, else any standard that is not about safety or labelling."""
    labelled = _labelled(lines, _STANDARD_LABEL, _standard, "standard/1")
    if labelled:
        return labelled
    found = ((line, _standard(line.text)) for line in lines)
    return [
        Reading(number, number, line, line.text, "standard/1", share=0.9)
        for line, number in found
        if number and not _SAFETY_STANDARDS.search(number)
    ]


def find_safety_classes(lines: Sequence[TextLine]) -> list[Reading]:
    """A类, B类 or C类 by GB 18401 or GB 31701."""
    labelled = [
        replace(reading, value_en=f"class {reading.key[0]}")
        for reading in _labelled(lines, _SAFETY_LABEL, _safety_class, "safety-class/1")
    ]
    plain = [
        Reading(found, found, line, line.text, "safety-class/1", value_en=f"class {found[0]}")
        for line in lines
        if _SAFETY_MEANING.search(line.text) and (found := _safety_class(line.text))
    ]
    return labelled or plain


def find_care(lines: Sequence[TextLine]) -> list[Reading]:
    """What is to be done when washing, each once, as printed."""
    found: dict[str, Reading] = {}
    for line in lines:
        for value, key in care_in(line.text):
            found.setdefault(key, Reading(value, key, line, line.text, "care/1"))
    return list(found.values())


def care_in(text: str) -> list[tuple[str, str]]:
    """Each instruction as printed, with its key, from the left.

    >>> care_in("手洗，不可漂白，悬挂晾干")
    [('手洗', 'hand wash'), ('不可漂白', 'no bleach'), ('悬挂晾干', 'hang dry')]
    """
    free, found = text, []
    for key, pattern in _care():
        found += [(match.start(), match[0].strip(), key) for match in pattern.finditer(free)]
        free = pattern.sub(lambda match: "\n" * len(match[0]), free)
    return [(value, key) for _, value, key in sorted(found)]


@cache
def _care() -> list[tuple[str, re.Pattern[str]]]:
    """`data/words/care.toml`, read at the first call."""
    table = tomllib.loads(files("tujian").joinpath("data/words/care.toml").read_text("utf-8"))
    return [(row["key"], re.compile("|".join(row["patterns"]), re.I)) for row in table["care"]]


def _labelled(
    lines: Sequence[TextLine], label: re.Pattern[str], value_in: Callable[[str], str | None], rule: str
) -> list[Reading]:
    """What `value_in` finds behind a label on its line, else beside or below it; each value once."""
    found: dict[str, Reading] = {}
    for line in lines:
        match = label.search(line.text)
        if match is None:
            continue
        where, value = line, value_in(_BEHIND.sub("", line.text[match.end() :]))
        if value is None:
            where = value_beside(line, lines)
            value = value_in(where.text) if where else None
        if value and where:
            found.setdefault(value, Reading(value, value, where, where.text, rule))
    return list(found.values())


def _style_number(text: str) -> str | None:
    match = _STYLE_NUMBER.match(text)
    return match[0].upper() if match else None


def _name(text: str) -> str | None:
    return text.strip() if 2 <= len(text.strip()) <= 24 else None


def _colour_name(text: str) -> str | None:
    match = _COLOUR_NAME.search(re.sub(r"^\s*[\dA-Z]{1,6}(?=[\s#一-鿿])[\s#]*", "", text))
    return match[0] if match else None


def _standard(text: str) -> str | None:
    match = _STANDARD.search(text)
    if match is None:
        return None
    written = re.sub(r"\s*([-–—/])\s*", lambda m: "/" if m[1] == "/" else "-", match[0].strip()).upper()
    return re.sub(r"(?<=[A-Z])\s*(?=\d)", " ", written)


def _safety_class(text: str) -> str | None:
    match = _SAFETY_CLASS.search(text)
    return f"{next(group for group in match.groups() if group).upper()}类" if match else None
