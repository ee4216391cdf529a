"""A parcel as a source of pictures, loose ones and those in its ZIPs, and its ZIPs unpacked for a sheet. req: C1

Enters: a parcel. Leaves: entries; or files below the parcel's own folder, whose names are never paths out of it.
Does not know what becomes of them.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path

from tujian.bringing.archives import Archive
from tujian.bringing.nouns import Entry, Passed, vanished
from tujian.bringing.parcels import Parcel, Sent
from tujian.errors import BadInput, TujianError
from tujian.folding import printable
from tujian.shelf import told_unwritten, write_whole
from tujian.sniffing import HEAD_BYTES, PICTURE_KINDS, sniff

LONGEST_NAME_BYTES = 255
DONE = "unpacked"  # the note of a parcel whose ZIPs lie unpacked


class ParcelSource:
    """What a parcel holds. Its pictures are kept on the shelf: the parcel goes away."""

    kind, keeps_content = "parcel", True

    def __init__(self, parcel: Parcel) -> None:
        self._parcel = parcel
        self.root = printable(str(parcel.folder))
        self._names = {one.name for one in parcel.files}

    def __iter__(self) -> Iterator[Entry | Passed]:
        for sent in self._parcel.files:
            if sent.kind == "archive":
                yield from self._inside(sent)
            elif sent.kind != "sheet":
                yield self._entry(sent)

    def _entry(self, sent: Sent) -> Entry:
        place = self._parcel.path(sent)

        def read(most: int) -> bytes:
            with place.open("rb") as file:
                return file.read(most)

        return Entry(sent.name, sent.bytes_count, int(sent.sha256[:12], 16), read)

    def _inside(self, sent: Sent) -> Iterator[Entry | Passed]:
        try:
            archive = Archive(self._parcel.path(sent))
        except BadInput as error:
            yield Passed(sent.name, "failed", error)
            return
        for one in archive:
            yield replace(one, path=f"{sent.name}/{one.path}")

    def has(self, path: str) -> bool:
        return path in self._names

    def check(self) -> None:
        if not self._parcel.folder.is_dir():
            raise vanished(self.root)

    def is_unread(self, path: str) -> bool:
        return False


def names_inside(parcel: Parcel) -> set[str]:
    """The names of all pictures of a parcel, those in its ZIPs with the folders they lie in."""
    names = {one.name for one in parcel.files if one.is_picture}
    for sent in parcel.files:
        if sent.kind == "archive":
            try:
                names.update(one.path for one in Archive(parcel.path(sent)) if isinstance(one, Entry))
            except BadInput:
                continue  # said where the files are listed
    return names


def unpack(parcel: Parcel, most_bytes: int, step: Callable[[str], None]) -> Path:
    """The folder with the loose pictures and those of the ZIPs, which are unpacked now if they are not yet.

    Nothing but pictures of `most_bytes` at most is unpacked. Raises StoreFull, StoreDown, and what `step` raises.
    """
    if not parcel.noted(DONE):
        for sent in parcel.files:
            if sent.kind == "archive":
                _unpack(parcel, sent, most_bytes, step)
        parcel.note(DONE, {"is_whole": True})
    return parcel.folder


def _can_be_called(path: str) -> bool:
    """Whether file systems take the names in it; its row says that the others are not there."""
    return all(len(part.encode("utf-8", "surrogatepass")) <= LONGEST_NAME_BYTES for part in path.split("/"))


def _unpack(parcel: Parcel, sent: Sent, most_bytes: int, step: Callable[[str], None]) -> None:
    folder = parcel.folder / f"{sent.name}.files"
    try:
        inside: Collection[Entry | Passed] = list(Archive(parcel.path(sent)))
    except BadInput:
        return  # its rows say that their pictures are not there
    for one in inside:
        step(one.path)
        place = folder / one.path
        if isinstance(one, Passed) or not _can_be_called(one.path) or place.exists() or one.bytes_count > most_bytes:
            continue
        try:
            if sniff(one.read(HEAD_BYTES)) not in PICTURE_KINDS:
                continue
            content = one.read(most_bytes)
        except TujianError:  # a damaged member: its row says that it is not there
            continue
        with told_unwritten("这份文件", "file", "parcels"):
            write_whole(place, content, is_synced=False)
