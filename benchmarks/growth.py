"""Draws how the time of a search grows with the catalogue: docs/search-growth.svg, from the committed results.

    python benchmarks/growth.py

The newest line of `finding_speed.py` for each database and number of items counts. Both axes are logarithmic.
"""

import json
import math
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TO = ROOT / "docs/search-growth.svg"
CLASSES = ("word", "filtered word", "very common word", "meaning", "looks", "hybrid")
COLOURS = ("#3b6ea5", "#c0392b", "#7f8c8d", "#2e8b57", "#b8860b", "#7d3c98")
PANEL_W, PANEL_H, LEFT, TOP = 320, 240, 56, 40
LEAST_MS, MOST_MS = 1, 1_000
GOALS = {10_000: 20, 100_000: 60}  # milliseconds, issue 5


def main() -> None:
    newest: dict[tuple[str, int], dict[str, Any]] = {}
    for line in (ROOT / "benchmarks/results.jsonl").read_text("utf-8").splitlines():
        told = json.loads(line)
        if told["command"].startswith("finding_speed.py"):
            newest[told["database"], told["items"]] = told["p95_ms"]
    panels = [panel(name, place, newest) for place, name in enumerate(("sqlite", "postgresql"))]
    width, height = 2 * (PANEL_W + LEFT) + 170, PANEL_H + TOP + 44
    box = f'viewBox="0 0 {width} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" font-size="12">'
    TO.write_text("\n".join([head, '<rect width="100%" height="100%" fill="#fffdf8"/>', *panels, legend(), "</svg>\n"]))


def panel(name: str, place: int, newest: dict[tuple[str, int], dict[str, Any]]) -> str:
    counts = sorted(count for database, count in newest if database == name)
    begin = LEFT + place * (PANEL_W + LEFT)

    def x(count: int) -> float:
        return begin + 20 + (PANEL_W - 40) * math.log(count / counts[0]) / max(math.log(counts[-1] / counts[0]), 1e-9)

    parts = [f'<text x="{begin}" y="{TOP - 16}" font-weight="bold">{escape(name)}, p95 in ms</text>']
    for tick in (1, 10, 100, 1_000):
        parts.append(f'<path d="M{begin} {y(tick):.1f}h{PANEL_W}" stroke="#ddd"/>')
        parts.append(f'<text x="{begin - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick}</text>')
    for count in counts:
        parts.append(f'<text x="{x(count):.1f}" y="{TOP + PANEL_H + 18}" text-anchor="middle">{count:,}</text>')
        if count in GOALS:
            at = y(GOALS[count])
            parts.append(f'<path d="M{x(count) - 14:.1f} {at:.1f}h28" stroke="#222" stroke-dasharray="3 2"/>')
    for kind, colour in zip(CLASSES, COLOURS, strict=True):
        points = " ".join(f"{x(count):.1f},{y(newest[name, count][kind]):.1f}" for count in counts)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return "\n".join(parts)


def legend() -> str:
    begin = 2 * (PANEL_W + LEFT) + 12
    rows = [
        f'<path d="M{begin} {TOP + 20 * row}h18" stroke="{colour}" stroke-width="2"/>'
        f'<text x="{begin + 24}" y="{TOP + 20 * row + 4}">{kind}</text>'
        for row, (kind, colour) in enumerate(zip(CLASSES, COLOURS, strict=True))
    ]
    goal = TOP + 20 * len(rows)
    dashes = f'<path d="M{begin} {goal}h18" stroke="#222" stroke-dasharray="3 2"/>'
    return "\n".join([*rows, dashes, f'<text x="{begin + 24}" y="{goal + 4}">goal</text>'])


def y(value_ms: float) -> float:
    share = math.log(max(value_ms, LEAST_MS) / LEAST_MS) / math.log(MOST_MS / LEAST_MS)
    return TOP + PANEL_H * (1 - share)


if __name__ == "__main__":
    main()
