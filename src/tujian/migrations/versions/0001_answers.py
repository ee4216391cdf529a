"""Stored answers: same picture + same recipe, same answer."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("recipe", sa.String(64), primary_key=True),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("bytes_count", sa.Integer, nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
    )
    op.create_index("answers_by_age", "answers", ["made_at"])


def downgrade() -> None:
    op.drop_table("answers")
