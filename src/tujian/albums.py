"""The album: photos by the day they were taken, from any date on; by place, by category; and what is locked away.

Enters: which photos (a place, a category, the locked ones), from which month on, a cursor. Leaves: photos with their
dates, months and groups with counts. Those without a date come last. Hidden and sensitive photos are nowhere here but
in what is locked away. Does not know: pages, HTTP, whether the lock is open. req: E6, E9
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from tujian.catalogue.indexing import fact_text
from tujian.catalogue.nouns import LOCKED, ItemHead, from_cursor, to_cursor
from tujian.catalogue.reading import heads, may_see
from tujian.database import Database
from tujian.records import Strict
from tujian.schema import item_facts, item_pictures, item_values, items, pictures

By = Literal["place", "category"]
FACTS: dict[By, str] = {"place": "place", "category": "category_name"}
UNDATED = "none"
AFTER_ALL = "\x7f"  # after every date in the order of texts
_TAKEN = sa.and_(item_facts.c.item_id == items.c.id, item_facts.c.name == "taken")


class Photo(Strict):
    """A photo in the timeline; `taken` is YYYY-MM-DD or longer, "" where nobody knows."""

    item: ItemHead
    taken: str


class Stretch(Strict):
    """Photos, the latest first; `next` asks for those after them."""

    photos: list[Photo]
    next: str | None


class Month(Strict):
    """YYYY-MM and how many photos; "" counts those without a date."""

    month: str
    count: int


class Group(Strict):
    """Photos that share a place or a category, as one of them writes it; `value` asks for them."""

    value: str
    name: str
    count: int
    cover: str | None
    cover_width_px: int | None
    cover_height_px: int | None


@dataclass(frozen=True, slots=True)
class Which:
    """Which photos: of a place, of a category, or those that are locked away."""

    by: By | None = None
    value: str = ""
    is_locked: bool = False

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        seen = items.c.visibility.in_(LOCKED) if self.is_locked else may_see(())
        wanted = [items.c.kind == "photo", seen]
        if self.by:
            fact = sa.and_(item_facts.c.name == FACTS[self.by], item_facts.c.text == fact_text(self.value))
            wanted.append(items.c.id.in_(sa.select(item_facts.c.item_id).where(fact)))
        return wanted


class Album:
    def __init__(self, database: Database) -> None:
        self._database = database

    def stretch(self, which: Which = Which(), *, since: str = "", after: str = "", limit: int = 100) -> Stretch:
        """Photos from the month `since` back (YYYY-MM or UNDATED), or after a cursor. Raises BadInput."""
        begin = "" if since == UNDATED else f"{since}{AFTER_ALL}"
        taken, item_id = map(str, from_cursor(after)) if after else (begin, "")
        with self._database.read() as connection:
            found = _dated(connection, which, taken, item_id, limit + 1) if taken else []
            if len(found) <= limit:
                found += _undated(connection, which, "" if taken else item_id, limit + 1 - len(found))
        last = found[limit - 1] if len(found) > limit else None
        return Stretch(photos=found[:limit], next=to_cursor(last.taken, _place(last)) if last else None)

    def months(self, which: Which = Which()) -> list[Month]:
        """Every month that has photos, the latest first; those without a date last."""
        month = sa.func.substr(item_facts.c.text, 1, 7)
        counted = (
            sa.select(month, sa.func.count())
            .select_from(items.outerjoin(item_facts, _TAKEN))
            .where(*which.conditions())
            .group_by(month)
        )
        with self._database.read() as connection:
            counts: dict[str, int] = {text or "": count for text, count in connection.execute(counted)}
        return [Month(month=one, count=counts[one]) for one in sorted(counts, reverse=True)]

    def groups(self, by: By) -> list[Group]:
        """Places or categories, the one with most photos first, with a cover each."""
        fact, value = item_facts.alias("fact"), sa.func.min(items.c.id).label("item_id")
        grouped = (
            sa.select(fact.c.text, sa.func.count().label("photos"), value)
            .join_from(items, fact, fact.c.item_id == items.c.id)
            .where(*Which().conditions(), fact.c.name == FACTS[by])
            .group_by(fact.c.text)
            .subquery()
        )
        main = sa.and_(item_pictures.c.item_id == grouped.c.item_id, item_pictures.c.place == 0)
        told = sa.and_(item_values.c.item_id == grouped.c.item_id, item_values.c.field == by)
        wanted = (
            sa.select(grouped.c.text, grouped.c.photos, item_values.c.value, pictures)
            .select_from(
                grouped.outerjoin(item_values, told)
                .outerjoin(item_pictures, main)
                .outerjoin(pictures, pictures.c.sha256 == item_pictures.c.sha256)
            )
            .order_by(grouped.c.photos.desc(), grouped.c.text)
        )
        with self._database.read() as connection:
            return [_group(row) for row in connection.execute(wanted)]

    def locked_count(self) -> int:
        """How many photos are locked away."""
        counted = sa.select(sa.func.count()).select_from(items).where(*Which(is_locked=True).conditions())
        with self._database.read() as connection:
            return connection.scalar(counted) or 0

    def beside(self, item_id: str) -> tuple[str | None, str | None]:
        """The photos before and after a shown one in the timeline."""
        with self._database.read() as connection:
            taken = connection.scalar(
                sa.select(item_facts.c.text).where(item_facts.c.item_id == item_id, item_facts.c.name == "taken")
            )
            if taken is None:
                return None, None
            own = sa.tuple_(item_facts.c.text, items.c.id)
            row, order = (taken, item_id), (item_facts.c.text, items.c.id)
            photos = sa.select(items.c.id).join_from(items, item_facts, _TAKEN).where(*Which().conditions())
            before = photos.where(own > row).order_by(*order).limit(1)
            after = photos.where(own < row).order_by(*(column.desc() for column in order)).limit(1)
            return connection.scalar(before), connection.scalar(after)


def _dated(connection: sa.Connection, which: Which, taken: str, item_id: str, limit: int) -> list[Photo]:
    wanted = (
        heads()
        .add_columns(item_facts.c.text)
        .join(item_facts, _TAKEN)
        .where(*which.conditions(), sa.tuple_(item_facts.c.text, items.c.id) < (taken, item_id))
        .order_by(item_facts.c.text.desc(), items.c.id.desc())
        .limit(limit)
    )
    return [_photo(row) for row in connection.execute(wanted).mappings()]


def _undated(connection: sa.Connection, which: Which, after: str, limit: int) -> list[Photo]:
    """By when they were added, the newest first; `after` is such a moment and an id."""
    wanted = heads().where(*which.conditions(), ~sa.exists().where(_TAKEN))
    if after:
        wanted = wanted.where(sa.tuple_(items.c.made_at, items.c.id) < tuple(after.split(" ", 1)))
    wanted = wanted.order_by(items.c.made_at.desc(), items.c.id.desc()).limit(limit)
    return [_photo({**row, "text": ""}) for row in connection.execute(wanted).mappings()]


def _place(photo: Photo) -> str:
    return photo.item.id if photo.taken else f"{photo.item.made_at} {photo.item.id}"


def _photo(row: Any) -> Photo:  # noqa: ANN401 - a row's mapping
    return Photo(item=ItemHead(**{name: row[name] for name in ItemHead.model_fields}), taken=row["text"])


def _group(row: sa.Row[Any]) -> Group:
    name = row.value if isinstance(row.value, str) else row.text
    size = {"cover": row.sha256, "cover_width_px": row.width_px, "cover_height_px": row.height_px}
    return Group(value=row.text, name=name, count=row.photos, **size)


def months_of(photos: Sequence[Photo]) -> list[tuple[str, list[Photo]]]:
    """Photos in their order, by month."""
    found: list[tuple[str, list[Photo]]] = []
    for photo in photos:
        month = photo.taken[:7]
        if not found or found[-1][0] != month:
            found.append((month, []))
        found[-1][1].append(photo)
    return found
