"""What a file is, by its content and never by its name.

Enters: the beginning of a file, or all of it. Leaves: a kind ("JPEG", "video", "pdf", …) or None; and for
what is no picture of ours, the error that says so. It does not decode: a file that starts like a JPEG is one
here, however broken it goes on. A name only says what a file claims to be (`claims_a_picture`).
"""

import re
import struct
from collections.abc import Iterator
from pathlib import PurePath

from tujian.errors import Said, UnreadablePicture
from tujian.rendering import PLUGINS

HEAD_BYTES = 65_536  # enough for every signature and for the first directory of most TIFF-like camera files
PICTURE_KINDS = frozenset(PLUGINS)
PICTURE_ENDINGS = frozenset(
    f".{name}"
    for names in (
        ("jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "dib", "tif", "tiff", "ico", "jp2", "j2k", "jpx"),
        ("heic", "heif", "avif", "mpo", "psd", "cr2", "nef", "arw", "dng", "raf", "orf", "rw2", "jxl", "svg", "tga"),
    )
    for name in names
)

_STARTS: tuple[tuple[bytes, str], ...] = (
    # first bytes, kind: the formats' own specifications, or the list of file(1) where there is none
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"\0\0\1\0", "ICO"),
    (b"FUJIFILMCCD-RAW", "raw"),
    (b"IIRO", "raw"),
    (b"IIRS", "raw"),
    (b"IIU\0", "raw"),
    (b"FOVb", "raw"),
    (b"\0MRM", "raw"),
    (b"8BPS", "psd"),
    (b"%PDF-", "pdf"),
    (b"\x1aE\xdf\xa3", "video"),
    (b"FLV\1", "video"),
    (b"\0\0\1\xba", "video"),
    (b"\0\0\1\xb3", "video"),
    (b"0&\xb2u\x8ef\xcf\x11", "video"),
    (b"OggS", "video"),
    (b"ID3", "audio"),
    (b"fLaC", "audio"),
    (b"PK\3\4", "archive"),
    (b"PK\5\6", "archive"),
    (b"Rar!\x1a\7", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b\x08", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ\0", "archive"),
    (b"(\xb5/\xfd", "archive"),
    (b"\xff\x0a", "other_picture"),  # JPEG XL, bare
    (b"\0\0\0\x0cJXL \r\n\x87\n", "other_picture"),
    (b"\1\xda", "other_picture"),  # SGI
    (b"DDS ", "other_picture"),
    (b"gimp xcf", "other_picture"),
    (b"v/1\1", "other_picture"),  # OpenEXR
    (b"#?RADIANCE", "other_picture"),
    (b"%!PS", "other_picture"),
    (b"icns", "other_picture"),
    (b"\0\0\2\0", "other_picture"),  # a mouse pointer
    (b"II\xbc\1", "other_picture"),  # JPEG XR
    (b"AT&TFORM", "other_picture"),  # DjVu
    (b"\x7fELF", "program"),
    (b"MZ", "program"),
)
_RIFF = {b"WEBP": "WEBP", b"AVI ": "video", b"WAVE": "audio"}
_AVIF = {b"avif", b"avis"}  # av1-avif 1.1, section 8
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}  # ISO 23008-12
_TIFF = {b"II*\0": "<", b"MM\0*": ">", b"II+\0": "<", b"MM\0+": ">"}  # + is BigTIFF

_MAKE, _NEW_SUBFILE_TYPE, _DNG_VERSION = 0x010F, 0x00FE, 0xC612  # TIFF 6.0; DNG 1.6

_REFUSALS: dict[str | None, tuple[Said, Said]] = {
    "empty": (
        Said("文件是空的（0 字节）。", "请重新复制或下载这个文件。"),
        Said("The file is empty (0 bytes).", "Copy or download it again."),
    ),
    "video": (
        Said("这是视频，不是图片。", "图鉴只读图片：请先截取一帧，存成 JPEG 或 PNG。"),
        Said(
            "This is a video, not a picture.", "Tujian reads pictures: take a frame first and save it as JPEG or PNG."
        ),
    ),
    "audio": (
        Said("这是音频，不是图片。", "请选择图片文件。"),
        Said("This is sound, not a picture.", "Choose a picture."),
    ),
    "raw": (
        Said("这是相机 RAW 文件，图鉴不读。", "请用相机或修图软件导出成 JPEG。"),
        Said(
            "This is a camera's RAW file, which Tujian does not read.",
            "Export it as JPEG with the camera's or a photo program.",
        ),
    ),
    "pdf": (
        Said("这是 PDF 文档，不是图片。", "请把需要的页面导出成 PNG 或 JPEG。"),
        Said("This is a PDF document, not a picture.", "Export the pages you need as PNG or JPEG."),
    ),
    "svg": (
        Said("这是 SVG 矢量图，图鉴不读。", "请用浏览器或绘图软件导出成 PNG。"),
        Said(
            "This is an SVG drawing, which Tujian does not read.", "Export it as PNG with a browser or drawing program."
        ),
    ),
    "psd": (
        Said("这是 Photoshop 工程文件（PSD），图鉴不读。", "请在 Photoshop 里导出成 PNG 或 JPEG。"),
        Said("This is a Photoshop file (PSD), which Tujian does not read.", "Export it from Photoshop as PNG or JPEG."),
    ),
    "html": (
        Said("这是网页（HTML），不是图片。", "请给出图片本身的地址或文件：在网页里右键图片，复制图片地址。"),
        Said(
            "This is a web page (HTML), not a picture.",
            "Give the picture's own address or file: right-click it and copy its address.",
        ),
    ),
    "text": (
        Said("这是文本，不是图片。", "请选择图片文件。"),
        Said("This is text, not a picture.", "Choose a picture."),
    ),
    "archive": (
        Said("这是压缩包或办公文档，不是图片。", "请先解压，或把图片从文档里导出。"),
        Said(
            "This is an archive or office document, not a picture.", "Unpack it first, or save the pictures out of it."
        ),
    ),
    "program": (
        Said("这是程序，不是图片。", "请选择图片文件。"),
        Said("This is a program, not a picture.", "Choose a picture."),
    ),
    "other_picture": (
        Said("图鉴不读这种图片格式。", "请另存为 PNG 或 JPEG。"),
        Said("Tujian does not read this picture format.", "Save it as PNG or JPEG."),
    ),
    None: (
        Said("认不出这个文件，它不像任何一种图片。", "文件可能已损坏或不是图片：请换一个副本，或另存为 PNG 或 JPEG。"),
        Said(
            "The file is not like any picture format known.",
            "It is damaged or no picture: try another copy, or save it as PNG or JPEG.",
        ),
    ),
}


def sniff(head: bytes) -> str | None:
    """The kind of file that starts with `head` (HEAD_BYTES are plenty); None when nothing fits.

    Kinds in PICTURE_KINDS can be decoded; the others are "empty", "video", "audio", "raw", "pdf", "svg",
    "psd", "html", "text", "archive", "program" and "other_picture".

    >>> sniff(b"GIF89a..."), sniff(b"<!doctype html><title>Not found</title>"), sniff(b"")
    ('GIF', 'html', 'empty')
    """
    if not head:
        return "empty"
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[:4] in _TIFF:
        return "raw" if _is_camera_raw(head) else "TIFF"
    if head[:2] == b"BM" and head[15:18] == b"\0\0\0":  # all header sizes in use are under 256
        return "BMP"
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):  # QuickTime before it had ftyp
        return "video"
    return next((kind for start, kind in _STARTS if head.startswith(start)), None) or _document(head[:4096])


def claims_a_picture(name: str) -> bool:
    """Whether a file is called as pictures are.

    >>> claims_a_picture("in/IMG_1.JFIF"), claims_a_picture("notes.txt")
    (True, False)
    """
    return PurePath(name).suffix.lower() in PICTURE_ENDINGS


def refuse(kind: str | None) -> UnreadablePicture:
    """The error for a kind that is not in PICTURE_KINDS, with what to do about it."""
    zh, en = _REFUSALS[kind]
    return UnreadablePicture(zh=zh, en=en)


def _iso_media(head: bytes) -> str:
    """ISO 14496-12: the ftyp box lists the brands; a HEIF file of the common brand mif1 may hold AV1 (AVIF)."""
    end = min(struct.unpack_from(">I", head)[0], 512)
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end, 4))}
    if brands & _AVIF:
        return "AVIF"
    if brands & _HEIC:
        return "HEIC"
    if b"crx " in brands:
        return "raw"
    return "audio" if head[8:11] == b"M4A" else "video"


def _is_camera_raw(head: bytes) -> bool:
    """Canon marks CR2; DNG says its version; Nikon, Sony and Pentax put a camera's thumbnail first."""
    if head[8:10] == b"CR" and head[:4] == b"II*\0":
        return True
    tags = dict(_first_directory(head))
    return _DNG_VERSION in tags or (tags.get(_NEW_SUBFILE_TYPE) == 1 and _MAKE in tags)


def _first_directory(head: bytes) -> Iterator[tuple[int, int]]:
    """Tag and value field of a classic TIFF's first directory, as far as `head` holds it (TIFF 6.0, section 2)."""
    order = _TIFF[head[:4]]
    if b"*" not in head[:4] or len(head) < 8:
        return
    (start,) = struct.unpack_from(order + "I", head, 4)
    if start + 2 > len(head):
        return
    (count,) = struct.unpack_from(order + "H", head, start)
    for at in range(start + 2, min(start + 2 + 12 * count, len(head) - 11), 12):
        tag, _type, _count, value = struct.unpack_from(order + "HHII", head, at)
        yield tag, value


def _document(head: bytes) -> str | None:
    if b"%PDF-" in head[:1024]:  # ISO 32000-1, annex H: readers accept it within the first 1,024 bytes
        return "pdf"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "text"
    if not _is_text(head):
        return None
    lower = head.lower().lstrip(b"\xef\xbb\xbf \t\r\n")
    if re.search(rb"<svg[\s>]", lower):
        return "svg"
    return "html" if re.match(rb"<(!doctype html|html|head|body|script|!--)", lower) else "text"


def _is_text(head: bytes) -> bool:
    """UTF-8 without control characters; the last character may be cut."""
    try:
        head.decode()
    except UnicodeDecodeError as error:
        if len(head) - error.start >= 4:
            return False
    return not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", head)
