"""What this machine has for a model: memory, GPUs that llama.cpp can use, cores. req: A3

Enters: what the operating system says, within the limits of a container. Leaves: a Memory.
Does not know: models (`memory.py`). Measured on Linux without a GPU; macOS, Windows and GPUs are written by their
documentation and were never run.

MB here and wherever memory is planned are 1,000,000 bytes, as the sizes of files are told.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

MB = 1_000_000
NO_LIMIT = 1 << 60  # cgroup v1 writes a number near 2^63 where there is no limit
ASKING_S = 2.0  # nvidia-smi answers in 0.1 s; one that hangs has a driver that hangs
LISTING_S = 10.0  # a process that imports xllamacpp and lists its devices; CUDA needs a second or two to wake
MOST_THREADS = 8  # beyond, llama.cpp on a CPU waits for memory, not for cores
# which devices llama.cpp's wheel was built for: PyPI's knows the CPU (Linux, Windows) and Metal (macOS)
DEVICES = (
    "import json, xllamacpp as x; print(json.dumps([[d['description'], d['memory_total'], d['memory_free']]"
    " for d in x.get_device_info() if 'GPU' in str(d['type'])]))"
)


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU that llama.cpp can use."""

    name: str
    total_mb: float
    free_mb: float


@dataclass(frozen=True, slots=True)
class Memory:
    """`free_mb` is what programs may still take without swapping. `unified`: the GPU's memory is the machine's.

    `idle_gpus` are named by nvidia-smi, but the installed llama.cpp cannot use them. `cores` are physical ones.
    """

    total_mb: float
    free_mb: float
    gpus: tuple[Gpu, ...] = ()
    unified: bool = False
    idle_gpus: tuple[str, ...] = ()
    cores: int = 1

    @property
    def gpu_free_mb(self) -> float:
        return sum(gpu.free_mb for gpu in self.gpus)

    @property
    def threads(self) -> int:
        """Threads for llama.cpp: one core is left to pictures and pages.

        Its threads wait for each other by spinning: with a busy core among them, two were up to 60 times slower than
        one (measured on 2 cores, notes of November 2026).
        """
        return max(1, min(self.cores - 1, MOST_THREADS))


def read_memory() -> Memory:
    """What is there now. Takes milliseconds; on a machine with a GPU a second or two, for it has to be woken."""
    total, free = _ram_bytes()
    for limit, used in _limits():
        total, free = min(total, limit), min(free, limit - used)
    gpus, idle = _gpus()
    unified = platform.system() == "Darwin" and platform.machine() == "arm64"
    return Memory(total / MB, max(free, 0) / MB, gpus, unified, idle, _cores())


def _ram_bytes() -> tuple[int, int]:
    """All memory and what is free for programs."""
    if sys.platform == "linux":
        told = dict(re.findall(r"^(\w+):\s+(\d+) kB", Path("/proc/meminfo").read_text("ascii"), re.M))
        return int(told["MemTotal"]) * 1024, int(told["MemAvailable"]) * 1024
    if sys.platform == "win32":
        return _windows_bytes()
    page, total = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    counts = dict(re.findall(r"^Pages (free|inactive|speculative|purgeable):\s+(\d+)\.", _said_by("vm_stat"), re.M))
    return total, sum(map(int, counts.values())) * page or total // 2


def _windows_bytes() -> tuple[int, int]:
    """GlobalMemoryStatusEx: its structure is two 32-bit and seven 64-bit numbers."""
    import ctypes

    status = (ctypes.c_ulonglong * 8)()
    status[0] = ctypes.sizeof(status)  # dwLength, in the lower half of the first
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # pyright: ignore[reportAttributeAccessIssue]
    return int(status[1]), int(status[2])


def _limits(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> list[tuple[int, int]]:
    """Limit and use, in bytes, of every control group above this process that has a limit (version 2, then 1)."""
    if not own.is_file():
        return []
    found: list[tuple[int, int]] = []
    for line in own.read_text("utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            inside = root / path.lstrip("/")
            names = "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            inside = root / "memory" / path.lstrip("/")
            names = "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        # a container sees its own group at the root, whatever path the host has for it
        for group in (inside, *inside.parents):
            found += _limit(group, *names)
            if group == root:
                break
    return found


def _limit(group: Path, limit_name: str, used_name: str) -> list[tuple[int, int]]:
    if not (group / limit_name).is_file():
        return []
    limit = (group / limit_name).read_text("ascii").strip()
    if limit == "max" or int(limit) >= NO_LIMIT:
        return []
    stat = (group / "memory.stat").read_text("ascii") if (group / "memory.stat").is_file() else ""
    cached = re.search(r"^(?:total_)?inactive_file (\d+)", stat, re.M)  # given back when asked for
    return [(int(limit), int((group / used_name).read_text("ascii")) - (int(cached[1]) if cached else 0))]


def _gpus() -> tuple[tuple[Gpu, ...], tuple[str, ...]]:
    """GPUs that llama.cpp can use, and the names of those that are there and that it cannot."""
    there = [line.strip() for line in _said_by("nvidia-smi", "--query-gpu=name", "--format=csv,noheader").splitlines()]
    if not there and platform.system() != "Darwin":
        return (), ()
    listed = _said_by(sys.executable, "-P", "-c", DEVICES, limit_s=LISTING_S)
    usable = tuple(Gpu(name, total / MB, free / MB) for name, total, free in json.loads(listed or "[]"))
    return usable, () if usable else tuple(there)


def _said_by(*command: str, limit_s: float = ASKING_S) -> str:
    """What a command prints; "" where it is missing, fails or hangs: then that machine part is not there for us."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, stdin=subprocess.DEVNULL)
    except (subprocess.TimeoutExpired, OSError):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _cores() -> int:
    """Physical cores that this process may use: the second thread of a core adds nothing to llama.cpp."""
    topology = Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology/thread_siblings_list")
    siblings = {path.read_text("ascii") for path in topology}
    logical = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(len(siblings) or logical, logical, _quota()))


def _quota(path: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Whole cores that a container is given."""
    if not path.is_file():
        return 1 << 16
    quota, period = path.read_text("ascii").split()
    return 1 << 16 if quota == "max" else max(1, int(quota) // int(period))
