"""The page of reviews: one thing at a time, what shows it large beside what was said and what was read. req: F1, F2, F6

Enters: a case with its item and record. Leaves: the page as text. What it does not know: the catalogue, requests.
Values, quotes and titles are foreign: they only ever become text. A press of a key does what a button says, and a
button holds the request that it stands for.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tujian.catalogue.nouns import Item, Visibility
from tujian.concerns import REASONS, WHOLE, Reason, adverts_of
from tujian.errors import Lang
from tujian.geometry import Box1000, Size
from tujian.records import Evidence, PictureFacts, Record, Value, in_words
from tujian.reviews import Case, Queue
from tujian.tasks import Task
from tujian.thumbnails import around
from tujian.web.item import SIGNS
from tujian.web.render import Reader, render_template

MOST_CHOICES = 9  # keys 1 to 9
READ = ("barcode", "ocr", "rule", "exif")  # whatever read the picture itself
MOST_OF_IT = 0.6  # of a picture: a part that is larger is no part
LONG = 300  # characters of a value on a button


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is shown: the queue, what was asked for, and the case with all it needs, if there is one."""

    queue: Queue
    reason: Reason | None
    after: str = ""
    also: Sequence[Visibility] = ()
    item: Item | None = None
    record: Record | None = None
    task: Task | None = None

    @property
    def case(self) -> Case | None:
        return self.queue.cases[0] if self.item else None


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: what it says, and the request that it stands for. `source` and `is_read` say who says so."""

    text: str
    wish: str
    source: str = ""
    is_read: bool = False
    quote: str = ""
    by: str = ""
    sureness: str = ""
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a picture that is shown, in 0-1000; `marks` are boxes within it and the number of their choice."""

    sha256: str
    size_px: Size
    box: Box1000
    marks: list[tuple[int, dict[str, int]]] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return self.box == (0, 0, 1000, 1000)

    @property
    def part_px(self) -> Size:
        width = (self.box.x2 - self.box.x1) * self.size_px[0] // 1000
        return max(1, width), max(1, (self.box.y2 - self.box.y1) * self.size_px[1] // 1000)

    @property
    def high(self) -> int:
        """Its height where it is 1000 wide: the drawing's own units."""
        return max(1, round(1000 * self.part_px[1] / self.part_px[0]))


def render_review(reader: Reader, waiting: Waiting) -> str:
    case, item, record, here = waiting.case, waiting.item, waiting.record, review_href(waiting)
    total = sum(count for reason, count in waiting.queue.counts.items() if reason not in ("sample", "sensitive"))
    about = {}
    if case and item and record:
        about = _about(case, record, waiting, reader.lang)
    return render_template(
        "review.html",
        "/review",
        reader,
        lang_at=here,
        here_at=here,
        case=case,
        item=item,
        total=total,
        left=total if waiting.reason is None else waiting.queue.counts.get(waiting.reason, 0),
        reasons=[
            (reason, waiting.queue.counts[reason], _href(reason))
            for reason in REASONS
            if reason in waiting.queue.counts
        ],
        chosen=waiting.reason or "",
        again=_href(waiting.reason) if waiting.after else "",
        following=review_href(waiting, case.cursor) if case else "",
        seeing=urlencode([("also", one) for one in waiting.also]),
        **{**_NOTHING, **about},
    )


_NOTHING: Mapping[str, Any] = {
    "choices": [],
    "part": None,
    "label": "",
    "kind": "text",
    "notes": [],
    "sign": "",
}


def review_href(waiting: Waiting, after: str | None = None) -> str:
    return _href(waiting.reason, waiting.after if after is None else after, waiting.also)


def _href(reason: Reason | None, after: str = "", also: Sequence[str] = ()) -> str:
    also = ("sensitive",) if reason == "sensitive" else also
    asked = [*([("reason", reason)] if reason else []), *([("after", after)] if after else [])]
    asked += [("also", one) for one in also]
    return f"/review?{urlencode(asked)}" if asked else "/review"


def _about(case: Case, record: Record, waiting: Waiting, lang: Lang) -> dict[str, Any]:
    shown = [record.picture, *record.more_pictures]
    if case.field == WHOLE:
        notes, evidence = _whole(case.reason, record, waiting.task, lang)
        return {"notes": notes, "part": _part(shown, evidence, [])}
    value = record.fields.get(case.field) or Value()
    asked = next((one for one in waiting.task.fields if one.name == case.field), None) if waiting.task else None
    choices = list(_choices(case, value, lang))[:MOST_CHOICES]
    return {
        "choices": choices,
        "part": _part(shown, choices[0].evidence if choices else None, choices),
        "label": asked.label.of(lang) if asked else record.labels.get(case.field, case.field),
        "kind": asked.type if asked else "text",
        "notes": [value.reason] if value.reason else [],
        "sign": SIGNS[str(value.verdict)],
    }


def _whole(reason: Reason, record: Record, task: Task | None, lang: Lang) -> tuple[list[str], Evidence | None]:
    """Why somebody should look at the item, and the place where that is seen."""
    if reason == "advertising":
        found = [finding for finding in adverts_of(record, task) if finding.sure]
        line = next((one.line for one in found if one.line), None)
        seen = Evidence(source="rule", by="adlaw/1", box_1000=line.box_1000, quote=line.text) if line else None
        return list(dict.fromkeys(finding.say(lang) for finding in found)), seen
    if reason == "sensitive":
        return [one.reason for one in record.sensitive], None
    return list(record.picture.quality), None


def _choices(case: Case, value: Value, lang: Lang) -> Iterator[Choice]:
    """What won, what else was claimed, and what the classifier thinks likeliest; each text once."""
    seen = set[str]()
    first = [(value.value, value.confidence, value.evidence)] if value.value is not None else []
    rest = [(one.value, one.confidence, one.evidence) for one in value.candidates]
    guesses = [(one.value, one.confidence, list[Evidence]()) for one in value.top3 or []]
    for said, confidence, evidence in (*first, *rest, *guesses):
        text = in_words(said, lang)
        if not text or text in seen:
            continue
        seen.add(text)
        best = evidence[0] if evidence else None
        source = best.source if best else "classifier"
        yield Choice(
            text if len(text) <= LONG else f"{text[:LONG]}…",
            json.dumps({"fields": {case.field: said}, "why": f"review: {case.reason}"}, ensure_ascii=False),
            source,
            source in READ,
            (best and best.quote) or "",
            best.by if best and source == "model" else "",
            "" if confidence is None else f"{confidence:.2f}",
            best,
        )


def _part(shown: Sequence[PictureFacts], first: Evidence | None, choices: Sequence[Choice]) -> Part:
    """The part around what shows the first choice and, on the same picture, the others; else the whole picture."""
    number = first.picture if first and first.picture < len(shown) else 0
    boxes = [(place, one.evidence.box_1000) for place, one in enumerate(choices, 1)
             if one.evidence and one.evidence.box_1000 and one.evidence.picture == number]  # fmt: skip
    if not choices and first and first.box_1000:
        boxes = [(0, first.box_1000)]
    picture, whole = shown[number], Box1000(0, 0, 1000, 1000)
    if not boxes:
        return Part(picture.sha256, picture.size_px, whole)
    lefts, tops, rights, bottoms = zip(*(box for _, box in boxes), strict=True)
    box = around(Box1000(min(lefts), min(tops), max(rights), max(bottoms)), picture.size_px)
    part = Part(picture.sha256, picture.size_px, whole if box.area > MOST_OF_IT * 1_000_000 else box)
    part.marks.extend((place, _mark(box, part)) for place, box in boxes)
    return part


def _mark(box: Box1000, part: Part) -> dict[str, int]:
    """A box in the units of a drawing that is 1000 wide and `high` high."""
    wide, tall = part.box.x2 - part.box.x1, part.box.y2 - part.box.y1
    x, y = 1000 * (box.x1 - part.box.x1) // wide, part.high * (box.y1 - part.box.y1) // tall
    return {"x": x, "y": y, "width": 1000 * (box.x2 - box.x1) // wide, "height": part.high * (box.y2 - box.y1) // tall}
