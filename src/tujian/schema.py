"""The tables, one schema on SQLite and PostgreSQL.

SQLAlchemy Core; the SQL stays visible where it is used. Migrations are Alembic's and are appended, never edited.
Times are ISO 8601 in UTC; the ledger's, which are reckoned with, are seconds since 1970.
"""

import json
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts up only what is called INTEGER


class Json(sa.types.TypeDecorator[Any]):
    """JSON as text that can be read and compared in SQL: keys in order, Chinese as it is written."""

    impl, cache_ok = sa.Text, True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:  # noqa: ANN401 - JSON
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:  # noqa: ANN401
        return None if value is None else json.loads(value)


answers = sa.Table(
    "answers",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("recipe", sa.String(64), primary_key=True),
    sa.Column("record", sa.LargeBinary, nullable=False),  # JSON, deflated
    sa.Column("bytes_count", sa.Integer, nullable=False),
    sa.Column("made_at", sa.String(32), nullable=False),  # ISO 8601, UTC
)
sa.Index("answers_by_age", answers.c.made_at)

chats = sa.Table(
    "chats",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("title", sa.String(200), nullable=False),  # "" until the first question
    sa.Column("made_at", sa.String(32), nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
)
sa.Index("chats_by_change", chats.c.changed_at, chats.c.id)

chat_turns = sa.Table(
    "chat_turns",
    metadata,
    sa.Column("chat_id", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # 1, 2, 3 … within its chat
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("made_at", sa.String(32), nullable=False),
    sa.Column("finish", sa.String(16)),  # of answers only, like all that follow
    sa.Column("model", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("remote", sa.Boolean),
    sa.Column("sampling", sa.JSON(none_as_null=True)),
    sa.Column("elapsed_ms", sa.Float),
    sa.Column("tokens_in", sa.Integer),
    sa.Column("tokens_out", sa.Integer),
    sa.Column("left_out", sa.Integer),
    sa.Column("trouble", sa.JSON(none_as_null=True)),
)

chat_pictures = sa.Table(
    "chat_pictures",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("width_px", sa.Integer, nullable=False),  # of the upright original
    sa.Column("height_px", sa.Integer, nullable=False),
    sa.Column("tokens", sa.Integer, nullable=False),
    sa.Column("jpeg", sa.LargeBinary, nullable=False),  # as an engine is shown it
)

chat_shown = sa.Table(
    "chat_shown",
    metadata,
    sa.Column("chat_id", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("name", sa.Text, nullable=False),  # the same picture may have come under another name
)
sa.Index("chat_shown_by_picture", chat_shown.c.sha256)

# the catalogue

pictures = sa.Table(
    "pictures",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("md5", sa.String(32), nullable=False),
    sa.Column("dhash", sa.String(16), nullable=False),
    sa.Column("format", sa.String(16), nullable=False),
    sa.Column("width_px", sa.Integer, nullable=False),  # of the upright original
    sa.Column("height_px", sa.Integer, nullable=False),
    sa.Column("bytes_count", sa.BigInteger, nullable=False),
    sa.Column("taken_at", sa.String(40)),
    sa.Column("latitude", sa.Float),
    sa.Column("longitude", sa.Float),
    sa.Column("camera", sa.Text),
    sa.Column("notes", Json, nullable=False),  # codes of `Picture.notes`
    sa.Column("embedder", sa.String(100)),  # who made `vector`: only vectors of one embedder are comparable
    sa.Column("vector", sa.LargeBinary),  # float16, length 1
    sa.Column("is_kept", sa.Boolean, nullable=False),  # the content lies in the shelf; else where `files` says
    sa.Column("made_at", sa.String(32), nullable=False),
)
sa.Index("pictures_by_md5", pictures.c.md5)

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),  # folder, sheet, archive, upload
    sa.Column("root", sa.Text, nullable=False, unique=True),  # folder or file that paths are relative to
    sa.Column("is_read_only", sa.Boolean, nullable=False),  # referenced in place, never copied, never written
    sa.Column("made_at", sa.String(32), nullable=False),
    sa.Column("seen_at", sa.String(32)),
)

files = sa.Table(
    "files",
    metadata,
    sa.Column("source_id", sa.String(32), primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),  # relative, with /
    sa.Column("bytes_count", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("seen_at", sa.String(32), nullable=False),
    sa.Column("gone_at", sa.String(32)),
)
sa.Index("files_by_picture", files.c.sha256)

items = sa.Table(
    "items",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),  # product, photo
    sa.Column("title", sa.Text, nullable=False),  # made of the values; shown in lists
    sa.Column("external_id", sa.String(200), unique=True),  # what the shop calls it
    sa.Column("sku", sa.String(200)),
    sa.Column("variant_group", sa.String(200)),  # items of one group are variants of one product
    sa.Column("visibility", sa.String(16), nullable=False),  # shown, hidden, sensitive, pending
    sa.Column("visibility_by", sa.String(16), nullable=False),  # default, rule, person
    sa.Column("version", sa.Integer, nullable=False),  # the ETag: counts every change of this item
    sa.Column("change", sa.BigInteger, nullable=False, unique=True),  # one row of numbers over all items
    sa.Column("records_count", sa.Integer, nullable=False),  # the number of its last record
    sa.Column("batch_id", sa.String(32)),  # that brought it
    sa.Column("made_at", sa.String(32), nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
)
sa.Index("items_by_age", items.c.made_at, items.c.id)
sa.Index("items_by_sku", items.c.sku)
sa.Index("items_by_group", items.c.variant_group)
PENDING = sa.text("visibility = 'pending'")  # spelled alike in index and question, or the index is not used
sa.Index("items_pending", items.c.made_at, items.c.id, sqlite_where=PENDING, postgresql_where=PENDING)

item_pictures = sa.Table(
    "item_pictures",
    metadata,
    sa.Column("item_id", sa.String(32), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),  # 0 is the main picture
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("name", sa.Text, nullable=False),  # what it was called when it came
)
sa.Index("item_pictures_by_picture", item_pictures.c.sha256)

records = sa.Table(
    "records",
    metadata,
    sa.Column("item_id", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # 1, 2, 3 … within the item; never changed, never reused
    sa.Column("task", sa.String(50), nullable=False),
    sa.Column("recipe", sa.String(64), nullable=False),
    sa.Column("record", sa.LargeBinary, nullable=False),  # JSON, deflated
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("batch_id", sa.String(32)),
    sa.Column("made_at", sa.String(32), nullable=False),
)

item_values = sa.Table(
    "item_values",
    metadata,
    sa.Column("item_id", sa.String(32), primary_key=True),
    sa.Column("field", sa.String(64), primary_key=True),
    sa.Column("value", Json),  # null where a person said that there is none
    sa.Column("value_id", sa.String(100)),  # controlled identity, such as a taxonomy id
    sa.Column("unit", sa.String(32)),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("confidence", sa.Float),
    sa.Column("source", sa.String(16), nullable=False),
    sa.Column("standing", sa.Integer, nullable=False),  # reconcile.standing: 0 a person, the higher the weaker
    sa.Column("record_number", sa.Integer),  # whose evidence it has; null for a person's
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
)

field_history = sa.Table(
    "field_history",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("item_id", sa.String(32), nullable=False),
    sa.Column("change", sa.BigInteger, nullable=False),  # all rows of one act share it
    sa.Column("field", sa.String(64), nullable=False),  # of the task; `item.sku` and the like are the item's own
    sa.Column("old", Json),
    sa.Column("old_source", sa.String(16)),  # null: there was no value
    sa.Column("new", Json),
    sa.Column("new_source", sa.String(16)),
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("batch_id", sa.String(32)),
    sa.Column("undoes", sa.BigInteger),  # the act that this one took back
    sa.Column("made_at", sa.String(32), nullable=False),
)
sa.Index("field_history_by_item", field_history.c.item_id, field_history.c.change)
sa.Index("field_history_by_batch", field_history.c.batch_id)

forgotten = sa.Table(  # so that who asks what changed learns that an item is gone
    "forgotten",
    metadata,
    sa.Column("item_id", sa.String(32), primary_key=True),
    sa.Column("change", sa.BigInteger, nullable=False, unique=True),
    sa.Column("made_at", sa.String(32), nullable=False),
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.String(16), primary_key=True),  # change
    sa.Column("value", sa.BigInteger, nullable=False),
)

requests = sa.Table(  # what was done under an idempotency key
    "requests",
    metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),  # of the request: another one under this key is refused
    sa.Column("answer", Json, nullable=False),
    sa.Column("made_at", sa.String(32), nullable=False),
)
sa.Index("requests_by_age", requests.c.made_at)

saved_searches = sa.Table(
    "saved_searches",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("search", Json, nullable=False),
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("made_at", sa.String(32), nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("verb", sa.String(32), nullable=False),
    sa.Column("about", sa.String(64), nullable=False),  # an item, a batch
    sa.Column("facts", Json, nullable=False),
    sa.Column("made_at", sa.String(32), nullable=False),
)
sa.Index("audit_by_subject", audit.c.about, audit.c.id)

# what items are found by (triggers and columns of its own kind on each database: migration 0004)

item_texts = sa.Table(
    "item_texts",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("item_id", sa.String(32), nullable=False, unique=True),
    sa.Column("tokens", sa.Text, nullable=False),  # words, each once, by blanks
    sa.Column("passage", sa.Text, nullable=False),  # what its meaning is taken from
    sa.Column("digest", sa.String(16), nullable=False),  # of the passage
)

item_facts = sa.Table(
    "item_facts",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("item_id", sa.String(32), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),  # a field; colour: base colours; date: when it was taken
    sa.Column("text", sa.String(200), nullable=False),  # folded
    sa.Column("number", sa.Float),
)
sa.Index("item_facts_by_text", item_facts.c.name, item_facts.c.text, item_facts.c.item_id)
sa.Index("item_facts_by_number", item_facts.c.name, item_facts.c.number, item_facts.c.item_id)
sa.Index("item_facts_by_item", item_facts.c.item_id, item_facts.c.name)

item_vectors = sa.Table(
    "item_vectors",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),  # counter "vector"
    sa.Column("item_id", sa.String(32), nullable=False, unique=True),
    sa.Column("embedder", sa.String(100), nullable=False),
    sa.Column("digest", sa.String(16), nullable=False),  # of the passage that it was made of
    sa.Column("vector", sa.LargeBinary, nullable=False),  # float16, length 1
)

sa.Index("item_vectors_by_embedder", item_vectors.c.embedder, item_vectors.c.number)

backgrounds = sa.Table(  # what questions are measured against (finding/background.py), for embedders that do not ship
    "backgrounds",
    metadata,
    sa.Column("embedder", sa.String(100), primary_key=True),
    sa.Column("version", sa.String(32), nullable=False),  # of the names that were embedded
    sa.Column("dimensions", sa.Integer, nullable=False),
    sa.Column("vectors", sa.LargeBinary, nullable=False),  # float16, one after the other
)

# work at volume

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),  # import, look …
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("source_id", sa.String(32)),
    sa.Column("options", Json, nullable=False),
    sa.Column("is_paused", sa.Boolean, nullable=False),
    sa.Column("is_whole", sa.Boolean, nullable=False),  # all its jobs are queued: it ends with the last of them
    sa.Column("hours", sa.String(16), nullable=False),  # "22:00-06:30", local time; "": always
    sa.Column("webhook_url", sa.Text),
    sa.Column("webhook_secret", sa.Text),
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("made_at", sa.String(32), nullable=False),
    sa.Column("ended_at", sa.String(32)),
)

batch_rows = sa.Table(  # what became of each row of a spreadsheet, each file of a folder
    "batch_rows",
    metadata,
    sa.Column("batch_id", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),  # file or row as its user knows it
    sa.Column("state", sa.String(16), nullable=False),  # todo, done, skipped, failed
    sa.Column("row", Json),  # as it came
    sa.Column("item_id", sa.String(32)),
    sa.Column("trouble", Json),  # {type, zh: [message, remedy], en: [message, remedy]}
)
sa.Index("batch_rows_by_state", batch_rows.c.batch_id, batch_rows.c.state)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(200), nullable=False, unique=True),  # the same work is never queued twice
    sa.Column("kind", sa.String(32), nullable=False),  # which handler
    sa.Column("payload", Json, nullable=False),
    sa.Column("batch_id", sa.String(32)),
    sa.Column("state", sa.String(16), nullable=False),  # todo, doing, done, dead, cancelled
    sa.Column("is_held", sa.Boolean, nullable=False),  # its batch is paused or outside its hours
    sa.Column("priority", sa.Integer, nullable=False),  # 0 goes first
    sa.Column("due_s", sa.Float, nullable=False),  # not before
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("token", sa.Integer, nullable=False),  # counts claims: who holds an older one may not finish
    sa.Column("worker", sa.String(100)),
    sa.Column("lease_s", sa.Float),  # till when the worker has it
    sa.Column("elapsed_ms", sa.Float),
    sa.Column("result", Json),
    sa.Column("trouble", Json),
    sa.Column("made_s", sa.Float, nullable=False),
    sa.Column("ended_s", sa.Float),
)
TODO = sa.text("state = 'todo' and not is_held")  # spelled alike in index and question, or the index is not used
DOING = sa.text("state = 'doing'")
sa.Index("jobs_to_claim", jobs.c.priority, jobs.c.id, sqlite_where=TODO, postgresql_where=TODO)
sa.Index("jobs_leased", jobs.c.lease_s, sqlite_where=DOING, postgresql_where=DOING)
sa.Index("jobs_by_batch", jobs.c.batch_id, jobs.c.state)

outbox = sa.Table(  # what is to be told to somebody's server; a job carries it there
    "outbox",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("batch_id", sa.String(32), nullable=False),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("made_at", sa.String(32), nullable=False),
    sa.Column("sent_at", sa.String(32)),
)
