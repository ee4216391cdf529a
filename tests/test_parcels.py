"""Files that were sent together: kept whole, known by content, their names never paths. req: A16, C1"""

import asyncio
import io
import os
import time
import zipfile

import pytest
from chat_server import jpeg
from fastapi.testclient import TestClient

from tujian.api import create_app
from tujian.bringing import parcels
from tujian.bringing.opened import ParcelSource, names_inside, unpack
from tujian.bringing.parcels import Parcel, safe_name
from tujian.errors import NotFound, PictureTooLarge, StoreDown
from tujian.house import House
from tujian.settings import read_settings

HOSTILE = "<img src=x onerror=alert(1)>.jpg"


def take(parcel: Parcel, name: str, content: bytes):
    async def pieces():
        for at in range(0, len(content), 1000):
            yield content[at : at + 1000]

    return asyncio.run(parcel.take(name, pieces()))


def packed(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


@pytest.fixture
def parcel(tmp_path):
    return Parcel.begun(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.txt", jpeg(), "JPEG"),
        ("a.jpg", b"MZ" + bytes(100), "program"),
        ("a.jpg", b"", "empty"),
        ("a.csv", "图片,品牌\na.jpg,蒙牛\n".encode("gbk"), "sheet"),
        ("a.csv", b"", "sheet"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + bytes(100), "sheet"),
        ("a.zip", packed(a=b"x"), "archive"),
        ("a.xlsx", packed(xl__workbook=b"x"), "sheet"),
        ("a.mp4", b"\0\0\0\x18ftypmp42" + bytes(100), "video"),
        ("a.bin", b"\x93\x11\x07", ""),
    ],
)
def test_a_file_is_known_by_its_content(parcel, name, content, kind):
    assert take(parcel, name, content).kind == kind


@pytest.mark.parametrize(
    "name", ["../../x.jpg", "/etc/passwd", "..", "", "a\0b\n.jpg", "C:\\x.jpg", "长" * 300 + ".jpg", HOSTILE]
)
def test_a_name_never_leads_out_of_the_parcel(parcel, name):
    sent = take(parcel, name, jpeg())
    assert parcel.path(sent).resolve().parent == parcel.folder.resolve()
    assert parcel.path(sent).read_bytes() == jpeg()
    assert len(os.fsencode(sent.name)) <= 120


def test_a_name_stays_what_people_call_the_file():
    assert safe_name("新品/红色 上衣 (1).JPG") == "红色 上衣 (1).JPG"


def test_two_files_of_one_name_are_both_kept_and_the_same_file_once(parcel):
    names = [take(parcel, "a.jpg", content).name for content in (jpeg(), jpeg(colour="red"), jpeg())]
    assert names == ["a.jpg", "a-2.jpg", "a.jpg"]
    assert [one.name for one in Parcel(parcel.folder.parents[2], parcel.number).files] == ["a-2.jpg", "a.jpg"]


def test_nothing_is_left_of_a_file_that_broke_off(parcel):
    async def pieces():
        yield b"half"
        raise EOFError

    with pytest.raises(EOFError):
        asyncio.run(parcel.take("a.jpg", pieces()))
    assert parcel.files == [] and [one for one in parcel.folder.parent.rglob("*") if one.is_file()] == []


def test_a_parcel_holds_so_much_and_no_more(parcel, monkeypatch):
    monkeypatch.setattr(parcels, "MOST_BYTES", 1500)
    with pytest.raises(PictureTooLarge) as told:
        take(parcel, "a.jpg", bytes(2000))
    assert told.value.zh.remedy and parcel.files == []


@pytest.mark.parametrize("number", ["0" * 32, "..", "../../etc", "a"])
def test_a_number_that_there_is_not_is_told(tmp_path, number):
    with pytest.raises(NotFound):
        Parcel(tmp_path, number)


def test_what_nobody_came_back_to_is_dropped_but_for_what_is_worked_on(tmp_path):
    old, held = Parcel.begun(tmp_path), Parcel.begun(tmp_path)
    for one in (old, held):
        os.utime(one.folder.parent, (time.time() - 4 * 86400,) * 2)
    fresh = Parcel.begun(tmp_path, at_work=[held.number])
    kept = {place.name for place in (tmp_path / "parcels").iterdir()}
    assert kept == {held.number, fresh.number}


def test_pictures_in_zips_are_entries_and_members_that_lead_out_are_told(parcel):
    take(parcel, "a.jpg", jpeg())
    take(parcel, "b.zip", packed(red__1=jpeg(), **{"..__evil.jpg": jpeg()}))
    told = {entry.path: getattr(entry, "reason", "entry") for entry in ParcelSource(parcel)}
    assert told == {"a.jpg": "entry", "b.zip/../evil.jpg": "failed", "b.zip/red/1": "entry"}
    assert names_inside(parcel) == {"a.jpg", "red/1"}


def test_only_pictures_are_unpacked_and_only_into_the_parcel(parcel):
    take(parcel, "b.zip", packed(red__1=jpeg(), evil=b"#!/bin/sh\n", **{"..__..__x.jpg": jpeg()}))
    folder = unpack(parcel, 10**7, lambda _: None)
    made = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert made == ["b.zip", "b.zip.files/red/1"]
    assert not (parcel.folder.parent / "x.jpg").exists()


def test_a_picture_whose_name_no_file_system_takes_is_left_out(parcel):
    take(parcel, "b.zip", packed(**{"长" * 90: jpeg(), "short": jpeg()}))
    folder = unpack(parcel, 10**7, lambda _: None)
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["b.zip", "short"]


@pytest.fixture
def client(tmp_path):
    house = House(read_settings(home=tmp_path, lang="en", engine="none", max_upload_mb=1))
    yield TestClient(create_app(house), base_url="http://localhost:7860")
    house.close()


def test_files_larger_than_a_picture_may_be_go_to_the_disk_as_they_come(client):
    number = client.post("/v1/parcels").json()["id"]
    content = packed(a=bytes(30_000_000))  # 30 times what a picture may have, and more than all of a form
    sent = client.put(f"/v1/parcels/{number}/图 1.zip", content=content)
    assert sent.status_code == 201 and sent.json()["kind"] == "archive"
    assert client.get(f"/v1/parcels/{number}").json()["files"] == [sent.json()]


def test_a_parcel_that_there_is_not_is_told_over_http(client):
    answer = client.put(f"/v1/parcels/{'0' * 32}/a.jpg", content=b"x")
    assert answer.status_code == 404 and answer.json()["error"]["remedy"]


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "parcels").write_bytes(b"a file where a folder belongs")
    with pytest.raises(StoreDown):
        Parcel.begun(tmp_path)
