"""The products of a picture that shows several, each with its own values.

Enters: the parts that perception saw apart, and the items that a model listed. Leaves: Items.
Does not know: how parts are found (`perception/regions.py`), how a model is asked. A part and a listed item are the
same product when their boxes lie on each other; the words of an item are looked for inside its own box.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from tujian.claims import Claim
from tujian.engines.boxes import mended
from tujian.errors import Lang
from tujian.findings import find_claims
from tujian.geometry import Box1000
from tujian.knowledge import Knowledge
from tujian.perception import Part, Percepts
from tujian.perception.text import TextLine
from tujian.pictures import View
from tujian.recent import Looked
from tujian.reconcile import READ, settle
from tujian.records import Item
from tujian.replies import said_claims
from tujian.rules.layout import letter_height
from tujian.rules.prices import find_prices
from tujian.tasks import BOX, ITEMS, MOST_ITEMS, Task

SAME_PLACE = 0.5  # IoU from which two boxes are one product's: the measure of PASCAL VOC (Everingham et al., IJCV 2010)
MARGIN = 15  # of 1000: a model's box may cut the last letters off


@dataclass(frozen=True, slots=True)
class SaidItem:
    """One product as a model listed it: its place on the upright original, what it said of it, what was mended."""

    box_1000: Box1000 | None
    claims: tuple[Claim, ...]
    notes: tuple[str, ...] = ()


def said_items(
    task: Task, reply: Mapping[str, Any], model: str, looked: Looked, knowledge: Knowledge, lang: Lang
) -> list[SaidItem]:
    """The products in a checked reply; those of which nothing can be used, and repetitions, are left out."""
    if not task.lists_items:
        return []
    view, found = looked.view(task.picture_tokens), []
    for thing in (reply.get(ITEMS) or [])[:MOST_ITEMS]:
        item = _said_item(task.of_item, thing, model, looked.percepts, view, knowledge, lang)
        if item.claims and item not in found:
            found.append(item)
    return found


def items_of(
    looked: Looked, task: Task, said: Sequence[SaidItem], knowledge: Knowledge, lang: Lang, *, model_asked: bool
) -> list[Item]:
    """The items of the record. None where perception is sure of one product only and no model listed any: then the
    whole picture is the item."""
    asked, parts, items = task.of_item, _products(looked.parts or ()) if task.items else [], []
    for one in said:
        part = _same(one, parts)
        if part is not None:
            parts.remove(part)
        seen = part.percepts if part else _in(looked.percepts, one.box_1000)
        claims = find_claims(looked.picture, seen, asked, knowledge, lang) if seen else []
        if part is None:  # category and colours were not looked at there
            claims = [claim for claim in claims if claim.source in READ and not claim.inferred]
        items.append(_item(asked, [*claims, *one.claims], part, one, lang, model_asked))
    for part in parts:
        claims = find_claims(looked.picture, part.percepts, asked, knowledge, lang)
        items.append(_item(asked, claims, part, None, lang, model_asked))
    return items


def reasons_of(items: Sequence[Item], task: Task, lang: Lang) -> list[str]:
    """Why a person should look at the items: what was mended, and that values of the whole mix several products."""
    zh = lang == "zh"
    found = [
        f"第 {number} 件：{note}" if zh else f"Item {number}: {note}"
        for number, item in enumerate(items, 1)
        for note in item.notes
    ]
    if len(items) > 1 and not task.lists_items:
        found.append(
            f"图中不止一件商品（{len(items)} 件），整图的各项可能混在一起，请看各件"
            if zh
            else f"More than one product ({len(items)}): values of the whole picture may mix them, look at each"
        )
    return found


def _products(parts: Sequence[Part]) -> list[Part]:
    """The parts without price cards; none where a single one is left: that is the picture's own thing."""
    goods = [part for part in parts if not _is_price_card(part.percepts.text_lines)]
    return goods if len(goods) > 1 else []


def _is_price_card(lines: Sequence[TextLine]) -> bool:
    """Whether a price is what stands there in the largest letters."""
    tallest = max((letter_height(line) for line in lines), default=0.0)
    return any(letter_height(price.line) >= tallest for price in find_prices(lines))


def _said_item(
    asked: Task, thing: Mapping[str, Any], model: str, percepts: Percepts, view: View, knowledge: Knowledge, lang: Lang
) -> SaidItem:
    place = mended(thing.get(BOX))
    notes = [_words(lang, "模型给的框不合规，已改正", "the model's box was out of order and was mended")]
    if place.box_1000 is None and thing.get(BOX) is not None:
        notes = [_words(lang, "模型给的框不能用，已去掉", "the model's box could not be used and was dropped")]
    elif not place.was_mended:
        notes = []
    box = view.to_picture(place.box_1000) if place.box_1000 else None
    usable = dict(_usable(asked, thing, lang))
    lines = (_in(percepts, box) or percepts).text_lines
    return SaidItem(box, tuple(said_claims(asked, usable, model, [lines], knowledge, lang)), tuple(notes))


def _usable(asked: Task, thing: Mapping[str, Any], lang: Lang) -> Iterator[tuple[str, Any]]:
    """The fields of a listed item that have the form asked for; one word counts as a list of one."""
    for name, schema in asked.loose_schema_of(lang)["properties"].items():
        fits = Draft202012Validator(schema).is_valid
        value = thing.get(name)
        if fits(value):
            yield name, value
        elif fits([value]):
            yield name, [value]


def _same(one: SaidItem, parts: Sequence[Part]) -> Part | None:
    """The part in the same place: the one that lies on its box, else the only one that lies inside it."""
    if one.box_1000 is None:
        return None
    box = one.box_1000
    best = max(parts, key=lambda part: box.iou(part.box_1000), default=None)
    if best is not None and box.iou(best.box_1000) >= SAME_PLACE:
        return best
    inside = [part for part in parts if box.holds(part.box_1000) and box.shared(part.box_1000) > part.box_1000.area / 2]
    return inside[0] if len(inside) == 1 else None


def _in(percepts: Percepts, box: Box1000 | None) -> Percepts | None:
    """What lies in a box and its margin; None without a box."""
    if box is None:
        return None
    return percepts.within(Box1000(box.x1 - MARGIN, box.y1 - MARGIN, box.x2 + MARGIN, box.y2 + MARGIN))


def _item(
    asked: Task, claims: Sequence[Claim], part: Part | None, one: SaidItem | None, lang: Lang, model_asked: bool
) -> Item:
    fields = {
        field.name: settle(field, [c for c in claims if c.field_name == field.name], lang, model_asked=model_asked)
        for field in asked.fields
    }
    return Item(
        box_1000=part.box_1000 if part else one.box_1000 if one else None,
        fields=fields,
        confidence=part.confidence if part else None,
        notes=list(one.notes) if one else [],
    )


def _words(lang: Lang, zh: str, en: str) -> str:
    return zh if lang == "zh" else en
