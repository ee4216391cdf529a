"""A reviewer's twenty items, by the keyboard alone, in a real browser against the real app. req: F1, F2, F6, E9"""

import re

import pytest
from browsing import fits_the_width, opened
from chat_server import served_house
from kept import record, value
from page_server import HOSTILE, draw_carton
from playwright.sync_api import expect

from tujian.catalogue import Catalogue, Incoming
from tujian.house import Shot
from tujian.records import Candidate, Evidence, SensitiveFound, Value, Verdict

pytestmark = pytest.mark.browser
ITEMS = 20
SEEN = Evidence(source="rule", by="brand-list/1", confidence=0.98, quote="ALPINA", box_1000=(180, 150, 560, 235))


def contradicted(number: int) -> Value:
    said = Evidence(source="model", by="qwen3-vl-2b")
    return Value(
        value="ALPINA", verdict=Verdict.CONTRADICTED, confidence=0.98, reason="模型说“Oatly”，图上读到“ALPINA”",
        evidence=[SEEN], candidates=[Candidate(value=f"Oatly {number}", evidence=[said]), Candidate(value=HOSTILE)],
    )  # fmt: skip


class Stocked:
    """A running server whose catalogue has twenty cartons with a doubtful brand, a poor picture and a sensitive one."""

    def __init__(self, served):
        self.url, house = served.url, served.house
        self.catalogue = Catalogue.opened(house.settings, house.database, house.tasks)
        self.carton = draw_carton()
        self.shown = house.open(Shot(self.carton, "carton.png"))[1]
        sure = {"category": value("燕麦奶", sure=True)}
        self.items = [
            self.add(name=value(f"燕麦奶 {number}", sure=True), brand=contradicted(number), **sure)
            for number in range(ITEMS)
        ]

    def add(self, sensitive=False, quality=(), **fields) -> str:
        kept = self.catalogue.add([Incoming(self.shown, self.carton)], who="test").id
        told = record(**fields)
        told.picture.sha256, told.picture.size_px = self.shown.sha256, self.shown.size_px
        told.picture.quality = list(quality)
        told.sensitive = [SensitiveFound(kind="id_card", reason="身份证号")] if sensitive else []
        self.catalogue.save(kept, told)
        return kept

    def brands(self) -> list[str]:
        return [self.catalogue.get(one)["brand"] for one in self.items]

    def who_said(self, item: str, field: str = "brand") -> str:
        return self.catalogue.get(item).values[field].source


@pytest.fixture
def stocked(tmp_path):
    with served_house(tmp_path, None) as served:
        yield Stocked(served)


@pytest.fixture
def page(browser, stocked):
    """A page on which any script error, refused script or style, or opened dialog fails the test."""
    with opened(browser, stocked.url) as page:
        yield page


def count(page, reason="contradicted"):
    return page.locator(f"[data-count='{reason}']")


def press(page, key: str, left: int) -> None:
    """A key, and the case that follows."""
    page.keyboard.press(key)
    expect(count(page)).to_have_text(str(left))


def test_twenty_items_by_the_keyboard_alone(page, stocked):
    page.goto("/review?reason=contradicted")
    expect(page.locator("#part")).to_have_js_property("complete", True)
    assert page.locator("#part").evaluate("img => img.naturalWidth") > 0
    assert page.locator(".part rect").count() == 1
    assert page.text_content(".choices li:first-child .from").startswith("图上读到 · 规则")
    for left in range(ITEMS - 1, 12, -1):
        press(page, "Enter", left)
    for left in range(12, 9, -1):
        press(page, "2", left)
    press(page, "0", 9)
    page.keyboard.press("e")
    expect(page.locator(".own textarea")).to_be_focused()
    page.keyboard.type("阿尔宾纳")
    press(page, "Enter", 8)
    kept = page.get_attribute("#case", "data-item")
    page.keyboard.press("s")
    expect(page.locator("#case")).not_to_have_attribute("data-item", kept)
    for left in range(7, 0, -1):
        press(page, "Enter", left)
    expect(page.locator("#case")).to_contain_text("再看跳过的 1 处")
    page.keyboard.press("s")
    expect(page.locator("#case")).to_have_attribute("data-item", kept)
    press(page, "Enter", 0)
    expect(page.locator("#case")).to_contain_text("都看完了")
    brands = stocked.brands()
    assert brands.count("ALPINA") == 15 and brands.count(None) == 1 and brands.count("阿尔宾纳") == 1
    assert sum(bool(brand and brand.startswith("Oatly")) for brand in brands) == 3
    assert {stocked.who_said(one) for one in stocked.items} == {"person"}
    page.reload()
    expect(page.locator("#case")).not_to_contain_text("品牌")
    assert stocked.catalogue.history(stocked.items[0], "brand")[0].why == "review: contradicted"


def test_what_was_decided_is_taken_back_one_after_the_other(page, stocked):
    page.goto("/review?reason=contradicted")
    first = page.get_attribute("#case", "data-item")
    press(page, "Enter", 19)
    press(page, "2", 18)
    third = page.get_attribute("#case", "data-item")
    page.keyboard.press("s")
    expect(page.locator("#case")).not_to_have_attribute("data-item", third)
    press(page, "u", 19)
    press(page, "u", 20)
    expect(page.locator("#case")).to_have_attribute("data-item", first)
    expect(page.locator("#live")).to_contain_text("撤销了")
    assert set(stocked.brands()) == {"ALPINA"} and {stocked.who_said(one) for one in stocked.items} == {"rule"}
    press(page, "Enter", 19)
    page.click(".toast button")
    expect(count(page)).to_have_text("20")
    page.go_back()
    expect(page.locator("#case")).to_have_attribute("data-item", re.compile("."))


def test_somebody_elses_change_is_not_overwritten_unseen(page, stocked):
    page.goto("/review?reason=contradicted")
    item = page.get_attribute("#case", "data-item")
    stocked.catalogue.edit(item, {"brand": "阿尔卑斯"}, who="李雷")
    page.keyboard.press("Enter")
    expect(page.locator("#trouble")).to_contain_text("现在是“阿尔卑斯”（李雷）")
    assert stocked.catalogue.get(item)["brand"] == "阿尔卑斯"
    page.keyboard.press("Enter")  # what has the focus: mine after all
    expect(count(page)).to_have_text("19")
    assert stocked.catalogue.get(item)["brand"] == "ALPINA"
    other = page.get_attribute("#case", "data-item")
    stocked.catalogue.edit(other, {"brand": "阿尔卑斯"}, who="李雷")
    page.keyboard.press("Enter")
    page.click("text=用现在的")
    expect(page.locator("#case")).not_to_have_attribute("data-item", other)
    assert stocked.catalogue.get(other)["brand"] == "阿尔卑斯"


def test_nobody_takes_back_what_somebody_else_changed_since(page, stocked):
    page.goto("/review?reason=contradicted")
    item = page.get_attribute("#case", "data-item")
    press(page, "2", 19)
    stocked.catalogue.edit(item, {"name": "燕麦饮料"}, who="李雷")
    page.keyboard.press("u")
    expect(page.locator("#trouble")).to_contain_text("已被别人改过")
    assert stocked.catalogue.get(item)["name"] == "燕麦饮料"
    assert stocked.catalogue.get(item)["brand"].startswith("Oatly")


def test_a_poor_picture_is_left_or_its_item_hidden(page, stocked):
    stocked.add(quality=["图太暗，请在亮处再拍一张"], category=value("燕麦奶", sure=True))
    hidden = stocked.add(quality=["图太暗", "图太糊"], category=value("燕麦奶", sure=True))
    page.goto("/review?reason=picture")
    expect(page.locator(".notes")).to_contain_text("图太糊")
    page.keyboard.press("1")
    expect(count(page, "picture")).to_have_text("1")
    assert stocked.catalogue.get(hidden, also=["hidden"]).visibility == "hidden"
    page.keyboard.press("Enter")
    expect(page.locator("#case")).to_contain_text("都看完了")
    page.keyboard.press("u")
    expect(count(page, "picture")).to_have_text("1")
    page.keyboard.press("u")
    expect(page.locator(".notes")).to_contain_text("图太糊")
    assert stocked.catalogue.get(hidden).visibility == "shown"


def test_what_is_sensitive_is_looked_at_behind_the_lock(page, stocked):
    paper = stocked.add(sensitive=True, category=value("证件", sure=True))
    page.goto("/review")
    page.click("text=敏感内容")
    page.wait_for_url("**/lock?then=*")
    page.press(".gate .main-button", "Enter")
    expect(page.locator(".notes")).to_contain_text("身份证号")
    expect(page.locator("#part")).to_have_js_property("complete", True)
    assert page.locator("#part").evaluate("img => img.naturalWidth") > 0
    page.keyboard.press("1")
    expect(page.locator("#case")).to_contain_text("都看完了")
    assert stocked.catalogue.get(paper).visibility == "shown"
    page.keyboard.press("u")
    expect(page.locator(".notes")).to_contain_text("身份证号")
    page.keyboard.press("Enter")
    expect(page.locator("#case")).to_contain_text("都看完了")
    held = stocked.catalogue.get(paper, also=["sensitive"])
    assert (
        held.visibility == "sensitive"
        and stocked.catalogue.history(paper, also=["sensitive"])[0].new_source == "person"
    )


def test_a_value_that_the_field_does_not_take_is_refused_with_the_reason(page, stocked):
    stocked.add(category=value("燕麦奶", sure=True), best_before=Value(
        value="2026-13-45", verdict=Verdict.UNCHECKED, confidence=0.3, evidence=[SEEN]))  # fmt: skip
    page.goto("/review?reason=unsure")
    page.keyboard.press("Enter")
    expect(page.locator("#trouble")).to_contain_text("YYYY-MM-DD")
    page.keyboard.press("e")
    page.keyboard.type("2026-12-31")
    page.keyboard.press("Enter")
    expect(page.locator("#case")).to_contain_text("都看完了")


def test_the_next_case_is_here_before_it_is_asked_for(page, stocked):
    page.goto("/review?reason=contradicted")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    item = page.get_attribute("#case", "data-item")
    page.keyboard.press("s")
    expect(page.locator("#case")).not_to_have_attribute("data-item", item)
    page.context.set_offline(False)


def test_text_of_others_is_never_markup(page, stocked):
    page.goto("/review?reason=contradicted")
    expect(page.locator(".choices")).to_contain_text(HOSTILE)
    assert page.locator("img[src=x]").count() == 0  # the fixture also fails on any dialog


def test_the_keys_are_told(page):
    page.goto("/review")
    page.keyboard.press("?")
    expect(page.locator("#legend")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#legend")).to_be_hidden()


def test_nothing_overflows_and_english_is_english(browser, stocked):
    for width in (390, 2560):
        with opened(browser, stocked.url, width) as page:
            for lang in ("zh", "en"):
                for path in ("/review", "/review?reason=sample", "/review?reason=unseen"):
                    page.goto(f"{path}{'&' if '?' in path else '?'}lang={lang}")
                    assert fits_the_width(page), (path, lang, width)
            page.goto("/review?reason=unseen&lang=en")
            words = page.inner_text("body").replace("中文", "").replace("图", "")
            assert re.findall(r"[\u3400-\u9fff]+", words) == []


def test_an_empty_queue_says_what_to_do(browser, tmp_path):
    with served_house(tmp_path, None) as served, opened(browser, served.url) as page:
        page.goto("/review")
        assert page.text_content(".empty .command") == "tujian import 文件夹"
        assert page.locator(".empty a[href='/import']").count() == 1


def test_the_bar_tells_how_many_doubts_wait_and_nothing_moves(page, stocked):
    page.goto("/review?reason=contradicted")
    waits, beside = page.locator(".bar > nav:first-of-type .waits"), page.locator(".bar [href='/import']").first
    before = beside.bounding_box()
    expect(waits).to_have_text(str(ITEMS))
    press(page, "Enter", ITEMS - 1)
    expect(waits).to_have_text(str(ITEMS - 1))
    page.keyboard.press("u")
    expect(waits).to_have_text(str(ITEMS))
    assert beside.bounding_box() == before
    page.goto("/search")
    expect(waits).to_have_text(str(ITEMS))


def test_the_bar_counts_to_ninety_nine(page, stocked):
    for place in range(100 - ITEMS):
        stocked.add(brand=contradicted(place))
    page.goto("/review")
    waits = page.locator(".bar > nav:first-of-type .waits")
    expect(waits).to_have_text("99+")
    page.keyboard.press("Enter")
    expect(waits).to_have_text("99")
