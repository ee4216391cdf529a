"""What does bringing in cost beside looking? Rows mapped and queued, a job's own overhead, folders of small pictures.

    python benchmarks/importing.py [--rows 100000] [--count 500] [--workers 2]

Four measures in one run. Queue: a CSV of eight columns, mapped, checked and queued, for which issue 5 allows 60 s at
100,000 rows. Ledger: jobs that do nothing, claimed, kept and finished by one worker: a job's own overhead, for which it
allows 2 ms. Rows of a sheet brought by one worker without being looked at, each beside opening the same picture: the
difference of the medians is the ledger's and that of an item written, with its values, facts and words. Folders:
`count` pictures of 320 px, drawn from the shipped samples, each cut, turned, lit and numbered otherwise, are brought
and recognised by `workers` threads, folder after folder into one growing catalogue; between folders the same threads
perceive some of the same pictures and nothing else. Issue 5 asks for 0.9 of the pace of that bare loop: 1.11 of its
time. Processor time is told beside the clock's, which others on the machine disturb; the first folder is not counted.
"""

import argparse
import contextlib
import csv
import json
import math
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from PIL import Image, ImageDraw
from told import ROOT, tell

from tujian.batches import Batches
from tujian.bringing import Bringing, Wanted
from tujian.bringing.batch import tally
from tujian.bringing.folders import Folder
from tujian.bringing.tables import Queueing, Table
from tujian.catalogue import Catalogue
from tujian.house import House, Shot
from tujian.jobs import OPEN, Jobs, NewJob
from tujian.looking import Look
from tujian.schema import jobs
from tujian.settings import read_settings
from tujian.tasks import Tasks
from tujian.worker import Worker, handlers_of

HEADINGS = ("图片", "货号", "标题", "品牌", "颜色", "条码", "净含量", "价格")
OF_ROWS = 200  # pictures that rows of a sheet name
FOLDER, SAMPLED = 250, 50  # pictures of a folder, and how many of them are perceived alone
SIDE_PX = 320


@dataclass(frozen=True)
class Cost:
    """So many pictures, the clock's milliseconds a picture and the processor's."""

    count: int
    clock_ms: float
    worked_ms: float

    @classmethod
    def of_all(cls, several: list["Cost"]) -> "Cost":
        count = sum(one.count for one in several)
        together = [sum(getattr(one, name) * one.count for one in several) for name in ("clock_ms", "worked_ms")]
        return cls(count, together[0] / count, together[1] / count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        draw_folder(here / "rows", 0, OF_ROWS)
        tell(
            rows=asked.rows,
            workers=asked.workers,
            **queue(here / "queue", asked.rows),
            **ledger(here / "ledger"),
            **overhead(here / "home", here / "rows"),
            **bring(here, asked.count, asked.workers),
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


def ledger(home: Path, count: int = 500) -> dict[str, float]:
    """Milliseconds of a job that does nothing."""
    catalogue = Catalogue.opened(read_settings(home=home))
    batches = Batches(Jobs(catalogue.database))
    with catalogue.database.write() as connection:
        batches.jobs.put([NewJob("nothing", f"nothing:{n}", {}) for n in range(count)], within=connection)
    worker = Worker(batches, {"nothing": lambda job, stopped: lambda connection: {}})
    taken = [timed(worker.run_one) for _ in range(count)]
    catalogue.database.close()
    return {"ledger_ms": round(statistics.median(taken), 2)}


def overhead(home: Path, pictures: Path) -> dict[str, float]:
    """Milliseconds a row beside opening its picture, in turn."""
    paths = sorted(pictures.iterdir())
    with opened(home) as (house, catalogue):
        house.open(Shot(paths[0]))  # the decoder starts
        sheet = pictures.parent / "rows.csv"
        sheet.write_text("图片,货号,标题\n" + "".join(f"{p.name},S{n},商品{n}\n" for n, p in enumerate(paths)), "utf-8")
        batches = Batches(Jobs(catalogue.database))
        table = Table.opened(sheet, {}, house.tasks)
        told = Queueing(catalogue, batches, table, Wanted("benchmark", look=None), pictures).run()
        worker = Worker(batches, handlers_of(house, catalogue))
        row_ms, open_ms = [], []
        for path in paths:
            row_ms.append(timed(worker.run_one))
            open_ms.append(timed(lambda path=path: house.open(Shot(path))))
        assert tally(catalogue.database, told.batch_id or "").new == len(paths)
    opening, bringing = statistics.median(open_ms), statistics.median(row_ms)
    return {
        "row_ms": round(bringing, 2), "open_ms": round(opening, 2), "overhead_ms": round(bringing - opening, 2),
    }  # fmt: skip


def bring(here: Path, count: int, workers: int) -> dict[str, object]:
    folders = [here / f"folder{n}" for n in range(math.ceil(count / FOLDER) + 1)]
    bare, brought = [], []
    with opened(here / "bare") as (loop, _), opened(here / "import") as (house, catalogue):
        loop.warm()
        house.warm()
        batches = Batches(Jobs(catalogue.database))
        worker = Worker(batches, handlers_of(house, catalogue), threads=workers)
        worker.start()
        for number, folder in enumerate(folders):
            draw_folder(folder, number * FOLDER, FOLDER if number else FOLDER // 5)
            paths = sorted(folder.iterdir())
            some = paths[:: len(paths) // SAMPLED or 1][:SAMPLED]
            bare.append(cost(len(some) // 2, lambda part=some[::2]: perceive(loop, part, workers)))
            brought.append(cost(len(paths), lambda at=folder: bring_folder(house, catalogue, batches, at)))
            bare.append(cost(len(some) - len(some) // 2, lambda part=some[1::2]: perceive(loop, part, workers)))
            shutil.rmtree(folder)
            if number:
                print(json.dumps(compared(bare[2:], brought[1:])), file=sys.stderr)  # hours may pass until the end
        worker.stop()
    return compared(bare[2:], brought[1:])


def compared(bare: list[Cost], brought: list[Cost]) -> dict[str, object]:
    """Milliseconds a picture; the ratio of each folder to the bare loops before and after it."""
    beside = [Cost.of_all(bare[2 * n : 2 * n + 2]) for n in range(len(brought))]
    whole, loop = Cost.of_all(brought), Cost.of_all(bare)
    ratios = [one.clock_ms / other.clock_ms for one, other in zip(brought, beside, strict=True)]
    worked = [one.worked_ms / other.worked_ms for one, other in zip(brought, beside, strict=True)]
    return {
        "count": whole.count,
        "perceived": loop.count,
        "perceive_ms": round(loop.clock_ms, 1),
        "import_ms": round(whole.clock_ms, 1),
        "import_to_perceive": round(statistics.median(ratios), 3),
        "processor_import_to_perceive": round(statistics.median(worked), 3),
        "processor_more_ms": round(whole.worked_ms - loop.worked_ms, 1),
        "ratios": [round(one, 2) for one in ratios],
        "processor_ratios": [round(one, 2) for one in worked],
    }


def cost(count: int, work: Callable[[], object]) -> Cost:
    begun, begun_s = time.perf_counter(), processor_s()
    work()
    return Cost(count, 1000 * (time.perf_counter() - begun) / count, 1000 * (processor_s() - begun_s) / count)


def processor_s() -> float:
    """Seconds of processor time of this process and of its children that live, such as those that decode (Linux)."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            told = stat.read_text().rpartition(")")[2].split()
            ticks += int(told[11]) + int(told[12]) if told[1] == str(os.getpid()) else 0
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def bring_folder(house: House, catalogue: Catalogue, batches: Batches, folder: Path) -> None:
    told = Bringing(house, catalogue, batches, Folder(folder), Wanted("benchmark", look=Look())).run()
    left = sa.select(jobs.c.id).where(jobs.c.batch_id == told.batch_id, jobs.c.state.in_(OPEN)).limit(1)
    is_left = True
    while is_left:
        time.sleep(0.02)
        with catalogue.database.read() as connection:
            is_left = connection.scalar(left) is not None
    assert (
        tally(catalogue.database, told.batch_id or "").looks["done"]
        == told.counts["new"]
        == len(list(folder.iterdir()))
    )


def perceive(house: House, paths: Sequence[Path], workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda path: house.look(Shot(path)), paths))


def draw_folder(folder: Path, first: int, count: int) -> None:
    folder.mkdir()
    for number in range(first, first + count):
        draw(number).save(folder / f"{number:06}.jpg", "JPEG", quality=80 + number % 13)


def draw(number: int) -> Image.Image:
    """One of the samples as somebody else would take it, with its number printed on it."""
    chance = np.random.default_rng(number)
    sample = samples()[number % len(samples())]
    cut = sample.rotate(float(chance.uniform(-4, 4)), Image.Resampling.BILINEAR, fillcolor="white")
    left, top, right, bottom = chance.uniform(0, 0.08, 4) * (cut.width, cut.height, cut.width, cut.height)
    shown = cut.crop((int(left), int(top), int(cut.width - right), int(cut.height - bottom)))
    shown.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    lit = np.clip(np.asarray(shown) * chance.uniform(0.85, 1.1, 3), 0, 255).astype(np.uint8)
    picture = Image.fromarray(lit)
    ImageDraw.Draw(picture).text((8, picture.height - 22), f"No. {number:06}", fill="black", font_size=16)
    return picture


@cache
def samples() -> list[Image.Image]:
    opened_ = [Image.open(path).convert("RGB") for path in sorted((ROOT / "src/tujian/data/samples").glob("*.jpg"))]
    return [one.resize((one.width // 2, one.height // 2), Image.Resampling.LANCZOS) for one in opened_]


@contextlib.contextmanager
def opened(home: Path) -> Iterator[tuple[House, Catalogue]]:
    house = House(read_settings(home=home, engine="none"))
    yield house, Catalogue.opened(house.settings, house.database, house.tasks)
    house.close()
    house.database.close()


def timed(work) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    main()
