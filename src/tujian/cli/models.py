"""`tujian models list|pull|use|check`: what there is and what fits, fetched, chosen, tried.

Enters: settings and a name or path. Leaves: an exit code; tables on stdout, progress on stderr.
No picture goes anywhere; only `pull` opens addresses, by the hubs' clients.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast, get_args

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from tujian.engines.choosing import Choice, Fit, choose, fit_of, looking_in, named, recommended, time_of
from tujian.engines.hubs import Source, Step, Watch, pull
from tujian.engines.memory import Memory, read_memory, room_mb
from tujian.engines.models import Found, Installed, open_hub
from tujian.engines.offers import Offer, find_offer, read_offers
from tujian.engines.preflight import SPEED_WORDS
from tujian.errors import BadSettings, Lang, TujianError
from tujian.settings import Settings
from tujian.settings_file import change_settings

STOPPED = 130  # a shell's code for Ctrl-C
TITLES = ("model", "size", "here", "memory", "fits", "a picture")
LINE_EVERY_S, LINE_EVERY = 30.0, 0.1  # plain progress: a line each tenth of a file, and at least twice a minute


def run_list(settings: Settings) -> int:
    """Every model: here or not, the memory it needs, whether that fits, and, apart from that, how fast it would be."""
    zh, memory, offers, found = settings.lang == "zh", read_memory(), read_offers(), looking_in(settings)()
    best = recommended(offers, memory)
    table = Table(box=None, pad_edge=False)
    for title in ("模型", "大小", "已有", "内存", "装得下", "每张图") if zh else TITLES:
        table.add_column(title, no_wrap=True)
    names, here = {offer.name for offer in offers}, {one.name for one in found.installed}
    for one in (*offers, *(one for one in found.installed if one.name not in names)):
        mark = "★" if one == best else " "
        table.add_row(*_row(one, mark, one.name in here, fit_of(one, memory), zh))
    console = Console(soft_wrap=True)
    console.print(_machine(memory, zh), style="dim", markup=False)
    console.print(table)
    if best:
        console.print(f"★ {'推荐：' if zh else 'recommended: '}tujian models pull {best.short_name}", markup=False)
    for line in _footer(settings, found, memory):
        console.print(line, markup=False)
    return 0


def run_pull(settings: Settings, name: str, source: str | None = None) -> int:
    """Fetches a model's files; 130 when interrupted: the same command goes on then. Raises BadSettings, FetchFailed."""
    offer, say = find_offer(name, read_offers()), Console(stderr=True, soft_wrap=True).print
    hub, zh = open_hub(_source(source, settings.lang)), settings.lang == "zh"
    size = f"{offer.bytes / 1e9:.1f} GB"
    say(f"{offer.title} · {offer.variant} · {size} · {offer.licence} · {hub.title}", markup=False, highlight=False)
    fit = fit_of(offer, read_memory())
    if not fit.fits:
        say(_too_large(fit, zh), style="yellow", markup=False)
    try:
        with _progress(settings.lang) as watch:
            paths = pull(hub, offer.repository, offer.patterns, watch)
    except KeyboardInterrupt:
        say("停下了。已下载的部分留着，再运行同一条命令会接着下载。" if zh else
            "Stopped. What was fetched is kept: the same command goes on from here.")  # fmt: skip
        return STOPPED
    for path in paths:
        print(path)
    say(f"校验和都对。下次启动会自动选用合适的模型；要固定用它：tujian models use {offer.short_name}" if zh else
        f"All checksums match. A fitting model is taken at the next start; to fix this one: "
        f"tujian models use {offer.short_name}", markup=False, highlight=False)  # fmt: skip
    return 0


def run_use(settings: Settings, name_or_path: str, mmproj: Path | None = None) -> int:
    """Writes a checked model into settings.toml; `auto` and `none` take the choice back. Raises ModelUnusable."""
    zh, path = settings.lang == "zh", settings.home_dir / "settings.toml"
    if name_or_path in ("auto", "none"):
        change_settings(path, {"engine": name_or_path, "model": None, "mmproj": None})
        print(f"{path}: engine = {name_or_path}")
        return 0
    one = named(name_or_path, mmproj, looking_in(settings))
    offered = one.name in {offer.name for offer in read_offers()}
    kept = one.name if offered else str(one.model)
    eyes = str(one.mmproj) if mmproj and one.mmproj else None  # else it is found beside the model each time
    change_settings(path, {"engine": one.engine, "model": kept, "mmproj": eyes})
    fit = fit_of(one, read_memory())
    print(f"{path}: engine = {one.engine}, model = {kept}")
    print(f"{_words(fit, zh)}{'' if fit.fits else ' · ' + _too_large(fit, zh)}")
    return 0


def run_check(settings: Settings) -> int:
    """The self-test, kept for the next start; 0 when all holds, 1 when the picture does not matter. Raises NoEngine."""
    from tujian.engines.selftest import lines_of
    from tujian.engines.troubles import no_engine
    from tujian.house import House

    house = House(settings)
    try:
        report = house.examine(again=True)
    finally:
        house.close()
    if report is None:
        raise no_engine()
    print(f"{report.engine.kind} · {report.engine.model}")
    for line in lines_of(report, settings.lang):
        print(line)
    return 0 if report.passed("picture") else 1


def _row(one: Offer | Installed, mark: str, is_here: bool, fit: Fit, zh: bool) -> tuple[str, ...]:
    about = "" if isinstance(one, Installed) or one.exact else "≈"
    verdict = ("装得下" if zh else "fits") if fit.fits else ("装不下" if zh else "too large")
    sizes = f"{about}{one.bytes / 1e9:.1f} GB", "✓" if is_here else "–", f"{fit.needs_mb / 1e3:.1f} GB"
    return f"{mark} {one.name}", *sizes, verdict, _speed(fit, zh)


def _speed(fit: Fit, zh: bool) -> str:
    return f"{SPEED_WORDS[fit.speed.name][0 if zh else 1]} {time_of(fit.speed, 'zh' if zh else 'en')}"


def _words(fit: Fit, zh: bool) -> str:
    """Both answers in a line: room, and speed."""
    if zh:
        return f"需要 {fit.needs_mb / 1e3:.1f} GB 内存，可用 {fit.has_mb / 1e3:.1f} GB；速度：{_speed(fit, zh)}/张"
    return f"needs {fit.needs_mb / 1e3:.1f} GB of memory, {fit.has_mb / 1e3:.1f} GB there; speed: {_speed(fit, zh)}"


def _too_large(fit: Fit, zh: bool) -> str:
    needs, has = f"{fit.needs_mb / 1e3:.1f} GB", f"{fit.has_mb / 1e3:.1f} GB"
    if zh:
        return f"这台电脑装不下它：需要 {needs} 内存，可用 {has}。"
    return f"Too large for this machine: it needs {needs} of memory, {has} there."


def _machine(memory: Memory, zh: bool) -> str:
    total, room = f"{memory.total_mb / 1e3:.1f}", f"{room_mb(memory) / 1e3:.1f}"
    cards = ", ".join(f"{gpu.name} {gpu.free_mb / 1e3:.1f} GB" for gpu in memory.gpus)
    idle = ", ".join(memory.idle_gpus)
    if zh:
        unused = f"有 {idle}，但装着的 llama.cpp 用不上它（可用 vLLM 等服务）" if idle else "没有可用的显卡"
        return f"这台电脑：内存 {total} GB（模型最多用 {room} GB），{memory.cores} 核，{cards or unused}"
    unused = f"{idle}, which this llama.cpp cannot use (a server such as vLLM can)" if idle else "no usable GPU"
    return f"This machine: {total} GB of memory ({room} GB for a model), {memory.cores} cores, {cards or unused}"


def _footer(settings: Settings, found: Found, memory: Memory) -> Iterator[str]:
    zh = settings.lang == "zh"
    for name, error in found.troubles:
        yield f"✗ {name}: {_told(error, settings.lang)}"
    try:
        yield ("现在会用：" if zh else "Taken now: ") + _taken(
            choose(settings, look=lambda: found, measure=lambda: memory), zh
        )
    except TujianError as error:  # told, not raised: a list is what helps to mend it
        yield f"✗ {_told(error, settings.lang)}"
    yield ("下载：tujian models pull 名字    选定：tujian models use 名字或路径" if zh else
           "Fetch: tujian models pull NAME    choose: tujian models use NAME or PATH")  # fmt: skip


def _told(error: TujianError, lang: Lang) -> str:
    return ("" if lang == "zh" else " ").join(error.say(lang))


def _taken(choice: Choice, zh: bool) -> str:
    if choice.too_large:
        return f"没有：{choice.too_large} 装不下" if zh else f"none: {choice.too_large} does not fit"
    if choice.engine == "none":
        return "没有视觉语言模型（基本识别照常工作）" if zh else "no model (perception works all the same)"
    return f"{choice.engine} · {choice.name}" if choice.name else choice.engine


def _source(wish: str | None, lang: Lang) -> Source:
    """Where to fetch from: as told, else by language. Nobody is asked whether it can be reached."""
    source = wish or ("modelscope" if lang == "zh" else "hf")
    if source not in get_args(Source):
        raise BadSettings(
            zh=(f"没有叫 {source} 的来源。", "--from 可以是 modelscope 或 hf。"),
            en=(f"There is no source called {source}.", "--from takes modelscope or hf."),
        )
    return cast(Source, source)


@contextmanager
def _progress(lang: Lang) -> Iterator[Watch]:
    """Bars on a terminal, lines elsewhere; both on stderr."""
    console = Console(stderr=True)
    words = {"fetch": "", "check": "校验 " if lang == "zh" else "checking "}
    if not console.is_terminal:
        yield _Lines(console, words).show
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        bars = {}

        def show(step: Step) -> None:
            key = (step.path, step.stage)
            if key not in bars:
                bars[key] = progress.add_task(f"{words[step.stage]}{step.path}", total=step.total_bytes)
            progress.update(bars[key], completed=step.done_bytes)

        yield show


class _Lines:
    """Progress for logs: a line each tenth of a file, and at least twice a minute."""

    def __init__(self, console: Console, words: dict[str, str]) -> None:
        self._console, self._words = console, words
        self._key, self._share, self._at_s = ("", ""), 0.0, 0.0

    def show(self, step: Step) -> None:
        share, key, now_s = step.done_bytes / max(step.total_bytes, 1), (step.path, step.stage), time.monotonic()
        is_news = key != self._key or share >= self._share + LINE_EVERY or now_s >= self._at_s + LINE_EVERY_S
        if is_news or share == 1:
            self._key, self._share, self._at_s = key, share, now_s
            sizes_mb = f"{step.done_bytes / 1e6:.0f}/{step.total_bytes / 1e6:.0f} MB"
            text = f"{self._words[step.stage]}{step.path} {share:.0%} {sizes_mb}"
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)
