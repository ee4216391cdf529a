"""What items are found by: words, facts, meanings."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "item_texts",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("item_id", sa.String(32), nullable=False, unique=True),
        sa.Column("tokens", sa.Text, nullable=False),
        sa.Column("passage", sa.Text, nullable=False),
        sa.Column("digest", sa.String(16), nullable=False),
    )
    op.create_table(
        "item_facts",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("item_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("text", sa.String(200), nullable=False),
        sa.Column("number", sa.Float),
    )
    op.create_index("item_facts_by_text", "item_facts", ["name", "text", "item_id"])
    op.create_index("item_facts_by_number", "item_facts", ["name", "number", "item_id"])
    op.create_index("item_facts_by_item", "item_facts", ["item_id", "name"])
    op.create_table(
        "item_vectors",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("item_id", sa.String(32), nullable=False, unique=True),
        sa.Column("embedder", sa.String(100), nullable=False),
        sa.Column("digest", sa.String(16), nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
    op.execute("insert into counters (name, value) values ('vector', 0)")
    (_fts5 if op.get_bind().dialect.name == "sqlite" else _tsvector)()


def _fts5() -> None:
    old = "insert into item_words(item_words, rowid, tokens) values ('delete', old.number, old.tokens);"
    new = "insert into item_words(rowid, tokens) values (new.number, new.tokens);"
    op.execute(
        "create virtual table item_words using fts5(tokens, content='item_texts', content_rowid='number', "
        "tokenize='unicode61 remove_diacritics 0', detail=none)"
    )
    op.execute(f"create trigger item_texts_added after insert on item_texts begin {new} end")
    op.execute(f"create trigger item_texts_gone after delete on item_texts begin {old} end")
    op.execute(f"create trigger item_texts_changed after update on item_texts begin {old} {new} end")


def _tsvector() -> None:
    op.execute(
        "alter table item_texts add column words tsvector "
        "generated always as (array_to_tsvector(string_to_array(tokens, ' '))) stored"
    )
    op.execute("create index item_texts_by_word on item_texts using gin (words)")
