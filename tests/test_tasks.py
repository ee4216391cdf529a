"""Tasks: one file says what is asked; a wrong one is refused with its line. req: A14, C3"""

import pytest
from jsonschema import Draft202012Validator

from tujian.errors import BadTask
from tujian.tasks import Tasks, parse_task, read_task

SHIPPED = {
    "describe", "product", "apparel", "text", "tags", "album", "food", "label", "beauty", "digital", "home", "book",
    "dress", "appearance", "poster", "safety", "listing", "scene",
}  # fmt: skip
OWN = """---
name: tea
title: {zh: 茶叶, en: Tea}
covers: [fb]
fields:
  - name: origin
    label: {zh: 产地, en: Origin}
    values:
      - {zh: 云南, en: Yunnan}
      - {zh: 福建, en: Fujian}
  - name: net_content
    type: measure
    label: {zh: 净含量, en: Net content}
    sources: [rule, model]
---
## zh
看茶叶。
## en
Look at the tea.
"""


def test_the_shipped_tasks_are_there_in_both_languages():
    tasks = Tasks.load()
    assert set(tasks.names()) == SHIPPED
    for task in tasks:
        assert task.prompt("zh") != task.prompt("en") and task.fields


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_schema_is_a_schema_and_takes_all_nulls(lang):
    for task in Tasks.load():
        schema = task.schema_of(lang)
        Draft202012Validator.check_schema(schema)
        empty = {name: None for name in schema["properties"]}
        if task.name != "tags":
            assert not list(Draft202012Validator(schema).iter_errors(empty))


def test_a_field_that_only_perception_fills_is_not_asked_of_a_model():
    assert "barcode" not in Tasks.load().get("product").schema_of("zh")["properties"]


def test_tags_are_asked_for_exactly_five(tmp_path):
    tags = Tasks.load().get("tags").schema_of("zh")["properties"]["tags"]
    assert (tags["minItems"], tags["maxItems"]) == (5, 5)


def test_a_file_of_the_users_own_works_without_code(tmp_path):
    (tmp_path / "tea.md").write_text(OWN, "utf-8")
    tasks = Tasks.load(tmp_path)
    tea = tasks.get("tea")
    assert tea.schema_of("en")["properties"]["origin"] == {"enum": ["Yunnan", "Fujian", None]}
    assert "产地" in tea.prompt("zh")


def test_an_own_file_of_a_shipped_name_replaces_it(tmp_path):
    (tmp_path / "product.md").write_text(OWN.replace("name: tea", "name: product"), "utf-8")
    assert [field.name for field in Tasks.load(tmp_path).get("product").fields] == ["origin", "net_content"]


def test_the_identity_is_the_hash_of_the_content():
    one, other = parse_task(OWN, "tea.md"), parse_task(OWN.replace("看茶叶", "看看茶叶"), "tea.md")
    assert one.identity != other.identity and one.identity == parse_task(OWN, "other.md").identity


@pytest.mark.parametrize(
    "wrong, line, word",
    [
        (OWN.replace("type: measure", "type: mesure"), 12, "type"),
        (OWN.replace("  - name: origin", "  - nmae: origin"), 6, "name"),
        (OWN.replace("title: {zh: 茶叶, en: Tea}", "title: {zh: 茶叶}"), 3, "title"),
        (OWN.replace("covers: [fb]", "covers: [fb"), 4, "YAML"),
        (OWN.replace("name: net_content", "name: origin"), 2, "origin"),
        (OWN.replace("sources: [rule, model]", "sources: [magic]"), 14, "sources"),
        (OWN.replace("## en", "## fr"), 17, "## en"),
        ("# no front matter", 1, "---"),
        (OWN.replace("covers: [fb]", "about: 2026-99-99"), 2, "YAML"),
        (OWN.replace("covers: [fb]", "about: '\x07'"), 2, "YAML"),
        (OWN.replace("covers: [fb]", "[a, b]: c"), 2, ""),
        (OWN.replace("name: tea", "name: auto"), 2, "auto"),
        (OWN.replace("covers: [fb]", "covers: [Food]"), 4, "covers"),
        ("---\n- a list\n---\n", 2, "key"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_remedy(wrong, line, word):
    with pytest.raises(BadTask) as caught:
        parse_task(wrong, "tea.md")
    said = caught.value.en
    assert f"tea.md, line {line}" in said.message or abs(line - _line(said.message)) <= 2
    assert word in said.message and "tujian tasks --show" in said.remedy


def _line(message: str) -> int:
    return int(message.split("line ")[1].split(":")[0])


def test_a_file_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "x.md").write_bytes(b"\xff\xfe\x00\x00")
    with pytest.raises(BadTask):
        read_task(tmp_path / "x.md")


def test_an_unknown_task_names_those_there_are():
    with pytest.raises(BadTask) as caught:
        Tasks.load().get("prodct")
    assert "product" in caught.value.zh.remedy


def test_auto_takes_the_task_that_wants_the_category():
    tasks = Tasks.load()
    wanted = {"fb": "food", "hb": "beauty", "el": "digital", "hg": "home", "fr": "home", "me": "book", "tg": "product"}
    assert {top: tasks.for_category(top).name for top in wanted} == wanted
    assert tasks.for_category("aa-1-13-8").name == "apparel"
    assert tasks.for_category("se").name == tasks.for_category(None).name == "describe"


def test_auto_takes_the_task_that_covers_the_nearest_ancestor():
    inner = parse_task(OWN.replace("covers: [fb]", "covers: [fb-1-11]"), "tea.md")
    tasks = Tasks([*Tasks.load(), inner])
    assert tasks.for_category("fb-1-11-2").name == tasks.for_category("fb-1-11").name == "tea"
    assert tasks.for_category("fb-1-1").name == tasks.for_category("fb-1").name == "food"
    assert tasks.for_category("fb-1-110").name == "food"  # whole segments count, not letters


def test_auto_asks_the_users_own_tasks_first(tmp_path):
    (tmp_path / "tea.md").write_text(OWN, "utf-8")
    assert Tasks.load(tmp_path).for_category("fb").name == "tea"
