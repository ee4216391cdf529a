"""What an export would lose and how its first rows would read, before it is begun. req: F5, F6

Enters: a catalogue, a form, terms, which items. Leaves: a Foreseen. The form itself writes the first items, in memory;
what is told is what it said and what then stands in its file. Nothing is kept, and no audit is written.
"""

import csv
import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from tujian.catalogue import Catalogue
from tujian.catalogue.nouns import Also
from tujian.exchange import Form, Terms, adverts_in, written
from tujian.exchange.nouns import Losses, Piece
from tujian.exchange.stock import Advert, Stock
from tujian.sheets import text_of

MOST_LOOKED = 200  # items; the first stand for a large catalogue
SHOWN_ROWS = 3


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Of the first `looked` of `total` items: advertising words that would stop it, what the form could not express,
    and of a sheet its headings and first rows as they would stand in the file."""

    form: str
    total: int
    looked: int
    adverts: Sequence[Advert]
    lost: Losses
    headings: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def foresee(
    catalogue: Catalogue,
    form: Form,
    terms: Terms,
    *,
    also: Also = (),
    among: Collection[str] | None = None,
    most: int = MOST_LOOKED,
) -> Foreseen:
    """What `export` would say of the first `most` items that it takes. Raises StoreFailed."""
    stock = Stock(catalogue, kind=form.kind, also=also, among=among, most=most)
    adverts = adverts_in(form, stock)
    made = written(form, stock, terms)
    told = first_rows(made.pieces, form.heads + SHOWN_ROWS if form.heads else 0)
    headings = told[form.heads - 1] if told else ()
    return Foreseen(form.name, stock.total, len(stock), adverts, made.lost, headings, told[form.heads :])


def first_rows(pieces: Iterable[Piece], most: int) -> list[list[str]]:
    """The first rows of a sheet that was written here, as a spreadsheet program would show them. All is read."""
    file = io.BytesIO()
    for piece in pieces:
        file.write(piece.content if most else b"")
    content = file.getvalue()
    if content.startswith(b"PK\x03\x04"):
        return _of_book(file, most)
    is_wide = content.startswith(b"\xff\xfe")  # Taobao's, with tabs
    text = io.StringIO(content.decode("utf-16" if is_wide else "utf-8-sig"), newline="")
    return list(islice(csv.reader(text, delimiter="\t" if is_wide else ","), most))


def _of_book(file: io.BytesIO, most: int) -> list[list[str]]:
    from openpyxl import load_workbook

    book = load_workbook(file, read_only=True)
    rows = book.worksheets[0].iter_rows(max_row=most, values_only=True)
    return [[text_of(cell) for cell in row] for row in rows]
