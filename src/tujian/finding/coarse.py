"""Short forms of many vectors, by which the nearest are sought before they are compared in full.

Enters: rows of a matrix. Leaves: places of rows that are probably the nearest to a query, more than are wanted. Rows
are turned to their principal axes and the first of these kept: a sixth of the bytes finds what a product with all would
(memory is what such a product waits for), if the more rows there are the more of them are compared in full, for the
more of them are alike. How many axes do is measured on the rows themselves, again when they have become four times as
many; where no short form finds SAME of what all numbers find, there is none.
Does not know: items, who may see what.
"""

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

LEAST_ROWS = 20_000  # fewer are multiplied in full within 3 ms
SAMPLE = 12_000  # rows that the axes and their number are found with
TRIED, WANTED = 32, 400  # questions of a trial, and how many of all rows are to be found; of the sample so many less
LEAST_WANTED = 8  # rows of a sample
ASIDE = 0.3  # of its length that such a question is moved
SHARES = (0.17, 0.25, 0.34, 0.5)  # of the numbers of a row that a short form may have
SAME = 0.99  # of the nearest rows that a short form has to find
AT_ONCE = 50_000
WIDE, PART = 8, 25  # times as many as are wanted are compared in full, and at least one in PART of all


class Coarse:
    """Of one matrix, whose owner says which rows changed."""

    def __init__(self) -> None:
        self._axes: Rows | None = None  # (numbers of a row, numbers of a short form)
        self._mean: Rows = np.zeros(0, np.float32)
        self._short: Rows = np.zeros((0, 0), np.float32)
        self._made_of, self._count, self._changed = 0, 0, set[int]()

    def change(self, place: int) -> None:
        """The row there is another one now."""
        if place < self._count:
            self._changed.add(place)

    def shrink(self, count: int) -> None:
        """There are only so many rows now."""
        self._count = min(self._count, count)

    def nearest(self, rows: Rows, query: Rows, most: int) -> Places | None:
        """Places of the rows that may be among the `most` nearest; None where all are to be compared."""
        if len(rows) < max(LEAST_ROWS, 2 * WIDE * most):
            return None
        if len(rows) >= 4 * self._made_of:
            self._make(rows)
        if self._axes is None:
            return None
        self._keep_up(rows)
        return _best(
            np.asarray(self._short[: len(rows)] @ (self._axes.T @ query), np.float32), _brought(most, len(rows))
        )

    def _make(self, rows: Rows) -> None:
        """Finds the axes, and whether few of them do."""
        chosen = rows[:: max(1, len(rows) // SAMPLE)]
        self._mean = chosen.mean(axis=0)
        sample = chosen - self._mean
        axes: Rows = np.linalg.eigh(sample.T @ sample)[1][:, ::-1].astype(np.float32)
        questions, short = _vague(chosen[:: max(1, len(chosen) // TRIED)]), np.asarray(sample @ axes, np.float32)
        counts = (round(share * rows.shape[1]) for share in SHARES)
        wanted = max(LEAST_WANTED, round(WANTED * len(sample) / len(rows)))
        enough = next((n for n in counts if _found(sample, short[:, :n], questions, axes, wanted) >= SAME), None)
        self._axes = None if enough is None else np.ascontiguousarray(axes[:, :enough])
        self._short = np.zeros((0, enough or 0), np.float32)
        self._made_of, self._count, self._changed = len(rows), 0, set()

    def _keep_up(self, rows: Rows) -> None:
        """Makes the short forms of rows that are new or have changed."""
        assert self._axes is not None
        if len(self._short) < len(rows):
            grown = np.zeros((len(rows) + len(rows) // 2, self._axes.shape[1]), np.float32)
            grown[: self._count] = self._short[: self._count]
            self._short = grown
        changed = [place for place in self._changed if place < self._count]
        self._short[changed] = (rows[changed] - self._mean) @ self._axes
        for begun in range(self._count, len(rows), AT_ONCE):  # a million rows at once would be copied twice
            ended = min(len(rows), begun + AT_ONCE)
            self._short[begun:ended] = (rows[begun:ended] - self._mean) @ self._axes
        self._count, self._changed = len(rows), set()


def _vague(rows: Rows) -> Rows:
    """As far from any row as what people ask: between two of them, and moved aside by ASIDE of its length."""
    middle = (rows + rows[::-1]) / 2
    aside = np.random.default_rng(0).normal(size=rows.shape)
    aside *= ASIDE * np.linalg.norm(middle, axis=1, keepdims=True) / np.linalg.norm(aside, axis=1, keepdims=True)
    return np.asarray(middle + aside, np.float32)


def _found(sample: Rows, short: Rows, questions: Rows, axes: Rows, wanted: int) -> float:
    """Share of the rows nearest to each question that are among those that the short forms bring."""
    met = 0
    for question in questions:
        nearest = _best(sample @ question, wanted)
        brought = _best(short @ (question @ axes[:, : short.shape[1]]), _brought(wanted, len(sample)))
        met += len(np.intersect1d(nearest, brought, assume_unique=True))
    return met / (wanted * len(questions))


def _brought(most: int, count: int) -> int:
    return min(count, max(WIDE * most, count // PART))


def _best(cosines: Rows, most: int) -> Places:
    return np.argpartition(-cosines, most - 1)[:most]
