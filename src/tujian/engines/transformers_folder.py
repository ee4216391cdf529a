"""A folder of Qwen3-VL weights as Hugging Face keeps them, read without torch: what it is, and whether it is whole.

Enters: a folder with config.json, *.safetensors, tokenizer.json, preprocessor_config.json. Leaves: `Weights`, or
ModelUnusable with what is wrong, in milliseconds: loading torch to learn that a shard is missing takes seconds.
Only the headers of the weights are read, so a flipped bit inside them goes unseen.
Does not know: how weights are run, nor any hub. File form: https://github.com/huggingface/safetensors#format
"""

import hashlib
import json
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tujian.errors import ModelUnusable, Said

KINDS = {  # model_type in config.json: the class of Transformers 5.23 that runs it
    "qwen3_vl": "Qwen3VLForConditionalGeneration",
    "qwen3_vl_moe": "Qwen3VLMoeForConditionalGeneration",
}
NEEDED = ("tokenizer.json", "preprocessor_config.json")
TEMPLATES = ("chat_template.jinja", "chat_template.json", "tokenizer_config.json")
MOST_HEADER_BYTES = 100_000_000  # the safetensors format's own limit
MOST_JSON_BYTES = 32 << 20  # the index of the 235B has 2.6 MB
SAMPLES, SAMPLE_BYTES = 64, 16 << 10  # of each file, for the fingerprint: 1 MB tells a fine-tuned copy apart


@dataclass(frozen=True, slots=True)
class Weights:
    """What a folder holds. `kv_values` are numbers kept per token of context: layers x KV heads x 2 x head size."""

    path: Path
    name: str
    kind: str
    parameters: int
    stored_bytes: int
    kv_values: int
    longest_context: int
    fingerprint: str

    def needs_bytes(self, context: int, bytes_per_value: int) -> int:
        """Weights and key-value cache of one turn at `context` tokens, in memory as `bytes_per_value`."""
        return (self.parameters + self.kv_values * context) * bytes_per_value


def read_folder(path: Path) -> Weights:
    """The weights in `path`. Raises ModelUnusable: missing, not Qwen3-VL, a shard missing or cut short."""
    if not path.is_dir():
        raise _no_folder(path)
    config = _config(path)
    text = config["text_config"]
    _no_part_missing(path)
    files = _weight_files(path)
    sizes = [_tensors(file) for file in files]
    head = text.get("head_dim") or text["hidden_size"] // text["num_attention_heads"]
    return Weights(
        path=path,
        name=_name(path),
        kind=config["model_type"],
        parameters=sum(sizes),
        stored_bytes=sum(file.stat().st_size for file in files),
        kv_values=text["num_hidden_layers"] * text["num_key_value_heads"] * 2 * head,
        longest_context=text["max_position_embeddings"],
        fingerprint=_fingerprint([path / "config.json", *files]),
    )


def _name(path: Path) -> str:
    """The folder's name; in the hub's cache (models--Qwen--NAME/snapshots/HASH) the model's."""
    path = path.absolute()
    if path.parent.name == "snapshots":
        return path.parent.parent.name.rpartition("--")[2]
    return path.name


def _config(path: Path) -> dict[str, Any]:
    file = path / "config.json"
    if not file.is_file():
        raise unusable(path, "里没有 config.json", "has no config.json")
    config = _read_json(file)
    kind = config.get("model_type")
    if kind not in KINDS:
        raise ModelUnusable(
            zh=(f"{path} 里是 {kind!r} 模型，不是 Qwen3-VL 视觉语言模型。", "请用 Qwen3-VL 的权重文件夹。"),
            en=(f"{path} holds a {kind!r} model, not Qwen3-VL, a vision-language model.", "Use Qwen3-VL's weights."),
        )
    if "quantization_config" in config:
        raise ModelUnusable(
            zh=(f"{path} 里的权重已经量化（如 FP8），这里运行不了。", "请用 bfloat16 原始权重，或换成 GGUF。"),
            en=(f"The weights in {path} are quantised (FP8 or so): not run here.", "Use the bfloat16 ones, or a GGUF."),
        )
    counts = ("num_hidden_layers", "num_attention_heads", "num_key_value_heads", "hidden_size")
    text = config.get("text_config")
    if not isinstance(text, dict) or not all(
        isinstance(text.get(name), int) and text[name] > 0 for name in (*counts, "max_position_embeddings")
    ):
        raise unusable(path, "的 config.json 不完整", "has an incomplete config.json")
    return config


def _no_part_missing(path: Path) -> None:
    for name in NEEDED:
        if not (path / name).is_file():
            raise unusable(path, f"里没有 {name}", f"has no {name}")
    if not any((path / name).is_file() for name in TEMPLATES):
        raise unusable(path, "里没有对话模板 chat_template", "has no chat_template")


def _weight_files(path: Path) -> list[Path]:
    index = path / "model.safetensors.index.json"
    if not index.is_file():
        if not (path / "model.safetensors").is_file():
            raise unusable(path, "里没有 model.safetensors", "has no model.safetensors")
        return [path / "model.safetensors"]
    places = _read_json(index).get("weight_map")
    if not isinstance(places, dict) or not all(isinstance(name, str) and "/" not in name for name in places.values()):
        raise unusable(path, f"的 {index.name} 不完整", f"has an incomplete {index.name}")
    names = sorted(set(places.values()))
    missing = [name for name in names if not (path / name).is_file()]
    if missing:
        shown = ", ".join(missing[:3])
        raise unusable(
            path,
            f"缺少 {len(names)} 个权重文件中的 {len(missing)} 个：{shown}",
            f"lacks {len(missing)} of {len(names)} weight files: {shown}",
        )
    return [path / name for name in names]


def _tensors(file: Path) -> int:
    """How many numbers the file's tensors hold; its length must be what its header says."""
    header, start = _header(file)
    ends, count = [0], 0
    for name, entry in header.items():
        if name != "__metadata__":
            shape, offsets = _entry(file, entry)
            ends.append(offsets[1])
            count += math.prod(shape)
    has, needs = file.stat().st_size, start + max(ends)
    if has < needs:
        raise unusable(
            file,
            f"不完整：只有 {has:,} 字节，应有 {needs:,} 字节",
            f"is cut short: it has {has:,} bytes of {needs:,}",
        )
    return count


def _header(file: Path) -> tuple[dict[str, Any], int]:
    with file.open("rb") as opened:
        length = opened.read(8)
        size = struct.unpack("<Q", length)[0] if len(length) == 8 else 0
        if not 2 <= size <= MOST_HEADER_BYTES:  # an LFS pointer, an HTML page, nothing
            raise unusable(file, "不是 safetensors 权重文件", "is no safetensors file")
        raw = opened.read(size)
    if len(raw) < size:
        raise unusable(file, "不完整：连文件头都没有下载完", "is cut short within its header")
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise unusable(file, "不是 safetensors 权重文件", "is no safetensors file") from error
    if not isinstance(header, dict):
        raise unusable(file, "不是 safetensors 权重文件", "is no safetensors file")
    return header, 8 + size


def _entry(file: Path, entry: object) -> tuple[list[int], list[int]]:
    if isinstance(entry, Mapping):
        shape, offsets = _counts(entry.get("shape")), _counts(entry.get("data_offsets"))
        if shape is not None and offsets is not None and len(offsets) == 2:
            return shape, offsets
    raise unusable(file, "的文件头已损坏", "has a damaged header")


def _counts(found: object) -> list[int] | None:
    if not isinstance(found, list) or not all(type(number) is int and number >= 0 for number in found):
        return None
    return found


def _read_json(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > MOST_JSON_BYTES:
            raise ValueError("too long")
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise unusable(file, "读不了，或者不是 JSON", "cannot be read, or is no JSON") from error
    if not isinstance(found, dict):
        raise unusable(file, "不是 JSON 对象", "is no JSON object")
    return found


def _fingerprint(files: list[Path]) -> str:
    """8 hex digits of sizes and evenly spread samples: whole shards of 5 GB would take seconds to hash."""
    digest = hashlib.sha256()
    for file in files:
        for sample in _samples(file):
            digest.update(sample)
    return digest.hexdigest()[:8]


def _samples(file: Path) -> Iterator[bytes]:
    size = file.stat().st_size
    yield size.to_bytes(8, "little")
    with file.open("rb") as opened:
        for number in range(SAMPLES):
            opened.seek(max(0, size - SAMPLE_BYTES) * number // (SAMPLES - 1))
            yield opened.read(SAMPLE_BYTES)


def _no_folder(path: Path) -> ModelUnusable:
    if path.is_file():
        return ModelUnusable(
            zh=(f"{path} 是文件，Transformers 需要权重文件夹。", "GGUF 文件请直接用 --model 打开（llama.cpp）。"),
            en=(f"{path} is a file; Transformers wants a folder.", "Open a GGUF by --model alone (llama.cpp)."),
        )
    return ModelUnusable(
        zh=(f"没有模型文件夹 {path}。", "请检查路径，或先下载模型。"),
        en=(f"There is no model folder {path}.", "Check the path, or download the model first."),
    )


def unusable(path: Path, zh: str, en: str) -> ModelUnusable:
    """A file or folder that is there and wrong."""
    return ModelUnusable(
        zh=Said(f"{path} {zh}。", "请重新下载这个模型的全部文件。"),
        en=Said(f"{path} {en}.", "Download all of the model's files again."),
    )
