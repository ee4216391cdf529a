"""PostgreSQL's index of words keeps no list of what is not sorted in yet: each search read the whole list, 2 ms a word
at 10,000 items (docs/decisions.md)."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("alter index item_texts_by_word set (fastupdate = off)")
        op.execute("select gin_clean_pending_list('item_texts_by_word')")
