"""Why a person should look: reasons in words, the gravest first.

Enters: settled fields and what perception saw. Leaves: sentences. Decides nothing about values.
"""

from collections.abc import Mapping, Sequence

from tujian.errors import EngineError, Lang
from tujian.folding import printable
from tujian.perception import Percepts, TextLine
from tujian.perception.quality import Flaw, say
from tujian.pictures import Picture
from tujian.records import Record, Value, Verdict
from tujian.rules.adlaw import AdFinding, disclaimer, flagged
from tujian.rules.dates import RECKONED, misfit, shelf_key
from tujian.rules.instructions import gives_orders
from tujian.rules.names import PROMINENT
from tujian.rules.nutrition import NAMES as NUTRIENTS
from tujian.rules.nutrition import doubts
from tujian.rules.sensitive import Sensitive
from tujian.screening import UNSAFE
from tujian.tasks import Task, TaskField

INFERRED = (RECKONED, PROMINENT)  # said so on the plate; nothing is wrong with them
LONGEST_ORDER = 60  # characters of it quoted
MOST_ADVERTS = 5  # words of the law quoted: more of them say no more


def reasons(
    task: Task,
    fields: Mapping[str, Value],
    picture: Picture,
    percepts: Percepts,
    sensitive: Sequence[Sensitive],
    orders: Sequence[TextLine],
    trouble: EngineError | None,
    lang: Lang,
    *,
    adverts: Sequence[AdFinding] = (),
    cut: bool = False,
) -> list[str]:
    """Reasons for review of a record, in `lang`."""
    zh = lang == "zh"
    found = [flaw_words(flaw, lang) for flaw in percepts.flaws]
    if trouble is not None:
        said = trouble.say(lang)
        found.append(
            f"模型没有给出可用的回答：{said.message}" if zh else f"No usable answer from the model: {said.message}"
        )
    if cut:
        found.append("回答到了长度上限，没有说完" if zh else "The answer reached its longest length and is not whole")
    if orders:
        quote = printable(orders[0].text)[:LONGEST_ORDER]
        found.append(
            f"图上有写给机器的话，没有照做：“{quote}”"
            if zh
            else f"Text that speaks to the machine, not obeyed: “{quote}”"
        )
    if percepts.unread:
        found.append(unread_words(len(percepts.unread), lang))
    for kind in sensitive:
        found.append(f"敏感内容：{kind.reason_zh}" if zh else f"Sensitive: {kind.reason_en}")
    if percepts.nsfw >= UNSAFE:
        found.append(f"可能有裸露（{percepts.nsfw:.2f}）" if zh else f"May show nudity ({percepts.nsfw:.2f})")
    for code in percepts.barcodes:
        if code.valid is False:
            found.append(f"条码 {code.text} 校验位不对" if zh else f"Barcode {code.text} has a wrong check digit")
    found += [reason for field in task.fields if (reason := _of_field(field, fields[field.name], lang))]
    found += _not_together(fields, lang)
    found += _of_adverts(adverts, lang)
    if "truncated" in picture.notes:
        found.append("图片文件不完整，只解出一部分" if zh else "The file is cut off; only a part could be decoded")
    return list(dict.fromkeys(found))


def _of_adverts(adverts: Sequence[AdFinding], lang: Lang) -> list[str]:
    """Words of the law that nothing lets pass, and the line that this is no legal advice."""
    sure = [finding for finding in flagged(adverts) if finding.sure][:MOST_ADVERTS]
    opening = "广告用语" if lang == "zh" else "Advertising: "
    said = [f"{opening}{finding.say(lang)}" for finding in sure]
    return [*said, disclaimer(lang)] if said else []


def unread_words(count: int, lang: Lang) -> str:
    """That text stands there which could not be read. Which script it is nobody knows without having read it."""
    if lang == "zh":
        return f"有 {count} 处文字读不出（可能是韩文、泰文等不支持的文字），请看原图"
    places = "1 place" if count == 1 else f"{count} places"
    return f"Text in {places} could not be read (perhaps Korean, Thai or another unsupported script): see the picture"


def kinds_of(record: Record) -> list[str]:
    """What a record's reasons are about, for statistics: a closed list without words of the picture."""
    if not record.review:
        return []
    verdicts = [value.verdict for value in record.fields.values()]
    holds = {
        "quality": bool(record.picture.quality),
        "truncated": "truncated" in record.picture.notes,
        "orders": any(gives_orders(line.text) for line in record.text_lines),
        "sensitive": bool(record.sensitive),
        "nudity": record.safety.get("nsfw", 0) >= UNSAFE,
        "barcode": any(code.valid is False for code in record.barcodes),
        "contradicted": Verdict.CONTRADICTED in verdicts,
    }
    return [kind for kind, is_so in holds.items() if is_so] or ["other"]


def flaw_words(flaw: Flaw, lang: Lang) -> str:
    """What is wrong with the picture and what to do, in one line."""
    said = say(flaw, lang)
    return f"{said.message}，{said.remedy}" if lang == "zh" else f"{said.message}. {said.remedy}"


def _not_together(fields: Mapping[str, Value], lang: Lang) -> list[str]:
    """Facts that were each read well enough and cannot all be right: dates, figures of a nutrition table."""
    written = {name: str(value.value) for name, value in fields.items() if value.value is not None}
    figures = {name: written[name] for name in NUTRIENTS if name in written}
    found = [doubt.zh if lang == "zh" else doubt.en for doubt in doubts(figures, written.get("nutrition_basis"))]
    made, best, shelf = (written.get(name) for name in ("production_date", "best_before", "shelf_life"))
    span = shelf_key(shelf) if shelf else None
    if made and best and span and (last := misfit(made, span, best)):
        zh = f"生产日期 {made} 加保质期 {shelf} 是 {last}，与保质期至 {best} 不符"
        en = f"Production date {made} and shelf life {shelf} give {last}, not best before {best}"
        found.append(zh if lang == "zh" else en)
    return found


def _of_field(field: TaskField, value: Value, lang: Lang) -> str | None:
    label, zh, required = field.label.of(lang), lang == "zh", field.required
    if value.verdict is Verdict.CONTRADICTED:
        return f"{label}：{value.reason}" if zh else f"{label}: {value.reason}"
    if (
        value.verdict is Verdict.UNCHECKED
        and value.reason
        and value.evidence
        and (value.evidence[0].source in ("rule", "barcode") or field.is_too_long(str(value.value)))
        and value.evidence[0].by not in INFERRED
    ):
        return f"{label}：{value.reason}" if zh else f"{label}: {value.reason}"
    if required and value.verdict is Verdict.UNSEEN:
        return f"{label}：未见或拿不准" if zh else f"{label}: not seen or not sure"
    return None
