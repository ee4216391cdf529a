"""The drawn cards that the nano network is trained on, and the network on cards that it never saw, by both engines."""

from collections import Counter
from pathlib import Path

import jsonschema
import pytest
from nano_cards import CATEGORIES, CHINESE, COLOURS, LATIN, MOST_DOTS, SIZES, WORDS, draw_cards

from tujian.decoding import Decoder
from tujian.engines.asking import ask_for, ask_freely, listen
from tujian.engines.dialect import Question
from tujian.engines.llamacpp import LlamaCppEngine
from tujian.engines.transformers import TransformersEngine
from tujian.pictures import fit_to_tokens, open_picture
from tujian.tasks import Sampling, read_task

NANO = Path(__file__).parent / "nano"
TASKS = {path.stem: read_task(path) for path in (NANO / "tasks").glob("*.md")}
LANGS = ("zh", "en")
GREEDY = Sampling(temperature=0, top_p=1, max_tokens=64)
ENOUGH = 0.95  # of all fields: issue 3, item 10


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
    for card in draw_cards(4, 60, kinds=("card", "scrap", "sign", "blank")):
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


@pytest.fixture(scope="module")
def llamacpp():
    engine = LlamaCppEngine(NANO / "nano-f16.gguf", timeout_s=60, context=4096, slots=1, threads=1)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def transformers():
    engine = TransformersEngine(NANO, timeout_s=120, context=4096, threads=1, dtype="float32")
    yield engine
    engine.close()


def shown(cards):
    """Each card with the JPEG that Tujian would send of it."""
    with Decoder() as decoder:
        pictures = [open_picture(card.png(), decoder=decoder, max_bytes=1 << 20) for card in cards]
    return [(card, fit_to_tokens(picture, 64).jpeg) for card, picture in zip(cards, pictures, strict=True)]


def fields_right(engine, cards_shown):
    """[right, asked] by task, field and language."""
    right, asked = Counter(), Counter()
    for card, jpeg in cards_shown:
        task = TASKS[card.kind]
        for lang in LANGS:
            question = Question(task.prompt(lang), (jpeg,), lang, task.sampling, task.name, task.schema_of(lang))
            answer = ask_for(engine, question)
            for name, value in card.answer(task.name, lang).items():
                right[task.name, name, lang] += answer[name] == value
                asked[task.name, name, lang] += 1
    return right, asked


def test_llama_cpp_reads_fresh_cards(llamacpp):
    right, asked = fields_right(llamacpp, shown(draw_cards("test", 60)))
    assert right.total() >= ENOUGH * asked.total(), right


def test_transformers_reads_fresh_cards(transformers):
    right, asked = fields_right(transformers, shown(draw_cards("test", 24)))
    assert right.total() >= ENOUGH * asked.total(), right


def test_both_engines_say_the_same_words_greedily(llamacpp, transformers):
    for card, jpeg in shown(draw_cards("same", 12)):
        for lang in LANGS:
            question = Question(TASKS[card.kind].prompt(lang), (jpeg,), lang, GREEDY)
            assert listen(llamacpp, question).text == listen(transformers, question).text


def test_without_its_picture_a_card_is_not_known(llamacpp):
    cards, blanks = shown(draw_cards("test", 12)), shown(draw_cards("blank", 12, kinds=("blank",)))
    swapped = [(card, jpeg) for (card, _), (_, jpeg) in zip(cards, blanks, strict=True)]
    right, asked = fields_right(llamacpp, swapped)
    assert right.total() <= 0.1 * asked.total()


@pytest.mark.parametrize(("lang", "prompt"), [("zh", "图里有什么？"), ("en", "What is in the picture?")])
def test_a_free_question_is_answered_in_a_sentence(llamacpp, lang, prompt):
    right = 0
    for card, jpeg in shown(draw_cards("free", 20)):
        right += ask_freely(llamacpp, Question(prompt, (jpeg,), lang, GREEDY)).text == card.sentence(lang)
    assert right >= 18


def test_all_that_is_committed_of_it_stays_small():
    assert sum(path.stat().st_size for path in NANO.iterdir() if path.is_file()) <= 12_000_000
