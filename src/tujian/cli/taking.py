"""`tujian export`: the catalogue taken out. req: F5, F6

Enters: a form's name and where to write. Leaves: files, written beside and moved into place once they are whole; on
standard error what the form could not express. Of a dry run, that and the first rows on standard output. A file that
another program wrote is not overwritten in a folder.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tujian.catalogue import Catalogue
from tujian.catalogue.nouns import Also
from tujian.cli.keeping import user
from tujian.errors import BadInput, Lang
from tujian.exchange import MOST_TOLD, Form, export, find_form
from tujian.exchange.asked import terms_of
from tujian.exchange.foresight import Foreseen, foresee
from tujian.exchange.nouns import Export, Losses, Piece
from tujian.exchange.stock import count_places
from tujian.exchange.xmp import is_ours
from tujian.folding import printable
from tujian.knowledge import Knowledge
from tujian.settings import Settings

STDOUT = Path("-")
LONGEST_SHOWN = 80  # characters of a cell


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed: a form's name, where to write, the pictures' address, whose items else."""

    to: str
    out: Path | None
    pictures_at: str
    also: Also
    dry_run: bool
    acknowledged: bool


def run_export(settings: Settings, asked: Asked) -> int:
    """Writes and tells. Raises BadInput, NotAcknowledged, StoreFailed."""
    knowledge = Knowledge.load(settings.home_dir, lambda *_: None)
    form, terms = find_form(asked.to), terms_of(settings, knowledge.taxonomy, asked.pictures_at)
    catalogue = Catalogue.opened(settings)
    try:
        if asked.dry_run:
            _foretell(foresee(catalogue, form, terms, also=asked.also), settings.lang)
            return 0
        taken = export(catalogue, form, terms, also=asked.also, acknowledged=asked.acknowledged, who=user())
        written = _write(form, taken.pieces, asked.out)
    finally:
        catalogue.database.close()
    _tell(written, taken, settings.lang)
    return 0


def _foretell(foreseen: Foreseen, lang: Lang) -> None:
    """How many items were tried, what is in the way, what would be lost, and the first rows."""
    zh, looked, total = lang == "zh", foreseen.looked, foreseen.total
    print(
        f"试写了 {looked} 件，一共 {total} 件；没有生成文件。"
        if zh
        else f"Tried {looked} of {total} items; no file was made."
    )
    if count := count_places(foreseen.adverts):
        print(f"有 {count} 处疑似广告法用语，导出前要确认：" if zh else f"{count} advertising-law words would stop it:")
        _list([one.say(lang) for one in foreseen.adverts[:MOST_TOLD]])
    _tell_lost(foreseen.lost, lang)
    for row in foreseen.rows:
        print("---")
        filled = [(name, cell) for name, cell in zip(foreseen.headings, row, strict=False) if cell]
        _list([f"{name} = {cell[:LONGEST_SHOWN]}" for name, cell in filled])


def _write(form: Form, pieces: Iterator[Piece], out: Path | None) -> str:
    """Where it was written, in words."""
    if out == STDOUT and not form.in_folder:
        for piece in pieces:
            sys.stdout.buffer.write(piece.content)
        return ""
    try:
        return _to_folder(form, pieces, out) if form.in_folder else _to_file(pieces, out)
    except OSError as error:
        raise BadInput(
            zh=(
                f"写不了 {printable(str(error.filename or out))}：{error.strerror}。",
                "请换一个位置，或检查权限和空间。",
            ),
            en=(f"Cannot write {printable(str(error.filename or out))}: {error.strerror}.", "Choose another place."),
        ) from error


def _to_file(pieces: Iterator[Piece], out: Path | None) -> str:
    """The one file; into a folder under its own name. What stood there stays until the new one is whole."""
    path, first = out, next(pieces, None)
    name = first.name if first else "catalogue"
    path = Path(name) if path is None else path / name if path.is_dir() else path
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        for piece in [first] if first else []:
            file.write(piece.content)
        for piece in pieces:
            file.write(piece.content)
    part.replace(path)
    return str(path)


def _to_folder(form: Form, pieces: Iterator[Piece], out: Path | None) -> str:
    folder = out or Path(f"tujian-{form.name}")
    count, foreign = 0, []
    for piece in pieces:
        path = folder / piece.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not is_ours(path.read_bytes()):
            foreign.append(piece.name)
            continue
        path.write_bytes(piece.content)
        count += 1
    if foreign:
        left = ", ".join(printable(name) for name in foreign[:3])
        print(f"其他软件写的文件没有覆盖 / not ours, left as they are: {len(foreign)} ({left} …)", file=sys.stderr)
    return f"{folder} ({count})"


def _tell(written: str, taken: Export, lang: Lang) -> None:
    zh = lang == "zh"
    if written:
        print(f"已写入 {written}，{taken.count} 件" if zh else f"Written to {written}, {taken.count} items")
    if not taken.count:
        print("目录里没有要导出的条目。" if zh else "The catalogue has no items for it.", file=sys.stderr)
    if len(taken.lost):
        _tell_lost(taken.lost, lang, sys.stderr)


def _tell_lost(lost: Losses, lang: Lang, file: TextIO | None = None) -> None:
    none, some = ("都能带走。", "未能表达：") if lang == "zh" else ("Everything goes along.", "Not expressed:")
    print(some if len(lost) else none, file=file)
    _list([one.say(lang) for one in lost], file)


def _list(lines: Iterable[str], file: TextIO | None = None) -> None:
    for line in lines:
        print(f"  · {printable(line)}", file=file)
