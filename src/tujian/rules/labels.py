"""Labels on packs: 配料：, 贮存条件：, Ingredients: … and what stands behind them.

Enters: text lines, and `data/words/pack_labels.toml`. Leaves: for a kind of fact the words behind its label, with the
lines they stand on. A label may stand on the line of its value, left of it, above it, or in the middle of a line that
holds several facts; the value ends where the next label opens.
Does not know: what a value must look like; that is for the rule that asks.
"""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from tujian.folding import fold
from tujian.perception.text import TextLine
from tujian.rules.layout import is_cell_of, joined, paragraph, run_on, value_beside

MOST_LABELS = 8  # of one kind looked at: a picture that repeats a label more often is a page about labels
LONGEST_LINE = 400  # characters of one line: no print runs on so long, and what comes behind is not looked at
LEAST_BARE = 3  # Chinese characters from which a label needs no colon: 产地 also opens 产地直供
LEAST_MISREAD = 4  # characters from which one wrong character still is the label, before a colon
_OPENING = r"[\s\[【（(<《“\"'·•●■◆▲★*※#>»\-–—]*"
_COLON = r"\s{0,3}(?:[】\]][:：]?|(?:[)）]\s?)?[:：;；︰﹕])"
_STOPS = "。；;，,、|/】)） \u3000\t"
_HEAD = re.compile(rf"^{_OPENING}([\u4e00-\u9fff]{{4,10}}){_COLON}")
_AROUND = " \t\u3000:：;；︰﹕,，、|/·•*-–—"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a line: the label that opens it, "" where none does, and the words behind."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A value behind a label. `line` is the line the value begins on, `more` those it goes on over."""

    label: str
    value: str
    line: TextLine
    more: tuple[TextLine, ...] = ()


@dataclass(frozen=True, slots=True)
class _Book:
    name_of: dict[str, str]  # label without blanks, folded case → kind of fact
    bare: frozenset[str]  # labels that need no colon
    pattern: re.Pattern[str]


@cache
def _book() -> _Book:
    """`data/words/pack_labels.toml`, read at the first call."""
    table = tomllib.loads(files("tujian").joinpath("data/words/pack_labels.toml").read_text("utf-8"))
    name_of = {_plain(word): name for name, kinds in table.items() for words in kinds.values() for word in words}
    bare = {_plain(word) for kinds in table.values() for way in ("words", "misread") for word in kinds.get(way, [])}
    spelled = sorted((word for kinds in table.values() for words in kinds.values() for word in words), key=len)[::-1]
    alternatives = "|".join(map(_spelling, spelled))
    return _Book(name_of, frozenset(bare), re.compile(f"(?P<label>{alternatives})", re.IGNORECASE))


def labelled(name: str, lines: Sequence[TextLine], *, whole: bool = False) -> list[Labelled]:
    """What stands behind the labels of this kind; with `whole` the paragraph that goes on over further lines.

    >>> from tujian.geometry import Box1000
    >>> one = TextLine("产地：上海市 保质期：9个月", 0.9, ((0, 0), (99, 0), (99, 9), (0, 9)), Box1000(0, 0, 99, 9))
    >>> [found.value for found in labelled("origin", [one])]
    ['上海市']
    """
    hits = [(line, place) for line in lines for place, part in enumerate(parts_of(line.text)) if part.name == name]
    found = [_behind(line, place, lines, whole) for line, place in hits[:MOST_LABELS]]
    return [one for one in found if one is not None]


def opens_with_label(line: TextLine) -> bool:
    """Whether the line begins with a label of any kind: what stood above it ends there."""
    parts = parts_of(line.text)
    return bool(parts) and bool(parts[0].name)


@lru_cache(4096)  # every rule asks about every line
def parts_of(text: str) -> tuple[Part, ...]:
    """The line cut at its labels.

    >>> [(part.name, part.value) for part in parts_of("【贮存条件】常温避光 SC10612345678901")]
    [('storage', '常温避光 SC10612345678901')]
    """
    text = text[:LONGEST_LINE]
    marks = _marks(text)
    parts = [Part("", "", text[: marks[0][0]].strip(_AROUND))] if marks and text[: marks[0][0]].strip(_STOPS) else []
    ends = [start for start, _, _ in marks[1:]] + [len(text)]
    for (start, end, name), value_end in zip(marks, ends, strict=bool(marks)):
        parts.append(Part(name, text[start:end], _stripped(text[end:value_end])))
    return tuple(parts) if marks else (Part("", "", text.strip()),)


def _marks(text: str) -> list[tuple[int, int, str]]:
    """Start, end of the label with its colon, and kind, of every label in a line."""
    book, marks = _book(), []
    opening = re.match(_OPENING, text)
    first = opening.end() if opening else 0
    for match in book.pattern.finditer(text):
        label = _plain(match["label"])
        colon = re.compile(_COLON).match(text, match.end())
        end = colon.end() if colon else match.end()
        is_latin = label.isascii()
        if is_latin and not _is_whole_word(text, match):
            continue
        if colon or _needs_no_colon(text, match, first, label in book.bare, is_latin):
            marks.append((match.start() if match.start() > first else 0, end, book.name_of[label]))
    return marks or _misread(text)


def _needs_no_colon(text: str, match: re.Match[str], first: int, is_bare: bool, is_latin: bool) -> bool:
    alone = match.start() <= first and not text[match.end() :].strip(_STOPS + "】])）:：")
    if alone:
        return True
    following = text[match.end() : match.end() + 1]
    if is_latin and following == " ":
        following = text[match.end() + 1 : match.end() + 2] or " "
    if not is_bare:  # 产地 上海市, but not 产地直供; Latin ones are too ordinary: Name, Brand new
        return not is_latin and match.start() <= first and following in " \u3000"
    if not (match.start() <= first or text[match.start() - 1] in _STOPS):
        return False
    if is_latin:  # the ingredients of success; but MFG 01.05.2026 EXP 01.05.2027
        return match.start() <= first or text[match.start() - 1] not in " \u3000\t" or following.strip()[:1].isdigit()
    if len(re.sub(r"\s", "", match["label"])) >= LEAST_BARE:
        return True
    is_value = following.isascii() or "、" in text[match.end() :]  # 配料干净 is a slogan, 配料小麦粉、糖 a list
    return following in " \u3000(" or is_value


def _misread(text: str) -> list[tuple[int, int, str]]:
    """A label before a colon with one character wrong: 贮车条件： is 贮存条件："""
    head = _HEAD.match(text)
    if head is None:
        return []
    for label, name in _book().name_of.items():
        if len(label) == len(head[1]) >= LEAST_MISREAD and _differing(label, head[1]) == 1:
            return [(0, head.end(), name)]
    return []


def _differing(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def _behind(line: TextLine, place: int, lines: Sequence[TextLine], whole: bool) -> Labelled | None:
    parts = parts_of(line.text)
    part, is_last = parts[place], place == len(parts) - 1
    if part.value:
        return _going_on(part, line, lines, whole) if is_last else Labelled(part.label, part.value, line)
    beside = value_beside(line, lines) if is_last else None
    if beside is None or opens_with_label(beside):
        return None
    block = paragraph(beside, lines, _opens_among(lines)) if whole else [beside]
    return Labelled(part.label, _stripped(joined(block)), beside, tuple(block[1:]))


def _going_on(part: Part, line: TextLine, lines: Sequence[TextLine], whole: bool) -> Labelled:
    opens = _opens_among(lines)
    block = paragraph(line, lines, opens) if whole else [line, *run_on(line, lines, opens)]
    rest = joined([line, *block[1:]])[len(line.text) :] if len(block) > 1 else ""
    return Labelled(part.label, _stripped(part.value + rest), line, tuple(block[1:]))


def _opens_among(lines: Sequence[TextLine]) -> Callable[[TextLine], bool]:
    """Whether a line begins something: it opens with a label, or is the value of one that stands left of it."""
    bare = [line for line in lines if (parts := parts_of(line.text)) and parts[-1].name and not parts[-1].value]
    return lambda line: opens_with_label(line) or any(is_cell_of(label, line, lines) for label in bare)


def _stripped(value: str) -> str:
    bare = value.strip(_AROUND).rstrip("【[（(●■◆" + _AROUND)
    return bare.strip("】]") if not set("[【") & set(bare) else bare


def _spelling(word: str) -> str:
    """A pattern for a label: blanks may stand between Chinese characters, and there may be more of them in Latin."""
    if word.isascii():
        return r"\s{0,2}".join(map(re.escape, word.split(" ")))
    return r"\s{0,3}".join(map(re.escape, word))


def _is_whole_word(text: str, match: re.Match[str]) -> bool:
    before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
    return not (before.isascii() and before.isalnum()) and not (after.isascii() and after.isalpha())


def _plain(label: str) -> str:
    return fold(label)
