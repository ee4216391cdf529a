"""Fixtures that several tests share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with labelled pictures, outside this repository."""
    folder = Path(os.environ.get("TUJIAN_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "data" / "manifest.jsonl").is_file():
        pytest.skip(f"no labelled pictures at {folder}: set TUJIAN_SHARED")
    return folder
