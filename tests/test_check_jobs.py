"""A health check in the background that is broken off loses no row that it looked at. req: C7, F2"""

import asyncio
import errno
import json
import threading
from collections.abc import Callable
from dataclasses import asdict

import pytest
from chat_server import jpeg
from test_check import pack

from tujian.batches import Batches
from tujian.bringing.parcels import Parcel
from tujian.catalogue import Catalogue
from tujian.check_jobs import fill_check, findings, queue_check
from tujian.check_journal import Journal
from tujian.errors import Stopped, StoreFull
from tujian.house import House
from tujian.jobs import Claimed, Jobs
from tujian.settings import read_settings

ROWS = 8
COLOURS = ("red", "blue", "green", "black", "white", "yellow", "red", "blue")


class Desk:
    """A house that counts what it looks at, and can be told to stop after so many rows."""

    def __init__(self, opened: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house, self.looked, self._look = opened, [], opened.look
        self.catalogue = Catalogue.opened(opened.settings, opened.database, opened.tasks)
        monkeypatch.setattr(opened, "look", self.look)

    def look(self, shot, *given, **more):
        self.looked.append(shot.name)
        return self._look(shot, *given, **more)

    def sent(self, folder) -> Parcel:
        """The sheet of `folder` with its pictures, as it lies after an upload."""
        parcel = Parcel.begun(self.house.settings.home_dir)
        for path in sorted(folder.iterdir()):
            asyncio.run(parcel.take(path.name, pieces(path.read_bytes())))
        return parcel

    def queued(self, parcel: Parcel) -> Claimed:
        jobs = Jobs(self.catalogue.database)
        queue_check(Batches(jobs), parcel, {}, "test", "zh", uses_catalogue=False)
        claimed = jobs.claim("test", ["check"])
        assert claimed is not None
        return claimed

    def check(self, claimed: Claimed, stopped: threading.Event | None = None):
        return fill_check(self.house, self.catalogue, claimed, stopped or threading.Event())


async def pieces(content: bytes):
    yield content


@pytest.fixture
def desk(tmp_path, house, monkeypatch):
    opened = House(read_settings(home=tmp_path / "home", lang="zh", engine="none", concurrency=1))
    opened._perception = house.perception
    yield Desk(opened, monkeypatch)
    opened.close()


@pytest.fixture(scope="module")
def goods(tmp_path_factory):
    """Eight rows: the sixth says what its pack does not, the last two show what earlier ones show."""
    folder = tmp_path_factory.mktemp("goods")
    for number, colour in enumerate(COLOURS):
        (folder / f"{number}.jpg").write_bytes(jpeg(colour=colour))
    pack(folder / "5.jpg", "OAT DRINK", "1 L")
    lines = [f"{number}.jpg,S{number},{'250 ml' if number == 5 else ''}" for number in range(ROWS)]
    (folder / "goods.csv").write_text("\n".join(["图片,货号,净含量", *lines]), "utf-8")
    return folder


def told(parcel: Parcel):
    return [asdict(one) for one in findings(parcel)]


def broken_off(desk: Desk, claimed: Claimed, is_enough: Callable[[], bool]) -> None:
    """Stopped as a worker that shuts down does it."""
    stopped = threading.Event()

    def look(shot, *given, **more):
        if is_enough():
            stopped.set()
        return Desk.look(desk, shot, *given, **more)

    desk.house.look = look
    with pytest.raises(Stopped):
        desk.check(claimed, stopped)
    desk.house.look = desk.look


def test_a_check_that_is_broken_off_goes_on_where_it_was(desk, goods):
    whole = desk.sent(goods)
    summary = desk.check(desk.queued(whole))(None)
    assert summary["kinds"] and told(whole) and sorted(set(desk.looked)) == [f"{number}.jpg" for number in range(ROWS)]
    desk.looked.clear()
    parcel = desk.sent(goods)
    claimed = desk.queued(parcel)
    broken_off(desk, claimed, lambda: len(desk.looked) >= 4)
    before = set(desk.looked)
    assert 4 < len(before) <= ROWS - 1 and told(parcel) == []
    (journal,) = parcel.made.glob("rows-*.jsonl")
    with journal.open("a", encoding="utf-8") as file:
        file.write('{"place": 7, "marks": [{"row"')  # the power went while a line was written
    desk.looked.clear()
    assert desk.check(claimed)(None) == summary
    assert not before & set(desk.looked) and before | set(desk.looked) == {f"{number}.jpg" for number in range(ROWS)}
    assert told(parcel) == told(whole), "as if nothing had happened, duplicates of rows on both sides too"
    assert all(parcel.made_file(one["crop"]) for one in told(parcel) if one["crop"])
    assert list(parcel.made.glob("rows-*.jsonl")) == []


def test_a_full_disk_is_said_and_the_check_goes_on_once_there_is_room(desk, goods, monkeypatch):
    parcel = desk.sent(goods)
    claimed = desk.queued(parcel)
    kept = Journal.keep

    def full(self, place, entry):
        if place == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        kept(self, place, entry)

    monkeypatch.setattr(Journal, "keep", full)
    with pytest.raises(StoreFull, match="room"):
        desk.check(claimed)
    monkeypatch.setattr(Journal, "keep", kept)
    desk.looked.clear()
    desk.check(claimed)
    assert "4.jpg" in desk.looked and not {"0.jpg", "1.jpg", "2.jpg", "3.jpg"} & set(desk.looked) and told(parcel)


def test_rows_that_were_checked_with_other_models_are_checked_again(desk, goods):
    parcel = desk.sent(goods)
    claimed = desk.queued(parcel)
    broken_off(desk, claimed, lambda: len(desk.looked) >= 4)
    (journal,) = parcel.made.glob("rows-*.jsonl")
    first, *rest = journal.read_text("utf-8").splitlines()
    payload, _, taxonomy = json.loads(json.loads(first))
    other = json.dumps(json.dumps([payload, {"text": "other"}, taxonomy], sort_keys=True))
    journal.write_text("\n".join([other, *rest]), "utf-8")
    desk.looked.clear()
    desk.check(claimed)
    assert sorted(desk.looked) == [f"{number}.jpg" for number in range(ROWS)]
