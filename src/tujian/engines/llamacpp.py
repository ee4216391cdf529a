"""Qwen3-VL by llama.cpp (xllamacpp), in a child process of this machine. req: A1, A2, A3

Enters: a GGUF file and its mmproj. Leaves: an Engine that has been planned to fit and loads when it is first asked.
Does not know: llama.cpp, which is its child's (`llamacpp_child.py`): its load failures are told on stderr only, a fork
of a process that holds it hangs, and it may crash on a picture without taking the catalogue with it.
"""

import importlib.util
from pathlib import Path

from tujian.engines.child import Child
from tujian.engines.gguf_files import fingerprint
from tujian.engines.gguf_pairs import find_mmproj
from tujian.engines.hosted import HostedEngine
from tujian.engines.machine import Memory, read_memory
from tujian.engines.memory import PROMPT_CACHE_MB
from tujian.engines.preflight import Plan, plan
from tujian.errors import BrokenInstall
from tujian.records import EngineUsed

READY_S, READY_S_PER_GB = 60.0, 20.0  # a disk or network drive of 50 MB/s


class LlamaCppEngine(HostedEngine):
    """The engine; it loads when it is first asked, or by `warm`.

    `mmproj` is found beside the model by name. `context` counts tokens of one question with its answer (0: 8,192, or
    what memory allows, 4,096 at least), `slots` questions at once, `threads` those of the CPU; 0 lets preflight choose.
    `plan` is what it chose and what to expect. Raises BrokenInstall, ModelUnusable, DoesNotFit.
    """

    def __init__(
        self,
        model: Path,
        mmproj: Path | None = None,
        *,
        timeout_s: float,
        context: int = 0,
        slots: int = 0,
        queue: int = 32,
        threads: int = 0,
        memory: Memory | None = None,
    ) -> None:
        require_llama()
        mmproj = mmproj or find_mmproj(model)
        memory = memory or read_memory()
        self.plan = plan(model, mmproj, memory=memory, context=context, slots=slots, threads=threads)
        name = f"{self.plan.model.name} {self.plan.model.quantisation} {fingerprint(model, mmproj)}"
        super().__init__(
            Child(
                "tujian.engines.llamacpp_child",
                orders_of(self.plan, name),
                name="llama.cpp",
                ready_timeout_s=READY_S + READY_S_PER_GB * self.plan.needs.weights_mb / 1000,
            ),
            EngineUsed(kind="llama.cpp", url=None, model=name, remote=False),
            timeout_s=timeout_s,
            slots=self.plan.slots,
            queue=queue,
            schema_by="grammar",  # keeps free strings valid UTF-8, which `response_format` does not (wire.py)
        )


def orders_of(plan: Plan, name: str) -> dict[str, object]:
    """What the child is told, all but its key."""
    return {
        "model": str(plan.model.path.absolute()),
        "mmproj": str(plan.eyes.path.absolute()),
        "name": name,
        "context": plan.context * plan.slots,  # llama.cpp divides it among the slots
        "slots": plan.slots,
        "threads": plan.threads,
        "gpu_layers": plan.gpu_layers,
        "cache_mb": PROMPT_CACHE_MB,
    }


def require_llama() -> None:
    """Raises BrokenInstall when xllamacpp is not installed: it has wheels for common platforms only."""
    if importlib.util.find_spec("xllamacpp") is None:
        raise BrokenInstall(
            zh=(
                "没有安装 xllamacpp（llama.cpp）。",
                "请运行 pip install xllamacpp；本平台没有它时，请用 llama-server 或 Ollama 的地址作引擎。",
            ),
            en=(
                "xllamacpp (llama.cpp) is not installed.",
                "Run pip install xllamacpp; where it has no wheel, name a llama-server or Ollama by --engine-url.",
            ),
        )
