"""Cells of a table that the detector missed: a lone 钠 or 0 g is smaller than what it takes for text.

Enters: what was seen of a picture. Leaves: places where rows and columns say that a cell must stand. Does not know:
what rows are about; a row is a name and an amount with a unit to its right.

Rows are followed along the line from name to amount, which is longer and so surer than any name's own slant.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from tujian.perception.looks import Seen
from tujian.perception.text_regions import Points

_UNIT = r"(?:k[Jj]|k?[Cc]al|[mµμ]?g|千焦|[千大]卡|毫?克)"
AMOUNT = re.compile(rf"[<＜≤]?\s?\d{{1,5}}(?:[.,]\d{{1,3}})?\s?{_UNIT}(?:\s?[(（]{_UNIT}[)）])?")
CLEAR = 0.8  # confidence from which a cell counts in the table
LEAST_ROWS = 2  # whole ones from which the others are known,
LEAST_CELLS = 3  # among so many names and so many amounts
BESIDE = 0.6  # of a height: how far name and amount of one row are apart across it
AWAY = 7.0  # heights: how far above or below the nearest whole rows may be
ALIGNED = 1.5  # heights: how far names of one column start from each other
NAME_HEIGHTS = 9.0  # the longest name looked for, in heights
MOST_CELLS = 12  # read again on one picture

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    """A cell in the table's own directions: where it starts and ends along the rows, where its middle lies across."""

    start: float
    end: float
    across: float
    height: float


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    name: _Cell
    amount: _Cell


def missed_cells(seen: Sequence[Seen]) -> list[Points]:
    """Corners (4, 2) of the places where a name or an amount is missing beside its other half."""
    clear = [one for one in seen if one.is_held_alike and one.letters.confidence >= CLEAR]
    amounts = [one for one in clear if AMOUNT.fullmatch(one.letters.text)]
    names = [one for one in clear if not any(c.isdigit() for c in one.letters.text)]
    if min(len(amounts), len(names)) < LEAST_CELLS:
        return []
    slant = _direction(names, amounts, _slant(clear))
    if slant is None:
        return []
    turn = np.array([[np.cos(slant), np.sin(slant)], [-np.sin(slant), np.cos(slant)]])
    gaps = _gaps([_cell(one, turn) for one in names], [_cell(one, turn) for one in amounts])
    taken = [_cell(one, turn) for one in seen]
    free = (gap for gap in gaps if not any(_overlap(gap, cell) for cell in taken))
    return [(_corners(place) @ turn).astype(np.float32) for place in islice(free, MOST_CELLS)]


def _gaps(names: Sequence[_Cell], amounts: Sequence[_Cell]) -> Iterator[_Cell]:
    rows = _rows(names, amounts)
    if len(rows) < LEAST_ROWS:
        return
    whole = {id(half) for row in rows for half in (row.name, row.amount)}
    for amount in amounts:
        near = _nearest(rows, amount)
        if near and id(amount) not in whole:
            start = float(np.mean([row.name.start for row in near]))
            end = min(start + NAME_HEIGHTS * amount.height, amount.start - amount.height / 2)
            if end - start >= amount.height:
                yield _Cell(start - amount.height / 2, end, amount.across, amount.height)
    for name in names:
        near = _nearest(rows, name)
        if near and id(name) not in whole and _is_aligned(name, near):
            start, end = min(row.amount.start for row in near), max(row.amount.end for row in near)
            yield _Cell(start - name.height, end + name.height / 2, name.across, near[0].amount.height)


def _rows(names: Sequence[_Cell], amounts: Sequence[_Cell]) -> list[_Row]:
    """Whole rows, their names in one column: text of the panel beside a table is no name of it."""
    rows = [_Row(name, amount) for amount in amounts if (name := _name_of(amount, names))]
    column = float(np.median([row.name.start for row in rows])) if rows else 0.0
    return [row for row in rows if abs(row.name.start - column) <= 2 * ALIGNED * row.name.height]


def _overlap(one: _Cell, other: _Cell) -> bool:
    is_level = abs(one.across - other.across) < (one.height + other.height) / 4
    return is_level and one.start < other.end and other.start < one.end - one.height


def _name_of(amount: _Cell, names: Sequence[_Cell]) -> _Cell | None:
    """The nearest name left of `amount` in its row."""
    left = [name for name in names if name.end < amount.end and _is_level(name, amount)]
    return max(left, key=lambda name: name.end, default=None)


def _is_level(name: _Cell, amount: _Cell) -> bool:
    return abs(name.across - amount.across) <= BESIDE * min(name.height, amount.height)


def _nearest(rows: Sequence[_Row], cell: _Cell) -> list[_Row]:
    """The two whole rows nearest to a cell; none if they are far."""
    ordered = sorted(rows, key=lambda row: abs(row.amount.across - cell.across))[:2]
    return [row for row in ordered if abs(row.amount.across - cell.across) <= AWAY * cell.height]


def _is_aligned(name: _Cell, near: Sequence[_Row]) -> bool:
    return any(abs(name.start - row.name.start) <= ALIGNED * name.height for row in near)


def _direction(names: Sequence[Seen], amounts: Sequence[Seen], slant: float) -> float | None:
    """Which way rows run: the median from names to the amounts beside them, first by `slant`; None for no table."""
    for _ in range(2):
        turn = np.array([[np.cos(slant), np.sin(slant)], [-np.sin(slant), np.cos(slant)]])
        cells = [_cell(one, turn) for one in names]
        leans = []
        for amount in (_cell(one, turn) for one in amounts):
            name = _name_of(amount, cells)
            if name is not None and amount.start - name.start > amount.height:
                leans.append(np.arctan2(amount.across - name.across, amount.start - name.start))
        if len(leans) < LEAST_ROWS:
            return None
        slant += float(np.median(leans))
    return slant


def _slant(seen: Sequence[Seen]) -> float:
    """Radians, of half of all that is written."""
    edges = [one.quad[1] - one.quad[0] for one in seen if one.length_px >= 2.5 * one.height_px]
    if not edges:
        return 0.0
    angles = np.array([np.arctan2(y, x) for x, y in edges])
    order = np.argsort(angles)
    reached = np.cumsum([np.hypot(*edges[place]) for place in order])
    return float(angles[order][np.searchsorted(reached, reached[-1] / 2)])


def _cell(seen: Seen, turn: Floats) -> _Cell:
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = seen.quad @ turn.T
    return _Cell((x1 + x4) / 2, (x2 + x3) / 2, (y1 + y2 + y3 + y4) / 4, seen.height_px)


def _corners(cell: _Cell) -> Floats:
    top, bottom = cell.across - cell.height / 2, cell.across + cell.height / 2
    return np.array([(cell.start, top), (cell.end, top), (cell.end, bottom), (cell.start, bottom)])
