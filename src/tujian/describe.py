"""Sentences from findings, in both languages, that say only what was found.

Enters: a record's fields and what perception saw. Leaves: a title, a description, an honest answer without a model.
Does not know: how to embellish.
"""

from collections.abc import Sequence

from tujian.errors import EngineError, Lang
from tujian.knowledge import Knowledge
from tujian.perception import Percepts
from tujian.records import Item, Value
from tujian.taxonomy import Category

MOST_QUOTED = 3
LONGEST_QUOTE = 24
UNKNOWN: dict[Lang, str] = {"zh": "未能认出", "en": "Not recognised"}


def title_of(fields: dict[str, Value], category: Category | None, lang: Lang, items: Sequence[Item] = ()) -> str:
    """What to call the record: how many products, its name, else brand and category, else its headline, else that it
    is unknown."""
    if count_of(items):
        return f"{len(items)} 件商品" if lang == "zh" else f"{len(items)} products"
    name, brand, kind = (fields[key].value if key in fields else None for key in ("name", "brand", "category"))
    if name:
        return str(name)
    known = [str(part) for part in (brand, kind or (category.name(lang) if category else None)) if part]
    if known:
        return " ".join(known)
    if "headline" in fields and fields["headline"].value:
        return str(fields["headline"].value)
    return UNKNOWN[lang]


def describe(
    percepts: Percepts, category: Category | None, knowledge: Knowledge, items: Sequence[Item] = ()
) -> dict[str, str]:
    """A description in each language; `category` is what the record settled on.

    The kind of thing and its colours come first, or how many products there are; then what can be read, codes, faces.
    """
    count = count_of(items)
    return {"zh": _zh(percepts, category, knowledge, count), "en": _en(percepts, category, knowledge, count)}


def count_of(items: Sequence[Item]) -> int:
    """How many products the picture shows, where that is sure: perception saw each of them apart. Else 0."""
    return len(items) if len(items) > 1 and all(item.confidence is not None for item in items) else 0


def answer_without(trouble: EngineError | None, description: str, lang: Lang) -> str:
    """What a free question gets when no model answered it: why, what perception saw, and how to get an answer."""
    if trouble is not None:
        said = trouble.say(lang)
        if lang == "zh":
            return f"模型没有回答：{said.message}{said.remedy} 本机感知看到的是：{description}"
        return f"The model did not answer: {said.message} {said.remedy} Perception saw: {description}"
    if lang == "zh":
        return (
            f"还没有连接视觉语言模型，回答不了自由提问。本机感知看到的是：{description}"
            "要得到回答，请启动一个 OpenAI 兼容的 Qwen3-VL 服务（llama-server、Ollama、vLLM 等），"
            "再用 TUJIAN_ENGINE_URL 或 --engine-url 给出地址，例如 http://127.0.0.1:8080/v1。"
        )
    return (
        "No vision-language model is attached, so a free question cannot be answered. Perception saw: "
        f"{description} For an answer, start an OpenAI-compatible Qwen3-VL server (llama-server, Ollama, vLLM …) and "
        "give its address by TUJIAN_ENGINE_URL or --engine-url, e.g. http://127.0.0.1:8080/v1."
    )


def _zh(percepts: Percepts, category: Category | None, knowledge: Knowledge, count: int) -> str:
    colours = "、".join(colour.zh for colour in percepts.colours[:2])
    if count:
        parts = [f"图中有 {count} 件商品"]
    elif category is not None:
        parts = [f"图中是{colours}的{category.zh}" if colours else f"图中是{category.zh}"]
    else:
        likely = "、".join(dict.fromkeys(category.zh for category, _ in knowledge.guessed(percepts.labels)))
        parts = [
            "拿不准是什么" + (f"（最像：{likely}）" if likely else "") + (f"，主要颜色是{colours}" if colours else "")
        ]
    quotes = _quotes(percepts)
    if quotes:
        more = len(percepts.text_lines) - len(quotes)
        parts.append(
            "可见文字" + "".join(f"“{quote}”" for quote in quotes) + (f"等 {more + len(quotes)} 行" if more else "")
        )
    parts += [f"条码 {code.text}（{code.format}{_valid_zh(code.valid)}）" for code in percepts.barcodes[:2]]
    if percepts.faces:
        parts.append(f"有 {len(percepts.faces)} 张人脸")
    return "；".join(parts) + "。"


def _en(percepts: Percepts, category: Category | None, knowledge: Knowledge, count: int) -> str:
    colours = " and ".join(colour.en for colour in percepts.colours[:2])
    if count:
        parts = [f"The picture shows {count} products"]
    elif category is not None:
        parts = [f"The picture shows {category.en}" + (f" in {colours}" if colours else "")]
    else:
        likely = ", ".join(dict.fromkeys(category.en for category, _ in knowledge.guessed(percepts.labels)))
        parts = [
            "Not sure what it is"
            + (f" (most like {likely})" if likely else "")
            + (f"; mainly {colours}" if colours else "")
        ]
    quotes = _quotes(percepts)
    if quotes:
        count = len(percepts.text_lines)
        shown = ", ".join(f"“{quote}”" for quote in quotes)
        parts.append(f"text: {shown}" + (f" ({count} lines in all)" if count > len(quotes) else ""))
    parts += [f"barcode {code.text} ({code.format}{_valid_en(code.valid)})" for code in percepts.barcodes[:2]]
    if percepts.faces:
        parts.append(f"{len(percepts.faces)} face" + ("s" if len(percepts.faces) > 1 else ""))
    return "; ".join(parts) + "."


def _quotes(percepts: Percepts) -> Sequence[str]:
    """The lines in the largest letters, in reading order."""
    tall = sorted(percepts.text_lines, key=lambda line: line.box_1000.y1 - line.box_1000.y2)[:MOST_QUOTED]
    shown = [line.text for line in percepts.text_lines if line in tall]
    return [text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…" for text in shown]


def _valid_zh(valid: bool | None) -> str:
    return {True: "，校验位正确", False: "，校验位不对", None: ""}[valid]


def _valid_en(valid: bool | None) -> str:
    return {True: ", check digit right", False: ", check digit wrong", None: ""}[valid]
