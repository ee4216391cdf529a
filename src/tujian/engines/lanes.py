"""An engine's lanes: so many questions at once, so many waiting, the urgent ones first. req: A11, B12

Enters: who wants to ask, and how urgently. Leaves: a turn, or Busy at once when the queue is full.
Does not know: what is asked.
"""

import heapq
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tujian.clocks import SLICE_S, Clock
from tujian.engines.dialect import Priority
from tujian.errors import Busy, Stopped

RANK: dict[Priority, int] = {"high": 0, "normal": 1, "low": 2}


class Lanes:
    """`slots` questions at once and `queue` waiting; among those waiting the most urgent goes first, then the first."""

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
            called = threading.Event()
            ticket = (RANK[priority], next(self._numbers), called)
            heapq.heappush(self._waiting, ticket)
        while not called.wait(SLICE_S):
            if clock.is_stopped or clock.is_over:
                return self._give_up(ticket, clock)
        return None

    def _give_up(self, ticket: tuple[int, int, threading.Event], clock: Clock) -> None:
        with self._lock:
            if ticket not in self._waiting:  # called this very moment: the slot is ours
                return
            self._waiting.remove(ticket)
            heapq.heapify(self._waiting)
        raise Stopped() if clock.is_stopped else _full()

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                heapq.heappop(self._waiting)[2].set()
            else:
                self._free += 1


def _full() -> Busy:
    return Busy(
        zh=("模型太忙，排队已满。", "请稍后再试；或调大 TUJIAN_ENGINE_SLOTS（同时提问数）。"),
        en=("The model is too busy: its queue is full.", "Try again soon, or raise TUJIAN_ENGINE_SLOTS."),
    )
