"""The catalogue over HTTP: items added, listed, read, edited, hidden, forgotten. req: B11, C1, E4, E9

`ETag` is an item's version; a change names the version it saw in `If-Match`, so that nobody overwrites unseen changes.
"""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Header, Query, Request, Response, UploadFile
from pydantic import Field

from tujian.api.acting import Who
from tujian.api.bodies import MOST_PICTURES, PictureRoute
from tujian.api.flow import finished
from tujian.api.v1 import content_of
from tujian.catalogue import Added, Catalogue, Changes, FieldChange, Incoming, Item, Merged, Page, Unmerged, ValueCount
from tujian.catalogue.nouns import EVERYTHING, MOST_LISTED, Chosen, Kind, Visibility
from tujian.errors import BadInput
from tujian.house import House, Shot
from tujian.jobs import Jobs
from tujian.looking import Look, look_jobs
from tujian.records import FieldValue, Strict
from tujian.rules.sensitive import find_sensitive
from tujian.tasks import AUTO

Hidden = Annotated[list[Literal["hidden", "sensitive", "pending"]], Query(description="find such items too")]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]


class Edit(Strict):
    """What a person sets. Fields by name; null says that there is none; `item.sku` and the like are the item's own."""

    fields: dict[str, FieldValue] = Field(default={})
    visibility: Chosen | None = None
    why: str = Field(default="", max_length=2000)


class Merge(Strict):
    """Values of a field that become one, spelled as `GET /v1/values/{field}` tells them."""

    field: str = Field(max_length=64)
    values: list[str] = Field(min_length=1, max_length=1000)
    into: str | float | bool
    dry_run: bool = False


class Unmerge(Strict):
    """A merge by the `number` that it was answered with."""

    number: int = Field(ge=1, le=2**62)


def items_router(house: House, catalogue: Catalogue, jobs: Jobs) -> APIRouter:
    router = APIRouter(tags=["catalogue"], route_class=PictureRoute)
    _add_adding(router, house, catalogue, jobs)
    _add_reading(router, catalogue)
    _add_changing(router, catalogue)
    return router


def _add_adding(router: APIRouter, house: House, catalogue: Catalogue, jobs: Jobs) -> None:
    @router.post("/v1/items", status_code=201)
    async def add_item(
        request: Request,
        response: Response,
        who: Who,
        image: Annotated[list[UploadFile], File(description=f"up to {MOST_PICTURES}, the main one first")],
        kind: Annotated[Kind, Form()] = "product",
        external_id: Annotated[str | None, Form()] = None,
        sku: Annotated[str | None, Form()] = None,
        variant_group: Annotated[str | None, Form()] = None,
        fields: Annotated[str, Form(description='JSON such as {"brand": "ALPRO"}')] = "{}",
        task: Annotated[str, Form(description="looked at by this task")] = "auto",
        look: Annotated[bool, Form(description="false: not looked at until `POST /v1/jobs`")] = True,
        key: Key = None,
    ) -> Item:
        """Pictures become an item: perception looks at once for papers that nobody else should see, a job in full soon
        after. Sent again under one Idempotency-Key, one item."""
        named = {"kind": kind, "external_id": external_id, "sku": sku, "variant_group": variant_group}

        def work(_: object) -> Added:
            _check_count(len(image))
            shots = [Shot(content_of(upload, house), upload.filename or "") for upload in image]
            brought, visibility = _looked_at(house, shots) if look else (_opened(house, shots), "shown")
            asked = {**named, "who": who, "visibility": visibility, "values": _fields(fields), "key": key}
            return _add(house, catalogue, jobs, brought, asked, task if look else None)

        added = await finished(request, work)
        response.status_code = 200 if added.again else 201
        return _tagged(response, catalogue.get(added.id, also=EVERYTHING))


def _add_reading(router: APIRouter, catalogue: Catalogue) -> None:
    @router.get("/v1/items")
    def list_items(
        after: Annotated[str, Query(max_length=300, description="`next` of the page before")] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 50,
        kind: Kind | None = None,
        changed_since: Annotated[int | None, Query(ge=0, description="`last` of the answer before; 0: all")] = None,
        also: Hidden = [],  # noqa: B006
    ) -> Page | Changes:
        """Items, the newest first; with `changed_since`, what changed after that, the oldest change first."""
        if changed_since is not None:
            return catalogue.changed_since(changed_since, limit=limit, also=also)
        return catalogue.list(after=after, limit=limit, kind=kind, also=also)

    @router.get("/v1/items/{item_id}")
    def read_item(response: Response, item_id: str, also: Hidden = []) -> Item:  # noqa: B006
        """An item with its values, their evidence and its pictures; `ETag` is its version."""
        return _tagged(response, catalogue.get(item_id, also=also))

    @router.get("/v1/values/{field}")
    def read_values(field: str, also: Hidden = []) -> dict[str, list[ValueCount]]:  # noqa: B006
        """What a field says over all items, the most frequent first."""
        return {"values": list(catalogue.values_of(field, also=also))}

    @router.get("/v1/items/{item_id}/history")
    def read_history(item_id: str, field: str | None = None, also: Hidden = []) -> dict[str, list[FieldChange]]:  # noqa: B006
        """Who changed what, when and why, the newest first."""
        return {"history": list(catalogue.history(item_id, field, also=also))}


def _add_changing(router: APIRouter, catalogue: Catalogue) -> None:
    @router.patch("/v1/items/{item_id}")
    def edit_item(
        response: Response,
        item_id: str,
        edit: Edit,
        who: Who,
        if_match: Annotated[str, Header(description='the ETag that was read, or "*"')] = "",
        also: Hidden = [],  # noqa: B006
    ) -> Item:
        """Sets fields. 412 when somebody changed the item since it was read: read it again."""
        version = _version(if_match)
        with catalogue.database.write(durable=True) as within:
            if edit.fields or version is not None:
                catalogue.edit(item_id, edit.fields, who=who, version=version, why=edit.why, also=also, within=within)
            elif edit.visibility is None:
                catalogue.get(item_id, also=also)  # nothing is changed, nor told to who may not see it
            if edit.visibility is not None:
                wish = {"who": who, "why": edit.why, "also": also}
                catalogue.set_visibility(item_id, edit.visibility, within=within, **wish)
        return _tagged(response, catalogue.get(item_id, also=EVERYTHING))

    @router.post("/v1/items/{item_id}/undo")
    def undo(
        response: Response,
        item_id: str,
        who: Who,
        if_match: Annotated[str, Header(description="only if the item is as it was left, else 412")] = "*",
        also: Hidden = [],  # noqa: B006
    ) -> Item:
        """Takes back a person's last act on the item; again, the one before."""
        catalogue.undo(item_id, who=who, version=_version(if_match), also=also)
        return _tagged(response, catalogue.get(item_id, also=EVERYTHING))

    @router.post("/v1/values/merge")
    def merge_values(merge: Merge, who: Who, also: Hidden = []) -> Merged:  # noqa: B006
        """Makes several values of a field one, on every item; each gets a version and a line of history."""
        chosen = {"who": who, "also": also, "is_trial": merge.dry_run}
        return catalogue.merge_values(merge.field, merge.values, merge.into, **chosen)

    @router.post("/v1/values/undo")
    def unmerge_values(unmerge: Unmerge, who: Who, also: Hidden = []) -> Unmerged:  # noqa: B006
        """Takes a whole merge back, but for items that somebody changed since; these are told."""
        return catalogue.unmerge(unmerge.number, who=who, also=also)

    @router.delete("/v1/items/{item_id}", status_code=204)
    def forget_item(item_id: str, who: Who, also: Hidden = []) -> None:  # noqa: B006
        """The item goes with its records and history; its pictures stay while other items show them."""
        catalogue.forget(item_id, who=who, also=also)


def _check_count(count: int) -> None:
    if not 1 <= count <= MOST_PICTURES:
        raise BadInput(
            zh=(f"发来 {count} 张图片，要 1–{MOST_PICTURES} 张。", "请分几次发送。"),
            en=(f"{count} pictures came; 1-{MOST_PICTURES} are taken.", "Send several requests."),
        )


def _opened(house: House, shots: list[Shot]) -> list[Incoming]:
    return [Incoming(picture, content) for content, picture in map(house.open, shots)]


def _looked_at(house: House, shots: list[Shot]) -> tuple[list[Incoming], Visibility]:
    """So that a paper is at no moment visible; the job that follows finds what was seen. # req: E9"""
    looks = [house.look(shot, "normal") for shot in shots]
    lines = [line.text for look in looks for line in look.percepts.text_lines]
    brought = [Incoming(look.picture, shot.source) for look, shot in zip(looks, shots, strict=True)]  # pyright: ignore[reportArgumentType] - bytes, as they came
    return brought, "sensitive" if find_sensitive(lines) else "shown"


def _add(
    house: House, catalogue: Catalogue, jobs: Jobs, brought: list[Incoming], named: dict[str, Any], task: str | None
) -> Added:
    """The item and the job that looks at it are one transaction."""
    if task not in (None, AUTO):
        house.tasks.get(task)  # a wrong name is the caller's error, not the job's
    with catalogue.database.write(durable=True) as within:
        added = catalogue.add(brought, within=within, **named)
        if task is not None:
            shown = {added.id: [one.picture.sha256 for one in brought]}
            jobs.put(look_jobs(shown, Look(task, house.settings.lang)), within=within)
    return added


def _fields(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text or "{}")
    except ValueError as error:
        raise _no_object(str(error)) from error
    if not isinstance(fields, dict):
        raise _no_object("not an object")
    return fields


def _no_object(why: str) -> BadInput:
    return BadInput(
        zh=(f"fields 不是 JSON 对象（{why}）。", '请写成 {"brand": "ALPRO"}。'),
        en=(f"`fields` is no JSON object ({why}).", 'Write {"brand": "ALPRO"}.'),
    )


def _tagged(response: Response, item: Item) -> Item:
    response.headers["ETag"] = f'"{item.version}"'
    return item


def _version(if_match: str) -> int | None:
    """The version in If-Match; None for "*", who wants to overwrite whatever there is. Raises BadInput."""
    tag = if_match.strip().removeprefix("W/").strip('"')
    if tag == "*":
        return None
    if not tag.isdecimal() or len(tag) > 9:
        raise BadInput(
            zh=("缺少 If-Match，或它不是版本号。", '请带上读取时的 ETag（如 If-Match: "3"），或用 * 强制覆盖。'),
            en=(
                "If-Match is missing or no version.",
                'Send the ETag that was read (If-Match: "3"), or * to overwrite.',
            ),
        )
    return int(tag)
