"""A user's own classes from examples. req: F9, A8"""

import json
import re

import numpy as np
import pytest
from drawn import percepts, picture
from PIL import Image, ImageDraw
from test_cli import tujian

from tujian.errors import BadSettings, NotFound
from tujian.examples import check_counts, read_examples
from tujian.findings import find_claims, likely_category
from tujian.knowledge import Knowledge
from tujian.learned_files import forget, keep, load, names_in
from tujian.learning import Score, learn
from tujian.perception.labels import Guess, Labels
from tujian.reconcile import settle
from tujian.tasks import Tasks

PRODUCT = Tasks.load().get("product")


def cloud(seed: int, count: int, spread: float = 0.3) -> np.ndarray:
    """Unit vectors (count, 256) around one direction."""
    random = np.random.default_rng(seed)
    middle = random.normal(size=256)
    rows = middle / np.linalg.norm(middle) + random.normal(size=(count, 256)) * spread / 16
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


CUPS, BOWLS, STRANGE = cloud(1, 12), cloud(2, 8), cloud(3, 4)
LEARNED = learn(np.vstack([CUPS, BOWLS]), ["杯子"] * 12 + ["碗"] * 8)


def test_classes_that_lie_apart_are_told_apart_on_pictures_not_seen():
    assert LEARNED.classes == ("杯子", "碗")
    assert [(score.right, score.count) for score in LEARNED.per_class] == [(12, 12), (8, 8)]
    guess = LEARNED.guess(cloud(1, 30)[20])
    assert guess is not None and guess.name == "杯子" and guess.sure


def test_twenty_right_answers_are_not_called_certain():
    guess = LEARNED.guess(CUPS[0])
    assert guess is not None and 0.5 < guess.confidence < 1


def test_what_looks_like_nothing_that_was_taught_gets_no_guess():
    assert [LEARNED.guess(vector) for vector in STRANGE] == [None] * 4


def test_the_same_examples_teach_the_same():
    again = learn(np.vstack([CUPS, BOWLS]), ["杯子"] * 12 + ["碗"] * 8)
    assert np.array_equal(again.weights, LEARNED.weights) and again.calibration == LEARNED.calibration


def test_labels_without_meaning_are_never_stated():
    mixed = learn(cloud(4, 40), ["a", "b"] * 20)
    assert mixed.overall.share < 0.8
    guesses = [mixed.guess(vector) for vector in cloud(4, 40)]
    assert not all(guess and guess.sure for guess in guesses)


def test_a_class_called_other_teaches_silence():
    other = learn(np.vstack([CUPS, BOWLS]), ["杯子"] * 12 + ["其他"] * 8)
    assert other.guess(BOWLS[0]) is None
    assert other.guess(CUPS[0]) is not None


@pytest.mark.parametrize("right, count, low, high", [(20, 20, 0.839, 1.0), (5, 10, 0.237, 0.763)])
def test_intervals_are_wilsons(right, count, low, high):
    assert Score(right, count).interval() == pytest.approx((low, high), abs=0.001)


def test_a_file_gives_back_what_was_kept(tmp_path):
    keep(tmp_path, "器皿", LEARNED)
    named = load(tmp_path, "器皿")
    assert names_in(tmp_path) == ["器皿"] and [p.name for p in (tmp_path / "learned").iterdir()] == ["器皿.npz"]
    assert named.learned.per_class == LEARNED.per_class
    guess, kept = LEARNED.guess(CUPS[3]), named.learned.guess(CUPS[3])
    assert guess is not None and kept is not None and kept.name == guess.name
    forget(tmp_path, "器皿")
    assert names_in(tmp_path) == []
    with pytest.raises(NotFound):
        load(tmp_path, "器皿")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".x", "-x", "x" * 61])
def test_names_that_are_no_files_are_refused(tmp_path, name):
    with pytest.raises(BadSettings):
        keep(tmp_path, name, LEARNED)
    assert list(tmp_path.rglob("*")) == []


def test_other_weights_of_the_network_refuse_old_files_with_a_remedy(tmp_path, monkeypatch):
    keep(tmp_path, "old", LEARNED)
    monkeypatch.setattr("tujian.learned_files.vector_identity", lambda: "0" * 12)
    with pytest.raises(BadSettings) as refused:
        Knowledge.load(tmp_path)
    assert "tujian learn --forget old" in refused.value.say("zh").remedy


def test_a_damaged_file_is_named(tmp_path):
    path = keep(tmp_path, "cups", LEARNED)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(BadSettings, match="cups"):
        load(tmp_path, "cups")


def test_what_is_learnt_changes_the_recipe(tmp_path):
    before = Knowledge.load(tmp_path).version
    keep(tmp_path, "cups", LEARNED)
    assert Knowledge.load(tmp_path).version != before


def category_of(vector, tmp_path, *, sure: bool):
    keep(tmp_path, "器皿", LEARNED)
    knowledge = Knowledge.load(tmp_path)
    labels = Labels((Guess("fb-1", 0.9), Guess("aa-1", 0.05)), sure, vector.astype(np.float16))
    field = next(f for f in PRODUCT.fields if f.name == "category")
    seen = percepts(labels=labels)
    claims = [c for c in find_claims(picture(), seen, PRODUCT, knowledge, "zh") if c.field_name == "category"]
    return settle(field, claims, "zh"), likely_category(seen, knowledge)


def test_what_was_taught_goes_before_the_shipped_classifier(tmp_path):
    value, likely = category_of(CUPS[5], tmp_path, sure=True)
    assert value.value == "杯子" and value.evidence[0].by == "learned 器皿"
    assert [candidate.id for candidate in value.candidates] == ["fb-1"]
    assert likely is not None and likely.zh == "杯子"


def test_a_strange_picture_is_left_to_the_shipped_classifier(tmp_path):
    value, _ = category_of(STRANGE[0], tmp_path, sure=True)
    assert value.id == "fb-1" and value.candidates == []


@pytest.fixture
def classes(tmp_path):
    """Two classes of six drawn pictures each, a broken picture and a note."""
    folder = tmp_path / "own"
    for kind, colour in (("圆", "red"), ("方", "blue")):
        (folder / kind).mkdir(parents=True)
        for number in range(6):
            image = Image.new("RGB", (200, 200), (230, 230 - 5 * number, 225))
            draw = ImageDraw.Draw(image)
            box = (30 + 4 * number, 40, 150, 160)
            (draw.ellipse if kind == "圆" else draw.rectangle)(box, fill=colour)
            image.save(folder / kind / f"{number}.png")
    (folder / "圆" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    (folder / "圆" / "notes.txt").write_text("round ones")
    return folder


def test_the_command_learns_tells_its_score_and_is_used_at_once(classes, tmp_path):
    home = tmp_path / "home"
    done = tujian("learn", str(classes), home=home)
    assert done.returncode == 0, done.stderr
    assert re.search(r"合计\s+\d+/12", done.stdout) and "95% 区间" in done.stdout
    assert "broken.jpg" in done.stderr and "notes.txt" in done.stderr
    assert "own" in tujian("learn", "--list", home=home).stdout
    asked = tujian("recognise", str(classes / "圆" / "0.png"), "--json", "--task", "product", home=home)
    category = json.loads(asked.stdout)["fields"]["category"]
    claimed = [category, *category["candidates"]]
    assert any(evidence["by"] == "learned own" for one in claimed for evidence in one["evidence"])
    assert tujian("learn", "--forget", "own", home=home).returncode == 0
    assert "还没有" in tujian("learn", "--list", home=home).stdout


def test_too_few_pictures_are_refused_by_class(classes, tmp_path):
    (classes / "方" / "0.png").unlink()
    (classes / "方" / "1.png").unlink()
    done = tujian("learn", str(classes), home=tmp_path / "home")
    assert done.returncode == 2 and "方 (4)" in done.stderr and "5" in done.stderr


def test_one_picture_in_two_classes_is_refused(classes, tmp_path):
    (classes / "方" / "same.png").write_bytes((classes / "圆" / "0.png").read_bytes())
    done = tujian("learn", str(classes), home=tmp_path / "home")
    assert done.returncode == 2 and "same.png" in done.stderr


def test_a_table_of_paths_and_labels_is_read(classes):
    table = classes / "own.csv"
    table.write_text("path,label\n圆/0.png,圆形\n\n方/0.png,方形\n", "utf-8")
    assert [(e.path.name, e.label) for e in read_examples(table)] == [("0.png", "圆形"), ("0.png", "方形")]


@pytest.mark.parametrize("row", ["圆/0.png", "圆/0.png,", "圆/0.png,a,b", "圆/none.png,a", f"圆/0.png,{'x' * 61}"])
def test_a_wrong_row_is_refused_by_its_line(classes, row):
    table = classes / "own.csv"
    table.write_text(f"圆/0.png,圆形\n{row}\n", "utf-8")
    with pytest.raises(BadSettings, match=r"own\.csv, line 2"):
        read_examples(table)


def test_one_class_alone_is_nothing_to_tell_apart():
    with pytest.raises(BadSettings) as refused:
        check_counts(["杯子"] * 9)
    assert "其他" in refused.value.say("zh").remedy


def test_wrong_use_of_the_command_says_what_is_right(tmp_path):
    done = tujian("learn", home=tmp_path)
    assert done.returncode == 2 and "--list" in done.stderr
