"""The page of chats in a real browser, against the real app before an engine that speaks slowly. req: B1, D13"""

import io
import json
from itertools import pairwise
from pathlib import Path

import pytest
from browsing import fits_the_width
from chat_server import SlowEngine, served_house, wait_until
from PIL import Image
from playwright.sync_api import expect

from tujian.chats import Chats
from tujian.errors import EngineDown
from tujian.web import static_dir

pytestmark = pytest.mark.browser

PROSE = (
    "A **carton** of apple juice.\n\n| field | value |\n|---|---|\n| net | 1 L |\n\n" + "It is white and green. " * 12
)
TOLD = "A **carton** of apple juice.\n\n" + " ".join(f"Sentence {n} says {n * n}." for n in range(1, 40))
BOXES = '```json\n[{"bbox_2d": [100, 200, 300, 400], "label": "brand"}, {"bbox_2d": [0, 500, 1000, 1000]}]\n```'
HOSTILE = (
    "<img src=x onerror=alert(1)> <script>alert(2)</script> [click](javascript:alert(3)) ![t](http://t.example/t.gif)\n"
    "<a href='javascript:alert(4)'>x</a> **<svg onload=alert(5)>** `<b>` https://e.example &lt;i&gt;\n\n"
    "| <iframe src=//e.example> |\n|---|\n| <style>*{display:none}</style> |"
)


def answering(question):
    asked = question.prompt
    named = {"where": BOXES, "hostile": HOSTILE, "Tell": TOLD}
    return next((answer for word, answer in named.items() if word in asked), PROSE)


@pytest.fixture
def served(tmp_path):
    with served_house(tmp_path, SlowEngine(answering, pause_s=0.02)) as house:
        yield house


@pytest.fixture
def open_page(browser):
    """Opens pages on which any script error, refused script, opened dialog or foreign request fails the test."""
    troubles, contexts = [], []

    def opened(url, path="/chat", width=1280, height=900):
        context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda line: "Content Security Policy" in line.text and troubles.append(line.text))
        page.on("request", lambda asked: asked.url.startswith((url, "blob:")) or troubles.append(asked.url))
        page.goto(url + path)
        expect(page.locator("#theme")).not_to_be_empty()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def page(open_page, served):
    return open_page(served.url)


def attach(page, *names, samples, kind="image/jpeg"):
    content = (samples / "honey.jpg").read_bytes()
    page.set_input_files("#files", [{"name": name, "mimeType": kind, "buffer": content} for name in names])
    expect(page.locator("#pending img")).to_have_count(len(names))


def ask(page, question):
    page.fill("#question", question)
    page.press("#question", "Enter")


def answered(page, count=1):
    expect(page.locator(".turn.answered:not([aria-busy])")).to_have_count(count)
    return page.locator(".turn.answered").last


def test_a_question_about_a_picture_is_answered_while_it_is_said(page, samples, served):
    attach(page, "honey.jpg", samples=samples)
    expect(page.locator("#gallery img").first).to_have_js_property("naturalWidth", 920)
    ask(page, "What is it?")
    expect(page.locator(".turn.asked")).to_have_text("你What is it?")
    lengths = []
    while page.locator("[aria-busy=true]").count():
        lengths.append(len(page.text_content("#turns .turn.answered .prose")))
        page.wait_for_timeout(100)
    shrunk = [max(0, before - after) for before, after in pairwise(lengths)]
    assert len(set(lengths)) > 5 and max(shrunk) <= 4  # the stars of a word go once it is known to be bold
    turn = answered(page)
    assert turn.locator("strong").text_content() == "carton"
    assert turn.locator("td").all_text_contents() == ["net", "1 L"]
    assert page.input_value("#question") == "" and page.locator("#pending li").count() == 0
    assert len(served.engine.questions[0].jpegs) == 1
    expect(page.locator("#live")).to_contain_text("apple juice")
    expect(page.locator("#chats a[aria-current]")).to_contain_text("What is it?")


def test_history_is_there_after_a_reload_and_by_its_address(page, samples):
    attach(page, "honey.jpg", samples=samples)
    ask(page, "What is it?")
    answered(page)
    page.reload()
    answered(page)
    expect(page.locator("#gallery img").first).to_have_js_property("naturalWidth", 896)  # the view, kept by sha256
    page.click("#fresh")
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator("#welcome")).to_be_visible()
    page.go_back()
    answered(page)
    page.click("#fresh")
    page.click("#chats a")
    answered(page)


def test_a_stopped_answer_stays_as_far_as_it_came(page, served):
    ask(page, "What is it?")
    expect(page.locator(".prose strong")).to_have_text("carton")
    expect(page.locator("#send")).to_be_hidden()
    page.click("#stop")
    turn = answered(page)
    expect(turn.locator(".ending")).to_have_text("已停止。")
    wait_until(lambda: served.engine.stops == 1)
    ask(page, "Go on")
    answered(page, 2)
    page.reload()
    answered(page, 2)
    kept = page.locator(".turn.answered").first
    expect(kept.locator(".ending")).to_have_text("已停止。")
    assert kept.locator(".prose").text_content().startswith("A carton")
    assert [said.role for said in served.engine.questions[1].earlier] == ["user", "assistant"]


def test_the_title_is_edited_where_it_stands(page):
    ask(page, "What is it?")
    answered(page)
    page.fill("#title", "苹果汁 <b>")
    page.press("#title", "Enter")
    expect(page.locator("#chats a span")).to_have_text("苹果汁 <b>")
    page.reload()
    expect(page.locator("#title")).to_have_value("苹果汁 <b>")
    page.fill("#title", "  ")
    page.press("#title", "Enter")
    expect(page.locator("#title")).to_have_value("苹果汁 <b>")


def test_a_chat_is_deleted_only_when_somebody_says_so(page, samples, served):
    attach(page, "honey.jpg", samples=samples)
    ask(page, "What is it?")
    answered(page)
    page.click("#delete")
    expect(page.locator("#confirm-words")).to_contain_text("What is it?")
    page.keyboard.press("Escape")
    page.click("#delete")
    page.keyboard.press("Enter")  # the button that keeps it has the focus
    expect(page.locator("#chats li")).to_have_count(1)
    page.click("#delete")
    page.click("#confirm [value=delete]")
    expect(page.locator("#chats li")).to_have_count(0)
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.locator("#gallery")).to_be_hidden()
    assert Chats(served.house.database).newest().chats == []


def test_hostile_markdown_stays_text(page):
    ask(page, "hostile")
    prose = answered(page).locator(".prose")
    assert prose.locator("img, script, a, svg, iframe, style").count() == 0
    said = prose.text_content()
    for part in ("<img src=x onerror=alert(1)>", "javascript:alert(3)", "http://t.example/t.gif", "&lt;i&gt;"):
        assert part in said
    for part in ("<script>alert(2)</script>", "<svg onload=alert(5)>", "<iframe src=//e.example>", "<style>*{"):
        assert part in said


def test_places_of_an_answer_are_drawn_on_the_picture_and_lit_from_its_list(page, samples):
    attach(page, "honey.jpg", samples=samples)
    ask(page, "where is what?")
    answered(page)
    where = "([one, two]) => [one, two].map((e) => e.getBoundingClientRect().toJSON())"
    handles = [page.query_selector(path) for path in (".frame img", ".mark")]
    image, mark = page.evaluate(where, handles)
    assert mark["x"] - image["x"] == pytest.approx(0.1 * image["width"], abs=1)
    assert mark["y"] - image["y"] == pytest.approx(0.2 * image["height"], abs=1)
    assert mark["width"] == pytest.approx(0.2 * image["width"], abs=1)
    assert page.locator(".places li").all_text_contents() == ["1brand", "2第 2 处"]
    page.hover(".places li >> nth=0")
    expect(page.locator(".mark.is-lit span")).to_have_text("brand")
    page.mouse.move(5, 5)
    expect(page.locator(".mark.is-lit")).to_have_count(0)
    page.focus(".places li >> nth=1")
    expect(page.locator(".mark.is-lit b")).to_have_text("2")
    expect(page.locator(".answered details .prose pre")).to_be_hidden()  # the JSON itself is folded away


def test_several_pictures_are_sent_together_and_each_can_be_looked_at(page, samples, served):
    files = [samples / name for name in ("honey.jpg", "tea.jpg", "juice.jpg")]
    page.set_input_files("#files", files)
    expect(page.locator("#pending img")).to_have_count(3)
    page.click("#pending li:nth-child(2) button")
    ask(page, "Compare")
    answered(page)
    assert len(served.engine.questions[0].jpegs) == 2
    expect(page.locator("figcaption span")).to_have_text("juice.jpg")
    page.click(".turn.asked [title='honey.jpg']")
    expect(page.locator("figcaption span")).to_have_text("honey.jpg")
    page.click("#gallery [title='juice.jpg']")
    expect(page.locator("#gallery [aria-current]")).to_have_attribute("title", "juice.jpg")


def test_more_pictures_than_fit_and_files_that_are_none_are_explained(page, samples):
    attach(page, *(f"{n}.jpg" for n in range(8)), samples=samples)
    page.set_input_files("#files", samples / "tea.jpg")
    expect(page.locator("#trouble")).to_contain_text("8")
    expect(page.locator("#pending li")).to_have_count(8)
    page.reload()
    page.set_input_files("#files", {"name": "a.tif", "mimeType": "image/tiff", "buffer": b"no picture at all"})
    expect(page.locator("#trouble")).to_be_visible()


def test_a_question_does_not_go_without_the_picture_that_was_refused(page, served):
    page.set_input_files("#files", {"name": "a.tif", "mimeType": "image/tiff", "buffer": b"no picture at all"})
    expect(page.locator("#pending li span")).to_have_text("!")
    ask(page, "What is it?")
    expect(page.locator("#trouble")).to_be_visible()
    expect(page.locator(".turn")).to_have_count(0)
    assert served.engine.questions == []
    page.click("#pending button")
    expect(page.locator("#trouble")).to_be_hidden()
    ask(page, "What is it?")
    answered(page)


def test_a_format_that_browsers_do_not_show_is_shown_by_the_server(page):
    file = io.BytesIO()
    Image.new("RGB", (320, 256), "teal").save(file, "TIFF")
    page.set_input_files("#files", {"name": "a.tif", "mimeType": "image/tiff", "buffer": file.getvalue()})
    expect(page.locator("#gallery img").first).to_have_js_property("naturalWidth", 320)


def test_pictures_come_by_drop_paste_and_sample(page):
    bring = """(way) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array([1])], way + '.png', { type: 'image/png' }));
        const event = way === 'paste'
            ? new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true })
            : new DragEvent('drop', { dataTransfer: transfer, bubbles: true });
        document.getElementById('question').dispatchEvent(event);
    }"""
    page.click("[data-sample] >> nth=0")
    expect(page.locator("#pending img")).to_have_count(1)
    page.evaluate(bring, "drop")
    page.evaluate(bring, "paste")
    expect(page.locator("#pending img")).to_have_count(3)


def test_a_preset_is_asked_at_once_where_there_is_a_picture_else_it_waits_for_one(page, samples, served):
    page.click("[data-preset] >> nth=0")
    expect(page.locator("#question")).to_have_value("请列出图中所有成分")
    assert served.engine.questions == []
    attach(page, "honey.jpg", samples=samples)
    page.click("[data-preset] >> nth=2")
    answered(page)
    assert served.engine.questions[0].prompt == "提取图片中的所有文字"


def test_a_picture_alone_is_described(page, samples, served):
    attach(page, "honey.jpg", samples=samples)
    page.click("#send")
    answered(page)
    assert served.engine.questions[0].prompt == "请用中文描述这张图片"


def test_enter_sends_but_not_with_shift_nor_while_a_word_is_chosen(page, served):
    page.type("#question", "one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    page.evaluate("""() => {
        for (const chosen of [{ isComposing: true }, { keyCode: 229 }]) {
            const enter = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...chosen });
            document.getElementById('question').dispatchEvent(enter);
        }
    }""")
    assert page.locator(".turn").count() == 0
    page.keyboard.press("Enter")
    answered(page)
    assert served.engine.questions[0].prompt == "one\ntwo"


def test_keyboard_alone_is_enough(page, samples):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id + location.hash") == "question"
    attach(page, "honey.jpg", samples=samples)
    page.keyboard.type("where?")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "stop"
    answered(page)
    page.focus("summary:text('原样')")
    page.keyboard.press("Tab")
    expect(page.locator(".mark.is-lit")).to_have_count(1)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_how_it_answers_is_kept_and_sent_and_a_wrong_number_is_not(page, served):
    page.click("#sampling summary")
    page.fill("[name=temperature]", "0.2")
    page.fill("[name=max_tokens]", "64")
    page.press("[name=max_tokens]", "Tab")
    page.reload()
    ask(page, "What is it?")
    answered(page)
    assert (served.engine.questions[0].sampling.temperature, served.engine.questions[0].sampling.max_tokens) == (
        0.2,
        64,
    )
    page.click("#sampling summary")
    page.fill("[name=top_p]", "7")
    ask(page, "Again")
    assert page.locator(".turn").count() == 2 and len(served.engine.questions) == 1
    page.click("#usual")
    ask(page, "Again")
    answered(page, 2)
    assert served.engine.questions[1].sampling.temperature == 0.7


def test_the_language_changes_in_place_and_keeps_what_was_typed_and_attached(page, samples):
    attach(page, "honey.jpg", samples=samples)
    ask(page, "What is it?")
    answered(page)
    page.fill("#question", "half a question")
    page.click("#lang")
    expect(page.locator("#send")).to_have_text("Send")
    assert page.input_value("#question") == "half a question"
    assert page.locator("[data-preset]").all_text_contents()[0] == "List all ingredients in the picture"
    expect(page.locator(".how").first).to_contain_text("took")
    assert page.evaluate("document.documentElement.lang") == "en"


def test_only_the_chats_about_one_picture_are_listed_when_asked_for(page, samples):
    ask(page, "Without a picture")
    answered(page)
    page.click("#fresh")
    attach(page, "honey.jpg", samples=samples)
    ask(page, "With one")
    answered(page)
    expect(page.locator("#chats li")).to_have_count(2)
    page.click("figcaption button")
    expect(page.locator("#chats li")).to_have_count(1)
    page.click("#all")
    expect(page.locator("#chats li")).to_have_count(2)


def test_a_chat_is_saved_as_a_file(page):
    ask(page, "What is it?")
    answered(page)
    with page.expect_download() as download:
        page.click("#save-md")
    assert "A **carton** of apple juice." in Path(download.value.path()).read_text("utf-8")
    with page.expect_download() as download:
        page.click("#save-json")
    assert len(json.loads(Path(download.value.path()).read_text("utf-8"))["turns"]) == 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_phone_nothing_overflows_and_the_list_unfolds(open_page, served, samples, lang):
    page = open_page(served.url, f"/chat?lang={lang}", 390, 844)
    assert fits_the_width(page)
    attach(page, "honey.jpg", samples=samples)
    ask(page, "where is what? " * 10)
    answered(page)
    ask(page, "What is it?")
    answered(page, 2)
    assert fits_the_width(page)
    assert page.locator("#chats").is_hidden()
    page.click("#unfold")
    expect(page.locator("#chats a")).to_be_visible()
    assert fits_the_width(page)
    composer = page.locator("#composer").bounding_box()
    assert composer["y"] + composer["height"] <= 845


def test_without_an_engine_the_page_says_what_would_add_one_and_keeps_the_question(open_page, tmp_path):
    with served_house(tmp_path, None) as served:
        page = open_page(served.url)
        expect(page.locator(".missing")).to_contain_text("tujian models pull")
        ask(page, "What is it?")
        expect(page.locator("#trouble")).to_contain_text("没有连接视觉语言模型")
        assert page.input_value("#question") == "What is it?"
        assert Chats(served.house.database).newest().chats == []  # no empty chat is left behind


def test_an_engine_that_fails_says_why_beside_what_it_said(open_page, tmp_path):
    down = EngineDown(zh=("服务停了。", "请重启它。"), en=("It is down.", "Start it."))
    with served_house(tmp_path, SlowEngine(PROSE, pause_s=0.02, fails=down, words=4)) as served:
        page = open_page(served.url)
        ask(page, "What is it?")
        turn = answered(page)
        assert turn.locator(".prose").text_content() == "A carton of apple"
        assert turn.locator(".ending").text_content() == "服务停了。 请重启它。"
        expect(page.locator("#live")).to_have_text("服务停了。")
        expect(page.locator("#send")).to_be_visible()


def test_a_server_that_goes_away_half_way_is_told(open_page, tmp_path):
    with served_house(tmp_path, SlowEngine(PROSE, pause_s=0.05)) as served:
        page = open_page(served.url)
        page.route("**/turns", lambda route: route.fulfill(content_type="text/event-stream", body=HALF))
        ask(page, "What is it?")
        turn = answered(page)
        assert turn.locator(".prose").text_content() == "A car"
        expect(turn.locator(".ending")).to_contain_text("连不上图鉴")


def test_an_answer_that_a_restart_broke_off_is_asked_for_again_where_it_stands(open_page, tmp_path, samples):
    """A worker's story: the server goes away in the middle of an answer and comes back."""
    with served_house(tmp_path, SlowEngine(TOLD, pause_s=0.1)) as first:
        page, port = open_page(first.url), int(first.url.rpartition(":")[2])
        attach(page, "honey.jpg", samples=samples)
        ask(page, "What is it?")
        expect(page.locator("[aria-busy=true] .prose strong")).to_have_text("carton")
    turn = answered(page)
    said = turn.locator(".prose").text_content()
    assert said.startswith("A carton") and len(said) < 200
    expect(turn.locator(".ending")).to_contain_text("回答中断了：连不上图鉴。")
    expect(page.locator("#live")).to_have_text("回答中断了：连不上图鉴。")
    page.fill("#question", "a draft")
    page.click("#retry")  # nobody is there yet: nothing is lost
    expect(page.locator("#trouble")).to_contain_text("连不上图鉴")
    assert answered(page).locator(".prose").text_content() == said
    with served_house(tmp_path, SlowEngine(TOLD, pause_s=0.02), port=port) as second:
        page.click("#retry")
        expect(page.locator("#retry")).to_be_hidden()
        expect(answered(page).locator(".prose")).to_contain_text("Sentence 39 says 1521.")
        expect(page.locator("#trouble")).to_be_hidden()
        expect(page.locator(".ending")).to_have_count(0)
        assert page.input_value("#question") == "a draft"
        assert len(second.engine.questions[0].jpegs) == 1 and second.engine.questions[0].earlier == ()
        page.reload()
        expect(answered(page).locator(".prose")).to_contain_text("Sentence 39 says 1521.")
        expect(page.locator(".turn.asked")).to_have_text(["你What is it?"])
        expect(page.locator("#chats li")).to_have_count(1)
        expect(page.locator("#retry")).to_be_hidden()


def test_a_question_that_a_killed_server_left_without_an_answer_is_answered(open_page, served):
    chats = Chats(served.house.database)
    chat_id = chats.begin().id
    chats.ask(chat_id, "What is it?")
    page = open_page(served.url, f"/chat#{chat_id}")
    expect(page.locator("#again")).to_contain_text("这个问题还没有答完。")
    page.click("#retry")
    answered(page)
    assert [turn.role for turn in chats.read(chat_id).turns] == ["user", "assistant"]


def test_a_new_question_may_be_asked_instead_of_the_one_that_broke_off(page):
    ask(page, "Tell me")
    expect(page.locator(".prose strong")).to_have_text("carton")
    page.click("#stop")
    answered(page)
    expect(page.locator("#retry")).to_be_visible()
    ask(page, "Tell me more")
    answered(page, 2)
    expect(page.locator("#retry")).to_be_hidden()


ASKED = {"number": 1, "role": "user", "text": "What is it?", "pictures": [], "boxes": []}
FIRST = f"event: asked\ndata: {json.dumps({'title': 'What is it?', 'turn': ASKED})}\n\n"
HALF = f'{FIRST}event: piece\ndata: {{"text": "A car"}}\n\nevent: pie'

MARKDOWN = [
    ("# One\n## Two ##", "<h3>One</h3><h4>Two</h4>"),
    ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
    ("**a *b* c** __d__ _e_", "<p><strong>a <em>b</em> c</strong> <strong>d</strong> <em>e</em></p>"),
    ("snake_case_name 2 * 3 * 4 **", "<p>snake_case_name 2 * 3 * 4 **</p>"),
    ("`a **b** <c>` ``d`e`` `", "<p><code>a **b** &lt;c&gt;</code> <code>d`e</code> `</p>"),
    ("- a\n  - b\n\n    c\n- d", "<ul><li><p>a</p><ul><li><p>b</p><p>c</p></li></ul></li><li><p>d</p></li></ul>"),
    ("3. a\n4) b", '<ol start="3"><li><p>a</p></li><li><p>b</p></li></ol>'),
    ("1. a\nlazy\n- b", "<ol><li><p>a<br>lazy</p></li></ol><ul><li><p>b</p></li></ul>"),
    ("```py\n<b> # x\n```\nafter", "<pre><code>&lt;b&gt; # x</code></pre><p>after</p>"),
    ("```\nnever closed", "<pre><code>never closed</code></pre>"),
    ("> a\n> - b\n\n---", "<blockquote><p>a</p><ul><li><p>b</p></li></ul></blockquote><hr>"),
    (
        "| a | **b** |\n|:-|-:|\n| 1 |\n| 2 | 3 | 4 |",
        '<div class="wide"><table><thead><tr><th>a</th><th><strong>b</strong></th></tr></thead>'
        "<tbody><tr><td>1</td><td></td></tr><tr><td>2</td><td>3</td></tr></tbody></table></div>",
    ),
    ("[a](javascript:x(1)) \\*c\\*", "<p><span>a<small> javascript:x(1)</small></span> *c*</p>"),
    ("![b](//e)", "<p><span>b<small> //e</small></span></p>"),
    ("## C#\n# a ###  ", "<h4>C#</h4><h3>a</h3>"),
    ("", ""),
]


@pytest.mark.parametrize("text, html", MARKDOWN, ids=lambda value: value[:20])
def test_markdown_becomes_elements(page, text, html):
    made = """async (text) => {
        const { render } = await import('/static/markdown.js');
        const box = document.createElement('div');
        box.append(render(text));
        return box.innerHTML;
    }"""
    assert page.evaluate(made, text) == html


HEAVY = [
    *(part * 100_000 for part in ("*", "[", "`", "|", "\\", "  ")),
    *(part * 25_000 for part in ("**a ", "_a", "| a\n", "![](", "1. a\n\n", "`a` ", "``` ", "**a**b")),
    *("# a" + " " * 100_000 + "b", "# " + "#" * 100_000 + "x", "- " * 50_000 + "x", "-" + " " * 100_000 + "x"),
    *("|\n" + " " * 100_000 + "x", "|\n-" + " " * 100_000 + "x", "|\n" + "-|" * 50_000 + "x"),
    "|" * 1_000 + "\n" + "|-" * 1_000 + "\n" + "|\n" * 50_000,  # a thousand columns and rows without end
    "|a|b|\n|-|-|\n" + "|1|2|\n" * 30_000,
    *("a\n" * 60_000, "a" + "*b*" * 60_000, "- a\n" * 5_000, "> " * 50_000, "\\a" * 60_000),
]


@pytest.mark.parametrize("text", HEAVY, ids=range(len(HEAVY)))
def test_no_answer_makes_the_page_stand_still(page, text):
    spent_ms = page.evaluate(
        """async (text) => {
        const { render } = await import('/static/markdown.js');
        let least = Infinity; // of three: other work on the machine only ever adds
        for (let run = 0; run < 3 && least >= 1500; run++) {
            const begun = performance.now();
            render(text);
            least = Math.min(least, performance.now() - begun);
        }
        return least;
    }""",
        text,
    )
    assert spent_ms < 1500


def test_the_scripts_of_the_chat_stay_small():
    own = ("chat", "turns", "gallery", "markdown", "talk")
    assert sum((static_dir / f"{name}.js").stat().st_size for name in own) < 27_000
