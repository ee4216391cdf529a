"""Sockets on a clock: one deadline for a whole exchange, and a way to end it from another thread.

Enters: a deadline, perhaps a stop. Leaves: an httpcore backend whose reads, writes and connects keep to it.
Does not know: what is fetched or asked. httpx times each read, not the sum of them, and a blocked read cannot be
called off: reads wait in slices here, and each slice looks at the clock.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import httpcore

SLICE_S = 0.1  # how long a stop may go unnoticed by a thread that waits for the other side


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline on time.monotonic(), and an event that ends the wait before it."""

    until_s: float
    stopped: threading.Event | None = None

    @classmethod
    def of(cls, timeout_s: float, stopped: threading.Event | None = None) -> "Clock":
        """A clock that runs out `timeout_s` from now."""
        return cls(time.monotonic() + timeout_s, stopped)

    @property
    def is_stopped(self) -> bool:
        return self.stopped is not None and self.stopped.is_set()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until_s

    def left_s(self, late: type[Exception]) -> float:
        """Seconds left; raises `late` when there are none, or when it was stopped."""
        left_s = self.until_s - time.monotonic()
        if left_s <= 0 or self.is_stopped:
            raise late("deadline" if left_s <= 0 else "stopped")
        return left_s


class ClockedBackend(httpcore.NetworkBackend):
    """`inner` with every stream on the clock that `now` names when it is used.

    A connection is tried for `share` of the time that is left: one of several addresses, perhaps.
    """

    def __init__(self, inner: httpcore.NetworkBackend, now: Callable[[], Clock], share: float = 1.0) -> None:
        self._inner, self._now, self._share = inner, now, share

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left_s = self._now().left_s(httpcore.ConnectTimeout) * self._share
        left_s = left_s if timeout is None else min(left_s, timeout)
        return ClockedStream(self._inner.connect_tcp(host, port, left_s, local_address, socket_options), self._now)


class ClockedStream(httpcore.NetworkStream):
    """One connection; what is read belongs to the request that was written last, whichever thread reads it."""

    def __init__(self, inner: httpcore.NetworkStream, now: Callable[[], Clock]) -> None:
        self._inner, self._now, self._clock = inner, now, now()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            left_s = self._clock.left_s(httpcore.ReadTimeout)
            try:
                return self._inner.read(max_bytes, min(left_s, SLICE_S))
            except httpcore.ReadTimeout:
                continue  # the clock says when it was the last slice

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._clock = self._now()
        wire = self._inner.get_extra_info("socket")
        if not isinstance(wire, socket.socket) or isinstance(wire, ssl.SSLSocket):
            self._inner.write(buffer, self._clock.left_s(httpcore.WriteTimeout))  # TLS wants the same piece again
            return
        rest = memoryview(buffer)
        while rest:
            wire.settimeout(min(self._clock.left_s(httpcore.WriteTimeout), SLICE_S))
            try:
                rest = rest[wire.send(rest) :]
            except TimeoutError:
                continue
            except OSError as error:
                raise httpcore.WriteError(str(error)) from error

    def hurry(self, limit_s: float) -> None:
        """What is still to be read must come within `limit_s`."""
        self._clock = Clock.of(limit_s)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left_s = self._now().left_s(httpcore.ConnectTimeout)
        return ClockedStream(self._inner.start_tls(ssl_context, server_hostname, left_s), self._now)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's own
        return self._inner.get_extra_info(info)
