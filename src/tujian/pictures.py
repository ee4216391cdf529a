"""A picture comes in: bytes, a path, a data: URI or an http(s) address becomes a `Picture`; and a `View` of it
goes out to a model, within its budget of tokens.

Enters: what the user gave. Leaves: an upright, bounded working copy with its facts, or an error that says what
the thing is instead. It does not know how to decode (`decoding.py`) or how to open an address safely
(`fetching.py`), and it does not decide which paths a client may name: that is the edge's to ask.
"""

import base64
import binascii
import hashlib
import io
import math
import re
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tujian.decoding import Decoder
from tujian.errors import FetchRefused, PictureTooLarge, UnreadablePicture
from tujian.file_times import NamedTime
from tujian.geometry import Box1000, Size, box_1000
from tujian.sniffing import HEAD_BYTES, PICTURE_KINDS, refuse, sniff

if TYPE_CHECKING:  # httpx loads only where addresses are opened
    from tujian.fetching import Fetcher

CELL_PX = 32  # Qwen3-VL: a token is a patch of 16 px, merged 2 x 2 (processor's patch_size, merge_size)
TINY_PX = 256  # below, cutting a side down to a multiple of 32 would cost over a tenth of it: padded instead
VIEW_QUALITY = 92  # JPEG; with 4:4:4 chroma, as small coloured print is what models are asked to read

MOST_ESCAPES = 1_000_000  # %XX in a data: URI; urllib makes an object of each, 60 bytes and more

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture made safe.

    `pixels` is (height, width, 3), uint8, sRGB, upright, on white, longest side <= 2,048 px: the working copy.
    `size_px` is the upright original, to which every box refers. `path` is what the caller called it.
    `taken_at` is the camera's word; `named_at` what the file's name says, if whoever opened the picture asked it.
    `notes` are codes: first_frame, reduced, truncated, range_guessed, icc_ignored, exif_unreadable.
    """

    pixels: NDArray[np.uint8]
    size_px: Size
    format: str
    path: str
    bytes_count: int
    sha256: str
    md5: str
    dhash: str
    taken_at: str | None
    gps: tuple[float, float] | None
    camera: str | None
    notes: tuple[str, ...]
    named_at: NamedTime | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What a model sees: a JPEG with both sides in multiples of 32 px, the picture at its top left.

    `shown_px` is the part that shows the picture; what lies right of it and below is white padding.
    """

    jpeg: bytes
    size_px: Size
    shown_px: Size

    @property
    def tokens(self) -> int:
        """Tokens Qwen3-VL spends on it."""
        return _cells(self.size_px)

    def to_picture(self, box: Box1000) -> Box1000:
        """A box on this view, 0-1000 of `size_px`, as a box on the upright original."""
        across, down = self.size_px[0] / 1000, self.size_px[1] / 1000
        return box_1000(box.x1 * across, box.y1 * down, box.x2 * across, box.y2 * down, self.shown_px)


def open_picture(
    source: bytes | Path | str,
    *,
    decoder: Decoder,
    fetcher: "Fetcher | None" = None,
    max_bytes: int,
    name: str = "",
) -> Picture:
    """The picture in `source`: its content, a path, a data: URI, or an http(s) address if there is a `fetcher`.

    `name` is what to call it; paths and addresses are their own name. Raises UnreadablePicture and its kinds
    for what is no picture, is missing, too large or damaged; FetchRefused and FetchFailed for addresses.
    """
    content, called = read_content(source, fetcher, max_bytes)
    if len(content) > max_bytes:
        raise too_many_bytes(len(content), max_bytes)
    kind = sniff(content[:HEAD_BYTES])
    if kind not in PICTURE_KINDS or kind is None:
        raise refuse(kind)
    decoded = decoder.decode(content, kind)
    return Picture(
        pixels=decoded.pixels,
        size_px=decoded.size_px,
        format=decoded.format,
        path=name or called,
        bytes_count=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        dhash=decoded.dhash,
        taken_at=decoded.facts.taken_at,
        gps=decoded.facts.gps,
        camera=decoded.facts.camera,
        notes=decoded.notes,
    )


def fit_to_tokens(picture: Picture, max_tokens: int) -> View:
    """`picture` within `max_tokens` cells of 32 x 32 px, as a JPEG. # req: B5

    Only ever shrunk (LANCZOS), its ratio kept but for a stretch of under 32 px a side. Tiny pictures, and the
    short side of strips, are padded with white instead of stretched.
    """
    height, width = picture.pixels.shape[:2]
    size_px, shown_px = plan_view((width, height), max_tokens)
    image = Image.fromarray(picture.pixels)
    shown = image if shown_px == image.size else image.resize(shown_px, Image.Resampling.LANCZOS)
    if size_px != shown_px:
        padded = Image.new("RGB", size_px, "white")
        padded.paste(shown, (0, 0))
        shown = padded
    file = io.BytesIO()
    shown.save(file, "JPEG", quality=VIEW_QUALITY, subsampling=0)
    return View(file.getvalue(), size_px, shown_px)


def plan_view(working_px: Size, max_tokens: int) -> tuple[Size, Size]:
    """Size of the view and of the part that shows a picture of `working_px`, for at least one token.

    >>> plan_view((2048, 1536), 192), plan_view((40, 20), 192), plan_view((2048, 10), 16)
    (((512, 384), (512, 384)), ((64, 32), (40, 20)), ((512, 32), (512, 2)))
    """
    padded = tuple(math.ceil(side / CELL_PX) * CELL_PX for side in working_px)
    if max(working_px) < TINY_PX and _cells((padded[0], padded[1])) <= max_tokens:
        return (padded[0], padded[1]), working_px
    return _shrunk(working_px, max_tokens)


def _shrunk(working_px: Size, max_tokens: int) -> tuple[Size, Size]:
    width, height = working_px
    scale = min(1.0, math.sqrt(max_tokens * CELL_PX**2 / (width * height)))
    if min(working_px) * scale < CELL_PX:  # a strip one cell high, so its length is what costs
        scale = min(1.0, max_tokens * CELL_PX / max(working_px))
    exact = (width * scale, height * scale)
    # both multiples of 32 around each exact side; the pair nearest to the picture's ratio, then the larger one
    pairs = product(_near(exact[0], width), _near(exact[1], height))
    fitting = [pair for pair in pairs if _cells(pair) <= max_tokens]
    size_px = min(fitting, key=lambda pair: (round(_stretch(pair, exact), 6), -_cells(pair)))
    return size_px, (_shown(size_px[0], exact[0]), _shown(size_px[1], exact[1]))


def _near(exact: float, limit: int) -> list[int]:
    floor = max(CELL_PX, int(exact / CELL_PX + 1e-9) * CELL_PX)
    return [floor, floor + CELL_PX] if floor + CELL_PX <= limit and floor < exact else [floor]


def _stretch(pair: Size, exact: tuple[float, float]) -> float:
    across, down = (_shown(side, wanted) / wanted for side, wanted in zip(pair, exact, strict=True))
    return abs(math.log(across / down))


def _shown(side: int, exact: float) -> int:
    return side if exact >= CELL_PX else max(1, min(side, int(exact)))


def _cells(size_px: Size) -> int:
    return (size_px[0] // CELL_PX) * (size_px[1] // CELL_PX)


def read_content(source: bytes | Path | str, fetcher: "Fetcher | None", max_bytes: int) -> tuple[bytes, str]:
    """The bytes of `source`, and what to call it."""
    if isinstance(source, bytes):
        return source, ""
    if isinstance(source, Path):
        return _read(source, max_bytes), str(source)
    if source[:5].lower() == "data:":
        return _unpack(source, max_bytes), ""
    if source[:7].lower() == "http://" or source[:8].lower() == "https://":
        return _fetched(source, fetcher), source
    if len(source) > 2 and "://" in source[:32] and _URI.match(source):
        raise _not_opened(source.split(":")[0])
    return _read(Path(source), max_bytes), source


def _read(path: Path, max_bytes: int) -> bytes:
    try:
        if not path.is_file():  # a folder has no bytes, and a pipe or device may never end
            raise _unreadable(path, *(("是文件夹", "is a folder") if path.is_dir() else ("不存在", "does not exist")))
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
            if len(content) > max_bytes:
                raise too_many_bytes(path.stat().st_size, max_bytes)
            return content
    except (OSError, ValueError) as error:
        raise _unreadable(path, f"打不开（{error}）", f"cannot be opened ({error})") from error


def _unpack(uri: str, max_bytes: int) -> bytes:
    """The content of a data: URI (RFC 2397), base64 or percent-encoded."""
    header, comma, body = uri.partition(",")
    if not comma:
        raise _bad_uri("没有逗号", "it has no comma")
    if len(body) > 3 * max_bytes:  # %XX is three characters a byte, base64 fewer
        raise too_many_bytes(len(body) // 3, max_bytes)
    if body.count("%") > MOST_ESCAPES:
        raise _too_escaped()
    try:
        if not header.rstrip().lower().endswith("base64"):
            return unquote_to_bytes(body)
        return base64.b64decode(_filled(unquote_to_bytes(body)), validate=True)
    except (binascii.Error, ValueError) as error:  # UnicodeEncodeError too: half a character from a JSON escape
        raise _bad_uri(f"base64 不对（{error}）", f"its base64 is wrong ({error})") from error


def _filled(body: bytes) -> bytes:
    """base64 as senders write it: with line breaks, in the URL alphabet, without the closing =."""
    body = body.translate(bytes.maketrans(b"-_", b"+/"), b" \t\r\n\v\f").rstrip(b"=")
    return body + b"=" * (-len(body) % 4)


def _fetched(url: str, fetcher: "Fetcher | None") -> bytes:
    if fetcher is None:
        raise FetchRefused(
            zh=("这里不打开网址。", "请先把图片下载下来，再上传文件。"),
            en=("Addresses are not opened here.", "Download the picture and give the file."),
        )
    return fetcher.fetch(url)


def _not_opened(scheme: str) -> FetchRefused:
    return FetchRefused(
        zh=(f"不打开 {scheme}: 开头的地址。", "请给出 http:// 或 https:// 地址，或直接给文件。"),
        en=(f"Addresses that start with {scheme}: are not opened.", "Give an http:// or https:// one, or the file."),
    )


def _unreadable(path: Path, why_zh: str, why_en: str) -> UnreadablePicture:
    return UnreadablePicture(
        zh=(f"{path} {why_zh}。", "请检查路径、文件名和读取权限。"),
        en=(f"{path} {why_en}.", "Check the path, the name and whether you may read it."),
    )


def _bad_uri(why_zh: str, why_en: str) -> UnreadablePicture:
    return UnreadablePicture(
        zh=(f"data: 地址不完整：{why_zh}。", "请按 data:image/jpeg;base64,… 的形式重新编码整个文件。"),
        en=(f"The data: URI cannot be read: {why_en}.", "Encode the whole file again, as data:image/jpeg;base64,…"),
    )


def _too_escaped() -> PictureTooLarge:
    return PictureTooLarge(
        zh=("data: 地址里的 %XX 太多。", "请改用 base64：data:image/jpeg;base64,…，或上传文件。"),
        en=("The data: URI has too many %XX.", "Use base64 (data:image/jpeg;base64,…) or give the file itself."),
    )


def too_many_bytes(bytes_count: int, max_bytes: int) -> PictureTooLarge:
    size_mb, limit_mb = bytes_count / 1e6, max_bytes / 1e6
    return PictureTooLarge(
        zh=(f"文件 {size_mb:.1f} MB，超过上限 {limit_mb:g} MB。", "请缩小图片，或调高 TUJIAN_MAX_UPLOAD_MB。"),
        en=(
            f"The file has {size_mb:.1f} MB; the limit is {limit_mb:g} MB.",
            "Shrink the picture, or raise TUJIAN_MAX_UPLOAD_MB.",
        ),
    )
