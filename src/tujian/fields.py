"""What a person may write into a field.

Enters: a task's field and a value, typed or as text. Leaves: the value in the field's form, or BadEdit that says what
is wrong and what would be right. Does not know: items, who writes, what stands there now.
"""

import datetime as dt
import math
import re
from collections.abc import Iterable

from tujian.errors import BadEdit
from tujian.folding import fold, printable
from tujian.records import FieldValue
from tujian.tasks import Task, TaskField, Tasks

LONGEST_VALUE = 20_000  # characters: all text on a picture fits
MOST_VALUES = 100
LISTS = ("list", "colour")
FLAGS = {"true": True, "yes": True, "1": True, "是": True, "有": True,
         "false": False, "no": False, "0": False, "否": False, "无": False}  # fmt: skip
SEPARATORS = re.compile(r"[,，、;；\n]+")
PARTIAL_DATE = re.compile(r"\d{4}(-\d{2})?")  # a year, a month
NOTHING = ("", "null", "-")


def find_field(tasks: Tasks, name: str, first: Iterable[str] = ()) -> TaskField:
    """The field called `name`: of the tasks named `first`, else of any. Raises BadEdit with the names there are."""
    known = set(tasks.names())
    ordered = [*(tasks.get(task) for task in first if task in known), *tasks]
    for task in ordered:
        for field in task.fields:
            if field.name == name:
                return field
    raise _unknown(name, ordered[:1])


def check_value(field: TaskField, value: object) -> FieldValue:
    """`value` in the form of `field`; None says that there is none. Raises BadEdit.

    >>> from tujian.tasks import Words
    >>> check_value(TaskField(name="n", type="number", label=Words(zh="数", en="Number")), 3)
    3
    """
    if value is None:
        return None
    if field.type in LISTS:
        return _list(field, value)
    if field.type == "flag":
        return value if isinstance(value, bool) else _wrong(field, value, "true 或 false", "true or false")
    if field.type == "number":
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return value if is_number else _wrong(field, value, "一个数", "a number")  # pyright: ignore[reportReturnType]
    word = _controlled(field, _word(field, value))
    if field.type == "date" and not _is_date(word):
        return _wrong(field, value, "YYYY-MM-DD 的日期", "a date as YYYY-MM-DD")
    return word


def parse_value(field: TaskField, text: str) -> FieldValue:
    """What somebody typed, in the form of `field`; an empty text says that there is none. Raises BadEdit."""
    text = text.strip()
    if text in NOTHING:
        return None
    if field.type in LISTS:
        return check_value(field, [part.strip() for part in SEPARATORS.split(text) if part.strip()])
    if field.type == "flag":
        return check_value(field, FLAGS.get(text.lower(), text))
    if field.type == "number":
        return check_value(field, _number(text))
    return check_value(field, text)


def _number(text: str) -> object:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and "." not in text else number


def _list(field: TaskField, value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_VALUES:
        return _wrong(field, value, f"最多 {MOST_VALUES} 个词的列表", f"a list of up to {MOST_VALUES} words")
    return list(dict.fromkeys(_controlled(field, _word(field, word)) for word in value))


def _word(field: TaskField, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_VALUE:
        return _wrong(field, value, f"1–{LONGEST_VALUE} 字的文字", f"text of 1-{LONGEST_VALUE} characters")
    return printable(value).strip()


def _controlled(field: TaskField, word: str) -> str:
    if field.values is None:
        return word
    for allowed in field.values:
        for own in (allowed.zh, allowed.en):
            if fold(own) == fold(word):
                return own
    zh, en = "、".join(w.zh for w in field.values), ", ".join(w.en for w in field.values)
    return _wrong(field, word, f"这些之一：{zh}", f"one of: {en}")


def _is_date(word: str) -> bool:
    if PARTIAL_DATE.fullmatch(word):
        return True
    try:
        dt.datetime.fromisoformat(word)
    except ValueError:
        return False
    return True


def _wrong(field: TaskField, value: object, zh: str, en: str):  # noqa: ANN202 - never returns
    shown = printable(repr(value))[:80]
    raise BadEdit(
        zh=(f"{field.label.zh}（{field.name}）不能是 {shown}。", f"请写{zh}。"),
        en=(f"{field.label.en} ({field.name}) cannot be {shown}.", f"Give {en}."),
    )


def _unknown(name: str, tasks: Iterable[Task]) -> BadEdit:
    names = ", ".join(field.name for task in tasks for field in task.fields)
    shown = printable(name)[:60]
    return BadEdit(
        zh=(f"没有名为 {shown!r} 的字段。", f"可用的字段：{names}；tujian tasks 列出全部。"),
        en=(f"There is no field named {shown!r}.", f"Fields: {names}; `tujian tasks` lists them all."),
    )
