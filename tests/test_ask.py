"""`tujian ask`: the answer as it is said, and each trouble with its remedy in the reader's language. req: B1"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from faulty import in_turn
from stand_in import says, stand_in

SAMPLE = Path(__file__).parents[1] / "src/tujian/data/samples/book.jpg"


def command(home: Path, *args: str) -> list[str]:
    return [sys.executable, "-m", "tujian", "ask", *args]


def ask(home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TUJIAN_HOME": str(home)}
    return subprocess.run(
        command(home, *args), capture_output=True, text=True, env=environment, timeout=60, check=False
    )


def test_the_answer_is_on_standard_output_and_nothing_else(tmp_path):
    with stand_in(says("一本书，封面是红色的。")) as server:
        done = ask(tmp_path, str(SAMPLE), "这是什么？", "--engine-url", server.url, "--temperature", "0.1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "一本书，封面是红色的。\n", "")
    assert server.requests[0]["temperature"] == 0.1 and server.requests[0]["max_tokens"] == 512


def test_several_pictures_go_in_one_question(tmp_path):
    with stand_in(says("Two.")) as server:
        ask(tmp_path, str(SAMPLE), "How many?", "--also", str(SAMPLE), "--engine-url", server.url)
    assert [part["type"] for part in server.requests[0]["messages"][1]["content"]] == ["image_url", "image_url", "text"]


@pytest.mark.parametrize(
    "fault, lang, words",
    [
        ("speaks_html", "zh", "不是 OpenAI 兼容的接口"),
        ("refuses", "en", "refused to answer"),
        ("has_no_room", "zh", "9000"),
        ("is_too_long", "en", "max_tokens"),
        ("cuts_off", "zh", "断开"),
    ],
)
def test_what_goes_wrong_is_told_with_its_remedy(tmp_path, fault, lang, words):
    with stand_in(in_turn(fault)) as server:
        done = ask(tmp_path, str(SAMPLE), "?", "--engine-url", server.url, "--lang", lang)
    assert done.returncode == 1 and words in done.stderr and "Traceback" not in done.stderr


def test_without_a_model_it_says_how_to_get_one(tmp_path):
    done = ask(tmp_path, str(SAMPLE), "这是什么？")
    assert done.returncode == 1 and "tujian models pull" in done.stderr


def test_what_is_named_on_the_command_line_goes_before_the_settings(tmp_path):
    (tmp_path / "settings.toml").write_text('engine = "llama.cpp"\nmodel = "/nowhere/x.gguf"\n', "utf-8")
    with stand_in(says("A book.")) as server:
        assert ask(tmp_path, str(SAMPLE), "?", "--engine-url", server.url).stdout == "A book.\n"
        (tmp_path / "settings.toml").write_text(f'engine = "none"\nengine_url = "{server.url}"\n', "utf-8")
        done = ask(tmp_path, str(SAMPLE), "?", "--model", "/nowhere/y.gguf", "--lang", "en")
    assert done.returncode == 2 and "y.gguf" in done.stderr


def test_ctrl_c_stops_the_model_too(tmp_path):
    with stand_in(in_turn("drips")) as server:
        running = subprocess.Popen(
            command(tmp_path, str(SAMPLE), "?", "--engine-url", server.url),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "TUJIAN_HOME": str(tmp_path)},
        )  # fmt: skip
        assert running.stdout is not None and running.stdout.read(3)
        running.send_signal(signal.SIGINT)
        begun = time.monotonic()
        assert running.wait(10) == 130 and time.monotonic() - begun < 5
        assert b"Traceback" not in running.communicate()[1]
