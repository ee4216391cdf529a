"""A model fetched in the background: how far it is and how fast, stopped, gone on with later. req: A2

Enters: an offer and where to take it from. Leaves: a Pull that says how things stand. One at a time: two would share
one line. Does not know pages; `hubs.pull` does the work, and keeps what was fetched when it is broken off.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from tujian.engines.hubs import Hub, Source, Step, pull
from tujian.engines.models import open_hub
from tujian.engines.offers import Offer
from tujian.errors import AlreadyThere, Said, TujianError

State = Literal["running", "stopping", "stopped", "done", "failed"]
RECENT_S = 5.0  # a speed is that of the last seconds
OVER: tuple[State, ...] = ("stopped", "done", "failed")


@dataclass(frozen=True, slots=True)
class Pull:
    """How a pull stands. `done_bytes` of all files; `is_checking`: what was fetched is compared with its checksum."""

    offer: Offer
    source: Source
    state: State = "running"
    done_bytes: int = 0
    total_bytes: int = 0
    bytes_per_s: float = 0.0
    is_checking: bool = False
    trouble: TujianError | None = None

    @property
    def is_over(self) -> bool:
        return self.state in OVER


class Pulls:
    """The one pull of a server, the last one too once it is over."""

    def __init__(
        self, open_hub: Callable[[Source], Hub] = open_hub, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._open_hub, self._clock = open_hub, clock
        self._lock, self._stopped, self._now = threading.Lock(), threading.Event(), None
        self._files: dict[str, int] = {}
        self._lately: deque[tuple[float, int]] = deque()

    @property
    def now(self) -> Pull | None:
        return self._now

    def start(self, offer: Offer, source: Source) -> None:
        """Begins, or goes on with what an earlier one left. Raises AlreadyThere while another runs."""
        with self._lock:
            if self._now and not self._now.is_over:
                raise _runs_already(self._now.offer)
            self._stopped.clear()
            self._files.clear()
            self._lately.clear()
            self._now = Pull(offer, source, total_bytes=offer.bytes)
        threading.Thread(target=self._run, args=(offer, source), daemon=True).start()

    def stop(self) -> None:
        """Breaks off at the next piece; what was fetched is kept."""
        with self._lock:
            if self._now and self._now.state == "running":
                self._now = replace(self._now, state="stopping")
                self._stopped.set()

    def _run(self, offer: Offer, source: Source) -> None:
        try:
            pull(self._open_hub(source), offer.repository, offer.patterns, self._watch)
        except KeyboardInterrupt:  # raised by _watch: the clients take anything else for trouble
            self._become("stopped")
        except TujianError as error:
            self._become("failed", error)
        else:
            self._become("done")

    def _watch(self, step: Step) -> None:
        if self._stopped.is_set():
            raise KeyboardInterrupt
        now_s = self._clock()
        with self._lock:
            self._files[step.path] = step.done_bytes if step.stage == "fetch" else step.total_bytes
            done = sum(self._files.values())
            if step.stage == "fetch":
                self._lately.append((now_s, done))
            while self._lately and self._lately[0][0] < now_s - RECENT_S:
                self._lately.popleft()
            assert self._now is not None  # start has set it
            self._now = replace(
                self._now,
                done_bytes=done,
                total_bytes=max(self._now.total_bytes, done),
                bytes_per_s=self._speed(),
                is_checking=step.stage == "check",
            )

    def _speed(self) -> float:
        if len(self._lately) < 2:
            return 0.0
        (first_s, first), (last_s, last) = self._lately[0], self._lately[-1]
        return (last - first) / (last_s - first_s) if last_s > first_s else 0.0

    def _become(self, state: State, trouble: TujianError | None = None) -> None:
        with self._lock:
            assert self._now is not None  # start has set it
            self._now = replace(self._now, state=state, trouble=trouble, bytes_per_s=0.0, is_checking=False)


def _runs_already(offer: Offer) -> AlreadyThere:
    return AlreadyThere(
        zh=Said(f"{offer.name} 正在下载。", "等它下完，或先停下它。"),
        en=Said(f"{offer.name} is being fetched.", "Wait for it, or stop it first."),
    )
