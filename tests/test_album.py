"""The album's order: days, months, places, what has no date, and what is locked away. req: E6, E9"""

import dataclasses

import pytest
import sqlalchemy as sa
from kept import incoming, open_catalogue, record, value

from tujian.albums import Album, Which, months_of
from tujian.catalogue import Incoming
from tujian.errors import BadInput
from tujian.filters import Filter
from tujian.finding import Query, Search
from tujian.perception.vectors import default_embedder
from tujian.schema import items


@pytest.fixture
def catalogue(database, tmp_path):
    return open_catalogue(database, tmp_path)


@pytest.fixture
def album(database):
    return Album(database)


def photo(catalogue, name: str, taken: str | None = None, **fields) -> str:
    one = incoming(name.encode(), f"{name}.jpg")
    shown = dataclasses.replace(one.picture, taken_at=taken)
    kept = catalogue.add([Incoming(shown, one.content)], who="t", kind="photo").id
    if fields:
        catalogue.save(kept, record(task="album", **fields))
    return kept


def timeline(album, which=Which(), **more) -> list[tuple[str, str]]:  # noqa: B008
    return [(one.item.id, one.taken) for one in album.stretch(which, **more).photos]


def test_the_latest_comes_first_and_what_has_no_date_last(catalogue, album):
    none = photo(catalogue, "n")
    old, late = photo(catalogue, "o", "2024-05-01T08:00:00"), photo(catalogue, "l", "2026-07-02T09:30:00")
    catalogue.add([incoming()], who="t")  # a product
    assert timeline(album) == [(late, "2026-07-02T09:30:00"), (old, "2024-05-01T08:00:00"), (none, "")]
    assert [(one.month, one.count) for one in album.months()] == [("2026-07", 1), ("2024-05", 1), ("", 1)]
    assert [month for month, _ in months_of(album.stretch().photos)] == ["2026-07", "2024-05", ""]


def test_a_person_knows_better_than_the_camera(catalogue, album):
    one = photo(catalogue, "a", "2001-01-01T00:00:00", taken_at=value("2001-01-01", "exif"))
    catalogue.edit(one, {"taken_at": "2019-08-17"}, who="妈妈")
    assert timeline(album) == [(one, "2019-08-17")]
    catalogue.edit(one, {"taken_at": None}, who="妈妈")
    assert timeline(album) == [(one, "")]


def test_a_search_finds_a_photo_by_the_day_that_the_album_shows(catalogue, album, database):
    """A scan that somebody dated, a picture whose name says when it was: neither has it from a camera."""
    scan = photo(catalogue, "scan", "2026-01-01T00:00:00")
    catalogue.edit(scan, {"taken_at": "1998-05"}, who="妈妈")
    named = photo(catalogue, "wechat", taken_at=value("2024-05-01T12:00:00", "rule"))
    search = Search(database, default_embedder)

    def found(first: str, last: str) -> list[str]:
        asked = Query(filters=(Filter("date", "between", (first, last)),))
        return [hit.item.id for hit in search.find(asked).hits]

    assert found("1998-05-01", "1998-05-31") == [scan] and found("2024-05-01", "2024-05-31") == [named]
    assert found("2026-01-01", "2026-12-31") == [] and len(timeline(album)) == 2


def test_a_timeline_begins_at_any_month_and_pages_skip_nothing(catalogue, album):
    for number in range(9):
        photo(catalogue, f"p{number}", f"2025-0{1 + number // 2}-01T00:00:00")
    for number in range(4):
        photo(catalogue, f"n{number}")
    whole, found, after = timeline(album), [], ""
    while True:
        page = album.stretch(after=after, limit=3)
        found += [(one.item.id, one.taken) for one in page.photos]
        after = page.next or ""
        if not after:
            break
    assert found == whole and len(whole) == 13
    assert timeline(album, since="2025-02") == [one for one in whole if one[1] < "2025-03"]
    with pytest.raises(BadInput):
        album.stretch(after="x")


def test_places_have_counts_and_a_cover(catalogue, album):
    here = [photo(catalogue, f"h{n}", "2025-01-01", place=value("杭州, 浙江, 中国", "exif")) for n in range(2)]
    photo(catalogue, "s", "2025-02-01", place=value("苏州, 江苏, 中国", "exif"), category=value("风景"))
    places = album.groups("place")
    assert [(one.name, one.count) for one in places] == [("杭州, 浙江, 中国", 2), ("苏州, 江苏, 中国", 1)]
    assert places[0].cover and places[0].cover_width_px == 800
    assert sorted(one for one, _ in timeline(album, Which("place", places[0].value))) == sorted(here)
    assert [(one.month, one.count) for one in album.months(Which("place", places[0].value))] == [("2025-01", 2)]
    assert [(one.name, one.count) for one in album.groups("category")] == [("风景", 1)]


@pytest.mark.parametrize("visibility", ["hidden", "sensitive"])
def test_what_is_locked_away_is_nowhere_else(catalogue, album, visibility):
    one = photo(catalogue, "a", "2025-01-01", place=value("杭州, 浙江, 中国", "exif"))
    catalogue.set_visibility(one, visibility, who="t")
    assert timeline(album) == [] and album.months() == [] and album.groups("place") == []
    assert album.locked_count() == 1
    assert timeline(album, Which(is_locked=True)) == [(one, "2025-01-01")]


def test_each_photo_knows_those_beside_it(catalogue, album):
    first, second, third = (photo(catalogue, f"p{n}", f"2025-01-0{n}T00:00:00") for n in (3, 2, 1))
    assert album.beside(second) == (first, third)
    assert album.beside(first) == (None, second) and album.beside(third) == (second, None)
    assert album.beside(photo(catalogue, "n")) == (None, None)


def test_what_waits_to_be_looked_at_is_neither_shown_nor_locked_away(catalogue, album, database):
    one = photo(catalogue, "a", "2025-01-01")
    with database.write() as connection:
        connection.execute(sa.update(items).where(items.c.id == one).values(visibility="pending"))
    assert timeline(album) == [] and album.locked_count() == 0 and timeline(album, Which(is_locked=True)) == []
