"""A region of a picture, chips that are changed in their place, kept searches, what looks like an item: in a browser.

req: D8, E6
"""

import re

import pytest
from browsing import fits_the_width, opened
from chat_server import served_house
from playwright.sync_api import expect
from stand_in import stand_in
from test_catalogue_page import Stocked, context, page, stocked  # noqa: F401

pytestmark = pytest.mark.browser


def drag(page, start, end):  # noqa: F811
    box = page.locator("#marking").bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(*points[1], steps=4)
    page.mouse.up()


def sides(page):  # noqa: F811
    return page.locator("#sides input").evaluate_all("fields => fields.map((field) => field.value)")


def test_a_frame_is_drawn_on_a_picture_and_taken_away(page, stocked):  # noqa: F811
    page.goto("/search")
    page.set_input_files("#image", {"name": "carton.png", "mimeType": "image/png", "buffer": stocked.carton})
    expect(page.locator(".why").first).to_contain_text("样子 1.00")
    with page.expect_response("**/search"):
        drag(page, (0.2, 0.3), (0.9, 0.7))
    assert all(abs(int(side) - wanted) < 12 for side, wanted in zip(sides(page), (200, 300, 900, 700), strict=True))
    expect(page.locator("#mark-box")).to_be_visible()
    assert "样子 1.00" not in page.locator("#results").inner_text()
    page.click("#whole")
    expect(page.locator(".why").first).to_contain_text("样子 1.00")
    assert sides(page) == [""] * 4
    expect(page.locator("#mark-box")).to_be_hidden()


def test_a_frame_is_written_by_the_keyboard_and_one_too_small_is_refused(page, stocked):  # noqa: F811
    page.goto(f"/search?like={stocked.drink}")
    for field, side in zip(page.locator("#sides input").all(), (0, 0, 5, 5), strict=True):
        field.fill(str(side))
    page.keyboard.press("Enter")
    expect(page.locator("#results .form-error")).to_contain_text("太小")
    assert sides(page) == ["0", "0", "5", "5"]
    expect(page.locator("#mark-box")).to_be_visible()


def test_from_a_plate_to_what_is_similar(page, stocked):  # noqa: F811
    page.goto(f"/catalogue/{stocked.drink}")
    page.click("text=找相似")
    page.wait_for_url(f"**/search?like={stocked.drink}*")
    expect(page.locator("#shown")).to_be_visible()
    assert f"/catalogue/{stocked.drink}" not in page.locator("#results").inner_html()
    drag(page, (0.1, 0.1), (0.8, 0.8))
    page.wait_for_url(re.compile(r"region=\d+.*region=\d+"))
    expect(page.locator("#mark-box")).to_be_visible()


def test_a_filter_is_changed_in_its_place(page, stocked):  # noqa: F811
    page.goto("/search?q=5元以下的燕麦奶")
    expect(page.locator("#nothing")).to_be_visible()
    page.click(".chip-of summary:has-text('价格 ≤ 5')")
    page.fill(".change[open] [name=high]", "50")
    page.keyboard.press("Enter")
    expect(page.locator(".chip-of summary.is-changed")).to_contain_text("价格 ≤ 50")
    expect(page.locator(".tile a").first).to_have_attribute("href", f"/catalogue/{stocked.drink}")
    assert re.search("很合适|合适|沾边", page.locator(".why").first.inner_text())
    page.click(".chip-of summary.is-changed")
    page.click("text=照原话")
    expect(page.locator("#nothing")).to_be_visible()


def test_a_model_proposes_and_a_click_takes_it(browser, tmp_path):
    told = '{"filters": [{"field": "price", "high": "20"}, {"field": "brand", "value": "alpina"}]}'
    with (
        stand_in(lambda server, _: server.say(told)) as model,
        served_house(tmp_path, None, engine_url=model.url, engine_model="stand-in-vl") as served,
    ):
        drink = Stocked(served).drink
        with opened(browser, served.url) as page:
            page.goto("/search?q=早上给孩子喝的燕麦奶")
            page.click("#ask-model")
            expect(page.locator("#proposed a")).to_have_text(["+ 价格 ≤ 20", "+ 品牌 ALPINA"])
            page.click("#proposed a:has-text('ALPINA')")
            expect(page.locator(".chip-of summary:has-text('品牌 ALPINA')")).to_be_visible()
            expect(page.locator(".tile a")).to_have_attribute("href", f"/catalogue/{drink}")


def test_a_search_is_kept_opened_renamed_and_deleted(page, stocked):  # noqa: F811
    page.goto("/search?q=50元以下的燕麦奶")
    page.click("text=存下这个搜索")
    page.fill(".change[open] [name=name]", "早餐")
    page.keyboard.press("Enter")
    expect(page.locator(".saved > a[aria-current]")).to_have_text("早餐")
    page.goto("/catalogue")
    page.click(".saved > a:has-text('早餐')")
    assert page.input_value("#q") == "50元以下的燕麦奶"
    page.click("text=整理")
    page.fill(".kept input[name=name]", "便宜的早餐")
    page.click(".kept button[value=rename]")
    expect(page.locator(".saved > a")).to_have_text("便宜的早餐")
    page.click("text=整理")
    page.click(".kept button[value=forget]")
    expect(page.locator(".saved > a")).to_have_count(0)


def test_a_name_that_is_taken_is_said_beside_the_form(page, stocked):  # noqa: F811
    for price in (50, 60):
        page.goto(f"/search?q={price}元以下的燕麦奶")
        page.click("text=存下这个搜索")
        page.fill(".change[open] [name=name]", "早餐")
        page.keyboard.press("Enter")
        if price == 50:
            expect(page.locator(".saved > a[aria-current]")).to_have_text("早餐")
    trouble = page.locator(".change[open] .form-error")
    expect(trouble).to_have_text("已经有一个叫 '早餐' 的搜索。 请换个名字，或先删除那一个。")
    expect(page.locator(".change[open] [name=name]")).to_be_focused()
    page.keyboard.type("晚餐")
    page.keyboard.press("Enter")
    expect(page.locator(".saved > a[aria-current]")).to_have_text("晚餐")


def test_variants_and_similar_items_stand_under_the_plate(page, stocked):  # noqa: F811
    for item_id in (stocked.drink, stocked.jacket):
        stocked.catalogue.edit(item_id, {"item.variant_group": "set"}, who="test")
    page.goto(f"/catalogue/{stocked.drink}")
    expect(page.locator(".variants a")).to_have_count(2)
    expect(page.locator(".variants [aria-current]")).to_contain_text("白色")
    page.locator(".beside").first.scroll_into_view_if_needed()


@pytest.mark.parametrize("width", [390, 2560])
def test_nothing_overflows(page, stocked, width):  # noqa: F811
    page.set_viewport_size({"width": width, "height": 844})
    for path in (f"/search?like={stocked.drink}&region=100,100,800,800", "/search?q=50元以下的白色燕麦奶&lang=en"):
        page.goto(path)
        assert fits_the_width(page), path
