"""The page of settings: what this browser keeps, which engine is asked, what is set and where from. req: A4

Enters: how things are set. Leaves: the page as text. What it does not know: files, requests, cookies. A secret is never
written on a page, only that there is one. Addresses and names are foreign: they only ever become text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr
from sqlalchemy import make_url

from tujian.errors import TujianError
from tujian.settings import Origin, Settings
from tujian.web.overview import size
from tujian.web.render import Reader, read_words, render_template

LANGS = {"zh": "中文", "en": "English"}  # each in its own words
ORDER = ("command", "environment", "file", "default")  # what somebody set comes first


@dataclass(frozen=True, slots=True)
class Setup:
    """How things are set. `next` is what the file and the environment say now: what the next start takes.

    `trouble`: why that cannot be read or changed; `typed`: what somebody wrote that could not be kept.
    """

    settings: Settings
    origins: Mapping[str, Origin]
    next: Settings | None
    file: Path
    is_writable: bool
    home_bytes: int
    is_all_counted: bool
    database: str
    version: str
    trouble: TujianError | None = None
    typed: Mapping[str, str] | None = None
    done: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A setting as the table shows it."""

    name: str
    about: str
    value: str
    is_set: bool
    is_secret: bool
    origin: Origin


def render_settings(reader: Reader, setup: Setup) -> str:
    words = read_words(reader.lang)
    rows = [_row(name, setup, words) for name in Settings.model_fields]
    now = setup.next or setup.settings
    typed = setup.typed or {
        "engine_url": now.engine_url or "", "engine_model": now.engine_model or "", "lang": now.lang,
    }  # fmt: skip
    return render_template(
        "settings.html",
        "/settings",
        reader,
        setup=setup,
        rows=sorted(rows, key=lambda row: ORDER.index(row.origin)),
        later=[words[f"setting_{name}"] for name in changed(setup)],
        trouble=setup.trouble.say(reader.lang) if setup.trouble else None,
        typed=typed,
        has_key=now.engine_key is not None,
        held=[name for name in ("engine_url", "engine_model", "engine_key", "lang", "engine")
              if setup.origins[name] in ("environment", "command")],
        langs=LANGS,
        home_size=size(setup.home_bytes),
    )  # fmt: skip


def changed(setup: Setup) -> list[str]:
    """The settings that the next start takes otherwise; what the command line says now is not known then."""
    if setup.next is None:
        return []
    return [
        name
        for name in Settings.model_fields
        if setup.origins[name] != "command" and getattr(setup.next, name) != getattr(setup.settings, name)
    ]


def _row(name: str, setup: Setup, words: Mapping[str, str]) -> Row:
    value = getattr(setup.settings, name)
    is_secret = isinstance(value, SecretStr) and name != "database"
    return Row(
        name, words[f"setting_{name}"], _shown(name, value), value not in (None, ""), is_secret, setup.origins[name]
    )


def _shown(name: str, value: object) -> str:
    if name == "database" and isinstance(value, SecretStr):
        return make_url(value.get_secret_value()).render_as_string(hide_password=True)
    if isinstance(value, SecretStr) or value is None:
        return ""
    return without_key(str(value)) if name in ("engine_url", "embedder") else str(value)


def without_key(url: str) -> str:
    """An address without the key that some put before the @.

    >>> without_key("https://key@models.example.com/v1")
    'https://models.example.com/v1'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
