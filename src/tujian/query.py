"""A sentence as filters and words: 200元以下的白色运动鞋, "red dress last week". req: A9, E8

Enters: a sentence, today, the brands and places that a catalogue knows. Leaves: Understood, which says for every filter
which part of the sentence it came from. What is not surely understood stays words. Does not know: the catalogue, what
is found; whether hidden items are shown is never said by a sentence.
"""

import datetime as dt
import re
from collections.abc import Collection, Iterable
from functools import cache

from pydantic import ConfigDict

from tujian.errors import Lang
from tujian.filters import Filter
from tujian.records import Strict
from tujian.sentence import Mark, any_of, even, whole_words, wording
from tujian.sentence.categories import find_categories
from tujian.sentence.colours import find_colours, is_worn
from tujian.sentence.names import find_brands, find_places
from tujian.sentence.people import find_kinds, find_people
from tujian.sentence.prices import find_prices
from tujian.sentence.times import find_times
from tujian.taxonomy import Taxonomy
from tujian.tokens import words_telling

LONGEST = 10_000  # characters; a longer text is no sentence and stays words
_PHOTO = re.compile(r"拍[的摄下到]|(?<![a-z])(?:taken|shot|photographed)(?![a-z])")


class Chip(Strict):
    """One filter as it is shown: the part of the sentence that it came from, and how it reads."""

    model_config = ConfigDict(frozen=True)

    start: int
    end: int
    zh: str
    en: str


class Understood(Strict):
    """`chips` are in the order of `filters`, one each."""

    model_config = ConfigDict(frozen=True)

    filters: tuple[Filter, ...] = ()
    words: str = ""
    chips: tuple[Chip, ...] = ()

    def said(self, lang: Lang) -> str:
        """
        >>> understand("200元以下的白色围巾", today=dt.date(2026, 11, 26)).said("zh")
        '理解为：价格 ≤ 200 · 颜色 白色 · 品类 围巾披肩'
        """
        read = " · ".join(chip.zh if lang == "zh" else chip.en for chip in self.chips)
        return f"理解为：{read}" if lang == "zh" else f"Understood as: {read}"


def understand(
    sentence: str,
    *,
    today: dt.date,
    brands: Collection[str] = (),
    places: Collection[str] = (),
    taxonomy: Taxonomy | None = None,
) -> Understood:
    """Filters and the words that are left.

    >>> found = understand("找去年海边穿红衣服的照片", today=dt.date(2026, 11, 26))
    >>> [chip.zh for chip in found.chips], found.words
    (['时间 2025-01-01 至 2025-12-31', '类型 照片'], '海边穿红衣服 红色')
    """
    text = even(sentence)
    if len(text) > LONGEST:
        return Understood(words=_plain(sentence))
    marks = _marks(text, today, brands, places, taxonomy or Taxonomy.shipped())
    asked = [(mark, mark.filter) for mark in marks if mark.filter]
    return Understood(
        filters=tuple(one for _, one in asked),
        words=_words(sentence, text, marks),
        chips=tuple(Chip(start=mark.start, end=mark.end, zh=mark.zh, en=mark.en) for mark, _ in asked),
    )


def left_of(sentence: str, read: Understood) -> list[str]:
    """Words of the sentence that no filter is made of.

    >>> said = "适合爸妈穿的黑色运动鞋"
    >>> left_of(said, understand(said, today=dt.date(2026, 11, 26)))
    ['适合', '爸妈', '穿']
    """
    ends = [0, *(chip.end for chip in read.chips)]
    starts = [*(chip.start for chip in read.chips), len(sentence)]
    return [word for start, end in zip(ends, starts, strict=True) for word in words_telling(sentence[start:end])]


def _marks(
    text: str, today: dt.date, brands: Collection[str], places: Collection[str], taxonomy: Taxonomy
) -> list[Mark]:
    """Marks in the order of the sentence, none over another: what is found first keeps its place."""
    held = _Held()
    held.add(Mark(*match.span(), stays=True) for pattern in whole_words() for match in pattern.finditer(text))
    held.add(find_prices(text))
    held.add(find_times(text, today))
    held.add(find_people(text))
    held.add(find_brands(text, brands, _ordinary(taxonomy)))
    held.add(find_places(text, places))
    held.add(find_kinds(text))
    is_photo = is_worn(text) or bool(_PHOTO.search(text)) or any(map(_is_of_photos, held.marks))
    colours = list(find_colours(text, is_photo=is_photo))
    taken = [(mark.start, mark.end) for mark in (*held.marks, *colours) if mark.filter]
    things = [] if is_photo else list(find_categories(text, taxonomy, taken))
    held.add(colour for colour in colours if not any(_holds(thing, colour) for thing in things))
    held.let_go(things)
    held.add(_one_thing(things))
    return sorted(held.marks, key=lambda mark: mark.start)


def _is_of_photos(mark: Mark) -> bool:
    asked = mark.filter
    return asked is not None and (asked.field in ("people", "place") or asked == Filter("kind", "is", "photo"))


def _holds(thing: Mark, colour: Mark) -> bool:
    """小白鞋 is a thing whose name has a colour."""
    return thing.start <= colour.start < colour.end <= thing.end


def _one_thing(things: list[Mark]) -> list[Mark]:
    """An item has one category: of several asked for, none is a filter."""
    wanted = [mark for mark in things if mark.filter and mark.filter.op == "is"]
    several = len({mark.filter for mark in wanted}) > 1
    return [mark for mark in things if not (several and mark in wanted)]


class _Held:
    """Marks that do not overlap."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self._taken: set[int] = set()

    def let_go(self, things: Iterable[Mark]) -> None:
        """What stays whole gives way to a thing that it is a part of: 黄瓜 is no yellow, but a kind of goods."""
        inside = {place for thing in things for place in range(thing.start, thing.end)}
        gone = [mark for mark in self.marks if mark.filter is None and inside.issuperset(range(mark.start, mark.end))]
        dropped = set(map(id, gone))
        self.marks = [mark for mark in self.marks if id(mark) not in dropped]
        self._taken -= {place for mark in gone for place in range(mark.start, mark.end)}

    def add(self, marks: Iterable[Mark]) -> None:
        for mark in marks:
            places = range(mark.start, mark.end)
            if self._taken.isdisjoint(places):
                self._taken.update(places)
                self.marks.append(mark)


def _words(sentence: str, text: str, marks: list[Mark]) -> str:
    """What is left of the sentence, and the further words of its marks; nothing where what is left tells nothing."""
    gone = [mark for mark in marks if mark.filter and not mark.stays]
    if not gone:
        return " ".join([_plain(_without_opening(sentence, text)), *_also(marks)]).strip()
    pieces, at = [], 0
    for start, end in [*((mark.start, mark.end) for mark in gone), (len(text), len(text))]:
        pieces.append(_plain(sentence[slice(*_trimmed(text, at, start))]))
        at = end
    left = " ".join(piece for piece in (*pieces, *_also(marks)) if piece)
    return left if words_telling(left) else ""


def _also(marks: list[Mark]) -> list[str]:
    return list(dict.fromkeys(mark.also for mark in marks if mark.also))


def _without_opening(sentence: str, text: str) -> str:
    opening = _fillers().match(text)
    rest = sentence[opening.end() :] if opening else sentence
    return rest if any(c.isalnum() for c in rest) else sentence


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A piece without what opens a question, and what held it to a part that is gone."""
    left, right = _edges()
    opening = _fillers().match(text, start, end)
    start = opening.end() if opening else start
    while found := left.match(text, start, end):
        start = found.end()
    while found := right.search(text, max(start, end - 24), end):
        end = found.start()
    return start, end


def _plain(text: str) -> str:
    """Written on one line without lone surrogates; nothing where there is no letter or digit."""
    line = " ".join("".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text).split())
    return line if any(c.isalnum() for c in line) else ""


@cache
def _ordinary(taxonomy: Taxonomy) -> frozenset[str]:
    """Names of brands that are words as well: those of goods, colours and what stays whole."""
    names = {even(name) for one in taxonomy for name in (one.zh, one.en, *one.names)}
    return frozenset(names | set(wording()["whole"]) | set(wording()["colour"]["en"]))


@cache
def _fillers() -> re.Pattern[str]:
    return re.compile(r"\s{0,3}" + any_of(wording()["wanted"]["fillers"]) + r"\s{0,3}")


@cache
def _edges() -> tuple[re.Pattern[str], re.Pattern[str]]:
    edge = any_of(wording()["wanted"]["edges"])
    marks = r"[\s,，。.;；、!！?？:：]"
    return re.compile(rf"{marks}{{1,9}}|{edge}"), re.compile(rf"(?:{marks}{{1,9}}|{edge})$")
