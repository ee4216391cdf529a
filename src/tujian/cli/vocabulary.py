"""`tujian taxonomy …` and `tujian values`: the words of a catalogue.

Enters: options. Leaves: exit codes. Each command says what it takes.
"""

from pathlib import Path
from typing import Annotated

import typer

from tujian.cli.main import Also, Lang, _settings, _told, app, seen

taxonomy = typer.Typer(
    name="taxonomy", help="The list of categories: Shopify's, your own; which one a word means.", no_args_is_help=True
)
app.add_typer(taxonomy)


@taxonomy.command("import")
def import_taxonomy(
    file: Annotated[Path, typer.Argument(help="Shopify's dist text, or a .csv or .tsv", show_default=False)],
    lang: Lang = None,
) -> None:
    """Takes a list of categories (or attributes, or the way to Google's list); one language after the other."""
    from tujian.cli.taxonomies import run_import

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_import(settings, file)))


@taxonomy.command("show")
def show_taxonomy(
    name: Annotated[str | None, typer.Argument(help="an id or a word (default: the top ones)")] = None,
    lang: Lang = None,
) -> None:
    """Categories with their paths, and what they are in Google's list."""
    from tujian.cli.taxonomies import run_show

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_show(settings, name)))


@taxonomy.command("nearest")
def nearest_category(
    text: Annotated[str, typer.Argument(help="what something is called", show_default=False)], lang: Lang = None
) -> None:
    """The category that a word or a phrase means; no answer when that is not clear."""
    from tujian.cli.taxonomies import run_nearest

    settings = _settings(lang=lang)
    raise typer.Exit(_told(settings, lambda: run_nearest(settings, text)))


@app.command()
def values(
    field: Annotated[str, typer.Argument(help="a field of the tasks, e.g. colours", show_default=False)] = "",
    merge: Annotated[list[str] | None, typer.Option(help="values that become one, by commas; may be repeated")] = None,
    into: Annotated[str | None, typer.Option(help="what they become")] = None,
    undo: Annotated[int | None, typer.Option(min=1, help="take a whole merge back, by its number")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say how many items it would change")] = False,
    also: Also = None,
    lang: Lang = None,
) -> None:
    """The values of a field with their counts; with --merge and --into, several become one; --undo takes that back."""
    from tujian.cli.valuing import run_merge, run_unmerge, run_values

    if undo is not None:
        settings = _settings(lang=lang)
        raise typer.Exit(_told(settings, lambda: run_unmerge(settings, undo, seen(also))))
    if not field:
        raise typer.BadParameter("…", param_hint="FIELD")
    if (merge is None) != (into is None):
        raise typer.BadParameter("--merge and --into belong together")
    settings = _settings(lang=lang)
    if merge is None or into is None:
        raise typer.Exit(_told(settings, lambda: run_values(settings, field, seen(also))))
    raise typer.Exit(_told(settings, lambda: run_merge(settings, field, merge, into, seen(also), is_trial=dry_run)))
