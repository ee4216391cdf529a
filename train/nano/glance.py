"""What a picture's tokens should tell at once: shape, colour, word and count, read off by small heads.

Enters: the vision tower's tokens, and cards. Leaves: a loss that teaches the tower all of a picture, whatever the
question was about. The heads are thrown away after training. Does not know: language.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from nano_cards import CATEGORIES, COLOURS, MOST_DOTS, WORDS, Card
from torch import Tensor, nn

NAMES: tuple[tuple[str | int | None, ...], ...] = (
    (None, *CATEGORIES),
    (None, *COLOURS),
    (None, *WORDS),
    (None, *range(1, MOST_DOTS + 1)),
)
LOOKS = 4  # places each head may look at: a word spans up to four tokens


class Glance(nn.Module):
    """Four heads, each with its own looks over the picture's tokens (batch, tokens, width)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.looks = nn.Parameter(torch.randn(len(NAMES) * LOOKS, width) * width**-0.5)
        self.key, self.value = nn.Linear(width, width), nn.Linear(width, width)
        self.heads = nn.ModuleList(nn.Linear(LOOKS * width, len(names)) for names in NAMES)

    def forward(self, seen: Tensor) -> list[Tensor]:
        """Logits (batch, choices) of each head."""
        rows = F.layer_norm(seen, (seen.shape[-1],))
        chosen = torch.softmax(self.looks @ self.key(rows).transpose(1, 2), -1) @ self.value(rows)
        parts = chosen.unflatten(1, (len(NAMES), LOOKS)).flatten(2).unbind(1)
        return [head(part) for head, part in zip(self.heads, parts, strict=True)]


def labels_of(cards: Sequence[Card]) -> Tensor:
    """The choices that are right: (cards, heads); 0 is "not there"."""
    facts = [(card.category, card.colour, card.word, card.dots) for card in cards]
    return torch.tensor([[names.index(fact) for names, fact in zip(NAMES, row, strict=True)] for row in facts])


def glance_loss(logits: list[Tensor], labels: Tensor) -> Tensor:
    """The mean of the heads' losses."""
    return torch.stack([F.cross_entropy(row, labels[:, place]) for place, row in enumerate(logits)]).mean()


def glance_right(logits: list[Tensor], labels: Tensor) -> list[float]:
    """The share of right choices of each head."""
    return [(row.argmax(-1) == labels[:, place]).float().mean().item() for place, row in enumerate(logits)]
