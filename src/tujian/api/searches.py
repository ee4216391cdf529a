"""`/v1/searches`: searches kept under a name. req: D8, E6"""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from tujian.api.acting import Who
from tujian.saved_searches import Question, SavedSearch, SavedSearches


class New(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=1000)]
    search: Question


class Change(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=1000)] | None = None
    search: Question | None = None


def searches_router(saved: SavedSearches) -> APIRouter:
    router = APIRouter(prefix="/v1/searches", tags=["search"])

    @router.get("")
    def list_searches() -> dict[str, list[SavedSearch]]:
        """All that are kept, the last changed first."""
        return {"searches": list(saved.list())}

    @router.post("", status_code=201)
    def keep_search(new: New, who: Who) -> SavedSearch:
        """Keeps a question under a name that no other has."""
        return saved.keep(new.name, new.search, who)

    @router.get("/{search_id}")
    def read_search(search_id: str) -> SavedSearch:
        """By its id or its name."""
        return saved.get(search_id)

    @router.patch("/{search_id}")
    def change_search(search_id: str, change: Change) -> SavedSearch:
        """Another name, another question, or both."""
        return saved.change(search_id, name=change.name, search=change.search)

    @router.delete("/{search_id}", status_code=204)
    def forget_search(search_id: str) -> Response:
        saved.forget(search_id)
        return Response(status_code=204)

    return router
