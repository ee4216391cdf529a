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

MOST_SHOWN = 20
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


def run_unmerge(settings: Settings, number: int, also: Also) -> int:
    """Takes a whole merge back, and says what was left as somebody changed it since. Raises NotFound, StoreFailed."""
    catalogue, zh = Catalogue.opened(settings), settings.lang == "zh"
    done = catalogue.unmerge(number, who=user(), also=also)
    catalogue.database.close()
    again = f"，{done.again} 个先前已撤销" if zh else f", {done.again} had it before"
    print(
        f"{done.items} 个条目的 {done.field} 改回合并以前的值{again if done.again else ''}。"
        if zh
        else f"{done.items} items say again what they said as {done.field} before{again if done.again else ''}."
    )
    if done.left:
        print(
            f"{done.left_count} 个后来有人改过，没有动：" if zh else f"{done.left_count} were changed since and stay:"
        )
        print("\n".join(f"  {item_id[:12]}" for item_id in done.left[:MOST_SHOWN]))
    return 0


def _line(done: Merged, zh: bool) -> str:
    if done.is_trial:
        return f"会改动 {done.items} 个条目；什么也没有改。" if zh else f"{done.items} items would change; none did."
    if zh:
        back = f"；整个撤销：tujian values --undo {done.number}" if done.number else ""
        return f"{done.items} 个条目改为 {done.into}{back}。"
    back = f"; all of it is undone by `tujian values --undo {done.number}`" if done.number else ""
    return f"{done.items} items say {done.into} now{back}."
