"""`POST /v1/answers`: a question to the catalogue, answered from its records only. req: A10"""

import threading
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Request

from tujian.answering import CatalogueAnswer, answer_from
from tujian.api.flow import finished
from tujian.catalogue import Catalogue
from tujian.errors import Lang
from tujian.finding import Search
from tujian.house import House

LONGEST_QUESTION = 2_000


def answers_router(house: House, catalogue: Catalogue, search: Search) -> APIRouter:
    router = APIRouter(tags=["search"])

    @router.post("/v1/answers")
    async def answer(
        request: Request,
        question: Annotated[str, Form(max_length=LONGEST_QUESTION)],
        lang: Annotated[Lang | None, Form()] = None,
    ) -> CatalogueAnswer:
        """What the records say, with citations; `found` is false when they do not say."""

        def work(stopped: threading.Event) -> CatalogueAnswer:
            ask = partial(house.ask, stopped=stopped) if house.engine else None
            return answer_from(search, catalogue, question, lang or house.settings.lang, ask)

        return await finished(request, work)

    return router
