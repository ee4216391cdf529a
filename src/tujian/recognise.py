"""The heart: a picture and a task become a record, with an engine or without one.

    Picture ─ perceive ─▶ Percepts ─ find_claims ──────────────┐
    Task ─ prompt, schema ─▶ Engine ─ ask_for ─▶ said_claims ──┴─ settle ─▶ Values ─▶ Record

Perception is always read. What an engine says is held against it, and every claim that did not win stays as a
candidate. An engine that fails costs its answers and nothing else: the record says so and asks for review.
"""

import time
from dataclasses import dataclass, replace

from tujian.claims import Claim
from tujian.describe import answer_without_engine, describe, title_of
from tujian.engines import Engine, Question, ask_for
from tujian.errors import EngineError, Lang
from tujian.findings import find_claims, likely_category
from tujian.knowledge import Knowledge
from tujian.perception import Percepts
from tujian.pictures import Picture, fit_to_tokens
from tujian.plates import lay_out
from tujian.reconcile import said_claims, settle
from tujian.records import EngineUsed, Record
from tujian.review import reasons
from tujian.tasks import Task


@dataclass(frozen=True, slots=True)
class Said:
    """What came of asking an engine: claims about fields, an answer to a free question, or why there is none."""

    claims: tuple[Claim, ...] = ()
    answer: str | None = None
    by: EngineUsed | None = None
    trouble: EngineError | None = None
    elapsed_ms: float = 0.0


def recognise(
    picture: Picture,
    percepts: Percepts,
    task: Task,
    engine: Engine | None,
    *,
    knowledge: Knowledge,
    lang: Lang = "zh",
    question: str | None = None,
) -> Record:
    """What `picture` shows, as `task` asks.

    `percepts` are perception's findings on the same picture; `question` is a free question beside the task's own.
    Raises nothing of its own: an engine's failure is in `review`, a free question without an engine in `answer`.
    """
    said = Said() if engine is None else _ask(picture, percepts, task, engine, knowledge, lang, question)
    claims = [*find_claims(picture, percepts, task, knowledge, lang), *said.claims]
    fields = {
        field.name: settle(
            field, [c for c in claims if c.field_name == field.name], knowledge, lang, model_asked=engine is not None
        )
        for field in task.fields
    }
    category = likely_category(percepts, knowledge)
    descriptions = describe(percepts, category, knowledge)
    answer = said.answer
    if question is not None and engine is None:
        answer = answer_without_engine(descriptions[lang], lang)
    return lay_out(
        picture,
        percepts,
        task,
        lang,
        title=title_of(fields, category, lang),
        fields=fields,
        descriptions=descriptions,
        review=reasons(task, fields, picture, percepts, said.trouble, lang),
        engine=said.by,
        question=question,
        answer=answer,
        model_ms=said.elapsed_ms,
        knowledge=knowledge,
    )


def _ask(
    picture: Picture,
    percepts: Percepts,
    task: Task,
    engine: Engine,
    knowledge: Knowledge,
    lang: Lang,
    question: str | None,
) -> Said:
    """One schema-bound question for the task's fields, or one free question, about a view within the task's budget."""
    begun = time.perf_counter()
    view = fit_to_tokens(picture, task.picture_tokens)
    asked = Question(question or task.prompt(lang), (view.jpeg,), lang, task.sampling, task.name)
    claims: list[Claim] = []
    answer = None
    try:
        used = engine.used()
        if question is not None:
            answer = engine.ask(asked).text.strip()
        else:
            reply = ask_for(engine, replace(asked, schema=task.schema_of(lang)))
            claims = said_claims(task, reply, used.model, percepts.text_lines, knowledge)
    except EngineError as trouble:
        return Said(trouble=trouble, elapsed_ms=_since(begun))
    return Said(tuple(claims), answer, used, None, _since(begun))


def _since(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 2)
