"""What the log holds and what it never holds; request ids; numbers. req: A16"""

import base64
import io
import json
import logging
import re
import urllib.request
import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image, ImageDraw, ImageFont
from served import serving
from stand_in import says, stand_in

from tujian.api import create_app
from tujian.house import House, Wish
from tujian.logs import JsonLines, TextLines, note, note_fault, open_log, request_id
from tujian.settings import read_settings

CJK_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
ID_NUMBER, NAME, STREET = "11010519491231002X", "张三丰", "朝阳区幸福路"
TOKEN, KEY = "open-sesame-1234", "sk-do-not-tell-5678"


def draw_id_card() -> bytes:
    """A specimen: the standard's own example number, words as on the card."""
    card = Image.new("RGB", (1000, 640), "#e8eef4")
    pen = ImageDraw.Draw(card)
    font = ImageFont.truetype(str(CJK_FONT), 44) if CJK_FONT.is_file() else ImageFont.load_default(44)
    rows = (
        f"姓名 {NAME}",
        "性别 男 民族 汉",
        "出生 1949年12月31日",
        f"住址 北京市{STREET}1号",
        f"公民身份号码 {ID_NUMBER}",
    )
    for row, text in enumerate(rows):
        pen.text((60, 70 + 100 * row), text, font=font, fill="#1b1b1b")
    file = io.BytesIO()
    card.save(file, "JPEG", quality=92)
    return file.getvalue()


def posted(url: str, body: bytes, kind: str, **headers: str) -> tuple[int, bytes, dict]:
    request = urllib.request.Request(url, body, {"content-type": kind, **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), dict(error.headers)


def form(name: str, content: bytes, **fields: str) -> tuple[bytes, str]:
    parts = [f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()]
    head = f'--x\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n\r\n'.encode()
    return b"".join([*parts, head, content, b"\r\n--x--\r\n"]), "multipart/form-data; boundary=x"


@pytest.mark.services
def test_the_log_of_a_run_with_an_id_card_holds_nothing_of_it(tmp_path):
    """Read, answered, asked about, failed upon: the number, the name, the file, keys and tokens stay out of the log."""
    card = draw_id_card()
    auth = {"authorization": f"Bearer {TOKEN}"}
    said = json.dumps({"name": f"{NAME}的身份证 {ID_NUMBER}", "summary": STREET}, ensure_ascii=False)
    with stand_in(says(said)) as engine, serving(
        tmp_path / "home", TUJIAN_TOKEN=TOKEN, TUJIAN_ENGINE_URL=engine.url, TUJIAN_ENGINE_KEY=KEY
    ) as server:  # fmt: skip
        body, kind = form(f"{NAME}-{ID_NUMBER}.jpg", card)
        status, answer, _ = posted(f"{server.url}/v1/records", body, kind, **auth, **{"x-request-id": "card-1"})
        assert status == 200 and b"id_card" in answer and ID_NUMBER.encode() in answer.replace(b" ", b"")
        uri = "data:image/jpeg;base64," + base64.b64encode(card).decode()
        for path, asked in (
            ("/chat", {"image": uri, "query": f"{NAME}是谁？"}),
            ("/v1/chat/completions", {"messages": [{"role": "user", "content": ID_NUMBER}], "tools": [1]}),
            ("/v1/chat/completions", {"messages": 3, "x": ID_NUMBER}),
        ):
            posted(f"{server.url}{path}", json.dumps(asked).encode(), "application/json", **auth)
        broken, kind = form(f"{ID_NUMBER}.jpg", card[:900], question=f"{NAME}？")
        assert posted(f"{server.url}/v1/records", broken, kind, **auth)[0] == 400
        posted(f"{server.url}/v1/records?token={TOKEN}", broken, kind)  # no token: refused
        posted(f"{server.url}/v1/chats/{ID_NUMBER}/turns", *form("a.jpg", card, question=NAME), **auth)
    log, events = server.log, server.events
    assert len(events) >= 6 and all({"time", "level", "event"} <= event.keys() for event in events)
    assert any(event.get("request_id") == "card-1" and event["status"] == 200 for event in events)
    secrets = (ID_NUMBER, ID_NUMBER[:17], NAME, STREET, TOKEN, KEY, base64.b64encode(card).decode()[400:440], "身份证")
    assert [secret for secret in secrets if secret in log or secret in log.encode().decode("unicode_escape")] == []
    assert not re.search(r"[A-Za-z0-9+/]{200,}", log)  # no picture in base64
    assert max(map(len, log.splitlines())) < 2_000


@pytest.fixture(scope="module")
def client(house):
    return TestClient(create_app(house), base_url="http://localhost")


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("path", ["/healthz", "/", "/v1/nothing", "/static/page.css", "/static/../app.py", "/v1/tasks"])
def test_every_answer_has_a_request_id(client, path):
    one, other = client.get(path).headers["x-request-id"], client.get(path).headers["x-request-id"]
    assert uuid.UUID(one) and one != other


@pytest.mark.parametrize("given", ["order-17.3", "a", "0f" * 32])
def test_a_sane_id_of_the_clients_own_is_kept(client, given):
    assert client.get("/healthz", headers={"x-request-id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "a" * 65, '"><script>', "a;b=c", "../x", "-x", "\u00e9"])
def test_another_id_is_replaced(client, given):
    answered = client.get("/healthz", headers={"x-request-id": given.encode()}).headers["x-request-id"]
    assert answered != given and uuid.UUID(answered)


def events_of(caplog) -> list[logging.LogRecord]:
    return [line for line in caplog.records if getattr(line, "event", "") == "request"]


def test_a_refused_request_is_told_with_its_id_its_route_and_its_error(client, caplog):
    caplog.set_level(logging.INFO, "tujian")
    client.post("/v1/records", files={"image": b"no picture"}, headers={"x-request-id": "r1"})
    client.post("/v1/records", files={"image": png()}, headers={"origin": "http://evil.example"})
    client.get("/v1/chats/secret-name")
    told = [line.facts for line in events_of(caplog)]
    assert [(one["route"], one["status"], one["error"]) for one in told] == [
        ("/v1/records", 400, "UnreadablePicture"), ("-", 403, "NotAllowed"), ("/v1/chats/{chat_id}", 404, "NotFound"),
    ]  # fmt: skip


def test_what_breaks_inside_is_told_by_type_and_place_and_not_by_its_words(house, caplog, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise KeyError(f"{NAME} {ID_NUMBER}")

    monkeypatch.setattr(House, "record", fail)
    client = TestClient(create_app(house), base_url="http://localhost")
    answer = client.post("/v1/records", files={"image": png()}, headers={"x-request-id": "r2"})
    assert answer.status_code == 500 and answer.headers["x-request-id"] == "r2"
    (fault,) = [line for line in caplog.records if getattr(line, "event", "") == "fault"]
    shown = JsonLines().format(fault)
    assert json.loads(shown)["error"] == "KeyError" and "test_logs.py" in shown and ID_NUMBER not in shown


def test_lines_of_other_libraries_are_shown_without_what_they_quote():
    stream = io.StringIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        open_log("json", stream)
        logging.getLogger("somebody").warning("cannot read %s with key %s", NAME, KEY)
        try:
            raise ValueError(ID_NUMBER)
        except ValueError as error:
            logging.getLogger("asgi.server").error("Exception in ASGI application", exc_info=error)
            note_fault(error)
        logging.getLogger("httpx").info("GET https://user:%s@host/", KEY)
        token = request_id.set("r3")
        note("request", route="/x", status=200)
        request_id.reset(token)
    finally:
        logging.getLogger().handlers[:], logging.getLogger().level = before
        logging.getLogger("tujian").setLevel(logging.NOTSET)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["library somebody", "library asgi.server", "fault", "request"]
    assert lines[1]["error"] == "ValueError" and lines[1]["where"] and lines[3]["request_id"] == "r3"
    assert not any(secret in stream.getvalue() for secret in (NAME, KEY, ID_NUMBER))


def test_a_line_for_the_eye_is_one_line():
    record = logging.LogRecord("tujian", logging.WARNING, "", 0, "the disk\nis full\x1b[2J", (), None)
    record.event, record.facts = "store_failed", {"why": "full"}
    shown = TextLines().format(record)
    assert "\n" not in shown and "\x1b" not in shown and shown.endswith("why=full") and "warning store_failed" in shown


# numbers


def number(text: str, name: str) -> float:
    return float(next((line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith(f"{name} ")), 0))


def test_the_numbers_say_what_happened(house, tmp_path):
    said = json.dumps({"category": "果汁", "brand": "Oatly"}, ensure_ascii=False)
    with stand_in(says(said)) as server:
        attached = House(read_settings(home=tmp_path, engine_url=server.url))
        attached._perception = house.perception
        client = TestClient(create_app(attached), base_url="http://localhost")
        client.post("/v1/records", files={"image": png()}, data={"task": "product"})
        client.post("/v1/records", files={"image": png()}, data={"task": "product"})
        client.post("/v1/records", files={"image": b"nothing"})
        text = client.get("/metrics").text
        attached.close()
    assert (
        number(text, 'tujian_pictures_total{how="looked"}') == number(text, 'tujian_pictures_total{how="stored"}') == 1
    )
    assert number(text, 'tujian_errors_total{type="UnreadablePicture"}') == 1
    assert (
        number(text, 'tujian_step_seconds_count{step="open"}')
        == number(text, 'tujian_step_seconds_count{step="text"}')
        == 1
    )
    assert number(text, "tujian_queue_wait_seconds_count") == 2 and number(text, "tujian_queue_length") == 0
    assert number(text, 'tujian_engine_answer_seconds_count{finish="stop"}') == 1
    assert number(text, 'tujian_fields_total{verdict="unseen"}') > 0
    assert number(text, 'tujian_records_total{review="yes"}') + number(text, 'tujian_records_total{review="no"}') == 1
    assert number(text, 'tujian_request_seconds_count{route="/v1/records",status="2xx"}') == 2


def test_a_label_never_grows_with_what_clients_send(client):
    for n in range(20):
        client.get(f"/v1/nothing-{n}")
        client.get(f"/static/none-{n}.js")
        client.post("/v1/records", files={"image": png()}, data={"task": f"task-{n}"})
    lines = [
        line
        for line in client.get("/metrics").text.splitlines()
        if "none-" in line or "task-" in line or "nothing" in line
    ]
    assert lines == []


def test_the_documented_numbers_are_those_there_are(house):
    named = set(re.findall(r"`(tujian_[a-z_]+)`", (Path(__file__).parents[1] / "docs/operating.md").read_text("utf-8")))
    house.record(png(), Wish("describe"))
    kept = {f"{one.name}_total" if one.type == "counter" else one.name for one in house.metrics.registry.collect()}
    assert {name for name in kept if name.startswith("tujian_")} == named
