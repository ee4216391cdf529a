"""Many vectors are compared by short forms first, and the same are found. req: A9, issue 5"""

import numpy as np
import pytest

from tujian.finding import coarse
from tujian.finding.coarse import Coarse
from tujian.finding.meanings import Matrix

COUNT, NUMBERS, MOST = 24_000, 96, 100


def turned(vectors):
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def goods():
    """Vectors as embedders make them: all near one direction, told apart by few others, and a little of every one."""
    chance = np.random.default_rng(3)
    kinds = chance.normal(size=(12, NUMBERS))
    told = chance.normal(size=(COUNT, 12)) @ kinds / 8
    return turned(3 + told + 0.1 * chance.normal(size=(COUNT, NUMBERS)))


@pytest.fixture
def matrix(goods):
    filled = Matrix()
    for number, vector in enumerate(goods):
        filled.put(f"{number}", "", vector)
    return filled


def exactly(goods, query):
    return {f"{at}" for at in np.argsort(-(goods @ query))[:MOST]}


def test_what_is_found_is_what_a_product_with_all_numbers_finds(matrix, goods):
    chance = np.random.default_rng(4)
    questions = turned(goods[:40] + 0.3 * turned(chance.normal(size=(40, NUMBERS))))
    met = [len(exactly(goods, query) & set(matrix.nearest(query, MOST))) for query in questions]
    assert np.mean(met) >= 0.99 * MOST
    found = matrix.nearest(questions[0], MOST)
    cosines = [float(goods[int(item)] @ questions[0]) for item in found]
    assert list(found.values()) == pytest.approx(cosines) and cosines == sorted(cosines, reverse=True)


def test_short_forms_follow_what_changes(matrix, goods):
    query = turned(goods[7] + goods[8])
    matrix.nearest(query, MOST)
    matrix.put("100", "", query)  # another passage of an item that is there
    matrix.put("new", "", query)
    assert list(matrix.nearest(query, MOST))[:2] in (["100", "new"], ["new", "100"])
    matrix.drop("100")  # the last one takes its place
    assert next(iter(matrix.nearest(query, MOST))) == "new" and "100" not in matrix.nearest(query, MOST)
    matrix.drop("new")
    assert "new" not in matrix.nearest(query, MOST)
    matrix.put("again", "", query)
    assert next(iter(matrix.nearest(query, MOST))) == "again"


def test_where_no_short_form_finds_the_same_all_are_compared():
    everywhere = turned(np.random.default_rng(5).normal(size=(COUNT, NUMBERS)))
    assert Coarse().nearest(everywhere, everywhere[0], MOST) is None


def test_few_vectors_are_compared_in_full(goods):
    assert Coarse().nearest(goods[: coarse.LEAST_ROWS - 1], goods[0], MOST) is None


def test_axes_are_found_again_once_the_rows_are_four_times_as_many(monkeypatch, goods):
    monkeypatch.setattr(coarse, "LEAST_ROWS", 2_000)
    short = Coarse()
    first = goods[:2_500].copy()
    first[:, :48] = 0  # what there was at first says nothing of half of the numbers
    assert short.nearest(turned(first), goods[0], 20) is not None
    brought = short.nearest(goods, goods[0], 20)
    assert brought is not None and set(np.argsort(-(goods @ goods[0]))[:20]) <= set(brought)


def test_among_many_more_that_are_nearly_alike_the_same_are_found():
    """Five hundred of one kind differ by what short forms leave out: more of them are compared in full."""
    chance = np.random.default_rng(6)
    kinds = chance.normal(size=(400, 12)) @ chance.normal(size=(12, NUMBERS)) / 4
    many = np.repeat(turned(3 + kinds), 500, axis=0) + turned(chance.normal(size=(200_000, NUMBERS))) / 10
    short, rows = Coarse(), turned(many)
    questions = [turned(rows[at] + rows[at + 77_777] / 2) for at in range(0, 100_000, 9_999)]
    met = [len(set(np.argsort(-(rows @ one))[:20]) & set(short.nearest(rows, one, 20))) for one in questions]
    assert np.mean(met) >= 0.99 * 20
