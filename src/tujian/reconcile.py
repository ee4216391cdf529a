"""What was said beside what was read: claims become values with verdicts.

Enters: claims of all sources, and the lines a model's words can be held against. Leaves: one Value a field.
Does not know: how a claim was found. The order of trust stands in `rank`, the rule of contradiction in `_verdict`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rapidfuzz import fuzz

from tujian.claims import Claim
from tujian.errors import BadSettings, Lang
from tujian.folding import fold
from tujian.knowledge import Knowledge
from tujian.perception.scripts import unreadable_script
from tujian.perception.text import TextLine
from tujian.records import Candidate, FieldValue, Value, Verdict
from tujian.rules.colour_words import base_colour
from tujian.rules.dates import date_key, shelf_key
from tujian.rules.measures import measure_key, price_key
from tujian.tasks import Task, TaskField
from tujian.taxonomy import is_under

READ = ("barcode", "rule", "ocr")  # sources that read the picture itself
READABLE_FACTS = ("brand", "code", "measure", "date", "price", "number")  # kinds of fact that can contradict
ALIKE = 88  # rapidfuzz partial ratio from which a quote counts as found: one wrong letter in eight
SHORTEST_FUZZY = 5  # folded letters; shorter words must stand there exactly
MOST_JOINED = 3  # lines that one phrase may run over


@dataclass(frozen=True, slots=True)
class Found:
    """A model's words, found on the picture."""

    line: TextLine
    confidence: float


def said_claims(
    task: Task, reply: Mapping[str, Any], model: str, lines: Sequence[TextLine], knowledge: Knowledge
) -> list[Claim]:
    """What a model said, field by field, with the place where its words can be read, if they can."""
    claims = []
    for field in task.asked:
        value = _plain(reply.get(field.name))
        if value is not None:
            claims.append(_said(field, value, model, lines, knowledge))
    return claims


def settle(
    field: TaskField, claims: Sequence[Claim], knowledge: Knowledge, lang: Lang, *, model_asked: bool = True
) -> Value:
    """The value of `field`: the most trusted claim wins, those that agree are its evidence, the rest candidates."""
    ordered = sorted(claims, key=rank)
    if not ordered or ordered[0].candidate_only:
        unasked = field.sources == ["model"] and not model_asked
        reason = _words(lang, "没有接模型，没有问", "no model attached, not asked") if unasked else None
        return Value(unit=field.unit, reason=reason, candidates=_candidates(ordered))
    best = ordered[0]
    agreeing = [c for c in ordered if not c.candidate_only and _agree(field, best, c)]
    others = [c for c in ordered if c not in agreeing]
    verdict, reason = _verdict(field, best, agreeing, others, lang)
    return Value(
        value=best.value,
        id=next((c.id for c in agreeing if c.id), None),
        unit=best.unit or field.unit,
        verdict=verdict,
        confidence=_together([c.confidence for c in agreeing if c.confidence is not None]),
        reason=reason,
        evidence=[evidence for claim in agreeing for evidence in claim.evidence()],
        candidates=_candidates(others),
    )


def rank(claim: Claim) -> tuple[int, float]:
    """person > barcode with valid check digit > rule on OCR > model confirmed by OCR > model > classifier.

    Measured colours stand between a confirmed model and an unconfirmed one: pixels are measured, names are taste.
    """
    if claim.candidate_only:
        order = 9
    elif claim.source == "person":
        order = 0
    elif claim.source == "barcode":
        order = 1 if claim.valid is not False else 6
    elif claim.source in ("rule", "ocr"):
        order = 2 if claim.valid is not False else 6
    elif claim.source == "model":
        order = 3 if claim.valid else 5
    else:
        order = {"exif": 2, "face": 4, "colour": 4, "classifier": 7}[claim.source]
    return order, -(claim.confidence or 0)


def align(words: str, lines: Sequence[TextLine]) -> Found | None:
    """Where `words` stand on the picture: in a line, or running over a few; None when they cannot be read."""
    wanted = fold(words)
    if not wanted:
        return None
    for joined in range(1, MOST_JOINED + 1):
        for start in range(len(lines) - joined + 1):
            together = lines[start : start + joined]
            if _stands_in(wanted, fold("".join(line.text for line in together))):
                return Found(max(together, key=lambda line: len(line.text)), min(c.confidence for c in together))
    return None


def _stands_in(wanted: str, read: str) -> bool:
    if len(wanted) < SHORTEST_FUZZY:
        is_word = wanted.isascii() and len(wanted) < 3
        return wanted == read if is_word else wanted in read
    return wanted in read or (len(read) >= len(wanted) * 0.8 and fuzz.partial_ratio(wanted, read) >= ALIKE)


def _said(field: TaskField, value: FieldValue, model: str, lines: Sequence[TextLine], knowledge: Knowledge) -> Claim:
    words = value if isinstance(value, list) else [str(value)]
    found = [place for place in (align(word, lines) for word in words) if place]
    claim = Claim(field.name, value, "model", model, None, key=key_of(field, value, knowledge))
    if field.type == "category":
        return replace(claim, id=_category_id(str(value), knowledge))
    if not found or field.type == "colour" or field.values is not None:
        return claim
    return replace(
        claim,
        valid=len(found) == len(words) or None,
        confidence=min(place.confidence for place in found),
        box_1000=found[0].line.box_1000,
        quote=found[0].line.text,
    )


def _category_id(name: str, knowledge: Knowledge) -> str | None:
    try:
        return knowledge.taxonomy.find(name).id
    except BadSettings:  # a name of the model's own: kept as it is, without an identity
        return None


def key_of(field: TaskField, value: FieldValue, knowledge: Knowledge) -> str:
    """The form of a value in which claims about `field` are compared."""
    text = " ".join(value) if isinstance(value, list) else str(value)
    if field.type == "brand":
        return knowledge.brands.key_of(text)
    if field.type == "code":
        return "".join(c for c in text if c.isalnum())
    if field.name == "shelf_life":
        return shelf_key(text) or fold(text)
    special = {"measure": measure_key, "price": price_key, "date": date_key}.get(field.type)
    return (special(text) if special else None) or fold(text)


def _agree(field: TaskField, best: Claim, other: Claim) -> bool:
    if other is best or other.compared == best.compared:
        return True
    if field.type == "category" and best.id and other.id:  # the finer of two on one branch says the same
        return is_under(best.id, other.id) or is_under(other.id, best.id)
    if field.type == "colour":
        return bool(_bases(best) & _bases(other))
    if field.type == "text" and field.name == "text":
        return fuzz.token_set_ratio(best.compared, other.compared) >= ALIKE
    return False


def _bases(claim: Claim) -> set[str]:
    names = claim.value if isinstance(claim.value, list) else [str(claim.value)]
    return {base for base in (base_colour(name) for name in names[:1]) if base}


def _verdict(
    field: TaskField, best: Claim, agreeing: Sequence[Claim], others: Sequence[Claim], lang: Lang
) -> tuple[Verdict, str | None]:
    if best.source == "person":
        return Verdict.HUMAN, None
    if best.valid is False:
        return Verdict.UNCHECKED, _words(lang, "校验位不对，可能读错或印错", "wrong check digit: misread or misprinted")
    was_read = best.source in READ and best.by not in ("tags/1", "scene/1")
    if was_read and field.type in READABLE_FACTS:
        said = next((c for c in others if c.source == "model" and not c.valid), None)
        if said is not None and not _is_hint(said):
            quote = best.quote or best.value
            return Verdict.CONTRADICTED, _words(
                lang, f"模型说“{said.value}”，图上读到“{quote}”", f"the model said “{said.value}”, read “{quote}”"
            )
    if was_read or any(c.source == "model" and c.valid for c in agreeing):
        return Verdict.CONFIRMED, None
    if len({c.source for c in agreeing}) > 1:
        return Verdict.CONFIRMED, _words(lang, "两个来源一致", "two sources agree")
    return Verdict.UNCHECKED, _unchecked(best, lang)


def _is_hint(said: Claim) -> bool:
    """Words in a script that cannot be read here contradict nothing."""
    return unreadable_script(str(said.value)) is not None


def _unchecked(best: Claim, lang: Lang) -> str | None:
    script = unreadable_script(str(best.value))
    if best.source == "model" and script is not None:
        return _words(
            lang, f"这里读不了{script.zh}，无法核对", f"{script.en} cannot be read here, so nothing to check with"
        )
    return None


def _candidates(claims: Sequence[Claim]) -> list[Candidate]:
    return [
        Candidate(value=claim.value, id=claim.id, confidence=claim.confidence, evidence=claim.evidence())
        for claim in claims
    ]


def _together(confidences: Sequence[float]) -> float | None:
    """Independent witnesses: the chance that not all of them are wrong."""
    if not confidences:
        return None
    doubt = 1.0
    for confidence in confidences:
        doubt *= 1 - confidence
    return round(1 - doubt, 3)


def _plain(value: Any) -> FieldValue:  # noqa: ANN401 - a validated JSON value
    """A reply's value with what means "nothing" made None."""
    if isinstance(value, str):
        value = value.strip()
        return None if fold(value) in ("", "null", "none", "无", "未知", "unknown", "na", "不详", "没有") else value
    if isinstance(value, list):
        return [str(part).strip() for part in value if str(part).strip()] or None
    return value


def _words(lang: Lang, zh: str, en: str) -> str:
    return zh if lang == "zh" else en
