"""Model files from the model hubs, into the hubs' own caches: what is the same for every hub. req: A2

Enters: a hub, a repository and the names of its files. Leaves: paths whose content is what the hub lists, or
FetchFailed. Does not know what the files are for. Other programs find what is fetched here, and Tujian finds what they
fetched. `huggingface.py` and `modelscope.py` are the two clients; only they open addresses.
"""

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from tujian.errors import FetchFailed, Said

Source = Literal["hf", "modelscope"]
SPARE = 1.1  # of the disk: what is fetched and a tenth, so that a pull never fills it
READ_BYTES = 1 << 20


class Listed(NamedTuple):
    """A file as its hub lists it; `checksum` is the sha256 of its content, or git's sha1 of small files."""

    path: str
    size_bytes: int
    checksum: str


class Step(NamedTuple):
    """How far one file is: fetched, or read again to compare its checksum."""

    path: str
    stage: Literal["fetch", "check"]
    done_bytes: int
    total_bytes: int


Watch = Callable[[Step], None]  # stops a pull by raising KeyboardInterrupt: the clients take anything else for trouble


class Hub(Protocol):
    """A place that model files come from. All methods but `cached` and `partial_bytes` raise FetchFailed."""

    @property
    def name(self) -> Source: ...

    @property
    def title(self) -> str: ...

    @property
    def folder(self) -> Path:
        """The cache."""
        ...

    def list_files(self, repository: str) -> list[Listed]:
        """The files of `repository`, main branch."""
        ...

    def cached(self, repository: str, path: str) -> Path | None:
        """Where the client has put this file, without asking the hub."""
        ...

    def partial_bytes(self, repository: str, file: Listed) -> int:
        """Bytes of this file that an interrupted pull has left."""
        ...

    def fetch(self, repository: str, file: Listed, watch: Watch) -> Path:
        """The file, fetched from where an earlier try stopped. The content is not compared yet."""
        ...

    def page(self, repository: str) -> str:
        """Where a browser finds the files."""
        ...


def pull(
    hub: Hub,
    repository: str,
    patterns: tuple[str, ...],
    watch: Watch,
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
) -> list[Path]:
    """The files of `repository` that match `patterns`, complete and compared with their checksums.

    A file that is damaged is removed; what was fetched before an interruption is kept. Raises FetchFailed.
    """
    wanted = _wanted(hub, repository, patterns)
    _check_space(hub, repository, wanted, free_bytes)
    return [_whole(hub, repository, file, watch) for file in wanted]


def matches(path: Path, file: Listed, watch: Watch = lambda step: None) -> bool:
    """Whether the content is what the hub lists. Reads the file: about 1 s a GB."""
    if path.stat().st_size != file.size_bytes:
        return False
    git = len(file.checksum) == 40
    digest = hashlib.sha1(b"blob %d\0" % file.size_bytes) if git else hashlib.sha256()
    done = 0
    with path.open("rb") as content:
        while piece := content.read(READ_BYTES):
            digest.update(piece)
            done += len(piece)
            watch(Step(file.path, "check", done, file.size_bytes))
    return digest.hexdigest() == file.checksum


def _wanted(hub: Hub, repository: str, patterns: tuple[str, ...]) -> list[Listed]:
    listed = hub.list_files(repository)
    wanted = [f for f in listed if "/" not in f.path and any(fnmatchcase(f.path, one) for one in patterns)]
    missing = [one for one in patterns if not any(c in one for c in "*?[") and one not in {f.path for f in wanted}]
    if missing or not wanted:
        names = "、".join(missing or patterns)
        raise failed(hub, repository, f"里没有 {names}", f"does not have {names}")
    for file in wanted:
        if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", file.checksum):  # also a name in the cache
            zh, en = f"没有公布 {file.path} 的校验和", f"lists no checksum of {file.path}"
            raise failed(hub, repository, zh, en)
    return wanted


def _check_space(hub: Hub, repository: str, files: list[Listed], free_bytes: Callable[[Path], int]) -> None:
    absent = [file for file in files if not _is_there(hub, repository, file)]
    needed = int(sum(max(0, file.size_bytes - hub.partial_bytes(repository, file)) for file in absent) * SPARE)
    folder = next(folder for folder in (hub.folder, *hub.folder.parents) if folder.is_dir())
    free = free_bytes(folder)
    if free < needed:
        raise _no_space(hub.folder, f"{needed / 1e9:.2f}", f"{free / 1e9:.2f}")


def _is_there(hub: Hub, repository: str, file: Listed) -> bool:
    found = hub.cached(repository, file.path)
    return found is not None and found.stat().st_size == file.size_bytes


def _whole(hub: Hub, repository: str, file: Listed, watch: Watch) -> Path:
    """The file with the right content: the one already there, else a fetched one."""
    found = hub.cached(repository, file.path)
    if found and matches(found, file, watch):
        return found
    if found:
        _remove(found)
    try:
        path = hub.fetch(repository, file, watch)
    except OSError as error:
        if error.errno == errno.ENOSPC:  # somebody else has filled it meanwhile
            raise _no_space(hub.folder, f"{file.size_bytes / 1e9:.2f}", "0") from error
        raise _not_writable(hub.folder, error) from error
    if not matches(path, file, watch):
        _remove(path)
        raise failed(
            hub,
            repository,
            f"给的 {file.path} 与它公布的校验和不符，已删除",
            f"gave a file {file.path} that does not have the checksum it lists; the file is removed",
        )
    return path


def _remove(path: Path) -> None:
    """The file and, in Hugging Face's cache, the blob that it is a link to."""
    path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def quiet_bars() -> None:
    """Keeps the clients' own progress bars off stderr, if neither was imported yet: `watch` is told all the same."""
    os.environ.setdefault("TQDM_DISABLE", "1")


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def silent(hub: Hub, repository: str) -> FetchFailed:
    return failed(hub, repository, "连不上或连接中断", "cannot be reached, or the connection broke", again=True)


def answered(hub: Hub, repository: str, status: int | None) -> FetchFailed:
    return failed(hub, repository, f"回答 HTTP {status}", f"answers HTTP {status}", again=True)


def no_hub(hub: Hub, repository: str) -> FetchFailed:
    zh = "的回答不像模型站（登录页面？代理？HF_ENDPOINT 写错？）"
    en = "does not answer like a model hub (a login page? a proxy? a wrong HF_ENDPOINT?)"
    return failed(hub, repository, zh, en)


def failed(hub: Hub, repository: str, zh: str, en: str, *, again: bool = False) -> FetchFailed:
    """What went wrong, then every other way to the file; `again` when trying again may help."""
    other, mirror = ("modelscope", "HF_ENDPOINT") if hub.name == "hf" else ("hf", "MODELSCOPE_ENDPOINT")
    page = hub.page(repository)
    return FetchFailed(
        zh=Said(
            f"{hub.title} 上的 {repository} {zh}。",
            f"{'请检查网络后重试，已下载的部分会接着用；' if again else ''}可以换一个来源（--from {other}）、换镜像"
            f"（{mirror}），或用浏览器从 {page} 下载，再用 --model 指定文件。",
        ),
        en=Said(
            f"{repository} at {hub.title} {en}.",
            f"{'Check the network and try again: what was fetched is kept. ' if again else ''}Take it from elsewhere "
            f"(--from {other}), from a mirror ({mirror}), or by a browser from {page} and then --model PATH.",
        ),
    )


def _no_space(folder: Path, needed_gb: str, free_gb: str) -> FetchFailed:
    return FetchFailed(
        zh=Said(
            f"磁盘空间不够：{folder} 还要 {needed_gb} GB（含一成余量），只剩 {free_gb} GB。",
            "请腾出空间，或把缓存放到别的盘（HF_HOME、MODELSCOPE_CACHE）。",
        ),
        en=Said(
            f"Not enough disk: {folder} needs {needed_gb} GB more (a tenth to spare), {free_gb} GB are free.",
            "Make room, or put the cache on another disk (HF_HOME, MODELSCOPE_CACHE).",
        ),
    )


def _not_writable(folder: Path, error: OSError) -> FetchFailed:
    return FetchFailed(
        zh=Said(f"缓存文件夹 {folder} 写不了：{error.strerror}。", "请换一个文件夹（HF_HOME、MODELSCOPE_CACHE）。"),
        en=Said(f"The cache {folder} cannot be written: {error.strerror}.", "Name another: HF_HOME, MODELSCOPE_CACHE."),
    )
