"""What does the ledger add to a job? Claim, finish and save on SQLite, beside the same row simply inserted.

    python benchmarks/store.py [--jobs 1000]

Measures in one run, in turn: a bare INSERT of the packed record in a transaction of its own; claim + finish with the
record saved in the same transaction; each of `add`, `edit` (both synced), `save`, `get`. Own overhead of a job is the
second, for which issue 5 allows 2 ms.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
import zlib
from pathlib import Path

import sqlalchemy as sa
from told import ROOT, tell

sys.path.insert(0, str(ROOT / "tests"))

from kept import incoming, open_catalogue

from tujian.database import open_database
from tujian.jobs import Jobs, NewJob
from tujian.records import Record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1000)
    count = parser.parse_args().jobs
    record = real_record()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), count, record)
    record_bytes = len(json.dumps(record.to_json(), ensure_ascii=False).encode())
    tell(jobs=count, record_bytes=record_bytes, fields=len(record.fields), **figures)


def real_record() -> Record:
    """A record as a shop's picture gives it, text lines and candidates and all."""
    from tujian.house import House, Wish
    from tujian.settings import read_settings

    with tempfile.TemporaryDirectory() as home:
        house = House(read_settings(home=home, engine="none"))
        picture = ROOT / "src/tujian/data/samples/milk-front.jpg"
        record = house.record(picture, Wish("product"))
        house.close()
    return record


def measure(folder: Path, count: int, record: Record) -> dict[str, object]:
    database = open_database(folder / "t.sqlite")
    catalogue, jobs = open_catalogue(database, folder), Jobs(database)
    with database.write() as connection:
        connection.execute(sa.text("create table bare (id integer primary key, record blob)"))
    times: dict[str, list[tuple[float, float]]] = {
        name: [] for name in ("bare_insert", "job", "add", "save", "edit", "get")
    }
    ids = []
    for number in range(count):
        content = random.Random(number).randbytes(2_000)
        ids.append(timed(times["add"], lambda c=content: catalogue.add([incoming(c)], who="b").id))
        jobs.put([NewJob("k", f"j{number}", {"item": ids[-1]})])
    packed = zlib.compress(json.dumps(record.to_json()).encode(), 1)
    for item_id in ids:
        timed(times["bare_insert"], lambda: bare(database, packed))
        timed(times["job"], lambda: one_job(catalogue, jobs, record))
        timed(times["save"], lambda i=item_id: catalogue.save(i, record))
        timed(times["edit"], lambda i=item_id: catalogue.edit(i, {"brand": "x"}, who="b"))
        timed(times["get"], lambda i=item_id: catalogue.get(i))
    figures = {f"{name}_ms": spread(values) for name, values in times.items()}
    kept = (folder / "t.sqlite").stat().st_size
    return {
        **figures,
        "bytes_an_item": round(kept / count),
        "raw_job_ms": [round(wall, 2) for wall, _ in times["job"][:200]],
    }


def bare(database, packed: bytes) -> None:
    with database.write() as connection:
        connection.execute(sa.text("insert into bare (record) values (:record)"), {"record": packed})


def one_job(catalogue, jobs: Jobs, record: Record) -> None:
    claimed = jobs.claim("b", ["k"])
    assert claimed is not None
    item_id = claimed.payload["item"]
    jobs.finish(claimed, 1.0, lambda connection: {"n": catalogue.save(item_id, record, within=connection).number})


def timed(into: list[tuple[float, float]], run):
    begun, begun_cpu = time.perf_counter(), time.thread_time()
    made = run()
    into.append(((time.perf_counter() - begun) * 1000, (time.thread_time() - begun_cpu) * 1000))
    return made


def spread(values: list[tuple[float, float]]) -> dict[str, float]:
    """Wall time, and the thread's processor time, which others on the machine disturb less."""
    walls, cpus = (sorted(column) for column in zip(*values, strict=True))
    p95 = round(walls[int(len(walls) * 0.95)], 3)
    return {"median": round(statistics.median(walls), 3), "p95": p95, "cpu": round(statistics.median(cpus), 3)}


if __name__ == "__main__":
    main()
