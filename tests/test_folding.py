"""Texts that mean the same are compared as the same: width, case, traditional and simplified Chinese. req: B10, F2"""

import pytest
from drawn import lines

from tujian.folding import fold, unify
from tujian.replies import align
from tujian.rules.brands import Brands


@pytest.mark.parametrize(
    "one, other",
    [("牛奶", "牛奶"), ("淨含量", "净含量"), ("凈含量", "净含量"), ("保質期", "保质期"), ("營養成分表", "营养成分表"),
     ("請置於陰涼乾燥處", "请置于阴凉干燥处"), ("麵條", "面条"), ("臺灣", "台湾"), ("ＮＥＴ　２５０ｍｌ", "net 250ML"),
     ("ｶﾙｼｳﾑ", "カルシウム")],
)  # fmt: skip
def test_the_same_in_another_form_is_the_same(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize("one, other", [("牛奶", "羊奶"), ("千克", "干克"), ("未", "末"), ("O", "0"), ("l", "1")])
def test_what_only_looks_alike_stays_apart(one, other):
    assert fold(one) != fold(other)


def test_folding_twice_changes_nothing():
    once = unify("發展頭髮後裏麵著乾麼変塩")
    assert unify(once) == once


def test_words_in_simplified_are_found_on_a_traditional_label():
    found = align("净含量", lines("品名：鮮牛奶", "淨含量：250毫升"))
    assert found is not None and found.line.text == "淨含量：250毫升"  # shown as it was read


def test_a_brand_is_known_in_either_form():
    brands = Brands(["维他奶|Vitasoy"])
    (reading,) = brands.find(lines("維他奶"))
    assert reading.value == "维他奶" and reading.quote == "維他奶"
