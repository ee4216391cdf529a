"""What a newcomer gets: `tujian serve` with a model, by the printed curls and OpenAI's own client. issue 3, "Done when"

The same questions to llama.cpp, to Transformers and to a server by its address, each with the tests' nano network.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest
from nano_cards import draw_cards

from tujian.engines.llamacpp import LlamaCppEngine

NANO = Path(__file__).parent / "nano"
GGUF = NANO / "nano-f16.gguf"
pytestmark = pytest.mark.services


@contextmanager
def serving(home: Path, *args: str, **more: str) -> Iterator[str]:
    """A running `tujian serve` that knows the cards' tasks; its address."""
    shutil.copytree(NANO / "tasks", home / "tasks")
    server = subprocess.Popen(
        [sys.executable, "-m", "tujian", "serve", "--port", "0", *args],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "TUJIAN_HOME": str(home), "TUJIAN_ENGINE_SLOTS": "1", **more},
    )  # fmt: skip
    try:
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1]
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(params=["llama.cpp", "transformers", "remote"])
def url(request, tmp_path) -> Iterator[str]:
    home = tmp_path / "home"
    home.mkdir()
    if request.param == "llama.cpp":
        with serving(home, "--model", str(GGUF)) as address:
            yield address
    elif request.param == "transformers":
        with serving(home, "--engine", "transformers", "--model", str(NANO)) as address:
            yield address
    else:
        engine = LlamaCppEngine(GGUF, timeout_s=30, slots=2, threads=1)
        there = engine._child.endpoint(30)  # another machine's server, as far as the house can tell
        with serving(home, "--engine-url", there.url, TUJIAN_ENGINE_KEY=there.key) as address:
            yield address
        engine.close()


def curl(*args: str) -> str:
    return subprocess.run(["curl", "-sSN", *args], capture_output=True, text=True, check=True, timeout=60).stdout


def test_records_by_schema_a_streaming_chat_and_openais_client(url, tmp_path):
    (card,) = draw_cards("done", 1, kinds=("card",))
    path = tmp_path / "card.png"
    path.write_bytes(card.png())
    _record_is_bound_by_the_schema(url, path, card)
    _chat_streams(url, path)
    _openais_client_talks_to_it(url, card)


def _record_is_bound_by_the_schema(url: str, path: Path, card) -> None:
    record = json.loads(curl(f"{url}/v1/records", "-F", f"image=@{path}", "-F", "task=card", "-F", "lang=en"))
    said = {name: value["value"] for name, value in record["fields"].items()}
    assert record["engine"] is not None, record["review"]
    assert said == card.answer("card", "en")


def _chat_streams(url: str, path: Path) -> None:
    chat = json.loads(curl("-X", "POST", f"{url}/v1/chats"))["id"]
    told = curl(
        f"{url}/v1/chats/{chat}/turns", "-F", f"image=@{path}", "-F", "question=图里有什么？", "-F", "temperature=0"
    )
    assert told.count("event: piece") > 1 and "event: done" in told
    answer = json.loads(curl(f"{url}/chat", "-F", f"image=@{path}", "-F", "query=图里有什么？", "-F", "temperature=0"))
    assert answer["response"] and answer["response"] in json.loads(curl(f"{url}/v1/chats/{chat}"))["turns"][-1]["text"]


def _openais_client_talks_to_it(url: str, card) -> None:
    picture = f"data:image/png;base64,{base64.b64encode(card.png()).decode()}"
    parts = [{"type": "image_url", "image_url": {"url": picture}}, {"type": "text", "text": "图里有什么？"}]
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none") as client:
        stream = client.chat.completions.create(
            model="tujian", messages=[{"role": "user", "content": parts}], temperature=0, stream=True
        )
        pieces = [
            chunk.choices[0].delta.content for chunk in stream if chunk.choices and chunk.choices[0].delta.content
        ]
    assert len(pieces) > 1 and "".join(pieces) == card.sentence("zh")
