"""Trade item numbers: check digits, and numbers found in text lines. req: B10"""

import pytest
from drawn import line

from tujian.errors import BadInput
from tujian.rules import gtin


@pytest.mark.parametrize("number", ["96385074", "036000291452", "4006381333931", "6901234567892", "10614141000415"])
def test_numbers_printed_in_the_standard_are_right(number):
    assert gtin.is_valid(number)


@pytest.mark.parametrize("number", ["96385074", "036000291452", "4006381333931", "10614141000415"])
def test_every_single_wrong_digit_is_noticed(number):
    for place, right in enumerate(number):
        for wrong in set("0123456789") - {right}:
            assert not gtin.is_valid(number[:place] + wrong + number[place + 1 :])


def test_the_number_of_the_published_article_is_flagged_and_mended():  # req: B10
    assert not gtin.is_valid("5051234567890")
    assert gtin.corrected("5051234567890") == "5051234567895"


@pytest.mark.parametrize("text", ["", "123", "69O1234567892", "６９０１２３４５６７８９２", "690123456789 2"])
def test_what_is_no_trade_number_is_not_valid_and_cannot_be_corrected(text):
    assert not gtin.is_valid(text)
    with pytest.raises(BadInput) as refused:
        gtin.corrected(text)
    assert refused.value.say("zh").remedy and refused.value.say("en").remedy


def test_upc_and_ean_of_one_item_compare_equal():
    assert gtin.to_gtin14("036000291452") == gtin.to_gtin14("0036000291452")


def test_digits_below_the_bars_are_found_with_their_blanks():
    (found,) = gtin.find_in_lines([line("6 901234 567892")])
    assert (found.value, found.valid, found.quote) == ("6901234567892", True, "6 901234 567892")


def test_the_two_groups_below_the_bars_are_one_number_where_they_stand_side_by_side():
    first, second = line("6 901234", left=100), line("567892", left=320)
    (found,) = gtin.find_in_lines([first, second])
    assert (found.value, found.valid, found.quote) == ("6901234567892", True, "6 901234 567892")
    assert found.line.box_1000.holds(first.box_1000) and found.line.box_1000.holds(second.box_1000)
    assert gtin.find_in_lines([first, line("567893", left=320)]) == []  # a wrong check digit: two numbers, not one
    assert gtin.find_in_lines([first, line("567892", left=320, top=400)]) == []  # elsewhere on the pack


def test_a_misprinted_number_is_kept_and_flagged():
    (found,) = gtin.find_in_lines([line("5051234567890")])
    assert found.valid is False
    (found,) = gtin.find_in_lines([line("商品条码：5051234567890")])
    assert found.valid is False


@pytest.mark.parametrize(
    "text",
    [
        "生产日期 20260501",
        "电话 400 123 4567",
        "SC11234567890123",
        "2026.05.01 12:30:45",
        "12345678",
        "1234567890123.50",
    ],
)
def test_dates_telephones_and_licences_are_no_trade_numbers(text):
    assert gtin.find_in_lines([line(text)]) == []
