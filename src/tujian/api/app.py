"""Puts the HTTP edge together: guard, routes, page, static files."""

import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path

import anyio.to_thread
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Scope

from tujian import __version__
from tujian.albums import Album
from tujian.api.album import album_router
from tujian.api.answers import answers_router
from tujian.api.bringing_pages import bringing_router
from tujian.api.bulk import bulk_router
from tujian.api.chat import chat_router
from tujian.api.chats import chats_router
from tujian.api.checking_pages import checking_router
from tujian.api.completions import completions_router
from tujian.api.desk_pages import overview_router, tasks_router
from tujian.api.duplicates import duplicates_router
from tujian.api.errors import add_handlers, body_of, fault, status_of
from tujian.api.exports import exports_router
from tujian.api.facts import facts_router
from tujian.api.guard import Guard
from tujian.api.imports import imports_router
from tujian.api.items import items_router
from tujian.api.jobs import jobs_router
from tujian.api.lock import Lock, lock_router
from tujian.api.logged import Logged
from tujian.api.pages import pages_router, trouble_page
from tujian.api.parcels import parcels_router
from tujian.api.pictures import pictures_router
from tujian.api.printed import printed_router
from tujian.api.review import review_router
from tujian.api.review_pages import review_pages
from tujian.api.search import search_router
from tujian.api.search_page import search_page_router
from tujian.api.searches import searches_router
from tujian.api.settings_pages import settings_router
from tujian.api.taking_pages import taking_router
from tujian.api.v1 import v1_router
from tujian.batches import Batches
from tujian.catalogue import Catalogue
from tujian.chats import Chats
from tujian.embedding import keep_embedded
from tujian.finding import Search
from tujian.house import House
from tujian.jobs import Jobs
from tujian.overview import holds_nothing
from tujian.reviews import Reviews, count_doubts
from tujian.saved_searches import SavedSearches
from tujian.shelf import Shelf
from tujian.thumbnails import Thumbnails
from tujian.web import MOST_DOUBTS, EngineMark, Marks, Sample, login_router, page_router, static_dir
from tujian.worker import open_worker

SPARE_THREADS = 16  # for health checks and the page while every worker is taken


def create_app(house: House) -> FastAPI:
    """The application with its worker; the house is closed when it shuts down."""
    settings = house.settings
    catalogue = Catalogue.opened(settings, house.database, house.tasks)
    worker, search = open_worker(house, catalogue, settings.workers), Search(house.database, lambda: house.embedder)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        threads = 2 * (settings.workers + settings.queue) + SPARE_THREADS  # waiting to be looked at, and for an engine
        anyio.to_thread.current_default_thread_limiter().total_tokens = threads
        worker.start()
        stopped = threading.Event()
        keeping = (house, search, Batches(Jobs(house.database)), stopped)
        keeper = threading.Thread(target=keep_embedded, args=keeping, name="embedding", daemon=True)
        keeper.start()
        yield
        stopped.set()
        keeper.join(timeout=5.0)
        worker.stop()
        house.close()

    app = FastAPI(
        title="Tujian 图鉴", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None,
        description="Pictures become records with evidence. Errors: {error: {type, message, remedy}}.",
    )  # fmt: skip
    add_handlers(app, settings.lang, house.metrics, trouble_page(house, lambda: Marks(_engine(house))))
    app.include_router(printed_router(house))
    app.include_router(v1_router(house))
    app.include_router(chat_router(house))
    app.include_router(completions_router(house))
    app.include_router(chats_router(house, Chats(house.database)))
    _add_catalogue(app, house, catalogue, search)
    app.include_router(facts_router(house))
    app.include_router(login_router(settings))
    samples = Path(str(files("tujian").joinpath("data/samples")))
    is_empty = partial(holds_nothing, house.database)
    app.include_router(page_router(settings, lambda: _mark(house), _samples(samples), is_empty))
    app.include_router(settings_router(house, lambda: _mark(house)))
    app.include_router(tasks_router(house, lambda: _mark(house), _samples(samples)))
    app.mount("/samples", StaticFiles(directory=samples, check_dir=False), name="samples")
    app.mount("/static", StaticFiles(directory=static_dir), name="static")
    lock = Lock()
    app.include_router(lock_router(settings, house.database, lock, lambda: _mark(house)))
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)  # event streams are left as they are
    app.add_middleware(Guard, settings=settings, metrics=house.metrics, lock=lock)
    app.add_middleware(Logged, metrics=house.metrics, fault=lambda scope: _broken(house, scope))
    return app


def _broken(house: House, scope: Scope) -> ASGIApp:
    """What a client is told of a fault inside; the log has it under the request's id."""
    error = fault()
    house.metrics.failed(type(error).__name__)
    return JSONResponse(body_of(error, house.settings.lang, scope["path"]), status_of(error))


def _add_catalogue(app: FastAPI, house: House, catalogue: Catalogue, search: Search) -> None:
    batches = Batches(Jobs(house.database))
    app.include_router(bulk_router(catalogue))  # before /v1/items/{id}: "bulk" is no id
    app.include_router(items_router(house, catalogue, batches.jobs))
    shelf = Shelf(house.settings.home_dir / "pictures")
    app.include_router(pictures_router(Thumbnails(house, catalogue, shelf)))
    app.include_router(jobs_router(house, catalogue, batches))
    app.include_router(search_router(house, catalogue, search))
    app.include_router(searches_router(SavedSearches(house.database)))
    app.include_router(answers_router(house, catalogue, search))
    app.include_router(pages_router(house, catalogue, search, lambda: _mark(house)))
    app.include_router(overview_router(house, lambda: _mark(house)))
    app.include_router(search_page_router(house, catalogue, search, lambda: _mark(house)))
    reviews = Reviews(catalogue)
    app.include_router(review_router(reviews))
    app.include_router(review_pages(house, reviews, lambda: _mark(house)))
    app.include_router(album_router(Album(house.database), house.settings, lambda: _mark(house)))
    app.include_router(duplicates_router(house, catalogue))
    app.include_router(imports_router(house, catalogue, batches))
    app.include_router(parcels_router(house, catalogue))
    app.include_router(exports_router(house, catalogue))
    for router in (bringing_router, checking_router, taking_router):
        app.include_router(router(house, catalogue, batches, lambda: _mark(house)))


def _mark(house: House) -> Marks:
    return Marks(_engine(house), count_doubts(house.database, MOST_DOUBTS + 1))


def _engine(house: House) -> EngineMark | None:
    """What the page says about the engine, without asking the engine."""
    if house.engine is None:
        return None
    url, remote = house.engine.place
    return {"model": house.settings.engine_model or "", "url": url, "remote": remote}


def _samples(folder: Path) -> list[Sample]:
    index = folder / "index.json"
    return json.loads(index.read_text("utf-8")) if index.is_file() else []
