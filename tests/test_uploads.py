"""A gigabyte comes in, whichever way: refused while it streams, nothing on the disk, little in memory. req: A16

Against the real server process. The client is a bare socket, which sends on as long as it is let.
"""

import contextlib
import json
import socket
import threading
import time
import urllib.request

import pytest
from served import Server, serving

from tujian.api import bodies

pytestmark = pytest.mark.services
GIGABYTE = 1_000_000_000
PIECE = bytes(1 << 20)
LETTERS = b"A" * (1 << 20)
FORM_HEAD = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n\x89PNG\r\n\x1a\n'
FORM, JSON = "multipart/form-data; boundary=x", "application/json"
URI_HEAD = b'{"query": "?", "image": "data:image/png;base64,'
MOST_GROWTH_MB = 256


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("up") / "home") as running:
        yield running


def sent(
    server: Server, path: str, kind: str, head: bytes, piece: bytes, declared: int | None
) -> tuple[int, dict, int]:
    """Status, body and how many bytes the server let come, of an upload that never stops by itself."""
    length = f"Content-Length: {declared}" if declared else "Transfer-Encoding: chunked"
    lines = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n{length}\r\n\r\n".encode()
    with server.connect() as wire:
        wire.sendall(lines)
        wire.setblocking(False)
        count, answer = 0, b""
        for part in [head, *([piece] * (GIGABYTE // len(piece)))]:
            framed = part if declared else f"{len(part):x}\r\n".encode() + part + b"\r\n"
            went, answer = pushed(wire, framed, answer)
            count += went
            if went < len(framed):
                break
        answer += rest(wire)
    status = int(answer.split()[1])
    return status, json.loads(answer.partition(b"\r\n\r\n")[2]), count


def pushed(wire: socket.socket, part: bytes, answer: bytes) -> tuple[int, bytes]:
    """How much of `part` went out before the server hung up or said that it has answered, and what it said."""
    left, until_s = memoryview(part), time.monotonic() + 20
    while left and time.monotonic() < until_s:
        try:
            answer += (got := wire.recv(65536))
            if not got or b"\r\n\r\n" in answer:
                return len(part) - len(left), answer
        except BlockingIOError:
            pass
        except OSError:
            return len(part) - len(left), answer
        try:
            left = left[wire.send(left) :]
        except BlockingIOError:
            time.sleep(0.002)
        except OSError:
            return len(part) - len(left), answer
    return len(part) - len(left), answer


def rest(wire: socket.socket) -> bytes:
    wire.setblocking(True)
    wire.settimeout(5)
    got = b""
    try:
        while piece := wire.recv(65536):
            got += piece
    except OSError:
        pass
    return got


ROUTES = [
    # path, content type, how it begins, how it goes on, its declared length, megabytes let in at most
    ("/v1/records", FORM, FORM_HEAD, PIECE, GIGABYTE, 12),
    ("/v1/records", FORM, FORM_HEAD, PIECE, None, 64),
    ("/recognize", FORM, FORM_HEAD, PIECE, None, 64),
    ("/classify", FORM, FORM_HEAD.replace(b'"image"', b'"file"'), PIECE, 390_000_000, 64),
    ("/chat", JSON, URI_HEAD, LETTERS, None, 80),
    ("/v1/chat/completions", JSON, b'{"messages": [{"role": "user", "content": "', LETTERS, None, 80),
    ("/v1/records", "application/octet-stream", b"", PIECE, None, 16),
    ("/v1/records", FORM, FORM_HEAD.replace(b'; filename="a.png"', b""), LETTERS, None, 12),
]


@pytest.mark.parametrize(("path", "kind", "head", "piece", "declared", "most_mb"), ROUTES)
def test_a_gigabyte_is_refused_while_it_streams(server, path, kind, head, piece, declared, most_mb):
    memory_mb, written, kept = server.memory_mb(), server.written_bytes(), server.kept_bytes()
    begun = time.monotonic()
    status, body, count = sent(server, path, kind, head, piece, declared)
    # 503: no model, so the body is not even read; 400: no form, so there is no picture in it
    assert status == {"/chat": 503, "application/octet-stream": 400}.get(path if path == "/chat" else kind, 413)
    said = body["error"]
    assert said if path in ("/recognize", "/classify") else said["message"] and said["remedy"]
    assert count <= most_mb * 1_000_000
    assert time.monotonic() - begun < 20
    assert server.written_bytes() - written < 1_000_000 and server.kept_bytes() - kept < 200_000
    assert server.memory_mb() - memory_mb < MOST_GROWTH_MB and server.is_up


def test_many_such_uploads_at_once_share_one_room(server):
    """Twelve clients send pictures of 45 MB each, over 2 GB together: some must come again, memory is bounded."""
    pictures = FORM_HEAD + bytes(45_000_000) + b"\r\n"
    before_mb, peak, statuses, done = server.memory_mb(), [0.0], [], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            peak[0] = max(peak[0], server.memory_mb())

    def one() -> None:
        try:
            statuses.append(sent(server, "/v1/records", FORM, b"", pictures, 390_000_000)[0])
        except (IndexError, OSError):
            statuses.append(0)

    watcher = threading.Thread(target=watch)
    watcher.start()
    senders = [threading.Thread(target=one) for _ in range(12)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(120)
    done.set()
    watcher.join()
    assert 429 in statuses or 413 in statuses
    assert peak[0] - before_mb < 2 * bodies.REQUESTS_HELD * 401 and server.is_up


def test_clients_that_never_finish_are_let_go_and_others_are_served(server):
    """Two hundred connections that send a letter of a header now and then."""
    before = server.process.num_fds()
    slow = [server.connect() for _ in range(200)]
    for wire in slow:
        wire.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
    until_s, left = time.monotonic() + 60, len(slow)
    while server.process.num_fds() > before + 5 and time.monotonic() < until_s:
        for wire in slow:
            with contextlib.suppress(OSError):
                wire.sendall(b"a")
        with urllib.request.urlopen(f"{server.url}/healthz", timeout=5) as answer:
            assert answer.status == 200
        time.sleep(1)
        left = server.process.num_fds() - before
    for wire in slow:
        wire.close()
    assert left <= 5


def test_the_server_still_answers_and_counts_what_it_refused(server):
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=5) as answer:
        numbers = answer.read().decode()
    assert 'tujian_uploads_refused_total{why="too_large"}' in numbers
    refused = [event for event in server.events if event.get("error") == "PictureTooLarge"]
    assert refused and all(event["status"] == 413 and event["request_id"] for event in refused)
