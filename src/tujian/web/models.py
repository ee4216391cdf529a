"""The page of models: who looks now and what its self-test has shown; which models there are and fit. req: A3, F7

Enters: a Standing, language, theme. Leaves: the page as text. What it does not know: the house, requests, how a model
is fetched or tried. Names of models and files, and what a server says, are foreign: they only ever become text.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tujian.engines.choosing import Fit, fit_of, recommended, time_of
from tujian.engines.dialect import Place
from tujian.engines.hubs import Source
from tujian.engines.memory import Memory, room_mb
from tujian.engines.models import Found, Installed
from tujian.engines.offers import Offer, read_offers
from tujian.engines.preflight import SPEED_WORDS
from tujian.engines.pulling import Pull
from tujian.engines.selftest import TITLES, Report
from tujian.errors import EngineError, Lang, TujianError
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
    pull: Pull | None = None
    hosts: Mapping[Source, str] = field(default_factory=dict[Source, str])  # where a pull would go to
    refused: TujianError | None = None  # why a pull did not begin


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the memory that a model needs: where it begins on the bar and how wide it is, of 100."""

    name: str
    x: float
    width: float
    size: str


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
    offered: str  # the name that it is fetched by; "" for what lies here already
    parts: list[Part]
    room_x: float


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
        hosts=standing.hosts,
        first_source="modelscope" if lang == "zh" else "hf",
        refused=standing.refused.say(lang) if standing.refused else None,
        **_pulled(standing.pull, standing.hosts, lang),
    )


def render_pull(reader: Reader, pull: Pull | None, hosts: Mapping[Source, str]) -> str:
    """The part of the page that says how far a pull is."""
    return render_template("models_pull.html", "/models", reader, **_pulled(pull, hosts, reader.lang))


def _pulled(pull: Pull | None, hosts: Mapping[Source, str], lang: Lang) -> dict[str, Any]:
    if pull is None:
        return {"pull": None}
    left_s = (pull.total_bytes - pull.done_bytes) / pull.bytes_per_s if pull.bytes_per_s else 0.0
    return {
        "pull": pull,
        "pull_name": pull.offer.short_name,
        "pull_host": hosts.get(pull.source, ""),
        "percent": round(100 * pull.done_bytes / max(pull.total_bytes, 1), 1),
        "done_size": _size(pull.done_bytes),
        "total_size": _size(pull.total_bytes),
        "speed": f"{pull.bytes_per_s / 1e6:.1f} MB/s" if pull.bytes_per_s else "",
        "minutes": f"{left_s / 60:.0f}" if left_s >= 60 else "",
        "pull_trouble": pull.trouble.say(lang) if pull.trouble else None,
    }


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
        offered="" if is_here or not isinstance(one, Offer) else one.name,
        parts=_parts(fit),
        room_x=round(100 * fit.has_mb / max(fit.needs_mb, fit.has_mb, 1), 1),
        command=f"tujian models {'use' if is_here else 'pull'} {shlex.quote(name)}",
    )


def _parts(fit: Fit) -> list[Part]:
    """The bar is as long as what is needed or what there is, whichever is more."""
    needs, whole = fit.needs, max(fit.needs_mb, fit.has_mb, 1)
    others_mb = needs.buffers_mb + needs.pictures_mb + needs.process_mb
    named = {"weights": needs.weights_mb, "eyes": needs.eyes_mb, "context": needs.context_mb, "others": others_mb}
    parts, begun_mb = list[Part](), 0.0
    for name, mb in named.items():
        parts.append(Part(name, round(100 * begun_mb / whole, 2), round(100 * mb / whole, 2), f"{mb / 1e3:.1f}"))
        begun_mb += mb
    return parts


def _size(bytes_: int) -> str:
    """A file's size for people.

    >>> _size(1_552_000_000), _size(4_100_000)
    ('1.6 GB', '4 MB')
    """
    return f"{bytes_ / 1e9:.1f} GB" if bytes_ >= SMALL_BYTES else f"{bytes_ / 1e6:.0f} MB"
