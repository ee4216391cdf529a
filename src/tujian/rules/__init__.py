"""Rules: small modules that read facts out of text lines. Each finding names its line, so it has a place.

Enters: lines as perception read them. Leaves: Reading. A rule never fills in what is not written.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tujian.perception.text import TextLine


@dataclass(frozen=True, slots=True)
class Reading:
    """A fact found in a line. `key` is its form for comparison, `value` the form for people.

    `share` is how much of the line's confidence the finding keeps: 1 behind a label, less for a guess. `value_en` is
    for readers of English where the value is not as printed. `doubt` says (in Chinese, in English) why a finding that
    was read is not to be believed; `valid` is False then. An `inferred` one is a guess by layout.
    """

    value: str
    key: str
    line: TextLine
    quote: str
    rule: str
    unit: str | None = None
    valid: bool | None = None
    share: float = 1.0
    value_en: str | None = None
    doubt: tuple[str, str] | None = None
    inferred: bool = False


def row_of(line: TextLine, lines: Sequence[TextLine]) -> list[TextLine]:
    """The other lines that stand beside `line`: their middles are within half the smaller height."""
    return [other for other in lines if other is not line and _is_beside(line, other)]


def near(line: TextLine, lines: Sequence[TextLine]) -> list[TextLine]:
    """The lines beside `line` and those just above and below it: what may say what it is about."""
    return [*row_of(line, lines), *(other for other in lines if _is_stacked(line, other))]


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


def _is_stacked(one: TextLine, other: TextLine) -> bool:
    """Whether two lines overlap across and stand within one and a half lines of each other."""
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = one.box_1000, other.box_1000
    apart = max(ay1, by1) - min(ay2, by2)
    return ax1 < bx2 and bx1 < ax2 and -0.5 * (ay2 - ay1) <= apart <= 1.5 * max(ay2 - ay1, by2 - by1)


def _is_beside(one: TextLine, other: TextLine) -> bool:
    smaller = min(one.box_1000.y2 - one.box_1000.y1, other.box_1000.y2 - other.box_1000.y1)
    return abs(_middle(one) - _middle(other)) <= 0.5 * smaller


def _middle(line: TextLine) -> float:
    return (line.box_1000.y1 + line.box_1000.y2) / 2
