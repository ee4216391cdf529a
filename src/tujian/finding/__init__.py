"""Search: words, meaning, looks and facts, fused. req: A9, D8, E8

Enters: a Query. Leaves: hits with scores and reasons, facets, and honestly nothing where nothing fits.
Does not know: sentences (`query.py`), pages, HTTP.

Ranks are fused by reciprocal rank (Cormack et al., SIGIR 2009). What somebody may not see is taken out before anything
is counted. Filters are applied to what was ranked; where they leave too little, what they leave is ranked.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa

from tujian.catalogue.nouns import ItemHead, bad_cursor, from_cursor, to_cursor
from tujian.catalogue.reading import heads, may_see
from tujian.database import Database
from tujian.errors import EngineError, EngineRefused, StoreFailed
from tujian.filters import Filter
from tujian.finding.background import Background
from tujian.finding.facts import (
    conditions,
    having,
    is_lenient,
    is_of_item,
    is_preference,
    knowing,
    lenient,
    preferences,
)
from tujian.finding.meanings import AT_ONCE, Meanings, Vector, embed_stale, mean_of, others_left
from tujian.finding.nouns import Facet, Found, Hit, Meaning, Query
from tujian.finding.words import LEAST_SHARE, MOST_OF_A_WORD, by_words
from tujian.logs import note
from tujian.perception.vectors import TextEmbedder
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
IN_A_SEARCH = (
    8  # passages embedded by a search, 10 to 40 ms each: what was edited a moment ago; who serves makes the rest
)
QUESTIONS_KEPT = 100
LONGEST_PLACE = 9  # digits
FACETS = ("category", "category_guess", "brand", "colour")
MOST_FACETS = 12
LOOKS = (0.0, 0.7)  # cosines at which a look begins to count at strictness 0 and 1 (docs/decisions.md)

_CHANGE = sa.select(counters.c.value).where(counters.c.name == "change")


Ways = dict[str, dict[str, float]]
"""Of each way of finding, items and how well they fit, the best first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's vector, the means of its cosines with all kinds of goods and with the nearest of them, and how far
    apart this embedder's cosines lie: 1 for the one that the thresholds were chosen for."""

    embedder: str
    vector: Vector
    mean: float
    near: float
    scale: float


class Search:
    """One catalogue's search. `embedder` loads when it is first asked for; its name stands beside every vector."""

    def __init__(self, database: Database, embedder: Callable[[], TextEmbedder]) -> None:
        self._database, self._embedder = database, embedder
        # a page, a strictness, another filter ask a question again
        self._asked_before = lru_cache(QUESTIONS_KEPT)(lambda text: embedder().query(text))
        self._kept_up: tuple[str, int | None] = ("", None)
        self._keeping_up = threading.Lock()
        self._meanings = Meanings(database)
        self._background = Background(database)

    def find(self, query: Query, look_embedder: str = "") -> Found:
        """Hits for a query; without text and looks, the newest items that its filters leave. Raises BadInput."""
        words = words_asked(query.text)
        asked, meaning = self._asked(query.text[:LONGEST_MEANT] if words and "meaning" in query.ways else "")
        with self._database.read() as connection:
            if asked is None or self._is_kept_up(connection, asked.embedder):
                return self._found(connection, query, words, asked, look_embedder).model_copy(
                    update={"meaning": meaning}
                )
        meaning = self._keep_up()
        with self._database.read() as connection:
            found = self._found(connection, query, words, asked if meaning == "ready" else None, look_embedder)
        return found.model_copy(update={"meaning": meaning})

    def _found(
        self, connection: sa.Connection, query: Query, words: Sequence[str], asked: Asked | None, look_embedder: str
    ) -> Found:
        wanted = [may_see(query.also), *conditions(query.filters), *lenient(query.meant)]
        wanted += [items.c.id.not_in(query.without)] if query.without else []
        if not query.text.strip() and not query.looks:
            return _browse(connection, self._database, query, [*wanted, *preferences(query.meant)])
        ranked = self._ranked(connection, query, words, asked, look_embedder)
        left = self._left(connection, ranked, query)
        if (query.filters or query.meant) and self._lacks(connection, ranked, left):
            among = _kinds(connection, sa.select(items.c.id, items.c.kind).where(*wanted).limit(FEW + 1))
            if len(among) <= FEW:
                ranked, left = self._ranked(connection, query, words, asked, look_embedder, among), among
        ways = _good(query, _only(ranked, left), asked)
        fused = _fused([*ways.values(), *_preferred(connection, self._database, query, ways)])
        return _page(connection, self._database, query, {item_id: left[item_id] for item_id in fused}, ways)

    def _lacks(self, connection: sa.Connection, ranked: Ways, left: Collection[str]) -> bool:
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

    def warm(self, embedder: str, look_embedder: str) -> None:
        """Reads the vectors that searches compare with, so that nobody waits for it. Raises StoreFailed."""
        with self._database.read() as connection:
            self._meanings.warm(connection, embedder, look_embedder)

    def keep_up(self, most: int = AT_ONCE) -> int:
        """Makes vectors of passages that have none yet, if anything changed since none lacked one. Returns how many.

        Raises EngineError, StoreFailed.
        """
        with self._database.read() as connection:
            change = connection.scalar(_CHANGE)
        if change == self._kept_up[1]:
            return 0
        embedder = self._embedder()
        made = embed_stale(self._database, embedder, most)
        if made == 0:
            self._kept_up = embedder.name, change
        return made

    def _asked(self, text: str) -> tuple[Asked | None, Meaning]:
        """The question's vector, or why there is none: what is found by words is found all the same."""
        if not text:
            return None, "ready"
        try:
            embedder = self._embedder()
            if self._kept_up[0] != embedder.name:  # else nothing of another embedder is left
                with self._database.read() as connection:
                    if others_left(connection, embedder.name, most=IN_A_SEARCH):
                        return None, "rebuilding"
            vector = self._asked_before(text)
            mean, near = self._background.of(embedder, vector)
        except EngineError as error:
            return None, _is_away(error)
        return Asked(embedder.name, vector, mean, near, self._background.scale), "ready"

    def _is_kept_up(self, connection: sa.Connection, embedder: str) -> bool:
        """Whether nothing changed since no passage lacked its vector."""
        return (embedder, connection.scalar(_CHANGE)) == self._kept_up

    def _keep_up(self) -> Meaning:
        """Some passages get their vectors, and whether all have one of the same embedder then. One search at a time
        does it. What another embedder made is a job's work (`embedding.py`), unless it is little."""
        try:
            embedder = self._embedder()
            self._make_some(embedder)
            with self._database.read() as connection:
                return "rebuilding" if others_left(connection, embedder.name) else "ready"
        except EngineError as error:
            return _is_away(error)

    def _make_some(self, embedder: TextEmbedder) -> None:
        if not self._keeping_up.acquire(blocking=False):
            return
        try:
            with self._database.read() as connection:
                if others_left(connection, embedder.name, most=IN_A_SEARCH):
                    return
            self.keep_up(IN_A_SEARCH)
        except (StoreFailed, EngineRefused) as error:  # what is not embedded is found by words until it is
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

    def _left(self, connection: sa.Connection, ranked: Ways, query: Query) -> dict[str, str]:
        """Those that somebody may see and the filters leave, and what kind of item each is. Each filter is asked for
        the facts of those that the ones before it left: PostgreSQL reads these three times as fast as it asks whether
        there are any, item by item."""
        ids = {item_id for found in ranked.values() for item_id in found} - set(query.without)
        asked = [(one, False) for one in query.filters]
        asked += [(one, is_lenient(one)) for one in query.meant if not is_preference(one)]
        if asked:
            self._database.expect_few(connection)
        for one, spares_unknown in asked:
            if not is_of_item(one):
                ids = self._having(connection, one, ids, spares_unknown=spares_unknown)
        wanted = [may_see(query.also), *conditions([one for one, _ in asked if is_of_item(one)])]
        found = sa.select(items.c.id, items.c.kind).where(self._database.is_one_of(items.c.id, ids), *wanted)
        return _kinds(connection, found)

    def _having(self, connection: sa.Connection, one: Filter, ids: set[str], *, spares_unknown: bool) -> set[str]:
        """Those that a filter leaves, and with `spares_unknown` those of which nothing is known in its field."""
        inside = self._database.is_one_of(item_facts.c.item_id, ids)
        has = set(connection.scalars(having(one, inside)))
        left = ids - has if one.op == "not" else has
        return left | ids - set(connection.scalars(knowing(one, inside))) if spares_unknown else left


def _kinds(connection: sa.Connection, found: sa.Executable) -> dict[str, str]:
    return {item_id: kind for item_id, kind in connection.execute(found).all()}


def _only(ranked: Ways, left: Collection[str]) -> Ways:
    return {way: {one: fit for one, fit in found.items() if one in left} for way, found in ranked.items()}


def _good(query: Query, ranked: Ways, asked: Asked | None) -> Ways:
    """What fits well enough, 0-1. Nothing by words and meaning when the best of both together is not good enough."""
    shares, cosines = ranked.get("words", {}), ranked.get("meaning", {})
    mean, near, scale = (asked.mean, asked.near, asked.scale) if asked else (0.0, 0.0, 1.0)
    margins = (_margin(one, shares, cosines, near, scale) for one in shares.keys() | cosines.keys())
    ways: Ways = {}
    if max(margins, default=-1.0) >= BEST_MARGIN * query.strictness:
        ways["words"] = {one: share for one, share in shares.items() if share >= LEAST_SHARE}
        ways["meaning"] = _counted(cosines, mean + LEAST_LIFT * scale * query.strictness, mean + FULL_LIFT * scale)
    if "looks" in ranked:
        ways["looks"] = _counted(ranked["looks"], LOOKS[0] + (LOOKS[1] - LOOKS[0]) * query.strictness, 1.0)
    return ways


def _is_away(error: EngineError) -> Meaning:
    note("search.embedder_away", str(error), level=logging.WARNING)
    return "away"


def _counted(cosines: Mapping[str, float], least: float, most: float) -> dict[str, float]:
    """Cosines of `least` and more as 0-1."""
    return {
        item_id: min(1.0, 0.5 + 0.5 * (cosine - least) / max(most - least, 1e-6))
        for item_id, cosine in cosines.items()
        if cosine >= least
    }


def _margin(
    item_id: str, shares: Mapping[str, float], cosines: Mapping[str, float], near: float, scale: float
) -> float:
    """How far an item stands out; one whose meaning was not asked for, or is far, by its words alone."""
    return (cosines.get(item_id, near) - near) / scale + WORTH_OF_WORDS * shares.get(item_id, 0.0)


def _preferred(connection: sa.Connection, database: Database, query: Query, ways: Ways) -> list[dict[str, float]]:
    """Of what was found, that of the kind of goods that a sentence named: as if found once more, all as good."""
    found = list(dict.fromkeys(item_id for ranked in ways.values() for item_id in ranked))
    wanted = preferences(query.meant)
    if not wanted or not found:
        return []
    named = sa.select(items.c.id).where(database.is_one_of(items.c.id, found), *wanted)
    return [dict.fromkeys(connection.scalars(named), 1.0)]


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


def _page(connection: sa.Connection, database: Database, query: Query, kinds: Mapping[str, str], ways: Ways) -> Found:
    """`kinds` are those of all hits, the best first."""
    begun, ids = _begun(query.after), list(kinds)
    page = ids[begun : begun + query.limit]
    by_id = {
        row["id"]: ItemHead(**row)
        for row in connection.execute(heads().where(database.is_one_of(items.c.id, page))).mappings()
    }
    hits = [_hit(by_id[item_id], item_id, ways) for item_id in page if item_id in by_id]
    following = begun + query.limit
    return Found(
        hits=hits,
        facets={}
        if begun
        else _facets(connection, database.is_one_of(item_facts.c.item_id, ids), Counter(kinds.values())),
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


def _browse(
    connection: sa.Connection, database: Database, query: Query, wanted: Sequence[sa.ColumnElement[bool]]
) -> Found:
    """The newest first. Where filters have to look at each item, COUNTED of those that pass are counted."""
    page = heads().where(*wanted).order_by(items.c.made_at.desc(), items.c.id.desc()).limit(query.limit + 1)
    if query.after:
        page = page.where(sa.tuple_(items.c.made_at, items.c.id) < tuple(map(str, from_cursor(query.after))))
    rows = [ItemHead(**row) for row in connection.execute(page).mappings()]
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    some = _kinds(connection, sa.select(items.c.id, items.c.kind).where(*wanted).limit(COUNTED))
    inside = database.is_one_of(item_facts.c.item_id, some)
    count = len(some)
    if count == COUNTED and not (query.filters or query.meant):
        count = connection.scalar(sa.select(sa.func.count()).select_from(items).where(*wanted)) or 0
    return Found(
        hits=[Hit(item=head, score=1.0, why={}) for head in rows[: query.limit]],
        facets={} if query.after else _facets(connection, inside, Counter(some.values())),
        total=count,
        next=to_cursor(last.made_at, last.id) if last else None,
    )


def _facets(
    connection: sa.Connection, is_inside: sa.ColumnElement[bool], kinds: Mapping[str, int]
) -> dict[str, list[Facet]]:
    counted = (
        sa.select(item_facts.c.name, item_facts.c.text, sa.func.count().label("count"))
        .where(is_inside, item_facts.c.name.in_(FACETS))
        .group_by(item_facts.c.name, item_facts.c.text)
        .order_by(sa.desc("count"), item_facts.c.text)
    )
    facets: dict[str, list[Facet]] = {}
    for name, text, count in (*connection.execute(counted), *(("kind", kind, kinds[kind]) for kind in sorted(kinds))):
        several = facets.setdefault(name, [])
        if len(several) < MOST_FACETS:
            several.append(Facet(value=text, name=text, count=count))
    return facets
