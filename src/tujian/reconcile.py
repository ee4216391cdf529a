"""What was said beside what was read: claims become values with verdicts.

Enters: claims of all sources about one field. Leaves: one Value.
Does not know: how a claim was found. The order of trust stands in `rank`, the rule of contradiction in `_verdict`.
"""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from tujian.claims import SHEET, Claim
from tujian.errors import Lang
from tujian.perception.gs1 import is_gtin_like, to_gtin14
from tujian.perception.scripts import unreadable_script
from tujian.records import Candidate, Source, Value, Verdict
from tujian.replies import ALIKE
from tujian.rules.colour_words import base_colour
from tujian.rules.dates import RECKONED
from tujian.rules.names import PROMINENT
from tujian.tasks import TaskField
from tujian.taxonomy import is_under

READ = ("barcode", "rule", "ocr")  # sources that read the picture itself
READABLE_LISTS = ("material",)  # lists of facts: a share of a fibre that the label does not have contradicts it
READABLE_FACTS = ("brand", "code", "measure", "date", "price", "number")  # kinds of fact that can contradict


def settle(field: TaskField, claims: Sequence[Claim], lang: Lang, *, model_asked: bool = True) -> Value:
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
        confidence=_together(agreeing),
        reason=reason,
        evidence=[evidence for claim in agreeing for evidence in claim.evidence()],
        candidates=_candidates(others),
    )


def rank(claim: Claim) -> tuple[int, float]:
    """person > barcode with valid check digit > rule on OCR > model confirmed by OCR > model > classifier.

    Measured colours stand between a confirmed model and an unconfirmed one: pixels are measured, names are taste. So
    does a day that was reckoned from two that were read, and what a user taught by examples: it was right in 95 of 100
    held-out pictures, a bare word in nobody knows.
    """
    if claim.candidate_only:
        order = 9
    elif claim.source == "person":
        order = 0
    elif claim.source == "barcode":
        order = {True: 1, None: 3, False: 6}[claim.valid]  # None: a code of another kind, which may hold anything
    elif claim.inferred:
        order = 4 if claim.by == RECKONED else 7
    elif claim.taught:
        order = 4
    elif claim.source in ("rule", "ocr"):
        order = 2 if claim.valid is not False else 6
    elif claim.source == "model":
        order = 3 if claim.valid else 5
    else:
        order = {"exif": 2, "face": 4, "colour": 4, "classifier": 7}[claim.source]
    return order, -(claim.confidence or 0)


def standing(value: Value) -> int:
    """The order of `rank` for a settled value, by its first evidence: 0 a person, the higher the weaker.

    >>> standing(Value(value="x", verdict=Verdict.HUMAN)), standing(Value())
    (0, 9)
    """
    if value.verdict is Verdict.HUMAN:
        return 0
    if value.value is None or not value.evidence:
        return 9
    source, is_sure = value.evidence[0].source, value.verdict in (Verdict.CONFIRMED, Verdict.CONTRADICTED)
    sure, unsure = STANDING[source]
    return sure if is_sure else unsure


# as `rank` has them: when confirmed (or contradicted: then what was read stands against the model), and when not
STANDING: dict[Source, tuple[int, int]] = {
    "person": (0, 0), "barcode": (1, 6), "rule": (2, 6), "ocr": (2, 6), "exif": (2, 2), "model": (3, 5),
    "face": (4, 4), "colour": (4, 4), "classifier": (7, 7),
}  # fmt: skip


def _agree(field: TaskField, best: Claim, other: Claim) -> bool:
    if other is best or other.compared == best.compared:
        return True
    if field.type == "number" and _number(best) is not None:
        return _number(best) == _number(other)
    if field.type == "code" and is_gtin_like(best.compared) and is_gtin_like(other.compared):
        return to_gtin14(best.compared) == to_gtin14(other.compared)
    if field.type == "category" and best.id and other.id:  # the finer of two on one branch says the same
        return is_under(best.id, other.id) or is_under(other.id, best.id)
    if field.type == "date":  # a month alone and a day in it
        return best.compared.startswith(other.compared) or other.compared.startswith(best.compared)
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
        return Verdict.UNCHECKED, _words(lang, *best.doubt)
    was_read = best.source in READ and not best.inferred
    if was_read and (field.type in READABLE_FACTS or field.name in READABLE_LISTS):
        said = next((c for c in others if c.source == "model" and _contradicts(field, best, c)), None)
        if said is not None:
            quote = best.quote or best.value
            zh, en = ("表格写", "the spreadsheet says") if said.by == SHEET else ("模型说", "the model said")
            return Verdict.CONTRADICTED, _words(
                lang, f"{zh}“{said.value}”，图上读到“{quote}”", f"{en} “{said.value}”, read “{quote}”"
            )
    if was_read or any(c.source == "model" and c.valid for c in agreeing):
        return Verdict.CONFIRMED, None
    if len({c.source for c in agreeing}) > 1:
        return Verdict.CONFIRMED, _words(lang, "两个来源一致", "two sources agree")
    return Verdict.UNCHECKED, _unchecked(best, lang)


def _contradicts(field: TaskField, best: Claim, said: Claim) -> bool:
    """Whether `said` is the same kind of fact with another value, and stands nowhere on the picture.

    What could not be understood, is measured in another kind of unit, or is written in another script, is no
    contradiction: it may mean the same.
    """
    if said.valid or not said.comparable or not best.comparable:
        return False
    if field.type == "brand":
        same_script = _is_chinese(str(said.value)) == _is_chinese(best.quote or str(best.value))
        return same_script and unreadable_script(str(said.value)) is None
    if field.name in READABLE_LISTS:
        return not set(said.compared.split(", ")) <= set(best.compared.split(", "))
    if field.type in ("measure", "price"):  # their keys end on the base unit or the currency
        return best.compared.split()[-1:] == said.compared.split()[-1:]
    if field.type == "code":
        return _kind_of_code(best.compared) == _kind_of_code(said.compared)
    if field.type == "number":  # an amount with its unit is no plain number
        return _number(best) is not None and _number(said) is not None
    return True


def _number(claim: Claim) -> float | None:
    return float(claim.compared) if re.fullmatch(r"\d+(\.\d+)?", claim.compared) else None


def _kind_of_code(code: str) -> str:
    """The shape of a code: only codes of one shape are the same kind of fact.

    UPC-A, EAN-13 and GTIN-14 are one kind. What a QR code holds has another shape; eight digits may be an EAN-8 or a
    UPC-E, which stands for a longer number.
    """
    if is_gtin_like(code) and len(code) > 8:
        return "gtin"
    return re.sub(r"[^0A]", "-", re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "0", code)))


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text)


def _unchecked(best: Claim, lang: Lang) -> str | None:
    if best.by == RECKONED:
        return _words(
            lang, "没有印，由生产日期和保质期推算", "not printed; reckoned from production date and shelf life"
        )
    if best.by == PROMINENT:
        return _words(lang, "没有“品名”字样，取自最醒目的字", "no label; taken from the most prominent letters")
    if best.uncontrolled:
        return _words(lang, "不在可选值里，照模型的原话保留", "none of the allowed values; kept as the model put it")
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


def _together(agreeing: Sequence[Claim]) -> float | None:
    """Independent witnesses: the chance that not all of them are wrong. Claims on the same place are one witness."""
    witnesses: dict[object, float] = {}
    for claim in agreeing:
        if claim.confidence is not None:
            place = claim.box_1000 or claim.source
            witnesses[place] = max(claim.confidence, witnesses.get(place, 0.0))
    doubt = 1.0
    for confidence in witnesses.values():
        doubt *= 1 - confidence
    return round(1 - doubt, 3) if witnesses else None


def _words(lang: Lang, zh: str, en: str) -> str:
    return zh if lang == "zh" else en
