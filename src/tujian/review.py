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
from tujian.rules.instructions import gives_orders
from tujian.rules.sensitive import Sensitive
from tujian.tasks import Task

LONGEST_ORDER = 60  # characters of it quoted
UNSAFE = 0.8  # open_nsfw: its authors call scores above .8 "high probability"; shop pictures here stay below .5


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
    for kind in sensitive:
        found.append(f"敏感内容：{kind.reason_zh}" if zh else f"Sensitive: {kind.reason_en}")
    if percepts.nsfw >= UNSAFE:
        found.append(f"可能有裸露（{percepts.nsfw:.2f}）" if zh else f"May show nudity ({percepts.nsfw:.2f})")
    for code in percepts.barcodes:
        if code.valid is False:
            found.append(f"条码 {code.text} 校验位不对" if zh else f"Barcode {code.text} has a wrong check digit")
    found += [
        reason
        for field in task.fields
        if (reason := _of_field(field.label.of(lang), fields[field.name], field.required, zh))
    ]
    if "truncated" in picture.notes:
        found.append("图片文件不完整，只解出一部分" if zh else "The file is cut off; only a part could be decoded")
    return list(dict.fromkeys(found))


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


def _of_field(label: str, value: Value, required: bool, zh: bool) -> str | None:
    if value.verdict is Verdict.CONTRADICTED:
        return f"{label}：{value.reason}" if zh else f"{label}: {value.reason}"
    if (
        value.verdict is Verdict.UNCHECKED
        and value.reason
        and value.evidence
        and value.evidence[0].source in ("rule", "barcode")
    ):
        return f"{label}：{value.reason}" if zh else f"{label}: {value.reason}"
    if required and value.verdict is Verdict.UNSEEN:
        return f"{label}：未见或拿不准" if zh else f"{label}: not seen or not sure"
    return None
