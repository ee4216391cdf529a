"""The recipe: all that decides an answer, so that it can be made again and found again. req: F8

Enters: task, engine, languages, versions. Leaves: its parts and their hash. The picture itself is not part of it:
same picture (sha256) + same recipe = same stored answer.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tujian import __version__
from tujian.errors import EngineError, Lang
from tujian.pictures import CELL_PX, VIEW_QUALITY
from tujian.records import SCHEMA_VERSION, EngineUsed
from tujian.rendering import WORKING_SIDE_PX
from tujian.tasks import Task

SHORT = 12  # hex digits shown: 48 bits, enough to tell recipes apart, short enough to read aloud


def recipe_parts(
    task: Task,
    lang: Lang,
    engine: EngineUsed | None,
    question: str | None,
    perception: Mapping[str, str],
    knowledge: str,
    trouble: EngineError | None = None,
) -> dict[str, Any]:
    """What `recipe_hash` is taken of, in a form that can be shown.

    `perception` are model versions, `knowledge` the names' version, `trouble` what kept the engine from answering.
    """
    prompt = question if question is not None else task.prompt(lang)
    return {
        "tujian": __version__,
        "code_sha256": code_identity(),
        "schema": SCHEMA_VERSION,
        "task": {"name": task.name, "sha256": task.identity},
        "lang": lang,
        "prompt_sha256": hashlib.sha256(prompt.encode()).hexdigest(),
        "question": question,
        "engine": engine.model_dump() if engine else None,
        "sampling": task.sampling.model_dump() if engine else None,
        "preprocessing": {
            "working_side_px": WORKING_SIDE_PX,
            "view": {"cell_px": CELL_PX, "max_tokens": task.picture_tokens, "jpeg_quality": VIEW_QUALITY},
        },
        "perception": dict(perception),
        "knowledge": knowledge,
        "engine_failed": type(trouble).__name__ if trouble else None,
    }


def recipe_hash(parts: Mapping[str, Any]) -> str:
    """First 12 hex digits of the sha256 of the parts."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:SHORT]


@cache
def code_identity() -> str:
    """Hash of the package's own code and words: an update that changes answers also changes the recipe."""
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for path in sorted(p for p in package.rglob("*") if p.suffix in (".py", ".txt", ".csv", ".toml", ".tsv")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:SHORT]
