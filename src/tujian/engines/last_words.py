"""What a process that died leaves: its status, its last lines, and what they mean for whoever waits for it.

Enters: an exit status and lines of stderr. Leaves: the telling line, and what happened and what to do in Chinese and
in English. Does not know: when a process is started again (`child.py`).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from tujian.errors import Said
from tujian.folding import printable

TOLD_CHARACTERS = 300
TELLING = re.compile(
    r"\b(?:error|failed|fatal|cannot|could not|unable|abort|exception|out of memory|no such|GGML_ASSERT)", re.I
)
NO_MEMORY = re.compile(r"out of memory|bad_alloc|MemoryError|(?:failed|unable) to alloc", re.I)
KILLED, ILLEGAL_INSTRUCTION = -9, -4  # POSIX: ended by SIGKILL, by SIGILL; Windows has no such statuses
STAMP = re.compile(r"^\d[\d.]* ([A-Z]) \S*:?\s+")  # llama.cpp: time, level, the function's name
NO_LIBRARY = re.compile(r"\blib[\w+-]+\.so[\d.]*: cannot open")


class Death(NamedTuple):
    """An exit status (negative: the signal) and the lines before it, the telling one first."""

    status: int
    words: str
    overdue_s: float | None

    @property
    def reason(self) -> str:
        """Equal for equal causes: without the numbers, which are addresses and process ids."""
        return re.sub(r"\d+", "#", f"{self.status} {self.words} {self.overdue_s}")

    def said(self, name: str) -> tuple[Said, Said]:
        """What happened and what to do, in Chinese and in English."""
        if self.overdue_s is not None:
            zh, en = (
                f"{self.overdue_s:g} 秒内没有就绪，已终止",
                f"was not ready within {self.overdue_s:g} s and was ended",
            )
        else:
            zh, en = f"退出了（状态 {self.status}）", f"ended (status {self.status})"
        mend_zh, mend_en = _remedy(self)
        return (
            Said(f"{name} 子进程{zh}：{self.words or '没有留下话'}", mend_zh),
            Said(f"The {name} child {en}: {self.words or 'it said nothing'}", mend_en),
        )


def last_words(lines: Sequence[str]) -> str:
    """Why a process ended, from what it printed last: the telling line first, then the last one.

    >>> last_words(["loading", "E: error loading model: tensor is not within the file", "exiting"])
    'E: error loading model: tensor is not within the file · exiting'
    """
    errors = [line for line in map(printable, lines) if (stamp := STAMP.match(line)) is None or stamp[1] == "E"]
    clean = [words for words in (" ".join(STAMP.sub("", line).split()) for line in errors) if words]
    if any(line.startswith("Traceback ") for line in lines):
        return clean[-1][:TOLD_CHARACTERS]  # Python says it last
    telling = [line for line in clean if TELLING.search(line)]
    return " · ".join(dict.fromkeys([*telling[:1], *clean[-1:]]))[:TOLD_CHARACTERS]


def _remedy(death: Death) -> tuple[str, str]:
    """What to do about it, in Chinese and in English."""
    if death.overdue_s is not None:
        return "请换小一些的模型，或把模型放到更快的磁盘上。", "Take a smaller model, or put it on a faster disk."
    if death.status == KILLED or NO_MEMORY.search(death.words):
        return (
            "多半是内存不够：请换小一些的模型或量化，减小上下文，或关掉别的程序。",
            "Memory probably ran out: take a smaller model or a shorter context, or close other programs.",
        )
    if NO_LIBRARY.search(death.words):
        return (
            "缺少系统库：请安装（Debian/Ubuntu：apt install libgomp1）。",
            "A system library is missing: install it (Debian, Ubuntu: apt install libgomp1).",
        )
    if death.status == ILLEGAL_INSTRUCTION:
        return (
            "这台机器的处理器缺少所需指令：请改用远程引擎。",
            "This processor lacks instructions: use a remote engine.",
        )
    return (
        "请用 tujian models check 检查模型；若仍然如此，请换一个模型文件。",
        "Check the model with tujian models check; if that does not help, take another file.",
    )
