"""In which order lines are read: rows, tables, columns, whatever way the picture is held. req: B8"""

import math
import random
from typing import NamedTuple

import pytest

from tujian.geometry import Quad
from tujian.perception.reading_order import reading_order, text_way


class Printed(NamedTuple):
    text: str
    quad_px: Quad


def printed(text: str, left: float, top: float, height: float = 24, width: float | None = None) -> Printed:
    wide = width or height * sum(1.0 if c > "\u2e80" else 0.5 for c in text)
    return Printed(text, ((left, top), (left + wide, top), (left + wide, top + height), (left, top + height)))


def turned(line: Printed, degrees: float) -> Printed:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return Printed(line.text, tuple((x * cos - y * sin, x * sin + y * cos) for x, y in line.quad_px))


def read(lines: list[Printed]) -> list[str]:
    """The order in which they come, however they were found."""
    shuffled = random.Random(4).sample(lines, len(lines))
    return [line.text for line in reading_order(shuffled)]


LEFT = ["每天一杯新鲜牛奶给你好", "身体，我们的奶牛在草原", "上自由生长，喝的是雪山", "融化的清水。"]
RIGHT = ["开启后请冷藏并在两天内", "饮用完毕，如发现包装有", "胀包请勿饮用并与商家", "联系退换。"]
COLUMNS = [printed(t, 20, 100 + 30 * i) for i, t in enumerate(LEFT)] + [
    printed(t, 360, 104 + 30 * i) for i, t in enumerate(RIGHT)
]
NUTRITION = [("项目", "每100g", "NRV%"), ("能量", "268kJ", "3%"), ("蛋白质", "3.2g", "5%"), ("脂肪", "3.8g", "6%"),
             ("碳水化合物", "4.8g", "2%"), ("钠", "58mg", "3%")]  # fmt: skip
FORM = [("Product name", "Whole milk powder"), ("Country of origin", "New Zealand"), ("Storage", "Keep cool and dry"),
        ("Shelf life", "Twenty four months"), ("Net content", "Nine hundred grams")]  # fmt: skip
RECEIPT = [("可口可乐 330ml", "2", "7.00"), ("康师傅红烧牛肉面", "1", "4.50"), ("农夫山泉饮用天然水", "3", "6.00"),
           ("合计", "", "17.50")]  # fmt: skip


def table(rows, lefts) -> list[Printed]:
    return [
        printed(text, left, 200 + 32 * number)
        for number, row in enumerate(rows)
        for text, left in zip(row, lefts, strict=True)
        if text
    ]


def test_columns_of_running_text_are_read_one_by_one():
    assert read(COLUMNS) == LEFT + RIGHT


def test_a_heading_across_them_comes_first_and_a_foot_last():
    heading = printed("草原的馈赠一杯全脂灭菌纯牛奶带给你的好早晨", 60, 40)
    foot = printed("生产商：某某乳业有限公司 地址：某某省某某市", 60, 300)
    assert read([*COLUMNS, heading, foot]) == [heading.text, *LEFT, *RIGHT, foot.text]


@pytest.mark.parametrize("rows, lefts", [(NUTRITION, (20, 220, 420)), (FORM, (20, 300)), (RECEIPT, (20, 300, 380))])
def test_rows_of_a_table_stay_rows(rows, lefts):
    assert read(table(rows, lefts)) == [text for row in rows for text in row if text]


def test_a_table_below_columns_keeps_its_rows():
    below = [printed(p.text, p.quad_px[0][0], p.quad_px[0][1] + 140) for p in table(NUTRITION, (20, 220, 420))]
    bar = printed("营养成分表（每份以100克计，每盒含2.5份，请对照下表）", 20, 290)
    assert read([*COLUMNS, bar, *below]) == [*LEFT, *RIGHT, bar.text, *(text for row in NUTRITION for text in row)]


@pytest.mark.parametrize("degrees", [90, 180, 270, -20, 30])
def test_order_does_not_depend_on_how_the_picture_is_held(degrees):
    rows = table(NUTRITION, (20, 220, 420))
    assert read([turned(line, degrees) for line in rows]) == read(rows)
    assert read([turned(line, degrees) for line in COLUMNS]) == LEFT + RIGHT


def test_the_way_of_the_text_is_that_of_most_of_it():
    rows = [turned(line, 12) for line in table(FORM, (20, 300))] + [printed("一", 0, 0)]
    assert text_way([line.quad_px for line in rows]) == pytest.approx(math.radians(12), abs=0.01)
    assert text_way([]) == 0


def test_nothing_and_one_line_are_no_trouble():
    assert reading_order([]) == ()
    assert read([printed("牛奶", 5, 5)]) == ["牛奶"]


def test_hundreds_of_lines_lose_none():
    chance = random.Random(1)
    lines = [printed(str(n), chance.random() * 2000, chance.random() * 2000, chance.uniform(1, 90)) for n in range(400)]
    assert sorted(read(lines)) == sorted(line.text for line in lines)
