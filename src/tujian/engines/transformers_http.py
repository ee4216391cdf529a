"""The Transformers child's HTTP side: OpenAI chat completions on 127.0.0.1, as llama-server answers them.

Enters: requests with `Authorization: Bearer KEY`. Leaves: JSON, or server-sent events while an answer is made.
Does not know: torch. Routes: GET /health (without a key), GET /v1/models, POST /v1/chat/completions.

The standard library's server, not uvicorn: an answer is made by a blocking thread, and a client that hangs up is seen
by looking at its socket; under ASGI both would need a bridge, and the child would load a web framework.
"""

import hmac
import json
import selectors
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from tujian.engines.transformers_chat import Refusal, open_pictures, read_chat
from tujian.engines.transformers_model import Gone, Model, Spoken
from tujian.engines.transformers_turns import Turn, Turns

MOST_BODY_BYTES = 64 << 20  # 48 MB of pictures in base64: 30 of the house's largest
MOST_CONNECTIONS = 64  # threads; the house's own client opens as many as it has slots, and two
IDLE_S = 30.0  # an idle or dawdling connection is closed; httpx drops its own after 5 s
LINGER_S = 2.0  # what a client still sends is read so long, or a reset would swallow our answer


class Server(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1; `meta` is what /v1/models tells about the model beside its name."""

    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, model: Model, *, name: str, key: str, queue: int, meta: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.model, self.name, self.meta = model, name, meta
        self.turns = Turns(model, queue)
        self.started = int(time.time())
        self._bearer = f"Bearer {key}".encode()
        self._room = threading.BoundedSemaphore(MOST_CONNECTIONS)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def knows(self, authorization: str) -> bool:
        """Whether the header holds the key, in a time that does not tell how much of it was right."""
        return hmac.compare_digest(authorization.encode("utf-8", "replace"), self._bearer)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base class has it
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()


class Handler(BaseHTTPRequestHandler):
    """One connection, request after request."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    disable_nagle_algorithm = True  # a token is a small packet; it should not wait for the next one

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/health":
            self._answered(lambda: self._json(200, {"status": "ok"}), open_to_all=True)
        elif path in ("/v1/models", "/models"):
            self._answered(lambda: self._json(200, self._models()))
        else:
            self._answered(self._nothing_here)

    def do_POST(self) -> None:
        at_chat = self.path.partition("?")[0] in ("/v1/chat/completions", "/chat/completions")
        self._answered(self._chat if at_chat else self._nothing_here)

    def _answered(self, answer: Callable[[], None], *, open_to_all: bool = False) -> None:
        self._unread = self.command == "POST"
        try:
            if not open_to_all and not self._house.knows(self.headers.get("Authorization", "")):
                raise Refusal(401, "authentication_error", "Invalid API Key")
            answer()
        except Refusal as refusal:
            self._json(refusal.code, refusal.body)
        except (Gone, ConnectionError):
            self.close_connection = True  # nobody is there to be told

    def _nothing_here(self) -> None:
        raise Refusal(404, "not_found_error", f"no route {self.command} {self.path[:100]}")

    def _chat(self) -> None:
        chat = read_chat(self._body())
        turn = Turn(chat, self._house.model.prepare(chat, open_pictures(chat)))
        self._house.turns.join(turn)
        answer = _Answer(self._house.name, turn)
        try:
            with selectors.DefaultSelector() as watch:
                watch.register(self.connection, selectors.EVENT_READ)
                pieces = turn.pieces(lambda: self._hung_up(watch))
                (self._stream if chat.stream else self._whole)(answer, pieces)
        finally:
            turn.gone.set()

    def _whole(self, answer: "_Answer", pieces: Iterator[str | Spoken]) -> None:
        *said, spoken = pieces
        self._json(200, answer.whole("".join(cast(list[str], said)), cast(Spoken, spoken)))

    def _stream(self, answer: "_Answer", pieces: Iterator[str | Spoken]) -> None:
        """Headers go out with the first piece: what is refused before that is an ordinary error."""
        begun = False
        try:
            for piece in pieces:
                if not begun:
                    self._begin_events()
                    self._event(answer.opening())
                    begun = True
                for event in [answer.piece(piece)] if isinstance(piece, str) else answer.closing(piece):
                    self._event(event)
        except Refusal as refusal:
            if not begun:
                raise
            self._event(refusal.body)  # as llama-server does: too late for a status
        else:
            self._send(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _begin_events(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _event(self, event: dict[str, Any]) -> None:
        self._send(b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n")

    def _send(self, event: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            raise Refusal(411, "invalid_request_error", "a request needs a Content-Length")
        if int(length) > MOST_BODY_BYTES:
            raise Refusal(413, "invalid_request_error", f"a request may have {MOST_BODY_BYTES >> 20} MB")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise Gone
        self._unread = False
        return body

    def _json(self, code: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if self._unread:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        if self._unread:
            self._linger()

    def _linger(self) -> None:
        """Reads on what a refused client is still sending, a moment long."""
        until = time.monotonic() + LINGER_S
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(LINGER_S)
        try:
            while time.monotonic() < until and self.connection.recv(1 << 16):
                pass
        except OSError:
            return

    def _hung_up(self, watch: selectors.BaseSelector) -> bool:
        """Whether the client closed its side: readable, and nothing to read."""
        if not watch.select(0):
            return False
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _models(self) -> dict[str, Any]:
        house = self._house
        entry = {"id": house.name, "object": "model", "created": house.started, "owned_by": "tujian"}
        return {"object": "list", "data": [{**entry, "meta": house.meta}]}

    @property
    def _house(self) -> Server:
        return cast(Server, self.server)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class finds wrong, in the dialect's form and not as HTML."""
        self._unread = True
        self._json(int(code), Refusal(int(code), "invalid_request_error", message or "bad request").body)

    def log_message(self, format: str, *args: object) -> None:
        """No line per request: stderr is for last words."""


class _Answer:
    """One answer's objects: a chat completion, or the chunks of one."""

    def __init__(self, model: str, turn: Turn) -> None:
        self._turn, self._model = turn, model
        self._id, self._created = f"chatcmpl-{uuid.uuid4().hex}", int(time.time())

    def whole(self, text: str, spoken: Spoken) -> dict[str, Any]:
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": spoken.finish}
        return {**self._head("chat.completion", [choice]), "usage": self._usage(spoken)}

    def opening(self) -> dict[str, Any]:
        return self._chunk({"role": "assistant", "content": None})

    def piece(self, text: str) -> dict[str, Any]:
        return self._chunk({"content": text})

    def closing(self, spoken: Spoken) -> list[dict[str, Any]]:
        last = self._chunk({}, spoken.finish)
        if not self._turn.chat.wants_usage:
            return [last]
        return [last, {**self._head("chat.completion.chunk", []), "usage": self._usage(spoken)}]

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return self._head("chat.completion.chunk", [{"index": 0, "delta": delta, "finish_reason": finish}])

    def _head(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._model, "choices": choices}

    def _usage(self, spoken: Spoken) -> dict[str, int]:
        asked = len(self._turn.prompt.ids)
        return {
            "prompt_tokens": asked,
            "completion_tokens": spoken.tokens,
            "total_tokens": asked + spoken.tokens,
        }
