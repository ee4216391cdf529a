"""Workers: threads that claim jobs, do them, and say what came of it. In the server, or by `tujian worker`.

Enters: a ledger and a table of handlers. Leaves: jobs done, failed or given back. Does not know what a job does: a kind
of job is a row in a table of handlers. One thread beats for all jobs in hand, takes back the lost ones, and looks after
batches.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from tujian.answers import utc_now
from tujian.batches import Batches
from tujian.bringing.rows import bring_row
from tujian.bringing.sent import bring_archive
from tujian.catalogue import Catalogue
from tujian.embedding import embed_range
from tujian.errors import (
    AlreadyThere,
    BadEdit,
    BadTask,
    Busy,
    FetchRefused,
    LeaseLost,
    NotFound,
    Stopped,
    StoreFailed,
    TujianError,
    UnreadablePicture,
)
from tujian.house import House
from tujian.jobs import LEASE_S, Claimed, Jobs
from tujian.logs import note
from tujian.looking import look_at
from tujian.webhooks import tell

Keep = Callable[[sa.Connection], dict[str, Any]]
Handler = Callable[[Claimed, threading.Event], Keep]
"""Does a job, outside any transaction, and returns what writes down its outcome. Ends soon once the event is set."""

HOPELESS = (UnreadablePicture, FetchRefused, NotFound, BadTask, BadEdit, AlreadyThere)  # trying again cannot help
IDLE_S = (0.02, 0.5)  # between looks at an empty ledger: soon at first, for what is being queued now, then doubled
ROUND_S = 1.0  # between rounds of the thread that looks after things
BUSY_S = 2.0  # until a job is tried again that found no room
PAUSE_S = 5.0  # after a handler broke
STORE_PAUSE_S = 20.0  # after the database failed: full, locked, read-only

log = logging.getLogger(__name__)


def handlers_of(house: House, catalogue: Catalogue) -> Mapping[str, Handler]:
    """What this program can do, by kind of job."""
    batches = Batches(Jobs(catalogue.database))
    return {
        "embed": lambda job, stopped: embed_range(house, job.payload, stopped),
        "archive": lambda job, stopped: bring_archive(house, catalogue, batches, job, stopped),
        "row": lambda job, stopped: bring_row(house, catalogue, batches, job, stopped),
        "look": lambda job, stopped: look_at(house, catalogue, job.payload, job.batch_id, stopped),
        "tell": lambda job, _: tell(catalogue.database, house.fetcher, job.payload["event"], utc_now()),
    }


def open_worker(house: House, catalogue: Catalogue, threads: int) -> "Worker":
    """A worker on the house's own database."""
    return Worker(Batches(Jobs(house.database)), handlers_of(house, catalogue), threads=threads)


class Worker:
    """`threads` jobs at once; each claim's event is set when its lease is lost or the worker stops."""

    def __init__(
        self, batches: Batches, handlers: Mapping[str, Handler], *, threads: int = 1, lease_s: float = LEASE_S
    ) -> None:
        self._jobs: Jobs = batches.jobs
        self._batches, self._handlers, self._lease_s = batches, handlers, lease_s
        self._name = f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self._in_hand: dict[Claimed, threading.Event] = {}
        self._lock, self._stopping = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._work, name=f"worker-{n}", daemon=True) for n in range(threads)]
        self._threads.append(threading.Thread(target=self._look_after, name="worker-rounds", daemon=True))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, patience_s: float = 10.0) -> None:
        """Jobs in hand are stopped and given back; what does not stop in time comes back when its lease ends."""
        self._stopping.set()
        with self._lock:
            for stopped in self._in_hand.values():
                stopped.set()
        until = time.monotonic() + patience_s
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))

    def run_one(self) -> bool:
        """Claims one job and does it. Returns whether there was one."""
        claimed = self._jobs.claim(self._name, self._handlers, self._lease_s)
        if claimed is None:
            return False
        stopped = threading.Event()
        with self._lock:
            self._in_hand[claimed] = stopped
        try:
            self._do(claimed, stopped)
        except LeaseLost:
            log.info("job %s was taken away while it was given back", claimed.id)
        finally:
            with self._lock:
                del self._in_hand[claimed]
        return True

    def _do(self, claimed: Claimed, stopped: threading.Event) -> None:
        begun = time.perf_counter()
        try:
            keep = self._handlers[claimed.kind](claimed, stopped)
            self._jobs.finish(claimed, (time.perf_counter() - begun) * 1000, keep)
        except LeaseLost:
            log.info("job %s is another worker's by now, or was cancelled: this result does not count", claimed.id)
        except (Busy, Stopped):
            self._jobs.give_back(claimed, 0.0 if self._stopping.is_set() else BUSY_S)
        except TujianError as error:
            self._jobs.fail(claimed, error, is_hopeless=isinstance(error, HOPELESS))

    def _work(self) -> None:
        idle_s = IDLE_S[0]
        while not self._stopping.is_set():
            try:
                was_there = self.run_one()
            except StoreFailed as failed:
                note("store_failed", str(failed), level=logging.WARNING, doing="work", why=failed.why)
                self._stopping.wait(STORE_PAUSE_S)
            except Exception:
                log.exception("a job broke its worker's round")
                self._stopping.wait(PAUSE_S)
            else:
                self._stopping.wait(0.0 if was_there else idle_s)
                idle_s = IDLE_S[0] if was_there else min(2 * idle_s, IDLE_S[1])

    def _look_after(self) -> None:
        beaten = time.monotonic()
        while not self._stopping.wait(min(ROUND_S, self._lease_s / 4)):
            try:
                if time.monotonic() - beaten > self._lease_s / 3:
                    beaten = time.monotonic()
                    self._beat()
                self._jobs.requeue_expired()
                self._batches.look_after()
            except StoreFailed:  # those who work say so
                self._stopping.wait(STORE_PAUSE_S)
            except Exception:
                log.exception("the worker's round broke off")
                self._stopping.wait(PAUSE_S)

    def _beat(self) -> None:
        with self._lock:
            held = dict(self._in_hand)
        for lost in self._jobs.beat(list(held), self._lease_s) if held else ():
            held[lost].set()
