"""What waits for a person's eyes, over HTTP. What a field is, is said by `PATCH /v1/items/{id}`. req: F1, F2, F6"""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query

from tujian.api.acting import Who
from tujian.api.items import Hidden
from tujian.concerns import Reason
from tujian.reviews import MOST_LISTED, Queue, Reviews


def review_router(reviews: Reviews) -> APIRouter:
    router = APIRouter(tags=["catalogue"])

    @router.get("/v1/review")
    def list_reviews(
        reason: Annotated[Reason | None, Query(description="only these; `sample`: the day's random values")] = None,
        after: Annotated[str, Query(max_length=500, description="`next` of the page before")] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 50,
        also: Hidden = [],  # noqa: B006
    ) -> Queue:
        """What should be looked at, the worst first, and how much of each reason there is."""
        return reviews.queue(reason, after=after, limit=limit, also=also, day=dt.date.today())

    @router.put("/v1/review/{item_id}/{reason}", status_code=204)
    def decide(item_id: str, reason: Reason, who: Who, also: Hidden = []) -> None:  # noqa: B006
        """Somebody has looked at what is about the item as a whole, and leaves it as it is."""
        reviews.decide(item_id, reason, who=who, also=also)

    @router.delete("/v1/review/{item_id}/{reason}", status_code=204)
    def take_back(item_id: str, reason: Reason, who: Who, also: Hidden = []) -> None:  # noqa: B006
        """It waits again."""
        reviews.decide(item_id, reason, who=who, also=also, is_decided=False)

    return router
