"""How far bars reach: a reader of linear codes reports the rows it read, not the whole symbol.

Enters: grey pixels and the corners of the rows that were read. Leaves: corners of the symbol.
Does not know: what the bars say.
"""

import cv2
import numpy as np
import numpy.typing as npt

Corners = npt.NDArray[np.float64]
"""(4, 2): top left, top right, bottom right, bottom left, as the symbol itself stands."""

SAMPLES = 190  # two a module of a retail symbol, which has 95 (GS1 General Specifications 5.2.1.2)
SIDE = 60  # of them: the third at either end, which tells where the bars end there
ALIKE = 0.6  # correlation from which a row shows the same bars; rows of digits or paper lie below 0.3
MOST_REACH = 1.2  # of the symbol's length; the tallest retail bars are 0.8 of it
LONGEST_GAP = 3  # rows that a fold or a glare may hide


def whole_bars(grey: npt.NDArray[np.uint8], corners: Corners) -> Corners:
    """`corners` moved along the bars to where these end; never inward."""
    left, right = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    along = right - left
    length = float(np.hypot(*along))
    down = (corners[3] + corners[2] - corners[0] - corners[1]) / 2
    own = float(np.hypot(*down))
    if length < 20:
        return corners
    step = down / own if own >= 4 else np.array([-along[1], along[0]]) / length
    reach = round(length * MOST_REACH)
    offsets = np.arange(-reach, reach + 1)
    share = np.linspace(0, 1, SAMPLES)
    points = left + share[None, :, None] * along + offsets[:, None, None] * step
    x, y = (np.ascontiguousarray(points[..., axis], np.float32) for axis in (0, 1))
    rows = cv2.remap(grey, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    own_rows = np.abs(offsets) <= max(1, own / 2)
    moves = np.zeros((4, 1))
    for edge, (upper, lower) in ((rows[:, :SIDE], (0, 3)), (rows[:, -SIDE:], (1, 2))):  # apart: seen aslant, one is
        alike = _correlation(edge.astype(np.float32), own_rows) >= ALIKE  # higher than the other
        moves[upper] = min(0.0, own / 2 - _end(alike[reach::-1]))
        moves[lower] = max(0.0, _end(alike[reach:]) - own / 2)
    return corners + moves * step


def _correlation(rows: npt.NDArray[np.float32], own: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Of each row with the mean of those that were read."""
    model = rows[own].mean(0)
    model, rows = model - model.mean(), rows - rows.mean(1, keepdims=True)
    size = np.linalg.norm(rows, axis=1) * np.linalg.norm(model)
    return (rows @ model) / np.maximum(size, 1e-6)


def _end(alike: npt.NDArray[np.bool_]) -> int:
    """How many rows from the first on show the bars, over short gaps."""
    end, gap = 0, 0
    for place, is_alike in enumerate(alike):
        gap = 0 if is_alike else gap + 1
        if gap > LONGEST_GAP:
            break
        end = place if is_alike else end
    return end
