"""Which kind of goods: 运动鞋, 双肩包, dress, by the names of the taxonomy.

Enters: an even sentence and the places of other marks. Leaves: Marks. A name counts at the end of its phrase
(运动鞋收纳盒 is no shoe); behind other words (雪纺衬衫) only where no category elsewhere ends alike; a name that is
also another word (运动, suit) never.
"""

import re
from collections.abc import Collection, Iterator
from functools import cache

from tujian.filters import Filter
from tujian.folding import singular
from tujian.sentence import Mark, any_of, even, wording
from tujian.sentence.negation import refused
from tujian.taxonomy import Category, Taxonomy, is_under

LONGEST_NAME = 12
MOST_ENGLISH_WORDS = 3
_ENGLISH_WORD = re.compile(r"[a-z][a-z'-]*+")
_WORDS_END = re.compile(r"\s{0,3}(?:$|[,，。.;；!?！？、)和与或跟及])")
_CHINESE = re.compile(r"[一-鿿]")


def find_categories(text: str, taxonomy: Taxonomy, taken: Collection[tuple[int, int]]) -> Iterator[Mark]:
    """
    >>> [m.zh for m in find_categories("白色运动鞋", Taxonomy.load(), [(0, 2)])]
    ['品类 运动鞋']
    """
    names = _Names.of(taxonomy)
    begun, ended = {end for _, end in taken}, {start for start, _ in taken}
    for start, end in (*_chinese(text, names), *_english(text, names)):
        found = names.by_name[text[start:end]]
        if not (_ends_phrase(text, end) or end in ended or _skip(text, end) in ended):
            continue
        is_latin = text[start].isascii()
        opens = start == 0 or start in begun or not _CHINESE.match(text[start - 1]) or text[start - 1] in "的找买"
        no = refused(text, start, end, is_wide=True)
        if not (is_latin or opens or no) and names.is_elsewhere(text[start:end], found.id):
            continue
        if not no and refused(text, start, end):  # 不含牛奶 is said of other goods
            continue
        asked = Filter("category", "not" if no else "is", found.id)
        if no:
            yield Mark(*no, asked, f"品类 不是 {found.zh}", f"category is not {found.en}")
        else:
            yield Mark(start, end, asked, f"品类 {found.zh}", f"category {found.en}", stays=True)


class _Names:
    """Names that stand for one category, even and with their plain plurals."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        several: dict[str, list[Category]] = {}
        for category in taxonomy:
            for name in {even(name) for name in (category.zh, category.en, *category.names)}:
                several.setdefault(name, []).append(category)
        ordinary = set(wording()["category"]["ordinary"])
        self.by_name: dict[str, Category] = {}
        for name, found in several.items():
            highest = min(found, key=lambda one: one.id.count("-"))
            is_one = all(is_under(one.id, highest.id) for one in found)
            if is_one and name not in ordinary and len(name) >= 2 and highest.id.count("-"):
                for form in (name, *_forms(name)):
                    if form not in ordinary:
                        self.by_name.setdefault(form, highest)
        self._all = several
        self._elsewhere: dict[str, bool] = {}

    @classmethod
    def of(cls, taxonomy: Taxonomy) -> "_Names":
        return _names_of(taxonomy)

    def is_elsewhere(self, name: str, category_id: str) -> bool:
        """Whether a category that is not below this one has a name that ends in this one's."""
        if name not in self._elsewhere:
            others = (one for longer, found in self._all.items() if longer.endswith(name) for one in found)
            self._elsewhere[name] = any(
                not (is_under(one.id, category_id) or is_under(category_id, one.id)) for one in others
            )
        return self._elsewhere[name]


@cache
def _names_of(taxonomy: Taxonomy) -> _Names:
    return _Names(taxonomy)


def _forms(name: str) -> Iterator[str]:
    """The plural of an English name, or its singular."""
    if name.isascii() and name[-1].isalpha():
        yield one if (one := singular(name)) != name else name + "s"
        if name.endswith(("ss", "ch", "sh", "x")):
            yield name + "es"


def _chinese(text: str, names: _Names) -> Iterator[tuple[int, int]]:
    """Names that stand in the text, the longest first; none that overlap."""
    start = 0
    while start < len(text):
        ends = (
            range(min(len(text), start + LONGEST_NAME), start + 1, -1)
            if _CHINESE.match(text, start) or "t" in text[start]
            else ()
        )
        end = next((e for e in ends if text[start:e] in names.by_name and not text[start:e].isascii()), None)
        if end:
            yield start, end
        start = end or start + 1


def _english(text: str, names: _Names) -> Iterator[tuple[int, int]]:
    words = list(_ENGLISH_WORD.finditer(text))
    at = 0
    while at < len(words):
        spans = (
            (words[at].start(), words[last].end(), last)
            for last in range(min(len(words), at + MOST_ENGLISH_WORDS) - 1, at - 1, -1)
        )
        found = next(((s, e, last) for s, e, last in spans if text[s:e] in names.by_name), None)
        if found:
            yield found[0], found[1]
        at = found[2] + 1 if found else at + 1


def _ends_phrase(text: str, end: int) -> bool:
    return bool(_WORDS_END.match(text, end) or _behind().match(text, end))


def _skip(text: str, end: int) -> int:
    return end + (len(text[end : end + 3]) - len(text[end : end + 3].lstrip()))


@cache
def _behind() -> re.Pattern[str]:
    negators = any_of([*wording()["not"]["wide_zh"], *wording()["not"]["behind"]])
    return re.compile(rf"\s{{0,3}}(?:{any_of(wording()['category']['behind_en'])}|{negators})")
