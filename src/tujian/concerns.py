"""What a person should look at in a record, one thing at a time: for the page of reviews. req: F1, F2, F6

Enters: a record. Leaves: concerns, each a field and a reason, or a reason that is about the whole item, with a weight:
the lower, the sooner somebody should look. `review.py` says such reasons in words; nothing here knows language.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from tujian.drafts import COPY
from tujian.perception.text import TextLine
from tujian.records import Candidate, Record, Value, Verdict
from tujian.review import INFERRED
from tujian.rules.adlaw import AdFinding, find_absolute_terms, find_in_text, flagged
from tujian.tasks import Task

Reason = Literal["contradicted", "advertising", "sensitive", "unsure", "unseen", "picture", "sample"]
REASONS: tuple[Reason, ...] = ("contradicted", "advertising", "sensitive", "unsure", "unseen", "picture", "sample")
WHOLE = ""  # the field of a concern that is about the item itself
STEP = 1000  # weights of one reason: what is surely contradicted and what is least sure come first
UNSURE = 0.6  # a value less sure than this is a guess; prominent letters that are a name have 0.7
UNKNOWN = 0.5  # confidence where nobody said one


@dataclass(frozen=True, slots=True)
class Concern:
    field: str
    reason: Reason
    weight: int


def concerns_of(record: Record, task: Task | None) -> list[Concern]:
    """The concerns of a record; `task` is the one that it was made by, if there still is one."""
    required = {field.name for field in task.fields if field.required} if task else set[str]()
    found = [one for name, value in record.fields.items() if (one := _of_field(name, value, name in required))]
    if any(finding.sure for finding in adverts_of(record, task)):
        found.append(_concern(WHOLE, "advertising", 0))
    if record.sensitive:
        found.append(_concern(WHOLE, "sensitive", 0))
    if record.picture.quality or "truncated" in record.picture.notes:
        found.append(_concern(WHOLE, "picture", 1 / (1 + len(record.picture.quality))))
    return found


def adverts_of(record: Record, task: Task | None) -> list[AdFinding]:
    """The law's words that nothing lets pass, on what is shown to buyers: the pictures, and the copy proposed."""
    if task is None or not task.is_advertising:
        return []
    copy = [record.fields[name] for name in COPY if name in record.fields]
    lines = [TextLine(one.text, one.confidence, tuple(one.quad_px), one.box_1000) for one in record.text_lines]
    said = [finding for value in copy if value.value for finding in find_in_text(str(value.value))]
    return flagged([*find_absolute_terms(lines), *said])


def _of_field(name: str, value: Value, is_required: bool) -> Concern | None:
    if value.verdict is Verdict.CONTRADICTED:
        return _concern(name, "contradicted", 1 - (UNKNOWN if value.confidence is None else value.confidence))
    rivals = [one for one in value.candidates if one.value not in (None, value.value)]
    if value.value is None:
        if is_required:
            return _concern(name, "unseen", 1 - _best(rivals))
        return _concern(name, "unsure", 1 - _best(rivals)) if rivals else None
    if value.verdict is not Verdict.UNCHECKED:
        return None
    first = value.evidence[0] if value.evidence else None
    if value.reason and first and first.source in ("rule", "barcode") and first.by not in INFERRED:
        return _concern(name, "unsure", 0)  # a check digit that is wrong, and the like
    sureness = UNKNOWN if value.confidence is None else value.confidence
    return _concern(name, "unsure", sureness) if rivals or (value.confidence or 1) < UNSURE else None


def _best(candidates: Collection[Candidate]) -> float:
    return max((UNKNOWN if one.confidence is None else one.confidence for one in candidates), default=0.0)


def _concern(field: str, reason: Reason, part: float) -> Concern:
    return Concern(field, reason, REASONS.index(reason) * STEP + round(min(max(part, 0.0), 1.0) * (STEP - 1)))
