"""Items that nobody has looked at yet are counted often; those that were there before stay as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

PENDING = sa.text("visibility = 'pending'")


def upgrade() -> None:
    names = ["made_at", "id"]
    op.create_index("items_pending", "items", names, sqlite_where=PENDING, postgresql_where=PENDING)
