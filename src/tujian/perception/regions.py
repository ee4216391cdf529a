"""Regions of a picture that may each be a product: what stands on a ground that can be told from it.

Enters: upright RGB pixels, and where text and barcodes were read. Leaves: regions in reading order, each with a
confidence; none where the ground cannot be told, or where there is one thing only.
Does not know: what a product is. It sees outlines, not kinds: a price card as large as a pack would count. Things that
touch are parted where two hollows of their common outline are joined by an edge, as two convex things that overlap
leave them; packs that stand flush, and packs before a crowded shelf, are not told apart.
"""

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tujian.geometry import Box1000, box_1000
from tujian.perception.colours import to_oklab
from tujian.perception.shrinking import shrink

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.uint8]
Point = tuple[int, int]

SIDE_PX = 192  # longest side looked at
EDGE_OF_BORDER = 3.0  # an edge is this many times as strong as what is usual at the border,
EDGE_RANGE = (0.02, 0.06)  # within these steps of OKLab a pixel: paper noise below, the outline of a pale pack above
LEAST_AREA = 0.012  # of the picture: smaller things are price cards, crumbs, leaves
LEAST_GROUND = 0.15  # of the picture; with less there is nothing that things could stand on
THIN_PX = 5  # what is no wider is a line: a cable, the edge of a wall
FLAT = 0.09  # of the picture's height: what is no higher is a board with its price cards, or the edge of a table
MOST_REGIONS = 20
SURE = 0.5  # a region below it is left out
# How a thing's freedom, the spread of colour around it, its solidity and its print speak for one product: logistic
# regression on 345 parts of drawn scenes (benchmarks/scene_art.py, seeds 0-89; 327 lie on a pack) and 236 of labelled
# pictures of one thing that fell apart (shared data: clothing, product, grocery, album). At .5 none of those 645
# pictures keeps two parts, and 86 % of the drawn packs are found; at .7 81 %.
SURE_BY = (14.0, -15.0, 31.0, 2.5, -42.0)
MOST_WORDS = 0.6  # of a box; 99 of 100 drawn packs have .55 at most, lines of a page .97 and more
ROW = 250  # of 1000: feet so near are in one row

LEAST_HOLLOW = 0.05  # depth of the deeper hollow, as a share of the thing's size (root of its area)
HOLLOWS = 5  # the deepest that are tried
LEAST_EDGE = 0.75  # of the way between two hollows must be edge
LONGEST_WAY = 1.6  # times as long as the straight one: round the corner of the thing in front, not through its print
DEAREST_STEP = 3.5  # for a pixel of the straight way: a quarter off the edge at 10, the rest on it at about 1
LEAST_PART = 0.15  # of the thing's area: less is a cap, a handle, a sleeve
FRONT_SOLIDITY = 0.9  # of the nearer part, which nothing hides
LEAST_GAIN = 0.03  # by which the parts must be more convex than the whole


@dataclass(frozen=True, slots=True)
class Region:
    """One thing. `confidence` (0-1) that it is one whole product."""

    box_1000: Box1000
    confidence: float


def find_regions(pixels: Pixels, printed: Sequence[Box1000]) -> tuple[Region, ...]:
    """At least two things of (h, w, 3) RGB pixels, or none; `printed` are the places of text and barcodes."""
    small = shrink(pixels, SIDE_PX)
    lab = to_oklab(small)
    strength = edge_strength(lab)
    words = _drawn(printed, strength.shape)
    least = edge_limit(strength)
    ground = find_ground(strength > least)
    if ground.mean() < LEAST_GROUND:
        return ()
    things = list(_things(ground))
    taken = np.maximum.reduce([np.zeros(ground.shape, np.uint8), *things])
    regions = [
        _region(part, stand, words)
        for thing in things
        if (stand := _stand(thing, taken, ground, lab)).could_be_sure
        for part in parted(thing, strength / least, words)
        if part.mean() >= LEAST_AREA
    ]
    sure = [r for r in regions if r.confidence >= SURE and _covered(r.box_1000, words) <= MOST_WORDS]
    sure.sort(key=lambda r: (r.box_1000.y2 // ROW, r.box_1000.x1))
    return tuple(sure) if 2 <= len(sure) <= MOST_REGIONS else ()


def edge_strength(lab: Floats) -> Floats:
    """(h, w): how much the colour changes over two pixels, across and down together."""
    soft = np.asarray(cv2.GaussianBlur(lab, (3, 3), 0), np.float32)
    across, down = np.zeros(lab.shape[:2], np.float32), np.zeros(lab.shape[:2], np.float32)
    across[:, 1:-1] = ((soft[:, 2:] - soft[:, :-2]) ** 2).sum(-1)
    down[1:-1] = ((soft[2:] - soft[:-2]) ** 2).sum(-1)
    return np.sqrt(across + down)


def edge_limit(strength: Floats) -> float:
    """What counts as an edge here: well above the grain of the picture's border."""
    height, width = strength.shape
    if min(height, width) < 3:
        return EDGE_RANGE[1]
    band = max(4, round(min(height, width) * 0.04))
    inside = strength[1:-1, 1:-1]
    parts = (inside[:band], inside[-band:], inside[:, :band], inside[:, -band:])
    usual = float(np.percentile(np.concatenate([part.ravel() for part in parts]), 60))
    return min(max(EDGE_OF_BORDER * usual, EDGE_RANGE[0]), EDGE_RANGE[1])


def find_ground(edges: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(h, w): what can be reached from the picture's border without crossing an edge."""
    barrier = np.asarray(cv2.morphologyEx(edges.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))
    barrier[[0, -1]] = 0
    barrier[:, [0, -1]] = 0
    _, patches = cv2.connectedComponents(1 - barrier, connectivity=4)
    return (patches == patches[0, 0]) & (barrier == 0)


def _things(ground: NDArray[np.bool_]) -> Iterator[Mask]:
    """Each thing on the ground as a mask without holes, thin ones left out."""
    rim = np.asarray(cv2.dilate(ground.astype(np.uint8), np.ones((5, 5), np.uint8)))  # an edge is 5 px wide
    brush = np.ones((round(FLAT * ground.shape[0]) | 1, THIN_PX), np.uint8)
    thick = np.asarray(cv2.morphologyEx(1 - rim, cv2.MORPH_OPEN, brush), np.uint8)
    outlines, _ = cv2.findContours(thick, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for outline in outlines:
        if cv2.contourArea(outline) >= LEAST_AREA * ground.size:
            yield _filled([outline], ground.shape)


def parted(thing: Mask, edges: Floats, words: NDArray[np.bool_]) -> list[Mask]:
    """The things that `thing` is made of: cut in two at its best cut, and again; itself where there is none.

    `edges` is 1 where an edge begins to count. No cut runs through words, and what has none is not cut: clothes and
    rooms are full of hollows and edges.
    """
    if not (words & (thing > 0)).any():
        return [thing]
    cut = max(_cuts(thing, edges, words), key=lambda cut: cut.gain, default=None)
    return [thing] if cut is None else [part for half in cut.parts for part in parted(half, edges, words)]


@dataclass(frozen=True, slots=True)
class _Cut:
    parts: tuple[Mask, Mask]
    gain: float


def _cuts(thing: Mask, edges: Floats, words: NDArray[np.bool_]) -> Iterator[_Cut]:
    hollows = hollows_of(thing)
    deepest = LEAST_HOLLOW * math.sqrt(float(thing.sum()))
    free = np.asarray(cv2.dilate(thing, np.ones((3, 3), np.uint8))).astype(bool) & ~words
    # a step on an edge costs about 1, off it up to 10
    price = (1 / (0.1 + np.minimum(edges, 2) / 2)).astype(np.float32)
    for number, (depth, start) in enumerate(hollows[:-1]):
        if depth < deepest:
            return
        ends = [end for _, end in hollows[number + 1 :]]
        for way in ways(price, free, start, ends):
            along = np.mean([edges[y, x] > 1 for x, y in way])
            if along >= LEAST_EDGE and len(way) <= LONGEST_WAY * math.dist(way[0], way[-1]):
                yield from _cut_along(thing, way)


def _cut_along(thing: Mask, way: Sequence[Point]) -> Iterator[_Cut]:
    """The cut, where it leaves two large parts that are together more convex than the whole."""
    open_thing = thing.copy()
    cv2.polylines(open_thing, [np.array(way, np.int32)], False, 0, 2)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(open_thing, connectivity=4)
    area = float(thing.sum())
    large = [n for n in range(1, len(stats)) if stats[n, cv2.CC_STAT_AREA] >= LEAST_PART * area]
    if len(large) == 2:
        first, second = ((labels == n).astype(np.uint8) for n in large)
        missing = (1 - wholeness(first, second)) * first.sum() + (1 - wholeness(second, first)) * second.sum()
        gain = 1 - solidity(thing) - missing / area
        if gain >= LEAST_GAIN and max(solidity(first), solidity(second)) >= FRONT_SOLIDITY:
            yield _Cut((first, second), float(gain))


def hollows_of(thing: Mask) -> list[tuple[float, Point]]:
    """Depth in pixels and deepest point of the outline's hollows, the deepest first."""
    outline = _outline(thing)
    defects = cv2.convexityDefects(outline, cv2.convexHull(outline, returnPoints=False)) if len(outline) > 20 else None
    if defects is None:
        return []
    found = [(depth / 256, outline.reshape(-1, 2)[at]) for _, _, at, depth in np.asarray(defects).reshape(-1, 4)]
    deep = [(float(depth), (int(x), int(y))) for depth, (x, y) in found if depth >= 1.5]
    return sorted(deep, reverse=True)[:HOLLOWS]


def solidity(thing: Mask) -> float:
    """Its share of its convex hull, 0-1."""
    hull = cv2.convexHull(_outline(thing))
    return float(thing.sum() / (cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1))  # Pick: pixels, not area


def wholeness(part: Mask, other: Mask) -> float:
    """The share of its convex hull that it fills or that `other` may hide, 0-1."""
    hull = _filled([cv2.convexHull(_outline(part))], part.shape)
    return float(part.sum() / max(1, ((hull > 0) & ((other == 0) | (part > 0))).sum()))


def ways(price: Floats, free: NDArray[np.bool_], start: Point, ends: Sequence[Point]) -> Iterator[list[Point]]:
    """The cheapest way from `start` to each of `ends` over free pixels (Dijkstra); none where all cost too much."""
    cost, came, open_ends = {start: 0.0}, {}, set(ends)
    most = DEAREST_STEP * max(math.dist(start, end) for end in ends)
    queue = [(0.0, start)]
    while queue and open_ends and queue[0][0] <= most:
        so_far, here = heapq.heappop(queue)
        if so_far > cost[here]:
            continue
        if here in open_ends:
            open_ends.discard(here)
            yield _back(came, here)
        for there, length in _neighbours(here, free):
            new = so_far + float(price[there[1], there[0]]) * length
            if new < cost.get(there, math.inf):
                cost[there], came[there] = new, here
                heapq.heappush(queue, (new, there))


def _neighbours(here: Point, free: NDArray[np.bool_]) -> Iterator[tuple[Point, float]]:
    height, width = free.shape
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        x, y = here[0] + dx, here[1] + dy
        if 0 <= x < width and 0 <= y < height and free[y, x]:
            yield (x, y), math.sqrt(2) if dx and dy else 1.0


def _back(came: dict[Point, Point], here: Point) -> list[Point]:
    way = [here]
    while way[-1] in came:
        way.append(came[way[-1]])
    return way


def _outline(thing: Mask) -> NDArray[np.int32]:
    outlines, _ = cv2.findContours(thing, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(max(outlines, key=cv2.contourArea), np.int32)


def _filled(outlines: Sequence[NDArray], shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape, np.uint8)
    cv2.drawContours(mask, outlines, -1, 1, cv2.FILLED)
    return mask


def _drawn(boxes: Sequence[Box1000], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(h, w): inside of any of the boxes."""
    mask = np.zeros(shape, bool)
    for x1, y1, x2, y2 in boxes:
        rows = slice(y1 * shape[0] // 1000, y2 * shape[0] // 1000 + 1)
        mask[rows, x1 * shape[1] // 1000 : x2 * shape[1] // 1000 + 1] = True
    return mask


def _covered(box: Box1000, words: NDArray[np.bool_]) -> float:
    """The share of a box that is words."""
    height, width = words.shape
    rows = slice(box.y1 * height // 1000, box.y2 * height // 1000 + 1)
    return float(words[rows, box.x1 * width // 1000 : box.x2 * width // 1000 + 1].mean())


@dataclass(frozen=True, slots=True)
class _Stand:
    """How a thing stands: `free`, the share of its surroundings that is ground, and how many-coloured that is."""

    free: float
    spread: float

    def confidence(self, solidity: float, has_print: bool) -> float:
        """A logistic curve; its factors are fitted, see SURE_BY."""
        by_free, by_spread, by_solidity, by_print, constant = SURE_BY
        score = by_free * self.free + by_spread * self.spread + by_solidity * solidity + by_print * has_print + constant
        return 1 / (1 + math.exp(-score))

    @property
    def could_be_sure(self) -> bool:
        return self.confidence(1.0, has_print=True) >= SURE


def _stand(thing: Mask, taken: Mask, ground: NDArray[np.bool_], lab: Floats) -> _Stand:
    """What is 3 to 6 pixels off the thing and not another thing."""
    far, near = (np.asarray(cv2.dilate(thing, np.ones((size, size), np.uint8))) for size in (13, 5))
    ring = (far > 0) & (near == 0) & (taken == 0)
    colours = lab[ring & ground]
    if not len(colours):
        return _Stand(0.0, 1.0)
    return _Stand(float(ground[ring].mean()), float(np.sqrt(colours.var(0).sum())))


def _region(part: Mask, stand: _Stand, words: NDArray[np.bool_]) -> Region:
    height, width = part.shape
    x, y, w, h = cv2.boundingRect(part)
    box = box_1000(x, y, x + w, y + h, (width, height))
    has_print = bool((words & (part > 0)).any())
    return Region(box, round(stand.confidence(solidity(part), has_print), 3))
