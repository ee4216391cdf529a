"""The API proper: pictures in, records out."""

from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from tujian.api.errors import body_of
from tujian.api.gate import Gate
from tujian.api.guard import MOST_PICTURES
from tujian.errors import BadInput, Lang, NoEngine, TujianError
from tujian.house import House, Wish
from tujian.records import Record

Language = Literal["zh", "en"]
EXAMPLE = {"content": {"application/json": {"example": {"picture": {"path": "milk.jpg", "size_px": [768, 1024]},
           "task": "product", "fields": {"brand": {"value": "ALPRO", "verdict": "confirmed"}}}}}}  # fmt: skip


def v1_router(house: House, gate: Gate) -> APIRouter:
    router = APIRouter(tags=["v1"])

    @router.post("/v1/records", responses={200: EXAMPLE})
    def make_records(
        request: Request,
        image: Annotated[list[UploadFile], File(description=f"up to {MOST_PICTURES} pictures")] = [],  # noqa: B006
        url: Annotated[str, Form(max_length=1_000_000, description="or an http(s) or data: address")] = "",
        task: Annotated[str, Form(examples=["auto", "product"])] = "auto",
        lang: Annotated[Language | None, Form()] = None,
        question: Annotated[str | None, Form(max_length=20_000)] = None,
        engine: Annotated[str, Form(description="`required`: 503 when no model is attached")] = "",
    ) -> Any:  # noqa: ANN401 - a record, or several
        """A record for one picture; for several `{"records": [...]}`, each a record or an error."""
        spoken = request.state.lang = lang or house.settings.lang
        require_engine(house, engine)
        wish = Wish(task, spoken, question or None, insist=engine == "required")
        if len(image) > MOST_PICTURES:
            raise _too_many(len(image))
        if len(image) > 1:
            return {"records": [_one_of_many(house, gate, upload, wish) for upload in image]}
        with gate.pass_through():
            source = content_of(image[0], house) if image else _address(url, house.settings.pictures_root)
            return house.record(source, wish, name=(image[0].filename or "") if image else "").to_json()

    @router.post("/v1/preview", response_class=Response)
    def preview(image: UploadFile | None = None, url: Annotated[str, Form()] = "") -> Response:
        """The picture as an upright JPEG of about a megapixel, for browsers that cannot show its format."""
        with gate.pass_through():
            jpeg = house.preview(content_of(image, house) if image else _address(url, house.settings.pictures_root))
        return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    return router


def content_of(upload: UploadFile, house: House) -> bytes:
    """The upload's content, no more of it than shows that it is too large."""
    return upload.file.read(house.max_bytes + 1)


def require_engine(house: House, wanted: str) -> None:
    """Raises NoEngine when the caller insists on a model and none is attached."""
    if wanted == "required" and house.engine is None:
        raise NoEngine(
            zh=("没有连接视觉语言模型。", "请用 TUJIAN_ENGINE_URL 或 --engine-url 给出 OpenAI 兼容服务的地址。"),
            en=(
                "No vision-language model is attached.",
                "Give an OpenAI-compatible server by TUJIAN_ENGINE_URL or --engine-url.",
            ),
        )


def _address(url: str, root: Path | None) -> str | Path:
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


def _one_of_many(house: House, gate: Gate, upload: UploadFile, wish: Wish) -> dict[str, Any]:
    lang: Lang = wish.lang
    try:
        with gate.pass_through():
            record: Record = house.record(content_of(upload, house), wish, name=upload.filename or "")
    except TujianError as error:  # one bad file does not cost the others their records
        return {"picture": {"path": upload.filename or ""}, **body_of(error, lang, "")}
    return record.to_json()
