"""The edges with an attacker's eye: hosts, paths, headers, addresses in every door, what clients can make grow."""

import asyncio
import json

import pytest
from chat_server import jpeg
from fastapi.testclient import TestClient
from starlette.datastructures import Headers

from tujian import chats as chats_module
from tujian.api import bodies, create_app
from tujian.api.bodies import Body, Limits, Room
from tujian.chats import Chats, Shown
from tujian.database import open_database
from tujian.engines.fake import FakeEngine
from tujian.errors import BadInput, Busy, PictureTooLarge, UploadStalled
from tujian.house import House
from tujian.settings import read_settings


@pytest.fixture(scope="module")
def talking(house, tmp_path_factory):
    own = House(read_settings(home=tmp_path_factory.mktemp("edges"), lang="en"), engine=FakeEngine("A carton."))
    own._perception = house.perception
    yield TestClient(create_app(own), base_url="http://localhost")
    own.close()


INNER = ["http://127.0.0.1/a.jpg", "http://169.254.169.254/latest", "http://[::ffff:0:7f00:1]/", "http://2130706433/"]
PATHS = ["file:///etc/passwd", "/etc/passwd", "../../etc/passwd", "ftp://localhost/a", "gopher://localhost/"]


@pytest.mark.parametrize("url", [*INNER, *PATHS])
def test_no_door_opens_an_inner_address_or_a_path(talking, url):
    chat_id = talking.post("/v1/chats").json()["id"]
    part = {"type": "image_url", "image_url": {"url": url}}
    answers = (
        talking.post("/chat", json={"image": url, "query": "?"}),
        talking.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": [part]}]}),
        talking.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": [part]}], "stream": True}),
        talking.post(f"/v1/chats/{chat_id}/turns", data={"question": "?", "url": url}),
        talking.post("/v1/records", data={"url": url}),
        talking.post("/v1/preview", data={"url": url}),
    )
    for answer in answers:
        assert answer.status_code == 400 and answer.json()["error"]["type"] in ("FetchRefused", "BadInput")
        assert "root:" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/static/../routes.py", "/static/%2e%2e/routes.py", "/static/..%2froutes.py",
        "/static/%2e%2e%2f%2e%2e%2fhouse.py", "/v1/chats/pictures/..%2f..%2fx",
        "/static//etc/passwd", "/static/....//routes.py", "/static/..\\routes.py", "/samples/../words/brands.txt",
        "/samples/%2e%2e/words/brands.txt", "/samples/..%5cwords", "/static/page.css%00.png",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_folders_that_are_served(talking, path):
    answer = talking.get(path)
    assert answer.status_code in (400, 404) and "import" not in answer.text


def test_a_token_is_asked_for_behind_every_path_but_the_open_ones(house, tmp_path):
    own = House(read_settings(home=tmp_path, token="open-sesame"))
    client = TestClient(create_app(own), base_url="http://localhost")
    for path in (
        "/v1/tasks",
        "/healthz/../v1/tasks",
        "/healthzz",
        "/loginx",
        "/metrics",
        "/openapi.json",
        "/samples/x",
    ):
        assert client.get(path, follow_redirects=False).status_code == 403, path
    assert [client.get(path).status_code for path in ("/healthz", "/login", "/static/page.css")] == [200, 200, 200]
    own.close()


@pytest.mark.parametrize(
    "host", ["localhost:7860@evil.example", "evil.example:localhost", "localhost.", "[::1", "0x7f.1", ""]
)
def test_odd_hosts_are_refused(talking, host):
    assert talking.get("/v1/tasks", headers={"host": host}).status_code in (400, 403)


@pytest.mark.parametrize(
    "origin", ["http://localhost.evil.example", "http://evil.example#localhost", "null", "http://localhost:1"]
)
def test_odd_origins_may_change_nothing(talking, origin):
    assert talking.post("/v1/chats", headers={"origin": origin}).status_code == 403


def test_nothing_a_client_names_gets_into_a_header(talking):
    begun = talking.post("/v1/chats", json={"title": 'a\r\nSet-Cookie: x=1; "\u202e.exe'}).json()
    for form in ("md", "json"):
        headers = talking.get(f"/v1/chats/{begun['id']}/export?form={form}").headers
        assert "set-cookie" not in headers and begun["id"][:8] in headers["content-disposition"]
    assert talking.get("/?lang=zh%0d%0aSet-Cookie:%20x=1").headers.get("set-cookie", "").count("x=1") == 0


def test_a_chat_that_is_full_says_so_and_another_one_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(chats_module, "MOST_TURNS", 3)
    monkeypatch.setattr(chats_module, "MOST_SHOWN", 2)
    chats = Chats(open_database(tmp_path / "t.sqlite"))
    shown = [Shown(str(n) * 64, "a.jpg", (10, 10), 64, jpeg()) for n in range(3)]
    chat_id = chats.begin().id
    with pytest.raises(BadInput, match="full"):
        chats.ask(chat_id, "three at once", shown)
    assert chats.read(chat_id).turns == []
    for n in range(3):
        chats.ask(chat_id, f"question {n}", shown[n : n + 1] if n < 2 else [])
    with pytest.raises(BadInput, match="full"):
        chats.ask(chat_id, "one more")
    assert chats.ask(chats.begin().id, "elsewhere").number == 1


# bodies, piece by piece


def body_of(pieces: list[bytes | float], kind: str, room: Room | None = None) -> tuple[Body, list[str], list[dict]]:
    """A body whose client sends these pieces; a number is a silence in seconds."""
    left, refused, sent = list(pieces), [], []

    async def receive() -> dict:
        piece = left.pop(0) if left else b""
        if isinstance(piece, float):
            await asyncio.sleep(piece)
            piece = b"late"
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    async def send(message: dict) -> None:
        sent.append(message)

    headers = Headers({"content-type": kind, "transfer-encoding": "chunked"})
    return Body(headers, receive, send, Limits(1), room or Room(100_000_000), refused.append), refused, sent


async def read_all(body: Body) -> int:
    count = 0
    while True:
        message = await body.receive()
        count += len(message["body"])
        if not message["more_body"]:
            return count


def test_a_body_within_its_limits_comes_through_whole():
    body, refused, _ = body_of([b"a" * 1000] * 3, "multipart/form-data; boundary=x")
    assert asyncio.run(read_all(body)) == 3000 and refused == []


@pytest.mark.parametrize(
    ("kind", "pieces", "error", "why"),
    [
        ("application/json", [b"a" * 1_000_000] * 4, PictureTooLarge, "too_large"),
        ("application/problem+json; charset=utf-8", [b"{}," * 100_000] * 3, BadInput, "too_many_values"),
        ("text/plain", [b"a" * 1_000_000] * 5, PictureTooLarge, "too_large"),
        ("multipart/form-data; boundary=x", [b"a" * 1_000_000] * 12, PictureTooLarge, "too_large"),
        ("multipart/form-data; boundary=x", [b"a", 0.5, b"b"], UploadStalled, "stalled"),
    ],
)
def test_a_body_is_given_up_at_the_piece_that_is_too_much(monkeypatch, kind, pieces, error, why):
    monkeypatch.setattr(bodies, "STALLED_S", 0.1)
    body, refused, _ = body_of(pieces, kind)
    with pytest.raises(error) as given_up:
        asyncio.run(read_all(body))
    assert refused == [why] and all(given_up.value.zh) and all(given_up.value.en)


def test_bodies_share_one_room_and_give_it_back():
    room = Room(2_500)
    first, _, _ = body_of([b"a" * 1000] * 2, "application/json", room)
    second, refused, _ = body_of([b"a" * 1000] * 2, "application/json", room)
    assert asyncio.run(read_all(first)) == 2000
    with pytest.raises(Busy):
        asyncio.run(read_all(second))
    assert refused == ["busy"]
    first.let_go(), second.let_go()
    third, _, _ = body_of([b"a" * 1000] * 2, "application/json", room)
    assert asyncio.run(read_all(third)) == 2000


def test_an_answer_before_the_end_of_the_body_ends_the_connection_and_lets_the_client_read_it(monkeypatch):
    monkeypatch.setattr(bodies, "LINGER_S", 0.2)
    body, _, sent = body_of([b"a"] * 50, "application/json")

    async def answer() -> None:
        await body.send({"type": "http.response.start", "status": 413, "headers": []})
        await body.send({"type": "http.response.body", "body": json.dumps({"error": 1}).encode()})

    asyncio.run(answer())
    assert (b"connection", b"close") in sent[0]["headers"]
    assert sent[1]["body"] and sent[1]["more_body"] and sent[2]["body"] == b""
