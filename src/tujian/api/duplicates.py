"""Pictures that are nearly the same, over HTTP: proposals, for a person to decide. req: D7"""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from tujian.api.flow import finished
from tujian.api.items import Hidden
from tujian.catalogue import Catalogue
from tujian.catalogue.near import NearPair, near_pairs
from tujian.house import House, Shot

MOST_PAIRS = 1_000


def duplicates_router(house: House, catalogue: Catalogue) -> APIRouter:
    router = APIRouter(tags=["catalogue"])

    @router.get("/v1/duplicates")
    async def list_duplicates(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=MOST_PAIRS)] = 100,
        also: Hidden = [],  # noqa: B006
    ) -> dict[str, list[NearPair]]:
        """Pairs of different items whose pictures agree in dHash, colour and vector, the nearest first."""
        pixels_of = lambda sha256: house.open(Shot(catalogue.content(sha256)), "low")[1].pixels  # noqa: E731
        work = lambda stopped: near_pairs(catalogue.database, pixels_of, limit, also, stopped)  # noqa: E731
        return {"pairs": await finished(request, work)}

    return router
