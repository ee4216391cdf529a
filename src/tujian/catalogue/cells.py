"""Current values of many items at once, as a table shows them. req: C1

Enters: items and fields. Leaves: a cell for each value there is. What it does not know: evidence, pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import sqlalchemy as sa

from tujian.records import FieldValue, Source, Verdict
from tujian.schema import item_values


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as it stands, who says it, and how far it is to be trusted."""

    value: FieldValue
    unit: str | None
    source: Source
    verdict: Verdict


def cells_of(connection: sa.Connection, item_ids: Sequence[str], fields: Sequence[str]) -> dict[str, dict[str, Cell]]:
    """Cells by item and field; who may see the items was asked before."""
    of_these = sa.and_(item_values.c.item_id.in_(item_ids), item_values.c.field.in_(fields))
    found: dict[str, dict[str, Cell]] = {}
    for row in connection.execute(sa.select(item_values).where(of_these)):
        cell = Cell(row.value, row.unit, cast(Source, row.source), Verdict(row.verdict))
        found.setdefault(row.item_id, {})[row.field] = cell
    return found
