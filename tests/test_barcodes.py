"""Barcodes are read, placed and checked. Bars are drawn here; the hard ones are ZXing's own. req: B8, B10"""

import json
import re

import cv2
import numpy as np
import pytest
import zxingcpp
from PIL import Image

from tujian.perception.barcodes import read_barcodes, striped_part

LEFT_ODD = "0001101 0011001 0010011 0111101 0100011 0110001 0101111 0111011 0110111 0001011".split()
PARITY = "OOOOOO OOEOEE OOEEOE OOEEEO OEOOEE OEEOOE OEEEOO OEOEOE OEOEEO OEEOEO".split()


def draw(text, kind=zxingcpp.BarcodeFormat.EAN13, scale=3):
    """A symbol as zxing draws it, on a grey table, RGB."""
    symbol = np.array(zxingcpp.create_barcode(text, kind).to_image(scale=scale, add_quiet_zones=True))
    return cv2.copyMakeBorder(symbol, 60, 40, 80, 30, cv2.BORDER_CONSTANT, value=200)[..., None].repeat(3, -1)


def draw_any_ean13(digits, module_px=3):
    """Bars for thirteen digits even when the check digit is wrong; tables of GS1 General Specifications 5.2.1.2."""
    odd = dict(zip("0123456789", LEFT_ODD, strict=True))
    right = {digit: bars.translate(str.maketrans("01", "10")) for digit, bars in odd.items()}
    even = {digit: bars[::-1] for digit, bars in right.items()}
    left = [(odd if parity == "O" else even)[d] for d, parity in zip(digits[1:7], PARITY[int(digits[0])], strict=True)]
    bars = "101" + "".join(left) + "01010" + "".join(right[d] for d in digits[7:]) + "101"
    row = np.repeat([0 if bar == "1" else 255 for bar in "0" * 12 + bars + "0" * 12], module_px).astype(np.uint8)
    return np.tile(row, (80, 1))[..., None].repeat(3, -1)


def read(pixels):
    return read_barcodes(pixels, (pixels.shape[1], pixels.shape[0]))


@pytest.mark.parametrize(
    ("kind", "text", "name", "shown", "valid"),
    [
        (zxingcpp.BarcodeFormat.EAN13, "4006381333931", "EAN-13", "4006381333931", True),
        (zxingcpp.BarcodeFormat.EAN8, "96385074", "EAN-8", "96385074", True),
        (zxingcpp.BarcodeFormat.EAN13, "0036000291452", "UPC-A", "036000291452", True),
        (zxingcpp.BarcodeFormat.ITF, "10614141000415", "ITF", "10614141000415", True),
        (zxingcpp.BarcodeFormat.Code128, "TUJIAN-1", "Code 128", "TUJIAN-1", None),
        (zxingcpp.BarcodeFormat.QRCode, "https://example.org/图鉴", "QR Code", "https://example.org/图鉴", None),
        (zxingcpp.BarcodeFormat.DataMatrix, "lot 7", "Data Matrix", "lot 7", None),
    ],
)
def test_common_symbols_are_read_with_name_text_and_verdict(kind, text, name, shown, valid):
    (code,) = read(draw(text, kind))
    assert (code.format, code.text, code.valid) == (name, shown, valid)


def test_a_number_printed_with_a_wrong_check_digit_is_flagged():  # req: B10
    (right,) = read(draw_any_ean13("5051234567895"))
    assert (right.text, right.valid) == ("5051234567895", True)
    (wrong,) = read(draw_any_ean13("5051234567890"))
    assert (wrong.text, wrong.valid) == ("5051234567890", False)


def test_the_place_is_told_on_the_original_whatever_the_working_copy():
    pixels = draw("4006381333931")
    height, width = pixels.shape[:2]
    (copy,), (original,) = read(pixels), read_barcodes(pixels, (width * 4, height * 4))
    assert copy.box_1000 == original.box_1000
    assert np.allclose(np.array(original.quad_px), 4 * np.array(copy.quad_px))
    assert 80 <= copy.quad_px[0][0] <= width - 30 and copy.box_1000.x1 < copy.box_1000.x2


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turned_symbols_are_read(turns):
    (code,) = read(np.ascontiguousarray(np.rot90(draw("4006381333931"), turns)))
    assert code.text == "4006381333931"


def test_two_symbols_come_once_each_in_reading_order():
    upper, lower = draw("4006381333931"), draw("6901234567892")
    assert [code.text for code in read(np.vstack([upper, lower]))] == ["4006381333931", "6901234567892"]


def test_a_dim_small_symbol_is_read_by_a_second_look():
    pixels = cv2.resize(draw("4006381333931"), None, fx=0.42, fy=0.42, interpolation=cv2.INTER_AREA)
    dim = (pixels * 0.18 + 90).astype(np.uint8)
    assert [code.text for code in read(dim)] == ["4006381333931"]


@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (400, 600)])
def test_nothing_is_read_from_nothing(shape):
    assert read(np.full((*shape, 3), 127, np.uint8)) == ()


def test_stripes_are_told_from_lone_edges():
    bars, edge = draw("4006381333931")[..., 0], np.zeros((200, 300), np.uint8)
    edge[:, 150:] = 255
    assert striped_part(bars) > 0.1 > striped_part(edge) == 0


def rows_of(shared, *kinds):
    manifest = [json.loads(row) for row in (shared / "data/manifest.jsonl").read_text("utf-8").splitlines()]
    return [row for row in manifest if row["kind"] in kinds]


def open_rgb(path):
    picture = Image.open(path).convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB"))


def bare(text):
    """As `tools/score.py` compares: no brackets, no control characters, no leading zeros."""
    return re.sub(r"[()\x00-\x1f\s]|<GS>", "", text).lstrip("0")


@pytest.mark.realdata
def test_zxings_own_pictures_are_read_and_its_negatives_are_not(shared):
    read_right, none_there = 0, []
    for row in rows_of(shared, "barcode"):
        found = {bare(code.text) for code in read(open_rgb(shared / "data" / row["path"])) if code.valid is not False}
        if row["labels"]["format"] is None:
            none_there += found
        else:
            read_right += any(bare(each) in found for each in row["labels"].get("accept") or [row["labels"]["value"]])
    assert read_right >= 128 and none_there == []


@pytest.mark.realdata
def test_photographs_have_no_barcodes(shared):
    rows = rows_of(shared, "clothing", "product", "grocery", "object_cutout")[::6]
    assert [row["path"] for row in rows if read(open_rgb(shared / "data" / row["path"]))] == []
