"""Things on a ground: how many, where, and when nothing is claimed. req: A7, D9"""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from tujian.geometry import Box1000, box_1000
from tujian.perception.regions import find_regions

SIZE_PX = (1200, 800)
THREE = ((100, 200, 330, 700), (480, 150, 700, 720), (860, 260, 1080, 690))
TWO_OVERLAPPING = ((250, 120, 600, 700), (520, 300, 900, 740))  # the second stands before the first


def scene(packs, ground="white", seed=1):
    """Packs in strong colours with a label and words, noise over all; the picture and where the words are."""
    picture = Image.new("RGB", SIZE_PX, ground)
    pen, printed = ImageDraw.Draw(picture), []
    for (x1, y1, x2, y2), colour in zip(packs, ("#a33327", "#1f5a8a", "#3b7a3a"), strict=False):
        pen.rectangle((x1, y1, x2, y2), fill=colour)
        label = (x1 + 30, y1 + 60, x2 - 30, y1 + 160)
        pen.rectangle(label, fill="#f3ead2")
        pen.text((x1 + 50, y1 + 80), "HILLFOLD", fill="#222", font_size=40)
        printed.append(box_1000(*label, SIZE_PX))
    pixels = np.asarray(picture.filter(ImageFilter.GaussianBlur(1)), np.float32)
    noisy = pixels + np.random.default_rng(seed).normal(0, 2, pixels.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), printed


def found(packs, regions):
    return [max((box_1000(*pack, SIZE_PX).iou(r.box_1000) for r in regions), default=0.0) for pack in packs]


@pytest.mark.parametrize("ground", ["white", "#c8a97e", "#555b66"])
def test_packs_that_stand_apart_are_found_each(ground):
    regions = find_regions(*scene(THREE, ground))
    assert len(regions) == 3 and min(found(THREE, regions)) > 0.85
    assert [r.box_1000.x1 for r in regions] == sorted(r.box_1000.x1 for r in regions)
    assert all(0.5 <= r.confidence <= 1 for r in regions)


def test_a_pack_that_hides_a_part_of_another_is_parted_from_it():
    regions = find_regions(*scene(TWO_OVERLAPPING))
    assert len(regions) == 2 and min(found(TWO_OVERLAPPING, regions)) > 0.7


def test_one_pack_is_no_list():
    assert find_regions(*scene(THREE[:1])) == ()


def test_a_pack_with_two_faces_is_one_thing():
    """The edge between the faces ends in corners of the outline, not in hollows."""
    picture = Image.new("RGB", SIZE_PX, "white")
    pen = ImageDraw.Draw(picture)
    pen.polygon([(300, 150), (650, 190), (650, 730), (300, 690)], fill="#a33327")
    pen.polygon([(650, 190), (850, 140), (850, 660), (650, 730)], fill="#e8dcc0")
    words = [box_1000(380, 300, 560, 340, SIZE_PX), box_1000(700, 300, 800, 340, SIZE_PX)]
    assert find_regions(np.asarray(picture), words) == ()


def test_shelf_boards_and_their_price_cards_are_no_products():
    pixels, printed = scene([(x1, 140, x2, 600) for x1, _, x2, _ in THREE], "#8c8f94")
    picture = Image.fromarray(pixels)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 600, 1200, 640), fill="#d8d2c4")
    pen.rectangle((180, 606, 260, 634), fill="#fffdf0")
    regions = find_regions(np.asarray(picture), [*printed, box_1000(180, 606, 260, 634, SIZE_PX)])
    assert len(regions) == 3 and max(r.box_1000.y2 for r in regions) < 820


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_picture_without_a_ground_claims_nothing(seed):
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (16, 24, 3), np.uint8))
    crowded = np.asarray(small.resize(SIZE_PX, Image.Resampling.BICUBIC))
    assert find_regions(crowded, [Box1000(100, 100, 300, 150), Box1000(600, 500, 800, 560)]) == ()


@pytest.mark.parametrize("size", [(3, 3), (2000, 3), (1, 1), (40, 900)])
def test_strips_and_specks_are_looked_at_without_a_fault(size):
    assert find_regions(np.full((size[1], size[0], 3), 200, np.uint8), []) == ()
