"""What a record shows as evidence is where the drawing script put the words. req: F1

places.json is made by the script itself: what changes on the picture when one run of letters is left out.
All samples and 80 drawn packs are measured by benchmarks/fields.py; here a few, so that it is seen at once when lost.
"""

import json

import pytest

from tujian.house import Wish

LEAST_IOU = 0.5  # issue 4
FACT_OF = {"prices": "price", "printed_code": "barcode"}


def iou(a, b):
    across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(0, across) * max(0, down)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def overlaps(record, places):
    """The best overlap of each value's evidence with a place where the fact stands; values nobody read are left out."""
    found = {}
    for fact, boxes in places.items():
        value = record.fields.get(FACT_OF.get(fact, fact))
        shown = [e.box_1000 for e in value.evidence if e.box_1000] if value is not None else []
        if shown:
            found[fact] = max(iou(one, box) for one in shown for box in boxes)
    return found


@pytest.mark.parametrize("file", ["milk-side.jpg", "honey.jpg", "tea.jpg", "biscuits.jpg"])
def test_evidence_lies_on_the_words(file, house, samples):
    places = json.loads((samples / "places.json").read_text("utf-8"))[file]
    record = house.record(samples / file, Wish(task="product"))
    found = overlaps(record, places)
    assert len(found) >= 2
    assert {fact: round(share, 2) for fact, share in found.items() if share < LEAST_IOU} == {}
