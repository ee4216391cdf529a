"""What a picture looks like, or a region of it, or an item: as a search asks; and what looks like an item.

Enters: pictures, regions of 0-1000 of the upright picture, items. Leaves: unit vectors; items near one, with its
variants. Nothing is read on a picture for this, so it takes little more than its decoding. req: D8
Does not know: sentences, HTTP, pages.
"""

from collections.abc import Sequence

from pydantic import Field

from tujian.catalogue import Catalogue, Item
from tujian.catalogue.nouns import Also, Variant, no_such_picture
from tujian.catalogue.reading import vector_of
from tujian.catalogue.variants import MOST_VARIANTS, variants_of
from tujian.errors import BadInput
from tujian.finding import Hit, Query, Search
from tujian.finding.meanings import Vector
from tujian.folding import printable
from tujian.geometry import Box1000, part_of
from tujian.house import House, Shot
from tujian.records import Strict

LEAST_PX = 32  # of a region's sides, on the working copy: two cells of the network's view (perception/views.py)
MOST_SIMILAR = 12
STRICT = 0.86  # cosine .60: an item shows what is near without being asked (docs/decisions.md)


class Similar(Strict):
    """What looks like an item, the nearest first, without itself; its variants stand apart."""

    hits: list[Hit]
    variants: list[Variant] = Field(description="of the same variant_group, itself among them")


def parse_region(typed: str) -> Box1000 | None:
    """`x1,y1,x2,y2`, each 0-1000 of the upright picture; nothing is the whole picture. Raises BadInput.

    >>> parse_region("100, 200, 500.4, 1000")
    Box1000(x1=100, y1=200, x2=500, y2=1000)
    """
    if not typed.strip():
        return None
    try:
        sides = [float(part) for part in typed.replace("，", ",").split(",")]
    except ValueError as error:
        raise _no_region(typed) from error
    if len(sides) != 4 or not all(0 <= side <= 1000 for side in sides):
        raise _no_region(typed)
    box = Box1000(*(round(side) for side in sides))
    if box.x1 >= box.x2 or box.y1 >= box.y2:
        raise _no_region(typed)
    return box


def look_of(house: House, shot: Shot, region: Box1000 | None = None) -> Vector:
    """Raises UnreadablePicture and its kinds, Busy; BadInput for a region that is too small to tell anything."""
    pixels = house.open(shot)[1].pixels
    if region is not None:
        pixels = pixels[part_of(region, pixels.shape[1], pixels.shape[0])]
        if min(pixels.shape[:2]) < LEAST_PX:
            raise _too_small(pixels.shape[1], pixels.shape[0])
    return house.perception.look(pixels)


def look_of_item(
    house: House, catalogue: Catalogue, item: Item, number: int = 0, region: Box1000 | None = None
) -> Vector:
    """Of the item's picture of this number; a vector that is kept is not made again. Raises as `look_of`, NotFound."""
    if number >= len(item.pictures):
        raise no_such_picture(number, len(item.pictures))
    picture = item.pictures[number]
    with catalogue.database.read() as connection:
        kept = None if region else vector_of(connection, picture.sha256, house.perception.versions["category"])
    return look_of(house, Shot(catalogue.content(picture.sha256), picture.name), region) if kept is None else kept


def find_similar(
    house: House,
    catalogue: Catalogue,
    search: Search,
    item: Item,
    *,
    limit: int = MOST_SIMILAR,
    strictness: float = STRICT,
    also: Also = (),
) -> Similar:
    """What looks like the item's main picture: nothing where nothing is near, or where it was not looked at yet."""
    with catalogue.database.read() as connection:
        variants = variants_of(connection, item, also)
        embedder = house.perception.versions["category"]
        look = vector_of(connection, item.pictures[0].sha256, embedder) if item.pictures else None
    if look is None:
        return Similar(hits=[], variants=variants)
    besides = (item.id, *(one.item.id for one in variants))
    query = Query(looks=(look,), strictness=strictness, limit=limit, also=tuple(also), without=besides)
    return Similar(hits=search.find(query, embedder).hits, variants=variants[:MOST_VARIANTS])


def looks_of(house: House, shots: Sequence[Shot], regions: Sequence[str]) -> tuple[Vector, ...]:
    """Of several pictures; the n-th region is of the n-th picture. Raises as `look_of`; BadInput for one too many."""
    if len(regions) > len(shots):
        raise _no_picture(len(regions), len(shots))
    boxes = [*map(parse_region, regions), *[None] * (len(shots) - len(regions))]
    return tuple(look_of(house, shot, box) for shot, box in zip(shots, boxes, strict=True))


def _no_region(typed: str) -> BadInput:
    shown = printable(typed)[:60]
    return BadInput(
        zh=(
            f"{shown!r} 不是图上的区域。",
            "写四个数 左,上,右,下，都在 0 到 1000 之间，左小于右，上小于下，例如 100,200,500,900。",
        ),
        en=(
            f"{shown!r} is no region of a picture.",
            "Write left,top,right,bottom, each 0 to 1000, left before right, top above bottom: 100,200,500,900.",
        ),
    )


def _too_small(width_px: int, height_px: int) -> BadInput:
    return BadInput(
        zh=(
            f"选中的区域太小（{width_px} × {height_px} 像素），看不出是什么。",
            f"每边至少 {LEAST_PX} 像素，请选大一些。",
        ),
        en=(
            f"The region is too small to tell anything ({width_px} × {height_px} px).",
            f"Choose a larger one: {LEAST_PX} px a side at least.",
        ),
    )


def _no_picture(regions: int, pictures: int) -> BadInput:
    return BadInput(
        zh=(f"有 {regions} 个区域，却只有 {pictures} 张图片。", "第几个区域属于第几张图片；整张图就留空。"),
        en=(
            f"{regions} regions, but {pictures} pictures.",
            "The n-th region is of the n-th picture; empty is all of it.",
        ),
    )
