"""The reviews: what waits, a page of it, one case with all that is shown beside it, and decisions on whole items.

Enters: a catalogue, which reason, a cursor. Leaves: cases. What a field is, a person says by `Catalogue.edit`; here is
only what is about an item as a whole. Does not know: pages, HTTP. req: F1, F2, F6
"""

import datetime as dt

import sqlalchemy as sa
from pydantic import Field

from tujian.answers import utc_now
from tujian.catalogue import Catalogue, Item
from tujian.catalogue.changing import By
from tujian.catalogue.nouns import Also, from_cursor, to_cursor
from tujian.catalogue.reviewing import (
    SAMPLED,
    count_concerns,
    count_waiting,
    decide,
    draw,
    main_pictures,
    queue,
    sampled,
)
from tujian.concerns import Reason
from tujian.database import Database
from tujian.errors import StoreFailed
from tujian.records import Record, Strict

MOST_LISTED = 200


class Case(Strict):
    """One thing to look at: a field of an item, or with the field "" the item itself."""

    item: str
    field: str
    reason: Reason
    record: int = Field(description="number of the record that it is about")
    picture: str | None = Field(default=None, description="sha256 of the item's main picture")
    cursor: str = Field(description="`after` this come the next ones")


class Queue(Strict):
    """What waits, the worst first."""

    counts: dict[Reason, int]
    cases: list[Case]
    next: str | None = None


class Reviews:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._drawn = dict[frozenset[str], tuple[dt.date, list[str]]]()  # by what else may be seen

    def queue(
        self, reason: Reason | None = None, *, after: str = "", limit: int = 50, also: Also = (), day: dt.date
    ) -> Queue:
        """A page of what waits; the random sample of `day` is the reason `sample`. Raises BadInput for a cursor."""
        with self._catalogue.database.read() as connection:
            counts = count_concerns(connection, also)
            sample = sampled(connection, day, self._draw(connection, day, also), also)
            if reason == "sample":
                begun = from_cursor(after, 4)[0] if after else -1
                rows = [row for row in sample if row["weight"] > (begun if isinstance(begun, int) else -1)][: limit + 1]
            else:
                rows = queue(connection, reason, after, limit + 1, also)
            covers = main_pictures(connection, [row["item_id"] for row in rows])
        cases = [_case(dict(row), covers) for row in rows]
        if sample:
            counts["sample"] = len(sample)
        return Queue(counts=counts, cases=cases[:limit], next=cases[limit - 1].cursor if len(cases) > limit else None)

    def _draw(self, connection: sa.Connection, day: dt.date, also: Also) -> list[str]:
        """Once a day, and again as long as there are too few."""
        seen = frozenset(also)
        drawn_on, drawn = self._drawn.get(seen, (None, []))
        if drawn_on != day or len(drawn) < SAMPLED:
            drawn = draw(connection, day, also)
            self._drawn[seen] = day, drawn
        return drawn

    def counts(self, *, also: Also = ()) -> dict[Reason, int]:
        """How much waits, by reason."""
        with self._catalogue.database.read() as connection:
            return count_concerns(connection, also)

    def shown(self, case: Case, *, also: Also = ()) -> tuple[Item, Record]:
        """The item, and the record that the case is about. Raises NotFound."""
        return self._catalogue.get(case.item, also=also), self._catalogue.record(case.item, case.record, also=also)

    def decide(self, item_id: str, reason: Reason, *, who: str, also: Also = (), is_decided: bool = True) -> None:
        """Somebody has looked at what is about the whole item; or takes that back. Raises NotFound, StoreFailed."""
        by = By(who, utc_now().isoformat(timespec="microseconds"))
        with self._catalogue.database.write(durable=True) as connection:
            decide(connection, item_id, reason, by, also, is_decided=is_decided)


def count_doubts(database: Database, most: int) -> int:
    """How much waits for anybody, counted to `most` and no further: every page asks.

    A database that does not answer has none to tell: the pages that need nothing of it are shown all the same.
    """
    try:
        with database.read() as connection:
            return count_waiting(connection, most)
    except StoreFailed:
        return 0


def _case(row: dict[str, object], covers: dict[str, str]) -> Case:
    item_id = str(row["item_id"])
    parts = (int(str(row["weight"])), item_id, str(row["field"]), str(row["reason"]))
    named = {"item": item_id, "field": row["field"], "reason": row["reason"], "record": row["record_number"]}
    return Case.model_validate({**named, "picture": covers.get(item_id), "cursor": to_cursor(*parts)})
