"""Brands, categories and colours by name. req: C4, F5"""

import pytest
from drawn import barcode, line, lines, percepts

from tujian.knowledge import Knowledge
from tujian.rules.brands import Brands, largest_lettering
from tujian.rules.category_words import find_category
from tujian.rules.colour_words import base_colour
from tujian.rules.names import PROMINENT, find_names

KNOWLEDGE = Knowledge.load()


def brands_in(*texts: str) -> list[str]:
    return [reading.value for reading in KNOWLEDGE.brands.find(lines(*texts))]


@pytest.mark.parametrize(
    "text, brand",
    [
        ("ALPRO", "Alpro"),
        ("Tropicana.", "Tropicana"),
        ("蒙牛纯牛奶", "蒙牛"),
        ("God Morgon Apelsin", "God Morgon"),
        ("Coca Cola Zero", "可口可乐"),
        ("Nescafé Gold", "雀巢咖啡"),
    ],
)
def test_known_brands_are_found_under_their_first_spelling(text, brand):
    assert brand in brands_in(text)


@pytest.mark.parametrize(
    "text", ["bravura", "a van of ice", "doveseal", "tidal wave", "统一零售价", "Now with more crest"]
)
def test_ordinary_words_are_no_brands(text):
    assert brands_in(text) == []


def test_the_brand_in_the_largest_letters_comes_first():
    found = KNOWLEDGE.brands.find((line("Nestlé", height=20), line("Alpro", top=300, height=80)))
    assert [reading.value for reading in found] == ["Alpro", "雀巢"]


def test_a_repeated_brand_outranks_a_larger_one_that_stands_there_once():
    neighbours = [line("Alpro", top=100 + 60 * n, height=30) for n in range(3)]
    found = KNOWLEDGE.brands.find((*neighbours, line("Nestlé", top=400, height=50)))
    assert found[0].value == "Alpro" and found[0].share > found[-1].share


def test_a_name_broken_over_lines_is_put_together_and_digits_may_stand_for_letters():
    (stacked,) = KNOWLEDGE.brands.find((line("GOD", top=100), line("MOR", top=145), line("GON", top=190)))
    assert (stacked.value, [more.text for more in stacked.more]) == ("God Morgon", ["MOR", "GON"])
    (mended,) = KNOWLEDGE.brands.find(lines("YO991"))
    assert mended.value == "Yoggi" and mended.share < 1


@pytest.mark.parametrize(
    "text, brand",
    [
        ("品牌：山野牧场", "山野牧场"),
        ("Brand: Hillfold", "Hillfold"),
        ("品 牌：百味林", "百味林"),
        ("HILLFOLD®", "HILLFOLD"),
        ("商标：Nestle", "雀巢"),
    ],
)
def test_what_the_pack_calls_its_brand_is_its_brand(text, brand):
    assert brands_in("纯牛奶", text)[0] == brand


@pytest.mark.parametrize(
    "text", ["品牌直供 厂家直销", "BRAND NEW COLLECTION", "三星堆の文化財レプリカが大阪で展示", "品牌"]
)
def test_talk_of_brands_is_no_brand(text):
    assert brands_in(text) == []


def test_a_trade_mark_in_the_small_print_is_not_the_brand():
    assert KNOWLEDGE.brands.find((line("Milk drink", height=90), line("LGG®", top=400, height=12))) == []


def test_a_user_adds_brands_of_their_own(tmp_path):
    (tmp_path / "brands.txt").write_text("# ours\n山野牧场|Hillfold\n", "utf-8")
    own = Brands.load(tmp_path / "brands.txt")
    assert [r.value for r in own.find(lines("HILLFOLD"))] == ["山野牧场"]
    assert own.key_of("hillfold") == own.key_of("山野牧场") and own.version != KNOWLEDGE.brands.version


def test_the_largest_lettering_is_a_name_and_no_number():
    found = largest_lettering((line("100%", height=90), line("Hillfold", height=60), line("milk", height=20)))
    assert found is not None and found.text == "Hillfold"


def name_of(*texts: str, **more: object):
    return find_names(percepts(*texts, **more), KNOWLEDGE.taxonomy, KNOWLEDGE.brands)


@pytest.mark.parametrize("text", ["品名：槐花蜂蜜", "产品名称 槐花蜂蜜", "【食品名称】槐花蜂蜜", "晶名：槐花蜂蜜"])
def test_a_labelled_name_is_read(text):
    (found,) = name_of("蜜源地", text)
    assert (found.value, found.inferred) == ("槐花蜂蜜", False)


def test_large_letters_that_name_goods_are_an_inferred_name():
    (found,) = name_of("山野牧场", "纯牛奶", "净含量：250ml")
    assert (found.value, found.inferred, found.candidate_only) == ("纯牛奶", True, False)


def test_beside_a_known_brand_the_letters_that_stand_out_are_an_inferred_name():
    lines_ = (line("Alpro", height=60), line("Zarte Wolke", top=300, height=50), line("just good", top=500, height=20))
    (found,) = name_of(text_lines=lines_, sure=False)
    assert (found.value, found.rule, found.inferred) == ("Zarte Wolke", PROMINENT, True)


def test_the_heading_of_a_side_full_of_labels_is_an_inferred_name():
    labels = [
        line(text, top=200 + 60 * n, height=24) for n, text in enumerate(("产地：云南", "保质期：9个月", "规格：5袋"))
    ]
    (found,) = name_of(text_lines=(line("槐序初酿", height=60), *labels), sure=False)
    assert (found.value, found.inferred) == ("槐序初酿", True)


def test_without_brand_or_kind_of_goods_the_largest_letters_are_a_hint():
    (found,) = name_of("HILLFOLD", "just good", sure=False)
    assert found.candidate_only


@pytest.mark.parametrize(
    "texts, wanted",
    [
        (("山野牧场", "纯牛奶"), "牛奶"),
        (("黄油曲奇饼干", "牛奶 10%"), "饼干"),
        (("APPLE JUICE",), "果汁"),
        (("品名：圆领短袖T恤",), "T恤"),
    ],
)
def test_a_pack_names_its_own_kind(texts, wanted):
    named = find_category(percepts(*texts, sure=False, barcodes=(barcode("6901234567892"),)), KNOWLEDGE.taxonomy)
    assert named is not None and KNOWLEDGE.taxonomy.get(named.id).zh == wanted


def test_a_word_on_a_shirt_is_no_category():
    shirt = percepts("COFFEE", category="aa-1-13-8", sure=True)
    assert find_category(shirt, KNOWLEDGE.taxonomy) is None


def test_small_print_names_nothing():
    found = percepts(sure=False, text_lines=(line("Hillfold", height=90), line("milk", top=300, height=12)))
    assert find_category(found, KNOWLEDGE.taxonomy) is None


@pytest.mark.parametrize(
    "name, base",
    [
        ("藏青色", "blue"),
        ("navy blue", "blue"),
        ("柔雾粉", "red"),
        ("蓝灰色", "gray"),
        ("灰蓝色", "blue"),
        ("条纹", None),
    ],
)
def test_colour_names_end_on_their_base(name, base):
    assert base_colour(name) == base
