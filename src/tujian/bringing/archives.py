"""A ZIP as a source of pictures: its names are never paths, what it unpacks to is bounded, nothing is written.

Enters: a ZIP. Leaves: entries, and what is wrong with members. Source: PKWARE APPNOTE 6.3; names without the UTF-8 flag
are taken as UTF-8, else GB 18030, which Chinese Windows writes.
"""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tujian.bringing.folders import has_still, is_left_out, stems_of_stills
from tujian.bringing.nouns import Entry, Passed, bad_name, two_of_one_name, unreadable, vanished
from tujian.errors import BadInput, UnreadablePicture
from tujian.folding import printable

MOST_MEMBERS = 200_000
MOST_UNPACKED_BYTES = 50_000_000_000
MOST_RATIO, RATIO_FROM_BYTES = 200, 10_000_000  # pictures hardly shrink; a bomb shrinks a thousandfold
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may take any memory to unpack
LONGEST_NAME = 1_000


class Archive:
    """A ZIP, by its real path. Raises BadInput for what is none, or holds too much."""

    kind, keeps_content = "archive", True

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        self.root = str(self._path)
        try:
            self._zip = zipfile.ZipFile(self._path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise _damaged(error) from error
        inside = self._zip.infolist()
        self._members = [one for one in inside if not one.is_dir()]
        if len(inside) > MOST_MEMBERS or sum(one.file_size for one in inside) > MOST_UNPACKED_BYTES:
            raise _too_large(len(inside))
        self._names = {called(one) for one in self._members}

    def __iter__(self) -> Iterator[Entry | Passed]:
        stills = stems_of_stills([called(one) for one in self._members])
        seen: set[str] = set()
        for one in sorted(self._members, key=called):
            name = called(one)
            if any(is_left_out(part) for part in PurePosixPath(name).parts if part not in ("..", ".")):
                continue
            if name in seen:
                yield Passed(printable(name), "failed", two_of_one_name(name))
                continue
            seen.add(name)
            yield self._entry(one, name, has_still(name, stills))

    def has(self, path: str) -> bool:
        return path in self._names

    def check(self) -> None:
        if not self._path.is_file():
            raise vanished(self.root)

    def is_unread(self, path: str) -> bool:
        return False

    def _entry(self, one: zipfile.ZipInfo, name: str, beside: bool) -> Entry | Passed:
        if stat.S_ISLNK(one.external_attr >> 16):
            return Passed(printable(name), "link")
        trouble = _trouble(one, name)
        if trouble is not None:
            return Passed(printable(name), "failed", trouble)
        return Entry(name, one.file_size, one.CRC, lambda most: self._read(one, name, most), beside)

    def _read(self, one: zipfile.ZipInfo, name: str, most: int) -> bytes:
        """At most `most` bytes; a whole member is checked against its checksum."""
        try:
            with self._zip.open(one) as file:
                return file.read(most)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
            raise unreadable(name, str(error)) from error


def is_archive(path: Path) -> bool:
    """Whether it is a ZIP that is no workbook."""
    try:
        with path.open("rb") as file:
            if file.read(2) != b"PK":
                return False
        with zipfile.ZipFile(path) as archive:
            return not any(name.startswith("xl/") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return path.suffix.lower() == ".zip"


def called(one: zipfile.ZipInfo) -> str:
    """A member's name as who packed it saw it."""
    if one.flag_bits & 0x800:  # APPNOTE 4.4.4, bit 11: UTF-8
        return one.filename.replace("\\", "/")
    try:
        raw = one.filename.encode("cp437")
    except UnicodeEncodeError:
        return one.filename.replace("\\", "/")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding).replace("\\", "/")
        except UnicodeDecodeError:
            continue
    return one.filename.replace("\\", "/")


def _trouble(one: zipfile.ZipInfo, name: str) -> UnreadablePicture | None:
    parts = PurePosixPath(name).parts
    is_path = name.startswith("/") or ".." in parts or ":" in name.split("/")[0]
    if is_path or name != printable(name) or len(name) > LONGEST_NAME:
        return bad_name(name)
    if one.flag_bits & 0x1:
        return _locked(name)
    if one.compress_type not in METHODS:
        return _method(name)
    if one.file_size > RATIO_FROM_BYTES and one.file_size > MOST_RATIO * max(1, one.compress_size):
        return _bomb(name, one.file_size)
    return None


def _damaged(why: object) -> BadInput:
    shown = printable(str(why))[:120]
    return BadInput(
        zh=(f"ZIP 打不开（{shown}）。", "请重新下载或重新压缩成普通 ZIP。"),
        en=(f"The ZIP cannot be opened ({shown}).", "Fetch or pack it again, as a plain ZIP."),
    )


def _too_large(count: int) -> BadInput:
    limit_gb = MOST_UNPACKED_BYTES / 1e9
    return BadInput(
        zh=(
            f"ZIP 太大：{count} 个文件（上限 {MOST_MEMBERS} 个、{limit_gb:g} GB）。",
            "请解压成文件夹，再导入文件夹。",
        ),
        en=(
            f"The ZIP is too large: {count} files; {MOST_MEMBERS} and {limit_gb:g} GB unpacked at most.",
            "Unpack it and import the folder.",
        ),
    )


def _locked(name: str) -> UnreadablePicture:
    shown = printable(name)[:80]
    return UnreadablePicture(
        zh=(f"{shown} 有密码。", "请解压后导入文件夹，或压缩时不设密码。"),
        en=(f"{shown} has a password.", "Unpack it and import the folder, or pack it without a password."),
    )


def _method(name: str) -> UnreadablePicture:
    shown = printable(name)[:80]
    return UnreadablePicture(
        zh=(f"{shown} 的压缩方式图鉴不解。", "请用普通 ZIP（Deflate）重新压缩。"),
        en=(f"{shown} is packed in a way that Tujian does not unpack.", "Pack it again as a plain ZIP (deflate)."),
    )


def _bomb(name: str, bytes_count: int) -> UnreadablePicture:
    shown, size_mb = printable(name)[:80], bytes_count / 1e6
    return UnreadablePicture(
        zh=(f"{shown} 解开后有 {size_mb:.0f} MB，像是压缩炸弹，没有打开。", "确是图片的话，请解压后导入文件夹。"),
        en=(
            f"{shown} would unpack to {size_mb:.0f} MB, like a bomb; it was not opened.",
            "If it is a picture, unpack.",
        ),
    )
