"""Several values of a field become one, on SQLite and on PostgreSQL. req: B11, C4, E9"""

import pytest
from kept import incoming, open_catalogue, record, value

from tujian.errors import BadEdit, NotFound
from tujian.records import Verdict


@pytest.fixture
def catalogue(database, tmp_path):
    return open_catalogue(database, tmp_path)


def item(catalogue, content, **fields):
    item_id = catalogue.add([incoming(content)], who="Li").id
    catalogue.save(item_id, record(**{name: value(what) for name, what in fields.items()}))
    return item_id


@pytest.fixture
def shop(catalogue):
    return [
        item(catalogue, b"1", brand="Nike", colours=["大红", "白色"]),
        item(catalogue, b"2", brand="NIKE", colours=["红色", "大红"]),
        item(catalogue, b"3", brand="ALPRO", colours=["蓝色"]),
    ]


def counts(catalogue, field, **more):
    return {one.value: one.count for one in catalogue.values_of(field, **more)}


def test_values_are_counted_over_all_items_and_a_list_by_each_of_its_words(catalogue, shop):
    assert counts(catalogue, "colours") == {"大红": 2, "白色": 1, "红色": 1, "蓝色": 1}
    assert counts(catalogue, "brand") == {"Nike": 1, "NIKE": 1, "ALPRO": 1}


def test_merged_values_become_one_and_a_list_keeps_each_word_once(catalogue, shop):
    done = catalogue.merge_values("colours", ["红色", "大红"], "红色", who="Li")
    assert done.items == 2
    assert [catalogue.get(one)["colours"] for one in shop] == [["红色", "白色"], ["红色"], ["蓝色"]]
    assert counts(catalogue, "colours") == {"红色": 2, "白色": 1, "蓝色": 1}


def test_every_changed_item_has_a_line_of_history_and_a_version_and_the_others_have_not(catalogue, shop):
    before = [catalogue.get(one).version for one in shop]
    done = catalogue.merge_values("brand", ["Nike"], "NIKE", who="Li")
    line = catalogue.history(shop[0])[0]
    assert (line.field, line.old, line.new, line.who, line.batch) == ("brand", "Nike", "NIKE", "Li", done.batch)
    assert "Nike → NIKE" in line.why
    assert [catalogue.get(one).version - was for one, was in zip(shop, before, strict=True)] == [1, 0, 0]


def test_spelling_counts_so_that_two_spellings_of_one_word_can_be_merged(catalogue, shop):
    catalogue.merge_values("brand", ["NIKE", "Nike"], "Nike", who="Li")
    assert counts(catalogue, "brand") == {"Nike": 2, "ALPRO": 1}


def test_what_was_merged_is_a_persons_word_that_no_later_record_overwrites(catalogue, shop):
    catalogue.merge_values("brand", ["NIKE"], "Nike", who="Li")
    catalogue.save(shop[1], record(brand=value("NIKE", "barcode", True)))
    now = catalogue.get(shop[1]).values["brand"]
    assert (now.value.value, now.value.verdict) == ("Nike", Verdict.HUMAN)


def test_undo_is_a_further_change_and_brings_back_what_the_item_said(catalogue, shop):
    catalogue.merge_values("brand", ["NIKE"], "Nike", who="Li")
    catalogue.undo(shop[1], who="Li")
    assert catalogue.get(shop[1])["brand"] == "NIKE"
    assert [line.new for line in catalogue.history(shop[1], "brand")] == ["NIKE", "Nike", "NIKE"]


def test_a_dry_run_changes_nothing(catalogue, shop):
    told = catalogue.merge_values("colours", ["大红"], "红色", who="Li", is_trial=True)
    assert (told.items, told.is_trial, told.batch) == (2, True, None)
    assert counts(catalogue, "colours")["大红"] == 2 and len(catalogue.history(shop[0], "colours")) == 1


def test_hidden_items_are_neither_counted_nor_changed_unless_asked_for(catalogue, shop):
    catalogue.hide(shop[0], who="Li")
    assert counts(catalogue, "colours") == {"大红": 1, "红色": 1, "蓝色": 1}
    assert catalogue.merge_values("colours", ["大红"], "红色", who="Li").items == 1
    assert catalogue.get(shop[0], also=["hidden"])["colours"] == ["大红", "白色"]
    assert catalogue.merge_values("colours", ["大红"], "红色", who="Li", also=["hidden"]).items == 1


def test_what_is_searched_by_follows_in_the_same_act(catalogue, shop, database):
    from tujian.filters import Filter
    from tujian.finding import Query, Search

    catalogue.merge_values("brand", ["ALPRO"], "Alpro Soya", who="Li")
    search = Search(database, lambda: None)  # nothing is embedded here
    found = search.find(Query(filters=(Filter("brand", "is", "Alpro Soya"),)))
    assert [hit.item.id for hit in found.hits] == [shop[2]]


@pytest.mark.parametrize("field, into", [("no_such", "x"), ("brand", ""), ("brand", 7)])
def test_a_field_that_is_none_and_a_value_of_the_wrong_kind_are_refused(catalogue, shop, field, into):
    with pytest.raises(BadEdit):
        catalogue.merge_values(field, ["Nike"], into, who="Li")
    assert catalogue.get(shop[0])["brand"] == "Nike"


def test_more_items_than_one_transaction_takes_all_change(catalogue):
    ids = [item(catalogue, b"%d" % number, brand="Oatley") for number in range(105)]
    assert catalogue.merge_values("brand", ["Oatley"], "Oatly", who="Li").items == 105
    assert {catalogue.get(one)["brand"] for one in ids} == {"Oatly"}


def test_a_whole_merge_is_taken_back_but_for_what_was_changed_since(catalogue):
    ids = [item(catalogue, b"%d" % number, brand="Oatley") for number in range(105)]
    catalogue.edit(ids[0], {"brand": "Oatly AB"}, who="Wang")
    done = catalogue.merge_values("brand", ["Oatley", "Oatly AB"], "Oatly", who="Li")
    catalogue.edit(ids[1], {"brand": "ALPRO"}, who="Wang")  # somebody says otherwise
    catalogue.edit(ids[2], {"brand": "ALPRO"}, who="Wang")
    catalogue.edit(ids[2], {"brand": "Oatly"}, who="Wang")  # somebody thought about it and says the same
    catalogue.undo(ids[3], who="Wang")
    catalogue.edit(ids[4], {"name": "燕麦奶"}, who="Wang")  # another field
    catalogue.forget(ids[5], who="Wang")
    versions = [catalogue.get(one).version for one in ids[1:4]]
    back = catalogue.unmerge(done.number, who="Li")
    assert (back.field, back.items, back.left_count, back.again) == ("brand", 101, 2, 1)
    assert back.left == ids[1:3] and [catalogue.get(one).version for one in ids[1:4]] == versions  # untouched
    says = [catalogue.get(one)["brand"] for one in (*ids[:5], *ids[6:])]
    assert says == ["Oatly AB", "ALPRO", "Oatly", *["Oatley"] * 101]
    assert catalogue.get(ids[0]).values["brand"].source == "person"
    assert catalogue.get(ids[6]).values["brand"].source == "model"  # a machine's value is a machine's again
    assert catalogue.get(ids[4])["name"] == "燕麦奶"
    line = catalogue.history(ids[6])[0]
    assert (line.undoes, line.batch) == (catalogue.history(ids[6])[1].change, done.batch)
    again = catalogue.unmerge(done.number, who="Li")
    assert (again.items, again.again, again.left_count) == (0, 102, 2)


def test_what_was_read_anew_since_the_merge_is_what_comes_back(catalogue, shop):
    done = catalogue.merge_values("colours", ["大红"], "红色", who="Li")
    catalogue.save(shop[0], record(colours=value(["绯红"])))
    catalogue.unmerge(done.number, who="Li")
    assert catalogue.get(shop[0])["colours"] == ["绯红"] and catalogue.get(shop[1])["colours"] == ["红色", "大红"]


def test_hidden_items_come_back_for_who_may_see_them(catalogue, shop):
    done = catalogue.merge_values("brand", ["Nike"], "NIKE", who="Li")
    catalogue.hide(shop[0], who="Li")
    assert catalogue.unmerge(done.number, who="Li").items == 0
    assert catalogue.unmerge(done.number, who="Li", also=["hidden"]).items == 1


def test_what_is_no_merge_is_told(catalogue, shop):
    catalogue.edit(shop[0], {"brand": "x"}, who="Li", why="as printed")
    for number in (1, catalogue.history(shop[0])[0].change, 10**15):
        with pytest.raises(NotFound, match="merge"):
            catalogue.unmerge(number, who="Li")
    assert catalogue.merge_values("brand", ["nobody"], "x", who="Li").number is None


# over HTTP and from the command line


def test_the_api_counts_and_merges(tmp_path):
    from fastapi.testclient import TestClient

    from tujian.api import create_app
    from tujian.house import House
    from tujian.settings import read_settings

    house = House(read_settings(home=tmp_path))
    with TestClient(create_app(house), base_url="http://localhost:7860") as client:
        shop = open_catalogue(house.database, tmp_path)
        item_id = item(shop, b"1", brand="Nike")
        assert client.get("/v1/values/brand").json() == {"values": [{"value": "Nike", "count": 1}]}
        asked = {"field": "brand", "values": ["Nike"], "into": "NIKE"}
        trial = client.post("/v1/values/merge", json={**asked, "dry_run": True}).json()
        assert (trial["items"], trial["is_trial"]) == (1, True) and shop.get(item_id)["brand"] == "Nike"
        assert client.post("/v1/values/merge", json=asked).json()["items"] == 1
        assert shop.get(item_id)["brand"] == "NIKE"
        assert client.post(f"/v1/items/{item_id}/undo").json()["values"]["brand"]["value"]["value"] == "Nike"
        number = client.post("/v1/values/merge", json=asked).json()["number"]
        back = client.post("/v1/values/undo", json={"number": number}).json()
        assert (back["items"], back["left"]) == (1, []) and shop.get(item_id)["brand"] == "Nike"
        assert client.post("/v1/values/undo", json={"number": 10**9}).status_code == 404
        refused = client.post("/v1/values/merge", json={**asked, "field": "no_such"})
        assert refused.status_code == 400 and "no_such" in refused.json()["error"]["message"]
        assert client.post("/v1/values/merge", json={**asked, "values": []}).status_code == 400


def test_the_command_lists_tries_and_merges(tmp_path):
    from typer.testing import CliRunner

    from tujian.catalogue import Catalogue
    from tujian.cli import app
    from tujian.settings import read_settings

    catalogue = Catalogue.opened(read_settings(home=tmp_path))
    item_id = item(catalogue, b"1", colours=["大红", "白色"])

    def run(*args):
        return CliRunner().invoke(app, ["values", "colours", *args], env={"TUJIAN_HOME": str(tmp_path)})

    assert "1  大红" in run().output
    assert "会改动 1 个条目" in run("--merge", "红色,大红", "--into", "红色", "--dry-run").output
    assert catalogue.get(item_id)["colours"] == ["大红", "白色"]
    assert "1 个条目改为 红色" in run("--merge", "红色，大红", "--into", "红色").output
    assert catalogue.get(item_id)["colours"] == ["红色", "白色"]
    line = catalogue.history(item_id)[0]
    assert line.who.startswith("cli") and run("--merge", "红色").exit_code == 2
    assert "1 个条目的 colours 改回" in run("--undo", str(line.change)).output
    assert catalogue.get(item_id)["colours"] == ["大红", "白色"]
