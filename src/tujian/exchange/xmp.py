"""XMP sidecars: what is known of a picture in a file beside it; the picture itself is never written. req: F5, E4

Enters: articles. Leaves: one `NAME.xmp` a picture, named after the file as it came. What a person wrote stands in
Dublin Core, where other programs read it; what machines found stands in a namespace of our own, with what a language
model wrote apart. Source: ISO 16684-1 (XMP), IPTC Photo Metadata 2023 (keywords are dc:subject).
"""

from collections.abc import Iterable, Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from tujian.catalogue.nouns import FieldNow, ItemPicture
from tujian.exchange.nouns import DESCRIPTIONS, Article, Losses, Piece, Terms
from tujian.records import in_words

NAMESPACE = "urn:tujian:xmp:1.0/"
TOOLKIT = "Tujian"
TITLES, KEYWORDS = ("name", "title"), ("tags", "objects", "category", "place", "people_names")
_HEAD = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{TOOLKIT}">\n'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"\n'
    f' xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:tujian="{NAMESPACE}"'
)
_TAIL = '</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>\n'


def write_xmp(articles: Iterable[Article], terms: Terms, losses: Losses) -> Iterator[Piece]:
    taken: dict[str, str] = {}  # the picture that a name is of
    for article in articles:
        for picture in article.item.pictures:
            name = _name(picture, taken)
            if name is None:
                losses.add(
                    article.named,
                    "同一张图片属于多个条目，只写第一个",
                    "a picture of several items: the first is written",
                )
                continue
            yield Piece(name, sidecar(article, picture).encode())


def sidecar(article: Article, picture: ItemPicture) -> str:
    """The packet for one picture of an item."""
    own = {name: now for name, now in article.filled.items() if now.source == "person"}
    rest = {name: now for name, now in article.filled.items() if now.source != "person"}
    said = {name: now for name, now in rest.items() if now.source == "model"}
    seen = {name: now for name, now in rest.items() if now.source != "model"}
    facts = f"\n xmpMM:DocumentID={quoteattr('sha256:' + picture.sha256)} tujian:item={quoteattr(article.item.id)}>\n"
    return "".join(
        [_HEAD, facts, *_dublin(article, own), _bag("seen", seen, article), _bag("generated", said, article), _TAIL]
    )


def _dublin(article: Article, own: Mapping[str, FieldNow]) -> Iterator[str]:
    lang = article.terms.lang
    words = {name: _clean(in_words(now.value.value, lang)) for name, now in own.items()}
    title = next((name for name in TITLES if name in words), "")
    told = next((name for name in DESCRIPTIONS if name in words), "")
    keywords = [_clean(part) for name in own if name in KEYWORDS for part in article.several(name)]
    yield _alternative("title", words.get(title, ""))
    yield _alternative("description", words.get(told, ""))
    if keywords:
        yield f"<dc:subject><rdf:Bag>{_items(dict.fromkeys(keywords))}</rdf:Bag></dc:subject>\n"
    rest = {name: now for name, now in own.items() if name not in (title, told, *KEYWORDS)}
    yield _bag("person", rest, article)


def _alternative(name: str, text: str) -> str:
    if not text:
        return ""
    return f'<dc:{name}><rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt></dc:{name}>\n'


def _bag(name: str, fields: Mapping[str, FieldNow], article: Article) -> str:
    """Fields as `field=value` lines in our own namespace."""
    lines = [f"{field}={_clean(in_words(now.value.value, article.terms.lang))}" for field, now in fields.items()]
    return f"<tujian:{name}><rdf:Bag>{_items(lines)}</rdf:Bag></tujian:{name}>\n" if lines else ""


def _items(texts: Iterable[str]) -> str:
    return "".join(f"<rdf:li>{escape(text)}</rdf:li>" for text in texts)


def _name(picture: ItemPicture, taken: dict[str, str]) -> str | None:
    """Below the folder, as the file was called; two files of one name are told apart by content. None: written."""
    parts = [part for part in picture.name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    path = "/".join(_clean(part).replace(":", "_") for part in parts) or picture.sha256[:16]
    for name in (f"{path}.xmp", f"{path}.{picture.sha256[:8]}.xmp"):
        owner = taken.setdefault(name.casefold(), "")
        if owner == picture.sha256:
            return None
        if not owner:
            taken[name.casefold()] = picture.sha256
            return name
    return None


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(c if c >= " " or c in "\n\t" else "\ufffd" for c in text if c not in "\ufffe\uffff")


def is_ours(content: bytes) -> bool:
    """Whether a sidecar was written here and may be written again."""
    return f'x:xmptk="{TOOLKIT}"'.encode() in content[:500]
