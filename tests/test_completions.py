"""Tujian as a chat server: OpenAI's own client, the published /chat, and `tujian ask`. req: B2, B4, B6, F4"""

import base64
import io
import threading
import time
from contextlib import contextmanager

import openai
import pytest
import uvicorn
from fastapi.testclient import TestClient
from faulty import in_turn
from PIL import Image
from stand_in import says, stand_in

from tujian.api import create_app
from tujian.engines.dialect import SYSTEM, Question, Reply
from tujian.engines.fake import FakeEngine
from tujian.engines.troubles import overlong
from tujian.errors import EngineDown, Said
from tujian.house import House
from tujian.settings import read_settings
from tujian.tasks import CHAT_SAMPLING


def png(size=(320, 240), colour="red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def data_uri(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def shown(*pictures: bytes, text="What is it?") -> list[dict]:
    parts = [{"type": "image_url", "image_url": {"url": data_uri(picture)}} for picture in pictures]
    return [{"role": "user", "content": [*parts, {"type": "text", "text": text}]}]


@pytest.fixture
def asked(house, tmp_path):
    """`asked(engine)`: a client of a house with that engine."""
    opened = []

    def make(engine=None) -> TestClient:
        opened.append(House(read_settings(home=tmp_path, lang="zh"), engine=engine))
        opened[-1]._perception = house.perception
        return TestClient(create_app(opened[-1]), base_url="http://localhost")

    yield make
    for one in opened:
        one.close()


@contextmanager
def served(house, engine, home):
    """A running server: streams and disconnects are real only over a socket."""
    own = House(read_settings(home=home), engine=engine)
    own._perception = house.perception
    server = uvicorn.Server(uvicorn.Config(create_app(own), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(5)


class SlowEngine(FakeEngine):
    """Says one word every 20 ms, and remembers that it ended."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.stopped = threading.Event()

    def stream(self, question, stopped=None):
        try:
            for piece in super().stream(question, stopped):
                yield piece
                time.sleep(0.02)
        finally:
            self.stopped.set()


def test_openais_own_client_talks_to_tujian(house, tmp_path):
    engine = FakeEngine("一盒 苹果汁 。")
    with served(house, engine, tmp_path) as url:
        client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
        assert [model.id for model in client.models.list()] == ["fake"]
        messages = shown(png(), text="这是什么？")
        whole = client.chat.completions.create(model="tujian", messages=messages, temperature=0.1, max_tokens=64)
        stream = client.chat.completions.create(
            model="tujian", messages=messages, stream=True, stream_options={"include_usage": True}
        )
        chunks = list(stream)
    assert whole.choices[0].message.content == "一盒 苹果汁 。" and whole.choices[0].finish_reason == "stop"
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert len(pieces) > 1 and "".join(pieces) == "一盒 苹果汁 。"
    assert chunks[-1].usage is not None
    question = engine.questions[0]
    assert (
        question.prompt == "这是什么？" and question.sampling.temperature == 0.1 and question.sampling.max_tokens == 64
    )
    assert Image.open(io.BytesIO(question.jpegs[0])).size == (320, 224)


def test_a_client_that_leaves_stops_the_engine(house, tmp_path):
    engine = SlowEngine("word " * 400)
    with served(house, engine, tmp_path) as url:
        client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
        stream = client.chat.completions.create(model="tujian", messages=shown(png()), stream=True)
        next(iter(stream))
        stream.close()
        assert engine.stopped.wait(2)


def test_earlier_turns_and_the_callers_system_message_go_along_after_the_houses_own(asked):
    engine = FakeEngine("Yes.")
    messages = [
        {"role": "system", "content": "Answer in one word."},
        *shown(png()),
        {"role": "assistant", "content": "A cup."},
        {"role": "user", "content": "Is it red?"},
    ]
    assert asked(engine).post("/v1/chat/completions", json={"messages": messages}).status_code == 200
    question = engine.questions[0]
    assert [turn.role for turn in question.earlier] == ["user", "assistant"] and question.earlier[0].jpegs
    assert question.system == f"{SYSTEM['zh']}\n\nAnswer in one word." and question.jpegs == ()


def test_a_schema_is_handed_on(asked):
    engine = FakeEngine('{"a": 1}')
    wanted = {"type": "json_schema", "json_schema": {"name": "one", "schema": {"type": "object"}}}
    asked(engine).post("/v1/chat/completions", json={"messages": shown(png()), "response_format": wanted})
    assert engine.questions[0].schema == {"type": "object"} and engine.questions[0].name == "one"


@pytest.mark.parametrize(
    "request_body, words",
    [
        ({"messages": shown(*[png((40, 40))] * 30)}, "30 张图片"),
        ({"messages": shown(png(), text="x" * 1_000_000)}, "字符"),
        ({"messages": shown(png()), "tools": [{"type": "function"}]}, "tools"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": "Hi"}]}, "user"),
        ({"messages": shown(b"<html>no picture</html>")}, "不是图片"),
        ({"messages": shown(png()), "temperature": 9}, "temperature"),
    ],
)
def test_what_cannot_be_honoured_is_refused_with_its_remedy(asked, request_body, words):
    answer = asked(FakeEngine("x")).post("/v1/chat/completions", json=request_body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"] and answer.json()["error"]["remedy"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:22/a.jpg", "file:///etc/passwd", "/etc/passwd", "gopher://x/"])
def test_addresses_inside_and_paths_on_the_server_are_refused(asked, url):
    messages = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]
    answer = asked(FakeEngine("x")).post("/v1/chat/completions", json={"messages": messages})
    assert answer.status_code == 400
    assert asked(FakeEngine("x")).post("/chat", json={"image": url, "query": "?"}).status_code == 400


def test_without_an_engine_it_is_503_and_says_how_to_get_one(asked):
    for path, body in (
        ("/v1/chat/completions", {"messages": shown(png())}),
        ("/chat", {"image": data_uri(png()), "query": "这是什么？"}),
    ):
        answer = asked().post(path, json=body)
        assert answer.status_code == 503 and "tujian models pull" in answer.json()["error"]["remedy"]
    assert asked().get("/v1/models").json()["data"] == []


def test_an_engine_that_fails_before_the_first_word_is_a_status_and_after_it_an_event(asked):
    class Failing(FakeEngine):
        def stream(self, question, stopped=None):
            if question.prompt == "late":
                yield "Well"
            raise EngineDown(zh=Said("连不上", "检查地址"), en=Said("gone", "check"))

    early = asked(Failing()).post("/v1/chat/completions", json={"messages": shown(png()), "stream": True})
    late = asked(Failing()).post("/v1/chat/completions", json={"messages": shown(png(), text="late"), "stream": True})
    assert early.status_code == 502 and early.json()["error"]["type"] == "EngineDown"
    assert late.status_code == 200 and '"error"' in late.text and late.text.endswith("data: [DONE]\n\n")


def test_chat_answers_as_printed_and_a_repeated_question_costs_no_inference(asked):
    engine = FakeEngine("苹果、水、糖。")
    client = asked(engine)
    body = {"image": data_uri(png()), "query": "请列出图中所有成分"}
    assert client.post("/chat", json=body).json() == {"response": "苹果、水、糖。"}
    assert client.post("/chat", json=body).json() == {"response": "苹果、水、糖。"}
    upload = client.post("/chat", files={"image": png()}, data={"query": "请列出图中所有成分"})
    assert upload.json() == {"response": "苹果、水、糖。"} and len(engine.questions) == 1
    sampling = engine.questions[0].sampling
    assert (sampling.temperature, sampling.top_p, sampling.max_tokens) == (0.7, 0.9, 512)
    client.post("/chat", json=body | {"temperature": 0.1})
    assert len(engine.questions) == 2 and engine.questions[1].sampling.temperature == 0.1


@pytest.mark.parametrize(
    "body", ["{", '{"image": "data:image/png;base64,AA=="}', '{"image": 3, "query": "?"}', "[]", '""']
)
def test_chat_refuses_what_is_no_question(asked, body):
    answer = asked(FakeEngine("x")).post("/chat", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400 and answer.json()["error"]["remedy"]


def test_chat_takes_one_picture_and_says_so(asked):
    pictures = [("image", ("a.png", png()))] * 2
    answer = asked(FakeEngine("x")).post("/chat", files=pictures, data={"query": "?"})
    assert answer.status_code == 400 and "2" in answer.json()["error"]["message"]


def test_an_answer_that_reached_its_length_is_kept_and_marked(asked):
    engine = FakeEngine(Reply("一盒苹果汁，上面写着", "length", "fake"))
    client = asked(engine)
    assert (
        client.post("/chat", json={"image": data_uri(png()), "query": "?"}).json()["response"] == "一盒苹果汁，上面写着"
    )
    record = client.post("/v1/records", files={"image": png()}, data={"question": "?", "task": "describe"}).json()
    assert any("没有说完" in reason for reason in record["review"])


@pytest.mark.parametrize("schema", [{"type": "wrong"}, {}, None])
def test_a_schema_that_is_none_is_refused_and_an_answer_that_is_not_bound_is_no_answer(asked, schema):
    wanted = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema or {}}} if schema is not None else {
        "type": "json_schema"
    }  # fmt: skip
    body = {"messages": shown(png()), "response_format": wanted}
    assert asked(FakeEngine("x")).post("/v1/chat/completions", json=body).status_code == 400
    bound = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object", "properties": {"a": {}}}}}
    answer = asked(FakeEngine("prose")).post("/v1/chat/completions", json=body | {"response_format": bound})
    assert answer.status_code == 502


def test_what_does_not_fit_the_context_is_the_callers_to_mend(asked):
    class Small(FakeEngine):
        def stream(self, question, stopped=None):
            yield from ()
            raise overlong("too long", 9000, 4096)

    answer = asked(Small()).post("/v1/chat/completions", json={"messages": shown(png())})
    assert answer.status_code == 400 and "9000" in answer.json()["error"]["message"]


def test_an_answer_that_breaks_off_before_its_first_word_is_asked_for_again(house, tmp_path):
    with stand_in(in_turn("cuts_off_before_a_word", "good")) as server:
        own = House(read_settings(home=tmp_path, engine_url=server.url, engine_model="m"))
        speech = own.converse(Question("?", (), "zh", CHAT_SAMPLING))
        assert "ALPRO" in "".join(speech)
        own.close()


def test_a_failing_engine_is_an_error_and_no_answer(asked, house, tmp_path):
    with stand_in(says("", "length")) as server:
        own = House(read_settings(home=tmp_path / "b", engine_url=server.url, engine_model="m"))
        own._perception = house.perception
        client = TestClient(create_app(own), base_url="http://localhost")
        answer = client.post("/chat", json={"image": data_uri(png()), "query": "?"})
        own.close()
    assert answer.status_code == 502 and "finish_reason=length" in answer.json()["error"]["message"]
