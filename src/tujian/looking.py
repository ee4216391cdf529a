"""The first kind of job: an item's pictures are looked at by a task, and the record is kept. req: C1, C7

Enters: an item, a task. Leaves: a record in the catalogue. All pictures of an item go in one question; of items with
several, the main picture may go first, alone, so that every item soon has a record and the fuller one follows.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from tujian.answers import utc_now
from tujian.batches import Batches, NewBatch
from tujian.catalogue import Catalogue, PictureVector, ShownPicture
from tujian.catalogue.changing import answer, answered_before, fingerprint
from tujian.errors import BadInput, Lang
from tujian.house import House, Shot, Wish
from tujian.jobs import PRIORITY, WAITS_FOR_A_WORD, NewJob
from tujian.lanes import Priority
from tujian.tasks import AUTO

MOST_PICTURES = 8  # of one item in one question, as for /v1/records


@dataclass(frozen=True, slots=True)
class Look:
    """How items are to be looked at. `trial` jobs run, the others wait until somebody says go on."""

    task: str = AUTO
    lang: Lang = "zh"
    priority: Priority = "normal"
    main_first: bool = False
    trial: int | None = None
    batch_id: str | None = None


def look_jobs(pictures: Mapping[str, Sequence[str]], look: Look) -> Iterator[NewJob]:
    """The jobs for these items, in order; `pictures` are the sha256s by item."""
    for place, (item_id, shown) in enumerate(pictures.items()):
        due_s = WAITS_FOR_A_WORD if look.trial is not None and place >= look.trial else 0.0
        several = len(shown) > 1
        if look.main_first and several:
            yield _job(item_id, shown[:1], look, PRIORITY["high"], due_s)
        last = PRIORITY["low" if look.main_first and several else look.priority]
        yield _job(item_id, shown[:MOST_PICTURES], look, last, due_s)


def begin_looking(
    catalogue: Catalogue, batches: Batches, item_ids: Sequence[str] | None, new: NewBatch, look: Look, key: str | None
) -> str:
    """A batch that looks at these items, or at all; the same `key` begins it once. Returns the batch's id.

    Raises BadInput when there is nothing to look at, AlreadyThere when the key was used for something else.
    """
    pictures = catalogue.pictures_of(item_ids, also=["pending"])
    asked = fingerprint("batch", item_ids, asdict(new), asdict(look))
    if not pictures:
        raise _nothing_to_look_at()
    database = catalogue.database
    with database.write(durable=True) as connection:
        known = answered_before(connection, database, key, asked, utc_now().isoformat(timespec="microseconds"))
        if known is not None:
            return known["id"]
        batch_id = batches.begin(new, within=connection)
        batches.jobs.put(look_jobs(pictures, replace(look, batch_id=batch_id)), within=connection)
        answer(connection, key, {"id": batch_id})
    return batch_id


def look_at(
    house: House, catalogue: Catalogue, payload: dict[str, Any], batch_id: str | None, stopped: threading.Event
) -> Callable[[sa.Connection], dict[str, Any]]:
    """Looks, and returns what keeps the record. With an engine attached, its failure is the job's: it is tried again.

    Raises NotFound when item or picture is gone, UnreadablePicture, BadTask, Busy, EngineError, Stopped.
    """
    item_id = payload["item"]
    shown = catalogue.shown(item_id, payload["pictures"])
    shots = [Shot(catalogue.content(one.sha256), one.name) for one in shown]
    vectors = _vectors(house, shown, shots)
    insist = house.engine is not None and not house.is_blind
    wish = Wish(payload["task"], payload["lang"], insist=insist, priority="low")
    first, *more = shots
    record = house.record(first.source, wish, name=first.name, more=more, stopped=stopped)

    def keep(connection: sa.Connection) -> dict[str, Any]:
        seen = [one.sha256 for one in shown]
        saved = catalogue.save(item_id, record, vectors=vectors, batch_id=batch_id, seen=seen, within=connection)
        return {"item": item_id, "record": saved.number, "review": len(record.review)}

    return keep


def _vectors(house: House, shown: Sequence[ShownPicture], shots: Sequence[Shot]) -> dict[str, PictureVector]:
    """Vectors of pictures that have none; looking for them now is what the record would look for anyway."""
    embedder = house.perception.versions["category"]
    missing = {one.sha256: shot for one, shot in zip(shown, shots, strict=True) if one.embedder != embedder}
    looked = {sha256: house.look(shot) for sha256, shot in missing.items()}
    return {sha256: PictureVector(embedder, look.percepts.labels.vector.tobytes()) for sha256, look in looked.items()}


def _job(item_id: str, shown: Sequence[str], look: Look, priority: int, due_s: float) -> NewJob:
    name = hashlib.sha256(" ".join(shown).encode()).hexdigest()[:16]
    key = f"look:{look.batch_id or ''}:{item_id}:{look.task}:{look.lang}:{name}"
    payload = {"item": item_id, "task": look.task, "lang": look.lang, "pictures": len(shown)}
    return NewJob("look", key, payload, priority, look.batch_id, due_s)


def _nothing_to_look_at() -> BadInput:
    return BadInput(
        zh=("没有可以识别的条目。", "请先用 POST /v1/items 添加；隐藏的条目不在其中。"),
        en=("There is no item to look at.", "Add some by POST /v1/items; hidden ones are left out."),
    )
