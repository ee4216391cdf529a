"""The two endpoints as published, to the letter. req: A5, A6, E1"""

import uuid
from threading import Event
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile

from tujian.api.bodies import PictureRoute
from tujian.api.flow import finished
from tujian.api.v1 import content_of, require_engine
from tujian.house import House, Wish
from tujian.presets import preset
from tujian.records import Record

DEFAULT_PROMPT = preset("describe_product").words.zh
UNKNOWN = {"zh": ("其他", "未知"), "en": ("other", "unknown")}


def printed_router(house: House) -> APIRouter:
    router = APIRouter(tags=["printed"], route_class=PictureRoute)

    @router.post("/recognize")
    async def recognize(
        request: Request,
        image: Annotated[UploadFile, File(description="the picture")],
        prompt: Annotated[str | None, Form(max_length=20_000, examples=[DEFAULT_PROMPT])] = None,
        engine: Annotated[str, Form(description="`required`: 503 when no model is attached")] = "",
    ) -> dict[str, Any]:
        """One picture, one free question; without an engine, what perception alone can tell."""
        require_engine(house, engine)
        question = prompt or (DEFAULT_PROMPT if house.engine else None)
        wish = Wish("describe", house.settings.lang, question, insist=prompt is not None)
        record = await finished(request, lambda stopped: _record(house, image, wish, stopped))
        answered = record.answer or record.description
        shown = {"description": answered, "image_size": record.picture.size_px, "file_id": str(uuid.uuid4())}
        return {"success": True, "data": shown, "record": record.to_json()}

    @router.post("/classify")
    async def classify(request: Request, file: Annotated[UploadFile, File(description="the photo")]) -> dict[str, Any]:
        """A photo's category, description, main objects and mood; always of this shape."""
        wish = Wish("album", house.settings.lang)
        record = await finished(request, lambda stopped: _record(house, file, wish, stopped))
        return {**classified(record), "record": record.to_json()}

    return router


def _record(house: House, upload: UploadFile, wish: Wish, stopped: Event) -> Record:
    return house.record(content_of(upload, house), wish, name=upload.filename or "", stopped=stopped)


def classified(record: Record) -> dict[str, Any]:
    other, unknown = UNKNOWN[record.lang]
    objects = record["objects"].value
    return {
        "category": record["category"].value or other,
        "description": record.description,
        "objects": objects if isinstance(objects, list) else [],
        "emotion": record["emotion"].value or unknown,
    }
