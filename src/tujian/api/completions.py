"""OpenAI's chat completions, answered by the house: any OpenAI client can show it pictures. req: F4

Enters: messages with text and `image_url` parts (data: or http(s) addresses). Leaves: a completion, whole or streamed.
Pictures go the house's own way: sniffed, bounded, decoded in the child, shrunk; addresses are fetched with its guard.
The house's system message stands first, whatever else is sent; tools are refused.
"""

import json
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from jsonschema import Draft202012Validator, SchemaError
from pydantic import BaseModel, Field

from tujian.api.bodies import MOST_PICTURES
from tujian.api.flow import finished, opened
from tujian.api.v1 import address_of
from tujian.engines.asking import read_reply, unusable
from tujian.engines.dialect import SYSTEM, Question, Reply, Turn
from tujian.engines.troubles import no_engine
from tujian.errors import BadInput, Stopped, TujianError
from tujian.house import House
from tujian.tasks import CHAT_SAMPLING, Sampling

MOST_TEXT = 100_000  # characters in all messages together
MOST_MESSAGES = 200
LONGEST_SCHEMA = 50_000  # characters
TOKENS: dict[str, int] = {"low": 256, "high": 2048, "auto": 1024}  # OpenAI's `detail`, as a picture's budget here
FINISH = {"length": "length", "loop": "length"}  # a loop was cut: what is there is not all


class ImageUrl(BaseModel):
    url: str
    detail: Literal["low", "high", "auto"] = "auto"


class Part(BaseModel):
    type: Literal["text", "image_url"]
    text: str = ""
    image_url: ImageUrl | None = None


class Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part] | None = None  # OpenAI's assistants may have said nothing

    @property
    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or [] if part.text)

    @property
    def images(self) -> list[ImageUrl]:
        return [p.image_url for p in self.content or [] if isinstance(p, Part) and p.image_url]


class JsonSchema(BaseModel):
    name: str = Field(default="answer", max_length=64)
    schema_: dict[str, Any] = Field(default={}, alias="schema")


class ResponseFormat(BaseModel):
    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: JsonSchema | None = None


class StreamOptions(BaseModel):
    include_usage: bool = False


class Completion(BaseModel):
    """As much of OpenAI's request as is honoured; other fields are ignored, `tools` are refused."""

    model: str = ""
    messages: list[Message] = Field(min_length=1, max_length=MOST_MESSAGES)
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    temperature: float = Field(default=CHAT_SAMPLING.temperature, ge=0, le=2)
    top_p: float = Field(default=CHAT_SAMPLING.top_p, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1, le=8192)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=8192)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    seed: int | None = None
    response_format: ResponseFormat = ResponseFormat()
    tools: list[Any] | None = None

    @property
    def sampling(self) -> Sampling:
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_completion_tokens or self.max_tokens or CHAT_SAMPLING.max_tokens,
            presence_penalty=self.presence_penalty,
            seed=self.seed,
        )

    @property
    def schema(self) -> dict[str, Any] | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        wanted = self.response_format
        if wanted.type == "json_schema" and wanted.json_schema is not None:
            return wanted.json_schema.schema_
        return {"type": "object"} if wanted.type == "json_object" else None


def completions_router(house: House) -> APIRouter:
    router = APIRouter(tags=["openai"])

    @router.get("/v1/models")
    def models() -> dict[str, Any]:
        """The model that answers, if one is attached."""
        names = [house.engine.used().model] if house.engine else []
        return {
            "object": "list",
            "data": [{"id": n, "object": "model", "created": 0, "owned_by": "tujian"} for n in names],
        }

    @router.post("/v1/chat/completions")
    async def complete(request: Request, wanted: Completion) -> Any:  # noqa: ANN401 - a completion, or a stream of it
        """Chat completions as OpenAI's, with pictures. 503 without a model."""
        if house.engine is None:
            raise no_engine()
        _check(wanted)
        if not wanted.stream:
            reply = await finished(request, lambda stopped: house.ask(_question(house, wanted), stopped))
            return _whole(_bound(reply, wanted.schema))
        pieces = await opened(request, lambda stopped: _spoken(house, wanted, stopped))
        return StreamingResponse(_chunks(pieces, wanted), media_type="text/event-stream", headers=NO_BUFFERING)

    return router


NO_BUFFERING = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would hold the pieces back


def _spoken(house: House, wanted: Completion, stopped: threading.Event) -> Iterator[str | Reply]:
    """The pieces, then the reply."""
    reply = yield from house.converse(_question(house, wanted), stopped)
    yield reply


async def _chunks(pieces: AsyncIterator[str | Reply], wanted: Completion) -> AsyncIterator[str]:
    begun = {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": "chat.completion.chunk", "created": int(time.time())}
    model, role = wanted.model, {"role": "assistant"}
    try:
        async for piece in pieces:
            if isinstance(piece, str):
                yield _event(begun, model, {**role, "content": piece}, None)
                role = {}
            else:
                model = piece.model or model
                yield _event(begun, model, {}, FINISH.get(piece.finish, "stop"))
                if wanted.stream_options.include_usage:
                    yield f"data: {json.dumps({**begun, 'model': model, 'choices': [], 'usage': _usage(piece)})}\n\n"
    except Stopped:
        return
    except TujianError as error:  # the status is sent already: the error goes into the stream
        told = {"type": type(error).__name__, "message": str(error)}
        yield f"data: {json.dumps({'error': told}, ensure_ascii=False)}\n\n"
    yield "data: [DONE]\n\n"


def _event(begun: dict[str, Any], model: str, delta: dict[str, str], finish: str | None) -> str:
    chunk = {**begun, "model": model, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"


def _whole(reply: Reply) -> dict[str, Any]:
    message = {"role": "assistant", "content": reply.text}
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": reply.model,
        "choices": [{"index": 0, "message": message, "finish_reason": FINISH.get(reply.finish, "stop")}],
        "usage": _usage(reply),
    }


def _usage(reply: Reply) -> dict[str, int]:
    tokens_in, tokens_out = reply.tokens_in or 0, reply.tokens_out or 0
    return {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}


def _question(house: House, wanted: Completion) -> Question:
    """The last user message as the question, what stands before it as earlier turns; pictures made safe."""
    own = [message.text for message in wanted.messages if message.role in ("system", "developer")]
    said = [message for message in wanted.messages if message.role in ("user", "assistant")]
    *earlier, last = said
    return Question(
        prompt=last.text,
        jpegs=_views(house, last),
        lang=house.settings.lang,
        sampling=wanted.sampling,
        name=wanted.response_format.json_schema.name if wanted.response_format.json_schema else "answer",
        schema=wanted.schema,
        earlier=tuple(Turn(_role(m), m.text, _views(house, m)) for m in earlier),
        priority="high",
        system="\n\n".join([SYSTEM[house.settings.lang], *own]),
    )


def _check_schema(schema: dict[str, Any] | None) -> None:
    """Raises BadInput for what is no JSON Schema: a server would drop it silently and answer anything."""
    why = "json_schema.schema"
    try:
        if schema and len(json.dumps(schema)) <= LONGEST_SCHEMA:
            Draft202012Validator.check_schema(schema)
            return
    except SchemaError as error:
        why = error.message[:200]
    except RecursionError:
        why = "too deep"
    raise BadInput(
        zh=(
            f"response_format 里没有可用的 JSON Schema：{why}。",
            '请给出 {"name": …, "schema": {…}}。',
        ),
        en=(
            f"response_format holds no usable JSON Schema: {why}.",
            'Send {"name": …, "schema": {…}}.',
        ),
    )


def _bound(reply: Reply, schema: dict[str, Any] | None) -> Reply:
    """The reply, once it is what the schema asked for. Raises EngineUnusable: 200 would be a lie."""
    fault = read_reply(reply, schema)[1] if schema and reply.finish == "stop" else None
    if fault is not None:
        raise unusable(fault, times=1)
    return reply


def _role(message: Message) -> Literal["user", "assistant"]:
    return "assistant" if message.role == "assistant" else "user"


def _views(house: House, message: Message) -> tuple[bytes, ...]:
    root = house.settings.pictures_root
    return tuple(house.view(address_of(i.url, root), max_tokens=TOKENS[i.detail]).jpeg for i in message.images)


def _check(wanted: Completion) -> None:
    """Raises BadInput for what cannot be honoured, before anything is opened."""
    pictures = sum(len(message.images) for message in wanted.messages)
    if pictures > MOST_PICTURES:
        raise BadInput(
            zh=(f"一次对话里有 {pictures} 张图片，最多 {MOST_PICTURES} 张。", "请少发几张，或分几次问。"),
            en=(
                f"{pictures} pictures in one conversation; {MOST_PICTURES} at most.",
                "Send fewer, or ask several times.",
            ),
        )
    if sum(len(message.text) for message in wanted.messages) > MOST_TEXT:
        raise BadInput(
            zh=(f"文字超过 {MOST_TEXT} 个字符。", "请缩短问题或对话。"),
            en=(f"More than {MOST_TEXT} characters of text.", "Shorten the question or the conversation."),
        )
    if wanted.tools:
        raise BadInput(
            zh=("不支持 tools。", "图片里的文字绝不能触发工具；请去掉 tools。"),
            en=("Tools are not supported.", "Text in a picture must never set off a tool: send no tools."),
        )
    if wanted.response_format.type == "json_schema":
        _check_schema(wanted.schema)
    if wanted.messages[-1].role != "user":
        raise BadInput(
            zh=("最后一条消息必须来自 user。", "请把问题放在最后一条 user 消息里。"),
            en=("The last message must be the user's.", "Put the question into a last message of role user."),
        )
