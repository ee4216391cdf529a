"""Storage, producer, origin, licence, standard, batch, model, and what books print. req: B10, C3"""

import time

import pytest
from drawn import line, lines

from tujian.findings import READERS
from tujian.rules.books import find_authors, find_editions, find_isbns, find_publishers
from tujian.rules.labels import labelled, parts_of
from tujian.rules.model_numbers import find_model_numbers
from tujian.rules.pack_facts import (
    find_batches,
    find_licences,
    find_origins,
    find_producers,
    find_standards,
    find_storage,
)


def test_a_line_is_cut_at_its_labels():
    parts = parts_of("产地：上海市  保质期：9个月 SC11834020305037")
    assert [(part.name, part.value) for part in parts] == [
        ("origin", "上海市"), ("shelf_life", "9个月 SC11834020305037")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text, name",
    [
        ("贮车条件：常温", "storage"),
        ("生产曰期：20260501", "production_date"),
        ("执行标淮：GB/T 20980", "standard"),
        ("贮 存 条 件：常温", "storage"),
        ("●产地 云南", "origin"),
        ("产地直供", ""),
        ("标准的好味道", ""),
        ("名称由来", ""),
    ],
)
def test_labels_are_known_through_noise_and_ordinary_words_are_none(text, name):
    assert parts_of(text)[0].name == name


def test_a_value_stands_on_the_line_beside_it_or_below():
    beside = (line("产地", 100), line("云南省昆明市", 102, left=400))
    below = (line("生产商", 100), line("嘉穗食品有限公司", 145))
    assert find_origins(beside)[0].value == "云南省昆明市"
    assert find_producers(below)[0].value == "嘉穗食品有限公司"


def test_an_empty_label_does_not_take_the_next_label_for_its_value():
    assert labelled("origin", (line("产地：", 100), line("保质期：9个月", 145))) == []


@pytest.mark.parametrize(
    "text, value",
    [
        ("贮存条件：请置于阴凉干燥处，避免阳光直射。", "请置于阴凉干燥处，避免阳光直射"),
        ("Storage: Keep in a cool and dry place", "Keep in a cool and dry place"),
        ("Store below 25°C in an airtight container", "Store below 25°C in an airtight container"),
        ("冷藏2~6℃", "冷藏2~6℃"),
    ],
)
def test_how_to_keep_it(text, value):
    assert find_storage(lines(text))[0].value == value


def test_who_made_it_stands_before_who_had_it_made():
    found = find_producers(lines("委托方：味之源贸易有限公司", "受托方：百谷食品有限公司", "地址：上海市"))
    assert [one.value for one in found] == ["百谷食品有限公司", "味之源贸易有限公司"]
    assert found[0].share > found[1].share


@pytest.mark.parametrize("text", ["生产商地址：上海市航塘公路1号", "经销商：优选贸易有限公司", "生产商见包装"])
def test_an_address_or_a_dealer_is_no_producer(text):
    assert [one.value for one in find_producers(lines(text)) if "公司" in str(one.value)] == []


@pytest.mark.parametrize(
    "text, value",
    [("产地：浙江省杭州市", "浙江省杭州市"), ("原产国：新西兰", "新西兰"), ("Made in Italy", "Italy"),
     ("Country of origin: France", "France"), ("【Product of】Italy", "Italy"), ("中国制造", "中国")],
)  # fmt: skip
def test_where_it_comes_from(text, value):
    assert find_origins(lines(text))[0].value == value


@pytest.mark.parametrize("text", ["原产地直采", "made in small batches"])
def test_claims_about_places_are_no_origin(text):
    assert find_origins(lines(text)) == []


@pytest.mark.parametrize(
    "text, value, valid",
    [
        ("食品生产许可证编号：SC11834020305037", "SC11834020305037", True),
        ("SC 118 3402 0305 037", "SC11834020305037", True),
        ("SC118340203O5037", "SC11834020305037", True),
        ("生产许可证编号：SC11834020305038", "SC11834020305038", False),
        ("化妆品生产许可证：粤妆20160123", "粤妆20160123", None),
    ],
)
def test_a_licence_is_checked_by_its_last_digit(text, value, valid):
    (found,) = find_licences(lines(text))
    assert (found.value, found.valid) == (value, valid)


@pytest.mark.parametrize("text", ["SC1183402030503", "SC118340203050371", "许可证编号：0612506354675"])
def test_other_lengths_are_no_licence(text):
    assert find_licences(lines(text)) == []


@pytest.mark.parametrize(
    "text, value",
    [
        ("执行标准：GB/T20980-2007", "GB/T 20980-2007"),
        ("产品标准号:GB 25190", "GB 25190"),
        ("标准代号：SB/T 10612", "SB/T 10612"),
        ("产品标准代号 Q/LMK 0007S", "Q/LMK 0007S"),
        ("执行标准：GB／T 21733—2008", "GB/T 21733-2008"),
        ("FZ/T 73020-2019", "FZ/T 73020-2019"),
    ],
)
def test_standards_have_one_form(text, value):
    assert find_standards(lines(text))[0].value == value


def test_a_standard_within_a_sentence_is_not_the_products():
    assert find_standards(lines("营养成分按GB 28050标示", "GB 7718")) == []


@pytest.mark.parametrize(
    "text, value",
    [("批号：L20250317A", "L20250317A"), ("Batch No. B-1204", "B-1204"), ("LOT: 88X2", "88X2"), ("批号：见包装", None)],
)
def test_batches(text, value):
    assert [one.value for one in find_batches(lines(text))] == ([value] if value else [])


@pytest.mark.parametrize(
    "text, value",
    [
        ("型号：WH-1000XM5", "WH-1000XM5"),
        ("Model No.: A2894", "A2894"),
        ("货号：TX310-22", "TX310-22"),
        ("产品型号 SK 75 Pro2", "SK"),
    ],
)
def test_models_behind_their_label_are_read(text, value):
    found = find_model_numbers(lines(text))
    assert not found or (str(found[0].value).startswith(value) and not found[0].candidate_only)


def test_a_token_in_large_letters_is_a_hint_and_a_unit_is_not():
    found = find_model_numbers((line("SH-720", height=60), line("5000MAH", top=300, height=60), line("USB-C", top=500)))
    assert [(one.value, one.candidate_only) for one in found] == [("SH-720", True)]


@pytest.mark.parametrize(
    "text, value, valid",
    [
        ("ISBN 978-7-999999-42-3", "9787999999423", True),
        ("ISBN 978-7-999999-42-4", "9787999999424", False),
        ("ISBN 0-306-40615-2", "0306406152", True),
        ("ISBN：080442957X", "080442957X", True),
        ("9 787999 999423", "9787999999423", True),
        ("lSBN978-7-999999-42-3", "9787999999423", True),
    ],
)
def test_isbns_are_checked(text, value, valid):
    (found,) = find_isbns(lines(text))
    assert (found.value, found.valid) == (value, valid)


def test_an_article_number_is_no_isbn():
    assert find_isbns(lines("6901234567892", "9787999999424")) == []


@pytest.mark.parametrize(
    "text, name",
    [("沈砚河 著", "沈砚河"), ("[英]简·奥斯汀 著", "[英]简·奥斯汀"), ("作者：沈砚河", "沈砚河"), ("李明 主编", "李明"),
     ("by Jane Austen", "Jane Austen"), ("Author: Jane Austen", "Jane Austen")],
)  # fmt: skip
def test_authors(text, name):
    assert find_authors(lines(text))[0].value == name


@pytest.mark.parametrize("text", ["名著导读", "本书执着于细节", "stand by me"])
def test_other_words_are_no_authors(text):
    assert find_authors(lines(text)) == []


@pytest.mark.parametrize(
    "text, name",
    [("青榆出版社", "青榆出版社"), ("出版发行：青榆出版社", "青榆出版社"),
     ("Published by Faber & Faber", "Faber & Faber"), ("Oxford University Press", "Oxford University Press")],
)  # fmt: skip
def test_publishers(text, name):
    assert find_publishers(lines(text))[0].value == name


def test_editions():
    assert [one.value for one in find_editions(lines("2026年5月第1版", "Second Edition", "第3版权页"))] == [
        "2026年5月第1版",
        "Second Edition",
    ]


HOSTILE = ["1" * 10_000, "SC" * 5_000, "(" * 10_000, "[" * 5_000 + "]" * 5_000, "产地：" * 3_000, "ISBN" + "9-" * 5_000,
           "GB/T " * 2_000, "A1-" * 3_000, "出版社" * 3_000, " " * 10_000]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_rule_spends_long_on_a_hostile_line(text):
    begun = time.process_time()
    for read in READERS.values():
        read(lines(text, text[: len(text) // 2]))
    assert time.process_time() - begun < 2


def test_four_hundred_lines_of_labels_are_read_in_time():
    page = tuple(line("产地：上海 保质期：9个月 配料：", top=2 * row, height=2) for row in range(400))
    begun = time.process_time()
    for read in READERS.values():
        read(page)
    assert time.process_time() - begun < 8


@pytest.mark.parametrize(
    "texts, value",
    [
        (["产地黑龙江省哈尔滨市"], "黑龙江省哈尔滨市"),
        (["产地:中国", "MADE IN CHINA"], "中国"),
        (["MADE IN CHINA"], "CHINA"),
        (["产地直供"], None),
    ],
)
def test_the_origin_is_read_with_and_without_a_colon_and_as_the_label_has_it(texts, value):  # req: B10
    found = sorted(find_origins(lines(*texts)), key=lambda reading: -reading.share)
    assert (found[0].value if found else None) == value


def test_a_garment_tag_names_its_maker():  # req: C3
    assert find_producers(lines("制造单位:漳州味之源服装有限公司"))[0].value == "漳州味之源服装有限公司"


def test_a_paragraph_ends_where_the_nutrition_table_begins():  # req: B8
    (found,) = find_storage(lines("保存方法：常温保存，开封后请冷藏并于3日内饮用完毕", "营养素", "能量 Energy"))
    assert found.value == "常温保存，开封后请冷藏并于3日内饮用完毕"
