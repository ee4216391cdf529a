"""An engine whose answers are timed and counted. req: A16

Enters: an engine, somebody who is told. Leaves: the same pieces and the same Reply. Does not know: Prometheus, what was
asked or said.
"""

import threading
import time
from collections.abc import Callable

from tujian.engines.dialect import Engine, Place, Question, SchemaBy, Speech
from tujian.errors import Stopped, TujianError
from tujian.records import EngineUsed

FINISHES = ("stop", "length", "loop", "stopped")
Told = Callable[[str, float, int | None, int | None], None]
"""Is told how an answer ended, its seconds, and its tokens in and out where the engine counts them."""


class Metered:
    """`inner`, each of its answers told of, whole or not."""

    def __init__(self, inner: Engine, told: Told) -> None:
        self._inner, self._told = inner, told

    @property
    def schema_by(self) -> SchemaBy:
        return self._inner.schema_by

    @schema_by.setter
    def schema_by(self, value: SchemaBy) -> None:
        self._inner.schema_by = value

    @property
    def slots(self) -> int | None:
        return self._inner.slots

    @property
    def place(self) -> Place:
        return self._inner.place

    def used(self) -> EngineUsed:
        return self._inner.used()

    def warm(self) -> None:
        self._inner.warm()

    def close(self) -> None:
        self._inner.close()

    def stream(self, question: Question, stopped: threading.Event | None = None) -> Speech:
        """As `inner` streams. An answer that is closed early, as loops are, counts as stopped."""
        begun, finish, tokens = time.perf_counter(), "stopped", (None, None)
        try:
            reply = yield from self._inner.stream(question, stopped)
            finish = reply.finish if reply.finish in FINISHES else "other"
            tokens = (reply.tokens_in, reply.tokens_out)
            return reply
        except TujianError as error:
            finish = "stopped" if isinstance(error, Stopped) else "failed"
            raise
        finally:
            self._told(finish, time.perf_counter() - begun, *tokens)
