"""`tujian recognise`: files and folders, one record a picture.

Everything is known by content. In folders, what is no picture at all is skipped; what claims to be one, by its
first bytes or its name, and cannot be read is an error. What was named on the command line is never skipped.
"""

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tujian.bringing.folders import is_left_out
from tujian.errors import Lang, TujianError, UnreadablePicture
from tujian.folding import printable
from tujian.house import House, Wish
from tujian.records import Record, Value, Verdict, in_words
from tujian.settings import Settings
from tujian.sniffing import HEAD_BYTES, PICTURE_KINDS, claims_a_picture, refuse, sniff

CLAIMING_KINDS = frozenset({"raw", "psd", "other_picture", "svg"})  # pictures, but not ones that are read here
ADDRESSES = ("http://", "https://", "data:")
AHEAD = 4  # pictures queued a worker: enough to keep it busy, few enough to stop soon
MARKS = {
    Verdict.CONFIRMED: "✓",
    Verdict.CONTRADICTED: "✗",
    Verdict.HUMAN: "人",
    Verdict.UNCHECKED: "",
    Verdict.UNSEEN: "",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    path: Path | str
    record: Record | None = None
    error: TujianError | None = None
    skipped: bool = False

    def to_json(self, lang: Lang) -> dict[str, Any]:
        if self.record is not None:
            return self.record.to_json()
        assert self.error is not None
        said = self.error.say(lang)
        told = {"type": type(self.error).__name__, "message": printable(said.message), "remedy": said.remedy}
        return {"picture": {"path": printable(str(self.path))}, "error": told} | (
            {"skipped": True} if self.skipped else {}
        )


def run(settings: Settings, paths: Sequence[str], task: str, *, as_json: bool, jobs: int, verbose: bool) -> int:
    """Recognises and prints; returns the exit code."""
    named = [source if source.startswith(ADDRESSES) else Path(source) for source in paths]
    files = list(find_files(named))
    house = House(settings)
    if task != "auto":
        house.tasks.get(task)  # a wrong name is wrong use, not an error of every picture
    wish = Wish(task, settings.lang)
    show = _json_line if as_json else _table_row
    counts = {"done": 0, "failed": 0, "skipped": 0}
    try:
        with progress(settings.lang, len(files), as_json=as_json) as step:
            for outcome in _outcomes(house, files, wish, jobs, set(named)):
                counts["skipped" if outcome.skipped else "failed" if outcome.error else "done"] += 1
                step(lambda outcome=outcome: show(outcome, settings.lang, verbose))
    finally:
        house.close()
    _summary(counts, settings.lang)
    return 1 if counts["failed"] else 0


def find_files(paths: Iterable[Path | str]) -> Iterator[Path | str]:
    """The files and addresses named and the files in the folders named, in order, without what an import leaves out."""
    for path in paths:
        if isinstance(path, Path) and path.is_dir():
            inside = (p for p in path.rglob("*") if not any(map(is_left_out, p.relative_to(path).parts)))
            yield from sorted(p for p in inside if p.is_file())
        else:
            yield path


def _outcomes(
    house: House, files: Sequence[Path | str], wish: Wish, jobs: int, named: set[Path | str]
) -> Iterator[Outcome]:
    """Outcomes in the files' order for one job, as they come for several."""
    if jobs == 1:
        yield from (_outcome(house, path, wish, path in named) for path in files)
        return
    with ThreadPoolExecutor(jobs, thread_name_prefix="recognise") as pool:
        waiting: set[Future[Outcome]] = set()
        for path in files:
            waiting.add(pool.submit(_outcome, house, path, wish, path in named))
            if len(waiting) >= jobs * AHEAD:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in waiting)


def _outcome(house: House, path: Path | str, wish: Wish, named: bool) -> Outcome:
    try:
        if isinstance(path, Path) and not named and (reason := no_picture(path)):
            return Outcome(path, error=reason, skipped=True)
        return Outcome(path, house.record(path, wish))
    except TujianError as error:
        house.metrics.failed(type(error).__name__)
        return Outcome(path, error=error)


def no_picture(path: Path) -> UnreadablePicture | None:
    """Why a file in a folder is passed over; None when it is, or claims to be, a picture."""
    try:
        with path.open("rb") as file:
            kind = sniff(file.read(HEAD_BYTES))
    except OSError:
        return None  # opening it for real says what is wrong
    if kind in PICTURE_KINDS or kind in CLAIMING_KINDS or claims_a_picture(path.name):
        return None
    return refuse(kind)


class progress:
    """A bar on a terminal, above which rows are printed; silence elsewhere."""

    def __init__(self, lang: Lang, total: int, *, as_json: bool = False, word: str = "") -> None:
        console = Console(stderr=True)
        shown = console.is_terminal and total > 1 and not (as_json and sys.stdout.isatty())
        doing = word or ("识别" if lang == "zh" else "Recognising")
        columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=not shown)
        self._task, self._lock = self._bar.add_task("", total=total), threading.Lock()

    def __enter__(self) -> Callable[[Callable[[], None]], None]:
        self._bar.start()
        return self._step

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _step(self, show: Callable[[], None]) -> None:
        with self._lock:
            show()
            self._bar.advance(self._task)


def _json_line(outcome: Outcome, lang: Lang, _: bool) -> None:
    sys.stdout.write(json.dumps(outcome.to_json(lang), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _table_row(outcome: Outcome, lang: Lang, verbose: bool) -> None:
    console = Console()
    if outcome.record is not None:
        _print_plate(console, outcome.path, outcome.record)
    elif outcome.error is not None and (verbose or not outcome.skipped):
        said, mark = outcome.error.say(lang), "–" if outcome.skipped else "✗"
        path, message = escape(printable(str(outcome.path))), escape(printable(said.message))
        console.print(
            f"{mark} [bold]{path}[/]  {message} {escape(said.remedy)}\n",
            soft_wrap=True,
        )


def _print_plate(console: Console, path: Path | str, record: Record) -> None:
    """One record for people: fields that have a value with verdict and confidence, reasons for review, description."""
    console.print(f"[bold]{escape(record.title)}[/]  [dim]{escape(printable(str(path)))}[/]", soft_wrap=True)
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(no_wrap=True, width=2)
    table.add_column(overflow="fold")
    for name, value in record.fields.items():
        if value.value is None:
            continue
        shown = _shown(value, record.lang)
        sure = f" [dim]{value.confidence:.2f}[/]" if value.confidence is not None else ""
        table.add_row(escape(record.labels[name]), MARKS[value.verdict], escape(shown[:300]) + sure)
    for number, item in enumerate(record.items, 1):
        said = [
            _shown(value, record.lang)
            for name, value in item.fields.items()
            if name != "text" and value.value is not None
        ]
        table.add_row(f"{_items(record.lang)} {number}/{len(record.items)}", "", escape(" · ".join(said)[:300]))
    for reason in record.review:
        table.add_row("", "!", f"[yellow]{escape(reason)}[/]")
    console.print(table)
    console.print(f"[dim]{escape(record.description)}[/]\n", soft_wrap=True)


def _shown(value: Value, lang: Lang) -> str:
    return in_words(value.value, lang).replace("\n", " / ")


def _items(lang: Lang) -> str:
    return "商品" if lang == "zh" else "Product"


def _summary(counts: dict[str, int], lang: Lang) -> None:
    done, failed, skipped = counts["done"], counts["failed"], counts["skipped"]
    if lang == "zh":
        words = f"识别 {done} 张，失败 {failed} 张，跳过 {skipped} 个非图片文件"
    else:
        words = f"{done} recognised, {failed} failed, {skipped} skipped (no pictures)"
    sys.stderr.write(words + "\n")
