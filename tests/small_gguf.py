"""Writes small GGUF files for tests: honest ones, and ones that no honest writer would write."""

import struct
from pathlib import Path

U32, F32, BOOL, STRING, ARRAY, U64 = 4, 6, 7, 8, 9, 10
MODEL = {
    "general.architecture": "qwen3vl",
    "general.file_type": 7,
    "qwen3vl.block_count": 2,
    "qwen3vl.context_length": 32768,
    "qwen3vl.embedding_length": 64,
    "qwen3vl.feed_forward_length": 128,
    "qwen3vl.attention.head_count": 4,
    "qwen3vl.attention.head_count_kv": 2,
    "qwen3vl.attention.key_length": 16,
    "qwen3vl.attention.value_length": 16,
    "qwen3vl.n_deepstack_layers": 1,
    "tokenizer.ggml.tokens": ["a", "b", "c"],
}
EYES = {
    "general.architecture": "clip",
    "general.file_type": 7,
    "clip.projector_type": "qwen3vl_merger",
    "clip.vision.projection_dim": 64,
    "clip.vision.patch_size": 16,
    "clip.vision.embedding_length": 32,
    "clip.vision.feed_forward_length": 64,
    "clip.vision.block_count": 2,
    "clip.vision.attention.head_count": 2,
    "clip.vision.is_deepstack_layers": [True, False],
}


def text(words):
    raw = words.encode()
    return struct.pack("<Q", len(raw)) + raw


def scalar(value):
    if isinstance(value, bool):
        return BOOL, struct.pack("<?", value)
    if isinstance(value, int):
        return U32, struct.pack("<I", value)
    if isinstance(value, float):
        return F32, struct.pack("<f", value)
    return STRING, text(value)


def pair(key, value):
    if isinstance(value, bytes):  # as it stands: type and all
        return text(key) + value
    if isinstance(value, list):
        kind = scalar(value[0])[0] if value else U32
        return text(key) + struct.pack("<IIQ", ARRAY, kind, len(value)) + b"".join(scalar(one)[1] for one in value)
    kind, raw = scalar(value)
    return text(key) + struct.pack("<I", kind) + raw


def write_gguf(path: Path, values, tensors=(("blk.0.x", (32,), 0),), *, version=3, counts=None, tail=0) -> Path:
    """`tensors` are (name, shape, ggml type); `tail` cuts bytes off the end; `counts` lies about how many there are."""
    infos, start = b"", 0
    for name, shape, kind in tensors:
        infos += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, start)
        start += 4096
    told = counts or (len(tensors), len(values))
    head = b"GGUF" + struct.pack("<IQQ", version, *told) + b"".join(pair(*item) for item in values.items()) + infos
    whole = head + b"\0" * (-len(head) % 32) + b"\0" * start
    path.write_bytes(whole[: len(whole) - tail])
    return path
