"""Papers as a camera sees them, drawn and read by our own reading: found, and ordinary pictures left alone. req: E9"""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tujian.perception.text import TextReader
from tujian.rules.sensitive import find_sensitive

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
from draw_papers import MAKERS, draw_paper
from sample_art.brush import Lettering

MAKERS_COUNT = sum(len(makers) for makers in MAKERS.values())
ORDINARY = ("clothing", "product", "grocery", "object_cutout")
LEAST_FOUND, MOST_FALSE = 0.95, 0.01


@pytest.fixture(scope="module")
def letters() -> Lettering:
    found = Lettering()
    try:
        found.font(20, "sans")
    except OSError as error:
        pytest.skip(f"no fonts to draw papers with: {error}")
    return found


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader()


def kinds_on(picture: Image.Image, reader: TextReader) -> list[str]:
    pixels = np.asarray(picture.convert("RGB"))
    lines = reader.read(pixels, (pixels.shape[1], pixels.shape[0])).lines
    return [found.kind for found in find_sensitive([line.text for line in lines])]


@pytest.mark.parametrize("seed", range(MAKERS_COUNT))
def test_each_kind_of_paper_is_found(seed, letters, reader):
    kind, picture = draw_paper(seed + 2 * MAKERS_COUNT, letters)
    assert kind in kinds_on(picture, reader)


@pytest.mark.slow
@pytest.mark.timeout(1200)  # hundreds of pictures through the real reader
def test_of_papers_that_nobody_looked_at_while_tuning_enough_are_found(letters, reader):
    missed = []
    for seed in range(1000, 1000 + 10 * MAKERS_COUNT):
        kind, picture = draw_paper(seed, letters)
        if kind not in kinds_on(picture, reader):
            missed.append((seed, kind))
    assert 1 - len(missed) / (10 * MAKERS_COUNT) >= LEAST_FOUND, missed


@pytest.mark.realdata
@pytest.mark.timeout(1200)  # hundreds of pictures through the real reader
def test_ordinary_pictures_are_not_locked_away(shared, reader):
    rows = [json.loads(row) for row in (shared / "data/manifest.jsonl").read_text("utf-8").splitlines()]
    ordinary = [row["path"] for row in rows if row["kind"] in ORDINARY]
    alarms = [path for path in ordinary if kinds_on(Image.open(shared / "data" / path), reader)]
    assert len(ordinary) == 640 and len(alarms) <= MOST_FALSE * len(ordinary), alarms
