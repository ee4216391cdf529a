"""Writes Qwen3-VL weights as the two GGUF files that llama.cpp reads: the text model, and its eyes (mmproj).

Enters: a Transformers folder (config.json, *.safetensors, tokenizer.json, chat template), or only a shape, which is
then filled with random weights. Leaves: NAME-TYPE.gguf and mmproj-NAME-TYPE.gguf. Does not know how it was trained.

    python train/ggufs.py FOLDER OUT --name nano --type q8_0

Names of keys and tensors are llama.cpp's (gguf-py's constants.py and its Qwen3-VL conversion); at the same type the
files hold the same keys, tensors and bytes as its own converter's, which tests/test_gguf_files.py checks. Tensors are
written one by one, so that 2 GB of them need no 2 GB of memory.
"""

import argparse
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray

Array = NDArray[Any]
FILE_TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q8_0": 7, "q4_k": 14}  # llama.h, enum llama_ftype
# q4_k, which most published files have, for random weights only: gguf-py reads it and does not write it
TYPES = {"f32": Type.F32, "f16": Type.F16, "q4_0": Type.Q4_0, "q8_0": Type.Q8_0, "q4_k": Type.Q4_K}
# the text half: tensors of a layer, in the order in which the converter meets them
LAYER = {
    "input_layernorm.weight": "attn_norm.weight", "mlp.down_proj.weight": "ffn_down.weight",
    "mlp.gate_proj.weight": "ffn_gate.weight", "mlp.up_proj.weight": "ffn_up.weight",
    "post_attention_layernorm.weight": "ffn_norm.weight", "self_attn.k_norm.weight": "attn_k_norm.weight",
    "self_attn.k_proj.weight": "attn_k.weight", "self_attn.o_proj.weight": "attn_output.weight",
    "self_attn.q_norm.weight": "attn_q_norm.weight", "self_attn.q_proj.weight": "attn_q.weight",
    "self_attn.v_proj.weight": "attn_v.weight",
}  # fmt: skip
BLOCK = {
    "attn.proj": "attn_out", "attn.qkv": "attn_qkv", "mlp.linear_fc1": "ffn_up", "mlp.linear_fc2": "ffn_down",
    "norm1": "ln1", "norm2": "ln2",
}  # fmt: skip
DEEP = {"linear_fc1": "fc1", "linear_fc2": "fc2", "norm": "norm"}
MERGER = {"linear_fc1": "mm.0", "linear_fc2": "mm.2", "norm": "v.post_ln"}
EPSILON = 1e-6  # of the vision tower's layer norms; its config does not say, Transformers' code does
RANDOM_SPREAD = 0.02  # of random weights, as models are initialised: sums stay finite
RANDOM_NUMBERS = 1 << 22  # drawn for one tensor at most; larger ones repeat them
PLAIN_TEMPLATE = (
    "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' }}"
    "{%- if message.content is string %}{{- message.content }}{%- else %}{%- for part in message.content %}"
    "{%- if part.type == 'image' or 'image' in part or 'image_url' in part %}"
    "{{- '<|vision_start|><|image_pad|><|vision_end|>' }}{%- elif 'text' in part %}{{- part.text }}{%- endif %}"
    "{%- endfor %}{%- endif %}{{- '<|im_end|>\\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)
SPECIAL = (
    "<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|> "
    "<|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>"
).split()
# config.json of Qwen/Qwen3-VL-2B-Instruct, as far as shapes go
QWEN3_VL_2B: dict[str, Any] = {
    "tie_word_embeddings": True,
    "text_config": {
        "num_hidden_layers": 28, "hidden_size": 2048, "intermediate_size": 6144, "num_attention_heads": 16,
        "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151936, "max_position_embeddings": 262144,
        "rms_norm_eps": 1e-6, "rope_theta": 5000000, "rope_scaling": {"mrope_section": [24, 20, 20]},
    },
    "vision_config": {
        "depth": 24, "hidden_size": 1024, "intermediate_size": 4096, "num_heads": 16, "out_hidden_size": 2048,
        "num_position_embeddings": 2304, "patch_size": 16, "temporal_patch_size": 2, "spatial_merge_size": 2,
        "in_channels": 3, "deepstack_visual_indexes": [5, 11, 17],
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """A vocabulary: tokens by their number, gguf's type for each, merges, and the special ones' numbers."""

    tokens: list[str]
    types: list[int]
    merges: list[str]
    eos: int
    pad: int
    bos: int
    template: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A tensor to be written: numpy's shape (slowest first) and how to get its values as stored."""

    name: str
    shape: tuple[int, ...]
    type: Type
    make: Callable[[], Array]


def write_pair(folder: Path, out: Path, *, name: str, kind: str = "q8_0") -> tuple[Path, Path]:
    """The weights in `folder` as two files in `out`: the text model's path and the mmproj's."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    weights = _Stored(folder)
    return _write(config, read_words(folder, config), weights.shape, weights.stored, out, name, kind)


def write_random(config: dict[str, Any], out: Path, *, name: str, kind: str = "q8_0") -> tuple[Path, Path]:
    """The same two files with random weights, as large and as slow as real ones. Rows repeat: drawing a new number
    for each of two thousand million weights would take minutes and change nothing that is measured."""
    shapes = dict(shapes_of(config))
    numbers = np.random.default_rng(0)

    def stored(key: str, to: Type) -> Array:
        rows, *rest = shapes[key]
        some = max(1, min(rows, RANDOM_NUMBERS // math.prod(rest)))
        if to == Type.Q4_K:
            drawn = _random_q4_k(numbers, some, rest[0])
        else:
            drawn = gguf.quantize(numbers.standard_normal((some, *rest), np.float32) * np.float32(RANDOM_SPREAD), to)
        return np.resize(drawn, (rows, *drawn.shape[1:]))

    return _write(config, invent_words(config), shapes.__getitem__, stored, out, name, kind)


def _random_q4_k(numbers: np.random.Generator, rows: int, columns: int) -> Array:
    """Blocks of 256 weights as ggml-common.h has them: two scales in 16 bits, 12 bytes of scales, 128 of weights.

    Scale and offset are such that the weights spread about as RANDOM_SPREAD says, around 0.
    """
    blocks = numbers.integers(0, 256, (rows, columns // 256, 144), dtype=np.uint8)
    blocks[..., :4] = np.array([8e-5, 6e-4], np.float16).view(np.uint8)
    return blocks.reshape(rows, -1)


def _write(
    config: dict[str, Any],
    words: Words,
    shape: Callable[[str], tuple[int, ...]],
    stored: Callable[[str, Type], Array],
    out: Path,
    name: str,
    kind: str,
) -> tuple[Path, Path]:
    out.mkdir(parents=True, exist_ok=True)
    eyes_kind = "q8_0" if kind == "q4_k" else kind  # as published: a Q4_K_M model has eyes in Q8_0
    model, eyes = out / f"{name}-{kind}.gguf", out / f"mmproj-{name}-{eyes_kind}.gguf"
    writer = gguf.GGUFWriter(model, "qwen3vl")
    tensors = list(_planned(text_names(config), shape, stored, TYPES[kind]))
    _describe(writer, "model", name, tensors)
    _describe_text(writer, config, FILE_TYPES[kind])
    _describe_words(writer, words)
    _store(writer, tensors)
    writer = gguf.GGUFWriter(eyes, "clip")
    tensors = list(_planned(vision_names(config), shape, stored, TYPES[eyes_kind]))
    _describe(writer, "mmproj", name, tensors)
    _describe_vision(writer, config, FILE_TYPES[eyes_kind])
    _store(writer, tensors)
    return model, eyes


def text_names(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Transformers' name and llama.cpp's, of every tensor of the text half."""
    if not config.get("tie_word_embeddings", config["text_config"].get("tie_word_embeddings")):
        yield "lm_head.weight", "output.weight"
    yield "model.language_model.embed_tokens.weight", "token_embd.weight"
    for layer in range(config["text_config"]["num_hidden_layers"]):
        for theirs, ours in LAYER.items():
            yield f"model.language_model.layers.{layer}.{theirs}", f"blk.{layer}.{ours}"
    yield "model.language_model.norm.weight", "output_norm.weight"


def vision_names(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The same for the eyes. The patch embedding is one tensor in Transformers and one per frame in llama.cpp."""
    vision = config["vision_config"]
    for block in range(vision["depth"]):
        yield from _both(f"model.visual.blocks.{block}", f"v.blk.{block}", BLOCK)
    for index, block in enumerate(vision["deepstack_visual_indexes"]):
        yield from _both(f"model.visual.deepstack_merger_list.{index}", f"v.deepstack.{block}", DEEP)
    for theirs, ours in MERGER.items():
        for part in ("bias", "weight"):
            yield f"model.visual.merger.{theirs}.{part}", f"{ours}.{part}"
    yield "model.visual.patch_embed.proj.bias", "v.patch_embd.bias"
    for frame in range(vision["temporal_patch_size"]):
        yield f"model.visual.patch_embed.proj.weight@{frame}", f"v.patch_embd.weight{f'.{frame}' if frame else ''}"
    yield "model.visual.pos_embed.weight", "v.position_embd.weight"


def _both(theirs: str, ours: str, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    for old, new in names.items():
        for part in ("bias", "weight"):
            yield f"{theirs}.{old}.{part}", f"{ours}.{new}.{part}"


def shapes_of(config: dict[str, Any]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Transformers' name and numpy's shape of every tensor that a config asks for."""
    text, vision = config["text_config"], config["vision_config"]
    width, inner, head = text["hidden_size"], text["intermediate_size"], text["head_dim"]
    queries, keys = text["num_attention_heads"] * head, text["num_key_value_heads"] * head
    layer = {
        "input_layernorm": (width,), "mlp.down_proj": (width, inner), "mlp.gate_proj": (inner, width),
        "mlp.up_proj": (inner, width), "post_attention_layernorm": (width,), "self_attn.k_norm": (head,),
        "self_attn.k_proj": (keys, width), "self_attn.o_proj": (width, queries), "self_attn.q_norm": (head,),
        "self_attn.q_proj": (queries, width), "self_attn.v_proj": (keys, width),
    }  # fmt: skip
    yield "model.language_model.embed_tokens.weight", (text["vocab_size"], width)
    yield "lm_head.weight", (text["vocab_size"], width)
    yield "model.language_model.norm.weight", (width,)
    for index in range(text["num_hidden_layers"]):
        for name, shape in layer.items():
            yield f"model.language_model.layers.{index}.{name}.weight", shape
    yield from _vision_shapes(vision)


def _vision_shapes(vision: dict[str, Any]) -> Iterator[tuple[str, tuple[int, ...]]]:
    width, inner, out = vision["hidden_size"], vision["intermediate_size"], vision["out_hidden_size"]
    merged, side = width * vision["spatial_merge_size"] ** 2, vision["patch_size"]
    block = {
        "attn.proj": (width, width), "attn.qkv": (3 * width, width), "mlp.linear_fc1": (inner, width),
        "mlp.linear_fc2": (width, inner), "norm1": (width,), "norm2": (width,),
    }  # fmt: skip
    merger = {"linear_fc1": (merged, merged), "linear_fc2": (out, merged)}
    parts = [(f"blocks.{index}.{name}", shape) for index in range(vision["depth"]) for name, shape in block.items()]
    for index in range(len(vision["deepstack_visual_indexes"])):
        deep = {**merger, "norm": (merged,)}  # normed after the cells were merged, unlike the last one
        parts += [(f"deepstack_merger_list.{index}.{name}", shape) for name, shape in deep.items()]
    parts += [(f"merger.{name}", shape) for name, shape in {**merger, "norm": (width,)}.items()]
    for name, shape in parts:
        yield f"model.visual.{name}.weight", shape
        yield f"model.visual.{name}.bias", shape[:1]
    yield "model.visual.patch_embed.proj.bias", (width,)
    for frame in range(vision["temporal_patch_size"]):
        yield f"model.visual.patch_embed.proj.weight@{frame}", (width, vision["in_channels"], side, side)
    yield "model.visual.pos_embed.weight", (vision["num_position_embeddings"], width)


def _planned(
    names: Iterator[tuple[str, str]],
    shape: Callable[[str], tuple[int, ...]],
    stored: Callable[[str, Type], Array],
    kind: Type,
) -> Iterator[Planned]:
    for theirs, ours in names:
        size = shape(theirs)
        to = kind if len(size) == 2 and "position_embd" not in ours else Type.F32  # as the converter chooses
        if size[-1] % gguf.GGML_QUANT_SIZES[to][0]:
            to = Type.F16  # rows that no blocks fill: 8B's vision tower has such
        yield Planned(ours, size, to, lambda key=theirs, to=to: stored(key, to))


class _Stored:
    """Tensors in a folder's safetensors files; NAME@FRAME is a slice of the patch embedding."""

    def __init__(self, folder: Path) -> None:
        from safetensors import safe_open

        self._files: dict[str, Any] = {}
        for path in sorted(folder.glob("*.safetensors")):
            # torch, because numpy knows no bfloat16
            opened = safe_open(path, "pt")
            self._files |= dict.fromkeys(opened.keys(), opened)

    def shape(self, key: str) -> tuple[int, ...]:
        name, _, frame = key.partition("@")
        shape = tuple(self._files[name].get_slice(name).get_shape())
        return (*shape[:2], *shape[3:]) if frame else shape

    def stored(self, key: str, to: Type) -> Array:
        name, _, frame = key.partition("@")
        tensor = self._files[name].get_tensor(name).float().numpy()
        return gguf.quantize(np.ascontiguousarray(tensor[:, :, int(frame)]) if frame else tensor, to)


def read_words(folder: Path, config: dict[str, Any]) -> Words:
    """The vocabulary in tokenizer.json, filled up to the embedding's rows with tokens that nothing says."""
    told = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    rows = config["text_config"]["vocab_size"]
    tokens = [f"[PAD{number}]" for number in range(rows)]
    types = [int(gguf.TokenType.UNUSED)] * rows
    for token, number in told["model"]["vocab"].items():
        tokens[number], types[number] = token, int(gguf.TokenType.NORMAL)
    for added in told["added_tokens"]:
        kind = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
        tokens[added["id"]], types[added["id"]] = added["content"], int(kind)
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in told["model"]["merges"]]
    text = config["text_config"]
    # the end of a turn ends an answer; what pads is what the tokenizer says
    eos, bos = tokens.index("<|im_end|>"), text.get("bos_token_id") or tokens.index("<|endoftext|>")
    template = (folder / "chat_template.jinja").read_text("utf-8")
    return Words(tokens, types, merges, eos=eos, pad=tokens.index("<|endoftext|>"), bos=bos, template=template)


def invent_words(config: dict[str, Any]) -> Words:
    """A vocabulary of the right size that means nothing: bytes, then longer and longer strings of them."""
    rows, letters = config["text_config"]["vocab_size"], _byte_letters()
    tokens, merges = list(letters), []
    for first in tokens:  # it grows while it is read
        if len(tokens) >= rows - len(SPECIAL):
            break
        merges += [f"{first} {second}" for second in letters[: rows - len(SPECIAL) - len(tokens)]]
        tokens += [first + second for second in letters[: rows - len(SPECIAL) - len(tokens)]]
    types = [int(gguf.TokenType.NORMAL)] * len(tokens) + [int(gguf.TokenType.CONTROL)] * len(SPECIAL)
    begin = len(tokens)
    return Words(tokens + SPECIAL, types, merges, eos=begin + 2, pad=begin, bos=begin, template=PLAIN_TEMPLATE)


def _byte_letters() -> list[str]:
    """The 256 letters that stand for bytes in a byte-level vocabulary (GPT-2's table)."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(0x100 + index) for index in range(len(others))]


def _describe(writer: gguf.GGUFWriter, kind: str, name: str, tensors: list[Planned]) -> None:
    writer.add_type(kind)
    writer.add_name(name)
    writer.add_size_label(gguf.size_label(sum(math.prod(tensor.shape) for tensor in tensors), 0, 0, 0))


def _describe_text(writer: gguf.GGUFWriter, config: dict[str, Any], file_type: int) -> None:
    text = config["text_config"]
    rope = text.get("rope_parameters") or text.get("rope_scaling") or {}
    writer.add_block_count(text["num_hidden_layers"])
    writer.add_context_length(text["max_position_embeddings"])
    writer.add_embedding_length(text["hidden_size"])
    writer.add_feed_forward_length(text["intermediate_size"])
    writer.add_head_count(text["num_attention_heads"])
    writer.add_head_count_kv(text["num_key_value_heads"])
    writer.add_rope_dimension_sections([*rope["mrope_section"], 0])
    writer.add_rope_freq_base(float(rope.get("rope_theta") or text["rope_theta"]))
    writer.add_layer_norm_rms_eps(text["rms_norm_eps"])
    writer.add_key_length(text["head_dim"])
    writer.add_value_length(text["head_dim"])
    writer.add_file_type(file_type)
    writer.add_num_deepstack_layers(len(config["vision_config"]["deepstack_visual_indexes"]))
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _describe_words(writer: gguf.GGUFWriter, words: Words) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(words.tokens)
    writer.add_token_types(words.types)
    writer.add_token_merges(words.merges)
    writer.add_eos_token_id(words.eos)
    writer.add_pad_token_id(words.pad)
    writer.add_bos_token_id(words.bos)
    writer.add_chat_template(words.template)


def _describe_vision(writer: gguf.GGUFWriter, config: dict[str, Any], file_type: int) -> None:
    vision = config["vision_config"]
    deep = set(vision["deepstack_visual_indexes"])
    writer.add_file_type(file_type)
    writer.add_clip_has_vision_encoder(True)
    writer.add_vision_projection_dim(vision["out_hidden_size"])
    writer.add_vision_image_size(math.isqrt(vision["num_position_embeddings"]) * vision["patch_size"])
    writer.add_vision_patch_size(vision["patch_size"])
    writer.add_vision_embedding_length(vision["hidden_size"])
    writer.add_vision_feed_forward_length(vision["intermediate_size"])
    writer.add_vision_block_count(vision["depth"])
    writer.add_vision_head_count(vision["num_heads"])
    writer.add_vision_image_mean([0.5, 0.5, 0.5])  # preprocessor_config.json of every Qwen3-VL
    writer.add_vision_image_std([0.5, 0.5, 0.5])
    writer.add_clip_projector_type(gguf.VisionProjectorType.QWEN3VL)
    writer.add_vision_use_gelu(True)
    writer.add_vision_spatial_merge_size(vision["spatial_merge_size"])
    writer.add_vision_attention_layernorm_eps(EPSILON)
    writer.add_vision_is_deepstack_layers([index in deep for index in range(vision["depth"])])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _store(writer: gguf.GGUFWriter, tensors: list[Planned]) -> None:
    for tensor in tensors:
        shape = gguf.quant_shape_to_byte_shape(tensor.shape, tensor.type)
        plain = {Type.F32: np.dtype(np.float32), Type.F16: np.dtype(np.float16)}.get(tensor.type)
        nbytes = math.prod(shape) if plain is None else math.prod(tensor.shape) * plain.itemsize
        given = shape if plain is None else tensor.shape
        writer.add_tensor_info(tensor.name, given, plain or np.dtype(np.uint8), nbytes, tensor.type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in tensors:
        writer.write_tensor_data(tensor.make())
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="Transformers folder, or 'qwen3-vl-2b' for random weights")
    parser.add_argument("out", type=Path)
    parser.add_argument("--name", default="nano")
    parser.add_argument("--type", choices=TYPES, default="q8_0", help="q4_k: random weights only")
    chosen = parser.parse_args()
    is_shape, how = str(chosen.folder) == "qwen3-vl-2b", {"name": chosen.name, "kind": chosen.type}
    made = write_random(QWEN3_VL_2B, chosen.out, **how) if is_shape else write_pair(chosen.folder, chosen.out, **how)
    for path in made:
        print(f"{path} {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
