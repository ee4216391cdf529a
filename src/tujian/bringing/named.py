"""Pictures that a sheet names: found below its folder by path, else by name alone. Nothing outside is opened.

Enters: a folder, a name as it stands in a cell. Leaves: a file, or what is wrong with the name.
"""

import os
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath

from tujian.bringing.folders import is_left_out
from tujian.errors import UnreadablePicture
from tujian.folding import printable

MOST_FILES = 500_000  # of a folder whose names are known
MOST_NUMBERED = 5  # 123_1 to 123_4 are pictures of article 123

Index = Mapping[str, list[str]]


class Named:
    """The files below a folder by name; its index is made when a path alone does not do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._known: tuple[Index, Index] | None = None
        self._lock = threading.Lock()

    def find(self, name: str) -> str:
        """The path below the folder, with /. Raises UnreadablePicture: not there, outside, or two of that name."""
        found = self.places(name)
        if len(found) > 1:
            raise two_called(name, found)
        if not found:
            raise _missing(name, self.folder)
        return found[0]

    def places(self, name: str) -> list[str]:
        """Every path that `name` may mean: the path that it is; else files called so; else so without their ending."""
        told = name.replace("\\", "/").strip()
        place = self._inside(told)
        if place is not None:
            return [place]
        end, short = f"/{told.lstrip('./')}".casefold(), told.rpartition("/")[2].casefold()
        by_name, by_stem = self._index()
        for found in (by_name.get(short), by_stem.get(short)):
            if found:
                called = [path for path in found if f"/{path}".casefold().endswith(end) or _stem_of(path).endswith(end)]
                return called or found
        return []

    def has(self, name: str) -> bool:
        """Whether `name` as a whole is a path below the folder, or the name of a file."""
        told = name.replace("\\", "/").strip()
        return self._inside(told) is not None or told.casefold() in self._index()[0]

    def named_after(self, code: str) -> list[str]:
        """Files called like an article's number: 123.jpg, 123_2.jpg, 123-3.jpg."""
        key, (_, by_stem) = code.casefold().strip(), self._index()
        if not key:
            return []
        more = [path for n in range(1, MOST_NUMBERED) for mark in "_- " for path in by_stem.get(f"{key}{mark}{n}", [])]
        return [*by_stem.get(key, []), *more]

    def _inside(self, told: str) -> str | None:
        try:
            place = (self.folder / told).resolve()
            is_there = place.is_relative_to(self.folder) and place.is_file()
        except (OSError, ValueError, RuntimeError):  # a name too long, with a zero, a ring of links
            return None
        return place.relative_to(self.folder).as_posix() if is_there else None

    def _index(self) -> tuple[Index, Index]:
        """Paths by the names of their files, and by those without their endings."""
        with self._lock:
            if self._known is None:
                by_name, by_stem = defaultdict(list), defaultdict(list)
                for path in islice(self._files(), MOST_FILES):
                    by_name[path.rpartition("/")[2].casefold()].append(path)
                    by_stem[_stem_of(path).rpartition("/")[2]].append(path)
                self._known = by_name, by_stem
            return self._known

    def _files(self) -> Iterator[str]:
        for folder, inside, names in os.walk(self.folder):
            inside[:] = sorted(name for name in inside if not is_left_out(name))
            below = Path(folder).relative_to(self.folder)
            for name in sorted(names):
                if not is_left_out(name) and not (Path(folder) / name).is_symlink():
                    yield (below / name).as_posix()


def _stem_of(path: str) -> str:
    """A path as it is compared where its ending is not named."""
    return f"/{PurePosixPath(path).with_suffix('')}".casefold()


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


def not_sent(name: str) -> UnreadablePicture:
    shown = printable(name)[:80]
    return UnreadablePicture(
        zh=(f"上传的文件里没有图片 {shown!r}。", "请把它和表格一起上传（可放进 ZIP），或改正表里的文件名。"),
        en=(f"The picture {shown!r} was not uploaded.", "Upload it with the sheet (a ZIP will do), or mend its name."),
    )


def two_called(name: str, found: Sequence[str]) -> UnreadablePicture:
    shown, places = printable(name)[:80], ", ".join(map(printable, found[:3]))
    return UnreadablePicture(
        zh=(f"有 {len(found)} 个文件叫 {shown!r}：{places}。", "请在表里写出它所在的子文件夹，例如 红色/1.jpg。"),
        en=(f"{len(found)} files are called {shown!r}: {places}.", "Write the folder too, such as red/1.jpg."),
    )
