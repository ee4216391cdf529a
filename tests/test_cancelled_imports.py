"""What is cancelled while it is being queued is over at that word, on SQLite and on PostgreSQL. req: A15, C1, C7"""

import json
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from kept import TASKS, open_catalogue
from PIL import Image

from tujian.batches import Batches, NewBatch
from tujian.bringing import Bringing, Wanted, orders, tables
from tujian.bringing.batch import ImportBatch, tally
from tujian.bringing.folders import Folder
from tujian.bringing.orders import Order, fill_order, place_order
from tujian.bringing.tables import Queueing, Table
from tujian.errors import Stopped
from tujian.jobs import OPEN, Jobs, NewJob
from tujian.looking import Look
from tujian.schema import batches as batch_table
from tujian.schema import items, outbox
from tujian.schema import jobs as ledger


@pytest.fixture
def catalogue(database, tmp_path):
    return open_catalogue(database, tmp_path / "kept")


@pytest.fixture
def batches(database):
    return Batches(Jobs(database))


@pytest.fixture
def sheet(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text("货号,标题\n" + "".join(f"R{n},杯子{n}\n" for n in range(5)), "utf-8")
    return path


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    for colour in ("red", "green", "blue"):
        Image.new("RGB", (64, 48), colour).save(tmp_path / "in" / f"{colour}.png")
    return tmp_path / "in"


def open_jobs(database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(sa.select(ledger.c.key).where(ledger.c.state.in_(OPEN))))


def count(database, table) -> int:
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def cancelling(batches, going, *, after: int):
    """A step that cancels the batch when so many are done."""
    steps = []

    def step(name: str) -> None:
        steps.append(name)
        if len(steps) == after + 1:
            batches.cancel(going.told.batch_id or going._batch.id, who="Li")

    return step


def test_an_ended_batch_takes_no_jobs_and_what_was_to_be_kept_with_them_is_not(database, batches):
    batch_id = batches.begin(NewBatch("import", "Li", is_whole=False))
    batches.cancel(batch_id, who="Li")
    assert batches.progress(batch_id).ended_at is not None
    with pytest.raises(Stopped), database.write() as connection:
        batches.jobs.put([NewJob("k", "elsewhere", {})], within=connection)
        batches.jobs.put([NewJob("k", "a", {}, batch_id=batch_id)], within=connection)
    assert count(database, ledger) == 0


def test_a_sheet_cancelled_while_its_rows_are_queued_leaves_none_to_do(
    monkeypatch, database, catalogue, batches, sheet
):
    monkeypatch.setattr(tables, "AT_ONCE", 1)
    going = Queueing(catalogue, batches, Table.opened(sheet, {}, TASKS), Wanted("k", look=None))
    with pytest.raises(Stopped):
        going.run(cancelling(batches, going, after=2))
    assert open_jobs(database) == [] and count(database, ledger) == 2
    assert batches.progress(going._batch.id).state == "cancelled"


@pytest.mark.parametrize("look", [Look(), None])
def test_a_folder_cancelled_while_it_is_gone_through_brings_no_more(database, catalogue, batches, house, folder, look):
    going = Bringing(house, catalogue, batches, Folder(folder), Wanted("k", look=look))
    with pytest.raises(Stopped):
        going.run(cancelling(batches, going, after=1))
    assert open_jobs(database) == [] and count(database, items) == 1
    again = Bringing(house, catalogue, batches, Folder(folder), Wanted("k", look=look)).run()
    assert again.batch_id != going._batch.id  # what was cancelled stays so; the rest comes by a batch of its own
    assert (again.counts["new"], again.counts["unchanged"]) == (2, 1)
    assert len(open_jobs(database)) == (3 if look else 0)  # the first one was never looked at


def test_who_is_told_of_the_end_is_told_the_last_counts_and_once(monkeypatch, database, catalogue, batches, sheet):
    monkeypatch.setattr(tables, "AT_ONCE", 1)
    going = Queueing(catalogue, batches, Table.opened(sheet, {}, TASKS), Wanted("k", look=None))
    hook = {"webhook_url": "https://shop.example/told", "webhook_secret": "s" * 16}
    with database.write() as connection:
        batch_id = going._batch.begun(connection)
        connection.execute(sa.update(batch_table).where(batch_table.c.id == batch_id).values(hook))
    with pytest.raises(Stopped):
        going.run(cancelling(batches, going, after=2))
    batches.cancel(batch_id, who="Li")
    batches.look_after()
    with database.read() as connection:
        told = [json.loads(body) for body in connection.scalars(sa.select(outbox.c.body))]
    assert [one["counts"]["cancelled"] for one in told] == [2]
    assert batches.progress(batch_id).counts["cancelled"] == 2


def test_an_order_cancelled_before_its_sheet_is_open_brings_nothing_elsewhere(
    monkeypatch, database, catalogue, batches, house, folder
):
    """Nor does it begin another batch for what it was told to bring."""
    monkeypatch.setattr(orders, "allowed_folder", lambda _, text: Path(text))
    batch_id = place_order(house, catalogue, batches, Order(Wanted("Li"), folder=str(folder)))
    claimed = batches.jobs.claim("w", ["order"])
    opened = Folder.__iter__

    def cancel_and_go_on(self):
        batches.cancel(batch_id, who="Li")
        return opened(self)

    monkeypatch.setattr(Folder, "__iter__", cancel_and_go_on)
    with pytest.raises(Stopped):
        fill_order(house, catalogue, batches, claimed, threading.Event())
    assert open_jobs(database) == [] and count(database, items) == 0 and count(database, batch_table) == 1


def test_what_is_gone_on_with_does_not_end_until_it_is_closed_again(database, catalogue, batches, sheet):
    """All that was queued before may be done while the rest is still being queued."""
    first = Queueing(catalogue, batches, Table.opened(sheet, {}, TASKS), Wanted("k", look=None)).run()
    source = catalogue.source("sheet", str(sheet.resolve()))
    with database.read() as connection:
        told = connection.scalar(sa.select(batch_table.c.options))
    again = ImportBatch(batches, database, source, str(sheet.resolve()), Wanted("k", look=None), told)
    assert again.begun() == first.batch_id
    with database.write() as connection:
        connection.execute(sa.update(ledger).values(state="done"))
    batches.look_after()
    assert batches.progress(again.id or "").ended_at is None
    again.close()
    assert batches.progress(again.id or "").state == "ended" and tally(database, again.id or "").rows["todo"] == 5
