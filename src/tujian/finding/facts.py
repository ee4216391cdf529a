"""Filters as SQL: which items have a fact.

Enters: filters. Leaves: conditions on `items`. Does not know: words, vectors, order.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from tujian.catalogue.indexing import fact_text
from tujian.errors import BadInput
from tujian.filters import Filter
from tujian.rules.colour_words import base_colour
from tujian.schema import item_facts, items


def conditions(filters: Sequence[Filter]) -> list[sa.ColumnElement[bool]]:
    """One condition a filter. Raises BadInput for an operation that a field does not have."""
    return [_condition(one) for one in filters]


def lenient(meant: Sequence[Filter]) -> list[sa.ColumnElement[bool]]:
    """Conditions of what a sentence meant: an item whose colour is not known passes; kinds of goods only come first."""
    return [_or_unknown(one) if is_lenient(one) else _condition(one) for one in meant if not is_preference(one)]


def having(one: Filter, is_inside: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The items inside that have what a filter names, whatever it says of them; of fields that are facts."""
    return sa.select(item_facts.c.item_id).where(is_inside, item_facts.c.name.in_(_names(one)), _value(one))


def knowing(one: Filter, is_inside: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The items inside of which anything is known in the filter's field."""
    return sa.select(item_facts.c.item_id).where(is_inside, item_facts.c.name == one.field)


def is_of_item(one: Filter) -> bool:
    """Whether it asks for the item itself, and not for a fact."""
    return one.field in ("kind", "batch")


def preferences(meant: Sequence[Filter]) -> list[sa.ColumnElement[bool]]:
    """Conditions of what comes first."""
    return [_known_or_guessed(one) for one in meant if is_preference(one)]


def is_lenient(one: Filter) -> bool:
    """Whether a sentence that says so spares what is not known."""
    return one.field == "colour"


def is_preference(one: Filter) -> bool:
    """A kind of goods: the same thing may be kept under its neighbour, and the words that named it rank it anyway."""
    return one.field == "category" and one.op == "is"


def _known_or_guessed(one: Filter) -> sa.ColumnElement[bool]:
    is_so = sa.and_(item_facts.c.item_id == items.c.id, item_facts.c.name == "category_guess", _is(one))
    return sa.or_(_condition(one), sa.exists().where(is_so))


def _or_unknown(one: Filter) -> sa.ColumnElement[bool]:
    known = sa.exists().where(item_facts.c.item_id == items.c.id, item_facts.c.name == one.field)
    return sa.or_(_condition(one), sa.not_(known))


def _condition(one: Filter) -> sa.ColumnElement[bool]:
    if one.field == "kind":
        is_it = items.c.kind == str(one.value)
        return sa.not_(is_it) if one.op == "not" else is_it
    if one.field == "batch":  # the import that brought it
        is_it = items.c.batch_id == str(one.value)
        return sa.not_(is_it) if one.op == "not" else is_it
    has = sa.exists().where(item_facts.c.item_id == items.c.id, item_facts.c.name.in_(_names(one)), _value(one))
    return sa.not_(has) if one.op == "not" else has


def _names(one: Filter) -> tuple[str, ...]:
    return (one.field, "category_name") if one.field == "category" else (one.field,)


def _value(one: Filter) -> sa.ColumnElement[bool]:
    if one.op in ("is", "not"):
        return _is(one)
    if one.field == "date":
        return _dates(one)
    number = item_facts.c.number
    match one.op, one.value:
        case "under", int() | float() as most:
            return number <= most
        case "over", int() | float() as least:
            return number >= least
        case "between", (int() | float() as least, int() | float() as most):
            return number.between(least, most)
    raise _no_such(one)


def _dates(one: Filter) -> sa.ColumnElement[bool]:
    text = item_facts.c.text
    match one.op, one.value:
        case "since" | "over", str() as first:
            return text >= first[:10]
        case "until" | "under", str() as last:
            return text <= last[:10]
        case "between", (str() as first, str() as last):
            return text.between(first[:10], last[:10])
    raise _no_such(one)


def _is(one: Filter) -> sa.ColumnElement[bool]:
    text = item_facts.c.text
    if one.field in ("category", "category_guess"):
        wanted = str(one.value)  # an id, with all below it, or a name
        return sa.or_(text.in_([wanted, fact_text(wanted)]), text.startswith(f"{wanted}-", autoescape=True))
    if one.field == "colour":
        return text == (base_colour(str(one.value)) or str(one.value))
    if one.field in ("date", "place"):  # a day, month or year; a town within its country
        return text.contains(str(one.value) if one.field == "date" else fact_text(one.value), autoescape=True)
    if isinstance(one.value, int | float):
        return item_facts.c.number == float(one.value)
    return text == fact_text(one.value)


def _no_such(one: Filter) -> BadInput:
    return BadInput(
        zh=(f"{one.field} 不能用 {one.op} {one.value!r} 筛选。", "数字用 under、over、between，日期用 since、until。"),
        en=(
            f"{one.field} cannot be filtered by {one.op} {one.value!r}.",
            "Numbers take under, over, between; dates since, until.",
        ),
    )
