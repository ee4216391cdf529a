"""The questions that are offered ready-made, and the default of a published endpoint: one file for page, chat and API.

Enters: `data/prompts.toml`. Leaves: presets with the task for the same wish. Does not know: who answers them.
"""

import tomllib
from functools import cache
from importlib.resources import files

from tujian.tasks import Frozen, Name, Words


class Preset(Frozen):
    """A question of the published systems, `req` says where; `task` fills fields for the same wish."""

    name: Name
    req: str
    task: Name
    words: Words


@cache
def presets() -> tuple[Preset, ...]:
    """All of them, in the order in which they are offered."""
    table = tomllib.loads(files("tujian").joinpath("data/prompts.toml").read_text("utf-8"))
    return tuple(
        Preset(
            name=row["name"],
            req=row["req"],
            task=row["task"],
            words=Words(zh=row["zh"], en=row["en"]),
        )
        for row in table["prompt"]
    )


def preset(name: str) -> Preset:
    """The one called `name`; KeyError when there is none."""
    return {one.name: one for one in presets()}[name]
