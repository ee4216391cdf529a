"""What an export is asked for beside its form: terms out of the settings, and the one file that a person is given.

Enters: settings, the user's categories, pieces. Leaves: Terms; a file, a ZIP where a form has many. Nothing here knows
pages or the command line.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tujian.errors import BadInput, BadSettings, Lang
from tujian.exchange import Form, Terms, google_categories
from tujian.exchange.nouns import Piece
from tujian.folding import printable
from tujian.settings import Settings, read_own
from tujian.shelf import told_unwritten
from tujian.taxonomy import Taxonomy


def terms_of(settings: Settings, taxonomy: Taxonomy, pictures_at: str = "", lang: Lang | None = None) -> Terms:
    """Raises BadInput for an address that is none, BadSettings."""
    if pictures_at and urlsplit(pictures_at).scheme not in ("http", "https"):
        raise BadInput(
            zh=(f"图片网址 {printable(pictures_at)[:60]!r} 不是网址。", "请写成 https://cdn.example.com/shop。"),
            en=(
                f"The pictures' address {printable(pictures_at)[:60]!r} is none.",
                "Write https://cdn.example.com/shop.",
            ),
        )
    own = own_categories(settings.home_dir / "taobao_categories.txt")
    return Terms(lang or settings.lang, taxonomy, google_categories(), pictures_at, own)


def own_categories(path: Path) -> dict[str, str]:
    """A platform's ids by our category's id or name: lines `连衣裙=50010850`. Raises BadSettings."""
    lines = (line.strip() for line in read_own(path).splitlines())
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    wrong = next((name for name, equals, number in pairs if not equals or not number.strip()), None)
    if wrong is not None:
        raise BadSettings(
            zh=(f"{path.name} 有一行不对：{printable(wrong)[:60]!r}。", "每行写“类目=平台类目编号”。"),
            en=(f"A line of {path.name} is wrong: {printable(wrong)[:60]!r}.", "Write category=number, one a line."),
        )
    return {name.strip(): number.strip() for name, _, number in pairs}


def write_one_file(form: Form, pieces: Iterable[Piece], folder: Path, step: Callable[[], None] = lambda: None) -> Path:
    """All pieces as one file in `folder`; `step` is called for each. Raises StoreFull, StoreDown, what it raises."""
    with told_unwritten("导出的文件", "export", folder.name):
        if form.in_folder:
            return _zip(pieces, folder / f"tujian-{form.name}.zip", step)
        return _file(iter(pieces), folder, form.name, step)


def _zip(pieces: Iterable[Piece], path: Path, step: Callable[[], None]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for piece in pieces:
            step()
            archive.writestr(piece.name, piece.content)
    return path


def _file(pieces: Iterator[Piece], folder: Path, name: str, step: Callable[[], None]) -> Path:
    first = next(pieces, Piece(f"{name}.txt", b""))
    path = folder / first.name
    with path.open("wb") as file:
        file.write(first.content)
        for piece in pieces:
            step()
            file.write(piece.content)
    return path
