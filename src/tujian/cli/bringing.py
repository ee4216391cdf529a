"""`tujian import`, `tujian import-report`: brings pictures in, looks at them, says what became of each. req: C1, C7

Enters: settings, a folder, a ZIP or a sheet. Leaves: items and records in the catalogue, counts on standard output.
Ctrl+C or a kill loses nothing that was acknowledged: the same command goes on.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from tujian.batches import Batches, Progress
from tujian.bringing import Bringing, Told, Wanted
from tujian.bringing.archives import Archive, is_archive
from tujian.bringing.batch import failed_rows, tally
from tujian.bringing.columns import RowItem, parse_map
from tujian.bringing.folders import Folder
from tujian.bringing.nouns import FATES, Fate, reason_said
from tujian.bringing.report import find_batch, write_report
from tujian.bringing.tables import Queueing, Table
from tujian.catalogue import Catalogue
from tujian.catalogue.nouns import Kind
from tujian.cli.keeping import user
from tujian.database import Database, open_database
from tujian.errors import BadInput, EngineError, Lang, Stopped
from tujian.finding import Search
from tujian.folding import printable
from tujian.house import House
from tujian.jobs import Jobs
from tujian.looking import Look
from tujian.settings import Settings
from tujian.tasks import AUTO
from tujian.worker import Worker, handlers_of

LEASE_S = 20.0  # after a kill, the next go has to wait for what was in hand
POLL_S = 0.5
SHOWN_NAMES = 5  # of each fate, in a dry run
MOST_SHOWN = 20  # troubles
STOPPED = 130  # as shells say of Ctrl+C
WORDS: dict[Fate, tuple[str, str]] = {
    "new": ("新增", "new"), "changed": ("有改动", "changed"), "moved": ("移动", "moved"),
    "linked": ("内容相同，已关联", "linked (same bytes)"), "back": ("恢复", "back again"),
    "unchanged": ("没有变化", "unchanged"), "gone": ("已不在", "gone"),
    "queued": ("待处理", "queued"), "skipped": ("跳过", "skipped"),
    "failed": ("失败", "failed"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """The command's options."""

    task: str = AUTO
    kind: Kind = "product"
    is_dry: bool = False
    is_looked_at: bool = True
    trial: int | None = None
    is_remote: bool = False  # workers elsewhere do the jobs
    columns: Sequence[str] = ()  # 列=字段
    pictures: Path | None = None  # the folder that a sheet's paths are relative to


def run(settings: Settings, place: Path, asked: Asked) -> int:
    """Brings and works. Raises BadInput for what cannot be brought at all, StoreFailed."""
    house = House(settings)
    try:
        return _run(house, place, asked)
    finally:
        house.close()


def run_report(settings: Settings, batch: str, out: Path) -> int:
    """Writes what became of each row. Raises NotFound, BadInput, StoreFailed."""
    database = open_database(settings.database_place)
    try:
        count = write_report(database, find_batch(database, batch), out, settings.lang)
    finally:
        database.close()
    print(f"{count} 行 → {printable(str(out))}" if settings.lang == "zh" else f"{count} rows → {printable(str(out))}")
    return 0


def _run(house: House, place: Path, asked: Asked) -> int:
    settings = house.settings
    if asked.task != AUTO:
        house.tasks.get(asked.task)
    catalogue, batches = Catalogue.opened(settings, house.database, house.tasks), Batches(Jobs(house.database))
    look = Look(asked.task, settings.lang, trial=asked.trial) if asked.is_looked_at else None
    wanted = Wanted(user(), asked.kind, look, asked.is_dry)
    going = _going(house, catalogue, batches, place, wanted, asked)
    before = tally(house.database, going.told.batch_id or "").looks["done"]
    works = not (asked.is_dry or asked.is_remote)
    try:
        with _worker(house, catalogue, batches) if works else _nobody(), _shown(settings.lang) as step:
            told = going.run(lambda name: step(_bringing(going.told, name, settings.lang)))
            ids = [*told.older, told.batch_id] if works else []
            ended = [_wait(batches, batch_id, step, settings.lang) for batch_id in ids if batch_id]
            if works:
                _make_meanings(house, step)
    except KeyboardInterrupt:
        _say(settings, "已停下；再运行同样的命令会接着做。", "Stopped; the same command goes on from here.")
        return STOPPED
    except Stopped:
        _say(
            settings,
            "这批导入在别处被取消了；已导入的都在，再运行同样的命令会接着做。",
            "This import was cancelled elsewhere. What came is kept; the same command goes on from here.",
        )
        return 1
    _tell(told, settings.lang, is_dry=asked.is_dry)
    if asked.is_remote and told.batch_id:
        _say(settings, "已排队，由别处的 tujian worker 处理。", "Queued for workers elsewhere (`tujian worker`).")
    by_rows = isinstance(going, Queueing)
    went_wrong = [_tell_worked(house.database, one, before, settings.lang, by_rows=by_rows) for one in ended]
    return 1 if told.counts["failed"] or any(went_wrong) else 0


def _make_meanings(house: House, step: Callable[[str], None]) -> None:
    """So that the first search need not. An embedder that is away costs meanings only."""
    search, made = Search(house.database, lambda: house.embedder), 0
    try:
        while more := search.keep_up():
            made += more
            step(f"意思 {made}" if house.settings.lang == "zh" else f"meanings {made}")
    except EngineError as error:
        _say(house.settings, error.say("zh").message, error.say("en").message)


def _going(
    house: House, catalogue: Catalogue, batches: Batches, place: Path, wanted: Wanted, asked: Asked
) -> Bringing | Queueing:
    """What brings a folder, an archive or a sheet, told apart by what they are."""
    if place.is_dir():
        return Bringing(house, catalogue, batches, Folder(place), wanted)
    if is_archive(place):
        return Bringing(house, catalogue, batches, Archive(place), wanted)
    table = Table.opened(place, parse_map(asked.columns), house.tasks)
    if wanted.is_dry:
        _tell_columns(table, house.settings.lang)
    return Queueing(catalogue, batches, table, wanted, asked.pictures)


def _tell_columns(table: Table, lang: Lang) -> None:
    """Which column is taken for what, and the first rows."""
    zh = lang == "zh"
    for place, heading in enumerate(table.sheet.headings):
        meaning = table.columns.meaning(place, lang)
        print(f"{printable(heading)} → {meaning or ('（不用）' if zh else '(not used)')}")
    for number, row in table.preview():
        print(f"{'第' if zh else 'row '}{number}{' 行' if zh else ''}: {_row(row, lang)}")


def _row(row: RowItem | BadInput, lang: Lang) -> str:
    if isinstance(row, BadInput):
        said = row.say(lang)
        return f"✗ {said.message} {said.remedy}"
    own = {"external_id": row.external_id, "sku": row.sku, "group": row.group}
    told = {"pictures": list(row.pictures), **own, **row.values}
    shown = json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=False)
    return printable("; ".join([shown, *(f"! {note[lang][0]}" for note in row.notes)]))


@contextmanager
def _worker(house: House, catalogue: Catalogue, batches: Batches) -> Iterator[None]:
    worker = Worker(batches, handlers_of(house, catalogue), threads=house.settings.workers, lease_s=LEASE_S)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


@contextmanager
def _nobody() -> Iterator[None]:
    yield


def _wait(batches: Batches, batch_id: str, step: Callable[[str], None], lang: Lang) -> Progress:
    """Until nothing of the batch is left to do, or what is left waits for a word or an hour."""
    while True:
        progress = batches.progress(batch_id, lang)
        if progress.state != "running":
            batches.look_after()
            return progress
        step(_looking(progress, lang))
        time.sleep(POLL_S)


@contextmanager
def _shown(lang: Lang) -> Iterator[Callable[[str], None]]:
    """A line that moves on a terminal; silence elsewhere."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        line = bar.add_task("导入" if lang == "zh" else "Importing", total=None)
        yield lambda words: bar.update(line, description=words)


def _bringing(told: Told, name: str, lang: Lang) -> str:
    count, shown = sum(told.counts.values()), printable(name)[-60:].replace("\n", " ")
    return f"导入第 {count + 1} 个：{shown}" if lang == "zh" else f"Importing {count + 1}: {shown}"


def _looking(progress: Progress, lang: Lang) -> str:
    counts, estimate = progress.counts, progress.estimate
    total = sum(counts.values()) - counts["cancelled"]
    left = f"{estimate.likely_s / 60:.0f}" if estimate else "?"
    if lang == "zh":
        return f"识别 {counts['done']}/{total}，失败 {counts['dead']}，约剩 {left} 分钟"
    return f"Recognising {counts['done']}/{total}, {counts['dead']} failed, about {left} min left"


def _tell(told: Told, lang: Lang, *, is_dry: bool) -> None:
    """What became of the files, and with a dry run which."""
    place = 0 if lang == "zh" else 1
    counted = [f"{WORDS[fate][place]} {told.counts[fate]}" for fate in FATES if told.counts[fate]]
    nothing = "没有可导入的内容" if lang == "zh" else "nothing to bring"
    first = ("（试运行，什么都没有写入）" if lang == "zh" else "(dry run, nothing was written) ") if is_dry else ""
    sep = "，" if lang == "zh" else ", "
    print(first + (sep.join(counted) or nothing))
    for reason, count in told.reasons.most_common():
        print(f"  {WORDS['skipped'][place]} {count}: {reason_said(reason, lang)}")
    for name, error in told.troubles[:MOST_SHOWN]:
        said = error.say(lang)
        print(f"  ✗ {printable(name)}: {printable(said.message)} {said.remedy}")
    if is_dry:
        for fate in FATES:
            for name in told.names.get(fate, [])[:SHOWN_NAMES] if fate not in ("skipped", "failed", "queued") else ():
                print(f"  {WORDS[fate][place]}: {printable(name)}")


def _tell_worked(database: Database, progress: Progress, before: int, lang: Lang, *, by_rows: bool) -> bool:
    """What came of the jobs; returns whether any went wrong for good."""
    told, zh = tally(database, progress.id), lang == "zh"
    failed = failed_rows(database, progress.id, MOST_SHOWN) if by_rows else []
    if by_rows:
        done, new = told.rows["done"], told.new
        print(
            f"行：新增 {new}，并入已有条目 {done - new}，失败 {told.rows['failed']}，未做 {told.rows['todo']}"
            if zh
            else f"rows: {new} new, {done - new} joined items, {told.rows['failed']} failed, {told.rows['todo']} left"
        )
        for row in failed:
            print(f"  ✗ {'第 ' if zh else 'row '}{row.name}{' 行' if zh else ''}: {' '.join(row.trouble[lang])}")
    looked, dead = told.looks["done"] - before, told.looks["dead"]
    print(f"识别 {looked}，失败 {dead}" if zh else f"{looked} recognised, {dead} failed")
    for job in progress.troubles if not failed else ():
        print(f"  ✗ {printable(job.message)} {job.remedy}")
    if progress.pending:
        print(
            f"{progress.pending} 个条目还没看过，暂不显示；tujian pending 说明原因。"
            if zh
            else f"{progress.pending} items were not looked at yet and are not shown; `tujian pending` says why."
        )
    if failed or dead:
        name = progress.id[:8]
        print(f"{'逐行明细' if zh else 'row by row'}: tujian import-report {name} --out rows.xlsx")
    if progress.state == "trial_done":
        left, hours = progress.counts["todo"], _hours(progress, zh)
        print(
            f"试做完成，还有 {left} 件等着{hours}；看过结果后，去掉 --trial 再运行同样的命令。"
            if zh
            else f"The trial is done; {left} wait{hours}. Look at the results, then run the command without --trial."
        )
    elif progress.state in ("paused", "outside_hours"):
        print("这一批已暂停，或不在时段内。" if zh else "The batch is paused, or outside its hours.")
    return bool(failed or dead)


def _hours(progress: Progress, zh: bool) -> str:
    if progress.estimate is None:
        return ""
    minutes = progress.estimate.likely_s / 60
    return f"（约 {minutes:.1f} 分钟）" if zh else f" (about {minutes:.1f} min)"


def _say(settings: Settings, zh: str, en: str) -> None:
    sys.stderr.write((zh if settings.lang == "zh" else en) + "\n")
