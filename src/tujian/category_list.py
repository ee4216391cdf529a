"""A user's own list of categories in the place of the shipped one: `TUJIAN_HOME/categories.tsv` or `.csv`.

    id      parent  zh      en          synonyms            google
    drinks          饮料    Drinks
    juice   drinks  果汁    Juice       橙汁|苹果汁|fb-1-7

Enters: the file. Leaves: a Taxonomy, or a refusal with the line and what to write. A record's id is the path of ids
("drinks-juice"), so that ids nest by their segments as the shipped ones do; an id that already starts with its parent's
stays as it is. `zh` or `en` may be empty, not both. What the classifier sees reaches a category by its id or by any of
its names, and goes up the shipped list until one fits: "fb-1-7" or "果汁" among the synonyms both do. `google` is the
category's path in Google's product taxonomy. `synonyms` and `google` may be left out.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tujian.errors import BadSettings
from tujian.taxonomy import Category, Taxonomy

FILES = ("categories.tsv", "categories.csv")
COLUMNS = ("id", "parent", "zh", "en", "synonyms", "google")
LONGEST_LINE = 20_000
_ID = re.compile(r"[^\W_][\w.-]{0,59}")


class Row(NamedTuple):
    line: int
    id: str
    parent: str
    zh: str
    en: str
    synonyms: tuple[str, ...]
    google: str = ""


def load_categories(home: Path | None) -> Taxonomy:
    """The user's list if there is one in `home`, else the shipped one. Raises BadSettings."""
    shipped = Taxonomy.load()
    paths = [home / name for name in FILES if (home / name).is_file()] if home else []
    return read_categories(paths[0], shipped) if paths else shipped


def read_categories(path: Path, shipped: Taxonomy) -> Taxonomy:
    """The list in `path`; tabs or commas by its name's ending. Raises BadSettings with the line that is wrong."""
    content = path.read_bytes()
    rows = read_rows(content, path)
    categories = {}
    for row in rows.values():
        full = _full_id(row, rows, path)
        categories[full] = Category(full, row.zh or row.en, row.en or row.zh, (row.id, *row.synonyms), row.google)
    return Taxonomy(categories, hashlib.sha256(content).hexdigest()[:12], shipped)


def read_rows(content: bytes, path: Path) -> dict[str, Row]:
    """The rows by id, as they stand in the file called `path`. Raises BadSettings."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise _refused(path, content[: error.start].count(b"\n") + 1, "不是 UTF-8 文本", "not UTF-8 text") from error
    rows: dict[str, Row] = {}
    for row in _rows(lines, path):
        if row.id in rows:
            raise _refused(
                path, row.line, f"编号 {row.id} 已在第 {rows[row.id].line} 行用过", f"id {row.id} stands twice"
            )
        rows[row.id] = row
    if not rows:
        raise _refused(path, 1, "一个类目也没有", "no category at all")
    return rows


def written(rows: Iterable[Row]) -> str:
    """Rows as a file ending in `.tsv` has them."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow((row.id, row.parent, row.zh, row.en, "|".join(row.synonyms), row.google))
    return text.getvalue()


def _rows(lines: list[str], path: Path) -> Iterator[Row]:
    kept = ((n, line) for n, line in enumerate(lines, 1) if line.strip() and not line.startswith("#"))
    for number, line in kept:
        if len(line) > LONGEST_LINE:
            raise _refused(path, number, f"有 {len(line)} 个字符", f"{len(line)} characters")
        cells = [c.strip() for c in next(csv.reader([line], delimiter="\t" if path.suffix == ".tsv" else ","))]
        if cells[:4] == list(COLUMNS[:4]):
            continue
        if len(cells) < 3 or any(cells[len(COLUMNS) :]):
            raise _refused(path, number, f"有 {len(cells)} 列", f"{len(cells)} columns")
        cells += [""] * (len(COLUMNS) - len(cells))
        own, parent, zh, en, synonyms, google = cells[: len(COLUMNS)]
        if not _ID.fullmatch(own):
            raise _refused(path, number, f"编号 {own[:60]!r} 不能用", f"the id {own[:60]!r} cannot be used")
        if not (zh or en):
            raise _refused(path, number, "没有名称", "there is no name")
        further = tuple(s.strip() for s in synonyms.split("|") if s.strip())
        yield Row(number, own, parent, zh, en, further, google)


def _full_id(row: Row, rows: dict[str, Row], path: Path) -> str:
    """The ids from the top down to the row's, joined by hyphens. Raises BadSettings for a parent that is not there."""
    chain = [row]
    while parent := chain[-1].parent:
        if parent not in rows:
            raise _refused(path, chain[-1].line, f"没有上级 {parent}", f"there is no parent {parent}")
        if rows[parent] in chain:
            raise _refused(path, row.line, f"上级 {parent} 绕成了圈", f"the parent {parent} leads back to itself")
        chain.append(rows[parent])
    full = ""
    for step in reversed(chain):
        full = step.id if not full or step.id.startswith(f"{full}-") else f"{full}-{step.id}"
    return full


def _refused(path: Path, line: int, zh: str, en: str) -> BadSettings:
    form = ", ".join(COLUMNS)
    return BadSettings(
        zh=(f"类目表 {path.name} 第 {line} 行有误：{zh}。", f"每行写 {form}（同义词用 | 分开），或先移走这个文件。"),
        en=(f"{path.name}, line {line}: {en}.", f"Write {form} (synonyms split by |), or move the file away."),
    )
