"""What leaves the catalogue, and what each form says it could not hold. req: C1, F5, F6, E9"""

import csv
import io
import json
from xml.etree import ElementTree

import openpyxl
import pytest
import sqlalchemy as sa
from kept import TASKS, incoming, open_catalogue, record, value
from PIL import Image
from typer.testing import CliRunner

from tujian.bringing.tables import Table
from tujian.catalogue import Catalogue
from tujian.category_list import load_categories
from tujian.cli import app
from tujian.errors import BadInput, NotAcknowledged
from tujian.exchange import FORMS, Terms, export, find_form, google_categories
from tujian.exchange.foresight import foresee
from tujian.exchange.stock import Stock
from tujian.records import in_words
from tujian.schema import audit
from tujian.settings import read_settings
from tujian.sheets import undefused
from tujian.taxonomy import Category, Taxonomy

TAXONOMY = Taxonomy.load()


@pytest.fixture
def catalogue(database, tmp_path):
    return open_catalogue(database, tmp_path)


def terms(lang="zh", taxonomy=TAXONOMY, **more) -> Terms:
    return Terms(lang, taxonomy, google_categories(), **more)


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


def foreseen(catalogue, form, lang="zh", also=(), among=None, most=200, **more):
    return foresee(catalogue, find_form(form), terms(lang, **more), also=also, among=among, most=most)


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


# shops


def test_shopify_rows_of_one_handle_are_the_variants_of_one_product(catalogue):
    for size, code in (("S", "A-S"), ("M", "A-M")):
        item_id = catalogue.add([incoming(code.encode(), "a.jpg")], who="Li", sku=code, variant_group="A").id
        read = {
            "name": value("衬衫", "rule", True),
            "size": value([size], "rule", True),
            "price": value("99.00 CNY", "rule"),
        }
        catalogue.save(item_id, record(task="listing", **read))
    files, lost = taken(catalogue, "shopify", pictures_at="https://cdn.example.com/shop/")
    first, second = rows_of(files["shopify.csv"])
    assert first["URL handle"] == second["URL handle"] == "a"
    assert [row["Option1 value"] for row in (first, second)] == ["S", "M"] and first["Option1 name"] == "尺码"
    assert (first["SKU"], second["SKU"], first["Price"]) == ("A-S", "A-M", "99.00")
    assert (first["Status"], first["Published on online store"]) == ("Draft", "FALSE")
    assert first["Product image URL"].startswith("https://cdn.example.com/shop/")
    assert any("CNY" in loss for loss in lost)


@pytest.mark.parametrize(
    ("told", "amount", "currency"),
    [
        ("1,299.00", "1299.00", ""),
        ("1,299.00 CNY", "1299.00", "CNY"),
        ("¥1,299.00", "1299.00", "CNY"),
        ("￥199", "199", "CNY"),
        ("１９９元", "199", "CNY"),
        ("199元/件", "199", "CNY"),
        ("19,99 EUR", "19.99", "EUR"),
        ("19.99€", "19.99", "EUR"),
        ("$19.99", "19.99", "USD"),
        ("$19.99 AUD", "19.99", "AUD"),
        ("USD 19.99", "19.99", "USD"),
        ("199.0000", "199.0000", ""),
        ("99.00 CNY 起", "99.00", "CNY"),
    ],
)
def test_a_price_leaves_as_it_was_meant_however_it_was_written(catalogue, told, amount, currency):  # req: F5
    milk(catalogue, price=value(told))
    (row,) = rows_of(taken(catalogue, "google")[0]["google.csv"])
    assert row["price"] == f"{amount} {currency}".strip()
    (row,) = rows_of(taken(catalogue, "shopify")[0]["shopify.csv"])
    assert row["Price"] == amount


@pytest.mark.parametrize("told", ["99-199", "12.80 CNY/500g", "1.299 EUR", "12 / 15", "面议", "-5", "满300减50"])
def test_what_is_no_single_amount_is_no_price_and_it_says_so(catalogue, told):  # req: F5
    milk(catalogue, price=value(told))
    for form, heading in (("google", "price"), ("shopify", "Price"), ("taobao", "宝贝价格")):
        seen = foreseen(catalogue, form)
        assert dict(zip(seen.headings, seen.rows[0], strict=True))[heading] == ""
        assert any("价格不是一个确定的数" in loss.said["zh"] for loss in seen.lost)
    (product,) = json.loads(taken(catalogue, "jsonld")[0]["catalogue.jsonld"])["@graph"]
    kept = {one["propertyID"]: one["value"] for one in product["additionalProperty"]}
    assert "offers" not in product and kept["price"] == told


def shirts(catalogue, *variants) -> None:
    for number, fields in enumerate(variants):
        shown = incoming(b"shirt %d" % number, f"{number}.jpg")
        item_id = catalogue.add([shown], who="Li", sku=f"A-{number}", variant_group="A").id
        catalogue.save(item_id, record(task="listing", name=value("衬衫"), price=value("99"), **fields))


def test_shopify_says_which_options_of_a_single_product_it_does_not_take(catalogue):  # req: F5
    milk(catalogue, colours=value(["红色"]), size=value(["M"]))
    lost = taken(catalogue, "shopify")[1]
    for name in ("colours", "size", "net_content"):
        assert any(f"没有放字段 {name} 的地方" in loss for loss in lost)


def test_shopify_shows_each_variant_by_its_own_picture(catalogue):  # req: F5
    shirts(catalogue, {"size": value(["S"])}, {"size": value(["M"])})
    files, lost = taken(catalogue, "shopify", pictures_at="https://cdn.example.com")
    rows = rows_of(files["shopify.csv"])
    assert len({row["Variant image URL"] for row in rows}) == 2
    assert all(row["Variant image URL"] == row["Product image URL"] for row in rows)
    assert not any("size" in loss for loss in lost)


@pytest.mark.parametrize("form", ["shopify", "google", "taobao"])
def test_a_shop_is_not_given_an_apostrophe_in_silence(catalogue, form):  # req: F5
    milk(catalogue, name=value("-20°C Ice Pack", "rule", True))
    assert any("撇号" in loss and "（1：S1）" in loss for loss in taken(catalogue, form)[1])
    assert not any("撇号" in loss for loss in taken(catalogue, "csv")[1])  # an import takes it away again


def test_shopify_says_what_of_further_variants_it_does_not_take(catalogue):  # req: F5
    shirts(
        catalogue,
        {"size": value(["S"]), "brand": value("甲"), "detail": value("薄")},
        {"size": value(["M"]), "brand": value("乙"), "detail": value("薄"), "tags": value(["新"])},
        {"colours": value(["红色"])},
    )
    lost = taken(catalogue, "shopify")[1]
    assert any("Vendor" in loss and "A-1" in loss for loss in lost) and any("Tags" in loss for loss in lost)
    assert not any("Description" in loss for loss in lost)
    assert any("规格 size 是空的" in loss and "A-2" in loss for loss in lost)
    assert any("规格 colours 是空的" in loss and "（2：A-0、A-1）" in loss for loss in lost)


@pytest.mark.parametrize(
    ("own", "handle"),
    [
        ({"external_id": "red-linen-dress", "sku": "RLD-S-01"}, "red-linen-dress"),
        ({"external_id": "红色连衣裙"}, "红色连衣裙"),
        ({"external_id": "a_b"}, "a_b"),
        ({"external_id": "shirt", "variant_group": "春款-01"}, "春款-01"),
        ({"sku": "RLD-S-01"}, "rld-s-01"),
    ],
)
def test_a_product_that_came_from_shopify_goes_back_under_its_own_handle(catalogue, own, handle):  # req: F5
    catalogue.add([incoming(b"a", "a.jpg")], who="Li", **own)
    (row,) = rows_of(taken(catalogue, "shopify")[0]["shopify.csv"])
    assert row["URL handle"] == handle


def test_a_handle_does_not_depend_on_what_else_is_in_the_file(catalogue):  # req: F5
    names = ("Dress 01", "Dress/01", "dress-01", "——", "S" * 200)
    ids = [catalogue.add([incoming(name.encode(), "a.jpg")], who="Li", variant_group=name).id for name in names]
    seen = foreseen(catalogue, "shopify")
    place = seen.headings.index("URL handle")
    rows = rows_of(taken(catalogue, "shopify")[0]["shopify.csv"])
    assert len({row["URL handle"] for row in rows}) == 5 and max(len(row["URL handle"]) for row in rows) <= 255
    for item_id, row in zip(ids, rows, strict=True):
        assert foreseen(catalogue, "shopify", among=[item_id]).rows[0][place] == row["URL handle"]


def test_two_products_of_one_handle_stay_two_and_it_says_so(catalogue):  # req: F5
    for content in (b"a", b"b"):
        catalogue.add([incoming(content, "a.jpg")], who="Li", sku="D1")
    files, lost = taken(catalogue, "shopify")
    first, second = (row["URL handle"] for row in rows_of(files["shopify.csv"]))
    assert first == "d1" and second.startswith("d1-") and any("Handle 与前面的商品相同" in loss for loss in lost)


def test_shopify_is_told_in_sight_and_by_a_tag_what_a_model_wrote(catalogue):
    milk(catalogue, summary=value("一盒<牛奶>", "model"), category=value("食品饮料", "classifier"))
    (row,) = rows_of(taken(catalogue, "shopify")[0]["shopify.csv"])
    assert "一盒&lt;牛奶&gt;" in row["Description"] and "人工智能生成" in row["Description"]
    assert "AI生成" in row["Tags"] and row["Product category"] == "fb"


@pytest.mark.parametrize(("is_whole", "told"), [(True, "fb-1-99"), (False, "fb-1")])
def test_shopify_is_told_a_category_as_fine_as_its_own_whole_list_has_it(catalogue, is_whole, told):  # req: F5
    whole = {one.id: one for one in Taxonomy.shipped()}
    kept = whole if is_whole else {one: whole[one] for one in ("fb", "fb-1")}
    own = Taxonomy({**kept, "fb-1-99": Category("fb-1-99", "气泡水", "Fizzing", ())}, "t", Taxonomy.shipped())
    milk(catalogue, category=value("气泡水"))
    (row,) = rows_of(taken(catalogue, "shopify", taxonomy=own)[0]["shopify.csv"])
    assert row["Product category"] == told


def test_google_keeps_its_limits_and_says_what_it_cut(catalogue):
    milk(catalogue, name=value("word " * 60, "rule", True), summary=value("x" * 6000, "rule", True))
    catalogue.edit(catalogue.find_id("S1"), {"item.sku": "S" * 60}, who="Li")
    files, lost = taken(catalogue, "google", lang="en")
    (row,) = rows_of(files["google.csv"])
    assert len(row["title"]) <= 150 and not row["title"].endswith("wor")
    assert len(row["description"]) == 5000 and len(row["id"]) == 50
    assert {"id over 50", "title over 150", "description over 5000"} <= {loss.split(" characters")[0] for loss in lost}
    assert any("required" in loss for loss in lost)


def test_two_items_of_one_sku_are_two_in_a_feed_and_it_says_so(catalogue):  # req: F5
    owns = [
        {"sku": "D1"},
        {"sku": "D1", "external_id": "E1"},
        {"sku": "D1"},
        {"sku": "L" * 50 + "1"},
        {"sku": "L" * 50 + "2"},
    ]
    made = [catalogue.add([incoming(b"%d" % at, "a.jpg")], who="Li", **own).id for at, own in enumerate(owns)]
    files, lost = taken(catalogue, "google")
    assert [row["id"] for row in rows_of(files["google.csv"])] == ["D1", "E1", made[2], "L" * 50, made[4]]
    assert any("id 与前面的条目相同" in loss and "（3：" in loss for loss in lost)


def test_google_gets_what_a_model_wrote_in_the_attributes_that_say_so(catalogue):
    milk(
        catalogue, name=value('A "fine" milk'), category=value("食品饮料", "classifier"), barcode=value("123", "model")
    )
    files, lost = taken(catalogue, "google", lang="en")
    (row,) = rows_of(files["google.csv"])
    assert row["title"] == "" and row["structured_title"] == 'trained_algorithmic_media:"A ""fine"" milk"'
    assert row["google_product_category"] == "Food, Beverages & Tobacco" and row["gtin"] == ""
    assert any("GTIN" in loss for loss in lost)


@pytest.mark.parametrize(
    "code", ["0000000000000", "2012345678903", "20123451", "0212345678909", "9811234567891", "9901234567899"]
)
def test_a_number_for_use_inside_a_shop_identifies_nothing_elsewhere(catalogue, code):  # req: F5
    milk(catalogue, barcode=value(code))
    files, lost = taken(catalogue, "google")
    (row,) = rows_of(files["google.csv"])
    assert row["gtin"] == "" and any("店内码" in loss for loss in lost)
    files, lost = taken(catalogue, "jsonld", lang="en")
    (product,) = json.loads(files["catalogue.jsonld"])["@graph"]
    assert f"gtin{len(code)}" not in product and any("inside a shop" in loss for loss in lost)


def test_google_is_not_left_without_an_identifier_in_silence(catalogue):  # req: F5
    for sku, fields in {"S1": {"brand": "甲"}, "S2": {"model_number": "X1"}, "S3": {}}.items():
        catalogue.add([incoming(sku.encode(), "a.jpg")], who="Li", sku=sku, values={"name": "杯", **fields})
    (told,) = [loss for loss in taken(catalogue, "google")[1] if "identifier_exists" in loss]
    assert "（1：S3）" in told


def test_a_users_own_list_says_where_a_category_stands_before_the_shipped_one_does(catalogue, tmp_path):  # req: F5
    (tmp_path / "categories.tsv").write_text(
        "id\tparent\tzh\ten\tsynonyms\tgoogle\n"
        "drinks\t\t饮料\tDrinks\t\tFood > Beverages\n"
        "juice\tdrinks\t果汁\tJuice\t\t\n",
        "utf-8",
    )
    own = {"taxonomy": load_categories(tmp_path), "own_categories": {"饮料": "50002766"}}
    for sku, name in (("D", "饮料"), ("J", "果汁")):
        item_id = catalogue.add([incoming(sku.encode(), "a.jpg")], who="Li", sku=sku).id
        catalogue.save(item_id, record(category=value(name)))
    found = {
        row["id"]: row["google_product_category"] for row in rows_of(taken(catalogue, "google", **own)[0]["google.csv"])
    }
    assert found == {"D": "Food > Beverages", "J": "Food, Beverages & Tobacco > Beverages > Juice"}
    lines = taken(catalogue, "taobao", **own)[0]["taobao.csv"].decode("utf-16").split("\r\n")
    assert [line.split("\t")[1] for line in lines[3:5]] == ["50002766", "50002766"]


def test_taobao_is_utf16_with_three_heads_and_titles_of_sixty_bytes(catalogue):
    milk(catalogue, name=value("很" * 40, "rule", True), category=value("食品饮料", "classifier"))
    files, lost = taken(catalogue, "taobao", own_categories={"食品饮料": "50002766"})
    lines = files["taobao.csv"].decode("utf-16").split("\r\n")
    assert lines[0] == "version 1.00" and lines[1].startswith("title\tcid") and lines[2].startswith("宝贝名称\t")
    row = dict(zip(lines[1].split("\t"), lines[3].split("\t"), strict=True))
    assert row["title"] == "很" * 30 and row["cid"] == "50002766" and row["outer_id"] == "S1"
    assert any("60 字节" in loss for loss in lost) and any("brand" in loss for loss in lost)


def test_jsonld_gives_products_with_everything_that_is_known(catalogue):
    code = value("5901234123457", "barcode", True)
    milk(catalogue, barcode=code, summary=value("一盒牛奶", "model"), price=value("9.90 CNY", "rule", True))
    files, _ = taken(catalogue, "jsonld", pictures_at="https://cdn.example.com")
    graph = json.loads(files["catalogue.jsonld"])["@graph"]
    assert graph[0]["gtin13"] == "5901234123457" and graph[0]["brand"]["name"] == "ALPRO"
    assert graph[0]["offers"] == {"@type": "Offer", "price": "9.90", "priceCurrency": "CNY"}
    assert graph[0]["image"][0]["@type"] == "ImageObject"
    assert graph[0]["subjectOf"]["digitalSourceType"].endswith("TrainedAlgorithmicMediaDigitalSource")
    told = {one["propertyID"]: one["value"] for one in graph[0]["additionalProperty"]}
    assert told["net_content"] == "1 L" and told["generated"] == ["summary"]


@pytest.mark.parametrize(
    ("form", "own"), [("shopify", "title_shopify"), ("google", "title_google"), ("taobao", "title_taobao")]
)
def test_a_second_name_or_text_that_a_form_has_no_place_for_is_told(catalogue, form, own):  # req: F5
    milk(catalogue, **{own: value("标题")}, name=value("名字"), detail=value("长文"), summary=value("短文"))
    lost = taken(catalogue, form)[1]
    for name, is_told in ((own, False), ("name", True), ("detail", False), ("summary", True)):
        assert any(f"字段 {name} " in loss for loss in lost) == is_told, name


def test_the_title_of_another_channel_that_was_used_is_not_told_as_lost(catalogue):  # req: F5
    milk(catalogue, title_google=value("标题"), style_number=value("X1"))
    for form in ("shopify", "google", "taobao"):
        assert not any("title_google" in loss for loss in taken(catalogue, form)[1])


def test_jsonld_keeps_the_second_name_and_text(catalogue):  # req: F5
    fields = {"title_google": "标题", "name": "名字", "detail": "长文", "summary": "短文"}
    milk(catalogue, **{name: value(text) for name, text in fields.items()})
    (product,) = json.loads(taken(catalogue, "jsonld")[0]["catalogue.jsonld"])["@graph"]
    kept = {one["propertyID"]: one["value"] for one in product["additionalProperty"]}
    assert (product["name"], product["description"]) == ("标题", "长文")
    assert (kept["name"], kept["summary"]) == ("名字", "短文") and not {"title_google", "detail"} & set(kept)


def test_an_empty_catalogue_gives_files_that_can_be_read(catalogue):
    assert json.loads(taken(catalogue, "jsonld")[0]["catalogue.jsonld"])["@graph"] == []
    assert rows_of(taken(catalogue, "shopify")[0]["shopify.csv"]) == []
    assert taken(catalogue, "xmp")[0] == {}


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
    assert done.exit_code == 0 and str(out) in done.stdout, done.stderr
    assert [row["SKU"] for row in rows_of(out.read_bytes())] == ["S1"]
    with catalogue.database.read() as connection:
        (facts,) = [row.facts for row in connection.execute(audit.select().where(audit.c.verb == "export"))]
    assert facts["items"] == 1 and "全网最低价" in facts["acknowledged"][0]


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
