"""The error tree as HTTP: one status a kind, one form for all, but for the printed endpoints, which keep theirs."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from tujian.errors import (
    AlreadyThere,
    BadInput,
    BrokenInstall,
    Busy,
    ContextTooSmall,
    EngineError,
    Lang,
    LostUpdate,
    NoEngine,
    NotAllowed,
    NotFound,
    PictureTooLarge,
    StoreFailed,
    StoreLocked,
    TujianError,
    UploadStalled,
)
from tujian.lanes import RETRY_AFTER_S
from tujian.metrics import Metrics

# the first match decides, so the finer kinds stand first
STATUS: tuple[tuple[type[TujianError], int], ...] = (
    (PictureTooLarge, 413),
    (UploadStalled, 408),
    (NotFound, 404),
    (LostUpdate, 412),  # RFC 9110: the If-Match condition was false
    (AlreadyThere, 409),
    (BadInput, 400),
    (NotAllowed, 403),
    (Busy, 429),
    (NoEngine, 503),
    (StoreLocked, 503),
    (StoreFailed, 507),
    (ContextTooSmall, 400),  # as OpenAI does: trying again cannot help
    (EngineError, 502),
    (BrokenInstall, 500),
)
PRINTED = ("/recognize", "/classify")
Draw = Callable[[Request, TujianError, int], HTMLResponse]


def status_of(error: TujianError) -> int:
    return next(status for kind, status in STATUS if isinstance(error, kind))


def body_of(error: TujianError, lang: Lang, path: str) -> dict[str, Any]:
    said = error.say(lang)
    if path in PRINTED:
        return {
            "success": False,
            "error": f"{said.message}{said.remedy}" if lang == "zh" else f"{said.message} {said.remedy}",
        }
    return {"error": {"type": type(error).__name__, "message": said.message, "remedy": said.remedy}}


def _opens_a_page(request: Request) -> bool:
    """Whether a person's browser goes there; what scripts and programs ask for is answered in JSON."""
    is_api = request.url.path.startswith("/v1/") or request.url.path in PRINTED
    return request.method == "GET" and not is_api and "text/html" in request.headers.get("accept", "")


def _too_long() -> PictureTooLarge:
    return PictureTooLarge(
        zh=("表单里的一段文字超过 1 MB。", "问题请缩短；图片请作为文件放在 image 里上传。"),
        en=(
            "A text field of the form is longer than 1 MB.",
            "Shorten the question; upload pictures as `image`.",
        ),
    )


def fault() -> BrokenInstall:
    """Something broke that nobody had thought of."""
    return BrokenInstall(
        zh=(
            "图鉴内部出错了，这张图片没有记录。",
            "请凭回答头里的 X-Request-ID 查看日志；tujian doctor 可检查。",
        ),
        en=(
            "Something broke inside Tujian; there is no record.",
            "Look up the answer's X-Request-ID in the log; try tujian doctor.",
        ),
    )


def add_handlers(app: FastAPI, lang: Lang, metrics: Metrics, draw: Draw) -> None:
    """Every TujianError, every malformed request and every unknown path answers in the one form.

    Who opens a page in a browser gets one: `draw` makes it.
    """

    def answer(
        request: Request, error: TujianError, status: int | None = None, headers: dict[str, str] | None = None
    ) -> Response:
        metrics.failed(type(error).__name__)
        request.state.error = type(error).__name__  # for the request's line in the log
        spoken: Lang = getattr(request.state, "lang", lang)
        headers = {"Retry-After": str(RETRY_AFTER_S)} if isinstance(error, Busy) else headers
        status = status or status_of(error)
        if _opens_a_page(request):
            return draw(request, error, status)
        return JSONResponse(body_of(error, spoken, request.url.path), status, headers)

    @app.exception_handler(TujianError)
    def _ours(request: Request, error: TujianError) -> Response:
        return answer(request, error)

    @app.exception_handler(RequestValidationError)
    def _malformed(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where, why = ".".join(str(part) for part in first["loc"][1:]), first["msg"]
        form = (
            "JSON" if request.headers.get("content-type", "").startswith("application/json") else "multipart/form-data"
        )
        return answer(
            request,
            BadInput(
                zh=(f"请求有误：{where}：{why}。", f"请按 {form} 发送，字段见 /openapi.json。"),
                en=(f"Malformed request: {where}: {why}.", f"Send {form}; the fields are in /openapi.json."),
            ),
        )

    @app.exception_handler(HTTPException)
    def _unknown(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, TujianError):  # a body given up while it was parsed
            return answer(request, error.__cause__)
        if "exceeded maximum size" in str(error.detail):  # Starlette's limit for text fields is 1 MB
            return answer(request, _too_long())
        return answer(
            request,
            BadInput(
                zh=(f"{error.detail}（HTTP {error.status_code}）。", "接口列表见 /openapi.json。"),
                en=(f"{error.detail} (HTTP {error.status_code}).", "The endpoints are listed in /openapi.json."),
            ),
            error.status_code,
            dict(error.headers or {}),
        )
