"""A user's own list of categories. req: A8, F5"""

import numpy as np
import pytest
from drawn import lines, percepts, picture

from tujian.category_list import load_categories
from tujian.errors import BadSettings
from tujian.findings import find_claims, likely_category_id
from tujian.knowledge import Knowledge
from tujian.plates import _with_guesses
from tujian.reconcile import settle
from tujian.tasks import Tasks
from tujian.taxonomy import Taxonomy

SHOP = """id\tparent\tzh\ten\tsynonyms
drinks\t\t饮品\tDrinks\tfb-1
juice\tdrinks\t鲜榨果汁\tFresh juice\t果汁|橙汁
wear\t\t衣物\t\t服饰
"""


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "categories.tsv").write_text(SHOP, "utf-8")
    return Knowledge.load(tmp_path)


def category_of(seen, knowledge, task="product"):
    asked = Tasks.load().get(task)
    field = next(f for f in asked.fields if f.type == "category")
    claims = find_claims(picture(), seen, asked, knowledge, "zh")
    return settle(field, [c for c in claims if c.field_name == field.name], "zh")


def test_without_a_file_the_shipped_list_counts(tmp_path):
    assert load_categories(tmp_path).version == Taxonomy.load().version


def test_ids_are_paths_and_names_are_found(shop):
    assert [c.id for c in shop.taxonomy] == ["drinks", "drinks-juice", "wear"]
    assert shop.taxonomy.path("drinks-juice", "zh") == ["饮品", "鲜榨果汁"]
    assert shop.taxonomy.find("橙汁").id == "drinks-juice" and shop.taxonomy.get("wear").en == "衣物"


@pytest.mark.parametrize(
    "seen, value", [("fb-1-7", "鲜榨果汁"), ("fb-1-10", "饮品"), ("aa-1-13-8", "衣物"), ("el-2-2-7", None)]
)
def test_what_the_classifier_sees_goes_up_until_the_list_has_a_name_for_it(shop, seen, value):
    assert category_of(percepts(category=seen), shop).value == value


def test_words_on_a_pack_are_the_users_words(shop):
    seen = percepts(text_lines=lines("鲜榨果汁"), category="fb-1-7")
    assert category_of(seen, shop).id == "drinks-juice"


def test_the_three_guesses_are_in_the_users_words(shop):
    seen = percepts(category="fb-1-7", sure=False)
    value = category_of(seen, shop)
    guesses = _with_guesses({"category": value}, seen, shop, "zh")["category"].top3
    assert guesses is not None and [(g.value, g.id) for g in guesses] == [
        ("鲜榨果汁", "drinks-juice"),
        ("衣物", "wear"),
    ]


def test_auto_still_knows_which_task_a_category_wants(shop):
    assert likely_category_id(percepts(category="fb-1-7"), shop) == "fb-1-7"


def test_another_list_is_another_recipe(tmp_path, shop):
    (tmp_path / "categories.tsv").write_text(SHOP + "x\t\t别的\tOther\t\n", "utf-8")
    assert Knowledge.load(tmp_path).version != shop.version


def test_commas_do_as_well(tmp_path):
    (tmp_path / "categories.csv").write_text('id,parent,zh,en,synonyms\na,,"茶,咖啡",Tea,\n', "utf-8")
    assert load_categories(tmp_path).get("a").zh == "茶,咖啡"


def test_shopify_ids_keep_their_form(tmp_path):
    (tmp_path / "categories.csv").write_text("aa-1,,服装,Clothes,\naa-1-13,aa-1,上衣,Tops,\n", "utf-8")
    assert [c.id for c in load_categories(tmp_path)] == ["aa-1", "aa-1-13"]


@pytest.mark.parametrize(
    "lines_written, line, about",
    [
        ("a\t\t茶\tTea\t\na\t\t酒\tWine\t\n", 2, "twice"),
        ("a\tb\t茶\tTea\t\n", 1, "no parent b"),
        ("a\tb\t茶\tTea\t\nb\ta\t酒\tWine\t\n", 1, "back to itself"),
        ("# tea\na\t\t\t\t\n", 2, "no name"),
        ("a b\t\t茶\tTea\t\n", 1, "cannot be used"),
        ("a\t茶\n", 1, "columns"),
        ("a\t\t茶\tTea\t\t\tmore\n", 1, "columns"),
        ("# nothing\n", 1, "no category"),
    ],
)
def test_a_wrong_line_is_refused_with_its_number_and_a_remedy(tmp_path, lines_written, line, about):
    (tmp_path / "categories.tsv").write_text(lines_written, "utf-8")
    with pytest.raises(BadSettings, match=rf"line {line}: .*{about}") as refused:
        load_categories(tmp_path)
    assert "id, parent, zh, en, synonyms" in refused.value.say("zh").remedy


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "categories.tsv").write_bytes(np.full(9, 255, np.uint8).tobytes())
    with pytest.raises(BadSettings, match="UTF-8"):
        load_categories(tmp_path)
