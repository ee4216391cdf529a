"""What became of a batch, row by row, as a sheet: state, reason, what to do. req: C1

Enters: a batch. Leaves: CSV or XLSX, row by row and never all at once. Text that a spreadsheet would run is defused.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tujian.bringing.nouns import REASONS, reason_said
from tujian.catalogue.reading import may_see
from tujian.database import Database
from tujian.errors import BadInput, Lang, NotFound
from tujian.folding import printable
from tujian.schema import batch_rows, batches, items, jobs
from tujian.sheet_writing import BOM, csv_rows, write_book
from tujian.sheets import MOST_BOOK_ROWS

HEADINGS: dict[Lang, tuple[str, ...]] = {
    "zh": ("行", "状态", "图片", "SKU", "外部编号", "条目", "原因", "怎么办"),
    "en": ("Row", "State", "Picture", "SKU", "External id", "Item", "Reason", "What to do"),
}
STATES: dict[str, tuple[str, str]] = {
    "done": ("完成", "done"), "failed": ("失败", "failed"), "skipped": ("跳过", "skipped"), "todo": ("未做", "to do"),
    "waiting": ("已导入，等着识别，暂不显示", "brought, not shown until it is looked at"),
    "noted": ("完成，有问题", "done, with a problem"), "unseen": ("已导入，识别失败", "brought, not recognised"),
}  # fmt: skip
UNSHOWN = (
    "它暂不显示：再运行同样的导入会再试；确认可以显示，就运行 tujian pending --show {id}。",
    "It is not shown: the same import tries again; if it may be seen, run tujian pending --show {id}.",
)
AT_ONCE = 1_000


def find_batch(database: Database, name: str) -> str:
    """The id of an import whose id begins so; "" is the last. Raises NotFound."""
    mine = sa.select(batches.c.id).where(batches.c.kind == "import", batches.c.id.startswith(name, autoescape=True))
    with database.read() as connection:
        found = connection.scalar(mine.order_by(batches.c.made_at.desc()).limit(1))
    if found is None:
        shown = printable(name)[:60]
        raise NotFound(
            zh=(f"没有编号为 {shown!r} 的导入。", "tujian import 结束时会打印编号；不写编号就是最近一次。"),
            en=(f"There is no import {shown!r}.", "`tujian import` prints its id; without one the last is meant."),
        )
    return found


def write_report(database: Database, batch_id: str, out: Path, lang: Lang) -> int:
    """Writes every row, to a workbook if the name ends in .xlsx; returns how many. Raises BadInput, StoreFailed."""
    lines = chain([HEADINGS[lang]], _lines(database, batch_id, lang))
    try:
        if out.suffix.lower() == ".xlsx":
            return write_book(lines, out, "tujian", most_rows=MOST_BOOK_ROWS) - 1
        with out.open("wb") as file:
            file.write(BOM)
            return sum(1 for line in csv_rows(lines) if file.write(line)) - 1
    except OSError as error:
        shown = printable(str(out))
        raise BadInput(
            zh=(f"{shown} 写不了（{error.strerror}）。", "请换一个位置，或先关掉打开着它的程序。"),
            en=(f"{shown} cannot be written ({error.strerror}).", "Choose another place, or close who has it open."),
        ) from error


def _lines(database: Database, batch_id: str, lang: Lang) -> Iterator[list[str]]:
    place, unseen = 0 if lang == "zh" else 1, _unseen(database, batch_id)
    for row in _rows(database, batch_id):
        trouble, state = row.trouble, row.state
        if state == "done" and trouble is None and row.item_id in unseen:
            state, trouble = "unseen", unseen[row.item_id]
        elif state == "done" and trouble is None and row.visibility == "pending":
            state = "waiting"
        elif state == "done" and trouble is not None:
            state = "noted"
        facts: dict[str, Any] = row.row or {}
        pictures = "; ".join(facts.get("pictures", ()))
        reason = facts.get("reason", "")
        message, remedy = trouble[lang] if trouble else (reason_said(reason, lang) if reason in REASONS else "", "")
        if state == "unseen" and row.visibility == "pending":
            remedy = f"{remedy} {UNSHOWN[place].format(id=row.seen_id[:12])}"
        own = (row.sku or facts.get("sku") or "", row.external_id or facts.get("external_id") or "", row.seen_id or "")
        told = (row.name, STATES[state][place], pictures, *own, message, remedy)
        yield [printable(cell) for cell in told]


def _rows(database: Database, batch_id: str) -> Iterator[sa.Row]:
    """In their order, some at a time: nobody waits for the whole report. What items are that are hidden is left out."""
    joined = batch_rows.outerjoin(items, sa.and_(items.c.id == batch_rows.c.item_id, may_see(["pending"])))
    asked = sa.select(batch_rows, items.c.id.label("seen_id"), items.c.sku, items.c.external_id, items.c.visibility)
    asked = asked.select_from(joined)
    last = 0
    while True:
        after = sa.and_(batch_rows.c.batch_id == batch_id, batch_rows.c.number > last)
        with database.read() as connection:
            some = connection.execute(asked.where(after).order_by(batch_rows.c.number).limit(AT_ONCE)).all()
        if not some:
            return
        yield from some
        last = some[-1].number


def _unseen(database: Database, batch_id: str) -> dict[str, Any]:
    """Why items were not recognised."""
    dead = sa.and_(jobs.c.batch_id == batch_id, jobs.c.kind == "look", jobs.c.state == "dead")
    with database.read() as connection:
        found = connection.execute(sa.select(jobs.c.payload, jobs.c.trouble).where(dead)).all()
    return {payload["item"]: trouble for payload, trouble in found}
