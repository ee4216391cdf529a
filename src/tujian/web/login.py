"""Logging in with the token, for people with a browser. Only there when a token is set."""

import hmac
import secrets
from typing import Annotated

from fastapi import APIRouter, Cookie, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tujian.errors import NotAllowed
from tujian.settings import Settings
from tujian.web.render import Reader, render_login
from tujian.web.routes import HEADERS, pick_lang, pick_theme

TOKEN_COOKIE = "tujian_token"
FORM_COOKIE = "tujian_form"


def login_router(settings: Settings) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    if settings.token is None:
        return router
    token = settings.token.get_secret_value()

    @router.get("/login")
    def show(lang: Annotated[str | None, Cookie()] = None, theme: Annotated[str | None, Cookie()] = None) -> Response:
        form_token = secrets.token_urlsafe(32)
        html = render_login(Reader(pick_lang(None, lang, settings.lang), pick_theme(theme)), form_token)
        page = HTMLResponse(html, headers=HEADERS)
        page.set_cookie(FORM_COOKIE, form_token, httponly=True, samesite="strict", max_age=3600)
        return page

    @router.post("/login")
    def enter(
        given: Annotated[str, Form(alias="token")],
        form_token: Annotated[str, Form()],
        tujian_form: Annotated[str, Cookie()] = "",
    ) -> Response:
        if not (tujian_form and hmac.compare_digest(form_token.encode(), tujian_form.encode())):
            raise NotAllowed(
                zh=("登录页已过期。", "请刷新 /login 再试。"),
                en=("The login page has expired.", "Reload /login and try again."),
            )
        if not hmac.compare_digest(given.encode(), token.encode()):
            raise NotAllowed(
                zh=("令牌不对。", "请核对启动时的 TUJIAN_TOKEN。"),
                en=("Wrong token.", "Compare it with TUJIAN_TOKEN at the start."),
            )
        entered = RedirectResponse("/", 303)
        entered.set_cookie(TOKEN_COOKIE, token, httponly=True, samesite="strict", max_age=30 * 86400)
        return entered

    return router
