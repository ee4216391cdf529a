"""A request's body while it streams: counted, and given up as soon as it cannot be right.

Enters: ASGI's receive and send, what came in the headers. Leaves: the same, with an error of the tree raised from
`receive` at the byte that is too much; the routes' own handlers answer it. No byte goes to disk: the parser here keeps
pictures in memory, and `Room` bounds what all requests hold together. req: A16, area "hostile input"

A client that is refused while it sends gets the whole answer at once, a moment to notice, and then a closed connection:
reading on would be endless, and closing at once would make the network drop the answer.
"""

import asyncio
from collections.abc import Callable, Collection

from fastapi import Request
from fastapi.params import Form
from fastapi.routing import APIRoute
from starlette.datastructures import FormData, Headers
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Message, Receive, Scope, Send

from tujian.bringing.parcels import MOST_BYTES
from tujian.errors import BadInput, Busy, PictureTooLarge, TujianError, UploadStalled
from tujian.folding import printable

MOST_PICTURES = 8  # in one request
FORM_ROOM_BYTES = 1_000_000  # multipart boundaries and text fields beside the pictures
MOST_FIELDS = 64  # text fields of one form
PLAIN_BYTES = 3_200_000  # a form without files: a field has 1 MB at most, and %XX makes three characters of one
STREAMED = "/v1/parcels/"  # paths whose bodies go to the disk as they come: nothing of them is held
MOST_JSON_VALUES = 200_000  # a JSON of empty objects takes thirty times its bytes once it is parsed
STALLED_S = 30.0  # without a byte of the body
LINGER_S = 1.0  # for a client that still sends when it is refused
REQUESTS_HELD = 2  # as many full requests' bodies are in memory together; more are told to come again


class Room:
    """Bytes that all bodies may hold together. One event loop, so nothing is locked."""

    def __init__(self, room_bytes: int) -> None:
        self._left = room_bytes

    def take(self, count: int) -> bool:
        """Whether there was room for `count` more bytes; taken either way."""
        self._left -= count
        return self._left >= 0

    def give_back(self, count: int) -> None:
        self._left += count


class Limits:
    """How much one body may have, by what it is."""

    def __init__(self, max_upload_mb: float) -> None:
        self.max_upload_mb = max_upload_mb
        self.picture_bytes = int(max_upload_mb * 1_000_000)
        self.form_bytes = self.picture_bytes * MOST_PICTURES + FORM_ROOM_BYTES
        self.json_bytes = self.picture_bytes * 4 // 3 + FORM_ROOM_BYTES  # one picture in base64, or several small ones

    def of(self, content_type: str, path: str = "") -> int:
        if path.startswith(STREAMED):
            return MOST_BYTES
        if content_type.startswith("multipart/form-data"):
            return self.form_bytes
        return self.json_bytes if _is_json(content_type) else PLAIN_BYTES

    def too_large(self, content_type: str = "multipart/form-data") -> PictureTooLarge:
        if _is_json(content_type):
            return _json_too_large(self.max_upload_mb)
        return PictureTooLarge(
            zh=(
                f"上传内容太大（每张上限 {self.max_upload_mb:g} MB，一次最多 {MOST_PICTURES} 张）。",
                "请缩小图片，或调高 TUJIAN_MAX_UPLOAD_MB。",
            ),
            en=(
                f"The upload is too large ({self.max_upload_mb:g} MB a picture, {MOST_PICTURES} at once).",
                "Shrink it, or raise TUJIAN_MAX_UPLOAD_MB.",
            ),
        )


class Body:
    """One body. `refused` is told why, when it is given up."""

    def __init__(
        self,
        headers: Headers,
        receive: Receive,
        send: Send,
        limits: Limits,
        room: Room,
        refused: Callable[[str], None],
        path: str = "",
    ) -> None:
        self._type, self._receive, self._send = headers.get("content-type", "").lower(), receive, send
        self._limits, self._room, self._refused = limits, room, refused
        self._limit_bytes = limits.of(self._type, path)
        self._is_streamed = path.startswith(STREAMED)
        self._is_json = _is_json(self._type) and not self._is_streamed
        self._got_bytes, self._values = 0, 0
        self._is_whole = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers

    async def receive(self) -> Message:
        """The next piece. Raises PictureTooLarge, Busy, UploadStalled, BadInput."""
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout(STALLED_S):
                message = await self._receive()
        except TimeoutError:
            raise self._given_up("stalled", _stalled()) from None
        self._is_whole = not message.get("more_body", False)
        self._count(message.get("body", b""))
        return message

    def _count(self, piece: bytes) -> None:
        self._got_bytes += len(piece)
        has_room = self._is_streamed or self._room.take(len(piece))
        if self._got_bytes > self._limit_bytes:
            raise self._given_up("too_large", self._limits.too_large(self._type))
        if not has_room:
            raise self._given_up("busy", _full())
        if self._is_json:
            self._values += piece.count(b",") + piece.count(b"[") + piece.count(b"{")
            if self._values > MOST_JSON_VALUES:
                raise self._given_up("too_many_values", _too_many_values())

    def _given_up(self, why: str, error: TujianError) -> TujianError:
        self._refused(why)
        return error

    async def send(self, message: Message) -> None:
        """Passes the answer on. One that ends before the body does also ends the connection."""
        if self._is_whole:
            return await self._send(message)
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if not is_last:
            return await self._send(message)
        await self._send({**message, "more_body": True})
        await self._linger()
        await self._send({"type": "http.response.body", "body": b""})

    async def _linger(self) -> None:
        """Lets what is on its way arrive, so that the client reads the answer before the connection goes."""
        try:
            async with asyncio.timeout(LINGER_S):
                while (await self._receive()).get("more_body", False):
                    pass
        except TimeoutError:
            return

    def let_go(self) -> None:
        """The request is over: what it held is free."""
        if not self._is_streamed:
            self._room.give_back(self._got_bytes)


class PictureRoute(APIRoute):
    """A route whose forms are read by PictureParser, with the limit that the guard has put into the scope.

    Of the API's routes, a form has only fields that the route knows: a misspelled one, or JSON in its place, would be
    answered as if nothing had been asked for.
    """

    def get_route_handler(self):  # noqa: ANN201 - FastAPI's own
        answer = super().get_route_handler()
        fields = self.dependant.body_params
        is_strict = self.path.startswith("/v1/") and all(isinstance(one.field_info, Form) for one in fields)
        known = frozenset(one.alias for one in fields) if fields and is_strict else None

        async def bounded(request: Request):  # noqa: ANN202 - FastAPI's own
            if known and _is_json(request.headers.get("content-type", "").lower()):
                raise _not_a_form(known)
            return await answer(PictureRequest(request.scope, request.receive, known))

        return bounded


class PictureRequest(Request):
    """`known` are the fields that a form may have; None: any."""

    def __init__(self, scope: Scope, receive: Receive, known: frozenset[str] | None) -> None:
        super().__init__(scope, receive)
        self._known = known

    async def _get_form(self, **_: object) -> FormData:
        form = await self._read_form()
        for name in form:
            if self._known is not None and name not in self._known:
                raise _no_such_field(name, self._known)
        return form

    async def _read_form(self) -> FormData:
        limit_bytes = self.scope.get("picture_bytes")
        if limit_bytes is None or not self.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            return await super()._get_form(max_fields=MOST_FIELDS)
        if self._form is None:
            try:
                self._form = await PictureParser(self.headers, self.stream(), limit_bytes).parse()
            except MultiPartException as error:
                raise HTTPException(400, error.message) from error
        return self._form


class PictureParser(MultiPartParser):
    """Starlette's parser with pictures in memory and a limit on each. Raises PictureTooLarge."""

    def __init__(self, headers: Headers, stream, picture_bytes: int) -> None:  # noqa: ANN001 - Starlette's own
        super().__init__(headers, stream, max_files=4 * MOST_PICTURES, max_fields=MOST_FIELDS)
        self._picture_bytes, self._part_bytes = picture_bytes, 0
        self.spool_max_size = picture_bytes + 1  # never reached, so nothing is ever on disk

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._part_bytes = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._part_bytes += end - start
        if self._current_part.file is not None and self._part_bytes > self._picture_bytes:
            raise Limits(self._picture_bytes / 1_000_000).too_large()
        super().on_part_data(data, start, end)


def _is_json(content_type: str) -> bool:
    return content_type.split(";")[0].strip().endswith(("/json", "+json"))


def _not_a_form(known: Collection[str]) -> BadInput:
    return BadInput(
        zh=("这个接口要表单，收到的是 JSON。", f"请按 multipart/form-data 发送；字段：{', '.join(sorted(known))}。"),
        en=(
            "This takes a form, and JSON came.",
            f"Send multipart/form-data with the fields {', '.join(sorted(known))}.",
        ),
    )


def _no_such_field(name: str, known: Collection[str]) -> BadInput:
    shown, fields = printable(name)[:60], ", ".join(sorted(known))
    return BadInput(
        zh=(f"没有 {shown!r} 这个字段。", f"有的字段：{fields}。"),
        en=(f"There is no field {shown!r}.", f"The fields are {fields}."),
    )


def _json_too_large(max_upload_mb: float) -> PictureTooLarge:
    return PictureTooLarge(
        zh=(
            f"JSON 太大（里面的图片合计上限 {max_upload_mb:g} MB）。",
            "请缩小图片，把图片作为文件用 multipart 上传，或调高 TUJIAN_MAX_UPLOAD_MB。",
        ),
        en=(
            f"The JSON is too large ({max_upload_mb:g} MB of pictures in it, all together).",
            "Shrink them, upload files by multipart, or raise TUJIAN_MAX_UPLOAD_MB.",
        ),
    )


def _stalled() -> UploadStalled:
    return UploadStalled(
        zh=(f"上传停住了：{STALLED_S:g} 秒没有收到数据。", "请检查网络后重新上传。"),
        en=(f"The upload stalled: nothing came for {STALLED_S:g} s.", "Check the network and send it again."),
    )


def _full() -> Busy:
    return Busy(
        zh=("正在接收的上传太多，内存已满。", "请稍等几秒再试，或一次少发几张。"),
        en=("Too many uploads are coming in: their memory is full.", "Try again in seconds, or send fewer at once."),
    )


def _too_many_values() -> BadInput:
    return BadInput(
        zh=(f"JSON 里的值超过 {MOST_JSON_VALUES} 个。", "请只发送接口要的字段，见 /openapi.json。"),
        en=(f"More than {MOST_JSON_VALUES} values in the JSON.", "Send only what /openapi.json asks for."),
    )
