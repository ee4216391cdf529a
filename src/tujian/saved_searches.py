"""Searches that somebody kept under a name. req: D8, E6

Enters: a question as it was asked, a name. Leaves: the same, listed, changed, forgotten. A name is one search's.
Does not know: what is found, HTTP, addresses of pages. That hidden items be shown is not kept: who opens it asks again.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import Field, ValidationError, field_validator

from tujian.answers import utc_now
from tujian.database import Database
from tujian.errors import AlreadyThere, BadInput, NotFound, TujianError
from tujian.filter_words import read_filter
from tujian.filters import Filter
from tujian.folding import printable
from tujian.likeness import parse_region
from tujian.records import Strict
from tujian.schema import saved_searches

LONGEST_NAME = 80
MOST = 500  # kept together: they are listed whole


class Question(Strict):
    """What was asked; `filters` are written as in addresses: price:..200, colour:!black."""

    room: Literal["search", "catalogue"] = Field("search", description="the page that it was asked on")
    text: str = Field("", max_length=2000)
    strictness: float = Field(0.5, ge=0, le=1)
    dropped: tuple[str, ...] = Field((), max_length=50, description="parts of the sentence that shall be no filters")
    filters: tuple[str, ...] = Field((), max_length=50)
    plain: bool = Field(False, description="the text as words only")
    like: str = Field("", max_length=32, description="id of an item that hits look like")
    picture: int = Field(0, ge=0, le=1000, description="which of its pictures")
    region: str = Field("", max_length=60, description="of that picture: x1,y1,x2,y2 of 0-1000")

    @field_validator("filters")
    @classmethod
    def _are_filters(cls, written: tuple[str, ...]) -> tuple[str, ...]:
        _told(lambda: [*map(read_filter, written)])
        return written

    @field_validator("region")
    @classmethod
    def _is_region(cls, typed: str) -> str:
        _told(lambda: parse_region(typed))
        return typed

    @property
    def read(self) -> tuple[Filter, ...]:
        return tuple(map(read_filter, self.filters))

    @property
    def is_nothing(self) -> bool:
        return not (self.text.strip() or self.filters or self.like)


class SavedSearch(Strict):
    """A search under its name."""

    id: str
    name: str
    search: Question
    who: str
    made_at: str
    changed_at: str


class SavedSearches:
    """The table `saved_searches`. Threads and processes share it."""

    def __init__(self, database: Database, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._database, self._clock = database, clock

    def list(self) -> Sequence[SavedSearch]:
        """All, the last changed first."""
        newest = sa.select(saved_searches).order_by(saved_searches.c.changed_at.desc(), saved_searches.c.id)
        with self._database.read() as connection:
            return [SavedSearch(**row) for row in connection.execute(newest.limit(MOST)).mappings()]

    def get(self, search_id: str) -> SavedSearch:
        """By its id, or by its name. Raises NotFound."""
        own = sa.or_(saved_searches.c.id == search_id, saved_searches.c.name == search_id)
        with self._database.read() as connection:
            row = connection.execute(sa.select(saved_searches).where(own)).mappings().first()
        if row is None:
            raise _no_such(search_id)
        return SavedSearch(**row)

    def keep(self, name: str, search: Question, who: str) -> SavedSearch:
        """Raises AlreadyThere when the name is taken, BadInput for no name, nothing to keep, or too many."""
        if search.is_nothing:
            raise _nothing()
        now = self._now()
        told = {"id": uuid.uuid4().hex, "name": _name(name), "who": printable(who)[:200]}
        row: dict[str, Any] = told | {"search": search.model_dump(mode="json"), "made_at": now, "changed_at": now}
        with self._database.write(durable=True) as connection:
            self._check_free(connection, row["name"])
            if (connection.scalar(sa.select(sa.func.count()).select_from(saved_searches)) or 0) >= MOST:
                raise _too_many()
            connection.execute(sa.insert(saved_searches).values(**row))
        return SavedSearch(**row)

    def change(self, search_id: str, *, name: str | None = None, search: Question | None = None) -> SavedSearch:
        """Another name, or another question. Raises NotFound, AlreadyThere, BadInput."""
        if search is not None and search.is_nothing:
            raise _nothing()
        change: dict[str, Any] = {"changed_at": self._now()}
        change |= {"name": _name(name)} if name is not None else {}
        change |= {"search": search.model_dump(mode="json")} if search is not None else {}
        with self._database.write(durable=True) as connection:
            if name is not None:
                self._check_free(connection, change["name"], but=search_id)
            own = saved_searches.c.id == search_id
            if not connection.execute(sa.update(saved_searches).where(own).values(**change)).rowcount:
                raise _no_such(search_id)
        return self.get(search_id)

    def forget(self, search_id: str) -> None:
        """Raises NotFound."""
        with self._database.write(durable=True) as connection:
            own = saved_searches.c.id == search_id
            if not connection.execute(sa.delete(saved_searches).where(own)).rowcount:
                raise _no_such(search_id)

    def _check_free(self, connection: sa.Connection, name: str, but: str = "") -> None:
        self._database.alone_with(connection, "saved_searches")
        taken = sa.select(saved_searches.c.id).where(saved_searches.c.name == name, saved_searches.c.id != but)
        if connection.scalar(taken) is not None:
            raise _taken(name)

    def _now(self) -> str:
        return self._clock().isoformat(timespec="microseconds")


def question_of(**asked: object) -> Question:
    """Raises BadInput for what cannot be asked."""
    try:
        return Question.model_validate(asked)
    except ValidationError as error:
        first = error.errors()[0]
        where, why = ".".join(map(str, first["loc"])), first["msg"]
        raise BadInput(
            zh=(f"这个搜索没法保存：{where} {why}。", "请改正后再存。"),
            en=(f"That search cannot be kept: {where} {why}.", "Correct it and save again."),
        ) from error


def _told(read: Callable[[], object]) -> None:
    try:
        read()
    except TujianError as error:  # pydantic tells a ValueError as the field's
        raise ValueError(str(error)) from error


def _name(name: str) -> str:
    shown = " ".join(printable(name).split())
    if not shown or len(shown) > LONGEST_NAME:
        raise BadInput(
            zh=(
                "保存的搜索要有名字。" if not shown else f"名字有 {len(shown)} 字，太长了。",
                f"最多 {LONGEST_NAME} 字。",
            ),
            en=(
                "A saved search needs a name." if not shown else f"The name has {len(shown)} characters.",
                f"{LONGEST_NAME} at most.",
            ),
        )
    return shown


def _nothing() -> BadInput:
    return BadInput(
        zh=("没有可以保存的搜索。", "请先说要找什么，或选一个条件。"),
        en=("There is no search to keep.", "Say what you look for, or choose a filter, first."),
    )


def _taken(name: str) -> AlreadyThere:
    return AlreadyThere(
        zh=(f"已经有一个叫 {name!r} 的搜索。", "请换个名字，或先删除那一个。"),
        en=(f"There is a search {name!r} already.", "Use another name, or delete that one first."),
    )


def _no_such(search_id: str) -> NotFound:
    shown = printable(search_id)[:80]
    return NotFound(
        zh=(f"没有保存过 {shown!r} 这个搜索。", "tujian searches 列出保存的。"),
        en=(f"No search {shown!r} is kept.", "tujian searches lists those that are."),
    )


def _too_many() -> BadInput:
    return BadInput(
        zh=(f"保存的搜索已有 {MOST} 个。", "请先删除不用的。"),
        en=(f"{MOST} searches are kept already.", "Delete some first."),
    )
