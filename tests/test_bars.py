"""The corners of a linear symbol are where its bars end, though the reader reports only rows it read. req: F1"""

import cv2
import numpy as np
import pytest
import zxingcpp

from tujian.perception.bars import whole_bars


def symbol(height=160, module=3):
    """An EAN-13 with its digits below on a white sheet, and the corners of its bars."""
    code = zxingcpp.create_barcode("9520123450014", zxingcpp.BarcodeFormat.EAN13)
    row = np.asarray(code.to_image(scale=1, add_hrt=False, add_quiet_zones=False))[:1]
    bars = np.repeat(np.repeat(row, height, 0), module, 1)
    sheet = np.full((500, 700), 255, np.uint8)
    sheet[150 : 150 + height, 180 : 180 + bars.shape[1]] = bars
    cv2.putText(sheet, "9520123450014", (190, 170 + height + 24), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    x1, y1, x2, y2 = 180, 150, 180 + bars.shape[1], 150 + height
    return sheet, np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], float)


def rows_read(corners, first, last):
    """The corners between two shares of the height, as a reader gives them."""
    top, bottom = corners[[0, 1]], corners[[3, 2]]
    upper, lower = top + first * (bottom - top), top + last * (bottom - top)
    return np.array([upper[0], upper[1], lower[1], lower[0]])


@pytest.mark.parametrize("first, last", [(0.4, 0.6), (0.05, 0.15), (0.9, 0.98), (0.5, 0.5)])
def test_the_whole_symbol_is_found_from_any_of_its_rows(first, last):
    sheet, corners = symbol()
    assert np.abs(whole_bars(sheet, rows_read(corners, first, last)) - corners).max() <= 4


@pytest.mark.parametrize("turn", [0, 12, 90, 180])
def test_turned_symbols_are_followed_along_their_own_bars(turn):
    sheet, corners = symbol(height=120)
    matrix = cv2.getRotationMatrix2D((350, 250), turn, 0.6)
    turned = cv2.warpAffine(sheet, matrix, (700, 500), borderValue=255)
    there = cv2.transform(corners[None].astype(np.float32), matrix)[0]
    assert np.abs(whole_bars(np.asarray(turned, np.uint8), rows_read(there, 0.45, 0.55)) - there).max() <= 5


def test_seen_aslant_each_end_has_its_own_height():
    sheet, corners = symbol()
    seen = np.array([(200, 120), (480, 180), (480, 300), (200, 330)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), seen)
    aslant = np.asarray(cv2.warpPerspective(sheet, matrix, (700, 500), borderValue=255), np.uint8)
    found = whole_bars(aslant, np.array([(200, 215), (480, 215), (480, 245), (200, 245)], float))
    assert np.abs(found - seen).max() <= 22  # the bars are followed at the middle of each third


def test_corners_never_move_inward():
    blank = np.full((300, 300), 200, np.uint8)
    corners = np.array([(50, 100), (250, 100), (250, 160), (50, 160)], float)
    assert np.array_equal(whole_bars(blank, corners), corners)
