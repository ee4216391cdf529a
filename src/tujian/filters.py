"""A fact asked for: the colour is red, the price is under 200.

The noun that a sentence is understood as (`query.py`) and that the search takes.
"""

from dataclasses import dataclass
from typing import Literal

Op = Literal["is", "not", "under", "over", "between", "since", "until"]


@dataclass(frozen=True, slots=True)
class Filter:
    """`field` is category (a taxonomy id, its children count), category_guess (nobody was sure of it), brand, colour (a
    base colour), price, date (ISO), place, people, kind, or any field of a task. `between` has two values, both in."""

    field: str
    op: Op
    value: object
