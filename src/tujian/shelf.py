"""The shelf: the content of pictures, each once, by its sha256, as pictures/ab/cd/abcd…

Enters: bytes. Leaves: the same bytes. A file is there whole or not at all (`write_whole`, for other files too).
Does not know: which items use it (`catalogue/forgetting.py` does).
"""

import contextlib
import errno
import hashlib
import os
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from tujian.errors import NotFound, StoreDown, StoreFailed, StoreFull

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Shelf:
    """Files under `folder`. Threads and processes share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, sha256: str, content: bytes) -> None:
        """Keeps `content`; what is there already stays. Raises StoreFull, StoreDown."""
        if self.has(sha256):
            return
        with told_unwritten("图片", "picture", "pictures"):
            write_whole(self._path(sha256), content)

    def has(self, sha256: str) -> bool:
        return self._path(sha256).is_file()

    def read(self, sha256: str) -> bytes:
        """Raises NotFound when somebody took the file away."""
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise picture_is_gone(str(self._path(sha256))) from error

    def small(self, sha256: str, side_px: int) -> bytes | None:
        """A smaller copy, if one was kept."""
        try:
            return self._small_path(sha256, side_px).read_bytes() or None  # empty after a power cut
        except FileNotFoundError:
            return None

    def keep_small(self, sha256: str, side_px: int, content: bytes) -> None:
        """Keeps a smaller copy while there is room: it can be made again, so a full disk is no trouble."""
        with contextlib.suppress(OSError):
            write_whole(self._small_path(sha256, side_px), content, is_synced=False)

    def drop(self, sha256: str) -> None:
        """The content goes, with every smaller copy."""
        for small in self._path(sha256).parent.glob(f"{sha256}.*"):
            small.unlink(missing_ok=True)
        self._path(sha256).unlink(missing_ok=True)

    def _small_path(self, sha256: str, side_px: int) -> Path:
        return self._path(sha256).with_name(f"{sha256}.{side_px}.webp")

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256[2:4] / sha256


def write_whole(path: Path, content: bytes, *, is_synced: bool = True) -> None:
    """`path` holds all of `content`, or is as it was: written beside, synced, then renamed. Raises OSError."""
    beside = path.with_name(f".{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with beside.open("xb") as file:
            file.write(content)
            if is_synced:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
        if is_synced:
            _sync_folder(path.parent)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def told_unwritten(zh: str, en: str, folder: str) -> Iterator[None]:
    """What keeps a file of this sort out of TUJIAN_HOME's `folder`, in the error tree: StoreFull, StoreDown."""
    try:
        yield
    except OSError as error:
        raise _unwritten(error, zh, en, folder) from error


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # Windows has no handle of a folder to sync
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritten(error: OSError, zh: str, en: str, folder: str) -> StoreFailed:
    if error.errno in NO_ROOM:
        return StoreFull(
            "full",
            zh=(f"磁盘写不下{zh}（{error.strerror}），没有保存。", "请腾出空间后再试；已保存的都在。"),
            en=(f"No room for the {en} ({error.strerror}); it was not kept.", "Make room and try again."),
        )
    return StoreDown(
        "read_only",
        zh=(f"{zh}存不了：{error.strerror or error}。", f"请检查 TUJIAN_HOME/{folder} 的权限和磁盘。"),
        en=(f"The {en} cannot be kept: {error.strerror or error}.", f"Check TUJIAN_HOME/{folder} and its disk."),
    )


def picture_is_gone(where: str) -> NotFound:
    return NotFound(
        zh=(f"图片文件不在了：{where}。", "请把文件放回原处，或重新导入。"),
        en=(f"The picture's file is gone: {where}.", "Put it back, or import it again."),
    )


def read_in_place(sha256: str, there: Sequence[tuple[str, str]]) -> bytes:
    """The first file that still has these bytes."""
    for root, path in there:
        try:
            content = (Path(root) / path).read_bytes()
        except OSError:
            continue  # gone or unreadable; another file may have the same bytes
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
    raise _changed_in_place(", ".join(path for _, path in there[:3]) or sha256)


def _changed_in_place(where: str) -> NotFound:
    return NotFound(
        zh=(f"原图不在原处，或内容已经变了：{where}。", "请把文件放回原处，或重新导入这个文件夹。"),
        en=(f"The original is gone or was changed: {where}.", "Put it back, or import the folder again."),
    )
