"""What is wrong with a picture itself: normal pictures pass, spoilt copies of them are caught. req: B13"""

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from tujian.perception.quality import Flaw, assess, say, sharpness


def label_photo(width=800, height=600):
    """A carton with print on it, on a table: drawn, with texture and even light."""
    picture = np.full((height, width, 3), (120, 95, 70), np.uint8)
    cv2.rectangle(picture, (150, 80), (650, 520), (205, 215, 225), -1)
    for row in range(8):
        cv2.putText(picture, "NET WEIGHT 250 g", (180, 140 + 48 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (40, 40, 90), 2)
    grain = np.random.default_rng(7).normal(0, 3, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def spot(pixels, radius_px):
    """A copy with a burnt-out spot that fades at its rim, as a lamp makes it."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width]
    light = np.clip(1.5 - np.hypot(x - width / 2, y - height / 2) / radius_px, 0, 1)[..., None] ** 0.5
    return np.clip(pixels * (1 - light) + 260 * light, 0, 255).astype(np.uint8)


def flaws(pixels, *heights_px):
    return assess(pixels, (pixels.shape[1], pixels.shape[0]), heights_px)


def test_a_sharp_even_picture_has_no_flaw():
    assert flaws(label_photo(), 30, 32) == ()


def test_each_way_of_spoiling_it_is_named():
    good = label_photo()
    assert flaws(cv2.GaussianBlur(good, (0, 0), 5)) == (Flaw.BLURRED,)
    assert flaws((good * 0.25).astype(np.uint8)) == (Flaw.DARK,)
    assert flaws(spot(good, 90)) == (Flaw.GLARE,)
    assert flaws(good, 6, 7, 8, 30) == (Flaw.TEXT_TOO_SMALL,)
    assert flaws(cv2.resize(good, (160, 120), interpolation=cv2.INTER_AREA)) == (Flaw.TOO_SMALL,)


def test_the_size_that_counts_is_the_original_not_the_working_copy():
    assert Flaw.TOO_SMALL in assess(label_photo(), (100, 75))
    assert Flaw.TOO_SMALL not in assess(label_photo(), (4000, 3000))


def test_a_white_studio_background_is_no_glare_and_a_plain_wall_is_not_blurred():
    studio = np.full((600, 600, 3), 255, np.uint8)
    cv2.ellipse(studio, (300, 300), (220, 220), 0, 0, 360, (40, 60, 160), 60)  # a ring: white inside too
    assert flaws(studio) == ()
    assert sharpness(np.full((300, 300), 128, np.uint8)) == 1.0


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (9, 2), (3000, 4)])
def test_odd_shapes_are_judged_too(size):
    assert Flaw.TOO_SMALL in flaws(np.full((size[1], size[0], 3), 200, np.uint8))


@pytest.mark.parametrize("flaw", list(Flaw))
def test_every_flaw_says_what_to_do_in_both_languages(flaw):
    for lang in ("zh", "en"):
        said = say(flaw, lang)
        assert said.message and said.remedy


@pytest.mark.realdata
def test_normal_shop_pictures_are_rarely_flagged_and_their_spoilt_copies_are(shared):
    manifest = [json.loads(row) for row in (shared / "data/manifest.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in manifest if row["kind"] in ("product", "clothing", "grocery")][::5]
    pictures = [np.asarray(Image.open(shared / "data" / row["path"]).convert("RGB")) for row in rows]
    assert sum(bool(flaws(each)) for each in pictures) < 0.05 * len(pictures)
    blurred = [cv2.GaussianBlur(each, (0, 0), 0.008 * max(each.shape)) for each in pictures]
    assert sum(Flaw.BLURRED in flaws(each) for each in blurred) > 0.95 * len(pictures)
    assert sum(Flaw.DARK in flaws((each * 0.25).astype(np.uint8)) for each in pictures) > 0.95 * len(pictures)
