"""Offers, prices, periods, fibres, sizes and what else a tag or a poster prints. req: B9, B10, C3"""

import pytest
from drawn import line, lines, percepts

from tujian.rules.brands import Brands
from tujian.rules.garment_tags import (
    find_care,
    find_printed_colours,
    find_safety_classes,
    find_style_numbers,
)
from tujian.rules.headlines import find_audiences, find_headline, find_selling_points
from tujian.rules.materials import find_materials, material_key
from tujian.rules.names import find_names
from tujian.rules.pack_facts import find_standards
from tujian.rules.periods import find_periods
from tujian.rules.prices import find_original_prices, find_prices
from tujian.rules.promotions import find_promotions
from tujian.rules.sizes import find_sizes
from tujian.taxonomy import Taxonomy


def values(readings) -> list[str]:
    return [reading.value for reading in readings]


def keys(readings) -> list[str]:
    return [reading.key for reading in readings]


@pytest.mark.parametrize(
    "text, key",
    [
        ("第二件半价", "2nd*0.5"),
        ("第2件0元", "2nd=0"),
        ("满300减50", "300-50"),
        ("每满199元立减30元", "199-30"),
        ("买一送一", "1+1"),
        ("BOGO", "1+1"),
        ("Buy one get one free", "1+1"),
        ("2件8折", "2pc*0.8"),
        ("两件7.5折", "2pc*0.75"),
        ("全场5折起", "*0.5"),
        ("50% off", "*0.5"),
        ("2 for £5", "2pc=5"),
        ("3 for 2", "2+1"),
        ("3件99元", "3pc=99"),
        ("领券立减20元", "-20"),
        ("加1元换购", "add1"),
        ("满99減60", "99-60"),
        ("满99包邮", "99+delivery"),
        ("限时抢购", "limited"),
    ],
)
def test_an_offer_keeps_its_words_and_has_one_key_in_any_language(text, key):
    (found,) = find_promotions(lines(text))
    assert (found.value, found.key) == (text, key)


@pytest.mark.parametrize(
    "text", ["折叠自行车", "骨折", "曲折的路", "买家秀", "满意", "满分好评", "第二件行李", "¥39.9"]
)
def test_ordinary_words_are_no_offers(text):
    assert find_promotions(lines(text)) == []


def test_several_offers_on_one_line_are_told_apart():
    assert values(find_promotions(lines("满300减50，2件8折"))) == ["满300减50", "2件8折"]


def test_what_is_to_be_paid_is_told_from_what_it_cost_before():
    poster = lines("原价 ¥199", "到手价 ¥99")
    assert values(find_prices(poster)) == ["99.00 CNY"] and values(find_original_prices(poster)) == ["199.00 CNY"]
    english = lines("was £20 now £9.99")
    assert values(find_prices(english)) == ["9.99 GBP"] and values(find_original_prices(english)) == ["20.00 GBP"]


def test_a_list_price_is_the_price_where_it_stands_alone():
    assert values(find_prices(lines("吊牌价：¥299.00"))) == ["299.00 CNY"]
    both = lines("吊牌价 ¥299", "特价 ¥199")
    assert values(find_prices(both)) == ["199.00 CNY"] and values(find_original_prices(both)) == ["299.00 CNY"]


def test_a_price_per_weight_says_so_and_a_price_to_start_from_too():
    assert values(find_prices(lines("12.8元/斤"))) == ["12.80 CNY/500g"]
    assert values(find_prices(lines("¥5.98/500g", "¥29.9"))) == ["29.90 CNY", "5.98 CNY/500g"]
    assert values(find_prices(lines("¥39.9起"))) == ["39.90 CNY 起"]
    assert values(find_prices(lines("39.9元/件"))) == ["39.90 CNY"]


def test_large_digits_belong_to_the_small_label_beside_them():
    poster = (line("活动价¥", top=300, height=30), line("859.8", top=240, height=90, left=175))
    assert values(find_prices(poster)) == ["859.80 CNY"]
    assert values(find_prices((poster[0], line("436.5/", top=240, height=90, left=175)))) == ["436.50 CNY"]


@pytest.mark.parametrize("text", ["第2件0元", "加10元换购", "满300减50元", "定金¥20", "立省¥50", "20元优惠券", "859.8"])
def test_offers_deposits_and_bare_numbers_are_no_prices(text):
    assert find_prices(lines(text)) == []


@pytest.mark.parametrize(
    "text, value, key",
    [
        ("活动时间：6月1日-6月18日", "6月1日-6月18日", "--06-01/--06-18"),
        ("2026.11.01—11.11", "2026.11.01—11.11", "2026-11-01/2026-11-11"),
        ("6.1-6.18", "6.1-6.18", "--06-01/--06-18"),
        ("6月15日-20日", "6月15日-20日", "--06-15/--06-20"),
        ("即日起至6月30日", "即日起至6月30日", "../--06-30"),
    ],
)
def test_periods_stay_as_printed(text, value, key):
    (found,) = find_periods(lines(text))
    assert (found.value, found.key) == (value, key)


@pytest.mark.parametrize("text", ["净重 3.5-4.2", "5.5-8.5折", "100.5-200.3", "2026年6月15日"])
def test_other_numbers_and_single_days_without_a_label_are_no_periods(text):
    assert find_periods(lines(text)) == []


def test_fibres_have_their_shares_in_either_order_and_either_language():
    assert values(find_materials(lines("95%棉+5%氨纶"))) == ["95% 棉", "5% 氨纶"]
    assert values(find_materials(lines("面料：棉95% 氨纶5%"))) == ["95% 棉", "5% 氨纶"]
    (cotton, elastane) = find_materials(lines("95% Cotton 5% Spandex"))
    assert (cotton.value, cotton.value_en, elastane.value_en) == ("95% 棉", "95% cotton", "5% elastane")
    assert material_key("棉95% 氨纶5%") == material_key("Cotton 95%, Lycra 5%")


def test_each_part_adds_up_for_itself():
    found = find_materials(lines("面料：聚酯纤维65% 棉35%", "里料：100%涤纶", "填充物：90%白鸭绒 10%羽毛"))
    assert values(found)[2] == "100% 涤纶（里料）" and found[2].value_en == "100% polyester (lining)"
    assert all(reading.valid is None for reading in found) and len(found) == 5


def test_shares_that_do_not_add_up_are_doubted_in_words():
    found = find_materials(lines("棉 60%", "聚酯纤维 35%"))
    assert all(reading.valid is False for reading in found)
    assert found[0].doubt and "95%" in found[0].doubt[0] and "95%" in found[0].doubt[1]


def test_both_languages_of_one_tag_count_once():
    assert values(find_materials(lines("棉/Cotton 95%", "氨纶/Spandex 5%"))) == ["95% 棉", "5% 氨纶"]
    assert len(find_materials(lines("95%棉 5%氨纶", "95% cotton 5% elastane"))) == 2


@pytest.mark.parametrize("text", ["果汁含量 100%", "50% off cotton", "绒子含量 90%", "湿度 65%", "棉质面料"])
def test_other_percentages_are_no_fibres(text):
    assert find_materials(lines(text)) == []


@pytest.mark.parametrize(
    "texts, expected",
    [
        (["号型 170/92B(XL)"], ["170/92B", "XL"]),
        (["165/88A"], ["165/88A"]),
        (["160/76AS"], ["160/76A", "S"]),
        (["号型：110/56"], ["110/56"]),
        (["尺码", "M"], ["M"]),
        (["S M L XL"], ["S", "M", "L", "XL"]),
        (["EUR 42 US 8.5 UK 8"], ["EU 42", "US 8.5", "UK 8"]),
        (["鞋码：42"], ["42"]),
        (["30×40cm"], ["30×40 cm"]),
        (["尺寸 30*40*10厘米"], ["30×40×10 cm"]),
    ],
)
def test_sizes_are_read_in_their_usual_forms(texts, expected):
    assert values(find_sizes(lines(*texts))) == expected


@pytest.mark.parametrize("text", ["M", "US 8", "2026/05/01", "24/7", "110/52", "500ml×12", "42"])
def test_lone_letters_and_numbers_are_no_sizes(text):
    assert find_sizes(lines(text)) == []


def test_one_size_has_one_key():
    assert keys(find_sizes(lines("size: XXL"))) == keys(find_sizes(lines("尺码：2XL"))) == ["2XL"]


def test_a_tag_is_read_behind_its_labels():
    tag = lines("品名：碎花连衣裙", "款号：A2108-31", "颜色：经典藏青", "执行标准：FZ/T 73020-2019",
                "安全类别：GB 18401-2010 B类")  # fmt: skip
    assert values(find_names(percepts("品名：碎花连衣裙"), Taxonomy.load(), Brands([]))) == ["碎花连衣裙"]
    assert values(find_style_numbers(tag)) == ["A2108-31"]
    assert values(find_printed_colours(tag)) == ["经典藏青"]
    assert values(find_standards(tag)) == ["FZ/T 73020-2019"]
    assert values(find_safety_classes(tag)) == ["B类"]


def test_a_safety_class_may_break_off_its_line():
    assert values(find_safety_classes(lines("产品安全类别：GB 18401-2010", "A类"))) == ["A类"]
    assert values(find_safety_classes(lines("安全技术类别 符合GB18401-2010C", "类"))) == ["C类"]
    assert find_safety_classes(lines("B类商品", "A类")) == []


def test_care_is_told_once_and_the_same_in_both_languages():
    chinese, english = (
        lines("手洗，不可漂白，悬挂晾干，不可干洗"),
        lines("Hand wash. Do not bleach. Hang dry. Do not dry clean"),
    )
    assert values(find_care(chinese)) == ["手洗", "不可漂白", "悬挂晾干", "不可干洗"]
    assert keys(find_care(chinese)) == keys(find_care(english))
    assert find_care(lines("洗手液", "漂白水")) == []


def test_the_headline_is_the_largest_lettering_that_is_no_price_and_no_offer():
    poster = (
        line("夏日清凉节", 100, 90),
        line("满300减50", 300, 120),
        line("¥99", 500, 200),
        line("冰丝防晒衣", 220, 50),
    )
    assert values(find_headline(poster)) == ["夏日清凉节"]
    assert find_headline(()) == []


def test_selling_points_are_short_lines_of_one_height_and_only_a_guess():
    loud = (line("夏日清凉节", 100, 90), line("冰丝防晒衣", 220, 60), line("第二件半价", 450, 60))
    small = (line("活动时间：6月1日-6月18日", 900, 30), line("详情请咨询门店", 950, 30))
    poster = (*loud, line("✓ 亲肤透气", 320, 30), line("✓ 凉感面料", 370, 30), *small)
    found = find_selling_points(poster)
    assert values(found) == ["亲肤透气", "凉感面料"] and all(reading.inferred for reading in found)
    assert values(find_selling_points((*loud, line("UPF50+ 可收纳", 320, 30), *small))) == ["UPF50+", "可收纳"]


def test_whom_it_is_for_is_read_only_behind_its_label():
    assert values(find_audiences(lines("适用人群：25-35岁女性"))) == ["25-35岁女性"]
    assert find_audiences(lines("送给妈妈的礼物")) == []
