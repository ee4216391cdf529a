"""Who acts, as histories and lists of work call them: the name that a browser keeps, else where the act came from.

It is a word in a history, no proof of anything. req: F1
"""

from typing import Annotated

from fastapi import Cookie, Depends

from tujian.web.routes import pick_name


def _by_api(who: Annotated[str, Cookie(description="the name of who acts, for histories")] = "") -> str:
    return pick_name(who) or "api"


def _by_page(who: Annotated[str, Cookie()] = "") -> str:
    return pick_name(who) or "page"


Who = Annotated[str, Depends(_by_api)]
WhoHere = Annotated[str, Depends(_by_page)]  # of a page
