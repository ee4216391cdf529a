"""The search finds by words, meaning, looks and facts, alike on both databases. req: A9, D8, E8, E9"""

from contextlib import contextmanager

import numpy as np
import pytest
from kept import incoming, open_catalogue, record

from tujian.catalogue.nouns import PictureVector, to_cursor
from tujian.cli.searching import parse_filter
from tujian.errors import BadInput, StoreLocked
from tujian.filters import Filter
from tujian.finding import Query, Search
from tujian.perception.vectors import default_embedder
from tujian.records import Guess, Value
from tujian.taxonomy import Taxonomy

GOODS = {
    "浅色女士凉鞋": {"colours": ["白色"], "summary": "镂空设计利于散热", "price": "129.00 CNY"},
    "红色连帽卫衣": {"colours": ["酒红色"], "brand": "Nike", "price": "399.00 CNY"},
    "黑色双肩包": {"colours": ["黑色"], "summary": "大容量旅行背包", "price": "159.00 CNY"},
    "纯牛奶 1L": {"brand": "蒙牛", "category": "牛奶", "price": "15.00 CNY"},
    "白色运动鞋": {"colours": ["白色"], "category": "运动鞋", "price": "199.00 CNY"},
}


@pytest.fixture(scope="module")
def embedder():
    return default_embedder()


@pytest.fixture
def catalogue(database, tmp_path):
    return open_catalogue(database, tmp_path)


@pytest.fixture
def shop(catalogue):
    """Ids by title."""
    return {title: add(catalogue, title, **values) for title, values in GOODS.items()}


@pytest.fixture
def search(database, embedder):
    return Search(database, lambda: embedder)


def add(catalogue, title, vector=None, **values):
    content = f"{title}{values}".encode()
    shown = incoming(content, vector=vector) if vector is not None else incoming(content)
    return catalogue.add([shown], who="t", values={"name": title, **values}).id


def titles(found):
    return [hit.item.title for hit in found.hits]


@contextmanager
def refused(*_, **__):
    raise StoreLocked("locked", zh=("数据库被占用。", "稍后再试。"), en=("The database is locked.", "Try again."))
    yield


def facts(*filters, **more):
    return Query(filters=tuple(filters), **more)


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("适合夏天穿的凉鞋", "浅色女士凉鞋"),  # the sandal of A9
        ("牛奶", "纯牛奶 1L"),
        ("純牛奶", "纯牛奶 1L"),
        ("書包", "黑色双肩包"),
        ("red hoodie", "红色连帽卫衣"),
        ("sandals for summer", "浅色女士凉鞋"),
        ("ＮＩＫＥ", "红色连帽卫衣"),
    ],
)
def test_what_is_meant_comes_first(search, shop, asked, first):
    assert titles(search.find(Query(asked)))[:1] == [first]


@pytest.mark.parametrize("asked", ["水龙头", "区块链", "asdfghjkl", "钢琴"])
def test_nothing_is_found_where_nothing_fits(search, shop, asked):
    found = search.find(Query(asked))
    assert (found.hits, found.total, found.facets) == ([], 0, {})


def test_a_hit_says_why(search, shop):
    hit = search.find(Query("双肩包")).hits[0]
    assert hit.why["words"] == 1.0
    assert 0.4 <= hit.why["meaning"] <= 1
    assert hit.score == 1.0


def test_strictness_takes_away_and_never_adds(search, shop):
    found = [set(titles(search.find(Query("夏天穿的凉鞋", strictness=s)))) for s in (0.0, 0.5, 1.0)]
    assert found[0] > found[1] >= found[2] >= {"浅色女士凉鞋"}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter("colour", "is", "红色"), {"红色连帽卫衣"}),
        (Filter("colour", "not", "白色"), {"红色连帽卫衣", "黑色双肩包", "纯牛奶 1L"}),
        (Filter("price", "under", 159), {"浅色女士凉鞋", "黑色双肩包", "纯牛奶 1L"}),
        (Filter("price", "between", (150, 200)), {"黑色双肩包", "白色运动鞋"}),
        (Filter("brand", "is", "NIKE"), {"红色连帽卫衣"}),
        (Filter("category", "is", "fb"), {"纯牛奶 1L"}),  # food and drink, with all below
        (Filter("category", "is", "牛奶"), {"纯牛奶 1L"}),
        (Filter("kind", "is", "photo"), set()),
        (Filter("date", "since", "2000-01-01"), set(GOODS)),
    ],
)
def test_facts_filter(search, shop, wanted, found):
    assert set(titles(search.find(facts(wanted)))) == found


def test_a_sentence_spares_colours_that_are_not_known(search, shop):
    meant = (Filter("colour", "is", "红色"),)
    assert titles(search.find(Query("纯牛奶", meant=meant)))[:1] == ["纯牛奶 1L"]
    assert not search.find(Query("纯牛奶", filters=meant)).hits


def test_an_operation_that_a_field_does_not_have_is_named(search, shop):
    with pytest.raises(BadInput, match="brand"):
        search.find(facts(Filter("brand", "under", "x")))


def test_facets_count_what_was_found(search, shop):
    facets = search.find(facts(Filter("colour", "is", "白色"))).facets
    assert {(one.value, one.count) for one in facets["colour"]} == {("white", 2)}


def test_what_nobody_was_sure_of_is_a_facet_of_its_own_until_somebody_says_it(catalogue, search, shop):
    shoes = next(one.id for one in Taxonomy.shipped() if one.zh == "运动鞋")
    unsure = Value(top3=[Guess(value="运动鞋", id=shoes, confidence=0.6)])
    catalogue.save(add(catalogue, "新到的"), record(category=unsure))
    (guessed,) = search.find(Query()).facets["category_guess"]
    assert (guessed.value, guessed.count) == (shoes, 1)
    maybe = facts(Filter("category_guess", "is", shoes))
    (hit,) = search.find(maybe).hits
    assert hit.item.title == "新到的" and titles(search.find(facts(Filter("category", "is", shoes)))) == ["白色运动鞋"]
    catalogue.edit(hit.item.id, {"category": "运动鞋"}, who="李雷")
    assert "category_guess" not in search.find(Query()).facets and search.find(maybe).hits == []


def test_pages_follow_each_other_and_hold_each_hit_once(search, shop):
    seen, after = [], ""
    while True:
        page = search.find(Query(limit=2, after=after))
        seen += titles(page)
        if page.next is None:
            break
        after = page.next
    assert sorted(seen) == sorted(GOODS)


def test_hits_of_a_question_come_in_pages_too(search, catalogue):
    for number in range(7):
        add(catalogue, f"白色马克杯 {number}")
    first = search.find(Query("马克杯", limit=4))
    rest = search.find(Query("马克杯", limit=4, after=first.next))
    assert len({hit.item.id for hit in (*first.hits, *rest.hits)}) == 7
    assert rest.next is None


def test_hidden_items_are_found_by_nobody_who_does_not_ask(search, catalogue, shop):
    """req: C10"""
    catalogue.hide(shop["黑色双肩包"], who="t")
    for query in (Query("双肩包"), facts(Filter("colour", "is", "黑色")), Query()):
        found = search.find(query)
        assert "黑色双肩包" not in titles(found)
        assert all(one.value != "black" for one in found.facets.get("colour", []))
    assert titles(search.find(Query("双肩包", also=("hidden",))))[:1] == ["黑色双肩包"]


def test_what_changes_is_found_by_what_it_is_now(search, catalogue, shop):
    catalogue.edit(shop["黑色双肩包"], {"name": "蓝色帐篷", "colours": ["蓝色"], "summary": None}, who="t")
    assert titles(search.find(Query("帐篷")))[:1] == ["蓝色帐篷"]
    assert not search.find(Query("双肩包", ways=("words",))).hits
    assert not search.find(facts(Filter("colour", "is", "黑色"))).hits


def test_what_was_forgotten_is_gone_from_every_way(search, catalogue, shop):
    search.find(Query("凉鞋"))  # its vector is in memory
    catalogue.forget(shop["浅色女士凉鞋"], who="t")
    assert "浅色女士凉鞋" not in titles(search.find(Query("适合夏天穿的凉鞋")))


def test_what_comes_after_something_was_forgotten_is_found_by_its_meaning(search, catalogue, shop):
    search.find(Query("凉鞋"))
    catalogue.forget(add(catalogue, "毛毯"), who="t")
    last = add(catalogue, "遮阳伞")
    search.find(Query("凉鞋"))
    catalogue.forget(last, who="t")
    add(catalogue, "儿童积木")
    assert titles(search.find(Query("给孩子玩的积木玩具", ways=("meaning",))))[:1] == ["儿童积木"]


def test_what_changes_means_what_it_is_now(search, catalogue, shop):
    search.find(Query("凉鞋"))
    catalogue.edit(shop["白色运动鞋"], {"name": "儿童积木", "colours": None, "category": None}, who="t")
    assert titles(search.find(Query("给孩子玩的积木玩具", ways=("meaning",))))[:1] == ["儿童积木"]
    assert "儿童积木" not in titles(search.find(Query("运动鞋", ways=("meaning",), strictness=1.0)))


def test_a_hidden_item_opens_no_door_for_others(search, catalogue, shop):
    """What is shown must fit by itself, not because something that nobody may see does."""
    piano = add(catalogue, "三角钢琴")
    assert titles(search.find(Query("钢琴")))[:1] == ["三角钢琴"]
    catalogue.hide(piano, who="t")
    assert not search.find(Query("钢琴")).hits


@pytest.mark.parametrize("begin", ["x", "-3", "9" * 30, "2026-11-26T00:00:00"])
def test_a_cursor_of_another_list_is_told_apart(search, shop, begin):
    with pytest.raises(BadInput, match="cursor"):
        search.find(Query("凉鞋", after=to_cursor(begin, "")))


def test_a_search_goes_on_while_the_database_takes_no_writes(catalogue, database, embedder, shop):
    """What has no vector yet is found by its words."""
    search = Search(database, lambda: embedder)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(database), "write", refused)
        assert titles(search.find(Query("双肩包")))[:1] == ["黑色双肩包"]


@pytest.mark.parametrize(
    "asked",
    [
        "\"' OR 1=1 --",
        "*; drop table items",
        'a AND (b OR "c"',
        "NEAR(a b) ^x -y col:z",
        "a & | ! :* <-> b",
        "!!! ，。？",
        "\0\u202e\ud800",
        "牛奶" * 5000,
        " ".join(f"w{n}" for n in range(3000)),
    ],
)
def test_no_text_breaks_a_search(search, shop, asked):
    search.find(Query(asked))


def test_looks_find_the_nearest_picture(search, catalogue):
    towards = np.eye(4, dtype=np.float32)
    for place, name in enumerate(["a", "b", "c"]):
        packed = PictureVector("eyes 1", (0.8 * towards[place] + 0.6 * towards[3]).astype(np.float16).tobytes())
        add(catalogue, name, vector=packed)
    found = search.find(Query(looks=(towards[1],), strictness=0.0), look_embedder="eyes 1")
    assert titles(found)[0] == "b"
    assert not search.find(Query(looks=(towards[1],)), look_embedder="other eyes").hits


def test_a_picture_that_an_item_shows_no_more_finds_it_no_more(search, catalogue):
    towards = np.eye(4, dtype=np.float32)
    old, new = (PictureVector("eyes 1", towards[place].astype(np.float16).tobytes()) for place in (0, 1))
    item_id = add(catalogue, "a", vector=old)
    assert search.find(Query(looks=(towards[0],)), "eyes 1").hits
    shown = catalogue.get(item_id).pictures[0].sha256
    catalogue.replace_picture(item_id, shown, incoming(b"another", vector=new), who="t")
    assert not search.find(Query(looks=(towards[0],)), "eyes 1").hits
    assert search.find(Query(looks=(towards[1],)), "eyes 1").hits


def test_kinds_are_counted(search, catalogue, shop):
    catalogue.add([incoming(b"beach")], who="t", kind="photo", values={"summary": "海边"})
    assert {one.value: one.count for one in search.find(Query()).facets["kind"]} == {"product": 5, "photo": 1}


def test_another_embedder_makes_its_own_vectors(search, database, embedder, shop):
    search.find(Query("凉鞋"))

    class Turned:
        name = "turned 1"

        def query(self, text):
            return np.eye(2, dtype=np.float32)[int("鞋" not in text)]

        def passages(self, texts):
            return np.stack([self.query(text) for text in texts])

    other = Search(database, Turned)
    while other.keep_up():
        pass
    assert set(titles(other.find(Query("鞋", ways=("meaning",), strictness=0.0)))) == {"浅色女士凉鞋", "白色运动鞋"}
    assert titles(search.find(Query("凉鞋")))[:1] == ["浅色女士凉鞋"]


@pytest.mark.parametrize("written", ["¥199", "￥199.00", "1,99 EUR", "199元/件", "¥199-299", "¥199/斤"])
def test_a_price_is_filtered_by_its_amount_however_it_was_written(search, catalogue, written):
    add(catalogue, "杯", price=written)
    add(catalogue, "壶", price="￥1,299.00")
    most = 2.0 if "EUR" in written else 200.0
    assert titles(search.find(facts(Filter("price", "under", most)))) == ["杯"]
    assert titles(search.find(facts(Filter("price", "is", 1299.0)))) == ["壶"]


@pytest.mark.parametrize("typed", ["price=199", "price=199.00"])
def test_a_price_typed_on_the_command_line_is_a_number(search, shop, typed):
    assert titles(search.find(facts(parse_filter(typed)))) == ["白色运动鞋"]
    assert "白色运动鞋" not in titles(search.find(facts(parse_filter(typed.replace("=", "!=")))))
    with pytest.raises(BadInput, match="price<=200"):
        parse_filter("price=便宜")
