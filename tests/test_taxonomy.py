"""The controlled list: every Shopify top, everyday names both ways, and Shopify's own files in the same nouns."""

import re

import pytest

from tujian.errors import BadSettings
from tujian.perception.labels import read_classes
from tujian.taxonomy import Taxonomy, is_under

SHOPIFY_TOPS = [
    *("aa", "ae", "ap", "bi", "bt", "bu", "co", "el", "fb", "fr", "gc", "ha", "hb"),
    *("hg", "lb", "ma", "me", "na", "os", "pa", "rc", "se", "sg", "so", "tg", "vp"),
]


@pytest.fixture(scope="module")
def own():
    return Taxonomy.load()


def test_all_26_verticals_are_there_and_nothing_else_is_a_top(own):
    assert sorted(top.id for top in own.tops()) == SHOPIFY_TOPS


def test_there_are_150_to_300_leaves_each_below_a_known_top(own):
    leaves = own.leaves()
    assert 150 <= len(leaves) <= 300
    assert all(leaf.top_id in own for leaf in leaves)


def test_chinese_names_are_chinese_and_english_names_are_english(own):
    # POLO衫, T恤: a shop writes them so; every Chinese name has at least one Chinese character
    assert [c.id for c in own if not re.search(r"[一-鿿]", c.zh)] == []
    assert [c.id for c in own if re.search(r"[一-鿿]", c.en)] == []


def test_no_name_stands_for_two_categories(own):
    owners: dict[str, set[str]] = {}
    for category in own:
        for name in (category.zh, category.en, *category.names):
            owners.setdefault(name.casefold(), set()).add(category.id)
    assert {name: ids for name, ids in owners.items() if len(ids) > 1} == {}


@pytest.mark.parametrize(
    ("said", "category_id"),
    [("连帽卫衣", "aa-1-13-13"), ("T恤", "aa-1-13-8"), ("果汁", "fb-1-7"), ("酸奶", "fb-2-6-8"), ("耳机", "el-2-2-7"),
     ("hoodies", "aa-1-13-13"), ("Yogurt", "fb-2-6-8"), ("西红柿", "fb-2-10-8-51"), ("美妆个护", "hb")],
)  # fmt: skip
def test_things_are_found_by_what_a_shop_calls_them(own, said, category_id):
    assert own.find(said).id == category_id


def test_a_path_is_read_in_either_language(own):
    assert own.path("fb-2-10-7-1", "zh") == ["食品饮料", "食物", "水果蔬菜", "水果", "苹果"]
    assert own.path("fb-2-10-7-1", "en")[-1] == "Apples"


def test_ids_nest_by_segments_not_by_letters(own):
    assert own.is_under("aa-1-13-8", "aa-1-13")
    assert not is_under("aa-1-13", "aa-1-1")


def test_an_unknown_name_is_refused_with_a_remedy(own):
    with pytest.raises(BadSettings) as refused:
        own.find("飞碟")
    assert "飞碟" in refused.value.say("zh").message
    assert refused.value.say("en").remedy


def test_a_wrong_line_is_named(tmp_path):
    wrong = tmp_path / "mine.tsv"
    wrong.write_text("# mine\naa\t服饰\tClothes\naa_1\t上衣\tTops\n")
    with pytest.raises(BadSettings, match=r"mine\.tsv:3"):
        Taxonomy.load(wrong)


def test_the_version_is_the_content(tmp_path, own):
    mine = tmp_path / "mine.tsv"
    mine.write_text("aa\t服饰\tClothes\n")
    before = Taxonomy.load(mine).version
    mine.write_text("aa\t服装\tClothes\n")
    assert Taxonomy.load(mine).version != before
    assert own.version == Taxonomy.load().version


def test_every_imagenet_class_leads_to_a_category_of_ours(own):
    classes = read_classes()
    assert set(classes) <= set(range(1000))
    assert {category_id for category_id in classes.values() if category_id not in own} == set()
