"""What comes from outside, before it is an item: files that may be pictures, and what became of each.

Enters: nothing. Leaves: nouns. Nothing here knows folders, archives or SQL.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

from tujian.catalogue.nouns import Kind
from tujian.errors import BadInput, Lang, Said, TujianError, UnreadablePicture
from tujian.folding import printable
from tujian.looking import Look

Fate = Literal["new", "changed", "moved", "linked", "back", "unchanged", "gone", "queued", "skipped", "failed"]
FATES: tuple[Fate, ...] = get_args(Fate)
STILLS = frozenset(".jpg .jpeg .heic .heif .png .webp .avif .tif .tiff".split())
MOTIONS = frozenset(".mov .mp4 .m4v".split())


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that may be a picture. `path` is relative to its source, with /; `stamp` changes when its content does:
    the time of its last change in ns, or an archive's checksum. `read(n)` gives at most n bytes; raises OSError,
    UnreadablePicture."""

    path: str
    bytes_count: int
    stamp: int
    read: Callable[[int], bytes]
    has_still: bool = False  # a picture of the same name lies beside it: a Live Photo's moving part


@dataclass(frozen=True, slots=True)
class Passed:
    """A file that is not opened at all, and why; with an `error` somebody has to do something about it."""

    path: str
    reason: str
    error: TujianError | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a source is to be brought. `look` None: its items are not looked at. `batch_id` is that of the order which is
    being filled; None: the batch of the source, gone on with or begun."""

    who: str
    kind: Kind = "product"
    look: Look | None = field(default_factory=Look)
    is_dry: bool = False
    batch_id: str | None = None


@dataclass(slots=True)
class Told:
    """What became of a source's files. `names` are those of each fate that somebody may want to see."""

    counts: Counter[Fate] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    names: dict[Fate, list[str]] = field(default_factory=dict)
    troubles: list[tuple[str, TujianError]] = field(default_factory=list)
    batch_id: str | None = None
    older: list[str] = field(default_factory=list)  # batches of the source as it was before, which go on

    def add(self, fate: Fate, name: str) -> None:
        self.counts[fate] += 1
        if fate != "unchanged":
            self.names.setdefault(fate, []).append(name)

    def fail(self, name: str, error: TujianError) -> None:
        self.add("failed", name)
        self.troubles.append((name, error))


class Source(Protocol):
    """Where entries come from."""

    kind: str
    root: str
    keeps_content: bool  # its pictures cannot stay where they are

    def __iter__(self) -> Iterator[Entry | Passed]: ...
    def has(self, path: str) -> bool: ...
    def check(self) -> None:
        """Raises BadInput when it is not there any more."""
        ...

    def is_unread(self, path: str) -> bool:
        """Whether `path` lies where nothing could be read, so that nobody knows whether it is gone."""
        ...


REASONS: dict[str, tuple[str, str]] = {
    "live_photo": ("Live Photo 的动态部分", "moving part of a Live Photo"),
    "video": ("视频", "video"),
    "raw": ("相机 RAW", "camera RAW"),
    "audio": ("音频", "sound"),
    "pdf": ("PDF", "PDF"),
    "svg": ("SVG", "SVG"),
    "psd": ("Photoshop 工程", "Photoshop file"),
    "html": ("网页", "web page"),
    "text": ("文本", "text"),
    "archive": ("压缩包或办公文档", "archive or office document"),
    "program": ("程序", "program"),
    "empty": ("空文件", "empty file"),
    "other_picture": ("不支持的图片格式", "picture format not read"),
    "unknown": ("不是图片", "no picture"),
    "link": ("链接", "link"),
    "special": ("设备或管道", "device or pipe"),
    "moved": ("移动了位置", "moved"),
    "linked": ("内容相同，已关联", "same bytes, linked"),
    "already_there": ("目录里已有", "in the catalogue already"),
}


def reason_said(reason: str, lang: Lang) -> str:
    return REASONS[reason][0 if lang == "zh" else 1]


def bad_name(path: str) -> UnreadablePicture:
    shown = printable(path)[:80]
    return UnreadablePicture(
        zh=(f"文件名 {shown!r} 不能安全使用。", "请改名（不含 ..、盘符和乱码）后再导入。"),
        en=(f"The name {shown!r} cannot be used safely.", "Rename it (no .., drive or broken characters), then again."),
    )


def two_of_one_name(path: str) -> UnreadablePicture:
    shown = printable(path)[:80]
    return UnreadablePicture(
        zh=(f"有两个文件都叫 {shown!r}，只取了第一个。", "请给另一个改名后再导入。"),
        en=(f"Two files are called {shown!r}; the first was taken.", "Rename the other one and import again."),
    )


def vanished(root: str) -> BadInput:
    shown = printable(root)
    return BadInput(
        zh=(f"{shown} 读不到了；已导入的都在，没有标记任何文件为已删除。", "请接好磁盘或网络，再运行同样的命令。"),
        en=(
            f"{shown} is not there (any more); what was brought is kept, nothing was marked as gone.",
            "Connect the disk or share, then run the same command again.",
        ),
    )


def unreadable(path: str, why: str) -> UnreadablePicture:
    return UnreadablePicture(
        zh=Said(f"{printable(path)[:80]} 打不开（{printable(why)}）。", "请检查文件和读取权限，再运行同样的命令。"),
        en=Said(
            f"{printable(path)[:80]} cannot be opened ({printable(why)}).", "Check it and whether you may read it."
        ),
    )
