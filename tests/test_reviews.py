"""What waits for a person's eyes: which things, in which order, and that nothing comes twice. req: F1, F2, F6, E9"""

import datetime as dt

import pytest
from kept import incoming, open_catalogue, record, value

from tujian.errors import BadInput, LostUpdate, NotFound
from tujian.records import Candidate, Evidence, Value, Verdict
from tujian.reviews import Reviews

DAY = dt.date(2026, 11, 26)
READ = Evidence(source="rule", by="brands/1", confidence=0.97, quote="ALPRO", box_1000=(100, 100, 400, 200))
SAID = Candidate(value="Oatly", evidence=[Evidence(source="model", by="m")])


def contradicted(confidence: float = 0.9) -> Value:
    return Value(
        value="ALPRO", verdict=Verdict.CONTRADICTED, confidence=confidence, reason="模型说“Oatly”", evidence=[READ],
        candidates=[SAID],
    )  # fmt: skip


@pytest.fixture
def catalogue(database, tmp_path):
    return open_catalogue(database, tmp_path)


@pytest.fixture
def reviews(catalogue):
    return Reviews(catalogue)


def looked(catalogue, called: str, /, **more) -> str:
    item_id = catalogue.add([incoming(called.encode(), f"{called}.jpg")], who="t").id
    catalogue.save(item_id, record(**more))
    return item_id


def waiting(reviews, reason=None, **more) -> list[tuple[str, str, str]]:
    return [(one.item, one.field, one.reason) for one in reviews.queue(reason, day=DAY, **more).cases]


def test_a_contradicted_value_waits_and_a_confirmed_one_does_not(catalogue, reviews):
    one = looked(catalogue, "a", brand=contradicted(), category=value("牛奶", "rule", sure=True))
    assert waiting(reviews) == [(one, "brand", "contradicted")]


def test_what_is_surely_wrong_comes_before_what_is_only_unsure(catalogue, reviews):
    doubtful = Value(value="1 L", verdict=Verdict.UNCHECKED, confidence=0.4, evidence=[READ])
    lead = looked(catalogue, "c", category=value("牛奶", sure=True), net_content=doubtful, name=contradicted(0.5))
    sure = looked(catalogue, "b", category=value("牛奶", sure=True), brand=contradicted(0.99))
    assert [one for one, _, _ in waiting(reviews)] == [sure, lead, lead]
    assert waiting(reviews)[-1] == (lead, "net_content", "unsure")


def test_a_required_field_that_nobody_saw_waits_and_another_does_not(catalogue, reviews):
    one = looked(catalogue, "a", category=Value(), brand=Value())
    assert waiting(reviews) == [(one, "category", "unseen")]


def test_whoever_says_what_it_is_has_said_it_for_good(catalogue, reviews):
    one = looked(catalogue, "a", brand=contradicted(), category=value("牛奶", sure=True))
    catalogue.edit(one, {"brand": "ALPRO"}, who="李雷")
    assert waiting(reviews) == []
    catalogue.save(one, record(recipe="2" * 64, brand=contradicted(), category=value("牛奶", sure=True)))
    assert waiting(reviews) == [] and catalogue.get(one)["brand"] == "ALPRO"


def test_what_is_taken_back_waits_again_in_its_place(catalogue, reviews):
    one = looked(catalogue, "a", brand=contradicted(), category=value("牛奶", sure=True))
    before = reviews.queue(day=DAY).cases
    version = catalogue.edit(one, {"brand": "ALPRO"}, who="李雷")
    catalogue.undo(one, who="李雷", version=version)
    assert reviews.queue(day=DAY).cases == before


def test_nobody_takes_back_what_somebody_else_did_since(catalogue):
    one = looked(catalogue, "a", brand=contradicted())
    version = catalogue.edit(one, {"brand": "ALPRO"}, who="李雷")
    catalogue.edit(one, {"name": "燕麦奶"}, who="韩梅梅")
    with pytest.raises(LostUpdate):
        catalogue.undo(one, who="李雷", version=version)
    assert catalogue.get(one)["name"] == "燕麦奶"


def test_a_poor_picture_is_decided_on_once_until_it_is_another(catalogue, reviews):
    poor = record(category=value("牛奶", sure=True))
    poor.picture.quality = ["太暗"]
    one = catalogue.add([incoming()], who="t").id
    catalogue.save(one, poor)
    assert waiting(reviews) == [(one, "", "picture")]
    reviews.decide(one, "picture", who="李雷")
    catalogue.save(one, poor.model_copy(update={"recipe": "2" * 64}))
    assert waiting(reviews) == []
    reviews.decide(one, "picture", who="李雷", is_decided=False)
    assert waiting(reviews) == [(one, "", "picture")]
    reviews.decide(one, "picture", who="李雷")
    poor.picture.sha256 = "b" * 64
    catalogue.save(one, poor)
    assert waiting(reviews) == [(one, "", "picture")]


def test_words_of_the_law_wait_once_for_the_item(catalogue, reviews):
    line = {"text": "全网最低价", "box_1000": (1, 1, 9, 9), "quad_px": [(0, 0)] * 4, "confidence": 0.9}
    told = record(category=value("牛奶", sure=True))
    one = catalogue.add([incoming()], who="t").id
    catalogue.save(one, type(told).model_validate({**told.to_json(), "text_lines": [line]}))
    assert waiting(reviews) == [(one, "", "advertising")]


def test_sensitive_things_are_counted_for_everybody_and_shown_to_who_asks(catalogue, reviews):
    one = looked(catalogue, "a", sensitive=True, category=value("牛奶", sure=True))
    assert waiting(reviews) == [] and reviews.counts() == {"sensitive": 1}
    assert waiting(reviews, also=["sensitive"]) == [(one, "", "sensitive")]
    catalogue.show(one, who="李雷")
    assert waiting(reviews, also=["sensitive"]) == []
    catalogue.undo(one, who="李雷")
    assert waiting(reviews, also=["sensitive"]) == [(one, "", "sensitive")]
    with pytest.raises(NotFound):
        reviews.decide(one, "sensitive", who="李雷")


def test_the_days_sample_stays_and_shrinks_as_it_is_looked_at(catalogue, reviews):
    for number in range(30):
        looked(catalogue, f"p{number}", category=value("牛奶", sure=True), brand=value("ALPRO", sure=True))
    first = waiting(reviews, "sample")
    assert len(first) == 20 and waiting(reviews, "sample") == first
    tomorrow = reviews.queue(day=DAY + dt.timedelta(1), reason="sample").cases
    assert [case.item for case in tomorrow] != [item for item, _, _ in first]
    one, field, _ = first[0]
    catalogue.edit(one, {field: catalogue.get(one)[field]}, who="李雷")
    assert waiting(reviews, "sample") == first[1:]
    assert waiting(reviews) == []


def test_pages_repeat_nothing_and_skip_nothing(catalogue, reviews):
    for number in range(7):
        looked(catalogue, f"p{number}", category=value("牛奶", sure=True), brand=contradicted(), name=contradicted(0.5))
    whole, found, after = waiting(reviews), [], ""
    while True:
        page = reviews.queue(day=DAY, after=after, limit=4)
        found += [(one.item, one.field, one.reason) for one in page.cases]
        after = page.next or ""
        if not after:
            break
    assert found == whole and len(whole) == 14
    with pytest.raises(BadInput):
        reviews.queue(day=DAY, after="x")


def test_a_forgotten_item_waits_no_more(catalogue, reviews):
    one = looked(catalogue, "a", brand=contradicted())
    catalogue.forget(one, who="t")
    assert waiting(reviews) == [] and reviews.counts() == {}


def test_a_merge_is_a_persons_word_and_taken_back_it_waits_again(catalogue, reviews):
    one = looked(catalogue, "a", brand=contradicted(), category=value("牛奶", sure=True))
    merged = catalogue.merge_values("brand", ["ALPRO"], "Alpro", who="李雷")
    assert waiting(reviews) == []
    catalogue.unmerge(merged.number, who="李雷")
    assert waiting(reviews) == [(one, "brand", "contradicted")]
