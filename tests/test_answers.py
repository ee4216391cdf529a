"""Stored answers: same bytes and same recipe only, through restarts, within a limit. req: A12, D7"""

import datetime as dt

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tujian.answers import Answers
from tujian.database import HEAD, open_database
from tujian.schema import metadata

RECORD = {"title": "果汁", "text": "x" * 1000}


def test_an_answer_is_found_again_after_a_restart(place):
    Answers(open_database(place), 10).keep("a" * 64, "r1", RECORD)
    assert Answers(open_database(place), 10).find("a" * 64, "r1") == RECORD


def test_another_picture_or_another_recipe_is_another_answer(database):
    answers = Answers(database, 10)
    answers.keep("a" * 64, "r1", RECORD)
    assert answers.find("b" * 64, "r1") is None and answers.find("a" * 64, "r2") is None


def test_the_first_answer_stays(database):
    answers = Answers(database, 10)
    answers.keep("a" * 64, "r1", RECORD)
    answers.keep("a" * 64, "r1", {"title": "other"})
    assert answers.find("a" * 64, "r1") == RECORD


def test_the_oldest_answers_go_when_the_store_is_full(database):
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    ticks = iter(range(10_000))
    answers = Answers(database, 1, clock=lambda: now + dt.timedelta(seconds=next(ticks)))
    noise = {"text": "".join(chr(0x4E00 + (i * 7919) % 20000) for i in range(30_000))}
    for place in range(40):
        answers.keep(f"{place:064d}", "r", noise)
    with database.read() as connection:
        held = connection.execute(sa.text("select sum(bytes_count) from answers")).scalar()
    assert held is not None and held <= 1_000_000
    assert answers.find(f"{0:064d}", "r") is None
    assert answers.find(f"{39:064d}", "r") == noise


def test_many_short_runs_keep_to_the_limit_too(database):
    noise = {"text": "".join(chr(0x4E00 + (i * 7919) % 20000) for i in range(30_000))}
    for run in range(30):
        Answers(database, 1).keep(f"{run:064d}", "r", noise)
    with database.read() as connection:
        held = connection.execute(sa.text("select sum(bytes_count) from answers")).scalar()
    assert held is not None and held <= 1_050_000


def test_a_limit_of_zero_keeps_nothing(database):
    answers = Answers(database, 0)
    answers.keep("a" * 64, "r1", RECORD)
    assert answers.find("a" * 64, "r1") is None


def _is_of_every_database(thing, name, kind, *_):
    """What finds words is of each database's own kind: FTS5's tables, a column of tsvector and its index."""
    return not str(name).startswith("item_words") and (kind, name) not in {
        ("column", "words"),
        ("index", "item_texts_by_word"),
    }


def test_the_migrations_make_the_tables_that_the_code_expects(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_of_every_database})
        assert context.get_current_revision() == HEAD
        assert compare_metadata(context, metadata) == []
