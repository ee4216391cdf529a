"""Preflight: what a model needs, whether it fits, how fast it will be; and what would fit instead. req: A3"""

from pathlib import Path

import pytest
from small_gguf import EYES, MODEL, write_gguf

from tujian.engines.machine import Gpu, Memory, _limits, _quota, read_memory
from tujian.engines.memory import fits, needs_mb, speed_of
from tujian.engines.preflight import plan
from tujian.errors import DoesNotFit

# bytes as published or within 1 % (data/models.toml); KV bytes a token from the models' config.json
QWEN_2B, QWEN_8B = (1_107_409_952, 445_053_216, 114_688), (5_027_784_800, 752_000_000, 147_456)
QWEN_8B_F16 = (16_385_000_000, 1_160_000_000, 147_456)
DESK_16 = Memory(16_600, 13_000, cores=4)  # the i7 with 16 GB of the field reports
RTX_3090 = Memory(32_000, 28_000, (Gpu("RTX 3090", 25_300, 24_500),), cores=8)
RTX_3060 = Memory(32_000, 28_000, (Gpu("RTX 3060", 12_600, 12_000),), cores=8)
M1_AIR = Memory(17_000, 9_000, (Gpu("Apple M1", 11_500, 11_500),), unified=True, cores=8)
Q8_0, F32 = 8, 0


@pytest.fixture
def pair(tmp_path):
    """A 2B-shaped pair by its header; the tensors are holes in a sparse file."""
    return sparse_pair(tmp_path, rows=890_000)


def sparse_pair(folder: Path, rows: int):
    text = MODEL | {
        "qwen3vl.block_count": 28, "qwen3vl.embedding_length": 2048, "qwen3vl.attention.head_count": 16,
        "qwen3vl.attention.head_count_kv": 8, "qwen3vl.attention.key_length": 128, "qwen3vl.context_length": 262_144,
        "qwen3vl.attention.value_length": 128, "qwen3vl.n_deepstack_layers": 1,
    }  # fmt: skip
    eyes = EYES | {
        "clip.vision.projection_dim": 2048, "clip.vision.embedding_length": 1024, "clip.vision.block_count": 24,
        "clip.vision.feed_forward_length": 4096,
    }  # fmt: skip
    model = write_gguf(folder / "Q-2B-Q8_0.gguf", text, [("blk.0.x", (2048, rows), Q8_0)])
    mmproj = write_gguf(folder / "mmproj-Q-2B-Q8_0.gguf", eyes, [("v.x", (1024, 409_000), Q8_0)])
    for path, size_bytes in ((model, 2048 * rows * 34 // 32 + 8192), (mmproj, 1024 * 409_000 * 34 // 32 + 8192)):
        with path.open("r+b") as file:
            file.truncate(size_bytes)
    return model, mmproj


@pytest.mark.parametrize(
    ("sizes", "memory", "fit"),
    [
        (QWEN_2B, DESK_16, True),
        (QWEN_8B, DESK_16, True),
        (QWEN_8B_F16, DESK_16, False),
        (QWEN_8B, RTX_3060, True),
        (QWEN_8B_F16, RTX_3090, True),
        (QWEN_8B, Memory(8_300, 6_000, cores=4), False),
        (QWEN_2B, Memory(8_300, 6_000, cores=4), True),
        (QWEN_2B, Memory(4_100, 3_000, cores=2), False),
    ],
)
def test_what_fits_which_machine(sizes, memory, fit):
    assert fits(needs_mb(*sizes, 8192, 1), memory) is fit


def test_8b_on_16_gb_without_gpu_fits_and_is_slow_and_2b_is_usable():
    assert fits(needs_mb(*QWEN_8B, 8192, 1), DESK_16)
    assert speed_of(8.2e9, QWEN_8B[0], DESK_16).name == "slow"
    assert speed_of(1.7e9, QWEN_2B[0], DESK_16).name == "usable"


def test_field_reports_of_the_8b_lie_in_what_is_said():
    for memory, seconds in ((RTX_3090, (2, 5)), (RTX_3060, (6, 6)), (M1_AIR, (10, 15))):
        said = speed_of(8.2e9, QWEN_8B[0], memory, on_gpu=1.0)
        assert said.least_s <= max(seconds) and said.most_s >= min(seconds), memory


def test_every_question_at_once_costs_its_own_context():
    one, two = needs_mb(*QWEN_8B, 8192, 1), needs_mb(*QWEN_8B, 8192, 2)
    assert two.total_mb - one.total_mb == pytest.approx(1.125 * 1024**3 / 1e6)  # REQUIREMENTS: 1.125 GiB for 8,192


def test_a_plan_tells_need_fit_and_speed_apart_in_both_languages(pair):
    planned = plan(*pair, memory=DESK_16)
    assert (planned.context, planned.slots, planned.gpu_layers, planned.threads) == (8192, 1, 0, 3)
    assert not planned.is_tight
    assert "放得下" in planned.say("zh") and "速度" in planned.say("zh")
    assert "it fits" in planned.say("en") and "Speed: " in planned.say("en")


def test_context_gives_way_to_memory_down_to_4096(pair):
    contexts = {plan(*pair, memory=Memory(mb + 1500, mb)).context for mb in range(4_100, 4_700, 50)}
    assert contexts == {8192, 6144, 4096}


def test_more_at_once_only_where_memory_and_cores_allow(pair):
    assert plan(*pair, memory=Memory(64_000, 60_000, cores=16)).slots == 2
    assert plan(*pair, memory=Memory(64_000, 5_000, cores=16)).slots == 1
    assert plan(*pair, memory=RTX_3090).slots == 2
    assert plan(*pair, memory=RTX_3060).slots == 1


def test_what_was_asked_for_stands(pair):
    planned = plan(*pair, memory=DESK_16, context=2048, slots=3, threads=2)
    assert (planned.context, planned.slots, planned.threads) == (2048, 3, 2)


def test_a_context_beyond_the_models_own_is_the_models_own(pair):
    assert plan(*pair, memory=Memory(64_000, 60_000), context=1 << 20, slots=1).context == 262_144


def test_all_layers_go_to_a_gpu_that_holds_them_and_some_to_one_that_does_not(pair):
    assert plan(*pair, memory=RTX_3090).gpu_layers == 29
    small = Memory(16_000, 12_000, (Gpu("small", 2_500, 2_400),), cores=4)
    assert 0 < plan(*pair, memory=small).gpu_layers < 29
    assert plan(*pair, memory=Memory(16_000, 12_000, (Gpu("tiny", 500, 400),))).gpu_layers == 0


def test_other_programs_in_the_way_are_told_but_do_not_refuse(pair):
    planned = plan(*pair, memory=Memory(16_600, 2_000, cores=4))
    assert planned.is_tight and planned.context == 4096
    assert "请关掉别的程序" in planned.say("zh") and "close other programs" in planned.say("en")


def test_a_gpu_that_the_installed_llama_cpp_cannot_use_is_named(pair):
    planned = plan(*pair, memory=Memory(32_000, 28_000, idle_gpus=("RTX 3090",), cores=8))
    assert planned.gpu_layers == 0
    assert "显卡 RTX 3090 用不上" in planned.say("zh") and "RTX 3090 stays idle" in planned.say("en")


@pytest.mark.parametrize(
    ("memory", "would"),
    [
        (Memory(5_000, 4_000), "Its Q4_K_M version would fit"),
        (Memory(3_000, 2_500), "use a remote engine"),
    ],
)
def test_what_does_not_fit_tells_what_would(pair, memory, would):
    with pytest.raises(DoesNotFit) as told:
        plan(*pair, memory=memory)
    assert "needs at least" in told.value.say("en").message and would in told.value.say("en").remedy
    assert "至少需要" in told.value.say("zh").message


def test_a_large_model_is_told_that_2b_would_fit(tmp_path):
    with pytest.raises(DoesNotFit, match=r"Qwen3-VL-2B would fit .* tujian models pull qwen3-vl-2b"):
        plan(*sparse_pair(tmp_path, rows=6_000_000), memory=Memory(6_000, 5_500))


def test_this_machine_is_read():
    memory = read_memory()
    assert 0 < memory.free_mb <= memory.total_mb
    assert 1 <= memory.threads <= 8 and memory.cores >= 1


def test_a_containers_limit_counts_wherever_it_is_set(tmp_path):
    """cgroup v2: the limit is the parent's; what its files cache is given back when asked for."""
    inner = tmp_path / "sys/slice/box"
    inner.mkdir(parents=True)
    (tmp_path / "own").write_text("0::/slice/box\n")
    (inner / "memory.max").write_text("max\n")
    (inner.parent / "memory.max").write_text("4000000000\n")
    (inner.parent / "memory.current").write_text("1500000000\n")
    (inner.parent / "memory.stat").write_text("anon 900000000\ninactive_file 500000000\n")
    assert _limits(tmp_path / "sys", tmp_path / "own") == [(4_000_000_000, 1_000_000_000)]


def test_a_containers_limit_of_the_older_kind_counts_too(tmp_path):
    group = tmp_path / "sys/memory/docker/x"
    group.mkdir(parents=True)
    (tmp_path / "own").write_text("5:devices:/docker/x\n4:cpu,memory:/docker/x\n")
    (group / "memory.limit_in_bytes").write_text("2000000000\n")
    (group / "memory.usage_in_bytes").write_text("300000000\n")
    (group.parent / "memory.limit_in_bytes").write_text("9223372036854771712\n")  # none
    assert _limits(tmp_path / "sys", tmp_path / "own") == [(2_000_000_000, 300_000_000)]


def test_a_containers_share_of_cores_counts(tmp_path):
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert _quota(tmp_path / "cpu.max") == 1
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert _quota(tmp_path / "cpu.max") > 1000
    assert _quota(tmp_path / "none") > 1000
