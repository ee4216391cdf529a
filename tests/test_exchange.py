"""What leaves the catalogue, and what each form says it could not hold. req: C1, F5, F6, E9"""

import io
import json
from xml.etree import ElementTree

import openpyxl
import pytest
import sqlalchemy as sa
from kept import TASKS, incoming, open_catalogue, record, value
from PIL import Image
from taken_out import foreseen, milk, rows_of, taken
from typer.testing import CliRunner

from tujian.bringing.tables import Table
from tujian.catalogue import Catalogue
from tujian.cli import app
from tujian.errors import BadInput, NotAcknowledged
from tujian.exchange import FORMS, find_form
from tujian.exchange.stock import Stock
from tujian.records import in_words
from tujian.schema import audit
from tujian.settings import read_settings
from tujian.sheets import undefused


@pytest.fixture
def catalogue(database, tmp_path):
    return open_catalogue(database, tmp_path)


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


def test_all_advertising_words_are_on_the_list_however_many_items_have_the_first(catalogue):  # req: F6
    for number in range(12):
        said = "国家级牛奶" if number == 11 else "最好的牛奶"
        catalogue.add([incoming(b"%d" % number, "a.jpg")], who="Li", sku=f"S{number}", values={"name": said})
    with pytest.raises(NotAcknowledged) as stopped:
        taken(catalogue, "csv")
    assert "12 处" in stopped.value.zh.message
    assert "S0、S1、S2 …（11 件） · name · “最好”" in stopped.value.zh.message
    assert "S11 · name · “国家级”" in stopped.value.zh.message
    best, state = foreseen(catalogue, "csv", most=200).adverts
    assert (best.count, state.count, best.mark != state.mark) == (11, 1, True)
    (fewer, _) = foreseen(catalogue, "csv", among=[item.id for item in Stock(catalogue)][1:]).adverts
    assert fewer.count == 10 and fewer.mark != best.mark


def test_advertising_words_printed_on_the_picture_count_too(catalogue):
    item_id = milk(catalogue)
    shown = record(brand=value("ALPRO", "rule", True)).model_dump(mode="json")
    line = {"text": "国家级品质", "box_1000": [0, 0, 500, 100], "quad_px": [], "confidence": 0.9}
    catalogue.save(item_id, type(record()).model_validate({**shown, "text_lines": [line]}))
    with pytest.raises(NotAcknowledged, match="国家级"):
        taken(catalogue, "csv")


def test_the_importer_reads_the_workbook_as_it_reads_the_csv(catalogue, tmp_path):
    tags = [f"词{n}" for n in range(40)]  # more semicolons than commas
    milk(catalogue, name=value("=1+1"), colours=value(["白色", "蓝色"], "colour"), tags=value(tags))
    for form in ("csv", "xlsx"):
        (tmp_path / f"goods.{form}").write_bytes(taken(catalogue, form)[0][f"catalogue.{form}"])
        ((_, row),) = Table.opened(tmp_path / f"goods.{form}", {}, TASKS)
        assert row.values["name"] == "=1+1" and row.values["colours"] == ["白色", "蓝色"]
        assert row.values["tags"] == tags
        assert (row.sku, list(row.pictures), row.notes) == ("S1", ["milk.jpg"], [])


def test_jsonl_holds_the_evidence(catalogue):
    milk(catalogue)
    (line,) = taken(catalogue, "jsonl")[0]["catalogue.jsonl"].splitlines()
    assert json.loads(line)["values"]["brand"]["value"]["evidence"][0]["quote"] == "ALPRO"


def test_an_item_is_loaded_once_to_be_judged_and_once_to_be_written(catalogue, database):  # req: F5
    for number in range(3):
        catalogue.add([incoming(b"%d" % number)], who="Li", sku=f"S{number}", values={"name": f"杯 {number}"})
    loads: list[str] = []

    def note(_connection, _cursor, statement: str, *_more) -> None:
        loads.extend([statement] if "records_count" in statement and "LIMIT" not in statement else [])

    sa.event.listen(database.engine, "before_cursor_execute", note)
    files, _ = taken(catalogue, "csv")
    sa.event.remove(database.engine, "before_cursor_execute", note)
    assert [row["name"] for row in rows_of(files["catalogue.csv"])] == ["杯 0", "杯 1", "杯 2"] and len(loads) == 6


@pytest.mark.parametrize(
    ("told", "lang", "words"),
    [
        (["红色", "白色"], "zh", "红色、白色"),
        (["red", "white"], "en", "red, white"),
        (True, "zh", "是"),
        (False, "en", "no"),
        (2.0, "en", "2"),
        (1234567.5, "zh", "1234567.5"),
        (None, "zh", ""),
    ],
)
def test_a_value_has_the_same_words_wherever_it_is_shown(told, lang, words):  # req: F5
    assert in_words(told, lang) == words


def test_a_list_whose_parts_hold_separators_says_that_it_will_be_split(catalogue):
    milk(catalogue, selling_points=value(["酸，甜", "脆"]))
    _, lost = taken(catalogue, "csv")
    assert len(lost) == 1 and "selling_points" in lost[0] and "S1" in lost[0]


def test_an_unknown_form_is_refused_with_the_names_there_are():
    with pytest.raises(BadInput, match="csv"):
        find_form("dbf")


# before anything is written


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_foretold_is_what_the_export_says_then(catalogue, form, lang):
    milk(catalogue, name=value("很长的名字" * 60), material=value("棉"), tags=value(["a，b", "c"]))
    catalogue.edit(milk(catalogue, barcode=value("123", "model")), {"item.sku": "S2"}, who="Li")
    told = foreseen(catalogue, form, lang)
    files, lost = taken(catalogue, form, lang)
    assert [loss.say(lang) for loss in told.lost] == lost and (told.total, told.looked) == (2, 2)
    if find_form(form).heads:
        assert told.headings and len(told.rows) == 2
        written = b"".join(files.values())
        shown = written.decode("utf-16" if form == "taobao" else "utf-8-sig") if form != "xlsx" else None
        for row in told.rows if shown else []:
            assert all(cell.replace('"', '""') in shown for cell in row)
    else:
        assert not told.headings and not told.rows


def test_a_loss_names_the_items_that_have_it_once_each(catalogue):
    first = milk(catalogue, material=value("棉"), selling_points=value(["酸，甜"]), tags=value(["a，b"]))
    catalogue.edit(milk(catalogue, material=value("麻")), {"item.sku": "S2"}, who="Li")
    told = {loss.said["zh"]: loss for loss in foreseen(catalogue, "shopify").lost}
    loss = told["没有放字段 material 的地方"]
    assert loss.count == 2 and loss.examples[0] == (first, "S1")
    assert told["没有价格"].count == 2


def test_rows_are_foretold_as_they_would_stand_in_the_file(catalogue):
    milk(catalogue, name=value("=1+1"), price=value("9.90 CNY", "rule"))
    for form, title in (("csv", "name"), ("xlsx", "name"), ("shopify", "Title"), ("taobao", "宝贝名称")):
        told = foreseen(catalogue, form)
        (row,) = told.rows
        assert dict(zip(told.headings, row, strict=True))[title] == "'=1+1", form


def test_many_items_are_foretold_by_the_first_of_them(catalogue):
    ids = [milk(catalogue) for _ in range(5)]
    catalogue.edit(ids[4], {"item.variant_group": "G"}, who="Li")
    catalogue.edit(ids[0], {"item.variant_group": "G"}, who="Li")
    told = foreseen(catalogue, "csv", most=2)
    assert (told.total, told.looked) == (5, 2)
    assert [row[0] for row in told.rows] == [ids[0], ids[4]]  # side by side, as the export has them
    assert foreseen(catalogue, "csv", among=ids[1:3], most=2).total == 2


def test_advertising_words_are_foretold_and_nothing_is_noted(catalogue, database):
    milk(catalogue, selling_points=value(["全网最低价"], "model"))
    (advert,) = foreseen(catalogue, "shopify").adverts
    assert (advert.examples[0].called, advert.place) == ("S1", "selling_points") and "最低价" in advert.say("zh")
    assert foreseen(catalogue, "jsonl").adverts == []
    with database.read() as connection:
        assert connection.execute(audit.select().where(audit.c.verb == "export")).all() == []


@pytest.mark.parametrize("form", FORMS)
def test_hidden_and_sensitive_items_are_not_foretold(catalogue, form):
    catalogue.hide(milk(catalogue, name=value("未发布", "model"), material=value("棉")), who="Li")
    secret = milk(catalogue)
    catalogue.save(secret, record(sensitive=True, name=value("证件")))
    told = foreseen(catalogue, form)
    assert (told.total, told.looked, list(told.lost), list(told.rows)) == (0, 0, [], [])
    assert foreseen(catalogue, form, also=["hidden", "sensitive"]).total == 2


# albums

XMP = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "tujian": "urn:tujian:xmp:1.0/",
}


def test_a_sidecar_keeps_what_a_model_wrote_out_of_the_words_of_a_person(catalogue):
    item_id = catalogue.add([incoming(b"sea", "2024/sea.jpg")], who="Li", kind="photo").id
    read = {"summary": value("海边 <日落>", "model"), "objects": value(["船"], "model")}
    catalogue.save(item_id, record(task="album", **read))
    catalogue.edit(item_id, {"category": "旅行"}, who="Li")
    files, _ = taken(catalogue, "xmp")
    root = ElementTree.fromstring(files["2024/sea.jpg.xmp"])
    assert [one.text for one in root.findall(".//dc:subject//rdf:li", XMP)] == ["旅行"]
    assert root.find(".//dc:description", XMP) is None
    made = [one.text for one in root.findall(".//tujian:generated//rdf:li", XMP)]
    assert made == ["objects=船", "summary=海边 <日落>"]


def test_a_sidecar_keeps_both_texts_of_a_person(catalogue):  # req: F5
    item_id = catalogue.add([incoming(b"sea", "sea.jpg")], who="Li", kind="photo").id
    catalogue.edit(item_id, {"detail": "长文", "summary": "短文"}, who="Li")
    root = ElementTree.fromstring(taken(catalogue, "xmp")[0]["sea.jpg.xmp"])
    assert [one.text for one in root.findall(".//dc:description//rdf:li", XMP)] == ["长文"]
    assert [one.text for one in root.findall(".//tujian:person//rdf:li", XMP)] == ["summary=短文"]


def test_a_picture_of_two_items_has_one_sidecar(catalogue):  # req: F5
    for _ in range(2):
        catalogue.add([incoming(b"sea", "sea.jpg")], who="Li", kind="photo")
    files, lost = taken(catalogue, "xmp")
    assert list(files) == ["sea.jpg.xmp"] and "多个条目" in lost[0]


def test_sidecars_stay_in_their_folder_and_do_not_collide(catalogue):
    for content in (b"a", b"b"):
        catalogue.add([incoming(content, "../../etc/a.jpg")], who="Li", kind="photo")
    names = list(taken(catalogue, "xmp")[0])
    assert names[0] == "etc/a.jpg.xmp" and len(set(names)) == 2 and all(".." not in name.split("/") for name in names)


# the command line


@pytest.fixture
def shop(place, tmp_path):
    """A home whose catalogue lies in a file or on PostgreSQL, and its settings; pictures lie in `in`."""
    settings = read_settings(home=tmp_path / "home", database=place if isinstance(place, str) else "", engine="none")
    (tmp_path / "in").mkdir()
    return settings, Catalogue.opened(settings)


def tujian(settings, *args):
    url = settings.database.get_secret_value() if settings.database else ""
    environment = {"TUJIAN_HOME": str(settings.home_dir), "TUJIAN_DATABASE": url, "TUJIAN_LANG": "zh"}
    return CliRunner().invoke(app, [str(arg) for arg in args], env=environment)


def kept(catalogue, folder, sku, colour, **fields) -> str:
    """An item whose picture lies in the folder too."""
    Image.new("RGB", (64, 48), colour).save(folder / f"{sku}.png")
    shown = incoming((folder / f"{sku}.png").read_bytes(), f"{sku}.png")
    item_id = catalogue.add([shown], who="Li", sku=sku, external_id=f"E-{sku}", variant_group="G").id
    catalogue.save(item_id, record(**fields))
    return item_id


def test_the_command_line_stops_at_advertising_words_and_leaves_out_what_is_hidden(shop, tmp_path):
    settings, catalogue = shop
    kept(catalogue, tmp_path / "in", "S1", "red", selling_points=value(["全网最低价"], "model"))
    catalogue.hide(kept(catalogue, tmp_path / "in", "S2", "blue", name=value("未发布")), who="Li")
    secret = kept(catalogue, tmp_path / "in", "S3", "green", name=value("证件"))
    catalogue.save(secret, record(sensitive=True, name=value("证件")))
    out = tmp_path / "goods.csv"
    stopped = tujian(settings, "export", "--to", "csv", "--out", out)
    assert stopped.exit_code != 0 and "全网最低价" in stopped.stderr and "--acknowledge-adlaw" in stopped.stderr
    assert not out.exists() and list(tmp_path.glob("*.part")) == []
    done = tujian(settings, "export", "--to", "csv", "--out", out, "--acknowledge-adlaw")
    assert done.exit_code == 0 and f"{out}，1 件" in done.stdout, done.stderr
    assert [row["SKU"] for row in rows_of(out.read_bytes())] == ["S1"]
    with catalogue.database.read() as connection:
        (facts,) = [row.facts for row in connection.execute(audit.select().where(audit.c.verb == "export"))]
    assert facts["items"] == 1 and "全网最低价" in facts["acknowledged"][0]


def test_an_export_of_nothing_says_so(shop, tmp_path):
    settings, _ = shop
    done = tujian(settings, "export", "--to", "csv", "--out", tmp_path / "none.csv", "--lang", "en")
    assert done.exit_code == 0 and "0 items" in done.stdout and "no items" in done.stderr


def test_a_dry_run_says_what_would_be_lost_and_writes_nothing(shop, tmp_path):
    settings, catalogue = shop
    kept(catalogue, tmp_path / "in", "S1", "red", selling_points=value(["全网最低价"], "model"), material=value("棉"))
    catalogue.hide(kept(catalogue, tmp_path / "in", "S2", "blue", name=value("未发布")), who="Li")
    out = tmp_path / "goods.csv"
    told = tujian(settings, "export", "--to", "shopify", "--out", out, "--dry-run")
    assert told.exit_code == 0, told.stderr
    for said in ("试写了 1 件，一共 1 件", "全网最低价", "没有放字段 material 的地方（1：S1）", "没有价格", "SKU = S1"):
        assert said in told.stdout
    assert "未发布" not in told.stdout and not out.exists()
    english = tujian(settings, "export", "--to", "csv", "--dry-run", "--lang", "en").stdout
    assert "Tried 1 of 1 items" in english and "Everything goes along." in english and "brand" not in english
    assert not (tmp_path / "catalogue.csv").exists()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_was_taken_out_is_read_back_by_the_importer(shop, tmp_path, form):
    settings, catalogue = shop
    fields = {
        "brand": value("ALPRO", "rule", True), "net_content": value("1 L", "rule", True), "name": value("=1+1 豆奶"),
        "colours": value(["白色", "蓝色"], "colour"), "barcode": value("5901234123457", "barcode", True),
    }  # fmt: skip
    kept(catalogue, tmp_path / "in", "0007", "red", **fields)
    kept(catalogue, tmp_path / "in", "S2", "blue", brand=value("Oatly"))
    out = tmp_path / f"goods.{form}"
    assert tujian(settings, "export", "--to", form, "--out", out).exit_code == 0
    fresh = read_settings(home=tmp_path / "fresh", engine="none")
    done = tujian(fresh, "import", out, "--pictures", tmp_path / "in", "--no-look")
    assert done.exit_code == 0, done.stdout + done.stderr
    again = Catalogue.opened(fresh)
    for sku in ("0007", "S2"):
        before, after = (held.get(held.find_id(sku)) for held in (catalogue, again))
        assert {name: now.value.value for name, now in after.values.items()} == {
            name: now.value.value for name, now in before.values.items()
        }
        assert (after.external_id, after.variant_group) == (f"E-{sku}", "G")
        assert [picture.sha256 for picture in after.pictures] == [picture.sha256 for picture in before.pictures]
