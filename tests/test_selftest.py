"""The self-test finds out what an engine is good for; the controls are engines that are bad at one thing. req: F7"""

import io
import json
import re
import time
from pathlib import Path

import pytest
from PIL import Image

from tujian.engines.dialect import Question, Reply
from tujian.engines.fake import FakeEngine
from tujian.engines.selftest import THING_1000, lines_of, run_checks
from tujian.errors import EngineDown, EngineRefused, Said
from tujian.house import House, Wish
from tujian.settings import read_settings

SAMPLE = Path(__file__).parents[1] / "src/tujian/data/samples/biscuits.jpg"
NAMES = {(255, 255, 255): "white", (214, 30, 35): "red", (30, 150, 60): "green", (35, 80, 215): "blue"}


def colour_of(question: Question) -> str:
    """What a model that sees would say: the colour in the middle of the thing, by the nearest name."""
    picture = Image.open(io.BytesIO(question.jpegs[0])).convert("RGB")
    x, y = (THING_1000.x1 + THING_1000.x2) / 2000, (THING_1000.y1 + THING_1000.y2) / 2000
    seen = picture.getpixel((int(x * picture.width), int(y * picture.height)))
    return min(NAMES, key=lambda name: sum(abs(a - b) for a, b in zip(NAMES_RGB[name], seen, strict=True)))


NAMES_RGB = {name: paint for paint, name in NAMES.items()} | {"yellow": (245, 215, 30)}
NAMES = dict.fromkeys(NAMES_RGB)


def sees(question: Question) -> str:
    if "bbox_2d" in question.prompt:
        return json.dumps([{"bbox_2d": list(THING_1000), "label": "rectangle"}])
    if "poem" in question.prompt:
        return '{"k7": "q1"}'
    colour = colour_of(question)
    return json.dumps({"colour": colour}) if question.schema else f"A {colour} rectangle on a white sheet."


class Able(FakeEngine):
    """Passes everything, but for what a test takes away."""

    def __init__(self, answer=sees) -> None:
        super().__init__(answer)

    def _next(self, question: Question) -> Reply:
        reply = super()._next(question)
        words = re.findall(r"\s*\S+", reply.text)
        short = len(words) > question.sampling.max_tokens
        return Reply(reply.text, "length" if short else "stop", "able")


def failing(engine: FakeEngine) -> set[str]:
    return {check.name for check in run_checks(engine).checks if not check.passed}


def test_an_able_engine_passes_and_the_report_reads_well():
    report = run_checks(Able())
    assert failing(Able()) == set()
    assert len(list(lines_of(report, "zh"))) == len(report.checks) and all(
        "✓" in line for line in lines_of(report, "en")
    )
    assert report.model_validate_json(report.model_dump_json()) == report


def test_an_engine_that_does_not_look_is_found_by_the_blank_control():
    assert {"picture", "colours", "boxes", "long_boxes"} <= failing(Able(lambda question: "A red rectangle."))


def test_an_engine_that_ignores_schemas_is_found():
    def chats(question):
        return "The sea is wide." if "poem" in question.prompt else sees(question)

    assert failing(Able(chats)) == {"schema"}


def test_boxes_in_pixels_are_found_on_the_long_picture():
    def in_pixels(question):
        if "bbox_2d" not in question.prompt:
            return sees(question)
        width, height = Image.open(io.BytesIO(question.jpegs[0])).size
        x1, y1, x2, y2 = THING_1000
        box = [x1 * width // 1000, y1 * height // 1000, x2 * width // 1000, y2 * height // 1000]
        return json.dumps([{"bbox_2d": box}])

    assert "long_boxes" in failing(Able(in_pixels))


def test_an_engine_that_sends_all_at_once_or_ignores_lengths_is_found():
    class AtOnce(Able):
        def stream(self, question, stopped=None):
            reply = self._next(question)
            yield reply.text
            return Reply(reply.text, "stop", "able")

    assert failing(AtOnce()) == {"streaming", "length"}


def test_an_engine_that_goes_on_after_a_stop_is_found():
    class Deaf(Able):
        """Has one slot, and holds it until all is said, whether anybody listens or not."""

        def stream(self, question, stopped=None):
            reply = self._next(question)
            try:
                yield from re.findall(r"\s*\S+", reply.text)
            finally:
                time.sleep(2.1 if "Count" in question.prompt else 0)
            return reply

    assert failing(Deaf()) == {"stop"}


def test_where_the_slots_are_not_known_a_stop_cannot_be_seen():
    able = Able()
    able.slots = None
    (check,) = [check for check in run_checks(able).checks if check.name == "stop"]
    assert check.passed is None


def test_a_budget_ends_the_test_in_the_middle_of_an_answer_and_says_so():
    class Slow(Able):
        def stream(self, question, stopped=None):
            for piece in super().stream(question, stopped):
                time.sleep(0.05)
                yield piece
            return self._next(question)

    begun = time.monotonic()
    report = run_checks(Slow(), budget_s=1)
    assert time.monotonic() - begun < 2
    assert {check.passed for check in report.checks[-3:]} == {None}
    assert "tujian models check" in report.checks[-1].zh


def test_a_blind_model_fills_no_field_and_a_kept_report_counts_at_the_next_start(house, tmp_path):
    blind = Able(lambda question: '{"category": "饼干"}')
    own = House(read_settings(home=tmp_path), engine=blind)
    own._perception = house.perception
    own.examine()
    asked = len(blind.questions)
    again = House(read_settings(home=tmp_path), engine=blind)
    again._perception = house.perception
    record = again.record(SAMPLE, Wish("product"))
    with pytest.raises(EngineRefused):
        again.record(SAMPLE, Wish("product", question="?", insist=True))
    own.close()
    again.close()
    assert record.engine is None and len(blind.questions) == asked
    assert any("不看图" in reason for reason in record.review)


def test_an_engine_that_is_down_is_untried_and_not_failed():
    class Down(FakeEngine):
        def stream(self, question, stopped=None):
            yield from ()
            raise EngineDown(zh=Said("连不上", "检查"), en=Said("gone", "check"))

    report = run_checks(Down())
    assert {check.passed for check in report.checks} == {None} and "连不上" in report.checks[0].zh
