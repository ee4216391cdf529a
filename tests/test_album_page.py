"""A family's album in a real browser against the real app: days, months, places, the lock. req: E6, E9"""

import dataclasses
import hashlib
import re

import pytest
from browsing import fits_the_width, opened
from chat_server import jpeg, served_house
from kept import record, value
from page_server import HOSTILE
from playwright.sync_api import expect

from tujian.catalogue import Catalogue, Incoming
from tujian.house import Shot

pytestmark = pytest.mark.browser
MONTHS = 30  # and eight photos in each: more than two pages
A_MONTH = 8


class Stocked:
    """A running server with photos of thirty months in two places, two without a date, one of papers, one hidden."""

    def __init__(self, served):
        self.url, house = served.url, served.house
        self.catalogue = Catalogue.opened(house.settings, house.database, house.tasks)
        self.content = jpeg()
        self.shown = house.open(Shot(self.content, "a.jpg"))[1]
        self.ids = []
        with self.catalogue.database.write() as within:
            for number in range(MONTHS * A_MONTH):
                month, day = divmod(number, A_MONTH)
                taken = f"{2026 - month // 12}-{12 - month % 12:02}-{28 - day:02}T10:00:00"
                self.ids.append(self.add(taken, within))
        here = "杭州, 浙江, 中国"
        for place, one in ((here, self.ids[0]), (HOSTILE, self.ids[9]), (here, self.ids[20])):
            self.catalogue.save(one, record(task="album", place=value(place, "exif"), category=value("旅行")))
        self.undated = [self.add(None), self.add(None)]
        self.paper, self.hidden = self.add("2026-12-30T10:00:00"), self.add("2026-12-31T10:00:00")
        self.catalogue.save(self.paper, record(task="album", sensitive=True, category=value("证件")))
        self.catalogue.hide(self.hidden, who="test")

    def add(self, taken: str | None, within=None) -> str:
        sha256 = hashlib.sha256(taken.encode()).hexdigest() if taken else self.shown.sha256
        shown = dataclasses.replace(self.shown, taken_at=taken, sha256=sha256)
        return self.catalogue.add([Incoming(shown, self.content)], who="test", kind="photo", within=within).id


@pytest.fixture(scope="module")
def stocked(tmp_path_factory):
    with served_house(tmp_path_factory.mktemp("album"), None) as served:
        yield Stocked(served)


@pytest.fixture
def page(browser, stocked):
    """A page on which any script error, refused script or style, or opened dialog fails the test."""
    with opened(browser, stocked.url) as page:
        yield page


def links(page) -> list[str]:
    return page.locator(".tile a").evaluate_all("links => links.map((one) => one.pathname.split('/').at(-1))")


def test_the_timeline_grows_to_its_end_and_months_stay_whole(page, stocked):
    page.goto("/album")
    for _ in range(20):
        page.mouse.move(600, 600)
        page.mouse.wheel(0, 40_000)
        page.wait_for_timeout(150)
        if page.locator("#more").count() == 0:
            break
    found = links(page)
    assert len(found) == len(set(found)) == MONTHS * A_MONTH + 2
    assert found[0] == stocked.ids[0] and set(found[-2:]) == set(stocked.undated)
    months = page.locator("section[data-month]").evaluate_all("all => all.map((one) => one.dataset.month)")
    assert len(months) == len(set(months)) == MONTHS + 1 and months[-1] == ""
    assert page.text_content("section:first-of-type h2") == "2026年12月"
    assert page.text_content("section:first-of-type .day") == "28日 周一"
    assert page.text_content("section[data-month=''] h2") == "没有日期"


def test_the_rail_leads_to_a_month_and_marks_where_one_is(page, stocked):
    page.goto("/album")
    expect(page.locator("#rail [aria-current]")).to_have_attribute("data-month", "2026-12")
    assert page.text_content("#rail a").split() == ["12月", str(A_MONTH)]
    page.click("#rail [data-month='2026-10']")  # it is here already
    expect(page.locator("#rail [aria-current]")).to_have_attribute("data-month", "2026-10")
    page.click("#rail [data-month='2024-10']")
    page.wait_for_url("**since=2024-10")
    assert links(page)[0] == stocked.ids[26 * A_MONTH]
    expect(page.locator("#rail [aria-current]")).to_have_attribute("data-month", "2024-10")
    page.click("text=回到最近的")
    assert links(page)[0] == stocked.ids[0]
    page.click("#rail [data-month='']")
    page.wait_for_url("**since=none")
    assert set(links(page)) == set(stocked.undated)


def test_a_place_has_its_photos(page, stocked):
    page.goto("/album")
    page.click("text=地点")
    expect(page.locator(".groups li").first).to_contain_text("2 张")
    assert HOSTILE in page.text_content(".groups")
    page.click(".groups a:has-text('杭州')")
    assert links(page) == [stocked.ids[0], stocked.ids[20]]
    page.click("[aria-label='去掉 杭州, 浙江, 中国']")
    expect(page.locator(".groups li")).to_have_count(2)
    page.click("text=分类")
    page.click(".groups a:has-text('旅行')")
    assert len(links(page)) == 3


def test_one_photo_leads_to_the_next(page, stocked):
    page.goto("/album")
    page.click(".tile a >> nth=0")
    page.wait_for_url(f"**/catalogue/{stocked.ids[0]}")
    assert page.locator("[rel=prev]").count() == 0
    page.click("[rel=next]")
    page.wait_for_url("**/catalogue/*")
    second = page.url.rsplit("/", 1)[1]
    assert second == stocked.ids[1] and page.get_attribute("[rel=prev]", "href") == f"/catalogue/{stocked.ids[0]}"
    page.click("text=← 相册")
    page.wait_for_url("**/album")


def test_what_is_locked_away_is_opened_on_purpose_and_closed_by_a_button(page, stocked):
    page.goto("/album")
    assert not {stocked.paper, stocked.hidden} & set(links(page))
    expect(page.locator(".locked")).to_contain_text("2")
    page.click(".locked")
    expect(page.locator("h1")).to_have_text("锁起来的")
    assert page.locator(".tile").count() == 0
    page.click("text=打开看")
    assert links(page) == [stocked.hidden, stocked.paper]
    page.click(".tile a >> nth=1")
    page.wait_for_url(f"**/catalogue/{stocked.paper}?also=hidden&also=sensitive")
    page.click("text=← 相册")
    page.click("text=锁上")
    page.wait_for_url("**/album")
    page.go_back()
    expect(page.locator(".gate h1")).to_have_text("锁起来的")
    page.goto("/album?also=hidden&also=sensitive")
    expect(page.locator(".gate h1")).to_have_text("锁起来的")


def test_nothing_overflows_and_english_is_english(browser, stocked):
    for width in (390, 2560):
        with opened(browser, stocked.url, width) as page:
            for lang in ("zh", "en"):
                for path in ("/album", "/album?by=place", "/lock", "/album?by=category"):
                    page.goto(f"{path}{'&' if '?' in path else '?'}lang={lang}")
                    assert fits_the_width(page), (path, lang, width)
            for path in ("/album?since=2024-12", "/lock"):
                page.goto(path)
                words = page.inner_text("body").replace("中文", "").replace("图", "").replace("未命名", "")
                assert re.findall(r"[\u3400-\u9fff]+", words) == [], path


def test_an_empty_album_says_what_to_do(browser, tmp_path):
    with served_house(tmp_path, None) as served, opened(browser, served.url) as page:
        page.goto("/album")
        assert page.text_content(".empty .command") == "tujian import 文件夹 --kind photo"
        assert page.locator(".empty a[href='/import']").count() == 1
        for by in ("place", "category"):
            page.goto(f"/album?by={by}")
            assert page.locator(".empty .state-words").count() == 1
