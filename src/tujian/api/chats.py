"""Chats over HTTP: listed, begun, asked, renamed, deleted, exported. Answers come as events while said. req: B1, D13"""

import base64
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

from tujian.api.bodies import PictureRoute
from tujian.api.flow import opened
from tujian.api.v1 import address_of, content_of
from tujian.chats import MOST_LISTED, Chat, ChatHead, Chats, Listed, Shown, no_such_picture, to_markdown
from tujian.conversation import MOST_PICTURES, Asked, Conversation, Event, too_many_pictures
from tujian.errors import Lang
from tujian.house import House, Shot
from tujian.tasks import CHAT_SAMPLING, Sampling

Language = Literal["zh", "en"]
KEPT_HEADERS = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would hold the pieces back
EVENTS = {"content": {"text/event-stream": {"example": 'event: piece\ndata: {"text": "A carton"}\n\n'}}}


class Titled(BaseModel):
    """A chat's title; none for a new chat, which takes its first question's."""

    title: str = ""


def chats_router(house: House, chats: Chats) -> APIRouter:
    router = APIRouter(tags=["chats"], route_class=PictureRoute)
    conversation = Conversation(house, chats)
    _add_chats(router, chats, conversation)
    _add_files(router, chats, conversation, house.settings.lang)
    _add_turns(router, house, conversation)
    return router


def _add_chats(router: APIRouter, chats: Chats, conversation: Conversation) -> None:
    @router.get("/v1/chats")
    def list_chats(
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 50,
        after: Annotated[str, Query(max_length=100, description="`next` of the list before")] = "",
        picture: Annotated[str, Query(max_length=64, description="sha256: only chats that show it")] = "",
    ) -> Listed:
        """Chats, the one changed last first."""
        return chats.newest(limit, after, picture)

    @router.post("/v1/chats", status_code=201)
    def begin_chat(titled: Titled | None = None) -> Chat:
        """A new chat; ask within it by `POST /v1/chats/{id}/turns`."""
        return chats.begin(titled.title if titled else "")

    @router.get("/v1/chats/{chat_id}")
    def read_chat(chat_id: str) -> Chat:
        """A chat with all its turns."""
        return conversation.read(chat_id)

    @router.patch("/v1/chats/{chat_id}")
    def rename_chat(chat_id: str, titled: Titled) -> ChatHead:
        """Another title, of 1-200 characters."""
        return chats.rename(chat_id, titled.title)

    @router.delete("/v1/chats/{chat_id}", status_code=204)
    def delete_chat(chat_id: str) -> None:
        """The chat goes, and its pictures unless another chat shows them."""
        chats.delete(chat_id)


def _add_files(router: APIRouter, chats: Chats, conversation: Conversation, usual: Lang) -> None:
    @router.get("/v1/chats/pictures/{sha256}", response_class=Response)
    def show_picture(sha256: str) -> Response:
        """A picture of a chat as the engine was shown it: upright, at most about a megapixel."""
        found = chats.jpegs([sha256]).get(sha256)
        if found is None:
            raise no_such_picture()
        return Response(found.jpeg, media_type="image/jpeg", headers=KEPT_HEADERS)

    @router.get("/v1/chats/{chat_id}/export", response_class=Response)
    def export_chat(
        chat_id: str, form: Literal["md", "json"] = "md", lang: Annotated[Language | None, Query()] = None
    ) -> Response:
        """The chat as a file: Markdown to read, or JSON with its pictures."""
        chat = conversation.read(chat_id)
        named = {"Content-Disposition": f'attachment; filename="tujian-{chat.id[:8]}.{form}"'}
        if form == "json":
            return JSONResponse(_with_pictures(chat, chats), headers=named)
        return Response(to_markdown(chat, lang or usual), media_type="text/markdown", headers=named)


def _add_turns(router: APIRouter, house: House, conversation: Conversation) -> None:
    @router.post("/v1/chats/{chat_id}/turns", response_class=StreamingResponse, responses={200: EVENTS})
    async def add_turn(
        request: Request,
        chat_id: str,
        question: Annotated[str, Form(description="up to 20,000 characters", examples=["请列出图中所有成分"])] = "",
        image: Annotated[list[UploadFile], File(description=f"up to {MOST_PICTURES} pictures")] = [],  # noqa: B006
        url: Annotated[str, Form(max_length=1_000_000, description="one more, by http(s) or data: address")] = "",
        lang: Annotated[Language | None, Form()] = None,
        temperature: Annotated[float, Form(ge=0, le=2)] = CHAT_SAMPLING.temperature,
        top_p: Annotated[float, Form(gt=0, le=1)] = CHAT_SAMPLING.top_p,
        max_tokens: Annotated[int, Form(ge=1, le=8192)] = CHAT_SAMPLING.max_tokens,
    ) -> StreamingResponse:
        """Asks within a chat; what earlier turns were about need not be sent again.

        Events: `asked` {title, turn}, `piece` {text}, then `done`, the stored turn, or `failed` {type, message, remedy,
        turn}. Closing the connection stops the answer; what was said by then is kept.
        """
        spoken: Lang = lang or house.settings.lang
        request.state.lang = spoken
        sampling = Sampling(temperature=temperature, top_p=top_p, max_tokens=max_tokens)

        def start(stopped: threading.Event) -> Iterator[Event]:
            shots = _shots(image, url, house)
            return conversation.ask(Asked(chat_id, question, spoken, shots, sampling), stopped)

        return await _streamed(request, start)

    @router.post("/v1/chats/{chat_id}/turns/again", response_class=StreamingResponse, responses={200: EVENTS})
    async def answer_again(
        request: Request,
        chat_id: str,
        lang: Annotated[Language | None, Form()] = None,
        temperature: Annotated[float, Form(ge=0, le=2)] = CHAT_SAMPLING.temperature,
        top_p: Annotated[float, Form(gt=0, le=1)] = CHAT_SAMPLING.top_p,
        max_tokens: Annotated[int, Form(ge=1, le=8192)] = CHAT_SAMPLING.max_tokens,
    ) -> StreamingResponse:
        """Has the last question answered once more, such as when its answer broke off: the new answer takes the place
        of the old one. Events as of `turns`."""
        spoken: Lang = lang or house.settings.lang
        request.state.lang = spoken
        sampling = Sampling(temperature=temperature, top_p=top_p, max_tokens=max_tokens)
        asked = Asked(chat_id, "", spoken, (), sampling)
        return await _streamed(request, lambda stopped: conversation.ask_again(asked, stopped))


async def _streamed(request: Request, start: Callable[[threading.Event], Iterator[Event]]) -> StreamingResponse:
    return StreamingResponse(
        _sent(await opened(request, start)), media_type="text/event-stream", headers=STREAM_HEADERS
    )


async def _sent(events: AsyncIterator[Event]) -> AsyncIterator[str]:
    async for event in events:
        yield f"event: {event.name}\ndata: {json.dumps(event.facts, ensure_ascii=False)}\n\n"


def _shots(uploads: list[UploadFile], url: str, house: House) -> list[Shot]:
    """Uploads and an address, read once it is known that they are not too many."""
    if len(uploads) + bool(url) > MOST_PICTURES:
        raise too_many_pictures(len(uploads) + bool(url))
    shots = [Shot(content_of(upload, house), upload.filename or "") for upload in uploads]
    return [*shots, *([Shot(address_of(url, house.settings.pictures_root))] if url else [])]


def _with_pictures(chat: Chat, chats: Chats) -> dict[str, Any]:
    """The chat as JSON with its JPEGs as data: addresses by sha256, so that the file stands alone."""
    kept = chats.jpegs(picture.sha256 for turn in chat.turns for picture in turn.pictures)
    return {**chat.model_dump(mode="json"), "pictures": {sha256: _data_uri(shown) for sha256, shown in kept.items()}}


def _data_uri(shown: Shown) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(shown.jpeg).decode()}"
