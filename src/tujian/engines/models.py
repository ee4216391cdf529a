"""Which models are on this machine: in the hubs' caches, in `TUJIAN_HOME/models`, or where a path says. req: A2

Enters: hubs, offers, folders. Leaves: Installed models, and why other files that look like models cannot be used.
Does not know which one is taken (`choosing.py`), how a model is run or fetched. Only headers are read: 0.1 s a model.
"""

import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tujian.engines.gguf_pairs import find_mmproj, read_model, read_projector
from tujian.engines.hubs import Hub, Source
from tujian.engines.memory import LARGEST, Shape
from tujian.engines.offers import Local, Offer
from tujian.engines.transformers_folder import read_folder
from tujian.errors import ModelUnusable

PACKAGES: dict[Local, tuple[str, ...]] = {"llama.cpp": ("xllamacpp",), "transformers": ("transformers", "torch")}
KV_BYTES = 2  # bfloat16, as Transformers keeps them where it can


@dataclass(frozen=True, slots=True)
class Installed:
    """A model whose files are here. `model` is a GGUF file, or a folder of weights for Transformers."""

    name: str
    engine: Local
    model: Path
    mmproj: Path | None
    weights_bytes: int
    mmproj_bytes: int
    kv_bytes_per_token: int
    parameters: float
    eye_parameters: float
    shape: Shape

    @property
    def bytes(self) -> int:
        return self.weights_bytes + self.mmproj_bytes


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, and why other files that look like models cannot be used."""

    installed: tuple[Installed, ...] = ()
    troubles: tuple[tuple[str, ModelUnusable], ...] = ()  # by the model's name

    def trouble_with(self, name: str) -> ModelUnusable | None:
        """Why the model of that name cannot be used, if its files are here and it cannot."""
        return dict(self.troubles).get(name)


def open_hub(source: Source) -> Hub:
    """The hub, with its client imported (0.2 to 0.3 s)."""
    if source == "hf":
        from tujian.engines.huggingface import HuggingFace

        return HuggingFace()
    from tujian.engines.modelscope import ModelScope

    return ModelScope()


def open_hubs() -> Iterator[Hub]:
    """Both hubs, one after the other."""
    yield open_hub("hf")
    yield open_hub("modelscope")


def find_installed(home: Path, hubs: Iterable[Hub], offers: Sequence[Offer]) -> Found:
    """The offered models in the hubs' caches, and whatever lies in `home/models`."""
    installed: list[Installed] = []
    troubles: list[tuple[str, ModelUnusable]] = []
    for name, path in (*_cached(hubs, offers), *_own(home / "models")):
        try:
            installed.append(read_installed(path, name=name))
        except ModelUnusable as error:
            troubles.append((name, error))
    return Found(tuple(installed), tuple(troubles))


def read_installed(path: Path, mmproj: Path | None = None, name: str = "") -> Installed:
    """The model at `path`, found fit for use by its headers. Raises ModelUnusable."""
    if path.is_dir():
        folder = read_folder(path)
        sizes = (folder.stored_bytes, 0, folder.kv_values * KV_BYTES, folder.parameters, 0.0, LARGEST)
        return Installed(name or folder.name, "transformers", path, None, *sizes)
    text = read_model(path)
    mmproj = mmproj or find_mmproj(path)
    eyes = read_projector(mmproj, text)
    return Installed(
        name or path.stem,
        "llama.cpp",
        path,
        mmproj,
        text.weights_bytes,
        eyes.weights_bytes,
        text.kv_bytes_per_token,
        text.parameters,
        eyes.parameters,
        Shape(text.width, text.layers, text.deepstack_layers, eyes.width, eyes.feed_forward, eyes.layers),
    )


def engines_here() -> frozenset[Local]:
    """The local engines whose packages are installed."""
    return frozenset(
        engine for engine, names in PACKAGES.items() if all(importlib.util.find_spec(name) for name in names)
    )


def _cached(hubs: Iterable[Hub], offers: Sequence[Offer]) -> Iterator[tuple[str, Path]]:
    """Name and place of what the hubs' caches hold; the same model from two hubs once."""
    seen: set[str] = set()
    for hub in hubs:
        for offer in offers:
            first = "config.json" if offer.engine == "transformers" else offer.weights
            path = None if offer.name in seen else hub.cached(offer.repository, first)
            if path:
                seen.add(offer.name)
                yield offer.name, path.parent if offer.engine == "transformers" else path


def _own(folder: Path) -> Iterator[tuple[str, Path]]:
    """What somebody put there: pairs of GGUF files, folders of weights."""
    for path in sorted(folder.glob("*.gguf")) + sorted(folder.glob("*/*.gguf")):
        if "mmproj" not in path.name.lower():
            yield path.stem, path
    for path in sorted(folder.glob("*/config.json")):
        yield path.parent.name, path.parent
