"""The network: a byte-level tokenizer and Qwen3-VL's own architecture at 2.7 M parameters.

Enters: words to learn merges from, perhaps a trained directory to start from. Leaves: a Transformers model.
Does not know: cards, questions, how it is run and trained.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from torch import Tensor
from transformers import PreTrainedTokenizerFast, Qwen3VLConfig, Qwen3VLForConditionalGeneration
from transformers.modeling_utils import load_state_dict

SPECIAL = (
    "<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|> "
    "<|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>"
).split()  # Qwen's names, in Qwen's order
QWEN_SPLIT = (  # Qwen2's pre-tokenizer; llama.cpp knows it as "qwen2"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Qwen3-VL's order of things without its tools and videos; llama.cpp's jinja and Transformers' render it alike.
TEMPLATE = """\
{%- macro written(content) -%}
{%- if content is string -%}{{- content -}}
{%- else -%}{%- for part in content -%}
{%- if 'text' in part -%}{{- part.text -}}
{%- else -%}{{- '<|vision_start|><|image_pad|><|vision_end|>' -}}{%- endif -%}
{%- endfor -%}{%- endif -%}
{%- endmacro -%}
{%- for message in messages -%}
{{- '<|im_start|>' + message.role + '\\n' + written(message.content) + '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"""
CONTEXT = 4096
WIDTH = 128
DEEPSTACK = (1, 2)  # blocks whose features go into the first language layers; Qwen's 2B takes three of 24


def learn_merges(phrases: Iterable[str], most_tokens: int) -> Tokenizer:
    """Byte-level BPE with Qwen's splitting, its merges learnt from `phrases`."""
    bpe = Tokenizer(models.BPE())
    bpe.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(QWEN_SPLIT), behavior="isolated")
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=most_tokens - len(SPECIAL), initial_alphabet=alphabet, min_frequency=2, show_progress=False
    )
    bpe.train_from_iterator(phrases, trainer)
    bpe.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIAL])
    return bpe


def make_tokenizer(bpe: Tokenizer) -> PreTrainedTokenizerFast:
    """The tokenizer as Transformers keeps it, with the chat template."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=SPECIAL[1:],
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def make_network(tokenizer: PreTrainedTokenizerFast, seed: int) -> Qwen3VLForConditionalGeneration:
    """The architecture with random weights."""
    number = tokenizer.get_vocab().__getitem__
    text = {
        "vocab_size": -(-len(tokenizer) // 64) * 64,
        "hidden_size": WIDTH,
        "intermediate_size": 3 * WIDTH,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 32,
        "max_position_embeddings": CONTEXT,
        "tie_word_embeddings": True,
        "initializer_range": 0.05,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 5e6,
            "mrope_section": [6, 5, 5],  # of 16 pairs, as Qwen's 24, 20, 20 of 64
            "mrope_interleaved": True,
        },
        "bos_token_id": number("<|endoftext|>"),
        "eos_token_id": number("<|im_end|>"),
    }
    vision = {
        "depth": 4,
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_heads": 4,
        "out_hidden_size": WIDTH,
        "num_position_embeddings": 256,
        "deepstack_visual_indexes": list(DEEPSTACK),
        "initializer_range": 0.05,
    }
    config = Qwen3VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=number("<|image_pad|>"),
        video_token_id=number("<|video_pad|>"),
        vision_start_token_id=number("<|vision_start|>"),
        vision_end_token_id=number("<|vision_end|>"),
        tie_word_embeddings=True,
    )
    torch.manual_seed(seed)
    network = Qwen3VLForConditionalGeneration(config).float()
    ends = [number("<|im_end|>"), number("<|endoftext|>")]
    network.generation_config.eos_token_id, network.generation_config.pad_token_id = ends, ends[1]
    return network


def start_from(network: Qwen3VLForConditionalGeneration, tokenizer: PreTrainedTokenizerFast, folder: Path) -> int:
    """Take over what a trained directory of the same widths has; returns how many tensors that was.

    Tokens are matched by their bytes, DeepStack's mergers by the block they read.
    """
    old = load_state_dict(str(folder / "model.safetensors"))
    config = json.loads((folder / "config.json").read_text("utf-8"))
    blocks = config["vision_config"]["deepstack_visual_indexes"]
    taken = dict(network.state_dict())
    count = 0
    for name in taken:
        source = name
        for place, block in enumerate(DEEPSTACK):
            source = source.replace(f"merger_list.{place}.", f"merger_list.#{blocks.index(block)}.")
        found = old.get(source.replace("#", ""))
        if found is not None and found.shape == taken[name].shape:
            taken[name], count = found.float(), count + 1
    name = "model.language_model.embed_tokens.weight"
    taken[name] = _embeddings(taken[name], old[name].float(), tokenizer, folder)
    taken["lm_head.weight"] = taken[name]
    network.load_state_dict(taken)
    return count


def _embeddings(new: Tensor, old: Tensor, tokenizer: PreTrainedTokenizerFast, folder: Path) -> Tensor:
    old_ids = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json")).get_vocab()
    mixed = new.clone()
    for token, number in tokenizer.get_vocab().items():
        if token in old_ids:
            mixed[number] = old[old_ids[token]]
    return mixed
