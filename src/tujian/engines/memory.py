"""What a model needs, and how fast it will be: two questions, answered apart. req: A3

Enters: sizes (of files that are here, or from a table) and a Memory. Leaves: Needs by part, and a Speed.
Does not know: files, languages beyond the words of a speed, what is asked.

The parts were measured on llama.cpp (xllamacpp 2026.10.11549, CPU) with random models of the true shapes;
`benchmarks/shaped.py` measures them again. On a GPU the same bytes lie elsewhere; that was never measured.
"""

from dataclasses import dataclass
from typing import Literal

from tujian.engines.machine import MB, Memory, read_memory

__all__ = ["MB", "Memory", "Needs", "Shape", "Speed", "fits", "needs_mb", "read_memory", "speed_of"]

PROCESS_MB = 157  # Python, llama.cpp, its threads: the same with a vocabulary of 512 and of 151,936 tokens
LAYER_MB = 0.6  # the graph's bookkeeping, for each layer of text and eyes
BATCH_TOKENS = 512  # n_ubatch: what the text half works on at once
BUFFER_ROWS = 26  # its buffer is 26 x width x batch in 32 bits: 104.0 MiB at width 2,048, 208.0 at 4,096
MASKED_TOKENS = 4096  # up to here the attention's mask hides in that buffer; 28 MiB more at 32,768
PICTURE_TOKENS = 2048  # the largest budget of the tasks that ship (data/tasks/text.md)
PATCHES_PER_TOKEN = 4  # patch 16 px, merged 2 x 2
EYE_ROWS = 5.75  # the eyes' buffer for a patch: feed-forward + 5.75 x width in 32 bits (322 MiB at 8,464 patches)
EYE_BUFFERS, TOLD_COPIES = 2.0, 3.2  # such buffers, and copies of what the eyes tell the text half, at the peak
PROMPT_CACHE_MB = 64  # earlier prompts that llama.cpp keeps beside the slots (cache_ram_mib)
SYSTEM_MB = 1500  # the operating system, and this process with its perception (0.9 GB under load: speed.py)
# of 16 GB and more a model takes three quarters at most: Metal's own limit, and a desk needs a browser
UNIFIED_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Shape:
    """As much of a model's shape as memory depends on; where a header can be read, `preflight.py` fills it in."""

    width: int = 4096  # the 8B's numbers: what is not known is planned too large rather than too small
    layers: int = 36
    deepstack: int = 3
    eye_width: int = 1152
    eye_feed_forward: int = 4304
    eye_layers: int = 27


LARGEST = Shape()


@dataclass(frozen=True, slots=True)
class Needs:
    """Memory by part, in MB of 1,000,000 bytes."""

    weights_mb: float
    eyes_mb: float
    context_mb: float
    buffers_mb: float
    pictures_mb: float
    process_mb: float

    @property
    def total_mb(self) -> float:
        return self.weights_mb + self.eyes_mb + self.context_mb + self.buffers_mb + self.pictures_mb + self.process_mb


SpeedName = Literal["fast", "usable", "slow"]


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds for one picture of a product task, from good to bad luck."""

    name: SpeedName
    least_s: float
    most_s: float


def needs_mb(
    weights_bytes: int,
    mmproj_bytes: int,
    kv_bytes_per_token: int,
    context: int,
    slots: int,
    *,
    shape: Shape = LARGEST,
    picture_tokens: int = PICTURE_TOKENS,
) -> Needs:
    """What a model needs with `slots` questions at once, each of `context` tokens.

    >>> round(needs_mb(1_828_474_880, 445_034_496, 114_688, 8192, 1).total_mb / 1000)
    5
    """
    mask_bytes = max(0, context - MASKED_TOKENS) * BATCH_TOKENS * 2
    return Needs(
        weights_mb=weights_bytes / MB,
        eyes_mb=mmproj_bytes / MB,
        context_mb=kv_bytes_per_token * context * slots / MB + PROMPT_CACHE_MB,
        buffers_mb=(BUFFER_ROWS * shape.width * BATCH_TOKENS * 4 + mask_bytes) / MB,
        pictures_mb=_pictures_bytes(shape, min(picture_tokens, context)) / MB,
        process_mb=PROCESS_MB + LAYER_MB * (shape.layers + shape.eye_layers),
    )


def _pictures_bytes(shape: Shape, tokens: int) -> float:
    """While one picture is looked at: pictures of several slots go through the eyes one after the other."""
    patch = 4 * (shape.eye_feed_forward + EYE_ROWS * shape.eye_width)
    told = 4 * shape.width * (1 + shape.deepstack)
    return tokens * (EYE_BUFFERS * PATCHES_PER_TOKEN * patch + TOLD_COPIES * told)


def fits(needs: Needs, memory: Memory) -> bool:
    """Whether this machine can run it at all, other programs closed; `Memory.free_mb` is about this moment."""
    return ram_mb(needs, memory) <= room_mb(memory)


def ram_mb(needs: Needs, memory: Memory) -> float:
    """What it takes of the machine's own memory: what is not on a GPU that has its own."""
    return needs.total_mb if memory.unified else needs.total_mb * (1 - gpu_share(needs, memory))


def room_mb(memory: Memory) -> float:
    """Memory that a model may take on this machine when nothing else large runs."""
    share = UNIFIED_SHARE if memory.unified else 1.0
    return min(memory.total_mb - SYSTEM_MB, memory.total_mb * share)


def gpu_share(needs: Needs, memory: Memory) -> float:
    """How much of the layers, with their part of the context, finds room on the GPUs: 0 to 1.

    Eyes and buffers go first: without them layers there are no use. Buffers are counted for each GPU.
    """
    first = needs.eyes_mb + needs.pictures_mb + needs.buffers_mb * max(1, len(memory.gpus))
    room = memory.gpu_free_mb - first
    return max(0.0, min(1.0, room / (needs.weights_mb + needs.context_mb)))


# Seconds a picture per 1,000 million parameters, from field reports of the 8B (REQUIREMENTS A3): RTX 3090 2-5 s,
# RTX 3060 6 s, M1 Max 6-8 s, M1 Air 10-15 s. Unmeasured here.
GPU_S, UNIFIED_S = (0.25, 0.75), (0.75, 1.9)
# Operations a second and core, 10^9: a good desktop core with AVX2, and one of a busy machine (measured on two shared
# cores: 47 a thread when they were quiet, 7 to 17 when others worked there; benchmarks/shaped.py)
CORE_GFLOPS = (100.0, 30.0)
MEMORY_GB_S = (40.0, 12.0)  # dual-channel DDR5, and DDR3 or a shared cloud machine: each word reads all weights once
PROMPT_TOKENS = (512 + 300, 1024 + 500)  # a small and a usual picture budget, with the task's words
EYE_GFLOP = 8.0  # for a token and 1,000 million weights of the eyes: four patches, two operations each
ANSWER_TOKENS = (100, 250)
FAST_S, USABLE_S = 10.0, 60.0  # one waits for it; one does something else meanwhile


def speed_of(
    parameters: float, weights_bytes: int, memory: Memory, on_gpu: float = 0.0, *, eye_parameters: float = 0.42e9
) -> Speed:
    """How long one picture takes with `on_gpu` of the layers on a GPU: an estimate by class of machine.

    >>> desk = Memory(16_000, 12_000, cores=4)
    >>> speed_of(1.7e9, 1_107_409_952, desk).name, speed_of(8.2e9, 5_027_784_800, desk).name
    ('usable', 'slow')
    """
    billions = parameters / 1e9
    least_s, most_s = (
        2 * billions * prompt / (gflops * memory.threads)
        + prompt * EYE_GFLOP * eye_parameters / 1e9 / (gflops * memory.threads)
        + answer * weights_bytes / 1e9 / reading
        for gflops, reading, prompt, answer in zip(CORE_GFLOPS, MEMORY_GB_S, PROMPT_TOKENS, ANSWER_TOKENS, strict=True)
    )
    if on_gpu:
        quick = UNIFIED_S if memory.unified else GPU_S
        least_s = least_s * (1 - on_gpu) + quick[0] * billions * on_gpu
        most_s = most_s * (1 - on_gpu) + quick[1] * billions * on_gpu
    middle_s = (least_s * most_s) ** 0.5
    name: SpeedName = "fast" if middle_s <= FAST_S else "usable" if middle_s <= USABLE_S else "slow"
    return Speed(name, least_s, most_s)
