"""What was learnt from a user's examples, kept as `TUJIAN_HOME/learned/NAME.npz`.

Enters: a folder and names. Leaves: `Named` classifiers, and files written whole or not at all. A file holds weights and
picture vectors, no pixels and no pickles. It does not know how pictures are read or classes are fitted.
"""

import hashlib
import os
import re
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tujian.errors import BadSettings, NotFound
from tujian.learning import Learned, Score
from tujian.perception.labels import vector_identity

FOLDER = "learned"
FORM = 1  # of the file; a reader of another form says so
_NAME = re.compile(r"[^\W_][\w-]{0,59}")


@dataclass(frozen=True, slots=True)
class Named:
    """A classifier under its name; `version` is a hash of its file."""

    name: str
    version: str
    learned: Learned


def check_name(name: str) -> str:
    """The name itself, if it can be a file's. Raises BadSettings.

    >>> check_name("春季-杯子")
    '春季-杯子'
    """
    if not _NAME.fullmatch(name):
        raise BadSettings(
            zh=(f"名字 {name[:60]!r} 不能用。", "请用 --name 另起：文字、数字、- 和 _，最长 60 个字。"),
            en=(
                f"The name {name[:60]!r} cannot be used.",
                "Give another by --name: letters, digits, - and _, up to 60.",
            ),
        )
    return name


def names_in(home: Path) -> list[str]:
    """The names of all that was learnt, in order."""
    return sorted(path.stem for path in (home / FOLDER).glob("*.npz") if _NAME.fullmatch(path.stem))


def keep(home: Path, name: str, learned: Learned) -> Path:
    """Writes a classifier, replacing one of the same name in one step."""
    path = home / FOLDER / f"{check_name(name)}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        np.savez_compressed(
            file,
            form=np.int64(FORM),
            made_with=np.array(vector_identity()),
            classes=np.array(learned.classes),
            weights=learned.weights,
            bias=learned.bias,
            examples=learned.examples.astype(np.float16),
            numbers=np.array([*learned.calibration, learned.sure_at, learned.usual_from, learned.penalty]),
            scores=np.array([(s.right, s.count) for s in (*learned.per_class, learned.stated)]),
        )
    os.replace(file.name, path)  # noqa: PTH105 - a temporary name is a string
    return path


def load(home: Path, name: str) -> Named:
    """The classifier called `name`. Raises NotFound, and BadSettings where the file is damaged or of other weights."""
    path = home / FOLDER / f"{check_name(name)}.npz"
    if not path.is_file():
        raise _missing(home, name)
    content = path.read_bytes()
    try:
        with np.load(path) as stored:
            form, made_with = int(stored["form"]), str(stored["made_with"])
            if (form, made_with) != (FORM, vector_identity()):
                raise _outdated(name)
            return Named(name, hashlib.sha256(content).hexdigest()[:12], _read(stored))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
        raise _damaged(name) from error


def load_all(home: Path) -> tuple[Named, ...]:
    return tuple(load(home, name) for name in names_in(home))


def forget(home: Path, name: str) -> None:
    """Deletes what was learnt under `name`. Raises NotFound."""
    path = home / FOLDER / f"{check_name(name)}.npz"
    if not path.is_file():
        raise _missing(home, name)
    path.unlink()


def _read(stored: "np.lib.npyio.NpzFile") -> Learned:
    slope, constant, sure_at, usual_from, penalty = (float(number) for number in stored["numbers"])
    *per_class, stated = (Score(int(right), int(count)) for right, count in stored["scores"])
    return Learned(
        classes=tuple(str(name) for name in stored["classes"]),
        weights=stored["weights"],
        bias=stored["bias"],
        examples=stored["examples"].astype(np.float32),
        calibration=(slope, constant),
        sure_at=sure_at,
        usual_from=usual_from,
        penalty=penalty,
        per_class=tuple(per_class),
        stated=stated,
    )


def _missing(home: Path, name: str) -> NotFound:
    known = ", ".join(names_in(home)) or "–"
    return NotFound(
        zh=(f"没有学过“{name}”。", f"学过的有：{known}。"),
        en=(f"Nothing was learnt under “{name}”.", f"There is: {known}."),
    )


def _outdated(name: str) -> BadSettings:
    return BadSettings(
        zh=(
            f"“{name}”是用另一版识图模型学的，向量不能再用。",
            f"请用原来的图片再运行一次 tujian learn … --name {name}，或用 tujian learn --forget {name} 删除。",
        ),
        en=(
            f"“{name}” was learnt with other weights of the picture network; its vectors no longer compare.",
            f"Run tujian learn … --name {name} on the pictures again, or tujian learn --forget {name}.",
        ),
    )


def _damaged(name: str) -> BadSettings:
    return BadSettings(
        zh=(f"学到的“{name}”文件损坏。", f"请再运行一次 tujian learn，或用 tujian learn --forget {name} 删除。"),
        en=(f"The file of “{name}” is damaged.", f"Run tujian learn again, or tujian learn --forget {name}."),
    )
