"""A server can be slow, broken, or lie: each question ends in time, in a record or a clear error. req: F2, B13"""

import ctypes
import gc
import json
import platform
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from drawn import percepts, picture
from faulty import FAULTS, in_turn
from stand_in import stand_in

from tujian.engines.dialect import Question
from tujian.engines.remote import PAUSES_S, RemoteEngine
from tujian.errors import EngineError
from tujian.heap import keep_small
from tujian.knowledge import Knowledge
from tujian.recent import Looked
from tujian.recognise import recognise
from tujian.records import Record, Verdict
from tujian.tasks import Tasks

PRODUCT, KNOWLEDGE = Tasks.load().get("product"), Knowledge.load()
MILK = percepts("ALPRO", "Blueberry", "净含量 1 litre", category="fb-1")
TIMEOUT_S = 1.0
ROOM_S = 1.0  # for a busy machine, and the slice in which a clock is looked at
ANSWERED = {"good", "good_at_once", "thinks_only", "lies_about_facts", "sends_odd_letters"}


def engine_at(url: str) -> RemoteEngine:
    # a clock that has always moved on: no rest after a server was down, or one fault would hide the next
    times = iter(range(0, 10**9, 1000))
    return RemoteEngine(
        url, model="m", key=None, timeout_s=TIMEOUT_S, slots=16, queue=64, clock=lambda: float(next(times))
    )


def recognised(engine: RemoteEngine, question: str | None = None) -> tuple[Record, float]:
    begun = time.monotonic()
    record = recognise(Looked(picture(), MILK, 0.0), PRODUCT, engine, knowledge=KNOWLEDGE, question=question)
    return record, time.monotonic() - begun


@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_fault_costs_the_models_answers_and_nothing_else(fault):
    with stand_in(in_turn(fault)) as server:
        engine = engine_at(server.url)
        record, took_s = recognised(engine)
        engine.close()
    assert took_s < 2 * TIMEOUT_S + ROOM_S  # an answer may be asked for twice
    assert record["net_content"].value == "1 L" and record["brand"].value
    json.dumps(record.to_json(), ensure_ascii=False).encode()  # nothing in it that cannot be written
    if fault in ANSWERED:
        assert record.engine is not None
    else:
        assert record.engine is None and any("模型没有给出可用的回答" in reason for reason in record.review)
    if fault == "lies_about_facts":
        assert record["net_content"].verdict is Verdict.CONTRADICTED


def held_mb() -> float:
    """Resident memory without what only waits to be given back: garbage, and freed blocks that glibc holds on to."""
    gc.collect()
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
    return psutil.Process().memory_info().rss / 1e6


@pytest.mark.slow
def test_a_thousand_requests_to_a_faulty_server_are_all_accounted_for():
    def end_of(number: int) -> tuple[bool, bool, float]:
        record, took_s = recognised(engine, "这是什么？" if number % 5 == 0 else None)
        server.requests.clear()  # the stand-in would keep them all
        server.headers.clear()
        return record.engine is not None, bool(record.review), took_s

    keep_small()  # as every process that looks at pictures does
    with stand_in(in_turn()) as server, ThreadPoolExecutor(16) as pool:
        engine = engine_at(server.url)
        list(pool.map(end_of, range(400)))  # every fault often enough: threads and buffers are there now
        before_mb = held_mb()
        ends = list(pool.map(end_of, range(1000)))
        growth_mb = held_mb() - before_mb
        engine.close()
    assert len(ends) == 1000
    assert all(answered or reviewed for answered, reviewed, _ in ends)
    assert max(took_s for _, _, took_s in ends) < 2 * TIMEOUT_S + sum(PAUSES_S) + ROOM_S
    assert growth_mb < 40  # each keeping its picture or answer would be more
    assert sum(answered for answered, _, _ in ends) > 100


def test_a_faulty_server_in_a_stream_ends_in_an_error_of_the_tree():
    for fault in ("cuts_off", "drips_comments", "breaks_within_the_stream", "streams_html", "is_silent"):
        with stand_in(in_turn(fault)) as server:
            engine = engine_at(server.url)
            begun = time.monotonic()
            with pytest.raises(EngineError) as caught:
                list(engine.stream(Question("这是什么？", (), "zh", PRODUCT.sampling)))
            engine.close()
        assert time.monotonic() - begun < TIMEOUT_S + ROOM_S and caught.value.zh.remedy
