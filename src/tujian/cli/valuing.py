"""`tujian values`: what a field says over the whole catalogue, and several values made one. req: C4

Enters: a field, values as typed. Leaves: counts on standard output, or how many items were changed.
"""

import re
from collections.abc import Sequence

from tujian.catalogue import Catalogue, Merged
from tujian.catalogue.nouns import Also
from tujian.cli.keeping import user
from tujian.fields import LISTS, find_field, parse_value
from tujian.folding import printable
from tujian.settings import Settings
from tujian.tasks import Tasks

COMMAS = re.compile(r"[,，]")


def run_values(settings: Settings, field: str, also: Also) -> int:
    """Prints `count value`, the most frequent first. Raises BadEdit."""
    catalogue = Catalogue.opened(settings)
    for one in catalogue.values_of(field, also=also):
        print(f"{one.count:>7}  {printable(one.value)}")
    catalogue.database.close()
    return 0


def run_merge(settings: Settings, field: str, merge: Sequence[str], into: str, also: Also, *, is_trial: bool) -> int:
    """Changes every item that has one of the values. Raises BadEdit, StoreFailed."""
    tasks = Tasks.load(settings.home_dir / "tasks")
    told = find_field(tasks, field)
    one = into.strip() if told.type in LISTS else parse_value(told, into)
    catalogue = Catalogue.opened(settings, tasks=tasks)
    values = [part.strip() for typed in merge for part in COMMAS.split(typed) if part.strip()]
    done = catalogue.merge_values(field, values, one, who=user(), also=also, is_trial=is_trial)
    catalogue.database.close()
    print(_line(done, settings.lang == "zh"))
    return 0


def _line(done: Merged, zh: bool) -> str:
    if done.is_trial:
        return f"会改动 {done.items} 个条目；什么也没有改。" if zh else f"{done.items} items would change; none did."
    if zh:
        return f"{done.items} 个条目改为 {done.into}；每个都可撤销（POST /v1/items/编号/undo）。"
    return f"{done.items} items say {done.into} now; each can be undone (POST /v1/items/ID/undo)."
