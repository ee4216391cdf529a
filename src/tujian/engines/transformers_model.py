"""Qwen3-VL weights run by Hugging Face Transformers: a prompt with pictures in, words out, one at a time.

Enters: a folder of weights; a `Chat` and its pictures. Leaves: pieces of text as they are said, and why it stopped.
Does not know: HTTP, who waits, when to give up (`gone` tells it). Torch and Transformers load with the class.

The picture processor is the one on Pillow and NumPy: Qwen's usual one wants torchvision, whose PyPI wheel breaks beside
a CPU torch (notes/llamacpp.md). It stretches pictures to multiples of 32: whoever sends those gets what was seen.
On a GPU (CUDA, Apple's) and in 4 bits this is written by the libraries' documentation and was never run: unmeasured.
"""

import copy
import json
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from jinja2 import TemplateError
from PIL import Image

from tujian.engines.transformers_chat import Chat, ImagePart, Message, Refusal, bad_request, decode
from tujian.engines.transformers_folder import KINDS, Weights, unusable
from tujian.engines.transformers_speech import Restraint, Voice
from tujian.errors import BadSettings

DType = Literal["auto", "float32", "bfloat16"]
Device = Literal["auto", "cpu", "cuda", "mps"]
PAD = "<|image_pad|>"
COLDEST = 0.01  # below, dividing by the temperature overflows sooner than it changes an answer: taken as 0
JOINER = "\u2060"  # word joiner: no width, no break


class Gone(Exception):
    """Nobody waits for this answer any more."""


class Prompt(NamedTuple):
    """Token ids of a whole conversation, its pictures' places filled, and the pictures (pixels not yet read)."""

    ids: list[int]
    pictures: list[Image.Image]


class Speaker(Protocol):
    """What the line of turns needs of a model."""

    def speak(self, chat: Chat, prompt: "Prompt", say: Callable[[str], None], gone: threading.Event) -> "Spoken": ...


class Spoken(NamedTuple):
    """Why it stopped ("stop": the model's own end or a stop string; "length") and how many tokens it took."""

    finish: Literal["stop", "length"]
    tokens: int


class Model:
    """The weights in memory. `prepare` is safe in any thread, `speak` belongs to one thread at a time.

    Raises ModelUnusable when the folder's parts do not fit together, BadSettings for a device that is not there.
    """

    def __init__(
        self,
        weights: Weights,
        *,
        context: int,
        threads: int,
        dtype: DType,
        device: Device,
        quantise: Literal["4bit"] | None = None,
    ) -> None:
        import torch
        import transformers
        from transformers import AutoTokenizer
        from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

        transformers.logging.set_verbosity_error()  # stderr is for what the parent should tell
        transformers.logging.disable_progress_bar()
        torch.set_num_threads(threads)
        self.context = min(context, weights.longest_context)
        self.device = _device(torch, device)
        self.dtype = dtype if dtype != "auto" else "float32" if self.device == "cpu" else "bfloat16"
        self._torch, self._gone = torch, threading.Event()
        self._tokenizer = AutoTokenizer.from_pretrained(weights.path, local_files_only=True)
        self._tokenizer.chat_template = self._tokenizer.chat_template or _template(weights.path)
        self._seer = Qwen2VLImageProcessorPil.from_pretrained(weights.path, local_files_only=True)
        self._pad = self._tokenizer.convert_tokens_to_ids(PAD)
        specials = [token.content for token in self._tokenizer.added_tokens_decoder.values() if token.special]
        self._special = re.compile("|".join(map(re.escape, specials)) or r"(?!)")
        self._model = self._loaded(getattr(transformers, KINDS[weights.kind]), weights, quantise)
        self._ends = _ends(self._model.generation_config.eos_token_id)
        self._watch_layers()

    def prepare(self, chat: Chat, pictures: Sequence[Image.Image]) -> Prompt:
        """The conversation as the model reads it. Raises Refusal 400 when it is longer than the context."""
        text = self._rendered(chat)
        first, *rest = text.split(PAD)
        if len(rest) != len(pictures):
            raise bad_request("this model's chat template has no place for these pictures")
        cells = [self._cells(picture) for picture in pictures]
        parts = [PAD * count + part for count, part in zip(cells, rest, strict=True)]
        ids = self._tokenizer("".join([first, *parts]), add_special_tokens=False).input_ids
        if len(ids) >= self.context:
            raise _too_long(len(ids), self.context)
        return Prompt(ids, list(pictures))

    def speak(self, chat: Chat, prompt: Prompt, say: Callable[[str], None], gone: threading.Event) -> Spoken:
        """Says the answer piece by piece. Raises Gone within a layer's time once `gone` is set, Refusal 400."""
        self._gone = gone
        room = self.context - len(prompt.ids)
        most = min(chat.most_tokens or room, room)
        voice = Voice(self._tokenizer, chat.stop, say, self._torch)
        if chat.seed is None:
            self._torch.seed()
        else:
            self._torch.manual_seed(chat.seed)
        # none where none is wanted: Transformers reads a processor's signature at every token
        restraint = [Restraint(chat.presence_penalty, len(prompt.ids))] if chat.presence_penalty else []
        with self._torch.inference_mode():
            ids = self._model.generate(
                **self._tensors(prompt),
                generation_config=self._config(chat, most),
                stopping_criteria=[voice],
                logits_processor=restraint,
            )
        voice.finish()
        ended = voice.stopped or int(ids[0, -1]) in self._ends
        return Spoken("stop" if ended else "length", ids.shape[1] - len(prompt.ids))

    def _rendered(self, chat: Chat) -> str:
        turns = [self._turn(message) for message in chat.messages]
        try:
            return self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        except TemplateError as error:  # a template may refuse an order of roles
            raise bad_request(f"this model's chat template: {error}") from error

    def _turn(self, message: Message) -> dict[str, Any]:
        return {
            "role": message.role,
            "content": [
                {"type": "image"} if isinstance(part, ImagePart) else {"type": "text", "text": self._plain(part.text)}
                for part in message.parts
            ],
        }

    def _plain(self, text: str) -> str:
        """Text that only looks like the model's own marks: nobody ends a turn or adds a picture from within one."""
        return self._special.sub(lambda mark: f"{mark[0][0]}{JOINER}{mark[0][1:]}", text)

    def _cells(self, picture: Image.Image) -> int:
        """Tokens a picture takes: one per merged patch of its stretched size."""
        try:
            patches = self._seer.get_number_of_image_patches(picture.height, picture.width)
        except ValueError as error:  # longer than 200 times its width
            raise bad_request(f"a picture of {picture.width} x {picture.height}: {error}") from error
        return patches // self._seer.merge_size**2

    def _tensors(self, prompt: Prompt) -> dict[str, Any]:
        torch = self._torch
        ids = torch.tensor([prompt.ids], device=self.device)
        found = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        if prompt.pictures:
            seen = self._seer(decode(prompt.pictures), return_tensors="pt")
            found |= {name: seen[name].to(self.device) for name in ("pixel_values", "image_grid_thw")}
            found["mm_token_type_ids"] = (ids == self._pad).long()
        return found

    def _config(self, chat: Chat, most: int) -> Any:  # noqa: ANN401 - Transformers loads with the class
        config = copy.deepcopy(self._model.generation_config)
        if chat.temperature is not None:
            config.do_sample = chat.temperature >= COLDEST
            config.temperature = chat.temperature if config.do_sample else None
        config.top_p = config.top_p if chat.top_p is None else chat.top_p
        config.top_k = config.top_k if chat.top_k is None else max(0, chat.top_k)
        config.max_new_tokens, config.max_length = most, None
        return config

    def _loaded(self, kind: Any, weights: Weights, quantise: str | None) -> Any:  # noqa: ANN401
        options: dict[str, Any] = {"dtype": getattr(self._torch, self.dtype), "local_files_only": True}
        if quantise:
            options |= {"quantization_config": _four_bits(self._torch), "device_map": self.device}
        model, told = kind.from_pretrained(
            weights.path, use_safetensors=True, output_loading_info=True, ignore_mismatched_sizes=True, **options
        )
        missing = sorted(told["missing_keys"]) or [str(entry[0]) for entry in told["mismatched_keys"]]
        if missing:
            raise unusable(weights.path, f"缺少权重 {missing[0]}", f"lacks the weights {missing[0]}")
        return model.eval() if quantise else model.to(self.device).eval()

    def _watch_layers(self) -> None:
        """Every layer asks first whether somebody still waits: a long prompt ends as soon as an answer does."""

        def look(*_: object) -> None:
            if self._gone.is_set():
                raise Gone

        for name, module in self._model.named_modules():
            if re.search(r"\.(?:blocks|layers)\.\d+$", name):
                module.register_forward_pre_hook(look)


def _device(torch: Any, wanted: Device) -> str:  # noqa: ANN401
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return next(name for name, is_there in there.items() if is_there)
    if not there[wanted]:
        raise BadSettings(
            zh=(f"torch {torch.__version__} 用不了 {wanted}。", "请把设备设为 cpu，或安装带 GPU 支持的 torch。"),
            en=(
                f"torch {torch.__version__} has no {wanted}.",
                "Set the device to cpu, or install a torch for the GPU.",
            ),
        )
    return wanted


def _template(path: Path) -> str:
    """The older place of the template, still used by Qwen3-VL's own repositories."""
    file = path / "chat_template.json"
    found = json.loads(file.read_text("utf-8")).get("chat_template") if file.is_file() else None
    if not found:
        raise unusable(path, "里没有对话模板 chat_template", "has no chat_template")
    return found


def _ends(eos: "int | list[int] | None") -> frozenset[int]:
    return frozenset([eos] if isinstance(eos, int) else eos or [])


def _four_bits(torch: Any) -> Any:  # noqa: ANN401
    """bitsandbytes' NF4 (QLoRA, arXiv 2305.14314). Unmeasured: no GPU was there."""
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=torch.bfloat16,
        bnb_4bit_use_double_quant=True,
    )


def _too_long(tokens: int, context: int) -> Refusal:
    return Refusal(
        400,
        "exceed_context_size_error",  # llama-server's name and counts
        f"request ({tokens} tokens) exceeds the available context size ({context} tokens)",
        n_prompt_tokens=tokens,
        n_ctx=context,
    )
