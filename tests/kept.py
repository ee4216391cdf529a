"""Pictures and records as the catalogue is given them, without looking at anything."""

import hashlib

from drawn import picture

from tujian.catalogue import Catalogue, Incoming
from tujian.records import Evidence, Record, SensitiveFound, Value, Verdict
from tujian.shelf import Shelf
from tujian.tasks import Tasks

TASKS = Tasks.load()


def open_catalogue(database, folder, **more) -> Catalogue:
    return Catalogue(database, Shelf(folder / "pictures"), TASKS, **more)


def incoming(content: bytes = b"milk", name: str = "milk.jpg", **more) -> Incoming:
    sha256, md5 = hashlib.sha256(content).hexdigest(), hashlib.md5(content).hexdigest()
    shown = picture(path=name, sha256=sha256, md5=md5, bytes_count=len(content), pixels=None)
    return Incoming(shown, content, **more) if "file" not in more else Incoming(shown, **more)


def value(what, source="model", sure=False, by="m"):
    """A settled value: who said it, and whether it was confirmed."""
    verdict = Verdict.CONFIRMED if sure else Verdict.UNCHECKED
    return Value(
        value=what, verdict=verdict, confidence=0.9, evidence=[Evidence(source=source, by=by, quote=str(what))]
    )


def record(task: str = "product", recipe: str = "r" * 64, sensitive: bool = False, **fields: Value) -> Record:
    return Record.model_validate(
        {
            "picture": {"path": "milk.jpg", "sha256": "a" * 64, "format": "JPEG", "size_px": (800, 1000)},
            "task": task,
            "lang": "zh",
            "recipe": recipe,
            "made_with": {},
            "title": "一盒牛奶",
            "labels": {},
            "fields": fields,
            "sensitive": [SensitiveFound(kind="id_card", reason="身份证号")] if sensitive else [],
        }
    )
