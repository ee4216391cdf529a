"""Our own parsers under seeded mutations and pumped patterns; benchmarks/fuzz.py runs them for as long as one likes."""

import sys
from pathlib import Path

import pytest

from tujian.errors import BadSettings, BadTask, PictureTooLarge, UnreadablePicture
from tujian.pictures import read_content
from tujian.rules.brands import Brands
from tujian.rules.controlled import Synonyms
from tujian.settings import read_settings
from tujian.tasks import read_task

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import fuzz

NAMES = [parser.name for parser in fuzz.parsers(Path("unused"))]
RUNS = 150
SMALL_SIZES = (1_000, 2_000, 4_000)
SLOW_S = 0.4  # at 4,000 characters, where a pattern that backtracks takes seconds


@pytest.fixture
def parser(request, tmp_path):
    return next(parser for parser in fuzz.parsers(tmp_path) if parser.name == request.param)


@pytest.mark.parametrize("parser", NAMES, indirect=True)
def test_mutated_text_ends_in_a_value_or_in_an_error_of_the_tree(parser):
    outcome = fuzz.fuzz(parser, seed=7, runs=RUNS)
    assert outcome.runs == RUNS and outcome.crashes == {}


@pytest.mark.parametrize("parser", [name for name in NAMES if name not in ("settings", "tasks")], indirect=True)
def test_no_pattern_backtracks(parser):
    found = fuzz.steep(parser, SMALL_SIZES)
    assert [one for one in found if one["s"] > SLOW_S] == []


def test_the_fuzzer_sees_a_crash_and_a_pattern_that_backtracks():
    import re

    broken = fuzz.Parser("broken", lambda text: text.encode("ascii"), ("abc",))
    assert fuzz.fuzz(broken, seed=1, runs=200).crashes
    squared = fuzz.Parser("squared", lambda text: re.search(r"a+b", text), ("a",))
    assert any(one["pump"] == "a" for one in fuzz.steep(squared))


@pytest.mark.parametrize("content", [b"\xff\xfe\0", b"\xd2\xc1\xc0\xfb"])  # UTF-16, GBK
def test_word_lists_that_are_no_utf_8_are_refused_with_a_remedy(tmp_path, content):
    path = tmp_path / "brands.txt"
    path.write_bytes(content)
    for read in (Brands.load, Synonyms.load):
        with pytest.raises(BadSettings) as refused:
            read(path)
        assert "UTF-8" in refused.value.say("zh").remedy and "brands.txt" in refused.value.say("en").message


def test_a_brand_without_letters_stands_on_no_line(tmp_path):
    from drawn import lines

    (tmp_path / "brands.txt").write_text("|\n=\n= |!\n山海|\n", "utf-8")
    brands = Brands.load(tmp_path / "brands.txt")
    assert brands.find(lines("!!!", "……", "净含量")) == []
    assert [found.value for found in brands.find(lines("山海"))] == ["山海"]


def test_a_settings_file_that_nests_to_kill_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("TUJIAN_HOME", str(tmp_path))
    for text in ("x = " + "[" * 20_000, "port = " + "1" * 5_000, 'lang = "\ud800"'):
        (tmp_path / "settings.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
        with pytest.raises(BadSettings):
            read_settings()


@pytest.mark.parametrize(
    "front", ["[" * 30_000, "a: &a [*a]\nfields: *a", "x: !!python/object:os.system {}", "? [a]\n: b"]
)
def test_a_task_file_that_means_harm_is_refused(tmp_path, front):
    (tmp_path / "own.md").write_text(f"---\nname: own\n{front}\n---\n## zh\nx\n## en\ny\n")
    with pytest.raises(BadTask):
        read_task(tmp_path / "own.md")


def test_half_a_character_in_a_data_uri_is_no_picture():
    for uri in ("data:;base64,iVBO\ud800", "data:,\ud800%41"):
        with pytest.raises(UnreadablePicture):
            read_content(uri, None, 1_000_000)


def test_a_data_uri_of_escapes_or_blanks_takes_no_more_memory_than_its_length():
    import tracemalloc

    tracemalloc.start()
    with pytest.raises(PictureTooLarge, match="base64"):
        read_content("data:," + "%41" * 5_000_000, None, 50_000_000)
    read_content("data:;base64," + "QUJD \n" * 2_000_000, None, 50_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000_000
