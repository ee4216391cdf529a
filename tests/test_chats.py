"""Chats: kept, asked within, stopped, exported. req: B1, B4, D13"""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import threading

import httpx
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from chat_server import SlowEngine, jpeg, served_house, wait_until
from fastapi.testclient import TestClient

from tujian.answers import Answers
from tujian.api import create_app
from tujian.chats import Answered, Chats, ChatTurn, Shown, ShownPicture, to_markdown
from tujian.conversation import Asked, Conversation, Exchange, exchanges_of, remembered, tokens_of
from tujian.database import HEAD, open_database
from tujian.engines.dialect import Question, Reply
from tujian.engines.fake import FakeEngine
from tujian.errors import BadInput, Busy, ContextTooSmall, EngineBrokeOff, EngineDown
from tujian.house import House
from tujian.settings import read_settings
from tujian.web.render import read_words

HOSTILE = '<img src=x onerror=alert(1)> ![x](http://a.example/t.gif) [y](javascript:alert(1)) "; drop table chats; --'
MILK = Shown("a" * 64, "milk.jpg", (600, 800), 768, b"\xff\xd8 milk")
TEA = Shown("b" * 64, "tea.jpg", (800, 600), 768, b"\xff\xd8 tea")
SAID = Answered("A carton.", "stop", {"model": "m", "remote": False, "elapsed_ms": 12.5, "tokens_out": 3})


@pytest.fixture
def chats(database) -> Chats:
    return Chats(database)


def down(kind: type[EngineDown] = EngineDown) -> EngineDown:
    return kind(zh=("服务停了。", "请重启。"), en=("The server is down.", "Start it."))


# what is kept


def test_a_chat_is_found_again_after_a_restart(place):
    chats = Chats(open_database(place))
    chat = chats.begin()
    chats.ask(chat.id, "这是什么？", [MILK, TEA])
    chats.answer(chat.id, SAID)
    again = Chats(open_database(place)).read(chat.id)
    question, answer = again.turns
    assert [picture.name for picture in question.pictures] == ["milk.jpg", "tea.jpg"]
    assert question.pictures[0].size_px == (600, 800) and question.finish is None
    assert (answer.text, answer.finish, answer.model, answer.elapsed_ms) == ("A carton.", "stop", "m", 12.5)


def test_a_chat_is_called_after_its_first_question_until_somebody_renames_it(chats):
    chat = chats.begin()
    chats.ask(chat.id, "请列出图中\n所有成分，" * 20)
    title = chats.read(chat.id).title
    assert title.startswith("请列出图中 所有成分，") and title.endswith("…") and len(title) == 40
    assert chats.rename(chat.id, " 成分  表 ").title == "成分 表"
    chats.ask(chat.id, "还有呢？")
    assert chats.read(chat.id).title == "成分 表"


@pytest.mark.parametrize("title", ["", "   ", "x" * 201])
def test_a_title_has_between_1_and_200_characters(chats, title):
    chat = chats.begin()
    with pytest.raises(BadInput):
        chats.rename(chat.id, title)


def test_what_nobody_knows_is_told(chats):
    for act in (chats.read, chats.delete, lambda id: chats.ask(id, "?"), lambda id: chats.answer(id, SAID)):
        with pytest.raises(BadInput, match="no such chat"):
            act("f" * 32)


def test_a_picture_is_kept_once_and_goes_with_the_last_chat_that_shows_it(chats):
    first, second = chats.begin(), chats.begin()
    chats.ask(first.id, "What is it?", [MILK, TEA])
    chats.ask(second.id, "And this?", [Shown(MILK.sha256, "other name.jpg", (600, 800), 768, b"not written again")])
    assert chats.jpegs([MILK.sha256])[MILK.sha256].jpeg == MILK.jpeg
    assert chats.read(second.id).turns[0].pictures[0].name == "other name.jpg"
    chats.delete(first.id)
    assert set(chats.jpegs([MILK.sha256, TEA.sha256])) == {MILK.sha256}
    chats.delete(second.id)
    assert chats.jpegs([MILK.sha256]) == {}


def test_a_deleted_chat_leaves_no_row_behind(chats):
    chat = chats.begin()
    chats.ask(chat.id, "What is it?", [MILK])
    chats.answer(chat.id, SAID)
    chats.delete(chat.id)
    with chats._database.read() as connection:
        counts = [
            connection.scalar(sa.text(f"select count(*) from {table}"))
            for table in ("chats", "chat_turns", "chat_shown", "chat_pictures")
        ]
    assert counts == [0, 0, 0, 0]


def test_the_list_goes_from_the_chat_changed_last_and_goes_on_where_it_stopped(chats):
    ids = [chats.begin(f"chat {n}").id for n in range(7)]
    chats.ask(ids[0], "Again", [TEA])
    expected = [ids[0], *ids[:0:-1]]
    seen, after = [], ""
    while after is not None:
        listed = chats.newest(3, after)
        seen += [head.id for head in listed.chats]
        after = listed.next
    assert seen == expected
    assert [head.id for head in chats.newest(picture=TEA.sha256).chats] == [ids[0]]
    assert chats.newest().chats[0].cover == TEA.sha256 and chats.newest().chats[1].cover is None


def test_an_answer_takes_the_place_of_the_one_that_broke_off(chats):
    chat = chats.begin()
    chats.ask(chat.id, "What is it?", [MILK])
    broken = chats.answer(chat.id, Answered("A car", "failed", {}))
    again = chats.answer(chat.id, Answered("A carton.", "stop", {}), instead_of=broken.number)
    assert again.number == broken.number
    assert [(turn.role, turn.text) for turn in chats.read(chat.id).turns] == [
        ("user", "What is it?"),
        ("assistant", "A carton."),
    ]


def test_two_threads_write_into_one_chat_without_losing_a_turn(database):
    chat = Chats(database).begin()

    def write() -> None:
        for place in range(40):
            Chats(database).ask(chat.id, f"question {place}", [MILK])

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [turn.number for turn in Chats(database).read(chat.id).turns] == list(range(1, 81))


def test_a_killed_process_loses_at_most_the_answer_that_was_being_said(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from tujian.chats import Chats\n"
        "from tujian.database import open_database\n"
        "chats = Chats(open_database(Path(sys.argv[1]))); chat = chats.begin()\n"
        "chats.ask(chat.id, 'What is it?'); print(chat.id, flush=True); time.sleep(60)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "t.sqlite"], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert child.stdout is not None
    chat_id = child.stdout.readline().strip()
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert [turn.text for turn in Chats(open_database(tmp_path / "t.sqlite")).read(chat_id).turns] == ["What is it?"]


def test_a_database_of_the_first_version_keeps_its_answers(tmp_path):
    path = tmp_path / "t.sqlite"
    config = Config()
    config.set_main_option("script_location", "tujian:migrations")
    with sa.create_engine(f"sqlite:///{path}").connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            sa.text("insert into answers values (:sha, 'r', :record, 9, '2026-01-01')"),
            {"sha": "c" * 64, "record": __import__("zlib").compress(b'{"title": "tea"}')},
        )
        connection.commit()
    database = open_database(path)
    assert Answers(database, 10).find("c" * 64, "r") == {"title": "tea"}
    assert Chats(database).begin().turns == []
    with database.read() as connection:
        assert connection.scalar(sa.text("select version_num from alembic_version")) == HEAD


def test_an_exported_chat_is_markdown_that_loads_and_runs_nothing(chats):
    chat = chats.begin()
    chats.ask(chat.id, HOSTILE, [Shown("c" * 64, HOSTILE, (1, 1), 1, b"")])
    chats.answer(chat.id, Answered(f"| a |\n|---|\n| **{HOSTILE}** |\n\\{HOSTILE}", "stopped", {}))
    text = to_markdown(chats.read(chat.id), "zh")
    assert "## 问 · " in text and "· stopped" in text and "| a |\n|---|" in text
    assert "<img" not in text and "![" not in text and "](" not in text


# what an engine is told


def turn(number: int, role: str, text: str, *pictures: str) -> ChatTurn:
    shown = [picture(name) for name in pictures]
    return ChatTurn(number=number, role=role, text=text, made_at="", pictures=shown)


def picture(name: str) -> ShownPicture:
    return ShownPicture(sha256=name, name=name, size_px=(1, 1), tokens=500)


def test_a_question_that_was_not_answered_hands_its_pictures_to_the_next():
    turns = [
        turn(1, "user", "What?", "milk"),
        turn(2, "assistant", " "),
        turn(3, "user", "And?", "tea"),
        turn(4, "assistant", "Milk and tea."),
        turn(5, "user", "Where?", "box"),
    ]
    pictured = Exchange((picture("milk"), picture("tea")), "And?", "Milk and tea.")
    assert exchanges_of(turns) == ([pictured], [picture("box")])


LONG = "字" * 300
TALK = [Exchange((picture("milk"),), "q0", LONG), *(Exchange((), f"q{n}", LONG) for n in range(1, 6))]


@pytest.mark.parametrize(
    "room, has_pictures, told",
    [
        (10_000, False, [0, 1, 2, 3, 4, 5]),
        (1_600, False, [0, 4, 5]),  # the picture (500) comes along, though its turn is the oldest
        (700, True, [4, 5]),  # a question with pictures of its own is about those
        (0, False, [0]),
        (0, True, []),
    ],
)
def test_the_newest_turns_are_told_and_the_picture_in_any_case(room, has_pictures, told):
    kept = remembered(TALK, room, has_pictures=has_pictures)
    assert [exchange.asked for exchange in kept] == [f"q{n}" for n in told]


def test_tokens_are_estimated_rather_too_high():
    assert tokens_of("牛奶") == 2 and tokens_of("abcdef") == 2 and tokens_of("") == 0


# over HTTP


class Client:
    """An app over a house with `engine`, and the shortest way to ask in it."""

    def __init__(self, home, engine, **settings):
        self.house = House(read_settings(home=home, lang="en", **settings), engine=engine)
        self.chats = Chats(self.house.database)
        self.http = TestClient(create_app(self.house), base_url="http://localhost:7860")

    def begin(self) -> str:
        return self.http.post("/v1/chats").json()["id"]

    def ask(self, chat_id, question="What is it?", *pictures, **more):
        fields = [(name, (None, str(one))) for name, one in {"question": question, **more}.items()]
        files = [("image", (f"{n}.jpg", picture)) for n, picture in enumerate(pictures)]
        return self.http.post(f"/v1/chats/{chat_id}/turns", files=[*fields, *files])

    def again(self, chat_id, **more):
        return self.http.post(f"/v1/chats/{chat_id}/turns/again", data=more)

    def turns(self, chat_id):
        return self.http.get(f"/v1/chats/{chat_id}").json()["turns"]


@pytest.fixture
def client(tmp_path):
    opened = []

    def make(engine=None, **settings) -> Client:
        opened.append(Client(tmp_path, engine, **settings))
        return opened[-1]

    yield make
    for one in opened:
        one.house.close()


def events_of(answer) -> list[tuple[str, dict]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    parts = [block.split("\n") for block in answer.text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(line.removeprefix("data: "))) for name, line in parts]


def test_an_answer_comes_in_pieces_and_ends_with_the_stored_turn(client):
    house = client(FakeEngine(Reply('A brand: {"bbox_2d": [1, 2, 3, 4], "label": "ALPRO"}', "stop", "qwen", 300, 9)))
    chat_id = house.begin()
    events = events_of(house.ask(chat_id, "  What is it?  ", jpeg(), lang="en"))
    names = [name for name, _ in events]
    assert names[0] == "asked" and names[-1] == "done" and set(names[1:-1]) == {"piece"} and len(names) > 4
    done = events[-1][1]
    assert "".join(facts["text"] for name, facts in events if name == "piece") == done["text"]
    assert done["boxes"] == [{"label": "ALPRO", "box_1000": [1, 2, 3, 4]}]
    assert (done["finish"], done["model"], done["tokens_in"], done["tokens_out"]) == ("stop", "qwen", 300, 9)
    assert done["elapsed_ms"] >= 0 and done["left_out"] == 0 and done["sampling"]["temperature"] == 0.7
    question, answer = house.turns(chat_id)
    assert question["text"] == "What is it?" and answer == done
    jpg = house.http.get(f"/v1/chats/pictures/{question['pictures'][0]['sha256']}")
    assert jpg.headers["content-type"] == "image/jpeg" and jpg.content.startswith(b"\xff\xd8")
    assert "private" in jpg.headers["cache-control"]


def test_the_next_question_is_about_the_same_picture_without_sending_it_again(client):
    engine = FakeEngine("A carton.", "White.")
    house = client(engine)
    chat_id = house.begin()
    house.ask(chat_id, "What is it?", jpeg())
    house.ask(chat_id, "Which colour?", temperature=0.1, top_p=0.5, max_tokens=7)
    asked: Question = engine.questions[1]
    assert asked.prompt == "Which colour?" and asked.jpegs == () and asked.priority == "high"
    assert [(said.role, said.text, len(said.jpegs)) for said in asked.earlier] == [
        ("user", "What is it?", 1),
        ("assistant", "A carton.", 0),
    ]
    assert asked.sampling.model_dump(exclude_none=True) == {"temperature": 0.1, "top_p": 0.5, "max_tokens": 7}


def test_eight_pictures_share_the_room_that_one_alone_would_fill(client):
    engine = FakeEngine("Eight.")
    house = client(engine)
    large = [jpeg((1600, 1600), colour) for colour in ("red", "blue", "green", "gold", "pink", "navy", "teal", "gray")]
    assert [name for name, _ in events_of(house.ask(house.begin(), "Count", *large))][-1] == "done"
    kept = house.chats.jpegs(p["sha256"] for p in house.turns(house.chats.newest().chats[0].id)[0]["pictures"])
    assert len(engine.questions[0].jpegs) == 8 and sum(shown.tokens for shown in kept.values()) <= 4096


def test_a_talk_that_outgrows_the_context_says_what_was_left_out(client):
    house = client(FakeEngine("字" * 400), context=2048)
    chat_id = house.begin()
    for question in ("one", "two", "three", "four", "five", "six"):
        last = events_of(house.ask(chat_id, question, *([jpeg()] if question == "one" else [])))[-1][1]
    asked = house.house.engine.questions[-1]
    assert last["left_out"] == 3
    assert [said.text for said in asked.earlier if said.role == "user"] == ["one", "five"]
    assert len(asked.earlier[0].jpegs) == 1


def test_a_context_smaller_than_thought_is_asked_again_with_the_picture_and_the_question_alone(client):
    class Narrow(FakeEngine):
        def stream(self, question, stopped=None):
            if len(question.earlier) > 2:
                raise ContextTooSmall(zh=("放不下", "缩短"), en=("It does not fit.", "Shorten it."))
            return (yield from super().stream(question, stopped))

    house = client(Narrow("Yes."))
    chat_id = house.begin()
    for question in ("one", "two", "three"):
        name, last = events_of(house.ask(chat_id, question, *([jpeg()] if question == "one" else [])))[-1]
        assert name == "done"
    assert last["left_out"] == 1 and [len(said.jpegs) for said in house.house.engine.questions[-1].earlier] == [1, 0]


def test_without_an_engine_a_question_is_refused_with_the_remedy_and_not_stored(client):
    house = client(None)
    chat_id = house.begin()
    answer = house.ask(chat_id, "What is it?", jpeg())
    assert answer.status_code == 503 and "tujian models pull" in answer.json()["error"]["remedy"]
    assert house.turns(chat_id) == []


def test_an_engine_that_fails_half_way_leaves_what_it_said_and_the_reason(client):
    engine = SlowEngine("One two three four.", fails=down(), words=2)
    house = client(engine)
    chat_id = house.begin()
    name, facts = events_of(house.ask(chat_id, "What is it?", jpeg()))[-1]
    assert name == "failed" and facts["type"] == "EngineDown" and facts["remedy"] == "Start it."
    answer = house.turns(chat_id)[1]
    assert (answer["text"], answer["finish"], answer["trouble"]["message"]) == (
        "One two",
        "failed",
        "The server is down.",
    )
    engine.fails = None
    assert events_of(house.ask(chat_id, "Once more"))[-1][0] == "done"


def test_a_question_is_answered_again_in_the_place_of_what_broke_off(client):
    engine = SlowEngine("One two three four.", fails=down(), words=2)
    house = client(engine)
    chat_id = house.begin()
    house.ask(chat_id, "What is it?", jpeg())
    engine.words = 0  # before its first word: what was said before stays, with the new reason
    name, facts = events_of(house.again(chat_id))[-1]
    assert (name, facts["turn"]["text"], facts["turn"]["number"]) == ("failed", "One two", 2)
    engine.fails = None
    events = events_of(house.again(chat_id, temperature=0.1))
    assert events[0][1]["turn"] == house.turns(chat_id)[0] and events[-1][0] == "done"
    assert [turn["text"] for turn in house.turns(chat_id)] == ["What is it?", "One two three four."]
    told = engine.questions[-1]
    assert (told.prompt, len(told.jpegs), told.earlier, told.sampling.temperature) == ("What is it?", 1, (), 0.1)


def test_a_question_that_nobody_answered_is_answered_after_what_was_said_before(client):
    engine = FakeEngine("A carton.", "White.")
    house = client(engine)
    chat_id = house.begin()
    assert house.again(chat_id).status_code == 400
    house.ask(chat_id, "What is it?", jpeg())
    house.chats.ask(chat_id, "Which colour?")  # and then the process was killed
    assert events_of(house.again(chat_id))[-1][1]["text"] == "White."
    assert [turn["role"] for turn in house.turns(chat_id)] == ["user", "assistant"] * 2
    assert [said.text for said in engine.questions[1].earlier] == ["What is it?", "A carton."]
    assert house.again("nix").status_code == 404
    house.house.engine = None
    assert house.again(chat_id).status_code == 503


def test_an_answer_that_breaks_off_before_its_first_word_is_asked_for_once_more(client):
    class Mending(SlowEngine):
        def stream(self, question, stopped=None):
            first = not self.questions
            said = yield from super().stream(question, stopped) if not first else self.breaking(question)
            return said

        def breaking(self, question):
            self._next(question)
            raise down(EngineBrokeOff)
            yield

    house = client(Mending("Here I am."))
    assert events_of(house.ask(house.begin()))[-1][1]["text"] == "Here I am."


@pytest.mark.parametrize(
    "reply, finish, event",
    [
        (Reply("Too lo", "length", "m"), "length", "done"),
        (Reply("very " * 100, "stop", "m"), "loop", "done"),
        (Reply("Yes.", "eos", "m"), "stop", "done"),
        (Reply("  ", "stop", "m"), "failed", "failed"),
    ],
)
def test_how_an_answer_ended_is_kept(client, reply, finish, event):
    house = client(FakeEngine(reply))
    chat_id = house.begin()
    assert events_of(house.ask(chat_id))[-1][0] == event
    assert house.turns(chat_id)[1]["finish"] == finish


BAD = [
    ({"question": ""}, [], 400, "question"),
    ({"question": " \n\t "}, [], 400, "question"),
    ({"question": "长" * 20_001}, [], 400, "20000"),
    ({"question": "x" * 1_000_000}, [], 400, "20000"),
    ({"question": "x" * 1_200_000}, [], 413, ""),
    ({"question": "?"}, [jpeg()] * 9, 400, "9"),
    ({"question": "?"}, [jpeg()] * 30, 400, "30"),
    ({"question": "?"}, [b"hello, I am text"], 400, ""),
    ({"question": "?"}, [b""], 400, ""),
    ({"question": "?", "temperature": "5"}, [], 400, "temperature"),
    ({"question": "?", "temperature": "nan"}, [], 400, "temperature"),
    ({"question": "?", "top_p": "0"}, [], 400, "top_p"),
    ({"question": "?", "max_tokens": "100000"}, [], 400, "max_tokens"),
    ({"question": "?", "lang": "fr"}, [], 400, "lang"),
    ({"question": "?", "url": "file:///etc/passwd"}, [], 400, ""),
    ({"question": "?", "url": "http://127.0.0.1:1/a.jpg"}, [], 400, ""),
    ({"question": "?", "url": "data:image/png;base64,!!!"}, [], 400, ""),
]


@pytest.mark.parametrize("fields, pictures, status, word", BAD, ids=lambda value: str(value)[:40])
def test_a_bad_question_is_refused_with_its_reason_and_leaves_nothing(client, fields, pictures, status, word):
    house = client(FakeEngine("never asked"))
    chat_id = house.begin()
    answer = house.ask(chat_id, fields.pop("question"), *pictures, **fields)
    error = answer.json()["error"]
    assert answer.status_code == status and error["remedy"] and word in error["message"]
    assert house.turns(chat_id) == [] and house.house.engine.questions == []


def test_hostile_words_come_back_as_they_went_in(client):
    house = client(FakeEngine(HOSTILE))
    chat_id = house.begin()
    files = [("image", (f"{HOSTILE}.jpg", jpeg()))]
    house.http.post(f"/v1/chats/{chat_id}/turns", data={"question": f"{HOSTILE}\x00\u202e"}, files=files)
    question, answer = house.turns(chat_id)
    assert question["text"].startswith(HOSTILE) and answer["text"] == HOSTILE
    assert house.http.get("/v1/chats").json()["chats"][0]["title"].startswith("<img")


def test_a_chat_is_renamed_listed_exported_and_deleted(client):
    house = client(FakeEngine("A carton."))
    chat_id = house.begin()
    house.ask(chat_id, "What is it?", jpeg())
    assert house.http.patch(f"/v1/chats/{chat_id}", json={"title": "Milk"}).json()["title"] == "Milk"
    assert house.http.patch(f"/v1/chats/{chat_id}", json={"title": "x" * 201}).status_code == 400
    (head,) = house.http.get("/v1/chats", params={"limit": 1}).json()["chats"]
    assert head["title"] == "Milk" and head["turns_count"] == 2 and head["cover"]
    markdown = house.http.get(f"/v1/chats/{chat_id}/export")
    assert markdown.headers["content-disposition"] == f'attachment; filename="tujian-{chat_id[:8]}.md"'
    assert "## Question" in markdown.text and "A carton." in markdown.text
    exported = house.http.get(f"/v1/chats/{chat_id}/export", params={"form": "json"}).json()
    uri = exported["pictures"][head["cover"]]
    assert base64.b64decode(uri.partition(",")[2]).startswith(b"\xff\xd8") and len(exported["turns"]) == 2
    assert house.http.delete(f"/v1/chats/{chat_id}").status_code == 204
    assert house.http.get("/v1/chats").json() == {"chats": [], "next": None}
    for path in (f"/v1/chats/{chat_id}", f"/v1/chats/{chat_id}/export", f"/v1/chats/pictures/{head['cover']}"):
        assert house.http.get(path).json()["error"]["remedy"]


def test_a_chat_answers_one_question_at_a_time(client):
    engine = SlowEngine("word " * 200, pause_s=0.01)
    house = client(engine)
    conversation = Conversation(house.house, house.chats, patience_s=0.05)
    chat = house.chats.begin()
    stop = threading.Event()
    talking = conversation.ask(Asked(chat.id, "first", "en"), stop)
    assert next(talking).name == "asked" and next(talking).name == "piece"
    with pytest.raises(Busy):
        next(conversation.ask(Asked(chat.id, "second", "en"), threading.Event()))
    other = house.chats.begin()
    assert next(conversation.ask(Asked(other.id, "elsewhere", "en"), stop)).name == "asked"
    stop.set()
    assert list(talking)[-1].facts["finish"] == "stopped"
    assert next(conversation.ask(Asked(chat.id, "second", "en"), threading.Event())).name == "asked"


def test_who_leaves_stops_the_engine_and_what_was_said_is_kept(tmp_path):
    engine = SlowEngine("word " * 2000, pause_s=0.01)
    with served_house(tmp_path, engine) as served, httpx.Client(base_url=served.url) as http:
        chat_id = http.post("/v1/chats").json()["id"]
        with http.stream("POST", f"/v1/chats/{chat_id}/turns", data={"question": "Talk"}) as answer:
            lines = answer.iter_lines()
            while "piece" not in next(lines):
                pass
        wait_until(lambda: len(http.get(f"/v1/chats/{chat_id}").json()["turns"]) == 2)
        said = http.get(f"/v1/chats/{chat_id}").json()["turns"][1]
        assert engine.stops == 1 and said["finish"] == "stopped" and said["text"].startswith("word")
        assert len(said["text"]) < 2000
        engine.pause_s = 0.0
        again = http.post(f"/v1/chats/{chat_id}/turns", data={"question": "Again"})
        assert again.status_code == 200 and again.text.count("event: done") == 1


def test_a_chat_deleted_while_it_is_answered_stays_deleted(client):
    house = client(SlowEngine("word " * 20))
    conversation, chat = Conversation(house.house, house.chats), house.chats.begin()
    talking = conversation.ask(Asked(chat.id, "Talk", "en"), threading.Event())
    next(talking)
    house.chats.delete(chat.id)
    assert list(talking)[-1].facts["message"] == "There is no such chat."
    assert house.chats.newest().chats == []


# the page, without a browser


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_of_chats_speaks_its_language_without_inline_script_or_style(client, lang):
    page = client(FakeEngine("x")).http.get("/chat", params={"lang": lang})
    assert f">{read_words(lang)['prompt_shelf_life']}<" in page.text and 'value="0.7"' in page.text
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page.text) == []
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert re.findall(r'href="(/[a-z.]*)" aria-current', page.text) == ["/chat"]


def test_with_a_token_the_page_asks_for_it_and_the_chats_are_closed(tmp_path):
    house = House(read_settings(home=tmp_path, host="0.0.0.0", token="open-sesame"))
    http = TestClient(create_app(house), base_url="http://localhost:7860", follow_redirects=False)
    assert http.get("/chat").headers["location"] == "/login"
    assert http.get("/v1/chats").status_code == 403
    assert http.get("/v1/chats", headers={"authorization": "Bearer open-sesame"}).status_code == 200
    house.close()
