"""Vectors by their embedder, and what questions of an embedder that does not ship are measured against."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_index("item_vectors_by_embedder", "item_vectors", ["embedder", "number"])
    op.create_table(
        "backgrounds",
        sa.Column("embedder", sa.String(100), primary_key=True),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("dimensions", sa.Integer, nullable=False),
        sa.Column("vectors", sa.LargeBinary, nullable=False),
    )
