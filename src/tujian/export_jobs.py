"""An export as a job: the items are gone through by a worker, and the file waits to be fetched. req: F5, F6

Enters: a form, which items, what was acknowledged. Leaves: the file in a parcel, what the form could not express; or
the advertising words that nobody has said yes to yet, and no file. Does not know pages.
"""

import threading
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tujian.batches import Batches, NewBatch
from tujian.bringing.orders import watched
from tujian.bringing.parcels import Parcel
from tujian.catalogue import Catalogue
from tujian.catalogue.nouns import Also
from tujian.catalogue.reading import may_see
from tujian.errors import Lang
from tujian.exchange import adverts_in, find_form, take_out
from tujian.exchange.asked import terms_of, write_one_file
from tujian.exchange.foresight import Foreseen, foresee
from tujian.exchange.stock import Stock, count_places
from tujian.filters import Filter
from tujian.finding.facts import conditions
from tujian.house import House
from tujian.jobs import PRIORITY, Claimed, NewJob
from tujian.schema import items

KIND = "export"

Keep = Callable[[sa.Connection], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which items: all, those that `filters` leave, or those with these `ids`."""

    filters: dict[str, str]
    ids: list[str]
    also: Also = ()

    def count(self, catalogue: Catalogue) -> int:
        """How many they are. Raises BadInput."""
        counted = sa.select(sa.func.count()).select_from(items).where(*self._wanted(catalogue))
        with catalogue.database.read() as connection:
            return connection.scalar(counted) or 0

    def among(self, catalogue: Catalogue) -> list[str] | None:
        """Their ids; None for all. Raises BadInput."""
        if not self.filters and not self.ids:
            return None
        wanted = self._wanted(catalogue)
        with catalogue.database.read() as connection:
            return list(connection.scalars(sa.select(items.c.id).where(*wanted)))

    def _wanted(self, catalogue: Catalogue) -> list[sa.ColumnElement[bool]]:
        filters = [Filter(name, "is", value) for name, value in self.filters.items()]
        own = [catalogue.database.is_one_of(items.c.id, self.ids)] if self.ids else []
        return [may_see(self.also), *conditions(filters), *own]


def foresee_export(
    house: House, catalogue: Catalogue, to: str, chosen: Chosen, lang: Lang | None, pictures_at: str = ""
) -> Foreseen:
    """What such an export would lose. Raises BadInput, BadSettings, StoreFailed."""
    terms = terms_of(house.settings, house.knowledge.taxonomy, pictures_at, lang)
    return foresee(catalogue, find_form(to), terms, also=chosen.also, among=chosen.among(catalogue))


def queue_export(
    batches: Batches,
    parcel: Parcel,
    to: str,
    chosen: Chosen,
    who: str,
    lang: Lang,
    *,
    pictures_at: str = "",
    acknowledged: Collection[str] = (),
) -> str:
    """The id of the batch whose one job writes the file. `acknowledged` are marks of adverts."""
    form = find_form(to)
    options = {"parcel": parcel.number, "called": form.name, "filters": chosen.filters, "ids": chosen.ids}
    options |= {"also": sorted(chosen.also), "pictures_at": pictures_at, "lang": lang}
    payload = {**options, "acknowledged": sorted(acknowledged), "who": who}
    with batches.jobs.database.write(durable=True) as connection:
        batch_id = batches.begin(NewBatch(KIND, who, form.name, options), within=connection)
        job = NewJob(KIND, f"{KIND}:{uuid.uuid4().hex}", payload, PRIORITY["high"], batch_id)
        batches.jobs.put([job], within=connection)
    return batch_id


def fill_export(house: House, catalogue: Catalogue, claimed: Claimed, stopped: threading.Event) -> Keep:
    """Writes the file, or says what has to be acknowledged. Raises BadInput, NotFound, StoreFailed, Stopped."""
    told, step = claimed.payload, watched(catalogue.database, claimed, stopped)
    parcel, form = Parcel(house.settings.home_dir, told["parcel"]), find_form(told["called"])
    lang, progress = told["lang"], parcel.progress()
    chosen = Chosen(told["filters"], told["ids"], tuple(told["also"]))
    stock = Stock(catalogue, kind=form.kind, also=chosen.also, among=chosen.among(catalogue))
    step("")
    found = adverts_in(form, stock)
    marks, said = [one.mark for one in found], [one.say(lang) for one in found]
    facts: dict[str, Any] = {"items": len(stock), "adverts": said, "places": count_places(found), "marks": marks}
    facts["file"] = ""
    if set(marks) - set(told["acknowledged"]):
        return lambda _: facts
    terms = terms_of(house.settings, house.knowledge.taxonomy, told["pictures_at"], lang)
    taken = take_out(catalogue, form, stock, terms, found, told["who"])
    written = 0

    def one_more() -> None:
        nonlocal written
        step("")
        written += 1
        progress(written, max(written, len(stock)))

    path = write_one_file(form, taken.pieces, parcel.made, one_more)
    lost = [loss.say(lang) for loss in taken.lost]
    return lambda _: facts | {"file": path.name, "lost": lost, "bytes": path.stat().st_size}
