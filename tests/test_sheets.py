"""What a sheet's file says, to an import and to a check alike: which row its items begin at. req: C1, F2"""

import csv
from pathlib import Path

import openpyxl
import pytest
from kept import TASKS

from tujian.bringing.columns import known_headings
from tujian.bringing.tables import Table
from tujian.check_sheet import Kind, Mark, read_table
from tujian.sheets import open_sheet

PACKAGE = [
    ["version 1.00"],
    ["title", "cid", "seller_cids", "price", "num", "description", "picture", "outer_id"],
    ["宝贝名称", "宝贝类目", "店铺类目", "宝贝价格", "宝贝数量", "宝贝描述", "新图片", "商家编码"],
    ["红杯子", "1", "2", "19.90", "3", "好用", "a:1:0:|https://x.com/a.jpg;b:1:1:|https://x.com/b.jpg", "R1"],
]  # fmt: skip
PLAIN = [["图片", "货号", "标题", "颜色"], ["a.jpg", "SKU", "1", "颜色"], ["b.jpg", "2", "二", ""]]


@pytest.fixture(params=["csv", "xlsx"])
def write(request, tmp_path):
    def written(rows: list[list[str]]) -> Path:
        path = tmp_path / f"t.{request.param}"
        if request.param == "csv":
            with path.open("w", encoding="utf-16", newline="") as file:  # as Taobao's are
                csv.writer(file, delimiter="\t").writerows(rows)
            return path
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
        return path

    return written


def test_headings_said_again_in_another_language_are_no_item(write):
    path = write(PACKAGE)
    ((number, item),) = Table.opened(path, {}, TASKS)
    assert (number, item.sku, item.values["name"], item.values["price"]) == (4, "R1", "红杯子", "19.90")
    assert item.pictures == ("https://x.com/a.jpg", "https://x.com/b.jpg")
    assert [(row.number, row.cells[7]) for row in read_table(path, list(known_headings(TASKS))).rows] == [(4, "R1")]


def test_what_is_taken_for_headings_comes_back_and_a_mark_stands_in_its_row(write, tmp_path):
    path = write(PACKAGE)
    table = read_table(path, list(known_headings(TASKS)))
    out = tmp_path / f"out{path.suffix}"
    table.save(out, [Mark(0, 7, Kind.DUPLICATE, "twice")], "en")
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(out).worksheets[0]
        assert sheet["H3"].value == "商家编码" and sheet["H3"].comment is None and "twice" in sheet["H4"].comment.text
        return
    rows = list(csv.reader(out.read_text("utf-16").splitlines(), delimiter="\t"))
    assert [row[:8] for row in rows] == [PACKAGE[0] + [""] * 7, *PACKAGE[1:]]
    assert [row[8:] for row in rows] == [
        ["", ""],
        ["Check", "Check reasons"],
        ["", ""],
        ["duplicate", "outer_id: twice"],
    ]


def test_a_row_whose_cells_happen_to_be_headings_is_an_item(write):
    assert [row.cells[0] for row in open_sheet(write(PLAIN), known_headings(TASKS))] == ["a.jpg", "b.jpg"]
