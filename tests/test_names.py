"""Brands, categories and colours by name. req: C4, F5"""

import pytest
from drawn import barcode, line, lines, percepts

from tujian.knowledge import Knowledge
from tujian.rules.brands import Brands, largest_lettering
from tujian.rules.category_words import find_category
from tujian.rules.colour_words import base_colour

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


def test_a_user_adds_brands_of_their_own(tmp_path):
    (tmp_path / "brands.txt").write_text("# ours\n山野牧场|Hillfold\n", "utf-8")
    own = Brands.load(tmp_path / "brands.txt")
    assert [r.value for r in own.find(lines("HILLFOLD"))] == ["山野牧场"]
    assert own.key_of("hillfold") == own.key_of("山野牧场") and own.version != KNOWLEDGE.brands.version


def test_the_largest_lettering_is_a_name_and_no_number():
    found = largest_lettering((line("100%", height=90), line("Hillfold", height=60), line("milk", height=20)))
    assert found is not None and found.text == "Hillfold"


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
