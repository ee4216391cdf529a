"""A supervised child process that serves a model: started when wanted, back after a crash, gone with its parent.

Enters: a program (`python -P -m MODULE`, its side is `lifeline.py`) and its settings. Leaves: an Endpoint, which is
the address and the key of the child alive now, or EngineDown with the last words of the one that died. Does not know
what is asked of it.

Each start has a new key and a new random port, so nobody else can have taken the port, and an old address is never
somebody else's. What happened to requests in flight is the asker's to tell: here only processes live and die.
"""

import contextlib
import http.client
import json
import secrets
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import IO, NamedTuple, Self, cast
from urllib.parse import urlsplit

from tujian.clocks import SLICE_S
from tujian.engines.last_words import Death, last_words
from tujian.errors import EngineDown, Said, Stopped

PAUSES_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)  # before it is started again; a crash loop must not eat the CPU
WELL_S = 60.0  # who lived this long was well: its next crash begins with the shortest pause
SAME_FAILURES = 3  # a file that cannot be loaded three times will not load the fourth time
GIVEN_UP_S = 30.0  # after this a new question may try again: the user may have mended it
GRACE_S = 5.0  # from SIGTERM to SIGKILL; nano ends in 0.2 s
HEALTH_S = 3.0  # a thread that only says "ok" gets its turn in this time on the busiest machine
NOTICED_S = 0.5  # a broken connection is seen a little before the death of who held it
KEPT_LINES, LONGEST_LINE = 80, 500  # of stderr: llama.cpp's account of a failed load is about 20 lines


class Endpoint(NamedTuple):
    """Where a child listens (an OpenAI base URL) and the key it wants as `Authorization: Bearer KEY`."""

    url: str
    key: str


class Child:
    """The one child that runs `module`, across its deaths. Safe to share between threads; start, ask, `stop`.

    `settings` go to the child as JSON, with a fresh "key". `name` is what messages call it. `ready_timeout_s` bounds
    one start: loading gigabytes from a slow disk takes minutes.
    """

    def __init__(
        self,
        module: str,
        settings: Mapping[str, object],
        *,
        name: str,
        ready_timeout_s: float,
        pauses_s: Sequence[float] = PAUSES_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._module, self._settings, self._name = module, dict(settings), name
        self._ready_timeout_s, self._pauses_s, self._clock = ready_timeout_s, pauses_s, clock
        self._changed = threading.Condition()  # guards everything below
        self._supervisor: threading.Thread | None = None
        self._life: _Life | None = None
        self._endpoint: Endpoint | None = None
        self._failure: _Failure | None = None
        self._rung = self._starts = 0
        self._stopped = False

    def start(self) -> None:
        """Begin to start it, without waiting. Does nothing when it is up, starting, or given up a moment ago."""
        with self._changed:
            self._start()

    def endpoint(self, timeout_s: float, stopped: threading.Event | None = None) -> Endpoint:
        """Where it listens now; waits up to `timeout_s` for it to be up, or until `stopped`.

        Raises EngineDown with the child's last words: at once when it was given up or will not be tried in time;
        Stopped.
        """
        deadline = self._clock() + timeout_s
        with self._changed:
            self._start()
            while self._endpoint is None:
                left_s = deadline - self._clock()
                hopeless = self._failure and (self._failure.final or self._failure.until > deadline)
                if self._stopped or left_s <= 0 or hopeless:
                    raise self._down(timeout_s)
                if stopped is not None and stopped.is_set():
                    raise Stopped()
                self._changed.wait(left_s if stopped is None else min(left_s, SLICE_S))
            return self._endpoint

    def lost(self, endpoint: Endpoint) -> None:
        """Somebody's connection to `endpoint` broke or brought no answer in time: wait a moment for the death behind
        it to be noticed. One that lives and does not even say that it does has hung: it is killed, to come back."""
        with self._changed:
            if self._changed.wait_for(lambda: self._endpoint != endpoint, NOTICED_S):
                return
            life = self._life
        if life and life.key == endpoint.key and not _says_something(endpoint):
            life.kill()
            with self._changed:
                self._changed.wait_for(lambda: self._endpoint != endpoint, GRACE_S)

    def well(self) -> None:
        """It gave a whole answer: its next crash begins with the shortest pause, however many there were before."""
        self._rung = 0

    @property
    def pid(self) -> int | None:
        """Process id of the child that lives now."""
        life = self._life
        return life.pid if life else None

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return max(0, self._starts - 1)

    def stop(self) -> None:
        """End it for good and wait until it is gone. `endpoint` raises from now on."""
        with self._changed:
            self._stopped, self._endpoint = True, None
            supervisor, life = self._supervisor, self._life
            self._changed.notify_all()
        if life:
            life.end()
        if supervisor:
            supervisor.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> None:
        """Called with the lock held."""
        given_up = self._failure and self._failure.final and self._clock() < self._failure.until
        if self._supervisor or self._stopped or given_up:
            return
        self._failure, self._rung = None, 0
        # a daemon: a parent that ends without `stop` ends, and the child with it
        self._supervisor = threading.Thread(target=self._supervise, daemon=True, name=f"{self._name} supervisor")
        self._supervisor.start()

    def _supervise(self) -> None:
        """Start it again and again until stopped or given up. Lives as long as the child: PR_SET_PDEATHSIG is about
        the thread that started a process, not about the process that did."""
        failures: list[str] = []
        while (life := self._begin()) is not None:
            begun = self._clock()
            url = life.url(self._ready_timeout_s)
            if url is not None:
                failures.clear()
                self._publish(Endpoint(url, life.key))
            told = life.wait()
            if url is None:
                failures.append(told.reason)
            if self._clock() - begun > WELL_S:
                self._rung = 0
            if self._is_over(told, failures):
                break
        with self._changed:
            self._supervisor = self._life = None
            self._changed.notify_all()

    def _begin(self) -> "_Life | None":
        with self._changed:
            if self._stopped:
                return None
            self._starts += 1
            try:
                self._life = _Life(self._module, self._settings)
            except OSError as error:  # no memory for a process, no free file descriptor
                death = Death(error.errno or 1, str(error), None)
                self._failure = _Failure(death, self._clock() + GIVEN_UP_S, final=True)
            return self._life

    def _publish(self, endpoint: Endpoint) -> None:
        with self._changed:
            if not self._stopped:
                self._endpoint, self._failure = endpoint, None
            self._changed.notify_all()

    def _is_over(self, told: Death, failures: list[str]) -> bool:
        """Keep what killed it, then pause before the next start. True when there shall be none."""
        with self._changed:
            self._endpoint = self._life = None
            final = failures[-SAME_FAILURES:].count(told.reason) == SAME_FAILURES
            pause_s = GIVEN_UP_S if final else self._pauses_s[min(self._rung, len(self._pauses_s) - 1)]
            self._failure = _Failure(told, self._clock() + pause_s, final)
            self._rung += 1
            self._changed.notify_all()
            return final or self._changed.wait_for(lambda: self._stopped, pause_s)

    def _down(self, waited_s: float) -> EngineDown:
        if self._stopped:
            zh, en = (
                Said(f"{self._name} 已关闭。", "请重新启动图鉴。"),
                Said(f"{self._name} is closed.", "Start Tujian."),
            )
        elif self._failure:
            zh, en = self._failure.death.said(self._name)
        else:
            zh = Said(f"{self._name} 启动了 {waited_s:g} 秒还没有就绪。", "大模型从慢盘加载要几分钟：请稍后再试。")
            en = Said(
                f"{self._name} is not ready after {waited_s:g} s.",
                "A large model takes minutes from a slow disk: try again in a while.",
            )
        return EngineDown(zh=zh, en=en)


class _Failure(NamedTuple):
    """How it died last, when the next start is due (of the clock), and whether that waits for a question."""

    death: Death
    until: float
    final: bool


class _Life:
    """One process, from its start to its end."""

    def __init__(self, module: str, settings: Mapping[str, object]) -> None:
        self.key = secrets.token_urlsafe(24)
        # -P keeps a module of the same name in the user's folder out
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.pid = self._process.pid
        self._told: list[str] = []
        self._answered = threading.Event()
        self._overdue_s: float | None = None
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._pumps = [
            threading.Thread(target=pump, daemon=True, name=f"{module} {pump.__name__.strip('_')}")
            for pump in (self._listen, self._remember)
        ]
        for pump in self._pumps:
            pump.start()
        self._order({**settings, "key": self.key})

    def url(self, timeout_s: float) -> str | None:
        """The address it tells, or None when it died first. One that is silent for `timeout_s` is killed."""
        if not self._answered.wait(timeout_s):
            self._overdue_s = timeout_s
        if not self._told:
            self._process.kill()  # it is dead already, or prints something else and would never be of use
        return self._told[0] if self._told else None

    def wait(self) -> Death:
        """Its end, however it came. Closes all that it held."""
        status = self._process.wait()
        for pump in self._pumps:
            pump.join(GRACE_S)  # they end with the pipes, unless a grandchild holds one: then closing it would block
        if any(pump.is_alive() for pump in self._pumps):
            return Death(status, last_words(self._lines), self._overdue_s)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            _close(cast(IO[bytes], pipe))
        return Death(status, last_words(self._lines), self._overdue_s)

    def end(self) -> None:
        """SIGTERM, then SIGKILL."""
        self._process.terminate()
        try:
            self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def kill(self) -> None:
        """SIGKILL; `wait` sees the rest."""
        self._process.kill()

    def _order(self, settings: Mapping[str, object]) -> None:
        stdin = cast(IO[bytes], self._process.stdin)
        try:
            stdin.write(json.dumps(settings).encode() + b"\n")
            stdin.flush()
        except OSError:  # it died before it read; `wait` tells why
            return

    def _listen(self) -> None:
        pipe = cast(IO[bytes], self._process.stdout)
        while line := pipe.readline(LONGEST_LINE):
            if not self._answered.is_set():
                self._told = _urls(line)
                self._answered.set()
        self._answered.set()

    def _remember(self) -> None:
        pipe = cast(IO[bytes], self._process.stderr)
        while line := pipe.readline(LONGEST_LINE):
            self._lines.append(line.decode("utf-8", "replace"))


def _urls(line: bytes) -> list[str]:
    """The address in a child's line, if it is one of this machine's."""
    try:
        url = json.loads(line)["url"]
    except (ValueError, KeyError, TypeError):
        return []
    return [url] if isinstance(url, str) and url.startswith("http://127.0.0.1:") else []


def _says_something(endpoint: Endpoint) -> bool:
    """Whether its HTTP thread still answers, whatever: llama.cpp's does while it thinks."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(endpoint.url).port or 0, timeout=HEALTH_S)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _close(pipe: IO[bytes]) -> None:
    with contextlib.suppress(OSError):  # a dead child's pipe breaks while it is flushed
        pipe.close()
