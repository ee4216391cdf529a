"""Cells of tables that the detector misses are looked for where rows and columns say they must stand. req: B8"""

import math

import numpy as np
import pytest

from tujian.perception.cells import missed_cells
from tujian.perception.letters import Letters
from tujian.perception.looks import Seen
from tujian.perception.text_regions import Region

TABLE = [
    ("能量", "1511kJ"),
    ("蛋白质", "5g"),
    ("脂肪", "2.5g"),
    ("碳水化合物", "81.3g"),
    ("糖", "58.5g"),
    ("钠", "64mg"),
]


def seen(text: str, x: float, y: float, slant: float) -> Seen:
    wide = 30.0 * len(text)
    corners = np.array([(x, y), (x + wide, y), (x + wide, y + 32), (x, y + 32)])
    turn = np.array([[math.cos(slant), -math.sin(slant)], [math.sin(slant), math.cos(slant)]])
    quad = (corners @ turn.T).astype(np.float32)
    return Seen(Region(quad, quad, 0.9), Letters(text, (1.0,) * len(text), wide / 32))


def table(slant: float, without: set[str]) -> list[Seen]:
    cells = [
        (text, x, 300 + 44 * row) for row, pair in enumerate(TABLE) for text, x in zip(pair, (400, 900), strict=True)
    ]
    return [seen(text, x, y, slant) for text, x, y in cells if text not in without]


def holds(quad: np.ndarray, missing: Seen) -> bool:
    (x, y), low, high = missing.quad.mean(axis=0), quad.min(axis=0), quad.max(axis=0)
    return bool(low[0] <= x <= high[0] and low[1] <= y <= high[1])


@pytest.mark.parametrize("slant", [0.0, 0.06, -0.06])
@pytest.mark.parametrize("lost", [{"糖", "钠"}, {"5g"}, {"钠", "2.5g"}])
def test_each_half_of_a_row_says_where_the_other_must_stand(slant, lost):
    places = missed_cells(table(slant, lost))
    missing = [one for one in table(slant, set()) if one.letters.text in lost]
    assert all(any(holds(place, one) for place in places) for one in missing)


def test_a_whole_table_lacks_nothing():
    assert missed_cells(table(0.03, set())) == []


def test_the_panel_beside_a_table_is_no_name_of_it():
    beside = [seen("贮存条件常温", -300, 300 + 44 * row, 0.0) for row in range(6)]
    places = missed_cells(beside + table(0.0, {"糖"}))
    assert any(holds(place, seen("糖", 400, 300 + 44 * 4, 0.0)) for place in places)


@pytest.mark.parametrize("texts", [[], ["500g"], ["500g", "250g", "125g"], ["苹果", "梨", "桃"]])
def test_what_is_no_table_has_no_missing_cells(texts):
    assert missed_cells([seen(text, 100, 100 + 60 * row, 0.0) for row, text in enumerate(texts)]) == []


def test_amounts_may_name_their_unit_twice():
    places = missed_cells([one for one in table(0.0, {"糖", "2.5g"})] + [seen("2.5克(g)", 900, 388, 0.0)])
    assert any(holds(place, seen("糖", 400, 300 + 44 * 4, 0.0)) for place in places)
