"""How good are records? `tujian recognise --json` over all labelled pictures, counted by the shared scorer.

    python benchmarks/dataset.py [--jobs 2] [--keep records.jsonl]

Baselines stand in the part benchmarks (category, colours, barcodes); this one is the whole, as a user gets it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from told import shared, tell


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="write the records here")
    asked = parser.parse_args()
    pictures = shared() / "data"
    with tempfile.TemporaryDirectory() as folder:
        records = asked.keep or Path(folder) / "records.jsonl"
        begun = time.monotonic()
        with records.open("w") as out:
            command = [sys.executable, "-m", "tujian", "recognise", str(pictures), "--json", "--jobs", str(asked.jobs)]
            done = subprocess.run(
                command, stdout=out, stderr=subprocess.PIPE, text=True, env=_home(folder), check=False
            )
        elapsed_s = time.monotonic() - begun
        scorer = shared() / "tools" / "score.py"
        scored = subprocess.run(
            [sys.executable, str(scorer), str(pictures / "manifest.jsonl"), str(records)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    print(scored.stdout)
    tell(
        exit_code=done.returncode,
        said=done.stderr.strip(),
        elapsed_s=round(elapsed_s, 1),
        scores=json.loads(scored.stdout),
    )


def _home(folder: str) -> dict[str, str]:
    import os

    return {**os.environ, "TUJIAN_HOME": folder}


if __name__ == "__main__":
    main()
