"""How well is text read, however it stands? RapidOCR as it comes is the baseline, on the same pictures in turn.

    python benchmarks/text.py [--pictures 60] [--packs 93] [--seeds 8]

Strings that labelled documents must contain; brands on packs; drawn packs turned, slanted and bent (seeds from 1000 on,
which nobody tunes on); lines on shop pictures without print, where most are imagined; scripts that cannot be read:
places told, lines made up. Time is the process's own on one thread, so that a shared machine tells the same.
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from told import ROOT, shared, tell

from tujian.decoding import Decoder
from tujian.folding import fold
from tujian.perception.scripts import unreadable_script
from tujian.perception.text import TextReader
from tujian.pictures import open_picture

sys.path.insert(0, str(ROOT / "tests"))
import lettering
from lettering import Drawn

FIRST_SEED = 1000
SETS: dict[str, Callable[[int], Drawn]] = {
    "upright": lettering.sheet,
    "turned 90": lambda seed: lettering.turned(lettering.sheet(seed), 90),
    "turned 180": lambda seed: lettering.turned(lettering.sheet(seed), 180),
    "turned 270": lambda seed: lettering.turned(lettering.sheet(seed), 270),
    "slanted 10-35": lambda seed: lettering.turned(lettering.sheet(seed), (-1) ** seed * (10 + 25 * (seed % 6) / 5)),
    "from the side": lambda seed: lettering.slanted(lettering.sheet(seed), seed),
    "bent .06": lambda seed: lettering.bent(lettering.sheet(seed), 0.06 * (-1) ** seed),
    "bent .12": lambda seed: lettering.bent(lettering.sheet(seed), 0.12 * (-1) ** seed),
    "bent .18": lambda seed: lettering.bent(lettering.sheet(seed), 0.18 * (-1) ** seed),
    "small (half size)": lambda seed: lettering.shrunk(lettering.sheet(seed), 0.4),
    "one below the other": lambda seed: lettering.column(lettering.PHRASES[seed % 12], 30 + seed % 20),
}


@dataclass(frozen=True)
class Read:
    texts: tuple[str, ...]
    elapsed_ms: float
    unread: int = 0

    @property
    def folded(self) -> str:
        return fold("".join(self.texts))


Reader = Callable[[np.ndarray], Read]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=60, help="ordinary shop pictures")
    parser.add_argument("--packs", type=int, default=93, help="packs whose brand is known")
    parser.add_argument("--seeds", type=int, default=8, help="drawn packs a kind")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    readers: dict[str, Reader] = {"rapidocr": as_it_comes(), "tujian": ours()}
    with Decoder() as decoder:
        figures = {
            "strings": strings(readers, decoder),
            "brands": brands(readers, decoder, asked.packs),
            "drawn": drawn(readers, asked.seeds),
            "other_scripts": other_scripts(readers),
            "shop_pictures": shop_pictures(readers, decoder, asked.pictures),
        }
    tell(**figures)


def as_it_comes() -> Reader:
    from rapidocr import RapidOCR

    engine = RapidOCR(
        params={
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )

    def read(pixels: np.ndarray) -> Read:
        bgr = np.ascontiguousarray(pixels[..., ::-1])
        begun = time.process_time()
        found = engine(bgr)
        return Read(tuple(found.txts or ()), (time.process_time() - begun) * 1000)

    read(np.full((64, 64, 3), 255, np.uint8))
    return read


def ours() -> Reader:
    reader = TextReader()

    def read(pixels: np.ndarray) -> Read:
        begun = time.process_time()
        seen = reader.read(pixels, pixels.shape[1::-1])
        return Read(tuple(line.text for line in seen.lines), (time.process_time() - begun) * 1000, len(seen.unread))

    read(np.full((64, 64, 3), 255, np.uint8))
    return read


def strings(readers: dict[str, Reader], decoder: Decoder) -> dict[str, object]:
    """Strings that documents must contain, those that the reader says it can read."""
    wanted, hits = 0, Counter[str]()
    told = []
    for row in rows("ocr"):
        words = row["labels"].get("must_contain", [])
        readable = [word for word in words if unreadable_script(word) is None]
        pixels = opened(row, decoder)
        wanted += len(readable)
        for name, reader in readers.items():
            read = reader(pixels)
            hits[name] += sum(fold(word) in read.folded for word in readable)
            if name == "tujian" and len(readable) < len(words):
                told.append({"picture": row["path"], "unread": read.unread, "lines": list(read.texts)})
    return {"wanted": wanted, **hits, "other_scripts": told}


def brands(readers: dict[str, Reader], decoder: Decoder, count: int) -> dict[str, int]:
    packs = [row for row in rows("grocery") if row["labels"].get("brand")]
    packs = random.Random(11).sample(packs, min(count, len(packs)))
    hits = Counter[str]()
    for row in packs:
        pixels = opened(row, decoder)
        for name, reader in readers.items():
            hits[name] += fold(row["labels"]["brand"]) in reader(pixels).folded
    return {"packs": len(packs), **hits}


def drawn(readers: dict[str, Reader], seeds: int) -> dict[str, dict[str, int]]:
    figures = {}
    for kind, draw in SETS.items():
        wanted, hits = 0, Counter[str]()
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            pack = draw(seed)
            wanted += len(pack.texts)
            for name, reader in readers.items():
                read = reader(pack.pixels)
                hits[name] += sum(fold(text) in read.folded for text in pack.texts)
        figures[kind] = {"wanted": wanted, **{name: hits[name] for name in readers}}
    return figures


def other_scripts(readers: dict[str, Reader]) -> dict[str, dict[str, int]]:
    """Drawn labels in scripts that are not supported: how many were told as unread, how many lines were made up."""
    cards = [(script, card) for script, texts in lettering.FOREIGN.items() for card in lettering.foreign(script, texts)]
    told, made_up = Counter[str](), Counter[str]()
    for script, card in cards:
        for name, reader in readers.items():
            read = reader(card.pixels)
            told[f"{name}:{script}"] += bool(read.unread)
            made_up[f"{name}:{script}"] += len(read.texts)
    scripts = Counter(script for script, _ in cards)
    return {
        script: {
            "cards": count,
            "told": told[f"tujian:{script}"],
            **{f"lines_{name}": made_up[f"{name}:{script}"] for name in readers},
        }
        for script, count in scripts.items()
    }


def shop_pictures(readers: dict[str, Reader], decoder: Decoder, count: int) -> dict[str, object]:
    """Lines a picture where hardly any print is, and the time of both readers on all."""
    lines, single, unread = Counter[str](), Counter[str](), 0
    spent: dict[str, list[float]] = {name: [] for name in readers}
    for kind in ("clothing", "product", "grocery"):
        for row in random.Random(11).sample(rows(kind), count // 3):
            pixels = opened(row, decoder)
            for name, reader in readers.items():
                read = reader(pixels)
                spent[name].append(read.elapsed_ms)
                if kind != "grocery":
                    lines[name] += len(read.texts)
                    single[name] += sum(len(fold(text)) <= 1 for text in read.texts)
                    unread += read.unread
    plain = count // 3 * 2
    return {
        "pictures": count,
        "clothing_and_product": plain,
        "lines": dict(lines),
        "single_letter_lines": dict(single),
        "unread_places": unread,
        "ms_median": {name: round(statistics.median(values), 1) for name, values in spent.items()},
        "time_ratio": round(sum(spent["tujian"]) / sum(spent["rapidocr"]), 3),
        "raw_ms": {name: [round(value) for value in values] for name, values in spent.items()},
    }


def rows(kind: str) -> list[dict]:
    lines = (shared() / "data/manifest.jsonl").read_text().splitlines()
    return [row for row in map(json.loads, lines) if row["kind"] == kind]


def opened(row: dict, decoder: Decoder) -> np.ndarray:
    return open_picture(shared() / "data" / row["path"], decoder=decoder, max_bytes=10**8).pixels


if __name__ == "__main__":
    main()
