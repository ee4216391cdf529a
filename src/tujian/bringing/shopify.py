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
OPTIONS = (1, 2, 3)
FIELDS = {
    "colours": ("color", "colour", "colors", "colours", "颜色", "颜色分类"),
    "size": ("size", "sizes", "尺码", "尺寸"),
}  # by what shops call their options
TAG = re.compile(r"<[^>]*>")


def is_shopify(headings: Sequence[str]) -> bool:
    """Whether the headings are those of a product CSV."""
    keys = {heading_key(heading) for heading in headings}
    return bool(keys & set(HANDLES)) and bool(keys & set(PICTURES))


def continued_rows(rows: Iterable[Sequence[str]], headings: Sequence[str]) -> set[int]:
    """Places of the cells that go on with the product above them: its further variants and pictures. Shopify wants what
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
    for name, called in FIELDS.items():
        if options := _options(rows, keys, called):
            values[name] = [*options]
    skus, barcodes = _told_in(rows, columns.at("sku")), _told_in(rows, columns.at("barcode"))
    if (count := max(len(skus), len(barcodes))) > 1:
        notes.append(told(_only_the_first(count)))
    pictures = _pictures(rows, keys, columns)
    return RowItem(pictures[:MOST_PICTURES], values, external_id=handle, sku=next(iter(skus), None), notes=notes)


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


def _options(rows: Sequence[Row], keys: Sequence[str], called: Sequence[str]) -> list[str]:
    """What the option called so says in each row, once; only a product's first row names its options."""
    said: list[str] = []
    for number in OPTIONS:
        name, value = f"option{number}name", f"option{number}value"
        if name in keys and value in keys and heading_key(rows[0].cells[keys.index(name)]) in called:
            said += _told_in(rows, keys.index(value))
    return said


def _told_in(rows: Sequence[Row], place: int | None) -> list[str]:
    """What a column says, each once."""
    return list(dict.fromkeys(row.cells[place] for row in rows if row.cells[place])) if place is not None else []


def plain(text: str) -> str:
    """A description without its tags.

    >>> plain("<p>Soft &amp; warm<br>Wool</p>")
    'Soft & warm Wool'
    """
    return " ".join(html.unescape(TAG.sub(" ", text)).split())


def _only_the_first(count: int) -> BadInput:
    return BadInput(
        zh=(
            f"这个商品的各变体有 {count} 个 SKU 或条码：只保留第一个。",
            "要保留每个变体的编号，请给每个变体自己的 Handle。",
        ),
        en=(
            f"The product's variants have {count} SKUs or barcodes: only the first is kept.",
            "To keep the numbers of each, give each variant a handle of its own.",
        ),
    )


def no_handle() -> BadInput:
    return BadInput(
        zh=("这一行没有 Handle。", "请填上商品的 Handle，同一商品的各行相同。"),
        en=("The row has no handle.", "Give the product's handle, the same in all of its rows."),
    )
