"""A fast way through the network for training: many pictures of one size at once, the layers compiled.

Enters: pictures and tokens in batches. Leaves: logits, equal to Transformers' own in float32 (train.py compares them
before it begins). Transformers reads pictures one after another and norms in float32 between bfloat16 products; here
pictures are one tensor and each layer is one compiled function, about four times as fast on a CPU.
Does not know: cards, questions, losses.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
import transformers.models.qwen3_vl.modeling_qwen3_vl as qwen
from torch import Tensor, nn
from transformers import Qwen3VLForConditionalGeneration

from tujian.geometry import Size

PATCH_PX, MERGE = 16, 2  # Qwen3-VL's processor
FAR = -1e9  # added to what must not be seen


class Sight(NamedTuple):
    """The picture's tokens (batch, tokens, width), the same from DeepStack's blocks, and the picture's size."""

    seen: Tensor
    deeper: list[Tensor]
    size_px: Size


class Reader(nn.Module):
    """`network` on batches; products are taken in `dtype`, all else in float32."""

    network: Any  # Transformers' modules tell no types

    def __init__(self, network: Qwen3VLForConditionalGeneration, dtype: torch.dtype, *, compiled: bool) -> None:
        super().__init__()
        self.network, self.dtype = network, dtype
        self._text_layer = _compiled(text_layer) if compiled else text_layer
        self._vision_block = _compiled(vision_block) if compiled else vision_block
        self._grids: dict[Size, tuple[Tensor, ...]] = {}

    def forward(self, sight: Sight, token_ids: Tensor, first_image: int, wanted: Tensor) -> Tensor:
        """Logits (count, vocabulary) for the places where `wanted` (batch, length) is true.

        `token_ids` (batch, length) holds the picture's placeholders from `first_image` on, and is padded at its end.
        """
        seen, deeper, size_px = sight
        last_image = first_image + seen.shape[1]
        text = self.network.model.language_model
        words = text.embed_tokens(token_ids)
        hidden = torch.cat([words[:, :first_image], seen, words[:, last_image:]], 1)
        cos, sin = text.rotary_emb(hidden, _positions(token_ids, first_image, size_px))
        mask = torch.full((hidden.shape[1],) * 2, FAR).triu(1)
        for place, layer in enumerate(text.layers):
            hidden = self._text_layer(hidden, cos[:, :, None], sin[:, :, None], mask, self.dtype, *_text_weights(layer))
            if place < len(deeper):
                hidden = hidden + F.pad(deeper[place], (0, 0, first_image, hidden.shape[1] - last_image))
        return self._linear(text.norm(hidden[wanted]), self.network.lm_head.weight)

    def see(self, pixels: Tensor) -> Sight:
        """What the language layers get of pictures (batch, height, width, 3) uint8; serves any number of questions."""
        eyes = self.network.model.visual
        size_px = pixels.shape[2], pixels.shape[1]
        corners, weights, cos, sin = self._grid(size_px)
        # both temporal slices of a still picture are the same, so the two halves of the kernel add up
        kernel = eyes.patch_embed.proj.weight.sum(2).flatten(1)
        hidden = self._linear(patches(pixels), kernel, eyes.patch_embed.proj.bias)
        hidden = hidden + (eyes.pos_embed(corners) * weights[:, :, None]).sum(1)
        deeper, taps = [], list(eyes.deepstack_visual_indexes)
        for place, block in enumerate(eyes.blocks):
            hidden = self._vision_block(hidden, cos[:, None], sin[:, None], self.dtype, *_vision_weights(block))
            if place in taps:
                deeper.append(self._merge(eyes.deepstack_merger_list[taps.index(place)], hidden))
        return Sight(self._merge(eyes.merger, hidden), deeper, size_px)

    def _merge(self, merger: Any, hidden: Tensor) -> Tensor:  # noqa: ANN401 - a module of Transformers
        """Four neighbouring patches become one token."""
        batch, _, width = hidden.shape
        if merger.use_postshuffle_norm:
            joined = merger.norm(hidden.reshape(batch, -1, width * MERGE**2))
        else:
            joined = merger.norm(hidden).reshape(batch, -1, width * MERGE**2)
        inner = F.gelu(self._linear(joined, merger.linear_fc1.weight, merger.linear_fc1.bias))
        return self._linear(inner, merger.linear_fc2.weight, merger.linear_fc2.bias)

    def _linear(self, left: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        product = F.linear(left.to(self.dtype), weight.to(self.dtype)).float()
        return product if bias is None else product + bias

    def _grid(self, size_px: Size) -> tuple[Tensor, ...]:
        """Which learnt positions each patch mixes, with weights, and its rotation; kept by size."""
        if size_px not in self._grids:
            eyes = self.network.model.visual
            grid = torch.tensor([[1, size_px[1] // PATCH_PX, size_px[0] // PATCH_PX]])
            corners, weights = qwen.get_vision_interpolation_indices_and_weights(
                grid,
                num_grid_per_side=eyes.num_grid_per_side,
                mode=eyes.interpolation_mode,
                align_corners=eyes.interpolation_align_corners,
                spatial_merge_size=MERGE,
                kwargs={},
            )
            turned = eyes.rotary_pos_emb(torch.zeros(1), qwen.get_vision_position_ids(grid, MERGE, kwargs={}))
            self._grids[size_px] = (corners, weights, *turned)
        return self._grids[size_px]


def text_layer(  # one signature for all layers, so that one compiled function serves them
    hidden: Tensor,
    cos: Tensor,
    sin: Tensor,
    mask: Tensor,
    dtype: torch.dtype,
    norm: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    out: Tensor,
    query_norm: Tensor,
    key_norm: Tensor,
    second_norm: Tensor,
    gate: Tensor,
    up: Tensor,
    down: Tensor,
) -> Tensor:
    """Qwen3's decoder layer: hidden (batch, length, width); cos, sin (1, length, 1, head); mask (length, length)."""
    batch, length, width = hidden.shape
    head = query_norm.shape[0]
    groups = key.shape[0] // head
    shared = query.shape[0] // key.shape[0]  # query heads to one key head
    rows = _rms(hidden, norm).to(dtype)
    queries = F.linear(rows, query.to(dtype)).view(batch, length, groups * shared, head)
    keys = F.linear(rows, key.to(dtype)).view(batch, length, groups, head)
    values = F.linear(rows, value.to(dtype)).view(batch, length, groups, head)
    queries = _turn(_rms(queries.float(), query_norm), cos, sin).to(dtype)
    keys = _turn(_rms(keys.float(), key_norm), cos, sin).to(dtype)
    queries = queries.view(batch, length, groups, shared, head).permute(0, 2, 3, 1, 4)
    queries = queries.reshape(batch * groups, shared * length, head)
    keys = keys.permute(0, 2, 3, 1).reshape(batch * groups, head, length)
    values = values.permute(0, 2, 1, 3).reshape(batch * groups, length, head)
    scores = torch.bmm(queries, keys).float().view(batch * groups, shared, length, length) * head**-0.5
    chosen = torch.softmax(scores + mask, -1).to(dtype).view(batch * groups, shared * length, length)
    mixed = torch.bmm(chosen, values).view(batch, groups, shared, length, head).permute(0, 3, 1, 2, 4)
    hidden = hidden + F.linear(mixed.reshape(batch, length, width), out.to(dtype)).float()
    rows = _rms(hidden, second_norm).to(dtype)
    inner = F.silu(F.linear(rows, gate.to(dtype))) * F.linear(rows, up.to(dtype))
    return hidden + F.linear(inner, down.to(dtype)).float()


def vision_block(
    hidden: Tensor,
    cos: Tensor,
    sin: Tensor,
    dtype: torch.dtype,
    heads: int,
    norm: Tensor,
    norm_bias: Tensor,
    parts: Tensor,
    parts_bias: Tensor,
    out: Tensor,
    out_bias: Tensor,
    second_norm: Tensor,
    second_bias: Tensor,
    up: Tensor,
    up_bias: Tensor,
    down: Tensor,
    down_bias: Tensor,
) -> Tensor:
    """Qwen3-VL's vision block: hidden (batch, patches, width); cos, sin (patches, 1, head); all see each other."""
    batch, length, width = hidden.shape
    head = width // heads
    rows = F.layer_norm(hidden, (width,), norm, norm_bias, 1e-6).to(dtype)
    split = (F.linear(rows, parts.to(dtype)).float() + parts_bias).view(batch, length, 3, heads, head)
    queries = _turn(split[:, :, 0], cos, sin).to(dtype).permute(0, 2, 1, 3).reshape(batch * heads, length, head)
    keys = _turn(split[:, :, 1], cos, sin).to(dtype).permute(0, 2, 3, 1).reshape(batch * heads, head, length)
    values = split[:, :, 2].to(dtype).permute(0, 2, 1, 3).reshape(batch * heads, length, head)
    chosen = torch.softmax(torch.bmm(queries, keys).float() * head**-0.5, -1).to(dtype)
    mixed = torch.bmm(chosen, values).view(batch, heads, length, head).permute(0, 2, 1, 3)
    hidden = hidden + F.linear(mixed.reshape(batch, length, width), out.to(dtype)).float() + out_bias
    rows = F.layer_norm(hidden, (width,), second_norm, second_bias, 1e-6).to(dtype)
    inner = F.gelu(F.linear(rows, up.to(dtype)).float() + up_bias, approximate="tanh")
    return hidden + F.linear(inner.to(dtype), down.to(dtype)).float() + down_bias


def patches(pixels: Tensor) -> Tensor:
    """(batch, height, width, 3) uint8 as (batch, patches, 768): Qwen's order, 2 x 2 neighbours together, -1 to 1."""
    batch, height, width, _ = pixels.shape
    scaled = pixels.float().div(127.5).sub(1).permute(0, 3, 1, 2)
    # channel, cell's row, row in the cell, y, cell's column, column in the cell, x
    cells = scaled.reshape(batch, 3, height // 32, MERGE, PATCH_PX, width // 32, MERGE, PATCH_PX)
    return cells.permute(0, 2, 5, 3, 6, 1, 4, 7).reshape(batch, -1, 3 * PATCH_PX**2)


def _positions(token_ids: Tensor, first_image: int, size_px: Size) -> Tensor:
    """M-RoPE's time, row and column (3, 1, length): text counts on all three, a picture spans rows and columns."""
    columns, rows = (side // (PATCH_PX * MERGE) for side in size_px)
    before = torch.arange(first_image).expand(3, -1)
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    image = torch.stack([torch.zeros_like(row), row, column]).flatten(1) + first_image
    length = token_ids.shape[1] - first_image - rows * columns
    after = torch.arange(length).expand(3, -1) + first_image + max(rows, columns)
    return torch.cat([before, image, after], 1)[:, None]


def _text_weights(layer: Any) -> tuple[Tensor, ...]:  # noqa: ANN401 - a module of Transformers
    look, think = layer.self_attn, layer.mlp
    products = (look.q_proj.weight, look.k_proj.weight, look.v_proj.weight, look.o_proj.weight)
    norms = (look.q_norm.weight, look.k_norm.weight, layer.post_attention_layernorm.weight)
    inner = (think.gate_proj.weight, think.up_proj.weight, think.down_proj.weight)
    return (layer.input_layernorm.weight, *products, *norms, *inner)


def _vision_weights(block: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a module of Transformers
    parts = (block.norm1, block.attn.qkv, block.attn.proj, block.norm2, block.mlp.linear_fc1, block.mlp.linear_fc2)
    return (block.attn.num_heads, *(weight for part in parts for weight in (part.weight, part.bias)))


def _rms(rows: Tensor, weight: Tensor) -> Tensor:
    return F.rms_norm(rows, (rows.shape[-1],), weight, 1e-6)


def _turn(rows: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = rows.chunk(2, -1)
    return rows * cos + torch.cat((-second, first), -1) * sin


def _compiled(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Compiled once for all lengths."""
    return torch.compile(function, dynamic=True)
