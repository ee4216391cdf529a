"""What the columns of a sheet that was sent are taken for, and what else they may be taken for. req: C1, F2

Enters: a parcel with a sheet, what somebody chose so far, by the place of the column. Leaves: headings, the first rows
as they stand there, the meaning of each column. Does not know what is done with the sheet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tujian.bringing.columns import FIRST, ROLE_WORDS, Columns, by_heading, columns_in, known_headings
from tujian.bringing.parcels import Parcel
from tujian.bringing.shopify import is_shopify
from tujian.errors import BadInput, Lang
from tujian.sheets import Sheet, heading_key, open_sheet
from tujian.sniffing import refuse
from tujian.tasks import Tasks

NONE = "-"
SHOWN_ROWS = 4
MOST_SHOWN = 60  # columns
LONGEST_SHOWN = 80  # characters of a cell
TITLE = ("标题", "title")


@dataclass(frozen=True, slots=True)
class Column:
    """`taken` is a role or a field's name, "-" for none; `is_sure`: its heading said so itself."""

    place: int
    heading: str
    taken: str
    is_sure: bool
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A sheet with the meaning of its columns; `numbers` are those of the rows shown."""

    path: Path
    sheet: Sheet
    shown: Sequence[Column]
    columns: Columns
    numbers: Sequence[int]

    @property
    def given(self) -> dict[str, str]:
        """Field by heading, as an import is told it."""
        told: dict[str, str] = {}
        for one in self.shown:
            is_new = told.get(one.heading, NONE) == NONE  # of two alike the first that means something counts
            if heading_key(one.heading) and is_new:
                told[one.heading] = one.taken
        return told

    @property
    def is_shopify(self) -> bool:
        return is_shopify(self.sheet.headings)

    @property
    def has_key(self) -> bool:
        """Whether a row says which pictures or which item it is about."""
        return self.columns.at("picture", "sku", "external_id") is not None


def map_columns(parcel: Parcel, chosen: Sequence[str], tasks: Tasks) -> Mapped:
    """The parcel's sheet. `chosen` are meanings by place; none: as the headings say. Raises BadInput, BadEdit."""
    sent = parcel.sheet
    if sent is None:
        raise _no_sheet()
    if not sent.bytes_count:
        raise refuse("empty")
    known = known_headings(tasks)
    sheet = open_sheet(parcel.path(sent), known)
    headings = sheet.headings[:MOST_SHOWN]
    meant = _meanings(columns_in(sheet.headings, known, tasks))
    taken = [chosen[place] if place < len(chosen) else meant.get(place, NONE) for place in range(len(headings))]
    given = by_heading((one, name) for one, name in zip(headings, taken, strict=True) if heading_key(one))
    rows = list(islice(sheet, SHOWN_ROWS))
    shown = [
        Column(place, heading, taken[place], place in meant, [row.cells[place][:LONGEST_SHOWN] for row in rows])
        for place, heading in enumerate(headings)
    ]
    columns = columns_in(sheet.headings, {**known, **given}, tasks)
    return Mapped(parcel.path(sent), sheet, shown, columns, [row.number for row in rows])


def _meanings(columns: Columns) -> dict[int, str]:
    """A role or a field's name by the place of the column."""
    fields = {place: one.name for place, one in columns.fields.items()}
    titles = dict.fromkeys(columns.titles, "title")
    roles = {place: role for role, place in columns.roles.items()}
    return {**fields, **titles, **dict.fromkeys(columns.pictures, "picture"), **roles}


def choices(tasks: Tasks, lang: Lang) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What a column may be taken for: what says which item it is, then fields, each with its name for people."""
    place = 0 if lang == "zh" else 1
    roles = [(role, words[place]) for role, words in ROLE_WORDS.items()]
    fields: dict[str, str] = {"title": TITLE[place]}
    for task in sorted(tasks, key=lambda one: FIRST.index(one.name) if one.name in FIRST else len(FIRST)):
        for one in task.fields:
            fields.setdefault(one.name, one.label.of(lang))
    return roles, list(fields.items())


def _no_sheet() -> BadInput:
    return BadInput(
        zh=("上传的文件里没有表格。", "请上传 CSV、XLSX 或 JSONL。"),
        en=("None of the files is a spreadsheet.", "Upload a CSV, XLSX or JSONL file."),
    )
