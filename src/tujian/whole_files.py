"""Small files of the user's that are whole at every moment: written beside, then put in place.

Enters: a path and its text. Leaves: the file. Raises OSError, and the old file is as it was. Knows no format.
"""

import os
import tempfile
from pathlib import Path

NEW_FILE_MODE = 0o600  # it may come to hold a token or a key


def write_whole(path: Path, text: str) -> None:
    """The file with this text, in UTF-8; one that was there keeps its mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else NEW_FILE_MODE
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
            temporary.chmod(mode)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
