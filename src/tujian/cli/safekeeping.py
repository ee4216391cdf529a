"""`tujian backup` and `tujian restore`. req: E4

Enters: settings, a file. Leaves: the file, or a filled catalogue, and what it holds in one line.
"""

from pathlib import Path

from tujian.backup import Told, back_up, restore
from tujian.database import open_database
from tujian.settings import Settings


def run_backup(settings: Settings, file: Path) -> int:
    """Returns 1 when pictures were gone. Raises BadInput, StoreFailed."""
    database = open_database(settings.database_place)
    told = back_up(database, settings.home_dir, file)
    database.close()
    print(_line(told, settings.lang == "zh"))
    return 1 if told.missing else 0


def run_restore(settings: Settings, file: Path) -> int:
    """Raises BadInput, StoreFailed."""
    database = open_database(settings.database_place)
    told = restore(database, settings.home_dir, file)
    database.close()
    print(_line(told, settings.lang == "zh"))
    return 0


def _line(told: Told, zh: bool) -> str:
    mb, count, gone = told.bytes_count / 1e6, told.rows.get("items", 0), len(told.missing)
    if zh:
        return f"{count} 个条目，{told.pictures} 张图片，{mb:.1f} MB" + (f"；{gone} 张图片文件已不在" if gone else "")
    return f"{count} items, {told.pictures} pictures, {mb:.1f} MB" + (
        f"; {gone} pictures' files are gone" if gone else ""
    )
