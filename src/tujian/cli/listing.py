"""`tujian tasks`: names, titles and fields, or the file of one."""

from importlib.resources import files

from rich.console import Console
from rich.table import Table

from tujian.settings import Settings
from tujian.tasks import Tasks


def run(settings: Settings, show: str | None) -> int:
    own = settings.home_dir / "tasks"
    tasks = Tasks.load(own)
    if show is not None:
        name = f"{tasks.get(show).name}.md"
        path = own / name if (own / name).is_file() else files("tujian").joinpath("data/tasks", name)
        print(path.read_text("utf-8"), end="")
        return 0
    table = Table(box=None, pad_edge=False, show_header=False)
    for task in tasks:
        labels = " · ".join(field.label.of(settings.lang) for field in task.fields)
        table.add_row(f"[bold]{task.name}[/]", task.title.of(settings.lang), f"[dim]{labels}[/]")
    Console().print(table)
    hint = f"自己的任务放在 {own}/*.md" if settings.lang == "zh" else f"Your own tasks go into {own}/*.md"
    Console().print(hint, style="dim", markup=False)
    return 0
