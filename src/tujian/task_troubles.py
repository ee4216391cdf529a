"""What is wrong with a line of a task file, and what to write instead, in both languages.

Enters: one of pydantic's errors and the entries there are at its place. Leaves: Said in Chinese and English.
Does not know files or lines.
"""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

Context = dict[str, Any]


class Wrong(NamedTuple):
    """What is wrong, in both languages, without a full stop."""

    zh: str
    en: str


_SAID: dict[str, Callable[[Context], tuple[str, str]]] = {
    "missing": lambda _: ("缺少这一项", "this entry is missing"),
    "literal_error": lambda c: (f"只能是 {c['expected'].replace(' or ', '、')}", f"must be {c['expected']}"),
    "string_type": lambda _: (
        "要写成文字（有特殊字符就加引号）",
        "must be text, perhaps in quotes",
    ),
    "string_too_short": lambda _: ("不能是空的", "must not be empty"),
    "string_pattern_mismatch": lambda c: (f"写法不对，要符合 {c['pattern']}", f"must match {c['pattern']}"),
    "int_parsing": lambda _: ("要写成整数", "must be a whole number"),
    "int_type": lambda _: ("要写成整数", "must be a whole number"),
    "int_from_float": lambda _: ("要写成整数", "must be a whole number"),
    "float_parsing": lambda _: ("要写成数字", "must be a number"),
    "float_type": lambda _: ("要写成数字", "must be a number"),
    "bool_parsing": lambda _: ("只能是 true 或 false", "must be true or false"),
    "bool_type": lambda _: ("只能是 true 或 false", "must be true or false"),
    "list_type": lambda _: (
        "要写成列表：- 一行一项，或 [甲, 乙]",
        "must be a list: '- ' lines or [a, b]",
    ),
    "model_type": lambda _: ("要写成“键: 值”", "must be 'key: value' lines"),
    "too_short": lambda c: (f"至少要有 {c['min_length']} 项", f"must have {c['min_length']} or more"),
    "too_long": lambda c: (f"最多 {c['max_length']} 项", f"must have {c['max_length']} at most"),
    "greater_than": lambda c: (f"要大于 {c['gt']:g}", f"must be above {c['gt']:g}"),
    "greater_than_equal": lambda c: (f"不能小于 {c['ge']:g}", f"must be {c['ge']:g} or more"),
    "less_than_equal": lambda c: (f"不能大于 {c['le']:g}", f"must be {c['le']:g} or less"),
}
_OURS = {  # our own validators' words, whose beginning they know
    "count belongs": "count 只用于 list 类型的字段",
    "the name auto is taken": "auto 这个名字有别的用处：它让图片自己选任务",
    "field named twice": "字段重名",
    "the names items": "有 items 的任务里，字段不能叫 items 或 bbox_2d",
}


def explain(error: Any, known: Sequence[str] = ()) -> Wrong:  # noqa: ANN401 - pydantic's ErrorDetails
    """What is wrong. `known` are the entries that may stand there, for one that may not.

    >>> explain({"type": "extra_forbidden", "loc": ("fields", 0, "lable"), "msg": "…"}, ["label", "type"]).en
    'there is no such entry; label was meant?'
    """
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        near = get_close_matches(str(error["loc"][-1]), known, 1)
        zh = f"是不是 {near[0]}？" if near else f"可以写 {'、'.join(known)}"
        en = f"{near[0]} was meant?" if near else f"known: {', '.join(known)}"
        return Wrong(f"没有这一项，{zh}", f"there is no such entry; {en}")
    if kind in _SAID:
        return Wrong(*_SAID[kind](context))
    said = error["msg"].removeprefix("Value error, ")
    zh = next((f"{words}{_after(said)}" for start, words in _OURS.items() if said.startswith(start)), said)
    return Wrong(zh, said)


def _after(said: str) -> str:
    """The names that a message ends with.

    >>> _after("field named twice: brand, name")
    '：brand, name'
    """
    _, colon, names = said.partition("field named twice: ")
    return f"：{names}" if colon else ""
