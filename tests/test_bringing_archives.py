"""ZIPs brought in, honest and hostile ones, on SQLite and on PostgreSQL. req: C1, D7"""

import io
import stat
import zipfile
from pathlib import Path

import pytest
from kept import open_catalogue
from PIL import Image

from tujian.batches import Batches
from tujian.bringing import Bringing, Wanted
from tujian.bringing.archives import Archive, called, is_archive
from tujian.errors import BadInput
from tujian.jobs import Jobs


def jpeg(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "JPEG")
    return file.getvalue()


def pack(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


@pytest.fixture
def bring(database, house, tmp_path):
    catalogue, batches = open_catalogue(database, tmp_path), Batches(Jobs(database))

    def go(path: Path, **more):
        return Bringing(house, catalogue, batches, Archive(path), Wanted("k", **more)).run()

    go.catalogue = catalogue
    return go


def troubles(told) -> dict[str, str]:
    return {name: error.say("en").message for name, error in told.troubles}


def test_a_zip_is_brought_once_and_its_pictures_are_kept(bring, tmp_path):
    path = pack(tmp_path / "a.zip", ("a.jpg", jpeg("red")), ("deep/b.jpg", jpeg("blue")), ("notes.txt", b"text"))
    assert dict(bring(path).counts) == {"new": 2, "skipped": 1}
    assert dict(bring(path).counts) == {"unchanged": 2, "skipped": 1}
    path.unlink()
    cover = bring.catalogue.list(also=["pending"]).items[0].cover
    assert bring.catalogue.content(cover)[:3] == b"\xff\xd8\xff"
    pack(path, ("a.jpg", jpeg("green")))
    assert dict(bring(path).counts) == {"changed": 1, "gone": 1}


def test_names_that_lead_out_and_links_and_doubles_are_not_taken(bring, tmp_path):
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = pack(
            tmp_path / "a.zip",
            ("../../out.jpg", jpeg("red")), ("/abs.jpg", jpeg("blue")), ("C:/win.jpg", jpeg("green")),
            ("..\\up.jpg", jpeg("white")), (link, b"/etc/passwd"),
            ("one.jpg", jpeg("black")), ("one.jpg", jpeg("gray")), ("\x1b[2J.jpg", jpeg("brown")),
        )  # fmt: skip
    told = bring(path)
    assert (told.counts["new"], told.counts["failed"], told.reasons["link"]) == (1, 6, 1)
    assert "Two files" in troubles(told)["one.jpg"]
    assert not list(tmp_path.rglob("out.jpg")) and not list(tmp_path.parent.glob("*.jpg"))
    assert all(error.say(lang).remedy for _, error in told.troubles for lang in ("zh", "en"))


def test_a_bomb_is_not_opened_and_the_rest_goes_on(bring, tmp_path):
    path = pack(tmp_path / "a.zip", ("bomb.jpg", jpeg("red") + bytes(60_000_000)), ("a.jpg", jpeg("red")))
    told = bring(path)
    assert told.counts["new"] == 1 and "bomb" in troubles(told)["bomb.jpg"]


def test_damaged_members_fail_alone(bring, tmp_path):
    path = pack(tmp_path / "a.zip", ("a.jpg", jpeg("red")), ("b.jpg", jpeg("blue")))
    content = bytearray(path.read_bytes())
    at = content.index(b"a.jpg") + 40
    content[at : at + 8] = bytes(8)
    path.write_bytes(content)
    told = bring(path)
    assert (told.counts["new"], told.counts["failed"]) == (1, 1)


@pytest.mark.parametrize("content", [b"PK\3\4 no", b"", b"PK\5\6" + bytes(10)])
def test_what_is_no_zip_says_so(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(BadInput, match="cannot be opened") as failed:
        Archive(tmp_path / "a.zip")
    assert failed.value.zh.remedy


def test_names_in_gbk_are_read_and_a_workbook_is_no_archive(tmp_path):
    one = zipfile.ZipInfo("红色.jpg".encode("gb18030").decode("cp437"))
    assert called(one) == "红色.jpg"
    pack(tmp_path / "b.xlsx", ("xl/workbook.xml", b""))
    pack(tmp_path / "c.zip", ("a.jpg", b""))
    assert not is_archive(tmp_path / "b.xlsx") and is_archive(tmp_path / "c.zip")
