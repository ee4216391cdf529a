"""Draws the pictures of the field-level test set.

    python benchmarks/fields/draw.py --seeds 0:8 --out DIR [--kind food] [--boxes]

Every seed is one picture; its kind is KINDS[seed % 4]. Seeds below 1000 are for tuning, from 1000 on
for reporting only.
Needs fonts: see lettering.py. Writes N-kind.jpg and N-kind.json (values, boxes); with --boxes the places are drawn in.
"""

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from PIL import Image, ImageDraw

from fields import backs, garments, invent, packs, posters
from fields.camera import Bend, Set, Taken, corners_of, ground, photograph
from fields.sheet import Sheet
from fields.truth import Truth

KINDS = ("food", "label", "dress", "poster")


@dataclass(frozen=True)
class Drawn:
    kind: str
    seed: int
    taken: Taken
    truth: Truth


def kind_of(seed: int) -> str:
    return KINDS[seed % len(KINDS)]


def draw(seed: int) -> Drawn:
    """The picture of a seed."""
    kind = kind_of(seed)
    rng = random.Random(f"{kind} {seed}")
    truth = Truth()
    taken = {"food": _food, "label": _label, "dress": _dress, "poster": _poster}[kind](rng, truth)
    return Drawn(kind, seed, taken, truth)


def _food(rng: random.Random, truth: Truth) -> Taken:
    food = invent.food(rng)
    how = rng.choice(["front", "front", "both", "both", "back"])
    sheets: list[Sheet] = []
    if how != "back":
        sheets.append(packs.front(food, rng, truth))
    if how != "front":
        sheets.append(backs.back(food, rng, truth, full=False))
    if how == "front" and rng.random() < 0.35:
        return _on_shelf(sheets[0], packs.price_card(food, rng, truth), rng)
    bent = how == "front" and rng.random() < 0.5
    return _shoot(sheets, rng, bend=rng.uniform(0.5, 1.0) if bent else 0.0)


def _label(rng: random.Random, truth: Truth) -> Taken:
    food = invent.food(rng)
    bent = rng.random() < 0.35
    return _shoot([backs.back(food, rng, truth, full=True)], rng, bend=rng.uniform(0.3, 0.7) if bent else 0.0)


def _dress(rng: random.Random, truth: Truth) -> Taken:
    garment = invent.garment(rng)
    how = rng.choice(["tag", "tag", "both", "both", "wash"])
    sheets: list[Sheet] = []
    if how != "wash":
        sheets.append(garments.tag(garment, rng, truth, whole=how == "tag"))
    if how != "tag":
        sheets.append(garments.wash_label(garment, rng, truth))
    return _shoot(sheets, rng, bend=0.0)


def _poster(rng: random.Random, truth: Truth) -> Taken:
    sheet = posters.poster(invent.offer(rng), rng, truth)
    if rng.random() < 0.5:  # a file as the designer made it
        whole: tuple = (
            (0.0, 0.0),
            (float(sheet.width), 0.0),
            (float(sheet.width), float(sheet.height)),
            (0.0, float(sheet.height)),
        )
        return photograph(
            (sheet.width, sheet.height), ground((sheet.width, sheet.height), rng), [Set(sheet, whole, shade=0)], rng
        )
    return _shoot([sheet], rng, bend=0.0)


def _shoot(sheets: Sequence[Sheet], rng: random.Random, *, bend: float) -> Taken:
    """Lays the sheets side by side and takes a picture that holds them with some ground around."""
    height = max(sheet.height for sheet in sheets)
    longest = rng.uniform(1250, 1750) if len(sheets) == 1 else rng.uniform(1700, 2100)
    scale = longest / max(height, sum(s.width for s in sheets))
    scale = min(scale, 1.15)
    margin, gap = rng.uniform(0.04, 0.12), 0.06
    sizes = [(sheet.width * scale, sheet.height * scale) for sheet in sheets]
    across = sum(w for w, _ in sizes) * (1 + gap)
    down = max(h for _, h in sizes)
    size = (round(across * (1 + 2 * margin)), round(down * (1 + 2 * margin)))
    turn = rng.uniform(-5, 5) if rng.random() < 0.6 else 0.0
    x, sets = margin * across, []
    for width, high in sizes:
        top = (size[1] - high) * rng.uniform(0.3, 0.7)
        box = (x, top, x + width, top + high)
        sheet = sheets[len(sets)]
        sets.append(
            Set(sheet, corners_of(box, rng, turn, 0.025), Bend(bend, bend * 0.02), rounded=rng.choice([0, 0.02]))
        )
        x += width * (1 + gap)
    return photograph(size, ground(size, rng), sets, rng)


def _on_shelf(pack: Sheet, card: Sheet, rng: random.Random) -> Taken:
    """A pack with its price card below."""
    scale = rng.uniform(0.75, 0.95)
    width, high = pack.width * scale, pack.height * scale
    wide, down = card.width * scale * 0.8, card.height * scale * 0.8
    size = (round(width * 1.25), round(high + down + 130))
    left = (size[0] - width) / 2
    pack_box, top = (left, 40.0, left + width, 40 + high), high + 80
    card_left = rng.uniform(20, size[0] - wide - 20)
    card_box = (card_left, top, card_left + wide, top + down)
    sets = [
        Set(pack, corners_of(pack_box, rng, rng.uniform(-2, 2), 0.02)),
        Set(card, corners_of(card_box, rng, 0, 0.02)),
    ]
    return photograph(size, ground(size, rng), sets, rng)


def annotated(drawn: Drawn, path: Path) -> Image.Image:
    image = Image.open(path).convert("RGB")
    pen = ImageDraw.Draw(image)
    for mark in drawn.taken.marks:
        pen.polygon(mark.quad, outline="red" if mark.role == "value" else "blue", width=2)
        pen.text(mark.quad[0], mark.field, fill="magenta")
    return image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=seeds_of, default=range(0, 8))
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--boxes", action="store_true")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    for seed in asked.seeds:
        if asked.kind not in (None, kind_of(seed)):
            continue
        drawn = draw(seed)
        path = asked.out / f"{seed}-{drawn.kind}.jpg"
        path.write_bytes(drawn.taken.jpeg)
        marks = [{"field": m.field, "role": m.role, "place": m.place, "quad": m.quad} for m in drawn.taken.marks]
        told = {
            "values": drawn.truth.values,
            "also": drawn.truth.also,
            "free": sorted(drawn.truth.free),
            "marks": marks,
        }
        path.with_suffix(".json").write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
        if asked.boxes:
            annotated(drawn, path).save(path.with_suffix(".png"))
        print(path)


def seeds_of(text: str) -> range:
    """0:60 → 0 to 59."""
    begin, _, end = text.partition(":")
    return range(int(begin), int(end) if end else int(begin) + 1)


if __name__ == "__main__":
    main()
