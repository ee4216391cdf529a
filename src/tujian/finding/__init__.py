"""Search: words, meaning, looks and facts, fused. req: A9, D8, E8

Enters: a Query. Leaves: hits with scores and reasons, facets, and honestly nothing where nothing fits.
Does not know: sentences (`query.py`), pages, HTTP.

Ranks are fused by reciprocal rank (Cormack et al., SIGIR 2009). What somebody may not see is taken out before anything
is counted. Filters are applied to what was ranked; where they leave too little, what they leave is ranked.
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa

from tujian.catalogue.nouns import ItemHead, bad_cursor, from_cursor, to_cursor
from tujian.catalogue.reading import heads, may_see
from tujian.database import Database
from tujian.errors import StoreFailed
from tujian.filters import Filter
from tujian.finding.background import Background
from tujian.finding.facts import conditions, lenient, preferences
from tujian.finding.meanings import Embed, Meanings, Vector, embed_stale, mean_of
from tujian.finding.nouns import Facet, Found, Hit, Query
from tujian.finding.words import LEAST_SHARE, MOST_OF_A_WORD, by_words
from tujian.logs import note
from tujian.perception import Perception
from tujian.schema import counters, item_facts, item_texts, items
from tujian.tokens import words_asked

__all__ = ["COUNTED", "Facet", "Filter", "Found", "Hit", "Query", "Search"]

RRF_K = 60  # Cormack et al., SIGIR 2009
# At strictness 1; less in proportion (docs/decisions.md). What the best hit must reach: how far its cosine stands above
# those of the nearest kinds of goods, and a tenth of its share of the question's words. What each hit must: how far its
# cosine stands above those of all kinds of goods. FULL_LIFT is as good as they come.
BEST_MARGIN, WORTH_OF_WORDS = 0.034, 0.1
LEAST_LIFT, FULL_LIFT = 0.05, 0.1
LONGEST_MEANT = 400  # characters of a question whose meaning is taken
MOST: dict[str, int] = {"words": MOST_OF_A_WORD, "meaning": 400, "looks": 100}  # items that each way may bring
ENOUGH = 60  # hits that pass the filters; with fewer of a list that was cut, all that pass are ranked, if FEW
FEW = 1_500
COUNTED = 1_000  # items whose facets are counted, and items at most where a filter has to look at each
QUESTIONS_KEPT = 100
LONGEST_PLACE = 9  # digits
FACETS = ("category", "brand", "colour")
MOST_FACETS = 12
LOOKS = (0.0, 0.7)  # cosines at which a look begins to count at strictness 0 and 1 (docs/decisions.md)


Ways = dict[str, dict[str, float]]
"""Of each way of finding, items and how well they fit, the best first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's vector, and the means of its cosines with all kinds of goods and with the nearest of them."""

    embedder: str
    vector: Vector
    mean: float
    near: float


class Search:
    """One catalogue's search. `asked` and `told` embed a question and a passage; both name their embedder."""

    def __init__(self, database: Database, asked: Embed, told: Embed) -> None:
        self._database, self._told = database, told
        self._asked_before = lru_cache(QUESTIONS_KEPT)(asked)  # a page, a strictness, another filter ask it again
        self._kept_up: tuple[str, int | None] = ("", None)
        self._keeping_up = threading.Lock()
        self._meanings = Meanings(database)
        self._background = Background(told)

    @classmethod
    def of(cls, database: Database, perception: Callable[[], Perception]) -> "Search":
        """With the embedder of a house, which loads at the first question."""
        return cls(database, lambda text: perception().embed_question(text), lambda text: perception().embed(text))

    def find(self, query: Query, look_embedder: str = "") -> Found:
        """Hits for a query; without text and looks, the newest items that its filters leave. Raises BadInput."""
        words = words_asked(query.text)
        asked = self._asked(query.text[:LONGEST_MEANT]) if words and "meaning" in query.ways else None
        with self._database.read() as connection:
            wanted = [may_see(query.also), *conditions(query.filters), *lenient(query.meant)]
            wanted += [items.c.id.not_in(query.without)] if query.without else []
            if not query.text.strip() and not query.looks:
                return _browse(connection, query, [*wanted, *preferences(query.meant)])
            ranked = self._ranked(connection, query, words, asked, look_embedder)
            left = self._left(connection, ranked, wanted)
            if (query.filters or query.meant) and self._lacks(connection, ranked, left):
                among = connection.scalars(sa.select(items.c.id).where(*wanted).limit(FEW + 1)).all()
                if len(among) <= FEW:
                    ranked, left = self._ranked(connection, query, words, asked, look_embedder, among), set(among)
            ways = _good(query, _only(ranked, left), asked)
            return _page(
                connection, self._database, query, _fused([*ways.values(), *_preferred(connection, query, ways)]), ways
            )

    def _lacks(self, connection: sa.Connection, ranked: Ways, left: set[str]) -> bool:
        """Whether filters left little of a list that was cut, and leave few enough of all items to rank each."""
        is_cut = any(len(found) >= MOST[way] for way, found in ranked.items())
        if not is_cut or len(left) >= ENOUGH:
            return False
        ranked_count = len({item_id for found in ranked.values() for item_id in found})
        count = connection.scalar(sa.select(sa.func.max(item_texts.c.number))) or 0
        return count * len(left) / ranked_count <= FEW

    def holds_anything(self) -> bool:
        """Whether there is any item that everybody may see."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(items.c.id).where(may_see(())).limit(1)) is not None

    def keep_up(self, most: int = 64) -> int:
        """Makes vectors of passages that have none yet. Returns how many."""
        name, _ = self._told(" ")
        return embed_stale(self._database, self._told, name, most)

    def _asked(self, text: str) -> Asked:
        name, vector = self._asked_before(text)
        self._keep_up(name)
        return Asked(name, vector, *self._background.of(name, vector))

    def _keep_up(self, embedder: str) -> None:
        """Some passages get their vectors, if anything changed since none lacked one. One search at a time does it."""
        if not self._keeping_up.acquire(blocking=False):
            return
        try:
            with self._database.read() as connection:
                change = connection.scalar(sa.select(counters.c.value).where(counters.c.name == "change"))
            if (embedder, change) != self._kept_up and embed_stale(self._database, self._told, embedder) == 0:
                self._kept_up = embedder, change
        except StoreFailed as error:  # what is not embedded is found by words until it is
            note("search.embed_failed", level=logging.WARNING, why=type(error).__name__)
        finally:
            self._keeping_up.release()

    def _ranked(
        self,
        connection: sa.Connection,
        query: Query,
        words: Sequence[str],
        asked: Asked | None,
        look_embedder: str,
        among: Collection[str] | None = None,
    ) -> Ways:
        """For each way of finding, items, all or those `among`: shares of the question's words, cosines."""
        ranked: Ways = {}
        if words and "words" in query.ways:
            ranked["words"] = by_words(connection, self._database, words, among)
        if asked is not None:
            ranked["meaning"] = self._meanings.by_meaning(
                connection, asked.embedder, asked.vector, MOST["meaning"], among
            )
        if query.looks and "looks" in query.ways:
            look = mean_of(query.looks)
            ranked["looks"] = self._meanings.by_look(connection, look_embedder, look, MOST["looks"], among)
        return ranked

    def _left(self, connection: sa.Connection, ranked: Ways, wanted: Sequence[sa.ColumnElement[bool]]) -> set[str]:
        """Those that somebody may see and the filters leave."""
        ids = {item_id for found in ranked.values() for item_id in found}
        found = sa.select(items.c.id).where(self._database.is_one_of(items.c.id, ids), *wanted)
        return set(connection.scalars(found))


def _only(ranked: Ways, left: Collection[str]) -> Ways:
    return {way: {one: fit for one, fit in found.items() if one in left} for way, found in ranked.items()}


def _good(query: Query, ranked: Ways, asked: Asked | None) -> Ways:
    """What fits well enough, 0-1. Nothing by words and meaning when the best of both together is not good enough."""
    shares, cosines = ranked.get("words", {}), ranked.get("meaning", {})
    mean, near = (asked.mean, asked.near) if asked else (0.0, 0.0)
    margins = (_margin(one, shares, cosines, near) for one in shares.keys() | cosines.keys())
    ways: Ways = {}
    if max(margins, default=-1.0) >= BEST_MARGIN * query.strictness:
        ways["words"] = {one: share for one, share in shares.items() if share >= LEAST_SHARE}
        ways["meaning"] = _counted(cosines, mean + LEAST_LIFT * query.strictness, mean + FULL_LIFT)
    if "looks" in ranked:
        ways["looks"] = _counted(ranked["looks"], LOOKS[0] + (LOOKS[1] - LOOKS[0]) * query.strictness, 1.0)
    return ways


def _counted(cosines: Mapping[str, float], least: float, most: float) -> dict[str, float]:
    """Cosines of `least` and more as 0-1."""
    return {
        item_id: min(1.0, 0.5 + 0.5 * (cosine - least) / max(most - least, 1e-6))
        for item_id, cosine in cosines.items()
        if cosine >= least
    }


def _margin(item_id: str, shares: Mapping[str, float], cosines: Mapping[str, float], near: float) -> float:
    """How far an item stands out; one whose meaning was not asked for, or is far, by its words alone."""
    return cosines.get(item_id, near) - near + WORTH_OF_WORDS * shares.get(item_id, 0.0)


def _preferred(connection: sa.Connection, query: Query, ways: Ways) -> list[dict[str, float]]:
    """Of what was found, that of the kind of goods that a sentence named: as if found once more, all as good."""
    found = list(dict.fromkeys(item_id for ranked in ways.values() for item_id in ranked))
    wanted = preferences(query.meant)
    if not wanted or not found:
        return []
    return [dict.fromkeys(connection.scalars(sa.select(items.c.id).where(items.c.id.in_(found), *wanted)), 1.0)]


def _fused(ways: Sequence[Mapping[str, float]]) -> list[str]:
    """Items by the sum of their reciprocal ranks. Those equally good in a way share the rank of the first of them."""
    scores: dict[str, float] = {}
    for ranked in ways:
        kept = list(ranked)
        rank = 0
        for place, item_id in enumerate(kept):
            rank = rank if place and ranked[item_id] == ranked[kept[place - 1]] else place + 1
            scores[item_id] = scores.get(item_id, 0.0) + 1 / (RRF_K + rank)
    return sorted(scores, key=lambda item_id: -scores[item_id])


def _page(connection: sa.Connection, database: Database, query: Query, ids: Sequence[str], ways: Ways) -> Found:
    begun = _begun(query.after)
    page = ids[begun : begun + query.limit]
    by_id = {
        row["id"]: ItemHead(**row)
        for row in connection.execute(heads().where(database.is_one_of(items.c.id, page))).mappings()
    }
    hits = [_hit(by_id[item_id], item_id, ways) for item_id in page if item_id in by_id]
    following = begun + query.limit
    return Found(
        hits=hits,
        facets=_facets(connection, lambda column: database.is_one_of(column, ids)) if not begun else {},
        total=len(ids),
        next=to_cursor(str(following), "") if following < len(ids) else None,
    )


def _begun(after: str) -> int:
    """Of a ranked list, the place that a cursor stands for; one of another list is none."""
    if not after:
        return 0
    place = str(from_cursor(after)[0])
    if not place.isdecimal() or len(place) > LONGEST_PLACE:
        raise bad_cursor()
    return int(place)


def _hit(head: ItemHead, item_id: str, ways: Mapping[str, Mapping[str, float]]) -> Hit:
    why = {way: round(ranked[item_id], 3) for way, ranked in ways.items() if item_id in ranked}
    return Hit(item=head, score=max(why.values(), default=0.0), why=why)


def _browse(connection: sa.Connection, query: Query, wanted: Sequence[sa.ColumnElement[bool]]) -> Found:
    """The newest first."""
    page = heads().where(*wanted).order_by(items.c.made_at.desc(), items.c.id.desc()).limit(query.limit + 1)
    if query.after:
        page = page.where(sa.tuple_(items.c.made_at, items.c.id) < tuple(map(str, from_cursor(query.after))))
    rows = [ItemHead(**row) for row in connection.execute(page).mappings()]
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    all_of_them = sa.select(items.c.id).where(*wanted)
    counted = all_of_them.limit(COUNTED) if query.filters or query.meant else all_of_them
    count = connection.scalar(sa.select(sa.func.count()).select_from(counted.subquery())) or 0
    inside = all_of_them.limit(COUNTED)
    return Found(
        hits=[Hit(item=head, score=1.0, why={}) for head in rows[: query.limit]],
        facets={} if query.after else _facets(connection, lambda column: column.in_(inside)),
        total=count,
        next=to_cursor(last.made_at, last.id) if last else None,
    )


def _facets(
    connection: sa.Connection, is_inside: Callable[[sa.ColumnElement[str]], sa.ColumnElement[bool]]
) -> dict[str, list[Facet]]:
    counted = (
        sa.select(item_facts.c.name, item_facts.c.text, sa.func.count().label("count"))
        .where(is_inside(item_facts.c.item_id), item_facts.c.name.in_(FACETS))
        .group_by(item_facts.c.name, item_facts.c.text)
        .order_by(sa.desc("count"), item_facts.c.text)
    )
    kinds = sa.select(sa.literal("kind"), items.c.kind, sa.func.count()).where(is_inside(items.c.id))
    facets: dict[str, list[Facet]] = {}
    for name, text, count in (*connection.execute(counted), *connection.execute(kinds.group_by(items.c.kind))):
        several = facets.setdefault(name, [])
        if len(several) < MOST_FACETS:
            several.append(Facet(value=text, name=text, count=count))
    return facets
