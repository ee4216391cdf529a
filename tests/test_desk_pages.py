"""The desk's pages: a task edited and tried, settings kept, the overview, two greetings. req: A4, C1, D4, D8"""

import html
import json
import re
from pathlib import Path

import pytest
from browsing import fits_the_width
from chat_server import jpeg, served_house
from fastapi.testclient import TestClient
from playwright.sync_api import expect
from test_models_page import text_of
from test_pages import Inline

from tujian.api import create_app
from tujian.api.settings_pages import folder_bytes
from tujian.house import House
from tujian.settings import origins, read_settings
from tujian.web.render import ROOMS, read_words, rooms_for

HOSTILE = '"><img src=x onerror=alert(1)>'
ZH, EN = read_words("zh"), read_words("en")
MINE = """---
name: mine
title: {zh: 我的, en: Mine}
fields:
  - {name: barcode, type: code, label: {zh: 条码, en: Barcode}, sources: [barcode]}
  - {name: brand, type: brand, label: {zh: 牌子, en: Make}, sources: [rule, model]}
---
## zh
看图。
## en
Look.
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("desk")


@pytest.fixture
def house(home, monkeypatch):
    for path in [*home.glob("tasks/*.md"), *home.glob("settings.toml")]:
        path.unlink()
    monkeypatch.setenv("TUJIAN_HOME", str(home))
    monkeypatch.setenv("TUJIAN_ENGINE_MODEL", "from-outside")
    opened = House(read_settings(engine="none"))
    yield opened
    opened.close()


@pytest.fixture
def client(house) -> TestClient:
    return TestClient(create_app(house), base_url="http://localhost:7860")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/tasks", "/tasks/product", "/overview", "/settings", "/"])
def test_pages_hold_no_script_or_style_of_their_own(client, path, lang):
    page = client.get(f"{path}?lang={lang}")
    assert page.status_code == 200 and Inline(page.text).found == []


# tasks


def test_the_list_tells_which_are_own_and_opens_each(client, house):
    page = client.get("/tasks").text
    assert re.findall(r'href="/tasks/(\w+)"', page) == [task.name for task in house.tasks]
    assert 'class="own"' not in page
    client.post("/tasks", data={"text": MINE})
    assert f'<b class="own">✎ {ZH["tasks_own"]}</b>' in client.get("/tasks").text


def test_a_task_is_read_with_fields_prompt_and_schema(client, house):
    page = text_of(client.get("/tasks/product").text)
    task = house.tasks.get("product")
    assert all(field.label.zh in page for field in task.fields)
    assert task.prompts.zh in page and '"additionalProperties": false' in page
    assert client.get("/tasks/nothing").status_code == 404
    assert client.get("/tasks/..%2Fsettings").status_code == 404


def test_saved_a_task_is_used_at_once_and_removed_the_shipped_one_is_back(client, home):
    text = (Path(__file__).parents[1] / "src/tujian/data/tasks/tags.md").read_text("utf-8")
    changed = text.replace("en: Tags}", "en: My tags}")
    answer = client.post("/tasks", data={"text": changed, "name": "tags"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/tasks/tags?done=saved")
    assert "My tags" in json.dumps(client.get("/v1/tasks").json())
    assert (home / "tasks" / "tags.md").read_text("utf-8") == changed
    client.post("/tasks/tags/remove")
    assert "My tags" not in json.dumps(client.get("/v1/tasks").json()) and not (home / "tasks" / "tags.md").exists()


def test_what_is_wrong_is_said_with_its_line_and_what_was_written_stays(client, home):
    text = MINE.replace("type: brand", "type: brnad")
    part = client.post("/tasks/check", data={"text": text}).text
    assert 'data-line="6"' in part and "只能是" in part and "<main" not in part
    page = client.post("/tasks", data={"text": text, "name": "mine"})
    assert page.status_code == 400 and "brnad" in page.text and 'data-line="6"' in page.text
    assert not (home / "tasks" / "mine.md").exists()
    assert ZH["task_good"].format(title="我的", count=2) in client.post("/tasks/check", data={"text": MINE}).text


def test_tried_on_a_picture_an_unsaved_task_leaves_nothing(client, house, samples):
    before = sorted(house.tasks.names())
    files = {"image": ("milk.jpg", (samples / "milk-side.jpg").read_bytes())}
    part = text_of(client.post("/tasks/try", data={"text": MINE}, files=files).text)
    assert "条码" in part and "9520123450014" in part and "牌子" in part
    assert sorted(house.tasks.names()) == before
    assert house.database.engine is not None and client.get("/v1/items").json()["items"] == []
    wrong = client.post("/tasks/try", data={"text": "no task"}, files=files)
    assert wrong.status_code == 400 and wrong.json()["error"]["type"] == "BadTask"
    assert client.post("/tasks/try", data={"text": MINE}, files={"image": ("a.jpg", b"none")}).status_code == 400


def test_names_in_a_task_are_text(client):
    text = MINE.replace("我的", f"'{HOSTILE}'").replace("牌子", f"'{HOSTILE}'")
    client.post("/tasks", data={"text": text})
    for path in ("/tasks", "/tasks/mine"):
        page = client.get(path).text
        assert "<img src=x" not in page and HOSTILE in html.unescape(page)


@pytest.mark.parametrize("path", ["/tasks", "/tasks/mine/remove", "/settings/engine", "/settings/mine", "/first"])
def test_another_site_changes_nothing(client, house, path):
    form = {"text": MINE, "engine_url": "http://evil.example/v1", "lang": "zh", "first": "shop"}
    assert client.post(path, data=form, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert "mine" not in house.tasks.names() and not (house.settings.home_dir / "settings.toml").exists()


# settings


def test_every_setting_says_where_it_is_from(client, house):
    found = origins(house.settings)
    assert (found["home"], found["engine"], found["engine_model"], found["port"]) == (
        "environment", "command", "environment", "default",
    )  # fmt: skip
    page = text_of(client.get("/settings").text)
    assert "from-outside" in page and ZH["settings_held"].format(origin=ZH["settings_environment"]) in page


def test_an_engine_is_written_into_the_file_and_its_key_never_comes_back(client, home):
    (home / "settings.toml").write_text('# mine\nport = 9000  # why\n[other]\nkey = "x"\n', "utf-8")
    form = {"engine_url": "https://models.example.com/v1", "engine_model": "qwen", "engine_key": "sk-secret-1",
            "lang": "en"}  # fmt: skip
    page = client.post("/settings/engine", data=form)
    assert page.status_code == 200 and "sk-secret-1" not in page.text and ZH["settings_key_set"] in page.text
    kept = (home / "settings.toml").read_text("utf-8")
    assert 'engine_key = "sk-secret-1"' in kept and kept.startswith("# mine\nport = 9000  # why\n")
    assert ZH["settings_later"] in text_of(page.text) and ZH["setting_engine_url"] in text_of(page.text)
    client.post("/settings/engine", data={**form, "engine_key": "", "no_key": "true"})
    assert "engine_key" not in (home / "settings.toml").read_text("utf-8")


@pytest.mark.parametrize(
    "wrong",
    [{"engine_url": "localhost:8080"}, {"engine_url": "http://key@example.com/v1"}, {"engine_url": "file:///etc/passwd"},
     {"engine_url": "http://["}, {"engine_key": "two words"}, {"engine_key": "a\nb"}, {"engine_model": '"\n[x]'}],
)  # fmt: skip
def test_what_is_no_setting_is_refused_or_kept_as_text(client, home, wrong):
    answer = client.post("/settings/engine", data={"lang": "zh", **wrong})
    if "engine_model" in wrong:  # any text is a name: it is one string in the file
        assert read_settings(home=home, engine_model=None).home_dir == home
        return
    assert answer.status_code == 400 and not (home / "settings.toml").exists()
    assert next(iter(wrong.values())) in html.unescape(answer.text) or "engine_key" in wrong


def test_a_broken_file_is_told_on_the_page(client, home):
    (home / "settings.toml").write_text("port = [", "utf-8")
    page = client.get("/settings")
    assert page.status_code == 200 and "settings.toml 读不了" in page.text
    assert client.post("/settings/engine", data={"lang": "zh", "engine_model": "x"}).status_code == 400
    assert (home / "settings.toml").read_text("utf-8") == "port = ["


def test_a_persons_name_stands_in_the_history_as_text(client):
    client.post("/settings/mine", data={"lang": "zh", "name": f"李雷 {HOSTILE} sheet:x"})
    item = client.post("/v1/items", files={"image": ("a.jpg", jpeg())}, data={"task": ""}).json()["id"]
    client.patch(f"/v1/items/{item}", json={"fields": {"brand": "ALPRO"}}, headers={"If-Match": "*"})
    who = client.get(f"/v1/items/{item}/history").json()["history"][0]["who"]
    assert who.startswith("李雷 ") and len(who) <= 40 and ":" not in who
    page = client.get(f"/catalogue/{item}").text
    assert "<img src=x" not in page and "李雷" in page
    client.post("/settings/mine", data={"lang": "zh", "name": ""})
    client.patch(f"/v1/items/{item}", json={"fields": {"brand": "Oatly"}}, headers={"If-Match": "*"})
    assert client.get(f"/v1/items/{item}/history").json()["history"][0]["who"] == "api"
    client.delete(f"/v1/items/{item}")


def test_a_folder_is_measured_as_far_as_time_allows(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("x", "a/y", "a/b/z"):
        (tmp_path / name).write_bytes(b"12345")
    assert folder_bytes(tmp_path, 5.0) == (15, True)
    assert folder_bytes(tmp_path, 0.0)[1] is False


# two greetings


def test_an_empty_catalogue_asks_what_for_once(client):
    assert 'action="/first"' in client.get("/").text
    client.post("/first", data={"first": "family"})
    page = client.get("/").text
    assert 'action="/first"' not in page
    bar = re.findall(r'<a href="([^"]+)"', page[page.index("<nav") : page.index("</nav>")])
    assert bar[: len(ROOMS)] == [address for address, _ in rooms_for("family")] and bar[0] != "/"


def test_a_full_catalogue_does_not_ask(client):
    item = client.post("/v1/items", files={"image": ("a.jpg", jpeg())}, data={"task": ""}).json()["id"]
    assert 'action="/first"' not in client.get("/").text
    client.delete(f"/v1/items/{item}")


@pytest.mark.parametrize("first", ["", "shop", "family"])
def test_nothing_is_left_out_of_the_bar(first):
    assert sorted(rooms_for(first)) == sorted(ROOMS)


# in a browser


@pytest.fixture
def open_page(browser):
    """Opens pages on which any script error or refused script fails the test."""
    contexts, troubles = [], []

    def opened(url, width=1280, **more):
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **more))
        page = contexts[-1].new_page()
        page.set_default_timeout(15000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda line: "Content Security Policy" in line.text and troubles.append(line.text))
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.mark.browser
def test_a_task_is_mended_tried_saved_and_used(open_page, tmp_path):
    with served_house(tmp_path, None) as served:
        page = open_page(f"{served.url}/tasks/describe")
        text = page.input_value("#text")
        wrong = text.replace("name: describe", "name: mine", 1).replace("type: code", "typ: code", 1)
        page.fill("#text", wrong)
        expect(page.locator("#verdict.is-bad")).to_contain_text("是不是 type？")
        line = int(page.get_attribute("#verdict", "data-line"))
        page.click("#verdict")
        chosen = page.evaluate("getSelection().toString() || text.value.slice(text.selectionStart, text.selectionEnd)")
        assert chosen == wrong.split("\n")[line - 1]
        page.fill("#text", wrong.replace("typ: code", "type: code").replace("zh: 条码", "zh: 我的条码"))
        expect(page.locator("#verdict.is-good")).to_be_visible()
        page.click("[data-sample] >> nth=0")
        expect(page.locator("#tried .told")).to_contain_text("我的条码")
        expect(page.locator("#tried")).to_contain_text("9520123450014")
        page.click("#save")
        expect(page).to_have_url(f"{served.url}/tasks/mine?done=saved")
        page.goto(served.url)
        page.select_option("#task", "mine")
        page.click("[data-sample] >> nth=0")
        expect(page.locator(".plate")).to_contain_text("我的条码")
        page.goto(f"{served.url}/tasks/mine")
        page.click(".removing summary")
        page.click(".removing button")
        expect(page).to_have_url(f"{served.url}/tasks")
        expect(page.locator('a[href="/tasks/mine"]')).to_have_count(0)


@pytest.mark.browser
def test_settings_are_kept_over_a_restart(open_page, tmp_path, monkeypatch):
    monkeypatch.setenv("TUJIAN_HOME", str(tmp_path))
    with served_house(tmp_path, None) as served:
        page = open_page(f"{served.url}/settings")
        page.select_option("[action='/settings/mine'] [name=lang]", "en")
        page.select_option("[name=theme]", "dark")
        page.select_option("[name=first]", "shop")
        page.fill("[name=name]", "李雷 <b>")
        page.click("[action='/settings/mine'] button")
        expect(page.locator("h1")).to_have_text(EN["nav_settings"])
        assert page.get_attribute("html", "data-theme") == "dark" and page.input_value("[name=name]") == "李雷 <b>"
        page.fill("[name=engine_model]", "qwen3-vl")
        page.click("[action='/settings/engine'] button")
        expect(page.locator(".later")).to_contain_text(EN["setting_engine_model"])
    with served_house(tmp_path, None) as served:
        page.goto(f"{served.url}/settings")  # cookies know no port
        assert page.input_value("[name=engine_model]") == "qwen3-vl" and page.input_value("[name=name]") == "李雷 <b>"
        expect(page.locator(".later")).to_have_count(0)
        expect(page.locator(".settings-table").first).to_contain_text("qwen3-vl")


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 900, 2560])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_overflows_and_what_is_pressed_is_large_enough(open_page, tmp_path, lang, width):
    with served_house(tmp_path, None) as served:
        page = open_page(f"{served.url}/tasks?lang={lang}", width)
        small = "nodes => nodes.filter(n => n.getBoundingClientRect().height < 43.5).map(n => n.textContent)"
        for path in ("/", "/tasks", "/tasks/product", "/settings", "/overview", "/models"):
            page.goto(served.url + path)
            assert fits_the_width(page), path
            if path in ("/tasks", "/tasks/product", "/settings", "/overview"):
                assert page.locator("main :is(button, select, summary):visible").evaluate_all(small) == [], path
