"""A taxonomy from a file becomes this house's list of categories. req: F5

Enters: Shopify's text files, one language after the other, or a list of the user's own. Leaves: `categories.tsv` (or
`.csv`, an own list as it came) and `attributes.tsv` in TUJIAN_HOME, each written whole or not at all.

Files of one release of Shopify's are put together: each language fills its names, the way to Google's list fills its
column. Anything else takes the place of the list before, which stays beside it as `categories.tsv.before`. Languages
other than Chinese and English become further names that a category is found by.
"""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tujian.category_list import COLUMNS, FILES, Row, read_categories, read_rows, written
from tujian.errors import BadSettings
from tujian.shopify_lists import (
    LARGEST_FILE,
    STEP,
    Names,
    Spoken,
    kind_of,
    read_attributes_text,
    read_categories_text,
    read_google_text,
)
from tujian.taxonomy import Taxonomy

ATTRIBUTES = "attributes.tsv"
BEFORE = ".before"
_MARK = "# Shopify "


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `spoken` is None for an own list and for the way to Google's; `before` is where the list that
    was there lies now, if its place was taken."""

    kind: Literal["categories", "attributes", "google", "own"]
    count: int
    version: str
    spoken: Spoken | None = None
    before: Path | None = None


def import_list(file: Path, home: Path) -> Imported:
    """Reads `file`, whatever it is of the above, and keeps it. Raises BadSettings; then nothing has changed."""
    content = _content(file)
    text = _text(content, file)
    match kind_of(text):
        case "categories":
            return _keep_categories(read_categories_text(text, file.name), file.name, home)
        case "attributes":
            return _keep_attributes(read_attributes_text(text, file.name), home)
        case "google":
            return _keep_google(text, file.name, home)
        case None:
            return _keep_own(content, file, home)


def attributes_in(home: Path) -> dict[str, tuple[str, str]]:
    """Chinese and English name of every attribute that was imported, by number."""
    path = home / ATTRIBUTES
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    cells = (line.split("\t") for line in lines if not line.startswith("#"))
    return {row[0]: (row[1], row[2]) for row in cells if len(row) == 3}


def _keep_categories(names: Names, called: str, home: Path) -> Imported:
    kept = _kept_release(home, names.version)
    if kept is not None and kept.keys() != names.by_id.keys():
        other = sorted(kept.keys() ^ names.by_id.keys())[0]
        raise BadSettings(
            zh=(f"{called} 与已导入的同版本类目表编号不一致，例如 {other}。", "文件可能不完整，请重新下载后再导入。"),
            en=(f"{called} has other ids than the list of that release, {other} for one.", "Fetch the file again."),
        )
    shipped = Taxonomy.load()
    empty = {own: Row(0, own, own.rpartition("-")[0], "", "", _everyday(shipped, own)) for own in names.by_id}
    rows = {own: _named(row, names.by_id[own], names.spoken) for own, row in (kept or empty).items()}
    before = _put(home, FILES[0], _release(names.version) + written(rows.values()), moves=kept is None)
    return Imported("categories", len(rows), names.version, names.spoken, before)


def _keep_google(text: str, called: str, home: Path) -> Imported:
    """Raises BadSettings when the English names of the same release are not there yet."""
    pairs = read_google_text(text, called)
    rows = _kept_release(home, pairs.version)
    by_path = {path: own for own, path in _english_paths(rows or {}).items()}
    unknown = next((path for path in pairs.by_path if path not in by_path), None)
    if rows is None or unknown is not None:
        line = pairs.lines[unknown] if unknown else 1
        raise BadSettings(
            zh=(f"{called} 第 {line} 行的类目不在类目表里。", "请先导入同一版本的 en/categories.txt，再导入这个文件。"),
            en=(
                f"{called}, line {line}: not a category of the list.",
                "Import en/categories.txt of its release first.",
            ),
        )
    mapped = {by_path[path]: google for path, google in pairs.by_path.items()}
    rows = {own: row._replace(google=mapped.get(own, "")) for own, row in rows.items()}
    _put(home, FILES[0], _release(pairs.version) + written(rows.values()), moves=False)
    return Imported("google", len(mapped), pairs.version)


def _keep_attributes(names: Names, home: Path) -> Imported:
    path = home / ATTRIBUTES
    is_same = path.is_file() and path.read_text("utf-8").startswith(_release(names.version))
    kept = attributes_in(home) if is_same else {}
    rows = {own: kept.get(own, ("", "")) for own in names.by_id}
    for own, name in names.by_id.items():
        zh, en = rows[own]
        rows[own] = (name, en) if names.spoken == "zh" else (zh, name if names.spoken == "en" else en or name)
    body = "".join(f"{own}\t{zh}\t{en}\n" for own, (zh, en) in rows.items())
    _put(home, ATTRIBUTES, _release(names.version) + body, moves=False)
    return Imported("attributes", len(rows), names.version, names.spoken)


def _keep_own(content: bytes, file: Path, home: Path) -> Imported:
    if file.suffix.lower() not in (".tsv", ".csv"):
        raise BadSettings(
            zh=(
                f"{file.name} 不是能读的类目文件。",
                f"可读：Shopify 的文本文件，或列为 {', '.join(COLUMNS)} 的 .csv、.tsv。",
            ),
            en=(
                f"{file.name} is no list of categories that Tujian reads.",
                f"It reads Shopify's text files, and .csv or .tsv with the columns {', '.join(COLUMNS)}.",
            ),
        )
    found = read_categories(file, Taxonomy.load())
    before = _put(home, f"categories{file.suffix.lower()}", content.decode("utf-8-sig"), moves=True)
    return Imported("own", len(found), found.version, None, before)


def _named(row: Row, path: str, spoken: Spoken) -> Row:
    name = path.rsplit(STEP, 1)[-1].strip()
    if spoken == "zh":
        return row._replace(zh=name)
    if spoken == "en":
        return row._replace(en=name)
    return row._replace(en=row.en or name, synonyms=tuple(dict.fromkeys((*row.synonyms, name))))


def _everyday(shipped: Taxonomy, own: str) -> tuple[str, ...]:
    """What the shipped list calls a category of the same id: words that people use and Shopify does not."""
    if own not in shipped:
        return ()
    category = shipped.get(own)
    return (category.zh, category.en, *category.names)


def _english_paths(rows: Mapping[str, Row]) -> dict[str, str]:
    paths: dict[str, str] = {}
    for own, row in rows.items():  # parents stand first
        paths[own] = f"{paths[row.parent]}{STEP}{row.en}" if row.parent else row.en
    return paths


def _kept_release(home: Path, version: str) -> dict[str, Row] | None:
    """The rows of the list that is kept, if it is of this release of Shopify's; else None."""
    path = home / FILES[0]
    if not version or not path.is_file():
        return None
    content = path.read_bytes()
    return read_rows(content, path) if content.startswith(_release(version).encode()) else None


def _release(version: str) -> str:
    return f"{_MARK}{version}\n"


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise BadSettings(
                zh=(f"{file.name} 超过 {LARGEST_FILE // 1_000_000} MB。", "类目文件不会这么大，请检查是否选错。"),
                en=(f"{file.name} is larger than {LARGEST_FILE // 1_000_000} MB.", "No list of categories is."),
            )
        return file.read_bytes()
    except OSError as error:
        raise BadSettings(
            zh=(f"读不了 {file.name}：{error.strerror}。", "请检查路径和权限。"),
            en=(f"{file.name} cannot be read: {error.strerror}.", "Check its path and rights."),
        ) from error


def _text(content: bytes, file: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadSettings(
            zh=(f"{file.name} 第 {line} 行不是 UTF-8 文本。", "请另存为 UTF-8 再导入。"),
            en=(f"{file.name}, line {line}, is not UTF-8 text.", "Save it as UTF-8, then import it."),
        ) from error


def _put(home: Path, name: str, text: str, *, moves: bool) -> Path | None:
    """Writes a file in one step; with `moves`, the list that was there steps aside first. Returns where to."""
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", dir=home, suffix=".part", delete=False) as file:
        file.write(text)
    aside = None
    for old in [home / one for one in FILES] if moves else []:
        if old.is_file():
            aside = old.with_name(old.name + BEFORE)
            os.replace(old, aside)  # noqa: PTH105 - as below
    os.replace(file.name, home / name)  # noqa: PTH105 - a temporary name is a string
    return aside
