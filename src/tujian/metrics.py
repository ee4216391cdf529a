"""Numbers to watch, for Prometheus. One registry a house, no labels that name a picture. req: A16

Every label's values are a closed list, in the code or among the routes and tasks: docs/operating.md has them all.
"""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

BUCKETS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 120)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._pictures = self._counter("pictures", "records answered, and where they came from", "how")
        self._errors = self._counter("errors", "errors by type", "type")
        self._refused = self._counter("uploads_refused", "uploads given up while they streamed", "why")
        self._store_failures = self._counter("store_failures", "the database could not be read or written", "doing why")
        self._restarts = self._counter("decode_restarts", "decode children that were replaced", "why")
        self._fields = self._counter("fields", "fields of new records by verdict; unseen are abstentions", "verdict")
        self._records = self._counter("records", "new records, and those that a person should look at", "review")
        self._reasons = self._counter("review_reasons", "new records that have this reason for review", "reason")
        self._tokens = self._counter("engine_tokens", "tokens of engine questions and answers", "direction")
        self._steps = self._histogram("step_seconds", "time a step took", "step")
        self._requests = self._histogram("request_seconds", "time a request took", "route status")
        self._waits = self._histogram("queue_wait_seconds", "time a picture waited to be looked at", "")
        self._answers = self._histogram("engine_answer_seconds", "time an engine's answer took", "finish")
        self._length = self._gauge("queue_length", "pictures that wait to be looked at")

    def watch(self, waiting: Callable[[], int]) -> None:
        """`waiting` says how many pictures wait, whenever somebody asks."""
        self._length.set_function(lambda: float(waiting()))

    def answered(self, how: str) -> None:
        """`how`: looked, stored, engine_failed."""
        self._pictures.labels(how).inc()

    def failed(self, kind: str) -> None:
        """`kind` is a class of errors.py."""
        self._errors.labels(kind).inc()

    def refused(self, why: str) -> None:
        """`why`: too_large, too_many_values, stalled, busy."""
        self._refused.labels(why).inc()

    def store_failed(self, doing: str, why: str) -> None:
        """`doing`: read, write; `why` is StoreFailed's."""
        self._store_failures.labels(doing, why).inc()

    def decode_restarted(self, why: str) -> None:
        """`why`: died, overdue."""
        self._restarts.labels(why).inc()

    def looked(self, timings_ms: Mapping[str, float]) -> None:
        for step, elapsed_ms in timings_ms.items():
            self._steps.labels(step).observe(elapsed_ms / 1000)

    def waited(self, elapsed_s: float) -> None:
        self._waits.observe(elapsed_s)

    def recorded(self, verdicts: Iterable[str], reasons: Iterable[str]) -> None:
        """A new record: its fields' verdicts and the kinds of its reasons for review."""
        for verdict in verdicts:
            self._fields.labels(verdict).inc()
        kinds = set(reasons)
        self._records.labels("yes" if kinds else "no").inc()
        for kind in kinds:
            self._reasons.labels(kind).inc()

    def engine_answered(self, finish: str, elapsed_s: float, tokens_in: int | None, tokens_out: int | None) -> None:
        """`finish`: stop, length, loop, stopped, failed, other."""
        self._answers.labels(finish).observe(elapsed_s)
        self._tokens.labels("in").inc(tokens_in or 0)
        self._tokens.labels("out").inc(tokens_out or 0)

    def requested(self, route: str, status: int, elapsed_s: float) -> None:
        """`route` as written in the code; `status` is counted by its hundred."""
        self._requests.labels(route, f"{status // 100}xx").observe(elapsed_s)

    def text(self) -> bytes:
        """Prometheus text format 0.0.4."""
        return generate_latest(self.registry)

    def _counter(self, name: str, about: str, labels: str) -> Counter:
        return Counter(f"tujian_{name}_total", about, labels.split(), registry=self.registry)

    def _histogram(self, name: str, about: str, labels: str) -> Histogram:
        return Histogram(f"tujian_{name}", about, labels.split(), registry=self.registry, buckets=BUCKETS_S)

    def _gauge(self, name: str, about: str) -> Gauge:
        return Gauge(f"tujian_{name}", about, registry=self.registry)
