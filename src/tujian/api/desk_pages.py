"""The pages of the desk: tasks read and written here. What is asked for is asked once and drawn. req: D4, D8"""

import shutil
from functools import partial
from pathlib import Path
from threading import Event
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tujian.api.bodies import PictureRoute
from tujian.api.errors import status_of
from tujian.api.flow import finished
from tujian.api.pages import category_name
from tujian.api.v1 import content_of
from tujian.errors import BadInput, BadTask, TujianError
from tujian.familiar import as_written
from tujian.house import House, Shot
from tujian.overview import take_overview
from tujian.own_tasks import OwnTasks, checked
from tujian.rules.colour_words import base_names
from tujian.settings import Settings
from tujian.tasks import Task
from tujian.web.item import render_missing
from tujian.web.overview import Disk, render_overview
from tujian.web.render import Reader, Sample
from tujian.web.routes import Mark, page_of, reader_of
from tujian.web.tasks import Listed, Opened, render_checked, render_task, render_tasks, render_tried

Text = Annotated[str, Form(max_length=100_000)]


def tasks_router(house: House, mark: Mark, samples: list[Sample]) -> APIRouter:
    """The pages of tasks. `samples` are pictures that someone else serves at /samples/{file}."""
    router = APIRouter(include_in_schema=False, route_class=PictureRoute)
    own, reading = OwnTasks(house.tasks), Depends(reader_of(house.settings, mark))
    _add_reading(router, house, own, samples, reading)
    _add_changing(router, own, samples, reading)
    _add_trying(router, house, reading)
    return router


def _add_reading(router: APIRouter, house: House, own: OwnTasks, samples: list[Sample], reading: object) -> None:
    naming = partial(category_name, house)

    @router.get("/tasks", response_class=HTMLResponse)
    def show_tasks(reader: Annotated[Reader, reading]) -> HTMLResponse:
        listed = [
            Listed(task, house.tasks.own_file(task.name) is not None, task.name in house.tasks.shipped)
            for task in house.tasks
        ]
        return page_of(render_tasks(reader, listed, naming, str(house.tasks.own_folder)), reader)

    @router.get("/tasks/{name}", response_class=HTMLResponse)
    def show_task(
        reader: Annotated[Reader, reading], name: str, done: Annotated[str, Query(max_length=20)] = ""
    ) -> HTMLResponse:
        try:
            return page_of(render_task(reader, _opened(own, name, done), samples), reader)
        except BadTask as error:
            return page_of(render_missing(reader, error), reader, 404)


def _add_changing(router: APIRouter, own: OwnTasks, samples: list[Sample], reading: object) -> None:
    @router.post("/tasks", response_class=HTMLResponse)
    def save_task(reader: Annotated[Reader, reading], text: Text = "", was: Text = "", name: Text = "") -> Response:
        try:
            task = own.save(text, name, was)
        except BadInput as error:
            opened = Opened(name[:60], text, None, error, was, _file_of(own, name), name in own.tasks.shipped)
            return page_of(render_task(reader, opened, samples), reader, status_of(error))
        return RedirectResponse(f"/tasks/{task.name}?done=saved", 303)

    @router.post("/tasks/{name}/remove", response_class=HTMLResponse)
    def remove_task(reader: Annotated[Reader, reading], name: str) -> Response:
        try:
            is_back = own.remove(name)
        except BadInput as error:
            return page_of(render_missing(reader, error), reader, status_of(error))
        return RedirectResponse(f"/tasks/{name}?done=removed" if is_back else "/tasks", 303)

    @router.post("/tasks/check", response_class=HTMLResponse)
    def check_task(reader: Annotated[Reader, reading], text: Text = "") -> HTMLResponse:
        """What a text makes, or what is wrong with it, as a part of the page."""
        task, trouble = _made(text)
        return page_of(render_checked(reader, text, task, trouble), reader)


def _add_trying(router: APIRouter, house: House, reading: object) -> None:
    @router.post("/tasks/try", response_class=HTMLResponse)
    async def try_task(
        request: Request,
        reader: Annotated[Reader, reading],
        image: Annotated[UploadFile, File()],
        text: Text = "",
    ) -> HTMLResponse:
        """What the unsaved task makes of a picture, as a part of the page; nothing is kept."""
        request.state.lang = reader.lang

        def work(stopped: Event) -> HTMLResponse:
            task, shot = checked(text), Shot(content_of(image, house), image.filename or "")
            return page_of(render_tried(reader, house.try_out(task, shot, reader.lang, stopped), task), reader)

        return await finished(request, work)


def overview_router(house: House, mark: Mark) -> APIRouter:
    """The page of the overview."""
    router, reading = APIRouter(include_in_schema=False), Depends(reader_of(house.settings, mark))

    @router.get("/overview", response_class=HTMLResponse)
    def show_overview(reader: Annotated[Reader, reading]) -> HTMLResponse:
        seen, lang = take_overview(house.database), reader.lang
        words = base_names() if lang == "zh" else {one: one.capitalize() for one in base_names()}
        names = {
            "category": {one.text: category_name(house, one.text, lang) for one in seen.categories},
            "brand": as_written(house.database, "brand", [one.text for one in seen.brands]),
            "colour": words,
        }
        return page_of(render_overview(reader, seen, names, disk_of(house.settings)), reader)

    return router


def disk_of(settings: Settings) -> Disk:
    place, home = settings.database_place, settings.home_dir
    folder = next(one for one in (home, *home.parents) if one.is_dir())
    own = place.stat().st_size if isinstance(place, Path) and place.exists() else None
    return Disk(own, shutil.disk_usage(folder).free)


def _opened(own: OwnTasks, name: str, done: str = "") -> Opened:
    """Raises BadTask."""
    task, text = own.tasks.get(name), own.text_of(name)
    return Opened(name, text, task, None, task.identity, _file_of(own, name), name in own.tasks.shipped, done)


def _made(text: str) -> tuple[Task | None, TujianError | None]:
    try:
        return checked(text), None
    except BadTask as error:
        return None, error


def _file_of(own: OwnTasks, name: str) -> str:
    return str(own.tasks.own_file(name) or "")
