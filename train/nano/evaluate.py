"""Asks the nano network through Tujian's own engines about cards it never saw, and counts what is right.

Enters: a folder with the network's files (tests/nano), a seed, how many cards. Leaves: one line of JSON with shares
by engine, task, field, language and size, how many greedy texts the engines share, and the blank control.
Does not know: how the network was trained. A card is drawn, opened, fitted and asked about as a user's picture is.

    python train/nano/evaluate.py tests/nano --cards 200
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "tests"), str(HERE)]

from nano_cards import Card, draw_cards  # noqa: E402
from questions import LANGS, SCENE, WORDING, in_words, read_tasks  # noqa: E402

from tujian.decoding import Decoder  # noqa: E402
from tujian.engines.asking import listen, parse_object  # noqa: E402
from tujian.engines.dialect import Engine, Question  # noqa: E402
from tujian.engines.llamacpp import LlamaCppEngine  # noqa: E402
from tujian.engines.transformers import TransformersEngine  # noqa: E402
from tujian.errors import Lang  # noqa: E402
from tujian.pictures import fit_to_tokens, open_picture  # noqa: E402
from tujian.tasks import Sampling, Task  # noqa: E402

GREEDY = Sampling(temperature=0.0, top_p=1.0, max_tokens=64)
Counts = dict[str, list[int]]


class Shown(NamedTuple):
    """A card, and the JPEG that a model gets of it."""

    card: Card
    jpeg: bytes


def show(cards: Iterable[Card], tokens: int) -> list[Shown]:
    with Decoder() as decoder:
        pictures = [(card, open_picture(card.png(), decoder=decoder, max_bytes=1 << 20)) for card in cards]
        return [Shown(card, fit_to_tokens(picture, tokens).jpeg) for card, picture in pictures]


def ask_tasks(engine: Engine, shown: list[Shown], tasks: dict[str, Task]) -> tuple[Counts, list[str]]:
    """[right, asked] by what was asked, and every answer's text."""
    counts: Counts = defaultdict(lambda: [0, 0])
    texts = []
    for card, jpeg in shown:
        for lang in LANGS:
            task = tasks[card.kind]
            question = Question(task.prompt(lang), (jpeg,), lang, task.sampling, task.name, task.schema_of(lang))
            text = listen(engine, question).text
            texts.append(text)
            _count(counts, card, task, lang, parse_object(text) or {})
    return counts, texts


def _count(counts: Counts, card: Card, task: Task, lang: Lang, found: dict[str, Any]) -> None:
    wide, high = card.picture.size
    wanted = card.answer(task.name, lang)
    for name, value in wanted.items():
        for key in ("all fields", f"{task.name}.{name}", lang, f"{wide}x{high}"):
            _add(counts, key, found.get(name) == value)
    _add(counts, "whole answers", found == wanted)


def _add(counts: Counts, key: str, right: bool) -> None:
    counts[key][0] += right
    counts[key][1] += 1


def ask_freely(engine: Engine, shown: list[Shown]) -> tuple[Counts, list[str]]:
    """The two free questions in both languages."""
    counts: Counts = defaultdict(lambda: [0, 0])
    texts = []
    for card, jpeg in shown:
        for lang in LANGS:
            asked = (("scene", SCENE[lang][0], card.sentence(lang)), ("wording", WORDING[lang][0], card.wording(lang)))
            for name, prompt, wanted in asked:
                text = listen(engine, Question(prompt, (jpeg,), lang, GREEDY)).text
                texts.append(text)
                _add(counts, f"free {name} {lang}", text.strip() == wanted)
    return counts, texts


def ask_bare(engine: Engine, shown: list[Shown], tasks: dict[str, Task]) -> list[str]:
    """Greedy texts without a schema bound, which two engines must share: plain, and with the schema in words."""
    texts = []
    for card, jpeg in shown:
        for lang in LANGS:
            task = tasks[card.kind]
            plain = Question(task.prompt(lang), (jpeg,), lang, GREEDY)
            texts += [listen(engine, plain).text, listen(engine, replace(plain, prompt=in_words(task, lang))).text]
    return texts


def control(engine: Engine, shown: list[Shown], blanks: list[Shown], tasks: dict[str, Task]) -> dict[str, float]:
    """The same questions with the picture taken away: how many fields are right by luck, how many are null."""
    lucky = empty = asked = 0
    for (card, _), (_, jpeg) in zip(shown, blanks, strict=False):
        for lang in LANGS:
            task = tasks[card.kind]
            question = Question(task.prompt(lang), (jpeg,), lang, task.sampling, task.name, task.schema_of(lang))
            found = parse_object(listen(engine, question).text) or {}
            for name, value in card.answer(task.name, lang).items():
                lucky, empty, asked = lucky + (found.get(name) == value), empty + (found.get(name) is None), asked + 1
    return {"right_by_luck": round(lucky / asked, 4), "null": round(empty / asked, 4)}


def shares(counts: Counts) -> dict[str, float]:
    return {key: round(right / asked, 4) for key, (right, asked) in sorted(counts.items())}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cards", type=int, default=120)
    parser.add_argument("--seed", default="evaluate")
    parser.add_argument("--without-transformers", action="store_true", help="llama.cpp alone, to look quickly")
    chosen = parser.parse_args()
    tasks = read_tasks(HERE.parents[1] / "tests" / "nano" / "tasks")
    shown = show(draw_cards(chosen.seed, chosen.cards), 64)
    blanks = show(draw_cards(f"{chosen.seed} blank", min(24, chosen.cards), kinds=("blank",)), 64)
    engines: dict[str, Engine] = {
        "llama.cpp": LlamaCppEngine(chosen.folder / "nano-f16.gguf", timeout_s=60, context=4096, slots=1, threads=1)
    }
    if not chosen.without_transformers:
        engines["transformers"] = TransformersEngine(
            chosen.folder, timeout_s=60, context=4096, threads=1, dtype="float32"
        )
    report: dict[str, Any] = {"cards": chosen.cards, "seed": chosen.seed}
    texts: dict[str, list[str]] = {}
    for name, engine in engines.items():
        try:
            bound, _ = ask_tasks(engine, shown, tasks)
            free, said = ask_freely(engine, shown)
            texts[name] = said + ask_bare(engine, shown, tasks)
            report[name] = shares(bound) | shares(free) | {"blank": control(engine, shown, blanks, tasks)}
        finally:
            engine.close()
    if len(texts) == 2:
        pairs = list(zip(*texts.values(), strict=True))
        report["same_greedy_text"] = [sum(one == other for one, other in pairs), len(pairs)]
        report["first_differences"] = [pair for pair in pairs if pair[0] != pair[1]][:5]
    print(json.dumps(report, ensure_ascii=False))


if __name__ == "__main__":
    main()
