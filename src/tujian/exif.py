"""Facts in the file: when, where and with what a picture was taken, and which way up it is.

Enters: an opened and loaded Pillow picture with the blocks beside its pixels: EXIF, then for the time XMP, IPTC
and the record of FLIR's thermal cameras, for the place XMP. Leaves: `Facts`. It does not know the pixels, time
zones that nobody wrote, or the time a file was edited: tag DateTime (0x0132) is set by whatever program saved
the file last, so it never stands in for the time a picture was taken.
"""

import math
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import cast

from PIL import ExifTags, Image, ImageFile, IptcImagePlugin

MOST_TEXT = 200  # characters of a tag; makers' names have under 40, a crafted one has megabytes
UPRIGHT = 1  # EXIF 2.32, tag 0x0112: row 0 is the visual top, column 0 the visual left

_DATE = re.compile(
    r"(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d):(\d\d)(?:(\.\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)?", re.ASCII
)
_OFFSET = re.compile(r"Z|[+-]\d\d:\d\d")

_ORIGINAL = (
    # time, fraction of the second, offset from UTC: EXIF 2.32, section 4.6.5 D and F
    *(ExifTags.Base.DateTimeOriginal, ExifTags.Base.SubsecTimeOriginal, ExifTags.Base.OffsetTimeOriginal),
)
_DIGITIZED = (*(ExifTags.Base.DateTimeDigitized, ExifTags.Base.SubsecTimeDigitized, ExifTags.Base.OffsetTimeDigitized),)
_XMP_VALUE = r"""(?:\s*=\s*["']|>)\s*([^"'<]{1,200})"""  # as attribute or as element
_XMP_TAKEN = re.compile(rf"(?:exif:DateTimeOriginal|photoshop:DateCreated){_XMP_VALUE}")
_XMP_CREATED = re.compile(rf"(?:xmp|xap):CreateDate{_XMP_VALUE}")
_IPTC_DATE, _IPTC_TIME = (2, 55), (2, 60)  # IPTC-IIM 4.2: date and time the picture was created
_FLIR_CAMERA = 0x20  # record types and offsets: ExifTool's FLIR.pm, "FFF" records
_FLIR_CLOCK = 900


@dataclass(frozen=True, slots=True)
class Facts:
    """What the camera wrote down.

    `taken_at` is ISO 8601 in the camera's own clock ("2016-06-27T15:29:42"), with fraction and offset when
    they were written. `gps` is latitude, longitude in degrees, north and east positive; (0.0, 0.0) is a
    place. `camera` is maker and model. `orientation` is EXIF's 1-8, as in the file.
    """

    taken_at: str | None = None
    gps: tuple[float, float] | None = None
    camera: str | None = None
    orientation: int = UPRIGHT


def read_facts(image: Image.Image) -> Facts:
    """The facts beside the pixels of `image`; what is missing or makes no sense is None, never guessed."""
    exif = image.getexif()
    camera = _camera(_text(exif.get(ExifTags.Base.Make)), _text(exif.get(ExifTags.Base.Model)))
    tags = {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}  # some programs write the times into the first directory
    xmp = _xmp(image)
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    has_place = ExifTags.GPS.GPSLatitude in place  # where the camera wrote nonsense, XMP copied it: nobody is asked
    return Facts(
        taken_at=next(filter(None, _times(image, tags, xmp, is_photo=camera is not None)), None),
        gps=_gps(place) if has_place else _xmp_gps(xmp),
        camera=camera,
        orientation=read_orientation(exif),
    )


def read_orientation(exif: Image.Exif) -> int:
    """EXIF orientation 1-8; anything else, such as the 0 some cameras write, means upright."""
    value = exif.get(ExifTags.Base.Orientation)
    return value if isinstance(value, int) and UPRIGHT <= value <= 8 else UPRIGHT


def _times(image: Image.Image, tags: Mapping[int, object], xmp: str, *, is_photo: bool) -> Iterator[str | None]:
    """Candidates for the time it was taken, the camera's own word first."""
    yield _exif_time(tags, *_ORIGINAL)
    yield _xmp_time(xmp, _XMP_TAKEN)
    yield _iptc_time(image)
    yield _exif_time(tags, *_DIGITIZED)
    yield _flir_time(image)
    if is_photo:  # of a banner drawn in a program it is when the drawing was begun
        yield _xmp_time(xmp, _XMP_CREATED)


def _exif_time(tags: Mapping[int, object], time: int, fraction: int, offset: int) -> str | None:
    digits, zone = _text(tags.get(fraction)), _text(tags.get(offset))
    tail = f".{digits}" if digits.isdecimal() and digits.isascii() else ""
    return _iso(f"{_text(tags.get(time))}{tail}{zone if _OFFSET.fullmatch(zone) else ''}")


def _xmp(image: Image.Image) -> str:
    block = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or ""
    return block.decode("utf-8", "replace") if isinstance(block, bytes) else block


def _xmp_time(xmp: str, names: re.Pattern[str]) -> str | None:
    found = names.search(xmp)
    return _iso(found[1]) if found else None


def _xmp_gps(xmp: str) -> tuple[float, float] | None:
    """ "39,6.9N" and "108,24,3.5W" (XMP specification part 2, GPSCoordinate)."""
    sides = []
    for name, limit in (("Latitude", 90), ("Longitude", 180)):
        found = re.search(rf"""exif:GPS{name}(?:\s*=\s*["']|>)\s*([\d.,]{{1,60}})([NSEW])""", xmp)
        sides.append(_degrees(tuple(found[1].split(",")), found[2], limit) if found else None)
    latitude, longitude = sides
    return None if latitude is None or longitude is None else (latitude, longitude)


def _iptc_time(image: Image.Image) -> str | None:
    """ "20220110" and "151544-0400" in two records; IPTC knows no fraction."""
    blocks = IptcImagePlugin.getiptcinfo(cast(ImageFile.ImageFile, image)) or {}
    found = re.match(
        r"(\d{4})(\d\d)(\d\d) (\d\d)(\d\d)(\d\d)(?:([+-]\d\d)(\d\d))?",
        f"{_text(blocks.get(_IPTC_DATE))} {_text(blocks.get(_IPTC_TIME))}",
    )
    if found is None:
        return None
    year, month, day, hour, minute, second, zone_hour, zone_minute = found.groups()
    zone = f"{zone_hour}:{zone_minute}" if zone_hour else ""
    return _iso(f"{year}-{month}-{day}T{hour}:{minute}:{second}{zone}")


def _flir_time(image: Image.Image) -> str | None:
    """FLIR keeps the time in its own record: seconds since 1970, milliseconds, minutes west of UTC."""
    parts = [body[8:] for marker, body in getattr(image, "applist", ()) if marker == "APP1" and body[:5] == b"FLIR\0"]
    block = b"".join(parts)
    if len(block) < 64 or block[:4] != b"FFF\0":
        return None
    directory, count = struct.unpack_from(">II", block, 24)
    for at in range(directory, min(directory + 32 * count, len(block) - 31), 32):
        kind, start, length = struct.unpack_from(">H10xII", block, at)
        if kind == _FLIR_CAMERA and length >= _FLIR_CLOCK + 10 and start + length <= len(block):
            seconds, milliseconds, west = struct.unpack_from("<IIh", block, start + _FLIR_CLOCK)
            moment = datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=milliseconds)
            return moment.astimezone(timezone(-timedelta(minutes=west))).isoformat(timespec="milliseconds")
    return None


def _iso(written: str) -> str | None:
    """A time as cameras write it, in ISO 8601.

    >>> _iso("2016:06:27 15:29:42.041-04:00"), _iso("0000:00:00 00:00:00")
    ('2016-06-27T15:29:42.041-04:00', None)
    """
    found = _DATE.match(written)
    if found is None or not _is_real(found):
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}{fraction or ''}{zone or ''}"


def _is_real(found: re.Match[str]) -> bool:
    try:
        datetime(*(int(part) for part in found.groups()[:6]))  # pyright: ignore[reportArgumentType]
    except ValueError:  # "0000:00:00 00:00:00" is what cameras without a set clock write
        return False
    return True


def _gps(tags: Mapping[int, object]) -> tuple[float, float] | None:
    latitude = _degrees(tags.get(ExifTags.GPS.GPSLatitude), _text(tags.get(ExifTags.GPS.GPSLatitudeRef)), 90)
    longitude = _degrees(tags.get(ExifTags.GPS.GPSLongitude), _text(tags.get(ExifTags.GPS.GPSLongitudeRef)), 180)
    return None if latitude is None or longitude is None else (latitude, longitude)


def _degrees(parts: object, reference: str, limit: int) -> float | None:
    """Degrees, minutes, seconds as one signed number; None when they are none or off the globe."""
    if not isinstance(parts, tuple) or not 1 <= len(parts) <= 3:
        return None
    value = sum(_number(part) / 60**power for power, part in enumerate(parts))
    if not math.isfinite(value) or abs(value) > limit:
        return None
    return (-value if reference.upper() in ("S", "W") else value) + 0.0  # -0.0 becomes 0.0


def _number(part: object) -> float:
    try:
        return float(part)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError, ZeroDivisionError):
        return math.nan


def _camera(make: str, model: str) -> str | None:
    """Maker and model, the maker once.

    >>> _camera("NIKON CORPORATION", "NIKON D5000"), _camera("SONY", "DSC-HX5V")
    ('NIKON D5000', 'SONY DSC-HX5V')
    """
    if make and model and model.casefold().startswith(make.split()[0].casefold()):
        return model
    return f"{make} {model}".strip() or None


def _text(value: object) -> str:
    """A tag as one line of text, its beginning: bytes are read as UTF-8, control characters and padding go."""
    if not isinstance(value, bytes | str):
        return ""
    some = value[:MOST_TEXT]
    text = some.decode("utf-8", "replace") if isinstance(some, bytes) else some
    return " ".join("".join(c if c.isprintable() else " " for c in text.split("\0")[0]).split())
