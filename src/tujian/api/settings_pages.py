"""The page of settings: cookies of this browser, single keys of the settings file. req: A4

What is written into the file holds from the next start; the page says so. Secrets go in and never come out.
"""

import os
import time
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tujian import __version__
from tujian.errors import BadSettings
from tujian.house import House
from tujian.settings import Origin, Settings, origins, read_settings
from tujian.settings_file import change_settings
from tujian.web.render import First, Reader, Theme
from tujian.web.routes import Mark, page_of, pick_name, reader_of, with_cookie
from tujian.web.settings import Setup, render_settings

COUNTING_S = 0.15  # of the data folder's files; a page is due in 0.3 s
Word = Annotated[str, Form(max_length=2000)]


def settings_router(house: House, mark: Mark) -> APIRouter:
    router, reading = APIRouter(include_in_schema=False), Depends(reader_of(house.settings, mark))
    begun = origins(house.settings)

    @router.get("/settings", response_class=HTMLResponse)
    def show_settings(
        reader: Annotated[Reader, reading], done: Annotated[str, Query(max_length=20)] = ""
    ) -> HTMLResponse:
        return page_of(render_settings(reader, _setup(house, begun, done=done)), reader)

    @router.post("/settings/mine")
    def keep_mine(
        lang: Annotated[Literal["zh", "en"], Form()],
        theme: Annotated[Theme, Form()] = "auto",
        first: Annotated[First, Form()] = "",
        name: Word = "",
    ) -> Response:
        """What this browser keeps."""
        answer = RedirectResponse("/settings?done=mine", 303)
        for cookie, value in {"lang": lang, "theme": theme, "first": first, "who": pick_name(name)}.items():
            with_cookie(answer, cookie, value)
        return answer

    @router.post("/settings/engine", response_class=HTMLResponse)
    def keep_engine(
        reader: Annotated[Reader, reading],
        engine_url: Word = "",
        engine_model: Word = "",
        engine_key: Word = "",
        no_key: bool = Form(False),
        lang: Annotated[Literal["zh", "en"], Form()] = "zh",
    ) -> Response:
        """What the next start takes, into the settings file."""
        typed = {"engine_url": engine_url.strip(), "engine_model": engine_model.strip(), "lang": lang}
        try:
            _keep(house.settings, typed, engine_key.strip(), no_key=no_key)
        except BadSettings as error:
            setup = _setup(house, begun, trouble=error, typed=typed)
            return page_of(render_settings(reader, setup), reader, 400)
        return RedirectResponse("/settings?done=engine", 303)

    return router


def _keep(settings: Settings, typed: dict[str, str], key: str, *, no_key: bool) -> None:
    """Raises BadSettings, and the file is as it was."""
    url = typed["engine_url"]
    if url and not _is_address(url):
        raise BadSettings(
            zh=("引擎地址不像网址，没有保存。", "请写成 http://127.0.0.1:8080/v1 这样，密钥另填。"),
            en=(
                "This is no address; nothing was saved.",
                "Write it as http://127.0.0.1:8080/v1, the key apart.",
            ),
        )
    if len(key) != len(key.encode()) or any(not char.isprintable() or char == " " for char in key):
        raise BadSettings(
            zh=("密钥里有空格或不能用的字符，没有保存。", "请重新复制密钥。"),
            en=("The key has blanks or characters that no key has; nothing was saved.", "Copy it again."),
        )
    values: dict[str, str | None] = {name: value or None for name, value in typed.items()}
    if key or no_key:
        values["engine_key"] = key or None
    if url and settings.engine in ("none", "llama.cpp", "transformers"):
        values["engine"] = "auto"  # else nobody would ask the address
    change_settings(settings.home_dir / "settings.toml", values)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        )
    except ValueError:
        return False


def _setup(
    house: House,
    begun: dict[str, Origin],
    *,
    trouble: BadSettings | None = None,
    typed: dict[str, str] | None = None,
    done: str = "",
) -> Setup:
    file = house.settings.home_dir / "settings.toml"
    upcoming = None
    try:
        upcoming = read_settings(home=house.settings.home)
    except BadSettings as error:
        trouble = trouble or error
    home_bytes, is_all = folder_bytes(house.settings.home_dir, COUNTING_S)
    return Setup(
        house.settings, begun, upcoming, file, _is_writable(file), home_bytes, is_all,
        house.database.engine.dialect.name, __version__, trouble, typed, done,
    )  # fmt: skip


def folder_bytes(folder: Path, budget_s: float) -> tuple[int, bool]:
    """Bytes of the files below, and whether all were counted in time."""
    until_s, count = time.monotonic() + budget_s, 0
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            if path.is_file():  # another process may have taken it away
                count += path.lstat().st_size
        if time.monotonic() > until_s:
            return count, False
    return count, True


def _is_writable(file: Path) -> bool:
    folder = next(one for one in (file.parent, *file.parent.parents) if one.is_dir())
    return os.access(folder, os.W_OK) and (not file.exists() or os.access(file, os.W_OK))
