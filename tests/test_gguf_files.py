"""GGUF headers: read in milliseconds, believed in nothing; and the two files that belong together."""

import importlib.util
import struct
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_gguf import ARRAY, EYES, MODEL, STRING, U32, write_gguf

from tujian.engines.gguf_files import Skipped, fingerprint, read_header
from tujian.engines.gguf_pairs import find_mmproj, read_model, read_projector
from tujian.errors import ModelUnusable

TRAIN = Path(__file__).parents[1] / "train"


@pytest.fixture
def model(tmp_path):
    return write_gguf(tmp_path / "Small-1B-Instruct-Q4_K_M.gguf", MODEL)


@pytest.fixture
def eyes(tmp_path):
    return write_gguf(tmp_path / "mmproj-Small-1B-Instruct-Q8_0.gguf", EYES)


def reason(read, *arguments):
    with pytest.raises(ModelUnusable) as told:
        read(*arguments)
    for lang in ("zh", "en"):
        assert all(told.value.say(lang)), "cause and remedy in both languages"
    return told.value.say("en").message


def test_a_header_tells_values_and_tensors(model):
    header = read_header(model)
    assert header.values["qwen3vl.embedding_length"] == 64
    assert header.values["tokenizer.ggml.tokens"] == ("a", "b", "c")
    (tensor,) = header.tensors
    assert (tensor.name, tensor.shape, tensor.type, tensor.size_bytes) == ("blk.0.x", (32,), "F32", 128)
    assert tensor.start_bytes % 32 == 0 and header.parameters == 32


def test_a_vocabulary_of_the_true_size_is_passed_over_quickly(tmp_path):
    words = [f"token {number}" for number in range(151_936)]
    path = write_gguf(tmp_path / "a.gguf", {**MODEL, "tokenizer.ggml.tokens": words, "z.after": 7})
    begun = time.perf_counter()
    header = read_header(path)
    assert time.perf_counter() - begun < 0.5  # 0.02 s alone on a core
    assert header.values["tokenizer.ggml.tokens"] == Skipped(151_936)
    assert header.values["z.after"] == 7


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>Log in", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer"),
        (b"PK\x03\x04" + b"\0" * 60, "a ZIP or PyTorch file"),
        (struct.pack("<Q", 300) + b'{"__metadata__":{}}', "safetensors"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "something else"),
        (b"GGUF" + struct.pack("<I", 3), "incomplete"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "damaged.*version 1"),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "damaged"),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else value,
)
def test_what_is_no_gguf_is_told_for_what_it_looks_like(tmp_path, content, words):
    path = tmp_path / "a.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelUnusable, match=words):
        read_header(path)


def test_a_file_that_is_not_there_and_a_folder_are_told_apart(tmp_path):
    assert "There is no model file" in reason(read_header, tmp_path / "none.gguf")
    assert "is a folder" in reason(read_header, tmp_path)


def test_a_half_download_is_told_with_its_bytes(tmp_path):
    path = write_gguf(tmp_path / "a.gguf", MODEL, tail=4000)
    assert "incomplete: it should have" in reason(read_header, path)


def test_every_beginning_of_a_file_is_refused(model):
    whole = model.read_bytes()
    needed = read_header(model).tensors[-1].start_bytes + 128
    for length in range(0, needed, 7):
        model.write_bytes(whole[:length])
        reason(read_header, model)


@pytest.mark.parametrize(
    "lie",
    [
        {"values": MODEL, "counts": (1 << 62, 12)},
        {"values": MODEL, "counts": (1, 1 << 62)},
        {"values": {"k": struct.pack("<IIQ", ARRAY, STRING, 1 << 61)}},
        {"values": {"k": struct.pack("<IIQ", ARRAY, U32, 1 << 61)}},
        {"values": {"k": struct.pack("<IIQIQ", ARRAY, ARRAY, 1, ARRAY, 1)}},
        {"values": {"k": struct.pack("<IQ", STRING, 1 << 63)}},
        {"values": {"k": struct.pack("<I", 99)}},
        {"values": {"general.alignment": 0}},
        {"values": {"general.alignment": "x"}},
        {"values": MODEL, "tensors": [("x", (1,) * 9, 0)]},
        {"values": MODEL, "tensors": [("x", (1 << 40, 1 << 40), 0)]},
        {"values": MODEL, "tensors": [("x", (32,), 77)]},
        {"values": MODEL, "tensors": [("x", (33,), 8)]},
    ],
)
def test_lies_in_a_header_are_refused_and_cost_nothing(tmp_path, lie):
    path = write_gguf(tmp_path / "a.gguf", **lie)
    begun = time.perf_counter()
    reason(read_header, path)
    assert time.perf_counter() - begun < 1


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), min_size=1, max_size=4))
def test_whatever_bytes_are_changed_it_is_a_header_or_unusable(tmp_path, changes):
    path = write_gguf(tmp_path / "a.gguf", MODEL)
    content = bytearray(path.read_bytes())
    for place, byte in changes:
        content[place] = byte
    path.write_bytes(content)
    try:
        read_model(path)
    except ModelUnusable as error:
        assert error.zh.remedy


def test_a_model_tells_what_memory_depends_on(model, eyes):
    text = read_model(model)
    assert (text.name, text.quantisation) == ("Small-1B-Instruct", "Q8_0")  # the header's word counts, not the name's
    assert text.kv_bytes_per_token == 2 * 2 * (16 + 16) * 2
    seen = read_projector(eyes, text)
    assert (seen.projects_to, seen.deepstack_layers, seen.patch_px) == (64, 1, 16)


def test_an_embedding_that_is_laid_out_anew_for_the_output_counts_twice(tmp_path):
    tied = [("token_embd.weight", (256, 4), 12)]  # Q4_K: 144 bytes for 256
    assert read_model(write_gguf(tmp_path / "a.gguf", MODEL, tied)).twice_bytes == 4 * 144
    own = [*tied, ("output.weight", (256, 4), 12)]
    assert read_model(write_gguf(tmp_path / "b.gguf", MODEL, own)).twice_bytes == 0
    assert read_model(write_gguf(tmp_path / "c.gguf", MODEL, [("token_embd.weight", (256, 4), 8)])).twice_bytes == 0


def test_the_two_files_given_the_wrong_way_round_are_told(model, eyes):
    assert "is the vision part" in reason(read_model, eyes)
    assert "is a text model" in reason(read_projector, model)


def test_the_eyes_of_another_model_are_refused(tmp_path, model):
    others = {"width": {"clip.vision.projection_dim": 128}, "depth": {"clip.vision.is_deepstack_layers": [True, True]}}
    for name, change in others.items():
        path = write_gguf(tmp_path / f"mmproj-{name}.gguf", EYES | change)
        assert "is no mmproj of" in reason(read_projector, path, read_model(model))
    path = write_gguf(tmp_path / "mmproj-x.gguf", EYES | {"clip.projector_type": "gemma3"})
    assert "another kind of model (gemma3)" in reason(read_projector, path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"general.architecture": "qwen3"}, "architecture qwen3: it is no Qwen3-VL"),
        ({"split.count": 3}, "part ./3 of a split model"),
        ({"qwen3vl.block_count": "many"}, "lacks qwen3vl.block_count"),
        ({"qwen3vl.attention.head_count": []}, "lacks qwen3vl.attention.head_count"),
    ],
)
def test_a_model_that_cannot_be_used_says_why(tmp_path, change, words):
    path = write_gguf(tmp_path / "a.gguf", MODEL | change)
    with pytest.raises(ModelUnusable, match=words):
        read_model(path)


def test_the_eyes_are_found_by_name(tmp_path, model, eyes):
    write_gguf(tmp_path / "mmproj-Aaa-1B-Q8_0.gguf", EYES)
    write_gguf(tmp_path / "mmproj-Small-1B-Instruct-F16.gguf", EYES, [("v.a", (32,), 0), ("v.b", (32,), 0)])
    assert find_mmproj(model) == eyes


def test_eyes_of_another_name_are_taken_when_they_alone_fit(tmp_path, model):
    write_gguf(tmp_path / "mmproj-BF16.gguf", EYES | {"clip.vision.projection_dim": 99})
    fitting = write_gguf(tmp_path / "mmproj-F16.gguf", EYES)
    assert find_mmproj(model) == fitting


def test_without_eyes_beside_it_the_name_wanted_is_told(model):
    assert "such as mmproj-Small-1B-Instruct-Q8_0.gguf" in reason(find_mmproj, model)


def test_with_only_another_models_eyes_beside_it_that_is_told(tmp_path, model):
    write_gguf(tmp_path / "mmproj-Small-1B-Instruct-Q8_0.gguf", EYES | {"clip.vision.projection_dim": 99})
    assert "is no mmproj of" in reason(find_mmproj, model)


def test_a_fingerprint_is_of_the_content_not_of_the_name(tmp_path, model):
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(model.read_bytes())
    assert fingerprint(copy) == fingerprint(model)
    copy.write_bytes(model.read_bytes()[:-1] + b"\1")
    assert fingerprint(copy) != fingerprint(model)


@pytest.mark.realdata
def test_our_writer_makes_what_llama_cpps_converter_makes(shared, tmp_path):
    nano = shared / "models/nano"
    spec = importlib.util.spec_from_file_location("ggufs", TRAIN / "ggufs.py")
    ggufs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(ggufs)
    ours = ggufs.write_pair(nano / "hf", tmp_path, name="nano", kind="q8_0")
    for mine, theirs in zip(ours, ("trained2-q8_0.gguf", "mmproj-trained2-q8_0.gguf"), strict=True):
        mine, theirs = read_header(mine), read_header(nano / theirs)
        assert mine.values == {**theirs.values, "general.name": "nano"}
        assert [tensor[:3] for tensor in mine.tensors] == [tensor[:3] for tensor in theirs.tensors]
        for one, other in zip(mine.tensors, theirs.tensors, strict=True):
            assert content(mine.path, one) == content(theirs.path, other), one.name


def content(path, tensor):
    with path.open("rb") as file:
        file.seek(tensor.start_bytes)
        return file.read(tensor.size_bytes)
