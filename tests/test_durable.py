"""What is acknowledged survives: kills, a full disk, a database that somebody holds. req: C7

DESIGN.md: "An acknowledged upload, edit or job survives kill -9."
"""

import hashlib
import resource
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from kept import incoming, open_catalogue, record, value

from tujian.database import open_database
from tujian.errors import BadSettings, BrokenInstall, StoreFull, StoreLocked
from tujian.jobs import Jobs
from tujian.schema import field_history, item_pictures, items, jobs, pictures, records

TESTS = Path(__file__).parent


@pytest.mark.parametrize("kills", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice_after_kills(place, tmp_path, kills):
    open_database(place).close()
    command = [sys.executable, TESTS / "killed_writer.py", str(place), tmp_path, str(kills), "7"]
    subprocess.run(command, check=True, cwd=TESTS)
    lines = [line.split() for line in (tmp_path / "acknowledged").read_text().splitlines()]
    said = {verb: [line for line in lines if line[0] == verb] for verb in ("added", "done", "edited")}
    assert all(len(of_verb) >= kills for of_verb in said.values())
    database = open_database(place)
    catalogue = open_catalogue(database, tmp_path)
    with database.read() as connection:
        names = dict(iter(connection.execute(sa.select(items.c.external_id, items.c.id))))
        assert {f"e{line[1]}": line[2] for line in said["added"]}.items() <= names.items()
        assert len(names) - len({line[1] for line in said["added"]}) in (0, 1)  # at most one died unacknowledged
        shown = sa.select(item_pictures.c.item_id, sa.func.count()).group_by(item_pictures.c.item_id)
        per_item = connection.execute(shown).all()
        assert all(count == 1 for _, count in per_item)
        done = connection.execute(sa.select(jobs.c.id, jobs.c.payload).where(jobs.c.state == "done")).all()
        kept = connection.execute(sa.select(records.c.item_id, sa.func.count()).group_by(records.c.item_id)).all()
        # a record is kept with its job's end, or not at all
        assert sorted(row.payload["item"] for row in done) == sorted(item_id for item_id, _ in kept)
        assert all(count == 1 for _, count in kept)
        assert {int(line[1]) for line in said["done"]} <= {row.id for row in done}
        edits = set(connection.scalars(sa.select(field_history.c.item_id).where(field_history.c.field == "name")))
        assert {line[2] for line in said["edited"]} <= edits
        for sha256 in connection.scalars(sa.select(pictures.c.sha256)):
            assert hashlib.sha256(catalogue.content(sha256)).hexdigest() == sha256
        if database.is_sqlite:
            assert connection.scalar(sa.text("pragma integrity_check")) == "ok"
    for _, number, item_id, version in said["edited"]:
        item = catalogue.get(item_id)
        assert item["name"] == f"person {number}" and item.version >= int(version)
    database.close()


def full_disk_writer(folder: Path) -> None:
    """Adds until the disk is full, which a limit on file size stands for; then with room again."""
    database = open_database(folder / "t.sqlite")
    catalogue = open_catalogue(database, folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    kept, told = [], None
    for number in range(2_000):
        try:
            kept.append(catalogue.add([incoming(b"%d" % number)], who="k", values={"name": "x" * 5_000}).id)
        except StoreFull as error:
            told = error.say("en")
            break
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert told is not None and "disk may be full" in told.message and "Make room" in told.remedy
    catalogue.add([incoming(b"again")], who="k")
    listed = []
    after: str | None = ""
    while after is not None:
        page = catalogue.list(after=after, limit=500)
        listed += [head.id for head in page.items]
        after = page.next
    assert set(kept) <= set(listed) and len(listed) == len(kept) + 1, "half an item"
    with database.read() as connection:
        assert connection.scalar(sa.text("pragma integrity_check")) == "ok"
    print("well")


def test_a_full_disk_is_told_nothing_is_half_written_and_it_goes_on_once_there_is_room(tmp_path):
    code = f"import test_durable, pathlib; test_durable.full_disk_writer(pathlib.Path({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=TESTS, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "well", done.stderr


def test_a_picture_that_does_not_fit_on_the_disk_leaves_no_item(tmp_path):
    code = (
        "import resource, pathlib; from kept import *; from tujian.database import open_database\n"
        f"folder = pathlib.Path({str(tmp_path)!r}); database = open_database(folder / 't.sqlite')\n"
        "catalogue = open_catalogue(database, folder)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5_000_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))\n"
        "from tujian.errors import StoreFull\n"
        "try: catalogue.add([incoming(b'x' * 6_000_000)], who='k')\n"
        "except StoreFull: print(catalogue.list().items, [p for p in (folder / 'pictures').rglob('*') if p.is_file()])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=TESTS, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[] []", done.stderr


def test_a_sheet_that_does_not_fit_on_the_disk_leaves_no_file(tmp_path):
    code = (
        "import resource, pathlib; from tujian.bringing.sent import keep_sent\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5_000_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))\n"
        "from tujian.errors import StoreFull\n"
        "try: keep_sent(folder, b'x' * 6_000_000, 'goods.csv')\n"
        "except StoreFull as full: print(full.say('en').remedy, [p for p in folder.rglob('*') if p.is_file()])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=TESTS, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "Make room and try again. []", done.stderr


def test_a_database_that_somebody_holds_is_told_and_nothing_is_half_written(tmp_path):
    database = open_database(tmp_path / "t.sqlite", patience_s=0.3)
    catalogue = open_catalogue(database, tmp_path)
    item_id = catalogue.add([incoming()], who="Li").id
    holder = sqlite3.connect(tmp_path / "t.sqlite", isolation_level=None)
    holder.execute("begin immediate")
    for act in (
        lambda: catalogue.edit(item_id, {"brand": "x"}, who="Li"),
        lambda: catalogue.save(item_id, record(brand=value("x"))),
        lambda: catalogue.add([incoming(b"other")], who="Li"),
        lambda: Jobs(database).put([]) or catalogue.forget(item_id, who="Li"),
    ):
        with pytest.raises(StoreLocked, match="Try again"):
            act()
    assert catalogue.get(item_id).version == 1  # reading goes on
    holder.execute("rollback")
    assert catalogue.edit(item_id, {"brand": "x"}, who="Li") == 2


def test_threads_of_one_process_wait_for_each_other_instead_of_failing(tmp_path):
    database = open_database(tmp_path / "t.sqlite", patience_s=20)
    catalogue = open_catalogue(database, tmp_path)
    item_id = catalogue.add([incoming()], who="Li").id
    edits = [
        threading.Thread(
            target=lambda n=n: [catalogue.edit(item_id, {"brand": f"{n} {m}"}, who="L") for m in range(10)]
        )
        for n in range(8)
    ]
    for thread in edits:
        thread.start()
    for thread in edits:
        thread.join()
    assert catalogue.get(item_id).version == 81


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "postgresql://"])
def test_a_database_that_cannot_be_is_refused_with_a_remedy(url):
    with pytest.raises((BadSettings, BrokenInstall)) as told:
        open_database(url)
    assert "TUJIAN_DATABASE" in str(told.value) or "Check" in str(told.value)


def test_a_password_in_the_url_is_never_told():
    with pytest.raises(BrokenInstall) as told:
        open_database("postgresql://user:secret-word@127.0.0.1:9/none")
    assert "secret-word" not in str(told.value)
