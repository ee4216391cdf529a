"""What a health check of a sheet has found so far, a line a row: one that breaks off goes on. req: F2, C7

Enters: rows as they are checked, with the names of what was cut out. Leaves: the same rows after a kill, and nothing of
another check. Does not know: how a row is checked, jobs.
"""

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tujian.check import Main, RowChecked
from tujian.check_sheet import Kind, Mark
from tujian.geometry import Box1000
from tujian.shelf import write_whole


@dataclass(frozen=True, slots=True)
class Entry:
    """A row, and the name of what was cut out for each of its marks, "" without."""

    checked: RowChecked
    crops: tuple[str, ...]


class Journal:
    """One check's. `of` says what is checked with what: lines that were written for something else do not count.

    Raises OSError, as its methods do.
    """

    def __init__(self, path: Path, of: str) -> None:
        self._path, self._lock = path, threading.Lock()
        self.entries = self._read(of)
        lines = [json.dumps(of), *(_line(place, entry) for place, entry in self.entries.items())]
        write_whole(path, "".join(f"{line}\n" for line in lines).encode())  # without a line that was torn

    @property
    def done(self) -> Mapping[int, RowChecked]:
        return {place: entry.checked for place, entry in self.entries.items()}

    def keep(self, place: int, entry: Entry) -> None:
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(f"{_line(place, entry)}\n")
            self.entries[place] = entry

    def drop(self) -> None:
        self._path.unlink(missing_ok=True)

    def _read(self, of: str) -> dict[int, Entry]:
        lines = self._path.read_text("utf-8").splitlines() if self._path.is_file() else []
        if not lines or lines[0] != json.dumps(of):
            return {}
        return dict(told for line in lines[1:] if (told := _entry(line)) is not None)


def _line(place: int, entry: Entry) -> str:
    main = entry.checked.main
    told: dict[str, Any] = {"place": place, "marks": [asdict(mark) for mark in entry.checked.marks]}
    told |= {"crops": entry.crops, "main": None if main is None else _packed(main)}
    return json.dumps(told, ensure_ascii=False)


def _packed(main: Main) -> list[Any]:
    numbers = (base64.b64encode(one.tobytes()).decode() for one in (main.vector, main.colour))
    return [main.sha256, main.dhash, *numbers, str(main.colour.dtype)]


def _entry(line: str) -> tuple[int, Entry] | None:
    """None for a line that a kill cut short."""
    try:
        told = json.loads(line)
    except ValueError:
        return None
    main = None
    if told["main"] is not None:
        sha256, dhash, vector, colour, kind = told["main"]
        numbers = np.frombuffer(base64.b64decode(vector), np.float32), np.frombuffer(base64.b64decode(colour), kind)
        main = Main(sha256, dhash, *numbers)
    marks = tuple(_mark(one) for one in told["marks"])
    return told["place"], Entry(RowChecked(marks, main), tuple(told["crops"]))


def _mark(told: dict[str, Any]) -> Mark:
    box = told["box_1000"]
    return Mark(**{**told, "kind": Kind(told["kind"]), "box_1000": None if box is None else Box1000(*box)})
