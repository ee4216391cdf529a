"""What every request passes before a route sees it: host, origin, token, size.

Host names: addresses and localhost always, other names only when listed, so that a foreign page cannot rebind its
own name to this server. Changes must come from this origin or from no page at all (curl): cross-site requests carry
Sec-Fetch-Site or Origin. The token is asked for whenever one is set. A browser that asks for hidden things must have
opened the lock (lock.py), and keeps no copy of what it is told. Bodies are counted while they stream (bodies.py).
"""

import hmac
import ipaddress
import json
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tujian.api.bodies import REQUESTS_HELD, Body, Limits, Room
from tujian.api.errors import body_of, status_of
from tujian.api.lock import Lock, asks_for_hidden, locked
from tujian.errors import NotAllowed, TujianError
from tujian.metrics import Metrics
from tujian.settings import Settings
from tujian.web.login import TOKEN_COOKIE

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
OPEN_PATHS = ("/healthz", "/readyz", "/login")
PAGES = (
    "/", "/chat", "/catalogue", "/album", "/search", "/review", "/import", "/check", "/export", "/overview", "/tasks",
    "/models", "/settings", "/lock",
)  # fmt: skip
BELOW = ("/catalogue/", "/import/", "/check/", "/export/", "/tasks/")  # addresses below are pages, too


class Guard:
    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics, lock: Lock) -> None:
        self._app, self._settings, self._metrics, self._lock = app, settings, metrics, lock
        self._names = {"localhost", settings.host, *settings.allowed_hosts.lower().replace(",", " ").split()}
        self._token = settings.token.get_secret_value() if settings.token else None
        self._limits = Limits(settings.max_upload_mb)
        self._room = Room(REQUESTS_HELD * self._limits.form_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        body = Body(headers, receive, send, self._limits, self._room, self._metrics.refused, scope["path"])
        try:
            self._check(scope, headers)
        except TujianError as error:
            self._metrics.failed(type(error).__name__)
            return await _refuse(body.send, error, self._settings, scope)
        if scope["method"] == "HEAD":  # as GET; the server sends no body for it
            scope["method"] = "GET"
        scope["picture_bytes"] = self._limits.picture_bytes
        is_hidden = asks_for_hidden(scope["query_string"])
        try:
            await self._app(scope, body.receive, _unkept(body.send) if is_hidden else body.send)
        finally:
            body.let_go()

    def _check(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        if "host" in headers and not self._knows(host):  # probes by HTTP/1.0 send none, browsers always do
            raise NotAllowed(
                zh=(f"不认识的主机名 {host[:80]!r}。", "若确实用这个名字访问，请写进 TUJIAN_ALLOWED_HOSTS。"),
                en=(f"Unknown host name {host[:80]!r}.", "If you do use this name, list it in TUJIAN_ALLOWED_HOSTS."),
            )
        if scope["method"] not in SAFE_METHODS and not _is_own(headers, host):
            raise NotAllowed(
                zh=("请求来自别的网站，已拒绝。", "请从图鉴自己的页面或命令行发起。"),
                en=(
                    "The request came from another site and was refused.",
                    "Send it from Tujian's own page or a command line.",
                ),
            )
        is_open = scope["path"] in OPEN_PATHS or scope["path"].startswith("/static/")
        if self._token and not is_open and not self._knows_token(headers):
            raise NotAllowed(
                zh=("需要访问令牌。", "请在 Authorization: Bearer 里给出 TUJIAN_TOKEN，或在 /login 登录。"),
                en=("A token is needed.", "Give TUJIAN_TOKEN in Authorization: Bearer, or log in at /login."),
            )
        scope["may_see_hidden"] = not self._is_browser(headers) or self._lock.is_open(headers.get("cookie", ""))
        if asks_for_hidden(scope["query_string"]) and not scope["may_see_hidden"]:
            raise locked()
        length, kind = headers.get("content-length", "0"), headers.get("content-type", "").lower()
        if not (length.isascii() and length.isdecimal() and int(length[:20]) <= self._limits.of(kind, scope["path"])):
            self._metrics.refused("too_large")
            raise self._limits.too_large(kind)

    def _knows(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name.lower() in self._names
        return True

    def _is_browser(self, headers: Headers) -> bool:
        """Programs send the token themselves, or, where none is set, no Sec-Fetch-Site, which browsers always do."""
        return "authorization" not in headers if self._token else "sec-fetch-site" in headers

    def _knows_token(self, headers: Headers) -> bool:
        given = headers.get("authorization", "").removeprefix("Bearer ").strip() or _cookie(headers)
        return hmac.compare_digest(given.encode(), (self._token or "").encode())


def _is_own(headers: Headers, host: str) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == host
    except ValueError:
        return False


def _cookie(headers: Headers) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[TOKEN_COOKIE].value if TOKEN_COOKIE in cookies else ""


def _way_in(scope: Scope) -> bytes:
    """Where a browser is led that may not see a page: to the lock if that is all that is missing, else to the login."""
    if "may_see_hidden" not in scope:
        return b"/login"
    wanted = f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
    return f"/lock?then={quote(wanted, safe='')}".encode()


def _unkept(send: Send) -> Send:
    """What is hidden stays in no cache: the lock may be closed the next moment."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cache-Control"] = "no-store"
        await send(message)

    return sending


async def _refuse(send: Send, error: TujianError, settings: Settings, scope: Scope) -> None:
    status, path = status_of(error), scope["path"]
    scope["state"]["error"] = type(error).__name__
    headers = [(b"content-type", b"application/json; charset=utf-8")]
    is_page = path in PAGES or path.startswith(BELOW)
    if isinstance(error, NotAllowed) and scope["method"] in SAFE_METHODS and is_page:  # a person with a browser
        status, headers = 303, [(b"location", _way_in(scope))]
    body = json.dumps(body_of(error, settings.lang, path), ensure_ascii=False).encode()
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
