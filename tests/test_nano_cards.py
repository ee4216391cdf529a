"""The drawn cards that the nano network is trained and tested on."""

from pathlib import Path

import jsonschema
import pytest
from nano_cards import CATEGORIES, CHINESE, COLOURS, LATIN, MOST_DOTS, SIZES, WORDS, draw_cards

from tujian.tasks import read_task

TASKS = {path.stem: read_task(path) for path in (Path(__file__).parent / "nano/tasks").glob("*.md")}
LANGS = ("zh", "en")


def test_a_seed_draws_the_same_cards_again():
    once, again = draw_cards(7, 12), draw_cards(7, 12)
    assert [card.png() for card in once] == [card.png() for card in again]
    assert [card.png() for card in once] != [card.png() for card in draw_cards(8, 12)]


def test_cards_come_in_turn_by_kind_and_in_every_size():
    cards = draw_cards(1, 12, kinds=("card", "sign", "blank"))
    assert [card.kind for card in cards[:4]] == ["card", "sign", "blank", "card"]
    assert {card.picture.size for card in cards} == set(SIZES)


def test_every_size_needs_no_resizing_by_any_engine():
    assert all(side % 32 == 0 for size_px in SIZES for side in size_px)


def test_fresh_cards_show_pairs_and_words_on_grounds_that_training_never_draws():
    fresh, trained = draw_cards(2, 400), draw_cards(3, 4000, fresh=False)
    pairs = [{(c.kind, c.colour, c.category or c.word) for c in cards} for cards in (fresh, trained)]
    assert pairs[0].isdisjoint(pairs[1])


def test_each_single_thing_is_drawn_in_training():
    trained = draw_cards(3, 4000, fresh=False)
    assert {card.category for card in trained} == {None, *CATEGORIES}
    assert {card.colour for card in trained} == set(COLOURS)
    assert {card.word for card in trained} == set(WORDS) == {*LATIN, *CHINESE}
    assert {card.dots for card in trained} == {None, *range(1, MOST_DOTS + 1)}


@pytest.mark.parametrize("name", ["card", "sign"])
@pytest.mark.parametrize("lang", LANGS)
def test_the_truth_of_every_card_is_an_answer_its_task_allows(name, lang):
    schema = TASKS[name].schema_of(lang)
    for card in draw_cards(4, 60, kinds=("card", "sign", "blank")):
        answer = card.answer(name, lang)
        jsonschema.validate(answer, schema)
        assert list(answer) == list(schema["properties"])


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_is_said_of_a_blank_picture(lang):
    (blank,) = draw_cards(5, 1, kinds=("blank",))
    answers = [*blank.answer("card", lang).values(), *blank.answer("sign", lang).values()]
    assert answers == [None] * 6


def test_sentences_name_what_is_there_in_the_reader_s_language():
    card, sign = draw_cards(6, 2)
    assert card.category in card.sentence("en")
    assert CATEGORIES[card.category] in card.sentence("zh")
    assert str(sign.dots) in sign.sentence("zh")
    assert sign.word in sign.wording("en")
