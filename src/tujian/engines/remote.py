"""A server that speaks OpenAI chat completions: llama-server, vLLM, SGLang, Ollama, DashScope … req: F4

Enters: its address, perhaps a key and a model name. Leaves: pieces of answers.
Pictures go as data URIs, never as addresses: a server that fetches for itself is somebody else's hole. One deadline
holds for a question with all its tries; a stop reaches a server that has not said a word yet.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
import openai
from openai import OpenAI
from pydantic import ValidationError

from tujian.clocks import Clock, ClockedBackend, ClockedStream
from tujian.engines.asking import LONGEST_REPLY, LOOKED_AT_EVERY
from tujian.engines.dialect import Place, Question, Reply, SchemaBy, Speech
from tujian.engines.loops import is_looping
from tujian.engines.troubles import (
    before_the_answer,
    broke_off,
    declined,
    down,
    no_address,
    no_dialect,
    within_the_answer,
)
from tujian.engines.wire import (
    LONGEST_BODY,
    BadStream,
    Models,
    Piece,
    ServerTrouble,
    read_events,
    read_whole,
    request_of,
)
from tujian.errors import EngineDown, EngineError, Stopped
from tujian.lanes import Lanes
from tujian.records import EngineUsed
from tujian.settings import LOOPBACK, Settings

PAUSES_S = (0.5, 1.0)  # before the second and third try, on 429 and 5xx; a server that is silent is not asked again
NAMING_TIMEOUT_S = 10.0  # a list of models is short: who needs longer is not well
RESTING_S = 10.0  # after a server was down nobody waits for it again so soon
READ_OUT_S = 0.5  # for the count of tokens after the answer's end; a server that goes on is hung up on
SPARE_CONNECTIONS = 2  # for asking who is there while all slots are taken


class RemoteEngine:
    """An Engine somewhere else, or on another port of this machine. It is asked at most `slots` questions at once."""

    slots: int | None = None  # what the server itself has is not known

    def __init__(
        self,
        url: str,
        *,
        model: str | None,
        key: str | None,
        timeout_s: float,
        slots: int = 8,
        queue: int = 32,
        schema_by: SchemaBy = "response_format",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            parts = urlsplit(url)
            port = f":{parts.port}" if parts.port else ""
        except ValueError as error:  # no such port, a bracket that is not closed
            raise no_address(url) from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise no_address(url)
        self._model, self._timeout_s = model, timeout_s
        self.schema_by: SchemaBy = schema_by
        shown = f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
        self.place = Place(shown, remote=not is_here(parts.hostname))
        self._now, self._lanes = threading.local(), Lanes(slots, queue)
        self._http = httpx.Client(
            transport=clocked_transport(parts, slots + SPARE_CONNECTIONS, lambda: self._now.clock),
            timeout=timeout_s,
            follow_redirects=False,  # the picture goes where the user said and nowhere else
        )
        self._client = OpenAI(
            base_url=url,
            api_key=key or "none",
            max_retries=0,
            http_client=self._http,  # pyright: ignore[reportArgumentType] - openai takes httpx and its fork httpx2
        )
        self._naming, self._clock = threading.Lock(), clock
        self._down: tuple[float, EngineDown] | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> "RemoteEngine":
        """The engine at `engine_url`. Raises BadSettings when that is no address."""
        return cls(
            settings.engine_url or "",
            model=settings.engine_model,
            key=settings.engine_key.get_secret_value() if settings.engine_key else None,
            timeout_s=settings.engine_timeout_s,
            slots=settings.engine_slots or 8,
            queue=settings.queue,
        )

    def used(self) -> EngineUsed:
        return EngineUsed(kind="openai", url=self.place.url, model=self._model_name(), remote=self.place.remote)

    def warm(self) -> None:
        return

    def close(self) -> None:
        self._http.close()

    def stream(self, question: Question, stopped: threading.Event | None = None) -> Speech:
        with self._lanes.turn(question.priority, Clock.of(self._timeout_s, stopped)):
            clock = Clock.of(self._timeout_s, stopped)
            with self._opened(question, clock) as (pieces, hurry):
                return (yield from self._spoken(self._whole(pieces, hurry, clock)))

    def _spoken(self, pieces: Iterator[Piece]) -> Speech:
        """The pieces' words; a Thinking model's thoughts only where it said nothing else. Circles of thought end it."""
        last, thoughts, looked_at, said = Piece(), "", 0, []
        for piece in pieces:
            last = Piece(
                finish=piece.finish or last.finish,
                model=piece.model or last.model,
                tokens_in=piece.tokens_in or last.tokens_in,
                tokens_out=piece.tokens_out or last.tokens_out,
            )
            thoughts += piece.thought
            if len(thoughts) - looked_at >= LOOKED_AT_EVERY:
                looked_at = len(thoughts)
                if looked_at > LONGEST_REPLY or is_looping(thoughts):
                    return Reply("".join(said), "loop", last.model or self._model_name())
            if piece.text:
                said.append(piece.text)
                yield piece.text
        if not said and thoughts:
            said = [thoughts]
            yield thoughts
        if last.finish == "content_filter":
            raise declined()
        return Reply(
            "".join(said), last.finish or "stop", last.model or self._model_name(), last.tokens_in, last.tokens_out
        )

    def _whole(self, pieces: Iterator[Piece], hurry: Callable[[], None], clock: Clock) -> Iterator[Piece]:
        """The pieces up to the end of the answer; only the usage may follow it. Raises EngineError without an end."""
        finished = False
        try:
            for piece in pieces:
                if piece.finish is not None and not finished:
                    finished = True
                    hurry()
                yield piece
        except (BadStream, ServerTrouble, httpx.HTTPError) as error:
            if not finished:  # what breaks after the last word is no matter
                raise self._broken(error, clock) from error
        if not finished:
            raise Stopped() if clock.is_stopped else broke_off(self.place)

    @contextmanager
    def _opened(self, question: Question, clock: Clock) -> Iterator[tuple[Iterator[Piece], Callable[[], None]]]:
        """Pieces, and what to call when the answer has ended: what is still to come must then come soon."""
        model = self._model_name(clock)
        body = request_of(question, model, self.schema_by)
        create = self._client.chat.completions.with_streaming_response.create
        # as extra_body: openai would walk through all of it to convert dates and files that are not in it (2 ms)
        answering = create(model=model, messages=[], stream=True, extra_body=body)
        response = self._tried(answering.__enter__, clock)
        chunks, stream = response.iter_bytes(), response.http_response.extensions.get("network_stream")
        ended = False

        def hurry() -> None:
            nonlocal ended
            if isinstance(stream, ClockedStream):
                stream.hurry(READ_OUT_S)
                ended = True

        try:
            streams = response.headers.get("content-type", "").startswith("text/event-stream")
            yield (read_events(chunks) if streams else _at_once(chunks)), hurry
            if ended:  # read to the end, so that the connection can be used again; an answer cut short is closed
                with contextlib.suppress(httpx.HTTPError):
                    for _ in chunks:
                        pass
        finally:
            answering.__exit__(None, None, None)  # an unfinished answer: closing frees the server's slot

    def _model_name(self, clock: Clock | None = None) -> str:
        with self._naming:
            if self._model is None:
                limit_s = min(NAMING_TIMEOUT_S, self._timeout_s)
                until = Clock.of(limit_s, clock.stopped if clock else None)
                raw = self._tried(lambda: self._client.models.with_raw_response.list().text, until)
                try:
                    self._model = Models.model_validate_json(raw).data[0].id
                except ValidationError as error:
                    raise no_dialect(self.place) from error
            return self._model

    def _tried(self, send: Callable[[], Any], clock: Clock) -> Any:  # noqa: ANN401 - what `send` returns
        """What `send` returns. Raises EngineError; a server that was down a moment ago is not asked at all."""
        if self._down and self._clock() < self._down[0]:
            raise EngineDown(zh=self._down[1].zh, en=self._down[1].en)  # a new one: it gathers tracebacks
        self._now.clock = clock
        for pause_s in (*PAUSES_S, None):
            try:
                return send()
            except openai.APIStatusError as error:
                if pause_s is None or (error.status_code < 500 and error.status_code != 429):
                    raise self._told(error, clock) from error
                self._rest(min(pause_s, max(0.0, clock.until_s - time.monotonic())), clock)
            except (openai.OpenAIError, ValueError) as error:
                raise self._told(error, clock) from error
        raise AssertionError  # the last pause is None, so the loop has returned or raised

    def _rest(self, pause_s: float, clock: Clock) -> None:
        if clock.stopped is None:
            time.sleep(pause_s)
        elif clock.stopped.wait(pause_s):
            raise Stopped()

    def _told(self, error: Exception, clock: Clock) -> EngineError:
        """What happened before the answer began; a server that cannot be reached is left alone for a while."""
        told = Stopped() if clock.is_stopped else before_the_answer(error, self.place)
        unreachable = isinstance(error, openai.APIConnectionError) and not isinstance(error, openai.APITimeoutError)
        if unreachable and type(told) is EngineDown:
            self._down = (self._clock() + RESTING_S, told)
        return told

    def _broken(self, error: Exception, clock: Clock) -> EngineError:
        """What happened after the answer began."""
        if clock.is_stopped:
            return Stopped()
        if isinstance(error, httpx.TimeoutException):
            return down(self.place, "没有在时限内答完", "did not finish its answer in time")
        if isinstance(error, ServerTrouble):
            return within_the_answer(error.message, self.place)
        return no_dialect(self.place) if isinstance(error, BadStream) else broke_off(self.place)


def clocked_transport(url: SplitResult, connections: int, clock: Callable[[], Clock]) -> httpx.HTTPTransport:
    """httpx's own transport, through the system's proxy where there is one, with its sockets on the clock."""
    proxied = not is_here(url.hostname or "") and not proxy_bypass(url.hostname or "")
    transport = httpx.HTTPTransport(
        proxy=getproxies().get(url.scheme) if proxied else None,
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
    )
    pool: Any = transport._pool  # httpx offers no backend; were the name to change, the drip in test_engines would tell
    pool._network_backend = ClockedBackend(pool._network_backend, clock)
    return transport


def is_here(host: str) -> bool:
    """Whether it is this machine."""
    return host in LOOPBACK or host.startswith("127.")


def _at_once(chunks: Iterator[bytes]) -> Iterator[Piece]:
    """The answer of a server that does not stream. Raises BadStream."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > LONGEST_BODY:
            raise BadStream("an answer without an end")
    piece = read_whole(bytes(body))
    yield piece if piece.finish else replace(piece, finish="stop")
