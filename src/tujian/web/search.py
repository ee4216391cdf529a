"""The page of searching: a sentence or a picture in, hits with scores and reasons out; honest where nothing fits.

Enters: what was asked, how it was understood, what was found. Leaves: the page as text. What it does not know: the
search, requests. req: A9, E6, E8
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from tujian.catalogue.nouns import Visibility
from tujian.errors import Lang, TujianError
from tujian.finding import Found
from tujian.query import Understood
from tujian.web.render import Reader, render_template

LOOSE = 0.1  # strictness that is offered where nothing was found


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for. `dropped` are parts of the sentence that shall be no filters."""

    text: str = ""
    strictness: float = 0.5
    dropped: Sequence[str] = ()
    also: Sequence[Visibility] = ()
    has_picture: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """`is_empty`: there is nothing at all in the catalogue."""

    found: Found = field(default_factory=lambda: Found(hits=[], facets={}, total=0))
    understood: Understood = field(default_factory=Understood)
    is_empty: bool = False
    trouble: TujianError | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter as it is shown; its link drops it, or puts it back."""

    name: str
    part: str
    href: str
    is_off: bool


def render_search(reader: Reader, wish: Wish, answered: Answered) -> str:
    found = answered.found
    is_blank = not wish.text.strip() and not wish.has_picture
    return render_template(
        "search.html",
        "/search",
        reader,
        lang_at=_href(wish),
        wish=wish,
        is_blank=is_blank,
        is_empty=answered.is_empty,
        trouble=answered.trouble.say(reader.lang) if answered.trouble else None,
        chips=_chips(wish, answered.understood, reader.lang),
        hits=found.hits,
        total=found.total,
        meaning=found.meaning,
        seeing=urlencode([("also", one) for one in wish.also]),
        following=_href(wish, found.next) if found.next and not wish.has_picture else "",
        looser=_href(replace(wish, strictness=LOOSE)) if wish.strictness > LOOSE else "",
    )


def _chips(wish: Wish, understood: Understood, lang: Lang) -> list[Chip]:
    chips = []
    for chip in understood.chips:
        part = wish.text[chip.start : chip.end]
        is_off = part in wish.dropped
        dropped = [one for one in wish.dropped if one != part] if is_off else [*wish.dropped, part]
        name = chip.zh if lang == "zh" else chip.en
        chips.append(Chip(name, part, _href(replace(wish, dropped=dropped)), is_off))
    return chips


def _href(wish: Wish, after: str = "") -> str:
    asked = [
        ("q", wish.text),
        ("strictness", f"{wish.strictness:g}"),
        *(("drop", one) for one in wish.dropped),
        *(("also", one) for one in wish.also),
        *([("after", after)] if after else []),
    ]
    return f"/search?{urlencode(asked)}"
