"""A view for a model: never larger than the picture, never dearer than its budget."""

import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tujian.geometry import Box1000
from tujian.pictures import CELL_PX, Picture, View, fit_to_tokens, plan_view

sides = st.integers(1, 2048)
budgets = st.integers(1, 4096)


def picture_of(pixels: np.ndarray) -> Picture:
    size_px = (pixels.shape[1], pixels.shape[0])
    return Picture(pixels, size_px, "PNG", "", 0, "", "", "", None, None, None, ())


@given(sides, sides, budgets)
def test_sides_are_multiples_of_32_within_the_budget(width, height, max_tokens):
    size_px, shown_px = plan_view((width, height), max_tokens)
    assert all(side % CELL_PX == 0 and side > 0 for side in size_px)
    assert View(b"", size_px, shown_px).tokens <= max_tokens


@given(sides, sides, budgets)
def test_nothing_is_ever_enlarged(width, height, max_tokens):
    size_px, shown_px = plan_view((width, height), max_tokens)
    assert shown_px[0] <= width and shown_px[1] <= height
    assert shown_px[0] <= size_px[0] and shown_px[1] <= size_px[1]


@given(sides, sides, budgets)
def test_the_stretch_stays_under_one_cell(width, height, max_tokens):
    _, (shown_width, shown_height) = plan_view((width, height), max_tokens)
    # some scale exists at which each side is off by less than one cell
    low = max((shown_width - CELL_PX) / width, (shown_height - CELL_PX) / height)
    high = min((shown_width + CELL_PX) / width, (shown_height + CELL_PX) / height)
    assert low < high


@given(sides, sides, budgets)
def test_padding_is_less_than_one_cell(width, height, max_tokens):
    size_px, shown_px = plan_view((width, height), max_tokens)
    assert all(side - shown < CELL_PX for side, shown in zip(size_px, shown_px, strict=True))


@given(sides, sides)
def test_no_view_is_longer_than_the_200_to_1_that_the_model_refuses(width, height):
    size_px, _ = plan_view((width, height), 4096)
    assert max(size_px) <= 200 * min(size_px)


@given(st.integers(256, 2048), st.integers(256, 2048), st.integers(64, 1024))
def test_a_budget_is_used_and_not_wasted(width, height, max_tokens):
    size_px, shown_px = plan_view((width, height), max_tokens)
    if max(width, height) < 4 * min(width, height):
        wanted = min(max_tokens, width * height / CELL_PX**2)
        # a cell off on each side, of the few cells that the shorter side has
        assert View(b"", size_px, shown_px).tokens >= wanted * (1 - 2 * CELL_PX / min(shown_px)) ** 2


@given(sides, sides, budgets, st.data())
def test_boxes_come_back_to_where_they_were(width, height, max_tokens, data):
    size_px, shown_px = plan_view((width, height), max_tokens)
    x1, x2 = sorted(data.draw(st.tuples(st.integers(0, 1000), st.integers(0, 1000))))
    y1, y2 = sorted(data.draw(st.tuples(st.integers(0, 1000), st.integers(0, 1000))))
    seen = Box1000(
        round(x1 * shown_px[0] / size_px[0]),
        round(y1 * shown_px[1] / size_px[1]),
        round(x2 * shown_px[0] / size_px[0]),
        round(y2 * shown_px[1] / size_px[1]),
    )
    back = View(b"", size_px, shown_px).to_picture(seen)
    # the model's own rounding, seen through the padding: half a thousandth of the view
    off = [math.ceil(size / shown / 2) + 1 for size, shown in zip(size_px, shown_px, strict=True)]
    assert abs(back.x1 - x1) <= off[0] and abs(back.x2 - x2) <= off[0]
    assert abs(back.y1 - y1) <= off[1] and abs(back.y2 - y2) <= off[1]


@pytest.mark.parametrize(
    ("working_px", "max_tokens", "size_px"),
    [
        ((2048, 1536), 192, (512, 384)),  # the example in STYLE.md
        ((16, 16), 64, (32, 32)),
        ((63, 63), 64, (64, 64)),  # cutting it down to 32 would lose half
        ((2048, 10), 16, (512, 32)),
        ((1024, 1024), 1024, (1024, 1024)),
        ((1, 2048), 4096, (32, 2048)),
    ],
)
def test_typical_sizes(working_px, max_tokens, size_px):
    assert plan_view(working_px, max_tokens)[0] == size_px


def test_a_tiny_picture_lies_top_left_on_white():
    view = fit_to_tokens(picture_of(np.zeros((20, 40, 3), np.uint8)), 64)
    seen = np.asarray(Image.open(io.BytesIO(view.jpeg)).convert("L"))
    assert view.size_px == (64, 32) and view.shown_px == (40, 20)
    assert seen[:16, :32].max() < 16 and seen[:, 48:].min() > 240 and seen[28:].min() > 240


def test_a_red_square_is_found_again_through_a_shrunk_view():
    pixels = np.full((900, 1200, 3), 255, np.uint8)
    pixels[300:600, 400:800] = (255, 0, 0)
    view = fit_to_tokens(picture_of(pixels), 300)
    seen = np.asarray(Image.open(io.BytesIO(view.jpeg)).convert("RGB")).astype(int)
    ys, xs = np.nonzero(seen[..., 1] < 128)
    width, height = view.size_px
    box = Box1000(
        round(xs.min() * 1000 / width),
        round(ys.min() * 1000 / height),
        round((xs.max() + 1) * 1000 / width),
        round((ys.max() + 1) * 1000 / height),
    )
    assert view.to_picture(box) == pytest.approx((333, 333, 667, 667), abs=4)
