"""The kind of thing, where the pack itself says it: 纯牛奶, 曲奇饼干, apple juice.

Enters: Percepts. Leaves: a category that the picture names in large letters, or None.
It distrusts words on clothes (a T-shirt that says COFFEE is no coffee): a word counts where the classifier thinks of
the same top as well, or where the picture reads like a pack, or where a label such as 品名 stands before it.
"""

import re
from typing import NamedTuple

from tujian.folding import fold
from tujian.perception import Percepts
from tujian.perception.text import TextLine
from tujian.rules.layout import letter_height
from tujian.rules.measures import find_net_content
from tujian.taxonomy import Taxonomy

LARGE = 0.5  # of the tallest letters: names of goods stand large, ingredients small
WORD_SHARE = 0.9  # a word names what is inside, but 牛奶饼干 is a biscuit: the last word wins, not always rightly
SHORTEST_LATIN = 3  # tea
FLAVOURS = ("fb-2-10", "fb-1-16")  # Shopify ids: fruit and vegetables, water
_LABELLED = re.compile(r"(?:品\s*名|产品名称|商品名称|食品名称|product\s*name)\s*[:：]?\s*(.+)", re.I)


class Named(NamedTuple):
    id: str
    line: TextLine
    share: float


def find_category(percepts: Percepts, taxonomy: Taxonomy) -> Named | None:
    """The category that the picture names; a labelled name first, else the one that ends in the largest letters."""
    lines = percepts.text_lines
    for line in lines:
        label = _LABELLED.search(line.text)
        if label and (category_id := _named_in(label[1], taxonomy)):
            return Named(category_id, line, WORD_SHARE)
    tallest = max((letter_height(line) for line in lines), default=0.0)
    large = sorted((x for x in lines if letter_height(x) >= LARGE * tallest), key=letter_height, reverse=True)
    for line in large:
        category_id = _named_in(line.text, taxonomy)
        if category_id and _is_plausible(category_id, percepts, taxonomy):
            return Named(category_id, line, WORD_SHARE)
    return None


def _named_in(text: str, taxonomy: Taxonomy) -> str | None:
    """The category whose name ends last in `text`, the longest of those: the head of a compound stands at its end."""
    folded, names = fold(text), taxonomy.folded_names
    words = {word for word in re.findall(r"[a-z]+", text.lower()) if len(word) >= SHORTEST_LATIN}
    keys = [key for key in words | _chinese_in(folded, taxonomy.longest_name) if key in names]
    return max(((folded.rfind(key) + len(key), len(key), names[key]) for key in keys), default=(0, 0, None))[2]


def _chinese_in(folded: str, longest: int) -> set[str]:
    """All runs of 2 to `longest` characters that are not Latin alone."""
    starts = range(len(folded) - 1)
    runs = {folded[start:end] for start in starts for end in range(start + 2, min(len(folded), start + longest) + 1)}
    return {run for run in runs if not run.isascii()}


def _is_plausible(category_id: str, percepts: Percepts, taxonomy: Taxonomy) -> bool:
    """Whether the picture may mean it: it refines what the classifier is sure of, or nothing sure speaks against it.

    Fruit, vegetables and water on a pack are flavour, picture or instruction: they need the classifier's first guess.
    """
    guessed = [taxonomy.meaning(guess.id) for guess in percepts.labels.top3]
    first = guessed[0].id if guessed[0] else ""
    flavours = [found.id for flavour in FLAVOURS if (found := taxonomy.meaning(flavour))]
    flavour = next((flavour for flavour in flavours if taxonomy.is_under(category_id, flavour)), None)
    if flavour is not None and not taxonomy.is_under(first, flavour):
        return False
    if percepts.labels.sure and first:
        return taxonomy.is_under(category_id, first) or taxonomy.is_under(first, category_id)
    is_pack = bool(percepts.barcodes or find_net_content(percepts.text_lines))
    return is_pack or taxonomy.get(category_id).top_id in {category.top_id for category in guessed if category}
