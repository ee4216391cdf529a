"""The user's own tasks: checked, kept whole, known at once; what is wrong is said by line in both languages. req: D8"""

import os

import pytest

from tujian.errors import AlreadyThere, BadTask, LostUpdate
from tujian.own_tasks import OwnTasks, checked
from tujian.tasks import MOST_FILE_BYTES, Tasks

TAGS = OwnTasks(Tasks.load()).text_of("tags")
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def tasks(tmp_path):
    return Tasks.load(tmp_path / "tasks")


@pytest.fixture
def own(tasks):
    return OwnTasks(tasks)


def named(name: str, text: str = TAGS) -> str:
    return text.replace("name: tags", f"name: {name}", 1)


def refused(text: str) -> BadTask:
    with pytest.raises(BadTask) as caught:
        checked(text)
    assert caught.value.zh.remedy and caught.value.en.remedy
    return caught.value


def test_a_shipped_task_is_copied_and_who_holds_the_tasks_has_the_copy_at_once(own, tasks, tmp_path):
    shipped = tasks.get("tags").identity
    changed = TAGS + "\nSay it short.\n"
    task = own.save(changed, "tags", shipped)
    assert (tmp_path / "tasks" / "tags.md").read_text("utf-8") == changed
    assert tasks.get("tags") == task and task.identity != shipped
    assert Tasks.load(tmp_path / "tasks").get("tags") == task  # and at the next start
    assert Tasks.load().get("tags").identity == shipped


def test_removing_the_copy_brings_the_shipped_one_back(own, tasks):
    shipped = tasks.get("tags")
    own.save(TAGS + "\nmore\n", "tags", shipped.identity)
    assert own.remove("tags") is True
    assert tasks.get("tags") == shipped and tasks.own_file("tags") is None
    own.save(named("mine"))
    assert own.remove("mine") is False and "mine" not in tasks.names()
    with pytest.raises(BadTask):
        own.remove("product")


def test_another_name_makes_a_new_task_unless_it_is_taken(own, tasks):
    own.save(named("mine"), "tags", tasks.get("tags").identity)
    assert {"mine", "tags"} <= set(tasks.names())
    with pytest.raises(AlreadyThere):
        own.save(named("mine"), "tags", tasks.get("tags").identity)


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(own, tasks):
    opened = tasks.get("tags").identity
    own.save(TAGS + "\nfirst\n", "tags", opened)
    with pytest.raises(LostUpdate):
        own.save(TAGS + "\nsecond\n", "tags", opened)
    assert "first" in own.text_of("tags")


def test_a_file_edited_by_hand_is_changed_where_it_lies_and_another_tasks_file_is_left(own, tasks, tmp_path):
    folder = tmp_path / "tasks"
    folder.mkdir()
    (folder / "by hand.md").write_text(named("mine"), "utf-8")
    (folder / "other.md").write_text(named("strange"), "utf-8")
    own.save(named("mine") + "\nmore\n")
    assert "more" in (folder / "by hand.md").read_text("utf-8") and not (folder / "mine.md").exists()
    with pytest.raises(BadTask, match=r"other\.md"):
        own.save(named("other"))
    assert "name: strange" in (folder / "other.md").read_text("utf-8")


def test_another_broken_file_is_told_before_anything_is_written(own, tmp_path):
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "broken.md").write_text("no task", "utf-8")
    with pytest.raises(BadTask, match=r"broken\.md"):
        own.save(named("mine"))
    assert [path.name for path in (tmp_path / "tasks").iterdir()] == ["broken.md"]


def test_a_folder_that_cannot_be_written_says_so(own, tmp_path):
    (tmp_path / "tasks").write_text("a file stands in the way")
    with pytest.raises(BadTask) as caught:
        own.save(named("mine"))
    assert "没有保存" in caught.value.zh.message


@pytest.mark.parametrize("name", ["../x", "a/b", "x.md", "A", "", HOSTILE, "auto"])
def test_a_name_that_is_no_name_goes_nowhere(own, tmp_path, name):
    with pytest.raises(BadTask) as caught:
        own.save(named(f"'{name}'"))
    assert caught.value.line == 2
    assert not list(tmp_path.rglob("*.md"))


def test_ends_of_lines_are_those_of_a_file_whatever_a_browser_sends(own):
    own.save(named("mine").replace("\n", "\r\n"))
    assert "\r" not in own.text_of("mine")


def test_too_much_and_what_stands_for_too_much_is_refused():
    assert "64 kB" in refused(TAGS + "x" * MOST_FILE_BYTES).en.message
    bomb = "---\na: &a [x, x]\nb: &b [*a, *a]\n---\n## zh\nx\n## en\nx\n"
    error = refused(bomb)
    assert "别名" in error.zh.message and error.line == 3


@pytest.mark.parametrize(
    ("wrong", "right", "zh", "en"),
    [
        ("lable:", "label:", "没有这一项，是不是 label？", "label was meant?"),
        ("type: lst", "type: list", "只能是", "must be"),
        ("feilds:", "fields:", "没有这一项，是不是 fields？", "fields was meant?"),
        ("count: many", "count: 5", "要写成整数", "must be a whole number"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_in_the_readers_language(wrong, right, zh, en):
    text = TAGS.replace(right, wrong, 1)
    assert text != TAGS
    error = refused(text)
    line = text[: text.index(wrong)].count("\n") + 1
    assert abs(error.line - line) <= 1  # YAML knows where a value begins
    assert zh in error.zh.message and en in error.en.message
    assert f"第 {error.line} 行" in error.zh.message and f"line {error.line}" in error.en.message


def test_no_half_file_is_ever_there(own, tmp_path, monkeypatch):
    own.save(named("mine"))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadTask):
        own.save(named("mine") + "\nmore\n")
    assert own.text_of("mine") == named("mine")
    assert [path.name for path in (tmp_path / "tasks").iterdir()] == ["mine.md"]
