"""The page of the overview: drawings with the tables that they are drawn from. req: C1

Enters: an Overview, names of what it counts, the disk. Leaves: the page as text. What it does not know: the catalogue,
requests. Names of brands and batches are foreign: they only ever become text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tujian.overview import Counted, Imported, Overview
from tujian.web.render import Reader, render_template

CHART_HEIGHT, COLUMN_WIDTH, GAP = 100, 20, 4  # of the drawing, in its own units
REASONS = ("contradicted", "advertising", "sensitive", "unsure", "unseen", "picture")  # the gravest first

Names = Mapping[str, Mapping[str, str]]  # of categories and brands and colours, by fact


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes: of the database where it is a file, and free beside it."""

    database_bytes: int | None
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table with a bar: `width` of 100."""

    text: str
    name: str
    count: int
    width: float
    share: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a drawing, in its units."""

    name: str
    count: int
    x: int
    y: float
    height: float


def render_overview(reader: Reader, seen: Overview, names: Names, disk: Disk) -> str:
    columns = _columns(seen.times)
    most_per_minute = max((one.per_minute for one in seen.imports), default=0.0)
    return render_template(
        "overview.html",
        "/overview",
        reader,
        seen=seen,
        waiting=[(reason, seen.waiting[reason]) for reason in REASONS if reason in seen.waiting],
        categories=_lines(seen.categories, names.get("category", {}), seen.items_count),
        brands=_lines(seen.brands, names.get("brand", {}), seen.items_count),
        colours=_lines(seen.colours, names.get("colour", {}), sum(one.count for one in seen.colours)),
        strip=_strip(seen.colours),
        columns=columns,
        chart_width=max(1, len(columns) * (COLUMN_WIDTH + GAP) - GAP),
        most=max((one.count for one in columns), default=0),
        imports=[_import(one, most_per_minute) for one in seen.imports],
        pictures_size=size(seen.pictures_bytes),
        kept_size=size(seen.kept_bytes),
        database_size=size(disk.database_bytes) if disk.database_bytes is not None else "",
        free_size=size(disk.free_bytes),
    )


def size(bytes_: int) -> str:
    """Bytes for people.

    >>> size(1_552_000_000), size(4_100_000), size(900)
    ('1.6 GB', '4 MB', '1 kB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if bytes_ >= unit:
            return f"{bytes_ / unit:.1f} GB" if name == "GB" else f"{bytes_ / unit:.0f} MB"
    return f"{bytes_ / 1e3:.0f} kB"


def _lines(counted: Sequence[Counted], names: Mapping[str, str], total: int) -> list[Line]:
    most = max((one.count for one in counted), default=1)
    return [
        Line(
            one.text,
            names.get(one.text, one.text),
            one.count,
            round(100 * one.count / most, 1),
            _share(one.count, total),
        )
        for one in counted
    ]


def _strip(counted: Sequence[Counted]) -> list[tuple[str, float, float]]:
    """Colour, where it begins and how wide it is, of 100."""
    total, begun, parts = sum(one.count for one in counted), 0.0, list[tuple[str, float, float]]()
    for one in counted:
        width = 100 * one.count / total
        parts.append((one.text, round(begun, 2), round(width, 2)))
        begun += width
    return parts


def _columns(counted: Sequence[Counted]) -> list[Column]:
    most = max((one.count for one in counted), default=1)
    heights = [round(CHART_HEIGHT * one.count / most, 1) for one in counted]
    return [
        Column(one.text, one.count, place * (COLUMN_WIDTH + GAP), CHART_HEIGHT - height, height)
        for place, (one, height) in enumerate(zip(counted, heights, strict=True))
    ]


def _import(one: Imported, most_per_minute: float) -> dict[str, object]:
    return {
        "name": one.name,
        "at": one.made_at[:16].replace("T", " "),
        "done": one.done,
        "dead": one.dead,
        "left": one.left,
        "per_minute": f"{one.per_minute:.1f}" if one.done else "",
        "width": round(100 * one.per_minute / most_per_minute, 1) if most_per_minute else 0,
    }


def _share(count: int, total: int) -> str:
    """
    >>> _share(1, 252), _share(5, 252)
    ('< 1 %', '2 %')
    """
    percent = 100 * count / max(total, 1)
    return "< 1 %" if 0 < percent < 1 else f"{percent:.0f} %"
