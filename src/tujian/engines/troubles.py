"""What went wrong with a server, in words: the model refuses, the server is down, the picture does not fit.

Enters: what the server or the connection said. Leaves: an error of the tree with cause and remedy.
Does not know: when to try again (`remote.py`).
"""

import re
from typing import Any

import httpx
import openai

from tujian.engines.dialect import Place
from tujian.errors import (
    BadSettings,
    ContextTooSmall,
    EngineBrokeOff,
    EngineDown,
    EngineError,
    EngineRefused,
    NoEngine,
    Said,
)
from tujian.folding import printable

LONGEST_QUOTE = 300
TOO_LONG_TYPES = ("exceed_context_size_error", "context_length_exceeded")  # llama.cpp; OpenAI and vLLM
TOO_LONG = re.compile(
    r"context.{0,40}(?:length|size|window|exceed)|exceed.{0,40}context|(?:input|prompt) is too long", re.IGNORECASE
)
EXAMPLE = "http://127.0.0.1:8080/v1"


def before_the_answer(error: Exception, place: Place) -> EngineError:
    """What a failed request means."""
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, place)
    if isinstance(error, openai.APITimeoutError):
        return down(place, "没有在时限内回答", "did not answer in time")
    if isinstance(error, openai.APIConnectionError):
        if isinstance(error.__cause__, httpx.ReadError | httpx.RemoteProtocolError | httpx.WriteError):
            return broke_off(place)
        return down(place, "连不上", "cannot be reached")
    return no_dialect(place)


def within_the_answer(message: str, place: Place) -> EngineRefused:
    """What an error means that a server put into its stream."""
    said = printable(message)[:LONGEST_QUOTE]
    if TOO_LONG.search(said):
        return overlong(said, None, None)
    return EngineRefused(
        zh=Said(f"{_called(place, 'zh')}答到一半报错：{said}", "请查看模型服务的日志。"),
        en=Said(f"{_called(place, 'en')} failed while answering: {said}", "See the model server's log."),
    )


def down(place: Place, why_zh: str, why_en: str) -> EngineDown:
    return EngineDown(
        zh=Said(f"{_called(place, 'zh')}{why_zh}。", "请确认它已启动、地址正确（tujian doctor 可检查）。"),
        en=Said(f"{_called(place, 'en')} {why_en}.", "Check that it runs and the address; see tujian doctor."),
    )


def broke_off(place: Place) -> EngineBrokeOff:
    return EngineBrokeOff(
        zh=Said(f"{_called(place, 'zh')}答到一半断开了。", "请再试一次；若总是这样，请查看它的日志和内存。"),
        en=Said(
            f"{_called(place, 'en')} broke off while answering.",
            "Try again; if it happens again, look at its log and memory.",
        ),
    )


def overlong(said: str, tokens: int | None, context: int | None) -> ContextTooSmall:
    """`tokens` of prompt and pictures did not fit into `context`, as far as the server told."""
    counts_zh = f"：共 {tokens} 个 token，上下文只有 {context}" if tokens and context else f"：{said}"
    counts_en = f": {tokens} tokens, the context has {context}" if tokens and context else f": {said}"
    return ContextTooSmall(
        zh=Said(
            f"图片和问题放不进模型的上下文{counts_zh}。",
            "请少发图片、缩短问题、调小任务的 picture_tokens，或加大上下文（TUJIAN_CONTEXT 或服务的设置）。",
        ),
        en=Said(
            f"Pictures and question do not fit the model's context{counts_en}.",
            "Send fewer pictures, a shorter question, lower the task's picture_tokens, or raise the context "
            "(TUJIAN_CONTEXT, or the server's own setting).",
        ),
    )


def declined() -> EngineRefused:
    """The model itself, or its provider's filter, would not answer."""
    return EngineRefused(
        zh=("模型拒绝回答（内容过滤）。", "请换一张图片或换一种问法；本机模型没有这种过滤。"),
        en=(
            "The model refused to answer (content filter).",
            "Ask differently or about another picture; a local model has no such filter.",
        ),
    )


def no_dialect(place: Place) -> EngineRefused:
    return EngineRefused(
        zh=Said(f"{place.url} 不是 OpenAI 兼容的接口。", f"地址通常以 /v1 结尾，例如 {EXAMPLE}"),
        en=Said(f"{place.url} does not speak the OpenAI dialect.", f"It usually ends in /v1, e.g. {EXAMPLE}"),
    )


def no_engine() -> NoEngine:
    """Nobody can be asked: what to do about it."""
    return NoEngine(
        zh=(
            "没有连接视觉语言模型。",
            "运行 tujian models pull 下载一个；或用 --model 给出 GGUF 文件，用 --engine-url 给出服务地址。",
        ),
        en=(
            "No vision-language model is attached.",
            "Run tujian models pull to fetch one, name a GGUF file by --model, or a server by --engine-url.",
        ),
    )


def no_address(url: str) -> BadSettings:
    return BadSettings(
        zh=(f"引擎地址 {url!r} 不是 http(s) 网址。", f"例如 TUJIAN_ENGINE_URL={EXAMPLE}"),
        en=(f"Engine address {url!r} is no http(s) URL.", f"For example TUJIAN_ENGINE_URL={EXAMPLE}"),
    )


def _of_status(error: openai.APIStatusError, place: Place) -> EngineError:
    told: dict[str, Any] = error.body if isinstance(error.body, dict) else {}
    said = printable(str(told.get("message") or error.message))[:LONGEST_QUOTE]
    if told.get("type") in TOO_LONG_TYPES or told.get("code") in TOO_LONG_TYPES or TOO_LONG.search(said):
        tokens, context = told.get("n_prompt_tokens"), told.get("n_ctx")
        return overlong(
            said, tokens if isinstance(tokens, int) else None, context if isinstance(context, int) else None
        )
    if error.status_code == 429:
        return EngineDown(
            zh=Said(f"{_called(place, 'zh')}太忙或限流（HTTP 429）。", "请稍后再试，或调小 TUJIAN_ENGINE_SLOTS。"),
            en=Said(
                f"{_called(place, 'en')} is busy or limits requests (HTTP 429).",
                "Try again later, or lower TUJIAN_ENGINE_SLOTS.",
            ),
        )
    if error.status_code >= 500:
        return down(place, f"出错（HTTP {error.status_code}）", f"failed (HTTP {error.status_code})")
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


def _called(place: Place, lang: str) -> str:
    if place.url is None:
        return "本机的模型" if lang == "zh" else "The model on this machine"
    return f"视觉语言模型服务 {place.url} " if lang == "zh" else f"The model server {place.url}"
