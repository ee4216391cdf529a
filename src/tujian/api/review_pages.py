"""The page of reviews: what waits, asked once, drawn. req: F1, F2, F6"""

import datetime as dt
from collections.abc import Sequence
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

MOST_GONE = 5  # cases that are tried, if their items were forgotten meanwhile


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


def _waiting(house: House, reviews: Reviews, reason: Reason | None, after: str, also: Sequence[Visibility]) -> Waiting:
    """What waits first. Raises BadInput for a cursor that is none."""
    queue = reviews.queue(reason, after=after, limit=MOST_GONE, also=also, day=dt.date.today())
    for place, case in enumerate(queue.cases):
        try:
            item, record = reviews.shown(case, also=also)
        except NotFound:  # somebody forgot it between the two questions
            continue
        task = next((one for one in house.tasks if one.name == record.task), None)
        left = queue.model_copy(update={"cases": queue.cases[place:]})
        return Waiting(left, reason, after, also, item, record, task)
    return Waiting(queue, reason, after, also)
