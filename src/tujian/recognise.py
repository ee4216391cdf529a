"""The heart: a picture and a task become a record, with an engine or without one.

    Picture ─ perceive ─▶ Percepts ─ find_claims ──────────────┐
    Task ─ prompt, schema ─▶ Engine ─ ask_for ─▶ said_claims ──┴─ settle ─▶ Values ─▶ Record

Perception is always read. What an engine says is held against it, and every claim that did not win stays as a
candidate. An engine that fails costs its answers and nothing else: the record says so and asks for review.
"""

import time
from dataclasses import dataclass, replace

from tujian.claims import Claim
from tujian.describe import answer_without, describe, title_of
from tujian.engines import Engine, Question, ask_for, ask_freely
from tujian.errors import EngineError, Lang
from tujian.findings import find_claims, likely_category
from tujian.knowledge import Knowledge
from tujian.perception import Percepts
from tujian.pictures import Picture, fit_to_tokens
from tujian.plates import lay_out
from tujian.recipes import recipe_parts
from tujian.reconcile import settle
from tujian.records import EngineUsed, Record
from tujian.replies import said_claims
from tujian.review import reasons
from tujian.rules.sensitive import find_sensitive
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
    insist: bool = False,
) -> Record:
    """What `picture` shows, as `task` asks.

    `percepts` are perception's findings on the same picture. With a free `question` the engine answers that, and
    perception alone fills the fields. An engine's failure is in `review` and, for a question, in `answer`; with
    `insist` it is raised instead (EngineError).
    """
    said = Said() if engine is None else _ask(picture, percepts, task, engine, knowledge, lang, question)
    if insist and said.trouble is not None:
        raise said.trouble
    claims = [*find_claims(picture, percepts, task, knowledge, lang), *said.claims]
    fields = {
        field.name: settle(
            field, [c for c in claims if c.field_name == field.name], lang, model_asked=engine is not None
        )
        for field in task.fields
    }
    category = likely_category(percepts, knowledge)
    descriptions = describe(percepts, category, knowledge)
    sensitive = find_sensitive([line.text for line in percepts.text_lines])
    return lay_out(
        picture,
        percepts,
        task,
        lang,
        title=title_of(fields, category, lang),
        fields=fields,
        descriptions=descriptions,
        sensitive=sensitive,
        review=reasons(task, fields, picture, percepts, sensitive, said.trouble, lang),
        answer=said.answer if question is None or said.by else answer_without(said.trouble, descriptions[lang], lang),
        recipe=recipe_parts(task, lang, said.by, question, percepts.versions, knowledge.version, said.trouble),
        engine=said.by,
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
            answer = ask_freely(engine, asked)
        else:
            reply = ask_for(engine, replace(asked, schema=task.schema_of(lang)))
            claims = said_claims(task, reply, used.model, percepts.text_lines, knowledge)
    except EngineError as trouble:
        return Said(trouble=trouble, elapsed_ms=_since(begun))
    return Said(tuple(claims), answer, used, None, _since(begun))


def _since(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 2)
