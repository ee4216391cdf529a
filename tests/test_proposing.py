"""A model may help to understand a sentence, and never decides. req: A9"""

import datetime as dt
import json

import pytest

from tujian.engines.dialect import Reply
from tujian.filter_words import write_filter
from tujian.proposing import LONGEST, MOST, propose
from tujian.query import understand
from tujian.taxonomy import Taxonomy

TODAY = dt.date(2026, 11, 27)
SENTENCE = "适合爸妈逛公园穿的，别太贵"


def proposed(said, sentence=SENTENCE, seen=None):
    """Filters proposed when a model says that."""

    def ask(question):
        if seen is not None:
            seen.append(question)
        return Reply(said if isinstance(said, str) else json.dumps({"filters": said}), "stop", "m")

    read = understand(sentence, today=TODAY)
    return [write_filter(one.filter) for one in propose(sentence, read, Taxonomy.shipped(), TODAY, "zh", ask)]


def test_what_holds_water_is_proposed_as_a_person_would_have_set_it():
    said = [
        {"field": "price", "high": "200"},
        {"field": "colour", "value": "红色", "is_not": True},
        {"field": "date", "low": "2025-06-01", "high": "2025-08-31"},
        {"field": "kind", "value": "product"},
    ]
    assert proposed(said) == ["price:..200", "colour:!red", "date:2025-06-01..2025-08-31", "kind:product"]
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
    many = [{"field": "brand", "value": f"牌子{n // 2}"} for n in range(40)]
    assert len(proposed(many)) == MOST
