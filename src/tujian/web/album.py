"""The page of the album: a timeline with a rail of years and months, places and categories with covers. req: E6, E9

Enters: a stretch of photos with their dates, the months there are. Leaves: the page as text. What it does not know: the
store, requests, whether the lock is open. Titles and places are foreign: they only ever become text.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from tujian.albums import UNDATED, By, Group, Month, Photo, Stretch, Which, months_of
from tujian.catalogue.nouns import LOCKED
from tujian.errors import Lang
from tujian.web.render import Reader, render_template

WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is shown of the album; `name` is what its place or category is called."""

    which: Which
    stretch: Stretch
    months: Sequence[Month]
    since: str
    name: str
    locked_count: int


def render_album(reader: Reader, leaf: Leaf) -> str:
    which, lang, months = leaf.which, reader.lang, months_of(leaf.stretch.photos)
    return render_template(
        "album.html",
        "/album",
        reader,
        lang_at=_href(which, since=leaf.since),
        tab="locked" if which.is_locked else which.by or "time",
        groups=None,
        by=which.by or "",
        chosen=leaf.name,
        months=[(month, month_name(month, lang), _days(photos, lang)) for month, photos in months],
        rail=_rail(leaf, lang),
        undated=(next((one.count for one in leaf.months if not one.month), 0), _href(which, since=UNDATED)),
        total=sum(month.count for month in leaf.months),
        since=leaf.since,
        latest=_href(which),
        locked_href=locked_href(),
        locked_count=leaf.locked_count,
        seeing=urlencode([("also", one) for one in LOCKED]) if which.is_locked else "",
        following=_href(which, after=leaf.stretch.next) if leaf.stretch.next else "",
    )


def render_groups(reader: Reader, by: By, groups: Sequence[Group], locked_count: int) -> str:
    tiles = [(one, _href(Which(by, one.value))) for one in groups]
    return render_template(
        "album.html", "/album", reader, lang_at=f"/album?by={by}", tab=by, groups=tiles, by=by, chosen="", months=[],
        rail=[], undated=(0, ""), total=len(groups), since="", latest="/album", locked_href=locked_href(),
        locked_count=locked_count, seeing="", following="",
    )  # fmt: skip


def locked_href() -> str:
    return _href(Which(is_locked=True))


def _href(which: Which, since: str = "", after: str = "") -> str:
    asked = [("by", which.by), ("value", which.value)] if which.by else []
    asked += [("since", since)] if since else []
    asked += [("after", after)] if after else []
    asked += [("also", one) for one in LOCKED] if which.is_locked else []
    return f"/album?{urlencode(asked)}" if asked else "/album"


def _days(photos: Sequence[Photo], lang: Lang) -> list[tuple[Photo, str, str]]:
    """Each photo with its day, and what the day is called where it begins."""
    told: list[tuple[Photo, str, str]] = []
    for photo in photos:
        day = photo.taken[:10]
        is_first = not told or told[-1][1] != day
        told.append((photo, day, day_name(day, lang) if is_first else ""))
    return told


def _rail(leaf: Leaf, lang: Lang) -> list[tuple[str, int, list[tuple[str, str, int, str]]]]:
    """Years with their months: month, its name, how many, where it begins."""
    years: dict[str, list[tuple[str, str, int, str]]] = {}
    for one in leaf.months:
        if one.month:
            entry = (one.month, short_name(one.month, lang), one.count, _href(leaf.which, since=one.month))
            years.setdefault(one.month[:4], []).append(entry)
    return [(year, sum(count for _, _, count, _ in months), months) for year, months in years.items()]


def month_name(month: str, lang: Lang) -> str:
    """
    >>> month_name("2026-07", "zh"), month_name("2026-07", "en"), month_name("", "zh")
    ('2026年7月', 'July 2026', '')
    """
    day = _date(f"{month}-01")
    if day is None:
        return month
    return f"{day.year}年{day.month}月" if lang == "zh" else f"{day:%B} {day.year}"


def short_name(month: str, lang: Lang) -> str:
    day = _date(f"{month}-01")
    if day is None:
        return month
    return f"{day.month}月" if lang == "zh" else f"{day:%b}"


def day_name(day: str, lang: Lang) -> str:
    """
    >>> day_name("2026-11-26", "zh"), day_name("2026-11-26", "en"), day_name("2026-11", "zh")
    ('26日 周四', 'Thu 26', '')
    """
    date = _date(day)
    if date is None:
        return ""
    return f"{date.day}日 周{WEEKDAYS[date.weekday()]}" if lang == "zh" else f"{date:%a} {date.day}"


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
