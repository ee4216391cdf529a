"""Sheets brought in: what columns mean, what becomes of rows, on SQLite and on PostgreSQL. req: C1, C7, D7"""

import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from kept import TASKS, open_catalogue
from PIL import Image
from test_sheet_pictures import drawn_book, wps_book

from tujian.batches import Batches
from tujian.bringing.batch import tally
from tujian.bringing.columns import RowItem, parse_map
from tujian.bringing.nouns import Wanted
from tujian.bringing.report import find_batch, write_report
from tujian.bringing.tables import Queueing, Table
from tujian.check_sheet import read_table
from tujian.errors import BadEdit, BadInput, NotFound
from tujian.house import House
from tujian.jobs import Jobs
from tujian.looking import Look
from tujian.schema import batch_rows, items, metadata
from tujian.schema import jobs as ledger
from tujian.settings import read_settings
from tujian.sheet_writing import write_book
from tujian.sheets import open_sheet
from tujian.worker import Worker, handlers_of

HEADINGS = ["图片", "货号", "标题", "品牌", "颜色"]
ROWS = [["red.jpg", "R1", "红杯子", "ALPRO", "红色"], ["blue.jpg", "B1", "蓝杯子", "ALPRO", "蓝色、白色"]]


@pytest.fixture(scope="module")
def opener(tmp_path_factory):
    """A house that opens pictures, also from this machine's own server; it loads no models."""
    opened = House(read_settings(home=tmp_path_factory.mktemp("h"), engine="none", fetch_allow="127.0.0.0/8"))
    yield opened
    opened.close()


@pytest.fixture
def shop(tmp_path) -> Path:
    folder = tmp_path / "shop"
    for name in ("red", "blue", "green"):
        draw(folder / f"{name}.jpg", name)
    return folder


@pytest.fixture
def bring(database, opener, tmp_path):
    """Queues a sheet and does its jobs; returns what was told and the tally."""
    catalogue = open_catalogue(database, tmp_path)
    batches = Batches(Jobs(database, dice=lambda: -0.5))  # no back-off

    def queue(path: Path, columns=(), **more):
        table = Table.opened(path, parse_map(columns), TASKS)
        return Queueing(catalogue, batches, table, Wanted("k", **{"look": None, **more})).run()

    def go(path: Path, columns=(), **more):
        told = queue(path, columns, **more)
        work()
        return told, tally(database, told.batch_id or "")

    def work() -> None:
        worker = Worker(batches, {"row": handlers_of(opener, catalogue)["row"]})
        while worker.run_one():
            pass
        batches.look_after()

    go.queue, go.work, go.catalogue, go.batches = queue, work, catalogue, batches
    return go


def draw(path: Path, colour: str, size_px: tuple[int, int] = (64, 48)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size_px, colour).save(path)
    return path


def csv_of(path: Path, *rows: list[str], headings=HEADINGS, encoding="utf-8") -> Path:
    text = "\r\n".join(",".join(row) for row in [headings, *rows])
    path.write_bytes(text.encode(encoding))
    return path


def row_troubles(database, batch_id: str) -> dict[str, str]:
    failed = sa.select(batch_rows).where(batch_rows.c.batch_id == batch_id, batch_rows.c.trouble.is_not(None))
    with database.read() as connection:
        return {row.name: " ".join(row.trouble["en"]) for row in connection.execute(failed)}


def count(database, table) -> int:
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table))


def test_rows_become_items_with_the_sheets_values_and_the_second_time_nothing(bring, shop, database):
    told, counts = bring(csv_of(shop / "t.csv", *ROWS))
    assert (told.counts["queued"], counts.new, counts.rows["done"]) == (2, 2, 2)
    item = bring.catalogue.get(bring.catalogue.find_id("B1"))
    assert (item.title, item["brand"], item["colours"]) == ("蓝杯子", "ALPRO", ["蓝色", "白色"])
    assert (item.values["brand"].source, item.values["brand"].who) == ("person", "sheet:t.csv")
    assert bring.catalogue.content(item.cover) == (shop / "blue.jpg").read_bytes()
    told, _ = bring(shop / "t.csv")
    assert dict(told.counts) == {"unchanged": 2, "queued": 0} and told.batch_id is None
    assert (count(database, items), count(database, ledger)) == (2, 2)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_csv_is_read_in_the_encoding_it_has(tmp_path, encoding):
    path = csv_of(tmp_path / "t.csv", *ROWS, encoding=encoding)
    sheet = open_sheet(path, ["图片", "货号"])
    assert list(sheet.headings) == HEADINGS and [list(row.cells) for row in sheet] == ROWS


def test_tsv_xlsx_and_json_lines_say_the_same_as_csv(shop):
    book = openpyxl.Workbook()
    book.active.append(["我的店铺"])  # a title above the headings
    for row in [HEADINGS, *ROWS]:
        book.active.append(row)
    book.save(shop / "t.xlsx")
    (shop / "t.tsv").write_text("\n".join("\t".join(row) for row in [HEADINGS, *ROWS]))
    lines = [json.dumps(dict(zip(HEADINGS, row, strict=True))) for row in ROWS]
    (shop / "t.jsonl").write_text("\n".join(lines))
    csv_of(shop / "t.csv", *ROWS)
    read = [[row for _, row in Table.opened(shop / f"t.{kind}", {}, TASKS)] for kind in ("csv", "tsv", "xlsx", "jsonl")]
    assert read[0] == read[1] == read[2] == read[3] and read[0][0].sku == "R1"


def test_columns_may_be_named_and_a_wrong_name_says_which_there_are(shop):
    path = csv_of(shop / "t.csv", ["red.jpg", "x", "x"], headings=["照片A", "货号", "牌子"])
    table = Table.opened(path, parse_map(["照片A=图片", "牌子=brand"]), TASKS)
    assert table.preview()[0][1].pictures == ("red.jpg",) and table.preview()[0][1].values == {"brand": "x"}
    with pytest.raises(BadInput, match="照片A, 货号, 牌子"):
        Table.opened(path, {"nix": "brand"}, TASKS)
    with pytest.raises(BadEdit, match="no field named"):
        Table.opened(path, {"牌子": "nix"}, TASKS)
    with pytest.raises(BadInput, match="column=field"):
        parse_map(["nix"])


@pytest.mark.parametrize("heading", ["售价", "销售价", "一口价", "宝贝价格", "售价（元）", "Variant Price"])
@pytest.mark.parametrize("beside", ["吊牌价", "市场价", "Compare at price", "Variant Compare At Price"])
def test_a_price_and_the_price_before_are_known_by_what_shops_call_them(tmp_path, heading, beside):
    path = csv_of(tmp_path / "t.csv", ["R1", "299", "199"], headings=["货号", beside, heading])
    ((_, item),) = Table.opened(path, {}, TASKS)
    assert item.values == {"price": "199", "original_price": "299"}


def test_wrong_columns_are_told_with_what_stands_there(tmp_path):
    with pytest.raises(BadInput, match="the first row is: foo, bar"):
        Table.opened(csv_of(tmp_path / "t.csv", ["1", "2"], headings=["foo", "bar"]), {}, TASKS)
    with pytest.raises(BadInput, match="--map"):
        Table.opened(csv_of(tmp_path / "t.csv", ["1", "2"], headings=["品牌", "颜色"]), {}, TASKS)


def test_a_workbook_of_a_million_rows_is_refused_at_once(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", "<row r='1'></row>" * 1_000_000)
    with pytest.raises(BadInput, match="200,000 rows at most") as refused:
        open_sheet(tmp_path / "t.xlsx", [])
    assert "CSV" in refused.value.zh.remedy


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(99), b"PK\3\4junk", b"\xd0\xcf\x11\xe0", b"\0" * 99]
)
def test_what_is_no_sheet_says_what_to_do(tmp_path, content):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(BadInput) as refused:
        Table.opened(tmp_path / "t.csv", {}, TASKS)
    assert refused.value.zh.remedy and refused.value.en.remedy


def test_each_bad_row_says_what_to_do_and_the_rest_goes_on(bring, shop, database):
    draw(shop / "a" / "one.jpg", "white")
    draw(shop / "b" / "one.jpg", "black")
    (shop / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    names = ["red.jpg", "one.jpg", "../../etc/passwd", "nix.jpg", "broken.jpg", "http://127.0.0.1:9/a.jpg", ""]
    path = csv_of(shop / "t.csv", *([name, f"S{n}"] for n, name in enumerate(names)), ["red.jpg", "S9", "too", "wide"],
                  headings=["图片", "货号", "标题"])  # fmt: skip
    told, counts = bring(path)
    assert (counts.rows["done"], counts.rows["failed"], counts.rows["todo"], told.counts["failed"]) == (1, 7, 0, 1)
    troubles = row_troubles(database, told.batch_id)
    assert "2 files are called" in troubles["3"] and "no picture" in troubles["4"] and "--pictures" in troubles["5"]
    assert "did not arrive" in troubles["7"] and "has no picture" in troubles["8"] and "more cells" in troubles["9"]
    draw(shop / "nix.jpg", "yellow")
    told, counts = bring(path)  # what failed is tried again
    assert counts.rows["done"] == 1 and bring.catalogue.find_id("S3")


def test_private_addresses_are_refused_and_others_are_kept(bring, shop, database, opener, tmp_path):
    content = (shop / "red.jpg").read_bytes()

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/p/红 cup.jpg"
    path = csv_of(shop / "t.csv", [url, "U1"], ["http://10.0.0.1/a.jpg", "U2"], ["http://[::1]/a.jpg", "U3"],
                  headings=["图片链接", "货号"])  # fmt: skip
    told, counts = bring(path)
    server.shutdown()
    assert counts.rows["done"] == 1
    troubles = row_troubles(database, told.batch_id)
    assert troubles.keys() == {"3", "4"} and all("may not be opened" in trouble for trouble in troubles.values())
    item = bring.catalogue.get(bring.catalogue.find_id("U1"))
    assert item.pictures[0].name == "红 cup.jpg" and bring.catalogue.content(item.cover) == content


def test_a_changed_row_edits_its_item_but_not_what_a_person_corrected(bring, shop):
    bring(csv_of(shop / "t.csv", *ROWS))
    item_id = bring.catalogue.find_id("R1")
    bring.catalogue.edit(item_id, {"brand": "NOKA"}, who="anna")
    told, counts = bring(csv_of(shop / "t.csv", ["red.jpg;green.jpg", "R1", "大红杯", "OTHER", "红色"], ROWS[1]))
    assert (told.counts["queued"], told.counts["unchanged"], counts.new) == (1, 1, 0)
    item = bring.catalogue.get(item_id)
    assert (item["name"], item["brand"], len(item.pictures)) == ("大红杯", "NOKA", 2)


def test_rows_of_one_sku_are_one_item_and_the_same_picture_without_a_name_is_linked(bring, shop, database):
    rows = [["red.jpg", "R1", "红杯子"], ["green.jpg", "R1", ""], ["blue.jpg", "", "一"], ["blue.jpg", "", "二"]]
    _, counts = bring(csv_of(shop / "t.csv", *rows, headings=HEADINGS[:3]))
    assert (counts.rows["done"], count(database, items)) == (4, 2)
    assert len(bring.catalogue.get(bring.catalogue.find_id("R1")).pictures) == 2


def test_two_articles_may_show_the_same_picture(bring, shop, database):
    bring(csv_of(shop / "t.csv", ["red.jpg", "S"], ["red.jpg", "M"], headings=HEADINGS[:2]))
    assert count(database, items) == 2


def test_a_value_that_does_not_fit_is_noted_and_the_row_is_brought(bring, shop, database):
    path = csv_of(shop / "t.csv", ["red.jpg", "R1", "gestern"], headings=["图片", "货号", "生产日期"])
    told, counts = bring(path)
    assert counts.rows["done"] == 1 and "YYYY-MM-DD" in row_troubles(database, told.batch_id)["2"]


@pytest.mark.parametrize("mark", ['="{}"', "'{}"])
def test_marks_that_keep_a_number_as_text_are_not_brought(bring, shop, mark):
    with (shop / "t.csv").open("w", newline="") as file:
        row = ["red.jpg", mark.format("00123"), mark.format("5901234123457"), "'tis"]
        csv.writer(file).writerows([["图片", "货号", "条码", "标题"], row])
    bring(shop / "t.csv")
    item = bring.catalogue.get(bring.catalogue.find_id("00123"))
    assert (item["barcode"], item.title) == ("5901234123457", "'tis")


def test_a_barcode_that_a_spreadsheet_program_cut_short_is_noted_and_not_brought(bring, shop, database):
    told, counts = bring(csv_of(shop / "t.csv", ["red.jpg", "R1", "6.90123E+12"], headings=["图片", "货号", "条码"]))
    assert counts.rows["done"] == 1 and "scientific notation" in row_troubles(database, told.batch_id)["2"]
    assert "barcode" not in bring.catalogue.get(bring.catalogue.find_id("R1")).values


@pytest.mark.parametrize(
    "headings",
    [
        "Handle,Title,Vendor,Option1 Name,Option1 Value,Variant SKU,Image Src,Image Position",
        "URL handle,Title,Vendor,Option1 name,Option1 value,SKU,Product image URL,Image position",
    ],
)
def test_rows_of_one_shopify_handle_are_one_item_with_several_pictures(bring, shop, database, headings):
    rows = ["cup,Cup,ALPRO,Color,Red,C-R,blue.jpg,2", "cup,,,,Blue,C-B,red.jpg,1", "jar,Jar,NOKA,,,J,green.jpg,1",
            ",No handle,,,,,green.jpg,"]  # fmt: skip
    (shop / "s.csv").write_text("\n".join([headings, *rows]))
    told, counts = bring(shop / "s.csv")
    assert (counts.new, told.counts["failed"], count(database, items)) == (2, 1, 2)
    cup = bring.catalogue.get(bring.catalogue.find_id("cup"))
    assert [one.name for one in cup.pictures] == ["red.jpg", "blue.jpg"]
    assert (cup["name"], cup["brand"], cup["colours"], cup.sku) == ("Cup", "ALPRO", ["Red", "Blue"], "C-R")
    assert "C-R" in str(
        [item.notes for _, item in Table.opened(shop / "s.csv", {}, TASKS) if isinstance(item, RowItem)]
    )


def test_shopifys_options_are_kept_whatever_they_are_called(shop):
    rows = ["d,Dress,Color,Oatmeal,Size,S,D-1", "d,,,Red,,M,D-2"]
    headings = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Image Src"
    (shop / "o.csv").write_text("\n".join([headings, *(f"{row},red.jpg" for row in rows)]))
    [(_, item)] = list(Table.opened(shop / "o.csv", {}, TASKS))
    assert (item.values["colours"], item.values["size"]) == (["Oatmeal", "Red"], ["S", "M"])


def test_what_marks_a_number_as_text_is_no_part_of_it_and_a_cut_barcode_is_not_taken(shop):
    rows = ['red.jpg,"=""00123""",\'6901234567892', "blue.jpg,'00124,6.90123E+12"]
    (shop / "e.csv").write_text("\n".join(["图片,货号,条码", *rows]), "utf-8")
    first, second = [item for _, item in Table.opened(shop / "e.csv", {}, TASKS)]
    assert (first.sku, first.values["barcode"], second.sku) == ("00123", "6901234567892", "00124")
    assert "barcode" not in second.values and "科学计数法" in str(second.notes)


def test_a_second_row_of_headings_is_no_item_and_taobaos_pictures_are_addresses(shop):
    rows = ["宝贝名称,商家编码,一口价,新图片", "红杯子,R1,19.90,abc:1:0:|https://img.example/abc.jpg;"]
    (shop / "tb.csv").write_text("\n".join(["title,outer_id,price,picture", *rows]), "utf-8")
    [(_, item)] = list(Table.opened(shop / "tb.csv", {}, TASKS))
    assert (item.sku, item.pictures, item.values["price"]) == ("R1", ("https://img.example/abc.jpg",), "19.90")


@pytest.mark.parametrize("heading", ["售价", "一口价", "销售价", "Variant Price", "价格(元)"])
def test_what_shops_call_the_price_is_the_price(shop, heading):
    path = csv_of(shop / "p.csv", ["red.jpg", "9.90"], headings=["图片", heading])
    assert [item.values for _, item in Table.opened(path, {}, TASKS)] == [{"price": "9.90"}]


def test_variants_of_a_shopify_product_keep_all_options_and_what_is_not_kept_is_said(bring, shop, database):
    options = "Option1 Name,Option1 Value,Option2 Name,Option2 Value"
    headings = f"Handle,Title,{options},Variant SKU,Variant Barcode,Image Src"
    rows = [
        "dress,Dress,Color,Red,Size,S,D-R-S,5901234123457,red.jpg", "dress,,,Oatmeal,,M,D-O-M,036000291452,blue.jpg",
        "dress,,,Blue,,M,D-B-M,,", "dress,,,,,,,,green.jpg", "jar,Jar,Title,Default Title,,,J,,green.jpg",
        "jar,,,,,,,,red.jpg",
    ]  # fmt: skip
    (shop / "s.csv").write_text("\n".join([headings, *rows]))
    told, counts = bring(shop / "s.csv")
    dress = bring.catalogue.get(bring.catalogue.find_id("dress"))
    assert (dress["colours"], dress["size"]) == (["Red", "Oatmeal", "Blue"], ["S", "M"])
    assert (dress.sku, dress["barcode"], len(dress.pictures)) == ("D-R-S", "5901234123457", 3)
    assert counts.rows["done"] == 2
    troubles = row_troubles(database, told.batch_id)
    assert troubles.keys() == {"2"} and "Of 3 variants only the first SKU and barcode (D-R-S)" in troubles["2"]


def test_a_dry_run_counts_and_writes_nothing(bring, shop, database):
    before = {name: count(database, table) for name, table in metadata.tables.items()}
    told, _ = bring(csv_of(shop / "t.csv", *ROWS, ["x"] * 6), is_dry=True)
    assert dict(told.counts) == {"queued": 2, "failed": 1}
    assert {name: count(database, table) for name, table in metadata.tables.items()} == before


def test_rows_that_shift_while_the_sheet_is_half_brought_are_each_brought_once(bring, shop, database):
    bring.queue(csv_of(shop / "t.csv", *ROWS))  # and nobody works: as after a kill
    told, _ = bring(csv_of(shop / "t.csv", ["green.jpg", "G1", "绿杯子", "", ""], *ROWS))
    assert (told.counts["queued"], told.counts["unchanged"], len(told.older)) == (1, 2, 1)
    assert count(database, items) == 3 and all(bring.catalogue.find_id(sku) for sku in ("G1", "R1", "B1"))


def test_a_trial_brings_so_many_rows_and_what_is_brought_is_looked_at(bring, shop, database):
    path = csv_of(shop / "t.csv", *ROWS)
    _, counts = bring(path, look=Look(trial=1))
    assert (counts.rows["done"], counts.rows["todo"], counts.looks["todo"]) == (1, 1, 1)
    _, counts = bring(path, look=Look())
    assert (counts.rows["done"], counts.looks["todo"]) == (2, 2)


def test_the_report_says_of_each_row_what_became_of_it_and_what_to_do(bring, shop, database, tmp_path):
    told, _ = bring(csv_of(shop / "t.csv", *ROWS, ["=1+1.jpg", "N1"]))
    assert find_batch(database, "") == find_batch(database, told.batch_id[:6]) == told.batch_id
    assert write_report(database, told.batch_id, tmp_path / "r.csv", "zh") == 3
    text = (tmp_path / "r.csv").read_text("utf-8-sig")
    lines = list(csv.DictReader(text.splitlines()))
    assert [line["状态"] for line in lines] == ["完成", "完成", "失败"] and lines[0]["SKU"] == "R1" and lines[0]["条目"]
    assert lines[2]["怎么办"] and lines[2]["图片"] == "'=1+1.jpg"
    assert write_report(database, told.batch_id, tmp_path / "r.xlsx", "en") == 3
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx").active
    assert {(cell.data_type, cell.number_format) for row in sheet for cell in row if cell.value} == {("s", "@")}
    rows = list(sheet.values)
    assert rows[0][1] == "State" and rows[3][1] == "failed" and rows[3][7]
    with pytest.raises(NotFound):
        find_batch(database, "nix")


def test_the_report_tells_nothing_of_an_item_that_was_hidden_since(bring, shop, database, tmp_path):
    """req: C10"""
    catalogue = open_catalogue(database, tmp_path)
    told, _ = bring(csv_of(shop / "t.csv", *ROWS))
    catalogue.edit(catalogue.find_id("R1"), {"item.external_id": "secret-7"}, who="t")
    catalogue.hide(catalogue.find_id("R1"), who="t")
    write_report(database, told.batch_id, tmp_path / "r.csv", "zh")
    text = (tmp_path / "r.csv").read_text("utf-8-sig")
    lines = list(csv.DictReader(text.splitlines()))
    assert lines[0]["条目"] == "" and lines[1]["条目"] and "secret-7" not in text


def test_the_command_previews_brings_and_reports(shop, tmp_path):
    path = csv_of(shop / "t.csv", *ROWS, ["nix.jpg", "N1"], headings=["照片A", *HEADINGS[1:]], encoding="gbk")

    def tujian(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tujian", *args, "--lang", "en"]
        environment = {**os.environ, "TUJIAN_HOME": str(tmp_path / "home"), "PYTHONIOENCODING": "utf-8"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    preview = tujian("import", str(path), "--map", "照片A=picture", "--dry-run")
    assert preview.returncode == 0 and "照片A → picture" in preview.stdout and '"sku": "R1"' in preview.stdout
    brought = tujian("import", str(path), "--map", "照片A=picture", "--no-look")
    assert brought.returncode == 1 and "2 new" in brought.stdout and "row 4: There is no picture" in brought.stdout
    told = tujian("import-report", "--out", str(tmp_path / "r.csv"))
    assert told.returncode == 0 and "3 rows" in told.stdout
    assert tujian("import", str(path), "--map", "nix=picture").returncode == 2


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_a_workbook_damaged_inside_says_so(tmp_path, part):
    book = openpyxl.Workbook()
    book.active.append(["图片", "货号"])
    book.active.append(["a.jpg", "1"])
    book.save(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as whole, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as damaged:
        for name in whole.namelist():
            content = whole.read(name)
            damaged.writestr(name, content[: len(content) // 2] if name == part else content)
    with pytest.raises(BadInput, match="damaged"):
        list(Table.opened(tmp_path / "b.xlsx", {}, TASKS))


@pytest.mark.parametrize(
    "read", [lambda path: list(Table.opened(path, {}, TASKS)), lambda path: read_table(path, ["图片"])]
)
def test_a_workbook_whose_bytes_were_damaged_says_so_to_the_import_and_to_the_check(tmp_path, read):  # req: C7, F2
    book = openpyxl.Workbook()
    for number in range(500):
        book.active.append(["图片", "货号", f"{number * 7919 % 1000}.jpg"])
    book.save(tmp_path / "a.xlsx")
    content = bytearray((tmp_path / "a.xlsx").read_bytes())
    with zipfile.ZipFile(tmp_path / "a.xlsx") as whole:
        begins = whole.getinfo("xl/worksheets/sheet1.xml").header_offset
    content[begins + 200 : begins + 230] = bytes(30)
    (tmp_path / "b.xlsx").write_bytes(content)
    with pytest.raises(BadInput, match="damaged"):
        read(tmp_path / "b.xlsx")


@pytest.mark.parametrize("read", [lambda path: Table.opened(path, {}, TASKS), lambda path: read_table(path, ["图片"])])
def test_what_is_refused_is_refused_in_the_same_words_by_import_and_check(tmp_path, read):
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    with pytest.raises(BadInput, match="password"):
        read(tmp_path / "old.xls")
    (tmp_path / "torn.csv").write_text('图片,货号\n"' + "x" * 200_000, "utf-8")
    with pytest.raises(BadInput, match="quotation mark"):
        read(tmp_path / "torn.csv")


def test_a_workbook_is_written_without_what_xml_cannot_hold_and_says_what_it_cut(tmp_path, monkeypatch):  # req: F5
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    cut: list = []
    rows = [["SKU", "Name"], ["0012", "a\x0bb"], ["=1", "x" * 40_000]]
    assert write_book(rows, tmp_path / "r.xlsx", "goods", cut=cut.append) == 3
    assert [row[0] for row in cut] == ["=1"]
    assert list(openpyxl.load_workbook(tmp_path / "r.xlsx").active.values)[1:] == [
        ("0012", "a\ufffdb"), ("'=1", "x" * 32_767),
    ]  # fmt: skip
    with pytest.raises(BadInput, match="too many for XLSX"):
        write_book(rows, tmp_path / "r.xlsx", "goods", most_rows=1)
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize("write", [drawn_book, wps_book])
def test_pictures_that_lie_in_a_workbooks_rows_become_its_items_and_are_kept(bring, tmp_path, write):
    place = write(tmp_path / "shop.xlsx")
    _, counted = bring(place)
    assert counted.new == 2 and counted.rows["failed"] == 0
    place.unlink()
    shown = {item.title: item.id for item in bring.catalogue.list().items}
    (picture,) = bring.catalogue.get(shown["杯子"]).pictures
    assert Image.open(io.BytesIO(bring.catalogue.content(picture.sha256))).getpixel((5, 5)) == (255, 0, 0)
    assert picture.name == "shop.xlsx/image1.png"


def test_a_row_whose_name_nothing_can_have_fails_with_its_reason_and_the_rest_is_brought(bring, shop, database):
    path = csv_of(shop / "long.csv", ["red.jpg", "R" * 300, "红杯子", "", ""], ROWS[1])
    told, counts = bring(path)
    assert (counts.rows["done"], counts.rows["failed"], counts.rows["todo"]) == (1, 1, 0)
    assert "1" in row_troubles(database, told.batch_id) or len(row_troubles(database, told.batch_id)) == 1


def test_a_value_that_was_changed_and_changed_back_is_brought_again(bring, shop):
    def price(said: str):
        return bring(csv_of(shop / "t.csv", ["red.jpg", "R1", said], ROWS[1][:3], headings=["图片", "货号", "价格"]))[0]

    def now():
        return bring.catalogue.get(bring.catalogue.find_id("R1"))["price"]

    price("10.00"), price("12.00")
    assert now() == "12.00"
    assert (price("10.00").counts["queued"], now()) == (1, "10.00")
    assert price("10.00").counts["queued"] == 0
    assert (price("12.00").counts["queued"], now()) == (1, "12.00")


def test_several_rows_of_one_item_are_not_brought_again_and_again(bring, shop):
    rows = [["red.jpg", "R1", "红杯子", "", ""], ["green.jpg", "R1", "红杯子", "", ""]]
    bring(csv_of(shop / "t.csv", *rows))
    bring(csv_of(shop / "t.csv", *rows, ROWS[1]))
    assert bring(csv_of(shop / "t.csv", *rows, ROWS[1]))[0].counts["queued"] == 0
