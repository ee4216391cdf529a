"""Pictures of different items that are nearly the same: proposed to a person, never merged or answered from. # req: D7

Enters: what the catalogue knows of its pictures, a way to their pixels. Leaves: pairs with their three measures. All
three must agree, because each alone takes a product's colour variants for one picture: 43 of 46 such pairs lie within
10 bits of dHash. Items that say different colours, in a person's value or a picture's name, are variants whatever it
looks like, and so are items of one variant group.

Copies that were re-encoded or resized are found; cropped or retouched ones are not: a crop of 1 % differs by more than
the nearest variant does.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath

import cv2
import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from pydantic import Field

from tujian.catalogue.changing import PERSON
from tujian.catalogue.nouns import Also
from tujian.catalogue.reading import may_see
from tujian.database import Database
from tujian.errors import NotFound, Stopped, UnreadablePicture
from tujian.lanes import when_free
from tujian.perception.colours import to_oklab
from tujian.records import Strict
from tujian.rules.colour_words import base_colour
from tujian.schema import item_pictures, item_values, items, pictures

# measured on 46 colour variants and 301 copies (JPEG 50-85, WebP, a half and a third of the size): copies differ by 6
# bits, cosine .69 and colour .010 at most, variants by colour .029 at least
MOST_BITS = 6
LEAST_COSINE = 0.6
MOST_COLOUR = 0.02
GRID = 16  # cells across and down in which colours are compared
WORST_CELLS = 5  # of 256, whose mean is the difference: a coloured hem is 1 % of a picture
BANDS = tuple(np.array_split(np.arange(64), MOST_BITS + 1))  # two hashes within 6 bits agree in one of 7 bands
MOST_CANDIDATES = 20_000  # pairs whose colours are compared: ten minutes, if each picture had to be opened
CHUNK = 2_000  # hashes compared at once with as many others: 32 MB

Pixels = NDArray[np.uint8]


class Shown(Strict):
    """One side of a pair."""

    item: str
    title: str
    sha256: str
    name: str


class NearPair(Strict):
    """Two pictures that may be one; a person decides."""

    a: Shown
    b: Shown
    bits: int = Field(description="of 64 that differ in dHash")
    cosine: float = Field(description="of the pictures' vectors")
    colour: float = Field(description="difference in OKLab where it is largest")


@dataclass(frozen=True, slots=True)
class _One:
    """A picture with the item that shows it first."""

    shown: Shown
    group: str | None
    embedder: str
    vector: NDArray[np.float16]
    colours: frozenset[str]  # base colours that its item or its name says


def near_pairs(
    database: Database,
    pixels_of: Callable[[str], Pixels],
    most: int,
    also: Also = (),
    stopped: threading.Event | None = None,
) -> list[NearPair]:
    """The first `most` pairs, the nearest first. `pixels_of` a sha256; pictures that are gone are left out; while
    it is Busy, it is asked again. Raises Stopped once `stopped` is set."""
    stopped = stopped or threading.Event()
    ones, hashes = _ones(database, also)
    grids: dict[str, NDArray[np.float32] | None] = {}

    def grid(sha256: str) -> NDArray[np.float32] | None:
        if sha256 not in grids:
            grids[sha256] = _grid_of(lambda: when_free(lambda: pixels_of(sha256), stopped))
        return grids[sha256]

    found: list[NearPair] = []
    nearest = sorted(islice(alike(hashes, stopped), MOST_CANDIDATES * 10), key=lambda pair: pair[2])[:MOST_CANDIDATES]
    for a, b, bits in nearest:
        one, other = ones[a], ones[b]
        if one.embedder != other.embedder or _are_variants(one, other):
            continue
        cosine = float(one.vector.astype(np.float32) @ other.vector.astype(np.float32))
        if cosine < LEAST_COSINE:
            continue
        grid_a, grid_b = grid(one.shown.sha256), grid(other.shown.sha256)
        if grid_a is None or grid_b is None:
            continue
        colour = colour_difference(grid_a, grid_b)
        if colour <= MOST_COLOUR:
            pair = NearPair(a=one.shown, b=other.shown, bits=bits, cosine=round(cosine, 3), colour=round(colour, 4))
            found.append(pair)
    return sorted(found, key=lambda pair: (pair.colour, pair.bits))[:most]


def colour_grid(pixels: Pixels) -> NDArray[np.float32]:
    """(256, 3): OKLab of 16 x 16 cells, whatever the picture's size."""
    small = cv2.resize(pixels, (GRID, GRID), interpolation=cv2.INTER_AREA)
    return to_oklab(small.astype(np.uint8)).reshape(-1, 3)


def colour_difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Mean distance of the cells that differ most; 0.02 is the least difference that one sees side by side."""
    distances = np.sort(np.linalg.norm(one - other, axis=1))
    return float(distances[-WORST_CELLS:].mean())


def _grid_of(open_pixels: Callable[[], Pixels]) -> NDArray[np.float32] | None:
    try:
        return colour_grid(open_pixels())
    except (NotFound, UnreadablePicture, OSError):  # its file is gone, or changed since
        return None


def _are_variants(one: _One, other: _One) -> bool:
    if one.shown.item == other.shown.item or (one.group is not None and one.group == other.group):
        return True
    return bool(one.colours and other.colours and not one.colours & other.colours)


def alike(hashes: NDArray[np.uint64], stopped: threading.Event) -> Iterator[tuple[int, int, int]]:
    """Pairs of places within `MOST_BITS`, each once, with their bits: compared only where they share a band.

    Raises Stopped once `stopped` is set."""
    seen: set[tuple[int, int]] = set()
    for band in BANDS:
        mask = np.uint64(sum(1 << int(bit) for bit in band))
        order = np.argsort(hashes & mask, kind="stable")
        keys = (hashes & mask)[order]
        cuts = np.flatnonzero(keys[1:] != keys[:-1]) + 1
        for places in np.split(order, cuts):
            for a, b, bits in _alike_in(hashes, np.sort(places), stopped):
                if (a, b) not in seen:
                    seen.add((a, b))
                    yield a, b, bits


def _alike_in(
    hashes: NDArray[np.uint64], places: NDArray[np.intp], stopped: threading.Event
) -> Iterator[tuple[int, int, int]]:
    """Pairs of these places, the lesser first, compared a square of `CHUNK` by `CHUNK` at a time."""
    there = hashes[places]
    chunks = range(0, len(places), CHUNK) if len(places) > 1 else ()
    for at, to in ((at, to) for at in chunks for to in chunks if to >= at):
        if stopped.is_set():
            raise Stopped()
        bits = np.bitwise_count(there[at : at + CHUNK, None] ^ there[None, to : to + CHUNK])
        for a, b in zip(*np.nonzero(bits <= MOST_BITS), strict=True):
            if at + a < to + b:
                yield int(places[at + a]), int(places[to + b]), int(bits[a, b])


def _ones(database: Database, also: Also) -> tuple[Sequence[_One], NDArray[np.uint64]]:
    """Pictures that have a vector, by their first item, and their hashes."""
    asked = (
        sa.select(items.c.id, items.c.title, items.c.variant_group, item_pictures.c.name, pictures)
        .join(item_pictures, item_pictures.c.item_id == items.c.id)
        .join(pictures, pictures.c.sha256 == item_pictures.c.sha256)
        .where(may_see(also), pictures.c.vector.is_not(None))
        .order_by(items.c.made_at, items.c.id, item_pictures.c.place)
    )
    by_sha256: dict[str, _One] = {}
    hashes: list[int] = []
    with database.read() as connection:
        said = _colours_said(connection)
        for row in connection.execute(asked):
            if row.sha256 in by_sha256:
                continue
            shown = Shown(item=row.id, title=row.title, sha256=row.sha256, name=row.name)
            vector = np.frombuffer(row.vector, np.float16)
            named = base_colour(PurePosixPath(row.name).stem)
            colours = said.get(row.id) or frozenset([named] if named else [])
            by_sha256[row.sha256] = _One(shown, row.variant_group, row.embedder, vector, colours)
            hashes.append(int(row.dhash, 16))
    return list(by_sha256.values()), np.array(hashes, np.uint64)


def _colours_said(connection: sa.Connection) -> dict[str, frozenset[str]]:
    """Base colours that a person says, by item."""
    mine = sa.and_(item_values.c.field == "colours", item_values.c.source == PERSON)
    found: dict[str, set[str]] = defaultdict(set)
    for item_id, value in connection.execute(sa.select(item_values.c.item_id, item_values.c.value).where(mine)):
        found[item_id].update(base for word in value or () if (base := base_colour(str(word))))
    return {item_id: frozenset(bases) for item_id, bases in found.items()}
