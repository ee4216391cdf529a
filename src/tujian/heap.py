"""Keeps the process small and on its own core: large buffers go back to the system after each picture, and numpy
multiplies matrices on the caller's thread.

glibc by default raises its threshold with every large buffer it sees, and then keeps them: two threads over 21
pictures peaked at 814 MB, with fixed thresholds at 608 MB, and were no slower (docs/benchmarks.md).
Source: mallopt(3). Elsewhere than on glibc nothing happens.

OpenBLAS by default shares each product among all cores, and its threads then spin for a while in wait of the next:
naming one category kept a second core busy all along, and two threads made 1.6 times the records of one; with one
thread for OpenBLAS it is 2.0. Not known: numpy builds with other libraries (MKL, Accelerate), which stay as they are.
"""

import ctypes
import importlib
import platform

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # malloc.h
# Buffers of 4-16 MB come and go with every picture: given back each time, their pages took 5 % of perception (187,000
# page faults over 60 pictures, now 1,600), and kept they add about 20 MB to the peak. 32 MB gains no more.
BIG_BYTES = 16 << 20
ARENAS = 2
# of numpy's own wheels, then of OpenBLAS as distributions build it
OPENBLAS_NAMES = ("scipy_openblas_set_num_threads64_", "openblas_set_num_threads64_", "openblas_set_num_threads")


def keep_small() -> None:
    """Sets glibc's thresholds for this process. To be called once, before the models load."""
    if platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    for option, value in ((M_MMAP_THRESHOLD, BIG_BYTES), (M_TRIM_THRESHOLD, 2 * BIG_BYTES), (M_ARENA_MAX, ARENAS)):
        libc.mallopt(option, value)


def multiply_alone() -> None:
    """Tells numpy's OpenBLAS to stay on the caller's thread. For the whole process, at any time."""
    core = importlib.import_module("numpy._core._multiarray_umath")
    linked = ctypes.CDLL(core.__file__)  # looks names up in the libraries that it was linked with, too
    for name in OPENBLAS_NAMES:
        if hasattr(linked, name):
            getattr(linked, name)(1)
