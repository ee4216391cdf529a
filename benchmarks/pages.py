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
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from told import ROOT, tell

sys.path.insert(0, str(ROOT / "tests"))

from dataclasses import replace

from fastapi.testclient import TestClient
from kept import incoming, record, value

from tujian.api import create_app
from tujian.catalogue import Catalogue, Incoming
from tujian.catalogue.indexing import fact_text
from tujian.house import House
from tujian.records import Candidate, Evidence, Value, Verdict
from tujian.schema import item_facts, item_pictures, item_values, items, pictures, records, reviews
from tujian.settings import read_settings

TABLES = (item_pictures, item_values, records, item_facts, reviews)
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
    worst = {path: max(wall for wall, _ in taken) for path, taken in raw.items()}
    medians = {path: statistics.median(wall for wall, _ in taken) for path, taken in raw.items()}
    cpu = {path: statistics.median(cpu for _, cpu in taken) for path, taken in raw.items()}
    tell(items=count, filled_s=round(filled_s, 1), median_ms=medians, cpu_ms=cpu, worst_ms=worst, raw_ms=raw)


def fill(catalogue: Catalogue, count: int) -> None:
    """One product and one photo by the catalogue's own verbs; the others as copies of their rows."""
    first = replace(incoming(b"", "0.jpg").picture, sha256=f"{0:064x}")
    shown = catalogue.add([Incoming(first, b"")], who="b").id
    catalogue.save(shown, product(first.sha256))
    shot = replace(first, sha256=f"f{0:063x}", taken_at="2026-11-26T00:00:00")
    photo = catalogue.add([Incoming(shot, b"")], who="b", kind="photo").id
    catalogue.save(photo, record(task="album", place=value(PLACES[0], "exif"), category=value(KINDS[0])))
    with catalogue.database.write() as connection:
        for table in TABLES:
            rows = connection.execute(sa.select(table).where(table.c.item_id == shown)).mappings().all()
            write(connection, table, [changed(row, number) for row in rows for number in range(1, count)])
            rows = connection.execute(sa.select(table).where(table.c.item_id == photo)).mappings().all()
            write(connection, table, [photographed(row, number) for row in rows for number in range(1, count)])
        for own, turn in ((shown, changed), (photo, photographed)):
            head = connection.execute(sa.select(items).where(items.c.id == own)).mappings().one()
            rows = [turn({**head, "item_id": own}, number) for number in range(1, count)]
            write(connection, items, [{**row, "id": row["item_id"], "change": CHANGE.next()} for row in rows])
        one = connection.execute(sa.select(pictures).where(pictures.c.sha256 == first.sha256)).mappings().one()
        for letter in ("", "f"):
            size = 64 - len(letter)
            write(connection, pictures, [{**one, "sha256": f"{letter}{n:0{size}x}"} for n in range(1, count)])
        connection.execute(sa.text("analyze"))


class Counter:
    def __init__(self, begin: int) -> None:
        self._at = begin

    def next(self) -> int:
        self._at += 1
        return self._at


CHANGE = Counter(1_000_000)


def changed(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A row of the product as that of another."""
    other = {**row, "item_id": f"{number:032x}"}
    if "sha256" in row:
        other["sha256"] = f"{number:064x}"
    if row.get("reason") == "contradicted" and number % 10:
        other |= {"reason": "unsure", "weight": 3000 + number % 1000}
    return other


def photographed(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A row of the photo as that of another; of twenty, one has no date."""
    other = {**row, "item_id": f"f{number:031x}"}
    if "sha256" in row:
        other["sha256"] = f"f{number:063x}"
    if row.get("name") == "taken":
        taken = dt.datetime(2026, 11, 26) - dt.timedelta(hours=26 * number)
        other |= {"text": taken.isoformat(), **({} if number % 20 else {"name": "date_unknown"})}
    if row.get("name") == "place" and "text" in row:
        other["text"] = fact_text(PLACES[number % 4])
    return other


def write(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    made = {column.name for column in table.c} - ({"id"} if table is item_facts else set())
    if rows:
        connection.execute(sa.insert(table), [{name: row[name] for name in made} for row in rows])


def product(sha256: str):
    seen = Evidence(source="rule", by="brand-list/1", confidence=0.9, quote="ALPRO", box_1000=(100, 100, 400, 200))
    said = Candidate(value="Oatly", evidence=[Evidence(source="model", by="m")])
    brand = Value(
        value="ALPRO", verdict=Verdict.CONTRADICTED, confidence=0.9, evidence=[seen], candidates=[said], reason="Oatly"
    )
    told = record(brand=brand, category=value("牛奶", sure=True), name=value("牛奶"), material=value("纸"))
    told.picture.sha256 = sha256
    return told


def times(ask: Callable[[], object], count: int = 9) -> list[tuple[float, float]]:
    """Milliseconds of each by the clock and of the processor, which others disturb less; the first is not counted."""
    taken: list[tuple[float, float]] = []
    for _ in range(count + 1):
        begun, begun_cpu = time.perf_counter(), time.process_time()
        ask()
        both = time.perf_counter() - begun, time.process_time() - begun_cpu
        taken.append((round(both[0] * 1000, 1), round(both[1] * 1000, 1)))
    return taken[1:]


if __name__ == "__main__":
    main()
