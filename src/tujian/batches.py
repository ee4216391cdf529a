"""Batches: jobs that belong together. Paused, resumed, cancelled; how far they are, and how long the rest takes.

Enters: who wants what done, between which hours, and whom to tell. Leaves: progress; an event in the outbox when one
ends. Does not know what the jobs do. `look_after` does what nobody is asked for: it holds what is paused or outside
its hours, and ends what is done; every worker calls it now and then.
"""

import datetime as dt
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import Field

from tujian.answers import utc_now
from tujian.catalogue.pending import count_pending
from tujian.errors import BadInput, NotFound
from tujian.estimates import Estimate, time_left
from tujian.folding import printable
from tujian.jobs import OPEN, PRIORITY, WAITS_FOR_A_WORD, Jobs, NewJob
from tujian.records import Strict
from tujian.schema import audit, batches, jobs, outbox

State = Literal["running", "trial_done", "paused", "outside_hours", "ended", "cancelled"]
RECENT = 200  # durations an estimate goes by: the machine may be busier now than it was
MOST_TROUBLES = 20
HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
SHORTEST_SECRET = 16  # characters


@dataclass(frozen=True, slots=True)
class NewBatch:
    """What is to be done. `hours` such as "22:00-06:30", local time; a `webhook_url` is told when it ends."""

    kind: str
    who: str
    name: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    hours: str = ""
    webhook_url: str | None = None
    webhook_secret: str | None = None
    is_whole: bool = True
    source_id: str | None = None


class DeadJob(Strict):
    """A job that will not be tried again, and why."""

    payload: dict[str, Any]
    type: str
    message: str
    remedy: str


class Progress(Strict):
    """How far a batch is."""

    id: str
    kind: str
    name: str
    state: State
    counts: dict[str, int] = Field(description="jobs by state: todo, doing, done, dead, cancelled")
    estimate: Estimate | None = Field(description="for the rest, once five jobs are done")
    pending: int = Field(default=0, description="items it brought that nobody has looked at yet: they are not shown")
    troubles: list[DeadJob] = Field(description=f"the first {MOST_TROUBLES} that died")
    made_at: str
    ended_at: str | None


class Batches:
    """The table `batches` and its jobs."""

    def __init__(self, jobs_: Jobs, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self.jobs, self._database, self._clock = jobs_, jobs_.database, clock

    def begin(self, new: NewBatch, within: sa.Connection | None = None) -> str:
        """Its id. Raises BadInput for hours or a webhook that cannot be."""
        _check(new)
        batch_id = uuid.uuid4().hex
        names = ("kind", "who", "options", "hours", "webhook_url", "webhook_secret", "is_whole", "source_id")
        row = {name: getattr(new, name) for name in names}
        with self._database.write(within, durable=True) as connection:
            connection.execute(
                sa.insert(batches).values(
                    id=batch_id, name=printable(new.name), is_paused=False, made_at=self._now(), **row
                )
            )
        return batch_id

    def reopen(self, batch_id: str, within: sa.Connection) -> bool:
        """More will be queued, and it does not end before it is closed again. False when it has ended."""
        unended = sa.and_(batches.c.id == batch_id, batches.c.ended_at.is_(None))
        return bool(within.execute(sa.update(batches).where(unended).values(is_whole=False)).rowcount)

    def close(self, batch_id: str) -> None:
        """All its jobs are queued: it ends with the last of them."""
        self._change(batch_id, is_whole=True)

    def pause(self, batch_id: str, *, who: str) -> Progress:
        """No job of it is begun; those begun are finished. Raises NotFound."""
        self._change(batch_id, is_paused=True)
        return self._told(batch_id, "pause", who)

    def resume(self, batch_id: str, *, who: str) -> Progress:
        """It goes on, after a trial too. Raises NotFound."""
        self._change(batch_id, is_paused=False)
        waiting = sa.and_(jobs.c.batch_id == batch_id, jobs.c.due_s >= WAITS_FOR_A_WORD)
        with self._database.write(durable=True) as connection:
            connection.execute(sa.update(jobs).where(waiting).values(due_s=0.0))
        return self._told(batch_id, "resume", who)

    def cancel(self, batch_id: str, *, who: str) -> Progress:
        """What is not done will not be done, not even what is being done now, and nothing is queued any more: it ends
        with this word. Raises NotFound."""
        still = sa.and_(jobs.c.batch_id == batch_id, jobs.c.state.in_(OPEN))
        gone = {"state": "cancelled", "ended_s": self._clock().timestamp(), "lease_s": None}
        with self._database.write(durable=True) as connection:
            batch = connection.execute(_locked(batch_id)).one_or_none()
            if batch is None:
                raise no_such_batch()
            connection.execute(sa.update(jobs).where(still).values(gone))
            if batch.ended_at is None:
                self._end(connection, batch)
        return self._told(batch_id, "cancel", who)

    def progress(self, batch_id: str, lang: str = "zh") -> Progress:
        """Raises NotFound."""
        with self._database.read() as connection:
            batch = connection.execute(sa.select(batches).where(batches.c.id == batch_id)).one_or_none()
            if batch is None:
                raise no_such_batch()
            counts = _counts(connection, batch_id)
            durations_s = _durations_s(connection, batch_id)
            troubles = _troubles(connection, batch_id, lang)
            waiting = connection.scalar(_waiting(batch_id)) or 0
        return Progress(
            id=batch_id,
            kind=batch.kind,
            name=batch.name,
            state=self._state(batch, counts, waiting),
            counts=counts,
            pending=count_pending(self._database, batch_id) if batch.kind == "import" else 0,
            estimate=time_left(durations_s, counts["todo"] + counts["doing"], max(1, counts["doing"])),
            troubles=troubles,
            made_at=batch.made_at,
            ended_at=batch.ended_at,
        )

    def told(self, batch_id: str, kind: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """What a batch of this kind was told at its beginning, and the result of its last job. Raises NotFound."""
        mine = sa.select(batches.c.options).where(batches.c.id == batch_id, batches.c.kind == kind)
        last = sa.select(jobs.c.result).where(jobs.c.batch_id == batch_id).order_by(jobs.c.id.desc()).limit(1)
        with self._database.read() as connection:
            options = connection.scalar(mine)
            result = connection.scalar(last)
        if options is None:
            raise no_such_batch()
        return options, result

    def look_after(self) -> None:
        """Holds what may not run now, lets go what may, ends what is done."""
        with self._database.read() as connection:
            unended = connection.execute(sa.select(batches).where(batches.c.ended_at.is_(None))).all()
            over = [batch for batch in unended if batch.is_whole and _is_over(connection, batch.id)]
            askew = [batch for batch in unended if connection.scalar(_askew(batch.id, self._is_held(batch)))]
        for batch in askew:
            with self._database.write() as connection:
                self._hold(connection, batch)
        for batch in over:
            with self._database.write() as connection:
                now = connection.execute(_locked(batch.id)).one()
                if now.ended_at is None and now.is_whole and _is_over(connection, batch.id):  # else it was gone on with
                    self._end(connection, now)

    def _change(self, batch_id: str, **values: object) -> None:
        changed = sa.update(batches).where(batches.c.id == batch_id).values(values).returning(*batches.c)
        with self._database.write(durable=True) as connection:
            batch = connection.execute(changed).one_or_none()
            if batch is None:
                raise no_such_batch()
            self._hold(connection, batch)

    def _hold(self, connection: sa.Connection, batch: sa.Row) -> None:
        is_held = self._is_held(batch)
        own = sa.and_(jobs.c.batch_id == batch.id, jobs.c.state.in_(OPEN), jobs.c.due_s < WAITS_FOR_A_WORD)
        connection.execute(sa.update(jobs).where(own, jobs.c.is_held != is_held).values(is_held=is_held))

    def _is_held(self, batch: sa.Row) -> bool:
        return batch.is_paused or not is_within(batch.hours, self._clock().astimezone().time())

    def _told(self, batch_id: str, verb: str, who: str) -> Progress:
        row = {"who": printable(who)[:200], "verb": verb, "about": batch_id, "facts": {}, "made_at": self._now()}
        with self._database.write() as connection:
            connection.execute(sa.insert(audit).values(row))
        self.look_after()
        return self.progress(batch_id)

    def _end(self, connection: sa.Connection, batch: sa.Row) -> None:
        """The event and the job that carries it are written with the end itself. # req: A15"""
        ended = {"is_whole": True, "ended_at": self._now()}
        connection.execute(sa.update(batches).where(batches.c.id == batch.id).values(ended))
        if batch.webhook_url is None:
            return
        event_id, counts = uuid.uuid4().hex, _counts(connection, batch.id)
        body = json.dumps({"id": event_id, "event": "job.ended", "job": batch.id, "counts": counts})
        row = {"id": event_id, "batch_id": batch.id, "event": "job.ended", "body": body, "made_at": self._now()}
        connection.execute(sa.insert(outbox).values(row))
        self.jobs.put([NewJob("tell", f"tell:{event_id}", {"event": event_id}, PRIORITY["high"])], within=connection)

    def _state(self, batch: sa.Row, counts: dict[str, int], waiting: int) -> State:
        left = counts["todo"] + counts["doing"]
        if left == 0 and counts["cancelled"]:
            return "cancelled"
        if left == 0 and batch.is_whole:
            return "ended"
        if left == waiting > 0:
            return "trial_done"
        if batch.is_paused:
            return "paused"
        return "outside_hours" if self._is_held(batch) else "running"

    def _now(self) -> str:
        return self._clock().isoformat(timespec="microseconds")


def is_within(hours: str, now: dt.time) -> bool:
    """Whether `now` lies in hours such as "22:00-06:30"; "" is always.

    >>> is_within("22:00-06:30", dt.time(23, 0)), is_within("22:00-06:30", dt.time(6, 30))
    (True, False)
    """
    if not hours:
        return True
    begin, end = (dt.time.fromisoformat(part) for part in hours.split("-"))
    return begin <= now < end if begin <= end else now >= begin or now < end


def no_such_batch() -> NotFound:
    return NotFound(
        zh=("没有这个任务。", "POST /v1/jobs 返回的 id 才是任务编号。"),
        en=("There is no such job.", "The id is the one that POST /v1/jobs answered."),
    )


def _check(new: NewBatch) -> None:
    if new.hours and not HOURS.fullmatch(new.hours):
        raise BadInput(
            zh=(f"时段 {printable(new.hours)[:40]!r} 看不懂。", "请写成 22:00-06:30。"),
            en=(f"Hours {printable(new.hours)[:40]!r} cannot be read.", "Write them as 22:00-06:30."),
        )
    if new.webhook_url and len(new.webhook_secret or "") < SHORTEST_SECRET:
        raise BadInput(
            zh=(
                f"webhook_secret 少于 {SHORTEST_SECRET} 个字符。",
                "请给一串随机字符；收到通知时用它核对 Tujian-Signature。",
            ),
            en=(
                f"webhook_secret has fewer than {SHORTEST_SECRET} characters.",
                "Give random ones; check Tujian-Signature with them.",
            ),
        )


def _locked(batch_id: str) -> sa.Select[Any]:
    """The batch; who queues jobs of it or ends it waits until the transaction ends."""
    return sa.select(batches).where(batches.c.id == batch_id).with_for_update()


def _counts(connection: sa.Connection, batch_id: str) -> dict[str, int]:
    """Jobs by state."""
    counted = sa.select(jobs.c.state, sa.func.count()).where(jobs.c.batch_id == batch_id).group_by(jobs.c.state)
    counts = dict.fromkeys(("todo", "doing", "done", "dead", "cancelled"), 0)
    return counts | {state: count for state, count in connection.execute(counted)}


def _is_over(connection: sa.Connection, batch_id: str) -> bool:
    own = jobs.c.batch_id == batch_id
    left = sa.select(jobs.c.id).where(own, jobs.c.state.in_(OPEN)).limit(1)
    return connection.scalar(left) is None


def _askew(batch_id: str, is_held: bool) -> sa.Select[Any]:
    own = sa.and_(jobs.c.batch_id == batch_id, jobs.c.state == "todo", jobs.c.due_s < WAITS_FOR_A_WORD)
    return sa.select(jobs.c.id).where(own, jobs.c.is_held != is_held).limit(1)


def _waiting(batch_id: str) -> sa.Select[Any]:
    own = sa.and_(jobs.c.batch_id == batch_id, jobs.c.state == "todo", jobs.c.due_s >= WAITS_FOR_A_WORD)
    return sa.select(sa.func.count()).where(own)


def _durations_s(connection: sa.Connection, batch_id: str) -> list[float]:
    """Of those of the kinds that are still to be done: unpacking once says nothing of looking a thousand times."""
    left = sa.select(jobs.c.kind).where(jobs.c.batch_id == batch_id, jobs.c.state.in_(OPEN)).distinct()
    kinds = connection.scalars(left).all()
    own = sa.and_(jobs.c.batch_id == batch_id, jobs.c.state == "done", jobs.c.elapsed_ms.is_not(None))
    own = sa.and_(own, jobs.c.kind.in_(kinds)) if kinds else own
    recent = sa.select(jobs.c.elapsed_ms).where(own).order_by(jobs.c.ended_s.desc()).limit(RECENT)
    return [elapsed_ms / 1000 for elapsed_ms in connection.scalars(recent)]


def _troubles(connection: sa.Connection, batch_id: str, lang: str) -> list[DeadJob]:
    own = sa.and_(jobs.c.batch_id == batch_id, jobs.c.state == "dead")
    dead = sa.select(jobs.c.payload, jobs.c.trouble).where(own).order_by(jobs.c.id).limit(MOST_TROUBLES)
    found = []
    for payload, trouble in connection.execute(dead):
        message, remedy = trouble[lang]
        found.append(DeadJob(payload=payload, type=trouble["type"], message=message, remedy=remedy))
    return found
