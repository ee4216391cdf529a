"""What waits for a person's eyes; and when photos were taken, for the album. What was kept before is filled in."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("item_id", sa.String(32), primary_key=True),
        sa.Column("field", sa.String(64), primary_key=True),
        sa.Column("reason", sa.String(16), primary_key=True),
        sa.Column("weight", sa.Integer, nullable=False),
        sa.Column("record_number", sa.Integer, nullable=False),
        sa.Column("picture", sa.String(64), nullable=False),
        sa.Column("decided_at", sa.String(32)),
        sa.Column("decided_by", sa.String(200)),
    )
    op.create_index("reviews_by_weight", "reviews", ["weight", "item_id", "field", "reason"])
    op.create_index("reviews_by_reason", "reviews", ["reason", "weight", "item_id", "field"])
    op.execute(  # the other reasons come with an item's next look
        "insert into reviews (item_id, field, reason, weight, record_number, picture) "
        "select v.item_id, v.field, 'contradicted', 500, v.record_number, p.sha256 from item_values v "
        "join item_pictures p on p.item_id = v.item_id and p.place = 0 "
        "where v.verdict = 'contradicted' and v.record_number is not null"
    )
    op.execute(
        "insert into reviews (item_id, field, reason, weight, record_number, picture) "
        "select v.item_id, v.field, 'unsure', 3500, v.record_number, p.sha256 from item_values v "
        "join item_pictures p on p.item_id = v.item_id and p.place = 0 "
        "where v.verdict = 'unchecked' and v.confidence < 0.6 and v.record_number is not null"
    )
    op.execute(
        "insert into item_facts (item_id, name, text) select i.item_id, 'taken', substr(p.taken_at, 1, 19) "
        "from item_pictures i join pictures p on p.sha256 = i.sha256 where i.place = 0 and p.taken_at is not null"
    )
