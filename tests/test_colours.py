"""Colours of the thing, by controlled names: not of the wall behind it, not of the hand that holds it."""

import csv
import json
import re
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import cv2
import numpy as np
import pytest
from PIL import Image

from tujian.perception.colours import find_colours, name_colour, palette

SKIN = (205, 160, 135)


def shirt_on(background, cloth, size=(300, 400)):
    """A drawn shirt: body and sleeves in one colour with folds, before a plain background."""
    picture = np.full((size[1], size[0], 3), background, np.uint8)
    cv2.rectangle(picture, (90, 80), (210, 330), cloth, -1)
    cv2.line(picture, (100, 95), (50, 220), cloth, 40)
    cv2.line(picture, (200, 95), (250, 220), cloth, 40)
    folds = 1 + 0.06 * np.sin(np.arange(size[0]) / 9)[None, :, None]
    return np.clip(picture * np.where((picture == background).all(-1, keepdims=True), 1, folds), 0, 255).astype(
        np.uint8
    )


def english(pixels):
    return [colour.en for colour in find_colours(pixels)]


@pytest.mark.parametrize(
    ("cloth", "name"),
    [((20, 20, 22), "black"), ((200, 25, 35), "red"), ((25, 36, 72), "navy blue"), ((30, 150, 65), "green"),
     ((245, 125, 25), "orange"), ((245, 215, 30), "yellow"), ((120, 50, 155), "purple"), ((128, 128, 128), "gray")],
)  # fmt: skip
@pytest.mark.parametrize("background", [(255, 255, 255), (150, 160, 150)])
def test_the_cloth_is_named_and_the_background_is_not(cloth, name, background):
    assert english(shirt_on(background, cloth)) == [name]


def test_a_white_shirt_on_white_paper_is_white():
    picture = shirt_on((255, 255, 255), (238, 238, 240))
    assert english(picture)[0] == "white"


def test_white_shut_in_between_arms_and_body_is_background():
    picture = shirt_on((255, 255, 255), (200, 25, 35))
    cv2.rectangle(picture, (120, 150), (180, 250), (255, 255, 255), -1)
    assert "white" not in english(picture)


def test_skin_counts_little_beside_cloth_but_leather_alone_counts():
    picture = shirt_on((255, 255, 255), SKIN)
    assert find_colours(picture)[0].en == "camel" and find_colours(picture)[0].share > 0.5
    cv2.rectangle(picture, (120, 120), (180, 170), (30, 60, 160), -1)  # a tenth of the figure
    cv2.rectangle(picture, (100, 270), (200, 330), (30, 60, 160), -1)
    assert find_colours(picture)[0].en in ("blue", "royal blue")


def test_a_close_up_keeps_the_cloth_that_reaches_all_borders():
    cloth = np.full((200, 200, 3), (30, 150, 65), np.uint8)
    cv2.line(cloth, (60, 0), (60, 199), (250, 250, 250), 12)
    assert english(cloth)[0] == "green"


def test_two_colours_come_with_the_larger_first_and_shares_within_one():
    picture = shirt_on((255, 255, 255), (25, 36, 72))
    cv2.rectangle(picture, (90, 250), (210, 330), (230, 30, 40), -1)
    colours = find_colours(picture)
    assert [colour.zh for colour in colours] == ["藏青色", "红色"]
    assert colours[0].share > colours[1].share and sum(colour.share for colour in colours) <= 1.001
    assert all(re.fullmatch("#[0-9a-f]{6}", colour.hex) for colour in colours)


def test_at_most_five_colours_however_gay_the_picture():
    noise = np.random.default_rng(3).integers(0, 256, (12, 12, 3), np.uint8)
    assert 1 <= len(find_colours(noise.repeat(20, 0).repeat(20, 1))) <= 5


def test_the_same_pixels_give_the_same_answer_in_every_thread():
    picture = np.random.default_rng(5).integers(0, 256, (200, 150, 3), np.uint8)
    alone = find_colours(picture)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(find_colours, [picture] * 8)) == {alone}


@pytest.mark.parametrize("shape", [(1, 1), (1, 2048), (2048, 2), (3, 3)])
def test_any_shape_has_a_colour(shape):
    assert english(np.full((*shape, 3), (200, 25, 35), np.uint8)) == ["red"]


def test_every_name_is_unique_and_each_reference_is_called_by_its_own_name():
    rows = list(csv.DictReader(files("tujian").joinpath("data/words/colours.csv").read_text("utf-8").splitlines()))
    assert len({row["zh"] for row in rows}) == len({row["en"] for row in rows}) == len(rows) == len(palette().names)
    for row in rows:
        for each in row["references"].split():
            assert name_colour(tuple(bytes.fromhex(each[1:]))).zh == row["zh"]  # pyright: ignore


@pytest.mark.realdata
def test_the_first_colour_is_near_the_shops_on_catalogue_pictures(shared):
    manifest = [json.loads(row) for row in (shared / "data/manifest.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in manifest if row["kind"] == "product" and row["labels"].get("color")]
    near = {"Blue": "Green Purple", "Green": "Blue", "Red": "Orange Purple", "Orange": "Red Yellow", "Yellow": "Orange",
            "Purple": "Blue Red", "Gray": "Black White", "Black": "Gray", "White": "Gray", "Brown": ""}  # fmt: skip
    bases = {name.en: name.base.title() for name in palette().names}
    good = 0
    for row in rows:
        first = bases[find_colours(np.asarray(Image.open(shared / "data" / row["path"]).convert("RGB")))[0].en]
        good += first == row["labels"]["color"] or first in near[row["labels"]["color"]].split()
    assert good >= 0.9 * len(rows)
