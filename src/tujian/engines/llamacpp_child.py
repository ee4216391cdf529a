"""The llama.cpp child: one server on a random port of 127.0.0.1, run as `python -P -m tujian.engines.llamacpp_child`.

Enters, on stdin's first line: model, mmproj (paths or null), name, key, context (tokens in all, divided among the
slots), slots, threads, gpu_layers (-1: llama.cpp's own choice, all that fit), cache_mb (prompts kept). Leaves: its
address; llama.cpp's log on stderr. Does not know who asks, or what.
"""

import importlib
import os
import sys
from typing import Any

from tujian.engines.lifeline import Lifeline

LOAD_MODE_NONE = 0  # llama.h, enum llama_load_mode
WARNINGS = 2  # llama.cpp common/log.h: 1 errors, 2 warnings, 3 a line or more per request


def main() -> None:
    """Serve until SIGTERM or until the parent is gone."""
    if "xllamacpp" in sys.modules:  # its threads do not survive a fork: the copy hangs (notes: measured)
        raise SystemExit("the llama.cpp child is a program of its own: start it, do not fork into it")
    lifeline = Lifeline()
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")  # a debugger on a dying process takes seconds and buries the cause
    llama = importlib.import_module("xllamacpp")  # by name: it has no types
    try:
        server = llama.Server(_fill(llama.CommonParams(), lifeline.settings))
    except RuntimeError:  # it says only that it failed; the cause is in the log
        raise SystemExit(1) from None
    lifeline.ready(f"{server.listening_address}/v1")
    lifeline.wait()
    del server  # frees the slots and closes the port


def _fill(params: Any, settings: dict[str, Any]) -> object:  # noqa: ANN401
    params.model.path, params.mmproj.path = settings["model"], settings["mmproj"] or ""
    params.n_ctx, params.n_parallel = settings["context"], settings["slots"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings["threads"]
    params.n_gpu_layers = settings["gpu_layers"]
    params.cache_ram_mib = settings["cache_mb"]  # its default of 8,192 would eat what preflight counted
    # read, not mapped: 4-bit weights are laid out anew on a CPU and a mapping would count twice; and a mapped file that
    # is replaced under a running model kills it
    params.load_mode = type(params.load_mode)(LOAD_MODE_NONE)
    params.fit_params = False  # it ignores the vision encoder; preflight has done the sum
    params.ui = False
    params.verbosity = WARNINGS
    params.endpoint_metrics = params.endpoint_slots = True
    params.model_alias, params.api_keys = {settings["name"]}, [settings["key"]]
    return params


if __name__ == "__main__":
    main()
