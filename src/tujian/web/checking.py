"""The pages of the health check: a sheet is chosen, checked, and its findings are shown. req: F2

Enters: a parcel, what its columns mean; a job and its findings. Leaves: pages as text. What it does not know: how a
sheet is checked. Cells and reasons are foreign text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from tujian.bringing.mapping import Mapped
from tujian.check_jobs import Finding
from tujian.check_sheet import KIND_WORDS, LEVELS, Kind
from tujian.errors import Said
from tujian.rules.adlaw import disclaimer
from tujian.web.render import Reader, render_template
from tujian.web.wizard import Job, Summary

HERE = "/import"  # its entry in the bar
MOST_SHOWN = 200
Choice = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that is to be checked; none before something was sent."""

    address: str = "/check"
    summary: Summary | None = None
    mapped: Mapped | None = None
    roles: Choice = ()
    fields: Choice = ()
    trouble: Said | None = None


def render_check(reader: Reader, sheet: Sheet) -> str:
    told = {name: getattr(sheet, name) for name in Sheet.__slots__}
    return render_template("check.html", HERE, reader, lang_at=sheet.address, **told)


def render_checked(reader: Reader, job: Job, findings: Sequence[Finding], kind: str, begun: int) -> str:
    """`kind` of the findings alone, "" for all; those from the `begun`th on."""
    chosen = [one for one in findings if not kind or one.kind == kind]
    page = list(islice(chosen, begun, begun + MOST_SHOWN))
    left = len(chosen) - begun - len(page)
    place = 0 if reader.lang == "zh" else 1
    told: Mapping[str, int] = job.result.get("kinds", {})
    kinds = [(name, KIND_WORDS[Kind(name)][place], count) for name, count in told.items()]
    address = f"/check/{job.id}"
    return render_template(
        "check_job.html",
        HERE,
        reader,
        lang_at=f"{address}?kind={kind}" if kind else address,
        job=job,
        found=[_row(one, place) for one in page],
        kinds=kinds,
        total=sum(told.values()),
        kind_chosen=kind,
        more=f"{address}?kind={kind}&begun={begun + len(page)}" if left > 0 else "",
        more_count=left,
        disclaimer=disclaimer(reader.lang) if "advert" in told else "",
    )


def _row(one: Finding, place: int) -> dict[str, Any]:
    kind = Kind(one.kind)
    return asdict(one) | {"kind": KIND_WORDS[kind][place], "level": LEVELS.get(kind, "fault")}
