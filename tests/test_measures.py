"""Net content and price as printed. req: B10"""

import time

import pytest
from drawn import line, lines

from tujian.rules.measures import find_net_content, measure_keys
from tujian.rules.prices import find_prices, price_keys


@pytest.mark.parametrize(
    "text, value, key",
    [
        ("净含量：250ml", "250 ml", "250 ml"),
        ("凈含量 500克", "500 g", "500 g"),
        ("净含量 1.5升", "1.5 L", "1500 ml"),
        ("NET WT 125g", "125 g", "125 g"),
        ("净含量 100g×6", "100 g × 6", "600 g"),
        ("1 litre", "1 L", "1000 ml"),
        ("33 cl", "33 cl", "330 ml"),
        ("2.5kg", "2.5 kg", "2500 g"),
        ("净含量：1,000 ml", "1000 ml", "1000 ml"),
        ("25,000 g", "25000 g", "25000 g"),
        ("净含量 0,250 kg", "0.25 kg", "250 g"),
        ("净含量 12x250ml", "250 ml × 12", "3000 ml"),
        ("规格：235克x4包", "235 g × 4", "940 g"),
        ("净含量：500g×2", "500 g × 2", "1000 g"),
        ("净含量：240g(20g×12袋)", "240 g", "240 g"),
        ("12袋×20g/盒 净含量：240克", "240 g", "240 g"),
        ("净含量：25Oml", "250 ml", "250 ml"),
        ("净含量：l00g", "100 g", "100 g"),
        ("净含量：２５０ｍＬ", "250 ml", "250 ml"),
        ("净含量:250m1", "250 ml", "250 ml"),
        ("净 含 量：1.5升", "1.5 L", "1500 ml"),
        ("净含量：5斤", "5 斤", "2500 g"),
        ("Net contents: 16.9 fl oz (500 ml)", "500 ml", "500 ml"),
        ("净含量：340g 固形物：≥200g", "340 g", "340 g"),
        ("净含量：100片", "100 片", "100 pieces"),
        ("规格：3层 100抽×24包", "24 包 × 100", "2400 pieces"),
        ("Net content: 50 tea bags", "50 tea bags", "50 pieces"),
    ],
)
def test_net_content_is_read_in_its_usual_forms(text, value, key):
    found = find_net_content(lines(text))
    assert (found[0].value, found[0].key) == (value, key)


def test_the_drained_weight_is_not_the_net_content():
    assert [found.value for found in find_net_content(lines("净含量：340g 固形物：≥200g"))] == ["340 g"]


@pytest.mark.parametrize("text", ["1" * 10_000, "净含量" * 3_000, "100g×" * 2_500, "9," * 5_000, "(" * 10_000])
def test_a_hostile_line_costs_little(text):
    begun = time.process_time()
    find_net_content(lines(text)), find_prices(lines(text)), measure_keys(text)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("text", ["每100ml", "蛋白质 3.6g", "Energy 268kJ per 100 g", "58mg", "型号 G500", "A4 纸"])
def test_nutrients_and_doses_are_no_net_content(text):
    assert find_net_content(lines(text)) == []


def test_a_labelled_amount_outranks_one_that_stands_alone():
    found = find_net_content(lines("3.6g", "净含量：250ml"))
    assert found[0].value == "250 ml" and found[0].share > found[-1].share


def test_the_amount_may_stand_beside_or_below_its_label():
    beside = (line("净含量", top=100), line("250ml", top=102, left=400))
    below = (line("净含量", top=100), line("250ml", top=150))
    assert find_net_content(beside)[0].value == find_net_content(below)[0].value == "250 ml"


def test_cells_of_a_nutrition_table_are_no_net_content():
    row = (line("蛋白质", top=100), line("3.6g", top=101, left=400))
    assert find_net_content(row) == []


def test_many_sizes_are_a_table():
    assert find_net_content(lines("10 g", "20 g", "30 g")) == []


@pytest.mark.parametrize(
    "text, value",
    [
        ("¥39.90", "39.90 CNY"),
        ("￥12", "12.00 CNY"),
        ("39.9元", "39.90 CNY"),
        ("€ 3,50", "3.50 EUR"),
        ("¥1,299.00", "1299.00 CNY"),
        ("$1,299", "1299.00 USD"),
        ("1,299元", "1299.00 CNY"),
    ],
)
def test_prices_need_a_currency(text, value):
    assert find_prices(lines(text))[0].value == value
    assert find_prices(lines("39.90")) == []


@pytest.mark.parametrize("text", ["RMB12345678", "满300减50元", "立减50元", "50元券", "满¥199减¥50"])
def test_rebates_and_long_numbers_are_no_prices(text):
    assert find_prices(lines(text)) == []


def test_equal_amounts_share_a_key_and_others_do_not():
    assert measure_keys("1 litre") == measure_keys("1000毫升") != measure_keys("500 ml")
    assert price_keys("¥39.9") == price_keys("39.90 元") != price_keys("$39.9")
    assert measure_keys("large") == price_keys("cheap") == []
