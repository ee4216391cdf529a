"""Perception: small models that ship inside Python packages look at a picture. Always on, no download.

Enters: a Picture. Leaves: Percepts, each finding with its place. Nothing here decides what a value is.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from tujian.geometry import Box1000, part_of
from tujian.heap import keep_small, multiply_alone
from tujian.perception.barcodes import Barcode, read_barcodes
from tujian.perception.colours import Colour, find_colours
from tujian.perception.faces import Face, FaceFinder
from tujian.perception.labels import Labeller, Labels
from tujian.perception.quality import Flaw, assess
from tujian.perception.regions import find_regions
from tujian.perception.safety import SafetyScorer
from tujian.perception.shrinking import shrink
from tujian.perception.text import TextLine, TextReader, Unread, beside
from tujian.perception.vectors import TextEmbedder, default_embedder, nearest
from tujian.pictures import Picture

__all__ = ["Barcode", "Colour", "Face", "Flaw", "Labels", "Part", "Perception", "Percepts", "TextLine", "Unread"]

# Longest side of the copy for colours, faces and quality: what faces and sharpness want. Category cuts its own view out
# of the full copy; the nudity score moves by up to .02 when its picture was shrunk twice.
SMALL_SIDE_PX = 384

Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Percepts:
    """What was seen. Places are on the upright original; `timings_ms` per step, wall clock."""

    text_lines: tuple[TextLine, ...]
    barcodes: tuple[Barcode, ...]
    colours: tuple[Colour, ...]
    labels: Labels
    faces: tuple[Face, ...]
    nsfw: float
    flaws: tuple[Flaw, ...]
    timings_ms: dict[str, float]
    versions: dict[str, str]
    unread: tuple[Unread, ...] = ()  # text that could not be read; lines stay free of it

    @property
    def picture_vector(self) -> npt.NDArray[np.float16]:
        """(256,), unit length: pictures that look alike lie close."""
        return self.labels.vector

    def within(self, box: Box1000, others: Sequence[Box1000] = ()) -> "Percepts":
        """What of it lies in `box`; where boxes overlap, a finding belongs to the smallest of them that holds it."""

        def is_here(place: Box1000) -> bool:
            return box.holds(place) and all(not other.holds(place) or other.area >= box.area for other in others)

        return replace(
            self,
            text_lines=tuple(line for line in self.text_lines if is_here(line.box_1000)),
            barcodes=tuple(code for code in self.barcodes if is_here(code.box_1000)),
            faces=tuple(face for face in self.faces if is_here(face.box_1000)),
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One of several things in a picture: its place, how sure it is that it is one product, what was seen on it."""

    box_1000: Box1000
    confidence: float
    percepts: Percepts


class Perception:
    """The models, loaded once and shared by threads. Construction loads them: about two seconds."""

    def __init__(self) -> None:
        import cv2

        keep_small()
        multiply_alone()
        cv2.setNumThreads(1)  # pictures are looked at side by side, one core each
        self._text = TextReader()
        self._labeller = Labeller()
        self._faces = FaceFinder()
        self._safety = SafetyScorer()
        self._embedder: TextEmbedder | None = None
        self._embedding = threading.Lock()

    @cached_property
    def versions(self) -> dict[str, str]:
        """Model name and version of each step; part of the recipe."""
        return {
            "text": self._text.name,
            "barcodes": f"zxing-cpp {version('zxing-cpp')}",
            "category": self._labeller.name,
            "colours": "oklab-kmeans/2",
            "faces": self._faces.name,
            "safety": self._safety.name,
            "regions": "outlines/1",
        }

    def perceive(self, picture: Picture) -> Percepts:
        """Everything perception can tell about `picture`, one step after the other on the caller's thread."""
        pixels, size_px, timings_ms = picture.pixels, picture.size_px, {}
        small = shrink(pixels, SMALL_SIDE_PX)

        def step(name: str, look: Callable[[], Seen]) -> Seen:
            begun = time.perf_counter()
            seen = look()
            timings_ms[name] = round((time.perf_counter() - begun) * 1000, 2)
            return seen

        text = step("text", lambda: self._text.read(pixels, size_px))
        barcodes = step("barcodes", lambda: read_barcodes(pixels, size_px))
        return Percepts(
            text_lines=text.lines,
            barcodes=barcodes,
            colours=step("colours", lambda: find_colours(small)),
            labels=step("category", lambda: self._labeller.label(pixels)),
            faces=step("faces", lambda: self._faces.find(small, size_px)),
            nsfw=step("safety", lambda: self._safety.score(pixels)),
            flaws=step("quality", lambda: assess(small, size_px, [_letters_px(line) for line in text.lines])),
            timings_ms=timings_ms,
            versions=self.versions,
            unread=beside(text.unread, [code.box_1000 for code in barcodes]),
        )

    def parts(self, picture: Picture, percepts: Percepts) -> tuple[Part, ...]:
        """The things on a picture that shows several; none where it shows one, or where that is not sure.

        Text and barcodes are those that were read on the whole picture: category and colours alone look again.
        """
        printed = [seen.box_1000 for seen in (*percepts.text_lines, *percepts.barcodes)]
        regions = find_regions(picture.pixels, printed)
        boxes = [region.box_1000 for region in regions]
        return tuple(
            Part(r.box_1000, r.confidence, self._again(picture, percepts.within(r.box_1000, boxes), r.box_1000))
            for r in regions
        )

    def _again(self, picture: Picture, percepts: Percepts, box: Box1000) -> Percepts:
        """`percepts` with the category and the colours of what is in `box` alone."""
        height, width = picture.pixels.shape[:2]
        crop = picture.pixels[part_of(box, width, height)]
        return replace(percepts, colours=find_colours(shrink(crop, SMALL_SIDE_PX)), labels=self._labeller.label(crop))

    def look(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(256,), unit length: the vector alone of upright RGB, 12 ms, as `picture_vector` of all that is perceived."""
        return self._labeller.label(pixels).vector.astype(np.float32)

    def rehearse(self) -> None:
        """Looks at a blank picture: the first run of a network also plans it, so it is slow."""
        blank = np.full((240, 320, 3), 255, np.uint8)
        self._text.read(blank, (320, 240))
        self._labeller.label(blank)
        self._faces.find(blank, (320, 240))
        self._safety.score(blank)

    def nearest(self, word: str, values: Sequence[str]) -> str | None:
        """The one of `values` that clearly means what `word` means, or None."""
        return nearest(self.texts, word, values)

    @property
    def texts(self) -> TextEmbedder:
        """The embedder of texts. Loads at the first call."""
        with self._embedding:
            self._embedder = self._embedder or default_embedder()
        return self._embedder


def _letters_px(line: TextLine) -> float:
    (x1, y1), (x4, y4) = line.quad_px[0], line.quad_px[3]
    return ((x1 - x4) ** 2 + (y1 - y4) ** 2) ** 0.5
