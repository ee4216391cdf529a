"""Filters as chips: how each reads, what drops it or puts it back, and a form that changes it in its place.

Enters: a question, how its sentence was understood, facets of what was found. Leaves: chips with addresses. A changed
filter stands in the address (`set=`) and takes the place of all that the sentence says of its field. req: E6, E8
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tujian.errors import Lang
from tujian.filter_words import KINDS, NUMBERS, read_aloud, write_filter
from tujian.filters import Filter
from tujian.finding import Facet
from tujian.query import Understood
from tujian.rules.colour_words import base_colour, base_names
from tujian.saved_searches import Question
from tujian.taxonomy import Taxonomy
from tujian.web.addresses import address_of, parts_of


@dataclass(frozen=True, slots=True)
class Editor:
    """What a form begins with. `keeps` goes along unseen: the question without what is changed."""

    field: str
    kind: Literal["numbers", "dates", "choice", "text"]
    keeps: Sequence[tuple[str, str]]
    value: str = ""
    low: str = ""
    high: str = ""
    is_not: bool = False
    options: Sequence[tuple[str, str]] = ()  # value, name


@dataclass(frozen=True, slots=True)
class Chip:
    """`href` drops it, or puts it back; `undone` is the address with what the sentence said, where it was changed."""

    name: str
    href: str
    is_off: bool = False
    undone: str = ""
    editor: Editor | None = None


@dataclass(frozen=True, slots=True)
class Chips:
    """What chips are made from."""

    asked: Question
    understood: Understood
    facets: Mapping[str, Sequence[Facet]]
    taxonomy: Taxonomy
    lang: Lang
    also: Sequence[str] = ()

    def all(self) -> list[Chip]:
        """In the order of the sentence; what was added to it stands last."""
        changed = {one.field: [] for one in self.asked.read}
        for one in self.asked.read:
            changed[one.field].append(one)
        chips: list[Chip] = []
        for asked, said in zip(self.understood.filters, self.understood.chips, strict=True):
            if asked.field in changed:
                chips += self._changed(changed.pop(asked.field))
            elif not self._was_changed(asked.field):
                chips.append(self._said(asked, said.start, said.end, said.zh if self.lang == "zh" else said.en))
        return [*chips, *(chip for several in changed.values() for chip in self._changed(several))]

    def _was_changed(self, field: str) -> bool:
        return any(one.field == field for one in self.asked.read)

    def _said(self, asked: Filter, start: int, end: int, name: str) -> Chip:
        part = self.asked.text[start:end]
        is_off = part in self.asked.dropped
        rest = [one for one in self.asked.dropped if one != part]
        href = self._at(dropped=rest if is_off else [*rest, part])
        return Chip(name, href, is_off, editor=None if is_off else self._editor(asked))

    def _changed(self, several: Sequence[Filter]) -> Iterator[Chip]:
        """Dropping one of the sentence's drops what the sentence says, too."""
        parts = [
            self.asked.text[chip.start : chip.end]
            for said, chip in zip(self.understood.filters, self.understood.chips, strict=True)
            if said.field == several[0].field
        ]
        for one in several:
            rest = [write_filter(other) for other in self.asked.read if other != one]
            dropped = [*self.asked.dropped, *(part for part in parts if part not in self.asked.dropped)]
            name = read_aloud(one, self.taxonomy)[self.lang == "en"]
            undone = self._at(filters=rest, dropped=[d for d in self.asked.dropped if d not in parts]) if parts else ""
            yield Chip(name, self._at(filters=rest, dropped=dropped), undone=undone, editor=self._editor(one))

    def _at(self, **change: object) -> str:
        kept = {name: tuple(value) if isinstance(value, list) else value for name, value in change.items()}
        return address_of(self.asked.model_copy(update=kept), self.also)

    def _editor(self, asked: Filter) -> Editor:
        of_field = [one for one in (*self.asked.read, *self._still_said(asked.field)) if one.field == asked.field]
        others = [one for one in self.asked.read if one.field != asked.field]
        beside = [write_filter(one) for one in (*others, *of_field) if one != asked]
        keeps = parts_of(self.asked.model_copy(update={"filters": tuple(dict.fromkeys(beside))}))
        keeps += [("also", one) for one in self.also]
        low, high = _ends(asked)
        if asked.field in NUMBERS or (asked.op in ("under", "over") and asked.field != "date"):
            return Editor(asked.field, "numbers", keeps, low=low, high=high)
        if asked.field == "date":
            return Editor(asked.field, "dates", keeps, low=low, high=high)
        options, value = self._options(asked)
        kind = "choice" if options else "text"
        return Editor(asked.field, kind, keeps, value=value, is_not=asked.op == "not", options=options)

    def _still_said(self, field: str) -> list[Filter]:
        """What the sentence says of a field that nobody changed: it goes on holding when one of several is."""
        if self._was_changed(field):
            return []
        return [
            one
            for one, chip in zip(self.understood.filters, self.understood.chips, strict=True)
            if self.asked.text[chip.start : chip.end] not in self.asked.dropped
        ]

    def _options(self, asked: Filter) -> tuple[list[tuple[str, str]], str]:
        """Values that may be chosen, and which of them it is now."""
        value = str(asked.value)
        if asked.field == "colour":
            zh = self.lang == "zh"
            return [(base, name if zh else base) for base, name in base_names().items()], base_colour(value) or value
        if asked.field == "kind":
            return [(kind, names[self.lang == "en"]) for kind, names in KINDS.items()], value
        if asked.field == "category":
            near = [value, value.rpartition("-")[0], *(one.value for one in self.facets.get("category", ()))]
            known = [one for one in dict.fromkeys(near) if one in self.taxonomy]
            return [(one, self.taxonomy.get(one).name(self.lang)) for one in known], value
        return [], value


def _ends(asked: Filter) -> tuple[str, str]:
    """Of a range, as fields of a form show them."""

    def shown(end: object) -> str:
        return f"{end:.12g}" if isinstance(end, int | float) else str(end)

    match asked.op, asked.value:
        case "between", (low, high):
            return shown(low), shown(high)
        case (("under" | "until"), most):
            return "", shown(most)
        case (("over" | "since"), least):
            return shown(least), ""
    value = shown(asked.value)
    return value, value
