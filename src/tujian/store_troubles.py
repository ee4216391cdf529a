"""What a database complains of, said in the error tree with what to do about it.

Enters: a driver's error, or the operating system's. Leaves: StoreFailed, or None where our own statement is at fault.
Does not know: what was being written.
"""

import re
import sqlite3
from collections.abc import Callable

from sqlalchemy.exc import DatabaseError, OperationalError

from tujian.errors import StoreDown, StoreFailed, StoreFull, StoreLocked

# SQLite's own messages (sqlite3ErrStr in main.c), first match
_WHYS = {
    "locked": "locked|busy",
    "full": "full|disk I/O error|No space|too large",
    "read_only": "readonly|unable to open|not authorized|^Permission|^Read-only|^Not a directory",
    "not_set_up": "no such table",
    "damaged": "malformed|not a database",
}
_STATES = {"53100": "full", "40001": "locked", "40P01": "locked", "55P03": "locked"}  # PostgreSQL, Appendix A
_WORDS = {
    "locked": (
        ("正被占用", "is locked by another program"),
        ("请稍后再试；若一直如此，请关闭占用它的程序。", "Try again; if it lasts, end what holds it."),
    ),
    "full": (
        ("写不进去，磁盘可能已满", "cannot be written, the disk may be full"),
        ("请腾出空间后再试，中断的工作会接着做。", "Make room and try again; work that was interrupted goes on."),
    ),
    "read_only": (
        ("所在的目录不可写", "lies in a folder that cannot be written"),
        ("请检查 TUJIAN_HOME 的权限，或换一个目录。", "Check the permissions of TUJIAN_HOME, or choose another."),
    ),
    "not_set_up": (
        ("启动时没有建成", "could not be set up at the start"),
        ("请排除启动时报告的问题，然后重启图鉴。", "Mend what the start reported, then start Tujian again."),
    ),
    "damaged": (
        ("已损坏", "is damaged"),
        ("请移走这个文件，图鉴会新建一个。", "Move the file away: a new one is made."),
    ),
    "other": (
        ("没有应答", "does not answer"),
        (
            "请检查数据库服务、TUJIAN_DATABASE 和磁盘，然后再试。",
            "Check server, TUJIAN_DATABASE and disk, then try again.",
        ),
    ),
}
_OURS = re.compile("syntax error|no such column|has no column")  # a wrong statement is our own fault
_KINDS: dict[str, Callable[..., StoreFailed]] = {"locked": StoreLocked, "full": StoreFull}


def trouble_in(error: DatabaseError | sqlite3.Error, name: str) -> StoreFailed | None:
    """What an error of the database called `name` means; None for a wrong statement or value."""
    cause = error.orig if isinstance(error, DatabaseError) else error
    if isinstance(cause, sqlite3.Error):
        is_the_file = type(cause) in (sqlite3.OperationalError, sqlite3.DatabaseError)
        return None if not is_the_file or _OURS.search(str(cause)) else trouble(name, str(cause))
    if not isinstance(error, OperationalError):
        return None
    return trouble(name, str(cause), _STATES.get(getattr(cause, "sqlstate", None) or "", "other"))


def trouble(name: str, said: str, why: str | None = None) -> StoreFailed:
    """`said` in our words; `why` is one of the keys above, read out of `said` when it is not given."""
    why = why or next((why for why, pattern in _WHYS.items() if re.search(pattern, said)), "other")
    (what_zh, what_en), (do_zh, do_en) = _WORDS[why]
    said = " ".join(said.split())
    return _KINDS.get(why, StoreDown)(
        why,
        zh=(f"数据库 {name} {what_zh}（{said}），这次什么也没有保存。", do_zh),
        en=(f"The database {name} {what_en} ({said}): nothing is kept of this.", do_en),
    )
