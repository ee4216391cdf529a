"""Model files come whole, from where they stopped, and as listed: the hubs' real clients against a local stand-in.

The real hubs were never asked (tests/hub_stand_in.py says after what it was written).
"""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hub_stand_in import HubStandIn, hub_stand_in, sha256_of

from tujian.engines.hubs import Hub, Step, pull
from tujian.engines.huggingface import HuggingFace
from tujian.engines.modelscope import ModelScope
from tujian.errors import FetchFailed

REPOSITORY = "Qwen/Tiny-GGUF"
WEIGHTS = random.Random(3).randbytes(3_000_000)
FILES = {
    f"{REPOSITORY}/tiny.gguf": WEIGHTS,
    f"{REPOSITORY}/config.json": b'{"model_type": "tiny"}',
    f"{REPOSITORY}/sub/other.gguf": b"never wanted",
}
CLIENTS = {"hf": HuggingFace, "modelscope": ModelScope}


@pytest.fixture(params=CLIENTS)
def source(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def there():
    with hub_stand_in(dict(FILES)) as serving:
        yield serving


@pytest.fixture
def hub(source: str, there: HubStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.setenv("MODELSCOPE_HOME", str(tmp_path / "home"))  # where its client keeps a login and an id
    return CLIENTS[source](there.url, tmp_path / "cache")


def nothing(step: Step) -> None:
    return


def failed(attempt) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        attempt()
    assert caught.value.zh.remedy and caught.value.en.remedy
    return caught.value


def test_files_come_into_the_clients_own_cache(hub, there):
    weights, config = sorted(pull(hub, REPOSITORY, ("*.gguf", "*.json"), nothing), key=lambda path: path.suffix)
    assert (weights.name, config.name) == ("tiny.gguf", "config.json")
    assert weights.read_bytes() == WEIGHTS
    assert hub.cached(REPOSITORY, "tiny.gguf") == weights
    assert weights.is_relative_to(hub.folder)
    assert "Qwen/Tiny-GGUF/sub/other.gguf" not in there.sent


def test_the_clients_themselves_find_what_was_fetched(source, hub):
    weights = pull(hub, REPOSITORY, ("tiny.gguf",), nothing)[0]
    if source == "hf":
        from huggingface_hub import scan_cache_dir

        (repository,) = scan_cache_dir(hub.folder).repos
        assert (repository.repo_id, repository.size_on_disk) == (REPOSITORY, len(WEIGHTS))
    else:
        from modelscope_hub import HubApi, HubConfig

        api = HubApi(HubConfig(endpoint="http://127.0.0.1:9", cache_dir=hub.folder))
        assert api.download_file(REPOSITORY, "model", "tiny.gguf", local_files_only=True) == weights


def test_a_second_pull_fetches_nothing(hub, there):
    first = pull(hub, REPOSITORY, ("tiny.gguf",), nothing)
    assert pull(hub, REPOSITORY, ("tiny.gguf",), nothing) == first
    assert there.sent == {f"{REPOSITORY}/tiny.gguf": len(WEIGHTS)}


def test_a_broken_connection_goes_on_where_it_broke(hub, there):
    there.cut_after = 1_500_000
    path = pull(hub, REPOSITORY, ("tiny.gguf",), nothing)[0]
    assert path.read_bytes() == WEIGHTS
    assert there.sent[f"{REPOSITORY}/tiny.gguf"] == len(WEIGHTS)  # no byte twice


def test_a_stopped_pull_is_taken_up_by_the_next_one(hub, there):
    def stop_half_way(step: Step) -> None:
        if step.done_bytes > len(WEIGHTS) // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(hub, REPOSITORY, ("tiny.gguf",), stop_half_way)
    assert hub.cached(REPOSITORY, "tiny.gguf") is None  # half a model is no model
    there.sent.clear()
    steps: list[Step] = []
    path = pull(hub, REPOSITORY, ("tiny.gguf",), steps.append)[0]
    assert path.read_bytes() == WEIGHTS
    assert there.sent[f"{REPOSITORY}/tiny.gguf"] < 0.6 * len(WEIGHTS)
    assert steps[0].done_bytes > len(WEIGHTS) // 2  # progress counts what was there


def test_a_server_without_ranges_costs_the_bytes_but_not_the_file(hub, there):
    there.ranges, there.cut_after = False, 1_500_000
    assert pull(hub, REPOSITORY, ("tiny.gguf",), nothing)[0].read_bytes() == WEIGHTS


def test_a_server_that_sends_nothing_is_given_up(hub, there):
    there.blank = True
    failed(lambda: pull(hub, REPOSITORY, ("tiny.gguf",), nothing))
    assert hub.cached(REPOSITORY, "tiny.gguf") is None


def test_a_file_with_another_checksum_is_refused_and_removed(hub, there):
    there.lies = True
    error = failed(lambda: pull(hub, REPOSITORY, ("tiny.gguf",), nothing))
    assert "checksum" in error.en.message and "校验和" in error.zh.message
    assert hub.cached(REPOSITORY, "tiny.gguf") is None
    assert all(sha256_of(path.read_bytes()) != sha256_of(WEIGHTS) for path in hub.folder.rglob("*") if path.is_file())
    assert not [path for path in hub.folder.rglob("*") if path.is_file() and path.stat().st_size > 1000]
    assert there.sent[f"{REPOSITORY}/tiny.gguf"] == len(WEIGHTS)  # once, not again and again
    there.lies = False
    assert pull(hub, REPOSITORY, ("tiny.gguf",), nothing)[0].read_bytes() == WEIGHTS


@pytest.mark.parametrize("damage", [WEIGHTS[:-1] + bytes([WEIGHTS[-1] ^ 1]), WEIGHTS[:1000]])
def test_a_file_that_went_bad_in_the_cache_is_fetched_again(hub, damage):
    path = pull(hub, REPOSITORY, ("tiny.gguf",), nothing)[0]
    path.write_bytes(damage)
    assert pull(hub, REPOSITORY, ("tiny.gguf",), nothing)[0].read_bytes() == WEIGHTS


def test_a_listing_without_a_checksum_is_refused(hub, monkeypatch):
    listed = [file._replace(checksum="../../elsewhere") for file in hub.list_files(REPOSITORY)]
    monkeypatch.setattr(hub, "list_files", lambda repository: listed)
    assert "no checksum" in failed(lambda: pull(hub, REPOSITORY, ("tiny.gguf",), nothing)).en.message


def test_a_full_disk_is_told_before_a_byte_comes(hub, there):
    error = failed(lambda: pull(hub, REPOSITORY, ("tiny.gguf",), nothing, lambda folder: len(WEIGHTS)))
    assert "disk" in error.en.message  # exactly as much as the file is too little: a tenth is kept free
    assert there.sent == {}
    assert pull(hub, REPOSITORY, ("tiny.gguf",), nothing, lambda folder: int(1.2 * len(WEIGHTS)))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full: a disk that fills up cannot be played")
def test_a_disk_that_fills_up_meanwhile_is_told(source, hub):
    ending = f"{sha256_of(WEIGHTS)}.incomplete" if source == "hf" else "tiny.gguf.incomplete"
    places = {"hf": "models--Qwen--Tiny-GGUF/blobs", "modelscope": "models/Qwen--Tiny-GGUF/snapshots/master"}
    place = hub.folder / places[source]
    place.mkdir(parents=True)
    (place / ending).symlink_to("/dev/full")
    assert "disk" in failed(lambda: pull(hub, REPOSITORY, ("tiny.gguf",), nothing)).en.message


def test_a_cache_that_cannot_be_written_is_told(source, there, tmp_path, monkeypatch):
    monkeypatch.setenv("MODELSCOPE_HOME", str(tmp_path / "home"))
    (tmp_path / "cache").write_text("a file where the folder should be")
    hub = CLIENTS[source](there.url, tmp_path / "cache")
    assert "cannot be written" in failed(lambda: pull(hub, REPOSITORY, ("tiny.gguf",), nothing)).en.message


def test_two_pulls_at_once_fetch_one_file_once(source, hub, there):
    there.pause_s = 0.005
    with ThreadPoolExecutor(2) as pool:
        pulls = [pool.submit(pull, hub, REPOSITORY, ("tiny.gguf",), nothing) for _ in range(2)]
    assert {path.read_bytes() for pulled in pulls for path in pulled.result()} == {WEIGHTS}
    assert there.sent[f"{REPOSITORY}/tiny.gguf"] == len(WEIGHTS)


def test_a_client_told_to_stay_offline_does(there, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    error = failed(lambda: pull(HuggingFace(there.url, tmp_path), REPOSITORY, ("tiny.gguf",), nothing))
    assert "HF_HUB_OFFLINE" in error.en.message and there.asked == []


@pytest.mark.parametrize(("status", "words"), [(401, "login"), (403, "login"), (404, ""), (503, "HTTP 503")])
def test_a_refusal_is_told_with_the_ways_out(source, hub, there, status, words, monkeypatch):
    monkeypatch.setattr("modelscope_hub._legacy_api.REPO_TREE_PAGE_MAX_ATTEMPTS", 2)  # of 4, over 7 s
    there.status = status
    error = failed(lambda: pull(hub, REPOSITORY, ("tiny.gguf",), nothing))
    assert words in error.en.message
    other = {"hf": "--from modelscope", "modelscope": "--from hf"}[source]
    for said in (error.zh, error.en):
        assert other in said.remedy and "--model" in said.remedy and f"{there.url}" in said.remedy


@pytest.mark.parametrize(("repository", "name"), [("Qwen/Nobody", "tiny.gguf"), (REPOSITORY, "other.gguf")])
def test_what_is_not_there_is_told(hub, repository, name):
    assert "does not" in failed(lambda: pull(hub, repository, (name,), nothing)).en.message


def test_a_login_page_instead_of_a_hub_is_told(hub, there):
    there.html = True
    assert "like a model hub" in failed(lambda: pull(hub, REPOSITORY, ("tiny.gguf",), nothing)).en.message


def test_no_network_is_one_clear_error(source, tmp_path, monkeypatch):
    monkeypatch.setenv("MODELSCOPE_HOME", str(tmp_path))
    with socket.socket() as taken:  # bound and not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        nowhere = CLIENTS[source](f"http://127.0.0.1:{taken.getsockname()[1]}", tmp_path / "cache")
        begun = time.monotonic()
        error = failed(lambda: pull(nowhere, REPOSITORY, ("tiny.gguf",), nothing))
    assert "cannot be reached" in error.en.message and "again" in error.en.remedy
    assert time.monotonic() - begun < 20  # ModelScope's client tries four times, over 7 s


def test_the_content_network_never_sees_the_token(there, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    pull(HuggingFace(there.url, tmp_path), REPOSITORY, ("tiny.gguf",), nothing)
    seen = dict(zip(there.asked, there.tokens, strict=True))
    assert seen[f"GET /{REPOSITORY}/resolve/main/tiny.gguf"] == "Bearer hf_secret"
    assert seen[f"GET /cdn/{REPOSITORY}/tiny.gguf"] is None


def test_control_c_leaves_what_the_same_command_takes_up(source, there, tmp_path):
    """The whole command, by the clients' own environment variables, interrupted as a person does it."""
    name = "Qwen/Qwen3-VL-2B-Instruct-GGUF"
    files = ("Qwen3VL-2B-Instruct-Q4_K_M.gguf", "mmproj-Qwen3VL-2B-Instruct-Q8_0.gguf")
    there.files.update({f"{name}/{file}": WEIGHTS for file in files})
    there.pause_s = 0.05  # 47 pieces: 2.3 s a file
    places = {
        "HF_ENDPOINT": there.url, "HF_HOME": str(tmp_path / "hf"), "MODELSCOPE_ENDPOINT": there.url,
        "MODELSCOPE_CACHE": str(tmp_path / "ms"), "MODELSCOPE_HOME": str(tmp_path / "id"),
        "TUJIAN_HOME": str(tmp_path / "tujian"), "TUJIAN_LANG": "en",
    }  # fmt: skip
    program = (
        "from tujian.cli.models import run_pull; from tujian.settings import read_settings;"
        f"raise SystemExit(run_pull(read_settings(), 'Qwen3-VL-2B', {source!r}))"
    )
    command = [sys.executable, "-c", program]

    stopped = subprocess.Popen(command, env={**os.environ, **places}, stderr=subprocess.PIPE, text=True)
    for _ in range(400):
        if sum(there.sent.values()) > 1_000_000:
            break
        time.sleep(0.05)
    stopped.send_signal(signal.SIGINT)
    _, told = stopped.communicate(timeout=30)
    assert stopped.returncode == 130, told
    assert "same command" in told and "Traceback" not in told

    there.pause_s = 0
    time.sleep(0.2)  # the server's last piece
    there.sent.clear()
    done = subprocess.run(command, env={**os.environ, **places}, capture_output=True, text=True, timeout=60, check=True)
    assert "%" in done.stderr  # plain lines: this is no terminal
    assert sum(there.sent.values()) < 2 * len(WEIGHTS) - 900_000
