"""The catalogue taken out in the forms that shops and albums read. req: F5, F6, E9

Enters: a catalogue and a form's name. Leaves: an Export, whose `lost` says what the form could not express.
Text that a spreadsheet would run is defused; what a model wrote is marked; a form for buyers stops at advertising words
until somebody acknowledges them. Pictures are never written.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tujian.answers import utc_now
from tujian.catalogue import Catalogue
from tujian.catalogue.changing import By, write_down
from tujian.catalogue.nouns import Also, Kind
from tujian.errors import BadInput, NotAcknowledged
from tujian.exchange.google import write_google
from tujian.exchange.jsonld import write_jsonld
from tujian.exchange.nouns import Article, Articles, Export, Losses, Piece, Terms
from tujian.exchange.sheets_out import write_csv, write_jsonl, write_xlsx
from tujian.exchange.shopify import write_shopify
from tujian.exchange.stock import Advert, Stock, count_places, find_adverts
from tujian.exchange.taobao import write_taobao
from tujian.exchange.xmp import write_xmp
from tujian.folding import printable
from tujian.rules.adlaw import disclaimer

__all__ = [
    "FORMS",
    "Export",
    "Form",
    "Terms",
    "adverts_in",
    "export",
    "find_form",
    "google_categories",
    "take_out",
    "written",
]

GOOGLE_FILE = Path(__file__).parents[1] / "data" / "taxonomy" / "google.tsv"
Write = Callable[[Articles, Terms, Losses], Iterator[Piece]]
MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Form:
    """One form: how it is written, which items it takes, whether buyers read it. `heads` are the rows of headings of a
    sheet; what is no sheet has none."""

    name: str
    write: Write
    kind: Kind | None = None
    for_buyers: bool = True
    in_folder: bool = False  # many files instead of one
    heads: int = 0


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form("csv", write_csv, heads=1),
        Form("xlsx", write_xlsx, heads=1),
        Form("jsonl", write_jsonl, for_buyers=False),
        Form("shopify", write_shopify, kind="product", heads=1),
        Form("google", write_google, kind="product", heads=1),
        Form("taobao", write_taobao, kind="product", heads=3),
        Form("jsonld", write_jsonld, kind="product"),
        Form("xmp", write_xmp, for_buyers=False, in_folder=True),
    )
}


@dataclass(frozen=True, slots=True)
class _Articles:
    """Articles of a stock; may be gone through again."""

    stock: Stock
    terms: Terms

    def __iter__(self) -> Iterator[Article]:
        return (Article(item, self.terms) for item in self.stock)

    @property
    def fields(self) -> Sequence[str]:
        return self.stock.fields


def export(
    catalogue: Catalogue,
    form: Form,
    terms: Terms,
    *,
    also: Also = (),
    among: Collection[str] | None = None,
    acknowledged: bool = False,
    who: str,
) -> Export:
    """Takes out what the form can hold, of all items or those `among`. Acknowledged adverts are written into the audit.

    Raises NotAcknowledged with the advertising words found, StoreFailed.
    """
    stock = Stock(catalogue, kind=form.kind, also=also, among=among)
    adverts = adverts_in(form, stock)
    if adverts and not acknowledged:
        raise _not_acknowledged(adverts)
    return take_out(catalogue, form, stock, terms, adverts, who)


def take_out(
    catalogue: Catalogue, form: Form, stock: Stock, terms: Terms, adverts: Sequence[Advert], who: str
) -> Export:
    """What the form makes of a stock whose adverts were found and acknowledged; both are written into the audit."""
    _note(catalogue, form, stock, adverts, who)
    return written(form, stock, terms)


def adverts_in(form: Form, stock: Stock) -> list[Advert]:
    """What stops this form's export until it is acknowledged."""
    return find_adverts(stock) if form.for_buyers else []


def written(form: Form, stock: Stock, terms: Terms) -> Export:
    """What the form makes of a stock."""
    losses = Losses()
    return Export(form.write(_Articles(stock, terms), terms, losses), losses, len(stock))


def _note(catalogue: Catalogue, form: Form, stock: Stock, adverts: Sequence[Advert], who: str) -> None:
    """A line of the audit: who took out what, and which advertising words were acknowledged. # req: F6"""
    by = By(printable(who), utc_now().isoformat(timespec="microseconds"))
    with catalogue.database.write(durable=True) as connection:
        acknowledged = [one.say("zh") for one in adverts]
        write_down(connection, by, "export", form.name, items=len(stock), acknowledged=acknowledged)


def find_form(name: str) -> Form:
    """Raises BadInput with the names there are."""
    if name not in FORMS:
        names = ", ".join(FORMS)
        raise BadInput(
            zh=(f"没有名为 {name[:40]!r} 的导出形式。", f"可用：{names}。"),
            en=(f"There is no form {name[:40]!r}.", f"There are: {names}."),
        )
    return FORMS[name]


@cache
def google_categories() -> dict[str, str]:
    """Google's category names by the shipped ids."""
    lines = GOOGLE_FILE.read_text("utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if not line.startswith("#"))


def _not_acknowledged(adverts: list[Advert]) -> NotAcknowledged:
    def told(lang) -> str:  # noqa: ANN001
        rest = len(adverts) - MOST_TOLD
        lines = [one.say(lang) for one in adverts[:MOST_TOLD]] + ([f"… +{rest}"] if rest > 0 else [])
        return "\n".join(["", *lines, ""])

    return NotAcknowledged(
        zh=(
            f"待导出的内容里有 {count_places(adverts)} 处疑似广告法用语，没有导出：{told('zh')}",
            f"请修改文案，或确认后加 --acknowledge-adlaw 再导出。{disclaimer('zh')}",
        ),
        en=(
            f"{count_places(adverts)} advertising-law words were found; nothing was written: {told('en')}",
            f"Mend the copy, or add --acknowledge-adlaw to export all the same. {disclaimer('en')}",
        ),
    )
