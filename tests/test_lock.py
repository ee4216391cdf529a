"""The lock before hidden and sensitive things: opened on purpose, for a while, closed by a button. req: E9"""

import html

import pytest
from fastapi.testclient import TestClient
from kept import incoming, record, value

from tujian.api import create_app
from tujian.api.lock import OPEN_S, Lock
from tujian.catalogue import Catalogue
from tujian.house import House
from tujian.settings import read_settings

BROWSER = {"Sec-Fetch-Site": "same-origin"}
TOKEN = "t" * 20
HIDDEN_PATHS = ("/catalogue?also=sensitive", "/album?also=hidden&also=sensitive", "/search?q=a&also=hidden")


@pytest.fixture(params=[None, TOKEN], ids=["loopback", "token"])
def token(request):
    return request.param


@pytest.fixture
def house(tmp_path, token):
    house = House(read_settings(home=tmp_path, lang="zh", engine="none", **({"token": token} if token else {})))
    yield house
    house.close()


@pytest.fixture
def browser(house, token):
    """A browser, logged in where that is needed."""
    client = TestClient(create_app(house), base_url="http://localhost:7860", follow_redirects=False, headers=BROWSER)
    if token:
        client.cookies.set("tujian_token", token)
    return client


@pytest.fixture
def paper(house):
    catalogue = Catalogue.opened(house.settings, house.database, house.tasks)
    kept = catalogue.add([incoming()], who="t", kind="photo").id
    catalogue.save(kept, record(task="album", sensitive=True, summary=value("身份证正面")))
    return kept


def opened(browser, token, then="/album"):
    return browser.post("/lock", data={"then": then, "token": token or ""})


@pytest.mark.parametrize("path", HIDDEN_PATHS)
def test_a_browser_is_led_to_the_lock_and_back(browser, token, path):
    answer = browser.get(path)
    assert answer.status_code == 303 and answer.headers["location"].startswith("/lock?then=%2F")
    page = browser.get(answer.headers["location"])
    assert page.status_code == 200 and html.escape(path) in page.text
    back = opened(browser, token, path)
    assert (back.status_code, back.headers["location"]) == (303, path)
    for word in ("HttpOnly", "SameSite=strict", f"Max-Age={OPEN_S}"):
        assert word in back.headers["set-cookie"]
    shown = browser.get(path)
    assert shown.status_code == 200 and shown.headers["cache-control"] == "no-store"


def test_nothing_of_what_is_locked_is_sent_before(browser, paper, token):
    for path in (f"/v1/items/{paper}?also=sensitive", f"/v1/pictures/{'0' * 64}/thumbnail?also=sensitive"):
        answer = browser.get(path)
        assert answer.status_code == 403 and "锁着" in answer.json()["error"]["message"]
    assert "身份证" not in browser.get("/album").text
    asked = browser.post("/search", data={"q": "身份证", "also": "sensitive"})
    assert asked.status_code == 403
    opened(browser, token)
    assert browser.get(f"/v1/items/{paper}?also=sensitive").json()["title"]


def test_the_button_closes_it_for_good(browser, token):
    opened(browser, token)
    key = browser.cookies["tujian_lock"]
    closed = browser.post("/lock/close")
    assert (closed.status_code, closed.headers["location"]) == (303, "/album")
    browser.cookies.set("tujian_lock", key)  # whoever kept it
    assert browser.get(HIDDEN_PATHS[0]).status_code == 303


def test_the_token_is_typed_again(browser, token):
    wrong = browser.post("/lock", data={"then": "/album", "token": "wrong"})
    if token:
        assert wrong.status_code == 403 and "令牌不对" in wrong.text and "tujian_lock" not in browser.cookies
    else:
        assert wrong.status_code == 303


def test_it_closes_by_itself():
    now = [0.0]
    lock = Lock(lambda: now[0])
    cookies = f"tujian_lock={lock.open()}"
    now[0] = OPEN_S - 1
    assert lock.is_open(cookies)
    now[0] = OPEN_S
    assert not lock.is_open(cookies) and not lock.is_open("") and not lock.is_open("tujian_lock=")


def test_programs_ask_in_so_many_words(house, paper, token):
    program = TestClient(create_app(house), base_url="http://localhost:7860")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    assert program.get(f"/v1/items/{paper}?also=sensitive", headers=headers).status_code == 200
    assert program.get(f"/v1/items/{paper}", headers=headers).status_code == 404


ELSEWHERE = ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:a", "/\r\nx"]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_it_leads_to_no_other_site(browser, token, elsewhere):
    assert opened(browser, token, elsewhere).headers["location"] == "/album"


BODIES = {  # every endpoint that takes `also` in its body
    "/v1/search": {"data": {"text": "身份证", "also": "sensitive"}},
    "/v1/search/proposals": {"data": {"text": "身份证", "also": "sensitive"}},
    "/search": {"data": {"q": "身份证", "also": "sensitive"}},
    "/v1/exports": {"json": {"to": "csv", "also": ["sensitive"]}},
    "/v1/exports/preview": {"json": {"to": "csv", "also": ["sensitive"]}},
    "/export": {"data": {"to": "csv", "also": "sensitive"}},
    "/v1/items/bulk": {"json": {"items": ["x"], "fields": {"name": "a"}, "also": ["sensitive"]}},
    "/v1/items/bulk/undo": {"json": {"batch": "x", "items": ["x"], "also": ["sensitive"]}},
}


@pytest.mark.parametrize("path", BODIES)
def test_what_a_body_asks_for_is_locked_as_well(browser, paper, token, path):
    assert browser.post(path, **BODIES[path]).status_code == 403
    opened(browser, token)
    assert browser.post(path, **BODIES[path]).status_code != 403


def test_no_endpoint_takes_such_a_body_unseen_by_these_tests(browser, house):
    told = create_app(house).openapi()
    takes = set()
    for path, verbs in told["paths"].items():
        for body in (verb.get("requestBody") for verb in verbs.values()):
            for form in (body or {"content": {}})["content"].values():
                schema = form.get("schema", {})
                named = told["components"]["schemas"].get(schema.get("$ref", "").split("/")[-1], schema)
                properties = named.get("properties", {})
                takes |= {path} if "also" in properties else set()
    assert takes == {path for path in BODIES if path.startswith("/v1/")}
