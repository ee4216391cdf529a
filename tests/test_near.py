"""Near duplicates: proposed when hash, colour and vector agree; colour variants stay apart. req: D7"""

import io
import itertools
import json
import threading
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from kept import open_catalogue
from PIL import Image, ImageDraw

from tujian.catalogue import Incoming, PictureVector
from tujian.catalogue.near import MOST_COLOUR, alike, colour_difference, colour_grid, near_pairs
from tujian.clocks import Clock
from tujian.errors import Stopped
from tujian.house import House, Shot
from tujian.lanes import Lanes
from tujian.settings import read_settings


def cup(colour: str, size_px: tuple[int, int] = (400, 500), quality: int = 90, trim: str | None = None) -> bytes:
    """A cup of this colour on white; `trim` is the colour of its rim."""
    image = Image.new("RGB", (400, 500), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((100, 120, 290, 400), fill=colour)
    pen.ellipse((250, 180, 350, 330), outline=colour, width=20)
    pen.rectangle((100, 120, 290, 145), fill=trim or colour)
    file = io.BytesIO()
    image.resize(size_px).save(file, "JPEG", quality=quality)
    return file.getvalue()


@pytest.fixture
def keep(database, house, tmp_path):
    """Adds an item that shows a picture; its vector points along `axis`."""
    catalogue = open_catalogue(database, tmp_path)

    def add(content: bytes, name: str = "cup.jpg", axis: int = 0, embedder: str = "e", **more) -> str:
        vector = np.zeros(8, np.float16)
        vector[axis] = 1
        picture = replace(house.open(Shot(content, name))[1], pixels=None)
        return catalogue.add(
            [Incoming(picture, content, vector=PictureVector(embedder, vector.tobytes()))], who="k", **more
        ).id

    add.catalogue = catalogue
    add.pairs = lambda **more: near_pairs(
        database, lambda sha256: house.open(Shot(catalogue.content(sha256)))[1].pixels, 100, **more
    )
    return add


def test_a_smaller_copy_is_proposed_once_and_nothing_is_merged(keep):
    first, copy = keep(cup("#a03030")), keep(cup("#a03030", (200, 250), 60), "small.jpg")
    (pair,) = keep.pairs()
    assert {pair.a.item, pair.b.item} == {first, copy}
    assert pair.bits <= 6 and pair.colour <= MOST_COLOUR and pair.cosine == 1
    assert len(keep.catalogue.list().items) == 2


@pytest.mark.parametrize("other", [cup("#3030a0"), cup("#a03030", trim="#30a030"), cup("#ffffff")])
def test_a_colour_variant_is_no_duplicate_even_if_only_its_rim_differs(keep, other):
    keep(cup("#a03030"))
    keep(other)
    assert keep.pairs() == []


def test_what_another_network_saw_or_saw_otherwise_is_not_proposed(keep):
    keep(cup("#a03030"))
    keep(cup("#a03030", quality=60), axis=1)
    keep(cup("#a03030", quality=70), embedder="f")
    assert keep.pairs() == []


def test_items_that_say_different_colours_or_are_of_one_group_are_variants(keep):
    keep(cup("#101014"), "cup-black.jpg")
    keep(cup("#101014", quality=60), "cup-navy.jpg")
    keep(cup("#a03030"), values={"colours": ["红色"]})
    keep(cup("#a03030", quality=60), values={"colours": ["蓝色"]})
    keep(cup("#30a030"), variant_group="g")
    keep(cup("#30a030", quality=60), variant_group="g")
    assert keep.pairs() == []


def test_hidden_items_are_nowhere_unless_asked_for(keep):
    keep(cup("#a03030"))
    keep.catalogue.hide(keep(cup("#a03030", quality=60)), who="k")
    assert keep.pairs() == [] and len(keep.pairs(also=["hidden"])) == 1


def test_a_picture_whose_file_is_gone_is_left_out(keep, tmp_path):
    keep(cup("#a03030"))
    keep(cup("#a03030", quality=60))
    for path in (tmp_path / "pictures").rglob("*"):
        if path.is_file():
            path.unlink()
    assert keep.pairs() == []


def test_a_full_house_is_waited_for_and_fails_no_list(keep, database):  # req: C7
    keep(cup("#a03030"))
    keep(cup("#a03030", quality=60))
    lanes, held, go = Lanes(1, 0), threading.Event(), threading.Event()

    def somebody() -> None:
        with lanes.turn("high", Clock.of(60)):
            held.set()
            go.wait(60)

    def pixels_of(sha256: str):
        threading.Timer(0.2, go.set).start()
        with lanes.turn("low", Clock.of(1)):
            return np.asarray(Image.open(io.BytesIO(keep.catalogue.content(sha256))))

    other = threading.Thread(target=somebody)
    other.start()
    held.wait(60)
    assert len(near_pairs(database, pixels_of, 100)) == 1
    other.join()


def test_it_ends_between_two_pictures_when_nobody_waits_any_more(keep, database):  # req: C7
    for quality in (90, 80, 70, 60):
        keep(cup("#a03030", quality=quality))
    stopped, opened = threading.Event(), []

    def pixels_of(sha256: str):
        opened.append(sha256)
        stopped.set()
        return np.zeros((64, 64, 3), np.uint8)

    with pytest.raises(Stopped):
        near_pairs(database, pixels_of, 100, stopped=stopped)
    assert len(opened) == 1


def test_thousands_of_pictures_that_look_alike_at_first_are_compared_in_little_room():
    hashes = np.random.default_rng(7).integers(0, 1 << 50, 20_000, np.uint64)  # the upper bits are all the same
    hashes[19_999] = hashes[0] ^ np.uint64(0b111)
    tracemalloc.start()
    found = list(alike(hashes, threading.Event()))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (0, 19_999, 3) in found and len(found) == len(set(found)) and all(a < b for a, b, _ in found)
    assert peak_bytes < 100_000_000


@pytest.mark.realdata
def test_all_colour_variants_of_the_shop_stay_apart_and_all_copies_are_found(shared, tmp_path):
    rows = [json.loads(line) for line in (shared / "data" / "manifest.jsonl").read_text("utf-8").splitlines()]
    products = [row for row in rows if row["kind"] == "product"]
    house = House(read_settings(home=tmp_path, engine="none"))
    grids, copies = {}, []
    for row in products:
        content = (shared / "data" / row["path"]).read_bytes()
        grids[row["path"]] = colour_grid(house.open(Shot(content))[1].pixels)
        image = Image.open(io.BytesIO(content)).convert("RGB")
        file = io.BytesIO()
        image.resize((image.width // 2, image.height // 2)).save(file, "JPEG", quality=70)
        copies.append(colour_difference(grids[row["path"]], colour_grid(house.open(Shot(file.getvalue()))[1].pixels)))
    house.close()
    near = []
    for one, other in itertools.combinations(products, 2):
        labels, others = one["labels"], other["labels"]
        are_variants = labels["product_group"] == others["product_group"] and labels["view"] == others["view"]
        if are_variants and labels.get("color") != others.get("color"):
            difference = colour_difference(grids[one["path"]], grids[other["path"]])
            near += [(one["path"], other["path"])] if difference <= MOST_COLOUR else []
    # one photo stands for the black and the blue trousers: only what they are called tells them apart
    assert near == [("product/mp12-black_main.jpg", "product/mp12-blue_main.jpg")] and max(copies) <= MOST_COLOUR
