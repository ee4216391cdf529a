"""What a model proposes where the rules did not understand all of a sentence. req: A9

Enters: a sentence, how the rules read it, what there is, who may be asked. Leaves: filters that a person may take. It
never decides: nothing here reaches a search by itself, and of the fields that the rules understood nothing is proposed.
The model is told the sentence, the day and the names of fields, nothing of the catalogue.
Does not know: what is found, HTTP, pages.
"""

import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from tujian.engines.dialect import Question, Reply
from tujian.errors import BadInput, Lang
from tujian.familiar import Known
from tujian.filter_words import KINDS, NAMES, filled_in, read_aloud, write_filter
from tujian.filters import Filter
from tujian.folding import printable
from tujian.query import Understood
from tujian.records import Strict
from tujian.rules.colour_words import base_colour
from tujian.sentence import even
from tujian.sentence.categories import find_categories
from tujian.tasks import Sampling
from tujian.taxonomy import Taxonomy

SAMPLING = Sampling(temperature=0.0, top_p=1.0, max_tokens=300)
LONGEST = 500  # characters of a sentence that a model is asked about
MOST = 6  # proposals
MOST_PEOPLE = 1_000
_END = {"type": "string", "maxLength": 40}
SCHEMA = {
    "type": "object",
    "properties": {
        "filters": {
            "type": "array",
            "maxItems": MOST,
            "items": {
                "type": "object",
                "properties": {
                    "field": {"enum": list(NAMES)},
                    "is_not": {"type": "boolean"},
                    "value": _END,
                    "low": _END,
                    "high": _END,
                },
                "required": ["field"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["filters"],
    "additionalProperties": False,
}


class Proposal(Strict):
    """A filter, and how it reads."""

    filter: Filter
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What a proposal must hold against: kinds of goods, the brands and places that items have."""

    taxonomy: Taxonomy
    known: Known


def propose(
    sentence: str, read: Understood, ground: Ground, today: date, lang: Lang, ask: Callable[[Question], Reply]
) -> list[Proposal]:
    """What a model reads in a sentence besides the rules, as far as it holds water: known fields, values that exist.

    Raises EngineError, NoEngine and Busy of `ask`.
    """
    sentence = printable(sentence)[:LONGEST].strip()
    if not sentence:
        return []
    prompt = _words()["prompt"][lang].format(today=today.isoformat(), sentence=sentence)
    reply = ask(Question(prompt, (), lang, SAMPLING, "filters", SCHEMA, system=_words()["system"][lang]))
    known = {one.field for one in read.filters}
    proposed: dict[str, Proposal] = {}
    for told in _told(reply.text):
        one = _checked(told, ground)
        if one is not None and one.field not in known:
            zh, en = read_aloud(one, ground.taxonomy)
            proposed.setdefault(write_filter(one), Proposal(filter=one, zh=zh, en=en))
    return list(proposed.values())[:MOST]


def _told(text: str) -> Iterator[dict[str, Any]]:
    """Filters as the model wrote them; nothing of what is no such object."""
    begun, ended = text.find("{"), text.rfind("}")
    try:
        reply = json.loads(text[begun : ended + 1])
    except (ValueError, RecursionError):
        return
    several = reply.get("filters") if isinstance(reply, dict) else None
    yield from (one for one in (several if isinstance(several, list) else [])[: 4 * MOST] if isinstance(one, dict))


def _checked(told: dict[str, Any], ground: Ground) -> Filter | None:
    """A filter that a person could have set, or None."""
    field = told.get("field")
    value, low, high = (_text(told.get(name)) for name in ("value", "low", "high"))
    if field not in NAMES or not (value or low or high):
        return None
    try:
        one = filled_in(field, value, low, high, is_not=told.get("is_not") is True)
        return _sane(one, ground)
    except BadInput:
        return None


def _sane(one: Filter, ground: Ground) -> Filter | None:
    """Values that exist: a colour's name, a kind of goods, a brand that items have, a day, an amount not below zero."""
    value = one.value
    if one.field in _NAMED:
        return _named(one, ground)
    ends = value if isinstance(value, tuple) else (value,)
    match one.field:
        case "price" | "people":
            least, most = (0, float("inf")) if one.field == "price" else (1, MOST_PEOPLE)
            is_amount = all(isinstance(end, float) and least <= end <= most for end in ends)
            return one if is_amount else None
        case "date":
            return one if one.op not in ("is", "not") and all(map(_is_day, ends)) else None
    return None


def _named(one: Filter, ground: Ground) -> Filter | None:
    """By the name that stands for it here."""
    name = _NAMED[one.field](str(one.value), ground) if one.op in ("is", "not") else None
    return Filter(one.field, one.op, name) if name else None


def _category(said: str, ground: Ground) -> str | None:
    found = {str(mark.filter.value) for mark in find_categories(even(said), ground.taxonomy, []) if mark.filter}
    return found.pop() if len(found) == 1 else None


_NAMED: dict[str, Callable[[str, Ground], str | None]] = {
    "colour": lambda said, _: base_colour(said),
    "kind": lambda said, _: said if said in KINDS else None,
    "category": _category,
    "brand": lambda said, ground: ground.known.brand(said),
    "place": lambda said, ground: ground.known.place(said),
}


def _is_day(text: object) -> bool:
    try:
        return bool(date.fromisoformat(str(text)))
    except ValueError:
        return False


def _text(told: object) -> str:
    """Of what a model wrote as a value; numbers are taken as they are written."""
    if isinstance(told, bool) or not isinstance(told, str | int | float):
        return ""
    return printable(str(told)).strip()[:40]


@cache
def _words() -> dict[str, Any]:
    """`data/proposing.toml`."""
    return tomllib.loads((resources.files("tujian") / "data/proposing.toml").read_text("utf-8"))
