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


ItemKind = Literal["product", "photo"]
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
    question: Annotated[str, typer.Argument(help="what you want to know", show_default=False)],
    also: Annotated[list[str] | None, typer.Option(help="a further picture; may be given again")] = None,
    temperature: Annotated[float, typer.Option(min=0, max=2)] = 0.7,
    top_p: Annotated[float, typer.Option(min=0.01, max=1)] = 0.9,
    max_tokens: Annotated[int, typer.Option(min=1, max=8192)] = 512,
    lang: Lang = None,
    **who: object,
) -> None:
    """Asks the model about a picture; the answer comes as it is said."""
    from tujian.cli.asking import run
    from tujian.tasks import Sampling

    settings = _settings(lang=lang, **who)
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


@app.command("import")
@who_looks
def bring(
    source: Annotated[Path, typer.Argument(help="a folder, a ZIP, or a CSV, XLSX or JSONL sheet", show_default=False)],
    task: Annotated[str, typer.Option(help="auto, or a name from `tujian tasks`")] = "auto",
    kind: Annotated[ItemKind, typer.Option(help="what the pictures show")] = "product",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be brought; nothing is written")] = False,
    look: Annotated[bool, typer.Option("--look/--no-look", help="recognise what was brought")] = True,
    trial: Annotated[int | None, typer.Option(min=1, max=1000, help="recognise so many first; the rest waits")] = None,
    remote: Annotated[bool, typer.Option("--remote", help="leave recognising to workers elsewhere")] = False,
    column: Annotated[list[str] | None, typer.Option("--map", help="column=field, e.g. 主图=picture; again")] = None,
    pictures: Annotated[Path | None, typer.Option(help="folder of a sheet's pictures (default: its own)")] = None,
    lang: Lang = None,
    **who: object,
) -> None:
    """Brings pictures into the catalogue and recognises them; again, it does what is new or was left."""
    from tujian.cli.bringing import Asked, run

    settings = _settings(lang=lang, **who)
    asked = Asked(task, kind, dry_run, look, trial, remote, column or [], pictures)
    raise typer.Exit(_told(settings, lambda: run(settings, source, asked)))


@app.command("import-report")
def import_report(
    batch: Annotated[str, typer.Argument(help="id (or its beginning) of an import; the last one by default")] = "",
    out: Annotated[Path, typer.Option(help="a .csv or .xlsx file")] = Path("import.csv"),
    lang: Lang = None,
) -> None:
    """What became of each row of an import, and what to do about those that failed."""
    from tujian.cli.bringing import run_report

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_report(settings, batch, out)))


@app.command()
def duplicates(
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="one pair a line")] = False,
    also: Annotated[list[str] | None, typer.Option(help="hidden or sensitive: look among such items too")] = None,
    lang: Lang = None,
) -> None:
    """Items whose pictures are nearly the same; colour variants are not. Nothing is merged."""
    from tujian.cli.duplicates import run

    settings = _settings(lang=lang, engine="none")
    raise typer.Exit(_told(settings, lambda: run(settings, limit, also or [], as_json=as_json)))


@app.command()
def show(
    item: Annotated[str, typer.Argument(help="id (or its beginning), external id or SKU", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="the item as JSON")] = False,
    also: Annotated[list[str] | None, typer.Option(help="hidden or sensitive: find such items too")] = None,
    lang: Lang = None,
) -> None:
    """An item of the catalogue: its values, who said so, its pictures."""
    from tujian.cli.keeping import run_show

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_show(settings, item, also or [], as_json=as_json)))


@app.command()
def edit(
    item: Annotated[str, typer.Argument(help="id (or its beginning), external id or SKU", show_default=False)],
    changes: Annotated[list[str], typer.Argument(help="field=value; field= says that there is none")],
    why: Annotated[str, typer.Option(help="kept in the item's history")] = "",
    also: Annotated[list[str] | None, typer.Option(help="hidden or sensitive: find such items too")] = None,
    lang: Lang = None,
) -> None:
    """Corrects fields of an item; no model overwrites what a person wrote."""
    from tujian.cli.keeping import run_edit

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_edit(settings, item, changes, why, also or [])))


@app.command()
@who_looks
def worker(
    threads: Annotated[int, typer.Option(min=1, max=64, help="jobs done together")] = 1,
    lang: Lang = None,
    **who: object,
) -> None:
    """Does queued jobs until stopped; any number of workers may share one database."""
    from tujian.cli.working import run

    settings = _settings(lang=lang, **who)
    raise typer.Exit(_told(settings, lambda: run(settings, threads)))


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
def search(
    text: Annotated[str, typer.Argument(help="what is looked for, in Chinese or English", show_default=False)] = "",
    like: Annotated[list[Path] | None, typer.Option(help="a picture that hits look like; may be given again")] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="brand=ALPRO, price<=200, colour!=黑色, date>=2024-06")
    ] = None,
    strictness: Annotated[float, typer.Option(min=0, max=1, help="0 takes what is near, 1 what is sure")] = 0.5,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    also: Annotated[list[str] | None, typer.Option(help="hidden, sensitive: find such items too")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one hit a line: item, path, score, why")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="the text as words only, nothing of it as a filter")] = False,
    lang: Lang = None,
) -> None:
    """Finds items by words, meaning, looks and facts."""
    from tujian.cli.searching import run_search

    settings = _settings(lang=lang)
    chosen = {"like": like or [], "where": where or [], "also": also or [], "strictness": strictness, "limit": limit}
    raise typer.Exit(_told(settings, lambda: run_search(settings, text, **chosen, as_json=as_json, plain=plain)))


@app.command()
def reindex(lang: Lang = None) -> None:
    """Makes words, facts and meanings of every item anew."""
    from tujian.cli.searching import run_reindex

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_reindex(settings)))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="a new file, e.g. tujian-2026-11-26.tar", show_default=False)],
    lang: Lang = None,
) -> None:
    """The whole catalogue in one file: values, history, pictures, own word lists; read back before it counts."""
    from tujian.cli.safekeeping import run_backup

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_backup(settings, file)))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="what `tujian backup` wrote", show_default=False)], lang: Lang = None
) -> None:
    """Fills an empty catalogue from a backup; all of it, or nothing."""
    from tujian.cli.safekeeping import run_restore

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_restore(settings, file)))


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
