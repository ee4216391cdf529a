"""The sample pictures: what their drawing script wrote on them is what perception and the rules read off them."""

import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tujian
from tujian.decoding import Decoder
from tujian.perception import Perception
from tujian.pictures import open_picture
from tujian.rules import dates, gtin, measures, prices
from tujian.rules.brands import Brands, largest_lettering

SAMPLES = Path(tujian.__file__).parent / "data/samples"
TRUTH = json.loads((SAMPLES / "truth.json").read_text("utf-8"))
SCRIPT = Path(__file__).parents[1] / "scripts/draw_samples.py"
MOST_BYTES = 1_500_000  # all of them travel in the wheel
LEAST_READ = 0.75  # of the lines of one picture: wide-set and slanted Latin letters are sometimes lost
LEAST_READ_OVERALL = 0.95


@pytest.fixture(scope="module")
def percepts():
    """What perception sees on each sample, by file name."""
    perception = Perception()
    with Decoder() as decoder:
        return {
            file: perception.perceive(open_picture(SAMPLES / file, decoder=decoder, max_bytes=MOST_BYTES))
            for file in TRUTH
        }


def folded(text):
    """Without blanks, punctuation and case; 凈 is 净, as the reader takes the one for the other."""
    plain = unicodedata.normalize("NFKC", text).replace("凈", "净").lower()
    return re.sub(r"[\W_]+", "", plain)


def missing(file, percepts):
    read = folded("".join(line.text for line in percepts[file].text_lines))
    return [words for words in TRUTH[file]["must_contain"] if folded(words) not in read]


def that_show(fact):
    return [file for file, shown in TRUTH.items() if shown[fact]]


def test_every_sample_has_its_titles_its_truth_and_a_modest_size():
    index = json.loads((SAMPLES / "index.json").read_text("utf-8"))
    files = [sample["file"] for sample in index]
    assert files == list(TRUTH)
    assert all(sample["title_zh"] and sample["title_en"] for sample in index)
    assert sorted(path.name for path in SAMPLES.glob("*.jpg")) == sorted(files)
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) < MOST_BYTES
    for file in files:
        with Image.open(SAMPLES / file) as picture:
            assert 800 <= min(picture.size) <= max(picture.size) <= 1200
            assert not picture.getexif()


@pytest.mark.parametrize("file", TRUTH)
def test_the_words_on_a_sample_are_read(file, percepts):
    unread = missing(file, percepts)
    assert len(unread) <= (1 - LEAST_READ) * len(TRUTH[file]["must_contain"]), unread


def test_nearly_all_words_are_read_over_all_samples(percepts):
    unread = [words for file in TRUTH for words in missing(file, percepts)]
    wanted = sum(len(shown["must_contain"]) for shown in TRUTH.values())
    assert len(unread) <= (1 - LEAST_READ_OVERALL) * wanted, unread


@pytest.mark.parametrize("file", TRUTH)
def test_bars_are_read_where_they_are_shown_and_nowhere_else(file, percepts):
    barcode = TRUTH[file]["barcode"]
    assert [(code.format, code.text, code.valid) for code in percepts[file].barcodes] == (
        [("EAN-13", barcode, True)] if barcode else []
    )


def test_digits_with_a_wrong_check_digit_are_kept_and_flagged(percepts):  # req: B10
    (file,) = that_show("printed_code")
    (reading,) = gtin.find_in_lines(percepts[file].text_lines)
    assert (reading.value, reading.valid) == (TRUTH[file]["printed_code"], False)
    assert gtin.corrected(reading.value) == "5051234567895"


@pytest.mark.parametrize("file", that_show("net_content"))
def test_the_net_content_comes_first_before_amounts_in_the_table_of_nutrients(file, percepts):  # req: B10
    readings = measures.find_net_content(percepts[file].text_lines)
    assert readings[0].key == measures.measure_keys(TRUTH[file]["net_content"])[0]


@pytest.mark.parametrize("file", that_show("prices"))
def test_prices_are_found_with_their_currency(file, percepts):
    readings = prices.find_prices(percepts[file].text_lines)
    assert [reading.value for reading in readings] == TRUTH[file]["prices"]


@pytest.mark.parametrize("file", that_show("production_date"))
def test_the_day_of_production_is_found(file, percepts):
    readings = dates.find_production_dates(percepts[file].text_lines)
    assert [reading.value for reading in readings] == [TRUTH[file]["production_date"]]


@pytest.mark.parametrize("file", that_show("best_before"))
def test_the_last_day_is_found(file, percepts):
    readings = dates.find_best_before(percepts[file].text_lines)
    assert [reading.value for reading in readings] == [TRUTH[file]["best_before"]]


@pytest.mark.parametrize("file", that_show("shelf_life"))
def test_the_shelf_life_is_found(file, percepts):
    readings = dates.find_shelf_lives(percepts[file].text_lines)
    assert {reading.value for reading in readings} == {TRUTH[file]["shelf_life"]}


@pytest.mark.parametrize("file", ["biscuits.jpg", "milk-front.jpg", "shampoo.jpg", "book.jpg", "tea.jpg"])
def test_the_largest_lettering_is_brand_or_name_and_on_no_list(file, percepts):
    lines = percepts[file].text_lines
    largest = largest_lettering(lines)
    assert largest is not None
    assert any(folded(largest.text) in folded(TRUTH[file][fact]) for fact in ("brand", "name"))
    assert Brands.load().find(lines) == []


def test_nothing_on_the_samples_looks_like_a_face_or_like_nudity(percepts):
    assert all(not seen.faces and seen.nsfw < 0.1 for seen in percepts.values())


@pytest.mark.parametrize("file", ["juice.jpg", "poster.jpg"])
def test_the_script_draws_the_shipped_pictures(file, tmp_path):
    found = subprocess.run(["fc-match", "Noto Sans CJK SC:bold"], capture_output=True, text=True, check=True)
    if "CJK" not in found.stdout:
        pytest.skip("fonts-noto-cjk is not installed: the letters cannot be drawn")
    name = Path(file).stem
    subprocess.run([sys.executable, SCRIPT, "--out", tmp_path, "--only", name], check=True, timeout=120)
    drawn, shipped = (np.asarray(Image.open(folder / file), np.int16) for folder in (tmp_path, SAMPLES))
    assert np.abs(drawn - shipped).mean() < 1  # of 255; another FreeType may set an edge differently
