"""The user's own task files changed: checked first, written whole, known at once. A shipped one is never changed.

Enters: the text of a task. Leaves: Task and a file in the folder of own ones, or BadTask and nothing changed.
Does not know who asks. A file of another process is seen by it at its next start.
"""

import threading

import yaml

from tujian.errors import AlreadyThere, BadTask, LostUpdate, Said
from tujian.tasks import MOST_FILE_BYTES, Task, Tasks, parse_task, shipped_files
from tujian.whole_files import write_whole

UNSAVED = "task.md"


class OwnTasks:
    """The folder of own tasks beside the tasks that all hold."""

    def __init__(self, tasks: Tasks) -> None:
        self.tasks, self._changing = tasks, threading.Lock()

    def text_of(self, name: str) -> str:
        """A task's file as it is. Raises BadTask."""
        task, own = self.tasks.get(name), self.tasks.own_file(name)
        try:
            if own is not None:
                return own.read_text("utf-8")
            return next(file.read_text("utf-8") for file in shipped_files() if file.name == f"{task.name}.md")
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(name, str(error)) from error

    def save(self, text: str, opened: str = "", was: str = "") -> Task:
        """Writes a task. `opened` is the name of the one that it was made from, if any, `was` its identity then.

        Raises BadTask; AlreadyThere when its new name is taken; LostUpdate when somebody changed that one meanwhile.
        """
        text = unix_lines(text)
        task, folder = checked(text), self.tasks.own_folder
        if folder is None:
            raise _unwritable(task.name, "no folder")
        with self._changing:
            self.tasks.reload()  # a file that somebody else broke is told before anything is written
            if opened and task.name in self.tasks.names():
                if task.name != opened:
                    raise _name_taken(task.name)
                if was and self.tasks.get(opened).identity != was:
                    raise _lost(opened)
            path = self.tasks.own_file(task.name) or folder / f"{task.name}.md"
            if path.exists() and self.tasks.own_file(task.name) is None:
                raise _taken(path.name, task.name)
            try:
                write_whole(path.resolve(), text)  # a link stays a link
            except OSError as error:
                raise _unwritable(task.name, error.strerror or str(error)) from error
            self.tasks.reload()
        return task

    def remove(self, name: str) -> bool:
        """Takes an own task away; whether a shipped one of that name is there again. Raises BadTask."""
        with self._changing:
            self.tasks.reload()
            path = self.tasks.own_file(name)
            if path is None:
                raise _not_own(name)
            try:
                path.unlink()
            except OSError as error:
                raise _unwritable(name, error.strerror or str(error)) from error
            self.tasks.reload()
        return name in self.tasks.shipped


def checked(text: str) -> Task:
    """The task that a text makes. Raises BadTask with the line.

    Aliases are refused: a few lines of them can stand for more than a machine's memory.
    """
    text = unix_lines(text)
    if len(text.encode("utf-8", "replace")) > MOST_FILE_BYTES:
        raise _wrong(1, "文件大于 64 kB", "larger than 64 kB")
    front = text.partition("\n---\n")[0]
    try:
        alias = next((one for one in yaml.scan(front) if isinstance(one, yaml.AliasToken)), None)
    except (yaml.YAMLError, ValueError, RecursionError):
        alias = None  # parse_task says what is wrong there
    if alias is not None:
        raise _wrong(alias.start_mark.line + 1, "不能用 YAML 的别名（*名字）", "aliases of YAML (*name) are not taken")
    return parse_task(text, UNSAVED)


def unix_lines(text: str) -> str:
    """As browsers send it and editors write it, with the ends of lines that a task file has.

    >>> unix_lines("a\\r\\nb")
    'a\\nb\\n'
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip() + "\n"


def _wrong(line: int, zh: str, en: str) -> BadTask:
    error = BadTask(
        zh=Said(f"任务文件第 {line} 行有误：{zh}。", "请改掉这一处。"),
        en=Said(f"Task file, line {line}: {en}.", "Change this place."),
    )
    error.line = line
    return error


def _unreadable(name: str, why: str) -> BadTask:
    return BadTask(
        zh=Said(f"任务 {name} 的文件读不了：{why}。", "请看看任务文件夹里的这个文件。"),
        en=Said(f"The file of task {name} cannot be read: {why}.", "Look at it in the folder of tasks."),
    )


def _unwritable(name: str, why: str) -> BadTask:
    return BadTask(
        zh=Said(f"任务 {name} 没有保存：{why}。", "请看看数据文件夹的权限和剩余空间，再保存一次。"),
        en=Said(f"Task {name} was not saved: {why}.", "Look at the data folder's rights and room, then save again."),
    )


def _taken(file: str, name: str) -> BadTask:
    return BadTask(
        zh=Said(f"任务文件夹里的 {file} 是另一个任务，没有保存。", f"请先把它改名，或换一个不叫 {name} 的名字。"),
        en=Said(f"{file} in the folder of tasks is another task; nothing was saved.", f"Rename it, or {name} here."),
    )


def _name_taken(name: str) -> AlreadyThere:
    return AlreadyThere(
        zh=Said(f"已经有叫 {name} 的任务，没有保存。", "请在 name: 那一行换一个名字；要改那个任务，请打开它。"),
        en=Said(f"There is a task {name} already; nothing was saved.", "Give it another name:, or open that task."),
    )


def _not_own(name: str) -> BadTask:
    return BadTask(
        zh=Said(f"{name[:60]!r} 没有自己的改动。", "自带的任务不会被改，也不用删。"),
        en=Said(f"There is no own copy of {name[:60]!r}.", "Shipped tasks are never changed; nothing is to be done."),
    )


def _lost(name: str) -> LostUpdate:
    return LostUpdate(
        zh=Said(f"任务 {name} 刚被别人改过，没有保存。", "您写的还在；请另开一页看看现在的，再决定。"),
        en=Said(
            f"Somebody has changed task {name} meanwhile; nothing was saved.",
            "What you wrote is still here: look at the task as it is now in another page, then decide.",
        ),
    )
