"""`GET /` and `GET /chat`: parse language and theme, render once, answer under a strict content security policy.

What enters: a request's query and cookies. What leaves: HTML with its headers.
What it does not know: how the words and the template meet (render.py), the API.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import quote, unquote

from fastapi import APIRouter, Cookie, Depends, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tujian.engines.embedding import texts_leave_for
from tujian.errors import Lang
from tujian.folding import printable
from tujian.settings import Settings
from tujian.tasks import CHAT_SAMPLING
from tujian.web.render import HERE, First, Marks, Reader, Sample, Theme, render_chat, render_page

static_dir: Path = HERE / "static"

Answer = TypeVar("Answer", bound=Response)
LONGEST_NAME = 40
YEAR_S = 365 * 24 * 3600
HEADERS = {
    # blob: is the user's own file shown before it is sent; nothing else may come from elsewhere.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    # no address of ours leaves; "no-referrer" would also make the Origin of our own forms "null" (Fetch, 3.1)
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Vary": "Cookie",
}


Mark = Callable[[], Marks]


def page_router(
    settings: Settings, mark: Mark, samples: list[Sample], is_empty: Callable[[], bool] = lambda: False
) -> APIRouter:
    """The router of the pages.

    `mark` is called once a request, so the marks follow an engine attached later and doubts that were answered.
    `samples` are pictures that someone else serves at /samples/{file}; `static_dir` is to be mounted at /static.
    `is_empty` tells whether nothing is kept yet: then the first page asks what for.
    """
    router, reading = APIRouter(include_in_schema=False), Depends(reader_of(settings, mark))

    @router.get("/", response_class=HTMLResponse)
    def show_page(reader: Annotated[Reader, reading]) -> HTMLResponse:
        return page_of(render_page(reader, samples, greets=not reader.first and is_empty()), reader)

    @router.post("/first")
    def choose_first(first: Annotated[First, Form()] = "") -> Response:
        """What it is for, kept in a cookie."""
        return with_cookie(RedirectResponse("/", 303), "first", first)

    @router.get("/chat", response_class=HTMLResponse)
    def show_chat(reader: Annotated[Reader, reading]) -> HTMLResponse:
        return page_of(render_chat(reader, samples, CHAT_SAMPLING), reader)

    return router


def reader_of(settings: Settings, mark: Mark) -> Callable[..., Reader]:
    """What tells who reads: a route takes it as `Annotated[Reader, Depends(reader_of(settings, mark))]`."""

    texts_host = texts_leave_for(settings)

    def read(
        chosen: Annotated[str | None, Query(alias="lang", max_length=20)] = None,
        kept: Annotated[str | None, Cookie(alias="lang")] = None,
        theme: Annotated[str | None, Cookie()] = None,
        first: Annotated[str, Cookie()] = "",
        who: Annotated[str, Cookie()] = "",
    ) -> Reader:
        lang, is_chosen = pick_lang(chosen, kept, settings.lang), bool(chosen)
        now, look, name = mark(), pick_theme(theme), pick_name(who)
        return Reader(lang, look, now.engine, is_chosen, texts_host, pick_first(first), name, now.doubts)

    return read


def page_of(html: str, reader: Reader, status: int = 200) -> HTMLResponse:
    """The page with its headers; a language that was chosen is kept."""
    page = HTMLResponse(html, status, headers=HEADERS)
    if reader.chosen:
        with_cookie(page, "lang", reader.lang)
    return page


def with_cookie(answer: Answer, name: str, value: str) -> Answer:
    """The answer with a choice that the browser keeps; an empty one is forgotten."""
    if value:
        answer.set_cookie(name, quote(value, safe=""), max_age=YEAR_S, samesite="lax")
    else:
        answer.delete_cookie(name, samesite="lax")
    return answer


def pick_lang(chosen: str | None, kept: str | None, default: Lang) -> Lang:
    """The first of the three that is a language of the page.

    >>> pick_lang("fr", "en", "zh")
    'en'
    """
    for lang in (chosen, kept):
        if lang == "zh" or lang == "en":
            return lang
    return default


def pick_theme(kept: str | None) -> Theme:
    """A cookie's theme; without a known one the system's.

    >>> pick_theme("sepia")
    'auto'
    """
    return kept if kept == "light" or kept == "dark" else "auto"


def pick_first(kept: str) -> First:
    """A cookie's choice of what it is for; "" where none was made.

    >>> pick_first("shop"), pick_first("bank")
    ('shop', '')
    """
    return kept if kept == "shop" or kept == "family" else ""


def pick_name(kept: str) -> str:
    """What somebody calls themselves, from a cookie: printable, short, and no name that means a sheet or a model.

    >>> pick_name("%E6%9D%8E%20%E9%9B%B7"), pick_name("sheet:a%0Ab")
    ('李 雷', 'sheet：a b')
    """
    return " ".join(printable(unquote(kept)).replace(":", "：").split())[:LONGEST_NAME]
