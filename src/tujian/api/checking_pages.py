"""The pages of the health check: a sheet is sent, checked, its findings shown, the marked sheet fetched. req: F2"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, UploadFile
from fastapi import Path as InPath
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from tujian.api.acting import WhoHere
from tujian.api.bodies import PictureRoute
from tujian.api.bringing_pages import Posted, kept_parcel
from tujian.api.errors import status_of
from tujian.batches import Batches
from tujian.bringing.mapping import choices, map_columns
from tujian.bringing.parcels import Parcel
from tujian.catalogue import Catalogue
from tujian.check_jobs import KIND, findings, queue_check
from tujian.errors import BadInput, Lang, NotFound, TujianError
from tujian.house import House
from tujian.web.checking import Sheet, render_check, render_checked
from tujian.web.render import Reader
from tujian.web.routes import Mark, page_of, reader_of
from tujian.web.wizard import Job, job_of, summary_of

NAMES = ("check_running", "check_ended", "check_failed")


def checking_router(house: House, catalogue: Catalogue, batches: Batches, mark: Mark) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=PictureRoute)
    reading = Depends(reader_of(house.settings, mark))
    _add_sending(router, house, catalogue, batches, reading)
    _add_watching(router, house, batches, reading)
    return router


def _add_sending(router: APIRouter, house: House, catalogue: Catalogue, batches: Batches, reading: object) -> None:
    @router.get("/check", response_class=HTMLResponse)
    def show_check(reader: Annotated[Reader, reading]) -> HTMLResponse:
        return page_of(render_check(reader, Sheet()), reader)

    @router.post("/check", response_class=HTMLResponse)
    async def send_files(
        reader: Annotated[Reader, reading],
        file: Annotated[list[UploadFile], File()] = [],  # noqa: B006
    ) -> Response:
        try:
            parcel = await kept_parcel(house, catalogue, file)
        except TujianError as error:
            page = render_check(reader, Sheet(trouble=error.say(reader.lang)))
            return page_of(page, reader, status_of(error))
        return RedirectResponse(f"/check/sent/{parcel.number}", 303)

    @router.get("/check/sent/{number}", response_class=HTMLResponse)
    def show_sent(reader: Annotated[Reader, reading], number: str) -> HTMLResponse:
        try:
            return page_of(render_check(reader, _sheet(house, number, reader.lang)), reader)
        except NotFound as error:
            page = render_check(reader, Sheet(trouble=error.say(reader.lang)))
            return page_of(page, reader, status_of(error))

    @router.post("/check/sent/{number}", response_class=HTMLResponse)
    def begin(
        reader: Annotated[Reader, reading],
        who: WhoHere,
        number: str,
        meant: Posted = [],  # noqa: B006
        catalogue: Annotated[bool, Form()] = False,
    ) -> Response:
        parcel = Parcel(house.settings.home_dir, number)
        given = map_columns(parcel, meant, house.tasks).given
        batch_id = queue_check(batches, parcel, given, who, reader.lang, uses_catalogue=catalogue)
        return RedirectResponse(f"/check/{batch_id}", 303)


def _sheet(house: House, number: str, lang: Lang) -> Sheet:
    """Raises NotFound for a parcel that is gone."""
    parcel, address = Parcel(house.settings.home_dir, number), f"/check/sent/{number}"
    try:
        mapped = map_columns(parcel, [], house.tasks)
    except BadInput as error:
        return Sheet(address, summary_of(parcel, lang), trouble=error.say(lang))
    return Sheet(address, summary_of(parcel, lang, mapped.sheet.count), mapped, *choices(house.tasks, lang))


def _add_watching(router: APIRouter, house: House, batches: Batches, reading: object) -> None:
    @router.get("/check/{batch_id}", response_class=HTMLResponse)
    def watch(
        reader: Annotated[Reader, reading],
        batch_id: str,
        kind: Annotated[str, Query(max_length=20)] = "",
        begun: Annotated[int, Query(ge=0, le=10**7)] = 0,
    ) -> HTMLResponse:
        try:
            job, parcel = watched_job(house, batches, batch_id, KIND, NAMES, reader.lang)
        except NotFound as error:
            page = render_check(reader, Sheet(trouble=error.say(reader.lang)))
            return page_of(page, reader, status_of(error))
        return page_of(render_checked(reader, job, list(findings(parcel)) if job.result else [], kind, begun), reader)

    @router.post("/check/{batch_id}/cancel")
    def cancel(who: WhoHere, batch_id: str) -> Response:
        batches.cancel(batch_id, who=who)
        return RedirectResponse(f"/check/{batch_id}", 303)

    @router.get("/check/{batch_id}/sheet", response_class=FileResponse)
    def download(batch_id: str) -> Response:
        job, parcel = watched_job(house, batches, batch_id, KIND, NAMES, "zh")
        return file_answer(parcel, str(job.result.get("file", "")))

    @router.get("/check/{batch_id}/crops/{name}", response_class=FileResponse)
    def crop(batch_id: str, name: Annotated[str, InPath(pattern=r"^\d{1,7}-\d{1,5}\.webp$")]) -> Response:
        _, parcel = watched_job(house, batches, batch_id, KIND, NAMES, "zh")
        return file_answer(parcel, name, is_shown=True)


def watched_job(
    house: House, batches: Batches, batch_id: str, kind: str, names: tuple[str, str, str], lang: Lang
) -> tuple[Job, Parcel]:
    """The one job of a batch, and its parcel. Raises NotFound when either is gone, or the batch is of another kind."""
    progress = batches.progress(batch_id, lang)
    told, result = batches.told(batch_id, kind)
    parcel = Parcel(house.settings.home_dir, str(told.get("parcel", "")))
    shown: Mapping[str, Any] = result or {}
    return job_of(progress, parcel.noted("progress"), shown, names, lang), parcel


def file_answer(parcel: Parcel, name: str, *, is_shown: bool = False) -> Response:
    """A file that was made of a parcel. Raises NotFound."""
    path = parcel.made_file(name)
    headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return FileResponse(path, headers=headers, filename=None if is_shown else path.name)
