"""Files that mean harm, and a house in trouble: a clear message each time, and nothing lost. area "hostile input"

The default tier takes a few mutants of each format to the decoder; `slow` takes two hundred of each through the house.
"""

import contextlib
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from hostile_files import KINDS, bombs, mutants, polyglots, samples_of, saved, scene

from tujian.decoding import Decoder
from tujian.errors import UnreadablePicture
from tujian.house import House, Wish
from tujian.pictures import open_picture
from tujian.settings import read_settings
from tujian.sniffing import HEAD_BYTES, sniff

MOST_S, MOST_EXTRA_MB = 5.0, 512.0
MOST_GROWTH_MB = 250  # that stays, over many files
LIMIT_BYTES = 50_000_000
BOMBS = bombs()


class Peak:
    """The most memory that this process and its children had together, looked at every 20 ms."""

    def __enter__(self):
        self._done, self.before_mb = threading.Event(), memory_mb()
        self.most_mb = self.before_mb
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            self.most_mb = max(self.most_mb, memory_mb())

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def extra_mb(self) -> float:
        return self.most_mb - self.before_mb


def memory_mb() -> float:
    total = psutil.Process().memory_info().rss
    for child in psutil.Process().children():
        try:
            total += child.memory_info().rss
        except psutil.Error:  # it has just ended
            continue
    return total / 1e6


def cpu_s() -> float:
    """Processor time of this process, its children and those that ended: what a busy machine does not change."""
    times = os.times()
    running = 0.0
    for child in psutil.Process().children():
        try:
            running += sum(child.cpu_times()[:2])
        except psutil.Error:
            continue
    return times.user + times.system + times.children_user + times.children_system + running


@pytest.fixture(scope="module")
def decoder():
    with Decoder() as decoder:
        decoder.start()
        yield decoder


@pytest.fixture
def own_house(house, tmp_path):
    opened = House(read_settings(home=tmp_path, concurrency=2))
    opened._perception = house.perception
    yield opened
    opened.close()


def end_of(content: bytes, decoder: Decoder) -> str:
    """What became of a file: its kind, or its error's; which says in both languages what to do."""
    try:
        picture = open_picture(content, decoder=decoder, max_bytes=LIMIT_BYTES)
        assert picture.pixels.ndim == 3 and len(picture.camera or "") <= 400
        return picture.format
    except UnreadablePicture as error:
        assert all(error.zh) and all(error.en)
        return type(error).__name__


@pytest.mark.parametrize("kind", KINDS)
def test_mutants_end_in_a_picture_or_an_error_with_a_remedy(decoder, kind):
    ends = [end_of(content, decoder) for content in mutants(samples_of(kind), 24, seed=1)]
    assert len(ends) == 24 and len(set(ends)) > 1  # some are refused, some are whole enough


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_answered_in_time_and_in_little_memory(decoder, name):
    assert len(BOMBS[name]) < LIMIT_BYTES
    decoder.start()
    begun, begun_cpu_s = time.monotonic(), cpu_s()
    with Peak() as peak:
        end = end_of(BOMBS[name], decoder)
    assert end
    assert min(time.monotonic() - begun, cpu_s() - begun_cpu_s) <= MOST_S, end
    assert peak.extra_mb <= MOST_EXTRA_MB, end


@pytest.mark.parametrize(
    "name", ["gif of 65,535 x 65,535", "png of 2 gigapixels", "strip of 65,535 px", "jpeg of 500 scans"]
)
def test_what_promises_too_much_is_refused_before_it_is_decoded(decoder, name):
    begun = cpu_s()
    assert end_of(BOMBS[name], decoder) in ("PictureTooLarge", "DecodeFailed")
    assert cpu_s() - begun < 1


@pytest.mark.parametrize("name", polyglots())
def test_a_file_that_is_two_things_is_one_here(decoder, name):
    content, kind = polyglots()[name]
    if kind is None:
        assert end_of(content, decoder) in ("UnreadablePicture", "DecodeFailed")
    else:
        assert sniff(content[:HEAD_BYTES]) == kind and end_of(content, decoder) == kind


def test_a_file_that_spins_is_stopped_by_the_processor_time_its_size_allows(monkeypatch):
    """The child is a decoder that was taken over: it neither answers nor ends, and lies about nothing."""
    import tujian.decoding as decoding

    spin = "d._answer = lambda *_: [0 for _ in iter(int, 1)]; d.CPU_S = 0.5; d.main(512, 60)"
    code = f"import tujian.decoding as d; {spin}"
    told = []
    with Decoder(timeout_s=30, replaced=told.append) as spinning:
        started = decoding.subprocess.Popen
        monkeypatch.setattr(decoding.subprocess, "Popen", lambda args, **more: started([args[0], "-c", code], **more))
        begun = time.monotonic()
        with pytest.raises(UnreadablePicture, match="computing time"):
            spinning.decode(samples_of("PNG")[0], "PNG")
        assert time.monotonic() - begun < 25 and told == ["overdue"]


@pytest.mark.parametrize(
    "answer", ["struct.pack('>II', 0xFFFFFFFF, 0xFFFFFFFF)", "struct.pack('>II', 2, 3) + b'{}abc'", "b'\\0' * 8"]
)
def test_a_child_that_was_taken_over_is_not_believed(monkeypatch, answer):
    import tujian.decoding as decoding

    code = f"import os, struct, sys; os.read(0, 8); os.write(1, {answer}); os.read(0, 1 << 20)"
    with Decoder(timeout_s=5) as lying, Peak() as peak:
        started = decoding.subprocess.Popen
        monkeypatch.setattr(decoding.subprocess, "Popen", lambda args, **more: started([args[0], "-c", code], **more))
        with pytest.raises(UnreadablePicture):
            lying.decode(samples_of("PNG")[0], "PNG")
    assert peak.extra_mb < 100


def test_the_child_knows_no_keys(monkeypatch):
    monkeypatch.setenv("TUJIAN_TOKEN", "open-sesame")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with Decoder() as decoder:
        before = set(psutil.Process().children())
        decoder.start()
        (child,) = set(psutil.Process().children()) - before
        environment = child.environ()
    assert "PATH" in environment and "open-sesame" not in str(environment) and "sk-secret" not in str(environment)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", [*KINDS, "HEIC"])
def test_two_hundred_mutants_of_each_format_go_through_the_house(own_house, request, kind):
    if kind == "HEIC":
        folder = request.getfixturevalue("shared") / "data"
        samples = sorted((path.read_bytes() for path in folder.rglob("*.heic")), key=len)[:3]
        assert samples
    else:
        samples = samples_of(kind)
    own_house.record(max(samples, key=len), Wish("describe"))  # what a large one needs stays with child and caches
    before_mb, ends, slow = memory_mb(), [], []
    with Peak() as peak:
        for content in mutants(samples, 200, seed=2):
            begun, begun_cpu_s = time.monotonic(), cpu_s()
            try:
                ends.append(own_house.record(content, Wish("describe")).picture.format)
            except UnreadablePicture as error:
                assert all(error.zh) and all(error.en)
                ends.append(type(error).__name__)
            slow.append(min(time.monotonic() - begun, cpu_s() - begun_cpu_s))
    assert len(ends) == 200 and max(slow) <= MOST_S
    assert peak.extra_mb <= MOST_EXTRA_MB and memory_mb() - before_mb < MOST_GROWTH_MB
    assert own_house.record(samples[0], Wish("product")).title is not None


@pytest.mark.slow
@pytest.mark.realdata
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


@pytest.mark.slow
def test_twenty_decode_children_killed_under_load_cost_no_picture(own_house):
    """Four threads look at large pictures; each time a few are done, one child is killed, busy or idle.

    Not the two that one picture is tried with: those would count as its fault, and rightly.
    """
    large = [saved(scene((2400, 1800)), "PNG", compress_level=1) for _ in range(4)]
    done, sizes, killed = threading.Event(), [], []

    def look(content: bytes) -> None:
        while not done.is_set():
            sizes.append(own_house.view(content + os.urandom(8), max_tokens=64).size_px)

    with ThreadPoolExecutor(len(large)) as pool:
        looking = [pool.submit(look, content) for content in large]
        while len(killed) < 20 and not any(one.done() for one in looking):
            before = len(sizes)
            while len(sizes) < before + 4 and not any(one.done() for one in looking):
                time.sleep(0.01)
            with contextlib.suppress(psutil.Error):  # one has just ended
                children = [c for c in psutil.Process().children() if "tujian.decoding" in " ".join(c.cmdline())]
                victim = children[len(killed) % len(children)].pid if children else None
                if victim is not None:
                    os.kill(victim, signal.SIGKILL)
                    killed.append(victim)
        done.set()
    assert [one.exception() for one in looking] == [None] * len(large)
    assert len(killed) == 20 and set(sizes) == {(2400, 1800)}
    numbers = own_house.metrics.text().decode()
    assert float(numbers.split('tujian_decode_restarts_total{why="died"} ')[1].split()[0]) >= 5  # others were idle
