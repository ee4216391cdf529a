"""Shopify's product CSV, in its present headings. req: F5

Enters: articles, those of one variant group side by side. Leaves: rows; a product's first row has its facts, rows of
one handle are its variants and further pictures. Everything is a draft and unpublished: a person publishes. What a
model wrote carries a visible line and a tag. Source: help.shopify.com, "Using CSV files to import and export
products", 2026.
Does not know: stock, shipping weight, which address the pictures will have (`--pictures-at`).
"""

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, zip_longest

from tujian.exchange.nouns import DESCRIPTIONS, GENERATED, GENERATED_TAG, Article, Losses, Piece, Terms, title_names
from tujian.sheet_writing import csv_rows

HEADINGS = (
    "Title", "URL handle", "Description", "Vendor", "Product category", "Type", "Tags", "Published on online store",
    "Status", "SKU", "Barcode", "Option1 name", "Option1 value", "Option2 name", "Option2 value", "Option3 name",
    "Option3 value", "Price", "Product image URL", "Image position", "Image alt text", "Variant image URL", "Gift card",
    "SEO title", "SEO description",
)  # fmt: skip
OPTIONS = {"colours": ("颜色", "Color"), "size": ("尺码", "Size"), "net_content": ("净含量", "Net content")}
TITLES = title_names("title_shopify")
USED = ("brand", "category", "barcode", "price", "selling_points", "tags")
LONGEST_TITLE = 255
MOST_TAGS = 250


def write_shopify(articles: Iterable[Article], terms: Terms, losses: Losses) -> Iterator[Piece]:
    handles: set[str] = set()
    lines = csv_rows(_rows(articles, losses, handles))
    return (Piece("shopify.csv", line) for line in lines)


def _rows(articles: Iterable[Article], losses: Losses, handles: set[str]) -> Iterator[Sequence[str]]:
    yield HEADINGS
    for _, group in groupby(articles, key=lambda article: article.item.variant_group or article.item.id):
        variants = list(group)
        for row in _product(variants, losses, handles):
            losses.defused(variants[0].named, row.values())
            yield [row.get(heading, "") for heading in HEADINGS]


def _product(variants: Sequence[Article], losses: Losses, handles: set[str]) -> Iterator[dict[str, str]]:
    """A product's rows: one a variant, more where there are more pictures than variants."""
    first, handle = variants[0], _handle(variants[0], handles, losses)
    differing = [name for name in OPTIONS if len({one.words(name) for one in variants}) > 1][:3]
    if len(variants) > 1 and len({tuple(one.words(name) for name in differing) for one in variants}) < len(variants):
        losses.add(
            first.named, "同款的规格没有差别，Shopify 会合并", "variants that do not differ: Shopify merges them"
        )
    shown = [one.picture_urls(losses) for one in variants]
    urls = list(dict.fromkeys(url for own in shown for url in own))
    facts = _product_facts(variants, losses)
    for number, (variant, url) in enumerate(zip_longest(variants, urls), 1):
        row = {"URL handle": handle, "Title": facts["Title"]} if number > 1 else {"URL handle": handle, **facts}
        if variant is not None:
            row |= _variant(variant, differing, losses)
            losses.unused(variant, (*USED, *differing), TITLES, DESCRIPTIONS)
            if len(variants) > 1 and shown[number - 1]:
                row["Variant image URL"] = shown[number - 1][0]
        if url is not None:
            row |= {"Product image URL": url, "Image position": str(number), "Image alt text": facts["Title"]}
        yield row


def _product_facts(variants: Sequence[Article], losses: Losses) -> dict[str, str]:
    """The first variant's; Shopify keeps one of each a product, so what the others say else is told."""
    facts = _facts(variants[0])
    if len(variants[0].title("title_shopify")[0]) > LONGEST_TITLE:
        told = (f"标题超过 {LONGEST_TITLE} 字，已截断", f"title over {LONGEST_TITLE} characters, cut")
        losses.add(variants[0].named, *told)
    for variant in variants[1:]:
        for heading, said in _facts(variant).items():
            if said and said != facts[heading]:
                losses.add(
                    variant.named,
                    f"同款只写第一件的 {heading}，这几件的不同",
                    f"{heading} of a product is its first variant's; these say something else",
                )
    return facts


def _facts(article: Article) -> dict[str, str]:
    title, by_model = article.title("title_shopify")
    tags = article.several("tags")[:MOST_TAGS]
    if by_model or any(article.is_generated(name) for name in (*DESCRIPTIONS, "selling_points", "tags")):
        tags.append(GENERATED_TAG[article.terms.lang])
    return {
        "Title": title[:LONGEST_TITLE],
        "Description": description(article),
        "Vendor": article.words("brand"),
        "Product category": article.shopify_id,
        "Type": article.words("category"),
        "Tags": ", ".join(tag.replace(",", " ") for tag in tags),
        "Published on online store": "FALSE",
        "Status": "Draft",
        "Gift card": "FALSE",
    }


def _variant(article: Article, differing: Sequence[str], losses: Losses) -> dict[str, str]:
    row = {"SKU": article.item.sku or article.item.external_id or "", "Barcode": article.words("barcode")}
    place = 0 if article.terms.lang == "zh" else 1
    for number, name in enumerate(differing, 1):
        row |= {f"Option{number} name": OPTIONS[name][place], f"Option{number} value": article.words(name)}
        if not article.words(name):
            losses.add(
                article.named,
                f"规格 {name} 是空的，Shopify 不收，请先补上",
                f"the option {name} is empty, which Shopify refuses: fill it in first",
            )
    price = article.priced(losses)
    if price is None:
        if "price" not in article.filled:
            losses.add(article.named, "没有价格", "no price")
        return row
    if price.currency:
        losses.add(article.named, f"价格不带币种（{price.currency}）", f"prices carry no currency ({price.currency})")
    return row | {"Price": price.digits}


def description(article: Article) -> str:
    """Copy as HTML, escaped; with a visible line where a model wrote it."""
    points = "".join(f"<li>{html.escape(point)}</li>" for point in article.several("selling_points"))
    told = html.escape(article.words(*DESCRIPTIONS)).replace("\n", "<br>")
    parts = [f"<p>{told}</p>" if told else "", f"<ul>{points}</ul>" if points else ""]
    if article.is_generated(*DESCRIPTIONS) or article.is_generated("selling_points"):
        parts.append(f"<p>{GENERATED[article.terms.lang]}</p>")
    return "".join(parts)


def _handle(article: Article, handles: set[str], losses: Losses) -> str:
    """The product's own, whatever else is in the file, so that a second import meets the product of the first."""
    item = article.item
    own = handle_of(item.variant_group or item.external_id or item.sku or "") or item.id[:12]
    if own in handles:
        losses.add(
            article.named,
            "Handle 与前面的商品相同，后面加了编号",
            "a handle that an earlier product has: a number was put behind it",
        )
    handle = own if own not in handles else f"{own}-{item.id[:6]}"
    handles.add(handle)
    return handle


def handle_of(name: str) -> str:
    """Letters of any script, digits, _ and -, in lower case, as Shopify's own are; where more was lost, a digest of the
    name tells it from others that became the same.

    >>> handle_of("red-linen-dress"), handle_of("红色连衣裙_A"), handle_of("Dress 01")
    ('red-linen-dress', '红色连衣裙_a', 'dress-01-bd4258')
    """
    lower = unicodedata.normalize("NFC", name).strip().lower()
    kept = re.sub(r"[^\w-]+", "-", lower).strip("-")
    return kept if kept == lower else f"{kept}-{hashlib.sha256(lower.encode()).hexdigest()[:6]}".strip("-")
