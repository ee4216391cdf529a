"""A server that speaks OpenAI chat completions: llama-server, vLLM, SGLang, Ollama, DashScope … req: F4

Enters: its address, perhaps a key and a model name. Leaves: replies.
Pictures go as data URIs, never as addresses: a server that fetches for itself is somebody else's hole. What comes back
is read as text and validated here: servers send HTML, nulls and half answers with status 200.
"""

import base64
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import openai
from openai import OpenAI
from pydantic import BaseModel, Field, ValidationError

from tujian.engines.dialect import SYSTEM, Place, Question, Reply
from tujian.errors import BadSettings, EngineDown, EngineError, EngineRefused, Said
from tujian.folding import printable
from tujian.records import EngineUsed
from tujian.settings import LOOPBACK, Settings

Form = TypeVar("Form", bound=BaseModel)
PAUSES_S = (0.5, 1.0)  # before the second and third try, on 429 and 5xx; a server that is silent is not asked again
NAMING_TIMEOUT_S = 10.0  # a list of models is short: who needs longer is not well
RESTING_S = 10.0  # after a server was down nobody waits for it again so soon


class Message(BaseModel):
    content: str | list[dict[str, Any]] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None

    def words(self) -> str:
        """What was said. Ollama may put a Thinking model's JSON into `reasoning` and leave the content empty."""
        content = self.content
        if isinstance(content, list):
            content = "".join(str(part.get("text", "")) for part in content)
        return content or self.reasoning_content or self.reasoning or ""


class Choice(BaseModel):
    message: Message
    finish_reason: str | None = None


class Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Answer(BaseModel):
    """As much of a chat completion as is needed."""

    choices: list[Choice] = Field(min_length=1)
    model: str | None = None
    usage: Usage | None = None


class Served(BaseModel):
    id: str


class Models(BaseModel):
    data: list[Served] = Field(min_length=1)


class RemoteEngine:
    """An Engine somewhere else, or on another port of this machine."""

    def __init__(
        self,
        url: str,
        *,
        model: str | None,
        key: str | None,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadSettings(
                zh=(f"引擎地址 {url!r} 不是 http(s) 网址。", "例如 TUJIAN_ENGINE_URL=http://127.0.0.1:8080/v1"),
                en=(
                    f"Engine address {url!r} is no http(s) URL.",
                    "For example TUJIAN_ENGINE_URL=http://127.0.0.1:8080/v1",
                ),
            )
        self._model = model
        shown = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
        self.place = Place(shown, parts.hostname not in LOOPBACK and not parts.hostname.startswith("127."))
        self._client = OpenAI(base_url=url, api_key=key or "none", timeout=timeout_s, max_retries=0)
        self._naming, self._clock = threading.Lock(), clock
        self._down: tuple[float, EngineDown] | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> "RemoteEngine":
        """The engine at `engine_url`. Raises BadSettings when that is no address."""
        key = settings.engine_key.get_secret_value() if settings.engine_key else None
        return cls(settings.engine_url or "", model=settings.engine_model, key=key, timeout_s=settings.engine_timeout_s)

    def used(self) -> EngineUsed:
        return EngineUsed(kind="openai", url=self.place.url, model=self._model_name(), remote=self.place.remote)

    def ask(self, question: Question) -> Reply:
        request = self._request(question)
        raw = self._tried(lambda: self._client.chat.completions.with_raw_response.create(**request).text)
        answer = self._understood(Answer, raw)
        usage = answer.usage or Usage()
        return Reply(
            text=printable(answer.choices[0].message.words()),
            finish=answer.choices[0].finish_reason or "stop",
            model=answer.model or self._model_name(),
            tokens_in=usage.prompt_tokens,
            tokens_out=usage.completion_tokens,
        )

    def _request(self, question: Question) -> dict[str, Any]:
        shown = [
            {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"}}
            for jpeg in question.jpegs
        ]
        request: dict[str, Any] = {
            "model": self._model_name(),
            "messages": [
                {"role": "system", "content": SYSTEM[question.lang]},
                {"role": "user", "content": [*shown, {"type": "text", "text": question.prompt}]},
            ],
            **question.sampling.model_dump(),
        }
        if question.schema is not None:  # the nested form: llama-server ignores the other silently (notes/llamacpp.md)
            schema = {"name": question.name, "schema": dict(question.schema), "strict": True}
            request["response_format"] = {"type": "json_schema", "json_schema": schema}
        return request

    def _model_name(self) -> str:
        with self._naming:
            if self._model is None:
                client = self._client.with_options(timeout=NAMING_TIMEOUT_S)
                raw = self._tried(lambda: client.models.with_raw_response.list().text)
                self._model = self._understood(Models, raw).data[0].id
            return self._model

    def _tried(self, send: Callable[[], str]) -> str:
        """The body of an answer. Raises EngineError; a server that was down a moment ago is not asked at all."""
        if self._down and self._clock() < self._down[0]:
            raise self._down[1]
        for pause_s in (*PAUSES_S, None):
            try:
                return send()
            except openai.APIStatusError as error:
                if pause_s is None or (error.status_code < 500 and error.status_code != 429):
                    raise self._told(error) from error
                time.sleep(pause_s)
            except (openai.OpenAIError, ValueError) as error:
                raise self._told(error) from error
        raise AssertionError  # the last pause is None, so the loop has returned or raised

    def _understood(self, form: type[Form], raw: str) -> Form:
        try:
            return form.model_validate_json(raw)
        except ValidationError as error:
            raise self._no_dialect() from error

    def _told(self, error: Exception) -> EngineError:
        if isinstance(error, openai.APIStatusError) and error.status_code < 500 and error.status_code != 429:
            return self._refused(error)
        if isinstance(error, openai.APITimeoutError):
            why_zh, why_en = "没有在时限内回答", "did not answer in time"
        elif isinstance(error, openai.APIStatusError):
            why_zh, why_en = f"出错（HTTP {error.status_code}）", f"failed (HTTP {error.status_code})"
        elif isinstance(error, openai.APIConnectionError):
            why_zh, why_en = "连不上", "cannot be reached"
        else:
            return self._no_dialect()
        down = EngineDown(
            zh=Said(
                f"视觉语言模型服务 {self.place.url} {why_zh}。", "请确认它已启动、地址正确（tujian doctor 可检查）。"
            ),
            en=Said(
                f"The model server {self.place.url} {why_en}.", "Check that it runs and the address; see tujian doctor."
            ),
        )
        self._down = (self._clock() + RESTING_S, down)
        return down

    def _refused(self, error: openai.APIStatusError) -> EngineRefused:
        said = printable(str(error.message))[:300]
        if error.status_code in (401, 403):
            zh, en = "请检查 TUJIAN_ENGINE_KEY。", "Check TUJIAN_ENGINE_KEY."
        elif error.status_code == 404:
            zh = "请检查地址（通常以 /v1 结尾）和 TUJIAN_ENGINE_MODEL。"
            en = "Check the address (usually ending in /v1) and TUJIAN_ENGINE_MODEL."
        else:
            zh = "请确认模型能看图，且上下文长度至少 8192。"
            en = "Check that the model takes pictures and has a context of at least 8192."
        return EngineRefused(
            zh=Said(f"模型服务拒绝了请求（HTTP {error.status_code}）：{said}", zh),
            en=Said(f"The model server refused the request (HTTP {error.status_code}): {said}", en),
        )

    def _no_dialect(self) -> EngineRefused:
        example = "http://127.0.0.1:8080/v1"
        return EngineRefused(
            zh=Said(f"{self.place.url} 不是 OpenAI 兼容的接口。", f"地址通常以 /v1 结尾，例如 {example}"),
            en=Said(f"{self.place.url} does not speak the OpenAI dialect.", f"It usually ends in /v1, e.g. {example}"),
        )
