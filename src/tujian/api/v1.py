"""The API proper: pictures in, records out."""

from pathlib import Path
from threading import Event
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from starlette.datastructures import UploadFile as Uploaded

from tujian.api.bodies import MOST_PICTURES, PictureRoute
from tujian.api.errors import body_of
from tujian.api.flow import finished
from tujian.engines.troubles import no_engine
from tujian.errors import BadInput, Lang, Stopped, TujianError
from tujian.house import House, Shot, Wish

Language = Literal["zh", "en"]
EXAMPLE = {"content": {"application/json": {"example": {"picture": {"path": "milk.jpg", "size_px": [768, 1024]},
           "task": "product", "fields": {"brand": {"value": "ALPRO", "verdict": "confirmed"}}}}}}  # fmt: skip


def v1_router(house: House) -> APIRouter:
    router = APIRouter(tags=["v1"], route_class=PictureRoute)

    @router.post("/v1/records", responses={200: EXAMPLE})
    async def make_records(
        request: Request,
        image: Annotated[list[UploadFile], File(description=f"up to {MOST_PICTURES} pictures")] = [],  # noqa: B006
        url: Annotated[str, Form(max_length=1_000_000, description="or an http(s) or data: address")] = "",
        task: Annotated[str, Form(examples=["auto", "product"])] = "auto",
        lang: Annotated[Language | None, Form()] = None,
        question: Annotated[str | None, Form(max_length=20_000)] = None,
        item: Annotated[bool, Form(description="the pictures show one item: one record of them all")] = False,
        priority: Annotated[Literal["high", "normal", "low"], Form()] = "normal",
        engine: Annotated[str, Form(description="`required`: 503 when no model is attached")] = "",
    ) -> Any:  # noqa: ANN401 - a record, or several
        """A record for one picture or one `item`; for several `{"records": [...]}`, each a record or an error."""
        spoken = request.state.lang = lang or house.settings.lang
        require_engine(house, engine)
        wish = Wish(task, spoken, question or None, insist=engine == "required", priority=priority)
        if len(image) > MOST_PICTURES:
            raise _too_many(len(image))
        if len(image) > 1 and not item:
            return await finished(request, lambda stopped: _records(house, image, wish, stopped))
        return await finished(request, lambda stopped: _record(house, image, url, wish, stopped))

    @router.post("/v1/preview", response_class=Response)
    def preview(image: UploadFile | None = None, url: Annotated[str, Form()] = "") -> Response:
        """The picture as an upright JPEG of about a megapixel, for browsers that cannot show its format."""
        jpeg = house.preview(content_of(image, house) if image else address_of(url, house.settings.pictures_root))
        return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    return router


def content_of(upload: Uploaded, house: House) -> bytes:
    """The upload's content, no more of it than shows that it is too large."""
    return upload.file.read(house.max_bytes + 1)


def require_engine(house: House, wanted: str) -> None:
    """Raises NoEngine when the caller insists on a model and none is attached."""
    if wanted == "required" and house.engine is None:
        raise no_engine()


def address_of(url: str, root: Path | None) -> str | Path:
    """A foreign address as it came; a path on this machine only below `root`, when there is one. # req: B2"""
    if url.lower().startswith(("http://", "https://", "data:")):
        return url
    if url and root is not None:
        path = (root / url.replace("\0", "")).resolve()
        if path.is_relative_to(root.resolve()):
            return path
    raise BadInput(
        zh=("没有收到图片。", "请在 image 里上传文件，或在 url 里给出 http(s) 或 data: 地址。"),
        en=("No picture came.", "Upload one as `image`, or give an http(s) or data: address as `url`."),
    )


def _too_many(count: int) -> BadInput:
    return BadInput(
        zh=(
            f"一次发来 {count} 张图片，最多 {MOST_PICTURES} 张。",
            "请分几次发送，或用 tujian recognise。",
        ),
        en=(f"{count} pictures at once; {MOST_PICTURES} at most.", "Send several requests, or use tujian recognise."),
    )


def _record(house: House, images: list[UploadFile], url: str, wish: Wish, stopped: Event) -> dict[str, Any]:
    """The record of one picture, or of one item's pictures."""
    if not images:
        return house.record(address_of(url, house.settings.pictures_root), wish, stopped=stopped).to_json()
    first, *more = [Shot(content_of(upload, house), upload.filename or "") for upload in images]
    return house.record(first.source, wish, name=first.name, more=more, stopped=stopped).to_json()


def _records(house: House, images: list[UploadFile], wish: Wish, stopped: Event) -> dict[str, Any]:
    return {"records": [_one_of_many(house, upload, wish, stopped) for upload in images]}


def _one_of_many(house: House, upload: UploadFile, wish: Wish, stopped: Event) -> dict[str, Any]:
    lang: Lang = wish.lang
    try:
        record = house.record(content_of(upload, house), wish, name=upload.filename or "", stopped=stopped)
    except Stopped:
        raise
    except TujianError as error:  # one bad file does not cost the others their records
        return {"picture": {"path": upload.filename or ""}, **body_of(error, lang, "")}
    return record.to_json()
