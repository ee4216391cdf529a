"""A chat request as the Transformers child takes it: forms, limits, and the pictures inside.

Enters: the bytes of a POST to /v1/chat/completions. Leaves: a `Chat` and its opened pictures, or a `Refusal`, which is
the dialect's own error object (the parent's RemoteEngine turns it into the house's error tree).
Does not know: torch, the model, HTTP. Pictures come as data URIs with JPEG or PNG in them; nothing is fetched.
Field names and limits: OpenAI's chat completions; top_k and the error types as llama-server has them.
"""

import base64
import binascii
import io
import re
import struct
import zlib
from typing import Annotated, Any, Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, ValidationInfo, field_validator

FORMATS = ("JPEG", "PNG")  # what llama-server's own decoder and this one both read (notes/llamacpp.md)
MOST_PX = 40_000_000  # of all pictures of one request: 120 MB decoded; 8,192 tokens of context show 8.4 MP
MOST_MESSAGES = 1_000
MOST_CHARACTERS = 4_000_000  # the longest context, 262,144 tokens, is a million of English; splitting 1 MB takes 3 s
MOST_PICTURES = 100
DAMAGE = (  # what Pillow raises on files that end early or lie about themselves
    *(OSError, ValueError, SyntaxError, EOFError, TypeError, LookupError, ArithmeticError),
    *(struct.error, zlib.error, Image.DecompressionBombError),
)
_URI = re.compile(r"data:image/[a-z0-9.+-]+;base64,", re.I)


class Refusal(Exception):
    """An answer that is an error: an HTTP code and the dialect's `error` object."""

    def __init__(self, code: int, kind: str, message: str, **counts: int) -> None:
        super().__init__(message)
        self.code = code
        self.body: dict[str, Any] = {"error": {"code": code, "type": kind, "message": message, **counts}}


def bad_request(message: str) -> Refusal:
    return Refusal(400, "invalid_request_error", message)


class Form(BaseModel):
    """Unknown fields are passed over, as every server of this dialect does."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, frozen=True)


class ImageUrl(Form):
    url: str


class ImagePart(Form):
    type: Literal["image_url"]
    image_url: ImageUrl


class TextPart(Form):
    type: Literal["text"]
    text: str


class Message(Form):
    role: Literal["system", "user", "assistant"]
    content: str | list[Annotated[TextPart | ImagePart, Field(discriminator="type")]]

    @property
    def parts(self) -> list[TextPart | ImagePart]:
        return [TextPart(type="text", text=self.content)] if isinstance(self.content, str) else self.content


class StreamOptions(Form):
    include_usage: bool = False


class Chat(Form):
    """One request. What is None is left to the model's own generation_config.json; `response_format` is passed over."""

    messages: list[Message] = Field(min_length=1, max_length=MOST_MESSAGES)
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=-1)
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63)
    presence_penalty: float = Field(default=0, ge=-2, le=2)
    stop: list[Annotated[str, StringConstraints(min_length=1, max_length=200)]] = Field(default=[], max_length=16)
    n: Literal[1] = 1
    tools: Annotated[list[Any], Field(max_length=0)] | None = None

    @field_validator("stop", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return [] if value is None else [value] if isinstance(value, str) else value

    @field_validator("presence_penalty", "n", "stream", mode="before")
    @classmethod
    def _unsaid(cls, value: object, at: ValidationInfo) -> object:
        return cls.model_fields[at.field_name or ""].default if value is None else value

    @property
    def most_tokens(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens

    @property
    def wants_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)


def read_chat(body: bytes) -> Chat:
    """The request in `body`. Raises Refusal 400 with the first field that is wrong."""
    try:
        chat = Chat.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise bad_request(f"{where}: {first['msg']}" if where else first["msg"]) from error
    parts = (part for message in chat.messages for part in message.parts)
    if sum(len(part.text) for part in parts if isinstance(part, TextPart)) > MOST_CHARACTERS:
        raise bad_request(f"a request may have {MOST_CHARACTERS:,} characters")
    return chat


def open_pictures(chat: Chat) -> list[Image.Image]:
    """The pictures of all messages in order, their headers read and their pixels not yet. Raises Refusal 400."""
    urls = [
        (message.role, part.image_url.url)
        for message in chat.messages
        for part in message.parts
        if isinstance(part, ImagePart)
    ]
    if any(role != "user" for role, _ in urls):
        raise bad_request("pictures belong into the user's messages")
    if len(urls) > MOST_PICTURES:
        raise bad_request(f"{len(urls)} pictures in one request: at most {MOST_PICTURES} are taken")
    pictures = [_open(url, number) for number, (_, url) in enumerate(urls, 1)]
    if sum(picture.width * picture.height for picture in pictures) > MOST_PX:
        raise bad_request(f"the pictures of a request may have {MOST_PX // 1_000_000} megapixels together")
    return pictures


def decode(pictures: list[Image.Image]) -> list[Image.Image]:
    """Pixels: RGB, transparency on white, stored orientation (the house sends upright ones). Raises Refusal 400."""
    return [_decoded(picture, number) for number, picture in enumerate(pictures, 1)]


def _open(url: str, number: int) -> Image.Image:
    head = _URI.match(url)
    if not head:
        raise bad_request(f"picture {number}: send a data URI (data:image/jpeg;base64,...); addresses are not opened")
    try:
        return Image.open(io.BytesIO(base64.b64decode(url[head.end() :], validate=True)), formats=FORMATS)
    except binascii.Error as error:
        raise bad_request(f"picture {number}: its base64 is damaged") from error
    except DAMAGE as error:
        raise bad_request(f"picture {number} is no JPEG or PNG, or damaged") from error


def _decoded(picture: Image.Image, number: int) -> Image.Image:
    try:
        if picture.mode == "RGB":
            picture.load()
            return picture
        if not picture.has_transparency_data:
            return picture.convert("RGB")
        shown = picture.convert("RGBA")
        white = Image.new("RGBA", shown.size, "white")  # as Qwen's own code does (notes/qwen3-vl.md)
        return Image.alpha_composite(white, shown).convert("RGB")
    except DAMAGE as error:
        raise bad_request(f"picture {number} is damaged") from error
