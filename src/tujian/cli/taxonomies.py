"""`tujian taxonomy import`, `show` and `nearest`. req: A8, F5

Enters: a file, an id or a word, a text. Leaves: what was kept, categories with their paths, the nearest one.
"""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tujian.category_imports import Imported, attributes_in, import_list
from tujian.category_list import load_categories
from tujian.errors import Lang, NotFound
from tujian.folding import fold, printable
from tujian.nearest_category import Near, Nearest
from tujian.perception.vectors import default_embedder
from tujian.settings import Settings
from tujian.taxonomy import Category, Taxonomy

MOST_SHOWN = 40
WHAT = {
    "categories": ("个类目", "categories"),
    "attributes": ("个属性", "attributes"),
    "google": ("个类目对应到 Google", "categories have their place in Google's list"),
    "own": ("个类目（自己的类目表）", "categories (a list of your own)"),
}
SPOKEN = {"zh": ("中文", "Chinese"), "en": ("英文", "English"), "other": ("其他语言，作为别名", "further names")}
HOW = {"name": ("名称", "name"), "head": ("中心词", "last word"), "meaning": ("意思", "meaning")}


def run_import(settings: Settings, file: Path) -> int:
    """Keeps the list and says what it is. Raises BadSettings."""
    print(_told(import_list(file, settings.home_dir), settings.lang))
    return 0


def run_show(settings: Settings, name: str | None) -> int:
    """One category with those below it, or all that a word is part of, or the tops. Raises NotFound."""
    taxonomy, english = load_categories(settings.home_dir), settings.lang == "en"
    found = taxonomy.tops() if name is None else _called(taxonomy, name)
    attributes = _attributes(settings.home_dir, name) if name else []
    if not found and not attributes:
        raise NotFound(
            zh=(f"没有类目或属性叫 {printable(str(name))[:60]!r}。", "用 tujian taxonomy nearest 找意思相近的。"),
            en=(f"No category or attribute is called {printable(str(name))[:60]!r}.", "Try tujian taxonomy nearest."),
        )
    table = Table(box=None, pad_edge=False, show_header=False)
    for category in found[:MOST_SHOWN]:
        path = " > ".join(taxonomy.path(category.id, settings.lang))
        google = f"[dim]Google: {escape(category.google)}[/]" if category.google else ""
        table.add_row(category.id, escape(printable(path)), google)
    for number, (zh, en) in attributes[:MOST_SHOWN]:
        table.add_row(f"[dim]{'attribute' if english else '属性'} {number}[/]", escape(printable(f"{zh} {en}")), "")
    Console().print(table)
    left = max(0, len(found) - MOST_SHOWN)
    if left:
        print(f"… {left} more" if english else f"……还有 {left} 个")
    return 0


def run_nearest(settings: Settings, text: str) -> int:
    """The nearest category; 0 also when nothing clearly is meant."""
    taxonomy, english = load_categories(settings.home_dir), settings.lang == "en"
    embedder = default_embedder()
    near = Nearest(taxonomy, embedder.passages, embedder.name).find(text)
    print(_line(near, taxonomy, settings.lang))
    if near.category is None and near.others:
        print("Thought of:" if english else "想到的：")
        for category in near.others:
            print(f"  {category.id}  {' > '.join(taxonomy.path(category.id, settings.lang))}")
    return 0


def _line(near: Near, taxonomy: Taxonomy, lang: Lang) -> str:
    if near.category is None or near.how is None:
        return "说不准，不作答。" if lang == "zh" else "Not sure: no answer."
    path = " > ".join(taxonomy.path(near.category.id, lang))
    return f"{near.category.id}  {path}  ({HOW[near.how][lang == 'en']})"


def _called(taxonomy: Taxonomy, name: str) -> list[Category]:
    """The category of this id or name and what lies directly below it; else all whose name has the word in it."""
    one = taxonomy.named(name)
    if one is not None:
        depth = one.id.count("-") + 1
        below = [c for c in taxonomy if taxonomy.is_under(c.id, one.id) and c.id.count("-") == depth]
        return [one, *below]
    word = fold(name)
    return [c for c in taxonomy if word and any(word in fold(said) for said in (c.zh, c.en, *c.names))]


def _attributes(home: Path, name: str) -> list[tuple[str, tuple[str, str]]]:
    word = fold(name)
    return [(own, said) for own, said in attributes_in(home).items() if word and any(word in fold(one) for one in said)]


def _told(done: Imported, lang: Lang) -> str:
    place = int(lang == "en")
    parts = [f"{done.count} {WHAT[done.kind][place]}"]
    if done.version and done.kind != "own":
        parts.append(f"Shopify {done.version}")
    if done.spoken:
        parts.append(SPOKEN[done.spoken][place])
    if done.before:
        parts.append(f"the list before lies in {done.before.name}" if place else f"原来的类目表留在 {done.before.name}")
    if done.kind != "attributes":
        parts.append("a running server takes it at once" if place else "运行中的服务马上生效")
    return " · ".join(parts)
