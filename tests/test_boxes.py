"""Boxes that models put into their answers, 0-1000 on both axes. req: B8, and the last section of REQUIREMENTS.md"""

import pytest

from tujian.engines.boxes import boxes_in
from tujian.geometry import Box1000


@pytest.mark.parametrize(
    "text, found",
    [
        ('```json\n[{"bbox_2d": [10, 20, 30, 40], "label": "杯子"}]\n```', [("杯子", (10, 20, 30, 40))]),
        ('[{"bbox_2d": [1, 2, 3, 4], "text_content": "ALPRO"}, {"bbox_2d": [5, 6, 7, 8]}]',
         [("ALPRO", (1, 2, 3, 4)), ("", (5, 6, 7, 8))]),
        ('Here: {"label": "a", "bbox_2d": [0, 0, 1000, 1000]} and more words', [("a", (0, 0, 1000, 1000))]),
        ('[{"bbox_2d": [1, 2, 3, 4], "label": "whole"}, {"bbox_2d": [5, 6', [("whole", (1, 2, 3, 4))]),  # cut off
        ('{"bbox_2d": [10.4, 20.5, 30.6, 40.5], "label": "b"}', [("b", (10, 20, 31, 40))]),
        ('{"bbox_2d": [640, 20, 1280, 40], "label": "pixels"}', []),  # Qwen2.5's absolute pixels are not guessed at
        ('{"bbox_2d": [30, 20, 10, 40]}', []),
        ('{"bbox_2d": [1, 2, 3]}', []),
        ('{"bbox_2d": [true, 2, 3, 4]}', []),
        ('{"bbox_2d": "1,2,3,4"}', []),
        ("no boxes at all {", []),
        ('{"bbox_2d":' + "[" * 5000 + "]" * 5000 + "}", []),
    ],
)  # fmt: skip
def test_boxes_are_read_and_what_is_none_is_left_out(text, found):
    assert [(boxed.label, tuple(boxed.box_1000)) for boxed in boxes_in(text)] == found


def test_labels_are_short_and_printable_and_boxes_bounded():
    one = '{"bbox_2d": [1, 2, 3, 4], "label": "a\\u0000\\u202e' + "b" * 900 + '"}'
    found = boxes_in(f"[{','.join([one] * 500)}]")
    assert len(found) == 200 and len(found[0].label) <= 200 and "\0" not in found[0].label
    assert found[0].box_1000 == Box1000(1, 2, 3, 4)
