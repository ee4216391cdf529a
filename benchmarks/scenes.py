"""Are the products of a picture with several found, and is a picture with one left whole?

    python benchmarks/scenes.py [--scenes 90] [--first-seed 1000] [--singles 0]

Scenes are drawn (scene_art.py): two to six packs on white, on a table, on shelves, with clutter, some hiding others.
Seeds below 1000 are for tuning. A product is found when a region lies on it with an IoU of 0.5. The baseline takes the
whole picture as one item. Pictures of one thing must give none: as many drawn ones, and every `--singles`-th labelled
picture of the kinds product, clothing and grocery (0: none of them). Ends with one JSON line.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from PIL import Image
from scene_art import GROUNDS, Scene, draw_scene
from told import shared, tell

from tujian.geometry import Box1000, box_1000
from tujian.perception.barcodes import read_barcodes
from tujian.perception.regions import find_regions
from tujian.perception.text import TextReader

WHOLE = Box1000(0, 0, 1000, 1000)
FOUND_FROM = 0.5
KINDS = ("product", "clothing", "grocery")


@dataclass
class Tally:
    """How many products there were, how many regions, how many of both met."""

    there: int = 0
    seen: int = 0
    met: int = 0
    exact: list[bool] = field(default_factory=list)

    def add(self, truth: Sequence[Box1000], regions: Sequence[Box1000]) -> None:
        left, met = list(regions), 0
        for box in truth:
            best = max(left, key=box.iou, default=None)
            if best is not None and box.iou(best) >= FOUND_FROM:
                left.remove(best)
                met += 1
        self.there, self.seen, self.met = self.there + len(truth), self.seen + len(regions), self.met + met
        self.exact.append(met == len(truth) == len(regions))

    def figures(self) -> dict[str, float]:
        return {
            "recall": round(self.met / max(1, self.there), 3),
            "precision": round(self.met / max(1, self.seen), 3),
            "all_found": round(statistics.fmean(self.exact or [0]), 3),
            "products": self.there,
        }


class Looker:
    """Reads a picture and finds its regions, with the time that finding took."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._reader = TextReader()
        self.ms: list[float] = []

    def regions(self, pixels: np.ndarray) -> list[Box1000]:
        size_px = (pixels.shape[1], pixels.shape[0])
        lines = self._reader.read(pixels, size_px).lines
        printed = [x.box_1000 for x in (*lines, *read_barcodes(pixels, size_px))]
        begun = time.process_time()
        found = find_regions(pixels, printed)
        self.ms.append(round((time.process_time() - begun) * 1000, 2))
        return [region.box_1000 for region in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=90)
    parser.add_argument("--first-seed", type=int, default=1000)
    parser.add_argument("--singles", type=int, default=0)
    asked = parser.parse_args()
    looker, seeds = Looker(), range(asked.first_seed, asked.first_seed + asked.scenes)
    ours, baseline = Tally(), Tally()
    by_ground = {ground: Tally() for ground in GROUNDS}
    for scene in map(draw_scene, seeds):
        truth, regions = _truth(scene), looker.regions(np.asarray(scene.picture))
        for tally in (ours, by_ground[scene.ground]):
            tally.add(truth, regions)
        baseline.add(truth, [WHOLE])
    scenes_ms, looker.ms = looker.ms, []
    alone = [bool(looker.regions(np.asarray(draw_scene(seed, packs=1).picture))) for seed in seeds]
    real = {kind: [bool(looker.regions(p)) for p in pictures] for kind, pictures in _singles(asked.singles)}
    tell(
        scenes=asked.scenes,
        ours=ours.figures(),
        by_ground={ground: tally.figures() for ground, tally in by_ground.items()},
        baseline=baseline.figures(),
        single_drawn={"n": len(alone), "with_items": sum(alone)},
        single_real={kind: {"n": len(found), "with_items": sum(found)} for kind, found in real.items()},
        ms_scene={"median": statistics.median(scenes_ms), "most": max(scenes_ms)},
        ms_single={"median": statistics.median(looker.ms), "most": max(looker.ms)},
    )


def _truth(scene: Scene) -> list[Box1000]:
    return [box_1000(*box, scene.picture.size) for box in scene.boxes]


def _singles(every: int) -> Iterator[tuple[str, Iterable[np.ndarray]]]:
    """Labelled pictures of one thing each, by kind."""
    if not every:
        return
    rows = [json.loads(row) for row in (shared() / "data/manifest.jsonl").read_text("utf-8").splitlines()]
    for kind in KINDS:
        paths = [shared() / "data" / row["path"] for row in rows if row["kind"] == kind][::every]
        yield kind, (np.asarray(Image.open(path).convert("RGB")) for path in paths)


if __name__ == "__main__":
    main()
