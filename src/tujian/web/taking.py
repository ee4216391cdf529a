"""The pages of exporting: a form is chosen, words are acknowledged, the file is fetched. req: F5, F6

Enters: which items, how many; what an export would lose; a job and what came of it. Leaves: pages as text. What it does
not know: how forms are written. What was found in items is foreign text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from tujian.errors import Lang, Said
from tujian.exchange import FORMS
from tujian.exchange.foresight import Foreseen
from tujian.exchange.nouns import Named
from tujian.exchange.stock import count_places
from tujian.rules.adlaw import disclaimer
from tujian.web.render import Reader, read_words, render_template
from tujian.web.wizard import Job

HERE = "/import"  # its entry in the bar
LONGEST_SHOWN = 80  # characters of a cell
MOST_TOLD = 10  # advertising words


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be exported: `chosen` goes along with the form as it came, `filters` say it in words."""

    to: str
    count: int
    chosen: Sequence[tuple[str, str]] = ()
    filters: Sequence[str] = ()
    pictures_at: str = ""
    address: str = "/export"
    also: Sequence[str] = ()
    trouble: Said | None = None
    foreseen: Foreseen | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that an export would lose or ask about: of how many items, and one of them with its address."""

    said: str
    count: int
    called: str
    address: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A Foreseen as it is drawn. `left_out` are items of another kind; empty columns are only counted."""

    total: int
    looked: int
    left_out: int
    adverts_count: int
    adverts: Sequence[Told]
    has_more_adverts: bool
    lost: Sequence[Told]
    numbers: Sequence[int]
    columns: Sequence[tuple[str, Sequence[str]]]
    empty_count: int


def render_export(reader: Reader, wish: Wish) -> str:
    words = read_words(reader.lang)
    trial = _trial(wish.foreseen, wish, reader.lang) if wish.foreseen else None
    forms = [(name, words[f"export_{name}"], words[f"export_{name}_for"]) for name in FORMS]
    told = {name: getattr(wish, name) for name in Wish.__slots__}
    return render_template("export.html", HERE, reader, lang_at=wish.address, forms=forms, trial=trial, **told)


def _trial(foreseen: Foreseen, wish: Wish, lang: Lang) -> Trial:
    also = f"?{urlencode([('also', one) for one in wish.also])}" if wish.also else ""

    def told(said: str, count: int, item: Named) -> Told:
        return Told(said, count, item.called, f"/catalogue/{item.id}{also}")

    form = FORMS[foreseen.form]
    columns = list(zip(foreseen.headings, *foreseen.rows, strict=False))
    filled = [(heading, [cell[:LONGEST_SHOWN] for cell in cells]) for heading, *cells in columns if any(cells)]
    return Trial(
        foreseen.total,
        foreseen.looked,
        wish.count - foreseen.total if form.kind else 0,
        count_places(foreseen.adverts),
        [told(one.say_without_item(lang), one.count, one.examples[0]) for one in foreseen.adverts[:MOST_TOLD]],
        len(foreseen.adverts) > MOST_TOLD,
        [told(one.said[lang], one.count, one.examples[0]) for one in foreseen.lost],
        range(form.heads + 1, form.heads + 1 + len(foreseen.rows)),
        filled,
        len(columns) - len(filled),
    )


def render_exported(reader: Reader, job: Job) -> str:
    told = {"job": job, "disclaimer": disclaimer(reader.lang)}
    return render_template("export_job.html", HERE, reader, lang_at=f"/export/{job.id}", **told)
