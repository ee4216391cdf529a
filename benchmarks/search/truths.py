"""The set of descriptions and queries that the search is measured with, and what each query should find.

`products.tsv`: a kind of product a line, each in four colours at four prices. `queries.tsv`: a query a line with the
keys that answer it and conditions on their colour and price. Both were written before a search saw them.
"""

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Described:
    """One description: a kind of product in one colour."""

    key: str
    title: str
    category: str
    material: str
    scenes: tuple[str, ...]
    audience: str
    selling_points: tuple[str, ...]
    colour: str
    price: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with the places of the descriptions that answer it; none: nothing should be found."""

    kind: str
    text: str
    answers: frozenset[int]
    tunes: bool


def descriptions() -> list[Described]:
    found: list[Described] = []
    for line in _lines("products.tsv"):
        key, title, category, material, scenes, audience, points, variants = line.split("\t")
        for variant in variants.split(","):
            colour, price = variant.split(":")
            own = (key, f"{colour}{title}", category, material, tuple(scenes.split(",")), audience)
            found.append(Described(*own, tuple(points.split(",")), colour, int(price)))
    return found


def queries(described: list[Described]) -> list[Asked]:
    found: list[Asked] = []
    for number, line in enumerate(_lines("queries.tsv")):
        kind, text, truth = line.split("\t")
        wanted = truth.split(" ")
        keys = {word for word in wanted if not any(sign in word for sign in "=<>")}
        asked = [word for word in wanted if word not in keys]
        assert truth == "-" or keys <= {one.key for one in described}, line
        fits = {at for at, one in enumerate(described) if one.key in keys and all(_holds(one, word) for word in asked)}
        assert bool(fits) == (truth != "-"), line
        found.append(Asked(kind, text, frozenset(fits), number % 2 == 0))
    return found


def _holds(one: Described, condition: str) -> bool:
    if condition.startswith("!colour="):
        return one.colour != condition.removeprefix("!colour=")
    if condition.startswith("colour="):
        return one.colour == condition.removeprefix("colour=")
    sign, limit = condition[5:7], int(condition[7:])
    return one.price <= limit if sign == "<=" else one.price >= limit


def _lines(name: str) -> list[str]:
    return [line for line in (HERE / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]
