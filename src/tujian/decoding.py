"""The decode child: the one place where foreign bytes meet picture decoders written in C.

Enters: the content of one picture file and the kind that `pictures.sniff` found. Leaves: `Decoded`, upright
8-bit RGB pixels no longer than 2,048 px, or an error of the UnreadablePicture tree. A file that makes a
decoder crash, hang or eat memory costs one child process, not the server: the parent keeps the deadline, the
child limits its own memory (`RLIMIT_AS`, on Linux only: Windows has none, macOS refuses it), and the next
picture gets a new child.

It does not know where the bytes came from, and the parent believes nothing that the child says beyond plain
JSON and pixels: no pickle crosses the pipe, for a decoder that was taken over may write there what it likes.
"""

import contextlib
import io
import json
import os
import queue
import re
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any, Self, cast

from tujian.errors import DecodeFailed, PictureTooLarge
from tujian.exif import Facts
from tujian.geometry import Size
from tujian.rendering import WORKING_SIDE_PX, damaged, load_plugins, render

if TYPE_CHECKING:  # the child needs no numpy, and importing it would double its start-up
    import numpy as np
    from numpy.typing import NDArray

PIPE_BYTES = 1 << 20  # Linux lets a user have this much; 64 KiB, the default, costs a switch per 20 rows
# glibc would keep large buffers for good: 136 MB after one 12-MP picture, with these 53; the heap's own 16 MB stay
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": str(4 << 20), "MALLOC_TRIM_THRESHOLD_": str(16 << 20)}
_LENGTHS = struct.Struct(">II")  # every message: length of its JSON, length of its bytes, then both
MOST_WORDS_BYTES = 1_000_000  # of an answer's JSON; facts are bounded where they are read
MOST_PIXELS_BYTES = 3 * WORKING_SIDE_PX**2
# The processor time a picture may take, by the size it says it has: 40 MP of noise as AVIF, the slowest kind, took 5 s
# on one core of a Xeon (HEIC, WebP and progressive JPEG 3-4), a file of no size that spins has no such claim.
CPU_S, CPU_S_A_MEGAPIXEL = 4.0, 0.3
_OUT_OF_CPU = -getattr(signal, "SIGPROF", 0) or None  # how a child ends whose time is up; Windows has no such timer
_OWN = re.compile(r"TUJIAN_|.*(?:KEY|TOKEN|SECRET|PASSWORD)", re.IGNORECASE)  # nothing a decoder should know


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture made safe.

    `pixels` is (height, width, 3), uint8, sRGB, upright, longest side <= 2,048 px. `size_px` is the upright
    original. `format` is Pillow's name ("MPO" tells the several-pictures JPEG apart). `dhash` is 16 hex
    digits. `notes` say what was done to it: first_frame, reduced, truncated, range_guessed, icc_ignored,
    exif_unreadable.
    """

    pixels: "NDArray[np.uint8]"
    size_px: Size
    format: str
    dhash: str
    facts: Facts
    notes: tuple[str, ...]


class Decoder:
    """A few long-lived decode children, each started on first use and again after it died.

    Threads may share a Decoder: each call borrows a child and waits for one if all are busy. Processes may
    not: make one after forking. `close()` ends the children; a later `decode` starts new ones.
    """

    def __init__(
        self,
        timeout_s: float = 20,
        memory_mb: int = 1024,
        *,
        children: int = 1,
        replaced: Callable[[str], None] = lambda why: None,
    ) -> None:
        """`replaced` is told why a child was given up: died, overdue."""
        self._children = children
        self._idle: queue.LifoQueue[_Child] = queue.LifoQueue()
        for _ in range(children):
            self._idle.put(_Child(timeout_s, memory_mb, replaced))

    def decode(self, content: bytes, kind: str) -> Decoded:
        """`content` decoded as `kind`, a key of PLUGINS.

        Raises PictureTooLarge beyond the pixel limits, DecodeFailed when the file is damaged or the decoder
        crashed, ran past the deadline or out of its memory.
        """
        child = self._idle.get()
        try:
            return _decoded(*_asked_twice(child, content, kind))
        except (LookupError, TypeError, ValueError) as error:  # an answer in no form of ours
            raise damaged(kind, "") from error
        finally:
            self._idle.put(child)

    def start(self) -> None:
        """Start the children now, so that the first picture does not wait for them."""
        borrowed = [self._idle.get() for _ in range(self._children)]
        for child in borrowed:
            child.start()
            self._idle.put(child)

    def close(self) -> None:
        """End the children, after the pictures they are at."""
        borrowed = [self._idle.get() for _ in range(self._children)]
        for child in borrowed:
            child.stop()
            self._idle.put(child)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Child:
    """One process and the two pipes to it. Not for several threads at once."""

    def __init__(self, timeout_s: float, memory_mb: int, replaced: Callable[[str], None]) -> None:
        self._timeout_s, self._memory_mb, self._replaced = timeout_s, memory_mb, replaced
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.stop()
        # -P keeps a PIL.py in the user's folder out; one second more than ours for the child's own alarm
        arguments = ["-P", "-m", "tujian.decoding", str(self._memory_mb), str(self._timeout_s + 1)]
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # libtiff and libjpeg write warnings there
            env=_environment(),
            pipesize=PIPE_BYTES,
        )
        return self._process

    def ask(self, content: bytes, kind: str) -> tuple[dict[str, Any], bytearray]:
        process = self.start()
        stdin, stdout = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        deadline, answered = _Deadline(self._timeout_s, process), False
        try:
            _send(stdin, {"kind": kind}, content)
            answer = _receive(stdout, MOST_WORDS_BYTES, MOST_PIXELS_BYTES)
            answered = True
            return answer
        except (OSError, EOFError, ValueError) as error:
            process.kill()
            if deadline.passed:
                self._replaced("overdue")
                raise _overdue(self._timeout_s) from error
            status = process.wait()
            self._replaced("overdue" if status == _OUT_OF_CPU else "died")
            if status == _OUT_OF_CPU:
                raise _too_costly() from error
            raise _Died(status) from error
        finally:
            deadline.lift()
            if deadline.passed or not answered:  # Ctrl-C too: half an answer must not greet the next picture
                self.stop()

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):  # a dead child's pipe breaks while it is flushed
            cast(IO[bytes], process.stdin).close()
        process.kill()
        process.wait()
        cast(IO[bytes], process.stdout).close()


def _environment() -> dict[str, str]:
    """The child's: without what a decoder should not know, its temporary files where this process has its own."""
    known = {name: value for name, value in os.environ.items() if not _OWN.match(name)}
    return known | ALLOCATOR | {"TMPDIR": tempfile.gettempdir()}


class _Deadline:
    """Kills `process` after `timeout_s` unless lifted before; once lifted, it never does."""

    def __init__(self, timeout_s: float, process: subprocess.Popen[bytes]) -> None:
        self._process, self._lock, self._is_over = process, threading.Lock(), False
        self.passed = False
        self._timer = threading.Timer(timeout_s, self._pass)
        self._timer.daemon = True
        self._timer.start()

    def _pass(self) -> None:
        with self._lock:
            if not self._is_over:
                self.passed = True
                self._process.kill()

    def lift(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._is_over = True


def _decoded(told: dict[str, Any], pixels: bytearray) -> Decoded:
    """The child's answer, checked: sizes that do not fit its pixels mean it is not itself any more."""
    import numpy as np

    if "error" in told:
        kind = PictureTooLarge if told["error"] == PictureTooLarge.__name__ else DecodeFailed
        raise kind(zh=tuple(told["zh"]), en=tuple(told["en"]))
    width, height = told["pixels_px"]
    if not (0 < width <= WORKING_SIDE_PX and 0 < height <= WORKING_SIDE_PX and len(pixels) == width * height * 3):
        raise ValueError("sizes that do not fit the pixels")
    facts = told["facts"] | {"gps": told["facts"]["gps"] and tuple(told["facts"]["gps"])}
    return Decoded(
        pixels=np.frombuffer(pixels, dtype=np.uint8).reshape(height, width, 3),
        size_px=(told["size_px"][0], told["size_px"][1]),
        format=told["format"],
        dhash=told["dhash"],
        facts=Facts(**facts),
        notes=tuple(told["notes"]),
    )


def _send(pipe: IO[bytes], told: dict[str, Any], blob: bytes) -> None:
    words = json.dumps(told).encode()
    pipe.write(_LENGTHS.pack(len(words), len(blob)) + words)
    pipe.write(blob)
    pipe.flush()


def _receive(pipe: IO[bytes], most_words: int, most_bytes: int) -> tuple[dict[str, Any], bytearray]:
    """One message; ValueError when it claims to be longer than it may be."""
    words_bytes, blob_bytes = _LENGTHS.unpack(_read(pipe, _LENGTHS.size))
    if words_bytes > most_words or blob_bytes > most_bytes:
        raise ValueError(f"a message of {words_bytes} + {blob_bytes} bytes")
    words = _read(pipe, words_bytes)
    return json.loads(words), _read(pipe, blob_bytes)


def _read(pipe: IO[bytes], length: int) -> bytearray:
    """Exactly `length` bytes; EOFError when the other side is gone."""
    whole = bytearray(length)
    view = memoryview(whole)
    while view:
        got = cast(io.BufferedReader, pipe).readinto(view)
        if not got:
            raise EOFError
        view = view[got:]
    return whole


def main(memory_mb: int, alarm_s: float) -> None:
    """Answer pictures on stdin until it closes, which it does when the parent ends, however it ends."""
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a C library prints must not land between the pixels
    warnings.simplefilter("ignore")
    load_plugins()
    _limit(memory_mb)
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            told, content = _receive(questions, MOST_WORDS_BYTES, 0xFFFFFFFF)  # the parent bounds what it asks
            with _alarm(alarm_s):
                said, pixels = _answer(bytes(content), told["kind"])
            _send(answers, said, pixels)


def _answer(content: bytes, kind: str) -> tuple[dict[str, Any], bytes]:
    try:
        rendering = render(content, kind, _allow)
    except (PictureTooLarge, DecodeFailed) as error:
        return {"error": type(error).__name__, "zh": error.zh, "en": error.en}, b""
    told = asdict(rendering)
    return told, told.pop("pixels")


def _limit(memory_mb: int) -> None:
    if sys.platform == "win32":
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    if sys.platform == "linux":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = memory_mb << 20 if hard == resource.RLIM_INFINITY else min(memory_mb << 20, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextlib.contextmanager
def _alarm(alarm_s: float) -> Iterator[None]:
    """End this process if a decoder hangs and the parent, who watches the clock, is gone."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, alarm_s)
        signal.setitimer(signal.ITIMER_PROF, CPU_S)
    yield
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _allow(size_px: Size) -> None:
    """The processor time for a picture that says it has this size."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, CPU_S + CPU_S_A_MEGAPIXEL * size_px[0] * size_px[1] / 1e6)


class _Died(Exception):
    """The child ended by itself, or somebody killed it."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


def _asked_twice(child: _Child, content: bytes, kind: str) -> tuple[dict[str, Any], bytearray]:
    """The child's answer. A fresh one is asked when it died: the first may have been dead before it saw the picture,
    and a picture that kills decoders kills the fresh one too."""
    with contextlib.suppress(_Died):
        return child.ask(content, kind)
    try:
        return child.ask(content, kind)
    except _Died as died:
        raise _crashed(died.status) from died


def _overdue(timeout_s: float) -> DecodeFailed:
    return DecodeFailed(
        zh=(
            f"解这张图片超过了 {timeout_s:g} 秒，已停止。",
            "请缩小图片，或换一种格式再试。",
        ),
        en=(
            f"Decoding took longer than {timeout_s:g} s and was stopped.",
            "Shrink it, or save it in another format.",
        ),
    )


def _too_costly() -> DecodeFailed:
    return DecodeFailed(
        zh=("解这个文件要花的计算时间远超它的大小，已停止。", "请另存为 PNG 或 JPEG 后再试。"),
        en=(
            "Decoding this file takes far more computing time than its size explains; it was stopped.",
            "Save it again as PNG or JPEG.",
        ),
    )


def _crashed(status: int) -> DecodeFailed:
    return DecodeFailed(
        zh=(f"解这个文件时解码进程崩溃了（状态 {status}）。", "文件很可能已损坏：请换一个副本，或另存为 PNG 或 JPEG。"),
        en=(
            f"The decode process crashed on this file (status {status}).",
            "The file is probably damaged: try another copy, or save it as PNG or JPEG.",
        ),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
