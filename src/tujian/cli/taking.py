"""`tujian export`: the catalogue taken out. req: F5, F6

Enters: a form's name and where to write. Leaves: files, written beside and moved into place once they are whole; on
standard error what the form could not express. A file that another program wrote is not overwritten in a folder.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from tujian.catalogue import Catalogue
from tujian.catalogue.nouns import Also
from tujian.cli.keeping import user
from tujian.errors import BadInput
from tujian.exchange import Form, export, find_form
from tujian.exchange.asked import terms_of
from tujian.exchange.nouns import Losses, Piece
from tujian.exchange.xmp import is_ours
from tujian.folding import printable
from tujian.knowledge import Knowledge
from tujian.settings import Settings

STDOUT = Path("-")


def run_export(
    settings: Settings, to: str, out: Path | None, pictures_at: str, also: Also, *, acknowledged: bool
) -> int:
    """Writes and tells. Raises BadInput, NotAcknowledged, StoreFailed."""
    knowledge = Knowledge.load(settings.home_dir, lambda *_: None)
    form, terms = find_form(to), terms_of(settings, knowledge.taxonomy, pictures_at)
    catalogue = Catalogue.opened(settings)
    try:
        taken = export(catalogue, form, terms, also=also, acknowledged=acknowledged, who=user())
        written = _write(form, taken.pieces, out)
    finally:
        catalogue.database.close()
    _tell(written, taken.lost, settings)
    return 0


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


def _tell(written: str, lost: Losses, settings: Settings) -> None:
    zh = settings.lang == "zh"
    if written:
        print(f"已写入 {written}" if zh else f"Written to {written}")
    if len(lost):
        print("未能表达：" if zh else "Not expressed:", file=sys.stderr)
        for loss in lost:
            print(f"  · {printable(loss.say(settings.lang))}", file=sys.stderr)
