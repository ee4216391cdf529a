"""What stands in the header of a GGUF file, read without its tensors.

Enters: a path. Leaves: key/values, and each tensor's name, shape, type and place. Does not know what they mean
(`gguf_pairs.py`). A file may be hostile, half downloaded or something else altogether: every count and length is
bounded before it is believed, nothing is mapped (a file that shrinks under a mapping kills the process), and the
words of an error say what the file looks like.

Format: ggml's docs/gguf.md, versions 2 and 3, little endian. A reader of our own because the `gguf` package's builds
a NumPy view per string: for the 151,936 tokens and as many merges of Qwen3-VL it took 7 s, this one 0.03 s
(`benchmarks/shaped.py`, one core).
"""

import hashlib
import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tujian.errors import ModelUnusable
from tujian.folding import printable

MAGIC = b"GGUF"
VERSIONS = (2, 3)  # 1 had 32-bit counts and is not written since August 2023
MOST_VALUES, MOST_TENSORS = 4096, 65_536  # Qwen3-VL-8B has 40 and 750
MOST_ENTRIES = 2_000_000  # of an array: the largest vocabulary known has 262,144, with as many merges
LONGEST_KEY, LONGEST_STRING = 65_535, 4 << 20  # the standard's limit; a chat template has 5,000 characters
LONGEST_HEADER = 128 << 20  # Qwen3-VL's has 6 MB, nearly all of it the vocabulary
SHORT_ARRAY = 512  # longer ones are skipped and known by their length
MOST_DIMENSIONS = 4  # GGML_MAX_DIMS
ALIGNMENT = 32  # of tensors, where the header names none
WINDOW_BYTES = 1 << 20
SAMPLES, SAMPLE_BYTES = 64, 16 << 10  # of each file, for its fingerprint: 1 MB
STRING, ARRAY = 8, 9
# struct codes of the value types 0-12 of docs/gguf.md
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
# ggml.h, enum ggml_type: name, elements in a block, bytes of a block
TENSOR_TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50), 20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4),
    27: ("I64", 1, 8), 28: ("F64", 1, 8), 29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17), 40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18),
}  # fmt: skip
# what files look like that people take for a model
LOOKS = (
    (b"<", "网页（下载到了登录页或错误页）", "a web page (a login or error page was saved instead)"),
    (b"version https://git-lfs", "Git LFS 指针", "a Git LFS pointer: the model itself was not fetched"),
    (b"PK\x03\x04", "ZIP 或 PyTorch 文件", "a ZIP or PyTorch file"),
    (b"\x1f\x8b", "gzip 压缩包", "a gzip archive"),
    (b"\x80\x02", "Python pickle", "a Python pickle"),
    (b"ggjt", "旧的 GGML 格式", "the old GGML format"),
    (b"{", "JSON 文件", "a JSON file"),
)
AGAIN_ZH, AGAIN_EN = "请重新下载（tujian models pull），或换一个文件。", "Fetch it again (tujian models pull)."

Value = int | float | bool | str | tuple[int | float | bool | str, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A long array that was not kept."""

    length: int


class Tensor(NamedTuple):
    """`shape` as ggml has it, fastest first; `type` a name of TENSOR_TYPES; bytes from the start of the file."""

    name: str
    shape: tuple[int, ...]
    type: str
    start_bytes: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Header:
    """A GGUF file's header. All tensors lie inside the file."""

    path: Path
    version: int
    file_bytes: int
    values: Mapping[str, Value | Skipped]
    tensors: tuple[Tensor, ...]

    @property
    def parameters(self) -> int:
        return sum(math.prod(tensor.shape) for tensor in self.tensors)

    @property
    def weights_bytes(self) -> int:
        return sum(tensor.size_bytes for tensor in self.tensors)


def read_header(path: Path) -> Header:
    """The header of `path`. Raises ModelUnusable: missing, empty, no GGUF, damaged, or cut off."""
    try:
        with path.open("rb") as file:
            return _read(path, file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise _unreadable(path, error) from error
    except (struct.error, UnicodeDecodeError, _Bad) as error:
        raise _damaged(path, str(error)) from error
    except EOFError as error:
        raise _cut_off(path) from error


def fingerprint(*paths: Path) -> str:
    """8 hex digits of the files' sizes and evenly spread samples.

    Hashing 5 GB would take seconds at every start. Whatever was trained, quantised or cut differently differs in the
    samples; one bit that flipped between them does not: the checksum at `tujian models pull` is for that.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                last = max(0, os.fstat(file.fileno()).st_size - SAMPLE_BYTES)
                digest.update((last + SAMPLE_BYTES).to_bytes(8, "little"))
                for number in range(SAMPLES):
                    file.seek(last * number // (SAMPLES - 1))
                    digest.update(file.read(SAMPLE_BYTES))
        except OSError as error:
            raise _unreadable(path, error) from error
    return digest.hexdigest()[:8]


def _read(path: Path, file: BinaryIO, file_bytes: int) -> Header:
    cursor = _Cursor(file, file_bytes)
    _check_start(path, cursor.peek(), file_bytes)
    cursor.skip(len(MAGIC))
    version = cursor.number("I")
    if version not in VERSIONS:
        raise _Bad(f"version {version}")
    tensor_count, value_count = cursor.number("Q"), cursor.number("Q")
    if tensor_count > MOST_TENSORS or value_count > MOST_VALUES:
        raise _Bad(f"{tensor_count} tensors, {value_count} values")
    values = dict(_pair(cursor) for _ in range(value_count))
    found = [_tensor(cursor) for _ in range(tensor_count)]
    alignment = values.get("general.alignment", ALIGNMENT)
    if not isinstance(alignment, int) or not 0 < alignment <= WINDOW_BYTES:
        raise _Bad(f"alignment {alignment}")
    begin = -(-cursor.at // alignment) * alignment
    tensors = tuple(tensor._replace(start_bytes=begin + tensor.start_bytes) for tensor in found)
    end = max((tensor.start_bytes + tensor.size_bytes for tensor in tensors), default=0)
    if end > file_bytes:
        raise _cut_off(path, file_bytes, end)
    return Header(path, version, file_bytes, values, tensors)


def _pair(cursor: "_Cursor") -> tuple[str, Value | Skipped]:
    key, kind = cursor.text(LONGEST_KEY), cursor.number("I")
    if kind != ARRAY:
        return key, _scalar(cursor, kind)
    of, count = cursor.number("I"), cursor.number("Q")
    if count > MOST_ENTRIES:
        raise _Bad(f"{key}: {count} entries")
    if count <= SHORT_ARRAY:
        return key, tuple(_scalar(cursor, of) for _ in range(count))
    if of == STRING:
        cursor.skip_texts(count)
    else:
        cursor.skip(count * struct.calcsize(_code(of)))
    return key, Skipped(count)


def _scalar(cursor: "_Cursor", kind: int) -> int | float | bool | str:
    return cursor.text(LONGEST_STRING) if kind == STRING else cursor.number(_code(kind))


def _code(kind: int) -> str:
    if kind not in SCALARS:  # an array in an array too: nobody writes them, and they could nest for ever
        raise _Bad(f"value type {kind}")
    return SCALARS[kind]


def _tensor(cursor: "_Cursor") -> Tensor:
    """As the header has it: its start still counts from the first tensor's."""
    name, dimensions = cursor.text(LONGEST_KEY), cursor.number("I")
    if dimensions > MOST_DIMENSIONS:
        raise _Bad(f"{name}: {dimensions} dimensions")
    shape = tuple(cursor.number("Q") for _ in range(dimensions))
    kind, start_bytes = cursor.number("I"), cursor.number("Q")
    if kind not in TENSOR_TYPES:
        raise _Bad(f"{name}: tensor type {kind}")
    kind_name, block, block_bytes = TENSOR_TYPES[kind]
    elements = math.prod(shape)
    if elements % block:
        raise _Bad(f"{name}: {elements} elements of {kind_name}")
    return Tensor(name, shape, kind_name, start_bytes, elements // block * block_bytes)


class _Cursor:
    """A place in a file, read through a window. Raises EOFError past the end."""

    def __init__(self, file: BinaryIO, file_bytes: int) -> None:
        self._file, self._file_bytes = file, file_bytes
        self._window, self._begin, self._within = b"", 0, 0

    @property
    def at(self) -> int:
        return self._begin + self._within

    def peek(self) -> bytes:
        """The first bytes, unread."""
        self._load(0)
        return self._window[:64]

    def number(self, code: str) -> int:
        """One little-endian number; a float or a bool where `code` says so."""
        (value,) = struct.unpack("<" + code, self._take(struct.calcsize(code)))
        return value

    def text(self, longest: int) -> str:
        length = self.number("Q")
        if length > longest:
            raise _Bad(f"a text of {length} bytes")
        return self._take(length).decode("utf-8")

    def skip(self, length: int) -> None:
        if self.at + length > self._file_bytes:
            raise EOFError
        if self.at + length > LONGEST_HEADER:
            raise _Bad(f"longer than {LONGEST_HEADER:,} bytes")
        self._within += length  # beyond the window, perhaps: the next read loads another

    def skip_texts(self, count: int) -> None:
        """Past `count` texts: the one loop here that runs 300,000 times, so it looks at nothing but lengths."""
        read_length, window, within = struct.Struct("<Q").unpack_from, self._window, self._within
        last = len(window) - 8
        for _ in range(count):
            if within > last:
                self._load(self._begin + within)
                window, within, last = self._window, 0, len(self._window) - 8
                if last < 0:
                    raise EOFError
            within += 8 + read_length(window, within)[0]
        self._within = 0
        self._begin += within
        self._window = b""
        self.skip(0)

    def _take(self, length: int) -> bytes:
        if self._within + length > len(self._window):
            self._load(self.at, length)
        taken = self._window[self._within : self._within + length]
        if len(taken) < length:
            raise EOFError
        self._within += length
        return taken

    def _load(self, at: int, length: int = 0) -> None:
        if at > LONGEST_HEADER:
            raise _Bad(f"longer than {LONGEST_HEADER:,} bytes")
        self._file.seek(min(at, self._file_bytes))
        self._window, self._begin, self._within = self._file.read(max(WINDOW_BYTES, length)), at, 0


class _Bad(Exception):
    """What in the header cannot be."""


def _check_start(path: Path, start: bytes, file_bytes: int) -> None:
    if not file_bytes:
        raise ModelUnusable(
            zh=(f"模型文件 {_shown(path)} 是空的。", AGAIN_ZH), en=(f"Model file {_shown(path)} is empty.", AGAIN_EN)
        )
    if start.startswith(MAGIC):
        return
    zh, en = looks_like(start)
    raise ModelUnusable(
        zh=(f"{_shown(path)} 不是 GGUF 模型，看起来是{zh}。", "请选 .gguf 文件；用 tujian models pull 可下载。"),
        en=(f"{_shown(path)} is no GGUF model, it looks like {en}.", "Name a .gguf file; tujian models pull gets one."),
    )


def looks_like(start: bytes) -> tuple[str, str]:
    """What a file that begins with `start` seems to be, in Chinese and English.

    >>> looks_like(b"<!DOCTYPE html>")[1]
    'a web page (a login or error page was saved instead)'
    """
    if start[8:9] == b"{" and len(start) > 8 and struct.unpack("<Q", start[:8])[0] < 1 << 27:
        return "safetensors（Transformers 的权重）", "safetensors (weights for Transformers: --engine transformers)"
    for begin, zh, en in LOOKS:
        if start.lstrip().startswith(begin):
            return zh, en
    return "别的文件", "something else"


def _unreadable(path: Path, error: OSError) -> ModelUnusable:
    if isinstance(error, FileNotFoundError):
        zh, en = f"找不到模型文件 {_shown(path)}。", f"There is no model file {_shown(path)}."
    elif isinstance(error, IsADirectoryError):
        zh, en = f"{_shown(path)} 是文件夹，不是模型文件。", f"{_shown(path)} is a folder, no model file."
    else:
        zh, en = f"模型文件 {_shown(path)} 读不了：{error.strerror}。", f"{_shown(path)}: {error.strerror}."
    return ModelUnusable(
        zh=(zh, "请检查 --model 后的路径；tujian models list 列出已有的模型。"),
        en=(en, "Check the path after --model; tujian models list shows the models that are here."),
    )


def _damaged(path: Path, why: str) -> ModelUnusable:
    return ModelUnusable(
        zh=(f"模型文件 {_shown(path)} 已损坏（文件头：{why[:100]}）。", AGAIN_ZH),
        en=(f"Model file {_shown(path)} is damaged (its header: {why[:100]}).", AGAIN_EN),
    )


def _cut_off(path: Path, has_bytes: int = 0, wants_bytes: int = 0) -> ModelUnusable:
    zh = en = ""
    if wants_bytes:
        zh = f"：应有 {wants_bytes:,} 字节，只有 {has_bytes:,}"
        en = f": it should have {wants_bytes:,} bytes and has {has_bytes:,}"
    return ModelUnusable(
        zh=(f"模型文件 {_shown(path)} 不完整{zh}。", "下载可能中断了：再运行一次 tujian models pull 会接着下载。"),
        en=(
            f"Model file {_shown(path)} is incomplete{en}.",
            "tujian models pull goes on where it broke.",
        ),
    )


def _shown(path: Path) -> str:
    return printable(path.name)
