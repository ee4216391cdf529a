"""Asking an engine and not believing the answer: bound by a schema, or free; checked, and asked once more.

Enters: an engine and a question. Leaves: a checked dictionary, or prose; or an error that says why.
Does not know: what the fields mean. A reply is asked for by schema and still checked: servers ignore schemas, fence
their JSON, go round in circles or stop half way. Circles are cut while they are being said.
"""

import itertools
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator

from tujian.engines.dialect import Engine, Question, Reply, Speech
from tujian.engines.loops import is_looping
from tujian.errors import EngineBrokeOff, EngineUnusable, Lang, Said
from tujian.folding import printable


class Fault(NamedTuple):
    """What is wrong with an answer, in both languages."""

    zh: str
    en: str


CUT_OFF = Fault("没有说完就到了长度上限（finish_reason=length）", "it was cut off (finish_reason=length)")
CIRCLES = Fault("在原地打转", "it went round in circles")
EMPTY = Fault("是空的", "it was empty")
NO_OBJECT = Fault("里没有 JSON 对象", "it holds no JSON object")
FORM_REMEDY = Said("换一个支持 JSON schema 的模型或服务。", "Use a model or server that honours JSON schemas.")
REMEDIES = {
    CUT_OFF: Said("请调大 max_tokens，或把问题问得窄一些。", "Raise max_tokens, or ask for less."),
    CIRCLES: Said(
        "请再问一次、调高 temperature，或换大一些的模型。", "Ask again, raise the temperature, or use a larger model."
    ),
    EMPTY: Said("请再问一次，或换一个模型。", "Ask again, or use another model."),
}
LONGEST_REPLY = 200_000  # characters; more is a loop
LOOKED_AT_EVERY = 200  # characters: looking for circles takes a tenth of a millisecond
MOST_STARTS = 50  # braces tried as the beginning of an object


def ask_for(
    engine: Engine,
    question: Question,
    *,
    accept: Mapping[str, Any] | None = None,
    stopped: threading.Event | None = None,
) -> dict[str, Any]:
    """The object that `question.schema` asks for. Asked once more, with the reason, when the first reply is unusable.

    `accept` is the schema a reply is checked against, where that may be looser than what was asked for.
    Raises EngineUnusable after the second, and whatever the engine raises.
    """
    schema = accept or question.schema or {"type": "object"}
    found, fault = read_reply(listen(engine, question, stopped), schema)
    if fault:
        again = replace(question, prompt=f"{question.prompt}\n\n{_again(fault, question.lang)}")
        found, fault = read_reply(listen(engine, again, stopped), schema)
    if fault:
        raise unusable(fault)
    return found


def ask_freely(engine: Engine, question: Question, stopped: threading.Event | None = None) -> Reply:
    """The answer in prose; one that was cut off says so in `finish`.

    Raises EngineUnusable when it is empty or a loop, and what the engine raises.
    """
    reply = listen(engine, replace(question, schema=None), stopped)
    fault = fault_of(reply)
    if fault and not (fault is CUT_OFF and reply.text.strip()):
        raise unusable(fault, times=1)
    return replace(reply, text=printable(reply.text).strip())


def listen(engine: Engine, question: Question, stopped: threading.Event | None = None) -> Reply:
    """The whole answer. An answer that breaks off (a server that died) is asked for once more."""
    try:
        return _drained(watched(engine.stream(question, stopped)))
    except EngineBrokeOff:
        return _drained(watched(engine.stream(question, stopped)))


def steady(engine: Engine, question: Question, stopped: threading.Event | None = None) -> Speech:
    """The engine's answer, asked for once more when it broke off before its first word."""
    speech, said = engine.stream(question, stopped), False
    try:
        while True:
            piece = next(speech)
            said = True
            yield piece
    except StopIteration as end:
        return end.value
    except EngineBrokeOff:
        if said:
            raise
    finally:
        speech.close()
    return (yield from engine.stream(question, stopped))


def watched(speech: Speech) -> Speech:
    """The same pieces, ended with finish "loop" as soon as they go round in circles or never end."""
    said, looked_at = "", 0
    try:
        while True:
            piece = next(speech)
            said += piece
            yield piece
            if len(said) - looked_at >= LOOKED_AT_EVERY:
                looked_at = len(said)
                if len(said) > LONGEST_REPLY or is_looping(said):
                    return Reply(said, "loop", "")
    except StopIteration as end:
        reply: Reply = end.value
        return replace(reply, finish="loop") if is_looping(reply.text) else reply
    finally:
        speech.close()


def _drained(speech: Speech) -> Reply:
    try:
        while True:
            next(speech)
    except StopIteration as end:
        return end.value


def read_reply(reply: Reply, schema: Mapping[str, Any]) -> tuple[dict[str, Any], Fault | None]:
    """The object in a reply and what is wrong with it (None when nothing is)."""
    fault = fault_of(reply)
    if fault:
        return {}, fault
    found = parse_object(reply.text)
    if found is None:
        return {}, NO_OBJECT
    known = schema.get("properties", {})
    found = {name: value for name, value in found.items() if name in known}
    if known and not found:
        names = ", ".join(known)
        return {}, Fault(f"要的字段一个也没有：{names}", f"none of the fields asked for: {names}")
    found |= {name: None for name in known if name not in found and _nullable(known[name])}
    error = next(iter(Draft202012Validator(dict(schema)).iter_errors(found)), None)
    if error is None:
        return found, None
    where = f"{'.'.join(map(str, error.path)) or 'object'}: {error.message[:200]}"
    return found, Fault(f"不合格式：{where}", where)


def parse_object(text: str) -> dict[str, Any] | None:
    """The first JSON object in `text`, with or without code fences or words around it; None when there is none.

    >>> parse_object('Here it is: ```json\\n{"a": 1,}\\n```')
    {'a': 1}
    """
    bare = re.sub(r"```(?:json)?", "", text)
    for attempt in (bare, re.sub(r",\s*([}\]])", r"\1", bare)):
        starts = itertools.islice(re.finditer(r"\{", attempt), MOST_STARTS)
        for start in starts:
            try:
                found, _ = json.JSONDecoder(strict=False).raw_decode(attempt, start.start())
            except (ValueError, RecursionError):  # no JSON, a number of 5,000 digits, or nested to kill
                continue
            return found
    return None


def fault_of(reply: Reply) -> Fault | None:
    """What keeps a reply from being a whole answer, whatever its form."""
    if reply.finish == "length":
        return CUT_OFF
    if reply.finish == "loop":
        return CIRCLES
    return None if reply.text.strip() else EMPTY


def unusable(fault: Fault, times: int = 2) -> EngineUnusable:
    """The error for answers of which none could be used."""
    twice_zh, twice_en = ("两次", ", twice") if times > 1 else ("的", "")
    remedy_zh, remedy_en = REMEDIES.get(fault, FORM_REMEDY)
    return EngineUnusable(
        zh=Said(f"模型{twice_zh}回答不能用：{fault.zh}。", remedy_zh),
        en=Said(f"The model's answer could not be used{twice_en}: {fault.en}.", remedy_en),
    )


def _nullable(schema: Mapping[str, Any]) -> bool:
    kinds = schema.get("type", [])
    return "null" in kinds or None in schema.get("enum", [])


def _again(fault: Fault, lang: Lang) -> str:
    if lang == "zh":
        return f"上一次的回答不能用（{fault.zh}）。请只返回符合要求的 JSON 对象，不要别的内容。"
    return f"Your last answer could not be used ({fault.en}). Return the JSON object asked for and nothing else."
