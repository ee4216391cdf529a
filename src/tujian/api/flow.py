"""A blocking iterator, such as an answer being said, as something an event stream can send.

Enters: a function that starts the iterator. Leaves: its items, asynchronously.
Does not know: what the items are. When the client goes away the event is set and the iterator ends: nobody pays for an
answer that nobody reads.
"""

import asyncio
import contextvars
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import TypeVar

from fastapi import Request

from tujian.errors import Stopped

Item = TypeVar("Item")
LOOK_S = 0.2  # how often a waiting request looks whether its client is still there


class _End:
    """The iterator's end, or the error it ended with."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


async def opened(request: Request, start: Callable[[threading.Event], Iterator[Item]]) -> AsyncIterator[Item]:
    """The items of `start(stopped)`, once there is a first one.

    What goes wrong before it is raised here, so that it becomes an ordinary HTTP status. Raises Stopped when the client
    has left by then.
    """
    stopped = threading.Event()
    items = _flowing(start, stopped)
    waiting = asyncio.ensure_future(anext(items, None))
    while not waiting.done():
        await asyncio.wait([waiting], timeout=LOOK_S)
        if not waiting.done() and await request.is_disconnected():
            stopped.set()
            await asyncio.wait([waiting])
    first = await waiting
    if stopped.is_set():
        await items.aclose()
        raise Stopped()
    return _with_first(first, items)


async def finished(request: Request, work: Callable[[threading.Event], Item]) -> Item:
    """What `work(stopped)` returns. The event is set when the client goes away before."""
    result = [item async for item in await opened(request, lambda stopped: iter([work(stopped)]))]
    return result[0]


async def _with_first(first: Item | None, items: AsyncIterator[Item]) -> AsyncIterator[Item]:
    if first is not None:
        yield first
    async for item in items:
        yield item


async def _flowing(
    start: Callable[[threading.Event], Iterator[Item]], stopped: threading.Event
) -> AsyncGenerator[Item]:
    loop, items = asyncio.get_running_loop(), asyncio.Queue[Item | _End]()

    def put(item: Item | _End) -> None:
        if not loop.is_closed():  # the server may have shut down meanwhile
            loop.call_soon_threadsafe(items.put_nowait, item)

    def run() -> None:
        error: BaseException | None = None
        try:
            for item in start(stopped):
                put(item)
        except BaseException as trouble:  # noqa: BLE001 - raised again where the items are awaited
            error = trouble
        put(_End(error))

    threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True).start()  # with the request's id
    try:
        while not isinstance(item := await items.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
