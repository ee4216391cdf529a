"""The disk is full, the database locked, the folder read-only: pictures are answered, and it is said what is not kept.

Whoever runs these as root gets a small file system of its own for the full disk; others a limit on the size of files.
"""

import io
import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

import tujian.house
from tujian.answers import Answers
from tujian.api import create_app
from tujian.database import open_database
from tujian.errors import BrokenInstall, StoreFailed
from tujian.house import House, Wish
from tujian.settings import read_settings


def png(colour: object = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (96, 64), colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def own_house(house, tmp_path):
    opened = House(read_settings(home=tmp_path / "home", lang="en"))
    opened._perception = house.perception
    yield opened
    opened.close()


def test_a_locked_database_costs_a_few_seconds_once_and_no_answer(own_house, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(tujian.house, "STORE_RESTS_S", 2.0)
    own_house.record(png(), Wish("describe"))
    locker = sqlite3.connect(tmp_path / "home" / "tujian.sqlite")
    locker.execute("begin immediate")
    begun = time.monotonic()
    record = own_house.record(png("blue"), Wish("describe"))
    assert record.title and time.monotonic() - begun < 15
    begun = time.monotonic()
    assert own_house.record(png("green"), Wish("describe")).title  # the store rests: nobody waits again
    assert time.monotonic() - begun < 4
    (told,) = [line for line in caplog.records if getattr(line, "event", "") == "store_failed"]
    assert told.facts == {"doing": "write", "why": "locked"} and "nothing is kept" in told.message
    assert 'tujian_store_failures_total{doing="write",why="locked"} 1.0' in own_house.metrics.text().decode()
    locker.rollback()
    locker.close()
    time.sleep(2.1)
    own_house.record(png("teal"), Wish("describe"))
    assert "stored" in own_house.record(png("teal"), Wish("describe")).timings_ms  # and goes on by itself


def test_chats_say_what_is_wrong_with_the_database_and_what_to_do(own_house, tmp_path):
    client = TestClient(create_app(own_house), base_url="http://localhost")
    locker = sqlite3.connect(tmp_path / "home" / "tujian.sqlite")
    locker.execute("begin immediate")
    answer = client.post("/v1/chats", json={"title": "x"})
    locker.close()
    assert answer.status_code == 503
    error = answer.json()["error"]
    assert error["type"] == "StoreLocked" and "locked" in error["message"] and error["remedy"]
    assert client.post("/v1/chats", json={"title": "x"}).status_code == 201


@pytest.mark.parametrize("path", ["/", "/chat", "/models"])
def test_pages_that_need_nothing_of_the_catalogue_are_shown_while_its_database_is_damaged(own_house, tmp_path, path):
    client = TestClient(create_app(own_house), base_url="http://localhost")
    own_house.database.close()
    (tmp_path / "home" / "tujian.sqlite").write_bytes(b"no database" * 1000)
    for rest in ("-wal", "-shm"):
        (tmp_path / "home" / f"tujian.sqlite{rest}").unlink(missing_ok=True)
    assert client.get(path).status_code == 200
    answer = client.get("/catalogue", headers={"accept": "text/html"})
    assert answer.status_code == 507 and "damaged" in answer.text


LIMITED = """
import json, resource, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from tujian.house import House, Wish
from tujian.settings import read_settings
from test_store_trouble import png
house = House(read_settings(home=Path(sys.argv[1]), lang="en"))
house.record(png("red"), Wish("describe"))
if sys.argv[2] == "rlimit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
else:
    (Path(sys.argv[1]) / "ballast").write_bytes(bytes(0))
    with open(Path(sys.argv[1]) / "ballast", "ab", buffering=0) as file:
        try:
            while file.write(bytes(4096)): pass
        except OSError: pass
titles = [house.record(png((9, 9, n)), Wish("describe")).title for n in range(3)]
print(json.dumps([titles, house.metrics.text().decode()]))
house.close()
"""


@pytest.fixture
def tmpfs(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place]
    if os.getuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs root and the right to mount; the limit on file sizes is tested anyway")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.fixture(params=["rlimit", "tmpfs"])
def small_disk(request, tmp_path):
    return (request.getfixturevalue("tmpfs") if request.param == "tmpfs" else tmp_path / "home"), request.param


def test_a_full_disk_is_said_and_pictures_are_answered(small_disk):
    place, way = small_disk
    code = LIMITED.format(tests=str(Path(__file__).parent))
    done = subprocess.run([sys.executable, "-c", code, str(place), way], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    titles, numbers = json.loads(done.stdout.splitlines()[-1])
    assert len(titles) == 3 and all(titles)
    assert 'tujian_store_failures_total{doing="write",why="full"} 1.0' in numbers
    assert "the disk may be full" in done.stderr and "Make room" in done.stderr  # on the command line, in words


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_state_folder_that_cannot_be_written_is_said_at_the_start_and_pictures_are_answered(house, tmp_path, caplog):
    """A file in the folder's place, since root may write into folders that are read-only."""
    (tmp_path / "in-the-way").write_text("")
    opened = House(read_settings(home=tmp_path / "in-the-way" / "home", lang="en"))
    opened._perception = house.perception
    assert opened.record(png(), Wish("describe")).title
    told = [line.message for line in caplog.records if getattr(line, "event", "") == "store_failed"]
    assert told and all("TUJIAN_HOME" in line or "start" in line for line in told)
    answer = TestClient(create_app(opened), base_url="http://localhost").get("/v1/chats")
    assert answer.status_code == 507 and "TUJIAN_HOME" in answer.json()["error"]["remedy"]
    opened.close()


def test_a_file_system_that_became_read_only_is_said_and_pictures_are_answered(house, tmpfs, caplog):
    first = House(read_settings(home=tmpfs))
    first._perception = house.perception
    first.record(png(), Wish("describe"))
    first.close()
    first.database.close()
    subprocess.run(["mount", "-o", "remount,ro", tmpfs], check=True)
    second = House(read_settings(home=tmpfs, lang="en"))
    second._perception = house.perception
    assert second.record(png(), Wish("describe")).title and second.record(png("blue"), Wish("describe")).title
    assert "Check the permissions of TUJIAN_HOME" in caplog.text
    second.close()
    second.database.close()


def test_a_damaged_database_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "t.sqlite").write_bytes(b"SQLite format 3\0" + os.urandom(5000))
    with pytest.raises(BrokenInstall) as refused:
        open_database(tmp_path / "t.sqlite")
    assert "damaged" in refused.value.say("en").message and "away" in refused.value.say("en").remedy


def test_a_database_damaged_while_it_is_open_fails_as_the_store_does(tmp_path):
    answers = Answers(open_database(tmp_path / "t.sqlite"), 10)
    answers.keep("a" * 64, "r", {"title": "x"})
    answers._database.close()
    (tmp_path / "t.sqlite").write_bytes(os.urandom(9000))
    with pytest.raises(StoreFailed) as failed:
        answers.find("a" * 64, "r")
    assert failed.value.why == "damaged"


def test_what_somebody_asked_first_does_not_tell_others_its_file_names(own_house):
    from tujian.house import Shot

    own_house.record(png(), Wish("describe"), name="Zhang-Wei-private.png", more=[Shot(png("blue"), "salary.png")])
    again = own_house.record(png(), Wish("describe"), name="a.png", more=[Shot(png("blue"), "b.png")])
    assert "stored" in again.timings_ms and [p.path for p in (again.picture, *again.more_pictures)] == [
        "a.png",
        "b.png",
    ]
    assert "Zhang" not in json.dumps(again.to_json()) and "salary" not in json.dumps(again.to_json())
