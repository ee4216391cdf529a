"""What the house can tell about itself: tasks, the record's schema, health, numbers."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse

from tujian.house import House
from tujian.records import record_schema

Language = Literal["zh", "en"]


def facts_router(house: House) -> APIRouter:
    router = APIRouter(tags=["facts"])

    @router.get("/v1/tasks")
    def list_tasks() -> dict[str, Any]:
        """Every task with its fields, in both languages."""
        hidden = {"identity", "prompts"}
        return {"tasks": [task.model_dump(mode="json", exclude=hidden) for task in house.tasks]}

    @router.get("/v1/schema")
    def schema(task: str | None = None, lang: Annotated[Language, Query()] = "zh") -> dict[str, Any]:
        """The record's JSON Schema; with `task`, the schema an engine is asked to answer in."""
        return house.tasks.get(task).schema_of(lang) if task else record_schema()

    @router.get("/v1/engine")
    def engine() -> dict[str, Any]:
        """Who is asked besides perception, and what its self-test has shown."""
        if house.engine is None:
            return {"engine": None, "place": None, "report": None}
        report = house.report.model_dump(mode="json") if house.report else None
        return {"engine": house.engine.used().model_dump(), "place": house.engine.place._asdict(), "report": report}

    @router.get("/healthz", response_class=PlainTextResponse)
    def healthz() -> str:
        return "ok"

    @router.get("/readyz")
    def readyz(response: Response) -> dict[str, bool]:
        """200 once the models are loaded, 503 before."""
        response.status_code = 200 if house.is_warm else 503
        return {"ready": house.is_warm}

    @router.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> Response:
        """Prometheus text format."""
        return PlainTextResponse(house.metrics.text(), media_type="text/plain; version=0.0.4")

    return router
