"""Rules: small modules that read facts out of text lines. Each finding names its line, so it has a place.

Enters: lines as perception read them. Leaves: Reading. A rule never fills in what is not written.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tujian.perception.text import TextLine


@dataclass(frozen=True, slots=True)
class Reading:
    """A fact found in a line. `key` is its form for comparison, `value` the form for people."""

    value: str
    key: str
    line: TextLine
    quote: str
    rule: str
    unit: str | None = None
    valid: bool | None = None


def row_of(line: TextLine, lines: Sequence[TextLine]) -> list[TextLine]:
    """The other lines that stand beside `line`: their middles are within half the smaller height."""
    return [other for other in lines if other is not line and _is_beside(line, other)]


def value_beside(label: TextLine, lines: Sequence[TextLine]) -> TextLine | None:
    """Where the value of a label stands that has none on its own line: next to the right, else just below it."""
    box = label.box_1000
    right = [other for other in row_of(label, lines) if other.box_1000.x1 >= box.x2 - 5]
    if right:
        return min(right, key=lambda other: other.box_1000.x1)
    height = box.y2 - box.y1
    below = [
        other
        for other in lines
        if 0 < _middle(other) - _middle(label) < 2.5 * max(height, other.box_1000.y2 - other.box_1000.y1)
        and other.box_1000.x1 < box.x2
        and other.box_1000.x2 > box.x1
    ]
    return min(below, key=_middle, default=None)


def _is_beside(one: TextLine, other: TextLine) -> bool:
    smaller = min(one.box_1000.y2 - one.box_1000.y1, other.box_1000.y2 - other.box_1000.y1)
    return abs(_middle(one) - _middle(other)) <= 0.5 * smaller


def _middle(line: TextLine) -> float:
    return (line.box_1000.y1 + line.box_1000.y2) / 2
