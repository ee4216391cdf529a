"""Words and templates become HTML.

What enters: language, theme, samples, the engine's mark. What leaves: a page as text.
What it does not know: requests, cookies, headers (routes.py), records (the browser fetches them).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Literal, TypedDict
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tujian.errors import BrokenInstall, Lang
from tujian.presets import presets
from tujian.tasks import Sampling

Theme = Literal["auto", "light", "dark"]
First = Literal["", "shop", "family"]
Words = dict[str, str]

HERE = Path(__file__).parent
ROOMS = (  # the entries of the bar, in their order: address, key of its name
    ("/", "nav_recognise"),
    ("/chat", "nav_chat"),
    ("/catalogue", "nav_catalogue"),
    ("/album", "nav_album"),
    ("/search", "nav_search"),
    ("/review", "nav_review"),
    ("/import", "nav_import"),
    ("/overview", "nav_overview"),
    ("/tasks", "nav_tasks"),
    ("/models", "nav_models"),
    ("/settings", "nav_settings"),
)
FIRST_ROOMS: dict[First, tuple[str, ...]] = {  # what stands first in the bar; the others follow in their order
    "": (),
    "shop": ("/", "/catalogue", "/search", "/review", "/import", "/tasks"),
    "family": ("/album", "/search", "/", "/import", "/chat"),
}
MOST_DOUBTS = 99  # doubts told by number: more are 99+
SAMPLES_SHOWN = 3  # shared/ui/README.md: empty states teach by doing, three own samples to try


class EngineMark(TypedDict):
    """The engine a picture would be sent to."""

    model: str
    url: str | None
    remote: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """What is now: the engine, and how many doubts wait for somebody, counted to `MOST_DOUBTS` + 1."""

    engine: EngineMark | None = None
    doubts: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a page: language, theme, the engine's mark above it. `chosen`: the language was chosen just now.

    `first`: what for, which decides what stands first in the bar; `name`: what somebody calls themselves here.
    """

    lang: Lang
    theme: Theme = "auto"
    engine: EngineMark | None = None
    chosen: bool = False
    texts_host: str = ""  # where texts are sent to, to be embedded
    first: First = ""
    name: str = ""
    doubts: int = 0  # waiting, beside their entry in the bar


class Sample(TypedDict):
    """One own picture, served at /samples/{file}."""

    file: str
    title_zh: str
    title_en: str


@cache
def read_words(lang: Lang) -> Words:
    """Every word of the page in `lang`, by key, the offered questions too. Raises BrokenInstall without the file."""
    rooms = sorted((HERE / "words" / lang).glob("*.json"))
    if not rooms:
        raise BrokenInstall(
            zh=("缺少页面用语文件。", "请重新安装图鉴。"),
            en=("The page's word files are missing.", "Install Tujian again."),
        )
    words = {f"prompt_{one.name}": one.words.of(lang) for one in presets()}
    for room in rooms:
        words |= json.loads(room.read_text(encoding="utf-8"))
    return words


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.globals["ratio"] = ratio_class
    return made


def ratio_class(width_px: int | None, height_px: int | None) -> str:
    """The class that says how wide a picture is beside its height: a page may hold no inline style.

    >>> ratio_class(1200, 1600)
    'w8'
    """
    return f"w{min(25, max(5, round(10 * (width_px or 1) / (height_px or 1))))}"


def engine_host(url: str) -> str:
    """Host and port of an address: what a person must know, and never the key some put before the @.

    >>> engine_host("https://key@dashscope.example.com:8443/v1")
    'dashscope.example.com:8443'
    """
    parts = urlsplit(url)
    host = parts.hostname or url
    return f"{host}:{parts.port}" if parts.port else host


def rooms_for(first: First) -> list[tuple[str, str]]:
    """The entries of the bar, the fitting ones first.

    >>> [address for address, _ in rooms_for("family")][:2]
    ['/album', '/search']
    """
    order = FIRST_ROOMS[first]
    return sorted(ROOMS, key=lambda room: order.index(room[0]) if room[0] in order else len(order))


def render_page(reader: Reader, samples: list[Sample], *, greets: bool = False) -> str:
    """The page of records as HTML. Its words go along in a meta element, since the CSP allows no inline script.

    `greets`: nothing is kept yet; who has not said what for is asked.
    """
    asks = greets and not reader.first
    return render_template("page.html", "/", reader, samples=titled(samples, reader.lang), greets=asks)


def render_chat(reader: Reader, samples: list[Sample], sampling: Sampling) -> str:
    """The page of chats as HTML; `sampling` is what its fields start with."""
    return render_template("chat.html", "/chat", reader, samples=titled(samples, reader.lang), sampling=sampling)


def titled(samples: Sequence[Sample], lang: Lang) -> list[dict[str, str]]:
    """The samples that a page offers, in its language."""
    shown = samples[:SAMPLES_SHOWN]
    return [{"file": s["file"], "title": s["title_zh"] if lang == "zh" else s["title_en"]} for s in shown]


def render_template(template: str, here: str, reader: Reader, lang_at: str = "", **more: object) -> str:
    """A page with the bar; its template extends `frame.html`. `here` is its entry there, `more` what it asks besides.

    `lang_at` is where it lies, with its query, when that is not `here`.
    """
    lang, engine, at = reader.lang, reader.engine, lang_at or here or "/"
    words, other = read_words(lang), "en" if lang == "zh" else "zh"
    return (
        _environment()
        .get_template(template)
        .render(
            w=SimpleNamespace(**words),  # a dict would answer w.clear with its own method
            presets=[f"prompt_{one.name}" for one in presets()],
            words_json=json.dumps(words, ensure_ascii=False),
            rooms=rooms_for(reader.first),
            here=here,
            lang_address=f"{at}{'&' if '?' in at else '?'}lang={other}",
            lang=lang,
            theme=reader.theme,
            first=reader.first,
            who=reader.name,
            doubts=reader.doubts,
            most_doubts=MOST_DOUBTS,
            engine=engine,
            texts_host=reader.texts_host,
            host=engine_host(engine["url"] or "") if engine and engine["remote"] else "",
            **more,
        )
    )


def render_login(reader: Reader, form_token: str) -> str:
    """The login form. `form_token` must come back with it and equal the cookie set beside it."""
    words = SimpleNamespace(**read_words(reader.lang))
    template = _environment().get_template("login.html")
    return template.render(w=words, lang=reader.lang, theme=reader.theme, form_token=form_token)
