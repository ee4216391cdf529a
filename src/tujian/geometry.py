"""Places on a picture. Pixels are of the upright original; `box_1000` runs 0-1000 on both axes.

The 0-1000 form is Qwen3-VL's own (`bbox_2d`), so a model's boxes and perception's boxes are comparable
whatever size the picture had when each of them looked at it.
"""

from collections.abc import Sequence
from typing import NamedTuple

Size = tuple[int, int]
"""Width, height in pixels."""


class Box1000(NamedTuple):
    """Left, top, right, bottom, each 0-1000, left <= right and top <= bottom."""

    x1: int
    y1: int
    x2: int
    y2: int

    @property
    def area(self) -> int:
        return (self.x2 - self.x1) * (self.y2 - self.y1)

    def meets(self, other: "Box1000") -> bool:
        """Whether the two share more than an edge."""
        return self.x1 < other.x2 and other.x1 < self.x2 and self.y1 < other.y2 and other.y1 < self.y2

    def shared(self, other: "Box1000") -> int:
        """The area that lies in both."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        return max(0, width) * max(0, height)

    def iou(self, other: "Box1000") -> float:
        """Shared area over the area of both together, 0-1."""
        shared = self.shared(other)
        return shared / max(1, self.area + other.area - shared)

    def holds(self, other: "Box1000") -> bool:
        """Whether the middle of `other` lies inside."""
        x, y = (other.x1 + other.x2) / 2, (other.y1 + other.y2) / 2
        return self.x1 <= x <= self.x2 and self.y1 <= y <= self.y2


def part_of(box: Box1000, width: int, height: int) -> tuple[slice, slice]:
    """Rows and columns of pixels that lie in `box`, one of each at least.

    >>> part_of(Box1000(500, 0, 1000, 1), 100, 200)
    (slice(0, 1, None), slice(50, 100, None))
    """
    top, left = min(box.y1 * height // 1000, height - 1), min(box.x1 * width // 1000, width - 1)
    rows = slice(top, max(top + 1, box.y2 * height // 1000))
    return rows, slice(left, max(left + 1, box.x2 * width // 1000))


Quad = tuple[tuple[float, float], ...]
"""Four corners in pixels of the upright original, clockwise from the text's own top left."""


def box_1000(x1: float, y1: float, x2: float, y2: float, size_px: Size) -> Box1000:
    """A pixel rectangle as a relative one, clipped to the picture.

    >>> box_1000(10, 20, 60, 40, (100, 200))
    Box1000(x1=100, y1=100, x2=600, y2=200)
    """
    width, height = size_px
    left, right = sorted((_relative(x1, width), _relative(x2, width)))
    top, bottom = sorted((_relative(y1, height), _relative(y2, height)))
    return Box1000(left, top, right, bottom)


def quad_box_1000(quad_px: Sequence[Sequence[float]], size_px: Size) -> Box1000:
    """The upright rectangle around four corners.

    >>> quad_box_1000([(0, 0), (50, 10), (50, 30), (0, 20)], (100, 100))
    Box1000(x1=0, y1=0, x2=500, y2=300)
    """
    xs, ys = [p[0] for p in quad_px], [p[1] for p in quad_px]
    return box_1000(min(xs), min(ys), max(xs), max(ys), size_px)


def _relative(value: float, side: int) -> int:
    return max(0, min(1000, round(value * 1000 / side)))
