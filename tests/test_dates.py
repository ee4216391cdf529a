"""Dates and shelf life as packs print them. req: B10"""

import time

import pytest
from drawn import line, lines

from tujian.rules.dates import (
    RECKONED,
    date_key,
    find_best_before,
    find_production_dates,
    find_shelf_lives,
    last_day,
    misfit,
    shelf_key,
)


@pytest.mark.parametrize(
    "text, day",
    [
        ("2026-05-01", "2026-05-01"),
        ("2026年5月1日", "2026-05-01"),
        ("2026 年 05 月 01 日", "2026-05-01"),
        ("２０２６／０５／０１", "2026-05-01"),
        ("20260501", "2026-05-01"),
        ("20260501 A3 14:22", "2026-05-01"),
        ("2O26.O5.01", "2026-05-01"),
        ("2026.05.01", "2026-05-01"),
        ("30.09.2027", "2027-09-30"),
        ("30 September 2027", "2027-09-30"),
        ("Sep 30, 2027", "2027-09-30"),
        ("25/12/2026", "2026-12-25"),
        ("12/25/2026", "2026-12-25"),
        ("2026年5月", "2026-05"),
        ("05/2027", "2027-05"),
        ("2027-12", "2027-12"),
        ("2026 05 01", "2026-05-01"),
        ("September 2027", "2027-09"),
        ("2026-02-31", None),
        ("03/04/2026", None),
        ("202605", None),
        ("13/2027", None),
        ("138-2026-0501-22", None),
    ],
)
def test_dates_are_read_when_they_mean_one_day_or_one_month(text, day):
    assert date_key(text) == day


@pytest.mark.parametrize(
    "text, day",
    [
        ("生产日期：26.05.01", "2026-05-01"),
        ("生产日期:260501", "2026-05-01"),
        ("生产曰期：2026/05/01", "2026-05-01"),
        ("生 产 日 期 2026.05.01", "2026-05-01"),
        ("【生产日期】20260501", "2026-05-01"),
        ("MFG 26.05.01", "2026-05-01"),
        ("MFD: 26.05.27", None),
        ("Production date (DD/MM/YYYY): 03/04/2026", "2026-04-03"),
        ("生产日期（日/月/年）：03/04/2026", "2026-04-03"),
        ("生产日期见包装", None),
        ("生产日期：见瓶盖喷码", None),
        ("26.05.01", None),
    ],
)
def test_a_day_of_production_needs_its_label(text, day):
    assert [found.value for found in find_production_dates(lines(text))] == ([day] if day else [])


@pytest.mark.parametrize(
    "text, day",
    [
        ("EXP 05/2027", "2027-05"),
        ("EXP20270501", "2027-05-01"),
        ("BEST BEFORE END: MAY 2027", "2027-05"),
        ("保质期至2027年05月01日", "2027-05-01"),
        ("保质期：2027.05.01", "2027-05-01"),
        ("限用日期 20270501", "2027-05-01"),
        ("请于2027年5月1日前食用", "2027-05-01"),
        ("保质期至见瓶盖", None),
        ("BEST BEFORE: see lid", None),
    ],
)
def test_a_last_day_is_read_behind_its_labels(text, day):
    assert [found.value for found in find_best_before(lines(text))] == ([day] if day else [])


def test_labels_tell_the_first_day_from_the_last():
    found = lines("生产日期：2026-05-01", "保质期至 2027年05月01日", "EXP 2028.01.01")
    assert [r.value for r in find_production_dates(found)] == ["2026-05-01"]
    assert [r.value for r in find_best_before(found)] == ["2027-05-01", "2028-01-01"]


@pytest.mark.parametrize("text", ["生产日期/保质期至：20260501/20270501", "MFG/EXP: 01.05.2026 / 01.05.2027"])
def test_two_labels_may_share_a_line_with_their_two_dates(text):
    assert find_production_dates(lines(text))[0].value == "2026-05-01"
    assert [r.value for r in find_best_before(lines(text))] == ["2027-05-01"]


def test_two_facts_on_one_line_end_where_the_next_label_opens():
    found = lines("生产日期：2026.05.01 保质期：12个月")
    assert [r.value for r in find_production_dates(found)] == ["2026-05-01"]
    assert [r.value for r in find_shelf_lives(found)] == ["12 个月"]


def test_a_date_stands_beside_or_below_its_label_even_on_a_slanted_pack():
    beside = (line("生产日期", top=100), line("2026.05.01", top=102, left=400))
    below = (line("BEST BEFORE", top=100, left=500), line("BLACK TEA", top=130), line("30.09.2027", top=150, left=500))
    assert [r.value for r in find_production_dates(beside)] == ["2026-05-01"]
    assert [r.value for r in find_best_before(below)] == ["2027-09-30"]


def test_a_label_that_says_where_to_look_does_not_take_its_neighbours_date():
    stacked = (line("生产日期：见瓶盖", top=100), line("2027.01.01", top=145))
    assert find_production_dates(stacked) == []


def test_a_date_without_a_label_is_nobodys():
    assert find_production_dates(lines("2026-05-01")) == find_best_before(lines("2026-05-01")) == []


@pytest.mark.parametrize(
    "text, value, key",
    [
        ("保质期9个月", "9 个月", "9 month"),
        ("保质期：1年", "1 年", "12 month"),
        ("保质期180天", "180 天", "180 day"),
        ("保质期：常温6个月", "6 个月", "6 month"),
        ("保质期(未开封)：十八个月", "18 个月", "18 month"),
        ("保质期：二十四个月", "24 个月", "24 month"),
        ("保质期 12个目", "12 个月", "12 month"),
        ("保质朗：6 个 月", "6 个月", "6 month"),
        ("Shelf life: 2 years", "2 年", "24 month"),
        ("保质期：0~4℃冷藏7天", "7 天", "7 day"),
        ("保质期:1O个月", "10 个月", "10 month"),
    ],
)
def test_shelf_lives(text, value, key):
    found = find_shelf_lives(lines(text))[0]
    assert (found.value, found.key) == (value, key) and shelf_key(value) == key


@pytest.mark.parametrize(
    "text", ["保质期至见瓶盖", "开封后保质期内尽快饮用", "保质期：开封后7天", "18个月", "保质期见包装"]
)
def test_no_shelf_life_is_read_where_none_is_written(text):
    assert find_shelf_lives(lines(text)) == []


@pytest.mark.parametrize(
    "made, shelf, last",
    [
        ("2026-05-01", "9 month", "2027-02-01"),
        ("2026-08-31", "6 month", "2027-02-28"),
        ("2028-02-29", "12 month", "2029-02-28"),
        ("2026-12-31", "45 day", "2027-02-14"),
    ],
)
def test_the_last_day_is_reckoned_by_the_calendar(made, shelf, last):
    assert last_day(made, shelf) == last


def test_a_last_day_that_is_not_printed_is_reckoned_from_both_lines():
    (found,) = find_best_before(lines("生产日期：2026-05-01", "保质期：9个月"))
    assert (found.value, found.rule, found.inferred) == ("2027-02-01", RECKONED, True)
    assert [found.line.text, *(other.text for other in found.more)] == ["生产日期：2026-05-01", "保质期：9个月"]


@pytest.mark.parametrize("shelf", ["保质期：常温6个月，冷冻12个月", "保质期：见包装"])
def test_nothing_is_reckoned_from_two_shelf_lives_or_none(shelf):
    assert find_best_before(lines("生产日期：2026-05-01", shelf)) == []


def test_dates_that_do_not_fit_together_are_told():
    assert misfit("2026-05-01", "9 month", "2027-02-01") is misfit("2026-05-01", "9 month", "2027-01-31") is None
    assert misfit("2026-05-01", "9 month", "2027-02") is None
    assert misfit("2026-05-01", "9 month", "2028-02-01") == "2027-02-01"


@pytest.mark.parametrize(
    "text", ["1" * 10_000, "生产日期" * 2_500, "保质期：" + "年" * 10_000, "2026." * 2_000, "EXP " * 2_500]
)
def test_a_hostile_line_costs_little(text):
    begun = time.process_time()
    for find in (find_production_dates, find_best_before, find_shelf_lives):
        find(lines(text))
    date_key(text), shelf_key(text)
    assert time.process_time() - begun < 1
