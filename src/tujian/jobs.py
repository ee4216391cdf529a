"""The ledger of work: what is to be done, who does it, till when, and what came of it. req: A15, B12, C7

Enters: jobs by kind and payload. Leaves: claims, each with a token, and results. Does not know what jobs do.

    todo ─ claim ─▶ doing ─ finish ─▶ done
      ▲               ├─ fail, lease expired: again later, with back-off
      └───────────────┘                    └─ after 5 tries ─▶ dead            cancel: todo, doing ─▶ cancelled

The token counts claims. Who holds an older one, because the lease ran out or the job was cancelled, may not finish:
result, state and what the job made are one transaction, and that one is refused. So a job may run twice, after a
worker was lost, but counts once.
"""

import datetime as dt
import random
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from tujian.answers import utc_now
from tujian.database import Database
from tujian.errors import LeaseLost, Stopped, TujianError
from tujian.schema import DOING, TODO, batches, jobs

MOST_TRIES = 5
BACK_OFF_S, LONGEST_BACK_OFF_S = 2.0, 600.0
LEASE_S = 60.0
PRIORITY = {"high": 0, "normal": 10, "low": 20}
OPEN = ("todo", "doing")
WAITS_FOR_A_WORD = 1e12  # due after a trial, when somebody says go on: some 30,000 years from now
AT_ONCE = 500  # rows an insert: SQLite takes 32,766 values a statement


@dataclass(frozen=True, slots=True)
class NewJob:
    """Work to be queued. The same `key` is never queued twice; one that died or was cancelled is taken up again."""

    kind: str
    key: str
    payload: dict[str, Any]
    priority: int = PRIORITY["normal"]
    batch_id: str | None = None
    due_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Claimed:
    """A job in a worker's hands. Only this `token` may finish it."""

    id: int
    token: int
    kind: str
    payload: dict[str, Any]
    batch_id: str | None
    tries: int


# statements are built once: building one takes SQLAlchemy longer than running it takes SQLite
_OWN = sa.update(jobs).where(jobs.c.id == sa.bindparam("job"), jobs.c.token == sa.bindparam("held_token"), DOING)


@cache
def _claim(kinds: tuple[str, ...]) -> sa.Update:
    next_one = (
        sa.select(jobs.c.id)
        .where(TODO, jobs.c.due_s <= sa.bindparam("now"), sa.or_(*(jobs.c.kind == kind for kind in kinds)))
        .order_by(jobs.c.priority, jobs.c.id)
        .limit(sa.literal_column("1"))
        .with_for_update(skip_locked=True)  # SQLite, where one writes at a time, leaves it out
    )
    taken = {"token": jobs.c.token + 1, "tries": jobs.c.tries + 1}
    return (
        sa.update(jobs)
        .where(jobs.c.id == next_one.scalar_subquery())
        .values(state="doing", worker=sa.bindparam("by"), lease_s=sa.bindparam("until"), **taken)
        .returning(jobs.c.id, jobs.c.token, jobs.c.kind, jobs.c.payload, jobs.c.batch_id, jobs.c.tries)
    )


@cache
def _queue(insert_into: Callable[[sa.Table], Any]) -> sa.Insert:
    insert = insert_into(jobs)
    ended = sa.text("jobs.state in ('dead', 'cancelled')")  # spelled out: parameters that expand allow one row only
    columns = ("payload", "batch_id", "state", "is_held", "priority", "due_s", "tries", "made_s")
    anew = {name: insert.excluded[name] for name in columns} | {"trouble": sa.null(), "ended_s": sa.null()}
    return insert.on_conflict_do_update(index_elements=["key"], set_=anew, where=ended).returning(jobs.c.id)


class Jobs:
    """The table `jobs`. Threads and processes share it."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], dt.datetime] = utc_now,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self.database, self._clock, self._dice = database, clock, dice

    def put(self, new: Iterable[NewJob], within: sa.Connection | None = None) -> int:
        """Queues jobs; returns how many were not there before. Raises Stopped when the batch of one has ended."""
        count = 0
        with self.database.write(within) as connection:
            for some in _chunks(new, AT_ONCE):
                paused = hold_open(connection, {job.batch_id for job in some if job.batch_id})
                once = {job.key: job for job in some}.values()  # PostgreSQL refuses a key twice in one statement
                rows = [self._row(job, job.batch_id in paused) for job in once]
                count += len(connection.execute(_queue(self.database.insert), rows).all())
        return count

    def claim(self, worker: str, kinds: Collection[str], lease_s: float = LEASE_S) -> Claimed | None:
        """The next job of these kinds: the most urgent, of equally urgent ones the oldest. None when there is none."""
        now = self._now()
        asked = {"now": now, "by": worker, "until": now + lease_s}
        with self.database.write() as connection:
            row = connection.execute(_claim(tuple(sorted(kinds))), asked).mappings().one_or_none()
        return None if row is None else Claimed(**row)

    def beat(self, claims: Collection[Claimed], lease_s: float = LEASE_S) -> list[Claimed]:
        """Renews leases; returns the claims that do not hold any more."""
        with self.database.write() as connection:
            until = {"lease_s": self._now() + lease_s}
            return [c for c in claims if not connection.execute(_own(c).values(until)).rowcount]

    def finish(
        self, claimed: Claimed, elapsed_ms: float, keep: Callable[[sa.Connection], dict[str, Any]]
    ) -> dict[str, Any]:
        """Done: what `keep` writes, its result and the job's state are one transaction. Raises LeaseLost."""
        ended = {"state": "done", "ended_s": self._now(), "elapsed_ms": elapsed_ms, "lease_s": None, "trouble": None}
        with self.database.write() as connection:
            result = keep(connection)
            held = {"job": claimed.id, "held_token": claimed.token}
            if not connection.execute(_OWN, {**held, **ended, "result": result}).rowcount:
                raise lease_lost()  # and what `keep` wrote goes with the transaction
        return result

    def fail(self, claimed: Claimed, error: TujianError, *, is_hopeless: bool = False) -> None:
        """It went wrong: again later, or never. Raises LeaseLost."""
        with self.database.write() as connection:
            self._again(connection, claimed, told(error), claimed.tries, is_hopeless)

    def give_back(self, claimed: Claimed, after_s: float = 0.0) -> None:
        """The worker stops, or there was no room: the try does not count. Raises LeaseLost."""
        back = {"state": "todo", "tries": claimed.tries - 1, "due_s": self._now() + after_s, "lease_s": None}
        with self.database.write() as connection:
            if not connection.execute(_own(claimed).values(back)).rowcount:
                raise lease_lost()

    def requeue_expired(self) -> int:
        """Jobs whose worker was lost go back, or die after too many tries. Returns how many."""
        lost = sa.select(jobs).where(DOING, jobs.c.lease_s < self._now())
        with self.database.read() as connection:
            if connection.execute(lost.limit(1)).first() is None:
                return 0
        with self.database.write() as connection:
            rows = connection.execute(lost.with_for_update(skip_locked=True)).all()
            for row in rows:
                claimed = Claimed(row.id, row.token, row.kind, row.payload, row.batch_id, row.tries)
                self._again(connection, claimed, told(_worker_lost()), row.tries, False)
        return len(rows)

    def _again(
        self, connection: sa.Connection, claimed: Claimed, trouble: dict[str, Any], tries: int, is_hopeless: bool
    ) -> None:
        now = self._now()
        if is_hopeless or tries >= MOST_TRIES:
            after: dict[str, Any] = {"state": "dead", "ended_s": now}
        else:
            after = {"state": "todo", "due_s": now + back_off_s(tries, self._dice())}
        if not connection.execute(_own(claimed).values(**after, lease_s=None, trouble=trouble)).rowcount:
            raise lease_lost()

    def _row(self, job: NewJob, is_paused: bool) -> dict[str, Any]:
        return {
            "key": job.key,
            "kind": job.kind,
            "payload": job.payload,
            "batch_id": job.batch_id,
            "state": "todo",
            "is_held": is_paused or job.due_s >= WAITS_FOR_A_WORD,
            "priority": job.priority,
            "due_s": job.due_s,
            "tries": 0,
            "token": 0,
            "made_s": self._now(),
        }

    def _now(self) -> float:
        return self._clock().timestamp()


def back_off_s(tries: int, dice: float) -> float:
    """Doubled each time, and spread by half of it, so that many that failed together do not come back together.

    >>> [back_off_s(tries, 0.5) for tries in (1, 2, 3, 4, 20)]
    [2.0, 4.0, 8.0, 16.0, 600.0]
    """
    return min(LONGEST_BACK_OFF_S, BACK_OFF_S * 2 ** (tries - 1)) * (0.5 + dice)


def told(error: TujianError) -> dict[str, Any]:
    """An error as it is kept: its type, and what happened and what to do in both languages."""
    return {"type": type(error).__name__, "zh": list(error.zh), "en": list(error.en)}


def lease_lost() -> LeaseLost:
    return LeaseLost(
        zh=("任务已被取消或交给了别的进程，这次的结果不算。", "不用做什么；接手的进程会完成它。"),
        en=(
            "The job was cancelled or is another worker's by now; this result does not count.",
            "Nothing is to be done.",
        ),
    )


def _worker_lost() -> LeaseLost:
    return LeaseLost(
        zh=("处理它的进程中断了。", "会自动再试；反复如此请看那台机器的内存和日志。"),
        en=("Its worker was lost.", "It is tried again; if it recurs, look at that machine's memory and log."),
    )


def _own(claimed: Claimed) -> sa.Update:
    held = sa.and_(jobs.c.id == claimed.id, jobs.c.token == claimed.token, jobs.c.state == "doing")
    return sa.update(jobs).where(held)


def hold_open(connection: sa.Connection, batch_ids: Collection[str]) -> set[str]:
    """Those of the batches that are paused. None of them ends before the transaction does. Raises Stopped for one that
    has ended: what was cancelled takes no more. Hours are looked after later (`Batches.look_after`)."""
    if not batch_ids:
        return set()
    asked = sa.select(batches.c.id, batches.c.is_paused, batches.c.ended_at).where(batches.c.id.in_(batch_ids))
    found = connection.execute(asked.with_for_update(read=True)).all()  # who ends one waits; on SQLite it does anyway
    if any(batch.ended_at is not None for batch in found):
        raise Stopped
    return {batch.id for batch in found if batch.is_paused}


def _chunks(new: Iterable[NewJob], size: int) -> Iterable[Sequence[NewJob]]:
    chunk: list[NewJob] = []
    for job in new:
        chunk.append(job)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
