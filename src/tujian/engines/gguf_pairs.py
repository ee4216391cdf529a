"""A model and its eyes: two GGUF files that belong together.

Enters: paths. Leaves: TextModel and Projector, the numbers that preflight and the llama.cpp engine need; or the
partner found beside a model. Does not know how much memory there is, or how a model is run.

A pair fits when the projector speaks in the text model's width and with as many DeepStack layers: llama.cpp checks
the same and, where it does not fit, says so only after loading gigabytes.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from tujian.engines.gguf_files import Header, Skipped, read_header
from tujian.errors import ModelUnusable
from tujian.folding import fold, printable

TEXT_ARCHITECTURES = ("qwen3vl", "qwen3vlmoe")  # llama.cpp's names; prompts and boxes here are Qwen3-VL's
PROJECTORS = ("qwen3vl_merger",)
REPACKED = ("Q4_0", "Q4_K", "IQ4_NL")  # ggml's CPU_REPACK on x86: seen for the first two; not for Q5_K, Q6_K, Q8_0
FP16_BYTES = 2  # llama.cpp keeps keys and values in 16 bits
# llama.h, enum llama_ftype, as far as published files use them
FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 38: "MXFP4",
}  # fmt: skip
QUANTISATION = re.compile(r"(?:ud-)?(?:i?q\d(?:_\w+?)?|mxfp4|b?f16|f32|fp16|fp32)(?=$|[-.])", re.I)
PART = re.compile(r"-(\d{5})-of-(\d{5})$")


@dataclass(frozen=True, slots=True)
class TextModel:
    """The language half. `width` is its embedding's; `context` the longest it was trained for, in tokens.

    `twice_bytes` of its weights are held twice: an embedding that is the output as well, which llama.cpp lays out anew
    for multiplying and keeps as it was for looking up.
    """

    path: Path
    name: str
    quantisation: str
    parameters: int
    weights_bytes: int
    layers: int
    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    key_size: int
    value_size: int
    context: int
    vocabulary: int
    deepstack_layers: int
    twice_bytes: int

    @property
    def kv_bytes_per_token(self) -> int:
        """Keys and values of one token in all layers, at 16 bits."""
        return self.layers * self.kv_heads * (self.key_size + self.value_size) * FP16_BYTES


@dataclass(frozen=True, slots=True)
class Projector:
    """The eyes. `projects_to` is the text model's width; `side_px` and `patch_px` the canvas it was trained on."""

    path: Path
    quantisation: str
    parameters: int
    weights_bytes: int
    layers: int
    width: int
    feed_forward: int
    heads: int
    patch_px: int
    projects_to: int
    deepstack_layers: int


def read_model(path: Path) -> TextModel:
    """The language half at `path`. Raises ModelUnusable: damaged, a part, an mmproj file, or no Qwen3-VL."""
    header = read_header(path)
    kind = _text(header, "general.architecture")
    if kind == "clip":
        raise _is_mmproj(path)
    _refuse_part(header)
    if kind not in TEXT_ARCHITECTURES:
        raise _sees_nothing(path, kind)
    heads = _number(header, f"{kind}.attention.head_count")
    head_size = _number(header, f"{kind}.embedding_length") // max(heads, 1)
    return TextModel(
        path=path,
        name=QUANTISATION.sub("", path.stem).strip("-._") or path.stem,
        quantisation=_quantisation(header),
        parameters=header.parameters,
        weights_bytes=header.weights_bytes,
        layers=_number(header, f"{kind}.block_count"),
        width=_number(header, f"{kind}.embedding_length"),
        feed_forward=_number(header, f"{kind}.feed_forward_length", 0),
        heads=heads,
        kv_heads=_number(header, f"{kind}.attention.head_count_kv", heads),
        key_size=_number(header, f"{kind}.attention.key_length", head_size),
        value_size=_number(header, f"{kind}.attention.value_length", head_size),
        context=_number(header, f"{kind}.context_length"),
        vocabulary=_length(header, "tokenizer.ggml.tokens"),
        deepstack_layers=_number(header, f"{kind}.n_deepstack_layers", 0),
        twice_bytes=_twice_bytes(header),
    )


def read_projector(path: Path, of: TextModel | None = None) -> Projector:
    """The eyes at `path`, those of `of` where it is given.

    Raises ModelUnusable: damaged, a text model, another kind of projector, or the eyes of another model.
    """
    header = read_header(path)
    kind, merger = _text(header, "general.architecture"), _text(header, "clip.projector_type")
    if kind != "clip":
        raise _is_model(path, kind)
    if merger not in PROJECTORS:
        raise _is_other_projector(path, merger)
    deep = header.values.get("clip.vision.is_deepstack_layers", ())
    eyes = Projector(
        path=path,
        quantisation=_quantisation(header),
        parameters=header.parameters,
        weights_bytes=header.weights_bytes,
        layers=_number(header, "clip.vision.block_count"),
        width=_number(header, "clip.vision.embedding_length"),
        feed_forward=_number(header, "clip.vision.feed_forward_length"),
        heads=_number(header, "clip.vision.attention.head_count"),
        patch_px=_number(header, "clip.vision.patch_size"),
        projects_to=_number(header, "clip.vision.projection_dim"),
        deepstack_layers=sum(map(bool, deep)) if isinstance(deep, tuple) else 0,
    )
    if of and (eyes.projects_to, eyes.deepstack_layers) != (of.width, of.deepstack_layers):
        raise _of_another_model(eyes, of)
    return eyes


def find_mmproj(model: Path) -> Path:
    """The eyes that lie beside `model`: those of the same name, else the only ones that fit its header.

    `Qwen3VL-8B-Instruct-Q4_K_M.gguf` goes with `mmproj-Qwen3VL-8B-Instruct-Q8_0.gguf`; of several quantisations
    the smallest is taken. Raises ModelUnusable: there are none, or only another model's.
    """
    text = read_model(model)
    fitting: list[Projector] = []
    wrong: ModelUnusable | None = None
    for path in sorted(model.parent.glob("*.gguf")):
        if "mmproj" not in path.name.lower() or path == model:
            continue
        try:
            fitting.append(read_projector(path, text))
        except ModelUnusable as error:
            wrong = wrong if wrong and _base(path) != _base(model) else error
    if not fitting:
        raise wrong or _no_mmproj(model, text)
    named = [eyes for eyes in fitting if _base(eyes.path) == _base(model)]
    return min(named or fitting, key=lambda eyes: (eyes.weights_bytes, eyes.path.name)).path


def _base(path: Path) -> str:
    """What a model's two files have in common in their names.

    >>> _base(Path("mmproj-Qwen3VL-8B-Instruct-Q8_0.gguf")) == _base(Path("Qwen3VL-8B-Instruct-Q4_K_M.gguf"))
    True
    """
    return fold(QUANTISATION.sub("", re.sub("mmproj", "", path.stem, flags=re.I)))


def _twice_bytes(header: Header) -> int:
    tensors = {tensor.name: tensor for tensor in header.tensors}
    embedding = tensors.get("token_embd.weight")
    if embedding is None or "output.weight" in tensors or embedding.type not in REPACKED:
        return 0
    return embedding.size_bytes


def _text(header: Header, key: str) -> str:
    value = header.values.get(key, "")
    return value if isinstance(value, str) else ""


def _number(header: Header, key: str, default: int | None = None) -> int:
    value = header.values.get(key, default)
    if isinstance(value, tuple):  # one for each layer: preflight counts the largest
        value = max((each for each in value if isinstance(each, int)), default=None)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 32:
        raise ModelUnusable(
            zh=(f"模型文件 {_shown(header.path)} 缺少 {key}。", "文件可能由旧工具转换：请换官方的 GGUF 文件。"),
            en=(f"Model file {_shown(header.path)} lacks {key}.", "It was made by an old tool: take the official one."),
        )
    return value


def _length(header: Header, key: str) -> int:
    value = header.values.get(key, ())
    if isinstance(value, Skipped):
        return value.length
    return len(value) if isinstance(value, tuple) else 0


def _quantisation(header: Header) -> str:
    """What the header says, or else the type of most of the weights."""
    kind = header.values.get("general.file_type")
    if isinstance(kind, int) and kind in FILE_TYPES:
        return FILE_TYPES[kind]
    sizes: dict[str, int] = {}
    for tensor in header.tensors:
        sizes[tensor.type] = sizes.get(tensor.type, 0) + tensor.size_bytes
    return max(sizes, key=lambda name: sizes[name], default="?")


def _refuse_part(header: Header) -> None:
    count = header.values.get("split.count", 1)
    named = PART.search(header.path.stem)
    if named or (isinstance(count, int) and count > 1):
        which = f"{int(named[1])}/{int(named[2])}" if named else f"?/{count}"
        raise ModelUnusable(
            zh=(
                f"{_shown(header.path)} 只是拆分模型的一部分（{which}）。",
                "请先用 llama-gguf-split --merge 合并。",
            ),
            en=(f"{_shown(header.path)} is part {which} of a split model.", "Join it: llama-gguf-split --merge."),
        )


def _is_mmproj(path: Path) -> ModelUnusable:
    return ModelUnusable(
        zh=(f"{_shown(path)} 是视觉部分（mmproj），不是语言模型。", "请用 --mmproj 给出它。"),
        en=(
            f"{_shown(path)} is the vision part (mmproj), not the model.",
            "Name it by --mmproj.",
        ),
    )


def _is_model(path: Path, kind: str) -> ModelUnusable:
    return ModelUnusable(
        zh=(
            f"{_shown(path)} 是语言模型（{kind or '未知'}），不是视觉部分。",
            "mmproj 文件名以 mmproj- 开头。",
        ),
        en=(f"{_shown(path)} is a text model ({kind or 'unknown'}), no mmproj.", "Its name begins with mmproj-."),
    )


def _sees_nothing(path: Path, kind: str) -> ModelUnusable:
    return ModelUnusable(
        zh=(
            f"{_shown(path)} 是 {kind or '未知'} 架构，不是 Qwen3-VL，图鉴不能用它看图。",
            "请用 tujian models pull qwen3-vl-2b；别的视觉模型请用 llama-server 运行，再设 TUJIAN_ENGINE_URL。",
        ),
        en=(
            f"{_shown(path)} has the architecture {kind or 'unknown'}: it is no Qwen3-VL and sees no pictures here.",
            "tujian models pull qwen3-vl-2b; run other vision models in llama-server and set TUJIAN_ENGINE_URL.",
        ),
    )


def _is_other_projector(path: Path, merger: str) -> ModelUnusable:
    return ModelUnusable(
        zh=(f"{_shown(path)} 是别的模型的视觉部分（{merger or '未知'}）。", "请用 Qwen3-VL 的 mmproj 文件。"),
        en=(f"{_shown(path)} belongs to another kind of model ({merger or 'unknown'}).", "Take Qwen3-VL's mmproj."),
    )


def _of_another_model(eyes: Projector, of: TextModel) -> ModelUnusable:
    sizes = f"{eyes.projects_to} × {eyes.deepstack_layers} ≠ {of.width} × {of.deepstack_layers}"
    zh, en = _shown(eyes.path), _shown(of.path)
    return ModelUnusable(
        zh=(f"{zh} 是另一个模型的视觉部分，与 {en} 不配（{sizes}）。", "请用与模型同一仓库里的 mmproj 文件。"),
        en=(
            f"{zh} is no mmproj of {en} ({sizes}).",
            "Take the one beside it in its repository.",
        ),
    )


def _no_mmproj(model: Path, text: TextModel) -> ModelUnusable:
    wanted = f"mmproj-{text.name}-Q8_0.gguf"
    return ModelUnusable(
        zh=(
            f"{_shown(model)} 旁边没有它的视觉部分（如 {wanted}）。",
            "请把 mmproj 文件放到同一文件夹，或用 --mmproj 指定；tujian models pull 会一起下载。",
        ),
        en=(
            f"The vision part of {_shown(model)} (such as {wanted}) does not lie beside it.",
            "Put the mmproj file into the same folder, or name it by --mmproj; tujian models pull gets both.",
        ),
    )


def _shown(path: Path) -> str:
    return printable(path.name)
