"""Small copies of the catalogue's pictures for lists and plates: made when first asked for, then kept. req: E6, E9

Enters: a picture's sha256, how large it is to be shown, what who asks may see. Leaves: WebP. Does not know: items'
values, HTTP. Copies have one of few sizes, so nobody fills the disk by asking for many.
"""

import io

from PIL import Image

from tujian.catalogue import Catalogue
from tujian.catalogue.forgetting import drop_pictures
from tujian.catalogue.nouns import Also
from tujian.catalogue.reading import is_shown
from tujian.house import House, Shot
from tujian.shelf import Shelf, picture_is_gone

SIDES_PX = (320, 640, 1280, 2048)  # a tile, a tile on a fine screen, a plate, a close look
QUALITY = 82  # WebP: no ringing around small print at 640 px, about 25 kB there


def side_for(wanted_px: int) -> int:
    """The kept size that is large enough.

    >>> side_for(300), side_for(321), side_for(9000)
    (320, 640, 2048)
    """
    return next((side for side in SIDES_PX if side >= wanted_px), SIDES_PX[-1])


class Thumbnails:
    def __init__(self, house: House, catalogue: Catalogue, shelf: Shelf) -> None:
        self._house, self._catalogue, self._shelf = house, catalogue, shelf

    def of(self, sha256: str, side_px: int, also: Also = ()) -> bytes:
        """A picture no longer than `side_px`, one of SIDES_PX. Raises NotFound, Busy and what a bad file raises."""
        self.check(sha256, also)
        kept = self._shelf.small(sha256, side_px)
        if kept is not None:
            return kept
        _, picture = self._house.open(Shot(self._catalogue.content(sha256)), "high")
        small = Image.fromarray(picture.pixels)
        small.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "WEBP", quality=QUALITY)
        self._shelf.keep_small(sha256, side_px, out.getvalue())
        drop_pictures(self._catalogue.database, self._shelf, [sha256])  # if its last item was forgotten meanwhile
        return out.getvalue()

    def check(self, sha256: str, also: Also) -> None:
        """Raises NotFound for a picture that who asks may not see."""
        if not self._shows(sha256, also):
            raise picture_is_gone(sha256)

    def _shows(self, sha256: str, also: Also) -> bool:
        with self._catalogue.database.read() as connection:
            return is_shown(connection, sha256, also)
