"""The tables, and how a database file is opened and brought up to date.

SQLAlchemy Core; the SQL stays visible where it is used. Migrations are Alembic's and are appended, never edited.
SQLite: WAL, synchronous=NORMAL, one writer a process (notes/scale.md).
"""

import logging
import re
import sqlite3
from importlib.resources import files
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

from tujian.errors import BrokenInstall, StoreFailed
from tujian.logs import note

metadata = sa.MetaData()

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("recipe", sa.String(64), primary_key=True),
    sa.Column("record", sa.LargeBinary, nullable=False),  # JSON, deflated
    sa.Column("bytes_count", sa.Integer, nullable=False),
    sa.Column("made_at", sa.String(32), nullable=False),  # ISO 8601, UTC
)
sa.Index("answers_by_age", answers.c.made_at)

chats = sa.Table(
    "chats",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("title", sa.String(200), nullable=False),  # "" until the first question
    sa.Column("made_at", sa.String(32), nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
)
sa.Index("chats_by_change", chats.c.changed_at, chats.c.id)

chat_turns = sa.Table(
    "chat_turns",
    metadata,
    sa.Column("chat_id", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # 1, 2, 3 … within its chat
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("made_at", sa.String(32), nullable=False),
    sa.Column("finish", sa.String(16)),  # of answers only, like all that follow
    sa.Column("model", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("remote", sa.Boolean),
    sa.Column("sampling", sa.JSON(none_as_null=True)),
    sa.Column("elapsed_ms", sa.Float),
    sa.Column("tokens_in", sa.Integer),
    sa.Column("tokens_out", sa.Integer),
    sa.Column("left_out", sa.Integer),
    sa.Column("trouble", sa.JSON(none_as_null=True)),
)

chat_pictures = sa.Table(
    "chat_pictures",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("width_px", sa.Integer, nullable=False),  # of the upright original
    sa.Column("height_px", sa.Integer, nullable=False),
    sa.Column("tokens", sa.Integer, nullable=False),
    sa.Column("jpeg", sa.LargeBinary, nullable=False),  # as an engine is shown it
)

chat_shown = sa.Table(
    "chat_shown",
    metadata,
    sa.Column("chat_id", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("name", sa.Text, nullable=False),  # the same picture may have come under another name
)
sa.Index("chat_shown_by_picture", chat_shown.c.sha256)

HEAD = "0002"
LOCK_WAIT_S = 5  # for another process's write; longer, and whoever asks about a picture would wait for the store
_WHYS = {
    # SQLite's own messages (sqlite3ErrStr in main.c), first match
    "locked": "locked|busy",
    "full": "full|disk I/O error",
    "read_only": "readonly|unable to open|not authorized|^Permission|^Read-only",
    "not_set_up": "no such table",
    "damaged": "malformed|not a database",
}
_WORDS = {
    "locked": (("被别的程序占用", "is locked by another program"), ("请关闭占用它的程序。", "End what holds it.")),
    "full": (("写不进去，磁盘可能已满", "cannot be written, the disk may be full"), ("请腾出空间。", "Make room.")),
    "read_only": (
        ("所在的目录不可写", "lies in a folder that cannot be written"),
        ("请检查 TUJIAN_HOME 的权限，或换一个目录。", "Check the permissions of TUJIAN_HOME, or choose another."),
    ),
    "not_set_up": (
        ("启动时没有建成", "could not be set up at the start"),
        ("请排除启动时报告的问题，然后重启图鉴。", "Mend what the start reported, then start Tujian again."),
    ),
    "damaged": (
        ("已损坏", "is damaged"),
        ("请移走这个文件，图鉴会新建一个。", "Move the file away: a new one is made."),
    ),
    "other": (("用不了", "cannot be used"), ("请检查 TUJIAN_HOME。", "Check TUJIAN_HOME.")),
}
_TOO_NEW = re.compile("syntax error|no such column|has no column")  # a wrong statement is our own fault


def open_database(path: Path) -> sa.Engine:
    """The database in `path`, made or migrated to the newest version. Every use of it may raise StoreFailed.

    One that is full, locked or read-only now is no reason not to look at pictures: it is noted, and each use says so
    again. Raises BrokenInstall when the file is damaged.
    """
    engine = _engine_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds all text of what was looked at
        if _version(engine) != HEAD:
            _migrate(engine)
    except OSError as error:
        note("store_failed", str(_failed(path, error.strerror or "")), level=logging.WARNING, doing="open")
    except StoreFailed as failed:
        if failed.why in ("damaged", "other"):
            raise BrokenInstall(zh=failed.zh, en=failed.en) from failed
        note("store_failed", str(failed), level=logging.WARNING, doing="open", why=failed.why)
    return engine


def _engine_of(path: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": LOCK_WAIT_S})

    @event.listens_for(engine, "connect")
    def _tune(connection, _) -> None:  # noqa: ANN001 - DBAPI connection, event record
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")
        connection.execute("pragma temp_store = memory")  # sorting needs no temporary files then

    @event.listens_for(engine, "handle_error")
    def _translate(context: sa.engine.ExceptionContext) -> None:
        error = context.original_exception
        is_the_file = type(error) in (sqlite3.OperationalError, sqlite3.DatabaseError)  # not a wrong statement or value
        if is_the_file and not _TOO_NEW.search(str(error)):
            raise _failed(path, str(error)) from error

    return engine


def _failed(path: Path, error: str) -> StoreFailed:
    """What SQLite's message means and what to do about it."""
    why = next((why for why, pattern in _WHYS.items() if re.search(pattern, error)), "other")
    (what_zh, what_en), (do_zh, do_en) = _WORDS[why]
    return StoreFailed(
        why,
        zh=(f"数据库 {path.name} {what_zh}（{error}）：回答照常，但什么也没有保存。", do_zh),
        en=(f"The database {path.name} {what_en} ({error}): pictures are answered, nothing is kept.", do_en),
    )


def _version(engine: sa.Engine) -> str | None:
    if not sa.inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        return connection.execute(sa.text("select version_num from alembic_version")).scalar()


def _migrate(engine: sa.Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("tujian").joinpath("migrations")))
    with engine.connect() as connection:
        connection.exec_driver_sql("begin exclusive")  # another process may be at it on the same new database
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
