"""Shopify's open product taxonomy as its `dist/` folder has it, in text: categories, attributes, the way to Google's.

    # Shopify Product Taxonomy - Categories: 2025-08-unstable
    gid://shopify/TaxonomyCategory/ap-2-1 : Animals & Pet Supplies > Pet Supplies > Bird Supplies
    gid://shopify/TaxonomyAttribute/2649 : AI application
    → Animals & Pet Supplies > Live Animals        and below it        ⇒ Animals & Pet Supplies > Live Animals

Enters: the bytes of one such file, in any language. Leaves: its names by id, or a refusal with the line that is wrong.
Does not know: where they are kept.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tujian.errors import BadSettings
from tujian.folding import printable

Spoken = Literal["zh", "en", "other"]
STEP = " > "
LARGEST_FILE = 32_000_000  # bytes; the largest of 2025-08 has 1.9 MB
_CATEGORY = re.compile(r"gid://shopify/TaxonomyCategory/(?P<id>[a-z]{2}(?:-\d{1,6}){0,15})\s+:\s+(?P<name>\S.*)")
_ATTRIBUTE = re.compile(r"gid://shopify/TaxonomyAttribute/(?P<id>\d{1,12})\s+:\s+(?P<name>\S.*)")
_VERSION = re.compile(r"#.*(?:: |shopify/)(?P<version>\d{4}-\d{2}[\w.-]*)")
_HAN, _OTHER_EAST = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
# what a category and an attribute are called in English: other languages in Latin letters call them otherwise
ENGLISH = {"ap": "Animals & Pet Supplies", "1": "Color"}


@dataclass(frozen=True, slots=True)
class Names:
    """Categories or attributes of one language: id → name (of a category, its whole path)."""

    version: str
    spoken: Spoken
    by_id: dict[str, str]


@dataclass(frozen=True, slots=True)
class ToGoogle:
    """English path in Shopify's list → path in Google's, with the line where each stands."""

    version: str
    by_path: dict[str, str]
    lines: dict[str, int]


def kind_of(text: str) -> Literal["categories", "attributes", "google"] | None:
    """Which of Shopify's files a text is, by its first line that is no comment; None for any other file."""
    first = next((line for _, line in _lines(text)), "")
    if first.startswith("gid://shopify/TaxonomyCategory/"):
        return "categories"
    if first.startswith("gid://shopify/TaxonomyAttribute/"):
        return "attributes"
    return "google" if first.startswith("→") else None


def read_categories_text(text: str, name: str) -> Names:
    """Paths by id, parents before children. Raises BadSettings with the number of the line that is wrong."""
    paths: dict[str, str] = {}
    for number, line in _lines(text):
        found = _CATEGORY.fullmatch(line)
        if found is None:
            raise _wrong(name, number, line, "不是“gid://… : 上级 > 类目”", "it is not `gid://… : Ancestor > Category`")
        own, path = found["id"], found["name"]
        steps = path.split(STEP)
        parent = own.rpartition("-")[0]
        if own in paths:
            raise _wrong(name, number, line, f"编号 {own} 出现了两次", f"the id {own} stands twice")
        if parent and parent not in paths:
            raise _wrong(name, number, line, f"前面没有上级 {parent}", f"its parent {parent} does not stand before it")
        if len(steps) != own.count("-") + 1 or not all(step.strip() for step in steps):
            raise _wrong(name, number, line, "层数与编号不符", "its path has other levels than its id")
        if parent and path.rpartition(STEP)[0] != paths[parent]:
            raise _wrong(name, number, line, f"路径与上级 {parent} 不符", f"its path is not its parent {parent}'s")
        paths[own] = path
    names = {own: path.rsplit(STEP, 1)[-1] for own, path in paths.items()}
    return Names(_version(text), _spoken(names), paths)


def read_attributes_text(text: str, name: str) -> Names:
    """Names by number. Raises BadSettings with the number of the line that is wrong."""
    names: dict[str, str] = {}
    for number, line in _lines(text):
        found = _ATTRIBUTE.fullmatch(line)
        if found is None:
            raise _wrong(name, number, line, "不是“gid://… : 属性”", "it is not `gid://… : Attribute`")
        if found["id"] in names:
            raise _wrong(name, number, line, f"编号 {found['id']} 出现了两次", f"the id {found['id']} stands twice")
        names[found["id"]] = found["name"].strip()
    return Names(_version(text), _spoken(names), names)


def read_google_text(text: str, name: str) -> ToGoogle:
    """Pairs of lines, `→` and `⇒`. Raises BadSettings with the number of the line that is wrong."""
    by_path: dict[str, str] = {}
    lines: dict[str, int] = {}
    source = None
    for number, line in _lines(text):
        sign, path = line[:1], line[1:].strip()
        if sign == "→" and path and source is None:
            source, lines[path] = path, number
        elif sign == "⇒" and path and source is not None:
            by_path[source], source = path, None
        else:
            raise _wrong(name, number, line, "应为一行 →，下一行 ⇒", "a line of → and then one of ⇒ were expected")
    if source is not None:
        raise _wrong(name, lines[source], source, "后面没有 ⇒ 这一行", "no line of ⇒ follows it")
    return ToGoogle(_version(text), by_path, lines)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, without comments and empty ones."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.strip()


def _version(text: str) -> str:
    heads: Sequence[str] = text[:1000].split("\n")[:10]
    return next((found["version"] for line in heads if (found := _VERSION.match(line))), "")


def _spoken(names: dict[str, str]) -> Spoken:
    """Han without kana or hangul is Chinese; English is known by a name or two."""
    count = max(1, len(names))
    if sum(bool(_OTHER_EAST.search(name)) for name in names.values()) > count / 20:
        return "other"
    if sum(bool(_HAN.search(name)) for name in names.values()) > count / 2:
        return "zh"
    return "en" if any(names.get(own) == name for own, name in ENGLISH.items()) else "other"


def _wrong(name: str, number: int, line: str, zh: str, en: str) -> BadSettings:
    shown = printable(line)[:60]
    return BadSettings(
        zh=(f"{name} 第 {number} 行有误：{zh}（{shown}）。", "请重新下载 Shopify 的这个文件；什么也没有改动。"),
        en=(f"{name}, line {number}: {en} ({shown}).", "Fetch Shopify's file again; nothing was changed."),
    )
