"""Values of items as they are cited: plain JSON of bounded size, each with item, picture, field, source. req: A10, F10

Enters: items, a question. Leaves: passages. Hidden and sensitive items have none. Does not know who reads them.
"""

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

from tujian.aspects import fields_asked
from tujian.catalogue import Catalogue, Item
from tujian.errors import BadInput
from tujian.finding import Query, Search
from tujian.folding import printable
from tujian.records import Evidence, Value
from tujian.tokens import words_asked, words_of

MOST_HITS = 20
MOST_PASSAGES = 12
MOST_OF_AN_ITEM = 4  # passages
MOST_CITATIONS = 3  # a value
LONGEST_TEXT = 2_000  # characters of a question
LONGEST_VALUE = 600  # characters
Passage = dict[str, Any]


def passages_for(search: Search, catalogue: Catalogue, question: str) -> list[Passage]:
    """Passages that a question may be answered from, each with what it is cited by. Raises BadInput for no question.

    Of every item that fits come the fields that share words with the question, then its name, brand and summary.
    """
    if not question.strip():
        raise BadInput(zh=("没有问题。", "请写出要问什么。"), en=("There is no question.", "Say what you ask."))
    hits, asked = search.find(Query(question[:LONGEST_TEXT], limit=MOST_HITS)).hits, set(words_asked(question))
    passages: list[Passage] = []
    for hit in hits:
        item = catalogue.get(hit.item.id)
        passages += [_passage(item, name) for name in _telling(item, asked)]
    return passages[:MOST_PASSAGES]


def _telling(item: Item, asked: set[str]) -> list[str]:
    known = [name for name in item.values if item[name] is not None]
    wanted = fields_asked(asked)
    shared = {name: len(asked & set(words_of(f"{name} {_text(item[name])}"))) for name in known}
    shared |= {name: len(asked) for name in wanted if name in shared}
    ranked = sorted((name for name in known if shared[name]), key=lambda name: -shared[name])
    rest = [name for name in ("name", "brand", "summary", "category") if name in known and name not in ranked]
    return [*ranked, *rest][:MOST_OF_AN_ITEM]


def _passage(item: Item, name: str) -> Passage:
    value = item.values[name].value
    own = {"item": item.id, "title": title_of(item), "field": name}
    return own | value_of(value, citations_of(item, name))


def title_of(item: Item) -> str:
    """Without the folders where a picture lay: an item that nobody named is called after its file."""
    is_path = item.title in {one.name for one in item.pictures}
    return shortened(PurePath(item.title).name if is_path else item.title)


def citations_of(item: Item, field: str) -> list[Passage]:
    names = [PurePath(one.name).name for one in item.pictures]
    return [{"item": item.id, **one} for one in cited(item.values[field].value.evidence, names, field)]


def cited(evidence: Iterable[Evidence], names: Sequence[str], field: str) -> list[Passage]:
    cited = []
    for one in list(evidence)[:MOST_CITATIONS]:
        told: Passage = {"field": field, "source": one.source, "by": one.by}
        if one.source != "person" and one.picture < len(names):
            told["picture"] = names[one.picture]
        if one.quote:
            told["quote"] = shortened(one.quote)
        if one.box_1000:
            told["box_1000"] = list(one.box_1000)
        cited.append(told)
    return cited


def value_of(value: Value, citations: list[Passage]) -> Passage:
    shown = value.value
    if isinstance(shown, list):
        shown = [shortened(word) for word in shown[:30]]
    elif isinstance(shown, str):
        shown = shortened(shown)
    told: Passage = {"value": shown, "verdict": str(value.verdict), "citations": citations}
    return told | ({"unit": value.unit} if value.unit else {})


def _text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def shortened(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= LONGEST_VALUE else shown[: LONGEST_VALUE - 1] + "…"
