"""The database: opened, brought up to date, read and written; its troubles told in the error tree.

Enters: where it lies, a file's path or a URL. Leaves: connections within transactions. Does not know what is in it.

SQLite: WAL; one writer a process, because several die on "database is locked" (notes/scale.md). A write begins with its
lock (BEGIN IMMEDIATE), so what it reads stays true until it ends. synchronous=NORMAL keeps what was acknowledged
through the end of a process; `durable` writes, a person's, are synced (FULL) and outlive a power cut too.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError, TimeoutError

from tujian.errors import BadSettings, BrokenInstall, StoreDown, StoreError, StoreFull, StoreLocked

HEAD = "0003"
PATIENCE_S = 20.0  # for another process's write; ours take milliseconds
MIGRATING = 0x74756A69616E  # "tujian": PostgreSQL's name for the lock that one migration at a time holds
LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)  # the latter for quotas and limits of a file's size
NO_ROOM_STATES, BUSY_STATES = ("53100",), ("40001", "40P01", "55P03")  # PostgreSQL, Appendix A


class Database:
    """One database, shared by threads."""

    def __init__(self, engine: sa.Engine, patience_s: float = PATIENCE_S) -> None:
        self.engine, self._patience_s = engine, patience_s
        self.is_sqlite = engine.dialect.name == "sqlite"
        self.insert = sqlite.insert if self.is_sqlite else postgresql.insert  # may say what to do on a conflict
        self._turn = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection on which several reads see one moment. Raises StoreError."""
        with told(), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self, within: sa.Connection | None = None, *, durable: bool = False) -> Iterator[sa.Connection]:
        """A transaction: all of it is kept, or nothing; or a part of the one called `within`.

        Raises StoreLocked, StoreFull, StoreDown.
        """
        if within is not None:
            yield within
        elif self.is_sqlite:
            with self._only_writer(), told(), self._write_sqlite(durable) as connection:
                yield connection
        else:
            with told(), self.engine.begin() as connection:
                yield connection

    def alone_with(self, connection: sa.Connection, name: str) -> None:
        """Until the transaction ends, nobody else is alone with `name`. On SQLite, whoever writes is alone anyway."""
        if not self.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _only_writer(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=self._patience_s):
            raise _locked("another thread")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _write_sqlite(self, durable: bool) -> Iterator[sa.Connection]:
        with self.engine.connect().execution_options(is_writing=True) as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.execute(f"pragma synchronous = {'full' if durable else 'normal'}")  # not possible once it has begun
            with connection.begin():
                yield connection


@contextmanager
def told() -> Iterator[None]:
    """What a database complains of, said in the error tree."""
    try:
        yield
    except OperationalError as error:
        raise _in_our_words(error) from error
    except TimeoutError as error:  # SQLAlchemy's: every connection of the pool is in use
        raise _locked(str(error)) from error
    except sqlite3.OperationalError as error:
        raise _of_sqlite(error) from error


def _in_our_words(error: OperationalError) -> StoreError:
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(error.orig)
    state = getattr(error.orig, "sqlstate", None)
    if state in NO_ROOM_STATES:
        return _full(str(error.orig))
    return _locked(str(error.orig)) if state in BUSY_STATES else _down(str(error.orig))


def _of_sqlite(error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0)
    if code & 0xFF in LOCKED:  # the primary code; the rest says where
        return _locked(str(error))
    return _full(str(error)) if code in NO_ROOM else _down(str(error))


def _locked(why: str) -> StoreLocked:
    return StoreLocked(
        zh=(f"数据库正被占用（{why}），这次什么也没有写入。", "请稍后再试；若一直如此，看看是否有备份程序锁住了它。"),
        en=(
            f"The database is held by somebody else ({why}); nothing was written.",
            "Try again; if it lasts, see whether a backup holds it.",
        ),
    )


def _full(why: str) -> StoreFull:
    return StoreFull(
        zh=(f"磁盘已满（{why}），这次什么也没有写入，已保存的都在。", "请腾出空间后再试，中断的工作会接着做。"),
        en=(
            f"The disk is full ({why}); nothing of this was written, what was kept before is safe.",
            "Make room and try again; work that was interrupted goes on.",
        ),
    )


def _down(why: str) -> StoreDown:
    return StoreDown(
        zh=(f"数据库没有应答：{why}。", "请检查数据库服务、TUJIAN_DATABASE 和磁盘，然后再试。"),
        en=(f"The database does not answer: {why}.", "Check its server, TUJIAN_DATABASE and the disk, then try again."),
    )


def open_database(where: Path | str, patience_s: float = PATIENCE_S) -> Database:
    """The database at `where`, made or migrated to the newest version: an SQLite file's path, or a URL such as
    postgresql://user@host/name. Raises BadSettings, BrokenInstall."""
    if isinstance(where, Path):
        where = str(sa.URL.create("sqlite", database=str(where)))
    try:
        url = sa.make_url(where)
        if url.get_backend_name() == "sqlite" and url.database:
            # it holds all text of what was looked at
            Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _open(url, patience_s)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise _bad_url(str(error)) from error
    except (OSError, DatabaseError, StoreError) as error:
        raise _unopened(where, error) from error


def _open(url: sa.URL, patience_s: float) -> Database:
    backend = url.get_backend_name()
    if backend == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": patience_s})
        event.listen(engine, "connect", _tune)
        event.listen(engine, "begin", _begin)
    elif backend == "postgresql":
        engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=10)
    else:
        raise NoSuchModuleError(backend)
    database = Database(engine, patience_s)
    if _version(engine) != HEAD:
        _migrate(database)
    return database


def _tune(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # `_begin` says when a transaction begins, not the driver
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")


def _begin(connection: sa.Connection) -> None:
    is_writing = connection.get_execution_options().get("is_writing", False)
    connection.exec_driver_sql("begin immediate" if is_writing else "begin")


def _version(engine: sa.Engine) -> str | None:
    if not sa.inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        return connection.execute(sa.text("select version_num from alembic_version")).scalar()


def _migrate(database: Database) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("tujian").joinpath("migrations")))
    with database.write(durable=True) as connection:  # another process may be at it on the same new database
        if not database.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATING)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _bad_url(why: str) -> BadSettings:
    return BadSettings(
        zh=(
            f"TUJIAN_DATABASE 用不了：{why}。",
            "请写成 postgresql://用户@主机/库名（需要 pip install 'tujian[postgres]'）或 sqlite:///文件。",
        ),
        en=(
            f"TUJIAN_DATABASE cannot be used: {why}.",
            "Write postgresql://user@host/name (needs pip install 'tujian[postgres]') or sqlite:///file.",
        ),
    )


def _unopened(where: str, error: Exception) -> BrokenInstall:
    shown = sa.make_url(where).render_as_string(hide_password=True)
    why = str(getattr(error, "orig", error))
    return BrokenInstall(
        zh=(f"数据库 {shown} 打不开：{why}。", "请检查目录权限或数据库服务；文件若已损坏，移走它，图鉴会新建一个。"),
        en=(
            f"The database {shown} cannot be opened: {why}.",
            "Check the folder or the server; move a damaged file away.",
        ),
    )
