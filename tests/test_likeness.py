"""A search by a region of a picture, what looks like an item, and its variants; alike on both databases. req: D8"""

import io
import json
import re

import numpy as np
import pytest
from fastapi.testclient import TestClient
from kept import incoming
from PIL import Image

from tujian.api import create_app
from tujian.catalogue import Catalogue
from tujian.catalogue.nouns import PictureVector
from tujian.cli.searching import run_search
from tujian.errors import BadInput, NotFound
from tujian.finding import Query, Search
from tujian.geometry import Box1000
from tujian.house import House, Shot
from tujian.likeness import find_similar, look_of, look_of_item, looks_of, parse_region
from tujian.saved_searches import Question
from tujian.settings import read_settings


@pytest.fixture
def home(tmp_path, house, place):
    """A house on an empty database of either kind, with the models of the shared one."""
    url = place if isinstance(place, str) else None
    opened = House(read_settings(home=tmp_path, lang="zh", engine="none", database=url))
    opened._perception = house.perception
    yield opened
    opened.close()


@pytest.fixture
def catalogue(home):
    return Catalogue.opened(home.settings, home.database, home.tasks)


@pytest.fixture
def search(home):
    return Search(home.database, lambda: home.embedder)


@pytest.fixture
def shelf(home, catalogue, samples):
    """Three drawn pictures, one an item; ids by name."""
    names = [one["file"] for one in json.loads((samples / "index.json").read_text("utf-8"))][:3]
    ids = {}
    for name in names:
        content = (samples / name).read_bytes()
        vector = PictureVector(home.perception.versions["category"], packed(look_of(home, Shot(content))))
        ids[name] = catalogue.add([incoming(content, name, vector=vector)], who="t", values={"name": name}).id
    return ids


def packed(vector) -> bytes:
    return np.asarray(vector).astype(np.float16).tobytes()


def beside(samples, *names: str) -> bytes:
    """Pictures side by side on one, each in a square of its own."""
    sheet = Image.new("RGB", (400 * len(names), 400), (196, 186, 170))
    for at, name in enumerate(names):
        one = Image.open(samples / name).convert("RGB")
        one.thumbnail((360, 360))
        sheet.paste(one, (400 * at + 20, 20))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def axis(place: int, towards: int = 0, share: float = 0.0) -> PictureVector:
    """A vector along one axis, turned by `share` to another: two of them have a known cosine."""
    own = np.eye(8, dtype=np.float32)
    return PictureVector("eyes 1", packed(np.sqrt(1 - share**2) * own[place] + share * own[towards]))


@pytest.mark.parametrize(
    "typed", ["1,2,3", "0,0,1001,5", "-1,0,5,5", "5,5,5,9", "9,0,1,5", "a,b,c,d", "nan,0,1,1", "0,0,inf,9", "1,2,3,4,5"]
)
def test_what_is_no_region_is_refused_with_an_example(typed):
    with pytest.raises(BadInput, match="100,200,500,900"):
        parse_region(typed)


def test_a_region_of_an_upright_picture_is_what_a_crop_of_it_is(home, samples):
    sheet = Image.open(io.BytesIO(beside(samples, "juice.jpg", "juice.jpg")))
    sideways, crop = io.BytesIO(), io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side: to be turned clockwise
    sheet.transpose(Image.Transpose.ROTATE_90).save(sideways, "PNG", exif=exif)
    sheet.crop((400, 0, 800, 400)).save(crop, "PNG")
    region = look_of(home, Shot(sideways.getvalue()), Box1000(500, 0, 1000, 1000))
    assert float(region @ look_of(home, Shot(crop.getvalue()))) > 0.999


def test_a_whole_picture_looks_as_it_does_when_it_is_recognised(home, samples):
    content = (samples / "juice.jpg").read_bytes()
    seen = home.look(Shot(content)).percepts.picture_vector
    assert float(look_of(home, Shot(content)) @ seen.astype(np.float32)) > 0.999


def test_a_region_that_is_too_small_is_refused(home, samples):
    with pytest.raises(BadInput, match="too small"):
        look_of(home, Shot(beside(samples, "juice.jpg")), Box1000(0, 0, 70, 900))
    with pytest.raises(BadInput, match="2 regions"):
        looks_of(home, [Shot(beside(samples, "juice.jpg"))], ["", "0,0,500,500"])


def test_of_two_things_on_a_picture_the_chosen_one_is_found(home, search, shelf, samples):
    first, second, _ = shelf
    sheet = beside(samples, first, second)
    with TestClient(create_app(home), base_url="http://localhost:7860") as client:
        for name, region in ((first, "0,0,500,1000"), (second, "500,0,1000,1000")):
            sent = {"files": {"image": ("sheet.png", sheet)}, "data": {"region": region}}
            hits = client.post("/v1/search", **sent).json()["hits"]
            assert hits[0]["item"]["id"] == shelf[name]
        refused = client.post("/v1/search", files={"image": ("s.png", sheet)}, data={"region": "0,0,10,10"})
        assert (refused.status_code, refused.json()["error"]["type"]) == (400, "BadInput")


def test_the_nth_region_is_of_the_nth_picture(home, search, shelf, samples):
    first, second, third = shelf
    shown = [(samples / third).read_bytes(), beside(samples, first, second)]
    sent = {"files": [("image", (f"{at}.png", one)) for at, one in enumerate(shown)]}
    sent["data"] = {"region": ["", "500,0,1000,1000"], "strictness": "0"}
    looks = look_of(home, Shot(shown[0])), look_of(home, Shot(shown[1]), Box1000(500, 0, 1000, 1000))
    wanted = search.find(Query(looks=looks, strictness=0.0), home.perception.versions["category"]).hits
    with TestClient(create_app(home), base_url="http://localhost:7860") as client:
        told = client.post("/v1/search", **sent).json()["hits"]
        page = client.post("/search", **sent).text
    assert [(hit["item"]["id"], hit["score"]) for hit in told] == [(hit.item.id, hit.score) for hit in wanted]
    assert re.findall(r'class="figures">([\d.]+)<', page) == [f"{hit.score:.2f}" for hit in wanted]


def test_a_ninth_picture_is_refused(home, samples):
    sent = [("image", (f"{at}.jpg", (samples / "juice.jpg").read_bytes())) for at in range(9)]
    with TestClient(create_app(home), base_url="http://localhost:7860") as client:
        refused = client.post("/v1/search", files=sent)
        assert (refused.status_code, refused.json()["error"]["type"]) == (400, "BadInput")
        page = client.post("/search", files=sent)
        assert page.status_code == 400 and "一次拿 9 张图来找，最多 8 张。" in page.text
        assert client.post("/v1/search", files=sent[1:]).status_code == 200


def test_without_a_script_the_sides_of_an_items_frame_are_not_of_what_is_brought(home, shelf, samples):
    name, item_id = next(iter(shelf.items()))
    sent = {"files": {"image": (samples / name).read_bytes()}, "data": {"region": ["0", "0", "5", "5"], "like": "x"}}
    with TestClient(create_app(home), base_url="http://localhost:7860") as client:
        page = client.post("/search", **sent)
    assert page.status_code == 200 and f'href="/catalogue/{item_id}"' in page.text


def test_the_command_line_takes_a_region(home, shelf, samples, tmp_path, capsys):
    first, second, _ = shelf
    (tmp_path / "sheet.png").write_bytes(beside(samples, first, second))
    like, region = [tmp_path / "sheet.png"], ["500,0,1000,1000"]
    run_search(home.settings, Question(), like=like, region=region, limit=5, as_json=True)
    assert json.loads(capsys.readouterr().out.splitlines()[0])["item"] == shelf[second]


def test_an_item_is_looked_for_by_its_picture(home, catalogue, search, shelf):
    name, item_id = next(iter(shelf.items()))
    item = catalogue.get(item_id)
    whole, part = look_of_item(home, catalogue, item), look_of_item(home, catalogue, item, 0, Box1000(0, 0, 400, 400))
    hits = search.find(Query(looks=(whole,)), home.perception.versions["category"]).hits
    assert hits[0].item.title == name and hits[0].score > 0.99
    assert float(whole @ part) < 0.99
    with pytest.raises(NotFound, match="picture 5"):
        look_of_item(home, catalogue, item, 5)


class Eyes:
    """A house whose pictures have vectors of our own."""

    def __init__(self):
        self.perception = self
        self.versions = {"category": "eyes 1"}


def add(catalogue, name, vector, group=None, **values):
    content = name.encode()
    values = {"name": name, **values}
    return catalogue.add([incoming(content, vector=vector)], who="t", variant_group=group, values=values).id


def test_similar_items_come_nearest_first_and_only_where_they_are_near(catalogue, search):
    bag = add(catalogue, "背包", axis(0))
    add(catalogue, "很像的背包", axis(0, 1, 0.3))
    add(catalogue, "像的背包", axis(0, 1, 0.7))
    add(catalogue, "帐篷", axis(2))
    hidden = add(catalogue, "藏起来的背包", axis(0, 3, 0.2))
    catalogue.hide(hidden, who="t")
    alone = add(catalogue, "钢琴", axis(5))
    found = find_similar(Eyes(), catalogue, search, catalogue.get(bag))
    assert [hit.item.title for hit in found.hits] == ["很像的背包", "像的背包"]
    also = find_similar(Eyes(), catalogue, search, catalogue.get(bag), also=("hidden",))
    assert also.hits[0].item.id == hidden
    assert find_similar(Eyes(), catalogue, search, catalogue.get(alone)).hits == []
    assert len(find_similar(Eyes(), catalogue, search, catalogue.get(bag), limit=1).hits) == 1


def test_of_several_pictures_what_resembles_them_best_on_average_stands_first(catalogue, search):
    """The page says so (`search_together`): one that resembles a single picture is found, too, later."""
    add(catalogue, "像第一张", axis(0))
    add(catalogue, "两张都有点像", axis(0, 1, 0.7))
    add(catalogue, "都不像", axis(5))
    looks = tuple(np.eye(8, dtype=np.float32)[:2])
    hits = search.find(Query(looks=looks), "eyes 1").hits
    assert [hit.item.title for hit in hits] == ["两张都有点像", "像第一张"]


def test_variants_stand_in_a_row_of_their_own(catalogue, search):
    red = add(catalogue, "卫衣", axis(0), "hoodie", colours=["酒红色"])
    blue = add(catalogue, "卫衣 ", axis(0, 1, 0.1), "hoodie", colours=["藏青色", "白色"])
    hidden = add(catalogue, "卫衣  ", axis(0, 1, 0.2), "hoodie", colours=["黑色"])
    catalogue.hide(hidden, who="t")
    add(catalogue, "别的卫衣", axis(0, 1, 0.15), "other")
    found = find_similar(Eyes(), catalogue, search, catalogue.get(red))
    assert {one.item.id: (one.colours, one.tints) for one in found.variants} == {
        red: (["酒红色"], ["red"]),
        blue: (["藏青色", "白色"], ["blue", "white"]),
    }
    assert [hit.item.title for hit in found.hits] == ["别的卫衣"]


def test_an_item_that_stands_alone_has_no_variants_and_one_not_looked_at_nothing_similar(catalogue, search):
    lonely = catalogue.add([incoming(b"x")], who="t", variant_group="one of its kind").id
    found = find_similar(Eyes(), catalogue, search, catalogue.get(lonely))
    assert (found.hits, found.variants) == ([], [])


def test_what_is_similar_is_told_over_http(home, shelf):
    with TestClient(create_app(home), base_url="http://localhost:7860") as client:
        item_id = next(iter(shelf.values()))
        told = client.get(f"/v1/items/{item_id}/similar", params={"strictness": 0}).json()
        assert item_id not in {hit["item"]["id"] for hit in told["hits"]}
        assert told["variants"] == []
        assert client.get("/v1/items/nobody/similar").status_code == 404
