"""A folder as a source of pictures: walked in order, nothing followed out of it, nothing written.

Enters: a folder. Leaves: entries. Hidden files, links, and the thumbnails and dustbins of storage devices are left out.
Does not know what was here before, or what a picture is.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from tujian.bringing.nouns import MOTIONS, STILLS, Entry, Passed, bad_name, unreadable, vanished
from tujian.errors import BadInput
from tujian.folding import printable

LEFT_OUT = frozenset({"@eadir", "#recycle", "#snapshot", "$recycle.bin", "system volume information", "__macosx"})


class Folder:
    """A folder, by its real path. Raises BadInput when it is none."""

    kind, keeps_content = "folder", False

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise _no_folder(path)
        self._path = path.resolve()
        self.root = str(self._path)
        if self.root != printable(self.root):
            raise bad_name(self.root)
        self._unread: list[str] = []

    def __iter__(self) -> Iterator[Entry | Passed]:
        self._unread.clear()
        self.check()
        yield from self._walk("")

    def has(self, path: str) -> bool:
        return (self._path / path).is_file()

    def check(self) -> None:
        if not self._path.is_dir():
            raise vanished(self.root)

    def is_unread(self, path: str) -> bool:
        return any(not folder or path.startswith(f"{folder}/") for folder in self._unread)  # "" is all of it

    def _walk(self, folder: str) -> Iterator[Entry | Passed]:
        try:
            with os.scandir(self._path / folder) as found:
                inside = sorted((one for one in found if not is_left_out(one.name)), key=lambda one: one.name)
        except OSError as error:
            self.check()
            self._unread.append(folder)
            yield Passed(folder, "unreadable", unreadable(folder, error.strerror or ""))
            return
        stills = stems_of_stills([one.name for one in inside])
        for one in inside:
            path = f"{folder}/{one.name}" if folder else one.name
            if one.is_symlink():
                yield Passed(printable(path), "link")
            elif one.is_dir(follow_symlinks=False):
                yield from self._walk(path)
            else:
                yield self._entry(one, path, has_still(one.name, stills))

    def _entry(self, one: os.DirEntry[str], path: str, beside: bool) -> Entry | Passed:
        if path != printable(path):
            return Passed(printable(path), "failed", bad_name(path))
        try:
            facts = one.stat(follow_symlinks=False)
        except OSError as error:
            return Passed(path, "failed", unreadable(path, error.strerror or ""))
        if not stat.S_ISREG(facts.st_mode):
            return Passed(path, "special")
        place = self._path / path
        return Entry(path, facts.st_size, facts.st_mtime_ns, lambda most: _read(place, most), beside)


def is_left_out(name: str) -> bool:
    return name.startswith(".") or name.lower() in LEFT_OUT


def stems_of_stills(names: Sequence[str]) -> set[str]:
    """Names without ending of what looks like pictures, in lower case."""
    split = (os.path.splitext(name.lower()) for name in names)  # noqa: PTH122 - text, no path
    return {stem for stem, ending in split if ending in STILLS}


def has_still(name: str, stills: set[str]) -> bool:
    """Whether a film lies beside a picture of its name: Live Photos are IMG_1.HEIC and IMG_1.MOV.

    >>> has_still("IMG_1.MOV", {"img_1"}), has_still("IMG_2.MOV", {"img_1"})
    (True, False)
    """
    stem, ending = os.path.splitext(name.lower())  # noqa: PTH122
    return ending in MOTIONS and (stem in stills or stem.removesuffix("_hevc") in stills)


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)


def _no_folder(path: Path) -> BadInput:
    shown = printable(str(path))
    return BadInput(
        zh=(f"{shown} 不是文件夹，或读不到。", "请检查路径；移动硬盘和网络盘要先接好。"),
        en=(f"{shown} is no folder, or cannot be read.", "Check the path; connect the disk or share first."),
    )
