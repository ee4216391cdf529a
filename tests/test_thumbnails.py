"""Small pictures for lists: upright, kept, and never of what is hidden. req: E6, E9"""

import io

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tujian.api import create_app
from tujian.house import House
from tujian.settings import read_settings


def drawn(width_px: int, height_px: int, colour: str = "red", **more) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width_px, height_px), colour).save(out, "JPEG", **more)
    return out.getvalue()


@pytest.fixture
def client(tmp_path):
    house = House(read_settings(home=tmp_path, lang="zh", engine="none"))
    yield TestClient(create_app(house), base_url="http://localhost:7860")
    house.close()


def kept(client, content: bytes) -> dict:
    return client.post("/v1/items", files={"image": ("a.jpg", content, "image/jpeg")}, data={"look": "false"}).json()


def thumbnail(client, sha256: str, **more):
    return client.get(f"/v1/pictures/{sha256}/thumbnail", **more)


def test_a_thumbnail_is_a_small_upright_webp(client):
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held upright
    item = kept(client, drawn(1600, 1200, exif=turned))
    answer = thumbnail(client, item["cover"], params={"size": 300})
    small = Image.open(io.BytesIO(answer.content))
    assert (answer.headers["content-type"], small.format, small.size) == ("image/webp", "WEBP", (240, 320))
    assert (item["cover_width_px"], item["cover_height_px"]) == (1200, 1600)


def test_a_thumbnail_is_kept_and_not_sent_to_who_has_it(client, tmp_path):
    item = kept(client, drawn(800, 600))
    first = thumbnail(client, item["cover"])
    assert [path.name for path in tmp_path.rglob("*.webp")] == [f"{item['cover']}.320.webp"]
    again = thumbnail(client, item["cover"], headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert thumbnail(client, item["cover"], params={"size": 640}).headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("visibility", ["hidden", "sensitive"])
def test_what_is_not_shown_has_no_thumbnail_unless_asked_for(client, visibility):
    item = kept(client, drawn(800, 600))
    etag = thumbnail(client, item["cover"]).headers["etag"]
    url = f"/v1/items/{item['id']}"
    assert client.patch(url, json={"visibility": visibility}, headers={"If-Match": "*"}).status_code == 200
    assert thumbnail(client, item["cover"]).status_code == 404
    assert thumbnail(client, item["cover"], headers={"If-None-Match": etag}).status_code == 404
    assert thumbnail(client, item["cover"], params={"also": visibility}).status_code == 200


def test_a_forgotten_picture_leaves_no_thumbnail(client, tmp_path):
    item = kept(client, drawn(800, 600))
    thumbnail(client, item["cover"])
    assert client.delete(f"/v1/items/{item['id']}").status_code == 204
    assert list(tmp_path.rglob("*.webp")) == []
    assert thumbnail(client, item["cover"]).status_code == 404


@pytest.mark.parametrize("wrong", ["0" * 63, "../../../etc/passwd", "Z" * 64, "0" * 64])
def test_no_other_name_is_a_picture(client, wrong):
    assert thumbnail(client, wrong).status_code in (400, 404, 422)


def part(client, sha256: str, **asked):
    return client.get(f"/v1/pictures/{sha256}/crop", params=asked)


def test_a_part_of_a_picture_is_cut_from_the_original(client):
    image = Image.new("RGB", (1000, 800), "white")
    image.paste("red", (500, 400, 700, 480))
    out = io.BytesIO()
    image.save(out, "PNG")
    item = kept(client, out.getvalue())
    shown = Image.open(io.BytesIO(part(client, item["cover"], box="500,500,700,600").content)).convert("RGB")
    assert shown.size == (200, 80)
    red, green, _ = shown.getpixel((100, 40))
    assert red > 200 and green < 60
    assert part(client, item["cover"], box="0,0,1000,1000", size=320).headers["content-type"] == "image/webp"


@pytest.mark.parametrize("wrong", ["", "1,2,3", "500,500,500,600", "0,0,1000,1001", "-1,0,9,9", "a,b,c,d", "9,9,8,8"])
def test_a_part_that_encloses_nothing_is_refused(client, wrong):
    item = kept(client, drawn(800, 600))
    assert part(client, item["cover"], box=wrong).status_code in (400, 422)


@pytest.mark.parametrize("visibility", ["hidden", "sensitive"])
def test_no_part_is_seen_of_what_is_not_shown(client, visibility):
    item = kept(client, drawn(800, 600))
    assert part(client, item["cover"], box="0,0,500,500").status_code == 200
    url = f"/v1/items/{item['id']}"
    assert client.patch(url, json={"visibility": visibility}, headers={"If-Match": "*"}).status_code == 200
    assert part(client, item["cover"], box="0,0,500,500").status_code == 404
    assert part(client, item["cover"], box="0,0,500,500", also=visibility).status_code == 200
