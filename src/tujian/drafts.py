"""A draft listing without a model: titles, selling points and copy put together from fields that were found. req: C2

Enters: settled fields. Leaves: inferred claims for the fields of a task that hold copy; a model's text outranks them.
Does not know: how to embellish, and anything that no field says.
"""

from collections.abc import Mapping, Sequence

from tujian.claims import Claim
from tujian.errors import Lang
from tujian.records import Value
from tujian.tasks import Task, TaskField

TITLE_PARTS = ("brand", "name", "category", "colours", "net_content", "size")
POINTS = ("material", "net_content", "size", "shelf_life", "colours")
TITLES = ("title_taobao", "title_google", "title_shopify")
COPY = (*TITLES, "selling_points", "detail")  # what a shop would publish
BY = "draft/1"


def draft(task: Task, fields: Mapping[str, Value], lang: Lang) -> list[Claim]:
    """Claims for the copy that `task` asks for and rules may fill; none where nothing was found."""
    wanted = [field for field in task.fields if "rule" in field.sources]
    claims = [_title(field, fields, lang) for field in wanted if field.name in TITLES]
    if any(field.name in TITLES for field in wanted):
        claims += [_points(fields, task, lang), _detail(fields, task, lang)]
    names = {field.name for field in wanted}
    return [claim for claim in claims if claim is not None and claim.field_name in names]


def _title(field: TaskField, fields: Mapping[str, Value], lang: Lang) -> Claim | None:
    """As many parts, in order, as the channel takes; a part that does not fit is left out whole."""
    title = ""
    has_name = bool(_words(fields, "name", lang))
    for part in TITLE_PARTS:
        words = _words(fields, part, lang)
        if not words or words in title or (part == "category" and has_name):
            continue
        longer = f"{title} {words}".strip()
        title = title if field.is_too_long(longer) else longer
    return _claim(field.name, title) if title else None


def _points(fields: Mapping[str, Value], task: Task, lang: Lang) -> Claim | None:
    labels = {field.name: field.label.of(lang) for field in task.fields}
    colon = "：" if lang == "zh" else ": "
    points = [f"{labels[name]}{colon}{words}" for name in POINTS if (words := _words(fields, name, lang))]
    return _claim("selling_points", points) if points else None


def _detail(fields: Mapping[str, Value], task: Task, lang: Lang) -> Claim | None:
    name = _words(fields, "name", lang) or _words(fields, "category", lang)
    points = _points(fields, task, lang)
    if not name or points is None:
        return None
    brand = _words(fields, "brand", lang)
    facts = ("；" if lang == "zh" else "; ").join(str(point) for point in _listed(points.value))
    end = "。" if lang == "zh" else "."
    return _claim("detail", f"{f'{brand} ' if brand else ''}{name}{end}{'' if lang == 'zh' else ' '}{facts}{end}")


def _words(fields: Mapping[str, Value], name: str, lang: Lang) -> str:
    """A field's value as words; empty when nobody found it. Colours of a pack say nothing about what is in it."""
    if name == "colours" and _words(fields, "net_content", lang):
        return ""
    value = fields[name].value if name in fields else None
    joint = "、" if lang == "zh" else ", "
    return "" if value is None else joint.join(str(part) for part in _listed(value))


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else [value]


def _claim(name: str, value: str | list[str]) -> Claim:
    return Claim(name, value, "rule", BY, None, inferred=True)
