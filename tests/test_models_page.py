"""The page of models: who looks, what the self-test has shown, what fits; what is done about failures. req: A3, F7"""

import html
import json
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from browsing import fits_the_width
from chat_server import jpeg, served_house
from fastapi.testclient import TestClient
from playwright.sync_api import expect
from test_models import LAPTOP, RTX_3090, SMALL, eyes_half, here, pair
from test_selftest import Able, sees

from tujian.api import create_app
from tujian.conversation import boxes_hold
from tujian.engines.fake import FakeEngine
from tujian.engines.models import Found
from tujian.engines.remote import RemoteEngine
from tujian.engines.selftest import ATTEMPTS, Report, run_checks
from tujian.house import House
from tujian.settings import read_settings
from tujian.web.models import Standing, render_models
from tujian.web.render import Reader, read_words

HOSTILE = "<img src=x onerror=alert(1)>"
ZH, EN = read_words("zh"), read_words("en")


def text_of(page: str) -> str:
    """What a person reads, on one line; the head holds every word of the page, said or not."""
    body = re.sub(r"<head>.*?</head>|<[^>]*>", " ", page, flags=re.S)
    return " ".join(html.unescape(body).split())


def rendered(lang="zh", memory=LAPTOP, found=Found(), **standing) -> str:  # noqa: B008 - it is frozen
    return render_models(Reader(lang), Standing(found, memory, **standing))


def checked(engine: FakeEngine) -> dict:
    """Who an engine is and what its self-test shows, as the house would tell the page."""
    return {"place": engine.place, "used": engine.used(), "report": run_checks(engine)}


@pytest.fixture
def client(tmp_path):
    houses = []

    def opened(engine=None) -> TestClient:
        houses.append(House(read_settings(home=tmp_path, lang="zh", engine="none"), engine=engine))
        app = create_app(houses[-1])
        app.state.house = houses[-1]
        return TestClient(app, base_url="http://localhost:7860")

    yield opened
    for house in houses:
        house.close()


def remote(model: str | None = "qwen3-vl", url: str = "https://models.example.com:8443/v1") -> RemoteEngine:
    return RemoteEngine(url, model=model, key="top-secret", timeout_s=1.0)


# who looks


@pytest.mark.parametrize(("lang", "words"), [("zh", ZH), ("en", EN)])
def test_without_an_engine_the_page_says_what_one_command_adds(client, lang, words):
    answer = client().get(f"/models?lang={lang}")
    assert answer.status_code == 200 and "default-src 'self'" in answer.headers["content-security-policy"]
    assert words["models_none"] in text_of(answer.text) and words["models_list"] in text_of(answer.text)
    assert 'action="/models/test"' not in answer.text
    page = text_of(rendered(lang))
    assert "tujian models pull qwen3-vl-2b" in page and "1.6 GB" in page
    installed = text_of(rendered(lang, found=Found((here("qwen3-vl-2b"),))))
    assert words["models_none_use"] in installed and installed.count("tujian models use qwen3-vl-2b") == 2


def test_a_machine_too_small_for_every_model_is_told_and_nothing_is_recommended():
    page = rendered(memory=replace(SMALL, total_mb=2_500))
    assert ZH["models_none_fits"] in text_of(page) and ZH["models_best"] not in text_of(page)
    assert page.count(f'<span class="warning">{ZH["models_too_large"]}</span>') == 10


@pytest.mark.parametrize(("lang", "words"), [("zh", ZH), ("en", EN)])
def test_an_engine_here_is_shown_with_each_check_in_the_pages_language(lang, words):
    page = rendered(lang, **checked(Able()))
    said = text_of(page)
    assert words["models_good"] in said and words["models_here"] in said and words["models_test_again"] in said
    assert 'class="leaves"' not in page
    assert re.findall(r'data-check="(\w+)"', page) == list(ATTEMPTS)
    assert page.count(f'aria-label="{words["models_mark_good"]}"') == len(ATTEMPTS)
    assert re.search(r'<time datetime="\d{4}-\d\d-\d\dT', page)


def test_a_remote_engine_is_marked_and_its_key_is_not_shown(client):
    page = client(remote()).get("/models").text
    assert 'class="leaves"' in page
    assert ZH["models_elsewhere"].format(host="models.example.com:8443") in text_of(page)
    assert "top-secret" not in page
    assert ZH["models_here"] not in text_of(page)


def test_a_server_on_this_machine_is_no_remote_one(client):
    page = client(remote(url="http://127.0.0.1:8080/v1")).get("/models").text
    assert ZH["models_here"] in text_of(page) and "127.0.0.1:8080" in text_of(page) and 'class="leaves"' not in page


def test_a_server_that_does_not_answer_is_shown_with_the_reason(client):
    page = client(remote(model=None, url="http://127.0.0.1:9/v1")).get("/models")
    assert page.status_code == 200
    assert ZH["models_unnamed"] in text_of(page.text) and '<span class="bad">✗ ' in page.text


def test_names_are_text_and_never_markup(client, tmp_path):
    pair(tmp_path / "models", HOSTILE)
    (tmp_path / "models" / f"{HOSTILE} broken.gguf").write_bytes(b"no model")
    page = client(remote(model=HOSTILE)).get("/models").text
    assert "<img" not in page
    # attached, its command twice: a shell is given the name in quotes; and the file that cannot be used
    assert text_of(page).count(HOSTILE) >= 4
    assert f"tujian models use '{HOSTILE}-Q4_K_M'" in text_of(page)


# what the self-test has shown


def test_a_model_that_does_not_look_is_warned_of_plainly():
    page = text_of(rendered(**checked(Able(lambda question: "A red rectangle."))))
    assert ZH["models_blind"] in page and ZH["models_did_picture"] in page
    assert ZH["models_blind"] not in text_of(rendered(**checked(Able())))


def test_what_failed_is_named_with_what_is_done_about_it():
    def clumsy(question):
        if "bbox_2d" in question.prompt:
            return "[]"
        return "The sea is wide." if "poem" in question.prompt else sees(question)

    page = text_of(rendered(**checked(Able(clumsy))))
    assert ZH["models_flawed"].format(count=3) in page
    assert "改用文字要求" in page and ZH["models_did_boxes"] in page


def test_what_could_not_be_tried_is_not_called_failed():
    report = run_checks(Able())
    report = report.model_copy(update={"checks": [c.model_copy(update={"passed": None}) for c in report.checks]})
    page = text_of(rendered(**checked(Able()) | {"report": report}))
    assert ZH["models_untried"].format(count=len(ATTEMPTS)) in page and ZH["models_did_retry"] in page


def test_every_failure_says_what_it_means():
    """Of schemas the check itself says what is done."""
    words = {f"models_did_{name.removeprefix('long_')}" for name in ATTEMPTS if name != "schema"}
    assert words <= set(ZH)


def test_tried_again_the_page_shows_the_new_result(client):
    engine = Able(lambda question: '{"k7": "q1"}' if question.schema else "A red rectangle.")
    page = client(engine)
    assert ZH["models_test_now"] in text_of(page.get("/models").text)
    answer = page.post("/models/test", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/models")
    assert ZH["models_blind"] in text_of(page.get("/models").text)
    engine._replies = (sees,)  # the server's owner has loaded another model
    assert ZH["models_blind"] not in text_of(page.post("/models/test").text)
    assert ZH["models_good"] in text_of(page.get("/models").text)


def test_a_test_that_cannot_begin_says_why_in_the_pages_language(client):
    page = client(remote(model=None, url="http://127.0.0.1:9/v1"))
    page.cookies.set("lang", "en")
    answer = page.post("/models/test")
    assert (
        answer.status_code == 502 and '<span class="bad">✗ ' in answer.text and EN["models_now"] in text_of(answer.text)
    )


def test_without_an_engine_there_is_nothing_to_try(client):
    answer = client().post("/models/test")
    assert answer.status_code == 503 and answer.json()["error"]["type"] == "NoEngine"


def test_another_site_cannot_have_it_tried(client):
    engine = Able()
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        assert client(engine).post("/models/test", headers=headers).status_code == 403
    assert engine.questions == []


def test_one_test_at_a_time_and_the_page_says_that_it_runs(client):
    going, go_on = threading.Event(), threading.Event()

    def slow(question):
        going.set()
        assert go_on.wait(10)
        return sees(question)

    engine = Able(slow)
    page = client(engine)
    first = threading.Thread(target=page.post, args=("/models/test",))
    first.start()
    assert going.wait(10)
    asked = len(engine.questions)
    assert ZH["models_trying"] in text_of(page.post("/models/test").text) and len(engine.questions) == asked
    go_on.set()
    first.join(20)
    assert ZH["models_good"] in text_of(page.get("/models").text)


# which models there are


def test_the_table_says_for_each_model_what_the_command_line_says():
    eight = here("qwen3-vl-8b:q8_0")
    page = rendered("en", RTX_3090, Found((eight,)))
    rows = [text_of(row) for row in re.findall(r'<tr role="row".*?</tr>', page, flags=re.S)[1:]]
    assert len(rows) == 10
    best = next(row for row in rows if row.startswith("qwen3-vl-8b:q8_0"))
    assert "★ recommended" in best and "✓ installed" in best and best.endswith("tujian models use qwen3-vl-8b:q8_0")
    assert next(row for row in rows if row.startswith("qwen3-vl-2b:q4")).endswith("tujian models pull qwen3-vl-2b")
    assert [row for row in rows if "recommended" in row] == [best]
    assert "RTX 3090 23.5 GB" in text_of(page)


def test_a_card_that_llama_cpp_cannot_use_is_named():
    page = text_of(rendered(memory=replace(LAPTOP, idle_gpus=("RTX 4090",))))
    assert ZH["models_gpu_idle"].format(gpus="RTX 4090") in page


def test_files_that_cannot_be_used_are_named_with_the_remedy(client, tmp_path):
    eyes_half(tmp_path / "models" / "mmproj-lonely.gguf")
    (tmp_path / "models" / "torn.gguf").write_bytes(b"GGUF")
    page = text_of(client().get("/models").text)
    assert ZH["models_unusable"] in page and "torn" in page


# boxes in answers


BOXED = 'A brand: {"bbox_2d": [1, 2, 3, 4], "label": "ALPRO"}'


def report_with(**passed: bool | None) -> Report:
    report = run_checks(Able())
    checks = [check.model_copy(update={"passed": passed.get(check.name, True)}) for check in report.checks]
    return report.model_copy(update={"checks": checks})


@pytest.mark.parametrize(
    ("failed", "hold"),
    [({}, True), ({"boxes": False}, False), ({"long_boxes": False}, False), ({"long_boxes": None}, True)],
)
def test_boxes_are_drawn_unless_the_self_test_found_them_wrong(client, failed, hold):
    page = client(FakeEngine(BOXED))
    page.app.state.house.report = report_with(**failed)
    chat_id = page.post("/v1/chats").json()["id"]
    answer = page.post(f"/v1/chats/{chat_id}/turns", data={"question": "?"}, files=[("image", ("a.jpg", jpeg()))])
    done = json.loads(answer.text.strip().split("\n\n")[-1].partition("data: ")[2])
    assert (len(done["boxes"]) == 1) is hold and done["text"] == BOXED


def test_boxes_of_an_engine_not_tried_yet_are_drawn():
    assert boxes_hold(None)


# in a browser


@pytest.fixture
def served(tmp_path):
    pair(tmp_path / "models", "a model with a long name and blanks " * 3)
    engine = Able(lambda question: "A red rectangle.")
    with served_house(tmp_path, engine) as house:
        yield house


@pytest.fixture
def open_page(browser, served):
    """Opens pages on which any script error or refused script fails the test."""
    contexts, troubles = [], []

    def opened(path="/models", width=1280, **more):
        contexts.append(browser.new_context(viewport={"width": width, "height": 844}, **more))
        page = contexts[-1].new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda line: "Content Security Policy" in line.text and troubles.append(line.text))
        page.goto(served.url + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_phone_nothing_overflows_on_any_page(open_page, served, lang):
    served.house.examine()
    page = open_page(f"/models?lang={lang}", width=390)
    expect(page.locator("#theme")).not_to_be_empty()
    assert fits_the_width(page)
    small = "nodes => nodes.filter(n => n.getBoundingClientRect().height < 43.5).map(n => n.textContent)"
    assert page.locator("header :is(a, button):visible, #again button, .copy").evaluate_all(small) == []
    for path in ("/", "/chat"):
        page.goto(served.url + path)
        expect(page.locator("#theme")).not_to_be_empty()
        assert fits_the_width(page)


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_browser_may_have_it_tried_again(open_page, served, scripts):
    """A browser calls the Origin of a form "null" when the page's policy is to send no referrer at all."""
    page = open_page(java_script_enabled=scripts)
    page.click("#again button")
    expect(page.locator(".checks li")).to_have_count(len(ATTEMPTS))
    assert page.url == f"{served.url}/models"
    expect(page.locator(".blind")).to_be_visible()


@pytest.mark.browser
def test_the_keyboard_is_enough_and_commands_are_copied(open_page, served):
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=served.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus("#again button")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "quiet copy"
    page.keyboard.press("Enter")
    expect(page.locator(".copy").first).to_have_text(ZH["copied"])
    assert page.evaluate("() => navigator.clipboard.readText()") == page.locator("code.command").first.text_content()


@pytest.mark.browser
def test_while_it_is_tried_the_button_waits(open_page):
    page = open_page()
    expect(page.locator("#theme")).not_to_be_empty()
    # the page is held back: nothing can be asked of one that is about to be left
    page.evaluate("document.getElementById('again').addEventListener('submit', (event) => event.preventDefault())")
    page.click("#again button")
    expect(page.locator("#testing")).to_have_text(ZH["models_testing"])
    expect(page.locator("#again button")).to_be_disabled()


@pytest.mark.browser
def test_the_language_and_the_theme_are_changed_from_the_bar(open_page):
    page = open_page()
    page.click("#lang")
    expect(page.locator("h1")).to_have_text(EN["nav_models"])
    assert page.get_attribute("nav a[aria-current]", "href") == "/models"
    page.click("#theme")
    assert page.get_attribute("html", "data-theme") == "light"
    assert page.get_attribute("#theme", "aria-label") == "Theme: ○ Light"


def test_the_page_needs_no_home_of_models(client, tmp_path):
    assert not Path(tmp_path / "models").exists() and client().get("/models").status_code == 200


@pytest.mark.browser
def test_a_browser_may_log_in(browser, tmp_path, monkeypatch):
    """The other form of the pages, under the same policy."""
    monkeypatch.setenv("TUJIAN_TOKEN", "long-enough")
    with served_house(tmp_path, FakeEngine()) as house:
        page = browser.new_page()
        page.goto(house.url)
        page.fill("#token", "long-enough")
        page.click("form button")
        expect(page).to_have_url(f"{house.url}/")
        page.goto(f"{house.url}/models")
        expect(page.locator("h1")).to_have_text(ZH["nav_models"])
        page.close()
