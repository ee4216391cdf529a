"""One answer at a time, in the order of arrival, a bounded number waiting.

Enters: a chat and its prompt. Leaves: a `Turn` that gives pieces of text, then `Spoken`, or the Refusal instead of it.
Does not know: HTTP. All answers are made in one thread: torch's threads and heap are then the same for each of them.
"""

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator

from tujian.engines.transformers_chat import Chat, Refusal
from tujian.engines.transformers_model import Gone, Prompt, Speaker, Spoken

LOOK_S = 0.05  # how often somebody who hears nothing is asked whether they are still there


class Turn:
    """One answer in the making."""

    def __init__(self, chat: Chat, prompt: Prompt) -> None:
        self.chat, self.prompt, self.gone = chat, prompt, threading.Event()
        self._said: queue.SimpleQueue[str | Spoken | Exception] = queue.SimpleQueue()

    def pieces(self, is_gone: Callable[[], bool]) -> Iterator[str | Spoken]:
        """Text as it is said, `Spoken` at the end. Raises Refusal; Gone as soon as `is_gone` says so."""
        while not is_gone():
            try:
                piece = self._said.get(timeout=LOOK_S)
            except queue.Empty:
                continue
            if isinstance(piece, Exception):
                raise piece
            yield piece
            if isinstance(piece, Spoken):
                return
        raise Gone

    def run(self, model: Speaker) -> None:
        """Called by the one thread that speaks."""
        try:
            self._said.put(model.speak(self.chat, self.prompt, self._said.put, self.gone))
        except (Refusal, Gone) as ended:
            self._said.put(ended.with_traceback(None))  # its frames hold the tensors of half an answer
        except Exception as error:  # the worker loop: one broken answer must not end the others
            logging.getLogger(__name__).exception("an answer failed")
            self._said.put(Refusal(500, "server_error", f"{type(error).__name__}: {error}"))


class Turns:
    """The line in front of the model: one speaks, at most `queue` wait."""

    def __init__(self, model: Speaker, queue: int) -> None:
        self._model, self._queue = model, queue
        self._waiting: deque[Turn] = deque()
        self._changed, self._busy = threading.Condition(), False
        threading.Thread(target=self._speak, daemon=True, name="speaking").start()

    def join(self, turn: Turn) -> None:
        """Takes its place in the line. Raises Refusal 503 when that is full; who has gone takes no place."""
        with self._changed:
            self._waiting = deque(waiting for waiting in self._waiting if not waiting.gone.is_set())
            if len(self._waiting) >= self._queue + (not self._busy):
                raise Refusal(503, "unavailable_error", f"busy: {self._queue} requests are waiting already")
            self._waiting.append(turn)
            self._changed.notify()

    def _speak(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.wait_for(lambda: self._waiting)
                turn, self._busy = self._waiting.popleft(), True
            if not turn.gone.is_set():
                turn.run(self._model)
            del turn  # with its pictures: the next one may be hours away
