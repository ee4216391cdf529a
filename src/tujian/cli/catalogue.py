"""`tujian import`, `export`, `check`, `search`, `show`, `edit`, `worker` and more: what is done with a catalogue.

Enters: options. Leaves: exit codes. Each command says what it takes.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tujian.cli.main import Also, Lang, _settings, _told, app, seen, who_looks

ItemKind = Literal["product", "photo"]


@app.command("import")
@who_looks
def bring(
    source: Annotated[Path, typer.Argument(help="a folder, a ZIP, or a CSV, XLSX or JSONL sheet", show_default=False)],
    task: Annotated[str, typer.Option(help="auto, or a name from `tujian tasks`")] = "auto",
    kind: Annotated[ItemKind, typer.Option(help="what the pictures show")] = "product",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be brought; nothing is written")] = False,
    look: Annotated[bool, typer.Option("--look/--no-look", help="recognise it; else it is shown unseen")] = True,
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
def pending(
    show: Annotated[list[str] | None, typer.Option(help="show this item although nobody has looked at it")] = None,
    show_failed: Annotated[bool, typer.Option("--show-failed", help="show all whose look failed")] = False,
    lang: Lang = None,
) -> None:
    """What a folder or ZIP brought and nobody has looked at yet, which is not shown; and why looking failed."""
    from tujian.cli.pending import run

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run(settings, show or [], show_failed=show_failed)))


@app.command()
def export(
    to: Annotated[str, typer.Option(help="csv, xlsx, jsonl, shopify, google, taobao, jsonld or xmp")],
    out: Annotated[
        Path | None, typer.Option(help="file or folder to write (default: here, by the form's name)")
    ] = None,
    acknowledge_adlaw: Annotated[
        bool, typer.Option("--acknowledge-adlaw", help="export although advertising-law words were found")
    ] = False,
    pictures_at: Annotated[str, typer.Option(help="public address below which the pictures will lie")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be lost; nothing is written")] = False,
    also: Also = None,
    lang: Lang = None,
) -> None:
    """Takes the catalogue out in the form of a shop, a spreadsheet or an album, and says what it could not express."""
    from tujian.cli.taking import Asked, run_export

    settings = _settings(lang=lang)
    asked = Asked(to, out, pictures_at, seen(also), dry_run, acknowledge_adlaw)
    raise typer.Exit(_told(settings, lambda: run_export(settings, asked)))


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="a spreadsheet (XLSX, CSV), or a folder of photos", show_default=False)],
    pictures: Annotated[Path | None, typer.Option(help="where its pictures lie (default: beside it)")] = None,
    out: Annotated[Path | None, typer.Option(help="the marked copy to write; of a folder, a JSON report")] = None,
    column: Annotated[list[str] | None, typer.Option("--map", help="column=field, e.g. 主图=picture; again")] = None,
    lang: Lang = None,
) -> None:
    """Checks a spreadsheet against its pictures and gives it back marked; of a folder, a first report."""
    from tujian.cli.checking import run_check

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_check(settings, path, pictures, out, column or ())))


@app.command()
def review(
    reason: Annotated[str | None, typer.Argument(help="list these: contradicted, unsure …", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="the queue as JSON")] = False,
    also: Also = None,
    lang: Lang = None,
) -> None:
    """What waits for a person's eyes: how much of each reason, or the items of one; decided on the page /review."""
    from tujian.cli.reviewing import run

    settings = _settings(lang=lang, engine="none")
    raise typer.Exit(_told(settings, lambda: run(settings, reason, limit, seen(also), as_json=as_json)))


@app.command()
def duplicates(
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="one pair a line")] = False,
    also: Also = None,
    lang: Lang = None,
) -> None:
    """Items whose pictures are nearly the same; colour variants are not. Nothing is merged."""
    from tujian.cli.duplicates import run

    settings = _settings(lang=lang, engine="none")
    raise typer.Exit(_told(settings, lambda: run(settings, limit, seen(also), as_json=as_json)))


@app.command()
def show(
    item: Annotated[str, typer.Argument(help="id (or its beginning), external id or SKU", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="the item as JSON")] = False,
    also: Also = None,
    lang: Lang = None,
) -> None:
    """An item of the catalogue: its values, who said so, its pictures."""
    from tujian.cli.keeping import run_show

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_show(settings, item, seen(also), as_json=as_json)))


@app.command()
def edit(
    item: Annotated[str, typer.Argument(help="id (or its beginning), external id or SKU", show_default=False)],
    changes: Annotated[list[str], typer.Argument(help="field=value; field= says that there is none")],
    why: Annotated[str, typer.Option(help="kept in the item's history")] = "",
    also: Also = None,
    lang: Lang = None,
) -> None:
    """Corrects fields of an item; no model overwrites what a person wrote."""
    from tujian.cli.keeping import run_edit

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_edit(settings, item, changes, why, seen(also))))


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
@who_looks
def search(
    text: Annotated[str, typer.Argument(help="what is looked for, in Chinese or English", show_default=False)] = "",
    like: Annotated[
        list[Path] | None, typer.Option("--like", "--image", help="a picture that hits look like; may be given again")
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(help="only this part of the picture: left,top,right,bottom of 0-1000; one each")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="brand=ALPRO, price<=200, colour!=黑色, date>=2024-06")
    ] = None,
    strictness: Annotated[float, typer.Option(min=0, max=1, help="0 takes what is near, 1 what is sure")] = 0.5,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    also: Also = None,
    as_json: Annotated[bool, typer.Option("--json", help="one hit a line: item, path, score, why")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="the text as words only, nothing of it as a filter")] = False,
    save: Annotated[str, typer.Option(help="keep the question under this name, for `tujian searches`")] = "",
    ask_model: Annotated[
        bool, typer.Option("--ask-model", help="let the attached model propose further --where; it is sent the text")
    ] = False,
    lang: Lang = None,
    **who: object,
) -> None:
    """Finds items by words, meaning, looks and facts."""
    from tujian.cli.searching import question_typed, run_search

    settings = _settings(lang=lang, **who)
    chosen = {"like": like or [], "region": region or [], "limit": limit, "also": seen(also), "save": save}
    chosen["asks_model"] = ask_model

    def run() -> int:
        asked = question_typed(text, where or [], strictness, plain=plain)
        return run_search(settings, asked, **chosen, as_json=as_json)

    raise typer.Exit(_told(settings, run))


@app.command()
def searches(
    name: Annotated[str, typer.Argument(help="one that is kept: it is asked again")] = "",
    rename: Annotated[str, typer.Option(help="call it so from now on")] = "",
    forget: Annotated[bool, typer.Option("--forget", help="keep it no longer")] = False,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="one search, or one hit, a line")] = False,
    also: Also = None,
    lang: Lang = None,
) -> None:
    """Searches kept under a name: listed, asked again, renamed, forgotten."""
    from tujian.cli.kept_searches import run_forget, run_list, run_open, run_rename

    if (rename or forget) and not name:
        raise typer.BadParameter("say which one: tujian searches NAME …")
    settings = _settings(lang=lang)
    if rename:
        raise typer.Exit(_told(settings, lambda: run_rename(settings, name, rename)))
    if forget:
        raise typer.Exit(_told(settings, lambda: run_forget(settings, name)))
    if name:
        raise typer.Exit(_told(settings, lambda: run_open(settings, name, limit, seen(also), as_json=as_json)))
    raise typer.Exit(_told(settings, lambda: run_list(settings, as_json=as_json)))


@app.command()
def reindex(
    job: Annotated[bool, typer.Option("--job", help="meanings only, by the server or `tujian worker`")] = False,
    lang: Lang = None,
) -> None:
    """Makes words, facts and meanings of every item anew."""
    from tujian.cli.searching import run_reindex

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_reindex(settings, as_job=job)))


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
