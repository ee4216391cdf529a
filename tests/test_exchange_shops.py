"""What shops and search engines are given, and what each form says it could not hold. req: F5"""

import json

import pytest
from kept import incoming, open_catalogue, record, value
from taken_out import foreseen, milk, rows_of, taken

from tujian.category_list import load_categories
from tujian.taxonomy import Category, Taxonomy


@pytest.fixture
def catalogue(database, tmp_path):
    return open_catalogue(database, tmp_path)


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
