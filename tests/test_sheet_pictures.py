"""Pictures that lie in a workbook's rows, drawn or as WPS keeps them: brought, and given back. req: C1, F2"""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.drawing.image import Image as Drawn
from PIL import Image

from tujian.bringing.tables import Table
from tujian.check_sheet import Kind, Mark, read_table
from tujian.errors import BadInput
from tujian.sheet_pictures import Part, pictures_in, read_part
from tujian.tasks import Tasks

TASKS = Tasks.load()
FORMULA = '_xlfn.DISPIMG("ID_{}",1)'
CELL_IMAGE = (
    '<etc:cellImage><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="{0}" name="ID_{1}"/></xdr:nvPicPr><xdr:blipFill>'
    '<a:blip r:embed="rId{0}"/></xdr:blipFill></xdr:pic></etc:cellImage>'
)
SPACES = (
    'xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData" '
    'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)


def png(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (60, 60), colour).save(file, "PNG")
    return file.getvalue()


def drawn_book(place: Path) -> Path:
    """Two rows, a picture anchored in each."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (("图片", "标题", "颜色"), (None, "杯子", "红色"), (None, "碗", "蓝色")):
        sheet.append(row)
    for cell, colour in (("A2", "red"), ("A3", "blue")):
        sheet.add_image(Drawn(io.BytesIO(png(colour))), cell)
    book.save(place)
    return place


def wps_book(
    place: Path, targets: tuple[str, ...] = ("media/image1.png", "media/image2.png"), before: str = ""
) -> Path:
    """Two rows whose first cells are `=DISPIMG(…)`, as WPS keeps them."""
    book = openpyxl.Workbook()
    for row in (("图片", "标题"), (f"={FORMULA.format('A1')}", "杯子"), (f"={FORMULA.format('B2')}", "碗")):
        book.active.append(row)
    book.save(place)
    pictures = "".join(CELL_IMAGE.format(n, name) for n, name in enumerate(("A1", "B2"), 1))
    related = "".join(
        f'<Relationship Id="rId{n}" Type="http://x/image" Target="{target}"/>' for n, target in enumerate(targets, 1)
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    with zipfile.ZipFile(place, "a") as archive:
        archive.writestr("xl/cellimages.xml", f"{before}<etc:cellImages {SPACES}>{pictures}</etc:cellImages>")
        archive.writestr("xl/_rels/cellimages.xml.rels", f'<Relationships xmlns="{space}">{related}</Relationships>')
        archive.writestr("xl/media/image1.png", png("red"))
        archive.writestr("xl/media/image2.png", png("blue"))
    return place


RICH_METADATA = (
    '<metadata xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:xlrd="http://schemas.microsoft.com/office/spreadsheetml/2017/richdata">'
    '<metadataTypes count="1"><metadataType name="XLRICHVALUE"/></metadataTypes>'
    '<futureMetadata name="XLRICHVALUE" count="2">{}</futureMetadata><valueMetadata count="2">'
    '<bk><rc t="1" v="0"/></bk><bk><rc t="1" v="1"/></bk></valueMetadata></metadata>'
)
NAMED = '<bk><extLst><ext uri="{{3e2802c4-a4d2-4d8b-9148-e3be6c30e623}}"><xlrd:rvb i="{}"/></ext></extLst></bk>'
RICH = "http://schemas.microsoft.com/office/spreadsheetml/2017/richdata"
RICH_RELATED = "http://schemas.microsoft.com/office/spreadsheetml/2022/richvaluerel"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def placed_book(place: Path, target: str = "../media/image1.png", value: str = "0", vm: str = "1", rel: str = "0"):
    """Two rows whose first cells are pictures, as Excel's "Place in Cell" keeps them."""
    book = openpyxl.Workbook()
    for row in (("图片", "标题"), ("#VALUE!", "杯子"), ("#VALUE!", "碗")):
        book.active.append(row)
    book.save(place)
    with zipfile.ZipFile(place) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    for cell, number in (("A2", vm), ("A3", "2")):
        assert f'<c r="{cell}" t="e">' in sheet
        sheet = sheet.replace(f'<c r="{cell}" t="e">', f'<c r="{cell}" t="e" vm="{number}">')
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    named = "".join(NAMED.format(one) for one in (value, "1"))
    parts["xl/metadata.xml"] = RICH_METADATA.format(named).encode()
    values = f'<rv s="0"><v>{rel}</v><v>5</v></rv><rv s="0"><v>1</v><v>5</v></rv>'
    parts["xl/richData/rdrichvalue.xml"] = f'<rvData xmlns="{RICH}" count="2">{values}</rvData>'.encode()
    keys = '<s t="_localImage"><k n="_rvRel:LocalImageIdentifier" t="i"/><k n="CalcOrigin" t="i"/></s>'
    parts["xl/richData/rdrichvaluestructure.xml"] = f'<rvStructures xmlns="{RICH}">{keys}</rvStructures>'.encode()
    rels = '<rel r:id="rId1"/><rel r:id="rId2"/>'
    parts["xl/richData/richValueRel.xml"] = (
        f'<richValueRels xmlns="{RICH_RELATED}" xmlns:r="{OFFICE}">{rels}</richValueRels>'.encode()
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/image" Target="{one}"/>'
        for n, one in enumerate((target, "../media/image2.png"), 1)
        if one
    )
    parts["xl/richData/_rels/richValueRel.xml.rels"] = f'<Relationships xmlns="{PACKAGE}">{related}</Relationships>'
    parts |= {"xl/media/image1.png": png("red"), "xl/media/image2.png": png("blue")}
    with zipfile.ZipFile(place, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return place


@pytest.mark.parametrize("write", [drawn_book, wps_book, placed_book])
def test_pictures_are_found_in_their_rows(tmp_path, write):
    place = write(tmp_path / "t.xlsx")
    rows = pictures_in(place, "Sheet")
    contents = {row: [read_part(place, part) for part in parts] for row, parts in rows.items()}
    colours = {row: Image.open(io.BytesIO(one[0])).getpixel((5, 5)) for row, one in contents.items()}
    assert colours == {2: (255, 0, 0), 3: (0, 0, 255)}


@pytest.mark.parametrize("write", [drawn_book, wps_book, placed_book])
def test_a_row_takes_the_pictures_that_lie_in_it(tmp_path, write):
    rows = [row for _, row in Table.opened(write(tmp_path / "t.xlsx"), {}, TASKS)]
    assert [len(row.inside) for row in rows] == [1, 1]
    assert [row.pictures for row in rows] == [(), ()]  # the formula is no file's name
    assert [row.values["name"] for row in rows] == ["杯子", "碗"]


def test_a_picture_that_was_changed_since_is_not_taken(tmp_path):
    place = drawn_book(tmp_path / "t.xlsx")
    (part,) = pictures_in(place, "Sheet")[2]
    assert Part.read_back(part.told()) == part
    assert read_part(place, Part(part.name, part.crc ^ 1)) is None
    assert read_part(tmp_path / "gone.xlsx", part) is None


@pytest.mark.parametrize("target", ["../../etc/passwd", "/xl/workbook.xml", "file:///etc/passwd", "media/none.png"])
def test_a_target_that_is_no_picture_of_the_file_is_passed_over(tmp_path, target):
    place = wps_book(tmp_path / "t.xlsx", targets=(target, "media/image2.png"))
    assert list(pictures_in(place, "Sheet")) == [3]


def test_a_document_type_is_refused(tmp_path):
    place = wps_book(tmp_path / "t.xlsx", before='<!DOCTYPE x [<!ENTITY a "aaaa">]>')
    with pytest.raises(BadInput):
        pictures_in(place, "Sheet")


@pytest.mark.parametrize("write", [drawn_book, wps_book])
def test_a_checked_workbook_comes_back_with_its_pictures(tmp_path, write):
    place, out = write(tmp_path / "t.xlsx"), tmp_path / "out.xlsx"
    table = read_table(place, ["标题", "图片"])
    assert [len(row.pictures) for row in table.rows] == [1, 1] and [row.cells[0] for row in table.rows] == ["", ""]
    table.save(out, [Mark(0, 1, Kind.EMPTY, "?")], "zh")
    before, after = pictures_in(place, "Sheet"), pictures_in(out, "Sheet")
    assert {row: [read_part(place, part) for part in parts] for row, parts in before.items()} == {
        row: [read_part(out, part) for part in parts] for row, parts in after.items()
    }
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None and len(archive.namelist()) == len(set(archive.namelist()))
        types = archive.read("[Content_Types].xml")
    assert (b"/xl/cellimages.xml" in types) == (write is wps_book)
    assert openpyxl.load_workbook(out)["体检"].max_row == 2


@pytest.mark.parametrize(
    "told",
    [
        {"target": ""},
        {"target": "../../../etc/passwd"},
        {"target": "/xl/workbook.xml"},
        {"value": "999999999999999999999"},
        {"value": "-1"},
        {"vm": "0"},
        {"vm": "999999999"},
        {"vm": "99999999999999999999"},
        {"rel": "4294967296"},
        {"rel": "²"},
        {"rel": ""},
    ],
)
def test_a_cell_whose_picture_is_not_there_has_none(tmp_path, told):
    assert list(pictures_in(placed_book(tmp_path / "t.xlsx", **told), "Sheet")) == [3]
