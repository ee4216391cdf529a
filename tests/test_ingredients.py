"""Ingredients and allergens as packs print them. req: B1"""

import time

import pytest
from drawn import line, lines

from tujian.rules.ingredients import find_allergens, find_ingredients, split_list


def block(*texts: str, left: int = 100, top: int = 100):
    return tuple(line(text, top=top + 34 * down, left=left, height=24) for down, text in enumerate(texts))


@pytest.mark.parametrize(
    "text, items",
    [
        ("配料：小麦粉、白砂糖，食用盐。", ["小麦粉", "白砂糖", "食用盐"]),
        ("【配料】水、糖", ["水", "糖"]),
        ("配料表 生牛乳", ["生牛乳"]),
        ("配 料：水，盐", ["水", "盐"]),
        ("配科：生牛乳、白砂糖", ["生牛乳", "白砂糖"]),
        ("配料小麦粉、糖", ["小麦粉", "糖"]),
        ("Ingredients: wheat flour, butter (12%), raising agent (E500, E503).",
         ["wheat flour", "butter (12%)", "raising agent (E500, E503)"]),
        ("INGREDIENTS WHEAT FLOUR; SUGAR", ["WHEAT FLOUR", "SUGAR"]),
        ("成分：水、甘油、1,2-己二醇", ["水", "甘油", "1,2-己二醇"]),
        ("配料：膨松剂（碳酸氢钠、酒石）、单,双甘油脂肪酸酯", ["膨松剂（碳酸氢钠、酒石）", "单,双甘油脂肪酸酯"]),
        ("配料：A[B、(C、D)]、E", ["A[B、(C、D)]", "E"]),
        ("配料：乳粉（全脂、糖、盐", ["乳粉（全脂", "糖", "盐"]),
        ("配料：糖、盐 产地：上海", ["糖", "盐"]),
    ],
)  # fmt: skip
def test_a_list_is_split_at_its_separators_but_not_inside_brackets(text, items):
    assert find_ingredients(lines(text))[0].value == items


@pytest.mark.parametrize("text", ["配料干净 无添加", "成分党必入", "配料", "The ingredients of success", "见配料表"])
def test_talk_of_ingredients_is_no_list(text):
    assert find_ingredients(lines(text)) == []


def test_a_list_goes_on_over_lines_until_another_label_opens():
    found = find_ingredients(
        block("配料：小麦粉、植物油、白砂糖、黄油(≥8%)、全脂乳", "粉、鸡蛋液、食用盐", "贮存条件：阴凉干燥处")
    )[0]
    assert found.value == ["小麦粉", "植物油", "白砂糖", "黄油(≥8%)", "全脂乳粉", "鸡蛋液", "食用盐"]
    assert [found.line.text[:3], *(more.text for more in found.more)] == ["配料：", "粉、鸡蛋液、食用盐"]


def test_english_lines_are_joined_with_a_blank():
    found = find_ingredients(block("Ingredients: milk, sugar, modified", "maize starch, pectin.", "Contains: milk"))[0]
    assert found.value == ["milk", "sugar", "modified maize starch", "pectin"]


def test_labels_in_one_column_and_values_in_another():
    labels = (line("配料", 100, 24, left=60), line("产地", 168, 24, left=60))
    values = block("燕麦片、燕麦麸皮、白砂糖、", "食用盐", "上海市", left=200)
    assert find_ingredients((*labels, *values))[0].value == ["燕麦片", "燕麦麸皮", "白砂糖", "食用盐"]


def test_what_stands_below_a_closed_list_is_not_part_of_it():
    assert find_ingredients(block("配料：生牛乳", "ORCHALEE", "纯牛奶"))[0].value == ["生牛乳"]
    assert find_ingredients(block("配料：糖、盐。", "请回收、谢谢"))[0].value == ["糖", "盐"]


@pytest.mark.parametrize(
    "text, items",
    [
        ("致敏物质提示：本产品含有小麦、大豆和花生制品。", ["小麦", "大豆", "花生"]),
        ("过敏原信息：含乳制品", ["乳制品"]),
        ("过敏原：含乳", ["乳"]),
        ("Contains: milk and soya", ["milk", "soya"]),
        ("Allergens: wheat, milk, egg.", ["wheat", "milk", "egg"]),
        ("本产品含有牛奶、芝麻", ["牛奶", "芝麻"]),
        ("Contains wheat & milk", ["wheat", "milk"]),
    ],
)
def test_allergens_are_named_without_the_sentence_around_them(text, items):
    assert find_allergens(lines(text))[0].value == items


@pytest.mark.parametrize("text", ["Contains 50 bags", "含糖量低", "本品含有维生素C", "低敏配方"])
def test_what_else_is_contained_is_no_allergen(text):
    assert find_allergens(lines(text)) == []


@pytest.mark.parametrize(
    "text", ["(" * 10_000, "()" * 5_000, "、" * 10_000, "配料：" + "a、" * 5_000, "配料：" * 3_000, "9" * 10_000]
)
def test_a_hostile_line_costs_little(text):
    begun = time.process_time()
    find_ingredients(lines(text)), find_allergens(lines(text)), split_list(text)
    assert time.process_time() - begun < 1
