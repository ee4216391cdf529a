"""Does a search find what was meant, and nothing where there is nothing?

    python benchmarks/finding.py [--show]

724 drawn-up descriptions and 240 queries with their truths (`search/`). Recall at 5 is the share of the right ones
among the first five, of five or of as many as there are. Compared in the same run: words and meaning fused, words
alone, meaning alone, with the same understanding of the sentence. The half that tunes is told apart; `--show` prints
what was missed of it. Ends in one JSON line.
"""

import argparse
import datetime as dt
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(Path(__file__).parent / "search")]

from kept import incoming, open_catalogue  # noqa: E402
from told import tell  # noqa: E402
from truths import Asked, Described, descriptions, queries  # noqa: E402

from tujian.database import open_database  # noqa: E402
from tujian.finding import Query, Search  # noqa: E402
from tujian.perception.vectors import default_embedder  # noqa: E402
from tujian.query import understand  # noqa: E402

TODAY = dt.date(2026, 11, 26)
FIRST = 5
WAYS: Mapping[str, tuple[str, ...]] = {"hybrid": ("words", "meaning"), "words": ("words",), "meaning": ("meaning",)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true")
    asked = parser.parse_args()
    described = descriptions()
    wanted = queries(described)
    with tempfile.TemporaryDirectory() as folder:
        search, places = fill(Path(folder), described)
        results = {way: [find(search, one.text, ways, places) for one in wanted] for way, ways in WAYS.items()}
    if asked.show:
        show(wanted, results["hybrid"], described)
    told = {
        way: {half: score(wanted, found, tunes=half == "tuning") for half in ("reported", "tuning")}
        for way, found in results.items()
    }
    tell(descriptions=len(described), queries=len(wanted), **told)


def fill(home: Path, described: Sequence[Described]) -> tuple[Search, dict[str, int]]:
    """A catalogue of them all, searched by the models that ship; and the place of each item."""
    database = open_database(home / "tujian.sqlite")
    catalogue = open_catalogue(database, home)
    places: dict[str, int] = {}
    with database.write() as connection:
        for at, one in enumerate(described):
            values = {
                "name": one.title,
                "category": one.category,
                "colours": [one.colour],
                "material": one.material,
                "use_scenes": list(one.scenes),
                "audience": one.audience,
                "selling_points": list(one.selling_points),
                "price": f"{one.price}.00 CNY",
            }
            picture = [incoming(str(at).encode())]
            places[catalogue.add(picture, who="benchmark", values=values, within=connection).id] = at
    embedder = default_embedder()
    search = Search(database, lambda: embedder)
    while search.keep_up():
        pass
    return search, places


def find(search: Search, text: str, ways: Iterable[str], places: Mapping[str, int]) -> list[int]:
    """The places of what a sentence finds, the best first."""
    understood = understand(text, today=TODAY)
    query = Query(understood.words, meant=understood.filters, limit=20, ways=tuple(ways))
    return [places[hit.item.id] for hit in search.find(query).hits]


def score(wanted: Sequence[Asked], found: Sequence[Sequence[int]], *, tunes: bool) -> dict[str, float]:
    """Recall at 5 in all and by kind; of queries that nothing answers, the share that nothing is shown for."""
    recalls: defaultdict[str, list[float]] = defaultdict(list)
    for one, hits in zip(wanted, found, strict=True):
        if one.tunes == tunes:
            recalls[one.kind if one.answers else "nothing"].append(recall(one, hits))
    by_kind = {kind: round(mean(of_kind), 3) for kind, of_kind in sorted(recalls.items())}
    answered = [one for kind, of_kind in recalls.items() if kind != "nothing" for one in of_kind]
    return {"recall_at_5": round(mean(answered), 3), "queries": len(answered), **by_kind}


def recall(one: Asked, hits: Sequence[int]) -> float:
    if not one.answers:
        return float(not hits)
    return len(one.answers & set(hits[:FIRST])) / min(FIRST, len(one.answers))


def show(wanted: Sequence[Asked], found: Sequence[Sequence[int]], described: Sequence[Described]) -> None:
    for one, hits in zip(wanted, found, strict=True):
        if one.tunes and recall(one, hits) < 1:  # the other half is not looked at
            titles = " · ".join(described[at].title for at in hits[:FIRST])
            print(f"{recall(one, hits):.2f} {one.kind:9} {one.text}  →  {titles or 'nothing'}", file=sys.stderr)


if __name__ == "__main__":
    main()
