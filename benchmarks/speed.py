"""How fast is a record, and what does it cost beside OCR alone? One process, one thread is the baseline.

    python benchmarks/speed.py [--pictures 60]

Measures in one run, on the same pictures in turn: RapidOCR as it comes (its own detector in 32 bits, longest side
960), our text step, all of perception; then two threads against one; stored answers; the server's start and memory.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
from told import shared, tell

from tujian.decoding import Decoder
from tujian.house import House, Wish
from tujian.perception import Perception
from tujian.pictures import Picture, open_picture
from tujian.settings import read_settings

KINDS = ("clothing", "product", "grocery")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=60)
    count = parser.parse_args().pictures
    paths = shop_pictures(count)
    perception, decoder = Perception(), Decoder(children=2)
    perception.rehearse()
    opened = [open_picture(path, decoder=decoder, max_bytes=10**8) for path in paths]
    steps = one_thread(perception, opened)
    tell(
        pictures=len(paths),
        **steps,
        jobs=two_threads(paths),
        stored_answer_ms=stored_answers(paths),
        server=server(paths[:20]),
        open_ms=round(
            statistics.median(_timed(lambda p=p: open_picture(p, decoder=decoder, max_bytes=10**8)) for p in paths), 2
        ),
    )
    decoder.close()


def shop_pictures(count: int) -> list[Path]:
    rows = [json.loads(line) for line in (shared() / "data/manifest.jsonl").read_text().splitlines()]
    chosen = random.Random(7)
    of_kind = [[row["path"] for row in rows if row["kind"] == kind] for kind in KINDS]
    return [shared() / "data" / path for paths in of_kind for path in chosen.sample(paths, count // len(KINDS))]


def one_thread(perception: Perception, pictures: list[Picture]) -> dict[str, object]:
    plain = plain_ocr()
    baseline, text, total, parts = [], [], [], []
    for picture in pictures:
        bgr = np.ascontiguousarray(picture.pixels[..., ::-1])
        baseline.append(_timed(lambda bgr=bgr: plain(bgr)))
        begun = time.perf_counter()
        timings = perception.perceive(picture).timings_ms
        total.append((time.perf_counter() - begun) * 1000)
        text.append(timings["text"])
        parts.append(timings)
    ratios = [whole / ocr for whole, ocr in zip(total, text, strict=True)]
    return {
        "rapidocr_alone_ms": _middle(baseline),
        "text_step_ms": _middle(text),
        "perception_ms": _middle(total),
        "total_to_text_step": round(sum(total) / sum(text), 3),
        "total_to_text_step_median": round(statistics.median(ratios), 3),
        "total_to_rapidocr": round(sum(total) / sum(baseline), 3),
        "steps_ms": {name: _middle([timing[name] for timing in parts]) for name in parts[0]},
        "raw_perception_ms": [round(x) for x in total],
    }


def plain_ocr():
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical", "Global.use_cls": False, "Det.limit_type": "max", "Det.limit_side_len": 960,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1, "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )  # fmt: skip


def two_threads(paths: list[Path]) -> dict[str, float]:
    """Seconds for the same pictures with one job and with two, twice each in turn, nothing stored."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for jobs in (1, 2, 1, 2):
        with tempfile.TemporaryDirectory() as home:  # a house of its own: one that saw a picture does not look again
            house = House(read_settings(home=home, cache_mb=0))
            house.warm()
            begun = time.perf_counter()
            with ThreadPoolExecutor(jobs) as pool:
                list(pool.map(lambda path, house=house: house.record(path, Wish()), paths))
            seconds[jobs].append(time.perf_counter() - begun)
            house.close()
    one, two = min(seconds[1]), min(seconds[2])
    return {"one_s": round(one, 2), "two_s": round(two, 2), "gain": round(one / two, 2)}


def stored_answers(paths: list[Path]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as home:
        house = House(read_settings(home=home))
        for path in paths:
            house.record(path, Wish())
        taken = sorted(_timed(lambda path=path: house.record(path, Wish())) for path in paths * 5)
        house.close()
    return {"median": round(taken[len(taken) // 2], 2), "p95": round(taken[int(len(taken) * 0.95)], 2)}


def server(paths: list[Path]) -> dict[str, float]:
    """Seconds from the command to the line that says ready, and the most memory of all its processes under load."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "TUJIAN_HOME": home}
        command = [sys.executable, "-m", "tujian", "serve", "--port", "0"]
        begun = time.perf_counter()
        running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        assert running.stdout is not None
        url = running.stdout.readline().split()[-1]
        ready_s = time.perf_counter() - begun
        peak = 0.0
        with ThreadPoolExecutor(4) as pool:
            answers = [pool.submit(_post, f"{url}/v1/records", path) for path in paths]
            while not all(answer.done() for answer in answers):
                peak = max(peak, _resident_mb(running.pid))
                time.sleep(0.05)
        assert all(answer.result() == 200 for answer in answers)
        running.terminate()
        running.wait(20)
    return {"ready_s": round(ready_s, 2), "peak_mb": round(peak)}


def _post(url: str, path: Path) -> int:
    body = (
        b'--x\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n'
        + path.read_bytes()
        + b"\r\n--x--\r\n"
    )
    request = urllib.request.Request(url, body, {"content-type": "multipart/form-data; boundary=x"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.status


def _resident_mb(pid: int) -> float:
    parent = psutil.Process(pid)
    return sum(process.memory_info().rss for process in [parent, *parent.children(recursive=True)]) / 1e6


def _timed(run) -> float:
    begun = time.perf_counter()
    run()
    return (time.perf_counter() - begun) * 1000


def _middle(values: list[float]) -> float:
    return round(statistics.median(values), 1)


if __name__ == "__main__":
    main()
