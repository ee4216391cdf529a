"""The outermost layer: every request has an id, a line in the log, its place in the numbers. req: A16

Enters: any request. Leaves: its answer with X-Request-ID. A client's own id is kept if it is a sane one. The line names
the route as it is written in the code, so no address, file name or query gets into it.
"""

import logging
import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tujian.logs import id_for, note, note_fault, request_id
from tujian.metrics import Metrics

LEFT = 499  # nginx's number for a client that went away before its answer
QUIET = ("/static", "/samples", "/healthz", "/readyz", "/metrics")  # fetched by machines all day: not told when well


class Logged:
    """`fault` is what a client is told when something broke inside."""

    def __init__(self, app: ASGIApp, metrics: Metrics, fault: Callable[[Scope], ASGIApp]) -> None:
        self._app, self._metrics, self._fault = app, metrics, fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        own_id = id_for(Headers(scope=scope).get("x-request-id"))
        set_before, begun, method, status = request_id.set(own_id), time.perf_counter(), scope["method"], 0
        state = scope.setdefault("state", {})

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], (b"x-request-id", own_id.encode())]}
            await send(message)

        try:
            await self._app(scope, receive, told)
        except Exception as error:  # the edge: whatever broke is told and counted, and the server goes on
            note_fault(error)
            if status:
                raise  # half an answer is sent: the connection must break
            state["error"] = "BrokenInstall"
            await self._fault(scope)(scope, receive, told)
        finally:
            self._write(scope, method, status or LEFT, time.perf_counter() - begun, state.get("error"))
            request_id.reset(set_before)

    def _write(self, scope: Scope, method: str, status: int, elapsed_s: float, error: str | None) -> None:
        route = route_of(scope)
        self._metrics.requested(route, status, elapsed_s)
        if route.startswith(QUIET) and status < 400:
            return
        level = logging.WARNING if status >= 500 else logging.INFO
        facts = {"method": method, "route": route, "status": status, "ms": round(elapsed_s * 1000, 1)}
        note("request", level=level, **facts, **({"error": error} if error else {}))


def route_of(scope: Scope) -> str:
    """The route as the code writes it, "/v1/chats/{chat_id}"; "-" where none was reached."""
    path = getattr(scope.get("route"), "path", None)
    if path is None and scope["path"].startswith(("/static/", "/samples/")):
        return scope["path"].split("/")[1].join(("/", ""))
    return path or "-"
