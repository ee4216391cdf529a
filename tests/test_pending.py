"""What nobody has looked at yet is nowhere, but counted. On SQLite and PostgreSQL. req: C1, C7, E8, E9, F10"""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from kept import incoming, open_catalogue, record, value
from PIL import Image, ImageDraw, ImageFont

from tujian.agents import Agents
from tujian.api import create_app
from tujian.batches import Batches, NewBatch
from tujian.bringing import Bringing, Wanted
from tujian.bringing.folders import Folder
from tujian.bringing.report import write_report
from tujian.catalogue import Catalogue, Incoming
from tujian.catalogue.nouns import EVERYTHING
from tujian.catalogue.pending import count_pending, stuck_items
from tujian.errors import NotAllowed, NotFound, UnreadablePicture
from tujian.exchange.stock import Stock
from tujian.finding import Query, Search
from tujian.house import House, Shot
from tujian.jobs import Jobs
from tujian.looking import Look, begin_looking
from tujian.settings import read_settings
from tujian.worker import Worker, handlers_of

BANK_CARD = "4111 1111 1111 1111"


def draw(path: Path, colour: str = "red", text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", (640, 400), "white" if text else colour)
    ImageDraw.Draw(picture).text((40, 150), text, fill="black", font=ImageFont.load_default(48))
    picture.save(path)
    return path


@pytest.fixture
def catalogue(database, tmp_path):
    return open_catalogue(database, tmp_path)


@pytest.fixture
def bring(catalogue, house, tmp_path):
    """Brings a folder of two pictures; returns what became of them."""
    batches = Batches(Jobs(catalogue.database))
    draw(tmp_path / "in" / "red.png")
    draw(tmp_path / "in" / "blue.png", "blue")

    def go(**more):
        return Bringing(house, catalogue, batches, Folder(tmp_path / "in"), Wanted("k", **more)).run()

    go.batches = batches
    return go


def ids(catalogue, also=("pending",)):
    return [head.id for head in catalogue.list(also=also).items]


def test_what_nobody_has_looked_at_is_nowhere_but_counted(bring, catalogue, database, house, tmp_path):
    told = bring()
    search = Search(database, lambda: house.embedder)
    agents = Agents(house, catalogue, search, [tmp_path / "in"])
    first = ids(catalogue)[0]
    sha256 = catalogue.get(first, also=EVERYTHING).pictures[0].sha256
    assert count_pending(database) == count_pending(database, told.batch_id) == 2
    assert bring.batches.progress(told.batch_id).pending == 2
    assert catalogue.list().items == [] and catalogue.pictures_of(None) == {} and not list(Stock(catalogue))
    assert search.find(Query()).hits == search.find(Query("red")).hits == [] and not search.holds_anything()
    assert catalogue.changed_since(0).items == []
    for asked in (lambda: catalogue.get(first), lambda: agents.get(first), lambda: catalogue.find_id(first)):
        with pytest.raises(NotFound):
            asked()
    with pytest.raises(NotAllowed):
        agents.recognise(str(tmp_path / "in" / "red.png"))
    assert catalogue.content(sha256)  # who looks gets it


def test_a_look_shows_what_it_found_nothing_sensitive_on_and_locks_the_rest(bring, catalogue, database):
    bring()
    plain, paper = ids(catalogue)
    changed = catalogue.changed_since(0).last
    catalogue.save(plain, record(name=value("牛奶")))
    catalogue.save(paper, record(sensitive=True))
    assert ids(catalogue, ()) == [plain] and count_pending(database) == 0
    assert catalogue.get(paper, also=EVERYTHING).visibility == "sensitive"
    assert [head.id for head in catalogue.changed_since(changed).items] == [plain]  # who follows changes learns of it
    assert [line.field for line in catalogue.history(plain)] == ["name"]
    assert [(line.old, line.new) for line in catalogue.history(paper, also=EVERYTHING)] == [("pending", "sensitive")]


def test_a_look_that_fails_for_good_is_told_and_only_a_person_shows_its_item(bring, catalogue, database, tmp_path):
    told = bring()
    trouble = UnreadablePicture(zh=("坏了。", "换一张。"), en=("Broken.", "Take another."))
    for _ in range(2):
        bring.batches.jobs.fail(bring.batches.jobs.claim("w", ["look"]), trouble, is_hopeless=True)
    bring.batches.look_after()
    assert [one.trouble["en"] for one in stuck_items(database)] == [["Broken.", "Take another."]] * 2
    assert ids(catalogue, ()) == [] and count_pending(database) == 2
    write_report(database, told.batch_id, tmp_path / "r.csv", "en")
    rows = list(csv.DictReader((tmp_path / "r.csv").read_text("utf-8-sig").splitlines()))
    assert {row["State"] for row in rows} == {"brought, not recognised"}
    assert all(f"tujian pending --show {row['Item'][:12]}" in row["What to do"] for row in rows)
    shown = ids(catalogue)[0]
    catalogue.show(shown, who="Li")
    assert ids(catalogue, ()) == [shown] and len(stuck_items(database)) == 1
    again = bring()  # what failed is looked at again; what somebody showed too, and stays shown
    assert again.batch_id != told.batch_id and stuck_items(database) == []
    catalogue.save(shown, record(sensitive=True))
    assert catalogue.get(shown).visibility == "shown"


def test_a_cancelled_import_leaves_its_items_waiting_and_says_so(bring, catalogue, database):
    bring.batches.cancel(bring().batch_id, who="Li")
    assert [one.trouble for one in stuck_items(database)] == [None, None]
    begin_looking(catalogue, bring.batches, None, NewBatch("look", "Li"), Look(), None)
    assert stuck_items(database) == []


def test_a_file_with_other_content_waits_again(bring, catalogue, tmp_path):
    bring()
    for item_id in ids(catalogue):
        catalogue.save(item_id, record(name=value("x")))
    draw(tmp_path / "in" / "red.png", text=BANK_CARD)
    assert dict(bring().counts) == {"changed": 1, "unchanged": 1}
    assert len(ids(catalogue, ())) == 1 and len(ids(catalogue)) == 2
    draw(tmp_path / "in" / "red.png", "green")
    bring(look=None)
    assert len(ids(catalogue, ())) == 1  # and a go that does not look does not show it
    begun = bring()
    assert bring.batches.progress(begun.batch_id).counts["todo"] >= 1


def test_a_file_of_an_item_that_a_person_showed_or_hid_does_not_wait(bring, catalogue, tmp_path):
    bring()
    for item_id in ids(catalogue):
        catalogue.show(item_id, who="Li")
    draw(tmp_path / "in" / "red.png", "green")
    bring()
    assert len(ids(catalogue, ())) == 2


def test_who_does_not_want_a_look_sees_at_once(bring, catalogue, database):
    bring(look=None)
    assert len(ids(catalogue, ())) == 2 and count_pending(database) == 0
    bring()  # looked at later, they stay in sight meanwhile
    assert len(ids(catalogue, ())) == 2


def test_taking_back_a_choice_brings_what_was_found_meanwhile(catalogue):
    plain, paper = (
        catalogue.add([incoming(content)], who="k", visibility="pending").id for content in (b"milk", b"card")
    )
    for item_id, found in ((plain, record(name=value("牛奶"))), (paper, record(sensitive=True))):
        catalogue.hide(item_id, who="Li")
        catalogue.save(item_id, found)
        assert catalogue.get(item_id, also=EVERYTHING).visibility == "hidden"
        catalogue.undo(item_id, who="Li", also=EVERYTHING)
    assert catalogue.get(plain).visibility == "shown"
    assert catalogue.get(paper, also=EVERYTHING).visibility == "sensitive"
    waiting = catalogue.add([incoming(b"later")], who="k", visibility="pending").id
    catalogue.show(waiting, who="Li")
    catalogue.undo(waiting, who="Li")
    assert catalogue.get(waiting, also=EVERYTHING).visibility == "pending"


@pytest.fixture
def home(tmp_path, house):
    opened = House(read_settings(home=tmp_path / "home", lang="en", engine="none"))
    opened._perception = house.perception
    yield opened
    opened.close()


def test_one_picture_sent_to_the_server_is_looked_at_before_it_is_an_item(home, tmp_path):
    client = TestClient(create_app(home), base_url="http://localhost:7860")
    paper = draw(tmp_path / "paper.png", text=BANK_CARD)

    def post(path, **fields):
        return client.post("/v1/items", files={"image": (path.name, path.read_bytes())}, data=fields).json()

    assert post(draw(tmp_path / "red.png"))["visibility"] == "shown"
    assert post(paper)["visibility"] == "sensitive" and len(client.get("/v1/items").json()["items"]) == 1
    catalogue = Catalogue.opened(home.settings, home.database, home.tasks)
    worker = Worker(Batches(Jobs(home.database)), handlers_of(home, catalogue))
    while worker.run_one():
        pass
    assert [head.visibility for head in catalogue.list(also=EVERYTHING).items] == ["sensitive", "shown"]


def test_what_waits_is_counted_on_the_page_and_reached_by_who_asks(home):
    client = TestClient(create_app(home), base_url="http://localhost:7860")
    catalogue = Catalogue.opened(home.settings, home.database, home.tasks)
    content = io.BytesIO()
    Image.new("RGB", (64, 48)).save(content, "PNG")
    one, shown = Shot(content.getvalue(), "a.png"), {"also": "pending"}
    item_id = catalogue.add([_incoming(home, one)], who="k", visibility="pending").id
    page = client.get("/catalogue").text
    assert 'href="/catalogue?also=pending"' in page and "1 wait to be looked at" in page
    assert "No picture has been looked at yet" in page and f"/catalogue/{item_id}" not in page
    assert f"/catalogue/{item_id}?also=pending" in client.get("/catalogue", params=shown).text
    url = f"/v1/items/{item_id}"
    assert client.get(url).status_code == 404 and client.get(url, params=shown).json()["visibility"] == "pending"
    back = {"visibility": "pending"}
    assert client.patch(url, json=back, headers={"If-Match": "*"}).status_code == 400  # nobody can make it so
    done = client.patch(url, json={"visibility": "shown"}, headers={"If-Match": '"1"'}, params=shown)
    assert done.json()["visibility"] == "shown" and "1 wait" not in client.get("/catalogue").text


def _incoming(home, shot):
    content, picture = home.open(shot)
    return Incoming(picture, content)


def test_the_command_line_looks_before_it_ends_and_tells_what_waits(tmp_path):
    draw(tmp_path / "in" / "red.png")
    draw(tmp_path / "in" / "card.png", text=BANK_CARD)
    own = {**os.environ, "TUJIAN_HOME": str(tmp_path / "home"), "TUJIAN_LANG": "en"}

    def run(*command):
        return subprocess.run([sys.executable, "-m", "tujian", *command], env=own, capture_output=True, text=True)

    done = run("import", str(tmp_path / "in"), "--engine", "none")
    assert done.returncode == 0 and "not shown" not in done.stdout
    hits = run("search", "--json").stdout.splitlines()
    assert len(hits) == 1 and "red.png" in hits[0]
    draw(tmp_path / "in" / "blue.png", "blue")
    left = run("import", str(tmp_path / "in"), "--remote", "--engine", "none")
    assert "1 new" in left.stdout.replace("new 1", "1 new")
    waiting = run("pending")
    assert waiting.returncode == 0 and waiting.stdout.startswith("1 items were not looked at yet")
    name = run("search", "--json", "--also", "pending", "blue").stdout
    assert "blue.png" in name and len(run("search", "--json").stdout.splitlines()) == 1
