"""How long does the page of the overview take, counted and drawn?

    python benchmarks/overview.py [--items 10000] [--database sqlite|postgresql] [--asked 20]

Items are those of `finding_speed.py`, each with a category, a brand, a day of two years and ten values; twelve batches
of 700 jobs stand beside them. The baseline, in the same run: the facts of all items loaded as rows, and counted by
Python. Ends in one JSON line.
"""

import argparse
import datetime as dt
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import sqlalchemy as sa

sys.path[:0] = [
    str(Path(__file__).parent),
    str(Path(__file__).parent / "search"),
    str(Path(__file__).parents[1] / "tests"),
]

from finding_speed import descriptions, fill, opened  # noqa: E402
from told import tell  # noqa: E402

from tujian.database import Database  # noqa: E402
from tujian.overview import take_overview  # noqa: E402
from tujian.schema import batches, item_facts, item_values, jobs  # noqa: E402
from tujian.taxonomy import Taxonomy  # noqa: E402
from tujian.web.overview import Disk, render_overview  # noqa: E402
from tujian.web.render import Reader  # noqa: E402

AT_ONCE = 5_000
FIELDS = ("name", "brand", "category", "colours", "net_content", "material", "price", "summary", "use_scenes", "tags")
BEGUN = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--asked", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, opened(asked.database, folder) as database:
        fill(database, asked.items, np.random.default_rng(1).normal(size=(len(descriptions()), 384)).astype(np.float32))
        add_facts(database, asked.items)
        add_batches(database)
        samples = {
            "counted_and_drawn": times_ms(lambda: page(database), asked.asked),
            "counted": times_ms(lambda: take_overview(database), asked.asked),
            "baseline_facts_loaded": times_ms(lambda: loaded(database), asked.asked),
        }
    for name, ms in samples.items():
        print(f"{name:24} median {statistics.median(ms):6.1f} ms, slowest {max(ms):6.1f} ms")
    rounded = {name: [round(one, 1) for one in ms] for name, ms in samples.items()}
    tell(items=asked.items, database=asked.database, samples_ms=rounded)


def page(database: Database) -> str:
    return render_overview(Reader("zh"), take_overview(database), {}, Disk(None, 1))


def loaded(database: Database) -> Counter[tuple[str, str]]:
    with database.read() as connection:
        return Counter(
            (name, text) for name, text in connection.execute(sa.select(item_facts.c.name, item_facts.c.text))
        )


def times_ms(work: Callable[[], object], count: int) -> list[float]:
    work()
    found = []
    for _ in range(count):
        begun = time.perf_counter()
        work()
        found.append((time.perf_counter() - begun) * 1000)
    return found


def add_facts(database: Database, count: int) -> None:
    chance, categories = random.Random(7), [one.id for one in Taxonomy.shipped()][:60]
    ids = [uuid.UUID(int=number + 1).hex for number in range(count)]
    facts = []
    for item_id in ids:
        day = f"{2024 + chance.randrange(2)}-{1 + chance.randrange(12):02}-15"
        brand = f"brand {min(int(chance.expovariate(0.1)), 209)}"
        for name, text in (("category", chance.choice(categories)), ("brand", brand), ("date", day)):
            facts.append({"item_id": item_id, "name": name, "text": text, "number": None})
    values = [
        {"item_id": item_id, "field": field, "value": field, "verdict": chance.choice(["unchecked", "contradicted"]),
         "confidence": chance.random(), "source": "model", "standing": 5, "who": "m", "changed_at": BEGUN.isoformat()}
        for item_id in ids for field in FIELDS
    ]  # fmt: skip
    for table, rows in ((item_facts, facts), (item_values, values)):
        for begun in range(0, len(rows), AT_ONCE):
            with database.write() as connection:
                connection.execute(sa.insert(table), rows[begun : begun + AT_ONCE])


def add_batches(database: Database) -> None:
    begun_s = BEGUN.timestamp()
    row = {"kind": "look", "payload": {}, "is_held": False, "priority": 10, "due_s": 0, "tries": 1, "token": 1,
           "state": "done", "made_s": begun_s}  # fmt: skip
    batch = {"kind": "import", "name": "shoes", "options": {}, "is_paused": False, "is_whole": True, "hours": "",
             "who": "m", "made_at": BEGUN.isoformat(), "ended_at": None}  # fmt: skip
    names = [f"batch {number}" for number in range(12)]
    queued = [{**row, "key": f"{n} {k}", "batch_id": n, "ended_s": begun_s + k} for n in names for k in range(700)]
    with database.write() as connection:
        connection.execute(sa.insert(batches), [{**batch, "id": name} for name in names])
        connection.execute(sa.insert(jobs), queued)
        connection.execute(sa.text("analyze"))


if __name__ == "__main__":
    main()
