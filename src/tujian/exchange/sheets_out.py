"""The catalogue as one table, CSV or XLSX, a row an item, and as JSON Lines with everything that is known.

Enters: items. Leaves: pieces of one file. The tables hold current values; evidence, verdicts and history are in the
JSON Lines alone. A list is written with semicolons. `tujian import`
reads all three. Which fields a language model wrote stands in a column of its own.
"""

import tempfile
from collections.abc import Iterator, Sequence

from tujian.exchange.nouns import Article, Articles, Losses, Named, Piece, Terms
from tujian.fields import SEPARATORS
from tujian.records import FieldValue
from tujian.sheet_writing import BOM, csv_rows, write_book

OWN = {
    "id": ("图鉴编号", "Tujian ID"), "external_id": ("外部编号", "External ID"), "sku": ("SKU", "SKU"),
    "variant_group": ("款号", "Variant group"), "kind": ("类型", "Item kind"), "title": ("条目名", "Item title"),
}  # fmt: skip
LAST = {"pictures": ("图片", "Pictures"), "generated": ("AI生成的字段", "AI-generated fields")}
LISTED = "; "
PIECE_BYTES = 1 << 20


def write_csv(articles: Articles, terms: Terms, losses: Losses) -> Iterator[Piece]:
    yield Piece("catalogue.csv", BOM)
    for line in csv_rows(_rows(articles, terms, losses)):
        yield Piece("catalogue.csv", line)


def write_xlsx(articles: Articles, terms: Terms, losses: Losses) -> Iterator[Piece]:
    """A workbook with one sheet."""

    def cut(row: Sequence[str]) -> None:
        own = dict(zip(OWN, row, strict=False))
        item = Named(own["id"], own["sku"] or own["external_id"] or own["title"])
        losses.add(item, "文字超过单元格上限，已截断", "text longer than a cell, cut")

    with tempfile.TemporaryFile() as file:
        write_book(_rows(articles, terms, losses), file, "图鉴" if terms.lang == "zh" else "Tujian", cut=cut)
        file.seek(0)
        while content := file.read(PIECE_BYTES):
            yield Piece("catalogue.xlsx", content)


def write_jsonl(articles: Articles, terms: Terms, losses: Losses) -> Iterator[Piece]:
    """An item a line, with evidence; nothing is lost but pictures and earlier versions."""
    for article in articles:
        yield Piece("catalogue.jsonl", article.item.model_dump_json().encode() + b"\n")


def _rows(articles: Articles, terms: Terms, losses: Losses) -> Iterator[Sequence[str]]:
    """The headings, then a row an item."""
    names = articles.fields
    place = 0 if terms.lang == "zh" else 1
    yield [*(words[place] for words in OWN.values()), *names, *(words[place] for words in LAST.values())]
    for article in articles:
        own = [str(getattr(article.item, name) or "") for name in OWN]
        shown = [picture.name for picture in article.item.pictures]
        cells = [_cell(article, name, losses) for name in names]
        yield [*own, *cells, LISTED.join(shown), LISTED.join(article.generated)]


def _cell(article: Article, name: str, losses: Losses) -> str:
    value: FieldValue = article.filled[name].value.value if name in article.filled else None
    if not isinstance(value, list):
        return "" if value is None else str(value)
    if any(SEPARATORS.search(part) for part in value):
        losses.add(
            article.named,
            f"{name} 的某一项自己含有分隔符，读回时会被拆开",
            f"a part of {name} holds a separator itself and would be split when read back",
        )
    return LISTED.join(value)
