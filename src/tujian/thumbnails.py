"""Small copies of the catalogue's pictures for lists and plates: made when first asked for, then kept. req: E6, E9

Enters: a picture's sha256, how large it is to be shown, what who asks may see. Leaves: WebP. Does not know: items'
values, HTTP. Copies have one of few sizes, so nobody fills the disk by asking for many; parts of pictures, which may
be any, are only held in memory for a while.
"""

import io
from functools import lru_cache

from PIL import Image

from tujian.catalogue import Catalogue
from tujian.catalogue.forgetting import drop_pictures
from tujian.catalogue.nouns import Also
from tujian.catalogue.reading import is_shown
from tujian.geometry import Box1000, Size
from tujian.house import House, Shot
from tujian.shelf import Shelf, picture_is_gone

SIDES_PX = (320, 640, 1280, 2048)  # a tile, a tile on a fine screen, a plate, a close look
CROPS_KEPT = 64  # in memory, some 60 kB each
MARGIN, LEAST_PART = 0.35, 160  # of the box around it, and the least width and height of a part, of 1000
LONGEST_SIDES = 2.4  # a part is not wider beside its height, so that a long line of text keeps what is around it
QUALITY = 82  # WebP: no ringing around small print at 640 px, about 25 kB there


def side_for(wanted_px: int) -> int:
    """The kept size that is large enough.

    >>> side_for(300), side_for(321), side_for(9000)
    (320, 640, 2048)
    """
    return next((side for side in SIDES_PX if side >= wanted_px), SIDES_PX[-1])


def around(box: Box1000, size_px: Size) -> Box1000:
    """The part of a picture that shows `box` with what is around it.

    >>> around(Box1000(400, 480, 600, 500), (1000, 1000))
    Box1000(x1=330, y1=410, x2=670, y2=570)
    >>> around(Box1000(0, 0, 900, 30), (1000, 1000))
    Box1000(x1=0, y1=0, x2=1000, y2=417)
    """
    width = max((box.x2 - box.x1) * (1 + 2 * MARGIN), LEAST_PART)
    height = max((box.y2 - box.y1) * (1 + 2 * MARGIN), LEAST_PART)
    wide = min(width, 1000) * size_px[0] / size_px[1]
    height = max(height, wide / LONGEST_SIDES)
    width = max(width, min(height, 1000) * size_px[1] / size_px[0] / LONGEST_SIDES)
    left, right = _within((box.x1 + box.x2) / 2, width)
    top, bottom = _within((box.y1 + box.y2) / 2, height)
    return Box1000(left, top, right, bottom)


def _within(middle: float, length: float) -> tuple[int, int]:
    """A stretch of 0-1000 around `middle`, moved inside where it would begin or end outside."""
    begin = min(max(0.0, middle - length / 2), max(0.0, 1000 - length))
    return round(begin), round(min(1000.0, begin + length))


class Thumbnails:
    def __init__(self, house: House, catalogue: Catalogue, shelf: Shelf) -> None:
        self._house, self._catalogue, self._shelf = house, catalogue, shelf
        self._cut_again = lru_cache(CROPS_KEPT)(self._cut)

    def of(self, sha256: str, side_px: int, also: Also = ()) -> bytes:
        """A picture no longer than `side_px`, one of SIDES_PX. Raises NotFound, Busy and what a bad file raises."""
        self.check(sha256, also)
        kept = self._shelf.small(sha256, side_px)
        if kept is not None:
            return kept
        _, picture = self._house.open(Shot(self._catalogue.content(sha256)), "high")
        small = _as_webp(Image.fromarray(picture.pixels), side_px)
        self._shelf.keep_small(sha256, side_px, small)
        drop_pictures(self._catalogue.database, self._shelf, [sha256])  # if its last item was forgotten meanwhile
        return small

    def part_of(self, sha256: str, box: Box1000, side_px: int, also: Also = ()) -> bytes:
        """A part of a picture, no longer than `side_px`. Raises NotFound, Busy and what a bad file raises."""
        self.check(sha256, also)
        return self._cut_again(sha256, box, side_px)

    def _cut(self, sha256: str, box: Box1000, side_px: int) -> bytes:
        _, picture = self._house.open(Shot(self._catalogue.content(sha256)), "high")
        height, width = picture.pixels.shape[:2]
        left, top = min(box.x1 * width // 1000, width - 1), min(box.y1 * height // 1000, height - 1)
        right, bottom = max(left + 1, box.x2 * width // 1000), max(top + 1, box.y2 * height // 1000)
        return _as_webp(Image.fromarray(picture.pixels[top:bottom, left:right]), side_px)

    def check(self, sha256: str, also: Also) -> None:
        """Raises NotFound for a picture that who asks may not see."""
        if not self._shows(sha256, also):
            raise picture_is_gone(sha256)

    def _shows(self, sha256: str, also: Also) -> bool:
        with self._catalogue.database.read() as connection:
            return is_shown(connection, sha256, also)


def _as_webp(image: Image.Image, side_px: int) -> bytes:
    image.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=QUALITY)
    return out.getvalue()
