"""The database: opened, brought up to date, read and written; its troubles told in the error tree.

Enters: where it lies, a file's path or a URL. Leaves: connections within transactions. Does not know what is in it.

SQLite: WAL; one writer a process, because several die on "database is locked" (notes/scale.md). A write begins with its
lock (BEGIN IMMEDIATE), so what it reads stays true until it ends. synchronous=NORMAL keeps what was acknowledged
through the end of a process; `durable` writes, a person's, are synced (FULL) and outlive a power cut too.
"""

import json
import logging
import sqlite3
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, TimeoutError

from tujian.errors import BadSettings, BrokenInstall, StoreFailed
from tujian.logs import note
from tujian.store_troubles import trouble, trouble_in

HEAD = "0008"
PATIENCE_S = 5.0  # for another process's write; longer, and whoever asks about a picture would wait for the store
MIGRATING = 0x74756A69616E  # "tujian": PostgreSQL's name for the lock that one migration at a time holds


class Database:
    """One database, shared by threads."""

    def __init__(self, engine: sa.Engine, patience_s: float = PATIENCE_S) -> None:
        self.engine, self._patience_s = engine, patience_s
        self.is_sqlite = engine.dialect.name == "sqlite"
        self.insert = sqlite.insert if self.is_sqlite else postgresql.insert  # may say what to do on a conflict
        self._name = Path(engine.url.database or "").name
        self._turn = threading.Lock()

    def set_up(self) -> None:
        """Makes what is missing: folder, tables, the newest version's changes. Raises StoreFailed."""
        try:
            if self.is_sqlite and self.engine.url.database:
                # it holds all text of what was looked at
                Path(self.engine.url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise trouble(self._name, error.strerror or "", "read_only") from error
        with self._told():
            if _version(self.engine) != HEAD:
                _migrate(self)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection on which several reads see one moment. Raises StoreFailed."""
        with self._told(), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self, within: sa.Connection | None = None, *, durable: bool = False) -> Iterator[sa.Connection]:
        """A transaction: all of it is kept, or nothing; or a part of the one called `within`.

        Raises StoreFailed: StoreLocked, StoreFull, StoreDown.
        """
        if within is not None:
            yield within
        elif self.is_sqlite:
            with self._only_writer(), self._told(), self._write_sqlite(durable) as connection:
                yield connection
        else:
            with self._told(), self.engine.begin() as connection:
                yield connection

    def is_one_of(self, column: sa.ColumnElement[str], ids: Collection[str]) -> sa.ColumnElement[bool]:
        """Whether the column holds one of many ids (no commas): one text, as drivers take milliseconds for 400."""
        if self.is_sqlite:
            return column.in_(sa.select(sa.func.json_each(json.dumps(list(ids))).table_valued("value").c.value))
        return column == sa.any_(sa.func.string_to_array(",".join(ids), ",", type_=postgresql.ARRAY(sa.String)))

    def expect_few(self, connection: sa.Connection) -> None:
        """Until the transaction ends, each of the few rows asked for is looked up. PostgreSQL would rather read every
        fact that passes a filter: a hybrid search of 100,000 items took 75 ms, takes 59 so. SQLite looks up anyway."""
        if not self.is_sqlite:
            connection.execute(
                sa.text(
                    "select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)"
                )
            )

    def alone_with(self, connection: sa.Connection, name: str) -> None:
        """Until the transaction ends, nobody else is alone with `name`. On SQLite, whoever writes is alone anyway."""
        if not self.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the database complains of, said in the error tree."""
        try:
            yield
        except (DatabaseError, sqlite3.Error) as error:
            failed = trouble_in(error, self._name)
            if failed is None:
                raise
            raise failed from error
        except TimeoutError as error:  # SQLAlchemy's: every connection of the pool is in use
            raise trouble(self._name, str(error), "locked") from error

    @contextmanager
    def _only_writer(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=self._patience_s):
            raise trouble(self._name, "another thread", "locked")
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


def open_database(where: Path | str, patience_s: float = PATIENCE_S) -> Database:
    """The database at `where`, made or migrated to the newest version: an SQLite file's path, or a URL such as
    postgresql://user@host/name.

    A file that is locked, full or read-only now is no reason not to look at pictures: it is noted, and each use says so
    again. Raises BadSettings, and BrokenInstall when the file is damaged or the server does not answer.
    """
    if isinstance(where, Path):
        where = str(sa.URL.create("sqlite", database=str(where)))
    try:
        database = Database(_engine(sa.make_url(where), patience_s), patience_s)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise _bad_url(str(error)) from error
    try:
        database.set_up()
    except StoreFailed as failed:
        if not database.is_sqlite or failed.why in ("damaged", "other"):
            raise BrokenInstall(zh=failed.zh, en=failed.en) from failed
        note("store_failed", str(failed), level=logging.WARNING, doing="open", why=failed.why)
    return database


def _engine(url: sa.URL, patience_s: float) -> sa.Engine:
    backend = url.get_backend_name()
    if backend == "postgresql":
        return sa.create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=10)
    if backend != "sqlite":
        raise NoSuchModuleError(backend)
    engine = sa.create_engine(url, connect_args={"timeout": patience_s})
    event.listen(engine, "connect", _tune)
    event.listen(engine, "begin", _begin)
    return engine


def _tune(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # `_begin` says when a transaction begins, not the driver
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    connection.execute("pragma temp_store = memory")  # sorting needs no temporary files then


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
