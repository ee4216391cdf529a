"""Tokens become text while they come: whole characters only, and nothing from a stop string on.

Enters: the ids of an answer, one after the other, as `generate` asks after each whether to stop. Leaves: pieces of
text. Does not know: the model. It is a stopping criterion and no streamer: `generate` asks the criteria before it feeds
the streamer, so a streamer that finds a stop string would cost one more token.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

HALF = "\ufffd"  # what a tokenizer shows for bytes that are no whole character yet


class Decoder:
    """Ids to text without re-reading all of them: only those since the last text that was whole.

    A character of Chinese may take three tokens; text is held back until its bytes are complete. The ids before the
    fresh ones are decoded with them, as some tokenizers drop a leading blank.
    """

    def __init__(self, decode: Callable[[list[int]], str]) -> None:
        self._decode = decode
        self._ids: list[int] = []
        self._from = self._read = 0

    def add(self, token: int) -> str:
        """The text that `token` completed, perhaps ""."""
        self._ids.append(token)
        before, now = self._texts()
        if now.endswith(HALF) or len(now) <= len(before):
            return ""
        self._from, self._read = self._read, len(self._ids)
        return now[len(before) :]

    def rest(self) -> str:
        """What was held back, though its last character is broken."""
        before, now = self._texts()
        self._from = self._read = len(self._ids)
        return now[len(before) :]

    def _texts(self) -> tuple[str, str]:
        return self._decode(self._ids[self._from : self._read]), self._decode(self._ids[self._from :])


class Stops:
    """Text up to the first of `stops`; the beginning of what might become one is held back.

    >>> stops = Stops(["END"])
    >>> stops.add("on E"), stops.add("ven EN"), stops.add("D. more"), stops.met
    ('on ', 'Even ', '', True)
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops, self._held, self.met = stops, "", False

    def add(self, text: str) -> str:
        """What may be said now."""
        if self.met:
            return ""
        self._held += text
        found = [(at + len(stop), at) for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if found:  # the one that is complete first, whatever the pieces
            self.met = True
            said, self._held = self._held[: min(found)[1]], ""
            return said
        keep = max((_overlap(self._held, stop) for stop in self._stops), default=0)
        said, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return said

    def rest(self) -> str:
        """What was held back and became no stop string."""
        said, self._held = self._held, ""
        return said


class Voice:
    """Says an answer while `generate` makes it; `stopped` once a stop string was met."""

    def __init__(self, tokenizer: Any, stops: Sequence[str], say: Callable[[str], None], torch: Any) -> None:  # noqa: ANN401
        self._torch, self._say, self._stops = torch, say, Stops(stops)
        self._decoder = Decoder(
            lambda ids: tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        )

    @property
    def stopped(self) -> bool:
        return self._stops.met

    def __call__(self, input_ids: "torch.Tensor", scores: object, **_: object) -> "torch.Tensor":
        self._utter(self._stops.add(self._decoder.add(int(input_ids[0, -1]))))
        return self._torch.full((1,), self.stopped, dtype=self._torch.bool, device=input_ids.device)

    def finish(self) -> None:
        """Says what was held back."""
        self._utter(self._stops.add(self._decoder.rest()) + self._stops.rest())

    def _utter(self, text: str) -> None:
        if text:
            self._say(text)


class Restraint:
    """A logits processor: `penalty` off each token that the answer has said already (OpenAI's presence_penalty)."""

    def __init__(self, penalty: float, prompt_tokens: int) -> None:
        self._penalty, self._prompt_tokens = penalty, prompt_tokens

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        said = input_ids[0, self._prompt_tokens :].unique()
        scores[0, said] -= self._penalty
        return scores


def _overlap(text: str, stop: str) -> int:
    """How much of the end of `text` is the beginning of `stop`."""
    return next((size for size in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:size])), 0)
