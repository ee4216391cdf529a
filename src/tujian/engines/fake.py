"""An engine that says what it is told to. Ships for tests and for trying things without a model."""

import re
import threading
from collections.abc import Callable, Sequence

from tujian.engines.dialect import Place, Question, Reply, SchemaBy, Speech
from tujian.errors import Stopped
from tujian.records import EngineUsed


class FakeEngine:
    """Answers with `replies` in turn (the last one again and again), or with what a function makes of the question."""

    schema_by: SchemaBy = "response_format"
    slots: int | None = 1

    def __init__(self, *replies: str | Reply | Callable[[Question], str]) -> None:
        self._replies: Sequence[str | Reply | Callable[[Question], str]] = replies or ("{}",)
        self.questions: list[Question] = []

    @property
    def place(self) -> Place:
        return Place(None, remote=False)

    def used(self) -> EngineUsed:
        return EngineUsed(kind="fake", url=None, model="fake", remote=False)

    def stream(self, question: Question, stopped: threading.Event | None = None) -> Speech:
        reply = self._next(question)
        for piece in re.findall(r"\s*\S+|\s+", reply.text):
            if stopped is not None and stopped.is_set():
                raise Stopped()
            yield piece
        return reply

    def warm(self) -> None:
        return

    def close(self) -> None:
        return

    def _next(self, question: Question) -> Reply:
        reply = self._replies[min(len(self.questions), len(self._replies) - 1)]
        self.questions.append(question)
        if isinstance(reply, Reply):
            return reply
        return Reply(reply if isinstance(reply, str) else reply(question), "stop", "fake")
