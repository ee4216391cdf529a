"""What does bringing in cost beside looking? Rows mapped and queued, a job's own overhead, a whole folder.

    python benchmarks/importing.py [--rows 100000] [--pictures 60] [--workers 2]

Three measures in one run. Queue: a CSV of eight columns, mapped, checked and queued, for which issue 5 allows 60 s at
100,000 rows. Overhead: rows of a sheet brought by one worker without being looked at, beside opening the same pictures
in a loop; the difference of the medians is a job's own, its item written and all, for which it allows 2 ms. Folder:
pictures brought and recognised by `workers` threads, beside the same threads perceiving them (before and after, so that
a busy machine shows) and making records of them without a catalogue. Every part has a home of its own, so nothing is
answered from the store.
"""

import argparse
import csv
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from told import shared, tell

from tujian.batches import Batches
from tujian.bringing import Bringing, Wanted
from tujian.bringing.batch import tally
from tujian.bringing.folders import Folder
from tujian.bringing.tables import Queueing, Table
from tujian.catalogue import Catalogue
from tujian.house import House, Shot, Wish
from tujian.jobs import Jobs
from tujian.looking import Look
from tujian.settings import read_settings
from tujian.tasks import Tasks
from tujian.worker import Worker, handlers_of

HEADINGS = ("图片", "货号", "标题", "品牌", "颜色", "条码", "净含量", "价格")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    paths = sorted((shared() / "data" / "grocery").glob("*.jpg"))[: asked.pictures]
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        pictures = here / "pictures"
        pictures.mkdir()
        for path in paths:
            (pictures / path.name).write_bytes(path.read_bytes())
        tell(
            rows=asked.rows,
            pictures=len(paths),
            workers=asked.workers,
            **queue(here / "queue", asked.rows),
            **overhead(here / "rows", pictures),
            **bring(here, pictures, asked.workers),
        )


def queue(home: Path, count: int) -> dict[str, float]:
    home.mkdir()
    with (home / "t.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for n in range(count):
            told = (
                f"{n}.jpg",
                f"SKU{n}",
                f"商品{n}",
                f"品牌{n % 100}",
                "红色",
                "6901234567892",
                "250 ml",
                f"{n % 100}.00",
            )
            writer.writerow(told)
    catalogue = Catalogue.opened(read_settings(home=home))
    begun = time.perf_counter()
    table = Table.opened(home / "t.csv", {}, Tasks.load())
    told = Queueing(catalogue, Batches(Jobs(catalogue.database)), table, Wanted("benchmark")).run()
    elapsed_s = time.perf_counter() - begun
    assert told.counts["queued"] == count
    catalogue.database.close()
    return {"queued_s": round(elapsed_s, 1)}


def overhead(home: Path, pictures: Path) -> dict[str, float]:
    """Milliseconds a row beside opening its picture."""
    paths = sorted(pictures.iterdir())
    with opened(home) as (house, catalogue):
        house.open(Shot(paths[0]))  # the decoder starts
        open_ms = [timed(lambda path=path: house.open(Shot(path))) for path in paths]
        sheet = pictures.parent / "rows.csv"
        sheet.write_text("图片,货号,标题\n" + "".join(f"{p.name},S{n},商品{n}\n" for n, p in enumerate(paths)), "utf-8")
        batches = Batches(Jobs(catalogue.database))
        table = Table.opened(sheet, {}, house.tasks)
        told = Queueing(catalogue, batches, table, Wanted("benchmark", look=None), pictures).run()
        worker = Worker(batches, handlers_of(house, catalogue))
        row_ms = [timed(worker.run_one) for _ in paths]
        assert tally(catalogue.database, told.batch_id or "").new == len(paths)
        more_ms = [timed(lambda path=path: house.open(Shot(path))) for path in paths]
    opening, bringing = statistics.median([*open_ms, *more_ms]), statistics.median(row_ms)
    return {
        "row_ms": round(bringing, 2), "open_ms": round(opening, 2), "overhead_ms": round(bringing - opening, 2),
    }  # fmt: skip


def bring(here: Path, pictures: Path, workers: int) -> dict[str, object]:
    bare_s = [looped(here / "bare0", pictures, workers)]
    record_s = looped(here / "records", pictures, workers, wish=Wish(priority="low"))
    with opened(here / "import") as (house, catalogue):
        house.warm()
        batches = Batches(Jobs(catalogue.database))
        begun = time.perf_counter()
        worker = Worker(batches, handlers_of(house, catalogue), threads=workers)
        worker.start()
        told = Bringing(house, catalogue, batches, Folder(pictures), Wanted("benchmark", look=Look())).run()
        while batches.progress(told.batch_id or "").state == "running":
            time.sleep(0.02)
        import_s = time.perf_counter() - begun
        worker.stop()
        assert tally(catalogue.database, told.batch_id or "").looks["done"] == told.counts["new"]
    bare_s.append(looped(here / "bare1", pictures, workers))
    perceive_s = mean(bare_s)
    return {
        "perceive_s": [round(x, 2) for x in bare_s],
        "record_s": round(record_s, 2),
        "import_s": round(import_s, 2),
        "import_to_perceive": round(import_s / perceive_s, 3),
        "import_to_record": round(import_s / record_s, 3),
    }


def looped(home: Path, pictures: Path, workers: int, wish: Wish | None = None) -> float:
    """Seconds to perceive the pictures, or to make records of them, `workers` at once."""
    with opened(home) as (house, _):
        house.warm()
        work = (lambda path: house.record(path, wish)) if wish else (lambda path: house.look(Shot(path)))
        begun = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, sorted(pictures.iterdir())))
        return time.perf_counter() - begun


@contextmanager
def opened(home: Path) -> Iterator[tuple[House, Catalogue]]:
    house = House(read_settings(home=home, engine="none"))
    yield house, Catalogue.opened(house.settings, house.database, house.tasks)
    house.close()
    house.database.close()


def timed(work) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def mean(figures: list[float]) -> float:
    return sum(figures) / len(figures)


if __name__ == "__main__":
    main()
