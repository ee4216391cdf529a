"""Bounded concurrency: so many at once, so many waiting, everybody else is told when to come back. req: A11"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tujian.errors import Busy
from tujian.metrics import Metrics

RETRY_AFTER_S = 2


class Gate:
    """Lets `workers` in together and `queue` wait; more raise Busy at once."""

    def __init__(self, workers: int, queue: int, metrics: Metrics) -> None:
        self._places = threading.Semaphore(workers)
        self._room, self._inside, self._metrics = workers + queue, 0, metrics
        self._counting = threading.Lock()

    @contextmanager
    def pass_through(self) -> Iterator[None]:
        with self._counting:
            if self._inside >= self._room:
                raise Busy(
                    zh=("现在太忙，排队已满。", f"请 {RETRY_AFTER_S} 秒后再试。"),
                    en=("Too busy: the queue is full.", f"Try again in {RETRY_AFTER_S} seconds."),
                )
            self._inside += 1
        try:
            self._metrics.waiting.inc()
            with self._places:
                self._metrics.waiting.dec()
                yield
        finally:
            with self._counting:
                self._inside -= 1
