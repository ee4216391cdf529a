"""`tujian show` and `tujian edit`: an item of the catalogue, read and corrected. req: B11

Enters: what an item is called, changes as typed. Leaves: its values on standard output, or a new version.
"""

import getpass
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tujian.catalogue import Catalogue, Item
from tujian.catalogue.nouns import OWN_FIELDS, Also
from tujian.cli.recognising import MARKS
from tujian.errors import BadEdit, BadInput
from tujian.fields import find_field, parse_value
from tujian.folding import printable
from tujian.records import in_words
from tujian.settings import Settings
from tujian.tasks import Tasks


def run_show(settings: Settings, name: str, also: Also, *, as_json: bool) -> int:
    """Prints the item. Raises NotFound."""
    catalogue = Catalogue.opened(settings)
    item = catalogue.get(catalogue.find_id(name, also=also), also=also)
    if as_json:
        print(item.model_dump_json())
    else:
        Console().print(_table(item, settings))
    catalogue.database.close()
    return 0


def run_edit(settings: Settings, name: str, changes: Sequence[str], why: str, also: Also) -> int:
    """Sets fields; prints the new version. Raises NotFound, BadEdit, BadInput."""
    tasks = Tasks.load(settings.home_dir / "tasks")
    catalogue = Catalogue.opened(settings, tasks=tasks)
    parsed = dict(_parsed(change, tasks) for change in changes)
    item_id = catalogue.find_id(name, also=also)
    version = catalogue.edit(item_id, parsed, who=user(), why=why, also=also)
    catalogue.database.close()
    print(f"{item_id[:12]} · {'版本' if settings.lang == 'zh' else 'version'} {version}")
    return 0


def _parsed(change: str, tasks: Tasks) -> tuple[str, object]:
    name, equals, text = change.partition("=")
    name = name.strip()
    if not equals or not name:
        raise BadInput(
            zh=(f"{printable(change)[:60]!r} 不是“字段=值”。", "例如 brand=ALPRO 或 colours=红色,白色。"),
            en=(f"{printable(change)[:60]!r} is not field=value.", "For instance brand=ALPRO or colours=red,white."),
        )
    if name in OWN_FIELDS:
        return name, text.strip() or None
    return name, parse_value(find_field(tasks, name), text)


def _table(item: Item, settings: Settings) -> Table:
    tasks = Tasks.load(settings.home_dir / "tasks")
    table = Table(title=escape(f"{item.title} · {item.id[:12]} · v{item.version}"), box=None, pad_edge=False)
    for heading in ("", "", "", ""):
        table.add_column(heading, overflow="fold")
    for name, now in item.values.items():
        shown = in_words(now.value.value, settings.lang) or "—"
        mark = MARKS[now.value.verdict]
        table.add_row(label_of(tasks, name, settings), escape(printable(shown)), mark, f"[dim]{escape(now.who)}[/]")
    for picture in item.pictures:
        width, height = picture.size_px
        table.add_row("[dim]·[/]", escape(printable(picture.name)), "", f"[dim]{width} × {height}[/]")
    return table


def label_of(tasks: Tasks, name: str, settings: Settings) -> str:
    """What a field is called."""
    try:
        return find_field(tasks, name).label.of(settings.lang)
    except BadEdit:  # of a task that is gone since
        return name


def user() -> str:
    """Who is at the command line."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a container's user without a name
        return "cli"
