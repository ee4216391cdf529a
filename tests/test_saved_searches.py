"""Searches kept under a name, on both databases, over HTTP and on the command line. req: D8, E6"""

import json

import pytest
from fastapi.testclient import TestClient
from kept import incoming, open_catalogue
from typer.testing import CliRunner

from tujian.api import create_app
from tujian.cli import app
from tujian.cli.searching import question_typed
from tujian.errors import AlreadyThere, BadInput, NotFound
from tujian.filter_words import filled_in, read_aloud, read_filter, write_filter
from tujian.filters import Filter
from tujian.house import House
from tujian.query import understand
from tujian.saved_searches import Question, SavedSearches, question_of
from tujian.settings import read_settings
from tujian.taxonomy import Taxonomy

SHOES = Question(text="白色运动鞋", dropped=("白色",), filters=("price:..200",), strictness=0.3)


@pytest.fixture
def saved(database):
    return SavedSearches(database)


@pytest.fixture
def client(tmp_path, house):
    home = House(read_settings(home=tmp_path, lang="zh", engine="none"))
    home._perception = house.perception
    with TestClient(create_app(home), base_url="http://localhost:7860") as client:
        yield client


def test_a_question_is_kept_as_it_was_asked_and_found_by_its_name(saved):
    kept = saved.keep("  便宜的 鞋\n", SHOES, "t")
    assert kept.name == "便宜的 鞋"
    assert saved.get(kept.id).search == saved.get("便宜的 鞋").search == SHOES
    assert [one.name for one in saved.list()] == ["便宜的 鞋"]


def test_the_last_changed_stands_first(saved):
    first, second = saved.keep("一", SHOES, "t"), saved.keep("二", SHOES, "t")
    assert [one.id for one in saved.list()] == [second.id, first.id]
    saved.change(first.id, search=SHOES.model_copy(update={"strictness": 1.0}))
    assert [one.id for one in saved.list()] == [first.id, second.id]
    assert saved.get("一").search.strictness == 1.0


def test_a_name_is_one_searchs(saved):
    first, second = saved.keep("鞋", SHOES, "t"), saved.keep("包", SHOES, "t")
    for act in (lambda: saved.keep("鞋", SHOES, "t"), lambda: saved.change(second.id, name="鞋")):
        with pytest.raises(AlreadyThere):
            act()
    assert saved.change(first.id, name="鞋").name == "鞋"  # its own
    saved.forget(first.id)
    assert saved.change(second.id, name="鞋").name == "鞋"


def test_what_is_gone_is_said_to_be_gone(saved):
    for act in (lambda: saved.get("x"), lambda: saved.forget("x"), lambda: saved.change("x", name="y")):
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize("name", ["", "  \n", "x" * 81])
def test_a_name_is_needed_and_fits_a_line(saved, name):
    with pytest.raises(BadInput):
        saved.keep(name, SHOES, "t")


def test_nothing_is_not_kept(saved):
    with pytest.raises(BadInput, match="no search"):
        saved.keep("x", Question(text="  "), "t")


@pytest.mark.parametrize(
    "asked", [{"filters": ["price"]}, {"filters": ["price:a..b"]}, {"region": "1,2"}, {"strictness": 2}, {"x": 1}]
)
def test_what_cannot_be_asked_is_not_kept(asked):
    with pytest.raises(BadInput):
        question_of(text="鞋", **asked)


@pytest.mark.parametrize(
    "written",
    ["price:..200", "price:99.5..", "price:100..200", "price:200", "colour:red", "colour:!black", "brand:=!3..5",
     "date:2024-06-01..2024-08-31", "date:..2024-08-31", "date:2024-06", "people:2", "kind:photo", "weight:..5",
     "brand:a:b", "brand:A..B", "name:=5..6"],
)  # fmt: skip
def test_a_filter_is_read_as_it_is_written(written):
    asked = read_filter(written)
    assert read_filter(write_filter(asked)) == asked
    assert write_filter(asked) in (written, written.replace(":A..B", ":=A..B"))


@pytest.mark.parametrize(
    "written",
    ["", "price", "price:", "price:..", "price:cheap", "price:nan", "price:1..inf", "date:soon", "Price:2", "a b:2",
     "colour:!", "brand:" + "x" * 201, "date:2024-1-1"],
)  # fmt: skip
def test_what_is_no_filter_is_refused(written):
    with pytest.raises(BadInput):
        read_filter(written)


def test_ends_in_the_wrong_order_are_turned_round_and_months_have_their_days():
    assert read_filter("price:200..100") == Filter("price", "between", (100.0, 200.0))
    assert read_filter("date:2024..2025").value == ("2024-01-01", "2025-12-31")
    assert filled_in("colour", "black", "", "", is_not=True) == Filter("colour", "not", "black")


def test_a_filter_reads_aloud_as_the_sentence_that_means_it():
    import datetime as dt

    for sentence in ("200元以下的鞋", "不要黑色的双肩包", "2024年夏天的照片", "100到300元的包", "2个人的照片"):
        read = understand(sentence, today=dt.date(2026, 11, 26))
        for asked, chip in zip(read.filters, read.chips, strict=True):
            assert read_aloud(asked, Taxonomy.shipped()) == (chip.zh, chip.en)


def test_searches_are_kept_over_http(client):
    new = {"name": "鞋", "search": {"text": "鞋", "filters": ["price:..200"]}}
    kept = client.post("/v1/searches", json=new)
    assert (kept.status_code, kept.json()["search"]["strictness"]) == (201, 0.5)
    assert client.post("/v1/searches", json=new).status_code == 409
    address = f"/v1/searches/{kept.json()['id']}"
    assert client.patch(address, json={"name": "便宜的鞋"}).json()["search"]["text"] == "鞋"
    assert [one["name"] for one in client.get("/v1/searches").json()["searches"]] == ["便宜的鞋"]
    assert client.post("/v1/searches", json={"name": "x", "search": {"filters": ["?"]}}).status_code == 400
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


def test_the_command_line_keeps_asks_again_renames_and_forgets(tmp_path, database, monkeypatch):
    monkeypatch.setenv("TUJIAN_HOME", str(tmp_path))
    monkeypatch.setenv("TUJIAN_LANG", "zh")

    def run(*args: str) -> str:
        done = CliRunner().invoke(app, list(args))
        assert done.exit_code == 0, done.output
        return done.stdout

    from tujian.database import open_database

    kept = open_database(tmp_path / "tujian.sqlite")
    values = {"name": "白色运动鞋", "price": "150.00 CNY"}
    item_id = open_catalogue(kept, tmp_path).add([incoming()], who="t", values=values).id
    kept.close()
    run("search", "--where", "price<=200", "--save", "鞋", "--json")
    assert json.loads(run("searches", "--json"))["search"]["filters"] == ["price:..200"]
    assert json.loads(run("searches", "鞋", "--json"))["item"] == item_id
    assert "便宜的鞋" in run("searches", "鞋", "--rename", "便宜的鞋")
    assert "price:..200" in run("searches")
    run("searches", "便宜的鞋", "--forget")
    assert "还没有保存过搜索" in run("searches")


def test_what_is_typed_takes_the_place_of_what_the_sentence_says():
    asked = question_typed("200元以下的鞋", ["price<=50", "colour!=黑色"], 0.5, plain=False)
    assert asked.filters == ("price:..50", "colour:!黑色")
