"""The pages of tasks: which there are; one with its fields, prompt and schema; what is wrong with what somebody writes;
the record that an unsaved one makes. req: D4, D8

Enters: tasks, their text, an error, a record. Leaves: pages and parts of pages as text. What it does not know: folders,
requests, who recognises. Task files, values and quotes are foreign: they only ever become text.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tujian.errors import Lang, TujianError
from tujian.records import Record, Value, in_words
from tujian.tasks import Task, TaskField
from tujian.web.item import SIGNS
from tujian.web.render import Reader, Sample, render_template, titled

MOST_COVERED = 6  # names of categories in a row of the list
LONGEST_LINE = 80  # characters of a wrong line that are shown

Naming = Callable[[str, Lang], str]  # what a category's id is called


@dataclass(frozen=True, slots=True)
class Listed:
    """A task as the list shows it."""

    task: Task
    is_own: bool
    is_shipped: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A task's text in somebody's hands. `task` is what it makes, or `trouble` why it makes none.

    `was` is the identity of the task that it began with; `file` where the own one lies, "" for a shipped one.
    """

    name: str
    text: str
    task: Task | None = None
    trouble: TujianError | None = None
    was: str = ""
    file: str = ""
    is_shipped: bool = False
    done: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A field of a task as the table shows it."""

    name: str
    label: str
    kind: str
    question: str
    values: Sequence[str]
    limits: Sequence[str]
    sources: Sequence[str]
    required: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A value of the record that an unsaved task makes."""

    label: str
    text: str
    verdict: str
    sign: str
    quote: str
    by: str
    source: str
    sureness: str
    reason: str


def render_tasks(reader: Reader, listed: Sequence[Listed], naming: Naming, folder: str) -> str:
    lang = reader.lang
    rows = [
        {
            "name": one.task.name,
            "title": one.task.title.of(lang),
            "about": one.task.about.of(lang) if one.task.about else "",
            "fields": len(one.task.fields),
            "covers": [naming(category, lang) for category in one.task.covers[:MOST_COVERED]],
            "more": max(0, len(one.task.covers) - MOST_COVERED),
            "is_own": one.is_own,
            "is_shipped": one.is_shipped,
        }
        for one in listed
    ]
    return render_template("tasks.html", "/tasks", reader, rows=rows, folder=folder)


def render_task(reader: Reader, opened: Opened, samples: Sequence[Sample]) -> str:
    return render_template(
        "task.html",
        "/tasks",
        reader,
        lang_at=f"/tasks/{opened.name}" if opened.name else "",
        opened=opened,
        title=opened.task.title.of(reader.lang) if opened.task else opened.name,
        samples=titled(samples, reader.lang),
        **_checked(reader.lang, opened.text, opened.task, opened.trouble),
    )


def render_checked(reader: Reader, text: str, task: Task | None, trouble: TujianError | None) -> str:
    """The part of the page that says what a text makes, or what is wrong with it."""
    return render_template("task_checked.html", "/tasks", reader, **_checked(reader.lang, text, task, trouble))


def render_tried(reader: Reader, record: Record, task: Task) -> str:
    """The part of the page that shows what an unsaved task makes of a picture."""
    fields = {field.name: field for field in task.fields}
    told = [_told(name, value, fields, record, reader.lang) for name, value in record.fields.items()]
    return render_template(
        "task_tried.html",
        "/tasks",
        reader,
        told=[*(one for one in told if one.verdict != "unseen"), *(one for one in told if one.verdict == "unseen")],
        record=record,
        seconds=f"{record.timings_ms.get('total', 0) / 1000:.2f}",
    )


def _checked(lang: Lang, text: str, task: Task | None, trouble: TujianError | None) -> dict[str, Any]:
    line = getattr(trouble, "line", 0)
    lines = text.splitlines()
    return {
        "task": task,
        "trouble": trouble.say(lang) if trouble else None,
        "line": line,
        "wrong": lines[line - 1].strip()[:LONGEST_LINE] if 0 < line <= len(lines) else "",
        "rows": [_row(field, lang) for field in task.fields] if task else [],
        "item_rows": [_row(field, lang) for field in task.items] if task else [],
        "prompt": task.prompt(lang) if task else "",
        "schema": json.dumps(task.schema_of(lang), ensure_ascii=False, indent=2) if task else "",
    }


def _row(field: TaskField, lang: Lang) -> Row:
    limits = {"=": field.count, "≤": field.most_chars, "≤ B": field.most_bytes}
    return Row(
        field.name,
        field.label.of(lang),
        field.type,
        field.question.of(lang) if field.question else "",
        [one.of(lang) for one in field.values or []],
        [f"{sign.partition(' ')[0]} {most} {sign.partition(' ')[2]}".strip() for sign, most in limits.items() if most],
        field.sources,
        field.required,
    )


def _told(name: str, value: Value, fields: dict[str, TaskField], record: Record, lang: Lang) -> Told:
    best = value.evidence[0] if value.evidence else None
    unit = f" {value.unit}" if value.unit and not str(value.value).endswith(value.unit) else ""
    sureness = value.confidence if value.confidence is not None else best and best.confidence
    return Told(
        label=record.labels.get(name, fields[name].label.of(lang) if name in fields else name),
        text="" if value.value is None else f"{in_words(value.value, lang)}{unit}",
        verdict=value.verdict.value,
        sign=SIGNS[value.verdict.value],
        quote=(best.quote or "") if best else "",
        by=(best.by or "") if best else "",
        source=best.source if best else "",
        sureness=f"{sureness:.2f}" if sureness is not None else "",
        reason=value.reason or "",
    )
