"""A parcel: files that somebody sent together and has not decided about yet. req: C1, F2

Enters: names and pieces of files, in any order. Leaves: the files in TUJIAN_HOME/parcels/ID/files, each known by its
content, and notes beside them: what was decided, how far it is. Does not know what is done with them.
A parcel is kept for three days after somebody last touched it, and as long as something works on it.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import re
import shutil
import threading
import time
import uuid
from collections.abc import AsyncIterable, Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tujian.bringing.archives import is_archive
from tujian.errors import BadInput, NotFound, PictureTooLarge
from tujian.folding import printable
from tujian.shelf import told_unwritten, write_whole
from tujian.sniffing import HEAD_BYTES, PICTURE_KINDS, sniff

FOLDER = "parcels"  # in TUJIAN_HOME
KEPT_S = 3 * 24 * 3600
MOST_FILES = 5_000
MOST_BYTES = 20_000_000_000  # of one parcel
LEFT_FREE_BYTES = 500_000_000  # of the disk
LONGEST_NAME = 120
SHEETS = frozenset(".csv .tsv .txt .jsonl .ndjson .json .xlsx .xlsm .xls".split())
UNSAFE = re.compile(r"[\x00-\x1f/\\\x7f]+" if os.name == "posix" else r'[\x00-\x1f/\\:*?"<>|\x7f]+')
ID = re.compile(r"[0-9a-f]{32}")
_LOCK = threading.Lock()  # names are given one at a time


@dataclass(frozen=True, slots=True)
class Sent:
    """A file of a parcel. `kind` is sheet, archive, or what `sniff` says; "" where nothing fits."""

    name: str
    bytes_count: int
    sha256: str
    kind: str

    @property
    def is_picture(self) -> bool:
        return self.kind in PICTURE_KINDS


class Parcel:
    """The files under one number. Raises NotFound for a number that there is not."""

    def __init__(self, home: Path, number: str) -> None:
        self.number, self._place = number, home / FOLDER / number
        if not ID.fullmatch(number) or not self._place.is_dir():
            raise no_such_parcel()

    @classmethod
    def begun(cls, home: Path, at_work: Collection[str] = ()) -> "Parcel":
        """An empty one. Older ones that nothing works on (`at_work`) and nobody came back to are dropped."""
        _drop_old(home / FOLDER, at_work)
        number = uuid.uuid4().hex
        with told_unwritten("这份文件", "file", FOLDER):
            (home / FOLDER / number / "files").mkdir(parents=True, mode=0o700)
        return cls(home, number)

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return self._place / "files"

    @property
    def made(self) -> Path:
        """Where what is made of them lies."""
        folder = self._place / "made"
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder

    def made_file(self, name: str) -> Path:
        """One of what was made. Raises NotFound."""
        path = self.made / Path(name).name
        if not name or not path.is_file():
            raise no_such_parcel()
        return path

    @cached_property
    def files(self) -> list[Sent]:
        """What came, by name."""
        told = self._read("sent.jsonl").splitlines()
        return sorted((Sent(**json.loads(line)) for line in told), key=lambda one: one.name)

    @property
    def sheet(self) -> Sent | None:
        """The spreadsheet, if there is one; the first of several."""
        return next((one for one in self.files if one.kind == "sheet"), None)

    @property
    def is_empty(self) -> bool:
        return not self.files

    def path(self, sent: Sent) -> Path:
        return self.folder / sent.name

    async def take(self, name: str, pieces: AsyncIterable[bytes]) -> Sent:
        """Streams a file in; it is there whole or not at all. The same file twice is one file.

        Raises PictureTooLarge for more than a parcel holds, StoreFull, StoreDown, and what `pieces` raises.
        """
        part = self._place / f".{uuid.uuid4().hex}"
        try:
            with told_unwritten("这份文件", "file", FOLDER), part.open("xb") as file:
                digest, count, head = hashlib.sha256(), 0, b""
                room_bytes = self._room_bytes()
                async for piece in pieces:
                    count += len(piece)
                    if count > room_bytes:
                        raise _too_large()
                    digest.update(piece)
                    head = (head + piece)[:HEAD_BYTES] if len(head) < HEAD_BYTES else head
                    file.write(piece)
            return await asyncio.to_thread(self._keep, part, name, count, digest.hexdigest(), head)
        finally:
            part.unlink(missing_ok=True)

    def _keep(self, part: Path, name: str, count: int, sha256: str, head: bytes) -> Sent:
        with _LOCK, told_unwritten("这份文件", "file", FOLDER):
            self.__dict__.pop("files", None)
            same = next((one for one in self.files if one.sha256 == sha256 and one.name == safe_name(name)), None)
            if same is not None:
                return same
            if len(self.files) >= MOST_FILES:
                raise _too_many()
            free = self._free(safe_name(name))
            sent = Sent(free, count, sha256, _kind(part, free, head))
            part.replace(self.folder / free)
            with (self._place / "sent.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(sent)) + "\n")
            self.__dict__.pop("files", None)
        return sent

    def _free(self, name: str) -> str:
        """The name, with a number where another file has it."""
        stem, dot, ending = name.rpartition(".")
        stem, ending = (stem, f".{ending}") if dot and stem else (name, "")
        number = 1
        while (self.folder / name).exists():
            number += 1
            name = f"{stem}-{number}{ending}"
        return name

    def _room_bytes(self) -> int:
        came = sum(one.bytes_count for one in self.files)
        return min(MOST_BYTES - came, shutil.disk_usage(self._place).free - LEFT_FREE_BYTES)

    def note(self, name: str, told: Mapping[str, Any]) -> None:
        """Keeps `told` under a name, in the place of what was told before."""
        with told_unwritten("这份文件", "file", FOLDER):
            content = json.dumps(told, ensure_ascii=False).encode()
            write_whole(self._place / f"{name}.json", content, is_synced=name != "progress")

    def noted(self, name: str) -> dict[str, Any]:
        """What was told last under a name; nothing is empty."""
        return json.loads(self._read(f"{name}.json") or "{}")

    def progress(self) -> Callable[[int, int], None]:
        """What notes how many of how many are done, twice a second at most."""
        last_s = 0.0

        def tell(done: int, total: int) -> None:
            nonlocal last_s
            if time.monotonic() - last_s > 0.5 or done == total:
                last_s = time.monotonic()
                self.note("progress", {"done": done, "total": total})

        return tell

    def _read(self, name: str) -> str:
        try:
            return (self._place / name).read_text("utf-8")
        except FileNotFoundError:
            return ""


def safe_name(name: str) -> str:
    """The file's own name as a name here: no folder, nothing that a disk does not take.

    >>> safe_name("C:\\\\a\\\\红色 上衣.JPG"), safe_name("../../.bashrc"), safe_name("\\n")
    ('红色 上衣.JPG', 'bashrc', '_')
    """
    last = printable(name).replace("\\", "/").rpartition("/")[2]
    kept = UNSAFE.sub("_", last).replace("\ufffd", "_").strip(" .")
    while len(kept.encode()) > LONGEST_NAME:
        stem, dot, ending = kept.rpartition(".")
        kept = f"{stem[:-1]}.{ending}" if dot and stem and len(ending) < 9 else kept[:-1]
    return kept or "file"


def _kind(path: Path, name: str, head: bytes) -> str:
    kind = sniff(head) or ""
    ending = Path(name).suffix.lower()
    if kind == "archive":
        return "archive" if is_archive(path) else "sheet" if ending in SHEETS else kind
    is_text = kind in ("text", "", "empty", "html") and ending in SHEETS
    return "sheet" if is_text or head.startswith(b"\xd0\xcf\x11\xe0") else kind


def _drop_old(folder: Path, at_work: Collection[str]) -> None:
    if not folder.is_dir():
        return
    for place in folder.iterdir():
        with contextlib.suppress(OSError):  # gone meanwhile
            last_s = max(one.stat().st_mtime for one in (place, *place.glob("*.json*")))
            if place.name not in at_work and time.time() - last_s > KEPT_S:
                shutil.rmtree(place, ignore_errors=True)


def no_such_parcel() -> NotFound:
    return NotFound(
        zh=("这批上传的文件不在了：上传后三天没有导入就会删除。", "请重新上传。"),
        en=("These uploaded files are gone: they are kept for three days.", "Upload them again."),
    )


def _too_large() -> PictureTooLarge:
    return PictureTooLarge(
        zh=(
            f"文件太大：一次最多 {MOST_BYTES / 1e9:g} GB，磁盘上还要留 {LEFT_FREE_BYTES / 1e9:g} GB。",
            "请分几次上传，或先腾出磁盘空间。",
        ),
        en=(
            f"Too large: {MOST_BYTES / 1e9:g} GB at once, and {LEFT_FREE_BYTES / 1e9:g} GB of the disk stay free.",
            "Upload in several goes, or make room on the disk.",
        ),
    )


def _too_many() -> BadInput:
    return BadInput(
        zh=(f"一次最多 {MOST_FILES:,} 个文件。", "请压缩成 ZIP，或分几次上传。"),
        en=(f"{MOST_FILES:,} files at once at most.", "Pack them as a ZIP, or upload in several goes."),
    )
