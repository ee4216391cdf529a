"""Where a catalogue team works, in a real browser against the real app: wall, plate, search. req: C1, E6, E8, E9, F1"""

import gzip
import re
import urllib.request

import numpy as np
import pytest
from browsing import fits_the_width, watched
from chat_server import jpeg, served_house
from kept import record, value
from page_server import HOSTILE, draw_carton
from playwright.sync_api import expect

from tujian.catalogue import Catalogue, Incoming, PictureVector
from tujian.house import Shot
from tujian.records import Evidence, Guess, Value, Verdict
from tujian.taxonomy import Taxonomy
from tujian.web.render import read_words

pytestmark = pytest.mark.browser
ZH = read_words("zh")
PLAIN = 118  # items besides those of the stories: more than one page of the wall


class Stocked:
    """A running server whose catalogue has a carton of oat drink, a red jacket, a hidden thing and many plain ones."""

    def __init__(self, served):
        self.url, house = served.url, served.house
        self.catalogue = Catalogue.opened(house.settings, house.database, house.tasks)
        carton, teal = draw_carton(), jpeg()
        shown = {
            name: house.open(Shot(content, f"{name}.png"))[1] for name, content in (("carton", carton), ("t", teal))
        }
        look = house.look(Shot(carton, "carton.png"))
        self.carton, self.plain = carton, Incoming(shown["t"], teal)
        with self.catalogue.database.write() as within:
            for _ in range(PLAIN):
                self.catalogue.add([Incoming(shown["t"], teal)], who="test", within=within)
        pictures = [Incoming(shown["carton"], carton), Incoming(shown["t"], teal)]
        self.drink = self.catalogue.add(pictures, who="test", external_id="oat-1").id
        vector = PictureVector(
            house.perception.versions["category"], look.percepts.labels.vector.astype(np.float16).tobytes()
        )
        seen = Evidence(source="ocr", by="ppocr", confidence=0.98, quote="ALPINA", box_1000=(180, 150, 560, 235))
        brand = Value(value="ALPINA", verdict=Verdict.CONFIRMED, confidence=0.98, evidence=[seen])
        said = {
            "brand": brand,
            "name": value("燕麦奶"),
            "colours": value(["白色"], "colour"),
            "price": value("18", "rule"),
        }
        self.catalogue.save(self.drink, record(**said), vectors={shown["carton"].sha256: vector})
        self.jacket = self.catalogue.add([Incoming(shown["t"], teal)], who="test").id
        jacket = {"name": value("红色夹克"), "brand": value(HOSTILE), "colours": value(["红色"], "colour")}
        self.catalogue.save(self.jacket, record(recipe="s" * 64, **jacket))
        self.hidden = self.catalogue.add([Incoming(shown["t"], teal)], who="test").id
        self.catalogue.hide(self.hidden, who="test")


@pytest.fixture(scope="module")
def stocked(tmp_path_factory):
    with served_house(tmp_path_factory.mktemp("stocked"), None) as served:
        yield Stocked(served)


@pytest.fixture(scope="module")
def context(browser, stocked):
    with browser.new_context(viewport={"width": 1280, "height": 900}, base_url=stocked.url) as context:
        yield context


@pytest.fixture
def page(context):
    """A page on which any script error, refused script or style, or opened dialog fails the test."""
    context.clear_cookies()
    page = context.new_page()
    troubles = watched(page)
    yield page
    page.close()
    assert troubles == []


def edit(page, field: str, text: str) -> None:
    page.click(f'[data-field="{field}"] .edit > summary')
    page.fill(f'[data-field="{field}"] textarea', text)
    page.press(f'[data-field="{field}"] textarea', "Enter")


def said(page, field: str):
    return page.locator(f'[data-field="{field}"] .said')


def test_the_wall_grows_while_somebody_scrolls_and_repeats_nothing(page):
    page.goto("/catalogue")
    assert page.get_attribute("nav [href='/catalogue']", "aria-current") == "page"
    page.mouse.move(700, 600)
    page.mouse.wheel(0, 60_000)
    expect(page.locator(".tile")).to_have_count(PLAIN + 2)
    links = page.locator(".tile a").evaluate_all("links => links.map((link) => link.href)")
    assert len(set(links)) == PLAIN + 2
    assert page.locator("#more").count() == 0
    thumbnail = page.locator(".tile img").first
    expect(thumbnail).to_have_js_property("complete", True)
    assert thumbnail.evaluate("img => img.naturalWidth") > 0


def test_a_facet_narrows_the_wall_and_is_dropped_again(page, stocked):
    page.goto("/catalogue")
    assert page.text_content(".facets [data-value='red']") == "红色 1"
    page.click(".facets [data-value='red']")
    assert page.locator(".tile").count() == 1
    page.click(".tile a")
    page.wait_for_url(f"**/catalogue/{stocked.jacket}*")
    page.go_back()
    page.click("[aria-label='去掉 红色']")
    expect(page.locator("#count")).to_have_text(f"{PLAIN + 2} 件")


def test_a_kind_of_goods_that_may_be_right_is_taken_by_a_click(page, stocked):
    milk = next(one for one in Taxonomy.shipped() if one.zh == "牛奶")
    unsure = Value(top3=[Guess(value=milk.zh, id=milk.id, confidence=0.5), Guess(value="茶", id="x", confidence=0.02)])
    new = stocked.catalogue.add([stocked.plain], who="test").id
    stocked.catalogue.save(new, record(name=value("新到的"), category=unsure))
    page.goto(f"/catalogue/{new}")
    expect(page.locator(".maybe button")).to_have_text(["牛奶"])
    page.click(".maybe button")
    expect(page.locator('[data-field="category"] .said')).to_have_text("牛奶")
    expect(page.locator(".maybe")).to_have_count(0)
    assert stocked.catalogue.get(new)["category"] == "牛奶"
    stocked.catalogue.forget(new, who="test")


def test_the_size_of_pictures_is_kept(page):
    page.goto("/catalogue")
    page.fill("#size", "328")
    assert page.locator(".tile img").first.evaluate("img => img.offsetHeight") == 328
    page.reload()
    assert page.locator(".tile img").first.evaluate("img => img.offsetHeight") == 328


def test_hidden_things_are_shown_only_to_who_asks(page, stocked):
    page.goto(f"/catalogue/{stocked.hidden}")
    assert "没有编号为" in page.text_content("h1")
    page.goto("/catalogue")
    page.click("text=隐藏的")
    page.wait_for_url("**/lock?then=*")
    page.press(".gate .main-button", "Enter")
    expect(page.locator(".tile .mark")).to_have_text("隐藏的")
    page.click(".tile:has(.mark) a")
    page.wait_for_selector(".frame img")
    expect(page.locator(".frame img")).to_have_js_property("naturalWidth", 320)


def test_something_is_found_by_a_sentence(page, stocked):
    page.goto("/search")
    page.fill("#q", "50元以下的白色燕麦奶")
    page.press("#q", "Enter")
    expect(page.locator(".chip").first).to_contain_text("价格 ≤ 50")
    expect(page.locator(".tile a").first).to_have_attribute("href", f"/catalogue/{stocked.drink}")
    assert re.search(r"\d\.\d\d\s+词 \d\.\d\d", page.text_content(".why"))


def test_a_filter_that_was_understood_is_dropped_and_put_back(page):
    page.goto("/search?q=5元以下的燕麦奶")
    expect(page.locator("#nothing")).to_contain_text("没有找到够合适的")
    page.click("[aria-label='去掉 价格 ≤ 5']")
    expect(page.locator(".chip.is-off")).to_contain_text("价格 ≤ 5")
    expect(page.locator(".tile")).not_to_have_count(0)
    page.click(".chip.is-off")
    expect(page.locator("#nothing")).to_be_visible()


def test_where_nothing_fits_nothing_is_shown(page):
    page.goto("/search?q=潜水艇发动机零件")
    assert page.locator(".tile").count() == 0
    assert "放宽一些再找" in page.text_content("#nothing")


def test_something_is_found_by_a_photo_and_the_photo_stays(page, stocked):
    page.goto("/search")
    page.set_input_files("#image", {"name": "carton.png", "mimeType": "image/png", "buffer": stocked.carton})
    expect(page.locator(".why")).to_contain_text("样子 1.00")
    assert page.locator(".tile a").first.get_attribute("href") == f"/catalogue/{stocked.drink}"
    page.fill("#q", "5元以下")
    page.press("#q", "Enter")
    expect(page.locator("#nothing")).to_be_visible()
    page.click("[aria-label='去掉 价格 ≤ 5']")
    expect(page.locator(".why")).to_contain_text("样子 1.00")
    assert page.text_content("#shown-name") == "carton.png"


def test_a_file_that_is_no_picture_says_so(page):
    page.goto("/search")
    page.set_input_files("#image", {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.locator("#results .form-error")).to_contain_text("图片")


def test_a_value_stands_beside_what_shows_it(page, stocked):
    page.goto(f"/catalogue/{stocked.drink}")
    assert page.text_content("h1") == "燕麦奶"
    assert page.text_content('[data-field="brand"] .check b') == "✓ 图上可读"
    assert "ALPINA" in page.text_content('[data-field="brand"] .quote')
    page.hover('[data-field="brand"]')
    assert page.locator('.line.is-lit[data-of="field:brand"]').count() == 1
    assert page.locator(".pictures li").count() == 2
    page.click(".pictures li:last-child a")
    assert page.locator(".line").count() == 0  # what was read stands on the first picture
    page.click(".frame")
    expect(page.locator("#zoom")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#zoom")).to_be_hidden()


def test_an_edit_is_a_persons_and_can_be_taken_back(page, stocked):
    page.goto(f"/catalogue/{stocked.jacket}")
    edit(page, "name", "羊毛夹克")
    expect(said(page, "name")).to_have_text("羊毛夹克")
    assert page.text_content('[data-field="name"] .check b') == "✎ 人工"
    assert re.search(r"品名\s+红色夹克\s+→\s+羊毛夹克", page.text_content(".changes li"))
    edit(page, "colours", "红色、黑色")
    expect(said(page, "colours")).to_have_text("红色、黑色")
    assert stocked.catalogue.get(stocked.jacket)["colours"] == ["红色", "黑色"]
    page.click("[data-undo]")
    expect(said(page, "colours")).to_have_text("红色")
    page.click("[data-undo]")
    expect(said(page, "name")).to_have_text("红色夹克")


def test_what_nobody_said_is_added(page, stocked):
    page.goto(f"/catalogue/{stocked.jacket}")
    page.click(".add > summary")
    page.select_option(".add select", "item.sku")
    page.fill(".add textarea", "J-77")
    page.press(".add textarea", "Enter")
    expect(said(page, "item.sku")).to_have_text("J-77")
    assert stocked.catalogue.get(stocked.jacket).sku == "J-77"


def test_nobodys_change_is_overwritten_unseen(page, stocked):
    page.goto(f"/catalogue/{stocked.drink}")
    stocked.catalogue.edit(stocked.drink, {"name": "燕麦饮料"}, who="李雷")
    edit(page, "name", "燕麦拿铁")
    expect(page.locator('[data-field="name"] .form-error')).to_contain_text("现在是“燕麦饮料”（李雷）")
    assert stocked.catalogue.get(stocked.drink)["name"] == "燕麦饮料"
    page.click("text=仍用我的")
    expect(said(page, "name")).to_have_text("燕麦拿铁")
    stocked.catalogue.edit(stocked.drink, {"name": "燕麦奶"}, who="李雷")
    edit(page, "name", "别的")
    page.click("text=用现在的")
    expect(said(page, "name")).to_have_text("燕麦奶")
    assert stocked.catalogue.get(stocked.drink)["name"] == "燕麦奶"


def test_a_value_of_the_wrong_kind_is_refused_with_the_reason(page, stocked):
    stocked.catalogue.edit(stocked.drink, {"production_date": "2027-01-02"}, who="test")
    page.goto(f"/catalogue/{stocked.drink}")
    edit(page, "production_date", "soon")
    expect(page.locator('[data-field="production_date"] .form-error')).to_contain_text("YYYY-MM-DD")


def test_text_of_others_is_never_markup(page, stocked):
    page.goto(f"/catalogue/{stocked.jacket}")
    expect(said(page, "brand")).to_have_text(HOSTILE)
    page.goto("/catalogue")
    assert HOSTILE in page.text_content(".facets")
    page.goto("/search?q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%22%27")
    assert page.input_value("#q") == HOSTILE + "\"'"
    assert page.locator("img[src=x]").count() == 0  # the fixture also fails on any dialog


def test_the_keyboard_alone_is_enough(page, stocked):
    page.goto("/catalogue?colour=red")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.goto("/catalogue")
    page.locator(".tile a").nth(1).focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.href").endswith(stocked.jacket)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/catalogue/{stocked.jacket}*")
    page.focus('[data-field="name"]')
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator('[data-field="name"] textarea')).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator('[data-field="name"] .edit > summary')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator('[data-field="name"] textarea')).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("羊毛夹克")
    page.keyboard.press("Enter")
    expect(said(page, "name")).to_have_text("羊毛夹克")
    expect(page.locator('[data-field="name"] .edit > summary')).to_be_focused()
    expect(page.locator("#live")).to_have_text("品名：已保存")


@pytest.mark.parametrize("width", [390, 2560])
def test_nothing_overflows(page, stocked, width):
    page.set_viewport_size({"width": width, "height": 844})
    for lang in ("zh", "en"):
        for path in ("/catalogue", f"/catalogue/{stocked.drink}", "/search", "/search?q=50元以下的白色燕麦奶"):
            page.goto(f"{path}{'&' if '?' in path else '?'}lang={lang}")
            assert fits_the_width(page), (path, lang)


def test_english_pages_are_english(page, stocked):
    page.goto("/catalogue?lang=en")
    for path in ("/catalogue?colour=green", "/search", "/search?q=submarine engine"):
        page.goto(path)
        words = page.inner_text("body").replace("中文", "").replace("图", "")
        assert re.findall(r"[\u3400-\u9fff]+", words) == []


def test_a_page_of_a_hundred_items_is_small(stocked):
    with urllib.request.urlopen(f"{stocked.url}/catalogue") as answer:
        assert len(gzip.compress(answer.read())) < 100_000


def test_an_empty_catalogue_says_what_to_do(browser, tmp_path):
    with served_house(tmp_path, None) as served:
        page = browser.new_page()
        for path in ("/catalogue", "/search"):
            page.goto(f"{served.url}{path}")
            assert page.text_content(".empty .command") == "tujian import 文件夹"
        page.close()


def test_a_cell_is_edited_in_place_and_taken_back(page, stocked):
    item = stocked.catalogue.add([stocked.plain], who="test").id
    page.goto("/catalogue?view=table&column=brand&column=colours")
    cell = page.locator(f"tr[data-id='{item}'] .cell").first
    cell.click()
    page.keyboard.type(HOSTILE)
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text(ZH["edit_saved"].split("{")[0])
    assert stocked.catalogue.get(item)["brand"] == HOSTILE
    page.locator(f"tr[data-id='{item}'] .cell").nth(1).click()
    page.keyboard.type("红色，白色")
    page.keyboard.press("Enter")
    expect(page.locator(f"tr[data-id='{item}'] .cell").nth(1)).to_have_text("红色、白色")
    page.get_by_role("button", name=ZH["toast_undo"]).click()
    expect(page.locator(f"tr[data-id='{item}'] .cell").nth(1)).to_have_text("—")
    assert stocked.catalogue.get(item)["colours"] is None and stocked.catalogue.get(item)["brand"] == HOSTILE


def test_several_rows_are_changed_together_by_the_keyboard(page, stocked):
    ids = [stocked.catalogue.add([stocked.plain], who="test").id for _ in range(3)]
    page.goto("/catalogue?view=table&column=name")
    for item in ids:
        page.focus(f"input[value='{item}']")
        page.keyboard.press("Space")
    expect(page.locator("#chosen-count")).to_have_text(ZH["table_chosen"].format(count=3))
    page.select_option("#bulk select", "name")
    page.fill("#bulk [name=value]", "豆奶")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text(ZH["table_set_done"].format(count=3))
    assert [stocked.catalogue.get(item)["name"] for item in ids] == ["豆奶"] * 3
    page.get_by_role("button", name=ZH["toast_undo"]).click()
    expect(page.locator(f"tr[data-id='{ids[0]}'] .cell")).to_have_text("—")
    page.click("[data-do=hide]")
    expect(page.locator(f"tr[data-id='{ids[0]}']")).to_have_count(0)
    page.get_by_role("button", name=ZH["toast_undo"]).click()
    expect(page.locator(f"tr[data-id='{ids[0]}']")).to_have_count(1)


def test_a_picture_dropped_on_the_catalogue_is_recognised(page, stocked):
    page.goto("/catalogue")
    page.evaluate(
        """async (bytes) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
        for (const name of ["dragenter", "drop"]) dispatchEvent(new DragEvent(name, { dataTransfer: transfer }));
    }""",
        list(stocked.carton),
    )
    page.wait_for_url("**/")
    expect(page.locator("#plate")).to_contain_text("APPLE JUICE", timeout=30_000)


def test_the_search_is_one_key_away(page):
    page.goto("/models")
    page.keyboard.press("Control+k")
    page.keyboard.type("豆奶")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=**")
    page.set_viewport_size({"width": 800, "height": 700})  # the bar has no room for a field
    page.goto("/models")
    page.keyboard.press("Control+k")
    page.wait_for_url("**/search")
    expect(page.locator("#q")).to_be_focused()
