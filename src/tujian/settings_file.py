"""Single keys of `TUJIAN_HOME/settings.toml` changed, everything else left as somebody wrote it.

Enters: the file's path, new values. Leaves: the changed file, whole at every moment. Does not know what settings mean;
`settings.py` reads them. Done by lines rather than by a TOML writer, because a writer loses comments; afterwards the
text is parsed again and must say exactly what was wanted, else nothing is written.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tujian.errors import BadSettings, Said
from tujian.whole_files import write_whole


def change_settings(path: Path, values: Mapping[str, str | None]) -> None:
    """Sets keys to strings, or takes them out where the value is None.

    Raises BadSettings, and the file is as it was.
    """
    try:
        before = path.read_bytes().decode("utf-8") if path.exists() else ""
        wanted = {**tomllib.loads(before), **values}
        after = changed_text(before, values)
        if tomllib.loads(after) != {key: value for key, value in wanted.items() if value is not None}:
            raise ValueError("the change does not come out right")
        write_whole(path.resolve(), after)  # a link stays a link
    except (OSError, ValueError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        shown = ", ".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items() if value)
        raise BadSettings(
            zh=Said(f"{path} 改不了：{error}。", f"请自己在文件里写：{shown}"),
            en=Said(f"{path} cannot be changed: {error}.", f"Write it there yourself: {shown}"),
        ) from error


def changed_text(text: str, values: Mapping[str, str | None]) -> str:
    """`text` with top-level keys replaced where they stand, else added above the first table.

    >>> changed_text('# mine\\nmodel = "a"  # why\\n[x]\\ny = 1\\n', {"model": "b", "engine": "auto"})
    '# mine\\nmodel = "b"  # why\\nengine = "auto"\\n[x]\\ny = 1\\n'
    """
    table = re.search(r"^[ \t]*\[", text, re.M)
    head, tail = (text[: table.start()], text[table.start() :]) if table else (text, "")
    for key, value in values.items():
        head = _with_key(head, key, value)
    return head + tail


def _with_key(head: str, key: str, value: str | None) -> str:
    line = re.compile(
        rf"""^([ \t]*{key}[ \t]*=[ \t]*)("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\w+)([ \t]*(?:\#.*)?\r?\n?)""", re.M
    )
    said = json.dumps(value, ensure_ascii=False)  # a JSON string is a TOML string
    found = line.search(head)
    if found:
        return (
            head[: found.start()] + (f"{found[1]}{said}{found[3]}" if value is not None else "") + head[found.end() :]
        )
    if value is None:
        return head
    return f"{head}{'' if not head or head.endswith(chr(10)) else chr(10)}{key} = {said}\n"
