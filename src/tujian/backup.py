"""One file that holds the catalogue: every table, every kept picture, the user's own word lists. Restored on either
database. req: E4

Enters: a database, a shelf, a file. Leaves: the file, read back and found whole; or a catalogue filled from one.
Does not know: what the rows mean. Pictures that stay in place are named, not copied; stored answers are left out, they
can be made again; keys and tokens (settings.toml) never go in.

A tar: tables/NAME.jsonl, pictures/SHA256, own/NAME, and at the end manifest.json with the sha256 of each: a file that
was cut off has no manifest, one that was changed does not match it.
"""

import base64
import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from tujian.answers import utc_now
from tujian.database import HEAD, Database
from tujian.errors import BadInput, NotFound
from tujian.schema import answers, items, metadata
from tujian.shelf import Shelf

FORM = "tujian-backup/1"
OWN = ("brands.txt", "synonyms.txt", "categories.tsv", "categories.csv")
ROWS_AT_ONCE = 500
CHUNK_BYTES = 1 << 20
IN_MEMORY_BYTES = 50_000_000  # of one table; more of it lies in a file meanwhile
LONGEST_ROW = 64_000_000  # bytes of one line: a record, or a picture of a chat
LARGEST_MANIFEST = 100_000_000
_OWN = r"own/(?:tasks/)?(?!\.{1,2}$)[^/\\\x00-\x1f]{1,255}"
_NAME = re.compile(rf"tables/[a-z_]{{1,40}}\.jsonl|pictures/[0-9a-f]{{64}}|{_OWN}")


@dataclass(frozen=True, slots=True)
class Told:
    """What a backup holds: rows by table, kept pictures, pictures whose file was gone, bytes in all; `head` is the
    version of its tables."""

    rows: Mapping[str, int]
    pictures: int
    missing: tuple[str, ...]
    bytes_count: int
    made_at: str
    head: str


def back_up(database: Database, home: Path, to: Path) -> Told:
    """Writes `to`, reads it back, and only then gives it its name. Raises BadInput when it cannot be written or `to`
    is there, StoreFailed."""
    if to.exists():
        raise BadInput(
            zh=(f"{to} 已经存在。", "请换一个文件名，备份从不覆盖旧备份。"),
            en=(f"{to} is there already.", "Choose another name: a backup never overwrites one."),
        )
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = to.with_name(f".{to.name}.part")
    try:
        with tarfile.open(beside, "w", format=tarfile.PAX_FORMAT) as tar:
            _write(tar, database, home)
        told = verify(beside)
        beside.chmod(0o600)
        beside.rename(to)
    except OSError as error:
        raise BadInput(
            zh=(f"备份写不了：{error}。", "请检查目录权限和磁盘空间。"),
            en=(f"The backup cannot be written: {error}.", "Check the folder and the room on its disk."),
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return told


def verify(path: Path) -> Told:
    """Reads all of it. Raises BadInput when it is no backup, cut off or changed."""
    found: dict[str, str] = {}
    size, manifest = 0, None
    with _explained():
        for name, file, length in _members(path):
            if name == "manifest.json":
                manifest = json.loads(file.read(LARGEST_MANIFEST))
            else:
                found[name] = _sha256(file)
                size += length
        if not isinstance(manifest, dict) or manifest.get("form") != FORM:
            raise _broken("没有目录，文件可能不完整", "it has no manifest: it may be cut off")
        if manifest["sha256"] != found:
            raise _broken("内容与目录不符", "its content is not what its manifest says")
        if any(name != f"pictures/{sha256}" for name, sha256 in found.items() if name.startswith("pictures/")):
            raise _broken("图片内容与名称不符", "a picture is not what its name says")
        kept = sum(name.startswith("pictures/") for name in found)
        missing = tuple(manifest["missing"])
        return Told(manifest["rows"], kept, missing, size, manifest["made_at"], manifest["head"])


def restore(database: Database, home: Path, path: Path) -> Told:
    """Fills an empty catalogue; all of it, or nothing but pictures that no row names.

    Raises BadInput when it is not empty, or the file is broken or of another version; StoreFailed.
    """
    told = verify(path)
    _check_version(told.head)
    shelf, tables = Shelf(home / "pictures"), {table.name: table for table in metadata.sorted_tables}
    with database.write(durable=True) as connection:
        if connection.execute(sa.select(sa.func.count()).select_from(items)).scalar():
            raise BadInput(
                zh=("这里的目录不是空的。", "请用 TUJIAN_HOME 指定一个新目录，在那里恢复。"),
                en=("The catalogue here is not empty.", "Name a new folder by TUJIAN_HOME and restore there."),
            )
        for name, file, _ in _members(path):
            kind, _, rest = name.partition("/")
            if kind == "tables":
                _fill(connection, tables[rest.removesuffix(".jsonl")], file)
            elif kind == "pictures":
                shelf.put(rest, file.read())
        _count_on(connection, database)
    for name, file, _ in _members(path):
        if name.startswith("own/"):
            _keep_own(home / name.removeprefix("own/"), file.read())
    return told


def _write(tar: tarfile.TarFile, database: Database, home: Path) -> None:
    shelf, sums, rows, missing = Shelf(home / "pictures"), {}, {}, []
    with database.read() as connection:  # one moment of all tables
        for table in metadata.sorted_tables:
            if table is not answers:
                with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES, dir=str(home)) as file:
                    rows[table.name] = _dump(connection, table, file)
                    _add(tar, sums, f"tables/{table.name}.jsonl", file)
        pictures = metadata.tables["pictures"]
        kept = connection.scalars(sa.select(pictures.c.sha256).where(pictures.c.is_kept)).all()
    for sha256 in kept:
        try:
            _add(tar, sums, f"pictures/{sha256}", io.BytesIO(shelf.read(sha256)))
        except NotFound:
            missing.append(sha256)
    for path in [home / name for name in OWN] + sorted((home / "tasks").glob("*.md")):
        if path.is_file():
            _add(tar, sums, f"own/{path.relative_to(home).as_posix()}", io.BytesIO(path.read_bytes()))
    facts = {"form": FORM, "head": HEAD, "made_at": utc_now().isoformat(), "rows": rows, "missing": missing}
    _add(tar, {}, "manifest.json", io.BytesIO(json.dumps(facts | {"sha256": sums}).encode()))


def _dump(connection: sa.Connection, table: sa.Table, file: IO[bytes]) -> int:
    """A line of JSON for each row. Returns how many."""
    count = 0
    for row in connection.execution_options(yield_per=ROWS_AT_ONCE).execute(sa.select(table)).mappings():
        file.write(json.dumps(_plain(dict(row)), ensure_ascii=False).encode() + b"\n")
        count += 1
    return count


def _add(tar: tarfile.TarFile, sums: dict[str, str], name: str, file: IO[bytes]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = file.seek(0, os.SEEK_END), 0o600
    file.seek(0)
    sums[name] = _sha256(file)
    file.seek(0)
    tar.addfile(entry, file)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"b64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
        for name, value in row.items()
    }


def _members(path: Path) -> Iterator[tuple[str, IO[bytes], int]]:
    """Names, contents and lengths of the entries; nothing is unpacked anywhere. Raises BadInput."""
    with tarfile.open(path, "r:") as tar:
        for entry in tar:
            file = tar.extractfile(entry) if entry.isreg() else None
            if file is None or (entry.name != "manifest.json" and not _NAME.fullmatch(entry.name)):
                raise _broken(f"里面有不该有的 {entry.name!r}", f"it holds {entry.name!r}, which no backup does")
            yield entry.name, file, entry.size


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, OSError, ValueError, KeyError, TypeError) as error:
        raise _broken(str(error), str(error)) from error


def _fill(connection: sa.Connection, table: sa.Table, file: IO[bytes]) -> None:
    connection.execute(sa.delete(table))  # what a fresh database begins with, such as its counter
    several: list[dict[str, Any]] = []
    while line := file.readline(LONGEST_ROW):
        row = json.loads(line)
        several.append({name: _value(value, table.c[name].type) for name, value in row.items()})
        if len(several) == ROWS_AT_ONCE:
            connection.execute(sa.insert(table), several)
            several = []
    if several:
        connection.execute(sa.insert(table), several)


def _value(value: Any, kind: sa.types.TypeEngine[Any]) -> Any:  # noqa: ANN401 - JSON
    return base64.b64decode(value["b64"]) if isinstance(kind, sa.LargeBinary) and value is not None else value


def _count_on(connection: sa.Connection, database: Database) -> None:
    """PostgreSQL's own numbers go on behind the highest that came; SQLite looks by itself."""
    if database.is_sqlite:
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            highest = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(sequence, highest, False)))


def _keep_own(path: Path, content: bytes) -> None:
    """What the user already has here stays."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(content)


def _check_version(head: str) -> None:
    if head != HEAD:
        raise BadInput(
            zh=(f"备份来自表结构 {head}，这里是 {HEAD}。", "请用写它的那个版本恢复，再升级。"),
            en=(
                f"The backup has tables of version {head}, here they are {HEAD}.",
                "Restore it with the version that wrote it, then upgrade.",
            ),
        )


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def _broken(zh: str, en: str) -> BadInput:
    return BadInput(
        zh=(f"这不是完好的备份：{zh}。", "请换一个备份文件。"),
        en=(f"This is no whole backup: {en}.", "Take another backup file."),
    )
