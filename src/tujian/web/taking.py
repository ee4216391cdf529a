"""The pages of exporting: a form is chosen, words are acknowledged, the file is fetched. req: F5, F6

Enters: which items, how many; a job and what came of it. Leaves: pages as text. What it does not know: how forms are
written. What was found in items is foreign text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tujian.errors import Said
from tujian.exchange import FORMS
from tujian.rules.adlaw import disclaimer
from tujian.web.render import Reader, read_words, render_template
from tujian.web.wizard import Job

HERE = "/import"  # its entry in the bar


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


def render_export(reader: Reader, wish: Wish) -> str:
    words = read_words(reader.lang)
    forms = [(name, words[f"export_{name}"], words[f"export_{name}_for"]) for name in FORMS]
    told = {name: getattr(wish, name) for name in Wish.__slots__}
    return render_template("export.html", HERE, reader, lang_at=wish.address, forms=forms, **told)


def render_exported(reader: Reader, job: Job) -> str:
    told = {"job": job, "disclaimer": disclaimer(reader.lang)}
    return render_template("export_job.html", HERE, reader, lang_at=f"/export/{job.id}", **told)
