"""Does preflight predict the memory of a 2B model? Random weights of the true shape, loaded and asked.

    python benchmarks/shaped.py [--type q8_0|q4_k|q4_0|f16] [--threads 2] [--folder DIR]

Writes a pair of 2.3 GB (to --folder or a temporary one, deleted afterwards), reads its header with our reader and with
the gguf package's, then loads it through the child with several contexts and slots, asks about one picture each, and
sets the peak of the child's resident memory (VmHWM) beside the plan. Linux only.
"""

import argparse
import io
import re
import sys
import tempfile
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image
from told import ROOT, tell

from tujian.engines.asking import listen
from tujian.engines.dialect import Question
from tujian.engines.gguf_files import read_header
from tujian.engines.llamacpp import LlamaCppEngine
from tujian.engines.machine import read_memory
from tujian.engines.memory import EYE_GFLOP
from tujian.engines.preflight import plan
from tujian.tasks import Sampling

sys.path.insert(0, str(ROOT / "train"))
from ggufs import QWEN3_VL_2B, write_random

CASES = ((4096, 1, 512), (8192, 1, 512), (8192, 2, 512), (4096, 1, 1024))  # context, slots, side of the picture in px
LIMIT = 0.15  # what the issue asks for


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--type", default="q8_0", choices=("q8_0", "q4_k", "q4_0", "f16"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        model, mmproj = write_random(QWEN3_VL_2B, Path(folder), name="random-2B", kind=chosen.type)
        headers = header_times(model)
        cases = [measured(model, mmproj, *case, chosen.threads) for case in CASES]
    worst = max(abs(case["error"]) for case in cases)
    print(f"worst error {worst:.1%} (limit {LIMIT:.0%})")
    tell(
        type=chosen.type,
        threads=chosen.threads,
        worst_error=round(worst, 3),
        cases=cases,
        xllamacpp=version("xllamacpp"),
        **headers,
    )
    sys.exit(worst > LIMIT)


def measured(model: Path, mmproj: Path, context: int, slots: int, side_px: int, threads: int) -> dict[str, object]:
    tokens = (side_px // 32) ** 2
    expected = plan(model, mmproj, memory=read_memory(), context=context, slots=slots, picture_tokens=tokens)
    engine = LlamaCppEngine(model, mmproj, timeout_s=900, context=context, slots=slots, threads=threads)
    begun = time.perf_counter()
    engine.warm()
    reply = listen(engine, question(side_px))
    seconds = time.perf_counter() - begun
    has_mb = peak_mb(engine.pid)
    engine.close()
    error = expected.needs.total_mb / has_mb - 1
    gflop = 2 * expected.model.parameters / 1e9 * reply.tokens_in + EYE_GFLOP * expected.eyes.parameters / 1e9 * tokens
    rate = gflop / seconds / threads
    print(
        f"context {context} x {slots}, {side_px} px: planned {expected.needs.total_mb:,.0f} MB, "
        f"measured {has_mb:,.0f} MB ({error:+.1%}), {seconds:.0f} s with loading, {rate:.0f} GFLOP/s a thread",
        flush=True,
    )
    return {
        "context": context, "slots": slots, "side_px": side_px, "planned_mb": round(expected.needs.total_mb),
        "measured_mb": round(has_mb), "error": round(error, 4), "seconds": round(seconds, 1),
        "gflops_a_thread": round(rate, 1), "parts_mb": {k: round(v) for k, v in asdict(expected.needs).items()},
    }  # fmt: skip


def question(side_px: int) -> Question:
    noise = np.random.default_rng(7).integers(0, 256, (side_px, side_px, 3), dtype=np.uint8)
    jpeg = io.BytesIO()
    Image.fromarray(noise).save(jpeg, "JPEG", quality=90)
    return Question("What is this?", (jpeg.getvalue(),), "en", Sampling(temperature=0, max_tokens=16))


def peak_mb(pid: int) -> float:
    told = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(told[1]) * 1024 / 1e6


def header_times(model: Path) -> dict[str, float]:
    """Seconds, both with a warm cache."""
    import gguf

    read_header(model)
    begun = time.perf_counter()
    read_header(model)
    ours = time.perf_counter() - begun
    begun = time.perf_counter()
    gguf.GGUFReader(model)
    theirs = time.perf_counter() - begun
    print(f"header: ours {ours:.3f} s, the gguf package's {theirs:.1f} s")
    return {"header_s": round(ours, 4), "header_gguf_s": round(theirs, 2)}


if __name__ == "__main__":
    main()
