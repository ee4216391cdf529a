"""The page of reviews: what waits, asked once, drawn. req: F1, F2, F6"""

import datetime as dt
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from tujian.api.items import Hidden
from tujian.catalogue.nouns import Visibility
from tujian.concerns import Reason
from tujian.errors import NotFound
from tujian.house import House
from tujian.reviews import Reviews
from tujian.web.render import Reader
from tujian.web.review import Waiting, render_review
from tujian.web.routes import Mark, page_of, reader_of

MOST_GONE = 20  # cases whose item somebody forgot between the two questions


def review_pages(house: House, reviews: Reviews, mark: Mark) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    reading = Depends(reader_of(house.settings, mark))

    @router.get("/review", response_class=HTMLResponse)
    def show_review(
        reader: Annotated[Reader, reading],
        reason: Reason | Literal[""] = "",
        after: Annotated[str, Query(max_length=500)] = "",
        also: Hidden = [],  # noqa: B006
    ) -> HTMLResponse:
        return page_of(render_review(reader, _waiting(house, reviews, reason or None, after, also)), reader)

    return router


def _waiting(house: House, reviews: Reviews, reason: Reason | None, after: str, also: list[Visibility]) -> Waiting:
    """What waits first. Raises BadInput for a cursor that is none."""
    at, day = after, dt.date.today()
    for _ in range(MOST_GONE):
        queue = reviews.queue(reason, after=at, limit=1, also=also, day=day)
        if not queue.cases:
            break
        case = queue.cases[0]
        try:
            item, record = reviews.shown(case, also=also)
        except NotFound:
            at = case.cursor
            continue
        task = next((one for one in house.tasks if one.name == record.task), None)
        return Waiting(queue, reason, after, also, item, record, task)
    return Waiting(queue, reason, after, also)
