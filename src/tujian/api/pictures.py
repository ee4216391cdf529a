"""Pictures of the catalogue as a page shows them. req: E6, E9"""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from tujian.api.items import Hidden
from tujian.thumbnails import Thumbnails, side_for

HEADERS = {  # what becomes hidden must not stay on show for long
    "Cache-Control": "private, max-age=600",
    "X-Content-Type-Options": "nosniff",
}
Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


def pictures_router(thumbnails: Thumbnails) -> APIRouter:
    router = APIRouter(tags=["catalogue"])

    @router.get("/v1/pictures/{sha256}/thumbnail", response_class=Response)
    def show_thumbnail(
        sha256: Sha256,
        size: Annotated[int, Query(ge=1, le=2048, description="px of the longer side, at least")] = 320,
        also: Hidden = [],  # noqa: B006
        if_none_match: Annotated[str, Header()] = "",
    ) -> Response:
        """A small WebP of a picture, upright: 320, 640, 1,280 or 2,048 px, never larger than the original."""
        side_px = side_for(size)
        tagged = {**HEADERS, "ETag": f'"{sha256[:32]}-{side_px}"'}
        if tagged["ETag"] in if_none_match:
            thumbnails.check(sha256, also)
            return Response(status_code=304, headers=tagged)
        return Response(thumbnails.of(sha256, side_px, also), media_type="image/webp", headers=tagged)

    return router
