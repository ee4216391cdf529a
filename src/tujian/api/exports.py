"""The catalogue taken out over HTTP, as one file. req: F5, F6"""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from tujian.api.acting import Who
from tujian.api.flow import finished
from tujian.api.lock import need_lock
from tujian.catalogue import Catalogue
from tujian.errors import Lang
from tujian.exchange import export, find_form
from tujian.exchange.asked import terms_of, write_one_file
from tujian.exchange.foresight import Foreseen
from tujian.exchange.nouns import Named
from tujian.export_jobs import Chosen, foresee_export
from tujian.house import House


class Wanted(BaseModel):
    """What is to be exported. Items: those that `filters` leave, or those with these `ids`; without both, all."""

    model_config = ConfigDict(extra="forbid")

    to: Annotated[str, Field(max_length=40, examples=["shopify", "csv"])]
    filters: dict[Literal["kind", "category", "category_guess", "brand", "colour", "batch"], str] = {}
    ids: list[str] = Field(default=[], max_length=100_000)
    lang: Literal["zh", "en"] | None = None
    pictures_at: str = Field(default="", max_length=500, description="public address below which the pictures lie")
    also: list[Literal["hidden", "sensitive"]] = Field(default=[], description="take such items out too")


class Wish(Wanted):
    """What is to be exported, and whether its advertising words are known."""

    acknowledged: bool = Field(default=False, description="advertising words were looked at: export all the same")


class Example(BaseModel):
    """An item, and what its owner calls it."""

    id: str
    called: str


class LossTold(BaseModel):
    """One thing that the form cannot express, of so many items; one of them."""

    said: str
    items: int
    example: Example


class AdvertTold(BaseModel):
    """An advertising word that stops the export, of so many items, one of them; `field` is "" for their pictures."""

    said: str
    field: str
    items: int
    item: Example


class Preview(BaseModel):
    """What an export would say of the first `looked` of `total` items."""

    total: int
    looked: int
    lost: list[LossTold]
    adverts: list[AdvertTold]
    headings: Sequence[str] = Field(description="of a sheet; none for other forms")
    rows: Sequence[Sequence[str]] = Field(description="the first of a sheet, as they would be written")


def exports_router(house: House, catalogue: Catalogue) -> APIRouter:
    router = APIRouter(tags=["catalogue"])

    @router.post("/v1/exports", response_class=FileResponse)
    async def take_out(request: Request, wish: Wish, who: Who, after: BackgroundTasks) -> FileResponse:
        """The file, a ZIP of sidecars for `xmp`. 400 with the advertising words found, until `acknowledged`."""
        need_lock(request, wish.also)
        with ExitStack() as held:
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
            path = await finished(request, lambda _: _write(house, catalogue, wish, who, folder))
            after.add_task(held.pop_all().close)  # once it was sent
        return FileResponse(path, filename=path.name)

    @router.post("/v1/exports/preview")
    async def try_out(request: Request, wanted: Wanted) -> Preview:
        """What would be lost and how the first rows would read, of the first items; nothing is written."""
        need_lock(request, wanted.also)
        asked = (wanted.to, _chosen(wanted), wanted.lang, wanted.pictures_at)
        foreseen = await finished(request, lambda _: foresee_export(house, catalogue, *asked))
        return _told(foreseen, wanted.lang or house.settings.lang)

    return router


def _told(foreseen: Foreseen, lang: Lang) -> Preview:
    return Preview(
        total=foreseen.total,
        looked=foreseen.looked,
        lost=[
            LossTold(said=one.said[lang], items=one.count, example=_example(one.examples[0])) for one in foreseen.lost
        ],
        adverts=[
            AdvertTold(said=one.finding.say(lang), field=one.place, items=one.count, item=_example(one.examples[0]))
            for one in foreseen.adverts
        ],
        headings=foreseen.headings,
        rows=foreseen.rows,
    )


def _example(item: Named) -> Example:
    return Example(**item._asdict())


def _write(house: House, catalogue: Catalogue, wish: Wish, who: str, folder: Path) -> Path:
    form, terms = find_form(wish.to), terms_of(house.settings, house.knowledge.taxonomy, wish.pictures_at, wish.lang)
    asked = {"also": wish.also, "among": _chosen(wish).among(catalogue), "acknowledged": wish.acknowledged}
    taken = export(catalogue, form, terms, who=who, **asked)
    return write_one_file(form, taken.pieces, folder)


def _chosen(wanted: Wanted) -> Chosen:
    return Chosen({str(name): value for name, value in wanted.filters.items()}, wanted.ids, wanted.also)
