"""What a shop worker does without a command line, in a real browser: import, check, export. req: C1, C7, F2, F6"""

import csv
import io
import re
import threading
import time
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from browsing import fits_the_width, watched
from chat_server import jpeg, served_house
from kept import record, value
from playwright.sync_api import expect

from tujian.catalogue import Catalogue, Incoming
from tujian.house import Shot

pytestmark = pytest.mark.browser
GOOD, BROKEN = 280, 20
HOSTILE = "<img src=x onerror=alert(1)>"


class LightPerception:
    """Looks at one picture, and sees the same on all others, after `pause_s`."""

    def __init__(self, real, pause_s: float = 0.0):
        self._real, self.pause_s, self._seen, self._lock = real, pause_s, None, threading.Lock()

    def __getattr__(self, name):
        return getattr(self._real, name)

    def perceive(self, picture):
        with self._lock:
            self._seen = self._seen or self._real.perceive(picture)
        time.sleep(self.pause_s)
        return replace(self._seen)


@pytest.fixture(scope="module")
def served(tmp_path_factory, house):
    with served_house(tmp_path_factory.mktemp("wizards"), None) as served:
        served.house._perception = LightPerception(house.perception)
        yield served


@pytest.fixture
def page(browser, served):
    """A page on which any script error, refused script or style, or opened dialog fails the test."""
    with browser.new_context(
        viewport={"width": 1280, "height": 900}, base_url=served.url, accept_downloads=True
    ) as context:
        page = context.new_page()
        troubles = watched(page, 15_000)
        yield page
        assert troubles == []


def upload(page, address: str, files: list[tuple[str, bytes]]) -> None:
    page.goto(address)
    kind = "application/octet-stream"
    page.set_input_files("#send input", [{"name": n, "mimeType": kind, "buffer": content} for n, content in files])
    page.wait_for_url("**/sent/*", timeout=60_000)


def pictures(count: int, first: int = 0) -> list[tuple[str, bytes]]:
    return [(f"p{n:03}.jpg", jpeg((40 + n, 30 + n % 7), "teal")) for n in range(first, first + count)]


def broken() -> list[tuple[str, bytes]]:
    """Twenty that cannot be read: cut off, empty, web pages, programs that call themselves pictures."""
    kinds = [b"", b"<!doctype html><p>404 Not Found", b"no picture at all"]
    named = [(f"broken{n:02}.jpg", [jpeg((400 + n, 300))[:500], *kinds][n % 4]) for n in range(BROKEN - 1)]
    return [*named, (f"{HOSTILE}.jpg", b"")]


def begin(page, words: str) -> None:
    page.click(f"#acts >> text={words}")
    page.wait_for_selector("section[data-job]")


def ended(page, title: str, seconds: float = 120) -> None:
    expect(page.locator("h1")).to_have_text(title, timeout=seconds * 1000)


def test_300_files_with_20_broken_are_tried_brought_and_reported(page, served):
    upload(page, "/import", [*pictures(GOOD), *broken()])
    assert page.text_content(".is-new dd") == str(
        GOOD + 5
    )  # five are cut off: who only sees their beginning cannot tell
    begin(page, "先试 20 个")
    ended(page, "试好了")
    assert re.search(r"还有 260 个等您一句话，全部约", page.text_content(".waiting"))
    page.click("#go-on")
    ended(page, "导入完成")
    assert "新增 280 件" in page.text_content(".came") and "20 个没能导入" in page.text_content(".came")
    rows = page.locator(".faults tbody tr")
    assert rows.count() == BROKEN
    for row in rows.all():
        name, what, remedy = row.locator(":is(th, td)").all_text_contents()
        assert ("broken" in name or name == f"{HOSTILE}.jpg") and what and remedy
    with page.expect_download() as file:
        page.click("#csv")
    lines = list(csv.reader(io.StringIO(file.value.path().read_text("utf-8-sig"))))
    assert sum(line[1] == "失败" for line in lines) == BROKEN and len(lines) == 1 + GOOD + BROKEN
    page.click("#see")
    expect(page.locator("#count")).to_have_text("280 件")
    page.goto("/import")
    assert "280 个进了目录 · 20 个没成" in page.text_content(".recent")


def test_a_batch_goes_on_where_it_was_when_the_server_is_started_again(browser, tmp_path, house):
    slow = LightPerception(house.perception, pause_s=0.4)
    with browser.new_context() as context:
        page = context.new_page()
        with served_house(tmp_path, None, concurrency=1) as first:
            first.house._perception = slow
            port = int(first.url.rpartition(":")[2])
            upload(page, f"{first.url}/import", pictures(30, 400))
            begin(page, "开始导入")
            expect(page.locator("progress").nth(1)).to_have_attribute("value", re.compile("[3-9]"), timeout=60_000)
        expect(page.locator(".lost")).to_have_text("连不上图鉴，正在再试…")
        with served_house(tmp_path, None, port=port, concurrency=1) as second:
            second.house._perception = LightPerception(house.perception)
            ended(page, "导入完成")
            assert "新增 30 件" in page.text_content(".came")
            assert page.locator(".faults").count() == 0


def test_a_batch_is_paused_gone_on_with_and_cancelled(page, served):
    served.house._perception.pause_s = 0.3
    try:
        upload(page, "/import", pictures(30, 500))
        begin(page, "开始导入")
        page.click("#pause")
        expect(page.locator("h1")).to_have_text("已暂停")
        page.click("#go-on")
        expect(page.locator("h1")).to_have_text("正在导入")
        page.click("#cancel")
        expect(page.locator("h1")).to_have_text("已取消", timeout=20_000)  # what is begun may hold the store
    finally:
        served.house._perception.pause_s = 0.0


def sheet(*rows: tuple[str, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_columns_are_chosen_and_what_would_happen_follows(page):
    content = f"列一,货号,{HOSTILE}\na.jpg,K1,{HOSTILE}\n".encode("gbk")
    upload(page, "/import", [("新品.csv", content), ("a.jpg", jpeg((77, 30)))])
    assert page.text_content(".is-faulty dd") == "1"  # a new number without a picture
    page.select_option("select[aria-label^='列一']", "picture")
    expect(page.locator(".is-new dd")).to_have_text("1")
    page.select_option(f"select[aria-label^='{HOSTILE}']", "name")
    expect(page.locator("#outcome")).not_to_have_attribute("aria-busy", "true")
    assert page.text_content("tr:last-child .sample") == HOSTILE
    begin(page, "开始导入")
    ended(page, "导入完成")
    page.click("#see")
    assert page.text_content(".tile .title") == HOSTILE


def test_a_sheet_is_checked_with_its_pictures(page, served, house, samples):
    light, served.house._perception = served.house._perception, house.perception
    try:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.write(samples / "juice.jpg", "in/juice.jpg")
        book = sheet(
            ("主图", "标题", "净含量", "颜色"), ("juice.jpg", HOSTILE, "250ml", "绿"), ("nix.jpg", "x", "", "")
        )
        upload(page, "/check", [("新品.xlsx", book), ("图.zip", file.getvalue())])
        page.click("text=开始体检")
        ended(page, "体检报告")
        assert "共 2 行，2 行有标记" in page.text_content(".job")
        page.click(".kinds >> text=净含量不符")
        row = page.locator(".findings tbody tr")
        assert row.count() == 1 and "250ml" in row.text_content()
        expect(row.locator("img")).to_have_js_property("complete", True)
        assert row.locator("img").evaluate("img => img.naturalWidth") > 20
        with page.expect_download() as download:
            page.click("#download")
        marked = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
        assert "体检" in marked.sheetnames and download.value.suggested_filename == "新品-体检.xlsx"
    finally:
        served.house._perception = light


def test_a_shopify_csv_is_exported_once_a_finding_is_acknowledged(page, served):
    catalogue = Catalogue.opened(served.house.settings, served.house.database, served.house.tasks)
    shown = served.house.open(Shot(jpeg(), "t.jpg"))[1]
    added = catalogue.add([Incoming(shown, jpeg())], who="t", sku="BEST-1")
    catalogue.save(added.id, record(name=value("最好的夹克"), brand=value("MILLET"), colours=value(["红色"], "colour")))
    page.goto("/catalogue?brand=MILLET")
    page.click(".shelf-head >> text=导出")
    assert page.is_checked("[value=shopify]") and "品牌 MILLET" in page.text_content(".chips")
    page.click("button >> text=试算")
    expect(page.locator("#outcome .lost")).to_contain_text("没有价格 · 1 件，例如 BEST-1")
    expect(page.locator("#outcome .adverts")).to_contain_text("“最好”")
    assert "最好的夹克" in page.text_content("#outcome tr:has-text('Title')")
    page.fill("[name=pictures_at]", "https://cdn.example.com/s")
    page.press("[name=pictures_at]", "Tab")
    expect(page.locator("#outcome")).not_to_contain_text("图片没有公开网址")  # it follows what is chosen
    page.check("[value=jsonl]")
    expect(page.locator("#outcome")).to_contain_text("都能带走")
    assert page.locator("#outcome table").count() == 0
    page.reload()
    assert page.is_checked("[value=jsonl]") and "都能带走" in page.text_content("#outcome")
    page.check("[value=shopify]")
    page.fill("[name=pictures_at]", "")
    page.press("[name=pictures_at]", "Tab")
    expect(page.locator("#outcome")).to_contain_text("图片没有公开网址")
    page.click("#outcome .lost a >> nth=0")
    expect(page.locator("h1")).to_have_text("最好的夹克")
    page.go_back()
    page.click("text=准备导出")
    ended(page, "先看一下这些话")
    assert "BEST-1 · name · “最好”" in page.text_content(".adverts")
    page.click("button >> text=仍要导出")  # refused by the browser: the tick is missing
    page.check("[name=acknowledged]")
    page.click("button >> text=仍要导出")
    ended(page, "准备好了")
    assert "图片没有公开网址" in page.text_content(".lost")
    with page.expect_download() as download:
        page.click("#download")
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert [(row["SKU"], row["Title"], row["Status"]) for row in rows] == [("BEST-1", "最好的夹克", "Draft")]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("film.mp4", b"\0\0\0\x18ftypmp42" + bytes(50), "这是视频"),
        ("setup.exe", b"MZ" + bytes(50), "这是程序"),
        ("leer.csv", b"", "文件是空的"),
        ("old.xls", b"\xd0\xcf\x11\xe0" + bytes(600), "旧版 .xls"),
    ],
)
def test_a_wrong_file_says_what_it_is_and_what_to_do(page, name, content, said):
    upload(page, "/import", [(name, content)])
    assert said in page.inner_text("main")


def test_a_full_disk_is_told_where_the_files_are_chosen(page, monkeypatch):
    monkeypatch.setattr("tujian.bringing.parcels.LEFT_FREE_BYTES", 10**18)
    page.goto("/import")
    page.set_input_files("#send input", [{"name": f"{HOSTILE}.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}])
    expect(page.locator("#left-out li")).to_contain_text("请分几次上传，或先腾出磁盘空间")
    assert HOSTILE in page.text_content("#left-out li")


def test_a_dropped_file_goes_up(page):
    page.goto("/import")
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["货号\\nA1\\n"], "a.csv"));
          document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    page.wait_for_url("**/import/sent/*")


def test_everything_is_reached_by_the_keyboard(page):
    page.goto("/import")
    page.focus("#send input")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.recent a, .line input')")
    upload(page, "/import", pictures(1, 700))
    page.keyboard.press("Tab")
    page.focus("#acts .main-button")
    page.keyboard.press("Enter")
    ended(page, "导入完成")
    page.focus("#see")
    page.keyboard.press("Enter")
    page.wait_for_url("**/catalogue?batch=*")


@pytest.mark.parametrize("width", [390, 2560])
def test_nothing_overflows_and_english_is_english(page, width):
    page.set_viewport_size({"width": width, "height": 844})
    upload(page, "/import", [("a.csv", "货号,品牌\nA1,蒙牛\n".encode()), ("f.mp4", b"\0\0\0\x18ftypmp42" + bytes(50))])
    sent = page.url
    for lang in ("zh", "en"):
        for address in ("/import", sent, "/check", sent.replace("/import/", "/check/"), "/export", "/export?brand=x"):
            page.goto(f"{address}{'&' if '?' in address else '?'}lang={lang}")
            assert fits_the_width(page), (address, lang)
            foreign = page.inner_text("body").replace("中文", "").replace("图", "")
            foreign = re.sub("货号|品牌|蒙牛|新品.csv", "", foreign)
            assert lang == "zh" or re.findall(r"[\u3400-\u9fff]+", foreign) == [], address


def test_pages_are_drawn_in_time(served, page):
    for address in ("/import", "/check", "/export"):
        timed = []
        for _ in range(5):
            page.goto(address)
            timed.append(page.evaluate("performance.getEntriesByType('navigation')[0].responseStart"))
        assert sorted(timed)[2] <= 300, (address, timed)
