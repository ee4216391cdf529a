"""schema.org JSON-LD: a graph of Products. req: F5

Enters: articles. Leaves: one JSON document, written as it is made. What a language model wrote stands under `subjectOf`
with its `digitalSourceType` and is named in an `additionalProperty`. Fields that schema.org has no property for become
PropertyValues, so that nothing is lost but evidence, and barcodes that are no public number.
Source: schema.org 29, Product, PropertyValue, TrainedAlgorithmicMediaDigitalSource.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tujian.exchange.nouns import DESCRIPTIONS, Article, Losses, Piece, Terms, title_names

NAME = "catalogue.jsonld"
PROPERTIES = {
    "colours": "color",
    "material": "material",
    "size": "size",
    "model_number": "model",
    "category": "category",
}
TITLES = title_names("title_google")
USED = ("brand", "barcode", *PROPERTIES)
MODEL_MADE = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"


def write_jsonld(articles: Iterable[Article], terms: Terms, losses: Losses) -> Iterator[Piece]:
    begin = b'{"@context": "https://schema.org", "@graph": [\n'
    for article in articles:
        yield Piece(NAME, begin + json.dumps(_product(article, losses), ensure_ascii=False).encode())
        begin = b",\n"
    yield Piece(NAME, begin + b"]}\n" if begin.startswith(b"{") else b"\n]}\n")


def _product(article: Article, losses: Losses) -> dict[str, Any]:
    item = article.item
    urls = article.picture_urls(losses)
    product: dict[str, Any] = {
        "@type": "Product",
        "@id": f"urn:tujian:item:{item.id}",
        "name": article.title("title_google")[0],
        "description": article.words(*DESCRIPTIONS),
        "sku": item.sku or item.external_id,
        "brand": {"@type": "Brand", "name": article.words("brand")} if article.words("brand") else None,
        "image": [
            {"@type": "ImageObject", "contentUrl": url, "width": picture.size_px[0], "height": picture.size_px[1]}
            for url, picture in zip(urls, item.pictures, strict=False)
        ],
        "inProductGroupWithID": item.variant_group,
        "offers": _offer(article),
        "additionalProperty": _more(article),
        "subjectOf": _generated(article),
        **_code(article, losses),
        **{own: _one_or_more(article.several(name)) for name, own in PROPERTIES.items()},
    }
    return {name: value for name, value in product.items() if value not in (None, "", [], {})}


def _code(article: Article, losses: Losses) -> dict[str, str]:
    code = article.gtin(losses)
    return {f"gtin{len(code)}": code} if code else {}


def _offer(article: Article) -> dict[str, Any] | None:
    if article.price is None:
        return None
    offer = {"@type": "Offer", "price": article.price.digits, "priceCurrency": article.price.currency}
    return {name: value for name, value in offer.items() if value}


def _more(article: Article) -> list[dict[str, Any]]:
    """Every further field by its name, with its unit; a price that no offer can say, too."""
    used = (*USED, "price") if article.price else USED
    rest = [(name, article.filled[name].value) for name in article.beside(used, TITLES, DESCRIPTIONS)]
    told = [
        {"@type": "PropertyValue", "propertyID": name, "value": value.value}
        | ({"unitText": value.unit} if value.unit else {})
        for name, value in rest
    ]
    if article.generated:
        told.append({"@type": "PropertyValue", "propertyID": "generated", "value": article.generated})
    return told


def _generated(article: Article) -> dict[str, Any] | None:
    """The description as a work of its own, where a model wrote it: a Product cannot say where its words are from."""
    if not article.is_generated(*DESCRIPTIONS):
        return None
    return {"@type": "CreativeWork", "text": article.words(*DESCRIPTIONS), "digitalSourceType": MODEL_MADE}


def _one_or_more(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
