"""Conversations about pictures; each picture once, whichever chats show it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "chats",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("changed_at", sa.String(32), nullable=False),
    )
    op.create_index("chats_by_change", "chats", ["changed_at", "id"])
    op.create_table(
        "chat_turns",
        sa.Column("chat_id", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("finish", sa.String(16)),
        sa.Column("model", sa.Text),
        sa.Column("url", sa.Text),
        sa.Column("remote", sa.Boolean),
        sa.Column("sampling", sa.JSON),
        sa.Column("elapsed_ms", sa.Float),
        sa.Column("tokens_in", sa.Integer),
        sa.Column("tokens_out", sa.Integer),
        sa.Column("left_out", sa.Integer),
        sa.Column("trouble", sa.JSON),
    )
    op.create_table(
        "chat_pictures",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("width_px", sa.Integer, nullable=False),
        sa.Column("height_px", sa.Integer, nullable=False),
        sa.Column("tokens", sa.Integer, nullable=False),
        sa.Column("jpeg", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "chat_shown",
        sa.Column("chat_id", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.create_index("chat_shown_by_picture", "chat_shown", ["sha256"])


def downgrade() -> None:
    for table in ("chat_shown", "chat_pictures", "chat_turns", "chats"):
        op.drop_table(table)
