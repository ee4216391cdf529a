"""The self-test: what an engine is really good for, found out on drawn pictures. req: F7

Enters: an engine. Leaves: a Report: does it keep to a schema, does the picture matter, are boxes right on square and
long pictures, does it stream, does it stop. Does not know: who wants to know, what is done about it (`attaching.py`).
Only drawn pictures are sent. Everything is asked at temperature 0; a check that ends in an error says so.
"""

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from PIL import Image, ImageDraw
from pydantic import BaseModel

from tujian.engines.asking import listen, parse_object
from tujian.engines.boxes import boxes_in
from tujian.engines.dialect import Engine, Question, Reply, SchemaBy, Speech
from tujian.errors import Busy, EngineError, Said, Stopped
from tujian.geometry import Box1000, Size
from tujian.records import EngineUsed
from tujian.tasks import Sampling

CheckName = Literal["picture", "colours", "schema", "boxes", "long_boxes", "streaming", "length", "stop"]
PAINTS = {"red": (214, 30, 35), "green": (30, 150, 60), "blue": (35, 80, 215), "yellow": (245, 215, 30)}
SQUARE_PX, LONG_PX = (512, 512), (1024, 256)
THING_1000 = Box1000(560, 220, 860, 700)  # off the middle on both axes, so that no lucky guess is right
SAME_PLACE = 0.5  # intersection over union from which two boxes are one place (Pascal VOC)
STOP_S = 2.0  # longest a stop may take; llama.cpp takes 0.1 s
EXACT = Sampling(temperature=0, top_p=1, max_tokens=96)


class Check(BaseModel):
    """One thing tried; `passed` is None when an error kept it from being tried."""

    name: CheckName
    passed: bool | None
    zh: str
    en: str


class Report(BaseModel):
    """What came of it, and which engine it was."""

    engine: EngineUsed
    tried_at: float
    elapsed_s: float
    checks: list[Check]

    def passed(self, name: CheckName) -> bool | None:
        return next((check.passed for check in self.checks if check.name == name), None)


@dataclass(frozen=True, slots=True)
class _Tried:
    passed: bool | None
    zh: str
    en: str


_NOT_BOUND = _Tried(
    False, "不强制 JSON schema：改用文字要求，逐条核对", "schemas are not enforced: asked in words, checked"
)


class _Watched:
    """The engine, all of whose answers end when `stopped` is set."""

    def __init__(self, engine: Engine, stopped: threading.Event) -> None:
        self._engine, self._stopped = engine, stopped
        self.schema_by: SchemaBy = engine.schema_by
        self.slots, self.place = engine.slots, engine.place
        self.used, self.warm, self.close = engine.used, engine.warm, engine.close

    def stream(self, question: Question, stopped: threading.Event | None = None) -> Speech:
        return self._engine.stream(question, stopped or self._stopped)


def run_checks(engine: Engine, *, budget_s: float | None = None, clock: Callable[[], float] = time.time) -> Report:
    """Asks some sixteen questions about drawn pictures; what is not done within `budget_s` is left untried.

    Raises EngineError only if the engine cannot even say who it is.
    """
    used, begun, stopped = engine.used(), clock(), threading.Event()
    timer = threading.Timer(budget_s or 0, stopped.set)
    if budget_s is not None:
        timer.start()
    try:
        watched = _Watched(engine, stopped)
        checks = [_check(watched, name, attempt, stopped) for name, attempt in ATTEMPTS.items()]
    finally:
        timer.cancel()
    return Report(engine=used, tried_at=begun, elapsed_s=round(clock() - begun, 2), checks=checks)


def _untried(name: CheckName) -> Check:
    return Check(
        name=name, passed=None, zh="没有时间试：运行 tujian models check", en="No time to try: run tujian models check"
    )


def _check(engine: Engine, name: CheckName, attempt: Callable[[Engine], _Tried], stopped: threading.Event) -> Check:
    if stopped.is_set():
        return _untried(name)
    try:
        tried = attempt(engine)
    except Stopped:
        return _untried(name)
    except (EngineError, Busy) as error:
        said_zh, said_en = error.zh.message, error.en.message
        return Check(name=name, passed=None, zh=f"没有试成：{said_zh}", en=f"Could not be tried: {said_en}")
    return Check(name=name, passed=tried.passed, zh=tried.zh, en=tried.en)


def _picture(engine: Engine) -> _Tried:
    """A blank sheet is the control: a model that says the same of it as of four others does not look."""
    replies = [_ask(engine, _describe(_sheet(SQUARE_PX, paint))) for paint in (None, *PAINTS.values())]
    seen = len({reply.text.strip() for reply in replies}) > 1
    if seen:
        return _Tried(True, "图片不同，回答也不同", "different pictures get different answers")
    return _Tried(
        False, "五张不同的图（含白纸）回答一样：模型没有看图", "five pictures, one of them blank, got one answer"
    )


def _colours(engine: Engine) -> _Tried:
    right = sum(
        (parse_object(_ask(engine, _colour(_sheet(SQUARE_PX, paint))).text) or {}).get("colour") == name
        for name, paint in PAINTS.items()
    )
    return _Tried(right == len(PAINTS), f"四种颜色认对 {right} 种", f"{right} of four colours right")


def _schema(engine: Engine) -> _Tried:
    """The words ask for a poem, the schema for one of two codes: only a bound model gives a code."""
    if engine.schema_by == "prompt":
        return _NOT_BOUND
    schema = {
        "type": "object",
        "properties": {"k7": {"enum": ["q1", "q2"]}},
        "required": ["k7"],
        "additionalProperties": False,
    }
    poem = replace(_describe(_sheet(SQUARE_PX, None)), prompt="Write a short poem about the sea.", schema=schema)
    try:
        bound = json.loads(_ask(engine, poem).text).get("k7") in ("q1", "q2")
    except (ValueError, AttributeError, RecursionError):
        bound = False
    if bound:
        return _Tried(True, "服务端强制执行 JSON schema", "the server enforces JSON schemas")
    return _NOT_BOUND


def _boxes_on(size_px: Size) -> Callable[[Engine], _Tried]:
    def attempt(engine: Engine) -> _Tried:
        paint = PAINTS["red"]
        asked = replace(
            _describe(_sheet(size_px, paint)),
            prompt='Locate the red rectangle. Answer in JSON: [{"bbox_2d": [x1, y1, x2, y2], "label": "rectangle"}]',
        )
        best = max((_overlap(boxed.box_1000, THING_1000) for boxed in boxes_in(_ask(engine, asked).text)), default=0.0)
        shape = f"{size_px[0]}×{size_px[1]}"
        return _Tried(best >= SAME_PLACE, f"{shape} 上的框重合 {best:.2f}", f"box on {shape}: overlap {best:.2f}")

    return attempt


def _streaming(engine: Engine) -> _Tried:
    speech, pieces = engine.stream(_describe(_sheet(SQUARE_PX, PAINTS["blue"]))), 0
    for _ in speech:
        pieces += 1
    return _Tried(pieces > 1, f"回答分 {pieces} 段到达", f"an answer comes in {pieces} pieces")


def _length(engine: Engine) -> _Tried:
    asked = replace(_describe(_sheet(SQUARE_PX, None)), sampling=_drawn_with(max_tokens=3))
    finish = _ask(engine, asked).finish
    return _Tried(finish == "length", f"限 3 个 token 时结束原因是 {finish}", f"at 3 tokens it ended by {finish}")


def _stop(engine: Engine) -> _Tried:
    asked = replace(
        _describe(_sheet(SQUARE_PX, PAINTS["green"])),
        prompt="Count from 1 to 200, separated by commas.",
        sampling=_drawn_with(max_tokens=600),
    )
    if engine.slots is None:
        return _Tried(None, "远程服务有几个槽位不得而知，看不出来", "cannot be seen: nobody knows the server's slots")
    speeches = [engine.stream(asked) for _ in range(engine.slots)]  # all slots are taken, and then left
    for speech in speeches:
        next(speech, None)
    begun = time.monotonic()
    for speech in speeches:
        speech.close()
    _ask(engine, replace(asked, prompt="Say yes.", sampling=_drawn_with(max_tokens=2)))
    took_s = time.monotonic() - begun
    return _Tried(
        took_s < STOP_S, f"停下并回答下一问用了 {took_s:.1f} 秒", f"stopped and answered again in {took_s:.1f} s"
    )


ATTEMPTS: dict[CheckName, Callable[[Engine], _Tried]] = {
    "picture": _picture,
    "colours": _colours,
    "schema": _schema,
    "boxes": _boxes_on(SQUARE_PX),
    "long_boxes": _boxes_on(LONG_PX),
    "streaming": _streaming,
    "length": _length,
    "stop": _stop,
}
TITLES: dict[CheckName, Said] = {
    "picture": Said("看图", "looks at the picture"),
    "colours": Said("认颜色", "knows colours"),
    "schema": Said("守格式", "keeps to schemas"),
    "boxes": Said("方图定位", "boxes, square"),
    "long_boxes": Said("长图定位", "boxes, long"),
    "streaming": Said("逐字回答", "streams"),
    "length": Said("守长度", "keeps to a length"),
    "stop": Said("能停下", "stops"),
}


def _drawn_with(max_tokens: int) -> Sampling:
    return EXACT.model_copy(update={"max_tokens": max_tokens})


def _ask(engine: Engine, question: Question) -> Reply:
    return listen(engine, question)


def _describe(jpeg: bytes) -> Question:
    prompt = "Describe this picture in one sentence."
    return Question(prompt, (jpeg,), "en", EXACT, "check", priority="low")


def _colour(jpeg: bytes) -> Question:
    schema = {
        "type": "object",
        "properties": {"colour": {"enum": list(PAINTS)}},
        "required": ["colour"],
        "additionalProperties": False,
    }
    prompt = f'What colour is the rectangle: {", ".join(PAINTS)}? Answer in JSON: {{"colour": "…"}}'
    return replace(_describe(jpeg), prompt=prompt, schema=schema)


def _sheet(size_px: Size, paint: tuple[int, int, int] | None) -> bytes:
    """A white sheet with one painted rectangle at THING_1000, or blank."""
    sheet = Image.new("RGB", size_px, "white")
    if paint is not None:
        width, height = size_px
        x1, y1, x2, y2 = THING_1000
        corners = (x1 * width / 1000, y1 * height / 1000, x2 * width / 1000, y2 * height / 1000)
        ImageDraw.Draw(sheet).rectangle(corners, fill=paint)
    file = io.BytesIO()
    sheet.save(file, "JPEG", quality=92)
    return file.getvalue()


def _overlap(one: Box1000, other: Box1000) -> float:
    """Intersection over union."""
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (one.area + other.area - width * height)


def lines_of(report: Report, lang: str) -> Iterator[str]:
    """The report for people, a line a check."""
    for check in report.checks:
        mark = {True: "✓", False: "✗", None: "–"}[check.passed]
        title = TITLES[check.name]
        yield f"{mark} {title[0] if lang == 'zh' else title[1]}: {check.zh if lang == 'zh' else check.en}"
