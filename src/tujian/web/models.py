"""The page of models: who looks now and what its self-test has shown; which models there are and fit. req: A3, F7

Enters: a Standing, language, theme. Leaves: the page as text. What it does not know: the house, requests, how a model
is fetched or tried. Names of models and files, and what a server says, are foreign: they only ever become text.
"""

import shlex
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tujian.engines.choosing import fit_of, recommended, time_of
from tujian.engines.dialect import Place
from tujian.engines.memory import Memory, room_mb
from tujian.engines.models import Found, Installed
from tujian.engines.offers import Offer, read_offers
from tujian.engines.preflight import SPEED_WORDS
from tujian.engines.selftest import TITLES, Report
from tujian.errors import EngineError, Lang
from tujian.folding import printable
from tujian.records import EngineUsed
from tujian.web.render import EngineMark, Reader, engine_host, render_template

MARKS = {True: ("✓", "good"), False: ("✗", "bad"), None: ("–", "none")}
SMALL_BYTES = 100_000_000  # below, tenths of a GB say nothing
KIND_TITLES = {"transformers": "Transformers"}  # others are called as they are; "openai" is no name but a description


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with engine and models. `place` is None without an engine.

    `used` is who answers, or `trouble` why that is not known. `is_trying`: a self-test runs at this moment.
    """

    found: Found
    memory: Memory
    place: Place | None = None
    used: EngineUsed | None = None
    trouble: EngineError | None = None
    report: Report | None = None
    is_trying: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A model as the table shows it."""

    name: str
    size: str
    memory: str
    fits: bool
    speed: str
    time: str
    is_here: bool
    is_best: bool
    command: str


@dataclass(frozen=True, slots=True)
class Tried:
    """A check of the self-test as the list shows it; `name` is its code, `said` what came of it."""

    name: str
    sign: str
    state: str
    title: str
    said: str


def render_models(reader: Reader, standing: Standing) -> str:
    """The page of models as HTML."""
    lang, rows = reader.lang, _rows(standing, reader.lang)
    place, used, report = standing.place, standing.used, standing.report
    model = used.model if used else ""
    mark: EngineMark | None = {"model": model, "url": place.url, "remote": place.remote} if place else None
    return render_template(
        "models.html",
        "/models",
        replace(reader, engine=mark),
        kind=KIND_TITLES.get(used.kind, used.kind) if used else "",
        model=printable(model),
        server=engine_host(place.url) if place and place.url else "",
        trouble=standing.trouble.say(lang) if standing.trouble else None,
        is_trying=standing.is_trying,
        report=report,
        tried=_tried(report, lang) if report else [],
        tried_at=datetime.fromtimestamp(report.tried_at, UTC).astimezone() if report else None,
        machine=_machine(standing.memory),
        rows=rows,
        best=next((row for row in rows if row.is_best), None),
        unusable=[(printable(name), error.say(lang)) for name, error in standing.found.troubles],
    )


def _tried(report: Report, lang: Lang) -> list[Tried]:
    zh = lang == "zh"
    return [
        Tried(check.name, *MARKS[check.passed], TITLES[check.name][0 if zh else 1], check.zh if zh else check.en)
        for check in report.checks
    ]


def _machine(memory: Memory) -> dict[str, str]:
    """The parts of the sentence about this machine."""
    return {
        "total": f"{memory.total_mb / 1e3:.1f}",
        "room": f"{room_mb(memory) / 1e3:.1f}",
        "cores": str(memory.cores),
        "gpus": ", ".join(f"{gpu.name} {gpu.free_mb / 1e3:.1f} GB" for gpu in memory.gpus),
        "idle": ", ".join(memory.idle_gpus),
    }


def _rows(standing: Standing, lang: Lang) -> list[Row]:
    """The offered models, then what else lies in `TUJIAN_HOME/models`."""
    offers, installed = read_offers(), standing.found.installed
    best, here = recommended(offers, standing.memory), {one.name for one in installed}
    offered = {offer.name for offer in offers}
    own = [one for one in installed if one.name not in offered]
    return [_row(one, standing.memory, lang, one.name in here, one == best) for one in (*offers, *own)]


def _row(one: Offer | Installed, memory: Memory, lang: Lang, is_here: bool, is_best: bool) -> Row:
    fit = fit_of(one, memory)
    about = "≈ " if isinstance(one, Offer) and not one.exact else ""
    name = one.short_name if isinstance(one, Offer) else printable(one.name)
    return Row(
        name=printable(one.name),
        size=f"{about}{_size(one.bytes)}",
        memory=f"{fit.needs_mb / 1e3:.1f} GB",
        fits=fit.fits,
        speed=SPEED_WORDS[fit.speed.name][0 if lang == "zh" else 1],
        time=time_of(fit.speed, lang),
        is_here=is_here,
        is_best=is_best,
        command=f"tujian models {'use' if is_here else 'pull'} {shlex.quote(name)}",
    )


def _size(bytes_: int) -> str:
    """A file's size for people.

    >>> _size(1_552_000_000), _size(4_100_000)
    ('1.6 GB', '4 MB')
    """
    return f"{bytes_ / 1e9:.1f} GB" if bytes_ >= SMALL_BYTES else f"{bytes_ / 1e6:.0f} MB"
