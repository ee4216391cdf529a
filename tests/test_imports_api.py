"""Sheets and ZIPs brought in over HTTP. req: C1, C7, D7"""

import asyncio
import csv
import io
import json
import threading
import zipfile
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tujian.api import create_app
from tujian.batches import Batches
from tujian.catalogue import Catalogue, Incoming, PictureVector
from tujian.clocks import Clock
from tujian.house import House, Shot
from tujian.jobs import Jobs
from tujian.settings import read_settings
from tujian.worker import Worker, handlers_of

SHEET = "image,sku,brand\nred.png,R1,ALPRO\nnix.png,N1,ALPRO\n/etc/passwd,P1,ALPRO\n"


def png(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def home(tmp_path, house):
    """A house on an empty database, with the models of the shared one and a folder whose files clients may name."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "red.png").write_bytes(png("red"))
    settings = read_settings(home=tmp_path / "home", lang="en", engine="none", pictures_root=tmp_path / "shop")
    opened = House(settings)
    opened._perception = house.perception
    yield opened
    opened.close()


@pytest.fixture
def client(home):
    return TestClient(create_app(home), base_url="http://localhost:7860")


@pytest.fixture
def work(home):
    catalogue = Catalogue.opened(home.settings, home.database, home.tasks)
    worker = Worker(Batches(Jobs(home.database)), handlers_of(home, catalogue))

    def go() -> None:
        while worker.run_one():
            pass

    return go


def post(client, content: str | bytes, name: str = "t.csv", **fields):
    return client.post("/v1/imports", files={"file": (name, content)}, data=fields)


def test_a_sheet_is_previewed_then_brought_and_reported(client, work):
    preview = post(client, SHEET, dry_run="true").json()
    assert preview["id"] is None and preview["counts"]["queued"] == 3
    assert preview["columns"] == {"image": "picture", "sku": "SKU", "brand": "Brand (brand)"}
    assert preview["rows"]["2"]["values"] == {"brand": "ALPRO"}
    answer = post(client, SHEET)
    assert answer.status_code == 201
    work()
    batch_id = answer.json()["id"]
    progress = client.get(f"/v1/jobs/{batch_id}").json()
    assert (progress["counts"]["done"], progress["counts"]["dead"]) == (2, 2)  # the row and its look
    rows = list(csv.DictReader(client.get(f"/v1/imports/{batch_id}/report").content.decode("utf-8-sig").splitlines()))
    assert [row["State"] for row in rows] == ["done", "failed", "failed"] and all(row["What to do"] for row in rows[1:])
    book = client.get(f"/v1/imports/{batch_id}/report?form=xlsx")
    assert book.content[:2] == b"PK" and "spreadsheetml" in book.headers["content-type"]
    again = post(client, SHEET).json()
    assert (again["counts"]["unchanged"], again["counts"]["queued"]) == (1, 2)  # what failed is tried again


def test_without_a_root_a_sheet_names_no_file_of_the_servers(home, client, work, tmp_path):
    home.settings.__dict__["pictures_root"] = None
    answer = post(client, f"image,sku\n{tmp_path}/shop/red.png,R1\n../../shop/red.png,R2\nt.csv,R3\n")
    work()
    report = client.get(f"/v1/imports/{answer.json()['id']}/report").content.decode("utf-8-sig")
    assert [row["State"] for row in csv.DictReader(report.splitlines())] == ["failed"] * 3


def test_a_zip_is_brought_by_a_worker(client, work):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.png", png("red"))
        archive.writestr("../b.png", png("blue"))
    dry = post(client, file.getvalue(), "p.zip", dry_run="true").json()
    assert dry["counts"] == {"new": 1, "failed": 1} and dry["troubles"][0]["remedy"]
    answer = post(client, file.getvalue(), "p.zip", look="false").json()
    work()
    assert len(client.get("/v1/items").json()["items"]) == 1
    assert client.get(f"/v1/jobs/{answer['id']}").json()["state"] == "ended"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [(b"", "t.csv", "empty"), (b"a,b\n1,2\n", "t.csv", "heading"), (b"PK\3\4no", "t.zip", "cannot be opened")],
)
def test_what_cannot_be_brought_is_the_clients_error(client, content, name, said):
    answer = post(client, content, name)
    assert answer.status_code == 400 and said in answer.json()["error"]["message"] and answer.json()["error"]["remedy"]


def test_names_that_lead_out_are_kept_under_the_state_folder(client, home):
    post(client, SHEET, "../../../evil.csv", dry_run="true")
    kept = [path for path in home.settings.home_dir.rglob("*evil*")]
    assert len(kept) == 1 and kept[0].is_relative_to(home.settings.home_dir / "imports")


def test_duplicates_are_listed(client):
    assert client.get("/v1/duplicates").json() == {"pairs": []}


def test_nobody_opens_pictures_for_a_client_that_has_left(home):  # req: C7
    catalogue = Catalogue.opened(home.settings, home.database, home.tasks)
    for number in range(3):
        content = png("red") + bytes(number)
        vector = PictureVector("e", np.ones(8, np.float16).tobytes())
        picture = replace(home.open(Shot(content, "red.png"))[1], pixels=None)
        catalogue.add([Incoming(picture, content, vector=vector)], who="k")
    sent: list[dict] = []

    async def send(message) -> None:
        sent.append(message)

    async def receive() -> dict:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "path": "/v1/duplicates", "query_string": b"", "root_path": ""}
    scope |= {"headers": [(b"host", b"localhost:7860")], "client": ("127.0.0.1", 5), "server": ("localhost", 7860)}
    scope |= {"scheme": "http", "http_version": "1.1"}
    app = create_app(home)
    with ExitStack() as held:  # nobody gets a turn until the client is known to have left
        for _ in range(home.settings.workers):
            held.enter_context(home._lanes.turn("high", Clock.of(60)))
        threading.Timer(5, held.pop_all().close).start()
        asyncio.run(app(scope, receive, send))
    body = json.loads(sent[1]["body"])
    assert (sent[0]["status"], body["error"]["type"]) == (502, "Stopped")


@pytest.mark.parametrize("taken", ["imports", "imports/none"])
def test_a_place_that_cannot_be_written_is_told_and_is_no_fault_of_ours(home, client, taken):  # req: C7
    place = home.settings.home_dir / taken
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"a file where a folder belongs")
    answer = post(client, SHEET)
    assert answer.status_code == 507
    assert "cannot be kept" in answer.text and "TUJIAN_HOME/imports" in answer.text
