"""Before a GGUF model is loaded: does it fit, with how much context, how many questions at once? req: A3

Enters: the two files of a model, wishes, a Memory. Leaves: a Plan that the llama.cpp engine carries out and that says
in words what to expect; or DoesNotFit with what would. Does not know how a model is run.

Context gives way before the model does: 8,192 tokens for each question where they fit, then one question at once, then
6,144 and 4,096 tokens, never fewer: a page of text (2,048 tokens), its prompt and its answer need them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tujian.engines.gguf_pairs import Projector, TextModel, read_model, read_projector
from tujian.engines.machine import Memory
from tujian.engines.memory import (
    PICTURE_TOKENS,
    Needs,
    Shape,
    Speed,
    fits,
    gpu_share,
    needs_mb,
    ram_mb,
    room_mb,
    speed_of,
)
from tujian.errors import DoesNotFit, Lang, Said

CONTEXTS = (8192, 6144, 4096)  # tokens a question, most wished first (Qwen's own advice: at least 8,192)
MOST_SLOTS = 4
THREADS_PER_SLOT = 3  # on a CPU a second question at once pays from about four cores: weights are read once for both
GPU_MB_PER_SLOT = 10_000  # field reports of the 8B: 24 GB serve two at once, 12 GB one
Q4_K_M_BYTES = 0.64  # a parameter; Qwen3-VL-2B has 0.644, the 8B 0.614
SMALLEST = needs_mb(  # Qwen3-VL-2B Q4_K_M, whose bytes are known (notes of Qwen's repositories), at 4,096 tokens
    1_107_409_952, 445_053_216, 114_688, CONTEXTS[-1], 1, shape=Shape(2048, 28, 3, 1024, 4096, 24)
)
SPEED_WORDS = {"fast": ("快", "fast"), "usable": ("可用", "usable"), "slow": ("慢", "slow")}


@dataclass(frozen=True, slots=True)
class Plan:
    """How to run a model here. `context` is of one question, in tokens; `gpu_layers` counts the output as one.

    `is_tight`: it fits this machine, but not beside what runs on it now. `idle_gpus` are there, but not for the
    installed llama.cpp.
    """

    model: TextModel
    eyes: Projector
    context: int
    slots: int
    gpu_layers: int
    threads: int
    needs: Needs
    speed: Speed
    has_mb: float
    is_tight: bool
    idle_gpus: tuple[str, ...] = ()

    def say(self, lang: Lang) -> str:
        """What it needs and how fast it will be, in a sentence or two."""
        needs_gb, has_gb, speed = self.needs.total_mb / 1000, self.has_mb / 1000, self.speed
        name = f"{self.model.name} {self.model.quantisation}"
        zh, en = SPEED_WORDS[speed.name]
        seconds = f"{speed.least_s:.0f}–{speed.most_s:.0f}"
        idle = ", ".join(self.idle_gpus)
        if lang == "zh":
            idle = f"显卡 {idle} 用不上：安装的 llama.cpp 只用处理器。" if idle else ""
            tight = "现在空闲内存不够，请关掉别的程序；" if self.is_tight else ""
            return (
                f"{name} 需要 {needs_gb:.1f} GB 内存（可用 {has_gb:.1f} GB），放得下；"
                f"{tight}速度：{zh}，每张图大约 {seconds} 秒。上下文 {self.context}，同时 {self.slots} 个问题。{idle}"
            )
        idle = f" The GPU {idle} stays idle: the installed llama.cpp only uses the CPU." if idle else ""
        tight = " Too little memory is free now: close other programs." if self.is_tight else ""
        return (
            f"{name} needs {needs_gb:.1f} GB of memory ({has_gb:.1f} GB usable): it fits."
            f"{tight} Speed: {en}, about {seconds} s a picture. Context {self.context}, {self.slots} at once.{idle}"
        )


def plan(
    model: Path,
    mmproj: Path,
    *,
    memory: Memory,
    context: int = 0,
    slots: int = 0,
    threads: int = 0,
    picture_tokens: int = PICTURE_TOKENS,
) -> Plan:
    """How to run `model` with `mmproj` on this machine; 0 leaves a choice to the plan.

    `picture_tokens` is the largest picture that will be asked about. Raises ModelUnusable, DoesNotFit.
    """
    text = read_model(model)
    eyes = read_projector(mmproj, text)
    for some, tokens in _choices(text, context, slots, memory):
        needs = needs_of(text, eyes, tokens, some, picture_tokens)
        if fits(needs, memory) and (_is_free(needs, memory) or (some, tokens) == _last(text, context, slots)):
            return _plan(text, eyes, tokens, some, needs, memory, threads)
    least, tokens = _last(text, context, slots)
    raise _does_not_fit(text, needs_of(text, eyes, tokens, least, picture_tokens), memory)


def needs_of(text: TextModel, eyes: Projector, context: int, slots: int, picture_tokens: int = PICTURE_TOKENS) -> Needs:
    """The memory that a pair of files needs, by part."""
    shape = Shape(text.width, text.layers, text.deepstack_layers, eyes.width, eyes.feed_forward, eyes.layers)
    return needs_mb(
        text.weights_bytes + text.twice_bytes,
        eyes.weights_bytes,
        text.kv_bytes_per_token,
        context,
        slots,
        shape=shape,
        picture_tokens=picture_tokens,
    )


def _plan(
    text: TextModel, eyes: Projector, context: int, slots: int, needs: Needs, memory: Memory, threads: int
) -> Plan:
    on_gpu = gpu_share(needs, memory)
    return Plan(
        model=text,
        eyes=eyes,
        context=context,
        slots=slots,
        gpu_layers=int((text.layers + 1) * on_gpu),
        threads=threads or memory.threads,
        needs=needs,
        speed=speed_of(text.parameters, text.weights_bytes, memory, eye_parameters=eyes.parameters, on_gpu=on_gpu),
        has_mb=memory.gpu_free_mb if on_gpu == 1 else room_mb(memory),
        is_tight=not _is_free(needs, memory),
        idle_gpus=memory.idle_gpus,
    )


def _choices(text: TextModel, context: int, slots: int, memory: Memory) -> Iterator[tuple[int, int]]:
    """Slots and context, most wished first; what was asked for stands."""
    contexts = _contexts(text, context)
    most = slots or _slots(memory)
    yield from ((some, contexts[0]) for some in range(most, 0 if not slots else most - 1, -1))
    yield from ((slots or 1, tokens) for tokens in contexts[1:])


def _last(text: TextModel, context: int, slots: int) -> tuple[int, int]:
    """The least that is worth running."""
    return slots or 1, _contexts(text, context)[-1]


def _contexts(text: TextModel, context: int) -> list[int]:
    wished = [context] if context else CONTEXTS
    return list(dict.fromkeys(min(tokens, text.context) for tokens in wished))


def _slots(memory: Memory) -> int:
    if memory.gpus:
        return max(1, min(MOST_SLOTS, int(memory.gpu_free_mb / GPU_MB_PER_SLOT)))
    return max(1, min(MOST_SLOTS, memory.threads // THREADS_PER_SLOT))


def _is_free(needs: Needs, memory: Memory) -> bool:
    """Whether it fits beside what runs now."""
    return ram_mb(needs, memory) <= memory.free_mb


def _does_not_fit(text: TextModel, needs: Needs, memory: Memory) -> DoesNotFit:
    needs_gb, has_gb = needs.total_mb / 1000, room_mb(memory) / 1000
    zh, en = _what_would(text, needs, memory)
    return DoesNotFit(
        zh=Said(
            f"{text.name} {text.quantisation} 至少需要 {needs_gb:.1f} GB 内存，这台机器最多能给 {has_gb:.1f} GB。",
            zh,
        ),
        en=Said(
            f"{text.name} {text.quantisation} needs at least {needs_gb:.1f} GB of memory; "
            f"this machine has {has_gb:.1f} GB for a model.",
            en,
        ),
    )


def _what_would(text: TextModel, needs: Needs, memory: Memory) -> tuple[str, str]:
    room = room_mb(memory)
    quantised = needs.total_mb - needs.weights_mb + text.parameters * Q4_K_M_BYTES / 1e6
    if needs.total_mb > quantised and quantised <= room:
        gb = f"{quantised / 1000:.1f} GB"
        return f"它的 Q4_K_M 版本放得下（约 {gb}）。", f"Its Q4_K_M version would fit (about {gb})."
    if room >= SMALLEST.total_mb:
        gb = f"{SMALLEST.total_mb / 1000:.1f} GB"
        return (
            f"Qwen3-VL-2B 放得下（Q4_K_M 约 {gb}）：tujian models pull qwen3-vl-2b。",
            f"Qwen3-VL-2B would fit (Q4_K_M, about {gb}): tujian models pull qwen3-vl-2b.",
        )
    return (
        "没有放得下的 Qwen3-VL：请改用远程引擎（TUJIAN_ENGINE_URL），或不用模型。",
        "No Qwen3-VL fits here: use a remote engine (TUJIAN_ENGINE_URL), or none.",
    )
