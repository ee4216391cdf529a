"""Faces are counted and placed; vegetables have none."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from tujian.perception.faces import FaceFinder


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder()


def open_rgb(path) -> np.ndarray:
    picture = Image.open(path).convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB"))


def labelled(shared, *kinds):
    manifest = [json.loads(row) for row in (shared / "data/manifest.jsonl").read_text("utf-8").splitlines()]
    return [(shared / "data" / row["path"], row["labels"]) for row in manifest if row["kind"] in kinds]


@pytest.mark.parametrize("shape", [(1, 1, 3), (20, 900, 3), (300, 300, 3)])
def test_nothing_is_found_on_nothing(finder, shape):
    assert finder.find(np.full(shape, 127, np.uint8), (shape[1], shape[0])) == ()


@pytest.mark.realdata
def test_faces_are_counted_right(finder, shared):
    pictures = labelled(shared, "face")
    right = 0
    for path, labels in pictures:
        pixels = open_rgb(path)
        right += len(finder.find(pixels, (pixels.shape[1], pixels.shape[0]))) == labels["n_faces"]
    assert right >= len(pictures) - 1


@pytest.mark.realdata
def test_groceries_and_cut_outs_raise_no_alarm(finder, shared):
    pictures = [open_rgb(path) for path, _ in labelled(shared, "grocery", "object_cutout")[::4]]
    assert sum(bool(finder.find(each, (each.shape[1], each.shape[0]))) for each in pictures) == 0


@pytest.mark.realdata
def test_the_place_does_not_depend_on_the_working_copy(finder, shared):
    path, _ = labelled(shared, "face")[0]
    pixels = open_rgb(path)
    (small,) = finder.find(pixels, (pixels.shape[1], pixels.shape[0]))
    (large,) = finder.find(pixels, (pixels.shape[1] * 4, pixels.shape[0] * 4))
    assert max(abs(a - b) for a, b in zip(small.box_1000, large.box_1000, strict=True)) <= 1


@pytest.mark.realdata
def test_threads_share_a_finder_and_agree(finder, shared):
    pixels = [open_rgb(path) for path, _ in labelled(shared, "face")[:4]] * 2
    alone = [finder.find(each, (each.shape[1], each.shape[0])) for each in pixels]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda each: finder.find(each, (each.shape[1], each.shape[0])), pixels))
    assert together == alone
