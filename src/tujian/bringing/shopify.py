"""Shopify's product CSV: rows of one handle are one item with several pictures. req: C1

Enters: a sheet in Shopify's headings, present or older. Leaves: items. Source: help.shopify.com, "Using CSV files to
import and export products". Does not know: stock, prices of variants, shipping.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from tujian.bringing.columns import MOST_PICTURES, Columns, RowItem, names_in, values_of
from tujian.errors import BadInput
from tujian.jobs import told
from tujian.records import FieldValue
from tujian.sheets import Row, heading_key

HANDLES = ("handle", "urlhandle")
PICTURES = ("imagesrc", "productimageurl")
COLOURS, SIZES = ("color", "colour", "颜色"), ("size", "尺码", "尺寸", "大小")
OPTIONS = (1, 2, 3)
TAG = re.compile(r"<[^>]*>")


def is_shopify(headings: Sequence[str]) -> bool:
    """Whether the headings are those of a product CSV."""
    keys = {heading_key(heading) for heading in headings}
    return bool(keys & set(HANDLES)) and bool(keys & set(PICTURES))


def continued_rows(rows: Iterable[Sequence[str]], headings: Sequence[str]) -> set[int]:
    """Places of the rows that go on with the product above them: its further variants and pictures. Shopify wants what
    is told of the product to be empty there."""
    if not is_shopify(headings):
        return set()
    at = _handle_at([heading_key(heading) for heading in headings])
    handles = [cells[at] for cells in rows]
    return {place for place, (above, own) in enumerate(pairwise(handles), 1) if own and own == above}


def _handle_at(keys: Sequence[str]) -> int:
    return next(place for place, key in enumerate(keys) if key in HANDLES)


def shopify_items(
    rows: Iterable[Row], headings: Sequence[str], columns: Columns
) -> Iterator[tuple[int, RowItem | BadInput]]:
    """Each product by the number of its first row, or what is wrong with it."""
    keys = [heading_key(heading) for heading in headings]
    handle = _handle_at(keys)
    for name, group in groupby(rows, key=lambda row: row.cells[handle]):
        product = list(group)
        trouble = next((row.trouble for row in product if row.trouble), None if name else no_handle())
        yield product[0].number, trouble or _item(name, product, keys, columns)


def _item(handle: str, rows: Sequence[Row], keys: Sequence[str], columns: Columns) -> RowItem:
    values: dict[str, FieldValue] = {}
    notes = []
    for row in rows:
        said, wrong = values_of(row, columns)
        notes += wrong
        for name, value in said.items():
            values.setdefault(name, value)
    if isinstance(values.get("detail"), str):
        values["detail"] = plain(str(values["detail"]))
    for field, names in (("colours", COLOURS), ("size", SIZES)):
        if several := _options(rows, keys, names):
            values[field] = [*several]
    skus, barcodes = _said_in(rows, columns.at("sku")), _said_in(rows, columns.at("barcode"))
    sku = next(iter(skus), None)
    if len(skus) > 1 or len(barcodes) > 1:
        notes.append(told(_of_several(max(len(skus), len(barcodes)), sku or barcodes[0])))
    pictures = _pictures(rows, keys, columns)
    return RowItem(pictures[:MOST_PICTURES], values, external_id=handle, sku=sku, notes=notes)


def _pictures(rows: Sequence[Row], keys: Sequence[str], columns: Columns) -> list[str]:
    """By their position, those of variants last."""
    position = keys.index("imageposition") if "imageposition" in keys else None
    found = []
    for place in columns.pictures:
        is_variants = "variant" in keys[place]
        for number, row in enumerate(rows):
            at = row.cells[position] if position is not None else ""
            order = int(at) if at.isdecimal() and len(at) < 6 else number + 1
            found += [((is_variants, order, number), name) for name in names_in(row.cells[place])]
    return list(dict.fromkeys(name for _, name in sorted(found, key=lambda one: one[0])))


def _options(rows: Sequence[Row], keys: Sequence[str], names: Sequence[str]) -> list[str]:
    """What the options of these names say in any row; only a product's first row names its options."""
    found: list[str] = []
    for number in OPTIONS:
        name, value = f"option{number}name", f"option{number}value"
        if name in keys and value in keys and heading_key(rows[0].cells[keys.index(name)]) in names:
            found += _said_in(rows, keys.index(value))
    return found


def _said_in(rows: Sequence[Row], place: int | None) -> list[str]:
    """What a column says, each once."""
    return list(dict.fromkeys(row.cells[place] for row in rows if row.cells[place])) if place is not None else []


def plain(text: str) -> str:
    """A description without its tags.

    >>> plain("<p>Soft &amp; warm<br>Wool</p>")
    'Soft & warm Wool'
    """
    return " ".join(html.unescape(TAG.sub(" ", text)).split())


def _of_several(count: int, code: str) -> BadInput:
    return BadInput(
        zh=(f"{count} 个变体里只保留第一个的 SKU 和条码（{code}）。", "要逐个管理，请给每个变体一个自己的 Handle。"),
        en=(f"Of {count} variants only the first SKU and barcode ({code}) stay.", "Give each variant its own handle."),
    )


def no_handle() -> BadInput:
    return BadInput(
        zh=("这一行没有 Handle。", "请填上商品的 Handle，同一商品的各行相同。"),
        en=("The row has no handle.", "Give the product's handle, the same in all of its rows."),
    )
