"""Qwen3-VL by Hugging Face Transformers, in a child process of this machine (extra `[transformers]`). req: A1, F1

Enters: a folder of weights. Leaves: an Engine. Slower than llama.cpp on a CPU, and one question at a time: it is for
weights that have no GGUF, for a GPU that llama.cpp's wheel does not use, and for comparing. It binds no schema: it is
asked for one in words, and its answers are checked as all are.
Does not know: torch, which is its child's (`transformers_child.py`) and takes seconds to load.
"""

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from tujian.engines.child import Child
from tujian.engines.hosted import HostedEngine
from tujian.engines.machine import MB, Memory, read_memory
from tujian.engines.transformers_folder import Weights, read_folder
from tujian.errors import BrokenInstall, DoesNotFit, Said
from tujian.records import EngineUsed

NEEDED = ("torch", "transformers")
NEEDED_IN_4_BITS = ("accelerate", "bitsandbytes")
CONTEXT, LEAST_CONTEXT = 8192, 4096  # tokens: pictures of a task take up to 2,048; half of it still holds one
READY_S, READY_S_PER_GB = 120.0, 30.0  # torch takes 4 to 11 s to import; a disk of 50 MB/s, and some for converting
PROCESS_BYTES = 1300 << 20  # measured: torch and Transformers 0.3 GB, 1,024 cells of a picture in a 1B network 0.5 GB
LARGE_SHARE = 0.6  # of the machine's memory: float32 is taken when it leaves the rest for pictures, perception, browser

DType = Literal["auto", "float32", "bfloat16"]
Device = Literal["auto", "cpu", "cuda", "mps"]


class TransformersEngine(HostedEngine):
    """The engine; it loads when it is first asked, or by `warm`.

    `context` counts tokens of question and answer (0: 8,192, or what the model has, or what memory allows). `dtype`
    auto: on a CPU float32 while that takes at most 60 % of memory, else bfloat16; on a GPU bfloat16. `quantise` "4bit"
    wants a CUDA GPU, accelerate and bitsandbytes. GPUs and 4 bits are unmeasured, and a GPU's memory is not read.
    `threads` 0: as many as suit the machine. `memory` is read when it is not given; that takes a second where a GPU is.
    Raises BrokenInstall, ModelUnusable, DoesNotFit.
    """

    def __init__(
        self,
        model: Path,
        *,
        timeout_s: float,
        context: int = 0,
        queue: int = 32,
        threads: int = 0,
        dtype: DType = "auto",
        device: Device = "auto",
        quantise: Literal["4bit"] | None = None,
        memory: Memory | None = None,
    ) -> None:
        require((*NEEDED, *NEEDED_IN_4_BITS) if quantise else NEEDED)
        weights = read_folder(model)
        memory = memory or read_memory()
        if device == "cpu" or (device == "auto" and not has_gpu(memory)):
            has_bytes = int(memory.total_mb * MB)
            context = fitting_context(weights, context, has_bytes)
            dtype = dtype if dtype != "auto" else fitting_dtype(weights, context, has_bytes)
        dtype = dtype if dtype != "auto" else "bfloat16"
        name = f"{weights.name} {quantise or dtype} {weights.fingerprint}"
        orders = {
            "model": str(weights.path.absolute()),
            "name": name,
            "context": context or min(CONTEXT, weights.longest_context),
            "threads": threads or memory.threads,
            "queue": 1,  # the lanes in front of it are longer; one more covers the moment between two answers
            "dtype": dtype,
            "device": device,
            "quantise": quantise,
        }
        super().__init__(
            Child(
                "tujian.engines.transformers_child",
                orders,
                name="Transformers",
                ready_timeout_s=READY_S + READY_S_PER_GB * weights.stored_bytes / 1e9,
            ),
            EngineUsed(kind="transformers", url=None, model=name, remote=False),
            timeout_s=timeout_s,
            slots=1,
            queue=queue,
            schema_by="prompt",
        )


def require(modules: Sequence[str]) -> None:
    """Raises BrokenInstall when one of `modules` is not installed."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        command = 'pip install "tujian[transformers]"'
        raise BrokenInstall(
            zh=Said(f"没有安装 {'、'.join(missing)}。", f"请运行 {command}，或改用 GGUF 模型（llama.cpp，不需要它）。"),
            en=Said(
                f"Not installed: {', '.join(missing)}.",
                f"Run {command}, or use a GGUF model (llama.cpp), which does not need it.",
            ),
        )


def fitting_context(weights: Weights, wanted: int, has_bytes: int) -> int:
    """Tokens of context for `wanted` (0: the usual). Raises DoesNotFit when not even bfloat16 weights and 4,096 fit."""
    usual = min(wanted or CONTEXT, weights.longest_context)
    choices = [usual] if wanted else [usual, min(LEAST_CONTEXT, usual)]
    for context in choices:
        if weights.needs_bytes(context, 2) + PROCESS_BYTES <= has_bytes:
            return context
    needs_gb = (weights.needs_bytes(choices[-1], 2) + PROCESS_BYTES) / 1e9
    has_gb = has_bytes / 1e9
    raise DoesNotFit(
        zh=Said(
            f"{weights.name} 至少需要 {needs_gb:.1f} GB 内存，这台机器只有 {has_gb:.1f} GB。",
            "请换小一些的模型，或用 GGUF 量化模型（llama.cpp，内存约为三分之一）。",
        ),
        en=Said(
            f"{weights.name} needs {needs_gb:.1f} GB of memory at least; this machine has {has_gb:.1f} GB.",
            "Take a smaller model, or a quantised GGUF (llama.cpp): a third of the memory.",
        ),
    )


def fitting_dtype(weights: Weights, context: int, has_bytes: int) -> Literal["float32", "bfloat16"]:
    """What the numbers are kept as on a CPU. It looks at all memory, not at what is free now: the same machine must
    choose the same, or answers stored under the one would not be found under the other."""
    large = weights.needs_bytes(context, 4) + PROCESS_BYTES
    return "float32" if large <= LARGE_SHARE * has_bytes else "bfloat16"


def has_gpu(memory: Memory) -> bool:
    """Whether the installed torch can probably use a GPU of this machine; the child looks again."""
    there = memory.unified or memory.gpus or memory.idle_gpus
    return bool(there) and "+cpu" not in importlib.metadata.version("torch")
