"""What a model said, as claims, each held against the lines that were read.

Enters: a checked reply and lines. Leaves: claims; `valid` where the words, or the same fact, stand on the picture.
Does not know: whether a claim wins (`reconcile.py`).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz

from tujian.claims import Claim
from tujian.errors import BadSettings, Lang
from tujian.folding import fold, printable, unify
from tujian.knowledge import Knowledge
from tujian.perception.text import TextLine
from tujian.records import FieldValue
from tujian.rules.controlled import map_value
from tujian.rules.dates import date_key, shelf_key
from tujian.rules.materials import material_key
from tujian.rules.measures import measure_keys
from tujian.rules.prices import price_keys
from tujian.tasks import Task, TaskField, Words

ALIKE = 88  # rapidfuzz ratio from which a quote counts as found: one wrong letter in eight
SHORTEST_FUZZY = 5  # folded letters; shorter words must stand there exactly
MOST_JOINED = 3  # lines that one phrase may run over
NOTHING = ("", "null", "none", "无", "未知", "unknown", "na", "不详", "没有", "看不清", "不可见")
FACTS: dict[str, Callable[[str], list[str]]] = {
    "number": lambda text: [f"{float(number):.15g}" for number in re.findall(r"\d+(?:\.\d+)?", text)],
    "measure": measure_keys,
    "price": price_keys,
    "date": lambda text: [key] if (key := date_key(text)) else [],
    "code": lambda text: re.findall(r"\d{8,}X?", re.sub(r"[\s-]", "", text).upper()),
}
TOO_LONG = ("比渠道允许的长，要缩短", "longer than the channel takes: shorten it")
NAMED_FACTS: dict[str, Callable[[str], str | None]] = {"shelf_life": shelf_key, "material": material_key}


@dataclass(frozen=True, slots=True)
class Found:
    """A model's words, found on the picture."""

    line: TextLine
    confidence: float


def said_claims(
    task: Task,
    reply: Mapping[str, Any],
    model: str,
    pages: Sequence[Sequence[TextLine]],
    knowledge: Knowledge,
    lang: Lang,
) -> list[Claim]:
    """What a model said, field by field, with the place where its words can be read, if they can.

    `pages` are the lines of each picture of the item, in order.
    """
    values = ((field, _plain(reply.get(field.name))) for field in task.asked)
    return [_said(field, value, model, pages, knowledge, lang) for field, value in values if value is not None]


def align(words: str, lines: Sequence[TextLine]) -> Found | None:
    """Where `words` stand on the picture: in a line, or running over a few; None when they cannot be read.

    Latin words must be whole words there, Chinese ones may stand inside a longer run.
    """
    if not fold(words):
        return None
    for joined in range(1, MOST_JOINED + 1):
        for start in range(len(lines) - joined + 1):
            together = lines[start : start + joined]
            if _stands_in(words, " ".join(line.text for line in together)):
                return Found(max(together, key=lambda line: len(line.text)), min(c.confidence for c in together))
    return None


def align_fact(key: str, read: Callable[[str], list[str]], lines: Sequence[TextLine]) -> Found | None:
    """The line on which the fact with this key is printed, however it is written there."""
    line = next((line for line in lines if key in read(line.text)), None)
    return Found(line, line.confidence) if line else None


def key_of(field: TaskField, value: FieldValue, knowledge: Knowledge) -> tuple[str, bool]:
    """The form of a value in which claims about `field` are compared, and whether it was understood as such a fact."""
    text = " ".join(value) if isinstance(value, list) else str(value)
    if field.type == "brand":
        return knowledge.brands.key_of(text), True
    if field.name in NAMED_FACTS:
        key = NAMED_FACTS[field.name](text)
        return key or fold(text), key is not None
    read = FACTS.get(field.type)
    if read is None:
        return fold(text), True
    keys = read(text)
    return (keys[0], True) if keys else (fold(text), False)


def _said(
    field: TaskField,
    value: FieldValue,
    model: str,
    pages: Sequence[Sequence[TextLine]],
    knowledge: Knowledge,
    lang: Lang,
) -> Claim:
    key, understood = key_of(field, value, knowledge)
    claim = Claim(field.name, value, "model", model, None, key=key, comparable=understood)
    if field.is_too_long(str(value)):
        return replace(claim, valid=False, doubt=TOO_LONG)
    if field.values is not None:
        return _controlled(field.values, claim, knowledge, lang)
    if field.type == "category":
        return replace(claim, id=_category_id(str(value), knowledge))
    if field.type == "colour":
        return claim
    placed = [_placed(field, claim, lines, number) for number, lines in enumerate(pages)]
    return min(placed, key=lambda one: (not one.valid, not one.quote, one.comparable), default=claim)


def _controlled(values: Sequence[Words], claim: Claim, knowledge: Knowledge, lang: Lang) -> Claim:
    """The claim with its words mapped to controlled values; what fits none stays and is marked as such."""
    words = claim.value if isinstance(claim.value, list) else [str(claim.value)]
    mapped = [map_value(word, values, knowledge.synonyms, knowledge.nearest) for word in words]
    names = {name: one.of(lang) for one in values for name in (one.zh, one.en)}
    kept = [names[m.value] if m else word for m, word in zip(mapped, words, strict=True)]
    kept = list(dict.fromkeys(kept))
    value = kept if isinstance(claim.value, list) else kept[0]
    said = None if kept == words else "、".join(words)
    return replace(claim, value=value, key="", quote=said, uncontrolled=None in mapped)


def _placed(field: TaskField, claim: Claim, lines: Sequence[TextLine], picture: int) -> Claim:
    """The claim with the place on this picture where it can be read, if it can."""
    if field.type in FACTS:
        place = align_fact(claim.key, FACTS[field.type], lines) if claim.comparable else None
        found, wanted = [place] if place else [], 1
    else:
        words = claim.value if isinstance(claim.value, list) else [str(claim.value)]
        found, wanted = [place for place in (align(word, lines) for word in words) if place], len(words)
    if not found:
        return replace(claim, comparable=False) if _may_be_there(field, claim, lines) else claim
    first = found[0].line
    return replace(
        claim,
        valid=len(found) == wanted or None,
        confidence=min(place.confidence for place in found),
        box_1000=first.box_1000,
        quote=first.text,
        picture=picture,
    )


def _may_be_there(field: TaskField, claim: Claim, lines: Sequence[TextLine]) -> bool:
    """Whether a price's digits stand there without its sign: $59.99 is also read as S59.99. That accuses nobody."""
    digits = claim.key.split()[0] if field.type == "price" and claim.comparable else ""
    return bool(digits) and any(re.search(rf"(?<![\d.,]){re.escape(digits)}(?!\d)", line.text) for line in lines)


def _stands_in(words: str, read: str) -> bool:
    wanted, there = _tokens(words), _tokens(read)
    if not all(word.isascii() for word in wanted):
        wanted_key, read_key = "".join(wanted), "".join(there)
        is_long = len(wanted_key) >= SHORTEST_FUZZY and len(read_key) >= 0.8 * len(wanted_key)
        return wanted_key in read_key or (is_long and fuzz.partial_ratio(wanted_key, read_key) >= ALIKE)
    key = "".join(wanted)
    is_fuzzy = len(key) >= SHORTEST_FUZZY
    return any(run == key or (is_fuzzy and fuzz.ratio(run, key) >= ALIKE) for run in _runs(there, len(key)))


def _runs(words: Sequence[str], length: int) -> Iterator[str]:
    """Neighbouring words joined, none much longer than `length` letters."""
    most = length + length // 4  # a ratio of 88 allows for less
    for start in range(len(words)):
        run = ""
        for word in words[start:]:
            run += word
            if len(run) > most:
                break
            yield run


@lru_cache(4096)  # each line is held against each thing that was said
def _tokens(text: str) -> tuple[str, ...]:
    """Words as compared: runs of letters and digits, half width, lower case; each Chinese character is a word."""
    return tuple(re.findall(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+", unify(text)))


def _category_id(name: str, knowledge: Knowledge) -> str | None:
    try:
        return knowledge.taxonomy.find(name).id
    except BadSettings:  # a name of the model's own: kept as it is, without an identity
        return None


def _plain(value: Any) -> FieldValue:  # noqa: ANN401 - a validated JSON value
    """A reply's value with what means "nothing" made None, and nothing in it that cannot be written."""
    if isinstance(value, str):
        value = printable(value).strip()
        return None if fold(value) in NOTHING else value
    if isinstance(value, list):
        return [printable(str(part)).strip() for part in value if fold(str(part)) not in NOTHING] or None
    return value
