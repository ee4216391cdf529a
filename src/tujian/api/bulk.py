"""One change to many items at once. req: B11, C1"""

import uuid
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from tujian.api.acting import Who
from tujian.api.lock import need_lock
from tujian.catalogue import Catalogue
from tujian.catalogue.changing import lock_items
from tujian.catalogue.nouns import Chosen
from tujian.errors import BadInput
from tujian.records import FieldValue

MOST_AT_ONCE = 500  # one transaction: what fails leaves everything as it was
ItemId = Annotated[str, Field(max_length=64)]
Seen = Literal["hidden", "sensitive", "pending"]


class BulkEdit(BaseModel):
    """What a person sets on each of these items; null says that there is none."""

    model_config = ConfigDict(extra="forbid")

    items: list[ItemId] = Field(min_length=1, max_length=MOST_AT_ONCE, description="ids")
    fields: dict[str, FieldValue] = Field(default={}, max_length=50)
    visibility: Chosen | None = None
    why: str = Field(default="", max_length=2000)
    also: list[Seen] = Field(default=[], description="such items may be among them")


class BulkUndo(BaseModel):
    """What `POST /v1/items/bulk` did is taken back on these items."""

    model_config = ConfigDict(extra="forbid")

    batch: str = Field(max_length=64)
    items: list[ItemId] = Field(min_length=1, max_length=MOST_AT_ONCE)
    also: list[Seen] = []


class BulkDone(BaseModel):
    """On how many items; `batch` stands in the history of each whose fields were set."""

    items: int
    batch: str


def bulk_router(catalogue: Catalogue) -> APIRouter:
    router = APIRouter(tags=["catalogue"])

    @router.post("/v1/items/bulk")
    def edit_items(request: Request, edit: BulkEdit, who: Who) -> BulkDone:
        """Sets fields on many items: on all of them or, when one of them refuses, on none."""
        need_lock(request, edit.also)
        if not edit.fields and edit.visibility is None:
            raise _nothing_to_set()
        batch = uuid.uuid4().hex
        with catalogue.database.write(durable=True) as within:
            lock_items(within, edit.items)
            for item_id in dict.fromkeys(edit.items):
                _edit(catalogue, item_id, edit, batch, who, within)
        return BulkDone(items=len(set(edit.items)), batch=batch)

    @router.post("/v1/items/bulk/undo")
    def undo_bulk(request: Request, undo: BulkUndo, who: Who) -> BulkDone:
        """Takes fields back where nobody changed the item since; `items` tells on how many."""
        need_lock(request, undo.also)
        with catalogue.database.write(durable=True) as within:
            lock_items(within, undo.items)
            standing = [one for one in dict.fromkeys(undo.items) if _is_last(catalogue, one, undo)]
            for item_id in standing:
                catalogue.undo(item_id, who=who, also=undo.also, within=within)
        return BulkDone(items=len(standing), batch=undo.batch)

    return router


def _edit(catalogue: Catalogue, item_id: str, edit: BulkEdit, batch: str, who: str, within: sa.Connection) -> None:
    if edit.fields:
        about = {"who": who, "why": edit.why, "batch_id": batch}
        catalogue.edit(item_id, edit.fields, version=None, also=edit.also, within=within, **about)
    if edit.visibility is not None:
        wish = {"who": who, "why": edit.why, "also": edit.also}
        catalogue.set_visibility(item_id, edit.visibility, within=within, **wish)


def _is_last(catalogue: Catalogue, item_id: str, undo: BulkUndo) -> bool:
    history = catalogue.history(item_id, also=undo.also)
    return bool(history) and history[0].batch == undo.batch and history[0].undoes is None


def _nothing_to_set() -> BadInput:
    return BadInput(
        zh=("没有说要改什么。", '请给出 fields（如 {"brand": "ALPRO"}）或 visibility。'),
        en=("Nothing to set was named.", 'Give `fields`, such as {"brand": "ALPRO"}, or `visibility`.'),
    )
