"""What does Tujian cost beside the model, and what does it gain over asking one request at a time?

    python benchmarks/engines.py --model PATH.gguf [--transformers DIR] [--cards 60]

In one run: (1) a record with stored percepts against the bare HTTP request with the same body to the same llama.cpp,
asked in turns; (2) eight slots of a stand-in that thinks for 500 ms, sixteen clients: throughput against its limit;
(3) the published designs with the same model: a process per request, and one request at a time through Transformers.
Pictures are the tests' drawn cards; the model is the tests' nano: the numbers are about Tujian, not about answers.
"""

import argparse
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from told import ROOT, tell

from tujian.engines.wire import request_of
from tujian.house import House, Wish
from tujian.settings import read_settings

sys.path.insert(0, str(ROOT / "tests"))
SLOTS, CLIENTS, THINK_S = 8, 16, 0.5
TASK = "card"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=ROOT / "tests/nano/nano-f16.gguf")
    parser.add_argument("--transformers", type=Path, default=ROOT / "tests/nano")
    parser.add_argument("--cards", type=int, default=60)
    chosen = parser.parse_args()
    known = drawn(chosen.cards)
    cards = [card.png() for card in known]
    with tempfile.TemporaryDirectory() as home:
        tell(
            own_work=own_work(chosen.model, cards, Path(home)),
            throughput=throughput(cards, Path(home)),
            context=context(chosen.model, known, Path(home)),
            designs=designs(chosen.model, chosen.transformers, cards, Path(home)),
        )


def own_work(model: Path, cards: list[bytes], home: Path) -> dict[str, float]:
    """Medians over the cards, each asked both ways in turn: CPU of this process, and time by the clock."""
    with opened(home, model=str(model), engine="llama.cpp") as house:
        for card in cards:
            house.record(card, Wish(TASK))  # percepts are stored, the prompt's prefix is in the model's cache
        bare = raw_client(house)
        ours_ms, bare_ms, cpu_ms, bare_cpu_ms = [], [], [], []
        for card in cards * 2:
            ours_ms.append(timed(lambda c=card: house.record(c, Wish(TASK)), cpu_ms))
            bare_ms.append(timed(lambda c=card: bare(c), bare_cpu_ms))
    added = statistics.median(ours_ms) - statistics.median(bare_ms)
    return {
        "record_ms": median(ours_ms),
        "bare_request_ms": median(bare_ms),
        "added_ms": round(added, 2),
        "own_cpu_ms": median(cpu_ms),
        "bare_cpu_ms": median(bare_cpu_ms),
    }


def context(model: Path, cards: list, home: Path) -> dict[str, float]:
    """Fields right with and without what OCR read in the prompt. Nano never saw such a prompt: that is all it tells."""
    right = {}
    for name, given in (("plain", False), ("with_context", True)):
        with opened(home, model=str(model), engine="llama.cpp") as house:
            task = house.tasks.get(TASK).model_copy(update={"context": given})
            house.tasks._by_name[TASK] = task
            pairs = [(house.record(card.png(), Wish(TASK)), card.answer(TASK, "zh")) for card in cards]
        asked = [(record[field].value == truth) for record, answer in pairs for field, truth in answer.items()]
        right[name] = round(sum(asked) / len(asked), 3)
    return right


def raw_client(house: House) -> Callable[[bytes], str]:
    """The same question as bare HTTP to the same child: no schema check, no alignment, no record."""
    from tujian.engines.dialect import Question

    engine = house.engine
    task = house.tasks.get(TASK)
    endpoint = engine._child.endpoint(60)  # the benchmark goes round the house on purpose
    client = httpx.Client(timeout=60)
    views = {}

    def ask(card: bytes) -> str:
        if card not in views:
            views[card] = house.view(card, max_tokens=task.picture_tokens).jpeg
        question = Question(task.prompt("zh"), (views[card],), "zh", task.sampling, TASK, task.schema_of("zh"))
        body = request_of(question, engine.used().model, "grammar")
        answer = client.post(
            f"{endpoint.url}/chat/completions", json=body, headers={"authorization": f"Bearer {endpoint.key}"}
        )
        answer.raise_for_status()
        return answer.text

    return ask


def throughput(cards: list[bytes], home: Path) -> dict[str, float]:
    """Records a second at a server whose limit is SLOTS / THINK_S, with percepts stored and answers not."""
    with thinking_server() as url, opened(home, engine_url=url, engine_model="m", engine_slots=SLOTS) as house:
        look_at(house, cards)
        asked = cards * -(-320 // len(cards))
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda c: house.record(c, Wish(TASK)), cards[:SLOTS]))  # connections are open
            begun = time.perf_counter()
            list(pool.map(lambda c: house.record(c, Wish(TASK)), asked))
            rate = len(asked) / (time.perf_counter() - begun)
    limit = SLOTS / THINK_S
    return {"a_second": round(rate, 2), "limit": limit, "share": round(rate / limit, 4)}


def designs(model: Path, weights: Path, cards: list[bytes], home: Path) -> dict[str, float]:
    """Cards a second, percepts stored: Tujian with its slots, a process per request, one at a time by Transformers."""
    rates = {}
    with opened(home, model=str(model), engine="llama.cpp", engine_slots=2) as house:
        look_at(house, cards)
        rates["tujian"] = rate_of(lambda c: house.record(c, Wish(TASK)), cards, clients=4)
    rates["process_per_request"] = rate_of(lambda c: process_per_request(model, c), cards[:6], clients=1)
    if weights.is_dir():
        with opened(home, model=str(weights), engine="transformers") as house:
            look_at(house, cards)
            rates["transformers_in_turn"] = rate_of(lambda c: house.record(c, Wish(TASK)), cards, clients=1)
    return {f"{name}_a_second": round(rate, 2) for name, rate in rates.items()} | {
        f"times_{name}": round(rates["tujian"] / rate, 1) for name, rate in rates.items() if name != "tujian"
    }


def look_at(house: House, cards: list[bytes]) -> None:
    """Stores the percepts; no engine is asked."""
    for card in cards:
        house._look(card, "", "normal", clock())


def process_per_request(model: Path, card: bytes) -> None:
    """The design of a command line called per picture: load, answer once, end. No perception, no checks."""
    code = (
        "import sys; from pathlib import Path; from tujian.engines.asking import listen; "
        "from tujian.engines.dialect import Question; "
        "from tujian.engines.llamacpp import LlamaCppEngine; from tujian.tasks import Sampling; "
        "e = LlamaCppEngine(Path(sys.argv[1]), timeout_s=60); "
        "print(listen(e, Question('?', (sys.stdin.buffer.read(),), 'zh', Sampling(max_tokens=32))).text); e.close()"
    )
    subprocess.run([sys.executable, "-c", code, str(model)], input=card, capture_output=True, check=True)


def rate_of(ask: Callable[[bytes], object], cards: list[bytes], clients: int) -> float:
    ask(cards[0])
    with ThreadPoolExecutor(clients) as pool:
        begun = time.perf_counter()
        list(pool.map(ask, cards))
        return len(cards) / (time.perf_counter() - begun)


@contextmanager
def opened(home: Path, **chosen: object) -> Iterator[House]:
    """A house with the cards' task; nothing is answered from the store."""
    tasks = home / "tasks"
    tasks.mkdir(exist_ok=True)
    for file in (ROOT / "tests/nano/tasks").glob("*.md"):
        (tasks / file.name).write_bytes(file.read_bytes())
    house = House(read_settings(home=home, cache_mb=0, **chosen))
    house.warm()
    try:
        yield house
    finally:
        house.close()


@contextmanager
def thinking_server() -> Iterator[str]:
    """The stand-in, in a process of its own so that it takes nothing from the measured one."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}/v1"
    finally:
        process.terminate()
        process.join()


def _serve(pipe) -> None:
    slots = threading.Semaphore(SLOTS)
    said = json.dumps({"category": "杯子", "color": "红色", "text": "SALE"}, ensure_ascii=False)
    body = json.dumps({"choices": [{"message": {"content": said}, "finish_reason": "stop"}], "model": "m"}).encode()

    class Thinking(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            with slots:
                time.sleep(THINK_S)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Thinking)
    pipe.send(server.server_port)
    server.serve_forever()


def drawn(count: int) -> list:
    from nano_cards import draw_cards

    return draw_cards("benchmark", count, kinds=("card",))


def clock():
    from tujian.clocks import Clock

    return Clock.of(600)


def timed(act: Callable[[], object], cpu_ms: list[float]) -> float:
    begun, busy = time.perf_counter(), time.process_time()
    act()
    cpu_ms.append((time.process_time() - busy) * 1000)
    return (time.perf_counter() - begun) * 1000


def median(values: list[float]) -> float:
    return round(statistics.median(values), 2)


if __name__ == "__main__":
    main()
