"""Items by words: the same hits on SQLite's FTS5 and PostgreSQL's tsvector, weighed alike.

Enters: the words of a question. Leaves: items with how much of the question they hold, 0-1, rare words counting more.
Does not know: facts, vectors, who may see what.

A very common word is looked up among the newest items that have it only (MOST_OF_A_WORD): which of 100,000 "颜色" come
first no word can tell.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from tujian.database import Database
from tujian.schema import item_texts

MOST_OF_A_WORD = 400  # items fetched for one word, the newest first
LEAST_SHARE = 0.34  # of the question, by weight, that a hit by words holds
COUNTED = 4_000  # up to here a word's items are counted; a word with more weighs as one with so many

_FTS5 = (
    "select t.item_id, t.tokens from item_words w cross join item_texts t on t.number = w.rowid "
    "where item_words match :query order by w.rowid desc limit :most"
)
_TSVECTOR = (
    "select item_id, tokens from item_texts where words @@ cast(:query as tsquery) order by number desc limit :most"
)
_FTS5_COUNT = "(select count(*) from (select 1 from item_words where item_words match :{0} limit :most))"
_TSVECTOR_COUNT = "(select count(*) from (select 1 from item_texts where words @@ cast(:{0} as tsquery) limit :most) n)"


def by_words(
    connection: sa.Connection, database: Database, words: Sequence[str], among: Collection[str] | None = None
) -> dict[str, float]:
    """Items, all or those `among`, and the share of the question that they hold, the most first."""
    if not words:
        return {}
    count = max(1, connection.scalar(sa.select(sa.func.max(item_texts.c.number))) or 1)
    known = _counts(connection, database, words)
    weights = {word: math.log(1 + count / min(seen, COUNTED)) for word, seen in known.items() if seen}
    if not weights:
        return {}
    # a word that nobody has weighs as the rarest: an item with half of the question is half right
    whole = sum(weights.get(word, math.log(1 + count)) for word in words)
    rarest_first = sorted(weights, key=lambda word: -weights[word])
    telling = [
        word
        for place, word in enumerate(rarest_first)
        if not place or sum(weights[other] for other in rarest_first[place:]) >= LEAST_SHARE * whole
    ]  # who has only words that are commoner than these holds too little
    found: dict[str, float] = {}
    looked = None if among is None else _those(connection, database, among)
    for rows in looked or _looks(connection, database, rarest_first, telling):
        for item_id, tokens in rows:
            if item_id not in found:
                held = set(tokens.split(" "))
                if share := sum(weight for word, weight in weights.items() if word in held) / whole:
                    found[item_id] = share
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def _those(connection: sa.Connection, database: Database, among: Collection[str]) -> Iterator[Sequence[Any]]:
    texts = sa.select(item_texts.c.item_id, item_texts.c.tokens).where(database.is_one_of(item_texts.c.item_id, among))
    yield connection.execute(texts).all()


def _looks(
    connection: sa.Connection, database: Database, words: Sequence[str], telling: Sequence[str]
) -> Iterator[Sequence[Any]]:
    """First items with all words, then those of each that tells enough."""
    if len(words) > 1:
        yield _rows(connection, database, words)
    for word in telling:
        yield _rows(connection, database, [word])


def _rows(connection: sa.Connection, database: Database, words: Sequence[str]) -> Sequence[Any]:
    asked = {"query": _all_of(database, words), "most": MOST_OF_A_WORD}
    return connection.execute(sa.text(_FTS5 if database.is_sqlite else _TSVECTOR), asked).all()


def _counts(connection: sa.Connection, database: Database, words: Sequence[str]) -> dict[str, int]:
    """How many items have each, COUNTED at most; in one statement, however many words."""
    one = _FTS5_COUNT if database.is_sqlite else _TSVECTOR_COUNT
    wanted = sa.text("select " + ", ".join(one.format(f"q{place}") for place in range(len(words))))
    asked = {f"q{place}": _all_of(database, [word]) for place, word in enumerate(words)}
    return dict(zip(words, connection.execute(wanted, asked | {"most": COUNTED}).one(), strict=True))


def _all_of(database: Database, words: Sequence[str]) -> str:
    """A query for all of `words`. They are letters and digits only, so quoting them is enough."""
    return (" AND " if database.is_sqlite else " & ").join(
        f'"{word}"' if database.is_sqlite else f"'{word}'" for word in words
    )
