"""Where lines stand to each other: beside, below, going on. On slanted packs along the text, not along the picture.

Enters: lines with the corners they have on the picture. Leaves: other lines of the same picture.
Does not know: what lines say, except that a paragraph's next line is not one that opens with a label (told by the
caller).
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from tujian.geometry import Quad
from tujian.perception.text import TextLine

LONG = 2.5  # width / height from which a line's corners say anything about its slant,
TELLING = 10.0  # and from which they alone do; shorter ones ask the lines around
AROUND = 12.0  # heights: how far those stand away
BESIDE = 0.55  # of the smaller height: how far the middles of two cells in one row are apart at most
OVERLAP = 0.8  # of a height: how far a cell may reach back over the one before it (boxes are cut wide)
BELOW = 2.5  # of the larger height: how far down the value of a label may stand
SAME_HEIGHT = 0.4  # by which heights of one paragraph's lines differ at most
GAP = 1.1  # of a height: further down begins something else
ONE_RUN = 1.0  # of a height: pieces of one line that the detector cut apart stand nearer than that
RAGGED = 3.0  # of a height: a line that ends further left than the next one did not have to break there
OUTDENT = 6.5  # of a height: how far left or right of the line above a paragraph's next line starts (label hanging)
MOST_FOLLOWING = 14  # lines of one paragraph
MOST_CELLS = 8  # of one row: a nutrition table in two languages has six
BREAKS = ("、", "，", ",", "(", "（", "-", "·", "/", "：", ":", "and", "和")
Opens = Callable[[TextLine], bool]


class _Frame(NamedTuple):
    """A line as geometry: the middles of its left and right side in pixels, its letters' height, its slant."""

    start: tuple[float, float]
    end: tuple[float, float]
    height: float
    width: float
    angle: float


@lru_cache(4096)  # every label is held against every line
def _frame(quad_px: Quad) -> _Frame:
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = quad_px
    start, end = ((x1 + x4) / 2, (y1 + y4) / 2), ((x2 + x3) / 2, (y2 + y3) / 2)
    return _Frame(start, end, math.hypot(x1 - x4, y1 - y4), math.hypot(x2 - x1, y2 - y1), math.atan2(y2 - y1, x2 - x1))


def letter_height(line: TextLine) -> float:
    """Height of the letters in pixels of the original: the quad's side that runs across the line."""
    return _frame(line.quad_px).height


def row(line: TextLine, lines: Sequence[TextLine]) -> list[TextLine]:
    """The cells right of `line` in its row, from the left: each is looked for beside the one before, so that the row
    may bend."""
    slant, found, others = _slant(line, lines), [line], [other for other in lines if other is not line]
    while others and len(found) <= MOST_CELLS:
        cells = [(*_placed(found[-1], other, slant), other) for other in others]
        right = [(along, other) for along, across, other in cells if _is_beside(found[-1], other, along, across)]
        if not right:
            break
        found.append(min(right, key=lambda pair: pair[0])[1])
        others = [other for other in others if other is not found[-1]]
    return found[1:]


def is_cell_of(label: TextLine, other: TextLine, lines: Sequence[TextLine]) -> bool:
    """Whether `other` stands right of `label` in its row."""
    along, across = _placed(label, other, _slant(label, lines))
    return other is not label and _is_beside(label, other, along, across)


def value_beside(label: TextLine, lines: Sequence[TextLine]) -> TextLine | None:
    """Where the value of a label stands that has none on its own line: next to the right, else just below it."""
    right = row(label, lines)
    return right[0] if right else below(label, lines)


def below(line: TextLine, lines: Sequence[TextLine]) -> TextLine | None:
    """The nearest line under `line` that shares a part of its width; None when none is near."""
    slant = _slant(line, lines)
    under = [(_down(line, other, slant), other) for other in lines if other is not line]
    near_ones = [
        (down, other)
        for down, other in under
        if 0 < down < BELOW * max(letter_height(line), letter_height(other)) and _overlap(line, other, slant)
    ]
    return min(near_ones, key=lambda pair: pair[0], default=(0, None))[1]


def near(line: TextLine, lines: Sequence[TextLine]) -> list[TextLine]:
    """The lines beside `line` on both sides and those just above and below it: what may say what it is about."""
    slant, height = _slant(line, lines), letter_height(line)
    return [other for other in lines if other is not line and _is_near(line, other, slant, height)]


def run_on(line: TextLine, lines: Sequence[TextLine], opens: Opens) -> list[TextLine]:
    """The pieces right of `line` that belong to the same run of text."""
    pieces, last = [], line
    for cell in row(line, lines):
        along, _ = _placed(last, cell, _slant(last, lines))
        is_alike = abs(letter_height(cell) - letter_height(line)) <= SAME_HEIGHT * letter_height(line)
        if opens(cell) or not is_alike or along > ONE_RUN * letter_height(line):
            break
        pieces.append(cell)
        last = cell
    return pieces


def paragraph(first: TextLine, lines: Sequence[TextLine], opens: Opens) -> list[TextLine]:
    """`first` and the lines that go on from it, until one `opens` something else, stands apart, or had no need to
    break."""
    found = [first, *run_on(first, lines, opens)]
    start = first
    while len(found) <= MOST_FOLLOWING:
        others = [other for other in lines if all(other is not one for one in found)]
        following = _next(start, others, lines)
        if following is None or opens(following) or not _had_to_break(found[-1], following, _slant(start, lines)):
            break
        found += [following, *run_on(following, others, opens)]
        start = following
    return found


def joined(lines: Sequence[TextLine]) -> str:
    """The text of a paragraph: Chinese lines run together, Latin ones with a blank between."""
    text = ""
    for line in lines:
        is_latin = text and text[-1].isascii() and line.text[:1].isascii() and text[-1] not in "-("
        text += (" " if is_latin else "") + line.text
    return text


def _next(line: TextLine, others: Sequence[TextLine], lines: Sequence[TextLine]) -> TextLine | None:
    """The line that a paragraph goes on with: just below, as large, starting where `line` starts or before."""
    slant, height = _slant(line, lines), letter_height(line)
    found = []
    for other in others:
        down, indent = _down(line, other, slant), _start(other, slant) - _start(line, slant)
        apart = down - (height + letter_height(other)) / 2
        is_alike = abs(letter_height(other) - height) <= SAME_HEIGHT * max(height, letter_height(other))
        is_below = -0.6 * height < apart <= GAP * height and down > 0.4 * height
        if is_alike and is_below and abs(indent) <= OUTDENT * height:
            found.append((down, other))
    return min(found, key=lambda pair: pair[0], default=(0, None))[1]


def _had_to_break(last: TextLine, following: TextLine, slant: float) -> bool:
    if last.text.rstrip().endswith(BREAKS):
        return True
    if last.text.rstrip().endswith(("。", ".", "!", "！")):
        return False
    return _end(following, slant) <= _end(last, slant) + RAGGED * letter_height(last)


def _slant(line: TextLine, lines: Sequence[TextLine]) -> float:
    """Angle in radians of the line's text: its own if it is long, else what lines around it say, by their lengths."""
    own = _frame(line.quad_px)
    if own.width >= TELLING * own.height:
        return own.angle
    frames = [_frame(other.quad_px) for other in lines]
    longer = [f for f in frames if f.width >= LONG * f.height and abs(f.angle - own.angle) < math.pi / 4]
    around = [f for f in longer if math.dist(f.start, own.start) <= AROUND * own.height]
    return _weighted_median(around or longer, own.angle)


def _weighted_median(frames: Sequence[_Frame], otherwise: float) -> float:
    """The angle that half of all length lies below."""
    half, reached = sum(f.width for f in frames) / 2, 0.0
    for frame in sorted(frames, key=lambda f: f.angle):
        reached += frame.width
        if reached >= half:
            return frame.angle
    return otherwise


def _turned(point: tuple[float, float], slant: float) -> tuple[float, float]:
    """Along and across the text."""
    cos, sin = math.cos(slant), math.sin(slant)
    return point[0] * cos + point[1] * sin, point[1] * cos - point[0] * sin


def _start(line: TextLine, slant: float) -> float:
    return _turned(_frame(line.quad_px).start, slant)[0]


def _end(line: TextLine, slant: float) -> float:
    return _turned(_frame(line.quad_px).end, slant)[0]


def _placed(line: TextLine, other: TextLine, slant: float) -> tuple[float, float]:
    """How far `other` starts behind the end of `line`, and how far its middle stands below."""
    (x1, y1), (x2, y2) = _frame(line.quad_px).end, _frame(other.quad_px).start
    return _turned((x2 - x1, y2 - y1), slant)


def _down(line: TextLine, other: TextLine, slant: float) -> float:
    """How far below the middle of `line` the middle of `other` stands."""
    one, two = _frame(line.quad_px), _frame(other.quad_px)
    x = (two.start[0] + two.end[0] - one.start[0] - one.end[0]) / 2
    y = (two.start[1] + two.end[1] - one.start[1] - one.end[1]) / 2
    return _turned((x, y), slant)[1]


def _is_beside(line: TextLine, other: TextLine, along: float, across: float) -> bool:
    own, its = letter_height(line), letter_height(other)
    return along > -OVERLAP * min(own, its) and abs(across) <= BESIDE * min(own, its)


def _overlap(line: TextLine, other: TextLine, slant: float) -> bool:
    return _start(other, slant) < _end(line, slant) and _start(line, slant) < _end(other, slant)


def _is_near(line: TextLine, other: TextLine, slant: float, height: float) -> bool:
    its = letter_height(other)
    (right, across_right), (left, across_left) = _placed(line, other, slant), _placed(other, line, slant)
    if right > -OVERLAP * min(height, its) and abs(across_right) <= BESIDE * min(height, its):
        return True
    if left > -OVERLAP * min(height, its) and abs(across_left) <= BESIDE * min(height, its):
        return True
    apart = abs(_down(line, other, slant)) - (height + its) / 2
    return _overlap(line, other, slant) and -0.5 * height <= apart <= 1.5 * max(height, its)
