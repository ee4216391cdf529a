"""Sensitive papers, by the words and numbers on them. All numbers are made up or from the standards. req: E9"""

import json

import numpy as np
import pytest
from PIL import Image

from tujian.perception.text import TextReader
from tujian.rules.sensitive import find_sensitive, is_iban, is_id_number


def kinds(*lines: str) -> list[str]:
    return [found.kind for found in find_sensitive(lines)]


def test_a_resident_identity_number_is_found_with_or_without_its_words():
    assert kinds("11010519491231002X") == ["id_card"]
    assert kinds("公民身份号码 110105 19491231 002X") == ["id_card"]
    assert kinds("姓名 张三", "性别 男 民族 汉", "住址 北京市朝阳区") == ["id_card"]


@pytest.mark.parametrize(
    "number", ["110105194912310021", "11010519491331002X", "99010519491231002X", "1101051949123100"]
)
def test_a_number_that_the_standard_forbids_is_no_identity_number(number):
    assert not is_id_number(number)
    assert "id_card" not in kinds(number)


@pytest.mark.parametrize(
    "card", ["4111 1111 1111 1111", "5555 5555 5555 4444", "3782-822463-10005", "6200 0000 0000 0000 000"]
)
def test_card_numbers_are_found_by_prefix_length_and_luhn_digit(card):
    assert kinds("中国银行", card) == ["bank_card"]


@pytest.mark.parametrize("number", ["4111 1111 1111 1112", "490154203237518", "6901234567892", "1234567812345670"])
def test_other_long_numbers_are_no_cards(number):  # a wrong digit, a telephone's IMEI, a barcode, no issuer's prefix
    assert kinds(number) == []


def test_the_specimen_passport_of_icao_9303_is_found_by_either_line():
    head, facts = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
    assert kinds(head) == ["passport"]
    assert kinds(facts) == ["passport"]
    assert kinds(facts.replace("7408122", "7408123").replace("L898902C36", "L898902C37")) == []


def test_an_iban_is_found_and_one_with_a_wrong_digit_is_not():
    assert kinds("IBAN: GB82 WEST 1234 5698 7654 32") == ["iban"]
    assert not is_iban("GB82WEST12345698765431")
    assert kinds("GB82 WEST 1234 5698 7654 31") == []


def test_a_chinese_invoice_and_a_receipt_are_told_by_their_words():
    assert "invoice" in kinds(
        "增值税普通发票", "发票代码 011001900111", "纳税人识别号 91110000000000000X", "价税合计 113.00"
    )
    assert "receipt" in kinds("谢谢惠顾", "数量 单价", "可乐 1 3.50", "合计 3.50", "微信支付", "2026-05-01 12:30")


def test_plates_stand_alone_on_their_line():
    assert kinds("京A·12345") == ["licence_plate"]
    assert kinds("粤BD12345") == ["licence_plate"]
    assert kinds("MICHIGAN", "JAN", "CFA 7360") == ["licence_plate"]


def test_numbers_split_into_groups_or_lines_are_put_together():
    assert kinds("6222", "0212", "3456", "7899", "9", "VALID THRU 05/30") != ["bank_card"]  # a wrong Luhn digit
    assert kinds("4111", "1111", "1111", "1111") == ["bank_card"]
    assert kinds("110105", "19491231", "002X") == ["id_card"]
    assert kinds("2345 6987 6543 3", "IBAN: GB82 WEST 1") == []
    assert kinds("1234 5698 7654 32", "IBAN: GB82 WEST 1") == ["iban"]  # the boxes of two lines overlap by a sign
    assert kinds("IBAN GB82 WEST", "1234 5698 7654 32") == ["iban"]


def test_the_back_of_a_card_and_a_word_misread_are_found():
    assert kinds("中华人民共和国", "居民身份证", "签发机关 北京市公安局") == ["id_card"]
    assert kinds("公民身分号码", "姓名 张三") == ["id_card"]


def test_cards_of_either_size_are_found_by_their_machine_lines_as_read():
    assert kinds("5611148M2712217UT0<<<<<<<<<<<2") == ["passport"]  # the country's O read as 0
    assert kinds("ERIKSSON<<ANNA<MARIA<<<<<<<<<<") == ["passport"]
    assert kinds("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6") == ["passport"]
    assert kinds("新品 <<< 特惠 <<<") == kinds("A<B", "<<<") == []


def test_licences_and_medical_reports_are_told_by_their_words():
    assert "driving_licence" in kinds("中华人民共和国机动车驾驶证", "准驾车型 C1")
    assert kinds("市第一人民医院检验报告单", "姓名：张三 性别：男", "科室：内科", "参考范围") == ["medical"]
    assert kinds("医院同款", "维生素C泡腾片", "适用人群：成人") == []


def test_a_plate_in_two_rows_or_without_its_province_is_found():
    assert kinds("京A", "12345") == kinds("沪A·D12345") == kinds("G·75167") == ["licence_plate"]
    assert kinds("A·BCDEF") == kinds("型号", "A12345") == []


@pytest.mark.parametrize(
    "lines",
    [
        ("纯牛奶", "净含量：250mL", "保质期：6个月", "京ICP备05000001号", "6901234567892"),
        ("第二件半价", "原价 ¥39.90", "活动时间 10:00-22:00"),
        ("Nutrition Facts", "Total Fat 13g", "Sodium 20mg", "Amount Per Serving"),
        ("ALASKA SALMON", "wild caught", "200g"),
        (),
    ],
)
def test_packages_and_posters_are_not_sensitive(lines):
    assert kinds(*lines) == []


def test_the_reason_does_not_repeat_the_number():
    (found,) = find_sensitive(["4111 1111 1111 1111"])
    assert not any(sign.isdigit() for sign in found.reason_zh + found.reason_en)


@pytest.mark.realdata
def test_labelled_papers_are_found_through_our_own_reading(shared):
    reader = TextReader()
    manifest = [json.loads(row) for row in (shared / "data/manifest.jsonl").read_text("utf-8").splitlines()]
    papers = [row["path"] for row in manifest if row["kind"] == "ocr" and row["labels"].get("sensitive")]
    missed = []
    for path in papers:
        pixels = np.asarray(Image.open(shared / "data" / path).convert("RGB"))
        lines = reader.read(pixels, (pixels.shape[1], pixels.shape[0])).lines
        missed += [] if find_sensitive([line.text for line in lines]) else [path]
    assert len(papers) == 3 and missed == []
