"""What the house can tell about itself: tasks, the record's schema, health, numbers; its models as a page."""

import threading
from dataclasses import replace
from functools import cache
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from tujian.api.errors import status_of
from tujian.api.flow import finished
from tujian.engines.choosing import looking_in
from tujian.engines.hubs import Source
from tujian.engines.memory import read_memory
from tujian.engines.models import open_hub
from tujian.engines.offers import find_offer, read_offers
from tujian.engines.pulling import Pulls
from tujian.engines.troubles import no_engine
from tujian.errors import BadInput, EngineError
from tujian.house import House
from tujian.records import record_schema
from tujian.reviews import count_doubts
from tujian.web.models import Standing, render_models, render_pull
from tujian.web.render import MOST_DOUBTS, Marks, Reader, engine_host
from tujian.web.routes import page_of, reader_of

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

    _add_models(router, house)
    return router


def _add_models(router: APIRouter, house: House) -> None:
    pulls = Pulls()
    trying = threading.Lock()  # two self-tests at once would each measure the other

    def mark() -> Marks:
        return Marks(doubts=count_doubts(house.database, MOST_DOUBTS + 1))  # the page tells more of the engine itself

    reading = Depends(reader_of(house.settings, mark))

    @router.get("/models", include_in_schema=False)
    def show_models(reader: Annotated[Reader, reading]) -> HTMLResponse:
        return page_of(render_models(reader, standing_of(house, is_trying=trying.locked(), pulls=pulls)), reader)

    _add_pulls(router, house, pulls, reading)

    @router.post("/models/test", include_in_schema=False)
    async def test_again(request: Request, reader: Annotated[Reader, reading]) -> Response:
        """The self-test, now; then back to the page. While one runs, the page says that it does."""
        request.state.lang = reader.lang

        def work(_: threading.Event) -> Response:
            trouble = _examined(house, trying)
            if trouble is None:
                return RedirectResponse("/models", 303)
            return page_of(render_models(reader, standing_of(house, trouble, pulls=pulls)), reader, 502)

        return await finished(request, work)


def _add_pulls(router: APIRouter, house: House, pulls: Pulls, reading: object) -> None:
    @router.get("/models/pull", include_in_schema=False)
    def show_pull(reader: Annotated[Reader, reading]) -> HTMLResponse:
        """How far it is, as a part of the page."""
        return page_of(render_pull(reader, pulls.now, hosts()), reader)

    @router.post("/models/pull", include_in_schema=False)
    def begin_pull(
        reader: Annotated[Reader, reading],
        model: Annotated[str, Form(max_length=100)],
        source: Annotated[Source, Form()],
    ) -> Response:
        """A model from a hub, in the background: the page has told how much, and from where."""
        try:
            pulls.start(find_offer(model, read_offers()), source)
        except BadInput as error:
            page = render_models(reader, replace(standing_of(house, pulls=pulls), refused=error))
            return page_of(page, reader, status_of(error))
        return RedirectResponse("/models", 303)

    @router.post("/models/pull/stop", include_in_schema=False)
    def stop_pull() -> Response:
        pulls.stop()
        return RedirectResponse("/models", 303)


@cache
def hosts() -> dict[Source, str]:
    """Where a pull goes to, by hub. Imports the hubs' clients."""
    return {source: engine_host(open_hub(source).page("")) for source in get_args(Source)}


def _examined(house: House, trying: threading.Lock) -> EngineError | None:
    """Why the self-test could not begin, if it could not. Raises NoEngine."""
    if house.engine is None:
        raise no_engine()
    if not trying.acquire(blocking=False):
        return None
    try:
        house.examine(again=True)
    except EngineError as error:
        return error
    finally:
        trying.release()
    return None


def standing_of(house: House, trouble: EngineError | None = None, *, is_trying: bool = False, pulls: Pulls) -> Standing:
    """How things stand now. An engine that cannot say who it is, is shown with the reason."""
    found, memory = looking_in(house.settings)(), read_memory()
    if house.engine is None:
        return Standing(found, memory, pull=pulls.now, hosts=hosts())
    used = None
    try:
        used = house.engine.used()
    except EngineError as error:
        trouble = trouble or error
    place, report = house.engine.place, house.report
    return Standing(found, memory, place, used, trouble, report, is_trying, pulls.now, hosts())
