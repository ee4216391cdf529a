"""`tujian pending`: what is not shown because nobody has looked at it yet, and why. req: E9

Enters: settings, items that somebody wants shown unseen. Leaves: counts and reasons on standard output.
"""

from collections.abc import Sequence

from tujian.catalogue import Catalogue
from tujian.catalogue.pending import Stuck, count_pending, stuck_items
from tujian.cli.keeping import user
from tujian.errors import Lang
from tujian.folding import printable
from tujian.settings import Settings

MOST_SHOWN = 40


def run(settings: Settings, show: Sequence[str], *, show_failed: bool) -> int:
    """Shows what is named, then says what waits; 1 while some of it will not be looked at. Raises NotFound."""
    catalogue, zh = Catalogue.opened(settings), settings.lang == "zh"
    database = catalogue.database
    ids = [catalogue.find_id(name, also=["pending"]) for name in show]
    ids += [one.id for one in stuck_items(database)] if show_failed else []
    for item_id in dict.fromkeys(ids):
        catalogue.show(item_id, who=user(), why="shown without a look")
    if ids:
        count = len(set(ids))
        print(f"{count} 个条目未经识别就显示了。" if zh else f"{count} items are shown without a look.")
    count, stuck = count_pending(database), stuck_items(database)
    database.close()
    print(_counted(count, len(stuck), settings.lang))
    for one in stuck[:MOST_SHOWN]:
        print(_line(one, settings.lang))
    if stuck:
        print(
            "再运行同样的 tujian import 会再试；确认可以显示的，用 --show 编号 或 --show-failed。"
            if zh
            else "The same `tujian import` tries again; what may be seen: --show ID, or --show-failed."
        )
    return 1 if stuck else 0


def _counted(count: int, stuck: int, lang: Lang) -> str:
    if lang == "zh":
        return f"{count} 个条目还没看过，暂不显示；其中 {stuck} 个没有识别成功，也不在排队。"
    return f"{count} items were not looked at yet and are not shown; {stuck} of them failed and are not queued."


def _line(one: Stuck, lang: Lang) -> str:
    cancelled = ("识别被取消了。",) if lang == "zh" else ("Looking was cancelled.",)
    return printable(f"  ✗ {one.id[:12]} {one.name[-60:]}: {' '.join(one.trouble[lang] if one.trouble else cancelled)}")
