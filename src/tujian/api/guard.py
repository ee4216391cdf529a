"""What every request passes before a route sees it: host, origin, token, size.

Host names: addresses and localhost always, other names only when listed, so that a foreign page cannot rebind its
own name to this server. Changes must come from this origin or from no page at all (curl): cross-site requests carry
Sec-Fetch-Site or Origin. The token is asked for whenever one is set. Bodies are counted while they stream.
"""

import hmac
import ipaddress
import json
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tujian.api.errors import body_of, status_of
from tujian.errors import NotAllowed, PictureTooLarge, TujianError
from tujian.settings import Settings
from tujian.web.login import TOKEN_COOKIE

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
OPEN_PATHS = ("/healthz", "/readyz", "/login")
PAGES = ("/", "/chat", "/models")
FORM_ROOM_BYTES = 1_000_000  # multipart boundaries and text fields beside the pictures
MOST_PICTURES = 8  # in one request


class Guard:
    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings
        self._names = {"localhost", settings.host, *(n.strip().lower() for n in settings.allowed_hosts.split(","))}
        self._token = settings.token.get_secret_value() if settings.token else None
        one_bytes = int(settings.max_upload_mb * 1_000_000)
        self._limit_bytes = one_bytes * MOST_PICTURES + FORM_ROOM_BYTES
        self._one_bytes = one_bytes * 4 // 3 + FORM_ROOM_BYTES  # in base64

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        try:
            self._check(scope, headers)
        except TujianError as error:
            return await _refuse(send, error, self._settings, scope)
        if scope["method"] == "HEAD":  # as GET; the server sends no body for it
            scope = {**scope, "method": "GET"}
        limit_bytes = self._one_bytes if scope["path"] == "/chat" else self._limit_bytes
        body = _Counted(receive, send, limit_bytes)
        await self._app(scope, body.receive, body.send)
        if body.is_over:
            await _refuse(send, self._too_large(), self._settings, scope)

    def _check(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        if not self._knows(host):
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
        if self._token and not scope["path"].startswith(("/static/", *OPEN_PATHS)) and not self._knows_token(headers):
            raise NotAllowed(
                zh=("需要访问令牌。", "请在 Authorization: Bearer 里给出 TUJIAN_TOKEN，或在 /login 登录。"),
                en=("A token is needed.", "Give TUJIAN_TOKEN in Authorization: Bearer, or log in at /login."),
            )
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._limit_bytes:
            raise self._too_large()

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

    def _knows_token(self, headers: Headers) -> bool:
        given = headers.get("authorization", "").removeprefix("Bearer ").strip() or _cookie(headers)
        return hmac.compare_digest(given.encode(), (self._token or "").encode())

    def _too_large(self) -> PictureTooLarge:
        limit_mb = self._settings.max_upload_mb
        return PictureTooLarge(
            zh=(
                f"上传内容太大（每张上限 {limit_mb:g} MB，一次最多 {MOST_PICTURES} 张）。",
                "请缩小图片，或调高 TUJIAN_MAX_UPLOAD_MB。",
            ),
            en=(
                f"The upload is too large ({limit_mb:g} MB a picture, {MOST_PICTURES} at once).",
                "Shrink it, or raise TUJIAN_MAX_UPLOAD_MB.",
            ),
        )


class _Counted:
    """A body that ends at the limit; whatever the routes then answer is swallowed, since 413 is the answer."""

    def __init__(self, receive: Receive, send: Send, limit_bytes: int) -> None:
        self._receive, self._send, self._left = receive, send, limit_bytes
        self._answering = False

    @property
    def is_over(self) -> bool:
        return self._left < 0 and not self._answering

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        return {"type": "http.disconnect"} if self._left < 0 else message

    async def send(self, message: Message) -> None:
        if self._left >= 0 or self._answering:
            self._answering = True
            await self._send(message)


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


async def _refuse(send: Send, error: TujianError, settings: Settings, scope: Scope) -> None:
    status, path = status_of(error), scope["path"]
    headers = [(b"content-type", b"application/json; charset=utf-8")]
    if isinstance(error, NotAllowed) and scope["method"] in SAFE_METHODS and path in PAGES:  # a person with a browser
        status, headers = 303, [(b"location", b"/login")]
    body = json.dumps(body_of(error, settings.lang, path), ensure_ascii=False).encode()
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
