"""Chat completions on the wire: a Question as a request, and what a server sends as pieces of an answer. req: F4

Enters: a Question; bytes from a server. Leaves: a request body; Pieces.
Does not know: connections, retries, errors of the house. What comes is validated here: servers send HTML, nulls, half
answers with status 200, and their words under several names.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from tujian.engines.dialect import SYSTEM, Question, SchemaBy
from tujian.folding import printable

NAMING = ("properties", "$defs", "definitions", "patternProperties")  # whose keys are names
LONGEST_BODY = 4_000_000  # bytes of an answer that does not stream, or of one event of one that does
UNKNOWN_TO_GRAMMAR = ("uniqueItems",)  # llguidance refuses a schema that has it


class BadStream(ValueError):
    """What came is no chat completion."""


class ServerTrouble(Exception):
    """An error that a server put into its stream."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Piece:
    """A bit of an answer; `thought` is what a Thinking model says to itself."""

    text: str = ""
    thought: str = ""
    finish: str | None = None
    model: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None


class Message(BaseModel):
    content: str | list[dict[str, Any]] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    thinking: str | None = None

    def words(self) -> str:
        content = self.content
        if isinstance(content, list):
            content = "".join(str(part.get("text", "")) for part in content)
        return content or ""

    def thought(self) -> str:
        """Ollama puts a Thinking model's words into `reasoning`, others into `reasoning_content` or `thinking`."""
        return self.reasoning_content or self.reasoning or self.thinking or ""


class Choice(BaseModel):
    message: Message | None = None
    delta: Message | None = None
    finish_reason: str | None = None


class Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Answer(BaseModel):
    """As much of a chat completion, or of one chunk of it, as is needed."""

    choices: list[Choice]
    model: str | None = None
    usage: Usage | None = None

    def piece(self) -> Piece:
        choice = self.choices[0] if self.choices else Choice()
        said, usage = choice.delta or choice.message or Message(), self.usage or Usage()
        return Piece(
            printable(said.words()),
            printable(said.thought()),
            choice.finish_reason,
            self.model,
            usage.prompt_tokens,
            usage.completion_tokens,
        )


class Served(BaseModel):
    id: str


class Models(BaseModel):
    data: list[Served] = Field(min_length=1)


def request_of(question: Question, model: str, schema_by: SchemaBy) -> dict[str, Any]:
    """The body of a streaming chat completion."""
    prompt = question.prompt
    if question.schema is not None and schema_by == "prompt":
        prompt = f"{prompt}\n\n{_in_words(question)}"
    messages = [{"role": "system", "content": question.system or SYSTEM[question.lang]}]
    messages += [_message(turn.role, turn.text, turn.jpegs) for turn in question.earlier]
    messages.append(_message("user", prompt, question.jpegs))
    request: dict[str, Any] = {
        "model": model,
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        **question.sampling.model_dump(exclude_none=True),
    }
    if question.schema is not None and schema_by == "response_format":
        # the nested form: llama-server ignores the other silently (notes/llamacpp.md)
        schema = {"name": question.name, "schema": dict(question.schema), "strict": True}
        request["response_format"] = {"type": "json_schema", "json_schema": schema}
    if question.schema is not None and schema_by == "grammar":
        request["grammar"] = grammar_of(question.schema)
    return request


def grammar_of(schema: Mapping[str, Any]) -> str:
    """llguidance's grammar for a schema: unlike `response_format`, it keeps free strings valid UTF-8.

    Measured in notes/llamacpp.md: 60 of 60 answers valid, against 54 of 60.
    """
    return "%llguidance {}\nstart: %json " + json.dumps(
        {"x-guidance": {"whitespace_flexible": False}, **_known(dict(schema))}, ensure_ascii=False
    )


def read_whole(body: bytes) -> Piece:
    """The answer of a server that does not stream. Raises BadStream."""
    answer = _answer(body)
    if not answer.choices or answer.choices[0].message is None:
        raise BadStream("no message")
    return answer.piece()


def read_events(chunks: Iterable[bytes]) -> Iterator[Piece]:
    """Pieces of a stream of server-sent events, to its [DONE]. Raises BadStream, ServerTrouble."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_BODY:
            raise BadStream("an event without an end")
        for line in lines:
            name, _, value = line.strip().partition(b":")
            if name not in (b"data", b"error"):
                continue  # comments keep the line open; event names and ids say nothing here
            value = value.strip()
            if value == b"[DONE]":
                return
            yield _chunk(value)


def _chunk(value: bytes) -> Piece:
    if b'"error"' in value or b'"message":' in value:
        _raise_trouble(value)
    return _answer(value).piece()


def _raise_trouble(value: bytes) -> None:
    try:
        told = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise BadStream("no JSON") from error
    error = told.get("error") if isinstance(told, dict) else None
    if error:
        raise ServerTrouble(str(error.get("message", error) if isinstance(error, dict) else error))


def _answer(value: bytes) -> Answer:
    try:
        return Answer.model_validate_json(value)
    except ValueError as error:  # pydantic's ValidationError is one
        raise BadStream("no chat completion") from error


def _message(role: str, text: str, jpegs: tuple[bytes, ...]) -> dict[str, Any]:
    """A turn; its pictures come first, as the model was trained, and as data URIs: nobody else fetches for us."""
    if not jpegs:
        return {"role": role, "content": text}
    shown = [
        {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"}}
        for jpeg in jpegs
    ]
    return {"role": role, "content": [*shown, {"type": "text", "text": text}]}


def _in_words(question: Question) -> str:
    schema = json.dumps(question.schema, ensure_ascii=False)
    if question.lang == "zh":
        return f"只输出一个 JSON 对象，不要代码块和解释，符合这个 JSON Schema：{schema}"
    return f"Return one JSON object and nothing else, no code fence, valid against this JSON Schema: {schema}"


def _known(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """The schema without what the grammar does not know; what it does not bind is still checked afterwards.

    Names of properties are no keywords.
    """
    if isinstance(schema, list):
        return [_known(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _known(part) for name, part in value.items()}
        if key in NAMING and isinstance(value, dict)
        else _known(value)
        for key, value in schema.items()
        if key not in UNKNOWN_TO_GRAMMAR
    }
