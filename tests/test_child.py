"""A supervised child: up when asked, back after a crash, gone with its parent, and its last words are told."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tujian.engines import child as module
from tujian.engines.child import Child
from tujian.engines.last_words import last_words
from tujian.errors import EngineDown, Stopped

HERE = Path(__file__).parent
PARENT = """
import sys, time
from tujian.engines.child import Child
child = Child("small_child", {"loads_s": float(sys.argv[1])}, name="small", ready_timeout_s=20)
child.start()
if sys.argv[1] == "0":
    child.endpoint(20)
while child.pid is None:
    time.sleep(0.01)
print(child.pid, flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture(autouse=True)
def children_find_small_child(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE))


@contextlib.contextmanager
def small(*, ready_timeout_s=20.0, **settings):
    how = {name: settings.pop(name) for name in ("pauses_s", "clock") if name in settings}
    with Child("small_child", settings, name="small", ready_timeout_s=ready_timeout_s, **how) as child:
        yield child


def answer(endpoint, key=None):
    request = urllib.request.Request(endpoint.url, headers={"Authorization": f"Bearer {key or endpoint.key}"})
    with urllib.request.urlopen(request, timeout=5) as response:
        return response.status


def is_alive(pid):
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return status != "Z"


def wait_until(true, timeout_s=5.0):
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_it_is_up_when_asked_and_wants_its_key():
    with small() as child:
        endpoint = child.endpoint(20)
        assert answer(endpoint) == 200
        with pytest.raises(urllib.error.HTTPError, match="401"):
            answer(endpoint, key="guessed")


def test_its_key_is_on_no_command_line_and_in_no_environment():
    with small() as child:
        key = child.endpoint(20).key.encode()
        assert len(key) >= 32
        assert key not in Path(f"/proc/{child.pid}/cmdline").read_bytes()
        assert key not in Path(f"/proc/{child.pid}/environ").read_bytes()


def test_killed_it_is_back_at_once_at_another_address_with_another_key():
    with small() as child:
        first = child.endpoint(20)
        begun = time.monotonic()
        os.kill(child.pid, signal.SIGKILL)
        child.lost(first)
        second = child.endpoint(20)
        assert time.monotonic() - begun < 3  # 0.3 s alone on the machine
        assert answer(second) == 200
        assert second.key != first.key and child.restarts == 1


def test_one_that_hangs_is_killed_and_back(monkeypatch):
    monkeypatch.setattr(module, "HEALTH_S", 0.3)
    with small() as child:
        first = child.endpoint(20)
        os.kill(child.pid, signal.SIGSTOP)
        child.lost(first)
        assert answer(child.endpoint(20)) == 200
        assert child.restarts == 1


def test_one_that_is_well_survives_a_broken_connection():
    with small() as child:
        first = child.endpoint(20)
        child.lost(first)
        assert child.endpoint(20) == first and child.restarts == 0


def test_many_threads_that_ask_at_once_get_one_child():
    with small(loads_s=0.2) as child, ThreadPoolExecutor(16) as pool:
        endpoints = list(pool.map(lambda _: child.endpoint(20), range(16)))
        assert len(set(endpoints)) == 1 and child.restarts == 0


def test_a_stop_ends_the_wait_for_a_child_that_loads():
    stopped = threading.Event()
    threading.Timer(0.2, stopped.set).start()
    with small(loads_s=30) as child, pytest.raises(Stopped):
        child.endpoint(20, stopped)


@pytest.mark.parametrize("loads_s", [0, 30], ids=["serving", "loading"])
@pytest.mark.parametrize("end", ["SIGKILL", "exit"])
def test_it_dies_with_its_parent(loads_s, end):
    arguments = [sys.executable, "-c", PARENT, str(loads_s), "30" if end == "SIGKILL" else "0"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        if end == "SIGKILL":
            assert is_alive(pid)
            parent.kill()
        parent.wait(10)
        wait_until(lambda: not is_alive(pid), 2.0)


def test_a_file_that_never_loads_is_tried_three_times_and_then_told_at_once():
    with small(says="E: error loading: tensor 'x' is not within the file", dies=1) as child:
        with pytest.raises(EngineDown) as told:
            child.endpoint(20)
        assert "tensor 'x' is not within the file" in told.value.say("en").message
        assert "tensor 'x' is not within the file" in told.value.say("zh").message
        begun = time.monotonic()
        with pytest.raises(EngineDown, match="tensor 'x'"):
            child.endpoint(20)
        assert time.monotonic() - begun < 0.1
        assert child.restarts == 2


def test_given_up_it_is_tried_anew_half_a_minute_later():
    passed_s = 0.0
    with small(dies=1, clock=lambda: time.monotonic() + passed_s) as child:
        with pytest.raises(EngineDown):
            child.endpoint(20)
        passed_s = module.GIVEN_UP_S + 1
        with pytest.raises(EngineDown):
            child.endpoint(20)
        assert child.restarts == 5


def test_a_python_error_is_told_by_its_last_line():
    with small(raises="weights are cut short") as child, pytest.raises(EngineDown, match="OSError: weights are cut"):
        child.endpoint(20)


def test_one_that_is_not_ready_in_time_is_ended_and_told():
    with small(loads_s=60, ready_timeout_s=0.5, pauses_s=(0,)) as child:
        with pytest.raises(EngineDown, match=r"not ready within 0\.5 s"):
            child.endpoint(20)
        assert child.pid is None


@pytest.mark.parametrize("tells", ["http://192.0.2.1:80/v1", "file:///etc/passwd", ""])
def test_an_address_that_is_not_on_this_machine_is_not_believed(tells):
    with small(tells=tells, pauses_s=(0,)) as child, pytest.raises(EngineDown):
        child.endpoint(20)


def test_one_that_talks_a_lot_is_not_blocked_by_it():
    with small(noise=300_000) as child:  # 10 MB: a pipe holds 64 KiB
        assert answer(child.endpoint(20)) == 200


def test_crash_after_crash_it_waits_longer_unless_it_was_of_use():
    with small(says="error: it crashes", pauses_s=(0, 60)) as child:
        for _ in range(3):
            endpoint = child.endpoint(20)
            child.well()
            os.kill(child.pid, signal.SIGKILL)
            child.lost(endpoint)
        child.endpoint(20)
        os.kill(child.pid, signal.SIGKILL)
        wait_until(lambda: child.pid is None)
        begun = time.monotonic()
        with pytest.raises(EngineDown, match=r"status -9.*it crashes"):
            child.endpoint(20)
        assert time.monotonic() - begun < 0.5  # it comes back in 60 s: nobody waits 20 for that


def test_what_sigkill_ended_is_told_to_be_short_of_memory():
    with small(pauses_s=(60,)) as child:
        child.endpoint(20)
        os.kill(child.pid, signal.SIGKILL)
        wait_until(lambda: child.pid is None)
        with pytest.raises(EngineDown, match="Memory probably ran out"):
            child.endpoint(20)


def test_stopped_it_is_gone_and_says_so():
    with small() as child:
        child.endpoint(20)
        pid = child.pid
        child.stop()
        assert not is_alive(pid)
        with pytest.raises(EngineDown, match="closed"):
            child.endpoint(20)
        child.stop()


def test_one_that_will_not_go_is_killed(monkeypatch):
    monkeypatch.setattr(module, "GRACE_S", 0.2)
    with small(stubborn=True) as child:
        child.endpoint(20)
        pid = child.pid
        child.stop()
        assert not is_alive(pid)


def test_nothing_is_left_of_it_neither_threads_nor_pipes_nor_zombies():
    def held():
        children = {child.pid for child in psutil.Process().children()}  # a zombie is one still
        return threading.active_count(), len(list(Path("/proc/self/fd").iterdir())), children

    with small() as child:
        child.endpoint(20)
    before = held()
    for _ in range(5):
        with small() as child:
            endpoint = child.endpoint(20)
            os.kill(child.pid, signal.SIGKILL)
            child.lost(endpoint)
            child.endpoint(20)
    assert held() == before


def test_the_telling_line_comes_first():
    lines = [
        "0.00.003.606 E llama_model_load: error loading model: data is not within the file bounds\n",
        "0.00.003.624 E llama_model_load_from_file_impl: failed to load model\n",
        "0.00.004.014 E srv          init: exiting due to model loading error\n",
    ]
    assert last_words(lines).startswith("error loading model: data is not within the file bounds · ")
    assert last_words(["fine", "\udcc9 odd"]).endswith("odd")
    assert last_words(["0.00.056.780 W load_hparams: more info: https://example.org\n"]) == ""
    assert last_words([]) == ""


def test_a_missing_system_library_is_told_with_its_package():
    with small(raises="libgomp.so.1: cannot open shared object file") as child, pytest.raises(EngineDown) as told:
        child.endpoint(20)
    assert "apt install libgomp1" in told.value.say("zh").remedy


def test_where_no_process_can_be_made_that_is_told(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with small() as child, pytest.raises(EngineDown, match="No such file"):
        child.endpoint(20)


def test_a_grandchild_that_holds_the_pipes_does_not_hold_the_parent(monkeypatch):
    monkeypatch.setattr(module, "GRACE_S", 0.2)
    with small(leaves_s=3) as child:
        endpoint = child.endpoint(20)
        os.kill(child.pid, signal.SIGKILL)
        child.lost(endpoint)
        begun = time.monotonic()
        assert answer(child.endpoint(20)) == 200
        assert time.monotonic() - begun < 3
