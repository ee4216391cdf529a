"""A server that speaks OpenAI chat completions: llama-server, vLLM, SGLang, Ollama, DashScope … req: F4

Enters: its address, perhaps a key and a model name. Leaves: replies.
Pictures go as data URIs, never as addresses: a server that fetches for itself is somebody else's hole.
"""

import base64
import threading
from typing import Any
from urllib.parse import urlsplit

import openai
from openai import OpenAI

from tujian.engines.dialect import SYSTEM, Place, Question, Reply
from tujian.errors import BadSettings, EngineDown, EngineError, EngineRefused, Said
from tujian.records import EngineUsed
from tujian.settings import LOOPBACK, Settings

RETRIES = 2  # of the client itself, on 429 and 5xx, with its own back-off


class RemoteEngine:
    """An Engine somewhere else, or on another port of this machine."""

    def __init__(self, url: str, *, model: str | None, key: str | None, timeout_s: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadSettings(
                zh=(f"引擎地址 {url!r} 不是 http(s) 网址。", "例如 TUJIAN_ENGINE_URL=http://127.0.0.1:8080/v1"),
                en=(
                    f"Engine address {url!r} is no http(s) URL.",
                    "For example TUJIAN_ENGINE_URL=http://127.0.0.1:8080/v1",
                ),
            )
        self._url, self._model = url, model
        self._shown = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
        self._remote = parts.hostname not in LOOPBACK and not parts.hostname.startswith("127.")
        self._client = OpenAI(base_url=url, api_key=key or "none", timeout=timeout_s, max_retries=RETRIES)
        self._naming = threading.Lock()

    @classmethod
    def from_settings(cls, settings: Settings) -> "RemoteEngine":
        """The engine at `engine_url`. Raises BadSettings when that is no address."""
        key = settings.engine_key.get_secret_value() if settings.engine_key else None
        return cls(settings.engine_url or "", model=settings.engine_model, key=key, timeout_s=settings.engine_timeout_s)

    @property
    def place(self) -> Place:
        return Place(self._shown, self._remote)

    def used(self) -> EngineUsed:
        return EngineUsed(kind="openai", url=self._shown, model=self._model_name(), remote=self._remote)

    def ask(self, question: Question) -> Reply:
        try:
            answer = self._client.chat.completions.create(**self._request(question))
        except openai.OpenAIError as error:
            raise self._told(error) from error
        if not getattr(answer, "choices", None):
            raise self._no_dialect()
        choice = answer.choices[0]
        usage = answer.usage
        return Reply(
            text=_words(choice.message),
            finish=choice.finish_reason or "stop",
            model=answer.model or self._model_name(),
            tokens_in=usage.prompt_tokens if usage else None,
            tokens_out=usage.completion_tokens if usage else None,
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
            "temperature": question.sampling.temperature,
            "top_p": question.sampling.top_p,
            "max_tokens": question.sampling.max_tokens,
        }
        if question.schema is not None:  # the nested form: llama-server ignores the other silently (notes/llamacpp.md)
            schema = {"name": question.name, "schema": dict(question.schema), "strict": True}
            request["response_format"] = {"type": "json_schema", "json_schema": schema}
        return request

    def _model_name(self) -> str:
        with self._naming:
            if self._model is None:
                self._model = self._first_model()
            return self._model

    def _first_model(self) -> str:
        try:
            served = self._client.models.list().data or []
        except openai.OpenAIError as error:
            raise self._told(error) from error
        except AttributeError as error:  # a page of HTML parses as a string
            raise self._no_dialect() from error
        if not served:
            raise self._no_dialect()
        return served[0].id

    def _told(self, error: openai.OpenAIError) -> EngineError:
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
        return EngineDown(
            zh=Said(
                f"视觉语言模型服务 {self._shown} {why_zh}。", "请确认它已启动、地址正确；可用 tujian doctor 检查。"
            ),
            en=Said(
                f"The model server {self._shown} {why_en}.", "Check that it runs and the address; see tujian doctor."
            ),
        )

    def _refused(self, error: openai.APIStatusError) -> EngineRefused:
        said = str(error.message)[:300]
        if error.status_code in (401, 403):
            zh, en = "请检查 TUJIAN_ENGINE_KEY。", "Check TUJIAN_ENGINE_KEY."
        elif error.status_code == 404:
            zh, en = (
                "请检查地址（通常以 /v1 结尾）和 TUJIAN_ENGINE_MODEL。",
                "Check the address (usually ending in /v1) and TUJIAN_ENGINE_MODEL.",
            )
        else:
            zh, en = (
                "请确认模型能看图，且上下文长度至少 8192。",
                "Check that the model takes pictures and has a context of at least 8192.",
            )
        return EngineRefused(
            zh=Said(f"模型服务拒绝了请求（HTTP {error.status_code}）：{said}", zh),
            en=Said(f"The model server refused the request (HTTP {error.status_code}): {said}", en),
        )

    def _no_dialect(self) -> EngineRefused:
        return EngineRefused(
            zh=Said(f"{self._shown} 不是 OpenAI 兼容的接口。", "地址通常以 /v1 结尾，例如 http://127.0.0.1:8080/v1"),
            en=Said(
                f"{self._shown} does not speak the OpenAI dialect.",
                "The address usually ends in /v1, e.g. http://127.0.0.1:8080/v1",
            ),
        )


def _words(message: Any) -> str:  # noqa: ANN401 - servers add fields that the client's type does not have
    """What was said. Ollama may put a Thinking model's JSON into `reasoning` and leave the content empty."""
    return message.content or getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None) or ""
