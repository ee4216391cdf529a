"""The pages of importing: files are sent, decided about, brought, watched. req: C1, C7"""

from collections.abc import AsyncIterator
from itertools import islice
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tujian.api.acting import WhoHere
from tujian.api.bodies import PictureRoute
from tujian.api.errors import status_of
from tujian.api.flow import finished
from tujian.batches import Batches
from tujian.bringing.folders import Folder
from tujian.bringing.foresight import Forecast, foresee_pictures, foresee_sheet
from tujian.bringing.mapping import Mapped, choices, map_columns
from tujian.bringing.named import Named
from tujian.bringing.nouns import Wanted
from tujian.bringing.orders import Order, allowed_folder, at_work, place_order, sheet_root
from tujian.bringing.parcels import Parcel
from tujian.bringing.standing import recent_imports, standing
from tujian.bringing.tables import Table
from tujian.catalogue import Catalogue
from tujian.catalogue.nouns import Kind
from tujian.errors import BadInput, Lang, TujianError
from tujian.folding import printable
from tujian.house import House
from tujian.looking import Look
from tujian.sniffing import claims_a_picture
from tujian.web.bringing import Decision, Start, render_decision, render_folder, render_import, render_standing
from tujian.web.render import Reader
from tujian.web.routes import Mark, page_of, reader_of
from tujian.web.wizard import summary_of

MOST_COUNTED = 20_000  # files of a folder
Meant = Annotated[list[str], Query(alias="as", max_length=80)]
Posted = Annotated[list[str], Form(alias="as", max_length=80)]
Trial = Annotated[Literal["", "20"], Form()]


def bringing_router(house: House, catalogue: Catalogue, batches: Batches, mark: Mark) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=PictureRoute)
    reading = Depends(reader_of(house.settings, mark))
    _add_choosing(router, house, catalogue, batches, reading)
    _add_folder(router, house, catalogue, batches, reading)
    _add_deciding(router, house, catalogue, batches, reading)
    _add_watching(router, house, catalogue, batches, reading)
    return router


def _add_choosing(router: APIRouter, house: House, catalogue: Catalogue, batches: Batches, reading: object) -> None:
    @router.get("/import", response_class=HTMLResponse)
    def show_import(reader: Annotated[Reader, reading]) -> HTMLResponse:
        return page_of(render_import(reader, _start(house, batches, reader.lang)), reader)

    @router.post("/import", response_class=HTMLResponse)
    async def send_files(
        reader: Annotated[Reader, reading],
        file: Annotated[list[UploadFile], File()] = [],  # noqa: B006
    ) -> Response:
        """For whoever runs no script; with one, files are sent one by one to /v1/parcels."""
        try:
            parcel = await kept_parcel(house, catalogue, file)
        except TujianError as error:
            page = render_import(reader, _start(house, batches, reader.lang, error))
            return page_of(page, reader, status_of(error))
        return RedirectResponse(f"/import/sent/{parcel.number}", 303)


async def kept_parcel(house: House, catalogue: Catalogue, files: list[UploadFile]) -> Parcel:
    """A parcel with these files. Raises BadInput without any, StoreFull, StoreDown."""
    sent = [one for one in files if one.filename]
    if not sent:
        raise no_files()
    parcel = Parcel.begun(house.settings.home_dir, at_work(catalogue))
    for one in sent:
        await parcel.take(one.filename or "", _pieces(one))
    return parcel


async def _pieces(upload: UploadFile) -> AsyncIterator[bytes]:
    while piece := await upload.read(1 << 20):
        yield piece


def _start(house: House, batches: Batches, lang: Lang, error: TujianError | None = None) -> Start:
    root = house.settings.pictures_root
    recent = recent_imports(house.database, batches, lang)
    return Start(printable(str(root)) if root else "", recent, error.say(lang) if error else None)


def _add_folder(router: APIRouter, house: House, catalogue: Catalogue, batches: Batches, reading: object) -> None:
    @router.get("/import/folder", response_class=HTMLResponse)
    def show_folder(
        reader: Annotated[Reader, reading], path: Annotated[str, Query(max_length=1000)] = ""
    ) -> HTMLResponse:
        try:
            names = [one.path for one in islice(Folder(allowed_folder(house, path)), MOST_COUNTED)]
        except BadInput as error:
            return page_of(render_import(reader, _start(house, batches, reader.lang, error)), reader, 400)
        pictures = sum(map(claims_a_picture, names))
        is_part = len(names) == MOST_COUNTED
        return page_of(render_folder(reader, path, pictures, len(names) - pictures, is_part=is_part), reader)

    @router.post("/import/folder", response_class=HTMLResponse)
    def begin_folder(
        reader: Annotated[Reader, reading],
        who: WhoHere,
        path: Annotated[str, Form(max_length=1000)],
        kind: Annotated[Kind, Form()] = "product",
        look: Annotated[bool, Form()] = False,
        trial: Trial = "",
    ) -> Response:
        try:
            folder = allowed_folder(house, path)
            order = Order(_wanted(who, kind, trial, reader.lang, is_looked_at=look), folder=str(folder))
            batch_id = place_order(house, catalogue, batches, order)
        except BadInput as error:
            return page_of(render_import(reader, _start(house, batches, reader.lang, error)), reader, 400)
        return RedirectResponse(f"/import/{batch_id}", 303)


def _wanted(who: str, kind: Kind, trial: str, lang: Lang, *, is_looked_at: bool) -> Wanted:
    look = Look(lang=lang, trial=int(trial) if trial else None) if is_looked_at else None
    return Wanted(who, kind, look)


def _add_deciding(router: APIRouter, house: House, catalogue: Catalogue, batches: Batches, reading: object) -> None:
    @router.get("/import/sent/{number}", response_class=HTMLResponse)
    async def show_sent(
        request: Request,
        reader: Annotated[Reader, reading],
        number: str,
        meant: Meant = [],  # noqa: B006
    ) -> Response:
        def work(_: object) -> Response:
            try:
                decision = _decision(house, number, meant, reader.lang)
            except TujianError as error:
                return page_of(
                    render_import(reader, _start(house, batches, reader.lang, error)), reader, status_of(error)
                )
            return page_of(render_decision(reader, decision), reader)

        return await finished(request, work)

    @router.post("/import/sent/{number}", response_class=HTMLResponse)
    async def begin(
        request: Request,
        reader: Annotated[Reader, reading],
        who: WhoHere,
        number: str,
        meant: Posted = [],  # noqa: B006
        kind: Annotated[Kind, Form()] = "product",
        look: Annotated[bool, Form()] = False,
        trial: Trial = "",
    ) -> Response:
        def work(_: object) -> Response:
            try:
                parcel = Parcel(house.settings.home_dir, number)
                mapped = map_columns(parcel, meant, house.tasks) if parcel.sheet else None
                wanted = _wanted(who, kind, trial, reader.lang, is_looked_at=look)
                order = Order(wanted, number, columns=mapped.given if mapped else {})
                return RedirectResponse(f"/import/{place_order(house, catalogue, batches, order)}", 303)
            except BadInput as error:
                decision = _troubled(house, number, reader.lang, error)
                return page_of(render_decision(reader, decision), reader, status_of(error))

        return await finished(request, work)


def _decision(house: House, number: str, meant: list[str], lang: Lang) -> Decision:
    """Raises NotFound for a parcel that is gone, BadInput for one without files."""
    parcel = Parcel(house.settings.home_dir, number)
    if parcel.is_empty:
        raise no_files()
    address = f"/import/sent/{number}"
    if parcel.sheet is None:
        return Decision(address, summary_of(parcel, lang), forecast=foresee_pictures(house.database, parcel))
    try:
        mapped = map_columns(parcel, meant, house.tasks)
        forecast = _sheet_forecast(house, parcel, mapped) if mapped.has_key else None
    except BadInput as error:
        return _troubled(house, number, lang, error)
    asked = f"{address}?{urlencode([('as', one) for one in meant])}" if meant else address
    summary = summary_of(parcel, lang, mapped.sheet.count)
    return Decision(asked, summary, mapped, *choices(house.tasks, lang), forecast)


def _sheet_forecast(house: House, parcel: Parcel, mapped: Mapped) -> Forecast:
    root = house.settings.pictures_root
    table = Table(mapped.path, mapped.sheet, mapped.columns)
    known_as = sheet_root(house, parcel.sheet) if parcel.sheet else ""
    return foresee_sheet(house.database, parcel, table, known_as, Named(root) if root else None)


def _troubled(house: House, number: str, lang: Lang, error: TujianError) -> Decision:
    parcel = Parcel(house.settings.home_dir, number)
    return Decision(f"/import/sent/{number}", summary_of(parcel, lang), trouble=error.say(lang))


def _add_watching(router: APIRouter, house: House, catalogue: Catalogue, batches: Batches, reading: object) -> None:
    @router.get("/import/{batch_id}", response_class=HTMLResponse)
    def watch(reader: Annotated[Reader, reading], batch_id: str) -> HTMLResponse:
        try:
            now = standing(catalogue.database, batches, batch_id, reader.lang)
        except BadInput as error:
            page = render_import(reader, _start(house, batches, reader.lang, error))
            return page_of(page, reader, status_of(error))
        return page_of(render_standing(reader, now), reader)

    @router.post("/import/{batch_id}/{verb}")
    def steer(who: WhoHere, batch_id: str, verb: Literal["pause", "resume", "cancel"]) -> Response:
        {"pause": batches.pause, "resume": batches.resume, "cancel": batches.cancel}[verb](batch_id, who=who)
        return RedirectResponse(f"/import/{batch_id}", 303)


def no_files() -> BadInput:
    return BadInput(
        zh=("还没有选文件。", "请选图片、ZIP 或表格。"),
        en=("No file was chosen.", "Choose pictures, a ZIP or a spreadsheet."),
    )
