"""Trains the nano network: true Qwen3-VL architecture, drawn cards, the questions Tujian asks.

Enters: perhaps a trained directory to start from, or a checkpoint of this script to go on from. Leaves: a checkpoint
every few minutes (`convert.py` makes the files of it).
Does not know: the engines (`evaluate.py` asks them).

    python train/nano/train.py --start-from FOLDER --out out/nano
    python train/nano/train.py --resume out/nano/checkpoint.pt --out out/nano --steps 4500 --tail 1000

The learning rate warms up, stays, and falls to nothing over the last `--tail` steps: a run may be stopped and resumed
with an earlier end.
"""

import argparse
import itertools
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch.utils.data import DataLoader
from transformers import PreTrainedTokenizerFast, Qwen3VLForConditionalGeneration

HERE = Path(__file__).resolve().parent
TESTS = HERE.parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(HERE)]  # a script's neighbours, and the cards that tests draw too

from glance import Glance, glance_loss, glance_right  # noqa: E402
from lessons import Asked, Batch, Lessons, Plan, Writer, phrases  # noqa: E402
from nano_cards import SIZES  # noqa: E402
from network import WIDTH, learn_merges, make_network, make_tokenizer, start_from  # noqa: E402
from questions import read_tasks  # noqa: E402
from reader import Reader, Sight, patches  # noqa: E402

MOST_TOKENS = 1280  # alphabet 256, Qwen's 14 names, the rest merges
WARM_STEPS = 100
CHECK_STEPS, FIRST_LOOK = 250, 40  # between two lines of report; the first comes early
CHECK_BATCHES = 4  # of 64 fresh cards, in both languages
PLAN = "look:2000,short:2500,house:5000"  # eyes, then words about them, then the house's own questions
CHECKED = Plan((("house", 1),))  # what is asked about fresh cards, all along
CLOSE = 2e-4  # of float32 logits, between Transformers and Reader
DECAY = 0.02
BETAS = (0.9, 0.98)


class Training:
    """A network, its optimiser and how far they are."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.step, self.elapsed_s = options, 0, 0.0
        self.tasks = read_tasks(TESTS / "nano" / "tasks")
        state: dict[str, Any] = torch.load(options.resume, weights_only=True) if options.resume else {}
        self.tokenizer = self._tokens(state.get("tokenizer"))
        self.network = make_network(self.tokenizer, options.seed)
        if options.start_from:
            taken = start_from(self.network, self.tokenizer, options.start_from)
            say(event="started", tensors_taken=taken, tokens=len(self.tokenizer))
        self.reader = Reader(self.network, torch.bfloat16, compiled=True)
        self.glance = Glance(WIDTH)
        self.optimiser = self._optimiser()
        if state:
            self._go_on(state)
        self.first_step = self.step
        self.writer = Writer(self.tokenizer)

    def _tokens(self, kept: str | None) -> PreTrainedTokenizerFast:
        """The checkpoint's own tokenizer: prompts may have changed since, tokens must not."""
        if kept is not None:
            return make_tokenizer(Tokenizer.from_str(kept))
        return make_tokenizer(learn_merges(phrases(self.tasks, random.Random(self.options.seed)), MOST_TOKENS))

    def _optimiser(self) -> torch.optim.AdamW:
        both = [*self.network.parameters(), *self.glance.parameters()]
        weights, others = [p for p in both if p.ndim > 1], [p for p in both if p.ndim <= 1]
        groups = [{"params": weights, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}]
        return torch.optim.AdamW(groups, lr=self.options.rate, betas=BETAS, fused=True)

    def lessons(self, seed: str, batch_size: int, *, fresh: bool = False) -> Lessons:
        plan = CHECKED if fresh else self.options.plan
        return Lessons(self.writer, self.tasks, batch_size, seed, plan, fresh, 0 if fresh else self.step)

    def run(self) -> None:
        """Steps until `--steps`, from wherever the checkpoint was."""
        options = self.options
        batches = iter(
            DataLoader(
                self.lessons(f"train {options.seed}", options.batch),
                batch_size=None,
                num_workers=1,
                prefetch_factor=6,
            )
        )
        begun, before_s, losses = time.monotonic(), self.elapsed_s, []
        saved = begun
        while self.step < options.steps:
            losses.append(self.learn(next(batches)))
            self.elapsed_s = before_s + time.monotonic() - begun
            if self.step % CHECK_STEPS == 0 or self.step == FIRST_LOOK:
                right = self.check()
                say(step=self.step, elapsed_s=round(self.elapsed_s), loss=round(sum(losses) / len(losses), 4), **right)
                losses = []
            if time.monotonic() - saved > options.save_every_s:
                self.save()
                saved = time.monotonic()
        self.save()

    def learn(self, batch: Batch) -> float:
        """One step of the optimiser; the loss before it."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.options.rate * self._share()
        sight = self.reader.see(batch.pixels)  # once for both languages: seeing is a third of the work
        losses = [glance_loss(self.glance(sight.seen), batch.labels)]
        losses += [self._loss(sight, asked) for asked in batch.asked]
        loss = torch.stack(losses).mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        return loss.item()

    def _loss(self, sight: Sight, asked: Asked) -> torch.Tensor:
        logits = self.reader(sight, asked.token_ids, asked.first_image, before(asked.wanted))
        return F.cross_entropy(logits, asked.token_ids[asked.wanted])

    def _share(self) -> float:
        left = self.options.steps - self.step
        warm = (self.step - self.first_step + 1) / WARM_STEPS
        return min(1.0, warm, left / max(1, self.options.tail))

    @torch.no_grad()
    def check(self) -> dict[str, object]:
        """On fresh cards: the share of conversations of which every token would be chosen, and of single tokens; and
        how often the glances at shape, colour, word and count are right."""
        glances: list[list[float]] = []
        whole: list[torch.Tensor] = []
        single: list[torch.Tensor] = []
        for batch in itertools.islice(self.lessons("check", 64, fresh=True), CHECK_BATCHES):
            sight = self.reader.see(batch.pixels)
            glances.append(glance_right(self.glance(sight.seen), batch.labels))
            for asked in batch.asked:
                logits = self.reader(sight, asked.token_ids, asked.first_image, before(asked.wanted))
                hit = torch.ones(asked.wanted.shape, dtype=torch.bool)
                hit[asked.wanted] = logits.argmax(-1) == asked.token_ids[asked.wanted]
                whole.append(hit.all(1))
                single.append(hit[asked.wanted])
        seen = [round(sum(column) / len(column), 3) for column in zip(*glances, strict=True)]
        return {"answers_right": _mean(whole), "tokens_right": _mean(single), "glances_right": seen}

    def save(self) -> None:
        """A checkpoint to go on from, written beside and put in place."""
        out = self.options.out
        out.mkdir(parents=True, exist_ok=True)
        state = {
            "network": self.network.state_dict(),
            "glance": self.glance.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "elapsed_s": self.elapsed_s,
            "tokenizer": self.tokenizer.backend_tokenizer.to_str(),
        }
        torch.save(state, out / "checkpoint.part")
        (out / "checkpoint.part").replace(out / "checkpoint.pt")

    def _go_on(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.glance.load_state_dict(state["glance"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.elapsed_s = state["step"], state["elapsed_s"]


def before(wanted: torch.Tensor) -> torch.Tensor:
    """The places from which the wanted tokens are foretold."""
    return torch.roll(wanted, -1, 1)


@torch.no_grad()
def compare(training: Training) -> float:
    """The largest difference of logits between Reader and Transformers, in float32, over one batch of each size."""
    exact = Reader(training.network, torch.float32, compiled=False)
    worst, sizes = 0.0, set()
    for batch in training.lessons("compare", 2, fresh=True):
        sizes.add(batch.pixels.shape)
        for asked in batch.asked:
            ours = exact(exact.see(batch.pixels), asked.token_ids, asked.first_image, before(asked.wanted))
            theirs = transformers_logits(training.network, batch.pixels, asked.token_ids)[before(asked.wanted)]
            worst = max(worst, (ours - theirs).abs().max().item())
        if len(sizes) == len(SIZES):
            break
    return worst


def transformers_logits(
    network: Qwen3VLForConditionalGeneration, pixels: torch.Tensor, token_ids: torch.Tensor
) -> torch.Tensor:
    """What Transformers' own forward gives: (batch, length, vocabulary)."""
    count, height, width, _ = pixels.shape
    flat = patches(pixels).flatten(0, 1).view(-1, 3, 1, 256).expand(-1, -1, 2, -1).flatten(1)
    grid = torch.tensor([[1, height // 16, width // 16]]).repeat(count, 1)
    image = (token_ids == network.config.image_token_id).int()
    return network(input_ids=token_ids, mm_token_type_ids=image, pixel_values=flat, image_grid_thw=grid).logits


def _mean(parts: list[torch.Tensor]) -> float:
    return round(torch.cat(parts).float().mean().item(), 4)


def say(**facts: object) -> None:
    print(json.dumps(facts, ensure_ascii=False), flush=True)


def read_plan(text: str) -> Plan:
    """`look:2000,short:2500,house:5000` as a plan."""
    parts = [part.partition(":") for part in text.split(",")]
    return Plan(tuple((diet, int(end)) for diet, _, end in parts))  # pyright: ignore[reportArgumentType]


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the checkpoint")
    parser.add_argument("--start-from", type=Path, help="a trained directory whose weights are taken over")
    parser.add_argument("--resume", type=Path, help="a checkpoint of this script")
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--tail", type=int, default=1900, help="last steps, over which the learning rate falls")
    parser.add_argument("--plan", type=read_plan, default=PLAN, help=f"diets and their last steps: {PLAN}")
    parser.add_argument("--batch", type=int, default=32, help="pictures a step, each asked about twice")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save-every-s", type=float, default=180)
    return parser.parse_args()


def main() -> None:
    options = read_options()
    torch.set_num_threads(options.threads)
    training = Training(options)
    apart = compare(training)
    say(event="compared", most_apart=apart)
    if apart > CLOSE:
        sys.exit("Reader and Transformers disagree: the network would be trained for another reader.")
    training.run()


if __name__ == "__main__":
    main()
