"""The engine that the settings mean, ready to be asked, and what its self-test has shown so far. req: F7

Enters: settings. Leaves: an Engine or None; its kept Report. Does not know: how an engine works inside.
A report is kept by who the engine is: another model file, server or model name is examined anew.
"""

import hashlib
from pathlib import Path

from pydantic import ValidationError

from tujian.engines.choosing import Choice, choose
from tujian.engines.dialect import Engine
from tujian.engines.selftest import Report
from tujian.records import EngineUsed
from tujian.settings import Settings

LOCAL_TIMEOUT_S = 600.0  # 8B without a GPU takes minutes a picture (preflight says so); a server's 120 s would end it


def attach(settings: Settings) -> Engine | None:
    """The engine, not loaded yet; None where perception looks alone.

    Raises BadSettings, NoEngine, ModelUnusable, DoesNotFit, BrokenInstall.
    """
    choice = choose(settings)
    if choice.engine == "none":
        return None
    if choice.engine == "remote":
        from tujian.engines.remote import RemoteEngine

        return RemoteEngine.from_settings(settings)
    return _local(choice, settings)


def _local(choice: Choice, settings: Settings) -> Engine:
    assert choice.model is not None  # `choose` has found it
    chosen = "engine_timeout_s" in settings.model_fields_set
    timeout_s = settings.engine_timeout_s if chosen else max(settings.engine_timeout_s, LOCAL_TIMEOUT_S)
    limits = {"timeout_s": timeout_s, "context": settings.context, "queue": settings.queue}
    if choice.engine == "transformers":
        from tujian.engines.transformers import TransformersEngine

        return TransformersEngine(choice.model, **limits)
    from tujian.engines.llamacpp import LlamaCppEngine

    return LlamaCppEngine(choice.model, choice.mmproj, slots=settings.engine_slots, **limits)


def kept_report(home: Path, used: EngineUsed) -> Report | None:
    """What the self-test found out about this engine before, if it was tried."""
    try:
        return Report.model_validate_json(_path(home, used).read_bytes())
    except (FileNotFoundError, ValidationError):  # not tried, or by an older Tujian: try (again)
        return None


def keep_report(home: Path, report: Report) -> None:
    path = _path(home, report.engine)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(report.model_dump_json(indent=1), "utf-8")


def adapt(engine: Engine, report: Report) -> None:
    """Works around what failed: a server that ignores schemas is asked in words."""
    if report.passed("schema") is False and engine.schema_by == "response_format":
        engine.schema_by = "prompt"


def _path(home: Path, used: EngineUsed) -> Path:
    return home / "selftests" / f"{hashlib.sha256(used.model_dump_json().encode()).hexdigest()[:16]}.json"
