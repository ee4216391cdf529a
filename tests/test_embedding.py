"""Embedders that do not ship: asked well and badly, changed by a job, never compared with others. req: A9, E12, F4"""

import json
import threading
import time

import numpy as np
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from kept import incoming, open_catalogue
from stand_in import stand_in

from tujian.api import create_app
from tujian.batches import Batches
from tujian.cli.searching import run_reindex
from tujian.embedding import A_JOB, begin_embedding, embed_range
from tujian.engines import embedding
from tujian.engines.embedding import RemoteEmbedder, texts_leave_for
from tujian.errors import BadSettings, EngineDown, EngineError, EngineRefused, Stopped
from tujian.finding import IN_A_SEARCH, Query, Search
from tujian.finding.meanings import others_left
from tujian.house import House
from tujian.jobs import Jobs
from tujian.perception.vectors import Use3
from tujian.schema import backgrounds, item_texts, item_vectors
from tujian.settings import read_settings
from tujian.worker import Worker, handlers_of

ODD = '{"data": [{"index": 0, "embedding": [?, 1]}, {"index": 1, "embedding": [1, 1]}]}'
GOODS = ("浅色女士凉鞋", "白色运动鞋", "黑色双肩包", "纯牛奶", "保温杯")


@pytest.fixture(scope="module")
def model():
    """The embedder that other machines use stands for a foreign one: other cosines, other dimensions."""
    return Use3()


def vectors_of(model):
    """What a server answers that embeds well."""

    def behave(server, request):
        made = model.passages([text.rpartition("Query: ")[2] for text in request["input"]]) * 3.0  # not of length one
        told = [{"object": "embedding", "index": at, "embedding": one.tolist()} for at, one in enumerate(made)]
        server.send(200, {"object": "list", "data": told[::-1]})

    return behave


def asked(behave, texts=("a", "b")):
    with stand_in(behave) as server:
        embedder = RemoteEmbedder(server.url, "m", None)
        try:
            return embedder.passages(texts)
        finally:
            embedder.close()


def say(*rows, status=200):
    return lambda server, _: server.send(
        status, {"data": [{"index": at, "embedding": one} for at, one in enumerate(rows)]}
    )


def test_passages_go_in_batches_and_come_back_in_their_order_with_length_one(model):
    texts = [f"{name} {n}" for n in range(20) for name in GOODS]
    with stand_in(vectors_of(model)) as server:
        embedder = RemoteEmbedder(server.url + "/", "Qwen3-VL-Embedding-2B", "sk-secret")
        vectors = embedder.passages(texts)
        question = embedder.query("夏天穿的鞋")
        embedder.close()
    assert vectors.shape == (100, 512) and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors, model.passages(texts), atol=1e-5) and question.shape == (512,)
    assert [len(one["input"]) for one in server.requests] == [32, 32, 32, 4, 1]
    assert server.requests[-1]["input"][0].startswith("Instruct: ")  # what this family wants before a question
    assert server.headers[0]["authorization"] == "Bearer sk-secret"
    assert "sk-secret" not in embedder.name and "Qwen3-VL-Embedding-2B" in embedder.name


@pytest.mark.parametrize(
    "behave",
    [
        say([1.0, 0.0]),  # fewer than asked
        say([1.0, 0.0], [0.0, 1.0], [1.0, 1.0]),  # more
        say([1.0, 0.0], [0.0, 1.0, 0.0]),  # of two lengths
        say([1.0, 0.0], [0.0, 0.0]),
        say([1.0, 0.0], [0.0, None]),
        say([1.0, 0.0], [0.0, "x"]),
        say([], []),
        say([[1.0]], [[1.0]]),
        lambda server, _: server.send(200, ODD.replace("?", "NaN")),
        lambda server, _: server.send(200, ODD.replace("?", "1e999")),
        lambda server, _: server.send(200, json.dumps({"data": [{"index": 0, "embedding": [1, 0]}] * 2})),  # one twice
        lambda server, _: server.send(200, "<html>welcome</html>", "text/html"),
        lambda server, _: server.send(200, "[" * 100_000),
        lambda server, _: server.send(401, {"error": {"message": "no key"}}),
        lambda server, _: server.send(404, "no such model"),
    ],
)  # fmt: skip
def test_what_is_no_vector_is_refused_with_a_remedy(behave):
    with pytest.raises(EngineRefused) as refused:
        asked(behave)
    assert "TUJIAN_EMBEDDER" in refused.value.say("zh").remedy


def test_a_server_that_changes_its_dimensions_is_refused():
    answers = iter([say([1.0, 0.0]), say([1.0, 0.0, 0.0])])
    with stand_in(lambda server, request: next(answers)(server, request)) as server:
        embedder = RemoteEmbedder(server.url, "m", None)
        embedder.passages(["a"])
        with pytest.raises(EngineRefused):
            embedder.passages(["a"])


def test_a_busy_server_is_asked_again_and_one_that_is_down_rests(monkeypatch):
    monkeypatch.setattr(embedding, "PAUSES_S", (0.01, 0.01))
    answers = iter([say(status=503), say(status=429), say([1.0, 0.0], [0.0, 1.0])])
    assert asked(lambda server, request: next(answers)(server, request)).shape == (2, 2)
    with stand_in(say(status=500)) as server:
        embedder = RemoteEmbedder(server.url, "m", None)
        for _ in range(3):
            with pytest.raises(EngineDown):
                embedder.query("a")
        assert len(server.requests) == 3  # the tries of the first question; the others did not wait for it


def test_a_server_that_drips_or_hangs_up_ends_at_the_deadline(monkeypatch):
    def drip(server, _):
        server.send_response(200)
        server.end_headers()
        for _ in range(50):
            server.wfile.write(b" ")
            server.wfile.flush()
            time.sleep(0.1)

    monkeypatch.setattr(embedding, "PASSAGES_S", 0.5)
    begun = time.monotonic()
    for behave in (drip, lambda server, _: server.connection.close()):
        with pytest.raises(EngineDown):
            asked(behave)
    assert time.monotonic() - begun < 4


def test_an_answer_without_an_end_is_cut(monkeypatch):
    monkeypatch.setattr(embedding, "LONGEST_BODY", 1000)
    with pytest.raises(EngineRefused):
        asked(lambda server, _: server.send(200, " " * 5000))


@pytest.mark.parametrize("said", ["http://127.0.0.1:1/v1", "ftp://h/v1#m", "m", "http://h:99999/v1#m", "http://[/v1#m"])
def test_an_address_without_a_model_is_no_embedder(tmp_path, said):
    with pytest.raises(BadSettings, match="TUJIAN_EMBEDDER"):
        House(read_settings(home=tmp_path, engine="none", embedder=said))


def test_it_is_said_when_texts_leave_the_machine(tmp_path):
    settings = read_settings(home=tmp_path, engine="none", lang="en", embedder="https://:sk-1@api.example.com/v1#m")
    assert texts_leave_for(settings) == "api.example.com"
    house = House(settings)
    page = TestClient(create_app(house), base_url="http://localhost:7860").get("/catalogue").text
    assert "are sent to</span> api.example.com" in page and "sk-1" not in page and "sk-1" not in house.embedder_name
    house.close()
    assert not texts_leave_for(read_settings(home=tmp_path, embedder="http://127.0.0.1:8080/v1#m"))


@pytest.fixture
def catalogue(database, tmp_path):
    opened = open_catalogue(database, tmp_path)
    for name in GOODS:
        opened.add([incoming(name.encode())], who="t", values={"name": name})
    return opened


class Named:
    """An embedder under another name: its vectors are another embedder's."""

    def __init__(self, model, name):
        self._model, self.name, self.asked = model, name, 0

    def query(self, text):
        return self._model.query(text)

    def passages(self, texts):
        self.asked += len(texts)
        return self._model.passages(texts)


class Standing:
    """As much of a house as the job asks for."""

    def __init__(self, database, embedder):
        self.database, self.embedder, self.embedder_name = database, embedder, embedder.name


def many(catalogue, count):
    with catalogue.database.write() as within:
        for n in range(count):
            catalogue.add([incoming(b"%d" % n)], who="t", values={"name": f"商品{n}"}, within=within)


def titles(found):
    return [hit.item.title for hit in found.hits]


def kept(database):
    with database.read() as connection:
        return set(connection.scalars(sa.select(item_vectors.c.embedder).distinct()))


def test_the_gate_holds_for_an_embedder_with_other_cosines(catalogue, database, model):
    search = Search(database, lambda: model)
    assert titles(search.find(Query("适合夏天穿的凉鞋")))[:1] == ["浅色女士凉鞋"]
    assert titles(search.find(Query("sports shoes", ways=("meaning",))))[:1] == ["白色运动鞋"]
    for nothing in ("量子力学教材", "挖掘机租赁", "how to fix a leaking roof"):
        assert not search.find(Query(nothing)).hits, nothing
    with database.read() as connection:
        assert connection.scalar(sa.select(backgrounds.c.embedder)) == model.name  # made once, for all processes


def test_a_change_is_made_by_a_job_and_a_search_says_so_meanwhile(catalogue, database, model):
    many(catalogue, 100)
    old, new = Named(model, "old 1"), Named(model, "new 1")
    first = Search(database, lambda: old)
    while first.keep_up():
        pass
    search, batches = Search(database, lambda: new), Batches(Jobs(database))
    found = search.find(Query("凉鞋"))
    assert found.meaning == "rebuilding" and titles(found) == ["浅色女士凉鞋"] and new.asked == 0  # words find
    assert search.find(Query("sandals for women", ways=("meaning",))).hits == []  # nothing half-compared
    batch_id = begin_embedding(batches, new.name, "t")
    assert begin_embedding(batches, new.name, "t") == batch_id  # whoever else starts goes on with it
    claimed = batches.jobs.claim("w", ["embed"])
    batches.jobs.finish(claimed, 1.0, embed_range(Standing(database, new), claimed.payload, threading.Event()))
    batches.look_after()
    assert kept(database) == {"new 1"} and batches.progress(batch_id).state == "ended"
    found = search.find(Query("凉鞋"))
    assert found.meaning == "ready" and "meaning" in found.hits[0].why
    assert begin_embedding(batches, new.name, "t") is None


def test_who_takes_a_killed_job_up_does_the_rest(catalogue, database, model):
    many(catalogue, 100)
    old, new, stopped = Named(model, "old 1"), Named(model, "new 1"), threading.Event()
    while Search(database, lambda: old).keep_up():
        pass
    begin_embedding(Batches(Jobs(database)), new.name, "t")
    payload = Jobs(database).claim("w", ["embed"]).payload

    class Killing(Named):
        def passages(self, texts):
            if self.asked:
                raise KeyboardInterrupt
            return super().passages(texts)

    with pytest.raises(KeyboardInterrupt):
        embed_range(Standing(database, Killing(model, "new 1")), payload, stopped)
    assert kept(database) == {"old 1", "new 1"}
    embed_range(Standing(database, new), payload, stopped)
    assert new.asked == 105 - 32 and kept(database) == {"new 1"}
    stopped.set()
    with pytest.raises(Stopped):
        embed_range(Standing(database, new), payload, stopped)


def test_a_passage_that_is_refused_costs_only_itself(catalogue, database, model):
    class Choosy(Named):
        def passages(self, texts):
            if any("双肩包" in text for text in texts):
                raise EngineRefused(zh=("不。", "。"), en=("No.", "."))
            return super().passages(texts)

    while Search(database, lambda: Named(model, "old 1")).keep_up():
        pass
    end = embed_range(
        Standing(database, Choosy(model, "new 1")),
        {"embedder": "new 1", "first": 1, "last": 1 + A_JOB},
        threading.Event(),
    )
    assert end(None) == {"made": 4, "refused": 1}
    with database.read() as connection:
        assert not others_left(connection, "new 1")
    search = Search(database, lambda: Choosy(model, "new 1"))
    assert titles(search.find(Query("黑色双肩包")))[:1] == ["黑色双肩包"]


def test_an_embedder_that_is_away_leaves_words(catalogue, database):
    away = RemoteEmbedder("http://127.0.0.1:9/v1", "m", None)
    found = Search(database, lambda: away).find(Query("凉鞋"))
    assert (found.meaning, titles(found)) == ("away", ["浅色女士凉鞋"])
    assert Search(database, lambda: away).find(Query()).meaning == "ready"


def test_a_server_that_starts_with_another_embedder_makes_them_anew(tmp_path, house, model, capsys):
    settings = {"home": tmp_path, "lang": "en", "engine": "none"}
    before = House(read_settings(**settings))
    before._perception = house.perception
    catalogue = open_catalogue(before.database, tmp_path)
    many(catalogue, 70)
    catalogue.add([incoming(b"x")], who="t", values={"name": "浅色女士凉鞋"})
    search = Search(before.database, lambda: before.embedder)
    while search.keep_up():
        pass
    before.close()
    with stand_in(vectors_of(model)) as server:
        chosen = read_settings(**settings, embedder=f"{server.url}#foreign")
        after = House(chosen)
        after._perception = house.perception
        with TestClient(create_app(after), base_url="http://localhost:7860") as client:
            until = time.monotonic() + 60
            while kept(after.database) != {after.embedder_name} and time.monotonic() < until:
                time.sleep(0.1)
            found = client.post("/v1/search", data={"text": "凉鞋", "strictness": 0}).json()
            assert found["meaning"] == "ready"
            assert found["hits"][0]["item"]["title"] == "浅色女士凉鞋" and "meaning" in found["hits"][0]["why"]
        assert kept(after.database) == {after.embedder_name}
        assert run_reindex(chosen, as_job=True) == 0 and "queued" in capsys.readouterr().out


def left(database):
    """Items whose passage has no vector."""
    having = sa.select(item_vectors.c.item_id)
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).where(item_texts.c.item_id.not_in(having)))


def test_a_search_makes_a_few_meanings_and_never_those_of_a_whole_import(catalogue, database, model):
    many(catalogue, 100)
    before, search = left(database), Search(database, lambda: model)
    search.find(Query("夏天穿的女鞋"))
    assert before - left(database) == IN_A_SEARCH


def test_who_serves_makes_meanings_of_what_was_brought_meanwhile(tmp_path, house):
    opened = House(read_settings(home=tmp_path, lang="en", engine="none"))
    opened._perception = house.perception
    catalogue = open_catalogue(opened.database, tmp_path)
    with TestClient(create_app(opened), base_url="http://localhost:7860"):
        many(catalogue, 40)
        until = time.monotonic() + 30
        while left(opened.database) and time.monotonic() < until:
            time.sleep(0.1)
        assert left(opened.database) == 0


def test_reindex_as_a_job_is_done_by_any_worker(tmp_path, house):
    opened = House(read_settings(home=tmp_path, lang="en", engine="none"))
    opened._perception = house.perception
    catalogue = open_catalogue(opened.database, tmp_path)
    many(catalogue, 3)
    batches = Batches(Jobs(opened.database))
    batch_id = begin_embedding(batches, opened.embedder_name, "t", is_forced=True)
    assert opened.embedder_name == opened.embedder.name
    Worker(batches, handlers_of(opened, catalogue)).run_one()
    batches.look_after()
    assert batches.progress(batch_id).state == "ended" and kept(opened.database) == {opened.embedder_name}
    opened.close()


def test_an_error_of_the_embedder_is_one_of_the_tree():
    with pytest.raises(EngineError):
        RemoteEmbedder("http://127.0.0.1:9/v1", "m", None).passages(["a"])
