"""The nouns of the catalogue: what is brought, what is kept, what is told; and its errors.

Nothing here knows SQL.
"""

import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from tujian.errors import AlreadyThere, BadInput, LostUpdate, NotFound
from tujian.folding import printable
from tujian.pictures import Picture
from tujian.records import FieldValue, Source, Strict, Value

Kind = Literal["product", "photo"]
Visibility = Literal["shown", "hidden", "sensitive", "pending"]
"""`pending`: nobody has looked at its picture yet, so nobody knows whether it is sensitive."""
Chosen = Literal["shown", "hidden", "sensitive"]  # what a person may say
Also = Collection[Visibility]  # what somebody who may see it asks for besides what is shown
LOCKED: tuple[Visibility, ...] = ("hidden", "sensitive")  # what somebody or something decided to lock away
EVERYTHING: tuple[Visibility, ...] = ("hidden", "sensitive", "pending")
OWN_FIELDS = ("item.kind", "item.external_id", "item.sku", "item.variant_group")  # an item's own, editable like fields
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class FileAt:
    """Where a picture lies: `path` is relative to the root of its source."""

    source_id: str
    path: str
    bytes_count: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class PictureVector:
    """float16 of length 1, and who made it."""

    embedder: str
    vector: bytes


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture that an item shows, and who made its vector; None when it has none."""

    sha256: str
    name: str
    embedder: str | None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A picture that comes: its facts, and its `content` to be kept or the `file` where it stays."""

    picture: Picture
    content: bytes | None = None
    file: FileAt | None = None
    vector: PictureVector | None = None

    def __post_init__(self) -> None:
        if self.content is None and self.file is None:
            raise ValueError("a picture needs its content or its file")


@dataclass(frozen=True, slots=True)
class RowAt:
    """A row of an import batch; it is done in the same transaction as what it brought."""

    batch_id: str
    number: int


class Added(Strict):
    """What `add` made; `again` when the idempotency key had made it before."""

    id: str
    version: int
    again: bool = False


class Saved(Strict):
    """What `save` kept: the record's number within its item, and which fields have another value now."""

    id: str
    number: int
    version: int
    changed: list[str]
    again: bool = False


class ItemPicture(Strict):
    sha256: str
    name: str
    format: str
    size_px: tuple[int, int]
    bytes_count: int
    taken_at: str | None = None
    gps: tuple[float, float] | None = None
    camera: str | None = None


class FieldNow(Strict):
    """A field's current value with its evidence, and who said so."""

    value: Value
    source: Source
    who: str
    changed_at: str
    record: int | None = Field(default=None, description="number of the record it is from; null for a person's")


class ItemHead(Strict):
    """An item as it is listed."""

    id: str
    kind: Kind
    title: str
    external_id: str | None
    sku: str | None
    variant_group: str | None
    visibility: Visibility
    version: int = Field(description="the ETag")
    change: int = Field(description="`changed_since` this number lists what changed later")
    made_at: str
    changed_at: str
    cover: str | None = Field(default=None, description="sha256 of its main picture")
    cover_width_px: int | None = Field(default=None, description="of the main picture, upright")
    cover_height_px: int | None = None


class Item(ItemHead):
    """A product with its pictures in order, or a photo."""

    pictures: list[ItemPicture]
    values: dict[str, FieldNow]
    records_count: int = Field(description="the number of its last record")

    def __getitem__(self, name: str) -> FieldValue:
        """The current value of a field; None when nobody knows it."""
        return self.values[name].value.value if name in self.values else None


class Variant(Strict):
    """One of several items that are one product: in another colour, another size."""

    item: ItemHead
    colours: list[str] = Field(description="as they are called there")
    tints: list[str] = Field(description="their base colours")


class Page(Strict):
    """Items, the newest first; `next` asks for those after them."""

    items: list[ItemHead]
    next: str | None


class Changes(Strict):
    """What changed, the oldest change first. `gone`: forgotten, or no longer shown to who asks."""

    items: list[ItemHead]
    gone: list[str]
    last: int = Field(description="ask again with this number")
    more: bool


class FieldChange(Strict):
    """One line of an item's history. `item.sku` and the like are the item's own fields."""

    change: int
    field: str
    old: FieldValue
    old_source: str | None = Field(description="null: there was no value")
    new: FieldValue
    new_source: str | None
    who: str
    why: str
    batch: str | None
    undoes: int | None = Field(description="the change that this one took back")
    made_at: str


class Difference(Strict):
    """A field that two records of an item tell differently."""

    field: str
    old: FieldValue
    new: FieldValue


class ValueCount(Strict):
    """A value of a field, and how many items have it."""

    value: str
    count: int


class Merged(Strict):
    """What a merge changed, or would change."""

    field: str
    into: FieldValue
    items: int
    is_trial: bool = Field(description="nothing was changed: a dry run")
    batch: str | None = Field(description="in the history of every item that it changed")
    number: int | None = Field(default=None, description="what it is taken back by: the change of its first item")


class Unmerged(Strict):
    """A merge that was taken back, on the items where its value still stood."""

    number: int
    field: str
    items: int = Field(description="that say again what they said before")
    left: list[str] = Field(description=f"ids of items that somebody changed since: they stay; {MOST_LISTED} at most")
    left_count: int
    again: int = Field(description="items on which it had been taken back before")


def to_cursor(*parts: str | int) -> str:
    """What `next` holds: opaque to whoever sends it back.

    >>> from_cursor(to_cursor("a", 1))
    ['a', 1]
    """
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def from_cursor(cursor: str, length: int = 2) -> list[Any]:
    """Raises BadInput for what is no cursor."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise bad_cursor() from error
    if not isinstance(parts, list) or len(parts) != length or not all(isinstance(x, str | int) for x in parts):
        raise bad_cursor()
    return parts


def bad_cursor() -> BadInput:
    return BadInput(
        zh=("翻页标记无效。", "请原样传回上一页的 next，或从第一页开始。"),
        en=("That is no cursor.", "Send back `next` of the page before as it came, or begin at the first page."),
    )


def no_such_item(name: str) -> NotFound:
    shown = printable(name)[:80]
    return NotFound(
        zh=(f"没有编号为 {shown!r} 的条目。", "它可能已被删除、隐藏，或还没看过；GET /v1/items 列出现有的。"),
        en=(
            f"There is no item {shown!r}.",
            "It may be deleted, hidden or unseen yet; GET /v1/items lists those there are.",
        ),
    )


def no_such_picture(number: int, count: int) -> NotFound:
    return NotFound(
        zh=(f"这个条目没有第 {number} 张图片。", f"从 0 数起，它有 {count} 张。"),
        en=(f"The item has no picture {number}.", f"They are counted from 0; it has {count}."),
    )


def no_such_record(number: int) -> NotFound:
    return NotFound(
        zh=(f"这个条目没有第 {number} 版记录。", "条目的 records_count 是版本数，从 1 数起。"),
        en=(f"The item has no record {number}.", "They are counted from 1 to the item's records_count."),
    )


def lost_update(wanted: int, now: int) -> LostUpdate:
    return LostUpdate(
        zh=(f"条目已被别人改过（您看到第 {wanted} 版，现在是第 {now} 版）。", "请重新读取，再改一次。"),
        en=(f"Somebody changed it meanwhile (you saw version {wanted}, it is {now} now).", "Read it again, then edit."),
    )


def name_taken(external_id: str) -> AlreadyThere:
    return AlreadyThere(
        zh=(f"外部编号 {external_id!r} 已被另一个条目使用。", "请修改那个条目，或换一个编号。"),
        en=(f"The external id {external_id!r} is another item's.", "Edit that item, or use another id."),
    )


def key_taken() -> AlreadyThere:
    return AlreadyThere(
        zh=("这个幂等键已用于另一个请求。", "新的请求请用新的键；重试请发送同样的内容。"),
        en=("That idempotency key was used for another request.", "Use a new key, or send the same request again."),
    )


def no_such_merge(number: int) -> NotFound:
    return NotFound(
        zh=(f"没有第 {number} 号合并。", "合并结束时会给出编号（number）；逐条的修改用 undo。"),
        en=(f"There is no merge {number}.", "A merge tells its number when it is done; single edits have their undo."),
    )


def nothing_to_undo() -> BadInput:
    return BadInput(
        zh=("没有可以撤销的人工修改。", "GET /v1/items/{id}/history 列出全部修改。"),
        en=("No person's change is left to undo.", "GET /v1/items/{id}/history lists all changes."),
    )
