"""Pictures of the catalogue as a page shows them. req: E6, E9"""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from tujian.api.items import Hidden
from tujian.errors import BadInput
from tujian.geometry import Box1000
from tujian.thumbnails import Thumbnails, side_for

HEADERS = {  # what becomes hidden must not stay on show for long
    "Cache-Control": "private, max-age=600",
    "X-Content-Type-Options": "nosniff",
}
BOX = r"^\d{1,4}(,\d{1,4}){3}$"
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

    @router.get("/v1/pictures/{sha256}/crop", response_class=Response)
    def show_part(
        sha256: Sha256,
        box: Annotated[str, Query(pattern=BOX, description="x1,y1,x2,y2, each 0-1000 of the upright picture")],
        size: Annotated[int, Query(ge=1, le=2048, description="px of the longer side, at least")] = 1280,
        also: Hidden = [],  # noqa: B006
        if_none_match: Annotated[str, Header()] = "",
    ) -> Response:
        """A part of a picture as WebP, never larger than in the original: what shows a value, for whoever checks it."""
        side_px, part = side_for(size), _box_of(box)
        tagged = {**HEADERS, "ETag": f'"{sha256[:32]}-{side_px}-{box}"'}
        if tagged["ETag"] in if_none_match:
            thumbnails.check(sha256, also)
            return Response(status_code=304, headers=tagged)
        return Response(thumbnails.part_of(sha256, part, side_px, also), media_type="image/webp", headers=tagged)

    return router


def _box_of(text: str) -> Box1000:
    """Raises BadInput for what encloses nothing."""
    box = Box1000(*(int(part) for part in text.split(",")))
    if box.x1 >= box.x2 or box.y1 >= box.y2 or max(box) > 1000:
        raise BadInput(
            zh=(f"box={text} 里没有东西。", "请写 x1,y1,x2,y2，各在 0–1000 之间，右下角在左上角之后。"),
            en=(f"box={text} encloses nothing.", "Give x1,y1,x2,y2, each 0-1000, the right bottom after the left top."),
        )
    return box
