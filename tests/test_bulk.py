"""Many items changed at once, over HTTP; pages go compressed. req: B11, C1, E9"""

import threading

import pytest
from fastapi.testclient import TestClient
from kept import incoming, open_catalogue

from tujian.api import create_app
from tujian.catalogue import Catalogue
from tujian.catalogue.changing import lock_items
from tujian.database import open_database
from tujian.errors import StoreFailed
from tujian.house import House
from tujian.settings import read_settings


@pytest.fixture
def catalogue(client):
    house = client.house
    return Catalogue.opened(house.settings, house.database, house.tasks)


@pytest.fixture
def client(tmp_path, house):
    """A house of its own on an empty database, with the models of the shared one."""
    opened = House(read_settings(home=tmp_path, lang="en", engine="none"))
    opened._perception = house.perception
    client = TestClient(create_app(opened), base_url="http://localhost:7860")
    client.house = opened
    yield client
    opened.close()


@pytest.fixture
def three(catalogue: Catalogue):
    return [catalogue.add([incoming(bytes([n]))], who="test").id for n in range(3)]


def brands(catalogue, ids):
    return [catalogue.get(one, also=("hidden",))["brand"] for one in ids]


def test_many_items_are_changed_together_and_taken_back(client, catalogue, three):
    done = client.post("/v1/items/bulk", json={"items": three, "fields": {"brand": "ALPRO"}}).json()
    assert done["items"] == 3 and brands(catalogue, three) == ["ALPRO"] * 3
    assert catalogue.history(three[0])[0].batch == done["batch"]
    catalogue.edit(three[1], {"brand": "OATLY"}, who="somebody")
    undone = client.post("/v1/items/bulk/undo", json={"batch": done["batch"], "items": three})
    assert undone.json()["items"] == 2, undone.text  # what somebody changed since stays
    assert brands(catalogue, three) == [None, "OATLY", None]


@pytest.mark.parametrize("wrong", [{"brand": ["a", "b"]}, {"no_such_field": "x"}])
def test_when_one_refuses_none_is_changed(client, catalogue, three, wrong):
    reply = client.post("/v1/items/bulk", json={"items": three, "fields": {"name": "Milk", **wrong}})
    assert reply.status_code in (400, 422) and reply.json()["error"]["remedy"]
    missing = client.post("/v1/items/bulk", json={"items": [*three, "f" * 32], "fields": {"name": "Milk"}})
    assert missing.status_code == 404
    assert all(catalogue.get(one)["name"] is None for one in three)


def test_hidden_items_are_not_changed_by_who_did_not_ask_for_them(client, catalogue, three):
    assert client.post("/v1/items/bulk", json={"items": three, "visibility": "hidden"}).json()["items"] == 3
    wish = {"items": three, "fields": {"brand": "ALPRO"}}
    assert client.post("/v1/items/bulk", json=wish).status_code == 404
    assert client.post("/v1/items/bulk", json={**wish, "also": ["hidden"]}).status_code == 200


@pytest.mark.parametrize(
    "wish", [{}, {"items": []}, {"items": ["x"]}, {"items": ["x"] * 501, "fields": {"brand": "a"}}]
)
def test_a_change_that_is_none_is_refused(client, wish):
    assert client.post("/v1/items/bulk", json=wish).status_code in (400, 422)


def test_pages_go_compressed_and_pictures_as_they_are(client, three):
    page = client.get("/catalogue?view=table", headers={"Accept-Encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip" and "Accept-Encoding" in page.headers["vary"]
    plain = client.get("/catalogue?view=table", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.text.count("<tr") == 4
    assert "content-encoding" not in client.get("/samples/milk_side.png", headers={"Accept-Encoding": "gzip"}).headers


def test_a_table_has_the_columns_that_were_asked_for(client, catalogue, three):
    catalogue.edit(three[0], {"brand": "<b>ALPRO</b>", "item.sku": "A-1"}, who="somebody")
    page = client.get("/catalogue?view=table&column=brand&column=item.sku&column=no_such&lang=en").text
    assert page.count('scope="col"') == 4 and ">A-1</button>" in page and "&lt;b&gt;ALPRO" in page
    assert "view=table&amp;column=brand" in page  # facets and languages keep it


def test_many_items_at_once_and_one_of_them_wait_for_each_other_in_one_order(postgres, tmp_path):
    """Else the first holds the counter that the second wants, and the second an item that the first wants."""
    database = open_database(postgres.render_as_string(hide_password=False))
    catalogue = open_catalogue(database, tmp_path)
    ids = [catalogue.add([incoming(bytes([n]))], who="t").id for n in range(6)]
    wrong: list[Exception] = []

    def one_by_one() -> None:
        try:
            for turn in range(40):
                catalogue.edit(ids[-1 - turn % 6], {"brand": f"b{turn}"}, who="one")
        except StoreFailed as failed:
            wrong.append(failed)

    beside = threading.Thread(target=one_by_one)
    beside.start()
    for turn in range(15):
        with database.write() as connection:
            lock_items(connection, ids)
            for item_id in ids:
                catalogue.edit(item_id, {"brand": f"a{turn}"}, who="many", within=connection)
    beside.join()
    database.close()
    assert not wrong
