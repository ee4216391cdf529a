"""Numbers to watch, for Prometheus. One registry a house, no labels that name a picture."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 120)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._pictures = Counter("tujian_pictures_total", "pictures answered", ["how"], registry=self.registry)
        self._errors = Counter("tujian_errors_total", "errors by type", ["type"], registry=self.registry)
        self._steps = Histogram(
            "tujian_step_seconds", "time a step took", ["step"], registry=self.registry, buckets=BUCKETS_S
        )
        self._waiting = Gauge("tujian_waiting", "pictures that wait to be looked at", registry=self.registry)

    def watch(self, waiting: Callable[[], int]) -> None:
        """`waiting` says how many pictures wait, whenever somebody asks."""
        self._waiting.set_function(lambda: float(waiting()))

    def answered(self, how: str) -> None:
        """`how`: looked, stored, engine_failed."""
        self._pictures.labels(how).inc()

    def failed(self, kind: str) -> None:
        self._errors.labels(kind).inc()

    def looked(self, timings_ms: Mapping[str, float]) -> None:
        for step, elapsed_ms in timings_ms.items():
            self._steps.labels(step).observe(elapsed_ms / 1000)

    def text(self) -> bytes:
        """Prometheus text format 0.0.4."""
        return generate_latest(self.registry)
