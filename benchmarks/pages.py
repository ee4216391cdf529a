"""How long does the server take for the pages of reviews and of the album, with many items?

    python benchmarks/pages.py [--items 10000]

Fills a scratch catalogue with products, a doubtful field in each, and as many photos over thirty years, then asks
for each page in turn, in process. The baseline is `/search` without a question, which asks the store next to nothing.
Issue 6 allows 300 ms a page.
"""

import argparse
import datetime as dt
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

from told import ROOT, tell

sys.path.insert(0, str(ROOT / "tests"))

from dataclasses import replace

from fastapi.testclient import TestClient
from kept import incoming, record, value

from tujian.api import create_app
from tujian.catalogue import Catalogue, Incoming
from tujian.house import House
from tujian.records import Candidate, Evidence, Value, Verdict
from tujian.settings import read_settings

AT_ONCE = 500
PLACES = ("杭州, 浙江, 中国", "苏州, 江苏, 中国", "厦门, 福建, 中国", "京都, 京都府, 日本")
KINDS = ("旅行", "美食", "风景", "宠物", "聚会")
PATHS = ("/search", "/review", "/review?reason=unsure", "/review?reason=sample", "/album", "/album?since=2010-06",
         "/album?since=none", "/album?by=place", "/album?by=place&value=杭州浙江中国", "/catalogue")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000, help="products, and as many photos")
    count = parser.parse_args().items
    with tempfile.TemporaryDirectory() as folder:
        house = House(read_settings(home=folder, lang="zh", engine="none"))
        catalogue = Catalogue.opened(house.settings, house.database, house.tasks)
        begun = time.perf_counter()
        fill(catalogue, count)
        filled_s = time.perf_counter() - begun
        client = TestClient(create_app(house), base_url="http://localhost:7860")
        raw = {path: times(lambda path=path: client.get(path)) for path in PATHS}
        late = client.get("/v1/review", params={"limit": 200}).json()["next"]
        raw["/review?after="] = times(lambda: client.get("/review", params={"after": late}))
        house.close()
    worst = {path: round(max(taken), 1) for path, taken in raw.items()}
    medians = {path: round(statistics.median(taken), 1) for path, taken in raw.items()}
    tell(items=count, filled_s=round(filled_s, 1), median_ms=medians, worst_ms=worst, raw_ms=raw)


def fill(catalogue: Catalogue, count: int) -> None:
    for begun in range(0, count, AT_ONCE):
        with catalogue.database.write() as within:
            for number in range(begun, min(count, begun + AT_ONCE)):
                one = replace(incoming(b"", f"{number}.jpg").picture, sha256=f"{number:064x}")
                kept = catalogue.add([Incoming(one, b"")], who="b", within=within).id
                catalogue.save(kept, product(number, one.sha256), within=within)
                taken = dt.datetime(2026, 11, 26) - dt.timedelta(hours=26 * number)
                shot = replace(one, sha256=f"f{number:063x}", taken_at=taken.isoformat() if number % 20 else None)
                photo = catalogue.add([Incoming(shot, b"")], who="b", kind="photo", within=within).id
                told = {"place": value(PLACES[number % 4], "exif"), "category": value(KINDS[number % 5])}
                catalogue.save(photo, record(task="album", **told), within=within)


def product(number: int, sha256: str):
    seen = Evidence(source="rule", by="brand-list/1", confidence=0.9, quote="ALPRO", box_1000=(100, 100, 400, 200))
    said = Candidate(value="Oatly", evidence=[Evidence(source="model", by="m")])
    verdict = Verdict.CONTRADICTED if number % 10 == 0 else Verdict.UNCHECKED
    brand = Value(value="ALPRO", verdict=verdict, confidence=0.9, evidence=[seen], candidates=[said])
    told = record(brand=brand, category=value("牛奶", sure=True), name=value(f"牛奶 {number}"), material=value("纸"))
    told.picture.sha256 = sha256
    return told


def times(ask: Callable[[], object], count: int = 9) -> list[float]:
    """Milliseconds of each, the first not counted."""
    taken: list[float] = []
    for _ in range(count + 1):
        begun = time.perf_counter()
        ask()
        taken.append(round((time.perf_counter() - begun) * 1000, 1))
    return taken[1:]


if __name__ == "__main__":
    main()
