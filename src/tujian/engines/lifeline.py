"""The child's side of `engines/child.py`: orders come in, an address goes out, and it ends when its parent does.

Enters: one JSON object on stdin's first line (no secret is ever on a command line, where every user may read it).
Leaves: one JSON line on stdout, `{"url": …}`; all else that the process prints lands on stderr, where the parent
keeps the last words. Does not know what is served.

Stdin stays open as long as the parent lives; its end is the parent's end, however that came. On Linux the kernel
also kills the child by itself (PR_SET_PDEATHSIG), for the moments in which Python cannot look at stdin.
"""

import ctypes
import json
import os
import signal
import sys
import threading
from typing import Any

PR_SET_PDEATHSIG = 1  # linux/prctl.h
STDIN_BYTES = 4096  # nothing is expected there; only its end matters


class Lifeline:
    """Made first thing in a child's `main`, before anything heavy is imported: `settings` are its orders."""

    def __init__(self) -> None:
        self._answers = os.dup(1)
        os.dup2(2, 1)  # what a C library prints must not look like the address
        self._ended = threading.Event()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
        _die_with_parent()
        self.settings: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
        threading.Thread(target=_end_with_stdin, daemon=True, name="lifeline").start()

    def ready(self, url: str) -> None:
        """Tell the parent where this process listens."""
        os.write(self._answers, json.dumps({"url": url}).encode() + b"\n")

    def wait(self) -> None:
        """Until SIGTERM, which until now ended the process at once: half a model needs no goodbye."""
        signal.signal(signal.SIGTERM, lambda *_: self._ended.set())
        self._ended.wait()


def _end_with_stdin() -> None:
    while os.read(0, STDIN_BYTES):
        pass
    os._exit(0)  # at once: nobody is left to answer, and no destructor may hold a dead child's memory


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
