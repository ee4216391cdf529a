"""The pages of exporting: what and as what, what would be lost, words to acknowledge, the file. req: F5, F6"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tujian.api.acting import WhoHere
from tujian.api.checking_pages import file_answer, watched_job
from tujian.api.errors import status_of
from tujian.api.items import Hidden
from tujian.api.lock import need_lock
from tujian.batches import Batches
from tujian.bringing.orders import at_work
from tujian.bringing.parcels import Parcel
from tujian.catalogue import Catalogue
from tujian.catalogue.nouns import Also
from tujian.errors import BadInput, Lang, NotFound, TujianError
from tujian.exchange import FORMS
from tujian.exchange.asked import terms_of
from tujian.export_jobs import KIND, Chosen, foresee_export, queue_export
from tujian.house import House
from tujian.web.render import Reader, read_words
from tujian.web.routes import Mark, page_of, reader_of
from tujian.web.taking import Wish, render_export, render_exported
from tujian.web.wizard import size_words

NAMES = ("export_running", "export_ended", "export_failed")
Text = Annotated[str, Query(max_length=200)]
Posted = Annotated[str, Form(max_length=200)]
Ids = Annotated[list[str], Query(max_length=10_000)]
To = Literal["csv", "xlsx", "jsonl", "shopify", "google", "taobao", "jsonld", "xmp"]


def taking_router(house: House, catalogue: Catalogue, batches: Batches, mark: Mark) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    reading = Depends(reader_of(house.settings, mark))
    _add_choosing(router, house, catalogue, batches, reading)
    _add_watching(router, house, catalogue, batches, reading)
    return router


def _add_choosing(router: APIRouter, house: House, catalogue: Catalogue, batches: Batches, reading: object) -> None:
    @router.get("/export", response_class=HTMLResponse)
    def show_export(
        reader: Annotated[Reader, reading],
        filters: Annotated[dict[str, str], Depends(_in_address)],
        to: str = "shopify",
        item: Ids = [],  # noqa: B006
        also: Hidden = [],  # noqa: B006
        pictures_at: Annotated[str, Query(max_length=500)] = "",
        preview: bool = False,
    ) -> HTMLResponse:
        chosen = _chosen(filters, item, also)
        wish = _wish(house, catalogue, reader, to, chosen, pictures_at)
        wish, status = _tried(house, catalogue, reader, wish, chosen) if preview else (wish, 200)
        return page_of(render_export(reader, wish), reader, status)

    @router.post("/export", response_class=HTMLResponse)
    def begin(
        request: Request,
        reader: Annotated[Reader, reading],
        who: WhoHere,
        filters: Annotated[dict[str, str], Depends(_in_form)],
        to: Annotated[To, Form()],
        pictures_at: Annotated[str, Form(max_length=500)] = "",
        item: Annotated[list[str], Form(max_length=10_000)] = [],  # noqa: B006
        also: Annotated[list[Literal["hidden", "sensitive"]], Form()] = [],  # noqa: B006
    ) -> Response:
        need_lock(request, also)
        chosen = _chosen(filters, item, also)
        try:
            terms_of(house.settings, house.knowledge.taxonomy, pictures_at)  # a wrong address is said before a job is
            batch_id = _queue(house, catalogue, batches, who, reader.lang, to, chosen, pictures_at)
        except BadInput as error:
            wish = _wish(house, catalogue, reader, to, chosen, pictures_at, error)
            return page_of(render_export(reader, wish), reader, status_of(error))
        return RedirectResponse(f"/export/{batch_id}", 303)


def _in_address(
    kind: Text = "",
    category: Text = "",
    category_guess: Text = "",
    brand: Text = "",
    colour: Text = "",
    batch: Text = "",
) -> dict[str, str]:
    """Facets of the catalogue's page."""
    asked = {"kind": kind, "category": category, "category_guess": category_guess}
    return {**asked, "brand": brand, "colour": colour, "batch": batch}


def _in_form(
    kind: Posted = "",
    category: Posted = "",
    category_guess: Posted = "",
    brand: Posted = "",
    colour: Posted = "",
    batch: Posted = "",
) -> dict[str, str]:
    return _in_address(kind, category, category_guess, brand, colour, batch)


def _chosen(filters: Mapping[str, str], ids: Sequence[str], also: Also) -> Chosen:
    return Chosen({name: value for name, value in filters.items() if value}, list(ids), tuple(also))


def _wish(
    house: House,
    catalogue: Catalogue,
    reader: Reader,
    to: str,
    chosen: Chosen,
    pictures_at: str = "",
    error: TujianError | None = None,
) -> Wish:
    words = read_words(reader.lang)
    told = [*chosen.filters.items(), *(("item", one) for one in chosen.ids), *(("also", one) for one in chosen.also)]
    filters = [_in_words(house, name, value, reader) for name, value in chosen.filters.items()]
    filters += [words[f"visibility_{one}"] for one in chosen.also]
    filters += [words["export_some"].format(count=len(chosen.ids))] if chosen.ids else []
    to = to if to in FORMS else "shopify"
    at = [("pictures_at", pictures_at)] if pictures_at else []
    address = f"/export?{urlencode([('to', to), *told, *at])}"
    said = error.say(reader.lang) if error else None
    return Wish(to, chosen.count(catalogue), told, filters, pictures_at, address, tuple(chosen.also), said)


def _tried(house: House, catalogue: Catalogue, reader: Reader, wish: Wish, chosen: Chosen) -> tuple[Wish, int]:
    """With what the export would lose, or why it cannot be made; and the page's status."""
    wish = replace(wish, address=f"{wish.address}&preview=true")
    try:
        foreseen = foresee_export(house, catalogue, wish.to, chosen, reader.lang, wish.pictures_at)
    except BadInput as error:
        return replace(wish, trouble=error.say(reader.lang)), status_of(error)
    return replace(wish, foreseen=foreseen), 200


def _in_words(house: House, name: str, value: str, reader: Reader) -> str:
    """A filter as a person reads it."""
    words = read_words(reader.lang)
    if name == "batch":
        return words["facet_batch_of"]
    if name in ("category", "category_guess"):
        known = house.knowledge.taxonomy
        found = known.get(value) if value in known else known.meaning(value)
        value = found.name(reader.lang) if found else value
    return f"{words[f'facet_{name}']} {words.get(f'kind_{value}', value) if name == 'kind' else value}"


def _queue(
    house: House,
    catalogue: Catalogue,
    batches: Batches,
    who: str,
    lang: Lang,
    to: str,
    chosen: Chosen,
    pictures_at: str,
    acknowledged: Sequence[str] = (),
) -> str:
    parcel = Parcel.begun(house.settings.home_dir, at_work(catalogue))
    more: dict[str, Any] = {"pictures_at": pictures_at, "acknowledged": acknowledged}
    return queue_export(batches, parcel, to, chosen, who, lang, **more)


def _add_watching(router: APIRouter, house: House, catalogue: Catalogue, batches: Batches, reading: object) -> None:
    @router.get("/export/{batch_id}", response_class=HTMLResponse)
    def watch(reader: Annotated[Reader, reading], batch_id: str) -> HTMLResponse:
        try:
            job, _ = watched_job(house, batches, batch_id, KIND, NAMES, reader.lang)
        except NotFound as error:
            wish = _wish(house, catalogue, reader, "shopify", Chosen({}, []), "", error)
            return page_of(render_export(reader, wish), reader, status_of(error))
        words, result = read_words(reader.lang), job.result
        stopped = words["export_stopped"] if result and not result["file"] else job.title
        size = size_words(int(result.get("bytes", 0)))
        return page_of(render_exported(reader, job.told(words[f"export_{job.name}"], stopped, size)), reader)

    @router.post("/export/{batch_id}/acknowledge")
    def acknowledge(
        request: Request, who: WhoHere, batch_id: str, acknowledged: Annotated[bool, Form()] = False
    ) -> Response:
        """The same export again, with what was found acknowledged. # req: F6"""
        told, result = batches.told(batch_id, KIND)
        need_lock(request, told["also"])
        if not acknowledged or not result:
            return RedirectResponse(f"/export/{batch_id}", 303)
        chosen = Chosen(told["filters"], told["ids"], tuple(told["also"]))
        more = (told["lang"], told["called"], chosen, told["pictures_at"], result.get("marks", []))
        again = _queue(house, catalogue, batches, who, *more)
        return RedirectResponse(f"/export/{again}", 303)

    @router.get("/export/{batch_id}/file")
    def download(request: Request, batch_id: str) -> Response:
        told, _ = batches.told(batch_id, KIND)
        need_lock(request, told["also"])
        job, parcel = watched_job(house, batches, batch_id, KIND, NAMES, "zh")
        return file_answer(parcel, str(job.result.get("file", "")))
