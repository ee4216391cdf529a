"""A local stand-in for the file routes of Hugging Face and ModelScope, well or badly, as a test wants it.

It answers what `huggingface_hub` 2.4 and `modelscope-hub` 0.5 ask for, written after reading those clients; the real
hubs were never asked. Every byte of a file that goes out is counted, so that a test can say what was fetched twice.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PIECE = 64 * 1024


@dataclass
class HubStandIn:
    """What it serves and how; a test changes the faults while it runs."""

    files: dict[str, bytes]  # "owner/name/file" -> content
    url: str = ""
    sent: dict[str, int] = field(default_factory=dict)  # bytes of each file that went out
    asked: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)  # Authorization of each request, by route
    cut_after: int | None = None  # break the connection after so many bytes of a file, once
    status: int = 200  # of every answer
    lies: bool = False  # files come with another last byte than their checksum says
    blank: bool = False  # files come with no bytes at all
    ranges: bool = True  # honours Range
    pause_s: float = 0  # between pieces
    html: bool = False  # answers like a captive portal

    def repository(self, name: str) -> dict[str, bytes]:
        return {path.removeprefix(f"{name}/"): body for path, body in self.files.items() if path.startswith(f"{name}/")}


class Serving(BaseHTTPRequestHandler):
    hub: HubStandIn
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        self.hub.asked.append(f"{self.command} {self.path}")
        self.hub.tokens.append(self.headers.get("authorization"))
        if self.hub.html:
            return self._say("<html>Please log in to the network</html>", kind="text/html")
        if self.hub.status != 200:
            return self._say({"error": "as told", "Message": "as told", "Code": 1, "Success": False}, self.hub.status)
        parts = urlsplit(self.path)
        routes = (
            (r"/api/models/([^/]+/[^/]+)(?:/revision/.+)?", self._hf_listing),
            (r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", self._hf_file),
            (r"/cdn/([^/]+/[^/]+)/(.+)", self._content),
            (r"/api/v1/models/([^/]+/[^/]+)/repo/files", self._ms_listing),
            (r"/api/v1/models/([^/]+/[^/]+)/repo", self._ms_file),
        )
        for pattern, route in routes:
            match = re.fullmatch(pattern, parts.path)
            if match:
                return route(*match.groups())
        return self._say({"Code": 404, "Message": "no such route"}, 404)

    def _hf_listing(self, name: str) -> None:
        files = self.hub.repository(name)
        if not files:
            return self._say({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})
        siblings = [{"rfilename": path, **facts(path, body)} for path, body in files.items()]
        return self._say({"_id": "1", "id": name, "sha": COMMIT, "private": False, "siblings": siblings})

    def _hf_file(self, name: str, path: str) -> None:
        body = self.hub.repository(name).get(path)
        if body is None:
            return self._say({"error": "Entry not found"}, 404, {"X-Error-Code": "EntryNotFound"})
        known = facts(path, body)
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{known["blobId"]}"'}
        if "lfs" not in known:
            return self._content(name, path, headers)
        # the content network is another host: the client must not send it the token
        headers |= {"X-Linked-Etag": f'"{known["lfs"]["sha256"]}"', "X-Linked-Size": str(len(body))}
        other = self.hub.url.replace("127.0.0.1", "localhost")
        return self._say("", 302, {**headers, "Location": f"{other}/cdn/{name}/{path}"})

    def _ms_listing(self, name: str) -> None:
        files = self.hub.repository(name)
        if not files:
            return self._say({"Code": 10010205001, "Message": "not found", "Success": False}, 404)
        entries = [
            {"Name": path, "Path": path, "Type": "blob", "Size": len(body), "Sha256": sha256_of(body)}
            for path, body in files.items()
        ]
        return self._say({"Code": 200, "Success": True, "Data": {"Files": entries}})

    def _ms_file(self, name: str) -> None:
        path = parse_qs(urlsplit(self.path).query).get("FilePath", [""])[0]
        if path not in self.hub.repository(name):
            return self._say({"Code": 404, "Message": "no such file", "Success": False}, 404)
        return self._content(name, path)

    def _content(self, name: str, path: str, headers: dict[str, str] | None = None) -> None:
        body = self.hub.repository(name)[path]
        if self.hub.lies:
            body = body[:-1] + bytes([body[-1] ^ 1])
        if self.hub.blank and self.command != "HEAD":
            return self._say("")
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        begin = int(wanted[1]) if wanted and self.hub.ranges else 0
        if begin >= len(body):
            return self._say("", 416, {"Content-Range": f"bytes */{len(body)}"})
        self.send_response(206 if wanted and self.hub.ranges else 200)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        if wanted and self.hub.ranges:
            self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - begin))
        self.end_headers()
        if self.command != "HEAD":
            self._send(f"{name}/{path}", body[begin:])
        return None

    def _send(self, key: str, body: bytes) -> None:
        for begin in range(0, len(body), PIECE):
            cut = self.hub.cut_after
            if cut is not None and begin >= cut:
                self.hub.cut_after = None
                self.close_connection = True
                return
            piece = body[begin : begin + PIECE]
            try:
                self.wfile.write(piece)
            except OSError:  # who asked has gone
                self.close_connection = True
                return
            self.hub.sent[key] = self.hub.sent.get(key, 0) + len(piece)
            time.sleep(self.hub.pause_s)

    def _say(
        self, body: dict | str, status: int = 200, headers: dict[str, str] | None = None, kind: str = "application/json"
    ) -> None:
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for key, value in {"Content-Type": kind, "Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        return


def sha256_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def facts(path: str, body: bytes) -> dict:
    """What Hugging Face lists of a file: large ones by sha256, small text ones by their git blob."""
    blob = hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()
    listed: dict = {"size": len(body), "blobId": blob}
    if not path.endswith((".json", ".txt", ".md")):
        listed["lfs"] = {"sha256": sha256_of(body), "size": len(body), "pointerSize": 134}
    return listed


@contextmanager
def hub_stand_in(files: dict[str, bytes]) -> Iterator[HubStandIn]:
    """A running hub of both kinds on loopback."""
    hub = HubStandIn(files)
    handler = type("Handler", (Serving,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
