"""`POST /v1/search`: words, pictures and facts in, hits out. req: A9, D8, E8"""

import datetime as dt
import json
import threading
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tujian.api.bodies import MOST_PICTURES, PictureRoute
from tujian.api.flow import finished
from tujian.api.items import Hidden
from tujian.api.lock import need_lock
from tujian.api.v1 import content_of
from tujian.catalogue import Catalogue
from tujian.catalogue.nouns import MOST_LISTED, Visibility
from tujian.errors import BadInput, Lang
from tujian.filters import Filter, Op
from tujian.finding import Found, Search
from tujian.house import House, Shot
from tujian.likeness import MOST_SIMILAR, STRICT, Similar, find_similar, looks_of
from tujian.proposing import Proposal
from tujian.records import Strict
from tujian.sought import Sought, proposals_for, seek, understood

LONGEST_TEXT = 20_000
SHOWN = f"up to {MOST_PICTURES} pictures; hits are by how much they look like them on average"
REGION = "x1,y1,x2,y2 of 0-1000 on the upright picture; the n-th is of the n-th picture, empty is all of it"


class Fact(BaseModel):
    """One filter, such as {"field": "price", "op": "under", "value": 200}."""

    model_config = ConfigDict(extra="forbid")

    field: str = Field(pattern=r"^[a-z_]{1,64}$")
    op: Op = "is"
    value: str | float | tuple[str, str] | tuple[float, float]


class Proposals(Strict):
    """Of a model, for a person to take or leave."""

    proposals: list[Proposal]


FACTS: TypeAdapter[list[Fact]] = TypeAdapter(list[Fact])


def search_router(house: House, catalogue: Catalogue, search: Search) -> APIRouter:
    router = APIRouter(tags=["search"], route_class=PictureRoute)
    _add_searching(router, house, search)
    _add_proposing(router, house)
    _add_similar(router, house, catalogue, search)
    return router


def _add_searching(router: APIRouter, house: House, search: Search) -> None:
    @router.post("/v1/search")
    async def find(
        request: Request,
        image: Annotated[list[UploadFile], File(description=SHOWN)] = [],  # noqa: B006
        region: Annotated[list[str], Form(description=REGION)] = [],  # noqa: B006
        text: Annotated[str, Form(max_length=LONGEST_TEXT)] = "",
        where: Annotated[str, Form(description='JSON: [{"field": "price", "op": "under", "value": 200}]')] = "[]",
        strictness: Annotated[float, Form(ge=0, le=1, description="0 takes what is near, 1 only what is sure")] = 0.5,
        limit: Annotated[int, Form(ge=1, le=MOST_LISTED)] = 30,
        after: Annotated[str, Form(max_length=300)] = "",
        plain: Annotated[bool, Form(description="the text as words only, nothing of it as a filter")] = False,
        also: Annotated[list[Visibility], Form(description="hidden, sensitive: find such items too")] = [],  # noqa: B006
    ) -> Found:
        """Hits, the best first, each with its reasons; none when nothing fits."""
        need_lock(request, also)
        filters = tuple(_filters(where))

        def work(_: object) -> Found:
            looks = looks_of(house, shots_of(house, image), region)
            sought = Sought(text, looks, filters, strictness, limit, after, also, is_plain=plain)
            return seek(house, search, sought, understood(house, sought, dt.date.today()))

        return await finished(request, work)


def _add_proposing(router: APIRouter, house: House) -> None:
    @router.post("/v1/search/proposals")
    async def ask_model(
        request: Request,
        text: Annotated[str, Form(max_length=LONGEST_TEXT)],
        lang: Annotated[Lang | None, Form()] = None,
        also: Annotated[list[Visibility], Form(description="names that only such items have count too")] = [],  # noqa: B006
    ) -> Proposals:
        """Filters that the attached model reads in a sentence besides those that search understands by itself. Nothing
        is searched: send the ones you take in `where`. The engine is sent the sentence, nothing of the catalogue."""
        need_lock(request, also)

        def work(stopped: threading.Event) -> Proposals:
            sought, today = Sought(text, also=also), dt.date.today()
            read = understood(house, sought, today)
            told = proposals_for(house, sought, read, today, lang or house.settings.lang, stopped)
            return Proposals(proposals=told)

        return await finished(request, work)


def _add_similar(router: APIRouter, house: House, catalogue: Catalogue, search: Search) -> None:
    @router.get("/v1/items/{item_id}/similar")
    def read_similar(
        item_id: str,
        strictness: Annotated[
            float, Query(ge=0, le=1, description="0 takes what is near, 1 only what is sure")
        ] = STRICT,
        limit: Annotated[int, Query(ge=1, le=100)] = MOST_SIMILAR,
        also: Hidden = [],  # noqa: B006
    ) -> Similar:
        """What looks like the item, and its variants; none where nothing is near."""
        item = catalogue.get(item_id, also=also)
        return find_similar(house, catalogue, search, item, limit=limit, strictness=strictness, also=also)


def shots_of(house: House, uploads: Sequence[UploadFile]) -> list[Shot]:
    """Raises BadInput for more than one search takes."""
    if len(uploads) > MOST_PICTURES:
        raise _too_many(len(uploads))
    return [Shot(content_of(upload, house), upload.filename or "") for upload in uploads]


def _filters(where: str) -> list[Filter]:
    try:
        return [Filter(fact.field, fact.op, fact.value) for fact in FACTS.validate_python(json.loads(where or "[]"))]
    except (ValueError, ValidationError, RecursionError) as error:
        raise BadInput(
            zh=("where 不是筛选条件的列表。", '例如 [{"field": "price", "op": "under", "value": 200}]。'),
            en=("`where` is no list of filters.", 'Write [{"field": "price", "op": "under", "value": 200}].'),
        ) from error


def _too_many(count: int) -> BadInput:
    return BadInput(
        zh=(f"一次拿 {count} 张图来找，最多 {MOST_PICTURES} 张。", "请去掉几张，再找一次。"),
        en=(f"{count} pictures in one search; {MOST_PICTURES} at most.", "Leave some out and search again."),
    )
