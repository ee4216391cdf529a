"""A question as the address of a page, and back: /search?q=…&set=price:..200, /catalogue?colour=red.

Enters: questions, addresses. Leaves: the other. An address that came from outside is only read, never answered with.
"""

from collections.abc import Sequence
from urllib.parse import parse_qs, urlencode, urlsplit

from tujian.errors import BadInput
from tujian.filter_words import read_filter, write_filter
from tujian.filters import Filter
from tujian.saved_searches import Question, SavedSearch, question_of

FACETS = ("kind", "category", "category_guess", "brand", "colour", "batch")  # of the catalogue's page
LONGEST = 8_000  # characters


def parts_of(asked: Question) -> list[tuple[str, str]]:
    """Names and values of the query.

    >>> parts_of(Question(room="catalogue", filters=("colour:red",)))
    [('colour', 'red')]
    """
    if asked.room == "catalogue":
        chosen = {one.field: str(one.value) for one in asked.read if one.field in FACETS and one.op == "is"}
        return [(facet, chosen[facet]) for facet in FACETS if facet in chosen]
    return [
        ("q", asked.text),
        ("strictness", f"{asked.strictness:g}"),
        *(("drop", one) for one in asked.dropped),
        *(("set", one) for one in asked.filters),
        *([("plain", "true")] if asked.plain else []),
        *([("like", asked.like), ("picture", str(asked.picture))] if asked.like else []),
        *([("region", asked.region)] if asked.region else []),
    ]


def address_of(asked: Question, also: Sequence[str] = (), after: str = "") -> str:
    """
    >>> address_of(Question(text="鞋", filters=("price:..200",)), after="x")
    '/search?q=%E9%9E%8B&strictness=0.5&set=price%3A..200&after=x'
    """
    parts = [*parts_of(asked), *(("also", one) for one in also), *([("after", after)] if after else [])]
    return f"/{asked.room}?{urlencode(parts)}" if parts else f"/{asked.room}"


def question_at(address: str) -> Question:
    """What an address of a page asks. Raises BadInput.

    >>> question_at("/search?q=%E9%9E%8B&set=price:..200").filters
    ('price:..200',)
    """
    at = urlsplit(address[:LONGEST])
    said = parse_qs(at.query, max_num_fields=200)
    one = {name: values[0] for name, values in said.items()}
    match at.path:
        case "/catalogue":
            chosen = [write_filter(Filter(facet, "is", one[facet])) for facet in FACETS if facet in one]
            return question_of(room="catalogue", filters=chosen)
        case "/search":
            return question_of(
                text=one.get("q", ""),
                strictness=one.get("strictness", 0.5),
                dropped=said.get("drop", []),
                filters=[write_filter(read_filter(written)) for written in said.get("set", [])],
                plain=one.get("plain", False),
                like=one.get("like", ""),
                picture=one.get("picture", 0),
                region=one.get("region", ""),
            )
    raise BadInput(
        zh=("这个地址不是一次搜索。", "请在搜索页或目录页上保存。"),
        en=("That address is no search.", "Save from the page of searching or of the catalogue."),
    )


def saved_links(saved: Sequence[SavedSearch]) -> list[dict[str, str]]:
    """Kept searches as links."""
    return [{"id": one.id, "name": one.name, "href": address_of(one.search)} for one in saved]
