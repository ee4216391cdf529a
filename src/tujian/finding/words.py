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

# {0} is a number whose bits say which of the question's words an item has: less to send than all words that it has
_FTS5 = (
    "select t.item_id, {0} from item_words w cross join item_texts t on t.number = w.rowid "
    "where item_words match :query order by w.rowid desc limit :most"
)
_FTS5_HAS = "(instr(' ' || t.tokens || ' ', :w{0}) > 0) * {1}"
_TSVECTOR = (
    "select t.item_id, {0} from item_texts t where words @@ cast(:query as tsquery) order by number desc limit :most"
)
_TSVECTOR_HAS = "cast(words @@ cast(:w{0} as tsquery) as int) * {1}"
_FTS5_COUNT = "(select count(*) from (select 1 from item_words where item_words match :{0} limit :most))"
_TSVECTOR_COUNT = "(select count(*) from (select 1 from item_texts where words @@ cast(:{0} as tsquery) limit :most) n)"


def by_words(
    connection: sa.Connection, database: Database, words: Sequence[str], among: Collection[str] | None = None
) -> dict[str, float]:
    """Items, all or those `among`, and the share of the question that they hold, the most first."""
    if not words:
        return {}
    if len(words) == 1 and among is None:  # who has it has all that was asked
        return dict.fromkeys((item_id for item_id, _ in _rows(connection, database, words, words)), 1.0)
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
    found: dict[str, int] = {}
    looked = None if among is None else _those(connection, database, among, rarest_first)
    for rows in looked or _looks(connection, database, rarest_first, telling):
        for item_id, held in rows:
            found.setdefault(item_id, held)
    worth = {
        held: sum(weights[word] for place, word in enumerate(rarest_first) if held >> place & 1) / whole
        for held in set(found.values())
    }
    return {item_id: worth[held] for item_id, held in sorted(found.items(), key=lambda one: -worth[one[1]]) if held}


def _those(
    connection: sa.Connection, database: Database, among: Collection[str], words: Sequence[str]
) -> Iterator[Sequence[tuple[str, int]]]:
    texts = sa.select(item_texts.c.item_id, item_texts.c.tokens).where(database.is_one_of(item_texts.c.item_id, among))
    yield [(row.item_id, _bits(words, set(row.tokens.split(" ")))) for row in connection.execute(texts)]


def _bits(words: Sequence[str], held: Collection[str]) -> int:
    return sum(1 << place for place, word in enumerate(words) if word in held)


def _looks(
    connection: sa.Connection, database: Database, words: Sequence[str], telling: Sequence[str]
) -> Iterator[Sequence[Any]]:
    """First items with all words, then those of each that tells enough."""
    if len(words) > 1:
        yield _rows(connection, database, words, words)
    for word in telling:
        yield _rows(connection, database, [word], words)


def _rows(
    connection: sa.Connection, database: Database, having: Sequence[str], words: Sequence[str]
) -> Sequence[tuple[str, int]]:
    """Items that have all of some words, and bits that say which of all words."""
    asked: dict[str, Any] = {"query": _all_of(database, having), "most": MOST_OF_A_WORD}
    if having == words:
        bits = str((1 << len(words)) - 1)
    else:
        has = _FTS5_HAS if database.is_sqlite else _TSVECTOR_HAS
        bits = " + ".join(has.format(place, 1 << place) for place in range(len(words)))
        told = (f" {word} " if database.is_sqlite else _all_of(database, [word]) for word in words)
        asked |= {f"w{place}": one for place, one in enumerate(told)}
    return connection.execute(sa.text((_FTS5 if database.is_sqlite else _TSVECTOR).format(bits)), asked).all()  # pyright: ignore[reportReturnType]


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
