"""A running `tujian serve` for tests that need the real process: its address, its log, its memory."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


class Server:
    def __init__(self, home: Path, **environment: str) -> None:
        self.home, self.temp, self._lines = home, home.parent / f"{home.name}-temp", []
        self.temp.mkdir()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tujian", "serve", "--port", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "TUJIAN_HOME": str(home), "TMPDIR": str(self.temp), "TUJIAN_LOG": "json", **environment},
        )  # fmt: skip
        assert self._process.stdout and self._process.stderr
        self._reader = threading.Thread(target=self._lines.extend, args=(self._process.stderr,), daemon=True)
        self._reader.start()
        self.url = self._process.stdout.readline().split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.process = psutil.Process(self._process.pid)

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._reader.join(5)

    @property
    def log(self) -> str:
        """All that was written to stderr; whole once the server has ended."""
        return "".join(self._lines)

    @property
    def events(self) -> list[dict]:
        return [json.loads(line) for line in list(self._lines) if line.startswith("{")]

    @property
    def is_up(self) -> bool:
        return self._process.poll() is None

    def memory_mb(self) -> float:
        """Resident, with its children."""
        return sum(p.memory_info().rss for p in [self.process, *self.process.children(recursive=True)]) / 1e6

    def written_bytes(self) -> int:
        """What it has passed to write() on files and sockets, as the kernel counts (proc(5), wchar)."""
        return self.process.io_counters().write_chars

    def kept_bytes(self) -> int:
        """What lies under its home and its temporary folder."""
        files = [path for folder in (self.home, self.temp) for path in folder.rglob("*") if path.is_file()]
        return sum(path.stat().st_size for path in files)

    def connect(self, timeout_s: float = 20) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout_s)


@contextmanager
def serving(home: Path, **environment: str) -> Iterator[Server]:
    home.mkdir(exist_ok=True)
    server = Server(home, **environment)
    try:
        yield server
    finally:
        server.end()
