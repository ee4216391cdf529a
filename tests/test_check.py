"""A shop's spreadsheet is held against its pictures; a family's folder gets a first report. req: B10, E3, E9, F2, F6

Every fault is planted on a picture drawn here, so that what is right is known.
"""

import csv
import hashlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from lettering import font
from openpyxl.comments import Comment
from openpyxl.styles import Font
from PIL import Image, ImageDraw, ImageFilter

from tujian.check import _same_codes, check_table
from tujian.check_sheet import Kind, Row, read_table
from tujian.errors import BadInput
from tujian.first_report import report_on

HEADINGS = ["图片", "SKU", "标题", "品牌", "颜色", "条码", "净含量", "描述"]
ROWS = {
    "good": ["pack.jpg", "P1", "纯牛奶", "ALPRO", "", "5901234123457", "250ml", "常温保存"],
    "good cup": ["blue.jpg", "B1", "杯子", "", "蓝色", "", "", ""],
    "colour": ["blue2.jpg", "B2", "水杯", "", "红色", "", "", ""],
    "check digit": ["green.jpg", "G1", "绿杯", "", "绿色", "5901234123450", "", ""],
    "net content": ["pack2.jpg", "P2", "纯牛奶 大", "", "", "", "500ml", ""],
    "brand": ["pack3.jpg", "P3", "纯牛奶 小", "Valio", "", "", "", ""],
    "missing": ["nowhere.jpg", "N1", "找不到的", "", "", "", "", ""],
    "same SKU": ["yellow.jpg", "B1", "黄杯", "", "黄色", "", "", ""],
    "same picture": ["blue copy.jpg", "B9", "另一个商品", "", "蓝色", "", "", ""],
    "advert": ["orange.jpg", "A1", "橙杯 全网最低价", "", "橙色", "", "", ""],
    "formula": ["purple.jpg", "F1", "紫杯", "", "紫色", "", "", "=cmd|' /C calc'!A0"],
}
CODES = ("5901234123457", "5901234123450")  # a right check digit, a wrong one
FIRST = 3  # the row of "good": a banner and the headings stand above it


def cup(path: Path, colour: str, seed: int) -> Path:
    """A vessel of one colour on white; the seed gives it a shape of its own."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (720, 720), "white")
    pen = ImageDraw.Draw(image)
    left, top = (int(x) for x in rng.integers(90, 220, 2))
    right, bottom = (int(x) for x in rng.integers(480, 620, 2))
    pen.rounded_rectangle((left, top, right, bottom), int(rng.integers(5, 120)), fill=colour)
    for _ in range(3 + seed):
        x, y = int(rng.integers(left + 30, right - 30)), int(rng.integers(top + 30, bottom - 30))
        pen.ellipse((x - 12, y - 12, x + 12, y + 12), fill="white", outline="black")
    image.filter(ImageFilter.GaussianBlur(0.6)).save(path, quality=93)
    return path


def pack(path: Path, *texts: str, seed: int = 0) -> Path:
    """A label with these lines."""
    image = Image.new("RGB", (800, 900), (245, 243 - seed * 9, 235 - seed * 20))
    pen = ImageDraw.Draw(image)
    pen.rectangle((20 + seed * 10, 20, 780, 880 - seed * 40), outline="black", width=4)
    for place, text in enumerate(texts):
        pen.text((90, 90 + 150 * place), text, fill="black", font=font(84 if place == 0 else 52))
    image.save(path, quality=93)
    return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    """A folder with the pictures of ROWS."""
    folder = tmp_path_factory.mktemp("shop")
    for seed, colour in enumerate(("#1f5fd0", "#1f5fd0", "#1f9a3f", "#f0d020", "#f08a18", "#7a38aa")):
        cup(folder / f"{('blue', 'blue2', 'green', 'yellow', 'orange', 'purple')[seed]}.jpg", colour, seed)
    (folder / "blue copy.jpg").write_bytes((folder / "blue.jpg").read_bytes())
    for seed in range(3):
        name = "pack.jpg" if seed == 0 else f"pack{seed + 1}.jpg"
        pack(folder / name, "ALPRO", "纯牛奶", "净含量：250ml", f"批号 {seed}A{seed}", seed=seed)
    return folder


@pytest.fixture(scope="module")
def sheet(shop) -> Path:
    """The rows as an XLSX with a banner above, styles, a note and a second sheet of its owner's."""
    book = openpyxl.Workbook()
    active = book.active
    active.append(["某某旗舰店 2026 秋"])
    active.append(HEADINGS)
    for row in ROWS.values():
        active.append(row)
    active["A1"].font = Font(bold=True, size=20)
    active.cell(number("colour"), 5).comment = Comment("问过工厂", "王")
    book.create_sheet("备注")["A1"] = "不要动"
    book.save(shop / "goods.xlsx")
    return shop / "goods.xlsx"


@pytest.fixture(scope="module")
def marked(sheet, tmp_path_factory):
    """What `tujian check` gives back: the workbook, and what was said."""
    out = tmp_path_factory.mktemp("out") / "marked.xlsx"
    before = sheet.read_bytes()
    done = tujian("check", sheet, "--out", out, home=out.parent)
    assert done.returncode == 0, done.stderr
    assert sheet.read_bytes() == before
    return openpyxl.load_workbook(out), done.stdout


def tujian(*args, home: Path):
    environment = {**os.environ, "TUJIAN_HOME": str(home / "home"), "TUJIAN_LANG": "zh", "COLUMNS": "120"}
    command = [sys.executable, "-m", "tujian", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def number(row: str) -> int:
    """What a spreadsheet program calls the row."""
    return FIRST + list(ROWS).index(row)


def reasons(book, row: str) -> list[tuple]:
    """(column, kind, reason, proposal, evidence) of each mark on a row."""
    listed = book["体检"].iter_rows(min_row=2, values_only=True)
    return [(line[1], line[3], line[4], line[5], line[6]) for line in listed if line[0] == number(row)]


@pytest.mark.parametrize(
    ("row", "column", "kind", "said"),
    [
        ("colour", "颜色", "颜色不符", "红色"),
        ("check digit", "条码", "校验位错误", "7"),
        ("net content", "净含量", "净含量不符", "250"),
        ("brand", "品牌", "品牌不符", "ALPRO"),
        ("missing", "图片", "缺图", "nowhere.jpg"),
        ("same SKU", "SKU", "重复", f"第 {FIRST + 1} 行"),
        ("same picture", "图片", "重复", f"第 {FIRST + 1} 行"),
        ("advert", "标题", "广告法用语", "最低价"),
        ("formula", "描述", "公式", "公式"),
    ],
)
def test_a_planted_fault_is_marked_where_it_is_with_its_reason(marked, row, column, kind, said):
    book, _ = marked
    told = [one for one in reasons(book, row) if one[1] != "空缺"]
    assert [(one[0], one[1]) for one in told] == [(column, kind)]
    assert said in told[0][2]
    cell = book.worksheets[0].cell(number(row), HEADINGS.index(column) + 1)
    assert cell.fill.fill_type == "solid" and said in cell.comment.text


def test_good_rows_get_no_mark_of_a_fault(marked):
    book, said = marked
    for row in ("good", "good cup"):
        assert [one for one in reasons(book, row) if one[1] != "空缺"] == []
    assert f"共 {len(ROWS)} 行" in said and "广告法" in said


def test_an_empty_field_is_proposed_with_what_the_picture_shows(marked):
    book, _ = marked
    proposed = {one[0]: one for one in reasons(book, "net content") if one[1] == "空缺"}
    assert proposed["品牌"][3].upper() == "ALPRO" and "ALPRO" in proposed["品牌"][4]
    cell = book.worksheets[0].cell(number("net content"), HEADINGS.index("品牌") + 1)
    assert cell.value is None and "Alpro" in cell.comment.text  # proposed, not filled in


def test_the_same_spreadsheet_comes_back(marked, sheet):
    book, _ = marked
    before = openpyxl.load_workbook(sheet)
    assert book.sheetnames == [*before.sheetnames, "体检"] and book["备注"]["A1"].value == "不要动"
    cells = [[cell.value for cell in row] for row in before.worksheets[0]]
    assert [[cell.value for cell in row] for row in book.worksheets[0]] == cells
    assert book.worksheets[0]["A1"].font.size == 20
    assert book.worksheets[0].cell(number("colour"), 5).comment.text.startswith("问过工厂")  # its owner's note stays


def test_formulas_are_never_written_live_into_the_list_of_reasons(marked):
    book, _ = marked
    values = [cell for row in book["体检"] for cell in row if isinstance(cell.value, str)]
    assert any("calc" in cell.value for cell in values)
    assert all(cell.data_type != "f" for cell in values)


def test_a_second_check_of_the_mended_copy_takes_its_old_marks_away(marked, house, shop, tmp_path):
    marked[0].save(tmp_path / "marked.xlsx")
    book = openpyxl.load_workbook(tmp_path / "marked.xlsx")
    book.worksheets[0].cell(number("colour"), 5).value = "蓝色"
    book.save(tmp_path / "mended.xlsx")
    checked = check_table(tmp_path / "mended.xlsx", shop, house)
    checked.table.save(tmp_path / "again.xlsx", checked.marks, "zh")
    again = openpyxl.load_workbook(tmp_path / "again.xlsx")
    assert again.sheetnames == ["Sheet", "备注", "体检"] and reasons(again, "colour") == []
    cell = again.worksheets[0].cell(number("colour"), 5)
    assert cell.comment.text == "问过工厂" and cell.fill.fill_type is None
    assert len(reasons(again, "brand")) == len(reasons(book, "brand"))
    assert again.worksheets[0].cell(number("brand"), 4).comment.text.count("ALPRO") == 1


@pytest.fixture(scope="module")
def text_rows() -> str:
    file = io.StringIO(newline="")
    chosen = ("good cup", "colour", "formula")
    csv.writer(file).writerows([HEADINGS, *(ROWS[name] for name in chosen), ["blue2.jpg", "X1", "+SUM(A1|B2)"]])
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_a_csv_comes_back_in_its_own_encoding_with_two_more_columns(house, shop, tmp_path, text_rows, encoding):
    (tmp_path / "goods.csv").write_bytes(text_rows.encode(encoding))
    checked = check_table(tmp_path / "goods.csv", shop, house)
    checked.table.save(tmp_path / "out.csv", checked.marks, "zh")
    rows = list(csv.reader(io.StringIO((tmp_path / "out.csv").read_bytes().decode(encoding), newline="")))
    assert rows[0] == [*HEADINGS, "体检", "体检原因"]
    assert rows[1] == [*ROWS["good cup"], "", ""]
    assert "颜色不符" in rows[2][-2] and "蓝" in rows[2][-1]
    assert rows[3][7] == "'" + ROWS["formula"][7] and "公式" in rows[3][-2]  # a spreadsheet would have run it
    assert rows[4][2].startswith("'+SUM")


@pytest.mark.parametrize(
    ("code", "said"), [("6.90123E+12", "科学计数法"), ("36000291452", "前面的 0"), ("5901234123457", None)]
)
def test_numbers_that_a_spreadsheet_program_spoilt_are_told(house, shop, tmp_path, code, said):
    (tmp_path / "goods.csv").write_text(f"图片,条码\nblue.jpg,{code}\n")
    marks = [mark for mark in check_table(tmp_path / "goods.csv", shop, house).marks if mark.kind is Kind.CHECK_DIGIT]
    assert [said in mark.reason for mark in marks] == ([True] if said else [])


@pytest.mark.parametrize("mark", ['="{}"', "'{}"])
def test_marks_that_keep_a_number_as_text_are_no_part_of_it_and_come_back(house, shop, tmp_path, mark):
    rows = [["图片", "SKU", "条码"], *(["blue.jpg", mark.format("00123"), mark.format(code)] for code in CODES)]
    with (tmp_path / "goods.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    checked = check_table(tmp_path / "goods.csv", shop, house)
    assert [row.cells[1:] for row in checked.table.rows] == [["00123", code] for code in CODES]
    assert {(one.row, one.kind) for one in checked.marks} == {(1, Kind.CHECK_DIGIT), (1, Kind.DUPLICATE)}
    checked.table.save(tmp_path / "out.csv", checked.marks, "zh")
    back = csv.reader((tmp_path / "out.csv").read_text("utf-8-sig").splitlines())
    assert [row[:3] for row in back] == rows


def test_what_runs_inside_such_marks_is_told_and_defused(house, shop, tmp_path):
    (tmp_path / "goods.csv").write_text('图片,SKU\nblue.jpg,"=""=cmd|calc"""\n')
    checked = check_table(tmp_path / "goods.csv", shop, house)
    assert [mark.kind for mark in checked.marks] == [Kind.FORMULA]
    checked.table.save(tmp_path / "out.csv", checked.marks, "zh")
    assert '"\'=""=cmd' in (tmp_path / "out.csv").read_text("utf-8-sig")


def test_two_variants_may_share_a_picture(house, shop, tmp_path):
    (tmp_path / "goods.csv").write_text("图片,SKU,款号\nblue.jpg,1,K\nblue.jpg,2,K\nblue.jpg,3,L\n")
    marks = check_table(tmp_path / "goods.csv", shop, house).marks
    assert [mark.row for mark in marks if mark.kind is Kind.DUPLICATE] == [2]


@pytest.mark.parametrize("pair", ["A1-11,A11-1", "SKU-1.5,SKU-15", "10-01,100-1", "5901234-123457,5901234123457"])
def test_numbers_of_articles_that_differ_by_their_marks_differ(house, shop, tmp_path, pair):
    one, other = pair.split(",")
    (tmp_path / "goods.csv").write_text(f"图片,SKU\nblue.jpg,{one}\ngreen.jpg,{other}\n")
    assert [mark.kind for mark in check_table(tmp_path / "goods.csv", shop, house).marks] == []


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("SKU", "a1-11", "Ａ１－１１"),
        ("条码", "036000291452", "0036000291452"),
        ("条码", "590 1234 123457", "5901234-123457"),
    ],
)
def test_one_number_in_two_spellings_is_one(house, shop, tmp_path, column, one, other):
    (tmp_path / "goods.csv").write_text(f"图片,{column}\nblue.jpg,{one}\ngreen.jpg,{other}\n")
    (mark,) = check_table(tmp_path / "goods.csv", shop, house).marks
    assert (mark.row, mark.kind) == (1, Kind.DUPLICATE)


def test_what_shopify_wants_empty_in_a_products_further_rows_is_no_gap(house, shop, tmp_path):
    rows = ["cup,Cup,,Blue,B1,blue.jpg", "cup,,,,,green.jpg", "cup,,,,B2,", "jar,Jar,,,J1,pack.jpg", ",Bag,,,A1,"]
    headings = "Handle,Title,Vendor,Color,Variant SKU,Image Src"
    (tmp_path / "goods.csv").write_text("\n".join([headings, *rows]))
    marks = check_table(tmp_path / "goods.csv", shop, house).marks
    assert {(mark.row, mark.kind) for mark in marks if mark.row < 3} <= {(0, Kind.EMPTY)}
    assert (3, Kind.EMPTY) in {(mark.row, mark.kind) for mark in marks}
    assert (4, Kind.NO_PICTURE) in {(mark.row, mark.kind) for mark in marks}


def test_nothing_outside_the_folder_is_opened(house, shop, tmp_path):
    outside = cup(tmp_path / "secret.jpg", "#1f5fd0", 3)
    (tmp_path / "goods.csv").write_text(f"图片,颜色\n{outside},红色\n../secret.jpg,红色\n")
    marks = check_table(tmp_path / "goods.csv", shop, house).marks
    assert {mark.kind for mark in marks} == {Kind.NO_PICTURE} and len(marks) == 2


def test_two_pictures_of_one_name_are_no_guess_and_a_path_tells_them_apart(house, shop, tmp_path):  # req: F2
    for folder in ("red", "blue", "@eaDir"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.jpg").write_bytes((shop / "blue.jpg").read_bytes())
    (tmp_path / "goods.csv").write_text("图片,颜色\n1.jpg,蓝色\nred/1.jpg,蓝色\nBLUE\\1.JPG,蓝色\n1,蓝色\n")
    marks = [mark for mark in check_table(tmp_path / "goods.csv", None, house).marks if mark.kind is Kind.NO_PICTURE]
    assert [mark.row for mark in marks] == [0, 3]
    assert "blue/1.jpg, red/1.jpg" in marks[0].reason and str(tmp_path) not in marks[0].reason


def test_each_name_in_a_cell_is_looked_for_and_a_name_may_hold_a_comma(house, shop, tmp_path):
    for place in ("red/1.jpg", "blue/2.jpg", "a,b.jpg"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_bytes((shop / "blue.jpg").read_bytes())
    (tmp_path / "goods.csv").write_text('图片,货号,品牌\nnix/1.jpg;red/0.jpg;blue/2.jpg,1,\n"a,b.jpg",2,\n')
    marks = [mark for mark in check_table(tmp_path / "goods.csv", None, house).marks if mark.kind is Kind.NO_PICTURE]
    assert [(mark.row, mark.evidence) for mark in marks] == [(0, "red/0.jpg")]


def test_pictures_are_found_by_the_articles_number(house, shop, tmp_path):
    for name in ("7.jpg", "7_2.jpg"):
        (tmp_path / name).write_bytes((shop / "blue.jpg").read_bytes())
    (tmp_path / "goods.csv").write_text("货号,图片,颜色\n7,,红色\n8,,红色\n")
    kinds = {mark.row: mark.kind for mark in check_table(tmp_path / "goods.csv", None, house).marks}
    assert kinds == {0: Kind.COLOUR, 1: Kind.NO_PICTURE}


def test_pictures_inside_the_cells_are_looked_at(house, shop, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["图片", "颜色"])
    book.active.append(["", "红色"])
    book.active.add_image(openpyxl.drawing.image.Image(shop / "blue.jpg"), "A2")
    book.save(tmp_path / "goods.xlsx")
    (mark,) = check_table(tmp_path / "goods.xlsx", tmp_path, house).marks
    assert mark.kind is Kind.COLOUR and "蓝" in (mark.proposal or "")


def test_what_is_no_spreadsheet_is_refused_in_words(house, tmp_path):
    empty, bomb = tmp_path / "a.csv", tmp_path / "b.xlsx"
    empty.write_text("1,2,3\n4,5,6\n")
    with pytest.raises(BadInput, match="1, 2, 3"):
        check_table(empty, None, house)
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 450_000_000)
    with pytest.raises(BadInput, match="too large"):
        check_table(bomb, None, house)
    with pytest.raises(BadInput):
        check_table(tmp_path / "none.csv", None, house)


def test_the_spreadsheet_itself_is_never_written(sheet):
    done = tujian("check", sheet, "--out", sheet, home=sheet.parent)
    assert done.returncode == 2 and "不会被改写" in done.stderr


# a family's folder


@pytest.fixture(scope="module")
def album(tmp_path_factory, shop) -> Path:
    """Two years, one place, one photo twice, one identity card, one text file, one torn picture; what storage devices
    and archives leave beside them."""
    folder = tmp_path_factory.mktemp("album")
    dated(shop / "blue.jpg", folder / "2023/sea.jpg", "2023:07:01 10:00:00", (39.9042, 116.4074))
    dated(shop / "green.jpg", folder / "2024/hill.jpg", "2024:01:05 09:30:00")
    (folder / "copies").mkdir()
    (folder / "copies/sea again.jpg").write_bytes((folder / "2023/sea.jpg").read_bytes())
    pack(folder / "card.png", "居民身份证", "姓名 张三", "公民身份号码", "11010519491231002X")
    (folder / "notes.txt").write_text("买菜")
    (folder / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(400))
    for left_out in (".hidden.jpg", "@eaDir/sea.jpg", "#recycle/old.jpg", "__MACOSX/._sea.jpg"):
        (folder / left_out).parent.mkdir(exist_ok=True)
        (folder / left_out).write_bytes((folder / "2023/sea.jpg").read_bytes())
    return folder


def dated(source: Path, path: Path, taken: str, gps: tuple[float, float] | None = None) -> None:
    path.parent.mkdir(parents=True)
    image = Image.open(source)
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = taken
    if gps:
        exif.get_ifd(0x8825).update({1: "N", 2: (gps[0], 0.0, 0.0), 3: "E", 4: (gps[1], 0.0, 0.0)})
    image.save(path, exif=exif)


def prints(folder: Path) -> dict[str, tuple[str, int]]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(p): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in files}


def test_the_first_report_counts_years_places_copies_and_papers_and_changes_nothing(house, album):
    before = prints(album)
    report = report_on(album, house)
    assert prints(album) == before
    assert (report.photos, report.other_files) == (5, 1)
    assert report.by_year["2023"] == 2 and report.by_year["2024"] == 1 and report.by_year["不详"] == 1
    assert sum(count for place, count in report.by_place.items() if "北京" in place) == 2
    assert report.copies == {"2023/sea.jpg": ["copies/sea again.jpg"]}
    assert report.copies_bytes == (album / "2023/sea.jpg").stat().st_size
    assert report.papers == {"id_card": ["card.png"]}
    assert list(report.unreadable) == ["torn.jpg"]


def test_the_report_on_the_command_line_says_that_nothing_was_moved(album, tmp_path):
    before = prints(album)
    done = tujian("check", album, "--out", tmp_path / "report.json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "5 张图片" in done.stdout and "2023 2" in done.stdout and "没有移动、上传" in done.stdout
    assert '"copies_bytes"' in (tmp_path / "report.json").read_text("utf-8") and prints(album) == before


def test_columns_that_nobody_knows_are_named_on_the_command_line(tmp_path):
    (tmp_path / "odd.csv").write_text("甲,乙\nmissing.jpg,黑包\n", "utf-8")
    refused = tujian("check", tmp_path / "odd.csv", home=tmp_path)
    assert refused.returncode == 2 and "--map" in refused.stderr  # what it advises works
    done = tujian("check", tmp_path / "odd.csv", "--map", "甲=picture", "--map", "乙=title", home=tmp_path)
    assert done.returncode == 0 and "missing.jpg" in (tmp_path / "odd-体检.csv").read_text("utf-8-sig")


def test_numbers_kept_as_text_are_read_and_given_back_as_they_were(tmp_path):
    """="00123" is what shops' programs write so that Excel leaves the zeros; it runs nothing."""
    source = tmp_path / "erp.csv"
    source.write_text('图片,SKU,条码\na.jpg,"=""00123""",\'6901234567892\n', "utf-8")
    table = read_table(source, ["图片", "sku", "条码"])
    assert table.rows[0].cells == ["a.jpg", "00123", "6901234567892"] and not table.rows[0].formulas
    table.save(tmp_path / "out.csv", [], "zh")
    [_, row] = csv.reader(io.StringIO((tmp_path / "out.csv").read_text("utf-8-sig")))
    assert row[:3] == ["a.jpg", '="00123"', "'6901234567892"]


def test_a_second_row_of_headings_is_not_checked(tmp_path):
    source = tmp_path / "taobao.csv"
    source.write_text("title,outer_id,price\n宝贝名称,商家编码,一口价\n红杯子,R1,19.90\n", "utf-8")
    known = ["title", "outerid", "price", "宝贝名称", "商家编码", "一口价"]
    assert [(row.number, row.cells[1]) for row in read_table(source, known).rows] == [(3, "R1")]


def test_skus_that_differ_by_the_place_of_a_mark_are_two():
    rows = [Row(n, [sku]) for n, sku in enumerate(["A1-11", "A11-1", "SKU-1.5", "SKU-15", "a1-11", "Ａ1-11"])]
    assert list(_same_codes(rows, 0)) == [(4, 0), (5, 0)]
