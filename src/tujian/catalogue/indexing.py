"""What an item is found by: its words, its facts, and the passage that its meaning is taken from.

Enters: a transaction in which an item changed. Leaves: its rows in `item_texts` and `item_facts`, in the same
transaction, so the index never lags. Does not know: who searches.

Triggers carry `item_texts` into SQLite's FTS5 table; PostgreSQL computes a tsvector from it (migration 0004).
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from tujian.catalogue.packing import unpack_plain
from tujian.database import Database
from tujian.folding import fold
from tujian.goods import also_called
from tujian.records import FieldValue
from tujian.rules.colour_words import base_colour, base_names
from tujian.rules.prices import one_price, price_keys
from tujian.schema import item_facts, item_pictures, item_texts, item_values, items, pictures, records
from tujian.taxonomy import Category, Taxonomy
from tujian.tokens import joined

LEAST_GUESS = 0.6  # of the classifier; at 0.4 a book was found as milk
LONGEST_FACT = 200  # characters
LONGEST_PASSAGE = 600  # characters: e5 reads 512 tokens
PASSAGE = ("name", "brand", "category", "colours", "material", "style", "use_scenes", "occasions", "audience",
           "selling_points", "tags", "objects", "summary", "place", "emotion")  # fmt: skip
NOT_WORDS = ("barcode",)  # found by their whole number, which words hold anyway, or not by words at all
PRICES = ("price", "original_price")
KIND = ("name", "category", "use_scenes", "occasions", "audience", "tags", "objects")  # what says what a thing is
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d")
_OWN = sa.select(items.c.title, items.c.sku, items.c.external_id, items.c.made_at, items.c.records_count).where(
    items.c.id == sa.bindparam("item")
)
_VALUES = sa.select(item_values.c.field, item_values.c.value, item_values.c.value_id).where(
    item_values.c.item_id == sa.bindparam("item")
)
_SHOWN = (
    sa.select(item_pictures.c.name, pictures.c.taken_at)
    .join_from(item_pictures, pictures, item_pictures.c.sha256 == pictures.c.sha256)
    .where(item_pictures.c.item_id == sa.bindparam("item"))
    .order_by(item_pictures.c.place)
)
_LAST_RECORD = (
    sa.select(records.c.record).where(records.c.item_id == sa.bindparam("item")).order_by(records.c.number.desc())
).limit(1)
_DROP_FACTS = sa.delete(item_facts).where(item_facts.c.item_id == sa.bindparam("item"))
_ADD_FACTS = sa.insert(item_facts)


@dataclass(frozen=True, slots=True)
class Stated:
    """A value that is kept: a row of `item_values`, as far as it is found by."""

    field: str
    value: FieldValue
    value_id: str | None


@dataclass(frozen=True, slots=True)
class About:
    """An item as it is now. `shown` are the names of its pictures, `guess` its likeliest category if none is stated."""

    title: str
    sku: str | None
    external_id: str | None
    made_at: str
    taken_at: str | None
    shown: Sequence[str]
    values: Sequence[Stated]
    guess: str | None
    is_new: bool = False

    @property
    def names(self) -> list[str]:
        return [self.title, self.sku or "", self.external_id or "", *self.shown]


def index_item(connection: sa.Connection, database: Database, item_id: str, about: About | None = None) -> None:
    """Words, facts and passage of the item as it is now; who knows that already says it."""
    about = about or about_item(connection, item_id)
    values = about.values
    texts = [*about.names, *(text for row in values if row.field not in NOT_WORDS for text in _texts(row.value))]
    category_ids = [row.value_id or _id_of(row.value) for row in values if row.value_id or row.field == "category"]
    guess = None if any(row.field == "category" for row in values) else about.guess
    names = [word for category_id in (*category_ids, guess) if category_id for word in _names_above(category_id)]
    texts += names
    said = [text for row in values if row.field in KIND for text in _texts(row.value)]
    kind = " ".join([about.title, *said, *(names if guess else ())])
    besides = also_called(kind)
    texts += besides
    texts += [word for row in values if row.field == "colours" for word in _base_names(row.value)]
    named = {row.field: row.value for row in values}
    passage = _passage(about.title, named if guess is None else {**named, "category": names[-1]}, " ".join(besides))
    row = {"item_id": item_id, "tokens": joined(texts), "passage": passage, "digest": digest_of(passage)}
    connection.execute(_upsert(database.insert), row)
    if not about.is_new:
        connection.execute(_DROP_FACTS, {"item": item_id})
    taken = _taken(named, about.taken_at)
    facts = [*_facts(values), ("date", _day_of(taken) or about.made_at[:10], None)]
    facts += [("category_guess", guess, None)] if guess else []
    facts += [("taken", taken, None)] if taken else []
    connection.execute(
        _ADD_FACTS, [{"item_id": item_id, "name": name, "text": text, "number": number} for name, text, number in facts]
    )


def about_item(connection: sa.Connection, item_id: str) -> About:
    """Read from the database."""
    asked = {"item": item_id}
    own = connection.execute(_OWN, asked).one()
    values = [Stated(*row) for row in connection.execute(_VALUES, asked)]
    packed = connection.scalar(_LAST_RECORD, asked) if own.records_count else None
    top = unpack_plain(packed)["fields"].get("category", {}).get("top3") if packed else None
    guess = likeliest((one["id"], one["confidence"]) for one in top or ())
    names, taken_at = shown_by(connection, item_id)
    return About(own.title, own.sku, own.external_id, own.made_at, taken_at, names, values, guess)


def shown_by(connection: sa.Connection, item_id: str) -> tuple[list[str], str | None]:
    """What an item's pictures are called, and when the first that says so was taken."""
    shown = connection.execute(_SHOWN, {"item": item_id}).all()
    return [row.name for row in shown], next((row.taken_at for row in shown if row.taken_at), None)


def likeliest(guesses: Iterable[tuple[str, float]]) -> str | None:
    """The first of a record's guesses, if it is likely enough to be found by though not sure enough to be stated."""
    category_id, confidence = next(iter(guesses), ("", 0.0))
    return category_id if confidence >= LEAST_GUESS else None


def digest_of(passage: str) -> str:
    return hashlib.sha256(passage.encode()).hexdigest()[:16]


def fact_text(value: object) -> str:
    """The form in which a fact's text is kept and asked for."""
    return fold(str(value))[:LONGEST_FACT]


def _facts(values: Sequence[Stated]) -> Iterator[tuple[str, str, float | None]]:
    """Name, text and number of every fact, each once."""
    found: dict[tuple[str, str], float | None] = {}
    for row in values:
        if row.field == "category" and (category_id := row.value_id or _id_of(row.value)):
            found["category", category_id] = None
        for one in row.value if isinstance(row.value, list) else [row.value]:
            if one is not None:
                name = "category_name" if row.field == "category" else row.field
                found[name, fact_text(one)] = _amount(one) if row.field in PRICES else _number(one)
        if row.field == "colours":
            found |= {("colour", base): None for base in _bases(row.value)}
    yield from ((name, text, number) for (name, text), number in found.items())


def _amount(price: object) -> float | None:
    """What a price is filtered by: its amount; of a range the first number, of a unit price the one before its unit."""
    text = str(price)
    if single := one_price(text):
        return float(single.digits)
    return next((number for said in (text, *price_keys(text)) if (number := _number(said)) is not None), None)


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return float(value)
    match = _NUMBER.match(str(value).replace(",", "")[:40])
    return float(match[0]) if match else None


def _texts(value: object) -> list[str]:
    if value is None or isinstance(value, bool):
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _bases(value: object) -> list[str]:
    return list(dict.fromkeys(base for name in _texts(value) if (base := base_colour(name))))


def _base_names(value: object) -> list[str]:
    return [word for base in _bases(value) for word in (base, base_names()[base])]


def _taken(named: Mapping[str, object], by_camera: str | None) -> str:
    """When a photo was taken, as its field says, which a person may have set; "" for one without a date."""
    said = named.get("taken_at", by_camera)
    return str(said).replace(" ", "T")[:19] if isinstance(said, str) and _DATE.match(said) else ""


def _day_of(taken: str) -> str:
    """Of a month the first."""
    return taken[:10] if len(taken) >= 10 else taken and f"{taken[:7]}-01"


def _id_of(named: object) -> str | None:
    """The category that somebody called by its own name."""
    found = Taxonomy.shipped().named(str(named))
    return found.id if found else None


@cache
def _names_above(category_id: str) -> tuple[str, ...]:
    """What a category and those above it are called, in both languages: the levels that the shipped list has. It has
    some of a finer list with Shopify's ids, and none of a user's own."""
    parts, shipped = category_id.split("-"), Taxonomy.shipped()
    above = ("-".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    steps: list[Category] = [shipped.get(own) for own in above if own in shipped]
    return tuple(name for step in steps for name in (step.zh, step.en, *step.names))


def _passage(title: str, values: Mapping[str, object], besides: str) -> str:
    parts = [title, *(" ".join(_texts(values.get(name))) for name in PASSAGE), besides]
    return "；".join(dict.fromkeys(part for part in parts if part))[:LONGEST_PASSAGE]


@cache
def _upsert(insert_into: Callable[[sa.Table], Any]) -> sa.Insert:
    insert = insert_into(item_texts)
    kept = {name: insert.excluded[name] for name in ("tokens", "passage", "digest")}
    return insert.on_conflict_do_update(index_elements=["item_id"], set_=kept)
