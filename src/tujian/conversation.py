"""A question within a chat: stored, asked with what was said before, its answer stored. req: B1, B4

Enters: a chat's id, a question, pictures. Leaves: events, as a stream sends them. Does not know: HTTP, pages, tables.
An answer that is stopped or breaks off is stored with what was said so far.
"""

import io
import math
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from PIL import Image

from tujian.chats import (
    Answered,
    Chat,
    Chats,
    ChatTurn,
    Finish,
    Shown,
    ShownPicture,
    Trouble,
    checked_question,
    nothing_asked,
    shortened,
)
from tujian.engines.asking import EMPTY, unusable
from tujian.engines.dialect import Question, Reply, Speech, Turn
from tujian.engines.selftest import Report
from tujian.engines.troubles import no_engine
from tujian.errors import BadInput, Busy, ContextTooSmall, EngineBrokeOff, EngineError, Lang, Stopped, TujianError
from tujian.house import House, Shot
from tujian.pictures import CELL_PX
from tujian.tasks import CHAT_SAMPLING, Sampling

MOST_PICTURES = 8  # in one question
PICTURES_TOKENS = 4096  # for all pictures of one question: half of the usual context
MOST_PICTURE_TOKENS = 1024  # the low end of what small print needs (notes/qwen3-vl.md)
USUAL_CONTEXT = 8192  # tokens; Settings.context says so of local engines, and servers have more
SPARE_TOKENS = 256  # system message, template
LATIN_PER_TOKEN = 3  # characters; Qwen's tokeniser takes 3-4, and about 1.5 Chinese ones: counted as 1
BOW_OUT_S = 3.0  # a stopped answer lets go within a fraction of this; who asks at once waits for it


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks within a chat."""

    chat_id: str
    text: str  # "" where the last question is asked again
    lang: Lang
    shots: Sequence[Shot] = ()
    sampling: Sampling = CHAT_SAMPLING


class Event(NamedTuple):
    """What happened, with its facts as JSON types."""

    name: Literal["asked", "piece", "done", "failed"]
    facts: dict[str, Any]


@dataclass(slots=True)
class _Spoken:
    """What is known of an answer while it is being said."""

    facts: dict[str, Any]
    begun_s: float = field(default_factory=time.perf_counter)
    pieces: list[str] = field(default_factory=list)

    def ended(self, finish: Finish, reply: Reply | None = None, trouble: Trouble | None = None) -> Answered:
        text = reply.text if reply else "".join(self.pieces)
        facts = self.facts | {"elapsed_ms": round((time.perf_counter() - self.begun_s) * 1000, 1)}
        if reply:
            facts |= {"model": reply.model or None, "tokens_in": reply.tokens_in, "tokens_out": reply.tokens_out}
        return Answered(text, finish, facts | {"trouble": trouble and trouble.model_dump()})


class Conversation:
    """Asks the house's engine on behalf of chats. Threads share it; one question at a time in each chat."""

    def __init__(self, house: House, chats: Chats, patience_s: float = BOW_OUT_S) -> None:
        self._house, self._chats, self._patience_s = house, chats, patience_s
        self._answering: set[str] = set()
        self._changed = threading.Condition()

    def read(self, chat_id: str) -> Chat:
        """The chat, with the boxes that may be drawn. Raises NotFound."""
        chat = self._chats.read(chat_id)
        if boxes_hold(self._house.report):
            return chat
        return chat.model_copy(update={"turns": [turn.model_copy(update={"boxes": []}) for turn in chat.turns]})

    def ask(self, asked: Asked, stopped: threading.Event) -> Iterator[Event]:
        """`asked` with the chat's title and the stored question, each `piece`, and `done` or `failed` with the answer.

        Raises BadInput and its kinds, NoEngine, Busy before the first event; nothing is stored then.
        """
        text = checked_question(asked.text)
        if len(asked.shots) > MOST_PICTURES:
            raise too_many_pictures(len(asked.shots))
        if self._house.engine is None:
            raise no_engine()
        with self._alone(asked.chat_id):
            chat = self._chats.read(asked.chat_id)
            turn = self._chats.ask(asked.chat_id, text, self._views(asked.shots))
            title = chat.title or shortened(text)  # as it has just been called
            yield Event("asked", {"title": title, "turn": turn.model_dump(mode="json")})
            yield from self._answer(asked, turn, chat.turns, stopped)

    def ask_again(self, asked: Asked, stopped: threading.Event) -> Iterator[Event]:
        """The chat's last question once more, with the events of `ask`. Its answer takes the place of the one before;
        of one that broke off before its first word, what was said before stays.

        Raises BadInput and its kinds, NoEngine, Busy before the first event.
        """
        if self._house.engine is None:
            raise no_engine()
        with self._alone(asked.chat_id):
            chat = self._chats.read(asked.chat_id)
            at = next((at for at in reversed(range(len(chat.turns))) if chat.turns[at].role == "user"), None)
            if at is None:
                raise nothing_asked()
            earlier, turn, before = chat.turns[:at], chat.turns[at], next(iter(chat.turns[at + 1 :]), None)
            yield Event("asked", {"title": chat.title, "turn": turn.model_dump(mode="json")})
            yield from self._answer(asked, turn, earlier, stopped, before)

    def _answer(
        self,
        asked: Asked,
        turn: ChatTurn,
        earlier: Sequence[ChatTurn],
        stopped: threading.Event,
        before: ChatTurn | None = None,
    ) -> Iterator[Event]:
        spoken = _Spoken({**self._place(), "sampling": asked.sampling.model_dump()})
        try:
            reply = yield from self._fitted(asked, turn, earlier, stopped, spoken)
            answered = spoken.ended(finish_of(reply), reply)
        except Stopped:
            answered = spoken.ended("stopped")
        except (EngineError, Busy) as error:
            answered = spoken.ended("failed", trouble=trouble_of(error, asked.lang))
        if before and not answered.text:
            answered = answered._replace(text=before.text)
        yield self._ended(asked, answered, before.number if before else None)

    def _ended(self, asked: Asked, answered: Answered, instead_of: int | None) -> Event:
        """Stores the answer. A chat that was deleted meanwhile stays deleted, and its answer is dropped."""
        try:
            answer = self._chats.answer(asked.chat_id, answered, instead_of)
        except BadInput as error:
            return Event("failed", trouble_of(error, asked.lang).model_dump())
        if not boxes_hold(self._house.report):
            answer = answer.model_copy(update={"boxes": []})
        whole = answer.model_dump(mode="json")
        return Event("failed", {**whole["trouble"], "turn": whole}) if answer.trouble else Event("done", whole)

    def _fitted(
        self, asked: Asked, turn: ChatTurn, earlier: Sequence[ChatTurn], stopped: threading.Event, spoken: _Spoken
    ) -> Generator[Event, None, Reply]:
        """The answer; where the context proves smaller than thought, with as little of the chat as can be told."""
        room = self._house.settings.context or USUAL_CONTEXT
        question, spoken.facts["left_out"] = self._question(asked, turn, earlier, room)
        try:
            return (yield from self._said(question, stopped, spoken))
        except ContextTooSmall:
            least, left_out = self._question(asked, turn, earlier, 0)
            if len(least.earlier) == len(question.earlier):
                raise
        spoken.facts["left_out"] = left_out
        return (yield from self._said(least, stopped, spoken))

    def _said(self, question: Question, stopped: threading.Event, spoken: _Spoken) -> Generator[Event, None, Reply]:
        """The pieces of an answer. One that breaks off before its first word is asked for once more."""
        try:
            reply = yield from _pieces(self._house.converse(question, stopped), spoken.pieces)
        except EngineBrokeOff:
            if spoken.pieces:
                raise
            reply = yield from _pieces(self._house.converse(question, stopped), spoken.pieces)
        if not reply.text.strip():
            raise unusable(EMPTY, times=1)
        return reply

    def _question(self, asked: Asked, turn: ChatTurn, earlier: Sequence[ChatTurn], room: int) -> tuple[Question, int]:
        """What the engine is asked, within about `room` tokens, and how many earlier questions it is not told."""
        exchanges, waiting = exchanges_of(earlier)
        own = list({picture.sha256: picture for picture in (*waiting, *turn.pictures)}.values())[-MOST_PICTURES:]
        room -= SPARE_TOKENS + asked.sampling.max_tokens
        room -= tokens_of(turn.text) + sum(picture.tokens for picture in own)
        told = remembered(exchanges, room, has_pictures=bool(own))
        shown = [picture for exchange in told for picture in exchange.pictures]
        kept = self._chats.jpegs(picture.sha256 for picture in (*own, *shown))
        question = Question(
            turn.text,
            _jpegs(own, kept),
            asked.lang,
            asked.sampling,
            name="chat",
            earlier=tuple(said for exchange in told for said in exchange.turns(kept)),
            priority="high",  # somebody waits. req: B12
        )
        return question, len(exchanges) - len(told)

    def _views(self, shots: Sequence[Shot]) -> list[Shown]:
        each = min(MOST_PICTURE_TOKENS, PICTURES_TOKENS // max(1, len(shots)))
        seen = [self._house.view(shot.source, name=shot.name, max_tokens=each) for shot in shots]
        once = {view.sha256: view for view in seen}.values()
        return [Shown(v.sha256, v.name, v.size_px, picture_tokens(v.jpeg), v.jpeg) for v in once]

    def _place(self) -> dict[str, Any]:
        place = self._house.engine.place if self._house.engine else None
        return {"url": place.url, "remote": place.remote} if place else {}

    @contextmanager
    def _alone(self, chat_id: str) -> Iterator[None]:
        with self._changed:
            if not self._changed.wait_for(lambda: chat_id not in self._answering, self._patience_s):
                raise _still_answering()
            self._answering.add(chat_id)
        try:
            yield
        finally:
            with self._changed:
                self._answering.discard(chat_id)
                self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question that was answered, with the pictures it was about."""

    pictures: tuple[ShownPicture, ...]
    asked: str
    answered: str

    @property
    def tokens(self) -> int:
        return tokens_of(self.asked + self.answered) + sum(picture.tokens for picture in self.pictures)

    def turns(self, kept: Mapping[str, Shown]) -> tuple[Turn, Turn]:
        return Turn("user", self.asked, _jpegs(self.pictures, kept)), Turn("assistant", self.answered)


def exchanges_of(turns: Sequence[ChatTurn]) -> tuple[list[Exchange], list[ShownPicture]]:
    """Questions with their answers, and the pictures that still wait for one.

    A question without an answer is not told again, but its pictures stay: the next question is about them.
    """
    exchanges: list[Exchange] = []
    asked, pictures = "", []
    for turn in turns:
        if turn.role == "user":
            asked, pictures = turn.text, [*pictures, *turn.pictures]
        elif turn.text.strip():
            exchanges.append(Exchange(tuple(pictures[-MOST_PICTURES:]), asked, turn.text))
            asked, pictures = "", []
    return exchanges, pictures


def remembered(exchanges: Sequence[Exchange], room: int, *, has_pictures: bool) -> list[Exchange]:
    """As many of the newest exchanges as fit into `room` tokens, in order.

    What was last said with pictures comes along in any case, unless the question `has_pictures` of its own: a chat
    that outgrows the context still is about its picture.
    """
    newest_first = range(len(exchanges) - 1, -1, -1)
    pictured = next((n for n in newest_first if exchanges[n].pictures and not has_pictures), None)
    told = set() if pictured is None else {pictured}
    room -= sum(exchanges[n].tokens for n in told)
    for n in newest_first:
        if n in told:
            continue
        room -= exchanges[n].tokens
        if room < 0:
            break
        told.add(n)
    return [exchanges[n] for n in sorted(told)]


def _jpegs(pictures: Iterable[ShownPicture], kept: Mapping[str, Shown]) -> tuple[bytes, ...]:
    """Their JPEGs; one is only missing when the chat was deleted this very moment."""
    return tuple(kept[picture.sha256].jpeg for picture in pictures if picture.sha256 in kept)


def tokens_of(text: str) -> int:
    """About how many tokens Qwen's tokeniser makes of `text`, rather too many.

    >>> tokens_of("牛奶"), tokens_of("milk powder")
    (2, 4)
    """
    latin = sum(letter < "\u0250" for letter in text)
    return len(text) - latin + math.ceil(latin / LATIN_PER_TOKEN)


def picture_tokens(jpeg: bytes) -> int:
    """Tokens that Qwen3-VL spends on a view: one per 32 x 32 px."""
    with Image.open(io.BytesIO(jpeg)) as view:
        return (view.width // CELL_PX) * (view.height // CELL_PX)


def boxes_hold(report: Report | None) -> bool:
    """Whether boxes that the engine names may be drawn; wrong ones are worse than none. req: F7"""
    return report is None or not any(report.passed(name) is False for name in ("boxes", "long_boxes"))


def finish_of(reply: Reply) -> Finish:
    """The server's word for why it stopped as one of the house's; "eos" and the like are "stop"."""
    return next((finish for finish in get_args(Finish) if finish == reply.finish), "stop")


def trouble_of(error: TujianError, lang: Lang) -> Trouble:
    said = error.say(lang)
    return Trouble(type=type(error).__name__, message=said.message, remedy=said.remedy)


def _pieces(speech: Speech, heard: list[str]) -> Generator[Event, None, Reply]:
    try:
        while True:
            heard.append(next(speech))
            yield Event("piece", {"text": heard[-1]})
    except StopIteration as end:
        return end.value
    finally:
        speech.close()


def too_many_pictures(count: int) -> BadInput:
    return BadInput(
        zh=(f"一个问题带了 {count} 张图片，最多 {MOST_PICTURES} 张。", "请分几次问；整个文件夹可用 tujian recognise。"),
        en=(
            f"{count} pictures with one question; {MOST_PICTURES} at most.",
            "Ask in several turns; for a whole folder use tujian recognise.",
        ),
    )


def _still_answering() -> Busy:
    return Busy(
        zh=("这段对话还在回答上一个问题。", "请等它答完，或先停下它。"),
        en=("This chat is still answering the last question.", "Wait until it has, or stop it."),
    )
