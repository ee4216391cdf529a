"""The pages of the catalogue: what is asked for in the address, asked once, drawn. req: C1, E6, E8"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse

from tujian.api.bodies import MOST_PICTURES, PictureRoute
from tujian.api.errors import status_of
from tujian.api.flow import finished
from tujian.api.items import Hidden
from tujian.api.search import shot_of
from tujian.catalogue import FIRST, Catalogue
from tujian.catalogue.cells import cells_of
from tujian.catalogue.nouns import Also
from tujian.catalogue.pending import count_pending
from tujian.errors import BadInput, Lang, NotFound, TujianError
from tujian.familiar import as_written
from tujian.filters import Filter
from tujian.finding import Found, Search
from tujian.finding import Query as Asked
from tujian.house import House
from tujian.rules.colour_words import base_names
from tujian.sought import Sought, seek, understood
from tujian.web.catalogue import FACETS, Shelf, render_catalogue
from tujian.web.item import Looked, render_item, render_missing
from tujian.web.render import Reader, read_words
from tujian.web.routes import Mark, page_of, reader_of
from tujian.web.search import Answered, Wish, render_search
from tujian.web.table import Table, chosen_columns, lay_table

AT_ONCE = 100  # items of a page: two screens of large pictures, 60 kB
Seen = Literal["hidden", "sensitive", "pending"]
Text = Annotated[str, Query(max_length=200)]
MOST_CHARS = 2_000  # of a sentence in an address


def pages_router(house: House, catalogue: Catalogue, search: Search, mark: Mark) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=PictureRoute)
    reading = Depends(reader_of(house.settings, mark))
    _add_catalogue(router, house, search, reading)
    _add_item(router, house, catalogue, reading)
    _add_search(router, house, search, reading)
    return router


def trouble_page(house: House, mark: Mark) -> Callable[[Request, TujianError, int], HTMLResponse]:
    """What a browser is shown where a page cannot be."""
    reading = reader_of(house.settings, mark)

    def draw(request: Request, error: TujianError, status: int) -> HTMLResponse:
        kept = request.cookies
        reader = reading(request.query_params.get("lang"), kept.get("lang"), kept.get("theme"))
        return page_of(render_missing(reader, error), reader, status)

    return draw


def _add_catalogue(router: APIRouter, house: House, search: Search, reading: object) -> None:
    @router.get("/catalogue", response_class=HTMLResponse)
    def show_catalogue(
        reader: Annotated[Reader, reading],
        kind: Literal["", "product", "photo"] = "",
        category: Text = "",
        brand: Text = "",
        colour: Text = "",
        also: Hidden = [],  # noqa: B006
        after: Annotated[str, Query(max_length=300)] = "",
        view: Literal["", "table"] = "",
        column: Annotated[list[str], Query(max_length=60)] = [],  # noqa: B006
    ) -> HTMLResponse:
        asked = {"kind": kind, "category": category, "brand": brand, "colour": colour}
        wanted = {facet: asked[facet] for facet in FACETS if asked[facet]}
        filters = tuple(Filter(facet, "is", value) for facet, value in wanted.items())
        found = search.find(Asked(filters=filters, limit=AT_ONCE, after=after, also=tuple(also)))
        names, waiting = _names(house, found, wanted, reader.lang, also), count_pending(house.database)
        shelf = Shelf(found, wanted, names, also, pending=waiting)
        if view:
            shelf = replace(shelf, table=_table(house, found, column, reader.lang), columns=column)
        return page_of(render_catalogue(reader, shelf), reader)


def _add_item(router: APIRouter, house: House, catalogue: Catalogue, reading: object) -> None:
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
        except NotFound as error:
            return page_of(render_missing(reader, error), reader, 404)
        return page_of(render_item(reader, looked), reader)


def _add_search(router: APIRouter, house: House, search: Search, reading: object) -> None:
    @router.get("/search", response_class=HTMLResponse)
    async def show_search(
        request: Request,
        reader: Annotated[Reader, reading],
        q: Annotated[str, Query(max_length=MOST_CHARS)] = "",
        strictness: Annotated[float, Query(ge=0, le=1)] = 0.5,
        drop: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
        also: Hidden = [],  # noqa: B006
        after: Annotated[str, Query(max_length=300)] = "",
    ) -> HTMLResponse:
        wish = Wish(q, strictness, drop, also)
        answered = await finished(request, lambda _: _answered(house, search, wish, after))
        return page_of(render_search(reader, wish, answered), reader)

    @router.post("/search", response_class=HTMLResponse)
    async def search_by_picture(
        request: Request,
        reader: Annotated[Reader, reading],
        image: Annotated[list[UploadFile], File()] = [],  # noqa: B006
        q: Annotated[str, Form(max_length=MOST_CHARS)] = "",
        strictness: Annotated[float, Form(ge=0, le=1)] = 0.5,
        drop: Annotated[list[str], Form(max_length=50)] = [],  # noqa: B006
        also: Annotated[list[Seen], Form()] = [],  # noqa: B006
    ) -> HTMLResponse:
        shown = [one for one in image if one.filename][:MOST_PICTURES]
        wish = Wish(q, strictness, drop, also, has_picture=bool(shown))
        answered = await finished(request, lambda _: _answered(house, search, wish, "", shown))
        status = status_of(answered.trouble) if answered.trouble else 200
        return page_of(render_search(reader, wish, answered), reader, status)


def _table(house: House, found: Found, asked: list[str], lang: Lang) -> Table:
    tasks = [house.tasks.get(name) for kind in FIRST.values() for name in kind]
    fields = {field.name: field for task in reversed(tasks) for field in task.fields}
    chosen, heads = chosen_columns(asked, fields), [hit.item for hit in found.hits]
    with house.database.read() as connection:
        cells = cells_of(connection, [head.id for head in heads], chosen)
    return lay_table(heads, cells, chosen, fields, lang)


def _answered(house: House, search: Search, wish: Wish, after: str, pictures: Sequence[UploadFile] = ()) -> Answered:
    """What was found. Filters of the sentence that somebody dropped are none; a picture that is none is said to be."""
    shots = [shot_of(house, one) for one in pictures]
    sought = Sought(wish.text, shots, (), wish.strictness, AT_ONCE, after, wish.also, wish.dropped)
    if sought.is_nothing:
        return Answered(is_empty=not search.holds_anything())
    read = understood(house, sought, dt.date.today())
    try:
        found = seek(house, search, sought, read)
    except BadInput as error:
        return Answered(understood=read, trouble=error)
    return Answered(found, read, is_empty=not found.hits and not search.holds_anything())


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
    return Looked(item, shown, history, picture, also, older, newer, differences)


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
        "category": {one: category_name(house, one, lang) for one in values["category"]},
        "brand": as_written(house.database, "brand", values["brand"], also),
        "colour": base_names() if lang == "zh" else {one: one.capitalize() for one in base_names()},
    }


def category_name(house: House, category_id: str, lang: Lang) -> str:
    """What a category's id is called; the id itself where nobody knows."""
    known = house.knowledge.taxonomy
    found = known.get(category_id) if category_id in known else known.meaning(category_id)
    return found.name(lang) if found else category_id
