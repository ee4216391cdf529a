"""Items as a table: chosen columns, cells that are edited in place, rows that are chosen together. req: C1

Enters: the items of a page, their cells, the fields there are, which of them were chosen. Leaves: what `table.html`
draws. What it does not know: the catalogue, requests. Values are foreign: they only ever become text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tujian.catalogue.cells import Cell
from tujian.catalogue.nouns import ItemHead
from tujian.errors import Lang
from tujian.records import in_words
from tujian.tasks import TaskField

OWN = ("item.sku", "item.external_id")  # the item's own, which no task knows
FIRST = ("category", "brand", "colours", "price", "item.sku")
MOST_COLUMNS = 12  # more is a spreadsheet: export it


@dataclass(frozen=True, slots=True)
class Column:
    """A field as a column; `options` are all the values that it may have, where they are fixed."""

    field: str
    label: str
    kind: str
    options: Sequence[str] = ()
    is_on: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell as it is drawn: how it reads, and whether somebody should look at it."""

    text: str = ""
    verdict: str = "unseen"
    is_person: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    item: ItemHead
    cells: Sequence[Shown]


@dataclass(frozen=True, slots=True)
class Table:
    """`columns` are the chosen ones; `offered` all that could be."""

    columns: Sequence[Column]
    offered: Sequence[Column]
    rows: Sequence[Row]


def chosen_columns(asked: Sequence[str], fields: Mapping[str, TaskField]) -> list[str]:
    """The columns that were asked for and exist, in the order asked; without any, the first ones.

    >>> chosen_columns(["item.sku", "no such"], {}), chosen_columns([], {})
    (['item.sku'], ['item.sku'])
    """
    known = [name for name in dict.fromkeys(asked) if name in fields or name in OWN]
    return known[:MOST_COLUMNS] or [name for name in FIRST if name in fields or name in OWN]


def lay_table(
    heads: Sequence[ItemHead],
    cells: Mapping[str, Mapping[str, Cell]],
    chosen: Sequence[str],
    fields: Mapping[str, TaskField],
    lang: Lang,
) -> Table:
    columns = [_column(name, fields, lang) for name in chosen]
    offered = [_column(name, fields, lang, name in chosen) for name in [*fields, *OWN]]
    rows = [Row(head, [_shown(head, cells.get(head.id, {}), one, lang) for one in columns]) for head in heads]
    return Table(columns, offered, rows)


def _column(name: str, fields: Mapping[str, TaskField], lang: Lang, is_on: bool = True) -> Column:
    field = fields.get(name)
    if field is None:
        return Column(name, name, "text", is_on=is_on)
    return Column(name, field.label.of(lang), field.type, [one.of(lang) for one in field.values or []], is_on)


def _shown(head: ItemHead, cells: Mapping[str, Cell], column: Column, lang: Lang) -> Shown:
    if column.field in OWN:
        own = getattr(head, column.field.removeprefix("item.")) or ""
        return Shown(own, "human" if own else "unseen", bool(own))
    cell = cells.get(column.field)
    if cell is None:
        return Shown()
    text = in_words(cell.value, lang)
    unit = f" {cell.unit}" if text and cell.unit and column.kind != "number" and not text.endswith(cell.unit) else ""
    return Shown(f"{text}{unit}", cell.verdict, cell.source == "person")
