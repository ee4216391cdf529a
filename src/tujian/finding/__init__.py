"""Search: words, meaning, looks and facts, fused. req: A9, D8, E8

Enters: a Query. Leaves: hits with scores and reasons, facets, and honestly nothing where nothing fits.
Does not know: sentences (`query.py`), pages, HTTP.

Ranks are fused by reciprocal rank (Cormack et al., SIGIR 2009). What somebody may not see is taken out before anything
is counted. Filters are applied to what was ranked; where they leave too little, what they leave is ranked.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

import sqlalchemy as sa

from tujian.catalogue.nouns import ItemHead, from_cursor, to_cursor
from tujian.catalogue.reading import heads, may_see
from tujian.database import Database
from tujian.filters import Filter
from tujian.finding.background import Background
from tujian.finding.facts import conditions, lenient, preferences
from tujian.finding.meanings import Embed, Meanings, embed_stale, mean_of
from tujian.finding.nouns import Facet, Found, Hit, Query
from tujian.finding.words import MOST_OF_A_WORD, by_words
from tujian.perception import Perception
from tujian.schema import counters, item_facts, items
from tujian.tokens import words_asked

__all__ = ["Facet", "Filter", "Found", "Hit", "Query", "Search"]

RRF_K = 60  # Cormack et al., SIGIR 2009
# At strictness 1; less in proportion (docs/decisions.md). What the best hit must reach: how far its cosine stands above
# those of the nearest kinds of goods, and a tenth of its share of the question's words. What each hit must: how far its
# cosine stands above those of all kinds of goods. FULL_LIFT is as good as they come.
BEST_MARGIN, WORTH_OF_WORDS = 0.034, 0.1
LEAST_LIFT, FULL_LIFT = 0.05, 0.1
LONGEST_MEANT = 400  # characters of a question whose meaning is taken
MOST: dict[str, int] = {"words": MOST_OF_A_WORD, "meaning": 400, "looks": 100}  # items that each way may bring
LEAST_SHARE = 0.34  # of the question's words, by weight, that a hit by words holds
ENOUGH = 60  # hits that pass the filters; with fewer of a list that was cut, all that pass are ranked, if FEW
FEW = 4_000
COUNTED = 1_000  # items counted of a list without a question
QUESTIONS_KEPT = 100
FACETS = ("category", "brand", "colour", "kind")
MOST_FACETS = 12
LOOKS = (0.0, 0.7)  # cosines at which a look begins to count at strictness 0 and 1 (docs/decisions.md)


class Search:
    """One catalogue's search. `asked` and `told` embed a question and a passage; both name their embedder."""

    def __init__(self, database: Database, asked: Embed, told: Embed) -> None:
        self._database, self._told = database, told
        self._asked_before = lru_cache(QUESTIONS_KEPT)(asked)  # a page, a strictness, another filter ask it again
        self._kept_up: tuple[str, int | None] = ("", None)
        self._meanings = Meanings(database)
        self._background = Background(told)

    @classmethod
    def of(cls, database: Database, perception: Callable[[], Perception]) -> "Search":
        """With the embedder of a house, which loads at the first question."""
        return cls(database, lambda text: perception().embed_question(text), lambda text: perception().embed(text))

    def find(self, query: Query, look_embedder: str = "") -> Found:
        """Hits for a query; without text and looks, the newest items that its filters leave. Raises BadInput."""
        with self._database.read() as connection:
            wanted = [may_see(query.also), *conditions(query.filters), *lenient(query.meant)]
            if not query.text.strip() and not query.looks:
                return _browse(connection, query, [*wanted, *preferences(query.meant)])
            name, words = look_embedder, words_asked(query.text)
            ways = self._ways(connection, query, words, name)
            seen = _seen(connection, _fused([*ways.values(), *_preferred(connection, query, ways)]), wanted)
            is_cut = any(len(ranked) >= MOST[way] for way, ranked in ways.items())
            if is_cut and len(seen) < ENOUGH and (query.filters or query.meant):
                among = connection.scalars(sa.select(items.c.id).where(*wanted).limit(FEW + 1)).all()
                if len(among) <= FEW:
                    ways = self._ways(connection, query, words, name, among)
                    seen = _fused([*ways.values(), *_preferred(connection, query, ways)])
            return _page(connection, query, seen, ways)

    def keep_up(self, most: int = 64) -> int:
        """Makes vectors of passages that have none yet. Returns how many."""
        name, _ = self._told(" ")
        return embed_stale(self._database, self._told, name, most)

    def _keep_up(self, connection: sa.Connection, embedder: str) -> None:
        """The same, some of them, if anything changed since none was missing."""
        now = embedder, connection.scalar(sa.select(counters.c.value).where(counters.c.name == "change"))
        if now != self._kept_up and embed_stale(self._database, self._told, embedder) == 0:
            self._kept_up = now

    def _ways(
        self,
        connection: sa.Connection,
        query: Query,
        words: Sequence[str],
        look_embedder: str,
        among: Collection[str] | None = None,
    ) -> dict[str, dict[str, float]]:
        """For each way of finding, items, all or those `among`, and how well they fit, 0-1, the best first."""
        ways = self._said(connection, query, words, among) if words else {}
        if query.looks and "looks" in query.ways:
            cosines = self._meanings.by_look(look_embedder, mean_of(query.looks), MOST["looks"], among)
            ways["looks"] = _counted(cosines, LOOKS[0] + (LOOKS[1] - LOOKS[0]) * query.strictness, 1.0)
        return ways

    def _said(
        self, connection: sa.Connection, query: Query, words: Sequence[str], among: Collection[str] | None
    ) -> dict[str, dict[str, float]]:
        """By words and by meaning; by neither when the best of both is not good enough."""
        shares = by_words(connection, self._database, words, among) if "words" in query.ways else {}
        cosines, mean, near = dict[str, float](), 0.0, 0.0
        if "meaning" in query.ways:
            name, vector = self._asked_before(query.text[:LONGEST_MEANT])
            self._keep_up(connection, name)
            mean, near = self._background.of(name, vector)
            cosines = self._meanings.by_meaning(name, vector, MOST["meaning"], among)
        best = max((_margin(one, shares, cosines, near) for one in shares.keys() | cosines.keys()), default=0.0)
        if best < BEST_MARGIN * query.strictness:
            return {}
        meanings = _counted(cosines, mean + LEAST_LIFT * query.strictness, mean + FULL_LIFT)
        return {"words": {one: share for one, share in shares.items() if share >= LEAST_SHARE}, "meaning": meanings}


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


def _preferred(
    connection: sa.Connection, query: Query, ways: Mapping[str, Mapping[str, float]]
) -> list[dict[str, float]]:
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


def _seen(connection: sa.Connection, ids: Sequence[str], wanted: Sequence[sa.ColumnElement[bool]]) -> list[str]:
    """Those that somebody may see and the filters leave, in their order."""
    left = set(connection.scalars(sa.select(items.c.id).where(items.c.id.in_(ids), *wanted)))
    return [item_id for item_id in ids if item_id in left]


def _page(
    connection: sa.Connection, query: Query, ids: Sequence[str], ways: Mapping[str, Mapping[str, float]]
) -> Found:
    begun = int(from_cursor(query.after)[0]) if query.after else 0
    page = ids[begun : begun + query.limit]
    by_id = {row["id"]: ItemHead(**row) for row in connection.execute(heads().where(items.c.id.in_(page))).mappings()}
    hits = [_hit(by_id[item_id], item_id, ways) for item_id in page if item_id in by_id]
    following = begun + query.limit
    return Found(
        hits=hits,
        facets=_facets(connection, item_facts.c.item_id.in_(ids)) if not begun else {},
        total=len(ids),
        next=to_cursor(str(following), "") if following < len(ids) else None,
    )


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
    some = sa.select(sa.literal(1)).select_from(items).where(*wanted).limit(COUNTED).subquery()
    count = connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    inside = item_facts.c.item_id.in_(sa.select(items.c.id).where(*wanted).limit(COUNTED))
    return Found(
        hits=[Hit(item=head, score=1.0, why={}) for head in rows[: query.limit]],
        facets={} if query.after else _facets(connection, inside),
        total=count,
        next=to_cursor(last.made_at, last.id) if last else None,
    )


def _facets(connection: sa.Connection, inside: sa.ColumnElement[bool]) -> dict[str, list[Facet]]:
    counted = (
        sa.select(item_facts.c.name, item_facts.c.text, sa.func.count().label("count"))
        .where(inside, item_facts.c.name.in_(FACETS))
        .group_by(item_facts.c.name, item_facts.c.text)
        .order_by(sa.desc("count"), item_facts.c.text)
    )
    facets: dict[str, list[Facet]] = {}
    for name, text, count in connection.execute(counted):
        several = facets.setdefault(name, [])
        if len(several) < MOST_FACETS:
            several.append(Facet(value=text, name=text, count=count))
    return facets
