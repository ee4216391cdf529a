"""The commands, run as a person runs them. Exit codes: 0 all well, 1 some pictures failed, 2 wrong use."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tujian.cli.recognising import find_files, no_picture


def tujian(*args: str, home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tujian", *args]
    environment = {**os.environ, "TUJIAN_HOME": str(home), "PYTHONIOENCODING": "utf-8", **env}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two pictures (one under a wrong name), a broken one, and things that are no pictures."""
    inside = tmp_path / "pictures"
    (inside / "deep").mkdir(parents=True)
    (inside / ".hidden").mkdir()
    Image.new("RGB", (320, 240), "red").save(inside / "red.jpg")
    Image.new("RGB", (320, 240), "blue").save(inside / "deep" / "blue.txt", "PNG")
    Image.new("RGB", (320, 240), "green").save(inside / ".hidden" / "green.png")
    (inside / "broken.jpg").write_bytes((inside / "red.jpg").read_bytes()[:300])
    (inside / "notes.txt").write_text("no picture")
    (inside / "film.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(64))
    return inside


def test_a_folder_becomes_one_json_object_a_line(folder, tmp_path):
    done = tujian("recognise", str(folder), "--json", home=tmp_path)
    assert done.returncode == 1, done.stderr
    lines = {Path(line["picture"]["path"]).name: line for line in map(json.loads, done.stdout.splitlines())}
    assert set(lines) == {"red.jpg", "blue.txt", "broken.jpg", "notes.txt", "film.mp4"}
    assert lines["red.jpg"]["picture"]["format"] == "JPEG" and lines["blue.txt"]["picture"]["format"] == "PNG"
    broken = lines["broken.jpg"]["error"]
    assert broken["type"] == "DecodeFailed" and broken["message"] and broken["remedy"]
    assert lines["notes.txt"]["skipped"] and lines["film.mp4"]["skipped"]
    assert "识别 2 张，失败 1 张，跳过 2 个" in done.stderr


def test_the_same_run_again_answers_from_the_store_and_in_parallel(folder, tmp_path):
    first = tujian("recognise", str(folder / "red.jpg"), "--json", home=tmp_path)
    again = tujian("recognise", str(folder / "red.jpg"), str(folder / "deep"), "--json", "--jobs", "2", home=tmp_path)
    assert first.returncode == again.returncode == 0
    records = {r["picture"]["sha256"]: r for r in map(json.loads, again.stdout.splitlines())}
    assert "stored" in records[json.loads(first.stdout)["picture"]["sha256"]]["timings_ms"]
    assert len(records) == 2


def test_the_table_counts_the_products_of_a_scene(tmp_path):
    scene = Image.new("RGB", (900, 600), "white")
    for left, colour in ((90, "#a33327"), (540, "#1f5a8a")):
        ImageDraw.Draw(scene).rectangle((left, 90, left + 270, 510), fill=colour)
    scene.save(tmp_path / "scene.png")
    done = tujian("recognise", str(tmp_path / "scene.png"), "--task", "scene", home=tmp_path / "home")
    assert "2 件商品" in done.stdout and "商品 1/2" in done.stdout and "商品 2/2" in done.stdout
    assert "红色" in done.stdout.split("商品 1/2")[1].splitlines()[0]


def test_people_get_a_table_and_the_skipped_are_named_on_request(folder, tmp_path):
    quiet = tujian("recognise", str(folder), "--lang", "en", home=tmp_path)
    loud = tujian("recognise", str(folder), "--lang", "en", "-v", home=tmp_path)
    assert "red" in quiet.stdout and "broken.jpg" in quiet.stdout and "notes.txt" not in quiet.stdout
    assert "notes.txt" in loud.stdout and "film.mp4" in loud.stdout
    assert "2 recognised, 1 failed, 2 skipped" in quiet.stderr


def test_what_is_named_is_never_skipped(folder, tmp_path):
    done = tujian("recognise", str(folder / "notes.txt"), "--json", home=tmp_path)
    assert done.returncode == 1 and "error" in json.loads(done.stdout)
    gone = tujian("recognise", str(folder / "gone.jpg"), "--json", home=tmp_path)
    assert gone.returncode == 1 and json.loads(gone.stdout)["error"]["remedy"]


@pytest.mark.parametrize(
    "args, word",
    [
        (("recognise", "x.jpg", "--task", "nope"), "product"),
        (("recognise", "x.jpg", "--engine-url", "not a url"), "http"),
        (("serve", "--host", "0.0.0.0"), "TUJIAN_TOKEN"),
        (("serve", "--port", "99999"), "TUJIAN_PORT"),
        (("tasks", "--show", "nope"), "product"),
    ],
)
def test_wrong_use_ends_in_2_with_the_remedy(args, word, tmp_path):
    done = tujian(*args, home=tmp_path)
    assert done.returncode == 2 and word in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("token", ["", "short", "with blank inside", "密码密码密码密码"])
def test_a_weak_token_does_not_open_the_server(token, tmp_path):
    done = tujian("serve", "--host", "0.0.0.0", home=tmp_path, TUJIAN_TOKEN=token)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_a_broken_configuration_is_told_and_not_thrown(tmp_path):
    (tmp_path / "settings.toml").write_text("port = = 3")
    assert "settings.toml" in (told := tujian("tasks", home=tmp_path)).stderr and told.returncode == 2
    (tmp_path / "settings.toml").unlink()
    (tmp_path / "tujian.sqlite").write_bytes(b"no database" * 100)
    told = tujian("recognise", "x.jpg", home=tmp_path)
    assert told.returncode == 1 and "tujian.sqlite" in told.stderr and "Traceback" not in told.stderr


def test_a_name_that_is_not_utf8_does_not_end_the_batch(tmp_path):
    inside = tmp_path / "gbk"
    inside.mkdir()
    Image.new("RGB", (64, 64), "red").save(inside / "a.png")
    os.rename(inside / "a.png", os.fsencode(inside) + b"/\xc9\xcc\xc6\xb7.png")  # noqa: PTH104 - a name of bytes
    Image.new("RGB", (64, 64), "blue").save(inside / "z.png")
    for form in ([], ["--json"]):
        done = tujian("recognise", str(inside), *form, home=tmp_path)
        assert done.returncode == 0 and "识别 2 张" in done.stderr, done.stderr


def test_two_first_starts_at_once_do_not_hurt_each_other(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    from tujian.database import open_database

    def start(n: int) -> None:
        path = str(tmp_path / f"t{n // 4}.sqlite")
        code = f"import pathlib, tujian.database as s; s.open_database(pathlib.Path({path!r}))"
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(12)))
    open_database(tmp_path / "t0.sqlite").close()


def test_a_wrong_task_file_is_refused_with_its_line(tmp_path):
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "bad.md").write_text("---\nname: bad\ntitle: {zh: 坏}\n---\n## zh\nx\n## en\ny\n")
    done = tujian("tasks", home=tmp_path)
    assert done.returncode == 2 and "bad.md" in done.stderr and "3" in done.stderr


def test_tasks_are_listed_and_shown(tmp_path):
    assert "product" in tujian("tasks", home=tmp_path).stdout
    shown = tujian("tasks", "--show", "product", home=tmp_path).stdout
    assert shown.startswith("---\nname: product")


def test_the_doctor_finds_nothing_wrong_here_and_names_an_engine_that_is_down(tmp_path):
    well = tujian("doctor", "--lang", "en", home=tmp_path)
    assert well.returncode == 0, well.stdout
    ill = tujian("doctor", "--lang", "en", "--engine-url", "http://127.0.0.1:9/v1", home=tmp_path)
    assert ill.returncode == 1 and "cannot be reached" in ill.stdout


@pytest.mark.services
def test_the_server_says_when_it_is_ready_answers_and_leaves_no_child(tmp_path):
    command = [sys.executable, "-m", "tujian", "serve", "--port", "0"]
    environment = {**os.environ, "TUJIAN_HOME": str(tmp_path)}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line.startswith("Tujian is ready at http://127.0.0.1:")
        url = line.split()[-1]
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            assert json.load(answer) == {"ready": True}
        taken = tujian("serve", "--port", url.rsplit(":", 1)[1], home=tmp_path)
        assert taken.returncode == 2 and "--port" in taken.stderr
        children = _children(server.pid)
        assert children
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)


def _children(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def test_hidden_folders_and_thumbnails_of_storage_devices_are_left_alone(folder):
    (folder / "@eaDir").mkdir()
    (folder / "@eaDir" / "green.png").write_bytes(b"")
    assert not any("green" in str(path) for path in find_files([folder]))


def test_what_claims_to_be_a_picture_is_no_skipped_thing(folder):
    assert no_picture(folder / "notes.txt") and not no_picture(folder / "broken.jpg")
