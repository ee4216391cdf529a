"""`tujian searches`: what is kept under a name, asked again, renamed, forgotten.

Enters: a name. Leaves: lines on standard output.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tujian.catalogue.nouns import Also
from tujian.cli.searching import run_search
from tujian.database import open_database
from tujian.saved_searches import Question, SavedSearches
from tujian.settings import Settings


def run_list(settings: Settings, *, as_json: bool) -> int:
    """Name, question, day, one a line."""
    with _opened(settings) as saved:
        kept = saved.list()
    if as_json:
        for one in kept:
            print(one.model_dump_json())
        return 0
    if not kept:
        print("还没有保存过搜索。" if settings.lang == "zh" else "No search is kept yet.")
        return 0
    table = Table(box=None, pad_edge=False, show_header=False)
    for one in kept:
        table.add_row(escape(one.name), escape(_asked(one.search)), one.changed_at[:10])
    Console().print(table)
    return 0


def run_open(settings: Settings, name: str, limit: int, also: Also, *, as_json: bool) -> int:
    """Asks it again. Raises NotFound."""
    with _opened(settings) as saved:
        asked = saved.get(name).search
    return run_search(settings, asked, limit=limit, also=also, as_json=as_json)


def run_rename(settings: Settings, name: str, new: str) -> int:
    """Raises NotFound, AlreadyThere, BadInput."""
    with _opened(settings) as saved:
        now = saved.change(saved.get(name).id, name=new).name
    print(f"现在叫 {now}。" if settings.lang == "zh" else f"It is called {now} now.")
    return 0


def run_forget(settings: Settings, name: str) -> int:
    """Raises NotFound."""
    with _opened(settings) as saved:
        gone = saved.get(name)
        saved.forget(gone.id)
    print(f"{gone.name} 已删除。" if settings.lang == "zh" else f"{gone.name} is deleted.")
    return 0


def _asked(search: Question) -> str:
    like = [f"≈{search.like[:12]}"] if search.like else []
    return " ".join([search.text, *search.filters, *like]).strip()


@contextmanager
def _opened(settings: Settings) -> Iterator[SavedSearches]:
    database = open_database(settings.database_place)
    try:
        yield SavedSearches(database)
    finally:
        database.close()
