"""The pages of the catalogue: what is asked for in the address, asked once, drawn. req: C1, E6, E8"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from tujian.albums import Album
from tujian.api.bodies import PictureRoute
from tujian.api.items import Hidden
from tujian.api.search_page import AT_ONCE, Seen
from tujian.catalogue import FIRST, Catalogue
from tujian.catalogue.cells import cells_of
from tujian.catalogue.nouns import Also
from tujian.catalogue.pending import count_pending
from tujian.errors import Lang, NotFound, TujianError
from tujian.familiar import as_written
from tujian.filters import Filter
from tujian.finding import Found, Search
from tujian.finding import Query as Asked
from tujian.house import House
from tujian.likeness import find_similar
from tujian.records import Record, Value
from tujian.rules.colour_words import base_names
from tujian.saved_searches import SavedSearches
from tujian.web.addresses import FACETS
from tujian.web.catalogue import Shelf, render_catalogue
from tujian.web.item import Looked, render_item, render_missing
from tujian.web.render import Reader, read_words
from tujian.web.routes import Mark, page_of, reader_of
from tujian.web.table import Table, chosen_columns, lay_table

Text = Annotated[str, Query(max_length=200)]


def pages_router(house: House, catalogue: Catalogue, search: Search, mark: Mark) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=PictureRoute)
    reading = Depends(reader_of(house.settings, mark))
    _add_catalogue(router, house, search, SavedSearches(house.database), reading)
    _add_item(router, house, catalogue, search, reading)
    return router


def trouble_page(house: House, mark: Mark) -> Callable[[Request, TujianError, int], HTMLResponse]:
    """What a browser is shown where a page cannot be."""
    reading = reader_of(house.settings, mark)

    def draw(request: Request, error: TujianError, status: int) -> HTMLResponse:
        kept = request.cookies
        reader = reading(request.query_params.get("lang"), kept.get("lang"), kept.get("theme"))
        return page_of(render_missing(reader, error), reader, status)

    return draw


LEAST_SHOWN = 0.1  # confidence of a guess that a person may want to take


def _add_catalogue(router: APIRouter, house: House, search: Search, saved: SavedSearches, reading: object) -> None:
    @router.get("/catalogue", response_class=HTMLResponse)
    def show_catalogue(
        reader: Annotated[Reader, reading],
        kind: Literal["", "product", "photo"] = "",
        category: Text = "",
        category_guess: Text = "",
        brand: Text = "",
        colour: Text = "",
        batch: Text = "",
        also: Hidden = [],  # noqa: B006
        after: Annotated[str, Query(max_length=300)] = "",
        view: Literal["", "table"] = "",
        column: Annotated[list[str], Query(max_length=60)] = [],  # noqa: B006
    ) -> HTMLResponse:
        asked = {"kind": kind, "category": category, "category_guess": category_guess}
        asked |= {"brand": brand, "colour": colour, "batch": batch}
        wanted = {facet: asked[facet] for facet in FACETS if asked[facet]}
        filters = tuple(Filter(facet, "is", value) for facet, value in wanted.items())
        found = search.find(Asked(filters=filters, limit=AT_ONCE, after=after, also=tuple(also)))
        names, waiting = _names(house, found, wanted, reader.lang, also), count_pending(house.database)
        shelf = Shelf(found, wanted, names, also, pending=waiting)
        if view:
            shelf = replace(shelf, table=_table(house, found, column, reader.lang), columns=column)
        return page_of(render_catalogue(reader, shelf, saved.list()), reader)


def _add_item(router: APIRouter, house: House, catalogue: Catalogue, search: Search, reading: object) -> None:
    @router.get("/catalogue/{item_id}", response_class=HTMLResponse)
    def show_item(
        reader: Annotated[Reader, reading],
        item_id: str,
        picture: Annotated[int, Query(ge=0, le=1000)] = 0,
        older: Annotated[int, Query(ge=0, le=10**9)] = 0,
        newer: Annotated[int, Query(ge=0, le=10**9)] = 0,
        also: Hidden = [],  # noqa: B006
    ) -> HTMLResponse:
        try:
            looked = _looked(house, catalogue, item_id, also, picture, older, newer)
            similar = find_similar(house, catalogue, search, looked.item, also=also)
        except NotFound as error:
            return page_of(render_missing(reader, error), reader, 404)
        return page_of(render_item(reader, replace(looked, similar=similar)), reader)


def _table(house: House, found: Found, asked: list[str], lang: Lang) -> Table:
    tasks = [house.tasks.get(name) for kind in FIRST.values() for name in kind]
    fields = {field.name: field for task in reversed(tasks) for field in task.fields}
    chosen, heads = chosen_columns(asked, fields), [hit.item for hit in found.hits]
    with house.database.read() as connection:
        cells = cells_of(connection, [head.id for head in heads], chosen)
    return lay_table(heads, cells, chosen, fields, lang)


def _looked(
    house: House, catalogue: Catalogue, item_id: str, also: list[Seen], picture: int, older: int, newer: int
) -> Looked:
    """Raises NotFound."""
    item = catalogue.get(item_id, also=also)
    own = [house.tasks.get(name) for name in FIRST[item.kind]]
    fields = {field.name: field for task in reversed([*own, *house.tasks]) for field in task.fields}
    meant = dict.fromkeys(
        [*(field.name for task in own for field in task.fields), *(name for name in item.values if name in fields)]
    )
    newer = newer or item.records_count
    older = older or max(1, newer - 1)
    differences = catalogue.diff(item_id, older, newer, also=also) if item.records_count > 1 else []
    history = catalogue.history(item_id, also=also)
    shown = {name: fields[name] for name in meant}
    beside = Album(catalogue.database).beside(item_id) if item.kind == "photo" and not also else (None, None)
    looked = Looked(item, shown, history, picture, also, older, newer, differences, beside=beside)
    if "category" not in shown or "category" in item.values or not item.records_count:
        return looked
    return replace(looked, guesses=_guesses(house, catalogue.record(item_id, item.records_count, also=also)))


def _guesses(house: House, record: Record) -> list[str]:
    """The likelier kinds of goods of a record that states none, as the house's language calls them."""
    told = record.fields.get("category", Value()).top3 or ()
    return [category_name(house, one.id, house.settings.lang) for one in told if one.confidence >= LEAST_SHOWN]


def _names(
    house: House, found: Found, chosen: Mapping[str, str], lang: Lang, also: Also
) -> dict[str, Mapping[str, str]]:
    """How the values of facets are called."""
    values = {
        facet: [*(one.value for one in found.facets.get(facet, [])), *filter(None, [chosen.get(facet)])]
        for facet in FACETS
    }
    words = read_words(lang)
    return {
        "kind": {"product": words["kind_product"], "photo": words["kind_photo"]},
        **{facet: _category_names(house, values[facet], lang) for facet in ("category", "category_guess")},
        "brand": as_written(house.database, "brand", values["brand"], also),
        "batch": {chosen.get("batch", ""): words["facet_batch_of"]},
        "colour": base_names() if lang == "zh" else {one: one.capitalize() for one in base_names()},
    }


def _category_names(house: House, ids: Sequence[str], lang: Lang) -> dict[str, str]:
    return {one: category_name(house, one, lang) for one in ids}


def category_name(house: House, category_id: str, lang: Lang) -> str:
    """What a category's id is called; the id itself where nobody knows."""
    known = house.knowledge.taxonomy
    found = known.get(category_id) if category_id in known else known.meaning(category_id)
    return found.name(lang) if found else category_id
