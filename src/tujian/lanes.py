"""Lanes: so many at once, so many waiting, the urgent ones first, everybody else is told when to come back.

Enters: who wants a turn, and how urgently. Leaves: the turn, or Busy. req: A11, B12
Does not know: what the turn is for: looking at a picture, or asking an engine.
"""

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeVar

from tujian.clocks import SLICE_S, Clock
from tujian.errors import Busy, Stopped

Priority = Literal["high", "normal", "low"]
RANK: dict[Priority, int] = {"high": 0, "normal": 1, "low": 2}
RETRY_AFTER_S = 2
T = TypeVar("T")


class Lanes:
    """`slots` turns at once and `queue` waiting; among those waiting the most urgent goes first, then the first."""

    def __init__(self, slots: int, queue: int) -> None:
        self._free, self._queue = slots, queue
        self._waiting: list[tuple[int, int, threading.Event]] = []
        self._numbers, self._lock = itertools.count(), threading.Lock()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @contextmanager
    def turn(self, priority: Priority, clock: Clock) -> Iterator[None]:
        """Waits for a slot and holds it. Raises Busy (full, or not reached before the clock ran out), Stopped."""
        self._enter(priority, clock)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, priority: Priority, clock: Clock) -> None:
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return
            if len(self._waiting) >= self._queue:
                raise _full()
            ticket = (RANK[priority], next(self._numbers), threading.Event())
            heapq.heappush(self._waiting, ticket)
        while not ticket[2].wait(SLICE_S):
            if (clock.is_stopped or clock.is_over) and self._is_given_up(ticket):
                raise Stopped() if clock.is_stopped else _full()

    def _is_given_up(self, ticket: tuple[int, int, threading.Event]) -> bool:
        """Whether the ticket was still waiting; one that was called this very moment holds a slot."""
        with self._lock:
            if ticket not in self._waiting:
                return False
            self._waiting.remove(ticket)
            heapq.heapify(self._waiting)
            return True

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                heapq.heappop(self._waiting)[2].set()
            else:
                self._free += 1


def when_free(act: Callable[[], T], stopped: threading.Event | None = None) -> T:
    """What `act` returns; as long as the lanes are full it is tried again. For work that is in no hurry.

    Raises Stopped once `stopped` is set, and whatever `act` raises but Busy.
    """
    stopped = stopped or threading.Event()
    while not stopped.is_set():
        try:
            return act()
        except Busy:
            stopped.wait(RETRY_AFTER_S)
    raise Stopped()


def _full() -> Busy:
    return Busy(
        zh=("现在太忙，排队已满。", f"请 {RETRY_AFTER_S} 秒后再试；常常如此就调大 TUJIAN_QUEUE。"),
        en=(
            "Too busy: the queue is full.",
            f"Try again in {RETRY_AFTER_S} seconds; if it recurs, raise TUJIAN_QUEUE.",
        ),
    )
