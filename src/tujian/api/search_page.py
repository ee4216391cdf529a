"""The page of searching, and searches that are kept from pages: parse the address, ask once, draw. req: D8, E6, E8"""

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from tujian.api.acting import WhoHere
from tujian.api.bodies import MOST_PICTURES, PictureRoute
from tujian.api.errors import body_of, status_of
from tujian.api.flow import finished
from tujian.api.items import Hidden
from tujian.api.lock import need_lock
from tujian.api.search import shots_of
from tujian.catalogue import Catalogue
from tujian.catalogue.nouns import Also
from tujian.errors import BadInput, Busy, EngineError, NoEngine, NotFound, TujianError
from tujian.filter_words import filled_in, read_filter, write_filter
from tujian.finding import Search
from tujian.finding.meanings import Vector
from tujian.house import House
from tujian.likeness import looks_of
from tujian.saved_searches import Question, SavedSearches, question_of
from tujian.sought import Sought, proposals_for, seek, sought_of, understood
from tujian.web.addresses import address_of, question_at
from tujian.web.item import render_missing
from tujian.web.render import Reader
from tujian.web.routes import Mark, page_of, reader_of
from tujian.web.search import Answered, Wish, render_search

AT_ONCE = 100  # items of a page: two screens of large pictures, 60 kB
MOST_CHARS = 2_000  # of a sentence in an address
Seen = Literal["hidden", "sensitive", "pending"]


@dataclass(frozen=True, slots=True)
class Room:
    """What the page asks."""

    house: House
    catalogue: Catalogue
    search: Search
    saved: SavedSearches


@dataclass(frozen=True, slots=True)
class Brought:
    """Pictures that came along and are not kept; the n-th region is of the n-th picture."""

    pictures: Sequence[UploadFile] = ()
    regions: Sequence[str] = ()

    def looks(self, house: House) -> tuple[Vector, ...]:
        """Raises as `looks_of`; BadInput for too many pictures."""
        return looks_of(house, shots_of(house, self.pictures), self.regions)


NOTHING = Brought()


def search_page_router(house: House, catalogue: Catalogue, search: Search, mark: Mark) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=PictureRoute)
    room, reading = (
        Room(house, catalogue, search, SavedSearches(house.database)),
        Depends(reader_of(house.settings, mark)),
    )
    _add_asking(router, room, reading)
    _add_keeping(router, room.saved, reading)
    return router


class Typed:
    """A question as fields of a form or parts of an address say it."""

    def __init__(
        self,
        q: str,
        strictness: float,
        drop: Sequence[str],
        set_: Sequence[str],
        like: str,
        picture: int,
        region: Sequence[str],
        plain: bool,
        edit: Sequence[str],
    ) -> None:
        self._plainly = {"text": q, "strictness": strictness, "dropped": drop, "plain": plain}
        self._set, self._edit = set_, edit
        self._like = {"like": like, "picture": picture, "region": ",".join(region).strip(",")}

    def question(self) -> Question:
        """With what a chip's form changes. Raises BadInput."""
        field, value, low, high, no = self._edit
        filters = [write_filter(read_filter(one)) for one in self._set]
        if field and (value.strip() or low.strip() or high.strip()):
            filters.append(write_filter(filled_in(field, value, low, high, is_not=bool(no))))
        return question_of(**self._plainly, **self._like, filters=list(dict.fromkeys(filters)))

    def sentence(self) -> Question:
        """Without what may be wrong."""
        return question_of(**self._plainly)


def _in_address(
    q: Annotated[str, Query(max_length=MOST_CHARS)] = "",
    strictness: Annotated[float, Query(ge=0, le=1)] = 0.5,
    drop: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
    set_: Annotated[list[str], Query(alias="set", max_length=50)] = [],  # noqa: B006
    like: Annotated[str, Query(max_length=32)] = "",
    picture: Annotated[int, Query(ge=0, le=1000)] = 0,
    region: Annotated[list[str], Query(max_length=4)] = [],  # noqa: B006
    plain: bool = False,
    edit: Annotated[str, Query(max_length=64)] = "",
    value: Annotated[str, Query(max_length=200)] = "",
    low: Annotated[str, Query(max_length=40)] = "",
    high: Annotated[str, Query(max_length=40)] = "",
    no: Annotated[str, Query(max_length=4)] = "",
) -> Typed:
    return Typed(q, strictness, drop, set_, like, picture, region, plain, (edit, value, low, high, no))


def _in_form(
    q: Annotated[str, Form(max_length=MOST_CHARS)] = "",
    strictness: Annotated[float, Form(ge=0, le=1)] = 0.5,
    drop: Annotated[list[str], Form(max_length=50)] = [],  # noqa: B006
    set_: Annotated[list[str], Form(alias="set", max_length=50)] = [],  # noqa: B006
    plain: Annotated[bool, Form()] = False,
    edit: Annotated[str, Form(max_length=64)] = "",
    value: Annotated[str, Form(max_length=200)] = "",
    low: Annotated[str, Form(max_length=40)] = "",
    high: Annotated[str, Form(max_length=40)] = "",
    no: Annotated[str, Form(max_length=4)] = "",
) -> Typed:
    return Typed(q, strictness, drop, set_, "", 0, (), plain, (edit, value, low, high, no))


def _add_asking(router: APIRouter, room: Room, reading: object) -> None:
    @router.get("/search", response_class=HTMLResponse)
    async def show_search(
        request: Request,
        reader: Annotated[Reader, reading],
        typed: Annotated[Typed, Depends(_in_address)],
        also: Hidden = [],  # noqa: B006
        after: Annotated[str, Query(max_length=300)] = "",
        ask: Annotated[Literal["", "model"], Query()] = "",
    ) -> HTMLResponse:
        return await finished(
            request, lambda stopped: _page(room, reader, typed, also, after, stopped=stopped if ask else None)
        )

    @router.post("/search", response_class=HTMLResponse)
    async def search_by_picture(
        request: Request,
        reader: Annotated[Reader, reading],
        typed: Annotated[Typed, Depends(_in_form)],
        image: Annotated[list[UploadFile], File()] = [],  # noqa: B006
        region: Annotated[list[str], Form(max_length=MOST_PICTURES)] = [],  # noqa: B006
        also: Annotated[list[Seen], Form()] = [],  # noqa: B006
    ) -> HTMLResponse:
        need_lock(request, also)
        return await finished(request, lambda _: _page(room, reader, typed, also, "", _brought(image, region)))


def _brought(image: Sequence[UploadFile], region: Sequence[str]) -> Brought:
    """Without a script the form sends the sides of the item's picture, one by one: what is brought takes its place."""
    regions = region if any("," in one for one in region) else ()
    return Brought([one for one in image if one.filename], regions)


def _page(
    room: Room,
    reader: Reader,
    typed: Typed,
    also: list[Seen],
    after: str,
    brought: Brought = NOTHING,
    stopped: threading.Event | None = None,
) -> HTMLResponse:
    """Drawn, whatever was wrong with what was asked. With `stopped`, a model is asked what else the sentence means."""
    try:
        asked = typed.question()
        answered = _answered(room, asked, also, after, brought)
        answered = _helped(room, reader, asked, also, answered, stopped) if stopped is not None else answered
    except (BadInput, NotFound) as error:
        asked, answered = typed.sentence(), Answered(trouble=error)
    wish = Wish(asked, also, len(brought.pictures))
    status = status_of(answered.trouble) if answered.trouble and brought.pictures else 200
    html = render_search(reader, wish, answered, room.house.knowledge.taxonomy, room.saved.list())
    return page_of(html, reader, status)


def _helped(
    room: Room, reader: Reader, asked: Question, also: Also, answered: Answered, stopped: threading.Event
) -> Answered:
    """With what a model proposes, or why it does not: what was found stands either way."""
    sought, today = Sought(asked.text, also=also), dt.date.today()
    try:
        told = proposals_for(room.house, sought, answered.understood, today, reader.lang, stopped)
    except (EngineError, NoEngine, Busy) as error:
        return replace(answered, silent=error)
    taken = set(asked.filters)
    return replace(answered, proposals=[one for one in told if write_filter(one.filter) not in taken])


def _answered(room: Room, asked: Question, also: Also, after: str, brought: Brought) -> Answered:
    """What was found, or what is wrong with a picture or its region. Raises NotFound for an item that is not there."""
    if asked.is_nothing and not brought.pictures:
        return Answered(is_empty=not room.search.holds_anything())
    shown = None
    if asked.like:
        item = room.catalogue.get(asked.like, also=also)
        shown = item.pictures[asked.picture] if asked.picture < len(item.pictures) else None
    plain = sought_of(room.house, room.catalogue, asked.model_copy(update={"like": ""}), also=also)
    read = understood(room.house, plain, dt.date.today())
    try:
        looks = brought.looks(room.house)
        sought = sought_of(room.house, room.catalogue, asked, looks=looks, limit=AT_ONCE, after=after, also=also)
        found = seek(room.house, room.search, sought, read)
    except BadInput as error:
        return Answered(understood=read, trouble=error, shown=shown)
    return Answered(found, read, is_empty=not found.hits and not room.search.holds_anything(), shown=shown)


def _add_keeping(router: APIRouter, saved: SavedSearches, reading: object) -> None:
    """Plain forms: each leads back to the page that it came from. `saved.js` says beside the form what was refused."""

    @router.post("/searches", response_model=None)
    def keep(
        request: Request,
        reader: Annotated[Reader, reading],
        who: WhoHere,
        name: Annotated[str, Form(max_length=1000)] = "",
        at: Annotated[str, Form(max_length=8000)] = "",
    ) -> Response:
        return _back(request, reader, at, lambda: saved.keep(name, question_at(at), who))

    @router.post("/searches/{search_id}", response_model=None)
    def change(
        request: Request,
        reader: Annotated[Reader, reading],
        search_id: str,
        act: Annotated[Literal["rename", "forget"], Form()],
        name: Annotated[str, Form(max_length=1000)] = "",
        at: Annotated[str, Form(max_length=8000)] = "",
    ) -> Response:
        if act == "forget":
            return _back(request, reader, at, lambda: saved.forget(search_id))
        return _back(request, reader, at, lambda: saved.change(search_id, name=name))


def _back(request: Request, reader: Reader, at: str, act: Callable[[], object]) -> Response:
    try:
        act()
        back = address_of(question_at(at))
    except TujianError as error:
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse(body_of(error, reader.lang, request.url.path), status_of(error))
        return page_of(render_missing(reader, error), reader, status_of(error))
    return RedirectResponse(back, 303)
