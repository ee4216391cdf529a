"""Writes a checkpoint as the files that tests use: a Transformers folder and two GGUF files.

Enters: a checkpoint of train.py. Leaves: model.safetensors, config, tokenizer, chat template and picture processor for
Transformers; nano-f16.gguf and mmproj-nano-f16.gguf for llama.cpp. Both hold the same weights, rounded to float16 once.
Does not know: how good the network is.

    python train/nano/convert.py out/nano/checkpoint.pt tests/nano
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # this folder's scripts, and ggufs.py

from ggufs import write_pair  # noqa: E402
from network import make_network, make_tokenizer  # noqa: E402

MOST_BYTES = 12_000_000  # of everything committed for the network
# Qwen3-VL's preprocessor_config.json, but for its smallest picture: eight tokens instead of 64
PROCESSOR: dict[str, Any] = {
    "size": {"longest_edge": 16777216, "shortest_edge": 8192},
    "patch_size": 16,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "processor_class": "Qwen3VLProcessor",
    "image_processor_type": "Qwen2VLImageProcessorPil",
}


def write_folder(checkpoint: Path, out: Path) -> None:
    """What Transformers loads."""
    state = torch.load(checkpoint, weights_only=True)
    tokenizer = make_tokenizer(Tokenizer.from_str(state["tokenizer"]))
    network = make_network(tokenizer, seed=0)
    network.load_state_dict(state["network"])
    network.half().save_pretrained(out)
    tokenizer.save_pretrained(out)
    (out / "preprocessor_config.json").write_text(json.dumps(PROCESSOR, indent=1) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    chosen = parser.parse_args()
    write_folder(chosen.checkpoint, chosen.out)
    write_pair(chosen.out, chosen.out, name="nano", kind="f16")
    sizes = {path.name: path.stat().st_size for path in sorted(chosen.out.iterdir()) if path.is_file()}
    print(json.dumps({"bytes": sizes, "bytes_in_all": sum(sizes.values())}))
    if sum(sizes.values()) > MOST_BYTES:
        sys.exit(f"{sum(sizes.values()):,} bytes: more than {MOST_BYTES:,} are not committed.")


if __name__ == "__main__":
    main()
