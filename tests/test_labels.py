"""Labels: calibrated guesses from real pictures, abstention where nothing is known, a vector that finds look-alikes."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from tujian.perception.labels import (
    HEAD_FILE,
    Head,
    Labeller,
    Mass,
    Scorer,
    read_classes,
    shelf,
)
from tujian.perception.views import AREA_PX, is_on_white, look, trim
from tujian.taxonomy import Taxonomy, is_under


@pytest.fixture(scope="module")
def labeller():
    return Labeller()


def card(colour, size_px=(300, 400), ground=(255, 255, 255)):
    """A plain rectangle on a plain ground: no product at all."""
    width, height = size_px
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = ground
    pixels[height // 4 : height // 2, width // 3 : width // 2] = colour
    return pixels


def test_guesses_are_ids_of_our_taxonomy_in_order_of_confidence(labeller):
    labels = labeller.label(card((200, 30, 30)))
    own = Taxonomy.load()
    confidences = [g.confidence for g in labels.top3]
    assert [g.id for g in labels.top3 if g.id not in own] == []
    assert confidences == sorted(confidences, reverse=True)
    assert 0 <= sum(confidences) <= 1.001


def test_it_abstains_on_what_is_no_product(labeller):
    noise = np.random.default_rng(7).integers(0, 255, (320, 320, 3), dtype=np.uint8)
    assert not labeller.label(noise).sure
    assert not labeller.label(card((0, 90, 200))).sure
    assert len(labeller.label(noise).top3) == 3


def test_the_vector_has_256_numbers_and_length_one(labeller):
    vector = labeller.label(card((10, 120, 60))).vector
    assert vector.shape == (256,)
    assert vector.dtype == np.float16
    assert np.linalg.norm(vector.astype(np.float32)) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("size_px", [(1, 1), (3, 900), (900, 3), (64, 64), (2000, 1500)])
def test_any_size_is_read(labeller, size_px):
    assert len(labeller.label(card((90, 90, 0), size_px)).top3) == 3


def test_the_same_picture_gives_the_same_answer_from_many_threads(labeller):
    pixels = card((200, 30, 90))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(labeller.label, [pixels] * 8))
    assert len({a.top3 for a in answers}) == 1
    assert all(np.array_equal(a.vector, answers[0].vector) for a in answers)


def test_a_plain_ground_is_cut_away_and_a_busy_one_is_left():
    assert trim(card((200, 0, 0), (400, 400))).shape[0] < 150
    busy = np.random.default_rng(1).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    assert trim(busy).shape == busy.shape


def test_a_shops_white_ground_is_told_from_a_room():
    noise = np.random.default_rng(1).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    assert is_on_white(card((200, 0, 0)))
    assert not is_on_white(card((200, 0, 0), ground=(200, 190, 170)))
    assert not is_on_white(noise)


def test_a_close_up_that_fills_much_of_the_border_is_still_on_white():
    pixels = card((0, 0, 0), (300, 300))
    pixels[180:] = (30, 60, 120)
    assert is_on_white(pixels)


@pytest.mark.parametrize("size_px", [(300, 600), (600, 300), (400, 400), (620, 768)])
def test_the_view_keeps_proportions_and_area(size_px):
    width, height = size_px
    busy = np.random.default_rng(2).integers(0, 255, (height, width, 3), dtype=np.uint8)
    seen = look(busy).pixels
    assert seen.shape[1] / seen.shape[0] == pytest.approx(width / height, rel=0.1)
    assert seen.shape[0] * seen.shape[1] == pytest.approx(AREA_PX, rel=0.1)


def test_nothing_is_squashed():
    disc = np.full((600, 300, 3), 255, np.uint8)
    y, x = np.ogrid[:600, :300]
    disc[(y - 300) ** 2 + (x - 150) ** 2 < 100**2] = 0
    dark = look(disc).pixels.max(2) < 128
    assert dark.any(0).sum() == pytest.approx(dark.any(1).sum(), abs=3)


def test_of_a_very_long_picture_the_middle_is_seen():
    long = np.random.default_rng(3).integers(0, 90, (1000, 100, 3), dtype=np.uint8)
    long[400:600] = (200, 30, 30)
    seen = look(long).pixels
    assert seen.shape[0] / seen.shape[1] == pytest.approx(2.2, rel=0.1)
    assert (seen[:, :, 0] > 100).mean() > 0.8


def test_the_weights_are_small_and_hold_no_pixels():
    assert HEAD_FILE.stat().st_size < 2_000_000
    head = Head.load()
    assert head.known.shape[1] == 256
    assert head.weights.shape == (2, len(head.ids), 1280)


def test_the_head_is_believed_the_more_the_more_usual_the_picture_is():
    scorer = Scorer(Head.load(), read_classes(), Taxonomy.load())
    own = np.full(len(scorer.ids), 1 / len(scorer.ids), np.float32)
    near, far = (scorer.confidence(scorer.grounds(Mass(own, own), 0, typicality)) for typicality in (0.7, 0.3))
    assert near > far


def test_every_shelf_and_every_trained_id_has_a_name():
    own = Taxonomy.load()
    head = Head.load()
    assert [i for i in (*head.ids, *(shelf(c) for c in read_classes().values())) if i not in own] == []


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("path", "branch"),
    [
        ("clothing/shoes", "aa-8"),
        ("clothing/pants", "aa-1-12"),
        ("clothing/t-shirt", "aa-1-13"),
        ("clothing/dress", "aa-1-4"),
    ],
)
def test_most_garments_photographed_at_home_are_named(shared, labeller, path, branch):
    pictures = sorted((shared / "data" / path).iterdir())
    guesses = [labeller.label(np.asarray(Image.open(p).convert("RGB"))).top3[0].id for p in pictures]
    assert np.mean([is_under(g, branch) for g in guesses]) >= 0.8
