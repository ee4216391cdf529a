"""A shop's day by HTTP and by the pages, on either database: pictures in, looked at, found, corrected, reviewed, taken
out; then every page. req: C1, D8, E9, F1"""

import time
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient

from tujian.api import create_app
from tujian.house import House
from tujian.settings import read_settings
from tujian.web.render import ROOMS

BROUGHT = ("milk-front.jpg", "shirt.jpg", "honey.jpg")
LATEST_S = 60  # for three pictures, on a busy machine


@pytest.fixture
def shop(place, tmp_path, house):
    """A server with its worker on an empty database, SQLite's or PostgreSQL's."""
    url = {} if not isinstance(place, str) else {"database": place}
    opened = House(read_settings(home=tmp_path, lang="zh", engine="none", **url))
    opened._perception = house.perception
    with TestClient(create_app(opened), base_url="http://localhost:7860") as client:
        yield SimpleNamespace(http=client, house=opened)


def bring(http, samples):
    ids = []
    for name in BROUGHT:
        reply = http.post("/v1/items", files={"image": (name, (samples / name).read_bytes())}, data={"sku": name[:5]})
        assert reply.status_code == 201, reply.text
        ids.append(reply.json()["id"])
    return ids


def looked_at(http, ids):
    until = time.monotonic() + LATEST_S
    while time.monotonic() < until:
        items = [http.get(f"/v1/items/{one}").json() for one in ids]
        if all(one["values"] for one in items):
            return items
        time.sleep(0.1)
    raise AssertionError("no worker looked at the pictures")


def test_a_shops_day(shop, samples):
    http = shop.http
    ids = bring(http, samples)
    milk = looked_at(http, ids)[0]
    found = http.post("/v1/search", data={"text": "牛奶"}).json()
    assert found["hits"][0]["item"]["id"] == ids[0]

    tag = http.get(f"/v1/items/{ids[0]}").headers["ETag"]
    edited = http.patch(f"/v1/items/{ids[0]}", json={"fields": {"brand": "晨光牧场"}}, headers={"If-Match": tag})
    assert edited.status_code == 200 and edited.json()["version"] > milk["version"]
    late = http.patch(f"/v1/items/{ids[0]}", json={"fields": {"brand": "别的"}}, headers={"If-Match": tag})
    assert late.status_code == 412, "a lost update is refused"
    assert http.post("/v1/search", data={"text": "晨光牧场"}).json()["hits"][0]["item"]["id"] == ids[0]

    sheet = http.post("/v1/exports", json={"to": "csv", "acknowledged": True})
    assert sheet.status_code == 200 and "晨光牧场" in sheet.content.decode("utf-8-sig")

    addresses = [*(address for address, _ in ROOMS), "/catalogue?view=table", f"/catalogue/{ids[0]}", "/search?q=牛奶",
                 "/check", "/export", "/review?reason=sample", "/album?by=category"]  # fmt: skip
    for address in addresses:
        page = http.get(address, headers={"Accept": "text/html"})
        assert page.status_code == 200 and "</html>" in page.text, address


def test_a_question_asked_in_a_wrong_form_is_not_answered_as_if_nothing_was_asked(shop):
    as_json = shop.http.post("/v1/search", json={"text": "牛奶"})
    misspelled = shop.http.post("/v1/search", data={"txet": "牛奶"})
    for reply, named in ((as_json, "JSON"), (misspelled, "txet")):
        told = reply.json()["error"]
        assert reply.status_code == 400 and named in told["message"] and "strictness" in told["remedy"]
    edited = shop.http.patch(f"/v1/items/{'f' * 32}", json={"fileds": {}})
    assert edited.status_code == 400 and "fileds" in edited.json()["error"]["message"]
