"""The lock before hidden and sensitive things: in a browser it is opened on purpose, for a quarter of an hour. req: E9

`also=hidden` in an address asks for such things. Programs say that themselves, in so many words; a browser follows
links, keeps tabs and has other people in front of it, so there the lock must be open as well (`guard.py` sees to it).
Where a token is set it is typed again. Open locks are held in memory: a restart closes them all.
"""

import hmac
import secrets
import threading
import time
from collections.abc import Callable, Collection
from http.cookies import CookieError, SimpleCookie
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from tujian.catalogue.nouns import LOCKED
from tujian.database import Database
from tujian.errors import NotAllowed
from tujian.schema import items
from tujian.settings import Settings
from tujian.web.lock import render_lock
from tujian.web.render import Reader
from tujian.web.routes import Mark, page_of, reader_of

LOCK_COOKIE = "tujian_lock"
OPEN_S = 15 * 60
LONGEST_ADDRESS = 2_000


class Lock:
    """Who has opened it, and until when."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._until = clock, dict[str, float]()
        self._turn = threading.Lock()

    def open(self) -> str:
        """A key that opens it for OPEN_S."""
        key, now = secrets.token_urlsafe(32), self._clock()
        with self._turn:
            self._until = {one: until for one, until in self._until.items() if until > now}
            self._until[key] = now + OPEN_S
        return key

    def is_open(self, cookies: str) -> bool:
        """Whether a Cookie header holds a key that still opens it."""
        return self._until.get(_key_in(cookies), 0.0) > self._clock()

    def close(self, cookies: str) -> None:
        with self._turn:
            self._until.pop(_key_in(cookies), None)


def lock_router(settings: Settings, database: Database, lock: Lock, mark: Mark) -> APIRouter:
    router, reading = APIRouter(include_in_schema=False), Depends(reader_of(settings, mark))
    token = settings.token.get_secret_value() if settings.token else None

    @router.get("/lock")
    def show_lock(
        reader: Annotated[Reader, reading], then: Annotated[str, Query(max_length=LONGEST_ADDRESS)] = ""
    ) -> Response:
        return page_of(render_lock(reader, own_address(then), _count(database), bool(token)), reader)

    @router.post("/lock")
    def open_lock(
        reader: Annotated[Reader, reading],
        then: Annotated[str, Form(max_length=LONGEST_ADDRESS)] = "",
        given: Annotated[str, Form(alias="token", max_length=1000)] = "",
    ) -> Response:
        if token and not hmac.compare_digest(given.encode(), token.encode()):
            html = render_lock(reader, own_address(then), _count(database), needs_token=True, is_wrong=True)
            return page_of(html, reader, 403)
        opened = RedirectResponse(own_address(then), 303)
        opened.set_cookie(LOCK_COOKIE, lock.open(), httponly=True, samesite="strict", max_age=OPEN_S)
        return opened

    @router.post("/lock/close")
    def close_lock(request: Request) -> Response:
        lock.close(request.headers.get("cookie", ""))
        closed = RedirectResponse("/album", 303)
        closed.delete_cookie(LOCK_COOKIE, httponly=True, samesite="strict")
        return closed

    return router


def asks_for_hidden(query: bytes) -> bool:
    return any(parse_qs(query.decode("latin-1")).get("also", []))


def own_address(wanted: str) -> str:
    """Where to go on after the lock was opened: a page of ours, never another site.

    >>> own_address("/album?by=locked"), own_address("//evil.example"), own_address("https://evil.example/")
    ('/album?by=locked', '/album', '/album')
    """
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/album"
    is_own = wanted.startswith("/") and not (parts.scheme or parts.netloc) and wanted[1:2] not in ("/", "\\")
    return wanted if is_own and wanted.isprintable() else "/album"


def need_lock(request: Request, also: Collection[str]) -> None:
    """Raises NotAllowed where a browser asks for such things in a body, which the guard does not read, and the lock is
    not open."""
    if also and not request.scope["may_see_hidden"]:
        raise locked()


def locked() -> NotAllowed:
    return NotAllowed(
        zh=("这些东西锁着。", "请先在 /lock 打开，15 分钟后会自己锁上。"),
        en=("These things are locked.", "Open the lock at /lock; it closes by itself after 15 minutes."),
    )


def _key_in(cookies: str) -> str:
    try:
        held = SimpleCookie(cookies)
    except CookieError:
        return ""
    return held[LOCK_COOKIE].value if LOCK_COOKIE in held else ""


def _count(database: Database) -> int:
    with database.read() as connection:
        locked_up = sa.select(sa.func.count()).where(items.c.visibility.in_(LOCKED))
        return connection.scalar(locked_up) or 0
