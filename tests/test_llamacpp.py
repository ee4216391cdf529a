"""Qwen3-VL through llama.cpp, on a network of the true architecture that is small enough for a test.

The tests' own nano is used where it is built (tests/nano), else the one beside the labelled pictures. That a port is
taken cannot be: each start lets the system choose one, which the first test sees.
"""

import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from small_gguf import EYES, write_gguf

from tujian.engines.asking import listen
from tujian.engines.child import Child
from tujian.engines.dialect import Question
from tujian.engines.gguf_pairs import find_mmproj
from tujian.engines.llamacpp import LlamaCppEngine, require_llama
from tujian.engines.machine import Memory
from tujian.errors import BrokenInstall, ContextTooSmall, DoesNotFit, EngineDown, EngineError, ModelUnusable, Stopped
from tujian.tasks import Sampling

OWN = sorted(path for path in (Path(__file__).parent / "nano").glob("*.gguf") if "mmproj" not in path.name)
pytestmark = [] if OWN else [pytest.mark.realdata]
COLOURS = ["red", "green", "blue"]
SCHEMA = {
    "type": "object",
    "properties": {"color": {"type": "string", "enum": COLOURS}, "word": {"type": "string", "maxLength": 12}},
    "required": ["color", "word"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def model(request):
    return OWN[0] if OWN else request.getfixturevalue("shared") / "models/nano/trained2-q8_0.gguf"


@pytest.fixture(scope="module")
def engine(model):
    opened = LlamaCppEngine(model, timeout_s=30, threads=1, slots=2)
    yield opened
    opened.close()


def question(colour="red", *, max_tokens=48, prompt="Which colour?", schema=SCHEMA, size_px=128):
    from io import BytesIO

    picture = Image.new("RGB", (size_px, size_px), "white")
    ImageDraw.Draw(picture).rectangle([32, 32, 96, 96], fill=colour)
    jpeg = BytesIO()
    picture.save(jpeg, "JPEG")
    sampling = Sampling(temperature=0, max_tokens=max_tokens)
    return Question(prompt, (jpeg.getvalue(),), "en", sampling, schema=schema)


def orders(model):
    """What the engine tells its child."""
    return {
        "model": str(model), "mmproj": str(find_mmproj(model)), "name": "nano", "context": 2048, "slots": 1,
        "threads": 1, "gpu_layers": 0, "cache_mb": 0,
    }  # fmt: skip


def children_of(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_it_answers_in_the_form_asked_for(engine):
    reply = listen(engine, question())
    found = json.loads(reply.text)
    assert found["color"] in COLOURS and reply.finish == "stop"
    assert reply.tokens_in > 16 and reply.tokens_out > 4


def test_it_says_who_it_is_with_a_mark_of_its_files_and_that_nothing_leaves(engine, model):
    used = engine.used()
    assert used.kind == "llama.cpp" and used.url is None and not used.remote
    name, quantisation, mark = used.model.rsplit(" ", 2)
    assert name and quantisation in ("F16", "Q8_0") and len(mark) == 8
    assert engine.place == (None, False)


def test_making_one_loads_nothing_yet(model):
    begun = time.perf_counter()
    made = LlamaCppEngine(model, timeout_s=30, threads=1)
    assert time.perf_counter() - begun < 1 and made.pid is None
    made.close()


def test_two_are_answered_at_once_and_each_gets_its_own(engine):
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda colour: listen(engine, question(colour)).text, COLOURS * 4))
    assert replies[:3] == replies[3:6] == replies[6:9] == replies[9:], "the same question, the same answer"


def test_a_stop_frees_it_at_once(engine):
    stopped = threading.Event()
    speech = engine.stream(question(schema=None, max_tokens=1500, prompt="Tell a long story."), stopped)
    next(speech)
    stopped.set()
    begun = time.monotonic()
    with pytest.raises(Stopped):
        for _ in speech:
            pass
    assert time.monotonic() - begun < 1
    assert listen(engine, question()).finish == "stop"


def test_a_wrong_key_is_refused(model):
    with Child("tujian.engines.llamacpp_child", orders(model), name="llama.cpp", ready_timeout_s=30) as child:
        endpoint = child.endpoint(30)
        assert endpoint.url.startswith("http://127.0.0.1:")
        for key, status in ((endpoint.key, 200), ("guessed", 401), ("", 401)):
            assert asked_slots(endpoint.url, key) == status


def asked_slots(url, key):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(url.removesuffix("/v1") + "/slots", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_what_does_not_fit_the_context_is_told_with_its_tokens(model):
    engine = LlamaCppEngine(model, timeout_s=30, threads=1, context=256, slots=1)
    with pytest.raises(ContextTooSmall) as told:
        listen(engine, question(prompt="word " * 400))
    assert "256" in told.value.say("zh").message
    engine.close()


def test_killed_between_two_questions_it_answers_the_second(model):
    engine = LlamaCppEngine(model, timeout_s=30, threads=1)
    first = listen(engine, question()).text
    os.kill(engine.pid, signal.SIGKILL)
    begun = time.monotonic()
    assert listen(engine, question()).text == first
    assert time.monotonic() - begun < 3
    engine.close()


def test_one_that_hangs_is_replaced_and_the_question_asked_again(model, monkeypatch):
    monkeypatch.setattr("tujian.engines.child.HEALTH_S", 0.5)
    engine = LlamaCppEngine(model, timeout_s=3, threads=1)
    first = listen(engine, question()).text
    hung = engine.pid
    os.kill(hung, signal.SIGSTOP)
    assert listen(engine, question()).text == first
    assert engine.pid != hung
    engine.close()


@pytest.mark.slow
def test_killed_twenty_times_while_asked_all_are_answered_or_cleanly_failed(model):
    engine = LlamaCppEngine(model, timeout_s=30, threads=1, slots=2)
    listen(engine, question())
    ended, replies, errors, answered_at = threading.Event(), [], [], []

    def keep_asking():
        while not ended.is_set():
            try:
                replies.append(listen(engine, question()))
                answered_at.append(time.monotonic())
            except EngineError as error:
                errors.append(error)

    askers = [threading.Thread(target=keep_asking) for _ in range(4)]
    for asker in askers:
        asker.start()
    killed_at = []
    for _ in range(20):
        time.sleep(0.3)
        before = len(answered_at)
        os.kill(engine.pid, signal.SIGKILL)
        killed_at.append(time.monotonic())
        while len(answered_at) == before and time.monotonic() - killed_at[-1] < 10:
            time.sleep(0.01)
    ended.set()
    for asker in askers:
        asker.join(60)
    back_s = [min(at for at in answered_at if at > killed) - killed for killed in killed_at]
    assert max(back_s) < 3, back_s
    assert all(reply.finish == "stop" and json.loads(reply.text) for reply in replies)
    assert all(isinstance(error, EngineDown) for error in errors) and len(errors) < len(replies)
    engine.close()


def test_closed_its_process_is_gone(model):
    engine = LlamaCppEngine(model, timeout_s=30, threads=1)
    listen(engine, question())
    pid = engine.pid
    engine.close()
    assert str(pid) not in children_of(os.getpid())
    with pytest.raises(EngineDown, match="closed"):
        listen(engine, question())


def test_files_that_cannot_be_used_are_told_before_anything_is_loaded(model, tmp_path):
    whole, eyes = model.read_bytes(), find_mmproj(model)
    (tmp_path / "cut.gguf").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "page.gguf").write_bytes(b"<html>404</html>")
    other = write_gguf(tmp_path / "mmproj-other.gguf", EYES | {"clip.vision.projection_dim": 4096})
    for bad, mmproj, words in (
        (tmp_path / "cut.gguf", eyes, "incomplete"),
        (tmp_path / "page.gguf", eyes, "a web page"),
        (tmp_path / "none.gguf", eyes, "There is no model file"),
        (eyes, eyes, "is the vision part"),
        (model, model, "is a text model"),
        (model, other, "is no mmproj of"),
    ):
        with pytest.raises(ModelUnusable, match=words):
            LlamaCppEngine(bad, mmproj, timeout_s=30)


def test_what_this_machine_has_no_memory_for_is_not_loaded(model):
    with pytest.raises(DoesNotFit, match="needs at least"):
        LlamaCppEngine(model, timeout_s=30, memory=Memory(1_600, 100))


def test_llama_cpps_own_last_words_are_told(model, tmp_path):
    """A file that lies in its tensors' names gets past the header: then the child says what is wrong."""
    whole = model.read_bytes()
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(whole.replace(b"output_norm.weight", b"output_nrom.weight"))
    told = orders(model) | {"model": str(wrong)}
    with (
        Child("tujian.engines.llamacpp_child", told, name="llama.cpp", ready_timeout_s=30) as child,
        pytest.raises(EngineDown, match=r"tensor 'output_norm\.weight' not found"),
    ):
        child.endpoint(30)


def test_without_the_wheel_the_remedy_is_told(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BrokenInstall, match="pip install xllamacpp"):
        require_llama()


def test_it_will_not_run_in_a_fork_of_a_process_that_holds_llama_cpp(monkeypatch):
    import sys

    from tujian.engines import llamacpp_child

    monkeypatch.setitem(sys.modules, "xllamacpp", object())
    with pytest.raises(SystemExit, match="do not fork"):
        llamacpp_child.main()
