"""Keeps the process small: large buffers of the networks go back to the system after each picture.

glibc by default raises its threshold with every large buffer it sees, and then keeps them: two threads over 21
pictures peaked at 814 MB, with fixed thresholds at 608 MB, and were no slower (docs/benchmarks.md).
Source: mallopt(3). Elsewhere than on glibc nothing happens.
"""

import ctypes
import platform

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # malloc.h
BIG_BYTES = 4 << 20
ARENAS = 2


def keep_small() -> None:
    """Sets glibc's thresholds for this process. To be called once, before the models load."""
    if platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    for option, value in ((M_MMAP_THRESHOLD, BIG_BYTES), (M_TRIM_THRESHOLD, 2 * BIG_BYTES), (M_ARENA_MAX, ARENAS)):
        libc.mallopt(option, value)
