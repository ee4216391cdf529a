"""Lines and percepts as perception would report them, for tests of what is made of them."""

from dataclasses import replace

import numpy as np

from tujian.geometry import Box1000, box_1000
from tujian.perception import Percepts
from tujian.perception.barcodes import Barcode
from tujian.perception.colours import Colour
from tujian.perception.labels import Guess, Labels
from tujian.perception.text import TextLine
from tujian.pictures import Picture

SIZE_PX = (800, 1000)


def line(text: str, top: int = 100, height: int = 40, confidence: float = 0.98, left: int = 100) -> TextLine:
    width = max(20, len(text) * height // 2)
    quad = ((left, top), (left + width, top), (left + width, top + height), (left, top + height))
    return TextLine(text, confidence, quad, box_1000(left, top, left + width, top + height, SIZE_PX))


def lines(*texts: str) -> tuple[TextLine, ...]:
    return tuple(line(text, 50 + 60 * place) for place, text in enumerate(texts))


def barcode(text: str, valid: bool | None = True, kind: str = "EAN-13") -> Barcode:
    quad = ((10.0, 10.0), (90.0, 10.0), (90.0, 40.0), (10.0, 40.0))
    return Barcode(kind, text, valid, Box1000(10, 10, 90, 40), quad)


def percepts(*texts: str, category: str = "fb-1", sure: bool = True, **more: object) -> Percepts:
    """Percepts with these lines of text; `category` is a taxonomy id."""
    labels = Labels((Guess(category, 0.9), Guess("aa-1", 0.05)), sure, np.zeros(256, np.float16))
    plain = Percepts(
        text_lines=lines(*texts),
        barcodes=(),
        colours=(Colour("白色", "white", "#fafafa", 0.6), Colour("绿色", "green", "#2a8a3a", 0.3)),
        labels=labels,
        faces=(),
        nsfw=0.01,
        flaws=(),
        timings_ms={"text": 1.0},
        versions={"text": "drawn"},
    )
    return replace(plain, **more)


def picture(**more: object) -> Picture:
    plain = Picture(
        pixels=np.full((100, 80, 3), 255, np.uint8),
        size_px=SIZE_PX,
        format="JPEG",
        path="milk.jpg",
        bytes_count=1000,
        sha256="a" * 64,
        md5="b" * 32,
        dhash="c" * 16,
        taken_at=None,
        gps=None,
        camera=None,
        notes=(),
    )
    return replace(plain, **more)
