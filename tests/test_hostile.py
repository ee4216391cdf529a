"""The whole house under hostile files and killed processes: a clear message each time, and nothing lost."""

import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tujian.errors import UnreadablePicture
from tujian.house import House, Wish
from tujian.settings import read_settings

pytestmark = pytest.mark.slow
MOST_GROWTH_MB = 250


@pytest.fixture
def own_house(house, tmp_path):
    opened = House(read_settings(home=tmp_path, concurrency=2))
    opened._perception = house.perception
    yield opened
    opened.close()


def test_every_hostile_file_ends_in_a_record_or_an_error_with_a_remedy(own_house, shared):
    rows = [json.loads(line) for line in (shared / "data/manifest.jsonl").read_text().splitlines()]
    paths = [shared / "data" / row["path"] for row in rows if row["kind"] == "bad_input"]
    before = psutil.Process().memory_info().rss

    def end_of(path) -> str:
        try:
            return own_house.record(path, Wish("describe")).title
        except UnreadablePicture as error:
            assert all(error.zh) and all(error.en)
            return type(error).__name__

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(end_of, paths))
    assert len(ends) == len(paths) == 181 and all(ends)
    assert (psutil.Process().memory_info().rss - before) / 1e6 < MOST_GROWTH_MB


def test_decode_children_killed_under_load_cost_single_pictures_and_come_back(own_house, samples):
    pictures = sorted(samples.glob("*.jpg"))
    done = threading.Event()
    killed = []

    def kill() -> None:
        while not done.wait(0.7):
            for child in psutil.Process().children():
                if "tujian.decoding" in " ".join(child.cmdline()):
                    os.kill(child.pid, signal.SIGKILL)
                    killed.append(child.pid)

    killer = threading.Thread(target=kill)
    killer.start()
    errors = []
    try:
        for path in pictures * 3:
            try:
                own_house.record(path, Wish("product"))
            except UnreadablePicture as error:
                errors.append(error)
    finally:
        done.set()
        killer.join()
    assert killed and all(error.zh.remedy for error in errors)
    assert own_house.record(pictures[0].read_bytes() + b"\0", Wish("product")).title
