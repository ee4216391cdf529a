"""Fixtures that several tests share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def _no_models_of_the_developers_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """`auto` would find them in the hubs' caches."""
    for name in ("HF_HOME", "MODELSCOPE_CACHE"):
        os.environ[name] = str(tmp_path_factory.mktemp("hub"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with labelled pictures, outside this repository."""
    folder = Path(os.environ.get("TUJIAN_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "data" / "manifest.jsonl").is_file():
        pytest.skip(f"no labelled pictures at {folder}: set TUJIAN_SHARED")
    return folder


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory):
    """The whole house with its real models, without an engine."""
    from tujian.house import House
    from tujian.settings import read_settings

    opened = House(read_settings(home=tmp_path_factory.mktemp("home"), queue=2, concurrency=2))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def samples() -> Path:
    """The project's own drawn pictures."""
    return Path(__file__).parents[1] / "src/tujian/data/samples"
