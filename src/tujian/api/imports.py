"""Sheets and ZIPs brought in over HTTP; how far an import is, `GET /v1/jobs/{id}` says. req: C1, C7"""

import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from pydantic import Field

from tujian.api.acting import Who
from tujian.api.bodies import PictureRoute
from tujian.api.flow import finished
from tujian.api.v1 import content_of
from tujian.batches import Batches
from tujian.bringing.archives import is_archive
from tujian.bringing.columns import RowItem, parse_map
from tujian.bringing.nouns import Told, Wanted
from tujian.bringing.report import find_batch, write_report
from tujian.bringing.sent import keep_sent, queue_archive, queue_table
from tujian.bringing.tables import Table
from tujian.catalogue import Catalogue
from tujian.catalogue.nouns import Kind
from tujian.errors import BadInput, Lang
from tujian.folding import printable
from tujian.house import House
from tujian.looking import Look
from tujian.records import Strict
from tujian.tasks import AUTO

MOST_TROUBLES = 20
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class RowTrouble(Strict):
    """A row or file that was not taken."""

    name: str
    message: str
    remedy: str


class Import(Strict):
    """What an import began. `columns` and `rows` are a sheet's: what each column is taken for, and its first rows."""

    id: str | None = Field(description="watch it at /v1/jobs/{id}; null: nothing is new")
    counts: dict[str, int]
    columns: dict[str, str | None] = Field(default_factory=dict)
    rows: dict[int, dict[str, Any]] = Field(default_factory=dict)
    troubles: list[RowTrouble] = Field(description=f"the first {MOST_TROUBLES}; the report has all")


def imports_router(house: House, catalogue: Catalogue, batches: Batches) -> APIRouter:
    router, lang = APIRouter(tags=["catalogue"], route_class=PictureRoute), house.settings.lang

    @router.post("/v1/imports", status_code=201)
    async def bring(
        request: Request,
        who: Who,
        file: Annotated[UploadFile, File(description="CSV, TSV, XLSX, JSONL, Shopify's product CSV, or a ZIP")],
        columns: Annotated[list[str], Form(alias="map", description="column=field, as often as needed")] = [],  # noqa: B006
        task: Annotated[str, Form(description="looked at by this task")] = AUTO,
        kind: Annotated[Kind, Form()] = "product",
        look: Annotated[bool, Form(description="false: brought, not looked at")] = True,
        trial: Annotated[int | None, Form(ge=1, le=1000, description="so many first, the rest after resume")] = None,
        dry_run: Annotated[bool, Form(description="nothing is queued")] = False,
    ) -> Import:
        """Queues rows or pictures that were not brought before; the same file again queues nothing."""
        if task != AUTO:
            house.tasks.get(task)
        wanted = Wanted(who, kind, Look(task, lang, trial=trial) if look else None, dry_run)

        def work(_: object) -> Import:
            path = keep_sent(house.settings.home_dir, content_of(file, house), file.filename or "")
            if is_archive(path):
                return _told(queue_archive(house, catalogue, batches, path, wanted), None, lang)
            table, told = queue_table(house, catalogue, batches, path, parse_map(columns), wanted)
            return _told(told, table, lang)

        return await finished(request, work)

    @router.get("/v1/imports/{batch_id}/report")
    def report(batch_id: str, form: Literal["csv", "xlsx"] = "csv") -> Response:
        """Every row of an import: its state, what was wrong, what to do."""
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / f"rows.{form}"
            write_report(catalogue.database, find_batch(catalogue.database, batch_id), out, lang)
            content = out.read_bytes()
        named = {"Content-Disposition": f'attachment; filename="rows.{form}"'}
        return Response(content, media_type=TYPES[form], headers=named)

    return router


def _told(told: Told, table: Table | None, lang: Lang) -> Import:
    troubles = [
        RowTrouble(name=printable(name), **dict(zip(("message", "remedy"), error.say(lang), strict=True)))
        for name, error in told.troubles[:MOST_TROUBLES]
    ]
    counts = {str(fate): count for fate, count in told.counts.items()}
    if table is None:
        return Import(id=told.batch_id, counts=counts, troubles=troubles)
    columns = {heading: table.columns.meaning(place, lang) for place, heading in enumerate(table.sheet.headings)}
    rows = {number: _row(row, lang) for number, row in table.preview()}
    return Import(id=told.batch_id, counts=counts, columns=columns, rows=rows, troubles=troubles)


def _row(row: RowItem | BadInput, lang: Lang) -> dict[str, Any]:
    return {"trouble": " ".join(row.say(lang))} if isinstance(row, BadInput) else row.facts()
