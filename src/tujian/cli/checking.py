"""`tujian check`: a spreadsheet comes back with marked cells; of a folder, a first report. req: F2

Enters: a file or a folder. Leaves: the marked spreadsheet beside it, a summary on standard output. The file that came
in is never written.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from tujian.bringing.columns import parse_map
from tujian.check import Asked, check_table
from tujian.check_sheet import KIND_WORDS, SHEET_NAME, kinds_of
from tujian.cli.recognising import progress
from tujian.errors import BadInput
from tujian.first_report import FirstReport, report_on
from tujian.folding import printable
from tujian.house import House
from tujian.rules.adlaw import disclaimer
from tujian.settings import Settings

MOST_LISTED = 10


def run_check(
    settings: Settings, path: Path, pictures: Path | None, out: Path | None, columns: Sequence[str] = ()
) -> int:
    """Checks and tells. Raises BadInput."""
    house = House(settings.model_copy(update={"engine": "none"}))
    try:
        if path.is_dir():
            return _run_report(house, path, out)
        return _run_sheet(house, path, pictures, out, Asked(parse_map(columns)))
    finally:
        house.close()


def _run_sheet(house: House, path: Path, pictures: Path | None, out: Path | None, asked: Asked) -> int:
    zh = house.settings.lang == "zh"
    out = out or path.with_name(f"{path.stem}-{SHEET_NAME[house.settings.lang]}{path.suffix}")
    if out.resolve() == path.resolve():
        raise BadInput(
            zh=("--out 就是原表格。", "请换一个文件名，原表格不会被改写。"),
            en=("--out is the spreadsheet itself.", "Choose another name: the original is never written."),
        )
    if pictures is not None and not pictures.is_dir():
        raise BadInput(
            zh=(f"--pictures 不是文件夹：{printable(str(pictures))}。", "请给出放图片的文件夹。"),
            en=(f"--pictures is no folder: {printable(str(pictures))}.", "Name the folder that holds the pictures."),
        )
    with _Steps(house, "体检" if zh else "Checking") as steps:
        checked = check_table(path, pictures, house, steps, asked)
    try:
        checked.table.save(out, checked.marks, house.settings.lang)
    except OSError as error:
        raise BadInput(
            zh=(f"写不了 {printable(str(out))}：{error.strerror}。", "请用 --out 换一个位置。"),
            en=(f"Cannot write {printable(str(out))}: {error.strerror}.", "Choose another place by --out."),
        ) from error
    grid = Grid(show_header=False, box=None, pad_edge=False)
    for kind, count in kinds_of(checked.marks):
        grid.add_row(KIND_WORDS[kind][0 if zh else 1], str(count))
    Console().print(grid)
    rows = sum(any(row.cells) or bool(row.formulas) for row in checked.table.rows)
    marked = len({mark.row for mark in checked.marks})
    words = (
        f"共 {rows} 行，{marked} 行有标记，写入 {out}" if zh else f"{rows} rows, {marked} with marks, written to {out}"
    )
    print(words)
    if any(KIND_WORDS[mark.kind][1] == "advertising word" for mark in checked.marks):
        print(disclaimer(house.settings.lang))
    return 0


def _run_report(house: House, folder: Path, out: Path | None) -> int:
    zh = house.settings.lang == "zh"
    with _Steps(house, "清点" if zh else "Counting") as steps:
        report = report_on(folder, house, steps)
    _print(report, zh=zh)
    if out is not None:
        out.write_text(json.dumps(report.to_json(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


def _print(report: FirstReport, *, zh: bool) -> None:
    console, mb = Console(), report.bytes_count / 1e6
    copies = sum(map(len, report.copies.values()))
    console.print(
        f"{report.photos} 张图片，{mb:.1f} MB；其他文件 {report.other_files} 个"
        if zh
        else f"{report.photos} pictures, {mb:.1f} MB; {report.other_files} other files"
    )
    _counts(console, "年份" if zh else "Years", Counter(dict(sorted(report.by_year.items()))), ordered=True)
    _counts(console, "地点" if zh else "Places", report.by_place, ordered=False)
    console.print(
        f"完全相同的多余文件 {copies} 个，占 {report.copies_bytes / 1e6:.1f} MB"
        if zh
        else f"{copies} spare copies, byte for byte, {report.copies_bytes / 1e6:.1f} MB"
    )
    for kind, names in report.papers.items():
        console.print(f"[yellow]{escape(report.reasons[kind])}[/]: {len(names)} · {escape(', '.join(names[:3]))}")
    if report.unreadable:
        console.print(f"{'读不了' if zh else 'Unreadable'}: {len(report.unreadable)}")
    console.print("没有移动、上传任何文件。" if zh else "Nothing was moved, nothing was sent.")


def _counts(console: Console, heading: str, counts: Counter[str], *, ordered: bool) -> None:
    shown = list(counts.items()) if ordered else counts.most_common(MOST_LISTED)
    console.print(f"[bold]{heading}[/]: " + escape(" · ".join(f"{name} {count}" for name, count in shown)))


class _Steps:
    """A bar that learns its length once the file was read."""

    def __init__(self, house: House, word: str) -> None:
        self._house, self._word, self._bar = house, word, None

    def __enter__(self) -> Callable[[int], Callable[[], None]]:
        return self._start

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.__exit__()

    def _start(self, total: int) -> Callable[[], None]:
        self._bar = progress(self._house.settings.lang, total, word=self._word)
        step = self._bar.__enter__()
        return lambda: step(lambda: None)
