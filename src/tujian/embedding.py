"""Jobs that make the vectors of passages anew when the embedder was changed. req: F4

Enters: a house with its embedder, the ledger. Leaves: a batch of jobs, each for a range of items, and vectors. A job
keeps what it made every few passages, so that whoever takes it up after a kill does the rest. Until the last is done a
search finds by words and looks alone: vectors of two embedders compare with nothing.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from tujian.batches import Batches, NewBatch
from tujian.database import Database
from tujian.errors import EngineError, EngineRefused, Stopped, StoreFailed
from tujian.finding import Search
from tujian.finding.meanings import embed_stale, others_left
from tujian.house import House
from tujian.jobs import NewJob
from tujian.logs import note
from tujian.perception.vectors import TextEmbedder
from tujian.schema import batches, item_texts, item_vectors, jobs

KIND = "embed"
A_JOB = 512  # items
AT_ONCE = 32  # passages between two moments at which nothing would be lost
MOST_REFUSED = 8  # passages of which none was taken: then it is not the passages
CHANGED_S = 2.0  # between looks at what changed
ROUND_S = 600.0  # until a server looks again whether all is made: the embedder may have been away for long

# what is being looked at says something else in a moment
_LOOKING = sa.select(jobs.c.id).where(jobs.c.state == "doing", jobs.c.kind == "look").limit(1)


def begin_embedding(batches_: Batches, embedder: str, who: str, *, is_forced: bool = False) -> str | None:
    """The batch that makes all vectors of this embedder: begun now, or under way. None when all are made.

    With `is_forced` one begins also where only passages without any vector are left.
    """
    database = batches_.jobs.database
    with database.write(durable=True) as connection:
        database.alone_with(connection, KIND)
        running = _running(connection, embedder)
        if running is not None:
            return running
        last = connection.scalar(sa.select(sa.func.max(item_texts.c.number)))
        if last is None or not (is_forced or others_left(connection, embedder)):
            return None
        new = NewBatch(KIND, who, embedder, {"embedder": embedder})
        batch_id = batches_.begin(new, within=connection)
        first = connection.scalar(sa.select(sa.func.min(item_texts.c.number))) or 0
        ranges = [(begun, begun + A_JOB) for begun in range(first, last + 1, A_JOB)]
        told = [{"embedder": embedder, "first": one, "last": two} for one, two in ranges]
        keyed = [(f"{KIND}:{batch_id}:{one['first']}", one) for one in told]
        made = [NewJob(KIND, key, payload, batch_id=batch_id) for key, payload in keyed]
        batches_.jobs.put(made, within=connection)
    return batch_id


def embed_range(
    house: House, payload: dict[str, Any], stopped: threading.Event
) -> Callable[[sa.Connection], dict[str, Any]]:
    """Makes what is missing in a range of items. Raises Stopped, EngineError, StoreFailed."""
    made = refused = 0
    if payload["embedder"] == house.embedder_name:  # else it was changed once more, and another batch makes these
        made, refused = _made(house.database, house.embedder, (payload["first"], payload["last"]), stopped)
    return lambda _: {"made": made, "refused": refused}


def keep_embedded(house: House, search: Search, batches_: Batches, stopped: threading.Event) -> None:
    """Until stopped: begins jobs where the embedder was changed, and makes what else changed meanwhile. First it reads
    what searches compare with."""
    wait_s, is_warm = 0.0, False
    while not stopped.wait(wait_s):
        try:
            if not is_warm:
                search.warm(house.embedder_name, house.perception.versions["category"])
                is_warm = True
            wait_s = _round(house, search, batches_, stopped)
        except StoreFailed as failed:
            note("store_failed", str(failed), level=logging.WARNING, doing="embed", why=failed.why)
            wait_s = ROUND_S
        except EngineError as error:
            note("embedder_away", str(error), level=logging.WARNING)
            wait_s = ROUND_S


def _round(house: House, search: Search, batches_: Batches, stopped: threading.Event) -> float:
    """Seconds until the next one."""
    with house.database.read() as connection:
        is_changed = others_left(connection, house.embedder_name)
        is_looking = connection.scalar(_LOOKING) is not None
    if is_changed:
        begin_embedding(batches_, house.embedder_name, "server")
        return ROUND_S
    while not is_looking and not stopped.is_set() and search.keep_up(AT_ONCE):
        pass
    return CHANGED_S


def _made(
    database: Database, embedder: TextEmbedder, numbers: tuple[int, int], stopped: threading.Event
) -> tuple[int, int]:
    """How many vectors were made, and how many passages the embedder would not take: these are found by words."""
    made, refused, left = 0, 0, [numbers]
    while left:
        if stopped.is_set():
            raise Stopped
        first, last = left.pop()
        try:
            count = embed_stale(database, embedder, AT_ONCE, (first, last))
        except EngineRefused:
            if last - first > 1:
                left += [((first + last) // 2, last), (first, (first + last) // 2)]
                continue
            refused += 1
            if refused >= MOST_REFUSED and not made:
                raise
            _drop(database, first)
        else:
            made += count
            left += [(first, last)] if count else []
    return made, refused


def _drop(database: Database, number: int) -> None:
    mine = sa.select(item_texts.c.item_id).where(item_texts.c.number == number)
    with database.write() as connection:
        connection.execute(sa.delete(item_vectors).where(item_vectors.c.item_id.in_(mine)))


def _running(connection: sa.Connection, embedder: str) -> str | None:
    mine = sa.and_(batches.c.kind == KIND, batches.c.name == embedder, batches.c.ended_at.is_(None))
    return connection.scalar(sa.select(batches.c.id).where(mine).limit(1))
