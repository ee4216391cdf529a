"""A model may help to understand a sentence, and never decides. req: A9"""

import datetime as dt
import json
from types import SimpleNamespace

import pytest
from chat_server import jpeg
from fastapi.testclient import TestClient
from stand_in import stand_in
from typer.testing import CliRunner

from tujian.api import create_app
from tujian.catalogue import Catalogue, Incoming
from tujian.cli import app
from tujian.engines.dialect import Reply
from tujian.familiar import Known
from tujian.filter_words import write_filter
from tujian.house import House, Shot
from tujian.proposing import LONGEST, MOST, Ground, propose
from tujian.query import understand
from tujian.settings import read_settings
from tujian.taxonomy import Taxonomy

TODAY = dt.date(2026, 11, 27)
SENTENCE = "适合爸妈逛公园穿的，别太贵"
GROUND = Ground(Taxonomy.shipped(), Known(frozenset({"回力 Warrior", "ALPRO"}), frozenset({"杭州"})))


def proposed(said, sentence=SENTENCE, seen=None):
    """Filters proposed when a model says that."""

    def ask(question):
        if seen is not None:
            seen.append(question)
        return Reply(said if isinstance(said, str) else json.dumps({"filters": said}), "stop", "m")

    read = understand(sentence, today=TODAY)
    return [write_filter(one.filter) for one in propose(sentence, read, GROUND, TODAY, "zh", ask)]


def test_what_holds_water_is_proposed_as_a_person_would_have_set_it():
    said = [
        {"field": "price", "high": "200"},
        {"field": "colour", "value": "红色", "is_not": True},
        {"field": "date", "low": "2025-06-01", "high": "2025-08-31"},
        {"field": "kind", "value": "product"},
    ]
    assert proposed(said) == ["price:..200", "colour:!red", "date:2025-06-01..2025-08-31", "kind:product"]
    of_names = [{"field": "brand", "value": "alpro"}, {"field": "place", "value": "杭州市", "is_not": True}]
    assert proposed(of_names) == ["brand:ALPRO", "place:!杭州"]
    told = proposed([{"field": "category", "value": "运动鞋"}])
    assert len(told) == 1 and Taxonomy.shipped().get(told[0].removeprefix("category:")).zh == "运动鞋"


@pytest.mark.parametrize(
    "lie",
    [
        {"field": "visibility", "value": "hidden"},
        {"field": "colour", "value": "贵的"},
        {"field": "category", "value": "不存在的东西"},
        {"field": "price", "high": "-5"},
        {"field": "price", "high": "1e999"},
        {"field": "price", "value": {"$gt": 0}},
        {"field": "date", "low": "2026-02-31"},
        {"field": "kind", "value": "secret"},
        {"field": "people", "value": "0"},
        {"field": "brand"},
        {"field": "brand", "value": "Oatly"},  # not of this catalogue
        {"field": "place", "value": "北京"},
        "price",
        None,
    ],
    ids=str,
)
def test_a_lying_model_proposes_nothing(lie):
    assert proposed([lie]) == []


@pytest.mark.parametrize(
    "said", ["", "我不知道", "[1, 2]", '{"filters": 3}', "{" * 5000, '{"filters": [{"field": "price"']
)
def test_nonsense_is_no_proposal(said):
    assert proposed(said) == []


def test_what_the_rules_understood_is_theirs():
    said = [{"field": "price", "high": "50"}, {"field": "place", "value": "杭州"}]
    assert proposed(said, "200元以下的白色运动鞋") == ["place:杭州"]


def test_the_model_is_told_the_sentence_and_nothing_of_the_catalogue():
    seen = []
    proposed([], "找" * 5000, seen)
    (question,) = seen
    assert len(question.prompt) < LONGEST + 100 and question.jpegs == () and question.schema
    assert proposed([], "   ", seen) == [] and len(seen) == 1, "nothing is asked for no sentence"


def test_there_are_few_and_none_twice():
    many = [{"field": "price", "high": str(100 + n // 2)} for n in range(4 * MOST)]
    assert proposed(many) == [f"price:..{100 + n}" for n in range(MOST)]


@pytest.fixture
def attached(tmp_path, house):
    """A server of ours with a model attached that answers as it is told."""
    said = {"text": '{"filters": [{"field": "price", "high": "200"}, {"field": "visibility", "value": "hidden"}]}'}

    def behave(server, request):
        return server.send(500, {"error": {"message": "no"}}) if said["text"] is None else server.say(said["text"])

    with stand_in(behave) as server:
        opened = House(read_settings(home=tmp_path, lang="zh", engine_url=f"{server.url}", engine_model="stand-in-vl"))
        opened._perception = house.perception
        catalogue = Catalogue.opened(opened.settings, opened.database, opened.tasks)
        catalogue.add([Incoming(opened.open(Shot(jpeg(), "a.jpg"))[1], jpeg())], who="test")
        http = TestClient(create_app(opened), base_url="http://localhost:7860")
        yield SimpleNamespace(http=http, said=said, server=server)
        opened.close()


def test_the_api_proposes_what_where_takes_and_searches_nothing(attached):
    reply = attached.http.post("/v1/search/proposals", data={"text": SENTENCE})
    (told,) = reply.json()["proposals"]
    assert told == {
        "filter": {"field": "price", "op": "under", "value": 200.0},
        "zh": "价格 ≤ 200",
        "en": "price ≤ 200",
    }
    taken = attached.http.post("/v1/search", data={"text": SENTENCE, "where": json.dumps([told["filter"]])})
    assert taken.status_code == 200


def test_the_page_asks_only_when_somebody_does_and_a_proposal_is_taken_by_a_click(attached):
    first = attached.http.get("/search", params={"q": SENTENCE}).text
    assert 'id="ask-model"' in first and not chats(attached.server), "a search alone asks no model"
    page = attached.http.get("/search", params={"q": SENTENCE, "ask": "model"}).text
    assert 'id="proposed"' in page and "价格 ≤ 200" in page and "set=price%3A..200" in page
    assert len(chats(attached.server)) == 1
    taken = attached.http.get("/search", params={"q": SENTENCE, "set": "price:..200"}).text
    assert "价格 ≤ 200" in taken and 'id="proposed"' not in taken


@pytest.mark.parametrize("sentence", ["红色上衣", "200元以下的白色运动鞋", "red dress last week"])
def test_none_is_offered_where_the_rules_understood_every_word(attached, sentence):
    assert 'id="ask-model"' not in attached.http.get("/search", params={"q": sentence}).text


def test_a_model_that_fails_leaves_the_search_as_it_is(attached):
    attached.said["text"] = None
    page = attached.http.get("/search", params={"q": SENTENCE, "ask": "model"})
    assert page.status_code == 200 and "模型没能帮上忙" in page.text and 'id="results"' in page.text
    attached.said["text"] = "<script>alert(1)</script>"
    assert "模型没有别的建议" in attached.http.get("/search", params={"q": SENTENCE, "ask": "model"}).text


def test_on_the_command_line_a_proposal_is_an_option_to_add(attached, tmp_path, monkeypatch):
    monkeypatch.setenv("TUJIAN_HOME", str(tmp_path / "cli"))
    command = ["search", SENTENCE, "--ask-model", "--engine-url", attached.server.url, "--engine-model", "stand-in-vl"]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 0 and "模型建议：价格 ≤ 200，要用就加 --where price:..200" in told.stderr
    attached.said["text"] = None
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 0 and "没有符合的" in told.stdout, "a model that fails takes nothing from the search"
    assert "500" in told.stderr


def test_without_a_model_none_is_offered(tmp_path, house):
    opened = House(read_settings(home=tmp_path, lang="zh", engine="none"))
    opened._perception = house.perception
    http = TestClient(create_app(opened), base_url="http://localhost:7860")
    assert 'id="ask-model"' not in http.get("/search", params={"q": SENTENCE}).text
    refused = http.post("/v1/search/proposals", data={"text": SENTENCE})
    assert refused.status_code >= 400 and refused.json()["error"]["remedy"]
    opened.close()


def chats(server):
    return [one for one in server.requests if SENTENCE in json.dumps(one, ensure_ascii=False)]
