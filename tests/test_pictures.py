"""Bytes, paths and data: URIs become pictures; everything else an error that says what it is and what to do."""

import base64
import hashlib
import io
import json
import struct
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image

from tujian.decoding import Decoder
from tujian.errors import FetchRefused, PictureTooLarge, UnreadablePicture
from tujian.pictures import open_picture
from tujian.sniffing import PICTURE_KINDS, refuse, sniff

MAX_BYTES = 50_000_000


@pytest.fixture(scope="module")
def decoder():
    with Decoder() as decoder:
        yield decoder


def png(size_px=(40, 30), colour="red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size_px, colour).save(file, "PNG")
    return file.getvalue()


def test_bytes_become_a_picture_with_its_hashes(decoder):
    content = png()
    picture = open_picture(content, decoder=decoder, max_bytes=MAX_BYTES)
    assert (picture.format, picture.size_px, picture.path, picture.bytes_count) == ("PNG", (40, 30), "", len(content))
    assert picture.sha256 == hashlib.sha256(content).hexdigest()
    assert picture.md5 == hashlib.md5(content).hexdigest()
    assert picture.pixels.shape == (30, 40, 3) and picture.pixels[0, 0].tolist() == [255, 0, 0]
    assert (picture.taken_at, picture.gps, picture.camera, picture.notes) == (None, None, None, ())


@pytest.mark.parametrize("as_path", [Path, str])
def test_a_path_names_itself_and_its_ending_does_not_matter(decoder, tmp_path, as_path):
    path = tmp_path / "照片.jpg.txt"
    path.write_bytes(png())
    picture = open_picture(as_path(path), decoder=decoder, max_bytes=MAX_BYTES)
    assert (picture.path, picture.format) == (str(path), "PNG")
    assert open_picture(path, decoder=decoder, max_bytes=MAX_BYTES, name="1.jpg").path == "1.jpg"


@pytest.mark.parametrize("missing", ["nowhere.jpg", ".", "a\0b", "C:\\photos\\a.jpg"])
def test_a_path_that_is_no_file_is_said(decoder, tmp_path, monkeypatch, missing):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnreadablePicture) as refused:
        open_picture(missing, decoder=decoder, max_bytes=MAX_BYTES)
    assert refused.value.say("zh").remedy


def data_uris() -> list[str]:
    content = png()
    plain = base64.b64encode(content).decode()
    return [
        f"data:image/png;base64,{plain}",
        f"DATA:;BASE64,{plain}",
        f"data:image/jpeg;charset=utf-8;base64,{plain.rstrip('=')}",
        f"data:image/png;base64,{base64.urlsafe_b64encode(content).decode()}",
        "data:image/png;base64," + "\n".join(plain[i : i + 76] for i in range(0, len(plain), 76)),
        f"data:image/png;base64,{quote(plain, safe='')}",
        f"data:image/png,{quote(content)}",
    ]


@pytest.mark.parametrize("uri", data_uris())
def test_data_uris_are_read_as_browsers_write_them(decoder, uri):
    assert open_picture(uri, decoder=decoder, max_bytes=MAX_BYTES).size_px == (40, 30)


@pytest.mark.parametrize("uri", ["data:image/png;base64", "data:image/png;base64,####", "data:;base64,AAAAA", "data:,"])
def test_a_data_uri_that_holds_no_picture_is_refused(decoder, uri):
    with pytest.raises(UnreadablePicture):
        open_picture(uri, decoder=decoder, max_bytes=MAX_BYTES)


@pytest.mark.parametrize("way", [bytes, Path, str])
def test_more_bytes_than_the_limit_are_refused(decoder, tmp_path, way):
    content, path = png((300, 300)), tmp_path / "a.png"
    path.write_bytes(content)
    uri = "data:;base64," + base64.b64encode(content).decode()
    source = {bytes: content, Path: path, str: uri}[way]
    with pytest.raises(PictureTooLarge, match="TUJIAN_MAX_UPLOAD_MB"):
        open_picture(source, decoder=decoder, max_bytes=len(content) - 1)


@pytest.mark.parametrize("url", ["http://example.com/a.jpg", "ftp://example.com/a.jpg", "file:///etc/passwd"])
def test_without_a_fetcher_no_address_is_opened(decoder, url):
    with pytest.raises(FetchRefused):
        open_picture(url, decoder=decoder, max_bytes=MAX_BYTES)


def tiff(*tags: tuple[int, int]) -> bytes:
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(64)


def iso(*brands: bytes) -> bytes:
    return struct.pack(">I4s4sI", 16 + 4 * len(brands[1:]), b"ftyp", brands[0], 0) + b"".join(brands[1:]) + bytes(32)


KINDS = {
    "empty": [b""],
    "JPEG": [b"\xff\xd8\xff\xe0\0\x10JFIF", b"\xff\xd8\xff\xdb\0"],
    "PNG": [png()],
    "WEBP": [b"RIFF\x10\0\0\0WEBPVP8 "],
    "BMP": [b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"],
    "ICO": [b"\0\0\1\0\1\0\x10\x10"],
    "JPEG2000": [b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51\0"],
    "TIFF": [tiff((0x0100, 10)), b"MM\0*\0\0\0\x08\0\0", b"II+\0\x08\0\0\0", tiff((0x010F, 1), (0x00FE, 0))],
    "HEIC": [iso(b"heic", b"mif1"), iso(b"mif1", b"heic"), iso(b"msf1", b"hevc")],
    "AVIF": [iso(b"avif", b"mif1"), iso(b"mif1", b"avif", b"miaf"), iso(b"avis", b"msf1")],
    "video": [
        iso(b"isom", b"mp42"),
        iso(b"qt  "),
        iso(b"3gp5"),
        b"RIFF\0\0\0\0AVI LIST",
        b"\x1aE\xdf\xa3\x9fB",
        b"\0\0\0\x08wide",
        b"FLV\1\5",
    ],
    "audio": [iso(b"M4A "), b"ID3\4", b"RIFF\0\0\0\0WAVEfmt "],
    "raw": [
        b"II*\0\x10\0\0\0CR\2\0",
        iso(b"crx ", b"isom"),
        tiff((0xC612, 4)),
        tiff((0x00FE, 1), (0x010F, 1)),
        b"FUJIFILMCCD-RAW 0201",
        b"IIU\0\x18",
        b"IIRO\x08",
    ],
    "pdf": [b"%PDF-1.7\n", b"\n\n%PDF-1.4"],
    "svg": [b'<svg xmlns="http://www.w3.org/2000/svg">', b'<?xml version="1.0"?>\n<!-- x -->\n<svg width="1">'],
    "psd": [b"8BPS\0\1"],
    "html": [b"<!DOCTYPE html><p>404", b"\xef\xbb\xbf \n<html lang=zh>", "<html>找不到</html>".encode()],
    "text": [b"hello", "图鉴".encode(), "图鉴".encode()[:5], b'{"error": "not found"}', "a".encode("utf-16"), b"BMW"],
    "archive": [b"PK\3\4\x14\0", b"Rar!\x1a\7\1", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08\0"],
    "program": [b"\x7fELF\2", b"MZ\x90\0"],
    "other_picture": [b"\xff\x0a\xfa", b"\1\xda\1\1", b"DDS |", b"gimp xcf v011"],
    None: [b"\0\1\2\3", bytes(100), b"\x89PNG\n\x1a\n\0"],
}


@pytest.mark.parametrize(("kind", "head"), [(kind, head) for kind, heads in KINDS.items() for head in heads])
def test_content_says_what_a_file_is(kind, head):
    assert sniff(head) == kind


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in PICTURE_KINDS])
def test_each_thing_that_is_no_picture_has_words_of_its_own(decoder, kind):
    with pytest.raises(UnreadablePicture) as refused:
        open_picture(KINDS[kind][0], decoder=decoder, max_bytes=MAX_BYTES)
    others = [refuse(other) for other in KINDS if other not in PICTURE_KINDS and other != kind]
    for lang in ("zh", "en"):
        assert refused.value.say(lang).remedy
        assert refused.value.say(lang).message not in [other.say(lang).message for other in others]


def _entries(shared: Path, kind: str) -> list[Path]:
    lines = (shared / "data" / "manifest.jsonl").read_text().splitlines()
    return [shared / "data" / entry["path"] for entry in map(json.loads, lines) if entry["kind"] == kind]


@pytest.mark.realdata
def test_every_odd_but_valid_picture_decodes(decoder, shared):
    paths = _entries(shared, "odd_valid")
    assert len(paths) == 60
    for path in paths:
        entry_px = open_picture(path, decoder=decoder, max_bytes=MAX_BYTES).size_px
        with Image.open(path) as image:
            assert sorted(entry_px) == sorted(image.size), path


@pytest.mark.realdata
def test_every_bad_file_ends_in_a_picture_or_in_an_error_with_a_remedy(decoder, shared):
    paths = _entries(shared, "bad_input")
    assert len(paths) == 181
    refused = 0
    for path in paths:
        started = time.monotonic()
        try:
            picture = open_picture(path, decoder=decoder, max_bytes=MAX_BYTES)
            assert picture.pixels.shape[2] == 3
        except UnreadablePicture as error:
            refused += 1
            assert all(error.say(lang).message and error.say(lang).remedy for lang in ("zh", "en")), path
        assert time.monotonic() - started < 20, path
    assert refused > 100
