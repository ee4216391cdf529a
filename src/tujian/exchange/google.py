"""Google Merchant's product file (CSV), limits kept, in one language. req: F5

Enters: articles. Leaves: rows under Google's English attribute names. Titles and descriptions that a model wrote go
into `structured_title` and `structured_description`, marked trained_algorithmic_media, as Google asks since 2024.
Sources: Google Merchant Center Help, "Product data specification"; Shopify's mapping of categories
(data/taxonomy/google.tsv), after what the user's own list of categories says.
Does not know: the page an item is sold on, and whether it is in stock: both are required, so it says that they lack.
"""

from collections.abc import Iterable, Iterator, Sequence

from tujian.errors import Lang
from tujian.exchange.nouns import DESCRIPTIONS, Article, Losses, Piece, Terms, shortened, title_names
from tujian.sheet_writing import csv_rows

HEADINGS = (
    "id", "title", "structured_title", "description", "structured_description", "link", "image_link",
    "additional_image_link", "availability", "price", "brand", "gtin", "mpn", "google_product_category", "product_type",
    "color", "material", "size", "item_group_id", "condition", "product_highlight",
)  # fmt: skip
TITLES, NUMBERS = title_names("title_google"), ("model_number", "style_number")
USED = ("price", "brand", "barcode", "category", "colours", "material", "size", "selling_points")
MOST_CHARS = {
    "id": 50, "title": 150, "description": 5000, "brand": 70, "mpn": 70, "product_type": 750, "color": 100,
    "material": 200, "size": 100, "item_group_id": 50,
}  # fmt: skip
MOST_PICTURES = 10  # beside the main one
MOST_COLOURS = 3
HIGHLIGHTS = (2, 100, 150)  # at least, at most, characters of one


def write_google(articles: Iterable[Article], terms: Terms, losses: Losses) -> Iterator[Piece]:
    return (Piece("google.csv", line) for line in csv_rows(_rows(articles, terms, losses)))


def _rows(articles: Iterable[Article], terms: Terms, losses: Losses) -> Iterator[Sequence[str]]:
    yield HEADINGS
    ids: set[str] = set()
    for article in articles:
        row = _row(article, losses)
        if not any(row[name] for name in ("brand", "gtin", "mpn")):
            losses.add(
                article.named,
                "没有品牌、GTIN、MPN 中任何一个：请补上，确实没有时在 Google 填 identifier_exists 为 no",
                "no brand, GTIN or MPN: add one, or say identifier_exists: no where there is none",
            )
        kept = {name: _within(article, name, text, losses) for name, text in row.items()}
        kept["id"] = _only(article, kept["id"], ids, losses)
        _marked(kept, article)
        losses.unused(article, USED, TITLES, DESCRIPTIONS, NUMBERS)
        _language(article, kept, terms.lang, losses)
        losses.defused(article.named, kept.values())
        yield [kept.get(name, "") for name in HEADINGS]


def _row(article: Article, losses: Losses) -> dict[str, str]:
    urls = article.picture_urls(losses)
    losses.add(
        article.named,
        "link、availability 是必填，图鉴不知道，请补",
        "`link` and `availability` are required and unknown",
    )
    category = article.google_category
    if not category and "category" in article.filled:
        losses.add(article.named, "品类不在 Google 类目里", "a category that Google's list does not have")
    return {
        "id": article.item.sku or article.item.external_id or article.item.id,
        "title": article.title("title_google")[0],
        "description": article.words(*DESCRIPTIONS),
        "image_link": urls[0] if urls else "",
        "additional_image_link": ",".join(urls[1 : 1 + MOST_PICTURES]),
        "price": _price(article, losses),
        "brand": article.words("brand"),
        "gtin": article.gtin(losses),
        "mpn": article.words(*NUMBERS),
        "google_product_category": category,
        "product_type": article.words("category"),
        "color": "/".join(article.several("colours")[:MOST_COLOURS]),
        "material": "/".join(article.several("material")),
        "size": "/".join(article.several("size")),
        "item_group_id": article.item.variant_group or "",
        "condition": "new",
        "product_highlight": _highlights(article, losses),
    }


def _only(article: Article, wanted: str, ids: set[str], losses: Losses) -> str:
    """The id, or another of the item's where an earlier item has it: of two items with one id Google keeps one."""
    further = (shortened(article.item.external_id or wanted, MOST_CHARS["id"]), article.item.id)
    own = next(one for one in (wanted, *further) if one not in ids)
    if own != wanted:
        losses.add(
            article.named,
            "id 与前面的条目相同（SKU 重复），改用外部编号或图鉴编号",
            "an id that an earlier item has (the same SKU): the external or Tujian's own id was taken",
        )
    ids.add(own)
    return own


def _price(article: Article, losses: Losses) -> str:
    price = article.priced(losses)
    if price is None:
        losses.add(article.named, "没有价格（必填）", "no price, which is required")
        return ""
    if not price.currency:
        losses.add(article.named, "价格没有币种", "a price without a currency")
    return " ".join(price).strip()


def _highlights(article: Article, losses: Losses) -> str:
    least, most, longest = HIGHLIGHTS
    points = [point for point in article.several("selling_points") if len(point) <= longest][:most]
    if points and (len(points) < least or article.is_generated("selling_points")):
        losses.add(
            article.named,
            "卖点没有写：少于 2 条，或由模型所写而 Google 无处标明",
            "selling points left out: fewer than 2, or a model's, which Google has no mark for",
        )
        return ""
    return ",".join(f'"{point.replace(chr(34), chr(39))}"' if "," in point else point for point in points)


def _within(article: Article, name: str, text: str, losses: Losses) -> str:
    most = MOST_CHARS.get(name)
    if most is None or len(text) <= most:
        return text
    losses.add(article.named, f"{name} 超过 {most} 字，已截断", f"{name} over {most} characters, cut")
    return shortened(text, most)


def _marked(row: dict[str, str], article: Article) -> None:
    """What a model wrote moves into the attribute that says so."""
    generated = {"title": article.title("title_google")[1], "description": article.is_generated(*DESCRIPTIONS)}
    for name, is_so in generated.items():
        if is_so and row[name]:
            quoted = row[name].replace('"', '""')
            row[f"structured_{name}"], row[name] = f'trained_algorithmic_media:"{quoted}"', ""


def _language(article: Article, row: dict[str, str], lang: Lang, losses: Losses) -> None:
    """A feed has one language: titles in another are told."""
    title = row["title"] or row.get("structured_title", "")
    is_chinese = any("\u4e00" <= c <= "\u9fff" for c in title)
    if title and is_chinese != (lang == "zh"):
        losses.add(article.named, "标题不是这份文件的语言", "a title in another language than the feed's")
