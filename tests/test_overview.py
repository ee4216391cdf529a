"""What the overview counts, on SQLite and on PostgreSQL; how it is drawn. req: C1"""

import datetime as dt
import html
import re

import pytest
import sqlalchemy as sa
from kept import incoming, open_catalogue, record, value
from test_pages import Inline

from tujian.overview import Counted, Imported, Overview, holds_nothing, take_overview
from tujian.schema import batches, jobs
from tujian.web.overview import Disk, render_overview
from tujian.web.render import Reader, read_words

HOSTILE = "<img src=x onerror=alert(1)>"
BEGUN = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)


@pytest.fixture
def catalogue(database, tmp_path):
    return open_catalogue(database, tmp_path, clock=lambda: BEGUN)


def bring(catalogue, number: int, brand: str = "ALPRO", colours: tuple[str, ...] = (), **more) -> str:
    item_id = catalogue.add([incoming(str(number).encode())], who="Li", **more).id
    fields = {"brand": value(brand, "rule", True)} | ({"colours": value(list(colours), "colour")} if colours else {})
    catalogue.save(item_id, record(**fields))
    return item_id


def test_items_are_counted_by_what_they_are(catalogue, database):
    assert holds_nothing(database)
    for number in range(3):
        bring(catalogue, number, colours=("藏青色", "红色"))
    bring(catalogue, 9, "Oatly", ("红色",))
    seen = take_overview(database)
    assert not holds_nothing(database)
    assert (seen.items_count, seen.kinds, seen.brands_count, seen.pictures_count) == (4, {"product": 4}, 2, 4)
    assert [one.count for one in seen.brands] == [3, 1]
    assert seen.colours == [Counted("red", 4), Counted("blue", 3)]
    assert seen.times == [Counted("2026-11", 4)]


def test_what_is_hidden_is_counted_nowhere(catalogue, database):
    bring(catalogue, 1, colours=("红色",))
    catalogue.set_visibility(bring(catalogue, 2, "Secret", ("黑色",)), "hidden", who="Li")
    seen = take_overview(database)
    assert seen.items_count == 1 and len(seen.brands) == 1 and seen.colours == [Counted("red", 1)]
    assert seen.brands_count == 1 and seen.times[0].count == 1


def test_a_batch_tells_how_quick_it_was(catalogue, database):
    made_s = BEGUN.timestamp()
    row = {"kind": "look", "payload": {}, "is_held": False, "priority": 1, "due_s": 0, "tries": 1, "token": 1,
           "made_s": made_s, "batch_id": "b"}  # fmt: skip
    states = ["done"] * 30 + ["dead"] * 2
    with database.write() as connection:
        connection.execute(sa.insert(batches), [{
            "id": "b", "kind": "import", "name": HOSTILE, "options": {}, "is_paused": False, "is_whole": True,
            "hours": "", "who": "Li", "made_at": BEGUN.isoformat(), "ended_at": None,
        }])  # fmt: skip
        connection.execute(
            sa.insert(jobs),
            [{**row, "key": str(n), "state": state, "ended_s": made_s + 2 * n} for n, state in enumerate(states, 1)],
        )
    (one,) = take_overview(database).imports
    assert (one.done, one.dead, one.left, one.elapsed_s) == (30, 2, 0, 64.0)
    assert one.per_minute == pytest.approx(28.1, abs=0.1)


def test_months_without_anything_are_shown_and_many_months_become_years(catalogue, database):
    bring(catalogue, 1)
    move = "update item_facts set text = :day where name = 'date' and item_id = :item"
    other = bring(catalogue, 2)
    for day, times in (("2026-08-03", ["2026-08", "2026-09", "2026-10", "2026-11"]), ("2019-01-01", ["2019", "2026"])):
        with database.write() as connection:
            connection.execute(sa.text(move), {"day": day, "item": other})
        seen = take_overview(database)
        assert [one.text for one in seen.times] == times
        assert sum(one.count for one in seen.times) == 2


SEEN = Overview(
    kinds={"product": 6000, "photo": 4000},
    categories=[Counted("fb-1", 900)],
    brands=[Counted(HOSTILE, 30), Counted("alpro", 10)],
    brands_count=2,
    colours=[Counted("red", 30), Counted("blue", 10)],
    times=[Counted("2026-10", 3), Counted("2026-11", 0)],
    imports=[Imported(HOSTILE, "2026-11-01T08:00:00+00:00", 30, 2, 0, 60.0)],
    waiting={"contradicted": 12, "sensitive": 1},
    pictures_count=10_000,
    pictures_bytes=5_000_000_000,
    kept_bytes=0,
)


def drawn(lang="zh", seen=SEEN) -> str:
    return render_overview(Reader(lang), seen, {}, Disk(1_000_000, 10_000_000_000))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_drawing_has_its_table_and_the_drawing_itself_is_not_read_aloud(lang):
    page, words = drawn(lang), read_words(lang)
    body = page[page.index("<main") :]
    for svg in re.findall(r"<svg[^>]*>", body):
        assert 'aria-hidden="true"' in svg
    assert body.count("<table") == 5 and words["overview_eyes"] in body
    assert (Inline(page).found, Inline(page).scripts) == ([], 1)
    assert "10,000" in body and "5.0 GB" in body and words["overview_contradicted"] in body


def test_names_from_packs_and_sheets_are_text():
    page = drawn()
    assert "<img" not in page and page.count(html.escape(HOSTILE)) >= 2


def test_an_empty_catalogue_says_how_to_begin():
    empty = Overview({}, [], [], 0, [], [], [], {}, 0, 0, 0)
    assert read_words("zh")["catalogue_none"] in drawn(seen=empty)[drawn(seen=empty).index("<main") :]
