"""`POST /chat` as published: a picture and a question in, an answer out. req: B2, B4, B6

Enters: JSON {image, query} with a data: or http(s) address, or the same as multipart with a file. Leaves: {response}.
A repeated question about the same bytes costs no inference: it comes from the stored answers.
"""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import UploadFile as Uploaded

from tujian.api.bodies import PictureRoute
from tujian.api.flow import finished
from tujian.api.v1 import address_of, content_of
from tujian.engines.troubles import no_engine
from tujian.errors import BadInput
from tujian.house import House, Wish
from tujian.tasks import CHAT_SAMPLING, Sampling

LONGEST_QUESTION = 20_000  # characters
FORM = {"image": {"type": "string", "format": "binary"}, "query": {"type": "string"}}
BODY = {
    "requestBody": {
        "content": {
            "application/json": {"example": {"image": "data:image/jpeg;base64,…", "query": "请列出图中所有成分"}},
            "multipart/form-data": {"schema": {"type": "object", "properties": FORM}},
        }
    }
}


class Asked(BaseModel):
    """What came, in either form."""

    image: str = Field(default="", description="a data: or http(s) address")
    query: str = Field(min_length=1, max_length=LONGEST_QUESTION)
    temperature: float = Field(default=CHAT_SAMPLING.temperature, ge=0, le=2)
    top_p: float = Field(default=CHAT_SAMPLING.top_p, gt=0, le=1)
    max_tokens: int = Field(default=CHAT_SAMPLING.max_tokens, ge=1, le=8192)

    @property
    def sampling(self) -> Sampling:
        return Sampling(temperature=self.temperature, top_p=self.top_p, max_tokens=self.max_tokens)


def chat_router(house: House) -> APIRouter:
    router = APIRouter(tags=["printed"], route_class=PictureRoute)

    @router.post("/chat", openapi_extra=BODY)
    async def chat(request: Request) -> dict[str, str]:
        """One picture, one question, one answer; 503 without a model."""
        if house.engine is None:
            raise no_engine()
        upload, asked = await _asked(request)
        source = content_of(upload, house) if upload else address_of(asked.image, house.settings.pictures_root)
        wish = Wish("describe", house.settings.lang, asked.query, insist=True, priority="high", sampling=asked.sampling)
        record = await finished(request, lambda stopped: house.record(source, wish, stopped=stopped))
        return {"response": record.answer or ""}

    return router


async def _asked(request: Request) -> tuple[Uploaded | None, Asked]:
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            return None, Asked.model_validate_json(await request.body())
        form = await request.form()
        uploads = form.getlist("image")
        if len(uploads) > 1:
            raise BadInput(
                zh=(
                    f"/chat 一次只看一张图片，收到 {len(uploads)} 张。",
                    "请发一张；多张请用 /v1/chat/completions。",
                ),
                en=(f"/chat takes one picture, {len(uploads)} came.", "Send one, or use /v1/chat/completions."),
            )
        upload = uploads[0] if uploads else None
        plain: dict[str, Any] = {name: value for name, value in form.items() if isinstance(value, str)}
        return (upload if isinstance(upload, Uploaded) else None), Asked.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        where, why = ".".join(str(part) for part in first["loc"]) or "body", first["msg"]
        example = '{"image": "data:image/jpeg;base64,…", "query": "…"}'
        raise BadInput(
            zh=(f"请求有误：{where}：{why}。", f"请发送 {example}，问题最长 {LONGEST_QUESTION} 个字符。"),
            en=(
                f"Malformed request: {where}: {why}.",
                f"Send {example}; a question has up to {LONGEST_QUESTION} characters.",
            ),
        ) from error
