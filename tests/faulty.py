"""A server that is faulty in every way seen in the field, one fault a request in turn, or by name in the prompt."""

import contextlib
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable

from stand_in import Answering

GOOD = {"category": "牛奶", "name": "燕麦奶", "brand": "ALPRO", "net_content": "1 L"}


def said(text: str, finish: str | None = "stop") -> dict:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


def whole(fields: dict) -> str:
    return json.dumps(fields, ensure_ascii=False)


def good(handler: Answering, _: dict) -> None:
    handler.begin_stream()
    for piece in whole(GOOD).partition("ALPRO"):
        handler.chunk(said(piece, None))
    handler.chunk(said("", "stop"))
    handler.wfile.write(b"data: [DONE]\n\n")


def good_at_once(handler: Answering, _: dict) -> None:
    handler.say(whole(GOOD))


def thinks_only(handler: Answering, _: dict) -> None:
    handler.say("", reasoning=whole(GOOD))


def fails(handler: Answering, _: dict) -> None:
    handler.send(500, {"error": {"message": "CUDA error: device-side assert"}})


def fails_in_html(handler: Answering, _: dict) -> None:
    handler.send(502, "<html><h1>502 Bad Gateway</h1>", "text/html")


def is_busy(handler: Answering, _: dict) -> None:
    handler.send(429, {"error": {"message": "slow down"}})


def speaks_html(handler: Answering, _: dict) -> None:
    handler.send(200, "<html>It works!</html>", "text/html")


def streams_html(handler: Answering, _: dict) -> None:
    handler.send(200, "data: <html>\n\ndata: [DONE]\n\n", "text/event-stream")


def cuts_off(handler: Answering, _: dict) -> None:
    handler.begin_stream()
    handler.chunk(said('{"brand": "ALP', None))
    handler.connection.shutdown(socket.SHUT_RDWR)


def cuts_off_before_a_word(handler: Answering, _: dict) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def promises_more_than_it_sends(handler: Answering, _: dict) -> None:
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", "100000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.connection.shutdown(socket.SHUT_RDWR)


def drips(handler: Answering, _: dict) -> None:
    handler.begin_stream()
    with contextlib.suppress(OSError):
        for letter in itertools.cycle("abcdefghij"):
            handler.chunk(said(letter, None))
            time.sleep(0.05)


def drips_comments(handler: Answering, _: dict) -> None:
    handler.begin_stream()
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(b": still here\n\n")
            handler.wfile.flush()
            time.sleep(0.05)


def drips_headers(handler: Answering, _: dict) -> None:
    with contextlib.suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for n in itertools.count():
            handler.wfile.write(f"x-{n}: y\r\n".encode())
            handler.wfile.flush()
            time.sleep(0.05)


def is_silent(handler: Answering, _: dict) -> None:
    time.sleep(3)


def sends_bad_json(handler: Answering, _: dict) -> None:
    handler.send(200, '{"choices": [{"message": {"content": "x"', "application/json")


def sends_nulls(handler: Answering, _: dict) -> None:
    handler.send(200, {"choices": [{"message": {"content": None}, "finish_reason": None}], "usage": None})


def sends_no_choices(handler: Answering, _: dict) -> None:
    handler.send(200, {"choices": []})


def ignores_the_schema(handler: Answering, _: dict) -> None:
    handler.say("这是一盒燕麦奶，品牌是 ALPRO。")


def lies_about_types(handler: Answering, _: dict) -> None:
    handler.say(whole({"brand": ["ALPRO"], "net_content": {"value": 1}, "category": 7, "selling_points": "yes"}))


def lies_about_facts(handler: Answering, _: dict) -> None:
    handler.say(whole(GOOD | {"brand": "Oatly", "net_content": "2 L", "barcode": "5051234567890"}))


def loops(handler: Answering, _: dict) -> None:
    handler.begin_stream()
    with contextlib.suppress(OSError):
        while True:
            handler.chunk(said("好喝的牛奶，", None))


def loops_at_once(handler: Answering, _: dict) -> None:
    handler.say("非常好喝 " * 20_000)


def is_too_long(handler: Answering, _: dict) -> None:
    handler.say(whole(GOOD)[:30], "length")


def never_ends_a_line(handler: Answering, _: dict) -> None:
    handler.begin_stream()
    with contextlib.suppress(OSError):
        for _ in range(600):
            handler.wfile.write(b"data: " + b"x" * 10_000)


def nests_deeply(handler: Answering, _: dict) -> None:
    handler.say('{"brand":' + "[" * 5_000 + "]" * 5_000 + "}")


def counts_for_ever(handler: Answering, _: dict) -> None:
    digits = "".join(str(n * 7919 % 9973) for n in range(1500))
    handler.say(f'{{"brand": {digits}}}')


def sends_odd_letters(handler: Answering, _: dict) -> None:
    handler.say('{"brand": "AL\\u0000PRO\\ud800", "name": "\\u202e\\u0007"}')


def redirects(handler: Answering, _: dict) -> None:
    handler.send_response(307)
    handler.send_header("location", "http://127.0.0.1:9/v1/chat/completions")
    handler.send_header("content-length", "0")
    handler.end_headers()


def refuses(handler: Answering, _: dict) -> None:
    handler.say("", "content_filter")


def has_no_room(handler: Answering, _: dict) -> None:
    error = {
        "code": 400,
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 9000,
        "n_ctx": 4096,
        "message": "long",
    }
    handler.send(400, {"error": error})


def breaks_within_the_stream(handler: Answering, _: dict) -> None:
    handler.begin_stream()
    handler.chunk(said("{", None))
    handler.chunk({"error": {"message": "slot was lost", "code": 500}})


FAULTS: dict[str, Callable[[Answering, dict], None]] = {
    fault.__name__: fault
    for fault in (
        good, good_at_once, thinks_only, fails, fails_in_html, is_busy, speaks_html, streams_html, cuts_off,
        cuts_off_before_a_word, promises_more_than_it_sends, drips, drips_comments, drips_headers, is_silent,
        sends_bad_json, sends_nulls, sends_no_choices, ignores_the_schema, lies_about_types, lies_about_facts, loops,
        loops_at_once, is_too_long, never_ends_a_line, nests_deeply,
        counts_for_ever, sends_odd_letters, redirects, refuses, has_no_room,
        breaks_within_the_stream,
    )
}  # fmt: skip


def in_turn(*names: str) -> Callable[[Answering, dict], None]:
    """A server with these faults (without names: all of them), one a request in turn."""
    chosen = [FAULTS[name] for name in names] or list(FAULTS.values())
    numbers, lock = itertools.count(), threading.Lock()

    def behave(handler: Answering, request: dict) -> None:
        with lock:
            number = next(numbers)
        with contextlib.suppress(OSError):  # the client has left
            chosen[number % len(chosen)](handler, request)

    return behave
