"""Lays out what was found as a record, in the record's language.

Enters: everything `recognise` gathered. Leaves: a Record. Decides nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tujian.errors import Lang
from tujian.evidence import to_the_letters
from tujian.knowledge import Knowledge
from tujian.perception import Percepts
from tujian.pictures import Picture
from tujian.recent import Looked
from tujian.recipes import recipe_hash
from tujian.records import (
    BarcodeFound,
    ColourFound,
    EngineUsed,
    FaceFound,
    Guess,
    Item,
    PictureFacts,
    Record,
    SensitiveFound,
    TextFound,
    UnreadFound,
    Value,
)
from tujian.review import flaw_words
from tujian.rules.sensitive import Sensitive
from tujian.tasks import Task

NOTES = {
    "first_frame": ("动图或多页，只看第一帧", "animated or several pages: only the first was looked at"),
    "reduced": ("图片很大，缩小解码", "very large, decoded at reduced size"),
    "truncated": ("文件不完整，只解出一部分", "cut off: decoded in part"),
    "range_guessed": ("高位深图片，亮度范围是推定的", "more than 8 bits: its range of brightness was inferred"),
    "icc_ignored": ("色彩配置无效，已忽略", "invalid colour profile ignored"),
    "exif_unreadable": ("EXIF 信息损坏", "EXIF is damaged"),
}


def lay_out(
    looks: Sequence[Looked],
    task: Task,
    lang: Lang,
    *,
    title: str,
    fields: dict[str, Value],
    items: list[Item],
    descriptions: dict[str, str],
    review: list[str],
    sensitive: Sequence[Sensitive],
    recipe: dict[str, Any],
    engine: EngineUsed | None,
    answer: str | None,
    model_ms: float,
    knowledge: Knowledge,
) -> Record:
    """The record. `timings_ms["total"]` is perception and model; opening the picture is added by who opened it."""
    picture, percepts = looks[0].picture, looks[0].percepts
    timings = dict(percepts.timings_ms) | ({"model": model_ms} if model_ms else {})
    summary = fields["summary"].value if "summary" in fields else None
    return Record(
        picture=_facts(picture, percepts, lang),
        more_pictures=[_facts(look.picture, look.percepts, lang) for look in looks[1:]],
        task=task.name,
        lang=lang,
        recipe=recipe_hash(recipe),
        made_with=recipe,
        title=title,
        labels={field.name: field.label.of(lang) for field in (*(task.items if items else ()), *task.fields)},
        fields=to_the_letters(_with_guesses(fields, percepts, knowledge, lang), looks),
        items=items,
        safety={"nsfw": round(percepts.nsfw, 3)},
        **_seen([look.percepts for look in looks], sensitive, lang),
        tags=_tags(fields),
        description=str(summary) if summary else descriptions[lang],
        descriptions=descriptions,
        review=review,
        answer=answer,
        engine=engine,
        timings_ms=timings | {"total": round(sum(timings.values()), 2)},
    )


def _facts(picture: Picture, percepts: Percepts, lang: Lang) -> PictureFacts:
    return PictureFacts(
        path=picture.path,
        sha256=picture.sha256,
        format=picture.format,
        size_px=picture.size_px,
        taken_at=picture.taken_at,
        gps=picture.gps,
        camera=picture.camera,
        quality=[flaw_words(flaw, lang) for flaw in percepts.flaws],
        notes=[NOTES[note][0 if lang == "zh" else 1] for note in picture.notes],
    )


def _seen(percepts: Sequence[Percepts], sensitive: Sequence[Sensitive], lang: Lang) -> dict[str, Any]:
    """The parts of a record that are perception's own: what can be read on any picture, the looks of the first."""
    first = percepts[0]
    return {
        "text_lines": [
            TextFound(
                text=x.text, box_1000=x.box_1000, quad_px=list(x.quad_px), confidence=x.confidence, picture=number
            )
            for number, one in enumerate(percepts)
            for x in one.text_lines
        ],
        "unread": [
            UnreadFound(box_1000=x.box_1000, picture=number) for number, one in enumerate(percepts) for x in one.unread
        ],
        "barcodes": [
            BarcodeFound(format=x.format, text=x.text, valid=x.valid, box_1000=x.box_1000, picture=number)
            for number, one in enumerate(percepts)
            for x in one.barcodes
        ],
        "colours": [ColourFound(zh=x.zh, en=x.en, hex=x.hex, share=x.share) for x in first.colours],
        "faces": [FaceFound(box_1000=x.box_1000, confidence=x.confidence) for x in first.faces],
        "sensitive": [
            SensitiveFound(kind=x.kind, reason=x.reason_zh if lang == "zh" else x.reason_en) for x in sensitive
        ],
    }


def _with_guesses(fields: dict[str, Value], percepts: Percepts, knowledge: Knowledge, lang: Lang) -> dict[str, Value]:
    """The classifier's best three beside the category, also where the value abstains."""
    if "category" not in fields:
        return fields
    guesses = [
        Guess(value=category.name(lang), id=category.id, confidence=guess.confidence)
        for category, guess in knowledge.guessed(percepts.labels)
    ]
    return fields | {"category": fields["category"].model_copy(update={"top3": guesses})}


def _tags(fields: Mapping[str, Value]) -> list[str]:
    value = fields["tags"].value if "tags" in fields else None
    return [str(tag) for tag in value] if isinstance(value, Sequence) and not isinstance(value, str) else []
