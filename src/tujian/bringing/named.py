"""Pictures that a sheet names: found below its folder by path, else by name alone. Nothing outside is opened.

Enters: a folder, a name as it stands in a cell. Leaves: a file, or what is wrong with the name.
"""

import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tujian.bringing.folders import is_left_out
from tujian.errors import UnreadablePicture
from tujian.folding import printable

MOST_FILES = 500_000  # of a folder whose names are known


class Named:
    """The files below a folder by name; its index is made when a path alone does not do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._by_name: dict[str, list[str]] | None = None
        self._lock = threading.Lock()

    def find(self, name: str) -> str:
        """The path below the folder, with /. Raises UnreadablePicture: not there, outside, or two of that name."""
        told = name.replace("\\", "/").strip()
        place = self._inside(told)
        if place is not None:
            return place
        short = told.rpartition("/")[2].casefold()
        found = self._index().get(short, [])
        ends = [path for path in found if f"/{path}".casefold().endswith(f"/{told.lstrip('./')}".casefold())]
        found = ends or found
        if len(found) > 1:
            raise _two(name, found)
        if not found:
            raise _missing(name, self.folder)
        return found[0]

    def _inside(self, told: str) -> str | None:
        try:
            place = (self.folder / told).resolve()
            is_there = place.is_relative_to(self.folder) and place.is_file()
        except (OSError, ValueError, RuntimeError):  # a name too long, with a zero, a ring of links
            return None
        return place.relative_to(self.folder).as_posix() if is_there else None

    def _index(self) -> dict[str, list[str]]:
        with self._lock:
            if self._by_name is None:
                self._by_name = defaultdict(list)
                for count, path in enumerate(self._files()):
                    if count >= MOST_FILES:
                        break
                    self._by_name[path.rpartition("/")[2].casefold()].append(path)
            return self._by_name

    def _files(self) -> Iterator[str]:
        for folder, inside, names in os.walk(self.folder):
            inside[:] = sorted(name for name in inside if not is_left_out(name))
            below = Path(folder).relative_to(self.folder)
            for name in sorted(names):
                if not is_left_out(name) and not (Path(folder) / name).is_symlink():
                    yield (below / name).as_posix()


def _missing(name: str, folder: Path) -> UnreadablePicture:
    shown, where = printable(name)[:80], printable(str(folder))
    return UnreadablePicture(
        zh=(
            f"{where} 里没有图片 {shown!r}。",
            "请检查文件名；在别的文件夹时用 --pictures 指明，外面的不会打开。",
        ),
        en=(
            f"There is no picture {shown!r} in {where}.",
            "Check the name; say --pictures FOLDER when they lie elsewhere. Files outside are not opened.",
        ),
    )


def _two(name: str, found: list[str]) -> UnreadablePicture:
    shown, places = printable(name)[:80], ", ".join(map(printable, found[:3]))
    return UnreadablePicture(
        zh=(f"有 {len(found)} 个文件叫 {shown!r}：{places}。", "请在表里写出它所在的子文件夹，例如 红色/1.jpg。"),
        en=(f"{len(found)} files are called {shown!r}: {places}.", "Write the folder too, such as red/1.jpg."),
    )
