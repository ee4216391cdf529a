"""`tujian duplicates`: pictures that are nearly the same, for a person to decide. req: D7

Enters: settings. Leaves: pairs on standard output.
"""

from tujian.catalogue import Catalogue
from tujian.catalogue.near import NearPair, Shown, near_pairs
from tujian.catalogue.nouns import Also
from tujian.folding import printable
from tujian.house import House, Shot
from tujian.settings import Settings


def run(settings: Settings, limit: int, also: Also, *, as_json: bool) -> int:
    """Prints the pairs. Raises StoreFailed."""
    house = House(settings)
    catalogue = Catalogue.opened(settings, house.database, house.tasks)
    try:
        pairs = near_pairs(
            catalogue.database, lambda sha256: house.open(Shot(catalogue.content(sha256)))[1].pixels, limit, also
        )
    finally:
        house.close()
    for pair in pairs:
        print(pair.model_dump_json() if as_json else _line(pair, zh=settings.lang == "zh"))
    if not as_json:
        count = len(pairs)
        print(
            f"{count} 对疑似重复；没有合并任何条目。"
            if settings.lang == "zh"
            else f"{count} pairs; nothing was merged."
        )
    return 0


def _line(pair: NearPair, *, zh: bool) -> str:
    told = ("差", "位，颜色差", "，相似") if zh else ("", " bits, colour ", ", cosine ")
    measures = f"{told[0]}{pair.bits}{told[1]} {pair.colour:.3f}{told[2]} {pair.cosine:.2f}"
    return f"{_shown(pair.a)} ≈ {_shown(pair.b)}  ({measures})"


def _shown(one: Shown) -> str:
    return printable(f"{one.item[:8]} {one.name}")
