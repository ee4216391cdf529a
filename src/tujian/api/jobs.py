"""Batches of work over HTTP: begun, watched, paused, resumed, cancelled. req: A15, B12, C7"""

from typing import Annotated, Literal

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field

from tujian.api.acting import Who
from tujian.batches import Batches, NewBatch, Progress
from tujian.catalogue import Catalogue
from tujian.house import House
from tujian.lanes import Priority
from tujian.looking import Look, begin_looking
from tujian.tasks import AUTO


class Wanted(BaseModel):
    """What is to be done with which items."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["look"] = "look"
    items: list[str] | None = Field(default=None, max_length=100_000, description="ids; null: all that are shown")
    task: str = AUTO
    lang: Literal["zh", "en"] | None = None
    priority: Priority = "normal"
    main_first: bool = Field(default=False, description="each item's main picture first, all of them afterwards")
    trial: int | None = Field(default=None, ge=1, le=1000, description="so many first; the rest after `resume`")
    hours: str = Field(default="", examples=["22:00-06:30"], description="runs only then, local time")
    name: str = Field(default="", max_length=200)
    webhook_url: str | None = Field(default=None, max_length=2000, description="told when it ends")
    webhook_secret: str | None = Field(default=None, max_length=200, description="signs what is told, HMAC-SHA256")


def jobs_router(house: House, catalogue: Catalogue, batches: Batches) -> APIRouter:
    router, lang = APIRouter(tags=["jobs"]), house.settings.lang

    @router.post("/v1/jobs", status_code=201)
    def begin(
        wanted: Wanted, who: Who, key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)] = None
    ) -> Progress:
        """Queues the work; with `trial`, so much of it, and an estimate of the rest before it goes on."""
        if wanted.task != AUTO:
            house.tasks.get(wanted.task)
        look = Look(wanted.task, wanted.lang or lang, wanted.priority, wanted.main_first, wanted.trial)
        options = wanted.model_dump(include={"task", "lang", "priority", "main_first", "trial"})
        new = NewBatch(wanted.kind, who, wanted.name, options, wanted.hours, wanted.webhook_url, wanted.webhook_secret)
        return batches.progress(begin_looking(catalogue, batches, wanted.items, new, look, key), lang)

    @router.get("/v1/jobs/{batch_id}")
    def watch(batch_id: str) -> Progress:
        """How far it is, how long the rest takes, and what went wrong."""
        return batches.progress(batch_id, lang)

    @router.post("/v1/jobs/{batch_id}/pause")
    def pause(batch_id: str, who: Who) -> Progress:
        """Nothing more is begun; what is begun is finished."""
        return batches.pause(batch_id, who=who)

    @router.post("/v1/jobs/{batch_id}/resume")
    def resume(batch_id: str, who: Who) -> Progress:
        """It goes on, after a trial too."""
        return batches.resume(batch_id, who=who)

    @router.post("/v1/jobs/{batch_id}/cancel")
    def cancel(batch_id: str, who: Who) -> Progress:
        """What is not done will not be done."""
        return batches.cancel(batch_id, who=who)

    return router
