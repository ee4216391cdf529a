"""The page in a real browser, against a small server that keeps the API's contract with canned answers."""

import io
import json
import re
from pathlib import Path

import pytest
from browsing import fits_the_width, watched
from page_server import HOSTILE, ITEMS, SIZE_PX, Served, draw_carton
from PIL import Image
from playwright.sync_api import expect

from tujian.web import static_dir

pytestmark = pytest.mark.browser

ENGINE = {"kind": "openai", "model": "qwen3-vl", "url": "https://k3y-mine@models.example.com:8443/v1", "remote": True}


@pytest.fixture
def served():
    house = Served()
    yield house
    house.server.should_exit = True


@pytest.fixture
def page(browser, served):
    """A page on which any script error, refused script or opened dialog fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    troubles = watched(page)
    page.goto(served.url)
    expect(page.locator("#task option")).to_have_count(2)
    yield page
    context.close()
    assert troubles == []


def choose(page, *names, kind="image/png", picture=None):
    files = [{"name": name, "mimeType": kind, "buffer": picture or draw_carton()} for name in names]
    page.set_input_files("#files", files)


def wait_for_plate(page):
    page.wait_for_selector(".stage .value")
    expect(page.locator(".frame img")).to_have_js_property("naturalWidth", SIZE_PX[0])


def test_a_chosen_picture_becomes_a_plate_with_verdicts_in_words(page):
    choose(page, "carton.png")
    wait_for_plate(page)
    assert page.text_content(".plate-head h2") == "ALPINA 苹果汁"
    assert page.text_content('[data-field="brand"] .check b') == "✓ 图上可读"
    assert page.text_content('[data-field="net"] .check b') == "✗ 与图不符"
    assert "500 ml" in page.text_content('[data-field="net"] .quote')
    assert page.text_content('[data-field="scene"] .check b') == "≈ 推断，未核对"
    assert page.text_content('[data-field="origin"] .said') == "未见"
    assert page.text_content('[data-field="price"] .check b') == "✎ 人工"
    assert page.text_content(".plate > :first-child").startswith("⚠ 先说图片 字太小，请补拍")
    assert page.text_content(".barcodes .good") == "✓ 校验位正确"


def test_text_from_a_picture_is_never_markup(page):
    choose(page, "carton.png")
    wait_for_plate(page)
    assert HOSTILE in page.locator(".texts li span").all_text_contents()
    assert page.locator("img[src=x]").count() == 0  # the fixture also fails on any dialog


def test_a_value_lights_its_line_and_box_and_a_box_finds_its_value(page):
    choose(page, "carton.png")
    wait_for_plate(page)
    page.hover('[data-field="brand"]')
    assert page.locator('.line.is-lit[data-of="field:brand"]').count() == 1
    assert page.locator(".line.is-lit").count() == 1
    assert page.locator('.value.is-lit[data-field="brand"]').count() == 1
    page.mouse.move(5, 5)
    assert page.locator(".is-lit").count() == 0
    page.locator('.box[data-of="field:flavour"]').click()
    assert page.evaluate("document.activeElement.dataset.field") == "flavour"


def test_a_text_line_lights_its_place(page):
    choose(page, "carton.png")
    wait_for_plate(page)
    page.locator(".texts li", has_text=HOSTILE).hover()
    assert page.locator('.box.is-lit[data-of="text:4"]').count() == 1
    page.locator('.box[data-of="text:4"]').hover(force=True)
    assert page.locator(".texts li.is-lit").text_content().startswith(HOSTILE)


def test_several_products_are_numbered_on_the_picture_and_in_a_list(page, served):
    served.api.items = ITEMS
    choose(page, "shelf.png")
    wait_for_plate(page)
    assert page.text_content(".items h3") == "图中的商品 2 件"
    assert page.locator(".marker.is-item text").all_text_contents() == ["1", "2"]
    assert page.locator(".items li span").all_text_contents() == ["ALPINA ✓ · 米白、红 ≈", "未命名"]
    page.locator(".items li").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.locator('.box.is-lit[data-of="item:1"]').count() == 1
    page.locator(".marker.is-item").first.click()
    assert page.evaluate("document.activeElement.dataset.thing") == "item:0"
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits_the_width(page) and page.locator(".marker.is-item").count() == 2


def test_the_sheet_holds_how_many_products_and_each_ones_values(page, served):
    served.api.items = ITEMS
    choose(page, "shelf.png")
    wait_for_plate(page)
    with page.expect_download() as download:
        page.click("text=存 CSV")
    rows = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert next(row for row in rows if ",items," in row).split(",")[3] == "2"
    assert next(row for row in rows if ",items.1.brand," in row).split(",")[2:4] == ["品牌", "ALPINA"]


def test_no_leader_line_crosses_another(page):
    choose(page, "carton.png")
    wait_for_plate(page)
    crossings = page.evaluate("""async () => {
        const { cross } = await import('/static/arrange.js');
        const points = (d) => d.match(/-?[\\d.]+/g).map(Number);
        const lines = [...document.querySelectorAll('.line')].map((line) => {
            const [, y, turn, x2, y2] = points(line.getAttribute('d'));
            return { from: { x: turn, y }, to: { x: x2, y: y2 } };
        });
        return [lines.length, lines.flatMap((a, i) => lines.slice(i + 1).filter((b) => cross(a, b))).length];
    }""")
    assert crossings == [4, 0]


def test_untangling_random_places_leaves_no_crossing(page):
    left = page.evaluate("""async () => {
        const { cross, twoColumns, untangle } = await import('/static/arrange.js');
        let seed = 7;  // Park-Miller, so that every run sees the same 200 layouts
        const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
        let crossings = 0;
        for (let trial = 0; trial < 200; trial += 1) {
            const values = Array.from({ length: 10 }, (_, id) => {
                const [x, y] = [random() * 900, random() * 900];
                return { id, place: random() < 0.8 ? [x, y, x + 80, y + 60] : null };
            });
            const sides = twoColumns(values);
            const seated = ['left', 'right'].flatMap((side) => sides[side].map((value, row) => [value, side, row]));
            const located = seated.filter(([value]) => value.place);
            const seats = located.map(([, side, row]) => (
                { side, x: side === 'left' ? -50 : 1050, y: 100 + row * 200 }));
            const reach = ({ place: [x1, y1, x2, y2] }, seat) => (
                { from: seat, to: { x: seat.side === 'left' ? x1 : x2, y: (y1 + y2) / 2 } });
            const order = untangle(seats, located.map(([value]) => value), reach);
            const lines = order.map((value, index) => reach(value, seats[index]));
            crossings += lines.flatMap((a, i) => lines.slice(i + 1).filter((b) => cross(a, b))).length;
        }
        return crossings;
    }""")
    assert left == 0


def test_several_pictures_are_looked_at_two_at_a_time_and_a_broken_one_says_why(page, served):
    choose(page, "a.png", "broken.png", "c.png", "d.png", "e.png")
    expect(page.locator(".thumb.is-done")).to_have_count(4)
    assert page.locator(".thumb.is-failed").count() == 1
    assert served.api.most == 2
    page.click(".thumb.is-failed")
    assert page.text_content(".state-words") == "图片坏了。"
    assert "请换一张。" in page.text_content(".plate-state")


def test_a_busy_server_is_asked_again_after_the_time_it_named(page, served):
    served.api.busy_left = 1
    choose(page, "carton.png")
    expect(page.locator(".state-words")).to_have_text("有点忙，1 秒后再试")
    wait_for_plate(page)
    assert len(served.api.asked) == 2


def test_pictures_come_by_drop_paste_address_and_sample(page, served):
    bring = """(way) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array([1])], way + '.png', { type: 'image/png' }));
        const event = way === 'paste'
            ? new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true })
            : new DragEvent('drop', { dataTransfer: transfer, bubbles: true });
        document.body.dispatchEvent(event);
    }"""
    page.click("[data-sample='carton.png']")
    wait_for_plate(page)
    page.evaluate(bring, "drop")
    page.evaluate(bring, "paste")
    page.fill("#url", "https://shop.example.com/p/%E7%9B%92.jpg")
    page.press("#url", "Enter")
    expect(page.locator(".thumb.is-done")).to_have_count(4)
    names = [one["name"] for one in served.api.asked]
    assert sorted(names) == ["carton.png", "drop.png", "https://shop.example.com/p/%E7%9B%92.jpg", "paste.png"]


def test_a_wrong_address_is_explained(page, served):
    page.fill("#url", "javascript:alert(1)")
    page.press("#url", "Enter")
    assert page.text_content("#add-error").startswith("这不像网址")
    assert served.api.asked == []


def test_a_format_that_the_browser_cannot_show_comes_as_preview(page, served):
    choose(page, "carton.heic", kind="image/heic")
    wait_for_plate(page)
    assert served.api.previews == 1


def test_a_picture_the_browser_shows_is_not_sent_a_second_time(page, served):
    choose(page, "carton.png")
    wait_for_plate(page)
    assert served.api.previews == 0


def test_a_picture_the_browser_would_show_lying_on_its_side_comes_as_preview(page, served):
    """The record's boxes are of the upright picture (600 x 800), so 800 x 600 from the browser would misplace them."""
    lying = io.BytesIO()
    Image.new("RGB", SIZE_PX[::-1]).save(lying, "PNG")
    choose(page, "lying.png", picture=lying.getvalue())
    wait_for_plate(page)
    assert served.api.previews == 1


def test_a_question_is_sent_and_answered_beside_the_record(page, served):
    choose(page, "carton.png")
    wait_for_plate(page)
    page.fill("#question", "请用中文描述这张图片")
    page.press("#question", "Enter")
    page.wait_for_selector(".answer")
    assert served.api.asked[-1]["question"] == "请用中文描述这张图片"
    assert page.text_content(".answer").startswith("没有接模型")


def test_the_page_changes_language_in_place_and_keeps_the_pictures(page, served):
    choose(page, "carton.png")
    wait_for_plate(page)
    page.click("#lang")
    page.wait_for_selector("h2:text-is('ALPINA apple juice')")
    assert page.text_content('[data-field="brand"] .check b') == "✓ Read on the picture"
    assert page.text_content("#choose") == "Choose pictures"
    assert page.evaluate("document.documentElement.lang") == "en"
    page.goto(served.url)  # the cookie keeps it
    assert page.text_content("h1") == "Put a picture in"


def test_the_theme_is_kept_and_set_by_the_server(page, served):
    page.click("#theme")
    page.click("#theme")
    page.goto(served.url)
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 22, 20)"


def test_keyboard_alone_is_enough(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    choose(page, "a.png", "b.png")
    expect(page.locator(".thumb.is-done")).to_have_count(2)
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("[aria-current=true]", "title") == "b.png"
    page.focus('[data-field="brand"]')
    assert page.locator('.line.is-lit[data-of="field:brand"]').count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.locator(".texts li").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent").startswith("APPLE JUICE")


def test_progress_is_announced(page):
    choose(page, "carton.png")
    expect(page.locator("#live")).to_have_text("carton.png：看好了，8 项有结果。")


def test_on_a_phone_values_are_numbered_and_nothing_overflows(page):
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits_the_width(page)
    choose(page, "carton.png")
    wait_for_plate(page)
    assert fits_the_width(page)
    assert page.locator(".line").count() == 0
    assert sorted(page.locator(".marker text").all_text_contents()) == ["1", "2", "3", "4"]
    assert page.locator(".value").first.get_attribute("data-field") == "brand"


def test_copied_json_is_the_record(page, served):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=served.url)
    choose(page, "carton.png")
    wait_for_plate(page)
    page.click("text=复制 JSON")
    expect(page.locator(".buttons")).to_contain_text("已复制")
    assert json.loads(page.evaluate("() => navigator.clipboard.readText()"))["title"] == "ALPINA 苹果汁"


def test_cells_of_a_sheet_never_begin_a_formula(page):
    cells = ["=1+1", " +1", "-2", "@x", "＝1", "\tx", 'say "hi", you', -2, None, "盒"]
    kept = page.evaluate("async (cells) => cells.map((await import('/static/exports.js')).cell)", cells)
    assert kept == ["'=1+1", "' +1", "'-2", "'@x", "'＝1", "'\tx", '"say ""hi"", you"', "-2", "", "盒"]


def test_nothing_moves_for_those_who_asked_for_stillness(page, served):
    page.emulate_media(reduced_motion="reduce")
    served.api.busy_left = 1
    choose(page, "carton.png")
    page.wait_for_selector(".progress")
    moving = "() => getComputedStyle(document.querySelector('.progress'), '::after').animationName"
    assert page.evaluate(moving) == "none"


def test_saved_csv_runs_no_formula(page):
    choose(page, "carton.png")
    wait_for_plate(page)
    with page.expect_download() as download:
        page.click("text=存 CSV")
    rows = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    price = next(row for row in rows if ",price," in row)
    assert ",'=1+2," in price


def test_saved_json_is_the_record(page):
    choose(page, "carton.png")
    wait_for_plate(page)
    with page.expect_download() as download:
        page.click("text=存 JSON")
    assert json.loads(Path(download.value.path()).read_text())["fields"]["brand"]["value"] == "ALPINA"


def test_a_remote_engine_is_named_before_a_picture_is_given(page, served):
    assert page.locator(".leaves").count() == 0
    served.api.engine = ENGINE
    page.goto(served.url)
    assert "图片会发送到 models.example.com:8443" in page.text_content(".leaves")
    assert "k3y-mine" not in page.content()


def test_nothing_is_asked_of_another_host(browser, served):
    page = browser.new_page()
    hosts = set()
    page.on("request", lambda request: hosts.add(re.sub(r"^(\w+:(//[^/]+)?).*", r"\1", request.url)))
    page.goto(served.url)
    choose(page, "carton.png")
    wait_for_plate(page)
    page.close()
    assert hosts <= {served.url, f"blob:{served.url}", "blob:"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_have_aa_contrast(page, theme):
    """WCAG 2.2, 1.4.3: 4.5:1 for every text token on both grounds."""
    page.evaluate("(theme) => (document.documentElement.dataset.theme = theme)", theme)
    ratios = page.evaluate("""() => {
        const probe = document.body.appendChild(document.createElement('i'));
        const light = (token) => {
            probe.style.color = `var(--${token})`;
            const parts = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
            const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        return ['ink', 'soft', 'seal', 'jade', 'amber-ink'].flatMap((word) => ['paper', 'card'].map((ground) => [
            word, ground, ratio(light(word), light(ground))]));
    }""")
    assert [entry for entry in ratios if entry[2] < 4.5] == []


def loaded_by(script):
    """A script and all that it imports."""
    imported = re.findall(r'from "\./(\w+\.js)"', (static_dir / script).read_text("utf-8"))
    return {script}.union(*map(loaded_by, imported))


@pytest.mark.parametrize("script", ["page.js", "chat.js", "catalogue.js", "item.js", "search.js"])
def test_the_scripts_of_a_page_stay_small(script):
    assert sum((static_dir / name).stat().st_size for name in loaded_by(script)) < 60_000
