"""What is in the catalogue, counted: kinds, categories, brands, colours, months, imports and their speed, room used.

Enters: a database. Leaves: an Overview of what everybody may see. Does not know words, pages, who asks. Everything is
summed in SQL: no item is loaded. req: C1
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tujian.answers import utc_now
from tujian.catalogue.reviewing import count_concerns
from tujian.concerns import Reason
from tujian.database import Database
from tujian.errors import StoreFailed
from tujian.schema import batches, item_facts, items, jobs, pictures

MOST_SHOWN = 12  # categories, brands
MOST_BATCHES = 12
UNSURE = 0.6  # a value less sure than this is a guess
MOST_MONTHS = 36  # of more, years are shown
_UNSEEN = sa.select(items.c.id).where(items.c.visibility != "shown")


@dataclass(frozen=True, slots=True)
class Counted:
    """A value that items share, as facts are kept, and how many do."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Imported:
    """A batch that is over or goes on: what came of it, and how quickly."""

    name: str
    made_at: str
    done: int
    dead: int
    left: int
    elapsed_s: float

    @property
    def per_minute(self) -> float:
        return 60 * self.done / self.elapsed_s if self.elapsed_s else 0.0


@dataclass(frozen=True, slots=True)
class Overview:
    kinds: Mapping[str, int]
    categories: Sequence[Counted]
    brands: Sequence[Counted]
    brands_count: int
    colours: Sequence[Counted]
    times: Sequence[Counted]  # 2026-05; 2026 where they are many
    imports: Sequence[Imported]  # the newest first
    waiting: Mapping[Reason, int]  # by reason: items that a person should look at
    pictures_count: int
    pictures_bytes: int
    kept_bytes: int

    @property
    def items_count(self) -> int:
        return sum(self.kinds.values())


def take_overview(database: Database, now: dt.datetime | None = None) -> Overview:
    with database.read() as connection:
        kinds = sa.select(items.c.kind, sa.func.count()).where(items.c.visibility == "shown").group_by(items.c.kind)
        kept = sa.func.sum(sa.case((pictures.c.is_kept, pictures.c.bytes_count), else_=0))
        sizes = sa.select(sa.func.count(), sa.func.sum(pictures.c.bytes_count), kept).select_from(pictures)
        pictures_count, pictures_bytes, kept_bytes = connection.execute(sizes).one()
        return Overview(
            {kind: count for kind, count in connection.execute(kinds)},
            _top(connection, "category", MOST_SHOWN),
            _top(connection, "brand", MOST_SHOWN),
            _different(connection, "brand"),
            _top(connection, "colour", MOST_SHOWN),
            _times(connection),
            _imports(connection, now or utc_now()),
            count_concerns(connection, ()),
            pictures_count,
            int(pictures_bytes or 0),
            int(kept_bytes or 0),
        )


def holds_nothing(database: Database) -> bool:
    """Whether there is no item at all, whoever may see it. Of a database that does not answer nobody knows: False."""
    try:
        with database.read() as connection:
            return connection.scalar(sa.select(items.c.id).limit(1)) is None
    except StoreFailed:
        return False


def _top(connection: sa.Connection, name: str, most: int) -> list[Counted]:
    count = sa.func.count().label("count")
    found = (
        sa.select(item_facts.c.text, count)
        .where(item_facts.c.name == name, item_facts.c.item_id.not_in(_UNSEEN))
        .group_by(item_facts.c.text)
        .order_by(sa.desc("count"), item_facts.c.text)
        .limit(most)
    )
    return [Counted(*row) for row in connection.execute(found)]


def _different(connection: sa.Connection, name: str) -> int:
    different = sa.select(sa.func.count(item_facts.c.text.distinct())).where(
        item_facts.c.name == name, item_facts.c.item_id.not_in(_UNSEEN)
    )
    return connection.scalar(different) or 0


def _times(connection: sa.Connection) -> list[Counted]:
    """Items by the month in which they were taken or came; by the year where the months are many."""
    month = sa.func.substr(item_facts.c.text, 1, 7).label("month")
    found = (
        sa.select(month, sa.func.count())
        .where(item_facts.c.name == "date", item_facts.c.item_id.not_in(_UNSEEN))
        .group_by(month)
        .order_by(month)
    )
    months = [Counted(*row) for row in connection.execute(found)]
    if not months:
        return []
    span = _months_between(months[0].text, months[-1].text)
    return _whole(months, span) if span and len(span) <= MOST_MONTHS else _by_year(months)


def _months_between(first: str, last: str) -> list[str]:
    """Every month from one to another; none where one of them is no month.

    >>> _months_between("2025-11", "2026-01")
    ['2025-11', '2025-12', '2026-01']
    """
    try:
        begun, ended = (int(text[:4]) * 12 + int(text[5:7]) - 1 for text in (first, last))
    except ValueError:
        return []
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(begun, ended + 1)[: MOST_MONTHS + 1]]


def _whole(months: Sequence[Counted], span: Sequence[str]) -> list[Counted]:
    """With the months in which nothing was."""
    counts = {one.text: one.count for one in months}
    return [Counted(month, counts.get(month, 0)) for month in span]


def _by_year(months: Sequence[Counted]) -> list[Counted]:
    counts: dict[str, int] = {}
    for one in months:
        counts[one.text[:4]] = counts.get(one.text[:4], 0) + one.count
    return [Counted(year, count) for year, count in counts.items()]


def _imports(connection: sa.Connection, now: dt.datetime) -> list[Imported]:
    newest = (
        sa.select(batches.c.id, batches.c.name, batches.c.made_at, batches.c.ended_at)
        .order_by(batches.c.made_at.desc(), batches.c.id)
        .limit(MOST_BATCHES)
    )
    rows = connection.execute(newest).all()
    states = (
        sa.select(jobs.c.batch_id, jobs.c.state, sa.func.count(), sa.func.max(jobs.c.ended_s))
        .where(jobs.c.batch_id.in_([row.id for row in rows]))
        .group_by(jobs.c.batch_id, jobs.c.state)
    )
    counted: dict[str, dict[str, tuple[int, float | None]]] = {}
    for batch_id, state, count, ended_s in connection.execute(states):
        counted.setdefault(batch_id, {})[state] = count, ended_s
    return [_imported(row, counted.get(row.id, {}), now) for row in rows]


def _imported(
    row: sa.Row[Any, Any, Any, Any], by_state: Mapping[str, tuple[int, float | None]], now: dt.datetime
) -> Imported:
    left = sum(by_state.get(state, (0, None))[0] for state in ("todo", "doing"))
    begun_s = dt.datetime.fromisoformat(row.made_at).timestamp()
    ends = [ended_s for _, ended_s in by_state.values() if ended_s]
    ended_s = now.timestamp() if left else max(ends, default=begun_s)
    done, dead = (by_state.get(state, (0, None))[0] for state in ("done", "dead"))
    return Imported(row.name, row.made_at, done, dead, left, max(0.0, ended_s - begun_s))
