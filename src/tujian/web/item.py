"""The page of one item: its plate with values and evidence, editing, history, what two looks tell differently.

Enters: an item with its fields' names, history and differences. Leaves: the page as text. What it does not know: the
catalogue, requests. Values, quotes and names are foreign: they only ever become text. req: E6, F1, F6
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tujian.catalogue.nouns import OWN_FIELDS, Difference, FieldChange, FieldNow, Item, Visibility
from tujian.errors import Lang, TujianError
from tujian.likeness import Similar
from tujian.records import in_words
from tujian.tasks import TaskField
from tujian.web.render import Reader, ratio_class, render_template

SIGNS = {"confirmed": "✓", "contradicted": "✗", "unchecked": "≈", "unseen": "○", "human": "✎"}
MOST_CARDS = 10  # five a side stay legible beside a picture (plate.js)
SHORT = 40  # characters of a value that stands beside a picture
MOST_CHANGES = 60  # lines of history on a page


@dataclass(frozen=True, slots=True)
class Looked:
    """An item as it is looked at: which picture of it, which two records beside each other."""

    item: Item
    fields: Mapping[str, TaskField]  # all that it may have, in their order
    history: Sequence[FieldChange]
    number: int = 0
    also: Sequence[Visibility] = ()
    older: int = 0
    newer: int = 0
    differences: Sequence[Difference] = ()
    similar: Similar = field(default_factory=lambda: Similar(hits=[], variants=[]))
    beside: tuple[str | None, str | None] = (None, None)  # of a photo: those before and after it in the album
    guesses: Sequence[str] = ()  # kinds of goods that it may be, where none is stated


@dataclass(frozen=True, slots=True)
class Card:
    """A value as the plate shows it; `kind` and `options` say how it is edited."""

    field: str
    label: str
    kind: str
    text: str = ""
    options: Sequence[str] = ()
    verdict: str = "unseen"
    sign: str = ""
    quote: str = ""
    by: str = ""
    source: str = "person"
    sureness: str = ""
    reason: str = ""
    others: Sequence[str] = ()
    places: Sequence[Sequence[float]] = ()


def render_item(reader: Reader, looked: Looked) -> str:
    lang, item, seeing = reader.lang, looked.item, urlencode([("also", one) for one in looked.also])
    picture = item.pictures[looked.number] if looked.number < len(item.pictures) else None
    size_px = picture.size_px if picture else (1, 1)
    cards = _cards(looked, lang)
    beside = [one for one in cards if one.places or len(one.text) <= SHORT][:MOST_CARDS]
    left, right = _columns(beside)
    return render_template(
        "item.html",
        "/catalogue",
        reader,
        address=f"/v1/pictures/{picture.sha256}/thumbnail?size=" if picture else "",
        lang_at=f"/catalogue/{item.id}?{urlencode([('picture', looked.number)])}{seeing and '&' + seeing}",
        item=item,
        beside=looked.beside,
        guesses=looked.guesses,
        picture=picture,
        similar=looked.similar,
        picture_class=ratio_class(*size_px),
        number=looked.number,
        seeing=seeing,
        item_also=looked.also,
        left=left,
        right=right,
        rest=[one for one in cards if one not in beside],
        free=_free(looked, lang),
        made_at=_at(item.made_at),
        changed_at=_at(item.changed_at),
        history=[_line(one, looked.fields, lang) for one in looked.history[:MOST_CHANGES]],
        versions=list(range(1, item.records_count + 1)),
        older=looked.older,
        newer=looked.newer,
        differences=[_difference(one, looked.fields, lang) for one in looked.differences],
    )


def render_missing(reader: Reader, trouble: TujianError) -> str:
    """The page in the place of one that is not there."""
    return render_template("missing.html", "", reader, trouble=trouble.say(reader.lang))


def _cards(looked: Looked, lang: Lang) -> list[Card]:
    """Values in the order of their fields, then those that no task knows any more, then the item's own."""
    values, order = looked.item.values, list(looked.fields)
    names = sorted(values, key=lambda name: (order.index(name) if name in order else len(order), name))
    own = [(name, getattr(looked.item, name.removeprefix("item."))) for name in OWN_FIELDS if name != "item.kind"]
    told = [_own(name, value) for name, value in own if value]
    return [*(_card(name, values[name], looked, lang) for name in names), *told]


def _card(name: str, now: FieldNow, looked: Looked, lang: Lang) -> Card:
    value, field = now.value, looked.fields.get(name)
    best = value.evidence[0] if value.evidence else None
    unit = f" {value.unit}" if value.unit and not str(value.value).endswith(value.unit) else ""
    sureness = value.confidence if value.confidence is not None else best and best.confidence
    text = in_words(value.value, lang)
    return Card(
        name,
        field.label.of(lang) if field else name,
        field.type if field else "text",
        f"{text}{unit}" if text and (not field or field.type != "number") else text,
        [one.of(lang) for one in (field.values if field else None) or []],
        str(value.verdict),
        SIGNS[str(value.verdict)],
        (best and best.quote) or "",
        now.who if now.source in ("person", "model") else "",
        now.source,
        "" if sureness is None or now.source == "person" else f"{sureness:.2f}",
        value.reason or "",
        [in_words(one.value, lang) for one in value.candidates],
        [list(one.box_1000) for one in value.evidence if one.box_1000 and one.picture == looked.number],
    )


def _own(name: str, value: str) -> Card:
    return Card(name, name, "text", value, verdict="human", sign=SIGNS["human"])


def _free(looked: Looked, lang: Lang) -> list[Card]:
    """Fields without a value."""
    unsaid = [name for name in looked.fields if name not in looked.item.values]
    own = [name for name in OWN_FIELDS if not getattr(looked.item, name.removeprefix("item."))]
    return [
        *(Card(name, looked.fields[name].label.of(lang), looked.fields[name].type) for name in unsaid),
        *(Card(name, name, "text") for name in own),
    ]


def _columns(cards: Sequence[Card]) -> tuple[list[Card], list[Card]]:
    """As arrange.js seats them: places left of the middle to the left, the others where there is room."""
    located = sorted((one for one in cards if one.places), key=lambda one: one.places[0][0] + one.places[0][2])
    most = (len(cards) + 1) // 2
    natural = sum(one.places[0][0] + one.places[0][2] < 1000 for one in located)
    split = min(max(natural, len(located) - most), most)
    left, right = (sorted(side, key=lambda one: one.places[0][1]) for side in (located[:split], located[split:]))
    for one in cards:
        if not one.places:
            (left if len(left) <= len(right) else right).append(one)
    return left, right


def _line(change: FieldChange, fields: Mapping[str, TaskField], lang: Lang) -> dict[str, object]:
    told = {"made_at": change.made_at, "at": _at(change.made_at), "who": change.who, "why": change.why}
    label, old, new = _label(change.field, fields, lang), in_words(change.old, lang), in_words(change.new, lang)
    return {**told, "field": change.field, "label": label, "old": old, "new": new, "undoes": change.undoes}


def _difference(one: Difference, fields: Mapping[str, TaskField], lang: Lang) -> dict[str, str]:
    return {
        "field": one.field,
        "label": _label(one.field, fields, lang),
        "old": in_words(one.old, lang),
        "new": in_words(one.new, lang),
    }


def _label(name: str, fields: Mapping[str, TaskField], lang: Lang) -> str:
    return fields[name].label.of(lang) if name in fields else name


def _at(moment: str) -> str:
    return dt.datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
