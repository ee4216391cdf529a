"""uvicorn's HTTP, but a connection whose request does not come is closed.

Enters: connections. Leaves: requests. uvicorn 0.54 waits for ever for the end of a request's head, so a client that
sends a letter now and then (slow loris) holds a file descriptor for ever, and a thousand such clients all of them.
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0  # seconds between two looks; a head may take one to two of them


class Patient(H11Protocol):
    """Looks every HEAD_S whether the connection still waits for the head that it waited for the last time."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._waited_for: object = None
        self._timer = self.loop.call_later(HEAD_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        is_between = self.cycle is not None and not self.conn.trailing_data[0]  # uvicorn's own timer has that
        waits_for = None if self.conn.their_state is not h11.IDLE or is_between else (self.cycle, "head")
        if waits_for is not None and waits_for == self._waited_for:
            self.transport.close()
            return
        self._waited_for = waits_for
        self._timer = self.loop.call_later(HEAD_S, self._look)
