"""Files that mean harm, made by seeded scripts from pictures of our own: mutants of every format, bombs, polyglots."""

import io
import random
import struct
import zlib
from collections.abc import Iterator

from PIL import Image, ImageDraw

KINDS = (  # and HEIC, which nothing here can write: the tests take some from ../shared
    "JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "ICO", "JPEG2000", "AVIF", "MPO",
)  # fmt: skip


def scene(size_px: tuple[int, int] = (160, 120)) -> Image.Image:
    image = Image.effect_noise(size_px, 30).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 20, 90, 100), fill="#b8402a")
    draw.text((30, 40), "ALPRO 1 L", fill="white")
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def samples_of(kind: str) -> list[bytes]:
    """Small valid files of a kind, each with other features: what mutations start from."""
    image, exif = scene(), Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    exif.get_ifd(0x8825)[1] = "N"
    match kind:
        case "JPEG":
            return [
                saved(image, kind, exif=exif),
                saved(image, kind, progressive=True),
                saved(image.convert("CMYK"), kind),
            ]
        case "PNG":
            plain = image.quantize(16)
            return [
                saved(image, kind, exif=exif),
                saved(plain, kind, transparency=0),
                saved(image, kind, save_all=True, append_images=[image]),
            ]
        case "WEBP":
            return [
                saved(image, kind, exif=exif),
                saved(image, kind, lossless=True),
                saved(image, kind, save_all=True, append_images=[image.rotate(9)]),
            ]
        case "GIF":
            return [saved(image, kind), saved(image, kind, save_all=True, append_images=[image.rotate(9)])]
        case "BMP":
            return [saved(image, kind), saved(image.convert("1"), kind), saved(image.quantize(16), kind)]
        case "TIFF":
            return [
                saved(image, kind, compression=c, exif=exif)
                for c in ("raw", "tiff_lzw", "tiff_deflate", "jpeg", "packbits")
            ]
        case "ICO":
            return [
                saved(image, kind, sizes=[(16, 16), (64, 64)]),
                saved(image, kind, sizes=[(32, 32)], bitmap_format="bmp"),
            ]
        case "JPEG2000":
            return [
                saved(image, kind),
                saved(image, kind, tile_size=(64, 64), num_resolutions=3),
                saved(image, kind, no_jp2=True),
            ]
        case "AVIF":
            return [saved(image, kind, exif=exif), saved(image, kind, save_all=True, append_images=[image.rotate(9)])]
        case "MPO":
            return [saved(image, kind, save_all=True, append_images=[scene()])]
    raise ValueError(kind)  # fmt: skip


def mutants(samples: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` damaged files: bits flipped, cut off, lengths that lie, pieces moved, doubled, torn out."""
    chance = random.Random(seed)
    ways = (_flip, _flip, _cut, _lie, _lie, _swap, _double, _tear, _fill)
    for _ in range(count):
        content = chance.choice(samples)
        for _ in range(chance.randint(1, 3)):
            content = chance.choice(ways)(bytearray(content), chance)
        yield bytes(content)


def _flip(content: bytearray, chance: random.Random) -> bytearray:
    head = chance.random() < 0.5  # headers are short, and where parsers believe what they read
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(min(len(content), 200) if head else len(content))
        content[at] ^= 1 << chance.randrange(8)
    return content


def _cut(content: bytearray, chance: random.Random) -> bytearray:
    return content[: chance.randrange(16, max(17, len(content)))]


def _lie(content: bytearray, chance: random.Random) -> bytearray:
    """A number of 2 or 4 bytes becomes one that parsers trip over."""
    size = chance.choice((2, 4))
    at = chance.randrange(4, max(5, min(len(content), 400) - size))
    value = chance.choice((0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x10000, len(content) * 2))
    content[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, chance.choice(("big", "little")))
    return content


def _swap(content: bytearray, chance: random.Random) -> bytearray:
    a, b, c = sorted(chance.randrange(8, max(9, len(content))) for _ in range(3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def _double(content: bytearray, chance: random.Random) -> bytearray:
    a, b = sorted(chance.randrange(8, max(9, len(content))) for _ in range(2))
    return content[:b] + content[a:b] * chance.randint(1, 4) + content[b:]


def _tear(content: bytearray, chance: random.Random) -> bytearray:
    a, b = sorted(chance.randrange(8, max(9, len(content))) for _ in range(2))
    return content[:a] + content[b:]


def _fill(content: bytearray, chance: random.Random) -> bytearray:
    a, b = sorted(chance.randrange(8, max(9, len(content))) for _ in range(2))
    b = min(b, a + 64)
    content[a:b] = bytes([chance.choice((0, 0xFF, 0x41))]) * (b - a)
    return content


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *chunks: bytes, rows: bytes | None = None) -> bytes:
    """A grey PNG with further chunks before its pixels; `rows` are the deflated rows."""
    rows = zlib.compress((b"\0" + b"\x80" * width) * height) if rows is None else rows
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def tiff(tags: dict[int, tuple[int, int, int]], next_at: int = 0, rest: bytes = b"") -> bytes:
    """A little-endian TIFF of one directory: tag → type, count, value."""
    entries = b"".join(struct.pack("<HHII", tag, *value) for tag, value in sorted(tags.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", next_at) + rest


def grey_tiff(width: int, height: int, at: int, **more: tuple[int, int, int]) -> dict[int, tuple[int, int, int]]:
    plain = {256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1)}
    return plain | {273: (4, 1, at), 277: (3, 1, 1), 278: (4, 1, height), 279: (4, 1, width * height)}


def bombs() -> dict[str, bytes]:
    """Small files that promise, or unpack to, far more than they are."""
    zeros = zlib.compress(bytes(1 << 26), 9)
    text = zlib.compress(b"A" * (1 << 26), 9)
    huge = b"A" * 8_000_000
    chain = b"".join(struct.pack("<HI", 0, 150 + 6 * (n + 1)) for n in range(400_000))
    exif_loop = b"Exif\0\0" + tiff({0x8769: (4, 1, 8), 0x8825: (4, 1, 8), 0xA005: (4, 1, 8)}, 8)
    tiles = {256: (4, 1, 1000), 257: (4, 1, 1000), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1), 277: (3, 1, 1)}
    tiles |= {322: (4, 1, 1), 323: (4, 1, 1), 324: (4, 1_000_000, 200), 325: (4, 1_000_000, 200)}
    profile = [b"ICC_PROFILE\0" + bytes([1 + n, 250]) + huge[:65_000] for n in range(250)]
    maker = b"Exif\0\0" + tiff({0x010F: (2, 60_000, 26)}, 0, b"A" * 60_000)
    entry = struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, 100, 22)
    return {
        "png that unpacks to 64 MB": png(30_000, 2_000, rows=zeros),
        "png of 2 gigapixels": png(46_000, 46_000, rows=zeros),
        "png whose rows never end": png(64, 64, rows=zeros),
        "png of 10,000 x 4,000 in 16 bits": saved(Image.new("I;16", (10_000, 3_900)), "PNG"),
        "png with a text bomb": png(64, 64, png_chunk(b"zTXt", b"Comment\0\0" + text)),
        "png with a profile bomb": png(64, 64, png_chunk(b"iCCP", b"x\0\0" + text)),
        "png with 8 MB of XMP": png(64, 64, png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + huge)),
        "png with 100,000 text chunks": png(64, 64, png_chunk(b"tEXt", b"a\0b") * 100_000),
        "gif of 65,535 x 65,535": b"GIF89a" + b"\xff" * 4 + b"\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x08\0\0;",
        "gif of 10,000 frames": animated(10_000),
        "strip of 65,535 px": saved(Image.new("L", (65_535, 4)), "PNG"),
        "upright strip of 65,000 px as jpeg": saved(Image.new("L", (4, 65_000)), "JPEG"),
        "jpeg of 500 scans": many_scans(500),
        "jpeg with a megabyte of fill bytes": jpeg_with().replace(b"\xff\xdb", b"\xff" * 1_000_000 + b"\xdb", 1),
        "jpeg with an EXIF loop": jpeg_with(exif_loop),
        "jpeg with 16 MB of profile": jpeg_with(*profile, marker=0xE2),
        "jpeg with a maker of 60,000 letters": jpeg_with(maker),
        "tiff whose directory is its own next": tiff(grey_tiff(4, 4, 130), 8, bytes(64)),
        "tiff of 400,000 directories": tiff(grey_tiff(4, 4, 130), 150, bytes(64)[: 150 - 122] + chain),
        "tiff of a million tiles": tiff(tiles, 0, struct.pack("<I", 1) * 1_100_000),
        "tiff that says it has 40 MP": tiff(grey_tiff(6_300, 6_300, 130) | {259: (3, 1, 8)}, 0, zeros),
        "bmp of 2 gigapixels": b"BM" + struct.pack("<IHHIIiiHH24x", 54, 0, 0, 54, 40, 46_000, 46_000, 1, 24),
        "jpeg 2000 of 2 gigapixels": jpeg2000_sized(46_000, 46_000),
        "jpeg 2000 of a billion tiles": jpeg2000_sized(32_000, 1_000, tile=1),
        "webp that says it is 16,383 x 16,383": webp_sized(16_383, 16_383),
        "ico of 65,535 entries": struct.pack("<HHH", 0, 1, 65_535) + entry * 65_535 + bytes(200),
    }  # fmt: skip


def animated(frames: int) -> bytes:
    """A GIF of so many frames, all different."""
    later = [Image.new("L", (8, 8), 1 + n % 255) for n in range(frames - 1)]
    return saved(Image.new("L", (8, 8)), "GIF", save_all=True, append_images=later)


def many_scans(count: int) -> bytes:
    """A progressive JPEG of 9 MP whose last scan is told over and over."""
    whole = saved(Image.new("L", (3_000, 3_000), 90), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * count + b"\xff\xd9"


def jpeg_with(*blocks: bytes, marker: int = 0xE1) -> bytes:
    whole = saved(scene(), "JPEG")
    return (
        whole[:2] + b"".join(b"\xff" + bytes([marker]) + struct.pack(">H", len(b) + 2) + b for b in blocks) + whole[2:]
    )


def jpeg2000_sized(width: int, height: int, tile: int = 0) -> bytes:
    """A valid codestream whose header says another size."""
    whole = bytearray(saved(scene((64, 64)), "JPEG2000", no_jp2=True))
    at = whole.index(b"\xff\x51") + 6
    whole[at : at + 8] = struct.pack(">II", width, height)
    whole[at + 16 : at + 24] = struct.pack(">II", tile or width, tile or height)
    return bytes(whole)


def webp_sized(width: int, height: int) -> bytes:
    whole = bytearray(saved(scene(), "WEBP"))
    at = whole.index(b"\x9d\x01\x2a") + 3
    whole[at : at + 4] = struct.pack("<HH", width, height)
    return bytes(whole)


def polyglots() -> dict[str, tuple[bytes, str | None]]:
    """Files that are two things at once, with the kind they are here; None: refused, for they are no picture first."""
    jpeg, whole_png, gif = saved(scene(), "JPEG"), png(64, 64), saved(scene(), "GIF")
    archive = b"PK\x03\x04" + bytes(26) + b"PK\x05\x06" + bytes(18)
    script = b"<script>alert(1)</script>"
    return {
        "PDF in front of a JPEG": (b"%PDF-1.7\n%\xff\xff\n" + jpeg, None),
        "JPEG with a PDF in its comment": (jpeg_with(b"\n%PDF-1.7\n1 0 obj\n" + script, marker=0xFE), "JPEG"),
        "PNG with a ZIP behind it": (whole_png + archive, "PNG"),
        "ZIP in front of a PNG": (archive + whole_png, None),
        "HTML in a GIF's comment": (gif.replace(b"\0,", b"\0!\xfe" + bytes([len(script)]) + script + b"\0,", 1), "GIF"),
        "GIF that is a script": (b"GIF89a/*" + script + b"*/=1;", None),
        "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', None),
        "XML with entities": (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///x">]><svg>&b;', None),
        "HTML": (b"<!doctype html>" + script, None),
        "program in front of a JPEG": (b"MZ\x90\0" + jpeg, None),
        "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file", None),
        "MVG": (b"push graphic-context\nimage over 0,0 0,0 'https://127.0.0.1/x'", None),
    }  # fmt: skip
