"""Shopify's list and a user's own become this house's list of categories. req: F5"""

import pytest
import sqlalchemy as sa
from kept import incoming, open_catalogue, record, value

from tujian.category_imports import attributes_in, import_list
from tujian.category_list import load_categories
from tujian.cli.taxonomies import run_import, run_nearest, run_show
from tujian.errors import BadSettings
from tujian.nearest_category import Nearest
from tujian.schema import item_texts
from tujian.settings import read_settings
from tujian.taxonomy import Taxonomy

HEAD = "# Shopify Product Taxonomy - Categories: 2025-08\n# Format: {GID} : {Ancestor name} > ... > {Category name}\n\n"
GID = "gid://shopify/TaxonomyCategory/"


def categories(*rows, head=HEAD):
    return head + "".join(f"{GID}{own.ljust(12)} : {path}\n" for own, path in rows)


EN = [("ap", "Animals & Pet Supplies"), ("ap-2", "Animals & Pet Supplies > Pet Supplies")]
ZH = [("ap", "动物/宠物用品"), ("ap-2", "动物/宠物用品 > 宠物用品")]
FR = [("ap", "Animaux et articles"), ("ap-2", "Animaux et articles > Articles pour animaux")]


@pytest.fixture
def taken(tmp_path):
    """Writes a file and imports it."""

    def take(text, name="categories.txt"):
        (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return import_list(tmp_path / name, tmp_path / "home")

    return take


def test_two_languages_are_imported_one_after_the_other_in_either_order(taken, tmp_path):
    assert taken(categories(*EN)).spoken == "en" and taken(categories(*ZH)).spoken == "zh"
    found = load_categories(tmp_path / "home")
    assert (found.path("ap-2", "zh"), found.path("ap-2", "en")[-1]) == (["动物/宠物用品", "宠物用品"], "Pet Supplies")


def test_until_the_other_language_comes_one_stands_for_both(taken, tmp_path):
    taken(categories(*ZH))
    assert load_categories(tmp_path / "home").get("ap-2").en == "宠物用品"


def test_a_third_language_becomes_further_names(taken, tmp_path):
    taken(categories(*EN))
    assert taken(categories(*FR)).spoken == "other"
    found = load_categories(tmp_path / "home")
    assert found.get("ap-2").en == "Pet Supplies" and found.find("articles pour animaux").id == "ap-2"


def test_everyday_names_of_the_shipped_list_come_along(taken, tmp_path):
    taken(categories(*ZH))
    assert load_categories(tmp_path / "home").find("宠物").id == "ap"


def test_a_second_import_of_a_language_replaces_its_names(taken, tmp_path):
    taken(categories(*EN))
    taken(categories(("ap", "Animals & Pet Supplies"), ("ap-2", "Animals & Pet Supplies > For Pets")))
    assert load_categories(tmp_path / "home").get("ap-2").en == "For Pets"


def test_another_release_takes_the_place_of_the_list_and_the_one_before_is_kept(taken, tmp_path):
    taken(categories(*EN))
    done = taken(categories(*EN[:1], head=HEAD.replace("2025-08", "2026-02")))
    assert len(load_categories(tmp_path / "home")) == 1
    assert done.before is not None and "ap-2" in done.before.read_text("utf-8")


def test_an_own_list_takes_the_place_of_shopifys_and_nothing_is_lost(taken, tmp_path):
    taken(categories(*EN))
    done = taken("id,parent,zh,en,synonyms\ndrinks,,饮料,Drinks,\njuice,drinks,果汁,Juice,橙汁|鲜榨\n", "mine.csv")
    found = load_categories(tmp_path / "home")
    assert (done.kind, done.count, found.find("鲜榨").id) == ("own", 2, "drinks-juice")
    assert done.before is not None and done.before.is_file()


def test_the_way_to_googles_list_follows_the_english_names(taken, tmp_path):
    google = "# - Mapping shopify/2025-08 to google/2021-09-21\n\n→ Animals & Pet Supplies > Pet Supplies\n⇒ Pets\n"
    with pytest.raises(BadSettings, match=r"en/categories\.txt"):
        taken(google, "to_google.txt")
    taken(categories(*EN))
    assert taken(google, "to_google.txt").count == 1
    taken(categories(*ZH))
    assert load_categories(tmp_path / "home").get("ap-2").google == "Pets"


def test_attributes_are_kept_in_both_languages(taken, tmp_path):
    line = "# Shopify Product Taxonomy - Attributes: 2025-08\n\ngid://shopify/TaxonomyAttribute/1    : {}\n"
    taken(line.format("颜色"), "a.txt")
    taken(line.format("Color"), "b.txt")
    assert attributes_in(tmp_path / "home") == {"1": ("颜色", "Color")}


@pytest.mark.parametrize(
    "text, line, about",
    [
        (categories(*EN) + "ap-3 : Toys\n", 6, "gid://"),
        (categories(*EN, EN[1]), 6, "twice"),
        (categories(("ap-2", "Animals & Pet Supplies > Pet Supplies")), 4, "parent ap"),
        (categories(EN[0], ("ap-2", "Pet Supplies")), 5, "other levels"),
        (categories(EN[0], ("ap-2", "Toys > Pet Supplies")), 5, "not its parent"),
        (categories(EN[0], ("ap-\x1b[2J", "x")), 5, "gid://"),
        (categories(*EN).encode() + b"\xff\xfe\n", 6, "UTF-8"),
        ("→ A\n→ B\n", 2, "expected"),
        ("→ A\n", 1, "follows"),
        ("gid://shopify/TaxonomyAttribute/1 : Color\nMaterial\n", 2, "gid://"),
    ],
)
def test_a_broken_line_is_named_by_its_number_and_changes_nothing(taken, tmp_path, text, line, about):
    with pytest.raises(BadSettings, match=rf"line {line}\b.*{about}") as refused:
        taken(text)
    assert f"第 {line} 行" in refused.value.say("zh").message and "\x1b" not in str(refused.value)
    assert load_categories(tmp_path / "home").version == Taxonomy.load().version


def test_a_language_with_other_ids_is_refused_and_the_list_stays(taken, tmp_path):
    taken(categories(*EN))
    with pytest.raises(BadSettings, match="ap-2"):
        taken(categories(*ZH[:1]))
    assert load_categories(tmp_path / "home").get("ap-2").en == "Pet Supplies"


def test_a_file_that_is_no_list_and_one_that_is_not_there_are_refused(taken, tmp_path):
    with pytest.raises(BadSettings, match=r"no list of categories"):
        taken("hello\n", "letter.txt")
    with pytest.raises(BadSettings, match=r"gone\.txt"):
        import_list(tmp_path / "gone.txt", tmp_path / "home")


def test_the_commands_say_what_was_kept_and_show_it(taken, tmp_path, capsys):
    settings = read_settings(home=tmp_path / "home", lang="en")
    (tmp_path / "c.txt").write_text(categories(*EN), "utf-8")
    run_import(settings, tmp_path / "c.txt")
    assert "2 categories · Shopify 2025-08 · English" in capsys.readouterr().out
    run_show(settings, "pet supplies")
    assert "ap-2" in capsys.readouterr().out
    run_nearest(settings, "pet supplies for cats")
    assert capsys.readouterr().out.startswith("ap-2 ")
    run_nearest(settings, "quarterly report")
    assert capsys.readouterr().out.startswith("Not sure")


# the nearest category, over the shipped list


@pytest.fixture(scope="module")
def nearest():
    return Nearest(Taxonomy.load())


@pytest.mark.parametrize(
    "text, category_id",
    [("T恤", "aa-1-13-8"), ("纯棉短袖T恤", "aa-1-13-8"), ("Hoodie", "aa-1-13-13"),
     ("red hoodies for men", "aa-1-13-13"), ("鲜榨果汁", "fb-1-7")],
)  # fmt: skip
def test_a_phrase_is_what_it_ends_in(nearest, text, category_id):
    assert nearest.find(text).category.id == category_id


@pytest.mark.parametrize("text", ["", "今天天气不错", "chapter three", "飞碟", "\0", "的" * 5000])
def test_nothing_is_said_when_nothing_is_meant(nearest, text):
    assert nearest.find(text).category is None


def test_of_two_categories_of_one_name_the_rest_of_the_phrase_decides(tmp_path):
    mine = tmp_path / "categories.tsv"
    mine.write_text("a\t\t女装\tWomen\nb\t\t童装\tChildren\nt\ta\t衬衫\tShirts\nu\tb\t衬衫\tShirts\n", "utf-8")
    near = Nearest(load_categories(tmp_path))
    assert near.find("女装衬衫").category.id == "a-t" and near.find("童装衬衫").category.id == "b-u"
    assert near.find("衬衫").category is None and {c.id for c in near.find("衬衫").others} <= {"a-t", "b-u"}


def test_an_item_of_a_finer_category_is_still_found_by_what_lies_above_it(database, tmp_path):
    catalogue = open_catalogue(database, tmp_path)
    item_id = catalogue.add([incoming()], who="Li").id
    finer = value("降噪耳机").model_copy(update={"id": "el-2-2-7-99"})  # no id of the shipped list
    catalogue.save(item_id, record(category=finer))
    with database.read() as connection:
        tokens = connection.scalar(sa.select(item_texts.c.tokens)).split()
    assert {"数码", "电子", "headphone"} <= set(tokens)


@pytest.mark.realdata
def test_shopifys_own_files_are_read_whole_and_hold_every_id_of_ours(shared, tmp_path):
    folder = shared / "taxonomy" / "shopify"
    files = ["zh-CN/categories.txt", "en/categories.txt", "to_google_2021-09-21.txt", "en/attributes.txt"]
    assert [import_list(folder / name, tmp_path).count for name in files] == [10_595, 10_595, 10_535, 1_987]
    found = load_categories(tmp_path)
    assert [c.id for c in Taxonomy.load() if c.id not in found] == []
    assert found.get("el-2-2-7").google == "Electronics > Audio > Audio Components > Headphones & Headsets"


# a server that runs meanwhile


def test_a_running_server_takes_a_list_that_another_process_imported(tmp_path, house, samples):  # req: F5
    import os
    import subprocess
    import sys

    from fastapi.testclient import TestClient

    from tujian.api import create_app
    from tujian.house import House
    from tujian.settings import read_settings

    home, own, clock = tmp_path / "home", tmp_path / "own.csv", [0.0]
    home.mkdir()
    opened = House(read_settings(home=home, lang="zh", engine="none"))
    opened._perception, opened._knowing._clock = house.perception, lambda: clock[0]
    opened._knowing._looked_s = 0.0
    client = TestClient(create_app(opened), base_url="http://localhost:7860")
    juice = (samples / "juice.jpg").read_bytes()

    def look():
        clock[0] += 2.0
        files = {"image": ("juice.jpg", juice)}
        return client.post("/v1/records", files=files, data={"task": "describe"}).json()

    def run(*command):
        environment = {**os.environ, "TUJIAN_HOME": str(home)}
        return subprocess.run(
            [sys.executable, "-m", "tujian", *command], env=environment, capture_output=True, text=True
        )

    before = look()
    assert look()["recipe"] == before["recipe"]
    own.write_text("id,parent,zh,en,synonyms\nd,,我家饮料,Our drinks,\nj,d,我家果汁,Our juice,果汁|fb-1-7\n", "utf-8")
    said = run("taxonomy", "import", str(own))
    assert said.returncode == 0 and "马上生效" in said.stdout
    after = look()
    assert after["recipe"] != before["recipe"] and "我家" in after["fields"]["category"]["value"]
    assert opened.knowledge.taxonomy.named("我家果汁")
    taken = next(home.glob("categories.*"))
    taken.write_bytes(b"id\tparent\n\xff")  # half a file: what was known stays
    assert look()["recipe"] == after["recipe"]
    for path in home.glob("categories.*"):
        path.unlink()
    assert look()["recipe"] == before["recipe"]
    opened.close()
