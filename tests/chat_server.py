"""The real app on a real port, before an engine that speaks slowly enough to be stopped."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from PIL import Image

from tujian.api import create_app
from tujian.engines.dialect import Question, Reply, Speech
from tujian.engines.fake import FakeEngine
from tujian.errors import EngineError, Stopped
from tujian.house import House
from tujian.settings import read_settings

SHUTDOWN_S = 1  # what is still being said then breaks off, as with `tujian serve`
Answer = str | Reply | Callable[[Question], str]


class SlowEngine(FakeEngine):
    """Says a word every `pause_s`; raises `fails` after `words` of them, if it is to fail."""

    def __init__(self, *replies: Answer, pause_s: float = 0.0, fails: EngineError | None = None, words: int = 0):
        super().__init__(*replies)
        self.pause_s, self.fails, self.words = pause_s, fails, words
        self.stops = 0

    def stream(self, question: Question, stopped: threading.Event | None = None) -> Speech:
        stopped, said = stopped or threading.Event(), super().stream(question)
        for count in range(1_000_000):
            if self.fails and count >= self.words:
                raise self.fails
            if stopped.wait(self.pause_s):
                self.stops += 1
                raise Stopped()
            try:
                yield next(said)
            except StopIteration as end:
                return end.value
        raise AssertionError("a reply without an end")


@dataclass
class ServedHouse:
    url: str
    house: House
    engine: FakeEngine | None


@contextmanager
def served_house(home: Path, engine: FakeEngine | None, port: int = 0, **chosen: object) -> Iterator[ServedHouse]:
    """A running server, on any free port by default; it is stopped and its house closed at the end."""
    house = House(read_settings(home=home, lang="zh", **chosen), engine=engine)
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))
        port = free.getsockname()[1]
    config = uvicorn.Config(create_app(house), port=port, log_level="warning", timeout_graceful_shutdown=SHUTDOWN_S)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield ServedHouse(f"http://127.0.0.1:{port}", house, engine)
    server.should_exit = True
    thread.join(10)


def wait_until(true: Callable[[], object], seconds: float = 5.0) -> None:
    """Returns once `true()` is; fails after `seconds`."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.02)


def jpeg(size: tuple[int, int] = (320, 256), colour: str = "teal") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG")
    return file.getvalue()
