"""The pages of importing: choosing files, what would happen, how it goes. req: C1, C7

Enters: a parcel, what its columns mean, a forecast; how an import stands. Leaves: pages as text. What it does not know:
the ledger, requests. Names of files and cells are foreign: they only ever become text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tujian.batches import Progress
from tujian.bringing.foresight import MOST_TOLD, STATES, Forecast
from tujian.bringing.mapping import Mapped
from tujian.bringing.standing import Recent, Standing
from tujian.errors import Said
from tujian.web.render import Reader, Words, read_words, render_template
from tujian.web.wizard import Fault, Summary, time_words, when_words

HERE = "/import"
MANY = 40  # from here on a trial is offered first
MOST_FAULTS = 100
PARTS = {"new": "job_new", "joined": "job_joined", "unchanged": "job_unchanged"}
Choice = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Start:
    """The first page: a folder's `root` where one may be named, the last imports, what went wrong with a try."""

    root: str = ""
    recent: Sequence[Recent] = ()
    trouble: Said | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A parcel that somebody decides about. Without a `forecast` its columns do not say which item a row is."""

    address: str
    summary: Summary
    mapped: Mapped | None = None
    roles: Choice = ()
    fields: Choice = ()
    forecast: Forecast | None = None
    trouble: Said | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """An import as its page shows it."""

    id: str
    title: str
    name: str
    made_at: str
    made_words: str
    is_open: bool
    is_over: bool
    by_row: bool
    trouble: Said | None
    brought: int
    total: int
    looked: int
    looks: int
    left: str
    waiting: str
    parts: Sequence[tuple[str, str]]
    is_nothing: bool
    can_go_on: bool
    go_on: str
    can_pause: bool
    cover: int
    unseen: int  # items that nobody has looked at: they are not shown
    failed: int
    faults: Sequence[Fault] = field(default_factory=list)


def render_import(reader: Reader, start: Start) -> str:
    words = read_words(reader.lang)
    recent = [_recent(one, words) for one in start.recent]
    return render_template("import.html", HERE, reader, root=start.root, recent=recent, trouble=start.trouble)


def _recent(one: Recent, words: Words) -> dict[str, str]:
    progress, done, failed = one.progress, one.rows.get("done", 0), one.rows.get("failed", 0)
    told = [words["recent_done"].format(count=f"{done:,}")] if done else []
    told += [words["recent_failed"].format(count=f"{failed:,}")] if failed else []
    return {
        "id": progress.id,
        "name": _called(progress, one.told, words),
        "state": progress.state,
        "state_words": words[f"job_{progress.state}"],
        "counts": " · ".join(told),
        "made_at": progress.made_at,
        "made_words": when_words(progress.made_at),
    }


def _called(progress: Progress, told: Mapping[str, Any], words: Words) -> str:
    """A sheet or a folder by its name, files by the first of them."""
    if int(told.get("files", 0)) > 1:
        return words["job_files"].format(name=told["called"], count=f"{told['files']:,}")
    return str(told.get("called") or progress.name.replace("\\", "/").rpartition("/")[2])


def render_decision(reader: Reader, decision: Decision) -> str:
    """What came, what its columns are, what would happen."""
    words, forecast, mapped = read_words(reader.lang), decision.forecast, decision.mapped
    counts, part, faults = [], "", []
    if forecast is not None:
        names = {"known": "foresee_known_sheet"} if mapped else {}
        name_of = {state: words[names.get(state, f"foresee_{state}")] for state in STATES}
        counts = [(state, name_of[state], forecast.counts[state]) for state in STATES if forecast.counts[state]]
        key = "foresee_part" if mapped else "foresee_part_files"
        if forecast.looked < forecast.total:
            part = words[key].format(looked=f"{forecast.looked:,}", total=f"{forecast.total:,}")
        faults = [Fault(one.name, one.error.say(reader.lang)) for one in forecast.told if one.error][:MOST_TOLD]
    return render_template(
        "import_sent.html",
        HERE,
        reader,
        lang_at=decision.address,
        address=decision.address,
        summary=decision.summary if mapped or forecast is None else replace(decision.summary, refused=()),
        trouble=decision.trouble,
        mapped=mapped,
        roles=decision.roles,
        fields=decision.fields,
        forecast=forecast,
        counts=counts,
        part=part,
        faults=faults,
        faulty=forecast.counts["faulty"] + forecast.counts["skipped"] if forecast else 0,
        comes=bool(forecast and (forecast.counts["new"] or forecast.counts["known"])),
        many=bool(forecast and forecast.total > MANY),
    )


def render_folder(reader: Reader, path: str, pictures: int, others: int, *, is_part: bool) -> str:
    return render_template(
        "import_folder.html", HERE, reader, path=path, pictures=pictures, others=others, is_part=is_part
    )


def render_standing(reader: Reader, now: Standing) -> str:
    shown = shown_of(now, reader)
    return render_template("import_job.html", HERE, reader, lang_at=f"/import/{shown.id}", job=shown)


def shown_of(now: Standing, reader: Reader) -> Shown:
    """What is told of an import."""
    words, progress = read_words(reader.lang), now.progress
    by_row, state = "rows" in now.told, "failed" if now.trouble else progress.state
    is_over = state in ("ended", "cancelled", "failed")
    left = progress.estimate.likely_s if progress.estimate and now.is_open and not now.is_bringing else None
    return Shown(
        id=progress.id,
        title=words[f"job_{state}"],
        name=_called(progress, now.told, words),
        made_at=progress.made_at,
        made_words=when_words(progress.made_at),
        is_open=now.is_open,
        is_over=is_over,
        by_row=by_row,
        trouble=now.trouble,
        brought=now.brought,
        total=now.total,
        looked=now.tally.looks["done"] + now.tally.looks["dead"],
        looks=sum(now.tally.looks.values()) - now.tally.looks["cancelled"],
        left=words["job_left"].format(time=time_words(left, words)) if left else "",
        waiting=_waiting(now, words),
        parts=_parts(now, words),
        is_nothing=is_over and not now.trouble and not now.total and bool(now.counts.get("unchanged")),
        can_go_on=state in ("trial_done", "paused"),
        go_on=words["job_go_on" if state == "trial_done" else "job_resume"],
        can_pause=state == "running",
        cover=now.cover,
        unseen=now.progress.pending,
        failed=now.failed_count,
        faults=[Fault(one.name, one.said) for one in now.failed][:MOST_FAULTS],
    )


def _waiting(now: Standing, words: Words) -> str:
    if now.progress.state != "trial_done":
        return ""
    count, estimate = f"{now.waiting:,}", now.progress.estimate
    if estimate is None:
        return words["job_waiting_unknown"].format(count=count)
    return words["job_waiting"].format(count=count, time=time_words(estimate.likely_s, words))


def _parts(now: Standing, words: Words) -> list[tuple[str, str]]:
    """What became of what was brought so far, each with what sort of news it is."""
    rows = now.tally.rows
    told = [
        ("job_new", now.tally.new, "new"),
        ("job_joined", rows["done"] - now.tally.new, "known"),
        ("job_unchanged", int(now.counts.get("unchanged", 0)), "unchanged"),
        ("job_skipped", rows["skipped"], "skipped"),
        ("job_unread", rows["failed"], "faulty"),
        ("job_unseen", now.tally.looks["dead"], "faulty"),
    ]
    return [(words[key].format(count=f"{count:,}"), state) for key, count, state in told if count > 0]
