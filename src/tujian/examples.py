"""A user's examples: a folder for each class, or a CSV of path and label.

Enters: a folder or a CSV file. Leaves: `Example`s, or a refusal that names the line or the class and says what to do.
It does not open pictures; it finds them.
"""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tujian.errors import BadInput, BadSettings, UnreadablePicture
from tujian.learning import LEAST_CLASSES, LEAST_PICTURES

MOST_LABEL = 60  # characters


@dataclass(frozen=True, slots=True)
class Example:
    path: Path
    label: str


def read_examples(source: Path) -> list[Example]:
    """The examples in a folder of class folders, or in a CSV. Raises BadSettings, UnreadablePicture."""
    if source.is_dir():
        return _in_folders(source)
    if source.is_file():
        return _in_table(source)
    raise UnreadablePicture(
        zh=(f"{source} 不存在。", "请给出每类一个子文件夹的文件夹，或“路径,类名”的 CSV 文件。"),
        en=(f"{source} does not exist.", "Name a folder with a subfolder for each class, or a CSV of path,label."),
    )


def check_counts(labels: Iterable[str], unreadable: int = 0) -> None:
    """Raises BadSettings unless there are enough classes, and pictures of each."""
    counted = Counter(labels)
    few = [f"{label} ({count})" for label, count in sorted(counted.items()) if count < LEAST_PICTURES]
    lost_zh = f"，{unreadable} 张读不了" if unreadable else ""
    lost_en = f"; {unreadable} cannot be read" if unreadable else ""
    if len(counted) < LEAST_CLASSES:
        raise BadSettings(
            zh=(f"只有 {len(counted)} 个类{lost_zh}，分不出什么。", "请至少准备两类；不想识别的放进名为“其他”的一类。"),
            en=(
                f"There are {len(counted)} classes{lost_en}: nothing to tell apart.",
                "Give two at least; what is to be passed over can be a class called other.",
            ),
        )
    if few:
        raise BadSettings(
            zh=(f"图片太少{lost_zh}：{'、'.join(few)}。", f"每类至少要 {LEAST_PICTURES} 张不同的图片。"),
            en=(f"Too few pictures{lost_en}: {', '.join(few)}.", f"Each class needs {LEAST_PICTURES} different ones."),
        )


def _in_folders(folder: Path) -> list[Example]:
    kinds = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [
        Example(path, kind.name)
        for kind in kinds
        for path in sorted(kind.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(kind).parts)
    ]


def _in_table(table: Path) -> list[Example]:
    """Rows of path and label; paths count from the table's folder. A first row "path,label" is a heading."""
    try:
        rows = list(csv.reader(table.read_text("utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _refused(table, 1, "不是 UTF-8 的 CSV", "not CSV in UTF-8") from error
    examples = []
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells[:2] == ["path", "label"]):
            continue
        if len(cells) != 2 or not all(cells) or len(cells[1]) > MOST_LABEL:
            raise _refused(table, number, "应为“路径,类名”", "path,label expected")
        path = table.parent / cells[0]
        if not path.is_file():
            raise _refused(table, number, f"没有文件 {cells[0]}", f"there is no file {cells[0]}")
        examples.append(Example(path, cells[1]))
    return examples


def _refused(table: Path, line: int, zh: str, en: str) -> BadInput:
    return BadSettings(
        zh=(f"{table.name} 第 {line} 行有误：{zh}。", "每行写：图片路径,类名（路径从 CSV 所在文件夹算起）。"),
        en=(f"{table.name}, line {line}: {en}.", "Write a path and a class on each line, paths from the CSV's folder."),
    )
