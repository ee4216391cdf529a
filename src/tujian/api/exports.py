"""The catalogue taken out over HTTP, as one file. req: F5, F6"""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from tujian.api.flow import finished
from tujian.api.lock import need_lock
from tujian.catalogue import Catalogue
from tujian.exchange import export, find_form
from tujian.exchange.asked import terms_of, write_one_file
from tujian.export_jobs import Chosen
from tujian.house import House

WHO = "api"


class Wish(BaseModel):
    """What is to be exported. Items: those that `filters` leave, or those with these `ids`; without both, all."""

    model_config = ConfigDict(extra="forbid")

    to: Annotated[str, Field(max_length=40, examples=["shopify", "csv"])]
    filters: dict[Literal["kind", "category", "brand", "colour", "batch"], str] = {}
    ids: list[str] = Field(default=[], max_length=100_000)
    lang: Literal["zh", "en"] | None = None
    pictures_at: str = Field(default="", max_length=500, description="public address below which the pictures lie")
    also: list[Literal["hidden", "sensitive"]] = Field(default=[], description="take such items out too")
    acknowledged: bool = Field(default=False, description="advertising words were looked at: export all the same")


def exports_router(house: House, catalogue: Catalogue) -> APIRouter:
    router = APIRouter(tags=["catalogue"])

    @router.post("/v1/exports", response_class=FileResponse)
    async def take_out(request: Request, wish: Wish, after: BackgroundTasks) -> FileResponse:
        """The file, a ZIP of sidecars for `xmp`. 400 with the advertising words found, until `acknowledged`."""
        need_lock(request, wish.also)
        with ExitStack() as held:
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
            path = await finished(request, lambda _: _write(house, catalogue, wish, folder))
            after.add_task(held.pop_all().close)  # once it was sent
        return FileResponse(path, filename=path.name)

    return router


def _write(house: House, catalogue: Catalogue, wish: Wish, folder: Path) -> Path:
    form = find_form(wish.to)
    among = Chosen({str(name): value for name, value in wish.filters.items()}, wish.ids, wish.also).among(catalogue)
    terms = terms_of(house.settings, house.knowledge.taxonomy, wish.pictures_at, wish.lang)
    asked = {"also": wish.also, "among": among, "acknowledged": wish.acknowledged}
    taken = export(catalogue, form, terms, who=WHO, **asked)
    return write_one_file(form, taken.pieces, folder)
