"""What an item is found by: its words, its facts, and the passage that its meaning is taken from.

Enters: a transaction in which an item changed. Leaves: its rows in `item_texts` and `item_facts`, in the same
transaction, so the index never lags. Does not know: who searches.

Triggers carry `item_texts` into SQLite's FTS5 table; PostgreSQL computes a tsvector from it (migration 0004).
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from tujian.catalogue.packing import unpack_plain
from tujian.database import Database
from tujian.folding import fold
from tujian.goods import also_called
from tujian.rules.colour_words import base_colour, base_names
from tujian.schema import item_facts, item_pictures, item_texts, item_values, items, pictures, records
from tujian.taxonomy import Category, Taxonomy
from tujian.tokens import joined

LEAST_GUESS = 0.6  # of the classifier; at 0.4 a book was found as milk
LONGEST_FACT = 200  # characters
LONGEST_PASSAGE = 600  # characters: e5 reads 512 tokens
PASSAGE = ("name", "brand", "category", "colours", "material", "style", "use_scenes", "occasions", "audience",
           "selling_points", "tags", "objects", "summary", "place", "emotion")  # fmt: skip
NOT_WORDS = ("barcode",)  # found by their whole number, which words hold anyway, or not by words at all
KIND = ("name", "category", "use_scenes", "occasions", "audience", "tags", "objects")  # what says what a thing is
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d")
_OWN = sa.select(items.c.title, items.c.sku, items.c.external_id, items.c.made_at).where(
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


def index_item(connection: sa.Connection, database: Database, item_id: str) -> None:
    """Words, facts and passage of the item as it is now."""
    asked = {"item": item_id}
    own = connection.execute(_OWN, asked).one()
    values = connection.execute(_VALUES, asked).all()
    shown = connection.execute(_SHOWN, asked).all()
    texts = [own.title, own.sku or "", own.external_id or "", *(row.name for row in shown)]
    texts += [text for row in values if row.field not in NOT_WORDS for text in _texts(row.value)]
    category_ids = [row.value_id or _id_of(row.value) for row in values if row.value_id or row.field == "category"]
    guess = None if any(row.field == "category" for row in values) else _guess(connection, item_id)
    names = [word for category_id in (*category_ids, guess) if category_id for word in _names_above(category_id)]
    texts += names
    said = [text for row in values if row.field in KIND for text in _texts(row.value)]
    kind = " ".join([own.title, *said, *(names if guess else ())])
    besides = also_called(kind)
    texts += besides
    texts += [word for row in values if row.field == "colours" for word in _base_names(row.value)]
    named = {row.field: row.value for row in values}
    passage = _passage(own.title, named if guess is None else {**named, "category": names[-1]}, " ".join(besides))
    row = {"item_id": item_id, "tokens": joined(texts), "passage": passage, "digest": digest_of(passage)}
    connection.execute(_upsert(database.insert), row)
    connection.execute(_DROP_FACTS, asked)
    taken_at = next((row.taken_at for row in shown if row.taken_at), None)
    facts = [*_facts(values), ("date", (taken_at or own.made_at)[:10], None)]
    facts += [("category_guess", guess, None)] if guess else []
    taken = _taken(named, shown[0].taken_at if shown else None)
    facts += [("taken", taken, None)] if taken else []
    connection.execute(
        _ADD_FACTS, [{"item_id": item_id, "name": name, "text": text, "number": number} for name, text, number in facts]
    )


def digest_of(passage: str) -> str:
    return hashlib.sha256(passage.encode()).hexdigest()[:16]


def fact_text(value: object) -> str:
    """The form in which a fact's text is kept and asked for."""
    return fold(str(value))[:LONGEST_FACT]


def _facts(values: Sequence[sa.Row[Any, Any, Any]]) -> Iterator[tuple[str, str, float | None]]:
    """Name, text and number of every fact, each once."""
    found: dict[tuple[str, str], float | None] = {}
    for row in values:
        if row.field == "category" and (category_id := row.value_id or _id_of(row.value)):
            found["category", category_id] = None
        for one in row.value if isinstance(row.value, list) else [row.value]:
            if one is not None:
                name = "category_name" if row.field == "category" else row.field
                found[name, fact_text(one)] = _number(one)
        if row.field == "colours":
            found |= {("colour", base): None for base in _bases(row.value)}
    yield from ((name, text, number) for (name, text), number in found.items())


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


def _guess(connection: sa.Connection, item_id: str) -> str | None:
    """The category that was likeliest and not sure enough to be stated: good enough to be found by."""
    packed = connection.scalar(_LAST_RECORD, {"item": item_id})
    field = unpack_plain(packed)["fields"].get("category") if packed else None
    likely = next(iter((field and field["top3"]) or ()), None)
    return likely["id"] if likely and likely["confidence"] >= LEAST_GUESS else None


def _taken(named: Mapping[str, object], by_camera: str | None) -> str:
    """When a photo was taken, as its field says, which a person may have set; "" for one without a date."""
    said = named.get("taken_at", by_camera)
    return str(said).replace(" ", "T")[:19] if isinstance(said, str) and _DATE.match(said) else ""


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
