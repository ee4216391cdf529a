"""An import that is killed again and again loses nothing and brings nothing twice. req: C7, D7

DESIGN.md: "An acknowledged upload, edit or job survives kill -9."
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter

import pytest
import sqlalchemy as sa
from kept import open_catalogue
from PIL import Image

from tujian.catalogue.nouns import EVERYTHING
from tujian.database import open_database
from tujian.schema import batches, files, item_pictures, items

pytestmark = pytest.mark.slow
PICTURES = 2_000
KILLS = {"sqlite": 100, "postgresql": 30}  # a start takes two seconds


def pictures(folder, count):
    """So many small pictures, no two alike."""
    folder.mkdir()
    for number in range(count):
        colour = (number % 256, number // 256, 90)
        Image.new("RGB", (24, 24), colour).save(folder / f"{number:04}.png")


def begun(folder, home, place):
    url = {} if "://" not in str(place) else {"TUJIAN_DATABASE": str(place)}
    own = {**os.environ, "TUJIAN_HOME": str(home), "TUJIAN_LANG": "en", **url}
    command = [sys.executable, "-m", "tujian", "import", str(folder), "--no-look", "--kind", "photo"]
    return subprocess.Popen(command, env=own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def count(database):
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(items))


def killed_while_it_brings(process, database, dice):
    """Kills it within a moment after it brought something more. False when it ended by itself."""
    before = count(database)
    while process.poll() is None:
        if count(database) > before:
            time.sleep(dice.uniform(0, 0.12))
            process.kill()
            process.wait()
            return True
        time.sleep(0.005)
    return False


@pytest.mark.timeout(1200)  # a hundred starts of a process; 220 s on an idle machine
def test_kills_lose_nothing_and_bring_nothing_twice(place, tmp_path):
    dice, home = random.Random(7), tmp_path / "home"
    pictures(tmp_path / "album", PICTURES)
    place = home / "tujian.sqlite" if "://" not in str(place) else place
    home.mkdir()
    database = open_database(place)
    catalogue = open_catalogue(database, home)
    kills, edits, wanted = 0, {}, KILLS[database.engine.dialect.name]
    while kills < wanted and killed_while_it_brings(begun(tmp_path / "album", home, place), database, dice):
        kills += 1
        with database.read() as connection:
            one = connection.scalar(sa.select(items.c.id).order_by(items.c.change.desc()).limit(1))
        catalogue.edit(one, {"summary": f"edit {kills}"}, who="Li")
        edits[one] = f"edit {kills}"
    last = begun(tmp_path / "album", home, place)
    assert last.wait(300) == 0, last.stdout.read()
    again = begun(tmp_path / "album", home, place)
    told = again.communicate(timeout=300)[0]
    assert f"unchanged {PICTURES}" in told.replace(",", ""), told
    with database.read() as connection:
        shown = Counter(connection.scalars(sa.select(item_pictures.c.sha256)))
        known = connection.scalar(sa.select(sa.func.count()).select_from(files))
        open_batches = connection.scalar(
            sa.select(sa.func.count()).select_from(batches).where(batches.c.ended_at.is_(None))
        )
        if database.is_sqlite:
            assert connection.exec_driver_sql("pragma integrity_check").scalar() == "ok"
    assert kills >= 0.9 * wanted
    assert (len(shown), set(shown.values())) == (PICTURES, {1})
    assert known == count(database) == PICTURES
    assert open_batches == 0
    for item_id, text in edits.items():
        assert catalogue.get(item_id, also=EVERYTHING)["summary"] == text
    database.close()
