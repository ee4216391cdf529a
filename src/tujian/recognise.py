"""The heart: a picture and a task become a record, with an engine or without one.

    Picture ─ perceive ─▶ Percepts ─ find_claims ──────────────┐
    Task ─ prompt, schema ─▶ Engine ─ ask_for ─▶ said_claims ──┴─ settle ─▶ Values ─▶ Record

Perception is always read. What an engine says is held against it, and every claim that did not win stays as a
candidate. An engine that fails costs its answers and nothing else: the record says so and asks for review.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tujian.claims import Claim
from tujian.describe import answer_without, describe, title_of
from tujian.drafts import COPY, draft
from tujian.engines.asking import ask_for, ask_freely
from tujian.engines.dialect import Engine, Question
from tujian.errors import EngineError, Lang, Stopped
from tujian.findings import find_claims, likely_category
from tujian.items import SaidItem, items_of, reasons_of, said_items
from tujian.knowledge import Knowledge
from tujian.lanes import Priority
from tujian.plates import lay_out
from tujian.prompting import prompt_of
from tujian.recent import Looked, without
from tujian.recipes import recipe_parts
from tujian.reconcile import READ, settle
from tujian.records import EngineUsed, Record, Value
from tujian.replies import said_claims
from tujian.review import reasons
from tujian.rules.adlaw import AdFinding, find_absolute_terms, find_in_text
from tujian.rules.instructions import find_instructions
from tujian.rules.sensitive import find_sensitive
from tujian.tasks import Task


@dataclass(frozen=True, slots=True)
class Said:
    """What came of asking an engine: claims about fields, an answer to a free question, or why there is none."""

    claims: tuple[Claim, ...] = ()
    items: tuple[SaidItem, ...] = ()
    answer: str | None = None
    by: EngineUsed | None = None
    trouble: EngineError | None = None
    elapsed_ms: float = 0.0
    is_cut: bool = False  # the answer reached its longest length


def recognise(
    looked: Looked,
    task: Task,
    engine: Engine | None,
    *,
    knowledge: Knowledge,
    lang: Lang = "zh",
    question: str | None = None,
    insist: bool = False,
    more: Sequence[Looked] = (),
    priority: Priority = "normal",
    stopped: threading.Event | None = None,
) -> Record:
    """What a picture shows, as `task` asks.

    `more` are further pictures of the same item, shown to the engine in the same question. With a free `question` the
    engine answers that, and perception alone fills the fields. An engine's failure is in `review` and, for a question,
    in `answer`; with `insist` it is raised instead (EngineError). `stopped` ends the asking from another thread: then
    Stopped is raised.
    """
    picture, percepts, looks = looked.picture, looked.percepts, [looked, *more]
    orders = [line for look in looks for line in find_instructions(look.percepts.text_lines)]
    heard = [without(look, orders) for look in looks]  # text that speaks to the machine is shown, not listened to
    said = Said() if engine is None else _ask(heard, task, engine, knowledge, lang, question, priority, stopped)
    if said.trouble is not None and (insist or isinstance(said.trouble, Stopped)):
        raise said.trouble
    alone = heard[0] if not more else replace(heard[0], parts=None)  # several pictures are of one item
    items = items_of(alone, task, said.items, knowledge, lang, model_asked=engine is not None)
    whole = task.of_several if task.lists_items and len(items) > 1 else task
    claims = [*found_claims(heard, whole, knowledge, lang), *said.claims]
    fields = _drafted(whole, claims, lang, model_asked=engine is not None)
    category = likely_category(heard[0].percepts, knowledge)
    descriptions = describe(heard[0].percepts, category, knowledge, items)
    sensitive = find_sensitive([line.text for look in looks for line in look.percepts.text_lines])
    adverts = _adverts(heard, whole, fields)
    doubts = reasons(
        whole, fields, picture, percepts, sensitive, orders, said.trouble, lang, adverts=adverts, cut=said.is_cut
    )
    return lay_out(
        looks,
        whole,
        lang,
        title=title_of(fields, category, lang, items),
        fields=fields,
        items=items,
        descriptions=descriptions,
        sensitive=sensitive,
        review=[*doubts, *reasons_of(items, task, lang)],
        answer=said.answer if question is None or said.by else answer_without(said.trouble, descriptions[lang], lang),
        recipe=recipe_parts(task, lang, said.by, question, percepts.versions, knowledge.version, said.trouble),
        engine=said.by,
        model_ms=said.elapsed_ms,
        knowledge=knowledge,
    )


def _drafted(task: Task, claims: Sequence[Claim], lang: Lang, *, model_asked: bool) -> dict[str, Value]:
    """Every field settled; where the task wants copy, a draft from what is settled competes with what was said."""
    fields = _settled(task, claims, lang, model_asked=model_asked)
    copy = draft(task, fields, lang)
    return _settled(task, [*claims, *copy], lang, model_asked=model_asked) if copy else fields


def _settled(task: Task, claims: Sequence[Claim], lang: Lang, *, model_asked: bool) -> dict[str, Value]:
    return {
        field.name: settle(field, [c for c in claims if c.field_name == field.name], lang, model_asked=model_asked)
        for field in task.fields
    }


def _adverts(looks: Sequence[Looked], task: Task, fields: Mapping[str, Value]) -> list[AdFinding]:
    """The law's words on the pictures and in the copy that a record proposes. req: F6"""
    if not task.is_advertising:
        return []
    found = find_absolute_terms([line for look in looks for line in look.percepts.text_lines])
    copy = [str(fields[name].value) for name in COPY if name in fields and fields[name].value]
    return found + [finding for text in copy for finding in find_in_text(text) if finding not in found]


def found_claims(looks: Sequence[Looked], task: Task, knowledge: Knowledge, lang: Lang) -> list[Claim]:
    """What perception claims: all about the first picture, what can be read on the others of the same item."""
    first, *others = looks
    claims = find_claims(first.picture, first.percepts, task, knowledge, lang)
    for number, look in enumerate(others, 1):
        elsewhere = find_claims(look.picture, look.percepts, task, knowledge, lang)
        claims += [replace(c, picture=number) for c in elsewhere if c.source in READ and not c.inferred]
    return claims


def _ask(
    looks: Sequence[Looked],
    task: Task,
    engine: Engine,
    knowledge: Knowledge,
    lang: Lang,
    question: str | None,
    priority: Priority,
    stopped: threading.Event | None,
) -> Said:
    """One schema-bound question for the task's fields, or one free question, about views within the task's budget."""
    begun = time.perf_counter()
    views = [look.view(task.picture_tokens) for look in looks]
    prompt = prompt_of(task, lang, [look.percepts for look in looks], question)
    asked = Question(prompt, tuple(v.jpeg for v in views), lang, task.sampling, task.name, priority=priority)
    claims: list[Claim] = []
    items: list[SaidItem] = []
    answer, cut = None, False
    try:
        used = engine.used()
        if question is not None:
            reply = ask_freely(engine, asked, stopped)
            answer, cut = reply.text, reply.finish == "length"
        else:
            bound = replace(asked, schema=task.schema_of(lang))
            reply = ask_for(engine, bound, accept=task.loose_schema_of(lang), stopped=stopped)
            claims = said_claims(task, reply, used.model, [look.percepts.text_lines for look in looks], knowledge, lang)
            items = said_items(task, reply, used.model, looks[0], knowledge, lang)
    except EngineError as trouble:
        return Said(trouble=trouble, elapsed_ms=_since(begun))
    return Said(tuple(claims), tuple(items), answer, used, None, _since(begun), cut)


def _since(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 2)
