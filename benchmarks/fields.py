"""How many fields of a record are right, and does their evidence lie where the words stand?

    python benchmarks/fields.py [--seeds 2000:2080] [--kind food] [--show 8] [--no-baseline]

Pictures are drawn by seed (benchmarks/fields/draw.py); perception alone reads them, with the task of their kind.
Seeds below 2000 are for tuning, from 2000 on for reporting only. Beside it: one expression a field over RapidOCR's
text. Right: the value is the truth's (lists: mean F1 of their items). Missing: no value where the picture tells one.
Wrong: another value, or one where the picture tells none. The project's own samples are measured for evidence as well
(places.json beside them). Ends with one JSON line.
"""

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from fields.baseline import read_fields
from fields.draw import KINDS, Drawn, annotated, draw, kind_of, seeds_of
from fields.scoring import GOOD_IOU, LISTS, RIGHT, Region, best_iou, places_of, score
from PIL import ImageDraw
from told import tell

import tujian
from tujian.decoding import Decoder
from tujian.knowledge import Knowledge
from tujian.perception import Perception
from tujian.pictures import Picture, open_picture
from tujian.recent import Looked
from tujian.recognise import recognise
from tujian.records import Record
from tujian.tasks import Task, Tasks

MOST_BYTES = 20_000_000
SAMPLES = Path(tujian.__file__).parent / "data/samples"
FACT_OF = {"prices": "price", "printed_code": "barcode"}  # names of truth.json


@dataclass
class Tally:
    """Marks of one field over all pictures."""

    marks: list[float] = field(default_factory=list)
    right: int = 0
    wrong: int = 0
    missing: int = 0
    invented: int = 0
    ious: list[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        return sum(self.marks) / len(self.marks) if self.marks else float("nan")

    def told(self) -> dict[str, Any]:
        return {
            "of": len(self.marks), "score": round(self.mean, 3), "right": self.right, "wrong": self.wrong,
            "missing": self.missing, "invented": self.invented,
            "evidence": round(sum(i >= GOOD_IOU for i in self.ious) / len(self.ious), 3) if self.ious else None,
        }  # fmt: skip


Tallies = dict[str, Tally]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=seeds_of, default=range(2000, 2080))
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--show", type=int, default=0, help="write so many annotated pictures to a folder")
    parser.add_argument("--verbose", action="store_true", help="print every value that is not right")
    parser.add_argument("--no-baseline", action="store_true")
    asked = parser.parse_args()
    seeds = [seed for seed in asked.seeds if asked.kind in (None, kind_of(seed))]
    reader, plain = Reader(), None if asked.no_baseline else PlainReader()
    folder = Path(tempfile.mkdtemp(prefix="fields-")) if asked.show else None
    ours: dict[str, Tallies] = {kind: defaultdict(Tally) for kind in KINDS}
    theirs: dict[str, Tallies] = {kind: defaultdict(Tally) for kind in KINDS}
    for number, seed in enumerate(seeds):
        drawn = draw(seed)
        record = reader.read(drawn)
        values = {name: value.value for name, value in record.fields.items()}
        count(ours[drawn.kind], drawn, values, record, verbose=asked.verbose)
        if plain:
            count(theirs[drawn.kind], drawn, read_fields(plain.text(drawn), list(drawn.truth.values)), None)
        if folder and number < asked.show:
            show(drawn, record, folder)
    report(ours, theirs if plain else None)
    if folder:
        print(f"annotated pictures: {folder}")
    tell(**summary(ours, theirs if plain else None, reader, seeds))


class Reader:
    """Perception and rules, without an engine, in this process."""

    def __init__(self) -> None:
        self._perception, self._knowledge, self._tasks = Perception(), Knowledge.load(), Tasks.load()
        self._decoder = Decoder()
        self.tasks_used: dict[str, str] = {}
        self.ms: list[float] = []

    def read(self, drawn: Drawn) -> Record:
        begun = time.perf_counter()
        record = self._record(opened(drawn, self._decoder), self._task(drawn.kind))
        self.ms.append(round((time.perf_counter() - begun) * 1000))
        return record

    def read_sample(self, path: Path) -> Record:
        picture = open_picture(path, decoder=self._decoder, max_bytes=MOST_BYTES)
        return self._record(picture, self._tasks.get("product"))

    def _record(self, picture: Picture, task: Task) -> Record:
        looked = Looked(picture, self._perception.perceive(picture), 0.0)
        return recognise(looked, task, None, knowledge=self._knowledge, lang="zh")

    def _task(self, kind: str) -> Task:
        name = kind if kind in self._tasks.names() else "product"
        self.tasks_used[kind] = name
        return self._tasks.get(name)


class PlainReader:
    """RapidOCR as it comes, its lines joined."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._engine = RapidOCR(params={"Global.log_level": "critical"})

    def text(self, drawn: Drawn) -> str:
        return "\n".join(self._engine(drawn.taken.jpeg).txts or ())


def opened(drawn: Drawn, decoder: Decoder) -> Picture:
    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        file.write(drawn.taken.jpeg)
        file.flush()
        return open_picture(Path(file.name), decoder=decoder, max_bytes=MOST_BYTES)


def count(
    tallies: Tallies, drawn: Drawn, values: dict[str, Any], record: Record | None, *, verbose: bool = False
) -> None:
    """Adds one picture to the tallies."""
    truth = drawn.truth
    for name in truth.values:
        if name in truth.free:
            continue
        tally, value = tallies[name], values.get(name)
        mark = 0.0 if value in (None, [], "") else score(name, value, truth)
        is_right = mark >= (RIGHT if name in LISTS else 1)
        tally.marks.append(mark)
        tally.right += is_right
        tally.missing += value in (None, [], "")
        tally.wrong += value not in (None, [], "") and not is_right
        if record is not None and mark >= 0.5:
            boxes = [e.box_1000 for e in record.fields[name].evidence if e.box_1000]
            tally.ious.append(best_iou(boxes, places_of(name, drawn.taken.marks, drawn.taken.size_px)))
            if verbose and tally.ious[-1] < GOOD_IOU:
                print(f"{drawn.seed} {drawn.kind} {name}: evidence {tally.ious[-1]:.2f} for {value!r}")
        if verbose and not is_right:
            print(f"{drawn.seed} {drawn.kind} {name}: {value!r}, printed {truth.values[name]!r}")
    for name in _untold(values, drawn):
        if not score(name, values[name], truth):
            tallies[name].invented += 1
            if verbose:
                print(f"{drawn.seed} {drawn.kind} {name}: {values[name]!r}, nothing printed")


def _untold(values: dict[str, Any], drawn: Drawn) -> Iterable[str]:
    """Judged fields that have a value although the picture tells none."""
    judged = JUDGED[drawn.kind] - drawn.truth.values.keys() - drawn.truth.free
    return [name for name in judged if values.get(name) not in (None, [], "")]


PACK = {"brand", "net_content", "barcode", "production_date", "shelf_life", "best_before", "ingredients", "allergens",
        "nutrition_basis", "energy", "protein", "fat", "carbohydrate", "sugars", "sodium", "salt", "storage",
        "producer", "origin", "licence", "standard", "name"}  # fmt: skip
JUDGED = {
    "food": PACK | {"price"},
    "label": PACK,
    "dress": {"brand", "material", "size", "style_number", "standard", "safety_class", "price", "barcode", "producer"},
    "poster": {"headline", "selling_points", "promotion", "price", "original_price", "period", "brand"},
}  # a dress has colours whether or not its tag names them, so colours are judged only where they are printed


def show(drawn: Drawn, record: Record, folder: Path) -> None:
    """Truth in red and blue, evidence of what was found in green."""
    path = folder / f"{drawn.seed}-{drawn.kind}.jpg"
    path.write_bytes(drawn.taken.jpeg)
    image = annotated(drawn, path)
    pen, (width, height) = ImageDraw.Draw(image), image.size
    for name, value in record.fields.items():
        for evidence in value.evidence:
            if evidence.box_1000 and name not in ("category", "text", "tags", "colours"):
                x1, y1, x2, y2 = evidence.box_1000
                box = (x1 * width / 1000, y1 * height / 1000, x2 * width / 1000, y2 * height / 1000)
                pen.rectangle(box, outline="lime", width=2)
                pen.text((box[2], box[1]), name, fill="green", anchor="rb")
    image.save(path.with_suffix(".png"))


def sample_ious(reader: Reader) -> dict[str, float]:
    """How well the evidence of each value read off the project's samples lies on its words."""
    ious = {}
    for file, facts in json.loads((SAMPLES / "places.json").read_text("utf-8")).items():
        record = reader.read_sample(SAMPLES / file)
        for fact, boxes in facts.items():
            value = record.fields.get(FACT_OF.get(fact, fact))
            shown = [e.box_1000 for e in value.evidence if e.box_1000] if value is not None else []
            if shown:
                places = [Region((tuple(box),)) for box in boxes]
                ious[f"{file} {fact}"] = round(best_iou(shown, places), 2)
    return ious


def report(ours: dict[str, Tallies], theirs: dict[str, Tallies] | None) -> None:
    print(
        f"{'kind':7}{'field':18}{'of':>4}{'score':>7}{'right':>6}{'wrong':>6}{'miss':>6}{'inv':>5}{'box':>6}{'regex':>7}"
    )
    for kind, tallies in ours.items():
        for name, tally in tallies.items():
            boxes = f"{sum(i >= GOOD_IOU for i in tally.ious) / len(tally.ious):.2f}" if tally.ious else "-"
            base = theirs[kind][name].mean if theirs and name in theirs[kind] else float("nan")
            print(f"{kind:7}{name:18}{len(tally.marks):4}{tally.mean:7.2f}{tally.right:6}{tally.wrong:6}"
                  f"{tally.missing:6}{tally.invented:5}{boxes:>6}{base:7.2f}")  # fmt: skip


def summary(ours, theirs, reader: Reader, seeds: list[int]) -> dict[str, Any]:
    samples = sample_ious(reader)
    ious = [i for tallies in ours.values() for tally in tallies.values() for i in tally.ious]
    told = {kind: {name: tally.told() for name, tally in tallies.items()} for kind, tallies in ours.items() if tallies}
    return {
        "seeds": f"{seeds[0]}:{seeds[-1] + 1}", "pictures": len(seeds), "tasks": reader.tasks_used,
        "score": {kind: _mean(tallies) for kind, tallies in ours.items() if tallies},
        "regex_score": {kind: _mean(tallies) for kind, tallies in theirs.items() if tallies} if theirs else None,
        "fields_at_0.9": f"{sum(t.mean >= 0.9 for ts in ours.values() for t in ts.values() if t.marks)}/"
                         f"{sum(bool(t.marks) for ts in ours.values() for t in ts.values())}",
        "wrong": sum(t.wrong for ts in ours.values() for t in ts.values()),
        "missing": sum(t.missing for ts in ours.values() for t in ts.values()),
        "invented": sum(t.invented for ts in ours.values() for t in ts.values()),
        "evidence_iou_0.5": round(sum(i >= GOOD_IOU for i in ious) / len(ious), 3) if ious else None,
        "samples_evidence_iou_0.5": round(sum(i >= GOOD_IOU for i in samples.values()) / len(samples), 3),
        "samples_ious": samples, "ms_median": float(np.median(reader.ms)), "ms": reader.ms, "fields": told,
    }  # fmt: skip


def _mean(tallies: Tallies) -> float:
    means = [tally.mean for tally in tallies.values() if tally.marks]
    return round(sum(means) / len(means), 3)


if __name__ == "__main__":
    main()
