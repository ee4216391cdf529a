"""Engines: what is asked, what comes back, and what is made of answers that are no answers. req: F4"""

import contextlib
import json
import socket
import threading
import time
from dataclasses import replace

import pytest
from stand_in import says, sleeps, stand_in

from tujian.clocks import Clock
from tujian.engines.asking import ask_for, listen, parse_object
from tujian.engines.dialect import Question, Reply, Turn
from tujian.engines.fake import FakeEngine
from tujian.engines.remote import RemoteEngine
from tujian.engines.wire import grammar_of
from tujian.errors import (
    BadSettings,
    Busy,
    ContextTooSmall,
    EngineBrokeOff,
    EngineDown,
    EngineRefused,
    EngineUnusable,
    Stopped,
)
from tujian.lanes import Lanes
from tujian.tasks import Sampling

SCHEMA = {
    "type": "object",
    "properties": {"brand": {"type": ["string", "null"]}, "count": {"type": "number"}},
    "required": ["brand", "count"],
    "additionalProperties": False,
}
QUESTION = Question("What is it?", (b"\xff\xd8 no real JPEG",), "en", Sampling(), "product", SCHEMA)
GOOD = '{"brand": "Hillfold", "count": 2}'


def remote(url: str, timeout_s: float = 5) -> RemoteEngine:
    return RemoteEngine(url, model=None, key="secret", timeout_s=timeout_s)


@pytest.fixture(params=["fake", "remote"])
def engine_saying(request):
    """Both engines under the same contract."""
    if request.param == "fake":
        yield lambda *texts: FakeEngine(*texts)
        return
    said: list[str] = []

    def behave(handler, _):
        handler.say(said.pop(0) if len(said) > 1 else said[0])

    with stand_in(behave) as server:

        def make(*texts: str) -> RemoteEngine:
            said[:] = texts
            return remote(server.url)

        yield make


def test_an_answer_in_the_form_asked_for_is_taken(engine_saying):
    assert ask_for(engine_saying(GOOD), QUESTION) == {"brand": "Hillfold", "count": 2}


def test_a_fenced_answer_with_words_around_it_is_taken(engine_saying):
    assert ask_for(engine_saying(f"Sure!\n```json\n{GOOD}\n```"), QUESTION)["count"] == 2


def test_an_unusable_answer_is_asked_for_once_more_with_the_reason(engine_saying):
    assert ask_for(engine_saying("I think it is milk.", GOOD), QUESTION)["brand"] == "Hillfold"


def test_two_unusable_answers_are_an_error_that_says_why(engine_saying):
    with pytest.raises(EngineUnusable) as caught:
        ask_for(engine_saying('{"brand": 7}', '{"brand": 7}'), QUESTION)
    assert "brand" in caught.value.en.message and caught.value.zh.remedy


def test_an_answer_with_none_of_the_fields_is_no_answer():
    fake = FakeEngine('{"品牌": "x"}', GOOD)
    assert ask_for(fake, QUESTION)["brand"] == "Hillfold" and len(fake.questions) == 2


def test_fields_nobody_asked_for_are_dropped_and_missing_ones_are_null():
    found = ask_for(FakeEngine('{"count": 1, "colour": "red"}'), QUESTION)
    assert found == {"brand": None, "count": 1}


def test_the_engine_says_who_it_is(engine_saying):
    assert engine_saying(GOOD).used().model in ("fake", "stand-in-vl")


def test_pictures_go_as_data_uris_and_the_schema_goes_nested():
    with stand_in(says(GOOD)) as server:
        ask_for(remote(server.url), QUESTION)
    sent = server.requests[0]
    parts = sent["messages"][1]["content"]
    assert parts[0]["image_url"]["url"].startswith("data:image/jpeg;base64,")
    assert parts[1] == {"type": "text", "text": "What is it?"}
    assert sent["response_format"]["json_schema"]["schema"] == SCHEMA
    assert sent["model"] == "stand-in-vl"
    assert server.headers[0]["Authorization"] == "Bearer secret"


def test_the_second_question_tells_the_model_what_was_wrong():
    with stand_in(says("no JSON")) as server, pytest.raises(EngineUnusable):
        ask_for(remote(server.url), QUESTION)
    assert len(server.requests) == 2
    assert "no JSON object" in server.requests[1]["messages"][1]["content"][1]["text"]


def test_an_answer_that_was_cut_off_is_a_failure():
    with stand_in(says(GOOD, "length")) as server, pytest.raises(EngineUnusable) as caught:
        ask_for(remote(server.url), QUESTION)
    assert "cut off" in caught.value.en.message


def test_json_that_landed_in_the_thinking_is_found():
    with stand_in(says("", reasoning=GOOD)) as server:
        assert ask_for(remote(server.url), QUESTION)["brand"] == "Hillfold"


def test_a_server_that_is_not_there_is_down():
    with pytest.raises(EngineDown) as caught:
        remote("http://127.0.0.1:9/v1").used()
    assert "127.0.0.1:9" in caught.value.en.message


def test_a_server_that_never_answers_is_down_after_the_timeout():
    with stand_in(sleeps(5)) as server:
        engine = RemoteEngine(server.url, model="m", key=None, timeout_s=0.2)
        with pytest.raises(EngineDown) as caught:
            listen(engine, QUESTION)
    assert "in time" in caught.value.en.message


def test_a_wrong_key_names_the_setting():
    with (
        stand_in(lambda handler, _: handler.send(401, {"error": {"message": "bad key"}})) as server,
        pytest.raises(EngineRefused) as caught,
    ):
        listen(remote(server.url), QUESTION)
    assert "TUJIAN_ENGINE_KEY" in caught.value.zh.remedy


def test_a_server_that_speaks_html_is_called_no_engine():
    with (
        stand_in(lambda handler, _: handler.send(200, "<html>hello</html>", "text/html")) as server,
        pytest.raises(EngineRefused) as caught,
    ):
        listen(remote(server.url), QUESTION)
    assert "OpenAI" in caught.value.en.message


@pytest.mark.parametrize(
    "body",
    [
        "this is not json",
        {"choices": [{"message": None}]},
        {"choices": [None]},
        {"choices": "abc"},
        {"choices": []},
        {"choices": [{"message": {"content": 7}}]},
        {"choices": [{"message": {"content": "x"}}], "usage": "x"},
        None,
        [],
    ],
)
def test_an_answer_of_another_shape_is_no_dialect(body):
    said = body if isinstance(body, str) else json.dumps(body)
    with stand_in(lambda handler, _: handler.send(200, said)) as server, pytest.raises(EngineRefused):
        listen(RemoteEngine(server.url, model="m", key=None, timeout_s=5), QUESTION)


def test_content_in_parts_is_put_together():
    answer = {"choices": [{"message": {"content": [{"type": "text", "text": GOOD}]}}]}
    with stand_in(lambda handler, _: handler.send(200, answer)) as server:
        assert ask_for(remote(server.url), QUESTION)["count"] == 2


def test_a_server_that_cannot_be_reached_is_left_alone_for_a_while_and_a_busy_one_is_not():
    now, gone = [0.0], "http://127.0.0.1:9/v1"
    engine = RemoteEngine(gone, model="m", key=None, timeout_s=5, clock=lambda: now[0])
    errors = []
    for _ in range(3):
        with pytest.raises(EngineDown) as caught:
            listen(engine, QUESTION)
        errors.append(caught.value)
    assert len({id(error) for error in errors}) == 3  # one would gather tracebacks, and pictures with them
    assert engine._down is not None and engine._down[0] == 10.0
    busy = [lambda handler: handler.send(429, {})] * 3 + [lambda handler: handler.say(GOOD)]
    with stand_in(lambda handler, _: busy.pop(0)(handler)) as server:
        engine = remote(server.url)
        with pytest.raises(EngineDown) as caught:
            listen(engine, QUESTION)
        assert "429" in caught.value.en.message and "SLOTS" in caught.value.en.remedy
        assert listen(engine, QUESTION).text == GOOD


def test_thoughts_that_go_round_in_circles_are_cut():
    def behave(handler, _):
        handler.begin_stream()
        with contextlib.suppress(OSError):
            while True:
                handler.chunk({"choices": [{"delta": {"reasoning": "wait, let me think again. "}}]})

    with stand_in(behave) as server:
        begun = time.monotonic()
        assert listen(remote(server.url, timeout_s=10), QUESTION).finish == "loop"
    assert time.monotonic() - begun < 5


def test_a_finished_answer_does_not_wait_for_the_server_to_hang_up():
    def behave(handler, _):
        handler.begin_stream()
        handler.chunk({"choices": [{"delta": {"content": "Yes."}, "finish_reason": "stop"}]})
        time.sleep(5)

    with stand_in(behave) as server:
        begun = time.monotonic()
        assert listen(remote(server.url, timeout_s=10), QUESTION).text == "Yes."
        assert time.monotonic() - begun < 3


def test_a_stop_reaches_a_server_that_does_not_read():
    stopped, listener = threading.Event(), socket.create_server(("127.0.0.1", 0))
    threading.Timer(0.5, stopped.set).start()
    engine = RemoteEngine(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", model="m", key=None, timeout_s=20)
    begun = time.monotonic()
    with pytest.raises(Stopped):
        listen(engine, replace(QUESTION, jpegs=(bytes(20_000_000),)), stopped)
    assert time.monotonic() - begun < 3
    listener.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/v1", "http://[::1/v1", "http://:80", "127.0.0.1:8080"])
def test_an_address_that_is_none_is_told(url):
    with pytest.raises(BadSettings):
        remote(url)


def test_a_grammar_leaves_properties_alone_that_are_called_like_keywords():
    schema = {"properties": {"uniqueItems": {"type": "array", "uniqueItems": True}}, "anyOf": [{"uniqueItems": True}]}
    found = json.loads(grammar_of(schema).split("%json ")[1])
    assert found["properties"] == {"uniqueItems": {"type": "array"}} and found["anyOf"] == [{}]


def test_a_server_that_fails_is_tried_again_and_then_down():
    with (
        stand_in(lambda handler, _: handler.send(500, {"error": {"message": "boom"}})) as server,
        pytest.raises(EngineDown) as caught,
    ):
        listen(remote(server.url), QUESTION)
    assert len(server.requests) == 3 and "500" in caught.value.en.message


def test_an_address_that_is_none_is_refused_at_once():
    with pytest.raises(BadSettings):
        remote("localhost:8080")


@pytest.mark.parametrize("url, leaves", [("http://127.0.0.1:1/v1", False), ("https://api.example.com/v1", True)])
def test_it_is_known_whether_pictures_leave_the_machine(url, leaves):
    assert remote(url).place.remote is leaves


def test_a_key_in_the_address_is_not_shown():
    assert "hush" not in str(remote("http://user:hush@127.0.0.1:8080/v1").place)


@pytest.mark.parametrize(
    "text, found",
    [
        ('{"a": 1}', {"a": 1}),
        ('noise {"a": {"b": [1, 2]}} more {"c": 3}', {"a": {"b": [1, 2]}}),
        ('```json\n{"a": "x\ny"}\n```', {"a": "x\ny"}),
        ('{"a": [1, 2,],}', {"a": [1, 2]}),
        ("[1, 2]", None),
        ("", None),
        ("{" * 200_000, None),
        ('{"a,}' * 40_000, None),
    ],
)
def test_objects_are_found_in_what_models_write(text, found):
    assert parse_object(text) == found


def test_a_fake_engine_answers_in_turn_and_remembers_the_questions():
    fake = FakeEngine("one", Reply("two", "stop", "m"), lambda question: json.dumps(question.lang))
    assert [listen(fake, QUESTION).text for _ in range(4)] == ["one", "two", '"en"', '"en"']
    assert fake.questions == [QUESTION] * 4


def streams(*pieces: str, finish: str | None = "stop", pause_s: float = 0.0, done: bool = True):
    """A server that streams `pieces` as chat completion chunks."""

    def behave(handler, _):
        handler.begin_stream()
        for piece in pieces:
            handler.chunk({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
            time.sleep(pause_s)
        if finish:
            handler.chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}], "model": "stand-in-vl"})
        if done:
            handler.wfile.write(b"data: [DONE]\n\n")

    return behave


def test_an_answer_comes_piece_by_piece():
    with stand_in(streams("一盒", "苹果", "汁")) as server:
        speech = remote(server.url).stream(QUESTION)
        pieces = [next(speech), next(speech), next(speech)]
        with pytest.raises(StopIteration) as end:
            next(speech)
    assert pieces == ["一盒", "苹果", "汁"]
    assert end.value.value == Reply("一盒苹果汁", "stop", "stand-in-vl")


def test_a_stop_reaches_a_server_that_has_not_said_a_word():
    stopped = threading.Event()
    threading.Timer(0.3, stopped.set).start()
    with stand_in(sleeps(5)) as server:
        begun = time.monotonic()
        with pytest.raises(Stopped):
            listen(remote(server.url), QUESTION, stopped)
    assert time.monotonic() - begun < 1.5


def test_closing_a_stream_closes_the_connection_so_that_the_server_can_stop():
    noticed = threading.Event()

    def behave(handler, _):
        handler.begin_stream()
        try:
            for _ in range(200):
                handler.chunk({"choices": [{"delta": {"content": "x"}}]})
                time.sleep(0.02)
        except OSError:
            noticed.set()

    with stand_in(behave) as server:
        speech = remote(server.url).stream(QUESTION)
        next(speech)
        speech.close()
        assert noticed.wait(2)


def test_an_answer_that_drips_ends_at_the_deadline():
    with stand_in(streams(*"abcdefghijklmnopqrstuvwxyz", pause_s=0.2)) as server:
        begun = time.monotonic()
        with pytest.raises(EngineDown) as caught:
            listen(remote(server.url, timeout_s=1), QUESTION)
    assert 0.9 < time.monotonic() - begun < 2
    assert "in time" in caught.value.en.message


def test_a_loop_is_cut_while_it_is_being_said():
    said = []

    def behave(handler, _):
        handler.begin_stream()
        with contextlib.suppress(OSError):
            for _ in range(3000):
                handler.chunk({"choices": [{"delta": {"content": "红色的杯子，"}}]})
                said.append(1)
                time.sleep(0.001)

    with stand_in(behave) as server:
        reply = listen(remote(server.url), QUESTION)
    assert reply.finish == "loop" and len(said) < 600


def test_an_answer_that_breaks_off_is_asked_for_once_more_and_then_told():
    with stand_in(streams('{"brand"', finish=None, done=False)) as server:
        with pytest.raises(EngineBrokeOff) as caught:
            listen(remote(server.url), QUESTION)
        assert len(server.requests) == 2
    assert "broke off" in caught.value.en.message


def test_an_error_within_the_stream_is_told():
    def behave(handler, _):
        handler.begin_stream()
        handler.chunk({"error": {"message": "the request exceeds the available context size", "code": 400}})

    with stand_in(behave) as server, pytest.raises(ContextTooSmall) as caught:
        listen(remote(server.url), QUESTION)
    assert "picture_tokens" in caught.value.zh.remedy


def test_a_picture_that_does_not_fit_the_context_is_told_with_its_tokens():
    counts = {"n_prompt_tokens": 9000, "n_ctx": 4096}
    error = {"code": 400, "type": "exceed_context_size_error", "message": "too long", **counts}
    with (
        stand_in(lambda handler, _: handler.send(400, {"error": error})) as server,
        pytest.raises(ContextTooSmall) as caught,
    ):
        listen(remote(server.url), QUESTION)
    assert "9000" in caught.value.zh.message and "4096" in caught.value.en.message


def test_a_model_that_refuses_is_not_a_server_that_is_down():
    with stand_in(says("", "content_filter")) as server, pytest.raises(EngineRefused) as caught:
        listen(remote(server.url), QUESTION)
    assert "refused to answer" in caught.value.en.message


def test_earlier_turns_and_their_pictures_go_along():
    question = replace(QUESTION, earlier=(Turn("user", "What?", (b"1",)), Turn("assistant", "A cup.")))
    with stand_in(says(GOOD)) as server:
        listen(remote(server.url), question)
    system, first, answer, last = server.requests[0]["messages"]
    assert system["role"] == "system" and first["content"][0]["type"] == "image_url"
    assert answer == {"role": "assistant", "content": "A cup."} and last["content"][-1]["text"] == "What is it?"


def test_a_redirect_takes_no_picture_elsewhere():
    def behave(handler, _):
        handler.send_response(307)
        handler.send_header("location", "http://127.0.0.1:9/steal")
        handler.end_headers()

    with stand_in(behave) as server, pytest.raises(EngineRefused):
        listen(remote(server.url), QUESTION)


def test_more_questions_than_lanes_wait_and_more_than_the_queue_are_told_at_once():
    with stand_in(sleeps(0.5)) as server:
        engine = RemoteEngine(server.url, model="m", key=None, timeout_s=5, slots=1, queue=1)
        threads = [threading.Thread(target=lambda: listen(engine, QUESTION)) for _ in range(2)]
        for thread in threads:
            thread.start()
            time.sleep(0.1)
        with pytest.raises(Busy) as caught:
            listen(engine, QUESTION)
        for thread in threads:
            thread.join()
    assert caught.value.zh.remedy and len(server.requests) == 2


def test_among_those_waiting_the_urgent_go_first():
    order, lanes = [], Lanes(1, 10)

    def ask(name, priority):
        with lanes.turn(priority, Clock.of(5)):
            order.append(name)

    with lanes.turn("normal", Clock.of(5)):
        threads = []
        for name, priority in (("bulk", "low"), ("first", "normal"), ("second", "normal"), ("shop window", "high")):
            threads.append(threading.Thread(target=ask, args=(name, priority)))
            threads[-1].start()
            while lanes.waiting < len(threads):
                time.sleep(0.01)
    for thread in threads:
        thread.join()
    assert order == ["shop window", "first", "second", "bulk"]


def test_the_schema_goes_as_a_grammar_or_in_words_where_the_server_wants_that():
    for by, found in (("grammar", "grammar"), ("prompt", "messages")):
        with stand_in(says(GOOD)) as server:
            engine = RemoteEngine(server.url, model="m", key=None, timeout_s=5, schema_by=by)
            ask_for(engine, QUESTION)
        sent = server.requests[0]
        assert "response_format" not in sent and '"brand"' in json.dumps(sent[found]).replace("\\", "")


def test_one_connection_serves_many_questions():
    seen = set()

    def behave(handler, _):
        seen.add(handler.client_address)
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        for text in (json.dumps({"choices": [{"delta": {"content": "Yes."}, "finish_reason": "stop"}]}), "[DONE]"):
            event = f"data: {text}\n\n".encode()
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        handler.wfile.write(b"0\r\n\r\n")

    with stand_in(behave, "HTTP/1.1") as server:
        engine = RemoteEngine(server.url, model="m", key=None, timeout_s=5)
        for _ in range(3):
            assert listen(engine, QUESTION).text == "Yes."
        engine.close()
    assert len(seen) == 1
