"""Rows of nutrition tables, and figures that cannot be true. req: B8, B10"""

import time

import pytest
from drawn import line, lines

from tujian.rules.nutrition import NAMES, doubts, find_basis, reader_of

READ = {name: reader_of(name) for name in NAMES}


def table(*rows: tuple[str, ...], slant: int = 0):
    """Cells in columns, each column `slant` px lower than the one before."""
    return tuple(
        line(cell, top=100 + 50 * down + slant * across, left=60 + 260 * across, height=30)
        for down, row in enumerate(rows)
        for across, cell in enumerate(row)
        if cell
    )


def figures(found, *names: str) -> dict[str, str]:
    return {name: str(READ[name](found)[0].value) for name in names or NAMES if READ[name](found)}


CHINESE = (
    ("项目", "每100毫升", "NRV%"),
    ("能量", "273 kJ", "3%"),
    ("蛋白质", "3.6g", "6%"),
    ("脂肪", "3.8克", "6%"),
    ("—饱和脂肪酸", "2.4g", ""),
    ("碳水化合物", "4.8g", "2%"),
    ("—糖", "4.8g", ""),
    ("钠", "58毫克", "3%"),
)
MILK = {
    "energy": "273 kJ", "protein": "3.6 g", "fat": "3.8 g", "saturated_fat": "2.4 g", "carbohydrate": "4.8 g",
    "sugars": "4.8 g", "sodium": "58 mg",
}  # fmt: skip


@pytest.mark.parametrize("slant", [0, 12])
def test_each_nutrient_is_read_from_its_row_and_percentages_are_left_out(slant):
    found = table(*CHINESE, slant=slant)
    assert figures(found) == MILK
    assert find_basis(found)[0].value == "100 ml"


def test_the_name_of_the_row_is_evidence_beside_its_figure():
    (found,) = READ["protein"](table(*CHINESE))
    assert (found.line.text, [one.text for one in found.more]) == ("3.6g", ["蛋白质"])


def test_a_european_table_gives_both_energies_and_salt():
    found = table(
        ("", "per 100 g"), ("Energy", "1865 kJ / 446 kcal"), ("Fat", "17 g"), ("of which saturates", "2,1 g"),
        ("Carbohydrate", "65 g"), ("of which sugars", "<0.5 g"), ("Fibre", "3 g"), ("Protein", "7.1 g"),
        ("Salt", "1.2 g"),
    )  # fmt: skip
    assert [one.value for one in READ["energy"](found)] == ["1865 kJ", "446 kcal"]
    assert figures(found, "fat", "saturated_fat", "sugars", "salt") == {
        "fat": "17 g", "saturated_fat": "2.1 g", "sugars": "<0.5 g", "salt": "1.2 g"
    }  # fmt: skip
    assert figures(found, "fibre") == {"fibre": "3 g"} and find_basis(found)[0].value == "100 g"


def test_name_and_figure_may_share_a_line_and_a_table_may_be_a_sentence():
    assert figures(lines("能量：1046千焦", "Protein 7.1 g", "Sodium 20mg", "Total Fat 13g", "Trans Fat Og")) == {
        "energy": "1046 kJ", "protein": "7.1 g", "sodium": "20 mg", "fat": "13 g"
    }  # fmt: skip
    sentence = lines("营养成分（每100g）：能量1046kJ，蛋白质5.2g，脂肪8.0g，碳水化合物38g，钠310mg")
    assert figures(sentence) == {
        "energy": "1046 kJ", "protein": "5.2 g", "fat": "8 g", "carbohydrate": "38 g", "sodium": "310 mg"
    }  # fmt: skip


def test_the_unit_may_stand_beside_the_name_and_calories_are_kcal():
    assert figures(table(("蛋白质（克）", "3.6"), ("钠(mg)", "58"))) == {"protein": "3.6 g", "sodium": "58 mg"}
    assert figures(lines("Calories 190"), "energy") == {"energy": "190 kcal"}


@pytest.mark.parametrize(
    "text",
    [
        "高蛋白质 每份含6g",
        "0糖0脂",
        "减糖30%",
        "低钠盐",
        "蛋白质 3.6",
        "配料：糖、盐、蛋白质粉",
        "反式脂肪 0g",
        "不饱和脂肪酸 3g",
    ],
)
def test_claims_lists_and_figures_without_unit_are_no_rows(text):
    assert figures(lines(text), "protein", "fat", "sugars", "sodium", "salt") == {}


def test_a_list_of_ingredients_beside_a_table_takes_none_of_its_figures():
    found = (line("盐、奶粉、甜蜜素", top=150), *table(("项目", ""), ("", "", "13.7克")))
    assert READ["salt"](found) == []


@pytest.mark.parametrize(
    "texts, basis",
    [
        (("营养成分表", "每100克(g)"), "100 g"),
        (("营养成分表", "每份(30 g)"), "30 g"),
        (("Nutrition Facts", "Serving size: 1 bar (40g)"), "40 g"),
        (("Nutrition", "Perserving (250 ml)"), "250 ml"),
        (("营养成分表", "每份30克", "每100克"), "100 g"),
        (("营养成分表", "每份"), "每份"),
    ],
)
def test_what_the_figures_are_about(texts, basis):
    assert find_basis(lines(*texts))[0].value == basis


def test_a_price_per_100_g_is_no_table():
    assert find_basis(lines("¥5.90/100g")) == []


def test_true_figures_raise_no_doubt():
    assert doubts(MILK, "100 ml") == []
    assert doubts({"energy": "3700 kJ", "protein": "0 g", "fat": "100 g", "carbohydrate": "0 g"}, "100 g") == []


@pytest.mark.parametrize(
    "wrong, word",
    [
        ({"energy": "2730 kJ"}, "Energy"),
        ({"protein": "36 g"}, "Energy"),
        ({"saturated_fat": "24 g"}, "saturated"),
        ({"sugars": "48 g"}, "sugars"),
        ({"salt": "5 g"}, "Salt"),
    ],
)
def test_a_misread_figure_raises_a_doubt(wrong, word):
    assert any(word in doubt.en for doubt in doubts({**MILK, **wrong}, "100 ml"))


def test_more_than_100_g_in_100_g_cannot_be():
    found = doubts({"protein": "40 g", "fat": "40 g", "carbohydrate": "40 g"}, "100 g")
    assert [doubt.zh for doubt in found] == ["每100克里的营养素合计 120 克，可能读错"]


@pytest.mark.parametrize("text", ["脂肪" * 5_000, "能量" + "1" * 10_000, "每" * 10_000, "Fat " * 2_500, "(" * 10_000])
def test_a_hostile_line_costs_little(text):
    begun = time.process_time()
    for find in (*READ.values(), find_basis):
        find(lines(text))
    assert time.process_time() - begun < 1
