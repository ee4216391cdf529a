"""A server that speaks /v1/embeddings (vLLM, llama-server, DashScope …): vectors of passages and questions. req: F4

Enters: the setting `embedder`, texts. Leaves: unit vectors, as `perception/vectors.py` makes them. Texts leave this
process, and the machine where the server is elsewhere: the page says so (`place`). What comes is checked: as many
vectors as texts, all of one length, every number finite. Pictures are not sent: how a picture goes into such a request
differs from server to server, and the looks that search compares are perception's own.
"""

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import numpy as np

from tujian.clocks import Clock
from tujian.engines.dialect import Place
from tujian.engines.remote import PAUSES_S, RESTING_S, clocked_transport, is_here
from tujian.errors import BadSettings, EngineDown, EngineError, EngineRefused, Said
from tujian.folding import printable
from tujian.perception.vectors import Vectors, bounded
from tujian.settings import Settings

AT_ONCE = 32  # texts a request
QUESTION_S, PASSAGES_S = 5.0, 120.0  # somebody waits for a question; a batch of passages may take a CPU its time
LONGEST_BODY = 64_000_000  # bytes: 32 vectors of 8,192 numbers of 20 characters are 5 MB
MOST_DIMENSIONS = 16_384
LONGEST_NAME = 100  # characters of its name as it stands beside every vector
CONNECTIONS = 4
EXAMPLE = "http://127.0.0.1:8080/v1#Qwen3-VL-Embedding-2B"
# what a family of models wants before a passage and before a question (their model cards)
BEFORE: tuple[tuple[str, str, str], ...] = (
    ("qwen3", "", "Instruct: Given a search query, retrieve the goods and photos that it describes\nQuery: "),
    ("e5-", "passage: ", "query: "),
)


class RemoteEmbedder:
    """A TextEmbedder elsewhere. Threads share it."""

    def __init__(self, url: str, model: str, key: str | None) -> None:
        try:
            parts = urlsplit(url)
            port = f":{parts.port}" if parts.port else ""
        except ValueError as error:
            raise bad_address() from error
        if parts.scheme not in ("http", "https") or not parts.hostname or not model:
            raise bad_address()
        shown = f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}"
        self.place, self._model = Place(shown, remote=not is_here(parts.hostname)), model
        self.name = _name(model, shown)
        self._before = next((two for part, *two in BEFORE if part in model.casefold()), ["", ""])
        self._now, self._dimensions = threading.local(), 0
        self._http = httpx.Client(
            transport=clocked_transport(parts, CONNECTIONS, lambda: self._now.clock),
            timeout=PASSAGES_S,
            follow_redirects=False,
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )
        self._down: tuple[float, EngineDown] | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> "RemoteEmbedder | None":
        """The one at `embedder`, http://:KEY@HOST/v1#MODEL; None where the shipped one is meant. Raises BadSettings."""
        if settings.embedder is None:
            return None
        try:
            parts = urlsplit(settings.embedder.get_secret_value())
        except ValueError as error:
            raise bad_address() from error
        plain = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
        return cls(plain, unquote(parts.fragment).strip(), unquote(parts.password or "") or None)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), dimensions). Raises EngineError."""
        before, made = self._before[0], []
        for at in range(0, len(texts), AT_ONCE):
            made.append(self._asked([before + bounded(text) for text in texts[at : at + AT_ONCE]], PASSAGES_S))
        return np.concatenate(made) if made else np.zeros((0, self._dimensions), np.float32)

    def query(self, text: str) -> Vectors:
        """(dimensions,). Raises EngineError."""
        return self._asked([self._before[1] + bounded(text)], QUESTION_S)[0]

    def close(self) -> None:
        self._http.close()

    def _asked(self, texts: Sequence[str], limit_s: float) -> Vectors:
        if self._down and time.monotonic() < self._down[0]:
            raise EngineDown(zh=self._down[1].zh, en=self._down[1].en)  # a new one: it gathers tracebacks
        self._now.clock = clock = Clock.of(limit_s)
        try:
            body = self._tried({"model": self._model, "input": list(texts), "encoding_format": "float"}, clock)
        except EngineDown as down:
            self._down = (time.monotonic() + RESTING_S, down)
            raise
        vectors = self._read(body, len(texts))
        self._dimensions = self._dimensions or vectors.shape[1]
        if vectors.shape[1] != self._dimensions:
            raise self._odd(f"{vectors.shape[1]} 维，先前是 {self._dimensions} 维", "vectors of another length")
        return vectors

    def _tried(self, request: dict[str, Any], clock: Clock) -> bytes:
        """The body of an answer. Busy and failing servers are asked again; silent ones are not."""
        status = 0
        for pause_s in (*PAUSES_S, None):
            try:
                with self._http.stream("POST", f"{self.place.url}/embeddings", json=request) as response:
                    status, body = response.status_code, _whole(response.iter_bytes())
            except httpx.TimeoutException as error:
                raise self._unreached("没有在时限内回答", "did not answer in time") from error
            except httpx.HTTPError as error:
                raise self._unreached("连不上，或中途断开了", "cannot be reached, or broke off") from error
            if body is None:
                raise self._odd("答复没完没了", "an answer without an end")
            if status == 200:
                return body
            if status != 429 and status < 500:
                raise self._refused(status, body)
            if pause_s is None or pause_s > clock.until_s - time.monotonic():
                break
            time.sleep(pause_s)
        raise self._unreached(f"出错或太忙（HTTP {status}）", f"failed or is busy (HTTP {status})")

    def _read(self, body: bytes, count: int) -> Vectors:
        """As many unit vectors as texts, in their order."""
        try:
            told = sorted(json.loads(body)["data"], key=lambda one: one["index"])
            places = [one["index"] for one in told]
            vectors = np.array([one["embedding"] for one in told], np.float64)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._odd("不是 /v1/embeddings 的答复", "no answer of /v1/embeddings") from error
        if places != list(range(count)):
            raise self._odd(f"问了 {count} 段，答了 {len(told)} 个向量", f"{len(told)} vectors for {count} texts")
        if vectors.ndim != 2 or not 1 < vectors.shape[1] <= MOST_DIMENSIONS or not np.isfinite(vectors).all():
            raise self._odd("向量里有空缺或不是数", "vectors with holes or with what is no number")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and (lengths > 0).all()):
            raise self._odd("向量的长度是零或无穷", "vectors without a length")
        return np.asarray(vectors / lengths, np.float32)

    def _unreached(self, zh: str, en: str) -> EngineDown:
        url = self.place.url
        return EngineDown(
            zh=Said(f"文字向量服务 {url} {zh}。", "请确认它已启动、TUJIAN_EMBEDDER 的地址正确；其间按词查找。"),
            en=Said(f"The embedding server {url} {en}.", "Check that it runs and TUJIAN_EMBEDDER; words still find."),
        )

    def _odd(self, zh: str, en: str) -> EngineRefused:
        return EngineRefused(
            zh=Said(f"文字向量服务 {self.place.url} 的答复不能用：{zh}。", "请检查 TUJIAN_EMBEDDER 的地址和模型名。"),
            en=Said(f"The embedding server {self.place.url} answered {en}.", "Check TUJIAN_EMBEDDER: address, model."),
        )

    def _refused(self, status: int, body: bytes) -> EngineError:
        said = printable(body.decode("utf-8", "replace"))[:200]
        what = "key" if status in (401, 403) else "address and model"
        zh = "密钥" if status in (401, 403) else "地址和模型名"
        return EngineRefused(
            zh=Said(
                f"文字向量服务拒绝了请求（HTTP {status}）：{said}", f"请检查 TUJIAN_EMBEDDER 里的{zh}，如 {EXAMPLE}"
            ),
            en=Said(
                f"The embedding server refused the request (HTTP {status}): {said}",
                f"Check the {what} in TUJIAN_EMBEDDER, such as {EXAMPLE}",
            ),
        )


def texts_leave_for(settings: Settings) -> str:
    """The host beyond this machine that passages and questions are sent to; "" where they stay."""
    host = urlsplit(settings.embedder.get_secret_value()).hostname if settings.embedder else None
    return host if host and not is_here(host) else ""


def bad_address() -> BadSettings:
    return BadSettings(
        zh=("TUJIAN_EMBEDDER 不是“网址#模型名”。", f"例如 {EXAMPLE}；密钥写成 https://:密钥@主机/v1#模型名"),
        en=("TUJIAN_EMBEDDER is not ADDRESS#MODEL.", f"For example {EXAMPLE}; with a key https://:KEY@HOST/v1#MODEL"),
    )


def _name(model: str, shown: str) -> str:
    """Whose vectors they are: model and address, since two servers may call different weights alike."""
    name = printable(f"{model} {shown}")
    return name if len(name) <= LONGEST_NAME else f"{name[:80]} {hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _whole(chunks: Iterator[bytes]) -> bytes | None:
    """All of it; None when it is too much."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > LONGEST_BODY:
            return None
    return bytes(body)
