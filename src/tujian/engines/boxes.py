"""Boxes and points that a model put into its answer, as the places the rest of the house speaks of.

Enters: text. Leaves: labelled boxes, 0-1000 of the picture. Qwen3-VL says `bbox_2d` with `label` or `text_content`,
relative 0-1000 on both axes (notes/qwen3-vl.md). Does not know: pictures, pages. Broken JSON gives what is whole in it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tujian.folding import printable
from tujian.geometry import Box1000

BOX_KEYS = ("bbox_2d", "bbox", "box_2d")
LABEL_KEYS = ("label", "text_content", "text", "name")
MOST_BOXES = 200
LONGEST_LABEL = 200
FULL = 1000
SLIP = 50  # a twentieth beyond the edge: boxes of things that are cut off by it


@dataclass(frozen=True, slots=True)
class Boxed:
    """Something with a place; `label` may be empty."""

    label: str
    box_1000: Box1000


def boxes_in(text: str) -> list[Boxed]:
    """The boxes named in `text`, in its order; those that are no boxes of a picture are left out.

    >>> boxes_in('[{"bbox_2d": [100, 200, 300, 400], "label": "brand"}]')
    [Boxed(label='brand', box_1000=Box1000(x1=100, y1=200, x2=300, y2=400))]
    """
    found: list[Boxed] = []
    for thing in _objects(text):
        numbers = next((thing[key] for key in BOX_KEYS if key in thing), None)
        box = box_of(numbers)
        if box is not None and len(found) < MOST_BOXES:
            label = next((thing[key] for key in LABEL_KEYS if isinstance(thing.get(key), str)), "")
            found.append(Boxed(printable(label)[:LONGEST_LABEL], box))
    return found


def box_of(numbers: Any) -> Box1000 | None:  # noqa: ANN401 - a model's JSON
    """Four numbers as a box; None where they are none, or lie outside of the picture."""
    if not isinstance(numbers, list) or len(numbers) != 4:
        return None
    if not all(isinstance(n, int | float) and not isinstance(n, bool) and 0 <= n <= FULL for n in numbers):
        return None
    x1, y1, x2, y2 = (round(n) for n in numbers)
    return Box1000(x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


@dataclass(frozen=True, slots=True)
class Mended:
    """A box as it can be used, and whether it had to be mended; None where nothing could be made of it."""

    box_1000: Box1000 | None
    was_mended: bool = False


def mended(numbers: Any) -> Mended:  # noqa: ANN401 - a model's JSON
    """Four numbers as a box, its corners put in order and its edges back onto the picture.

    What lies off the picture by more than SLIP is no slip: pixels, or another scale, of which nothing is known.

    >>> mended([300, 400, 100, 200]), mended([100, 100, 1900, 300])
    (Mended(box_1000=Box1000(x1=100, y1=200, x2=300, y2=400), was_mended=True), Mended(box_1000=None, was_mended=False))
    """
    exact = box_of(numbers)
    if exact is not None:
        return Mended(exact)
    if not isinstance(numbers, list) or len(numbers) != 4 or not all(_is_near(n) for n in numbers):
        return Mended(None)
    x1, y1, x2, y2 = (min(max(n, 0), FULL) for n in numbers)
    box = box_of([min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)])
    return Mended(box, was_mended=box is not None)


def _is_near(number: Any) -> bool:  # noqa: ANN401 - a model's JSON
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    return is_number and -SLIP <= number <= FULL + SLIP


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Innermost JSON objects: a list that was cut off still gives its whole ones."""
    for match in re.finditer(r"\{[^{}]*\}", text):
        try:
            found = json.loads(match[0], strict=False)
        except (ValueError, RecursionError):  # no JSON, or JSON nested to kill
            continue
        yield found
