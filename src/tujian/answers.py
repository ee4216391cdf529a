"""Stored answers: the same bytes under the same recipe are answered without looking again. req: A12, D7

Enters: a picture's sha256, a recipe, a record. Leaves: the record, after a restart too. Never by likeness: two
pictures that look alike are two pictures. Old answers go when the store grows over its limit.
"""

import datetime as dt
import json
import zlib
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from tujian.database import Database
from tujian.schema import answers

SLACK = 0.05  # of the limit may be written before the store's size is looked at again


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Answers:
    """The table `answers`, at most `limit_mb` of it (0: nothing is kept)."""

    def __init__(self, database: Database, limit_mb: int, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._database, self._limit_bytes, self._clock = database, limit_mb * 1_000_000, clock
        self._unchecked_bytes = self._limit_bytes  # nobody knows what earlier runs left: the first write looks

    def find(self, sha256: str, recipe: str) -> dict[str, Any] | None:
        """The stored record, or None when this picture was never answered by this recipe."""
        wanted = sa.select(answers.c.record).where(answers.c.sha256 == sha256, answers.c.recipe == recipe)
        with self._database.read() as connection:
            packed = connection.execute(wanted).scalar()
        return None if packed is None else json.loads(zlib.decompress(packed))

    def keep(self, sha256: str, recipe: str, record: dict[str, Any]) -> None:
        """Stores `record`; an answer that is there already stays."""
        if self._limit_bytes == 0:
            return
        packed = zlib.compress(json.dumps(record, ensure_ascii=False).encode(), 1)
        row = {"sha256": sha256, "recipe": recipe, "record": packed, "bytes_count": len(packed)}
        with self._database.write() as connection:
            made_at = self._clock().isoformat(timespec="microseconds")
            connection.execute(self._database.insert(answers).values(**row, made_at=made_at).on_conflict_do_nothing())
            self._unchecked_bytes += len(packed)
            if self._unchecked_bytes > SLACK * self._limit_bytes:
                self._prune(connection)
                self._unchecked_bytes = 0

    def _prune(self, connection: sa.Connection) -> None:
        """Deletes the oldest answers beyond the limit."""
        running = sa.func.sum(answers.c.bytes_count).over(order_by=[answers.c.made_at.desc(), answers.c.sha256])
        aged = sa.select(answers.c.sha256, answers.c.recipe, running.label("running")).subquery()
        over = sa.select(aged.c.sha256, aged.c.recipe).where(aged.c.running > self._limit_bytes)
        connection.execute(sa.delete(answers).where(sa.tuple_(answers.c.sha256, answers.c.recipe).in_(over)))
