"""The house: all rooms opened once, for whoever serves pictures. Command line, API and page all come through here.

Enters: settings. Leaves: records. Threads share one house.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tujian.answers import Answers
from tujian.clocks import Clock
from tujian.database import open_database
from tujian.decoding import Decoder
from tujian.engines.asking import listen, steady, watched
from tujian.engines.attaching import adapt, attach, keep_report, kept_report
from tujian.engines.dialect import Engine, Question, Reply, SchemaBy, Speech
from tujian.engines.embedding import RemoteEmbedder
from tujian.engines.metered import Metered
from tujian.engines.selftest import Report, run_checks
from tujian.engines.troubles import no_engine
from tujian.errors import EngineError, EngineRefused, Lang, StoreFailed
from tujian.fetching import FETCH_TIMEOUT_S, Fetcher
from tujian.file_times import NamedTime, time_in_name
from tujian.findings import likely_category_id
from tujian.folding import printable
from tujian.geometry import Size
from tujian.knowledge import Knowing, Knowledge
from tujian.lanes import Lanes, Priority
from tujian.logs import note
from tujian.metrics import Metrics
from tujian.perception import Perception, Percepts
from tujian.perception.vectors import TextEmbedder, default_name
from tujian.pictures import Picture, fit_to_tokens, open_picture, read_content
from tujian.recent import Looked, Recent
from tujian.recipes import recipe_hash, recipe_parts
from tujian.recognise import recognise
from tujian.records import Record
from tujian.review import kinds_of
from tujian.rules.scenes import is_named_screenshot
from tujian.settings import Settings
from tujian.tasks import AUTO, Sampling, Task, Tasks

FIRST_TEST_S = 60.0  # for the self-test of a start: a slow model's goes on by `tujian models check`
STORE_RESTS_S = 30.0  # after it failed: each further try could cost the time that SQLite waits for a lock
PATIENCE_S = 600.0  # a picture that has not been looked at by then is told to come again
RECENT_BYTES = 64_000_000  # pixels kept of pictures looked at lately: seven of the largest


BLIND = {
    "zh": "自检表明模型不看图（tujian models check），没有问它",
    "en": "The self-test showed that the model does not look at pictures (tujian models check): it was not asked",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to know about a picture."""

    task: str = AUTO
    lang: Lang = "zh"
    question: str | None = None
    insist: bool = False  # an engine that does not answer is an error, not a poorer record
    priority: Priority = "normal"
    sampling: Sampling | None = None  # in the place of the task's own


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture as an engine is shown it: a whole JPEG; `size_px` is the upright original's."""

    sha256: str
    jpeg: bytes
    size_px: Size
    name: str


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of an item: its source and what to call it."""

    source: bytes | Path | str
    name: str = ""


class House:
    """Opens pictures and makes records. Perception loads at the first picture, or by `warm` before it."""

    def __init__(self, settings: Settings, *, engine: Engine | None = None) -> None:
        self.settings = settings
        self.tasks = Tasks.load(settings.home_dir / "tasks")
        self._knowing = Knowing(settings.home_dir, lambda word, values: self.perception.nearest(word, values))
        self.engine = engine or attach(settings)
        self._embedder = RemoteEmbedder.from_settings(settings)
        self.metrics = Metrics()
        self._asked = Metered(self.engine, self.metrics.engine_answered) if self.engine else None
        self._decoder = Decoder(
            memory_mb=settings.decode_memory_mb,
            children=min(2, settings.workers),
            replaced=self.metrics.decode_restarted,
        )
        networks = [part.strip() for part in settings.fetch_allow.split(",") if part.strip()]
        self.fetcher = Fetcher(networks, FETCH_TIMEOUT_S, self.max_bytes)
        self.database = open_database(settings.database_place)
        self._answers = Answers(self.database, settings.cache_mb)
        self._store_rests_until_s = 0.0
        self._recent = Recent(RECENT_BYTES)
        self._lanes = Lanes(settings.workers, settings.queue)
        self.metrics.watch(lambda: self._lanes.waiting)
        self.report: Report | None = None
        self._examining = threading.Lock()
        self._schema_by: SchemaBy = self.engine.schema_by if self.engine else "response_format"
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

    @property
    def knowledge(self) -> Knowledge:
        return self._knowing.now

    @property
    def embedder(self) -> TextEmbedder:
        """Who makes vectors of texts for search: the server that the settings name, else perception's own."""
        return self._embedder or self.perception.texts

    @property
    def embedder_name(self) -> str:
        return self._embedder.name if self._embedder else default_name()

    def warm(self) -> None:
        """Loads every model and looks at one blank picture, so that the first real one is quick."""
        self._decoder.start()
        self.perception.rehearse()

    def examine(self, *, again: bool = False) -> Report | None:
        """The engine's self-test: kept from an earlier start, or run now; None without an engine. req: F7

        Raises EngineError when the engine cannot even say who it is.
        """
        if self.engine is None:
            return None
        with self._examining:
            home, used = self.settings.home_dir, self.engine.used()
            report = None if again else kept_report(home, used)
            if report is None:
                self.engine.schema_by = self._schema_by  # without what an earlier test has changed
                report = run_checks(self.engine, budget_s=None if again else FIRST_TEST_S)
                was_down = report.passed("picture") is None and report.elapsed_s < FIRST_TEST_S
                if not was_down:  # one that was down is tried at the next start; one that is slow is not held up again
                    keep_report(home, report)
            adapt(self.engine, report)
            self.report = report
            return report

    def _recall(self) -> None:
        """What an earlier start's self-test has shown counts for this one too. Raises EngineError."""
        if self.engine is not None and self.report is None:
            self.report = kept_report(self.settings.home_dir, self.engine.used())
            if self.report is not None:
                adapt(self.engine, self.report)

    @property
    def is_blind(self) -> bool:
        """Whether the self-test has shown that pictures do not matter to the engine: it fills no fields then."""
        return self.report is not None and self.report.passed("picture") is False

    def close(self) -> None:
        self._decoder.close()
        if self.engine is not None:
            self.engine.close()
        if self._embedder is not None:
            self._embedder.close()

    def record(
        self,
        source: bytes | Path | str,
        wish: Wish,
        *,
        name: str = "",
        more: Sequence[Shot] = (),
        stopped: threading.Event | None = None,
    ) -> Record:
        """The record of a picture: bytes, a path, a data: URI or an address; `more` are pictures of the same item.

        Raises UnreadablePicture and its kinds, FetchRefused, FetchFailed, BadTask, Busy; Stopped once `stopped` is set;
        EngineError only if the wish insists.
        """
        begun = time.perf_counter()
        read = [self._read(shot) for shot in (Shot(source, name), *more)]
        knowledge = self.knowledge  # one for the recipe and for what is made by it
        key, recipe = _key(read), self._recipe(wish, knowledge)
        if self.is_blind and wish.insist:
            raise EngineRefused(zh=(f"{BLIND['zh']}。", "请换一个模型。"), en=(f"{BLIND['en']}.", "Use another model."))
        stored = self._find(key, recipe)
        if stored:
            self.metrics.answered("stored")
            return _served_again(Record.model_validate(stored), [called for _, called in read], begun)
        record = self._made(read, wish, knowledge, stopped)
        self._remember(record, key, recipe)
        return record

    def try_out(self, task: Task, shot: Shot, lang: Lang, stopped: threading.Event | None = None) -> Record:
        """The record that a task makes which nobody has saved; nothing is kept. Raises as `record` does."""
        return self._made([self._read(shot)], Wish(task.name, lang, priority="high"), self.knowledge, stopped, task)

    def _made(
        self, read: Sequence[tuple[bytes, str]], wish: Wish, knowledge: Knowledge, stopped: threading.Event | None,
        task: Task | None = None,
    ) -> Record:  # fmt: skip
        clock = Clock.of(PATIENCE_S, stopped)
        first, *others = [self._look(content, called, wish.priority, clock) for content, called in read]
        task = task or self._choose(wish.task, first.percepts).drawn_by(wish.sampling)
        if task.items and not others:  # several pictures are of one item
            first = self._apart(first, wish.priority, clock)
        engine = None if self.is_blind else self._asked
        record = recognise(
            first, task, engine, knowledge=knowledge, lang=wish.lang, question=wish.question, insist=wish.insist,
            more=others, priority=wish.priority, stopped=stopped,
        )  # fmt: skip
        record = _with_opening(record, first.opened_ms)
        blind = [BLIND[wish.lang]] if self.is_blind else []
        return record.model_copy(update={"review": [*record.review, *blind]})

    def preview(self, source: bytes | Path | str, max_tokens: int = 1024) -> bytes:
        """A JPEG of the picture, upright and small enough for a page."""
        return self.view(source, max_tokens=max_tokens).jpeg

    def view(self, source: bytes | Path | str, *, name: str = "", max_tokens: int = 1024) -> Seen:
        """The picture as an engine is shown it. Raises as `record` does."""
        content, called = self._read(Shot(source, name))
        with self._turn("high", Clock.of(PATIENCE_S)):
            picture = open_picture(content, decoder=self._decoder, max_bytes=self.max_bytes, name=called)
            return Seen(picture.sha256, fit_to_tokens(picture, max_tokens).jpeg, picture.size_px, called)

    def look(self, shot: Shot, priority: Priority = "low") -> Looked:
        """The picture and what perception sees on it. Raises as `record` does."""
        return self._look(*self._read(shot), priority, Clock.of(PATIENCE_S))

    def open(self, shot: Shot, priority: Priority = "normal") -> tuple[bytes, Picture]:
        """A picture's bytes and its facts, without looking at it. Raises as `record` does."""
        content, called = self._read(shot)
        with self._lanes.turn(priority, Clock.of(PATIENCE_S)):
            return content, open_picture(content, decoder=self._decoder, max_bytes=self.max_bytes, name=called)

    def converse(self, question: Question, stopped: threading.Event | None = None) -> Speech:
        """An answer, piece by piece, cut when it goes round in circles. Raises NoEngine, Busy, EngineError."""
        if self._asked is None:
            raise no_engine()
        return watched(steady(self._asked, question, stopped))

    def ask(self, question: Question, stopped: threading.Event | None = None) -> Reply:
        """A whole answer. Raises NoEngine, Busy, EngineError."""
        if self._asked is None:
            raise no_engine()
        return listen(self._asked, question, stopped)

    def _read(self, shot: Shot) -> tuple[bytes, str]:
        content, called = read_content(shot.source, self.fetcher, self.max_bytes)
        return content, printable(shot.name or called)

    def _look(self, content: bytes, name: str, priority: Priority, clock: Clock) -> Looked:
        """The picture and what is seen on it: now, or lately."""
        known = self._recent.find(hashlib.sha256(content).hexdigest())
        if known is not None:
            return replace(
                known,
                picture=replace(known.picture, path=name, named_at=_named_at(name)),
                percepts=replace(known.percepts, timings_ms={}),
                opened_ms=0.0,
            )
        with self._turn(priority, clock):
            begun = time.perf_counter()
            picture = open_picture(content, decoder=self._decoder, max_bytes=self.max_bytes, name=name)
            picture = replace(picture, named_at=_named_at(name))
            opened_ms = (time.perf_counter() - begun) * 1000
            looked = Looked(picture, self.perception.perceive(picture), opened_ms)
        self.metrics.looked({"open": opened_ms, **looked.percepts.timings_ms})
        self._recent.keep(looked)
        return looked

    def _apart(self, looked: Looked, priority: Priority, clock: Clock) -> Looked:
        """The same look with the things on the picture looked at one by one, where it shows several."""
        if looked.parts is not None:
            return looked
        with self._lanes.turn(priority, clock):
            begun = time.perf_counter()
            parts = self.perception.parts(looked.picture, looked.percepts)
            timings_ms = looked.percepts.timings_ms | {"items": round((time.perf_counter() - begun) * 1000, 2)}
        apart = replace(looked, parts=parts, percepts=replace(looked.percepts, timings_ms=timings_ms))
        self._recent.keep(apart)
        return apart

    def _choose(self, name: str, percepts: Percepts) -> Task:
        """The task called `name`; `auto` takes the one that wants the category, or a pack's when it reads like one."""
        if name != AUTO:
            return self.tasks.get(name)
        return self.tasks.for_category(likely_category_id(percepts, self.knowledge))

    def _recipe(self, wish: Wish, knowledge: Knowledge) -> str | None:
        """What the answer is stored under: known before the picture is decoded, so `auto` stands for all tasks.

        None while the engine cannot say who it is: nothing is stored then.
        """
        try:
            self._recall()
            engine = self.engine.used() if self.engine and not self.is_blind else None
        except EngineError:
            return None
        task = self.tasks.get("describe" if wish.task == AUTO else wish.task)
        versions = self.perception.versions
        task = task.drawn_by(wish.sampling)
        parts = recipe_parts(task, wish.lang, engine, wish.question, versions, knowledge.version)
        return recipe_hash(parts | ({"auto": self.tasks.identity} if wish.task == AUTO else {}))

    def _remember(self, record: Record, key: str, recipe: str | None) -> None:
        complete = self.engine is None or record.engine is not None  # a failed engine may answer next time
        self.metrics.answered("looked" if complete else "engine_failed")
        self.metrics.recorded([value.verdict for value in record.fields.values()], kinds_of(record))
        if complete and recipe and not self._store_rests():
            try:
                self._answers.keep(key, recipe, record.to_json())
            except StoreFailed as failed:
                self._store_failed("write", failed)

    def _find(self, key: str, recipe: str | None) -> dict[str, Any] | None:
        if recipe is None or self._store_rests():
            return None
        try:
            return self._answers.find(key, recipe)
        except StoreFailed as failed:
            self._store_failed("read", failed)
            return None

    def _store_failed(self, doing: str, failed: StoreFailed) -> None:
        """The record is answered without the store; log and numbers say so, and it is left alone for a while."""
        self._store_rests_until_s = time.monotonic() + STORE_RESTS_S
        self.metrics.store_failed(doing, failed.why)
        words = "".join(failed.zh) if self.settings.lang == "zh" else " ".join(failed.en)
        note("store_failed", words, level=logging.WARNING, doing=doing, why=failed.why)

    def _store_rests(self) -> bool:
        return time.monotonic() < self._store_rests_until_s

    @contextmanager
    def _turn(self, priority: Priority, clock: Clock) -> Iterator[None]:
        begun = time.perf_counter()
        with self._lanes.turn(priority, clock):
            self.metrics.waited(time.perf_counter() - begun)
            yield


def _named_at(name: str) -> NamedTime | None:
    return time_in_name(name, datetime.now(UTC))


def _key(read: Sequence[tuple[bytes, str]]) -> str:
    """What an answer is stored under: the picture's sha256; for several pictures, that of their sha256s in order.

    What a file's name tells, its time or that it is a screenshot, can become part of the answer: it is part of the key.
    """
    parts = [hashlib.sha256(content).hexdigest() for content, _ in read]
    parts += [named.quote for _, name in read if (named := _named_at(name))]
    parts += ["screenshot" for _, name in read if is_named_screenshot(name)]
    return parts[0] if len(parts) == 1 else hashlib.sha256(" ".join(parts).encode()).hexdigest()


def _with_opening(record: Record, opened_ms: float) -> Record:
    timings = {"open": round(opened_ms, 2), **record.timings_ms}
    timings["total"] = round(opened_ms + record.timings_ms["total"], 2)
    return record.model_copy(update={"timings_ms": timings})


def _served_again(record: Record, paths: Sequence[str], begun: float) -> Record:
    """A stored record for files that may have other names now, with the time it took to find.

    The names of whoever asked first are nobody else's business."""
    elapsed_ms = round((time.perf_counter() - begun) * 1000, 2)
    facts = [record.picture, *record.more_pictures]
    first, *more = [one.model_copy(update={"path": path}) for one, path in zip(facts, paths, strict=True)]
    timings_ms = {"stored": elapsed_ms, "total": elapsed_ms}
    return record.model_copy(update={"picture": first, "more_pictures": more, "timings_ms": timings_ms})
