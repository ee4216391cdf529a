"""The catalogue: pictures, items, records, values and their history; batches, jobs and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _pictures()
    _items()
    _values()
    _numbers()
    _beside()
    _work()
    _ledger()


def _pictures() -> None:
    op.create_table(
        "pictures",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("md5", sa.String(32), nullable=False),
        sa.Column("dhash", sa.String(16), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("width_px", sa.Integer, nullable=False),
        sa.Column("height_px", sa.Integer, nullable=False),
        sa.Column("bytes_count", sa.BigInteger, nullable=False),
        sa.Column("taken_at", sa.String(40)),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        sa.Column("camera", sa.Text),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("embedder", sa.String(100)),
        sa.Column("vector", sa.LargeBinary),
        sa.Column("is_kept", sa.Boolean, nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
    )
    op.create_index("pictures_by_md5", "pictures", ["md5"])
    op.create_table(
        "sources",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("root", sa.Text, nullable=False, unique=True),
        sa.Column("is_read_only", sa.Boolean, nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("seen_at", sa.String(32)),
    )
    op.create_table(
        "files",
        sa.Column("source_id", sa.String(32), primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("bytes_count", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("seen_at", sa.String(32), nullable=False),
        sa.Column("gone_at", sa.String(32)),
    )
    op.create_index("files_by_picture", "files", ["sha256"])


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("external_id", sa.String(200), unique=True),
        sa.Column("sku", sa.String(200)),
        sa.Column("variant_group", sa.String(200)),
        sa.Column("visibility", sa.String(16), nullable=False),
        sa.Column("visibility_by", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False, unique=True),
        sa.Column("records_count", sa.Integer, nullable=False),
        sa.Column("batch_id", sa.String(32)),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("changed_at", sa.String(32), nullable=False),
    )
    op.create_index("items_by_age", "items", ["made_at", "id"])
    op.create_index("items_by_group", "items", ["variant_group"])
    op.create_index("items_by_sku", "items", ["sku"])
    op.create_table(
        "item_pictures",
        sa.Column("item_id", sa.String(32), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.create_index("item_pictures_by_picture", "item_pictures", ["sha256"])


def _values() -> None:
    op.create_table(
        "records",
        sa.Column("item_id", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("task", sa.String(50), nullable=False),
        sa.Column("recipe", sa.String(64), nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("batch_id", sa.String(32)),
        sa.Column("made_at", sa.String(32), nullable=False),
    )
    op.create_table(
        "item_values",
        sa.Column("item_id", sa.String(32), primary_key=True),
        sa.Column("field", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text),
        sa.Column("value_id", sa.String(100)),
        sa.Column("unit", sa.String(32)),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("confidence", sa.Float),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("standing", sa.Integer, nullable=False),
        sa.Column("record_number", sa.Integer),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("changed_at", sa.String(32), nullable=False),
    )
    op.create_table(
        "field_history",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("item_id", sa.String(32), nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("field", sa.String(64), nullable=False),
        sa.Column("old", sa.Text),
        sa.Column("old_source", sa.String(16)),
        sa.Column("new", sa.Text),
        sa.Column("new_source", sa.String(16)),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("batch_id", sa.String(32)),
        sa.Column("undoes", sa.BigInteger),
        sa.Column("made_at", sa.String(32), nullable=False),
    )
    op.create_index("field_history_by_batch", "field_history", ["batch_id"])
    op.create_index("field_history_by_item", "field_history", ["item_id", "change"])


def _numbers() -> None:
    op.create_table(
        "forgotten",
        sa.Column("item_id", sa.String(32), primary_key=True),
        sa.Column("change", sa.BigInteger, nullable=False, unique=True),
        sa.Column("made_at", sa.String(32), nullable=False),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "requests",
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
    )
    op.create_index("requests_by_age", "requests", ["made_at"])
    op.execute("insert into counters (name, value) values ('change', 0)")


def _beside() -> None:
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("changed_at", sa.String(32), nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("verb", sa.String(32), nullable=False),
        sa.Column("about", sa.String(64), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
    )
    op.create_index("audit_by_subject", "audit", ["about", "id"])


def _work() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("source_id", sa.String(32)),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("is_paused", sa.Boolean, nullable=False),
        sa.Column("is_whole", sa.Boolean, nullable=False),
        sa.Column("hours", sa.String(16), nullable=False),
        sa.Column("webhook_url", sa.Text),
        sa.Column("webhook_secret", sa.Text),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("ended_at", sa.String(32)),
    )
    op.create_table(
        "batch_rows",
        sa.Column("batch_id", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("row", sa.Text),
        sa.Column("item_id", sa.String(32)),
        sa.Column("trouble", sa.Text),
    )
    op.create_index("batch_rows_by_state", "batch_rows", ["batch_id", "state"])


def _ledger() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("key", sa.String(200), nullable=False, unique=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("batch_id", sa.String(32)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("is_held", sa.Boolean, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("due_s", sa.Float, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(100)),
        sa.Column("lease_s", sa.Float),
        sa.Column("elapsed_ms", sa.Float),
        sa.Column("result", sa.Text),
        sa.Column("trouble", sa.Text),
        sa.Column("made_s", sa.Float, nullable=False),
        sa.Column("ended_s", sa.Float),
    )
    op.create_index("jobs_by_batch", "jobs", ["batch_id", "state"])
    where = sa.text("state = 'doing'")
    op.create_index("jobs_leased", "jobs", ["lease_s"], sqlite_where=where, postgresql_where=where)
    where = sa.text("state = 'todo' and not is_held")
    op.create_index("jobs_to_claim", "jobs", ["priority", "id"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("batch_id", sa.String(32), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("sent_at", sa.String(32)),
    )


def downgrade() -> None:
    for table in (
        "outbox",
        "jobs",
        "batch_rows",
        "batches",
        "audit",
        "saved_searches",
        "requests",
        "counters",
        "forgotten",
        "field_history",
        "item_values",
        "records",
        "item_pictures",
        "items",
        "files",
        "sources",
        "pictures",
    ):
        op.drop_table(table)
