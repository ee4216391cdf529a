"""`tujian search` and `tujian reindex`. req: A9, D8, E8

Enters: words, pictures, filters as typed. Leaves: hits on standard output, one a line. `--json` prints what scripts
read: item, path, score, why.
"""

import datetime as dt
import json
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tujian.batches import Batches
from tujian.catalogue import Catalogue
from tujian.catalogue.indexing import index_item
from tujian.catalogue.nouns import Also
from tujian.cli.keeping import user
from tujian.database import Database
from tujian.embedding import begin_embedding
from tujian.errors import BadInput, Busy, EngineError, Lang, NoEngine
from tujian.filter_words import NUMBERS, read_filter, write_filter
from tujian.filters import Filter, Op
from tujian.finding import Found, Search
from tujian.folding import printable
from tujian.house import House, Shot
from tujian.jobs import Jobs
from tujian.likeness import looks_of
from tujian.query import Understood
from tujian.saved_searches import Question, SavedSearches, question_of
from tujian.schema import item_pictures, items
from tujian.settings import Settings
from tujian.sought import Sought, proposals_for, seek, sought_of, understood

WHO = "cli"  # until there are accounts
WAYS = {"words": ("词", "words"), "meaning": ("意思", "meaning"), "looks": ("样子", "looks")}
MEANING = {
    "rebuilding": (
        "换了文字向量模型，意思正在重新计算：这次只按词和样子找。没有运行服务的话，请运行 tujian reindex。",
        "The embedder was changed; meanings are being made anew: found by words and looks only. Without a server, "
        "run `tujian reindex`.",
    ),
    "away": (
        "文字向量服务没有回应：这次只按词和样子找。",
        "The embedding server does not answer: found by words and looks only.",
    ),
}
_SIGNS: tuple[tuple[str, Op], ...] = (("!=", "not"), ("<=", "under"), (">=", "over"), ("=", "is"))


def run_search(
    settings: Settings,
    asked: Question,
    *,
    like: Sequence[Path] = (),
    region: Sequence[str] = (),
    limit: int = 20,
    also: Also = (),
    as_json: bool = False,
    save: str = "",
    asks_model: bool = False,
) -> int:
    """Prints hits, and keeps the question under the name `save`; returns 0, also when nothing matches. What a model
    proposes besides, or why it does not, goes to standard error.

    Raises BadInput, NotFound, UnreadablePicture, AlreadyThere."""
    house = House(settings)
    try:
        if save and like:
            raise _not_kept()
        if save:
            SavedSearches(house.database).keep(save, asked, WHO)
        looks = looks_of(house, [Shot(path) for path in like], region)
        catalogue = Catalogue.opened(settings, house.database, house.tasks)
        sought = sought_of(house, catalogue, asked, looks=looks, limit=limit, also=also)
        read = understood(house, sought, dt.date.today())
        if read.filters:
            print(printable(read.said(settings.lang)), file=sys.stderr)
        if asks_model:
            _propose(house, sought, read)
        found = seek(house, search_of(house), sought, read)
        if found.meaning != "ready":
            print(MEANING[found.meaning][settings.lang == "en"], file=sys.stderr)
        _print(found, house.database, settings.lang, as_json=as_json)
    finally:
        house.close()
    return 0


def question_typed(text: str, where: Sequence[str], strictness: float, *, plain: bool) -> Question:
    """Raises BadInput."""
    filters = [write_filter(parse_filter(one)) for one in where]
    return question_of(text=text, filters=filters, strictness=strictness, plain=plain)


def run_reindex(settings: Settings, *, as_job: bool = False) -> int:
    """Writes words, facts and meanings of every item again, and says of how many; or leaves meanings to
    the server and its workers. Raises EngineError, StoreFailed."""
    house = House(settings)
    try:
        if as_job:
            return _begin_embedding(house)
        with house.database.read() as connection:
            ids = connection.scalars(sa.select(items.c.id)).all()
        for item_id in ids:
            with house.database.write() as connection:
                if connection.scalar(sa.select(items.c.id).where(items.c.id == item_id)):
                    index_item(connection, house.database, item_id)
        search = search_of(house)
        while search.keep_up():
            pass
    finally:
        house.close()
    print(f"{len(ids)} 个条目已重新建立索引。" if settings.lang == "zh" else f"{len(ids)} items are indexed again.")
    return 0


def _begin_embedding(house: House) -> int:
    """`tujian reindex --job`."""
    batches = Batches(Jobs(house.database))
    batch_id, zh = begin_embedding(batches, house.embedder_name, user(), is_forced=True), house.settings.lang == "zh"
    if batch_id is None:
        print("目录里没有条目。" if zh else "The catalogue has no items.")
        return 0
    left = batches.progress(batch_id).counts["todo"]
    print(
        f"已排队 {left} 份，由服务或 tujian worker 处理；进度见 GET /v1/jobs/{batch_id}"
        if zh
        else f"{left} parts are queued for the server or `tujian worker`; watch GET /v1/jobs/{batch_id}"
    )
    return 0


def _propose(house: House, sought: Sought, read: Understood) -> None:
    zh = house.settings.lang == "zh"
    try:
        told = proposals_for(house, sought, read, dt.date.today(), house.settings.lang)
    except (NoEngine, EngineError, Busy) as error:
        said = error.say(house.settings.lang)
        print(printable(f"{said.message}{'' if zh else ' '}{said.remedy}"), file=sys.stderr)
        return
    if not told:
        print("模型没有别的建议。" if zh else "The model proposes nothing else.", file=sys.stderr)
    for one in told:
        option = f"--where {shlex.quote(write_filter(one.filter))}"
        proposed = f"模型建议：{one.zh}，要用就加 {option}" if zh else f"The model proposes {one.en}: add {option}"
        print(printable(proposed), file=sys.stderr)


def search_of(house: House) -> Search:
    """The house's search; models load at the first question."""
    return Search(house.database, lambda: house.embedder)


def parse_filter(typed: str) -> Filter:
    """`brand=ALPRO`, `price<=200`, `colour!=黑色`, `date>=2024-06-01`; or as a page's address has it. Raises BadInput.

    >>> parse_filter("price<=200") == parse_filter("price:..200")
    True
    """
    for sign, op in _SIGNS:
        name, found, value = typed.partition(sign)
        if found and re.fullmatch(r"\s*[a-z_]{1,64}\s*", name) and value.strip():
            return Filter(name.strip(), _dated(name.strip(), op), _plain(value.strip(), op, name.strip()))
    if ":" in typed:
        return read_filter(typed)
    raise BadInput(
        zh=(
            f"{printable(typed)[:60]!r} 不是筛选条件。",
            "例如 brand=ALPRO、price<=200、colour!=黑色、date>=2024-06-01。",
        ),
        en=(f"{printable(typed)[:60]!r} is no filter.", "For instance brand=ALPRO, price<=200, colour!=black."),
    )


def _dated(name: str, op: Op) -> Op:
    dates: dict[Op, Op] = {"under": "until", "over": "since"}
    return dates.get(op, op) if name == "date" else op


def _plain(value: str, op: Op, name: str) -> object:
    is_number = name in NUMBERS if op in ("is", "not") else name != "date"
    try:
        return float(value) if is_number else value
    except ValueError as error:
        raise BadInput(
            zh=(f"{printable(value)[:40]!r} 不是数字。", "例如 price<=200。"),
            en=(f"{printable(value)[:40]!r} is no number.", "For instance price<=200."),
        ) from error


def _not_kept() -> BadInput:
    return BadInput(
        zh=("按图片文件的搜索存不下来：图片不在目录里。", "请先导入这张图片，再在网页上按条目找相似并保存。"),
        en=(
            "A search by a picture's file cannot be kept.",
            "Import the picture, and save a search by its item instead.",
        ),
    )


def _print(found: Found, database: Database, lang: Lang, *, as_json: bool) -> None:
    paths = _paths(database, [hit.item.id for hit in found.hits])
    if as_json:
        for hit in found.hits:
            line = {"item": hit.item.id, "path": paths.get(hit.item.id, ""), "score": hit.score, "why": hit.why}
            print(json.dumps(line, ensure_ascii=False))
        return
    if not found.hits:
        print("没有符合的。" if lang == "zh" else "Nothing matches.")
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for hit in found.hits:
        why = " ".join(f"{WAYS[way][lang == 'en']} {share:.2f}" for way, share in hit.why.items())
        path = f"[dim]{escape(paths.get(hit.item.id, ''))}[/]"
        table.add_row(hit.item.id[:12], escape(printable(hit.item.title)), path, why)
    Console().print(table)
    print(f"共 {found.total} 个" if lang == "zh" else f"{found.total} in all")


def _paths(database: Database, ids: Sequence[str]) -> dict[str, str]:
    """The main picture's name of each."""
    main = sa.select(item_pictures.c.item_id, item_pictures.c.name).where(
        item_pictures.c.item_id.in_(ids), item_pictures.c.place == 0
    )
    with database.read() as connection:
        return {item_id: path for item_id, path in connection.execute(main)}
