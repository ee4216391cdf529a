"""A small server that speaks OpenAI chat completions on loopback, well or badly, as a test wants it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["Answering", dict], None]


@dataclass
class StandIn:
    url: str
    requests: list[dict] = field(default_factory=list)
    headers: list[Message] = field(default_factory=list)


class Answering(BaseHTTPRequestHandler):
    behave: Behaviour
    seen: StandIn

    def do_GET(self) -> None:
        if self.path.endswith("/models"):
            self.send(200, {"object": "list", "data": [{"id": "stand-in-vl", "object": "model"}]})
        else:
            self.send(404, {"error": {"message": "no such route"}})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.seen.requests.append(request)
        self.seen.headers.append(self.headers)
        type(self).behave(self, request)

    def send(self, status: int, body: dict | str, kind: str = "application/json") -> None:
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def begin_stream(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()

    def chunk(self, body: dict) -> None:
        self.wfile.write(f"data: {json.dumps(body)}\n\n".encode())
        self.wfile.flush()

    def say(self, text: str, finish: str = "stop", **more: object) -> None:
        message = {"role": "assistant", "content": text, **more}
        self.send(
            200,
            {
                "id": "x",
                "object": "chat.completion",
                "created": 0,
                "model": "stand-in-vl",
                "choices": [{"index": 0, "message": message, "finish_reason": finish}],
                "usage": {"prompt_tokens": 300, "completion_tokens": 40, "total_tokens": 340},
            },
        )

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def stand_in(behave: Behaviour, protocol: str = "HTTP/1.0") -> Iterator[StandIn]:
    """A running server; `behave(handler, request)` answers each chat completion."""
    seen = StandIn("")
    handler = type(
        "Handler", (Answering,), {"behave": staticmethod(behave), "seen": seen, "protocol_version": protocol}
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    seen.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()


def says(text: str, finish: str = "stop", **more: object) -> Behaviour:
    return lambda handler, _: handler.say(text, finish, **more)


def sleeps(seconds: float) -> Behaviour:
    def behave(handler: Answering, _: dict) -> None:
        time.sleep(seconds)
        handler.say("{}")

    return behave
