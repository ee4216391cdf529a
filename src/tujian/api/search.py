"""`POST /v1/search`: words, pictures and facts in, hits out. req: A9, D8, E8"""

import datetime as dt
import json
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tujian.api.bodies import PictureRoute
from tujian.api.flow import finished
from tujian.api.v1 import content_of
from tujian.catalogue.nouns import MOST_LISTED, Visibility
from tujian.errors import BadInput
from tujian.familiar import understood_in
from tujian.filters import Filter, Op
from tujian.finding import Found, Query, Search
from tujian.house import House, Shot

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
            looks = tuple(look_of(house, upload) for upload in image)
            today = dt.date.today()
            read = None if plain else understood_in(house.database, text, today, house.knowledge.taxonomy)
            words, meant = (read.words, read.filters) if read else (text, ())
            query = Query(words, filters, meant, looks, strictness, limit, after, tuple(also))
            found = search.find(query, house.perception.versions["category"] if looks else "")
            return found.model_copy(update={"understood": read})

        return await finished(request, work)

    return router


def look_of(house: House, upload: UploadFile) -> Any:  # noqa: ANN401 - a vector
    """The vector of an uploaded picture. Raises as `House.look` does."""
    shown = Shot(content_of(upload, house), upload.filename or "")
    return house.look(shown, "normal").percepts.picture_vector.astype(np.float32)


def _filters(where: str) -> list[Filter]:
    try:
        return [Filter(fact.field, fact.op, fact.value) for fact in FACTS.validate_python(json.loads(where or "[]"))]
    except (ValueError, ValidationError, RecursionError) as error:
        raise BadInput(
            zh=("where 不是筛选条件的列表。", '例如 [{"field": "price", "op": "under", "value": 200}]。'),
            en=("`where` is no list of filters.", 'Write [{"field": "price", "op": "under", "value": 200}].'),
        ) from error
