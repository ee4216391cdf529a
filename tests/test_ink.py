"""A box of a line is drawn in to its letters: whatever else is in it stays outside. req: F1"""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tujian.geometry import Box1000
from tujian.perception.ink import ink_box

SIZE = (500, 500)  # two of the thousand are one pixel
FONT = ImageFont.load_default(24)


def sheet(ground="white"):
    return Image.new("RGB", SIZE, ground)


def written(image, words, at=(200, 200), colour="black"):
    """The words on the picture, and the box of their ink."""
    pen = ImageDraw.Draw(image)
    pen.text(at, words, colour, FONT)
    return tuple(2 * edge for edge in pen.textbbox(at, words, FONT))


def wide(box, by=24):
    x1, y1, x2, y2 = map(int, box)
    return Box1000(x1 - by, y1 - by, x2 + by, y2 + by)


def closeness(found, truth):
    return max(abs(a - b) for a, b in zip(found, truth, strict=True))


@pytest.mark.parametrize("ground, colour", [("white", "black"), ("#20304a", "#f0e8d0"), ("#c8302a", "#ffe9c0")])
def test_empty_edges_go_whatever_the_colours(ground, colour):
    image = sheet(ground)
    truth = written(image, "13.7 g", colour=colour)
    assert closeness(ink_box(np.asarray(image), wide(truth)), truth) <= 10


def test_the_lines_of_a_table_and_the_neighbours_above_and_below_stay_outside():
    image = sheet()
    truth = written(image, "61.7 g")
    y1, y2 = truth[1] // 2, truth[3] // 2
    pen = ImageDraw.Draw(image)
    pen.line((100, y1 - 8, 400, y1 - 7), "black", 2)
    pen.line((100, y2 + 7, 400, y2 + 8), "black", 2)
    written(image, "19.4 g", at=(200, y2 + 9))
    assert closeness(ink_box(np.asarray(image), wide(truth)), truth) <= 10


def test_where_nothing_stands_out_the_box_stays():
    box = Box1000(100, 100, 300, 200)
    assert ink_box(np.asarray(sheet()), box) == box
    noise = np.random.default_rng(1).integers(120, 126, (500, 500, 3)).astype(np.uint8)
    assert ink_box(noise, box) == box


def test_a_box_never_grows_and_no_more_goes_than_the_detector_can_have_added():
    image = sheet()
    truth = written(image, "W", at=(60, 60))
    far = Box1000(100, 100, 400, 200)
    found = ink_box(np.asarray(image), far)
    assert found.x1 >= far.x1 and found.y1 >= far.y1 and found.x2 <= far.x2 and found.y2 <= far.y2
    assert found.x2 - found.x1 >= 0.4 * 300
    assert truth[0] >= far.x1


@pytest.mark.parametrize("box", [Box1000(0, 0, 0, 0), Box1000(999, 999, 1000, 1000), Box1000(0, 0, 1000, 1000)])
def test_boxes_at_the_edge_and_without_size_are_kept_within_the_picture(box):
    found = ink_box(np.asarray(sheet()), box)
    assert 0 <= found.x1 <= found.x2 <= 1000 and 0 <= found.y1 <= found.y2 <= 1000
