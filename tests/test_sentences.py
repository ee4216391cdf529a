"""Refusals, names, times and amounts: filters where they are surely meant, else words. req: E8"""

import datetime as dt

import pytest

from tujian.query import understand

TODAY = dt.date(2026, 11, 26)  # a Thursday


def filters_of(said, **known):
    return [(one.field, one.op, one.value) for one in understand(said, today=TODAY, **known).filters]


NOT_BLACK, RED = ("colour", "not", "black"), ("colour", "is", "red")


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("有没有非黑色的包", [NOT_BLACK]),
        ("不能是黑色的包", [NOT_BLACK]),
        ("我不喜欢黑色", [NOT_BLACK]),
        ("别给我看黑色的", [NOT_BLACK]),
        ("没黑色的包", [NOT_BLACK]),
        ("non-black", [NOT_BLACK]),
        ("things that aren't black", [NOT_BLACK]),
        ("neither black nor white", [NOT_BLACK, ("colour", "not", "white")]),
        ("不要红色黑色的包", [("colour", "not", "red"), NOT_BLACK]),
        ("要不要红色的裙子", [RED]),
        ("是不是红色的", [RED]),
        ("不错的红色裙子", [RED]),
        ("特别好看的红色裙子", [RED]),
        ("不太想要黑色的包", []),
        ("白色背景的红色盒子", []),
        ("没有图案的黑色盒子", [("colour", "is", "black")]),
        ("不要红色要白色的", [("colour", "not", "red"), ("colour", "is", "white")]),
        ("红外套", [RED]),
    ],
)
def test_what_is_refused_is_not_asked_for_and_what_may_be_is_no_filter(said, understood):
    assert [one for one in filters_of(said) if one[0] == "colour"] == understood


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("耐克或李宁的袜套", []),
        ("不要耐克和李宁的", [("brand", "not", "耐克"), ("brand", "not", "李宁")]),
        ("小米牌的", [("brand", "is", "小米")]),
        ("小米粥", []),
        ("在杭州或者在上海拍的", []),
        ("不在杭州拍的", [("place", "not", "杭州")]),
        ("不在杭州和上海拍的", [("place", "not", "杭州"), ("place", "not", "上海")]),
        ("在杭州和上海拍的", []),
        ("在不在杭州", [("place", "is", "杭州")]),
        ("not in Paris", [("place", "not", "Paris")]),
        ("关于日本的东西", []),
        ("放在大理石桌面上的", []),
        ("在日本料理店拍的", []),
        ("在杭州市拍的", [("place", "is", "杭州")]),
    ],
)
def test_names_are_filters_only_where_one_is_surely_meant(said, understood):
    known = {"brands": ["耐克", "李宁", "小米"], "places": ["杭州", "上海", "Paris", "日本", "大理"]}
    assert filters_of(said, **known) == understood


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("24年5月的", [("date", "between", ("2024-05-01", "2024-05-31"))]),
        ("99年夏天", [("date", "between", ("1999-06-01", "1999-08-31"))]),
        ("2024年5月20", [("date", "between", ("2024-05-20", "2024-05-20"))]),
        ("每年5月的", []),
        ("半年前的", [("date", "between", ("2026-05-01", "2026-05-31"))]),
        ("2025年5月之前过期的", []),
        ("库存低于10", []),
        ("销量1万以上", []),
        ("身高180以上", []),
        ("100以内加减法", []),
        ("for women over 50", []),
        ("300以内男士", [("price", "under", 300.0)]),
        ("less than $1,000", [("price", "under", 1000.0)]),
        ("1,299 euro or less", [("price", "under", 1299.0)]),
        ("商品照片", []),
        ("至少三个人", [("people", "over", 3)]),
        ("5个人以上的合影", [("people", "over", 5)]),
        ("more than 3 people", [("people", "over", 4)]),
        ("5到8个人", []),
        ("两三个人", []),
        ("5 or more people", []),
        ("库存在10以下", []),
        ("1000以上销量", []),
        ("没有人评论", []),
    ],
)
def test_times_amounts_and_counts_are_what_they_say_or_stay_words(said, understood):
    assert filters_of(said) == understood
