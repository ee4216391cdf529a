"""Pixels of any file that Pillow reads, made plain: upright, 8 bits, sRGB, on white, no longer than 2,048 px.

Enters: the content of one picture file and its kind. Leaves: sizes, facts, notes and RGB pixels, or an error of
the UnreadablePicture tree. Runs in the decode child (`decoding.py`), so it may crash, hang or run out of memory;
it does not know the process around it, nor numpy, which would double the child's start-up.
"""

import io
import math
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from PIL import Image, ImageChops, ImageFile, UnidentifiedImageError

from tujian.errors import DecodeFailed, PictureTooLarge
from tujian.exif import Facts, read_facts, read_orientation
from tujian.geometry import Size

WORKING_SIDE_PX = 2048  # longest side of the working copy: 4,096 cells of Qwen3-VL, more than any task asks for
FULL_DECODE_PX = 40_000_000  # issue 2: decoded whole up to 40 MP
REDUCED_DECODE_PX = 500_000_000  # JPEG can leave out detail while decoding: at 1/8 a side, 500 MP are 8 MP
SIDE_PX = 32_767  # longest side a browser draws on a canvas; longer strips are crafted, not taken
MOST_TILES = 100_000  # of 16 x 16 px they cover 25 MP; a million of one pixel each took 5 s to begin with
TRUNCATED_SHARE = 0.5  # a JPEG that was cut is worth a record when most of its rows are there
USUAL_SCANS = 40  # 10 of an encoder, more of one that optimises; a few in thumbnails
MOST_SCANNED_MP = 500  # megapixels times scans: 12 scans of 40 MP, or 40 of a usual photo
WHITES = (255, 4095, 65535)  # 8, 12 and 16 bits: what cameras and scanners store in a 16- or 32-bit sample

PLUGINS: dict[str, tuple[str, ...]] = {
    # kind by content: the plugins of Pillow that may open it, and no others
    "JPEG": ("JPEG",),  # it opens MPO too
    "PNG": ("PNG",),
    "HEIC": ("HEIF",),
    "AVIF": ("AVIF",),
    "WEBP": ("WEBP",),
    "GIF": ("GIF",),
    "BMP": ("BMP",),
    "TIFF": ("TIFF",),
    "ICO": ("ICO",),
    "JPEG2000": ("JPEG2000",),
}

_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)  # T.81, B.1.1: all but stuffing, fill and restarts
_FRAMES = ("GIF", "PNG", "WEBP", "TIFF", "AVIF", "HEIF")  # in MPO and ICO the others are the same picture again
_TURNS = {
    # EXIF 2.32, tag 0x0112: how to turn what is stored into what was seen
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_DAMAGE = (
    # what Pillow 12-13 raises on damaged files, seen on the fuzzed ones of go-fuzz-corpus and Pillow's own tests
    *(OSError, ValueError, SyntaxError, EOFError, TypeError, LookupError, ArithmeticError, AttributeError),
    *(AssertionError, RuntimeError, struct.error, zlib.error),
)


def load_plugins() -> None:
    """Exactly the decoders of the allow-list; Pillow's other fifty stay out of the process."""
    import pi_heif
    from PIL import (  # noqa: F401
        AvifImagePlugin,
        BmpImagePlugin,
        GifImagePlugin,
        IcoImagePlugin,
        Jpeg2KImagePlugin,
        JpegImagePlugin,
        MpoImagePlugin,
        PngImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )

    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    Image.MAX_IMAGE_PIXELS = REDUCED_DECODE_PX // 2  # Pillow refuses at twice this; our own limits come after


@dataclass(frozen=True, slots=True)
class Rendering:
    """`pixels` is rows of RGB, `pixels_px` wide and high; the rest is as in `decoding.Decoded`."""

    pixels: bytes
    pixels_px: Size
    size_px: Size
    format: str
    dhash: str
    facts: Facts
    notes: tuple[str, ...]


def render(content: bytes, kind: str, allow: Callable[[Size], None] = lambda size_px: None) -> Rendering:
    """`content` decoded as `kind`, a key of PLUGINS. Raises PictureTooLarge and DecodeFailed.

    `allow` is told the size that the file says it has, before its pixels are decoded.
    """
    try:
        return _render(content, kind, allow)
    except Image.DecompressionBombError:
        raise _too_many_pixels(kind, None) from None
    except MemoryError:
        raise _out_of_memory(kind) from None
    except _DAMAGE as error:
        raise damaged(kind, "" if isinstance(error, UnidentifiedImageError) else str(error)) from error


def _render(content: bytes, kind: str, allow: Callable[[Size], None]) -> Rendering:
    notes: list[str] = []
    image, opened_px, facts = _load_what_is_there(content, kind, notes, allow)
    # asked again after loading: TIFF and HEIC decoders have turned the picture already and say so
    turn = 1 if "exif_unreadable" in notes else read_orientation(image.getexif())
    stored_px = opened_px if "reduced" in notes else image.size
    shown = _shrink(_plain(image, notes))
    shown = shown.transpose(_TURNS[turn]) if turn in _TURNS else shown
    rgb = _to_srgb(_on_white(shown), image.info.get("icc_profile"), notes)
    if image.format in _FRAMES and _has_more_frames(image):
        notes.append("first_frame")
    return Rendering(
        pixels=rgb.tobytes(),
        pixels_px=rgb.size,
        size_px=(stored_px[1], stored_px[0]) if turn >= 5 else stored_px,
        format="MPO" if image.format == "MPO" else kind,
        dhash=_dhash(rgb),
        facts=facts,
        notes=tuple(notes),
    )


def _load_what_is_there(
    content: bytes, kind: str, notes: list[str], allow: Callable[[Size], None]
) -> tuple[Image.Image, Size, Facts]:
    try:
        return _load(content, kind, notes, allow)
    except OSError as error:
        if kind != "JPEG" or "truncated" not in str(error).lower():
            raise
    notes[:] = ["truncated"]
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        loaded = _load(content, kind, notes, allow)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    if _decoded_share(loaded[0]) < TRUNCATED_SHARE:
        raise damaged(kind, "truncated")
    return loaded


def _load(
    content: bytes, kind: str, notes: list[str], allow: Callable[[Size], None]
) -> tuple[Image.Image, Size, Facts]:
    image = Image.open(io.BytesIO(content), formats=PLUGINS[kind])
    opened_px = image.size
    _check_size(opened_px, kind)
    _check_scans(content, kind, opened_px)
    if len(getattr(image, "tile", ())) > MOST_TILES:
        raise damaged(kind, f"{len(image.tile)} tiles")
    allow(opened_px)
    if opened_px[0] * opened_px[1] > FULL_DECODE_PX:
        image.draft(image.mode, _fit(opened_px))
        notes.append("reduced")
    # these two decoders turn the picture themselves and then say that it is upright
    turned = read_orientation(image.getexif()) if kind == "TIFF" else image.info.get("original_orientation")
    image.load()
    _check_size(image.size, kind)  # ICO and HEIC learn their real size only now
    facts = _facts(image, notes)
    return image, opened_px, replace(facts, orientation=turned or facts.orientation)


def _facts(image: Image.Image, notes: list[str]) -> Facts:
    try:
        return read_facts(image)
    except _DAMAGE:  # a broken EXIF block is no reason to refuse the pixels
        notes.append("exif_unreadable")
        return Facts()


def _check_size(size_px: Size, kind: str) -> None:
    limit_px = REDUCED_DECODE_PX if kind == "JPEG" else FULL_DECODE_PX
    if max(size_px) > SIDE_PX or size_px[0] * size_px[1] > limit_px:
        raise _too_many_pixels(kind, size_px)


def _check_scans(content: bytes, kind: str, size_px: Size) -> None:
    """A progressive JPEG may paint its pixels over and over, in a few bytes a time (libjpeg-turbo, "Two Issues with the
    JPEG Standard", D. R. Commander 2015); an encoder takes a dozen scans."""
    if kind != "JPEG" or content.count(b"\xff\xda") <= USUAL_SCANS:
        return
    scans, megapixels = _scans_in(content), size_px[0] * size_px[1] / 1e6
    if scans > USUAL_SCANS and scans * megapixels > MOST_SCANNED_MP:
        raise damaged(kind, f"{scans} scans")


def _scans_in(content: bytes) -> int:
    """Scans before the picture's end; what a camera puts behind it, such as a film, is none of its pixels."""
    at, scans = 2, 0
    while (found := _MARKER.search(content, at)) and content[found.end() - 1] != 0xD9:
        at = found.end() + int.from_bytes(content[found.end() : found.end() + 2], "big")
        scans += content[found.end() - 1] == 0xDA
    return scans


def _fit(size_px: Size) -> Size:
    scale = min(1.0, WORKING_SIDE_PX / max(size_px))
    return max(1, round(size_px[0] * scale)), max(1, round(size_px[1] * scale))


def _shrink(image: Image.Image) -> Image.Image:
    size_px = _fit(image.size)
    return image if size_px == image.size else image.resize(size_px, Image.Resampling.LANCZOS)


def _plain(image: Image.Image, notes: list[str]) -> Image.Image:
    """Modes that can be resized: no palette, no single bits, no 16 bits; alpha stays, premultiplied by resize."""
    if image.mode.startswith("I") or image.mode == "F":
        return _to_8_bits(image, notes)
    if image.mode == "PA" or ("transparency" in image.info and image.mode in ("1", "L", "P", "RGB")):
        return image.convert("RGBA")
    simple = {"1": "L", "P": "RGB", "RGBX": "RGB", "La": "LA", "RGBa": "RGBA", "HSV": "RGB", "YCbCr": "RGB"}
    return image.convert(simple[image.mode]) if image.mode in simple else image


def _to_8_bits(image: Image.Image, notes: list[str]) -> Image.Image:
    """Linear, from the smallest usual range that holds the values, or from their own when none does."""
    wide = image.convert("F") if image.mode == "F" else image.convert("I").convert("F")
    low, high = cast(tuple[float, float], wide.getextrema())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise damaged(image.format or image.mode, "samples are not finite")
    whites = (1, *WHITES) if image.mode == "F" else WHITES
    black, white = next(((0.0, float(w)) for w in whites if low >= 0 and high <= w), (low, high))
    if white != WHITES[-1]:
        notes.append("range_guessed")
    scale = 255 / ((white - black) or 1)
    return wide.point(lambda value: value * scale + (0.5 - black * scale)).convert("L")


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode not in ("LA", "RGBA"):
        return image
    opaque = Image.new("RGBA", image.size, "white")
    opaque.alpha_composite(image.convert("RGBA"))
    return opaque.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    """Through the embedded ICC profile when it fits the pixels; without one, what Pillow thinks of the mode."""
    if not profile and image.mode != "LAB":
        return image.convert("RGB")
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile)) if profile else ImageCms.createProfile("LAB")
        if image.mode == "RGB" and ImageCms.getProfileDescription(source).startswith("sRGB"):
            return image  # most pictures of shops: nothing to turn
        turned = ImageCms.profileToProfile(
            image.convert("RGB") if _is_rgb(source) else image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        notes.append("icc_ignored")
        return image.convert("RGB")
    return cast(Image.Image, turned)


def _is_rgb(profile: Any) -> bool:  # noqa: ANN401 - Pillow's own C type has no name
    return getattr(profile, "profile", profile).xcolor_space.strip() == "RGB"


def _decoded_share(image: Image.Image) -> float:
    """Share of the rows that libjpeg got: those it did not get it paints mid-grey (jdhuff.c, `insufficient_data`)."""
    grey = Image.new(image.mode, image.size, (128,) * len(image.getbands()))
    differs = ImageChops.difference(image, grey).point(([0] * 3 + [255] * 253) * len(image.getbands()))
    box = differs.getbbox(alpha_only=False)
    return box[3] / image.height if box else 0.0


def _has_more_frames(image: Image.Image) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except _DAMAGE:  # a second frame that is broken is still a second frame
        return True


def _dhash(image: Image.Image) -> str:
    """64 bits: is each of 9 x 8 grey cells darker than its right neighbour (N. Krawetz, "Kind of Like That", 2013)."""
    cells = image.resize((9, 8), Image.Resampling.LANCZOS, reducing_gap=2).convert("L").tobytes()
    bits = [cells[9 * row + column] < cells[9 * row + column + 1] for row in range(8) for column in range(8)]
    return f"{sum(bit << (63 - place) for place, bit in enumerate(bits)):016x}"


def damaged(kind: str, reason: str) -> DecodeFailed:
    """The error for bytes that start like a picture and are none; `reason` is the decoder's, if it gave one."""
    why_zh, why_en = (f"（{reason[:80]}）", f" ({reason[:80]})") if reason else ("", "")
    return DecodeFailed(
        zh=(f"这个 {kind} 文件已损坏，解不出图片{why_zh}。", "请重新导出、重新下载或重新拍摄这张图片。"),
        en=(f"This {kind} file is damaged and cannot be decoded{why_en}.", "Export, download or take it again."),
    )


def _too_many_pixels(kind: str, size_px: Size | None) -> PictureTooLarge:
    limit_mp = (REDUCED_DECODE_PX if kind == "JPEG" else FULL_DECODE_PX) // 1_000_000
    size = f"{size_px[0]} × {size_px[1]}" if size_px else f"> {REDUCED_DECODE_PX // 1_000_000} MP"
    return PictureTooLarge(
        zh=(f"图片太大（{size} 像素）。", f"请缩小到 {limit_mp} MP 以内、每边不超过 {SIDE_PX} 像素，或切成几张。"),
        en=(
            f"The picture is too large ({size} px).",
            f"Shrink it to {limit_mp} MP and {SIDE_PX} px a side at most, or cut it into several.",
        ),
    )


def _out_of_memory(kind: str) -> DecodeFailed:
    return DecodeFailed(
        zh=(f"解这个 {kind} 文件需要的内存超过限制。", "请缩小图片，或调高 TUJIAN_DECODE_MEMORY_MB。"),
        en=(
            f"Decoding this {kind} file takes more memory than allowed.",
            "Shrink it or raise TUJIAN_DECODE_MEMORY_MB.",
        ),
    )
