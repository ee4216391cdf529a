"""Conversations about pictures, kept. req: B1, D13

Enters: questions with the pictures they are about, and answers. Leaves: chats in order, JPEGs, a chat as Markdown.
Does not know: engines, HTTP, how a picture becomes the JPEG that is kept. A question is stored before anybody is asked
and an answer when it ends, so a killed process loses at most the answer that was being said.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
from pydantic import Field

from tujian.answers import utc_now
from tujian.database import Database
from tujian.engines.boxes import Boxed, boxes_in
from tujian.errors import BadInput, Lang, NotFound
from tujian.folding import printable
from tujian.geometry import Size
from tujian.records import Strict
from tujian.schema import chat_pictures, chat_shown, chat_turns, chats
from tujian.tasks import Sampling

LONGEST_QUESTION = 20_000  # characters, as for /v1/records: some 13,000 tokens of Chinese, beyond most contexts
LONGEST_TITLE = 200
SHORT_TITLE = 40  # characters of the first question that fit on a line of the page's list
MOST_LISTED = 200
MOST_TURNS = 1000  # in one chat, questions and answers: it is read and shown whole
MOST_SHOWN = 200  # pictures in one chat: some 60 MB when it is exported with them

Finish = Literal["stop", "length", "loop", "stopped", "failed"]


class ShownPicture(Strict):
    """A picture of a turn; `GET /v1/chats/pictures/{sha256}` is its JPEG."""

    sha256: str
    name: str
    size_px: Size = Field(description="width, height of the upright original")
    tokens: int = Field(description="what an engine spends on it")


class Trouble(Strict):
    """Why there is no whole answer."""

    type: str
    message: str
    remedy: str


class ChatTurn(Strict):
    """A question or an answer. What only answers have is null in questions."""

    number: int = Field(description="1, 2, 3 … within the chat")
    role: Literal["user", "assistant"]
    text: str
    pictures: list[ShownPicture] = Field(default=[], description="in the order they came")
    made_at: str
    finish: Finish | None = None
    boxes: list[Boxed] = Field(default=[], description="places named in the answer, 0-1000 of the picture")
    model: str | None = None
    url: str | None = Field(default=None, description="where question and pictures went; null on this machine")
    remote: bool | None = Field(default=None, description="they left this machine")
    sampling: Sampling | None = None
    elapsed_ms: float | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    left_out: int | None = Field(default=None, description="earlier questions the engine was not told: no room")
    trouble: Trouble | None = None


class ChatHead(Strict):
    """A chat as it is listed. `title` is the shortened first question until somebody gives another."""

    id: str
    title: str
    made_at: str
    changed_at: str
    turns_count: int
    cover: str | None = Field(default=None, description="sha256 of its first picture")


class Chat(ChatHead):
    """A whole chat."""

    turns: list[ChatTurn]


class Listed(Strict):
    """Some chats, the newest first; `next` asks for those after them."""

    chats: list[ChatHead]
    next: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture to be kept: a whole JPEG and how many tokens an engine spends on it."""

    sha256: str
    name: str
    size_px: Size
    tokens: int
    jpeg: bytes


class Answered(NamedTuple):
    """An answer to be kept, whole or not."""

    text: str
    finish: Finish
    facts: dict[str, Any]  # further columns of `chat_turns`


class Chats:
    """The tables `chats`, `chat_turns`, `chat_shown` and `chat_pictures`. Threads and processes share them.

    Every change begins with a write, so that PostgreSQL locks the chat's row before anything is read.
    """

    def __init__(self, database: Database, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._database, self._clock = database, clock

    def begin(self, title: str = "") -> Chat:
        """A new chat without turns. Raises BadInput when the title is too long."""
        now = self._now()
        row = {"id": uuid.uuid4().hex, "title": _title(title), "made_at": now, "changed_at": now}
        with self._database.write() as connection:
            connection.execute(sa.insert(chats).values(row))
        return Chat(**row, turns_count=0, turns=[])

    def newest(self, limit: int = 50, after: str = "", picture: str = "") -> Listed:
        """The chats changed last, at most `limit`; `after` is a list's `next`; `picture` is a sha256 they all show."""
        wanted = _heads().order_by(chats.c.changed_at.desc(), chats.c.id.desc()).limit(limit + 1)
        if after:
            changed_at, _, chat_id = after.partition(" ")
            wanted = wanted.where(sa.tuple_(chats.c.changed_at, chats.c.id) < (changed_at, chat_id))
        if picture:
            wanted = wanted.where(chats.c.id.in_(sa.select(chat_shown.c.chat_id).filter_by(sha256=picture)))
        with self._database.read() as connection:
            heads = [ChatHead(**row) for row in connection.execute(wanted).mappings()]
        last = heads[limit - 1] if len(heads) > limit else None
        return Listed(chats=heads[:limit], next=f"{last.changed_at} {last.id}" if last else None)

    def read(self, chat_id: str) -> Chat:
        """The chat with its turns in order. Raises BadInput when there is none."""
        with self._database.read() as connection:
            head = connection.execute(_heads().where(chats.c.id == chat_id)).mappings().one_or_none()
            turns = _turns(connection, chat_turns.c.chat_id == chat_id, chat_shown.c.chat_id == chat_id)
        if head is None:
            raise no_such_chat()
        return Chat(**head, turns=turns)

    def rename(self, chat_id: str, title: str) -> Chat:
        """Gives a chat another title, of 1-200 characters. Raises BadInput. It stays where it is in the list."""
        if not title.strip():
            raise BadInput(
                zh=("标题是空的。", "请写上 1–200 个字。"), en=("The title is empty.", "Give it 1-200 characters.")
            )
        with self._database.write() as connection:
            renamed = connection.execute(sa.update(chats).filter_by(id=chat_id).values(title=_title(title)))
            if not renamed.rowcount:
                raise no_such_chat()
        return self.read(chat_id)

    def delete(self, chat_id: str) -> None:
        """Deletes a chat, and its pictures unless another chat shows them. Raises BadInput when there is none."""
        with self._database.write() as connection:
            if not connection.execute(sa.delete(chats).filter_by(id=chat_id)).rowcount:
                raise no_such_chat()
            its_own = connection.scalars(sa.select(chat_shown.c.sha256).filter_by(chat_id=chat_id)).all()
            connection.execute(sa.delete(chat_turns).filter_by(chat_id=chat_id))
            connection.execute(sa.delete(chat_shown).filter_by(chat_id=chat_id))
            still_shown = sa.exists().where(chat_shown.c.sha256 == chat_pictures.c.sha256)
            connection.execute(sa.delete(chat_pictures).where(chat_pictures.c.sha256.in_(its_own), ~still_shown))

    def ask(self, chat_id: str, text: str, pictures: Sequence[Shown] = ()) -> ChatTurn:
        """Stores a question with its pictures. Raises BadInput: empty, too long, no such chat, the chat is full."""
        text = checked_question(text)
        with self._database.write() as connection:
            named = {"title": sa.case((chats.c.title == "", shortened(text)), else_=chats.c.title)}
            number = self._next_number(connection, chat_id, named)
            shown = connection.scalar(sa.select(sa.func.count()).select_from(chat_shown).filter_by(chat_id=chat_id))
            if number > MOST_TURNS or (pictures and (shown or 0) + len(pictures) > MOST_SHOWN):
                raise _is_full()
            self._write(connection, chat_id, number, role="user", text=text)
            for place, picture in enumerate(pictures):
                connection.execute(
                    self._database.insert(chat_pictures).values(_picture_row(picture)).on_conflict_do_nothing()
                )
                row = {"chat_id": chat_id, "number": number, "place": place, "sha256": picture.sha256}
                connection.execute(sa.insert(chat_shown).values(**row, name=printable(picture.name)))
        return self._turn(chat_id, number)

    def answer(self, chat_id: str, answered: Answered, instead_of: int | None = None) -> ChatTurn:
        """Stores what was answered, also when it broke off, or puts it in the place of the turn `instead_of`. Raises
        BadInput when the chat was deleted meanwhile."""
        with self._database.write() as connection:
            number = self._next_number(connection, chat_id, {})
            if instead_of is not None:
                connection.execute(sa.delete(chat_turns).filter_by(chat_id=chat_id, number=instead_of))
                number = instead_of
            said = {"text": printable(answered.text), "finish": answered.finish, **answered.facts}
            self._write(connection, chat_id, number, role="assistant", **said)
        return self._turn(chat_id, number)

    def jpegs(self, sha256s: Iterable[str]) -> dict[str, Shown]:
        """The pictures of these names that are kept, by sha256."""
        wanted = sa.select(chat_pictures).where(chat_pictures.c.sha256.in_(set(sha256s)))
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return {row.sha256: Shown(row.sha256, "", (row.width_px, row.height_px), row.tokens, row.jpeg) for row in rows}

    def _now(self) -> str:
        return self._clock().isoformat(timespec="microseconds")

    def _next_number(self, connection: sa.Connection, chat_id: str, named: dict[str, Any]) -> int:
        """The number of the turn to be written; the chat counts as changed. Raises BadInput when there is none."""
        changed = sa.update(chats).filter_by(id=chat_id).values(changed_at=self._now(), **named)
        if not connection.execute(changed).rowcount:
            raise no_such_chat()
        last = connection.scalar(sa.select(sa.func.max(chat_turns.c.number)).filter_by(chat_id=chat_id))
        return (last or 0) + 1

    def _write(self, connection: sa.Connection, chat_id: str, number: int, **said: object) -> None:
        row = {"chat_id": chat_id, "number": number, "made_at": self._now(), **said}
        connection.execute(sa.insert(chat_turns).values(row))

    def _turn(self, chat_id: str, number: int) -> ChatTurn:
        key = (chat_id, number)
        with self._database.read() as connection:
            return _turns(
                connection,
                sa.tuple_(chat_turns.c.chat_id, chat_turns.c.number) == key,
                sa.tuple_(chat_shown.c.chat_id, chat_shown.c.number) == key,
            )[0]


def checked_question(text: str) -> str:
    """`text` without blanks around it. Raises BadInput when it is empty or longer than 20,000 characters."""
    text = printable(text).replace("\r\n", "\n").strip()  # browsers send \r\n in forms
    if not text:
        raise BadInput(zh=("没有问题。", "请在 question 里写上问题。"), en=("No question.", "Write one in `question`."))
    if len(text) > LONGEST_QUESTION:
        raise BadInput(
            zh=(f"问题有 {len(text)} 字，最多 {LONGEST_QUESTION}。", "请缩短；大段资料请拆开来问。"),
            en=(
                f"The question has {len(text)} characters; {LONGEST_QUESTION} at most.",
                "Shorten it, or ask in parts.",
            ),
        )
    return text


def _is_full() -> BadInput:
    return BadInput(
        zh=(f"这段对话已满（最多 {MOST_TURNS} 条、{MOST_SHOWN} 张图片）。", "请新建一段对话。"),
        en=(f"This chat is full ({MOST_TURNS} turns, {MOST_SHOWN} pictures at most).", "Begin a new one."),
    )


def no_such_chat() -> NotFound:
    return NotFound(
        zh=("没有这段对话。", "它可能已被删除；GET /v1/chats 列出现有的。"),
        en=("There is no such chat.", "It may have been deleted; GET /v1/chats lists those there are."),
    )


def nothing_asked() -> BadInput:
    return BadInput(
        zh=("这段对话里还没有问题。", "请先问一个。"),
        en=("Nothing was asked in this chat yet.", "Ask something first."),
    )


def no_such_picture() -> NotFound:
    return NotFound(
        zh=("没有这张图片。", "它所在的对话可能已被删除。"),
        en=("There is no such picture.", "Its chat may have been deleted."),
    )


def _heads() -> sa.Select[Any]:
    """Chats with how many turns they have and their first picture."""
    counted = sa.select(sa.func.count()).where(chat_turns.c.chat_id == chats.c.id).scalar_subquery()
    first = (
        sa.select(chat_shown.c.sha256)
        .where(chat_shown.c.chat_id == chats.c.id)
        .order_by(chat_shown.c.number, chat_shown.c.place)
        .limit(1)
        .scalar_subquery()
    )
    return sa.select(chats, counted.label("turns_count"), first.label("cover"))


def _turns(
    connection: sa.Connection, which: sa.ColumnElement[bool], shown_there: sa.ColumnElement[bool]
) -> list[ChatTurn]:
    """Turns in order, each with its pictures in order."""
    pictured = (
        sa.select(chat_shown, chat_pictures.c.width_px, chat_pictures.c.height_px, chat_pictures.c.tokens)
        .join(chat_pictures, chat_pictures.c.sha256 == chat_shown.c.sha256)
        .where(shown_there)
        .order_by(chat_shown.c.number, chat_shown.c.place)
    )
    shown: dict[int, list[ShownPicture]] = defaultdict(list)
    for row in connection.execute(pictured):
        size_px = (row.width_px, row.height_px)
        picture = ShownPicture(sha256=row.sha256, name=row.name, size_px=size_px, tokens=row.tokens)
        shown[row.number].append(picture)
    spoken = connection.execute(sa.select(chat_turns).where(which).order_by(chat_turns.c.number)).mappings()
    return [_turn(row, shown[row["number"]]) for row in spoken]


def _turn(row: sa.RowMapping, pictures: list[ShownPicture]) -> ChatTurn:
    boxes = boxes_in(row["text"]) if row["role"] == "assistant" else []
    said = {name: value for name, value in row.items() if name != "chat_id"}
    return ChatTurn.model_validate({**said, "pictures": pictures, "boxes": boxes})


def _picture_row(picture: Shown) -> dict[str, Any]:
    width_px, height_px = picture.size_px
    size = {"width_px": width_px, "height_px": height_px}
    return {"sha256": picture.sha256, "tokens": picture.tokens, "jpeg": picture.jpeg, **size}


def _title(title: str) -> str:
    title = " ".join(printable(title).split())
    if len(title) > LONGEST_TITLE:
        raise BadInput(
            zh=(f"标题有 {len(title)} 字，最多 {LONGEST_TITLE}。", "请缩短。"),
            en=(f"The title has {len(title)} characters; {LONGEST_TITLE} at most.", "Shorten it."),
        )
    return title


def shortened(question: str) -> str:
    """A question as a title."""
    line = " ".join(question.split())
    return line if len(line) <= SHORT_TITLE else f"{line[: SHORT_TITLE - 1]}…"


SPOKEN_BY = {"zh": {"user": "问", "assistant": "答"}, "en": {"user": "Question", "assistant": "Answer"}}
PICTURE_WORD = {"zh": "图片", "en": "Picture"}


def to_markdown(chat: Chat, lang: Lang) -> str:
    """The chat as a Markdown file. Markup that would load or run something is made harmless; the rest stays.

    >>> turn = ChatTurn(number=1, role="user", text="<b> ![x](y)", made_at="2026-11-22T03:00:00.000000+00:00")
    >>> chat = Chat(id="c", title="T", made_at="", changed_at="", turns_count=1, turns=[turn])
    >>> print(to_markdown(chat, "en").splitlines()[-1])
    &lt;b> !&#91;x]&#40;y)
    """
    parts = [f"# {_harmless(chat.title)}"]
    for turn in chat.turns:
        when = turn.made_at[:16].replace("T", " ")
        facts = [SPOKEN_BY[lang][turn.role], f"{when} UTC", turn.model, turn.finish]
        parts.append(f"## {' · '.join(_harmless(fact) for fact in facts if fact)}")
        parts += [
            f"*{PICTURE_WORD[lang]}: {_harmless(picture.name)} · {picture.size_px[0]} × {picture.size_px[1]} px · "
            f"sha256 {picture.sha256}*"
            for picture in turn.pictures
        ]
        parts.append(_harmless(turn.text))
        if turn.trouble:
            parts.append(f"*{_harmless(turn.trouble.message)} {_harmless(turn.trouble.remedy)}*")
    return "\n\n".join(part for part in parts if part) + "\n"


def _harmless(text: str) -> str:
    """No tags, pictures or links: entities, since a backslash before them could be escaped away."""
    return text.replace("<", "&lt;").replace("![", "!&#91;").replace("](", "]&#40;")
