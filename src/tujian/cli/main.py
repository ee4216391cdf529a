"""The commands and their options.

Exit codes: 0 all well, 1 some pictures failed (each is listed), 2 wrong use.
"""

import functools
import inspect
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tujian import __version__
from tujian.errors import BadInput, TujianError
from tujian.settings import Settings, read_settings

app = typer.Typer(
    name="tujian",
    help="图鉴：把图片变成目录。Tujian turns pictures into a catalogue, on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Mmproj = Annotated[Path | None, typer.Option("--mmproj", help="vision part of a GGUF model (default: found beside it)")]
WHO = {  # the options that say who looks besides perception: settings of the same names
    "engine": Annotated[
        str | None, typer.Option("--engine", help="auto, none, remote, llama.cpp or transformers (default auto)")
    ],
    "model": Annotated[
        str | None, typer.Option("--model", help="a name from `tujian models list`, a GGUF file or a folder")
    ],
    "mmproj": Mmproj,
    "engine_url": Annotated[
        str | None, typer.Option("--engine-url", help="OpenAI-compatible server with a vision model")
    ],
    "engine_model": Annotated[str | None, typer.Option("--engine-model", help="model name there (default: its first)")],
}


def who_looks(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of WHO in the place of its `**who`: typer reads them off the signature."""
    own = inspect.signature(command)
    kept = [one for one in own.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in WHO.items()
    ]

    @functools.wraps(command)
    def run(*args: Any, **given: Any) -> None:  # noqa: ANN401 - whatever the command takes
        command(*args, **given)

    vars(run)["__signature__"] = own.replace(parameters=[*kept, *more])
    return run


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


class Unseen(StrEnum):
    """What is left out unless it is asked for."""

    hidden = "hidden"
    sensitive = "sensitive"
    pending = "pending"


Also = Annotated[list[Unseen] | None, typer.Option(help="such items too; may be given again")]
Lang = Annotated[Language | None, typer.Option("--lang", help="language of values and messages")]


@app.command()
@who_looks
def recognise(
    paths: Annotated[list[str], typer.Argument(help="pictures, folders and http(s) addresses", show_default=False)],
    task: Annotated[str, typer.Option(help="auto, or a name from `tujian tasks`")] = "auto",
    lang: Lang = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line, one line a file")] = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="pictures looked at together")] = 1,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="name the files that were skipped")] = False,
    **who: object,
) -> None:
    """Pictures in, records out."""
    from tujian.cli.recognising import run

    settings = _settings(lang=lang, **who)
    raise typer.Exit(_told(settings, lambda: run(settings, paths, task, as_json=as_json, jobs=jobs, verbose=verbose)))


@app.command()
@who_looks
def ask(
    picture: Annotated[str, typer.Argument(help="a picture or its http(s) address", show_default=False)],
    question: Annotated[str, typer.Argument(help="what you want to know; with --catalogue the first is it")] = "",
    catalogue: Annotated[bool, typer.Option("--catalogue", help="ask the catalogue's records, not a picture")] = False,
    also: Annotated[list[str] | None, typer.Option(help="a further picture; may be given again")] = None,
    temperature: Annotated[float, typer.Option(min=0, max=2)] = 0.7,
    top_p: Annotated[float, typer.Option(min=0.01, max=1)] = 0.9,
    max_tokens: Annotated[int, typer.Option(min=1, max=8192)] = 512,
    lang: Lang = None,
    **who: object,
) -> None:
    """Asks the model about a picture; the answer comes as it is said. With --catalogue, what the records say."""
    from tujian.cli.asking import run, run_catalogue
    from tujian.tasks import Sampling

    settings = _settings(lang=lang, **who)
    if catalogue:
        raise typer.Exit(_told(settings, lambda: run_catalogue(settings, f"{picture} {question}".strip())))
    if not question:
        raise typer.BadParameter("…", param_hint="QUESTION")
    sampling = Sampling(temperature=temperature, top_p=top_p, max_tokens=max_tokens)
    raise typer.Exit(_told(settings, lambda: run(settings, [picture, *(also or [])], question, sampling)))


@app.command()
@who_looks
def serve(
    host: Annotated[str | None, typer.Option(help="address to listen on (default 127.0.0.1)")] = None,
    port: Annotated[int | None, typer.Option(help="port of page and API (default 7860; 0: any free one)")] = None,
    lang: Lang = None,
    **who: object,
) -> None:
    """Page and API in one process."""
    from tujian.cli.serving import run

    settings = _settings(host=host, port=port, lang=lang, **who)
    raise typer.Exit(_told(settings, lambda: run(settings)))


@app.command()
def tasks(
    show: Annotated[str | None, typer.Option(help="print the file of this task, as a start for your own")] = None,
    lang: Lang = None,
) -> None:
    """The tasks there are."""
    from tujian.cli.listing import run

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run(settings, show)))


@app.command()
def learn(
    source: Annotated[
        Path | None, typer.Argument(help="a folder with a subfolder for each class, or a CSV of path,label")
    ] = None,
    name: Annotated[str | None, typer.Option(help="what to call it (default: the folder's or file's name)")] = None,
    listed: Annotated[bool, typer.Option("--list", help="what was learnt, and how good it is")] = False,
    forget: Annotated[str | None, typer.Option(help="delete what was learnt under this name")] = None,
    lang: Lang = None,
) -> None:
    """Learns your own categories from examples: 5 pictures of each at least."""
    from tujian.cli.learning import run_forget, run_learn, run_list

    if (source is not None) + listed + (forget is not None) != 1:
        raise typer.BadParameter("name a folder or a CSV file, or give --list or --forget NAME")
    settings = _settings(lang=lang)
    if source is not None:
        raise typer.Exit(_told(settings, lambda: run_learn(settings, source, name)))
    asked = functools.partial(run_list, settings) if listed else functools.partial(run_forget, settings, str(forget))
    raise typer.Exit(_told(settings, asked))


@app.command()
@who_looks
def doctor(lang: Lang = None, **who: object) -> None:
    """What works here, what does not, and what to do about it."""
    from tujian.cli.doctor import run

    settings = _settings(lang=lang, **who)
    raise typer.Exit(_told(settings, lambda: run(settings)))


models = typer.Typer(
    name="models", help="Vision-language models: what there is, what fits, fetch, choose, try.", no_args_is_help=True
)
app.add_typer(models)


@models.command("list")
def list_models(lang: Lang = None) -> None:
    """Every model: installed or not, the memory it needs, how fast it would be here."""
    from tujian.cli.models import run_list

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_list(settings)))


@models.command()
def pull(
    name: Annotated[str, typer.Argument(help="e.g. qwen3-vl-2b or qwen3-vl-8b:q8_0", show_default=False)],
    source: Annotated[str | None, typer.Option("--from", help="modelscope or hf")] = None,
    lang: Lang = None,
) -> None:
    """Fetches a model from ModelScope or Hugging Face; an interrupted fetch goes on where it stopped."""
    from tujian.cli.models import run_pull

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_pull(settings, name, source)))


@models.command()
def use(
    model: Annotated[str, typer.Argument(help="a name, a GGUF file, a folder; auto or none", show_default=False)],
    mmproj: Mmproj = None,
    lang: Lang = None,
) -> None:
    """Takes this model from now on."""
    from tujian.cli.models import run_use

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_use(settings, model, mmproj)))


@models.command()
@who_looks
def check(
    lang: Lang = None,
    **who: object,
) -> None:
    """Tries the model on drawn pictures: schema, boxes, streaming, stopping, and whether the picture matters."""
    from tujian.cli.models import run_check

    settings = _settings(lang=lang, **who)
    raise typer.Exit(_told(settings, lambda: run_check(settings)))


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="print the version")] = False) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def seen(also: list[Unseen] | None) -> list[Literal["hidden", "sensitive", "pending"]]:
    """What is asked for besides what is shown."""
    return [one.value for one in also or []]


def _settings(**chosen: object) -> Settings:
    chosen = _named_here_first(chosen)
    try:
        return read_settings(**{name: str(v) if isinstance(v, Language) else v for name, v in chosen.items()})
    except TujianError as error:
        _complain(error, "zh" if chosen.get("lang") in (None, Language.ZH) else "en")
        raise typer.Exit(2) from error


def _named_here_first(chosen: dict[str, object]) -> dict[str, object]:
    """A model or a server named on the command line goes before whatever the settings say."""
    engine = chosen.get("engine") or "auto"
    if chosen.get("engine_url"):
        return {**chosen, "engine": engine, "model": chosen.get("model") or "", "mmproj": chosen.get("mmproj") or ""}
    if chosen.get("model"):
        return {**chosen, "engine": engine, "engine_url": "", "mmproj": chosen.get("mmproj") or ""}
    return chosen


def _told(settings: Settings, run: object) -> int:
    """What `run` returns; an error that no single picture caused is told and ends in 2 (wrong use) or 1."""
    try:
        return run()  # pyright: ignore[reportCallIssue]
    except TujianError as error:
        _complain(error, settings.lang)
        return 2 if isinstance(error, BadInput) else 1
    except BrokenPipeError:  # `tujian recognise … | head`
        sys.stderr.close()
        return 1


def _complain(error: TujianError, lang: str) -> None:
    said = error.zh if lang == "zh" else error.en
    typer.echo(f"{said.message}{'' if lang == 'zh' else ' '}{said.remedy}", err=True)
