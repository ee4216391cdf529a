"""The page of the catalogue: items as a wall of pictures or as a table, facets beside it. req: C1, E6

Enters: what the search found under the filters that were chosen, and how their values are called. Leaves: the page as
text. What it does not know: the search, requests. Titles and values are foreign: they only ever become text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from tujian.catalogue.nouns import EVERYTHING, Visibility
from tujian.finding import COUNTED, Facet, Found
from tujian.saved_searches import SavedSearch
from tujian.web.addresses import FACETS, saved_links
from tujian.web.render import Reader, render_template
from tujian.web.table import Table


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is shown: `chosen` values by facet, `names` of values by facet, `also`: what else is seen."""

    found: Found
    chosen: Mapping[str, str]
    names: Mapping[str, Mapping[str, str]]
    also: Sequence[Visibility] = ()
    table: Table | None = None
    columns: Sequence[str] = ()  # as they were asked for
    pending: int = 0  # items that nobody has looked at yet


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that chooses a value, or drops one that is chosen."""

    facet: str
    value: str
    name: str
    href: str
    count: int = 0
    is_on: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    facet: str
    choices: list[Choice]


def render_catalogue(reader: Reader, shelf: Shelf, saved: Sequence[SavedSearch] = ()) -> str:
    """The page as HTML; those after the first are asked for by `grid.js`, which takes their pictures."""
    found = shelf.found
    groups = [_group(shelf, facet, found.facets.get(facet, [])) for facet in FACETS if facet not in shelf.chosen]
    return render_template(
        "catalogue.html",
        "/catalogue",
        reader,
        lang_at=_href(shelf),
        table=shelf.table,
        wall=_href(replace(shelf, table=None, columns=())),
        as_table=_href(replace(shelf, table=Table((), (), ()))),
        asked=[*shelf.chosen.items(), *(("also", one) for one in shelf.also)],
        hits=found.hits,
        saved=saved_links(saved),
        keeps=f"/catalogue?{urlencode(list(shelf.chosen.items()))}" if shelf.chosen else "",
        total=found.total,
        pending=shelf.pending,
        is_more=bool(shelf.chosen) and found.total >= COUNTED,
        is_sampled=found.total >= COUNTED,
        groups=[group for group in groups if len(group.choices) > (group.facet == "kind")],
        chosen=[_drop(shelf, facet) for facet in FACETS if facet in shelf.chosen],
        also=[_also(shelf, one) for one in EVERYTHING],
        seeing=urlencode([("also", one) for one in shelf.also]),
        following=_href(shelf, after=found.next) if found.next else "",
    )


def _group(shelf: Shelf, facet: str, values: Sequence[Facet]) -> Group:
    names = shelf.names.get(facet, {})
    choices = []
    for one in values:
        href = _href(replace(shelf, chosen={**shelf.chosen, facet: one.value}))
        choices.append(Choice(facet, one.value, names.get(one.value, one.name), href, one.count))
    return Group(facet, choices)


def _drop(shelf: Shelf, facet: str) -> Choice:
    value = shelf.chosen[facet]
    rest = {name: one for name, one in shelf.chosen.items() if name != facet}
    return Choice(facet, value, shelf.names.get(facet, {}).get(value, value), _href(replace(shelf, chosen=rest)))


def _also(shelf: Shelf, one: Visibility) -> Choice:
    is_on = one in shelf.also
    also = [other for other in EVERYTHING if (other in shelf.also) != (other == one)]
    return Choice("also", one, one, _href(replace(shelf, also=also)), is_on=is_on)


def _href(shelf: Shelf, after: str = "") -> str:
    asked = [*shelf.chosen.items(), *(("also", one) for one in shelf.also)]
    if shelf.table:
        asked += [("view", "table"), *(("column", one) for one in shelf.columns)]
    asked += [("after", after)] if after else []
    return f"/catalogue?{urlencode(asked)}" if asked else "/catalogue"
