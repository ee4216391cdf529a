"""The one folder for temporary files: of this process alone, readable by nobody else, gone when it ends.

Enters: the state folder. Leaves: a folder of mode 0700 under it, or in the system's own place when it cannot be
written. What an earlier server left behind, killed perhaps, is wiped at the start: only folders that are ours by name
and owner and that no living process holds. Uploads never come here (api/bodies.py); libraries may.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "tujian-"
LOCK = ".held"

try:
    import fcntl
except ImportError:  # Windows: nothing can be told to be abandoned, so nothing is wiped
    fcntl = None


@contextmanager
def scratch_folder(home: Path) -> Iterator[Path]:
    """The folder, for this process's `tempfile` too; deleted at the end."""
    system = Path(tempfile.gettempdir())
    for place in (home / "tmp", system):
        _wipe_abandoned(place)
    folder, before = _make(home / "tmp", system), tempfile.tempdir
    held = (folder / LOCK).open("wb")
    if fcntl is not None:
        fcntl.flock(held, fcntl.LOCK_EX)
    tempfile.tempdir = str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = before
        held.close()
        shutil.rmtree(folder, ignore_errors=True)  # what is busy on Windows is wiped at the next start


def _make(own: Path, system: Path) -> Path:
    try:
        own.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Path(tempfile.mkdtemp(prefix=PREFIX, dir=own))  # mkdtemp gives 0700
    except OSError:  # the state folder is read-only or full: the store says so when it is used
        return Path(tempfile.mkdtemp(prefix=PREFIX, dir=system))


def _wipe_abandoned(place: Path) -> None:
    if fcntl is None or not place.is_dir():
        return
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError):  # gone meanwhile, or not to be deleted: then it stays
            if _is_ours(folder) and _is_abandoned(folder):
                shutil.rmtree(folder)


def _is_ours(folder: Path) -> bool:
    """Whether it is a real folder of this user's, closed to others: a link could lead anywhere."""
    told = folder.lstat()
    return stat.S_ISDIR(told.st_mode) and told.st_uid == os.getuid() and not told.st_mode & 0o077


def _is_abandoned(folder: Path) -> bool:
    """Whether it has a lock of ours that nobody holds any more."""
    assert fcntl is not None
    try:
        with (folder / LOCK).open("rb+") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (FileNotFoundError, BlockingIOError):
        return False
    return True
