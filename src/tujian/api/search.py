"""`POST /v1/search`: words, pictures and facts in, hits out. req: A9, D8, E8"""

import datetime as dt
import json
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tujian.api.bodies import PictureRoute
from tujian.api.flow import finished
from tujian.api.v1 import content_of
from tujian.catalogue.nouns import MOST_LISTED, Visibility
from tujian.errors import BadInput
from tujian.filters import Filter, Op
from tujian.finding import Found, Search
from tujian.house import House, Shot
from tujian.sought import Sought, seek, understood

LONGEST_TEXT = 20_000


class Fact(BaseModel):
    """One filter, such as {"field": "price", "op": "under", "value": 200}."""

    model_config = ConfigDict(extra="forbid")

    field: str = Field(pattern=r"^[a-z_]{1,64}$")
    op: Op = "is"
    value: str | float | tuple[str, str] | tuple[float, float]


FACTS: TypeAdapter[list[Fact]] = TypeAdapter(list[Fact])


def search_router(house: House, search: Search) -> APIRouter:
    router = APIRouter(tags=["search"], route_class=PictureRoute)

    @router.post("/v1/search")
    async def find(
        request: Request,
        image: Annotated[list[UploadFile], File(description="pictures that hits look like")] = [],  # noqa: B006
        text: Annotated[str, Form(max_length=LONGEST_TEXT)] = "",
        where: Annotated[str, Form(description='JSON: [{"field": "price", "op": "under", "value": 200}]')] = "[]",
        strictness: Annotated[float, Form(ge=0, le=1, description="0 takes what is near, 1 only what is sure")] = 0.5,
        limit: Annotated[int, Form(ge=1, le=MOST_LISTED)] = 30,
        after: Annotated[str, Form(max_length=300)] = "",
        plain: Annotated[bool, Form(description="the text as words only, nothing of it as a filter")] = False,
        also: Annotated[list[Visibility], Form(description="hidden, sensitive: find such items too")] = [],  # noqa: B006
    ) -> Found:
        """Hits, the best first, each with its reasons; none when nothing fits."""
        filters = tuple(_filters(where))

        def work(_: object) -> Found:
            shots = [shot_of(house, upload) for upload in image]
            sought = Sought(text, shots, filters, strictness, limit, after, also, is_plain=plain)
            return seek(house, search, sought, understood(house, sought, dt.date.today()))

        return await finished(request, work)

    return router


def shot_of(house: House, upload: UploadFile) -> Shot:
    return Shot(content_of(upload, house), upload.filename or "")


def _filters(where: str) -> list[Filter]:
    try:
        return [Filter(fact.field, fact.op, fact.value) for fact in FACTS.validate_python(json.loads(where or "[]"))]
    except (ValueError, ValidationError, RecursionError) as error:
        raise BadInput(
            zh=("where 不是筛选条件的列表。", '例如 [{"field": "price", "op": "under", "value": 200}]。'),
            en=("`where` is no list of filters.", 'Write [{"field": "price", "op": "under", "value": 200}].'),
        ) from error
