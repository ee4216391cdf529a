"""The catalogue over HTTP and on the command line, with the real house and its worker. req: A15, B11, C1, C7, E9"""

import hashlib
import hmac
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from fastapi.testclient import TestClient
from kept import incoming, record, value
from PIL import Image, ImageDraw

from tujian.api import create_app
from tujian.batches import Batches
from tujian.catalogue import Catalogue
from tujian.house import House
from tujian.jobs import Jobs
from tujian.settings import read_settings
from tujian.worker import Worker, handlers_of


def png(colour="red") -> bytes:
    file = io.BytesIO()
    image = Image.new("RGB", (320, 240), "white")
    ImageDraw.Draw(image).rectangle((60, 40, 260, 200), fill=colour)
    image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def home(tmp_path, house):
    """A house of its own on an empty database, with the models of the shared one; private networks may be told."""
    opened = House(read_settings(home=tmp_path, lang="en", engine="none", fetch_allow="127.0.0.0/8"))
    opened._perception = house.perception
    yield opened
    opened.close()


@pytest.fixture
def catalogue(home):
    return Catalogue.opened(home.settings, home.database, home.tasks)


@pytest.fixture
def worker(home, catalogue):
    return Worker(Batches(Jobs(home.database)), handlers_of(home, catalogue))


@pytest.fixture
def client(home):
    return TestClient(create_app(home), base_url="http://localhost:7860")


def post(client, *pictures, key=None, **fields):
    files = [("image", (f"{n}.png", picture)) for n, picture in enumerate(pictures)]
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/v1/items", files=files, data=fields, headers=headers)


def test_a_picture_becomes_an_item_and_a_job_looks_at_it(client, worker):
    answer = post(client, png(), external_id="A-1", fields='{"brand": "ALPRO"}', task="product")
    assert answer.status_code == 201 and answer.headers["etag"] == '"1"'
    item_id = answer.json()["id"]
    assert worker.run_one() is True and worker.run_one() is False
    item = client.get(f"/v1/items/{item_id}").json()
    assert item["version"] == 2 and item["records_count"] == 1
    assert item["values"]["colours"]["value"]["value"][0] == "红色" or "red" in str(item["values"]["colours"])
    assert item["values"]["brand"]["value"]["verdict"] == "human"


def test_the_look_leaves_the_pictures_vector_for_search(client, worker, catalogue, home):
    item_id = post(client, png()).json()["id"]
    worker.run_one()
    sha256 = hashlib.sha256(png()).hexdigest()
    (shown,) = catalogue.shown(item_id, 8)
    assert (shown.sha256, shown.embedder) == (sha256, home.perception.versions["category"])


def test_what_is_sent_again_under_one_key_is_one_item(client):
    first, again = (post(client, png(), key="k") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200) and first.json()["id"] == again.json()["id"]
    assert post(client, png("blue"), key="k").status_code == 409
    assert len(client.get("/v1/items").json()["items"]) == 1


@pytest.mark.parametrize(
    "fields, kind",
    [
        ({"fields": "[1]"}, "BadInput"),
        ({"fields": '{"colour": "red"}'}, "BadEdit"),
        ({"task": "nonsense"}, "BadTask"),
        ({"external_id": "x" * 201}, "BadEdit"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy_and_nothing_is_kept(client, fields, kind):
    answer = post(client, png(), **fields)
    assert answer.status_code == 400 and answer.json()["error"]["type"] == kind and answer.json()["error"]["remedy"]
    assert client.get("/v1/items").json() == {"items": [], "next": None}


def test_what_is_no_picture_is_refused(client):
    assert post(client, b"hello").status_code == 400
    assert post(client).status_code == 400


def test_an_edit_names_the_version_it_saw(client):
    item_id = post(client, png()).json()["id"]
    url, edit = f"/v1/items/{item_id}", {"fields": {"brand": "ALPRO"}, "why": "as printed"}
    assert client.patch(url, json=edit).status_code == 400  # no If-Match
    done = client.patch(url, json=edit, headers={"If-Match": '"1"'})
    assert done.status_code == 200 and done.headers["etag"] == '"2"'
    late = client.patch(url, json={"fields": {"brand": "Oatly"}}, headers={"If-Match": '"1"'})
    assert late.status_code == 412 and late.json()["error"]["type"] == "LostUpdate"
    assert client.patch(url, json={"fields": {"brand": "Oatly"}}, headers={"If-Match": "*"}).status_code == 200
    history = client.get(f"{url}/history", params={"field": "brand"}).json()["history"]
    assert [line["new"] for line in history] == ["Oatly", "ALPRO"] and history[1]["why"] == "as printed"
    assert client.post(f"{url}/undo").json()["values"]["brand"]["value"]["value"] == "ALPRO"
    assert client.patch(url, json={"fields": {"brand": 7}}, headers={"If-Match": "*"}).status_code == 400


def test_hidden_items_are_found_only_by_who_asks(client):
    item_id = post(client, png()).json()["id"]
    url = f"/v1/items/{item_id}"
    assert client.patch(url, json={"visibility": "hidden"}, headers={"If-Match": "*"}).json()["visibility"] == "hidden"
    assert client.get(url).status_code == 404 and client.get("/v1/items").json()["items"] == []
    assert client.get(f"{url}/history").status_code == 404
    assert client.get(url, params={"also": "hidden"}).status_code == 200


def test_who_asks_what_changed_gets_the_rest_next_time(client):
    for colour in ("red", "blue", "green"):
        post(client, png(colour))
    first = client.get("/v1/items", params={"changed_since": 0, "limit": 2}).json()
    rest = client.get("/v1/items", params={"changed_since": first["last"]}).json()
    assert (len(first["items"]), first["more"], len(rest["items"]), rest["more"]) == (2, True, 1, False)
    gone = rest["items"][0]["id"]
    assert client.delete(f"/v1/items/{gone}").status_code == 204
    assert client.get("/v1/items", params={"changed_since": rest["last"]}).json()["gone"] == [gone]


class Told(BaseHTTPRequestHandler):
    """Somebody's server, which keeps what it is told and answers 500 the first time."""

    heard: list[tuple[dict, bytes]] = []  # noqa: RUF012 - one server a test run

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.heard.append((dict(self.headers), body))
        self.send_response(500 if len(self.heard) == 1 else 204)
        self.end_headers()

    def log_message(self, *_) -> None:
        pass


def test_a_batch_is_watched_paused_and_its_end_is_told_signed(client, worker, home):
    for colour in ("red", "blue", "green"):
        post(client, png(colour), look="false")
    server = HTTPServer(("127.0.0.1", 0), Told)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    secret = "0123456789abcdef"
    wanted = {
        "task": "product",
        "trial": 1,
        "webhook_url": f"http://127.0.0.1:{server.server_port}/x",
        "webhook_secret": secret,
    }
    begun = client.post("/v1/jobs", json=wanted, headers={"Idempotency-Key": "b"})
    url = f"/v1/jobs/{begun.json()['id']}"
    assert begun.status_code == 201 and begun.json()["counts"]["todo"] == 3
    assert client.post("/v1/jobs", json=wanted, headers={"Idempotency-Key": "b"}).json()["id"] == begun.json()["id"]
    assert (worker.run_one(), worker.run_one()) == (True, False)
    assert client.get(url).json()["state"] == "trial_done"
    assert client.post(f"{url}/pause").json()["state"] in ("paused", "trial_done")
    client.post(f"{url}/resume")
    assert (worker.run_one(), worker.run_one()) == (True, True)
    worker._batches.look_after()
    assert client.get(url).json()["state"] == "ended"
    worker.run_one()  # 500: it will be tried again
    until = time.monotonic() + 30
    while len(Told.heard) < 2 and time.monotonic() < until:
        worker.run_one() or time.sleep(0.2)
    server.shutdown()
    headers, body = Told.heard[1]
    at_s, digest = (part.split("=")[1] for part in headers["Tujian-Signature"].split(","))
    assert hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest() == digest
    assert json.loads(body)["counts"]["done"] == 3 and Told.heard[0][1] == body


def test_a_webhook_into_the_private_network_is_refused(tmp_path, house):
    guarded = House(read_settings(home=tmp_path, lang="en", engine="none"))
    guarded._perception = house.perception
    client = TestClient(create_app(guarded), base_url="http://localhost:7860")
    post(client, png(), look="false")
    batches = Batches(Jobs(guarded.database))
    wanted = {"webhook_url": "http://127.0.0.1:1/x", "webhook_secret": "0123456789abcdef"}
    batch_id = client.post("/v1/jobs", json=wanted).json()["id"]
    client.post(f"/v1/jobs/{batch_id}/cancel")
    catalogue = Catalogue.opened(guarded.settings, guarded.database, guarded.tasks)
    assert Worker(batches, handlers_of(guarded, catalogue)).run_one()
    with guarded.database.read() as connection:
        from tujian.schema import jobs

        row = connection.execute(jobs.select().where(jobs.c.kind == "tell")).one()
    assert row.state == "dead" and row.trouble["type"] == "FetchRefused"
    guarded.close()


@pytest.mark.parametrize(
    "wanted", [{"hours": "at night"}, {"webhook_url": "http://a/", "webhook_secret": "short"}, {"task": "no"}, {"x": 1}]
)
def test_a_batch_that_cannot_be_is_refused(client, wanted):
    post(client, png(), look="false")
    assert client.post("/v1/jobs", json=wanted).status_code == 400
    assert client.get("/v1/jobs/none").status_code == 404


# the command line


def tujian(*args, home):
    environment = {**os.environ, "TUJIAN_HOME": str(home), "TUJIAN_LANG": "en", "COLUMNS": "120"}
    return subprocess.run(
        [sys.executable, "-m", "tujian", *args], capture_output=True, text=True, env=environment, check=False
    )


def test_an_item_is_shown_and_edited_on_the_command_line(tmp_path):
    catalogue = Catalogue.opened(read_settings(home=tmp_path))
    item_id = catalogue.add([incoming()], who="Li", external_id="A-1").id
    catalogue.save(item_id, record(brand=value("Oatly", "rule", True)))
    edited = tujian(
        "edit", "A-1", "brand=ALPRO", "colours=white, green", "item.sku=S1", "--why", "as printed", home=tmp_path
    )
    assert edited.returncode == 0 and "version 3" in edited.stdout, edited.stderr
    item = catalogue.get(item_id)
    assert (item["brand"], item["colours"], item.sku) == ("ALPRO", ["white", "green"], "S1")
    shown = tujian("show", item_id[:8], home=tmp_path).stdout
    assert "ALPRO" in shown and "Brand" in shown and "milk.jpg" in shown and "white, green" in shown
    assert json.loads(tujian("show", "A-1", "--json", home=tmp_path).stdout)["id"] == item_id
    wrong = tujian("edit", "A-1", "colour=red", home=tmp_path)
    assert wrong.returncode == 2 and "colours" in wrong.stderr
    assert tujian("show", "nothing", home=tmp_path).returncode == 2


@pytest.mark.services
def test_a_worker_of_its_own_does_what_was_queued_and_stops_when_told(tmp_path, home, client, catalogue):
    item_id = post(client, png(), task="product").json()["id"]
    environment = {**os.environ, "TUJIAN_HOME": str(tmp_path)}
    worker = subprocess.Popen([sys.executable, "-m", "tujian", "worker", "--engine", "none"], env=environment)
    until = time.monotonic() + 60
    while catalogue.get(item_id).records_count == 0 and time.monotonic() < until:
        time.sleep(0.2)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0 and catalogue.get(item_id).records_count == 1
