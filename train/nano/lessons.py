"""Batches to train on: cards drawn, asked about, and turned into tokens, without end and the same for the same seed.

Enters: a tokenizer, the tasks, a seed. Leaves: batches of one picture size and one system message each.
Does not know: the network. Runs in a process of its own beside the training (torch's DataLoader).
"""

import io
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from glance import labels_of
from nano_cards import SIZES, Card, Kind, draw_card
from numpy.typing import NDArray
from PIL import Image
from questions import LANGS, Diet, Turn, choose_manner, choose_system, converse, in_words
from torch import Tensor
from torch.utils.data import IterableDataset
from transformers import PreTrainedTokenizerFast

from tujian.errors import Lang
from tujian.geometry import Size
from tujian.tasks import Task

KINDS: tuple[Kind, ...] = ("card", "scrap", "sign", "blank")
# Cards hold the most to learn; blanks teach null. Scraps keep colour apart from shape while the eyes learn; later they
# would teach that a shape in a colour it was never seen in is a scrap: half of the wrong categories were that.
KIND_WEIGHTS: dict[Diet, tuple[int, ...]] = {"look": (46, 12, 36, 6), "short": (46, 12, 36, 6), "house": (54, 0, 40, 6)}
LOOK_TIMES = 2  # as many pictures when nothing is asked about them
CELL_PX = 32  # a token of Qwen3-VL


class Asked(NamedTuple):
    """Conversations about a batch's pictures: `token_ids` (batch, length), `wanted` the places that are answered."""

    token_ids: Tensor
    wanted: Tensor
    first_image: int


class Batch(NamedTuple):
    """`pixels` (batch, height, width, 3) uint8, `labels` (batch, heads) of glance.py; asked about in both languages."""

    pixels: Tensor
    labels: Tensor
    asked: tuple[Asked, ...]


@dataclass
class Writer:
    """Conversations as the tokens that the chat template makes of them."""

    tokenizer: PreTrainedTokenizerFast

    def opening(self, system: str) -> list[int]:
        """All that comes before the picture."""
        told = f"<|im_start|>system\n{system}<|im_end|>\n" if system else ""
        return self._ids(f"{told}<|im_start|>user\n<|vision_start|>")

    def rest(self, turns: Sequence[Turn]) -> tuple[list[int], list[bool]]:
        """What comes after the picture, and which of its tokens are the network's own."""
        ids, own = self._ids("<|vision_end|>"), [False]
        for place, turn in enumerate(turns):
            opened = "<|im_start|>user\n" if place else ""
            asked = self._ids(f"{opened}{turn.question}<|im_end|>\n<|im_start|>assistant\n")
            answered = self._ids(f"{turn.answer}<|im_end|>")
            newline = self._ids("\n")
            ids += asked + answered + newline
            own += [False] * len(asked) + [True] * len(answered) + [False] * len(newline)
        return ids, own

    def _ids(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False).input_ids

    def ask(self, size_px: Size, system: str, conversations: list[list[Turn]]) -> Asked:
        """One tensor of all conversations, padded at their ends."""
        opening = self.opening(system)
        image = [self.tokenizer.convert_tokens_to_ids("<|image_pad|>")] * (size_px[0] * size_px[1] // CELL_PX**2)
        rests = [self.rest(turns) for turns in conversations]
        before = len(opening) + len(image)
        token_ids = torch.full((len(rests), before + max(len(ids) for ids, _ in rests)), self.tokenizer.pad_token_id)
        wanted = torch.zeros(token_ids.shape, dtype=torch.bool)
        token_ids[:, :before] = torch.tensor(opening + image)
        for row, (ids, own) in enumerate(rests):
            token_ids[row, before : before + len(ids)] = torch.tensor(ids)
            wanted[row, before : before + len(ids)] = torch.tensor(own)
        return Asked(token_ids, wanted, len(opening))


@dataclass(frozen=True)
class Plan:
    """Diets one after another, each up to (not including) its last step; the last one has no end."""

    parts: tuple[tuple[Diet, int], ...]

    def diet(self, step: int) -> Diet:
        for diet, end in self.parts:
            if step < end:
                return diet
        return self.parts[-1][0]


@dataclass
class Lessons(IterableDataset[Batch]):
    """Batches without end, from `step` of the plan on; the pictures of one have one size, its questions one manner."""

    writer: Writer
    tasks: dict[str, Task]
    batch_size: int
    seed: str
    plan: Plan
    fresh: bool = False
    step: int = 0

    def __iter__(self) -> Iterator[Batch]:
        torch.set_num_threads(1)
        rng = random.Random(f"{self.seed} {self.step}")
        for step in itertools.count(self.step):
            diet = self.plan.diet(step)
            size_px = rng.choice(SIZES)
            count = self.batch_size * (LOOK_TIMES if diet == "look" else 1)
            kinds = rng.choices(KINDS, KIND_WEIGHTS[diet], k=count)
            cards = [draw_card(rng, kind, size_px, fresh=self.fresh) for kind in kinds]
            pixels = torch.from_numpy(np.stack([worn(rng, card.picture) for card in cards]))
            asked = () if diet == "look" else tuple(self._ask(rng, cards, lang, diet) for lang in LANGS)
            yield Batch(pixels, labels_of(cards), asked)

    def _ask(self, rng: random.Random, cards: list[Card], lang: Lang, diet: Diet) -> Asked:
        manner = choose_manner(rng, diet)
        conversations = [converse(rng, card, lang, self.tasks, manner) for card in cards]
        return self.writer.ask(cards[0].picture.size, choose_system(rng, lang, diet), conversations)


def worn(rng: random.Random, picture: Image.Image) -> NDArray[np.uint8]:
    """The picture's pixels, mostly after JPEG at one of the qualities that Tujian and others write."""
    if rng.random() < 0.25:
        return np.asarray(picture)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=rng.randint(80, 96), subsampling=rng.choice((0, 0, 2)))
    return np.asarray(Image.open(file))


def phrases(tasks: dict[str, Task], rng: random.Random) -> list[str]:
    """What the tokenizer learns its merges from: every word alone, and what the house asks."""
    from nano_cards import CATEGORIES, COLOURS, WORDS
    from questions import ASIDES, SCENE, SCHEMA_WORDS, SYSTEMS, WORDING

    words = [*WORDS, *CATEGORIES, *CATEGORIES.values(), *COLOURS, *COLOURS.values()]
    spoken = [f" {word}" for word in (*CATEGORIES, *COLOURS, "sign", "dots", "dot")]
    asked = [in_words(task, lang) for task in tasks.values() for lang in LANGS]
    sets = (SYSTEMS, SCENE, WORDING, ASIDES, SCHEMA_WORDS)
    asked += [phrase for group in sets for lang in LANGS for phrase in group[lang]]
    asked += [
        "system\nuser\nassistant\n",
        '{"category":"","colour":null,"text":""}',
        '{"word":"","dots":1,"background":""}',
    ]
    asked += [
        "图里 有一个 有一块 的 牌子 上面有 个点 图上写着 “ ”。 什么也没有 没有字",
        'The picture shows a an empty. It says "',
    ]
    pool = words * 50 + spoken * 50 + asked * 4  # words first, so that each becomes one token whatever stands beside it
    rng.shuffle(pool)
    return pool
