"""The house: all rooms opened once, for whoever serves pictures. Command line, API and page all come through here.

Enters: settings. Leaves: records. Threads share one house.
"""

import hashlib
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tujian.answers import Answers
from tujian.decoding import Decoder
from tujian.engines import Engine
from tujian.errors import EngineError, Lang
from tujian.fetching import Fetcher
from tujian.findings import likely_top
from tujian.folding import printable
from tujian.knowledge import Knowledge
from tujian.metrics import Metrics
from tujian.perception import Perception, Percepts
from tujian.pictures import Picture, fit_to_tokens, open_picture, read_content
from tujian.recipes import recipe_hash, recipe_parts
from tujian.recognise import recognise
from tujian.records import Record
from tujian.schema import open_database
from tujian.settings import Settings
from tujian.tasks import AUTO, Task, Tasks


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to know about a picture."""

    task: str = AUTO
    lang: Lang = "zh"
    question: str | None = None
    insist: bool = False  # an engine that does not answer is an error, not a poorer record


class House:
    """Opens pictures and makes records. Perception loads at the first picture, or by `warm` before it."""

    def __init__(self, settings: Settings, *, engine: Engine | None = None) -> None:
        self.settings = settings
        self.tasks = Tasks.load(settings.home_dir / "tasks")
        self.knowledge = Knowledge.load(settings.home_dir)
        self.engine = engine or _attached(settings)
        self.metrics = Metrics()
        self._decoder = Decoder(settings.decode_timeout_s, settings.decode_memory_mb, children=min(2, settings.workers))
        networks = [part.strip() for part in settings.fetch_allow.split(",") if part.strip()]
        self._fetcher = Fetcher(networks, settings.fetch_timeout_s, self.max_bytes)
        self._answers = Answers(open_database(settings.home_dir / "tujian.sqlite"), settings.cache_mb)
        self._perception: Perception | None = None
        self._loading = threading.Lock()

    @property
    def max_bytes(self) -> int:
        return int(self.settings.max_upload_mb * 1_000_000)

    @property
    def is_warm(self) -> bool:
        return self._perception is not None

    @property
    def perception(self) -> Perception:
        with self._loading:
            self._perception = self._perception or Perception()
        return self._perception

    def warm(self) -> None:
        """Loads every model and looks at one blank picture, so that the first real one is quick."""
        self._decoder.start()
        self.perception.rehearse()

    def close(self) -> None:
        self._decoder.close()

    def record(self, source: bytes | Path | str, wish: Wish, *, name: str = "") -> Record:
        """The record of a picture: bytes, a path, a data: URI or an address.

        Raises UnreadablePicture and its kinds, FetchRefused, FetchFailed, BadTask; EngineError only if
        the wish insists.
        """
        begun = time.perf_counter()
        content, called = read_content(source, self._fetcher, self.max_bytes)
        recipe = self._recipe(wish)
        stored = recipe and self._answers.find(hashlib.sha256(content).hexdigest(), recipe)
        if stored:
            self.metrics.answered("stored")
            return _served_again(Record.model_validate(stored), printable(name or called), begun)
        picture = open_picture(content, decoder=self._decoder, max_bytes=self.max_bytes, name=printable(name or called))
        opened_ms = (time.perf_counter() - begun) * 1000
        record = _with_opening(self._look(picture, wish), opened_ms)
        self._remember(record, picture, recipe)
        return record

    def preview(self, source: bytes | Path | str, max_tokens: int = 1024) -> bytes:
        """A JPEG of the picture, upright and small enough for a page."""
        picture = open_picture(source, decoder=self._decoder, fetcher=self._fetcher, max_bytes=self.max_bytes)
        return fit_to_tokens(picture, max_tokens).jpeg

    def _look(self, picture: Picture, wish: Wish) -> Record:
        percepts = self.perception.perceive(picture)
        self.metrics.looked(percepts.timings_ms)
        task = self._choose(wish.task, percepts)
        return recognise(
            picture,
            percepts,
            task,
            self.engine,
            knowledge=self.knowledge,
            lang=wish.lang,
            question=wish.question,
            insist=wish.insist,
        )

    def _choose(self, name: str, percepts: Percepts) -> Task:
        """The task called `name`; `auto` takes the one that wants the category, or a pack's when it reads like one."""
        if name != AUTO:
            return self.tasks.get(name)
        return self.tasks.for_top(likely_top(percepts, self.knowledge))

    def _recipe(self, wish: Wish) -> str | None:
        """What the answer is stored under: known before the picture is decoded, so `auto` stands for all tasks.

        None while the engine cannot say who it is: nothing is stored then.
        """
        try:
            engine = self.engine.used() if self.engine else None
        except EngineError:
            return None
        task = self.tasks.get("describe" if wish.task == AUTO else wish.task)
        versions = self.perception.versions
        parts = recipe_parts(task, wish.lang, engine, wish.question, versions, self.knowledge.version)
        return recipe_hash(parts | ({"auto": self.tasks.identity} if wish.task == AUTO else {}))

    def _remember(self, record: Record, picture: Picture, recipe: str | None) -> None:
        complete = self.engine is None or record.engine is not None  # a failed engine may answer next time
        self.metrics.answered("looked" if complete else "engine_failed")
        if complete and recipe:
            self._answers.keep(picture.sha256, recipe, record.to_json())


def _attached(settings: Settings) -> Engine | None:
    """The engine that the settings name; its client is only imported for one."""
    if settings.engine_url is None:
        return None
    from tujian.engines.remote import RemoteEngine

    return RemoteEngine.from_settings(settings)


def _with_opening(record: Record, opened_ms: float) -> Record:
    timings = {"open": round(opened_ms, 2), **record.timings_ms}
    timings["total"] = round(opened_ms + record.timings_ms["total"], 2)
    return record.model_copy(update={"timings_ms": timings})


def _served_again(record: Record, path: str, begun: float) -> Record:
    """A stored record for a file that may have another name now, with the time it took to find."""
    elapsed_ms = round((time.perf_counter() - begun) * 1000, 2)
    facts = record.picture.model_copy(update={"path": path})
    return record.model_copy(update={"picture": facts, "timings_ms": {"stored": elapsed_ms, "total": elapsed_ms}})
