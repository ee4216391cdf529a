"""The album's page: photos by time, place, category, and behind the lock. req: E6, E9"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tujian.albums import Album, Which
from tujian.api.items import Hidden
from tujian.catalogue.nouns import LOCKED
from tujian.settings import Settings
from tujian.web.album import Leaf, locked_href, render_album, render_groups
from tujian.web.render import Reader
from tujian.web.routes import Mark, page_of, reader_of

AT_ONCE = 100
Text = Annotated[str, Query(max_length=300)]


def album_router(album: Album, settings: Settings, mark: Mark) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    reading = Depends(reader_of(settings, mark))

    @router.get("/album", response_class=HTMLResponse)
    def show_album(
        reader: Annotated[Reader, reading],
        by: Literal["", "place", "category"] = "",
        value: Text = "",
        since: Annotated[str, Query(pattern=r"^(\d{4}-\d\d|none)?$")] = "",
        after: Text = "",
        also: Hidden = [],  # noqa: B006
    ) -> Response:
        is_locked = bool(also)
        if is_locked and set(also) != set(LOCKED):
            return RedirectResponse(locked_href(), 303)
        count = album.locked_count()
        if by and not value:
            return page_of(render_groups(reader, by, album.groups(by), count), reader)
        which = Which(by or None, value, is_locked)
        stretch = album.stretch(which, since=since, after=after, limit=AT_ONCE)
        names = {one.value: one.name for one in album.groups(by)} if by and not after else {}
        months = [] if after else album.months(which)  # the rest of a timeline is asked for by `grid.js`
        leaf = Leaf(which, stretch, months, since, names.get(value, value), count)
        return page_of(render_album(reader, leaf), reader)

    return router
