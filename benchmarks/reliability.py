"""Is the category's confidence what it says? Share right by confidence, the expected calibration error, and a drawing.

    python benchmarks/reliability.py --shared DIR [--out docs/reliability.svg]

Asks the labeller about every clothing, grocery and product picture under DIR/data, as `category.py` does. The baseline
is a confidence that is the same for every picture: the share right. Ends in one JSON line. Nothing is learnt.
"""

import argparse
from pathlib import Path

import numpy as np
from category import KINDS, BareMap, accepted_branches, judge, labelled
from told import tell

from tujian.perception.labels import Labeller

BINS = 10
SIDE, EDGE = 320, 44  # of the drawing, px


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs" / "reliability.svg")
    asked = parser.parse_args()
    accepted = accepted_branches(asked.shared / "tools" / "score.py")
    labeller, bare = Labeller(), BareMap()
    raw = [judge(row, asked.shared / "data", accepted, labeller, bare) for row in labelled(asked.shared / "data", 0)]
    curves = {kind: bins([r for r in raw if kind in (r["kind"], "all")]) for kind in (*KINDS, "all")}
    asked.out.write_text(draw(curves), "utf-8")
    tell(
        model=labeller.name,
        pictures=len(raw),
        expected_calibration_error={kind: round(error(curve), 3) for kind, curve in curves.items()},
        brier=round(float(np.mean([(r["confidence"] - r["right"]) ** 2 for r in raw])), 3),
        brier_of_a_constant=round(float(np.var([r["right"] for r in raw])), 3),
        curves=curves,
    )


def bins(raw: list[dict]) -> list[dict]:
    """Pictures by tenths of confidence: how many, their mean confidence, the share right."""
    found = []
    for number in range(BINS):
        inside = [r for r in raw if min(int(r["confidence"] * BINS), BINS - 1) == number]
        if inside:
            said, right = (float(np.mean([r[key] for r in inside])) for key in ("confidence", "right"))
            found.append({"pictures": len(inside), "said": round(said, 3), "right": round(right, 3)})
    return found


def error(curve: list[dict]) -> float:
    """Expected calibration error: the mean distance of what was said from what was so, by pictures (Naeini 2015)."""
    return sum(b["pictures"] * abs(b["said"] - b["right"]) for b in curve) / sum(b["pictures"] for b in curve)


def draw(curves: dict[str, list[dict]]) -> str:
    """An SVG of small squares side by side: the diagonal is a confidence that keeps its word; discs by pictures."""
    step = SIDE + EDGE
    parts = []
    for place, (kind, curve) in enumerate(curves.items()):
        left = EDGE + place * step
        parts.append(f'<g transform="translate({left} {EDGE})">')
        parts.append(f'<rect width="{SIDE}" height="{SIDE}" fill="none" stroke="#888"/>')
        parts.append(f'<line x1="0" y1="{SIDE}" x2="{SIDE}" y2="0" stroke="#888" stroke-dasharray="4 4"/>')
        total = sum(b["pictures"] for b in curve)
        parts.append(f'<text x="0" y="-12">{kind}: {total} pictures, error {error(curve):.3f}</text>')
        points = [(b["said"] * SIDE, SIDE - b["right"] * SIDE, (b["pictures"] / total) ** 0.5 * 30) for b in curve]
        path = " ".join(f"{x:.0f},{y:.0f}" for x, y, _ in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="#b5482a"/>')
        parts += [f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.1f}" fill="#b5482a" opacity=".6"/>' for x, y, r in points]
        parts.append(f'<text x="0" y="{SIDE + 18}">0</text><text x="{SIDE - 8}" y="{SIDE + 18}">1</text>')
        parts.append(f'<text x="{SIDE // 2 - 40}" y="{SIDE + 18}">confidence</text>')
        parts.append(f'<text x="-8" y="{SIDE // 2}" text-anchor="end">right</text></g>')
    width, height = EDGE + len(curves) * step, SIDE + 2 * EDGE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="13">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


if __name__ == "__main__":
    main()
