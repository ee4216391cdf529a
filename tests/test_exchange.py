"""What leaves the catalogue, and what each form says it could not hold. req: F5, F6, E9"""

import csv
import io
import json

import openpyxl
import pytest
from kept import incoming, open_catalogue, record, value

from tujian.errors import BadInput, NotAcknowledged
from tujian.exchange import FORMS, Terms, export, find_form, google_categories
from tujian.exchange.cells import undefused
from tujian.schema import audit
from tujian.taxonomy import Taxonomy

TAXONOMY = Taxonomy.load()


@pytest.fixture
def catalogue(database, tmp_path):
    return open_catalogue(database, tmp_path)


def terms(lang="zh", **more) -> Terms:
    return Terms(lang, TAXONOMY, google_categories(), **more)


def taken(catalogue, form, lang="zh", acknowledged=False, also=(), **more):
    """The files of an export by name, and what it says it lost."""
    made = export(catalogue, find_form(form), terms(lang, **more), acknowledged=acknowledged, also=also, who="Li")
    files: dict[str, bytes] = {}
    for piece in made.pieces:
        files[piece.name] = files.get(piece.name, b"") + piece.content
    return files, [loss.say(lang) for loss in made.lost]


def rows_of(content: bytes, **more) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), **more))


def milk(catalogue, **fields) -> str:
    item_id = catalogue.add([incoming(b"milk", "milk.jpg")], who="Li", sku="S1").id
    read = {"brand": value("ALPRO", "rule", True), "net_content": value("1 L", "rule", True)}
    catalogue.save(item_id, record(**{**read, **fields}))
    return item_id


def test_a_csv_holds_every_current_value_and_marks_what_a_model_wrote(catalogue):
    item_id = milk(catalogue, colours=value(["白色", "蓝色"], "colour"), selling_points=value(["低脂"], "model"))
    catalogue.edit(item_id, {"name": "豆奶"}, who="Li")
    files, lost = taken(catalogue, "csv")
    (row,) = rows_of(files["catalogue.csv"])
    assert (row["SKU"], row["brand"], row["net_content"], row["name"]) == ("S1", "ALPRO", "1 L", "豆奶")
    assert row["colours"] == "白色; 蓝色" and row["图片"] == "milk.jpg"
    assert row["AI生成的字段"] == "selling_points" and lost == []


@pytest.mark.parametrize("formula", ["=cmd|' /C calc'!A0", "@SUM(A1)", "+1+1", "\t=1", "-2+3", "＝1+1"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_text_that_a_spreadsheet_would_run_is_defused_and_comes_back(catalogue, form, formula):
    milk(catalogue, name=value(formula))
    files, _ = taken(catalogue, form)
    if form == "csv":
        held = rows_of(files["catalogue.csv"])[0]["name"]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(files["catalogue.xlsx"])).active
        cell = sheet.cell(2, [one.value for one in sheet[1]].index("name") + 1)
        assert cell.data_type == "s"
        held = cell.value
    assert held.startswith("'") and undefused(held) == formula.replace("\r", "")


def test_hidden_and_sensitive_items_leave_only_when_they_are_asked_for(catalogue):
    milk(catalogue)
    catalogue.hide(milk(catalogue, name=value("未发布")), who="Li")
    secret = milk(catalogue, name=value("证件"))
    catalogue.save(secret, record(sensitive=True, name=value("证件")))
    for form in FORMS:
        content = b"".join(taken(catalogue, form)[0].values()).decode(
            "utf-16" if form == "taobao" else "utf-8", "replace"
        )
        assert "未发布" not in content and "证件" not in content
    assert len(rows_of(taken(catalogue, "csv")[0]["catalogue.csv"])) == 1
    assert len(rows_of(taken(catalogue, "csv", also=["hidden", "sensitive"])[0]["catalogue.csv"])) == 3


def test_advertising_words_stop_an_export_until_somebody_acknowledges_them(catalogue, database):
    milk(catalogue, selling_points=value(["全网最低价"], "model"))
    with pytest.raises(NotAcknowledged, match="全网最低价") as stopped:
        taken(catalogue, "csv")
    assert "S1 · selling_points" in stopped.value.zh.message
    assert "S1" in taken(catalogue, "jsonl")[0]["catalogue.jsonl"].decode()  # nobody is sold anything by it
    files, _ = taken(catalogue, "csv", acknowledged=True)
    assert rows_of(files["catalogue.csv"])[0]["selling_points"] == "全网最低价"
    with database.read() as connection:
        facts = [row.facts for row in connection.execute(audit.select().where(audit.c.verb == "export"))]
    assert "全网最低价" in facts[-1]["acknowledged"][0]


def test_advertising_words_printed_on_the_picture_count_too(catalogue):
    item_id = milk(catalogue)
    shown = record(brand=value("ALPRO", "rule", True)).model_dump(mode="json")
    line = {"text": "国家级品质", "box_1000": [0, 0, 500, 100], "quad_px": [], "confidence": 0.9}
    catalogue.save(item_id, type(record()).model_validate({**shown, "text_lines": [line]}))
    with pytest.raises(NotAcknowledged, match="国家级"):
        taken(catalogue, "csv")


def test_jsonl_holds_the_evidence(catalogue):
    milk(catalogue)
    (line,) = taken(catalogue, "jsonl")[0]["catalogue.jsonl"].splitlines()
    assert json.loads(line)["values"]["brand"]["value"]["evidence"][0]["quote"] == "ALPRO"


def test_a_list_whose_parts_hold_separators_says_that_it_will_be_split(catalogue):
    milk(catalogue, selling_points=value(["酸，甜", "脆"]))
    _, lost = taken(catalogue, "csv")
    assert len(lost) == 1 and "selling_points" in lost[0] and "S1" in lost[0]


def test_an_unknown_form_is_refused_with_the_names_there_are():
    with pytest.raises(BadInput, match="csv"):
        find_form("dbf")
