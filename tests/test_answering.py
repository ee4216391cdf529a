"""The catalogue answers from its records only, with citations, or says that they do not say. req: A10"""

import pytest
from kept import incoming, open_catalogue

from tujian.answering import answer_from
from tujian.database import open_database
from tujian.engines.dialect import Reply
from tujian.errors import BadInput
from tujian.finding import Search
from tujian.perception.vectors import default_embedder


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Asks a small shop; `says` is what the model answers to a prompt, None: there is none."""
    home = tmp_path_factory.mktemp("shop")
    database = open_database(home / "t.sqlite")
    catalogue = open_catalogue(database, home)
    goods = {
        "真无线降噪耳机": {"selling_points": ["IPX5 防水", "续航30小时"], "price": "299.00 CNY", "brand": "声阔"},
        "电热水壶": {"material": "304 不锈钢", "price": "79.00 CNY"},
        "秘密样品耳机": {"selling_points": ["防水"], "price": "1.00 CNY"},
    }
    ids = {
        name: catalogue.add([incoming(name.encode())], who="t", values={"name": name, **values}).id
        for name, values in goods.items()
    }
    catalogue.hide(ids["秘密样品耳机"], who="t")
    embedder = default_embedder()
    search = Search(database, lambda: embedder)

    def ask(question, says=None, lang="zh"):
        prompts = []

        def model(wanted):
            prompts.append(wanted.prompt)
            return Reply(says(wanted.prompt) if callable(says) else says, "stop", "m")

        answer = answer_from(search, catalogue, question, lang, model if says is not None else None)
        return answer, prompts

    yield ask
    database.close()


def test_without_a_model_the_passages_answer_each_with_its_item(asked):
    answer, _ = asked("这个耳机防水吗？")
    assert (answer.found, answer.answer) == (True, None)
    assert [passage["field"] for passage in answer.passages] == ["selling_points"]
    assert "防水" in str(answer.passages[0]["value"])
    assert answer.passages[0]["citations"][0]["item"]


@pytest.mark.parametrize(
    ("question", "field", "value"),
    [("电热水壶多少钱", "price", "79"), ("水壶是什么材质的", "material", "304"), ("耳机是什么牌子", "brand", "声阔")],
)
def test_a_question_for_a_field_is_answered_by_that_field(asked, question, field, value):
    answer, _ = asked(question)
    assert [(passage["field"], value in str(passage["value"])) for passage in answer.passages] == [(field, True)]


@pytest.mark.parametrize("question", ["电热水壶防水吗", "水壶是什么牌子", "你们卖钢琴吗", "明天天气怎么样"])
def test_what_no_record_says_is_not_answered(asked, question):
    answer, _ = asked(question)
    assert (answer.found, answer.answer, answer.passages) == (False, "资料里没有。", [])


def test_a_model_says_it_in_a_sentence_with_the_passages_it_cites(asked):
    answer, prompts = asked("这个耳机防水吗？", "防水，等级 IPX5[1]。")
    assert answer.answer == "防水，等级 IPX5[1]。"
    assert prompts[0].startswith("[1] 真无线降噪耳机 | selling_points: ")


@pytest.mark.parametrize(
    "says",
    ["防水。", "防水[9]。", "防水[0]。", "防水，等级 IPX8[1]。", "续航 3 小时[1]。", ""],
    ids=["cites nothing", "no such passage", "nought", "another number", "a part of a number", "nothing"],
)
def test_a_lying_model_is_not_repeated(asked, says):
    answer, _ = asked("这个耳机防水吗？", says)
    assert (answer.found, answer.answer) == (True, None)
    assert answer.passages


@pytest.mark.parametrize("says", ["价格是 299 元[1]。", "价格 299.0 元[1]。", "价格是二百九十九元[1]。"])
def test_a_number_is_the_same_however_it_is_written(asked, says):
    assert asked("耳机多少钱", says)[0].answer == says


@pytest.mark.parametrize("says", ["价格是三百元[1]。", "价格是 2,990 元[1]。", "价格是 29 元[1]。"])
def test_a_number_that_no_passage_holds_is_not_repeated(asked, says):
    answer, _ = asked("耳机多少钱", says)
    assert (answer.found, answer.answer) == (True, None)


def test_an_answer_to_one_of_two_questions_is_shown(asked):
    says = "价格是 299 元[1]，保质期资料里没有。"
    answer, _ = asked("耳机多少钱", says)
    assert (answer.found, answer.answer) == (True, says)


def test_a_model_that_finds_nothing_in_the_passages_is_believed(asked):
    for says in ("资料里没有。", "资料里没有[1]。"):
        answer, _ = asked("这个耳机防水吗？", says)
        assert (answer.found, answer.answer, answer.passages) == (False, "资料里没有。", [])


def test_hidden_items_answer_nothing(asked):
    """req: C10"""
    for question in ("秘密样品耳机多少钱", "这个耳机防水吗？"):
        assert "秘密" not in str(asked(question)[0])


def test_english_asks_and_is_answered(asked):
    answer, _ = asked("does the kettle have a brand?", lang="en")
    assert (answer.found, answer.answer) == (False, "The records do not say.")


def test_an_empty_question_is_refused(asked):
    with pytest.raises(BadInput):
        asked("  ")
