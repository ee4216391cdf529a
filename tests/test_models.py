"""Models: what is offered, what is here, what fits, who looks, and the choice written down."""

import re
import struct
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hub_stand_in import hub_stand_in

from tujian.cli.models import run_list, run_pull, run_use
from tujian.engines.choosing import Choice, Found, choose, first_words, fit_of, named, recommended, time_of
from tujian.engines.hubs import pull
from tujian.engines.huggingface import HuggingFace
from tujian.engines.machine import Gpu
from tujian.engines.memory import LARGEST, Memory
from tujian.engines.models import Installed, find_installed, read_installed
from tujian.engines.modelscope import ModelScope
from tujian.engines.offers import find_offer, read_offers
from tujian.errors import BadSettings, ModelUnusable, NoEngine
from tujian.settings import Settings, read_settings
from tujian.settings_file import change_settings, changed_text

OFFERS = read_offers()
LAPTOP = Memory(16_000, 9_000, cores=4)
SMALL = Memory(4_000, 2_000, cores=4)
RTX_3090 = Memory(32_000, 20_000, (Gpu("RTX 3090", 24_576, 23_500),), cores=8)
RTX_3060 = Memory(32_000, 20_000, (Gpu("RTX 3060", 12_288, 11_500),), cores=8)


def gguf(path: Path, values: dict[str, int | str | list[bool]]) -> Path:
    """A GGUF file of nothing but a header (docs/gguf.md, version 3)."""

    def text(word: str) -> bytes:
        return struct.pack("<Q", len(word.encode())) + word.encode()

    def value(one: int | str | list[bool]) -> bytes:
        if isinstance(one, str):
            return struct.pack("<I", 8) + text(one)
        if isinstance(one, list):
            return struct.pack("<IIQ", 9, 7, len(one)) + bytes(one)
        return struct.pack("<II", 4, one)

    path.parent.mkdir(parents=True, exist_ok=True)
    body = b"".join(text(key) + value(one) for key, one in values.items())
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(values)) + body)
    return path


def text_half(path: Path, width: int = 2048) -> Path:
    sizes = {"block_count": 28, "embedding_length": width, "feed_forward_length": 6144, "context_length": 262_144}
    heads = {"attention.head_count": 16, "attention.head_count_kv": 8, "attention.key_length": 128}
    numbers = {**sizes, **heads, "attention.value_length": 128, "n_deepstack_layers": 3}
    return gguf(path, {"general.architecture": "qwen3vl", **{f"qwen3vl.{key}": n for key, n in numbers.items()}})


def eyes_half(path: Path, width: int = 2048) -> Path:
    sizes = {"block_count": 24, "embedding_length": 1024, "feed_forward_length": 4096, "projection_dim": width}
    numbers = {**sizes, "attention.head_count": 16, "patch_size": 16, "image_size": 768}
    return gguf(
        path,
        {
            "general.architecture": "clip",
            "clip.projector_type": "qwen3vl_merger",
            "clip.vision.is_deepstack_layers": [True] * 3 + [False] * 21,
            **{f"clip.vision.{key}": number for key, number in numbers.items()},
        },
    )


def pair(folder: Path, name: str = "Qwen3VL-2B-Instruct") -> Path:
    eyes_half(folder / f"mmproj-{name}-Q8_0.gguf")
    return text_half(folder / f"{name}-Q4_K_M.gguf")


def here(name: str, engine: str = "llama.cpp") -> Installed:
    """An offered model as if it were installed."""
    offer = find_offer(name, OFFERS)
    eyes = None if engine == "transformers" else Path("/models/eyes.gguf")
    sizes = (offer.weights_bytes, offer.mmproj_bytes, offer.kv_bytes_per_token, offer.parameters, offer.eye_parameters)
    return Installed(offer.name, offer.engine, Path(f"/models/{offer.weights}"), eyes, *sizes, offer.shape)


def settings(home: Path, **chosen: object) -> Settings:
    return read_settings(home=home, **chosen)


def decide(chosen: Settings, *installed: Installed, memory: Memory = LAPTOP, able: tuple = ("llama.cpp",)) -> Choice:
    return choose(chosen, look=lambda: Found(installed), measure=lambda: memory, able=able)


# what is offered


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ("qwen3-vl-2b", "qwen3-vl-2b:q4_k_m"),
        ("QWEN3-VL-8B:Q8_0", "qwen3-vl-8b:q8_0"),
        ("qwen3vl4b:f16", "qwen3-vl-4b:f16"),
        ("Qwen/Qwen3-VL-2B-Instruct-GGUF", "qwen3-vl-2b:q4_k_m"),
        ("qwen3-vl-2b:transformers", "qwen3-vl-2b:transformers"),
    ],
)
def test_names_are_taken_as_people_write_them(wish, name):
    assert find_offer(wish, OFFERS).name == name


def test_an_unknown_name_gets_the_nearest_one():
    with pytest.raises(BadSettings) as caught:
        find_offer("qwen3-vl-7b", OFFERS)
    assert "qwen3-vl-8b" in caught.value.en.remedy and "qwen3-vl-8b" in caught.value.zh.remedy
    with pytest.raises(BadSettings, match=r"qwen3-vl-2b:q8_0\?"):
        find_offer("qwen3-vl-2b:q5_k_m", OFFERS)


def test_the_table_has_every_size_in_every_quantisation():
    assert len(OFFERS) == 10 and {offer.licence for offer in OFFERS} == {"Apache-2.0"}
    for offer in OFFERS:
        if offer.engine == "llama.cpp":
            size = offer.name[9:11].upper()
            assert offer.weights == f"Qwen3VL-{size}-Instruct-{offer.variant.upper()}.gguf"
            assert re.fullmatch(rf"mmproj-Qwen3VL-{size}-Instruct-(Q8_0|F16)\.gguf", offer.mmproj or "")
            assert offer.repository == f"Qwen/Qwen3-VL-{size}-Instruct-GGUF"
        assert offer.kv_bytes_per_token == offer.shape.layers * 8 * (128 + 128) * 2


# what fits, and how fast it is: two questions  req: A3


def test_8b_fits_a_laptop_and_is_slow_there():
    fit = fit_of(find_offer("qwen3-vl-8b", OFFERS), LAPTOP)
    assert fit.fits and fit.speed.name == "slow"


def test_8b_does_not_fit_a_small_machine():
    fit = fit_of(find_offer("qwen3-vl-8b", OFFERS), SMALL)
    assert not fit.fits and fit.needs_mb > fit.has_mb


@pytest.mark.parametrize(
    ("memory", "name"),
    [(LAPTOP, "qwen3-vl-2b:q4_k_m"), (RTX_3090, "qwen3-vl-8b:q8_0"), (RTX_3060, "qwen3-vl-8b:q4_k_m"), (SMALL, None)],
)
def test_the_largest_is_recommended_for_a_gpu_and_the_smallest_without_one(memory, name):
    best = recommended(OFFERS, memory)
    assert (best.name if best else None) == name


def test_times_are_told_in_minutes_when_they_are_long():
    speed = fit_of(find_offer("qwen3-vl-8b", OFFERS), replace(LAPTOP, cores=1)).speed
    assert time_of(speed, "en").endswith(" min") and time_of(speed, "zh").endswith(" 分钟")


# who looks


def test_a_configured_server_comes_first_and_nothing_is_searched(tmp_path):
    def look() -> Found:
        raise AssertionError("no need to look")

    chosen = settings(tmp_path, engine_url="http://127.0.0.1:8080/v1", engine_model="vl")
    assert choose(chosen, look=look) == Choice("remote", "vl")
    assert choose(settings(tmp_path, engine="none", model="qwen3-vl-2b"), look=look) == Choice("none")


def test_what_is_installed_is_taken_and_else_nobody(tmp_path):
    two, eight = here("qwen3-vl-2b"), here("qwen3-vl-8b")
    assert decide(settings(tmp_path)) == Choice("none")
    assert decide(settings(tmp_path), eight).name == eight.name  # slow, but what its owner has put there
    assert decide(settings(tmp_path), eight, two) == Choice("llama.cpp", two.name, two.model, two.mmproj)
    assert decide(settings(tmp_path), eight, two, memory=RTX_3090).name == eight.name


def test_a_model_that_does_not_fit_is_not_taken_and_named(tmp_path):
    two, eight = here("qwen3-vl-2b"), here("qwen3-vl-8b")
    assert decide(settings(tmp_path), eight, two, memory=SMALL) == Choice("none", too_large=two.name)
    # whoever insists gets the engine's own account of what is missing
    assert decide(settings(tmp_path, engine="llama.cpp"), eight, two, memory=SMALL).name == two.name


def test_llama_cpp_comes_before_transformers_and_both_need_their_package(tmp_path):
    gguf_one, folder = here("qwen3-vl-2b"), here("qwen3-vl-2b:transformers", "transformers")
    both = ("llama.cpp", "transformers")
    assert decide(settings(tmp_path), folder, gguf_one, able=both).engine == "llama.cpp"
    assert decide(settings(tmp_path), folder, able=both).engine == "transformers"
    assert decide(settings(tmp_path), folder, gguf_one, able=()).engine == "none"
    assert decide(settings(tmp_path, engine="transformers"), folder, gguf_one).model == folder.model


def test_a_model_too_small_to_see_photos_is_never_taken_by_itself(tmp_path):
    nano = Installed(
        "nano", "llama.cpp", Path("/nano.gguf"), Path("/eyes.gguf"), 900_000, 2_900_000, 512, 1e6, 1e6, LARGEST
    )
    assert decide(settings(tmp_path), nano) == Choice("none")
    assert decide(settings(tmp_path, model="nano"), nano).name == "nano"


def test_a_named_model_is_found_by_name_or_by_path(tmp_path):
    model = pair(tmp_path / "there")
    by_path = decide(settings(tmp_path, model=str(model)))
    assert (by_path.engine, by_path.model) == ("llama.cpp", model)
    assert by_path.mmproj == model.parent / "mmproj-Qwen3VL-2B-Instruct-Q8_0.gguf"
    two = here("qwen3-vl-2b")
    assert decide(settings(tmp_path, model="Qwen3-VL-2B"), two).name == two.name


def test_a_model_that_is_not_there_says_which_command_gets_it(tmp_path):
    with pytest.raises(ModelUnusable, match="tujian models pull qwen3-vl-8b:q8_0") as caught:
        decide(settings(tmp_path, model="qwen3-vl-8b:q8_0"))
    assert "GB" in caught.value.zh.remedy
    with pytest.raises(ModelUnusable, match=r"no model file nowhere\.gguf"):
        decide(settings(tmp_path, model=str(tmp_path / "nowhere.gguf")))
    with pytest.raises(BadSettings, match="qwen3-vl-8b"):
        decide(settings(tmp_path, model="qwen3-vl-9b"))


def test_settings_that_contradict_themselves_are_told(tmp_path):
    model = str(pair(tmp_path / "there"))
    with pytest.raises(BadSettings, match=r"--engine llama\.cpp"):
        decide(settings(tmp_path, engine="transformers", model=model))
    with pytest.raises(BadSettings, match="TUJIAN_ENGINE_URL"):
        decide(settings(tmp_path, engine="remote"))
    with pytest.raises(NoEngine, match="tujian models pull qwen3-vl-2b:transformers"):
        decide(settings(tmp_path, engine="transformers"))


# what is here


def test_models_at_home_are_found_and_lonely_ones_told(tmp_path):
    model = pair(tmp_path / "models")
    text_half(tmp_path / "models" / "lonely" / "Qwen3VL-4B-Instruct-Q8_0.gguf", width=2560)
    found = find_installed(tmp_path, (), OFFERS)
    assert [(one.name, one.model) for one in found.installed] == [("Qwen3VL-2B-Instruct-Q4_K_M", model)]
    ((name, trouble),) = found.troubles
    assert name == "Qwen3VL-4B-Instruct-Q8_0" and "mmproj-Qwen3VL-4B-Instruct" in trouble.en.message
    assert found.installed[0].kv_bytes_per_token == 114_688
    assert named("Qwen3VL-2B-Instruct-Q4_K_M", None, lambda: found).model == model


def test_what_either_hub_has_fetched_is_found_once(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELSCOPE_HOME", str(tmp_path / "id"))
    offer, made = find_offer("qwen3-vl-2b", OFFERS), pair(tmp_path / "made")
    files = {f"{offer.repository}/{path.name}": path.read_bytes() for path in made.parent.iterdir()}
    with hub_stand_in(files) as there:
        hubs = (HuggingFace(there.url, tmp_path / "hf"), ModelScope(there.url, tmp_path / "ms"))
        for hub in hubs:
            assert find_installed(tmp_path / "home", [hub], OFFERS).installed == ()
            pull(hub, offer.repository, offer.patterns, lambda step: None)
            (one,) = find_installed(tmp_path / "home", [hub], OFFERS).installed
            assert (one.name, one.model.name) == (offer.name, offer.weights)
            assert one.mmproj and one.mmproj.name == offer.mmproj
    assert len(find_installed(tmp_path / "home", hubs, OFFERS).installed) == 1


def test_the_older_cache_of_modelscope_is_found_too(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELSCOPE_HOME", str(tmp_path / "id"))
    model = pair(tmp_path / "ms" / "hub" / "models" / "Qwen" / "Qwen3-VL-2B-Instruct-GGUF")
    hub = ModelScope("http://127.0.0.1:9", tmp_path / "ms")
    assert [one.model for one in find_installed(tmp_path, [hub], OFFERS).installed] == [model]


def test_half_a_pull_is_trouble_and_named(tmp_path):
    offer = find_offer("qwen3-vl-2b", OFFERS)
    hub = HuggingFace("http://127.0.0.1:9", tmp_path)
    snapshot = tmp_path / "models--Qwen--Qwen3-VL-2B-Instruct-GGUF" / "snapshots" / ("0" * 40)
    text_half(snapshot / offer.weights)
    refs = snapshot.parents[1] / "refs" / "main"
    refs.parent.mkdir()
    refs.write_text("0" * 40)
    found = find_installed(tmp_path, [hub], OFFERS)
    assert found.installed == () and found.trouble_with(offer.name)
    with pytest.raises(ModelUnusable, match="tujian models pull"):
        named("qwen3-vl-2b", None, lambda: found)


@pytest.mark.realdata
def test_the_nano_model_is_a_pair_that_is_found_by_name(shared):
    one = read_installed(shared / "models" / "nano" / "trained2-q8_0.gguf")
    assert one.mmproj and one.mmproj.name.startswith("mmproj")
    assert one.bytes < 5_000_000


# the choice written down


def test_use_writes_a_path_that_the_next_start_takes(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TUJIAN_HOME", str(tmp_path))
    model = pair(tmp_path / "there")
    assert run_use(read_settings(), str(model)) == 0
    assert "settings.toml" in capsys.readouterr().out
    written = read_settings()
    assert (written.engine, written.model, written.mmproj) == ("llama.cpp", str(model), None)
    assert choose(written).model == model


def test_use_keeps_comments_keys_and_mode(tmp_path, monkeypatch):
    monkeypatch.setenv("TUJIAN_HOME", str(tmp_path))
    file = tmp_path / "settings.toml"
    file.write_text(
        '# mine\nlang = "en"\nmodel = "old"  # try others\nmmproj = "/old/eyes.gguf"\n\n[other]\nmodel = 1\n'
    )
    file.chmod(0o600)
    model = pair(tmp_path / "there")
    run_use(read_settings(), str(model))
    text = file.read_text()
    assert text.startswith("# mine\n") and "# try others" in text and text.endswith("[other]\nmodel = 1\n")
    assert tomllib.loads(text) == {
        "lang": "en", "model": str(model), "engine": "llama.cpp", "other": {"model": 1}
    }  # fmt: skip
    assert file.stat().st_mode & 0o777 == 0o600
    run_use(read_settings(), "auto")
    assert tomllib.loads(file.read_text()) == {"lang": "en", "engine": "auto", "other": {"model": 1}}


def test_use_refuses_what_cannot_be_used_and_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TUJIAN_HOME", str(tmp_path))
    (tmp_path / "page.gguf").write_text("<html>")
    text_half(tmp_path / "big" / "big-Q8_0.gguf", width=4096)
    eyes_half(tmp_path / "big" / "mmproj-big-Q8_0.gguf", width=2048)
    for wrong in ("page.gguf", "missing.gguf", "big/big-Q8_0.gguf", "big/mmproj-big-Q8_0.gguf"):
        with pytest.raises(ModelUnusable):
            run_use(read_settings(), str(tmp_path / wrong))
    assert not (tmp_path / "settings.toml").exists()


@pytest.mark.parametrize("before", ["", "a = 1", 'model = "x"\r\nb = 2\r\n', "model = 'x' # c\n", "[t]\nmodel = 1\n"])
def test_any_settings_file_keeps_what_it_said(tmp_path, before):
    file = tmp_path / "settings.toml"
    file.write_bytes(before.encode())
    value = '/a "quoted" \\ back/模型\u0007'
    change_settings(file, {"model": value})
    assert tomllib.loads(file.read_text()) == {**tomllib.loads(before), "model": value}
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "before", ['x = """\nmodel = "y"\n"""\n', 'model = [\n "a",\n]\n', "model = 1\n\n[model]\n", '"model" = "a"\n']
)
def test_a_settings_file_that_lines_cannot_mend_is_left_as_it_is(tmp_path, before):
    file = tmp_path / "settings.toml"
    file.write_text(before)
    with pytest.raises(BadSettings, match='Write it there yourself: model = "z"'):
        change_settings(file, {"model": "z"})
    assert file.read_text() == before and list(tmp_path.iterdir()) == [file]


def test_a_broken_settings_file_is_left_as_it_is(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text("lang = \n")
    with pytest.raises(BadSettings, match="Write it there yourself: model"):
        change_settings(file, {"model": "x"})
    assert file.read_text() == "lang = \n"
    assert changed_text("", {"model": None}) == ""


# the first words


def test_a_first_start_without_a_model_is_told_once_what_one_command_would_add(tmp_path):
    said = first_words(settings(tmp_path, lang="en"), LAPTOP, look=Found)
    assert said and "tujian models pull qwen3-vl-2b" in said.message and "1.6 GB" in said.remedy
    assert first_words(settings(tmp_path, lang="en"), LAPTOP, look=Found) is None


def test_the_first_words_are_chinese_too_and_name_what_suits_the_machine(tmp_path):
    said = first_words(settings(tmp_path, lang="zh"), RTX_3090, look=Found)
    assert said and "tujian models pull qwen3-vl-8b:q8_0" in said.message and "只说一次" in said.remedy


@pytest.mark.parametrize(
    ("chosen", "memory", "installed"),
    [
        ({"engine_url": "http://127.0.0.1:1/v1"}, LAPTOP, ()),
        ({"engine": "none"}, LAPTOP, ()),
        ({}, SMALL, ()),
        ({}, LAPTOP, (here("qwen3-vl-2b"),)),
    ],
)
def test_who_needs_no_words_gets_none(tmp_path, chosen, memory, installed):
    assert first_words(settings(tmp_path, **chosen), memory, look=lambda: Found(installed)) is None
    assert list(tmp_path.iterdir()) == []


# the commands


@pytest.mark.parametrize(("lang", "words"), [("zh", ("装得下", "现在会用")), ("en", ("fits", "Taken now"))])
def test_the_list_tells_size_place_memory_fit_and_speed(tmp_path, monkeypatch, capsys, lang, words):
    monkeypatch.setenv("TUJIAN_HOME", str(tmp_path))
    monkeypatch.setenv("MODELSCOPE_HOME", str(tmp_path / "id"))
    pair(tmp_path / "models", "Qwen3VL-Mine")
    text_half(tmp_path / "models" / "alone" / "Alone-Q8_0.gguf")
    assert run_list(read_settings(lang=lang)) == 0
    told = capsys.readouterr().out
    assert all(offer.name in told for offer in OFFERS) and "Qwen3VL-Mine-Q4_K_M" in told
    assert all(word in told for word in words) and "✗ Alone-Q8_0" in told


@pytest.mark.parametrize(("name", "source"), [("qwen3-vl-7b", "hf"), ("qwen3-vl-2b", "github")])
def test_pull_refuses_unknown_names_and_sources(tmp_path, name, source):
    with pytest.raises(BadSettings):
        run_pull(settings(tmp_path), name, source)
