"""Several pictures on the page of searching: brought, chosen, framed, taken out; by mouse, keyboard and finger, and
without a script. req: D8, E6
"""

import io

import pytest
from browsing import fits_the_width, opened
from chat_server import jpeg
from PIL import Image
from playwright.sync_api import expect
from test_accessible import axe, violations  # noqa: F401 - fixtures
from test_catalogue_page import context, page, stocked  # noqa: F401 - fixtures
from test_search_page import drag, sides

from tujian.web.render import read_words
from tujian.web.search import MOST_PICTURES

pytestmark = pytest.mark.browser
ZH = read_words("zh")
TOGETHER = ZH["search_together"].split("{count}")[1]


def file(name, content):
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def brought(page, *names, by="drop"):  # noqa: F811
    """Drawn pictures of these names, dropped or pasted together."""
    page.evaluate(
        """async ([names, by]) => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 120 });
        canvas.getContext("2d").fillRect(40, 30, 60, 60);
        const blob = await new Promise((made) => canvas.toBlob(made));
        const transfer = new DataTransfer();
        for (const name of names) transfer.items.add(new File([blob], name, { type: "image/png" }));
        if (by === "paste") return void dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer }));
        for (const kind of ["dragenter", "drop"]) dispatchEvent(new DragEvent(kind, { dataTransfer: transfer }));
    }""",
        [names, by],
    )


def chooser(page, name):  # noqa: F811
    return page.get_by_role("button", name=ZH["search_choose"].format(name=name))


def away(page, name):  # noqa: F811
    return page.get_by_role("button", name=ZH["search_take_out"].format(name=name), exact=True)


def regions_asked(page, act):  # noqa: F811
    """What `act` makes the page send as `region`, in its order: a multipart body is not told by the browser."""
    page.evaluate("""() => {
        const send = window.fetch;
        window.fetch = (path, request) => {
            window.regions = request.body.has("like") ? ["like"] : request.body.getAll("region");
            window.fetch = send;
            return send(path, request);
        };
    }""")
    with page.expect_response("**/search"):
        act()
    return page.evaluate("window.regions")


def test_chosen_dropped_and_pasted_pictures_are_looked_for_together(page, stocked):  # noqa: F811
    page.goto("/search")
    page.set_input_files("#image", [file("carton.png", stocked.carton), file("teal.jpg", jpeg())])
    expect(page.locator("#together")).to_have_text(f"2{TOGETHER}")
    expect(page.locator(".why").first).to_contain_text("样子")
    brought(page, "dropped.png")
    expect(page.locator("#together")).to_have_text(f"3{TOGETHER}")
    brought(page, "pasted.png", by="paste")
    expect(page.locator("#together")).to_have_text(f"4{TOGETHER}")
    assert page.locator("#image").evaluate("field => [...field.files].map((one) => one.name)") == [
        "carton.png",
        "teal.jpg",
        "dropped.png",
        "pasted.png",
    ]
    expect(page.locator("#sought li")).to_have_count(4)
    expect(page.locator("#shown-name")).to_have_text("pasted.png")
    shown = page.locator("#sought img").evaluate_all("images => images.map((one) => one.naturalWidth)")
    assert shown == [600, 320, 160, 160]


def test_a_ninth_picture_is_left_out_and_said_so(page):  # noqa: F811
    page.goto("/search")
    brought(page, *(f"{number}.png" for number in range(MOST_PICTURES - 1)))
    expect(page.locator("#together")).to_have_text(f"{MOST_PICTURES - 1}{TOGETHER}")
    expect(page.locator("#trouble")).to_be_hidden()
    brought(page, "eighth.png", "ninth.png")
    expect(page.locator("#trouble")).to_have_text(ZH["search_too_many"].format(most=MOST_PICTURES))
    expect(page.locator("#together")).to_have_text(f"{MOST_PICTURES}{TOGETHER}")
    expect(page.locator("#sought li")).to_have_count(MOST_PICTURES)
    away(page, "eighth.png").click()
    expect(page.locator("#trouble")).to_be_hidden()
    expect(page.locator("#together")).to_have_text(f"{MOST_PICTURES - 1}{TOGETHER}")


def test_pictures_are_taken_out_one_by_one(page, stocked):  # noqa: F811
    page.goto("/search")
    page.set_input_files("#image", [file("carton.png", stocked.carton), file("teal.jpg", jpeg())])
    expect(page.locator("#together")).to_be_visible()
    away(page, "teal.jpg").click()
    expect(page.locator("#together")).to_have_count(0)
    expect(page.locator(".why").first).to_contain_text("样子 1.00")
    expect(page.locator("#shown-name")).to_have_text("carton.png")
    away(page, "carton.png").click()
    expect(page.locator("#query")).to_be_hidden()
    expect(page.locator(".tile")).to_have_count(0)
    assert page.locator("#image").evaluate("field => field.files.length") == 0
    assert page.evaluate("document.activeElement.id") == "image"


def test_each_picture_keeps_its_own_frame(page, stocked):  # noqa: F811
    page.goto("/search")
    page.set_input_files("#image", [file("carton.png", stocked.carton), file("teal.jpg", jpeg())])
    expect(page.locator("#together")).to_be_visible()
    chooser(page, "teal.jpg").click()
    expect(page.locator("#shown-name")).to_have_text("teal.jpg")
    asked = regions_asked(page, lambda: drag(page, (0.1, 0.2), (0.6, 0.9)))
    drawn = sides(page)
    assert asked == ["", ",".join(drawn)]
    chooser(page, "carton.png").click()
    assert sides(page) == [""] * 4
    expect(page.locator("#mark-box")).to_be_hidden()
    asked = regions_asked(page, lambda: drag(page, (0.3, 0.3), (0.9, 0.7)))
    assert asked == [",".join(sides(page)), ",".join(drawn)]
    expect(page.locator("#sought .mark-box")).to_have_count(2)
    chooser(page, "teal.jpg").click()
    assert sides(page) == drawn
    expect(page.locator("#mark-box")).to_be_visible()
    asked = regions_asked(page, lambda: away(page, "carton.png").click())
    assert asked == [",".join(drawn)]
    asked = regions_asked(page, lambda: page.click("#whole"))
    assert asked == [""]


def test_a_frame_goes_along_when_a_chip_is_dropped(page, stocked):  # noqa: F811
    page.goto("/search?q=5元以下")
    page.set_input_files("#image", [file("carton.png", stocked.carton), file("teal.jpg", jpeg())])
    expect(page.locator("#together")).to_be_visible()
    drag(page, (0.3, 0.3), (0.9, 0.7))
    asked = regions_asked(page, lambda: page.click("[aria-label='去掉 价格 ≤ 5']"))
    assert asked == [",".join(sides(page)), ""]
    expect(page.locator(".chip.is-off")).to_be_visible()
    expect(page.locator("#together")).to_have_text(f"2{TOGETHER}")


def test_the_keyboard_chooses_frames_and_takes_out(page, stocked):  # noqa: F811
    page.goto("/search")
    page.set_input_files("#image", [file("carton.png", stocked.carton), file("teal.jpg", jpeg())])
    expect(page.locator("#together")).to_be_visible()
    chooser(page, "carton.png").focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(chooser(page, "teal.jpg")).to_be_focused()
    page.keyboard.press("Enter")
    expect(chooser(page, "teal.jpg")).to_have_attribute("aria-pressed", "true")
    expect(chooser(page, "carton.png")).to_have_attribute("aria-pressed", "false")
    for field, side in zip(page.locator("#sides input").all(), (0, 100, 500, 900), strict=True):
        field.fill(str(side))
    asked = regions_asked(page, lambda: page.keyboard.press("Enter"))
    assert asked == ["", "0,100,500,900"]
    away(page, "carton.png").focus()
    page.keyboard.press("Enter")
    expect(away(page, "teal.jpg")).to_be_focused()
    assert sides(page) == ["0", "100", "500", "900"]


def test_pictures_from_outside_take_the_place_of_an_items(page, stocked):  # noqa: F811
    page.goto(f"/search?like={stocked.drink}&region=100,100,800,800")
    asked = regions_asked(page, lambda: brought(page, "one.png", "two.png"))
    assert asked == ["", ""]
    expect(page.locator("#shown-name")).to_have_text("one.png")
    expect(page.locator("#mark-box")).to_be_hidden()
    expect(page.locator("#without")).to_have_count(0)


def test_a_picture_that_browsers_cannot_show_is_shown(page):  # noqa: F811
    tiff = io.BytesIO()
    Image.new("RGB", (240, 160), "teal").save(tiff, "TIFF")
    page.goto("/search")
    page.set_input_files("#image", {"name": "a.tif", "mimeType": "image/tiff", "buffer": tiff.getvalue()})
    for image in ("#sought img", "#shown"):
        page.wait_for_function("place => document.querySelector(place).naturalWidth > 0", arg=image)


class Finger:
    """One or two fingers on the glass: what the browser makes of them, scrolling too, is its own."""

    def __init__(self, page):  # noqa: F811
        self.page, self.glass = page, page.context.new_cdp_session(page)

    def touch(self, kind, *places):
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self.glass.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def swipe(self, start, end, second=None):
        """Lays a second finger down half-way, where there is one."""
        self.touch("touchStart", start)
        for step in range(1, 11):
            place = tuple(a + (b - a) * step / 10 for a, b in zip(start, end, strict=True))
            if second and step == 5:
                self.touch("touchStart", place, second)
            self.touch("touchMove", place, *([second] if second and step >= 5 else []))
        self.touch("touchEnd")
        self.page.wait_for_timeout(300)  # a page that scrolls does so after the finger


@pytest.fixture
def phone(browser, stocked):  # noqa: F811
    """A phone that shows a picture which is looked for, on a page that is long enough to scroll."""
    with opened(browser, stocked.url, 390, has_touch=True, is_mobile=True) as page:  # noqa: F811
        page.goto("/search?strictness=0")
        page.set_input_files("#image", [file("teal.jpg", jpeg()), file("carton.png", stocked.carton)])
        expect(page.locator("#together")).to_be_visible()
        page.evaluate("document.getElementById('results').style.minHeight = '3000px'")
        yield page


def within(page, x, y):  # noqa: F811
    box = page.locator("#marking").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def test_a_finger_draws_a_frame_and_the_page_stays(phone):
    finger = Finger(phone)
    asked = regions_asked(phone, lambda: finger.swipe(within(phone, 0.2, 0.9), within(phone, 0.8, 0.2)))
    wanted = (200, 200, 800, 900)
    assert all(abs(int(side) - one) < 15 for side, one in zip(sides(phone), wanted, strict=True)), sides(phone)
    assert asked == [",".join(sides(phone)), ""]
    assert phone.evaluate("scrollY") == 0
    x, y = within(phone, 0.5, 1)
    finger.swipe((x, y + 300), (x, y + 40))
    assert phone.evaluate("scrollY") > 100  # beside the picture the same finger scrolls


def test_a_second_finger_does_not_disturb_the_first(phone):
    Finger(phone).swipe(within(phone, 0.2, 0.2), within(phone, 0.8, 0.8), second=within(phone, 0.1, 0.9))
    wanted = (200, 200, 800, 800)
    assert all(abs(int(side) - one) < 15 for side, one in zip(sides(phone), wanted, strict=True)), sides(phone)
    assert phone.evaluate("[scrollY, visualViewport.scale]") == [0, 1]


def test_fingers_choose_and_take_out(phone):
    chooser(phone, "carton.png").tap()
    expect(phone.locator("#shown-name")).to_have_text("carton.png")
    away(phone, "teal.jpg").tap()
    expect(phone.locator("#sought li")).to_have_count(1)


def test_without_a_script_the_file_field_alone_is_enough(browser, stocked):  # noqa: F811
    with opened(browser, stocked.url, java_script_enabled=False) as page:  # noqa: F811
        page.goto(f"/search?like={stocked.drink}&region=100,100,800,800")  # a frame of another picture
        page.set_input_files("#image", [file("carton.png", stocked.carton), file("carton2.png", stocked.carton)])
        page.click(".no-script")
        expect(page.locator("#together")).to_have_text(f"2{TOGETHER}")
        expect(page.locator(".why").first).to_contain_text("样子 1.00")
        page.set_input_files("#image", [file(f"{number}.jpg", jpeg()) for number in range(MOST_PICTURES + 1)])
        page.click(".no-script")
        expect(page.locator("#results .form-error")).to_contain_text(f"最多 {MOST_PICTURES} 张")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_eight_pictures_fit_a_phone_and_axe_finds_nothing(page, axe, lang):  # noqa: F811
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/search?lang={lang}")
    brought(page, *(f"{number}-{'long' * 12}.png" for number in range(MOST_PICTURES)))
    expect(page.locator("#together")).to_contain_text(str(MOST_PICTURES))
    regions_asked(page, lambda: drag(page, (0.2, 0.2), (0.8, 0.8)))
    expect(page.locator("#results[aria-busy]")).to_have_count(0)
    for width in (2560, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert fits_the_width(page), width
    page.evaluate(axe)
    assert [trouble for theme in ("light", "dark") for trouble in violations(page, theme)] == []
