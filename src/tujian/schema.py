"""The tables, and how a database file is opened and brought up to date.

SQLAlchemy Core; the SQL stays visible where it is used. Migrations are Alembic's and are appended, never edited.
SQLite: WAL, synchronous=NORMAL, one writer a process (notes/scale.md).
"""

from importlib.resources import files
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError

from tujian.errors import BrokenInstall

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


def open_database(path: Path) -> sa.Engine:
    """The database in `path`, made or migrated to the newest version."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds all text of what was looked at
        return _open(path)
    except (OSError, DatabaseError) as error:
        why = str(getattr(error, "orig", error))
        raise BrokenInstall(
            zh=(f"数据库 {path} 打不开：{why}。", "请检查目录权限；文件若已损坏，移走它，图鉴会新建一个。"),
            en=(
                f"The database {path} cannot be opened: {why}.",
                "Check the folder; move a damaged file away.",
            ),
        ) from error


def _open(path: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 20})

    @event.listens_for(engine, "connect")
    def _tune(connection, _) -> None:  # noqa: ANN001 - DBAPI connection, event record
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")

    if _version(engine) != HEAD:
        _migrate(engine)
    return engine


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
