"""Tasks: one Markdown file says what is asked. YAML front matter names the fields, the prompts stand below.

Enters: files under `data/tasks/` and a folder of the user's. Leaves: Task, its prompt and its JSON Schema.
Does not know: who answers. A wrong file is refused with its line and what to write instead.

    ---
    name: product
    title: {zh: 商品, en: Product}
    covers: [fb, hb-3]    # taxonomy ids; `auto` takes the task that covers the nearest ancestor
    picture_tokens: 1024
    fields:
      - {name: brand, type: brand, label: {zh: 品牌, en: Brand}, sources: [rule, model]}
    ---
    ## zh
    请看图……
    ## en
    Look at the picture …
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from tujian.errors import BadTask, Lang, Said
from tujian.records import Source
from tujian.task_troubles import explain
from tujian.taxonomy import is_under

FieldType = Literal["text", "list", "number", "flag", "category", "colour", "brand", "code", "measure", "date", "price"]
FIELD_SCHEMAS: dict[str, dict[str, Any]] = {
    "list": {
        "type": ["array", "null"],
        "items": {"type": "string", "minLength": 1},
        "maxItems": 60,
        "uniqueItems": True,
    },
    "colour": {"type": ["array", "null"], "items": {"type": "string"}, "maxItems": 5},
    "number": {"type": ["number", "null"]},
    "flag": {"type": ["boolean", "null"]},
}
_WORD = {"type": ["string", "null"], "maxLength": 1000}
_WORDS = {"type": ["array", "null"], "items": {"type": "string"}, "maxItems": 20}
MOST_FIELDS = 60
MOST_FILE_BYTES = 64_000
AUTO = "auto"
ITEMS, BOX = "items", "bbox_2d"  # in a reply: the list of products, and each one's place as Qwen3-VL writes it
MOST_ITEMS = 20
_BOX_SCHEMA = {"type": ["array", "null"], "items": {"type": "number"}, "minItems": 4, "maxItems": 4}
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
CategoryId = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-\d+)*$")]  # as the taxonomy writes them


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Frozen):
    """The same words in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def of(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en


class Sampling(Frozen):
    """How an engine draws its answer. Defaults: extraction by schema, req: D5 and notes/qwen3-vl.md."""

    temperature: float = Field(default=0.2, ge=0, le=2)
    top_p: float = Field(default=0.85, gt=0, le=1)
    max_tokens: int = Field(default=512, ge=1, le=8192)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2, description="None: the server's own default")
    seed: int | None = Field(default=None, description="None: drawn by the server")


CHAT_SAMPLING = Sampling(temperature=0.7, top_p=0.9, max_tokens=512)  # req: B4


class TaskField(Frozen):
    """One thing asked for."""

    name: Name
    type: FieldType = "text"
    label: Words
    question: Words | None = Field(default=None, description="what exactly is meant; goes into the prompt")
    unit: str | None = None
    required: bool = False
    values: list[Words] | None = Field(default=None, description="controlled values; nothing else is accepted")
    weight: float = Field(default=1, ge=0, le=100, description="share in an evaluation")
    count: int | None = Field(default=None, ge=1, le=20, description="for a list: exactly so many from an engine")
    most_chars: int | None = Field(default=None, ge=1, le=5000, description="longest text a channel takes")
    most_bytes: int | None = Field(default=None, ge=1, le=5000, description="the same, a Chinese character is two")
    level: Literal["leaf", "top"] = Field(
        default="leaf", description="for a category: the finest one, or its top level"
    )
    sources: list[Source] = Field(default=["model"], min_length=1, description="who may fill it")

    @model_validator(mode="after")
    def _lists_alone_are_counted(self) -> "TaskField":
        if self.count is not None and self.type != "list":
            raise ValueError("count belongs to fields of type list")
        return self

    def is_too_long(self, text: str) -> bool:
        """Whether a channel would refuse the text: by characters, or by bytes as Taobao counts them (GBK)."""
        bytes_count = sum(1 if char.isascii() else 2 for char in text)
        over = self.most_chars is not None and len(text) > self.most_chars
        return over or (self.most_bytes is not None and bytes_count > self.most_bytes)

    def schema_of(self, lang: Lang) -> dict[str, Any]:
        """JSON Schema of this field's value; null always means "not seen"."""
        if self.values is not None:
            allowed = [words.of(lang) for words in self.values]
            if self.type == "list":
                return {"type": ["array", "null"], "items": {"enum": allowed}, "maxItems": len(allowed)}
            return {"enum": [*allowed, None]}
        schema = dict(FIELD_SCHEMAS.get(self.type, {"type": ["string", "null"], "maxLength": 1000}))
        longest = self.most_chars or self.most_bytes
        if longest is not None and self.type == "text":
            schema["maxLength"] = longest
        if self.count is not None:
            schema |= {"type": "array", "minItems": self.count, "maxItems": self.count}
        return schema


class Task(Frozen):
    """What to ask about a picture."""

    name: Name
    title: Words
    about: Words | None = None
    covers: list[CategoryId] = Field(default=[], description="taxonomy ids, of any depth, that `auto` takes it for")
    picture_tokens: int = Field(default=768, ge=64, le=4096, description="picture budget: one token per 32 x 32 px")
    sampling: Sampling = Sampling()
    advertising: bool | None = Field(
        default=None, description="whether advertising-law words go to review; None: if it covers goods"
    )
    context: bool = Field(default=False, description="text and barcodes that were read go into the prompt")
    fields: list[TaskField] = Field(min_length=1, max_length=MOST_FIELDS)
    items: list[TaskField] = Field(
        default=[], max_length=MOST_FIELDS, description="fields of each product, where a picture shows several"
    )
    prompts: Words
    identity: str = Field(default="", description="sha256 of the file's content")

    @model_validator(mode="after")
    def _names_differ(self) -> "Task":
        if self.name == AUTO:
            raise ValueError("the name auto is taken: it lets the picture choose the task")
        for names in ([field.name for field in self.fields], [field.name for field in self.items]):
            doubled = sorted({name for name in names if names.count(name) > 1})
            if doubled:
                raise ValueError(f"field named twice: {', '.join(doubled)}")
        if self.items and {ITEMS, BOX} & {field.name for field in (*self.fields, *self.items)}:
            raise ValueError(f"the names {ITEMS} and {BOX} are taken in a task with items")
        return self

    def prompt(self, lang: Lang) -> str:
        """The prompt with the fields' questions beneath it, then those of each item."""
        asked = [*_questions(self.asked, lang), *([_ITEMS_ASKED.of(lang)] if self.lists_items else [])]
        if self.lists_items:
            asked += [f"  {line}" for line in [*_questions(self.of_item.asked, lang), _BOX_ASKED.of(lang)]]
        return "\n".join([self.prompts.of(lang).strip(), "", *asked])

    @property
    def of_item(self) -> "Task":
        """What is asked of one product of several: this task with the items' fields as its own."""
        return self.model_copy(update={"fields": self.items, "items": []})

    @property
    def of_several(self) -> "Task":
        """What is asked of a whole picture with several products: not what each of them has of its own."""
        own = {field.name for field in self.items if field.type not in ("text", "list")}
        return self.model_copy(update={"fields": [field for field in self.fields if field.name not in own]})

    @property
    def lists_items(self) -> bool:
        """Whether a model is asked for a list of products."""
        return any("model" in field.sources for field in self.items)

    @property
    def asked(self) -> list[TaskField]:
        """Fields that a model may fill."""
        return [field for field in self.fields if "model" in field.sources]

    def schema_of(self, lang: Lang) -> dict[str, Any]:
        """JSON Schema of an engine's reply: every asked field, null when not seen."""
        properties = {field.name: field.schema_of(lang) for field in self.asked}
        if self.lists_items:
            item = self.of_item.schema_of(lang)
            item = item | {"properties": item["properties"] | {BOX: _BOX_SCHEMA}, "required": [*item["required"], BOX]}
            properties[ITEMS] = {"type": ["array", "null"], "items": item, "maxItems": MOST_ITEMS}
        return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}

    @property
    def is_advertising(self) -> bool:
        """Whether its pictures and texts are shown to buyers."""
        return bool(self.covers) if self.advertising is None else self.advertising

    def drawn_by(self, sampling: Sampling | None) -> "Task":
        """This task with another sampling; with None itself."""
        return self if sampling is None else self.model_copy(update={"sampling": sampling})

    def loose_schema_of(self, lang: Lang) -> dict[str, Any]:
        """The schema a reply is checked against: another word for a controlled value may still be understood.

        Items are read one by one (`replies.said_items`), so that a wrong one does not cost the others.
        """
        schema = self.schema_of(lang)
        loose = {field.name: _WORDS if field.type == "list" else _WORD for field in self.asked if field.values}
        if self.lists_items:
            loose[ITEMS] = {"type": ["array", "null"], "items": {"type": "object"}}
        return schema | {"properties": schema["properties"] | loose}


_ITEMS_ASKED = Words(
    zh="- items (商品): 画面中每一件可见的商品各一项，从上到下、从左到右；每一项写：",
    en="- items (Products): one entry for every product that can be seen, from the top, then from the left; each with:",
)
_BOX_ASKED = Words(
    zh="- bbox_2d (位置): [x1, y1, x2, y2]，左上角和右下角，0 到 1000 的相对坐标",
    en="- bbox_2d (Place): [x1, y1, x2, y2], top left and bottom right, relative, 0 to 1000",
)


def _questions(fields: Sequence[TaskField], lang: Lang) -> list[str]:
    return [
        f"- {f.name} ({f.label.of(lang)}): {f.question.of(lang) if f.question else f.label.of(lang)}" for f in fields
    ]


class Tasks:
    """All tasks there are, own ones over shipped ones of the same name. Who holds them sees what `reload` has read."""

    def __init__(self, tasks: Iterable[Task], own_folder: Path | None = None) -> None:
        self.shipped, self.own_folder = {task.name: task for task in tasks}, own_folder
        self._by_name, self._files = self.shipped, dict[str, Path]()

    @classmethod
    def load(cls, own_folder: Path | None = None) -> "Tasks":
        """The shipped tasks and those in `own_folder`, if it exists. Raises BadTask."""
        tasks = cls((parse_task(f.read_text("utf-8"), f.name) for f in shipped_files()), own_folder)
        tasks.reload()
        return tasks

    def reload(self) -> None:
        """Reads the own ones again. Raises BadTask, and all are as they were."""
        folder = self.own_folder
        paths = sorted(folder.glob("*.md")) if folder and folder.is_dir() else []
        own = {task.name: (task, path) for path in paths for task in [read_task(path)]}
        self._files = {name: path for name, (_, path) in own.items()}
        self._by_name = {name: task for name, (task, _) in own.items()} | {  # `auto` asks own ones first
            name: task for name, task in self.shipped.items() if name not in own
        }

    def own_file(self, name: str) -> Path | None:
        """Where the user's own task of that name lies, if there is one."""
        return self._files.get(name)

    def __iter__(self) -> Iterator[Task]:
        return iter(self._by_name.values())

    def names(self) -> list[str]:
        return list(self._by_name)

    @property
    def identity(self) -> str:
        """Hash of all tasks: what `auto` could choose from."""
        return hashlib.sha256("".join(task.identity for task in self._by_name.values()).encode()).hexdigest()

    def get(self, name: str) -> Task:
        """The task called `name`. Raises BadTask with the names there are."""
        if name not in self._by_name:
            known = ", ".join([AUTO, *self._by_name])
            raise BadTask(
                zh=(f"没有名为 {name[:60]!r} 的任务。", f"可用的任务：{known}。"),
                en=(f"There is no task named {name[:60]!r}.", f"Tasks: {known}."),
            )
        return self._by_name[name]

    def for_category(self, category_id: str | None, *, otherwise: str = "describe") -> Task:
        """The task `auto` takes: that which covers the category or its nearest ancestor; of several, the user's own."""
        fits = [
            (len(covered), task)
            for task in self._by_name.values()
            for covered in task.covers
            if category_id is not None and is_under(category_id, covered)
        ]
        return max(fits, key=lambda fit: fit[0], default=(0, self.get(otherwise)))[1]


def read_task(path: Path) -> Task:
    """A task from a file. Raises BadTask."""
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise _refused(path.name, 1, "larger than 64 kB", "文件大于 64 kB")
        return parse_task(path.read_text("utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise _refused(path.name, 1, "not UTF-8 text", "不是 UTF-8 文本") from error
    except OSError as error:
        raise _refused(path.name, 1, f"cannot be read ({error.strerror})", f"读不了（{error.strerror}）") from error


def parse_task(text: str, name: str) -> Task:
    """A task from its Markdown. Raises BadTask with the line that is wrong."""
    front = re.match(r"\A---\n(.*?)^---\n(.*)\Z", text.replace("\r\n", "\n"), re.DOTALL | re.MULTILINE)
    if front is None:
        raise _refused(name, 1, "the file must open with '---', YAML, '---'", "文件必须以 ---、YAML、--- 开头")
    tree = _compose(front[1], name)
    prompts = _prompts(front[2], name, front[1].count("\n") + 3)
    values = {**_values(front[1], name), "prompts": prompts, "identity": hashlib.sha256(text.encode()).hexdigest()}
    try:
        return Task.model_validate(values)
    except ValidationError as error:
        found = error.errors()  # a name written wrong explains the one that is missing
        first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
        where = ".".join(map(str, first["loc"])) or "fields"
        line, wrong = _line_of(tree, list(first["loc"])) + 2, explain(first, _known_at(first["loc"]))
        raise _refused(name, line, f"{where}: {wrong.en}", f"{where}：{wrong.zh}") from error


def _known_at(loc: Sequence[int | str]) -> list[str]:
    """The entries that may stand where one stands that may not."""
    model: type[BaseModel] = Task
    for step in loc[:-1]:
        model = {"fields": TaskField, "items": TaskField, "sampling": Sampling}.get(str(step), model)
        model = Words if step in ("title", "about", "label", "question", "values", "prompts") else model
    return [name for name in model.model_fields if name not in ("identity", "prompts")]


def _values(front: str, name: str) -> dict[str, Any]:
    try:
        return yaml.safe_load(front)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2026-99-99
        mark = getattr(error, "problem_mark", None)
        raise _refused(
            name, (mark.line if mark else 0) + 2, f"no valid YAML: {error}", f"YAML 有误：{error}"
        ) from error


def _compose(front: str, name: str) -> yaml.Node:
    try:
        tree = yaml.compose(front, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None) or str(error)
        raise _refused(
            name, (mark.line if mark else 0) + 2, f"no valid YAML: {problem}", f"YAML 有误：{problem}"
        ) from error
    if not isinstance(tree, yaml.MappingNode):
        raise _refused(name, 2, "front matter must be 'key: value' lines", "开头部分必须是“键: 值”")
    return tree


def _line_of(node: yaml.Node, path: list[int | str]) -> int:
    """The 0-based line of the deepest node on `path` that exists."""
    for step in path:
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), node)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
    return node.start_mark.line


def _prompts(body: str, name: str, first_line: int) -> dict[str, str]:
    parts = re.split(r"^## (zh|en)\s*$", body, flags=re.MULTILINE)
    prompts = {lang: text.strip() for lang, text in zip(parts[1::2], parts[2::2], strict=True)}
    for lang in ("zh", "en"):
        if not prompts.get(lang):
            raise _refused(name, first_line, f"no prompt under '## {lang}'", f"“## {lang}”下面没有提示词")
    return prompts


def _refused(name: str, line: int, en: str, zh: str) -> BadTask:
    error = BadTask(
        zh=Said(
            f"任务文件 {name} 第 {line} 行有误：{zh}。", "请对照自带的任务文件（tujian tasks --show product）修改。"
        ),
        en=Said(f"Task file {name}, line {line}: {en}.", "Compare it with a shipped one: tujian tasks --show product"),
    )
    error.line = line
    return error


def shipped_files() -> list[Any]:
    """The files of the shipped tasks."""
    folder = files("tujian").joinpath("data/tasks")
    return sorted((f for f in folder.iterdir() if f.name.endswith(".md")), key=lambda f: f.name)
