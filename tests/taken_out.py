"""Exports as the tests take them: the files by name, rows, losses; before and after anything is written."""

import csv
import io

from kept import incoming, record, value

from tujian.exchange import Terms, export, find_form, google_categories
from tujian.exchange.foresight import foresee
from tujian.taxonomy import Taxonomy

TAXONOMY = Taxonomy.load()


def terms(lang="zh", taxonomy=TAXONOMY, **more) -> Terms:
    return Terms(lang, taxonomy, google_categories(), **more)


def taken(catalogue, form, lang="zh", acknowledged=False, also=(), **more):
    """The files of an export by name, and what it says it lost."""
    made = export(catalogue, find_form(form), terms(lang, **more), acknowledged=acknowledged, also=also, who="Li")
    files: dict[str, bytes] = {}
    for piece in made.pieces:
        files[piece.name] = files.get(piece.name, b"") + piece.content
    return files, [loss.say(lang) for loss in made.lost]


def rows_of(content: bytes, **more) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), **more))


def milk(catalogue, **fields) -> str:
    item_id = catalogue.add([incoming(b"milk", "milk.jpg")], who="Li", sku="S1").id
    read = {"brand": value("ALPRO", "rule", True), "net_content": value("1 L", "rule", True)}
    catalogue.save(item_id, record(**{**read, **fields}))
    return item_id


def foreseen(catalogue, form, lang="zh", also=(), among=None, most=200, **more):
    return foresee(catalogue, find_form(form), terms(lang, **more), also=also, among=among, most=most)
