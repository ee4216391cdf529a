"""Text however it is held or bent, read by the real models on drawn packs; and what would hurt. req: B8, D10"""

import time

import lettering
import numpy as np
import pytest
from lettering import Drawn

from tujian.folding import fold
from tujian.perception.text import TextReader, TextSeen
from tujian.perception.text_regions import find_regions


@pytest.fixture(scope="module")
def reader():
    if not lettering.CJK.exists():
        pytest.skip("no CJK font: apt-get install fonts-noto-cjk")
    return TextReader()


def look(reader: TextReader, drawn: Drawn) -> TextSeen:
    return reader.read(drawn.pixels, drawn.size_px)


def missed(seen: TextSeen, drawn: Drawn) -> list[str]:
    read = fold("".join(line.text for line in seen.lines))
    return [text for text in drawn.texts if fold(text) not in read]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270, -10, 22, 35])
def test_a_pack_is_read_however_it_was_held(reader, degrees):
    drawn = lettering.turned(lettering.sheet(3), degrees)
    seen = look(reader, drawn)
    assert missed(seen, drawn) == []
    assert [fold(line.text) for line in seen.lines] == [fold(text) for text in drawn.texts]  # and in the same order


def test_corners_begin_where_the_text_begins(reader):
    seen = look(reader, lettering.turned(lettering.sheet(3), 90))
    for line in seen.lines:
        (x1, y1), (x2, y2) = line.quad_px[:2]
        assert abs(x1 - x2) < 20 and y1 > y2 + 20  # it runs upward


def test_short_lines_are_held_as_their_neighbours_are(reader):
    drawn = lettering.page(
        [("100% COTTON 全棉制造", 40, 30), ("Keep refrigerated", 40, 90), ("690", 40, 150)], (460, 220)
    )
    read = [line.text for line in look(reader, lettering.turned(drawn, 180)).lines]
    assert "690" in read and "069" not in read


def test_one_line_upside_down_among_others_is_read_too(reader):
    upright = lettering.page([("100% COTTON 全棉制造", 40, 30), ("Keep refrigerated", 40, 90)], (460, 160))
    below = lettering.turned(lettering.page([("Pressed apple juice", 40, 40)], (460, 120)), 180)
    both = Drawn(np.vstack([upright.pixels, below.pixels]), (*upright.texts, *below.texts))
    assert missed(look(reader, both), both) == []


def test_a_photograph_from_the_side_is_read(reader):
    drawn = lettering.slanted(lettering.sheet(5), 5)
    assert missed(look(reader, drawn), drawn) == []


@pytest.mark.parametrize("sagitta", [0.08, -0.08, 0.14, -0.14])
def test_print_round_a_can_is_read(reader, sagitta):
    sheets = [lettering.bent(lettering.sheet(seed), sagitta) for seed in (1, 4)]
    lost = [text for drawn in sheets for text in missed(look(reader, drawn), drawn)]
    assert len(lost) <= 2, lost  # of 15; a processor without 8-bit dot products rounds otherwise


def test_characters_below_each_other_are_read(reader):
    drawn = lettering.column("全脂灭菌纯牛奶")
    assert missed(look(reader, drawn), drawn) == []


@pytest.mark.parametrize("text", ["XL", "A2", "8%", "50g", "新"])
def test_short_words_are_kept(reader, text):
    drawn = lettering.page([(text, 60, 50)], (440, 260), size_px=44)
    assert [fold(line.text) for line in look(reader, drawn).lines] == [fold(text)]


def test_zeros_and_ohs_are_left_as_read(reader):
    drawn = lettering.page([("LOT O0l1 B8S5", 40, 40)], (460, 120), size_px=36, face=lettering.DEJAVU)
    (line,) = look(reader, drawn).lines
    assert len(fold(line.text)) == len(fold("LOT O0l1 B8S5"))  # nothing was put right, whichever way it was read


@pytest.mark.parametrize("size", [(2000, 1), (1, 2000), (3000, 2), (64, 4000)])
def test_strips_are_no_trouble(reader, size):
    noise = np.random.default_rng(2).integers(0, 255, (size[1], size[0], 3), np.uint8)
    reader.read(noise, size)


def test_letters_as_large_as_the_picture_are_read(reader):
    drawn = lettering.page([("大减价", 40, 200)], (2000, 1200), size_px=620)
    assert missed(look(reader, drawn), drawn) == []


def test_hundreds_of_lines_are_read_within_reason(reader):
    cells = [(f"{row:02}{column} 牛奶", 20 + 150 * column, 10 + 20 * row) for row in range(80) for column in range(10)]
    drawn = lettering.page(cells, (1560, 1640), size_px=14)
    begun = time.process_time()
    seen = look(reader, drawn)
    assert len(seen.lines) <= 400 and time.process_time() - begun < 60


@pytest.mark.parametrize("probability, found", [(0.0, 0), (1.0, 1)])
def test_regions_are_what_the_detector_marks(probability, found):
    blank = np.full((64, 64, 3), 255, np.uint8)
    regions = find_regions(blank, lambda blob: np.full((1, 1, *blob.shape[2:]), probability, np.float32))
    assert len(regions) == found
