"""Folders brought in, on SQLite and on PostgreSQL. req: C1, C7, D7"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from kept import incoming, open_catalogue
from PIL import Image

from tujian.batches import Batches
from tujian.bringing import MOST_HELD, Bringing, Wanted
from tujian.bringing.folders import Folder
from tujian.bringing.nouns import Passed, unreadable
from tujian.database import open_database
from tujian.errors import BadInput
from tujian.jobs import Jobs
from tujian.looking import Look
from tujian.schema import batch_rows, files, item_pictures, items, metadata
from tujian.schema import jobs as ledger

FTYP = b"\0\0\0\x18ftypqt  " + bytes(64)


def draw(path: Path, colour: str, size_px: tuple[int, int] = (64, 48)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size_px, colour).save(path)
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    draw(tmp_path / "in" / "red.jpg", "red")
    draw(tmp_path / "in" / "deep" / "blue.png", "blue")
    return tmp_path / "in"


@pytest.fixture
def bring(database, house, tmp_path):
    """Brings a folder; returns what became of its files."""
    catalogue, batches = open_catalogue(database, tmp_path), Batches(Jobs(database))

    def go(folder: Path, **more):
        return Bringing(house, catalogue, batches, Folder(folder), Wanted("k", **more)).run()

    go.catalogue, go.batches = catalogue, batches
    return go


def count(database, table) -> int:
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table))


def test_a_folder_becomes_items_and_the_second_time_nothing(bring, folder, database):
    told = bring(folder)
    assert dict(told.counts) == {"new": 2}
    again = bring(folder)
    assert dict(again.counts) == {"unchanged": 2}
    assert (count(database, items), count(database, ledger)) == (2, 2)
    page = bring.catalogue.list(also=["pending"])
    assert {head.title for head in page.items} == {"red", "blue"}
    assert bring.catalogue.content(page.items[0].cover)  # it lies where it lay


def test_what_changed_moved_went_and_came_back_is_told(bring, folder, database):
    bring(folder)
    with database.read() as connection:
        red = connection.scalar(sa.select(items.c.id).where(items.c.title == "red"))
    draw(folder / "red.jpg", "green", (80, 80))
    (folder / "deep" / "blue.png").rename(folder / "blue.png")
    draw(folder / "new.jpg", "yellow")
    told = bring(folder)
    assert told.names == {
        "moved": ["blue.png"], "new": ["new.jpg"], "changed": ["red.jpg"], "gone": ["deep/blue.png"],
    }  # fmt: skip
    item = bring.catalogue.get(red, also=["pending"])
    assert item.pictures[0].size_px == (80, 80) and count(database, items) == 3
    (folder / "new.jpg").unlink()
    assert dict(bring(folder).counts) == {"unchanged": 2, "gone": 1}
    draw(folder / "new.jpg", "yellow")
    assert bring(folder).counts["back"] == 1 and count(database, items) == 3


def test_a_touched_file_is_not_a_changed_one(bring, folder):
    bring(folder)
    os.utime(folder / "red.jpg", ns=(1, 1))
    assert dict(bring(folder).counts) == {"unchanged": 2}


def test_the_same_bytes_are_linked_to_one_item(bring, folder, database):
    (folder / "copy.jpg").write_bytes((folder / "red.jpg").read_bytes())
    told = bring(folder)
    assert dict(told.counts) == {"new": 2, "linked": 1}
    assert (count(database, items), count(database, item_pictures), count(database, files)) == (2, 2, 3)


def test_what_is_no_picture_is_counted_by_its_reason_and_nothing_is_followed(bring, folder, tmp_path):
    (folder / "notes.txt").write_text("no picture")
    (folder / "film.mp4").write_bytes(FTYP)
    (folder / "red.MOV").write_bytes(FTYP)  # beside red.jpg: a Live Photo
    (folder / "shot.cr2").write_bytes(b"II*\0\x10\0\0\0CR" + bytes(64))
    draw(tmp_path / "out" / "secret.jpg", "white")
    (folder / "way_out").symlink_to(tmp_path / "out")
    (folder / "@eaDir").mkdir()
    draw(folder / "@eaDir" / "thumb.jpg", "red", (9, 9))
    os.mkfifo(folder / "pipe.jpg")
    told = bring(folder)
    assert dict(told.reasons) == {"text": 1, "video": 1, "live_photo": 1, "raw": 1, "link": 1, "special": 1}
    assert told.counts["new"] == 2 and not told.troubles


class Sidecars:
    """A source of so many files that are no pictures, and then one that cannot be read."""

    kind, root, keeps_content = "folder", "/sidecars", False

    def __init__(self, count: int, *, broken: bool = False) -> None:
        self._count, self._broken = count, broken

    def __iter__(self):
        yield from (Passed(f"{number}.xmp", "text") for number in range(self._count))
        if self._broken:
            yield Passed("broken.jpg", "failed", unreadable("broken.jpg", "damaged"))

    def has(self, path: str) -> bool:
        return True

    def check(self) -> None: ...

    def is_unread(self, path: str) -> bool:
        return False


@pytest.mark.parametrize("is_dry", [True, False])
def test_files_that_are_passed_over_cost_the_same_however_many_there_are(bring, house, is_dry):  # req: D7
    wanted = Wanted("k", is_dry=is_dry)
    began = time.monotonic()
    told = Bringing(house, bring.catalogue, bring.batches, Sidecars(30_000), wanted).run()
    assert time.monotonic() - began < 5
    assert (dict(told.counts), told.batch_id) == ({"skipped": 30_000}, None)


def test_what_was_passed_over_before_the_first_trouble_has_its_rows_up_to_a_bound(bring, house, database):
    told = Bringing(house, bring.catalogue, bring.batches, Sidecars(300, broken=True), Wanted("k")).run()
    with database.read() as connection:
        rows = sa.select(batch_rows.c.state, sa.func.count()).where(batch_rows.c.batch_id == told.batch_id)
        assert dict(iter(connection.execute(rows.group_by(batch_rows.c.state)))) == {"skipped": 300, "failed": 1}
    more = Sidecars(MOST_HELD + 500, broken=True)
    more.root = "/more"
    told = Bringing(house, bring.catalogue, bring.batches, more, Wanted("k")).run()
    assert told.counts["skipped"] == MOST_HELD + 500
    assert count(database, batch_rows) == 301 + MOST_HELD + 1


def test_a_broken_picture_says_what_to_do_and_the_rest_goes_on(bring, folder, database):
    (folder / "broken.jpg").write_bytes((folder / "red.jpg").read_bytes()[:300])
    (folder / "page.jpg").write_text("<!doctype html><title>404</title>")
    (folder / "empty.png").write_bytes(b"")
    (folder / "phone.JFIF").write_bytes(b"")  # claims to be one by its name, as `tujian recognise` has it
    told = bring(folder)
    assert (told.counts["new"], told.counts["failed"]) == (2, 4)
    assert all(error.say(lang).remedy for _, error in told.troubles for lang in ("zh", "en"))
    with database.read() as connection:
        rows = connection.execute(sa.select(batch_rows).where(batch_rows.c.state == "failed")).all()
    assert {row.name for row in rows} == {"broken.jpg", "page.jpg", "empty.png", "phone.JFIF"}
    assert all(row.trouble["zh"][1] and row.trouble["en"][1] for row in rows)


def test_a_folder_that_vanishes_loses_nothing(bring, folder, tmp_path, database):
    bring(folder)
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="no folder"):
        Folder(folder)
    folder.mkdir()  # an empty mount point
    with pytest.raises(BadInput, match="nothing was marked as gone"):
        bring(folder)
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).where(files.c.gone_at.is_not(None))) == 0


def test_a_dry_run_says_the_same_and_writes_nothing(bring, folder, database):
    (folder / "copy.jpg").write_bytes((folder / "red.jpg").read_bytes())
    (folder / "broken.jpg").write_bytes(b"")
    before = {name: count(database, table) for name, table in metadata.tables.items()}
    told = bring(folder, is_dry=True)
    assert dict(told.counts) == {"new": 2, "linked": 1, "failed": 1}
    assert {name: count(database, table) for name, table in metadata.tables.items()} == before


def test_a_trial_runs_so_many_and_the_next_go_lets_the_rest_go_on(bring, folder):
    draw(folder / "third.jpg", "black")
    told = bring(folder, look=Look(trial=2))
    claims = [bring.batches.jobs.claim("w", ["look"]) for _ in range(3)]
    assert [claimed is not None for claimed in claims] == [True, True, False]
    assert bring(folder).batch_id == told.batch_id
    assert bring.batches.jobs.claim("w", ["look"]) is not None


def test_items_that_are_not_looked_at_have_no_jobs(bring, folder, database):
    bring(folder, look=None, kind="photo")
    assert count(database, ledger) == 0 and {head.kind for head in bring.catalogue.list().items} == {"photo"}
    bring(folder)  # but are looked at once somebody wants it
    bring(folder)
    assert count(database, ledger) == 2


def test_a_killed_import_goes_on_and_brings_each_picture_once(tmp_path):
    for number in range(40):
        draw(tmp_path / "in" / f"{number:02}.png", f"#{number:02}{number:02}00", (20 + number, 20))
    command = [sys.executable, "-m", "tujian", "import", str(tmp_path / "in"), "--no-look", "--lang", "en"]
    environment = {**os.environ, "TUJIAN_HOME": str(tmp_path / "home")}
    killed = subprocess.Popen(command, env=environment)
    path = tmp_path / "home" / "tujian.sqlite"
    until = time.monotonic() + 60
    while killed.poll() is None and time.monotonic() < until and not (path.exists() and _items(path)):
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "new" in done.stdout or "unchanged 40" in done.stdout
    assert _items(path) == 40
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert again.stdout.strip() == "unchanged 40"


def _items(path: Path) -> int:
    try:
        database = open_database(path)
        return count(database, items)
    finally:
        database.close()


def test_a_folder_that_cannot_be_listed_for_a_moment_loses_nothing(bring, folder, database, monkeypatch):
    bring(folder)
    scandir = os.scandir

    def refuses(path):
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuses)
    assert dict(bring(folder).counts) == {"failed": 1}
    assert count(database, files) == 2 and bring(folder).counts["gone"] == 0


def test_a_file_that_changes_leaves_the_picture_that_somebody_else_gave(bring, folder, database):
    """The folder once had the same bytes as an upload; what the file shows later is another item."""
    given = incoming((folder / "red.jpg").read_bytes())
    mine = bring.catalogue.add([given], who="Alice").id
    assert bring(folder).counts["linked"] == 1
    draw(folder / "red.jpg", "yellow", (90, 90))
    assert bring(folder).counts["changed"] == 1
    assert [one.sha256 for one in bring.catalogue.get(mine).pictures] == [given.picture.sha256]
    assert count(database, items) == 3
