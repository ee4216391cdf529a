"""An engine on this machine: a supervised child, asked through the same client as any server. req: A11, F4

Enters: a Child, and who it is. Leaves: an Engine whose answers come from wherever the child listens now.
Does not know: what runs in the child. A child that died between two questions costs a moment and no error: the
question is asked again where the next one listens. One that dies in the middle of an answer is EngineBrokeOff.
"""

import threading

from tujian.clocks import Clock
from tujian.engines.child import Child, Endpoint
from tujian.engines.dialect import Place, Question, SchemaBy, Speech
from tujian.engines.remote import RemoteEngine
from tujian.errors import EngineDown
from tujian.lanes import Lanes
from tujian.records import EngineUsed


class HostedEngine:
    """`slots` questions at once and `queue` waiting, across the child's deaths; `used` is who answers."""

    place = Place(None, remote=False)

    def __init__(
        self, child: Child, used: EngineUsed, *, timeout_s: float, slots: int, queue: int, schema_by: SchemaBy
    ) -> None:
        self._child, self._used, self._timeout_s = child, used, timeout_s
        self.slots: int | None = slots
        self._slots, self._lanes = slots, Lanes(slots, queue)
        self.schema_by: SchemaBy = schema_by
        self._known: tuple[Endpoint, RemoteEngine] | None = None
        self._lock = threading.Lock()

    def used(self) -> EngineUsed:
        return self._used

    @property
    def pid(self) -> int | None:
        """Process id of the child that lives now."""
        return self._child.pid

    def warm(self) -> None:
        """Begin to load, without waiting: the first question then waits less."""
        self._child.start()

    def close(self) -> None:
        self._child.stop()

    def stream(self, question: Question, stopped: threading.Event | None = None) -> Speech:
        with self._lanes.turn(question.priority, Clock.of(self._timeout_s, stopped)):
            endpoint, may_ask_again = self._child.endpoint(self._timeout_s, stopped), True
            while True:
                speech = self._at(endpoint).stream(question, stopped)
                try:
                    while True:
                        piece = next(speech)
                        may_ask_again = False
                        yield piece
                except StopIteration as end:
                    self._child.well()
                    return end.value
                except EngineDown:
                    self._child.lost(endpoint)
                    self._forget(endpoint)
                    again = self._child.endpoint(self._timeout_s, stopped) if may_ask_again else endpoint
                    if again == endpoint:  # it lives and does not answer, or has answered half
                        raise
                    endpoint, may_ask_again = again, False
                finally:
                    speech.close()

    def _forget(self, endpoint: Endpoint) -> None:
        """A new client for the next question: this one would leave a child that was slow once alone for a while."""
        with self._lock:
            if self._known is not None and self._known[0] == endpoint:
                self._known = None

    def _at(self, endpoint: Endpoint) -> RemoteEngine:
        """A client for that endpoint, kept as long as the child lives: a new child has a new address and key."""
        with self._lock:
            if self._known is None or self._known[0] != endpoint:
                client = RemoteEngine(
                    endpoint.url,
                    model=self._used.model,
                    key=endpoint.key,
                    timeout_s=self._timeout_s,
                    slots=self._slots,
                    queue=self._slots,
                    schema_by=self.schema_by,
                )
                client.place = self.place  # messages say "the model on this machine", not a port
                self._known = endpoint, client
            return self._known[1]
