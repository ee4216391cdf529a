"""In which order lines are read: along the way the text runs; tables by rows, columns of running text one by one.

Enters: lines with corners and text. Leaves: the same, in order. Does not know: what they say.
"""

import math
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple, Protocol, TypeVar

from tujian.geometry import Quad

SAME_ROW = 0.5  # of the smaller height: how far apart the middles of lines in a row may be
GUTTER = 0.8  # of a line's height: the least room between two columns
RUNNING_ROWS = 3  # lines that a column of running text has at least
RUNNING_LETTERS = 16  # of its median line, a Chinese character counted as two; labels of forms are shorter
RUNNING_FILL = 0.6  # of its column's width, that line's width
MOST_DIGITS = 0.35  # of its letters; above it a column is one of figures, so a table's
ALIKE = 0.8  # radians: how far from a quarter turn a line may lean and still count for it

Interval = tuple[float, float]


class Placed(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def quad_px(self) -> Quad: ...


Line = TypeVar("Line", bound=Placed)


class Cell(NamedTuple):
    """A line as it lies when the text is held upright, and which of the lines it is."""

    x1: float
    y1: float
    x2: float
    y2: float
    text: str
    place: int

    @property
    def middle(self) -> float:
        return (self.y1 + self.y2) / 2

    @property
    def height(self) -> float:
        return self.y2 - self.y1


Row = list[Cell]


def reading_order(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Rows from the top, each from the left; where columns of running text stand side by side, column by column."""
    way = text_way([line.quad_px for line in lines])
    cells = [_cell(line, way, place) for place, line in enumerate(lines)]
    ordered: list[Cell] = []
    for block, gutters in _blocks(_rows(cells)):
        columns = _columns(block, gutters)
        rows = [row for column in columns for row in _rows(column)] if _all_run(columns) else block
        ordered += [cell for row in rows for cell in row]
    return tuple(lines[cell.place] for cell in ordered)


def text_way(quads: Sequence[Quad]) -> float:
    """The angle in radians along which most text runs: 0 to the right, growing clockwise; 0 without lines."""
    ways = [(math.atan2(q[1][1] - q[0][1], q[1][0] - q[0][0]), math.dist(q[0], q[1])) for q in quads]
    quarters = [k * math.pi / 2 for k in range(4)]
    near = [[(lean, length) for way, length in ways if abs(lean := _signed(way - q)) < ALIKE] for q in quarters]
    lengths = [sum(length for _, length in group) for group in near]
    best = max(range(4), key=lengths.__getitem__)
    return quarters[best] + _weighted_median(near[best])


def _weighted_median(pairs: Sequence[tuple[float, float]]) -> float:
    half = sum(weight for _, weight in pairs) / 2
    passed = 0.0
    for value, weight in sorted(pairs):
        passed += weight
        if passed >= half:
            return value
    return 0.0


def _signed(angle: float) -> float:
    return (angle + math.pi) % (2 * math.pi) - math.pi


def _cell(line: Placed, way: float, place: int) -> Cell:
    cos, sin = math.cos(-way), math.sin(-way)
    xs = [x * cos - y * sin for x, y in line.quad_px]
    ys = [x * sin + y * cos for x, y in line.quad_px]
    return Cell(min(xs), min(ys), max(xs), max(ys), line.text, place)


def _rows(cells: Sequence[Cell]) -> list[Row]:
    """Cells whose middles lie within half the smaller height, each row from the left."""
    rows: list[Row] = []
    for cell in sorted(cells, key=lambda cell: cell.middle):
        first = rows[-1][0] if rows else None
        if first and abs(first.middle - cell.middle) <= SAME_ROW * min(first.height, cell.height):
            rows[-1].append(cell)
        else:
            rows.append([cell])
    return [sorted(row, key=lambda cell: cell.x1) for row in rows]


def _blocks(rows: Sequence[Row]) -> list[tuple[list[Row], list[Interval]]]:
    """Runs of rows that keep the same empty columns open, with those: a heading across them begins a new run."""
    blocks: list[tuple[list[Row], list[Interval]]] = []
    block: list[Row] = []
    gutters: list[Interval] = []
    for row in rows:
        wider = _gutters([*block, row])
        if block and not wider and (gutters or len(row) > 1):
            blocks.append((block, gutters))
            block, wider = [], _gutters([row])
        block, gutters = [*block, row], wider
    return [*blocks, (block, gutters)] if block else blocks


def _gutters(rows: Sequence[Row]) -> list[Interval]:
    """Where no cell of `rows` stands though there are some on both sides, wide enough to part columns."""
    cells = sorted((cell for row in rows for cell in row), key=lambda cell: cell.x1)
    least = GUTTER * median(cell.height for cell in cells)
    found, reached = [], cells[0].x2
    for cell in cells[1:]:
        if cell.x1 - reached >= least:
            found.append((reached, cell.x1))
        reached = max(reached, cell.x2)
    return found


def _columns(block: Sequence[Row], gutters: Sequence[Interval]) -> list[list[Cell]]:
    columns: list[list[Cell]] = [[] for _ in range(len(gutters) + 1)]
    for cell in (cell for row in block for cell in row):
        columns[sum(cell.x1 >= end for _, end in gutters)].append(cell)
    return columns


def _all_run(columns: Sequence[Sequence[Cell]]) -> bool:
    return len(columns) > 1 and all(_runs(column) for column in columns)


def _runs(column: Sequence[Cell]) -> bool:
    """Whether a column is running text: several full lines of words, not labels and not figures."""
    if len(column) < RUNNING_ROWS:
        return False
    letters = [c for cell in column for c in cell.text if c.isalnum()]
    width = max(cell.x2 for cell in column) - min(cell.x1 for cell in column)
    return (
        median(_length(cell.text) for cell in column) >= RUNNING_LETTERS
        and median(cell.x2 - cell.x1 for cell in column) >= RUNNING_FILL * width
        and sum(c.isdigit() for c in letters) <= MOST_DIGITS * len(letters)
        and sum(cell.text.endswith((":", "：")) for cell in column) < len(column) / 2
    )


def _length(text: str) -> int:
    """Letters, those that are as wide as high counted twice."""
    return sum(2 if c >= "\u2e80" else 1 for c in text if c.isalnum())
