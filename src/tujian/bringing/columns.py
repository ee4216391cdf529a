"""What the columns of a sheet mean, and a row as an item that is to be brought. req: C1

Enters: headings, what the user says of them, rows of text. Leaves: `RowItem`s, or what is wrong with a row.
Does not know: files, addresses, the catalogue. A value that does not fit its field does not stop its row: it is noted.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from tujian.errors import BadEdit, BadInput, Lang
from tujian.fields import find_field, parse_value
from tujian.folding import printable
from tujian.jobs import told
from tujian.records import FieldValue
from tujian.sheets import SCIENTIFIC, Row, heading_key
from tujian.tasks import TaskField, Tasks

ROLES = ("picture", "external_id", "sku", "group")
ROLE_WORDS: dict[str, tuple[str, str]] = {
    "picture": ("图片", "picture"), "external_id": ("外部编号", "external id"), "sku": ("货号 SKU", "SKU"),
    "group": ("款（同款分组）", "variant group"),
}  # fmt: skip
LEFT_OUT = ("", "-")
FIRST = ("product", "describe", "listing")  # tasks where a field is looked for first: many have a `category`
MOST_PICTURES = 20  # of one item
IN_ADDRESSES = re.compile(r"[\n|]+|\s+(?=https?://)|[,，;；]\s*(?=https?://)")  # an address may have commas itself
IN_PACKAGE = re.compile(r"([^:;|\s]+):\d+:\d+:[^|;]*\|([^;\s]*);?")  # name:kind:place:property|address;
IN_NAMES = re.compile(r"[;；|\n,，]+")


@dataclass(frozen=True, slots=True)
class RowItem:
    """An item as a row tells it; `notes` are values that could not be taken, as `jobs.told` has errors; `inside` are
    pictures that lie in the workbook itself, as `Part.told` has them."""

    pictures: Sequence[str] = ()
    values: Mapping[str, FieldValue] = field(default_factory=dict)
    external_id: str | None = None
    sku: str | None = None
    group: str | None = None
    notes: Sequence[Mapping[str, Any]] = ()
    inside: Sequence[str] = ()

    def facts(self) -> dict[str, Any]:
        """As it is kept: `RowItem(**facts)` is the same again."""
        return {name: getattr(self, name) for name in RowItem.__slots__ if name != "inside" or self.inside}

    @property
    def print(self) -> str:
        """The same for the same row."""
        return hashlib.sha256(json.dumps(self.facts(), sort_keys=True).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Columns:
    """Places of columns by what they hold. `titles` are those called so; the first is a field too where no other column
    holds the name of what is sold."""

    pictures: Sequence[int] = ()
    roles: Mapping[str, int] = field(default_factory=dict)
    fields: Mapping[int, TaskField] = field(default_factory=dict)
    titles: Sequence[int] = ()

    def at(self, *names: str) -> int | None:
        """The place of the first of these that there is: a role, "picture", "title", or a field."""
        named = {one.name: place for place, one in self.fields.items()} | dict(self.roles)
        named |= {name: at[0] for name, at in (("picture", self.pictures), ("title", self.titles)) if at}
        return next((named[name] for name in names if name in named), None)

    def meaning(self, place: int, lang: Lang) -> str | None:
        """What a column is taken for; None when it is not."""
        words = 0 if lang == "zh" else 1
        if place in self.pictures:
            return ROLE_WORDS["picture"][words]
        if place in self.fields:
            label, name = self.fields[place].label.of(lang), self.fields[place].name
            return f"{label}（{name}）" if lang == "zh" else f"{label} ({name})"
        return next((ROLE_WORDS[role][words] for role, at in self.roles.items() if at == place), None)


def known_headings(tasks: Tasks) -> dict[str, str]:
    """Field or role by `heading_key`: the table of headings above the labels that tasks give their fields."""
    own = {
        heading_key(word): one.name
        for task in reversed(_in_order(tasks))
        for one in task.fields
        for word in (one.name, one.label.zh, one.label.en)
    }
    return {**own, **_table()}


def find_columns(
    headings: Sequence[str], given: Mapping[str, str], tasks: Tasks, *, has_pictures: bool = False
) -> Columns:
    """Columns by their headings; `given` is what the user says, field by heading. Raises BadEdit, BadInput, which is
    also what a sheet gets of which nothing can be brought."""
    columns = columns_in(headings, {**known_headings(tasks), **_given(headings, given)}, tasks)
    if not has_pictures and columns.at("picture", "sku", "external_id") is None:
        raise no_pictures(headings)
    return columns


def columns_in(headings: Sequence[str], known: Mapping[str, str], tasks: Tasks) -> Columns:
    """Columns by their headings, where `known` says what a heading means; the first of a role or field counts."""
    several: dict[str, list[int]] = {"picture": [], "title": []}
    named: dict[str, int] = {}
    for place, heading in enumerate(headings):
        name = known.get(heading) or known.get(heading_key(heading), "")
        if name in several:
            several[name].append(place)
        elif name not in LEFT_OUT:
            named.setdefault(name, place)
    if several["title"]:  # a title is the name of what it sells, where no column has the name itself
        named.setdefault("name", several["title"][0])
    roles = {role: named.pop(role) for role in ROLES if role in named}
    fields = {place: find_field(tasks, name, FIRST) for name, place in named.items()}
    return Columns(several["picture"], roles, fields, several["title"])


def row_item(row: Row, columns: Columns) -> RowItem:
    """Raises BadInput when nothing can be made of the row."""
    if row.trouble is not None:
        raise row.trouble
    shown = [name for place in columns.pictures for name in names_in(row.cells[place])]
    values, notes = values_of(row, columns)
    roles = {role: row.cells[place] or None for role, place in columns.roles.items()}
    inside = tuple(part.told() for part in row.inside[:MOST_PICTURES])
    item = RowItem(tuple(dict.fromkeys(shown))[:MOST_PICTURES], values, notes=notes, inside=inside, **roles)
    if not item.pictures and not inside and not item.sku and not item.external_id:
        raise _no_picture()
    return item


def values_of(row: Row, columns: Columns) -> tuple[dict[str, FieldValue], list[Mapping[str, Any]]]:
    """The row's values in the form of their fields, and what does not fit. Empty cells say nothing."""
    values: dict[str, FieldValue] = {}
    notes: list[Mapping[str, Any]] = []
    for place, one in columns.fields.items():
        if one.type == "code" and SCIENTIFIC.fullmatch(row.cells[place]):
            notes.append(told(_cut_short(one, row.cells[place])))
            continue
        try:
            value = parse_value(one, row.cells[place]) if row.cells[place] else None
        except BadEdit as error:
            notes.append(told(error))
            continue
        if value is not None:
            values[one.name] = value
    return values, notes


def names_in(cell: str) -> list[str]:
    """The pictures that a cell names; of Taobao's data packages their addresses.

    >>> names_in("a.jpg;b.jpg"), names_in("https://x/a,w_10.jpg,https://x/b.jpg")
    (['a.jpg', 'b.jpg'], ['https://x/a,w_10.jpg', 'https://x/b.jpg'])
    >>> names_in("abc:1:0:|https://x/abc.jpg;def:1:1:|https://x/def.jpg;")
    ['https://x/abc.jpg', 'https://x/def.jpg']
    >>> names_in("abc:1:0:|;def:2:0:1627207:28341|https://x/def.jpg")
    ['abc', 'https://x/def.jpg']
    """
    if IN_PACKAGE.match(cell):
        return [address or name for name, address in IN_PACKAGE.findall(cell)]
    separators = IN_ADDRESSES if "://" in cell else IN_NAMES
    return [name.strip() for name in separators.split(cell) if name.strip()]


def parse_map(told: Sequence[str]) -> dict[str, str]:
    """Field by heading, of options such as 列=字段. Raises BadInput."""
    given = {}
    for one in told:
        heading, equals, name = one.rpartition("=")
        if not equals or not heading.strip():
            raise BadInput(
                zh=(f"--map {printable(one)[:60]!r} 不是“列=字段”。", "例如 --map 主图=picture --map 品名=name。"),
                en=(f"--map {printable(one)[:60]!r} is not column=field.", "For instance --map photo=picture."),
            )
        given[heading.strip()] = name.strip()
    return given


def _given(headings: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    there = {heading_key(heading) for heading in headings}
    for heading in given:
        if heading_key(heading) not in there:
            shown = ", ".join(heading for heading in headings if heading)[:300]
            raise BadInput(
                zh=(f"表里没有“{printable(heading)[:40]}”这一列。", f"有的列：{shown}。"),
                en=(f"The sheet has no column {printable(heading)[:40]!r}.", f"Its columns: {shown}."),
            )
    roles = {word: role for role, words in ROLE_WORDS.items() for word in (role, *words)}
    return by_heading((heading, roles.get(name, name)) for heading, name in given.items())


def by_heading(told: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Meanings by the heading itself and by how it is compared; of those that are compared alike, the first that means
    something counts.

    >>> by_heading([("价格(元)", "price"), ("价格(划线价)", "-")])
    {'价格': 'price', '价格(元)': 'price', '价格(划线价)': '-'}
    """
    own: dict[str, str] = {}
    alike: dict[str, str] = {}
    for heading, name in told:
        for table, key in ((own, heading), (alike, heading_key(heading))):
            if table.get(key, "") in LEFT_OUT:
                table[key] = name
    return alike | own


def _in_order(tasks: Tasks) -> list[Any]:
    return sorted(tasks, key=lambda task: FIRST.index(task.name) if task.name in FIRST else len(FIRST))


@cache
def _table() -> dict[str, str]:
    table = tomllib.loads(files("tujian").joinpath("data/words/sheet_headings.toml").read_text("utf-8"))
    return {heading_key(name): role for role, names in table.items() for name in names}


def _cut_short(one: TaskField, cell: str) -> BadInput:
    return BadInput(
        zh=(f"{one.label.zh} {cell} 成了科学计数法，后面的数字已丢失，没有采用。", "请把这一列设为文本，重新填写。"),
        en=(
            f"{one.label.en} {cell} was cut to scientific notation and is not taken.",
            "Make the column text, enter it again.",
        ),
    )


def no_pictures(headings: Sequence[str]) -> BadInput:
    shown = ", ".join(heading for heading in headings if heading)[:300]
    return BadInput(
        zh=(f"没有哪一列是图片、SKU 或外部编号（列：{shown}）。", "用 --map 列=picture 指明图片路径或网址所在的列。"),
        en=(f"No column holds pictures, SKUs or external ids (columns: {shown}).", "Say --map column=picture."),
    )


def _no_picture() -> BadInput:
    return BadInput(
        zh=("这一行没有图片，也没有编号。", "请填上图片的路径或网址。"),
        en=("The row has neither a picture nor an id.", "Give the path or address of its picture."),
    )
